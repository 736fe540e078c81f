//! `hallpass doctor` on the tables of the pg adapter, which keep few promises, and on others.

use hallpass_db::testing::{TestDatabase, databases};

use tempfile::tempdir;

use crate::harness::{Binary, Ended};

fn doctor(test: &TestDatabase, arguments: &[&str]) -> Ended {
    let arguments: Vec<&str> = ["doctor"].iter().chain(arguments).copied().collect();
    let folder = tempdir().unwrap();
    Binary::new(&arguments)
        .variable("DATABASE_URL", &test.address)
        .directory(folder.path())
        .finish()
}

/// Sign-in tables, and the table that tells of users beside them.
async fn tell_of_users(test: &TestDatabase) {
    hallpass::open_layout(&test.address, hallpass::layouts::LayoutChoice::Auto)
        .await
        .unwrap();
    let folder = tempdir().unwrap();
    let installed = Binary::new(&["sync", "install"])
        .variable("DATABASE_URL", &test.address)
        .directory(folder.path())
        .finish();
    assert_eq!(
        installed.code,
        Some(0),
        "{}: {}",
        test.name,
        installed.error
    );
}

/// As its documentation has them, but for the zone of `expires`.
pub(crate) const PG_ADAPTER_TABLES: &[&str] = &[
    r#"CREATE TABLE verification_token (identifier TEXT NOT NULL, expires TIMESTAMPTZ NOT NULL, token TEXT NOT NULL, PRIMARY KEY (identifier, token))"#,
    r#"CREATE TABLE accounts (id SERIAL PRIMARY KEY, "userId" INTEGER NOT NULL, type VARCHAR(255) NOT NULL, provider VARCHAR(255) NOT NULL, "providerAccountId" VARCHAR(255) NOT NULL, refresh_token TEXT, access_token TEXT, expires_at BIGINT, id_token TEXT, scope TEXT, session_state TEXT, token_type TEXT)"#,
    r#"CREATE TABLE sessions (id SERIAL PRIMARY KEY, "userId" INTEGER NOT NULL, expires TIMESTAMP NOT NULL, "sessionToken" VARCHAR(255) NOT NULL)"#,
    r#"CREATE TABLE users (id SERIAL PRIMARY KEY, name VARCHAR(255), email VARCHAR(255), "emailVerified" TIMESTAMPTZ, image TEXT)"#,
];

const CARELESS_ROWS: &[&str] = &[
    "INSERT INTO users (email) VALUES ('ada@example.com'), ('ada@example.com'), ('bob@example.com')",
    r#"INSERT INTO sessions ("userId", expires, "sessionToken") VALUES (1, '2030-01-01', 'planted-token'), (99, '2030-01-01', 'other')"#,
];

#[tokio::test]
async fn tables_of_the_pg_adapter_are_judged_and_mended() {
    for test in databases().await {
        if test.name != "postgres" {
            continue;
        }
        for statement in PG_ADAPTER_TABLES.iter().chain(CARELESS_ROWS) {
            test.run(statement).await;
        }
        let seen = doctor(&test, &[]);
        assert_eq!(seen.code, Some(2), "{}{}", seen.out, seen.error);
        for expected in [
            "layout `pg-adapter`",
            "DANGER   users (email): two users may have the same mail address",
            "user-email-not-unique, 1 case\n",
            "DANGER   sessions (expires): the column has no time zone",
            "WARNING  sessions (userId): sessions are not removed with their user",
            "DELETE FROM \"sessions\"",
            "hallpass doctor --fix",
        ] {
            assert!(seen.out.contains(expected), "{expected}: {}", seen.out);
        }
        for secret in ["ada@example.com", "planted-token"] {
            assert!(!seen.out.contains(secret), "{}", seen.out);
        }

        let fixes = "session-outlives-user,session-expires-without-zone";
        let mended = doctor(&test, &["--fix", fixes]);
        assert!(mended.out.starts_with("Done     "), "{}", mended.out);
        assert!(mended.out.contains("1 rows") || mended.out.contains("1 row"));
        for gone in ["session-outlives-user", "session-expires-without-zone"] {
            assert!(!mended.out.contains(gone), "{}", mended.out);
        }
        assert!(mended.out.contains("user-email-not-unique"));

        let addresses = async || {
            test.rows("SELECT id FROM users WHERE email IS NOT NULL")
                .await
        };
        let all = doctor(&test, &["--fix", "all"]);
        assert!(all.out.contains("CREATE"), "{}", all.out);
        assert!(all.out.contains("user-email-not-unique, 1 case\n"));
        assert!(
            all.out
                .contains("done only with `--fix user-email-not-unique`"),
            "{}",
            all.out
        );
        assert_eq!(addresses().await.len(), 3, "nothing is lost unasked");

        let named = doctor(&test, &["--fix", "user-email-not-unique"]);
        assert!(named.out.starts_with("Done     UPDATE"), "{}", named.out);
        assert!(!named.out.contains("user-email-not-unique"));
        assert_eq!(addresses().await.len(), 2);
        let unknown = doctor(&test, &["--fix", "user-email-not-unique"]);
        assert_eq!(unknown.code, Some(1));
        assert!(
            unknown
                .error
                .contains("nothing was found under the code `user-email-not-unique`"),
            "{}",
            unknown.error
        );
    }
}

/// As Prisma documents them for PostgreSQL, and as applications want them elsewhere: nobody is without address.
#[tokio::test]
async fn tables_whose_addresses_are_required_are_looked_at_and_left_so() {
    for test in databases().await {
        let name = test.name;
        hallpass::open_layout(&test.address, hallpass::layouts::LayoutChoice::Prisma)
            .await
            .unwrap();
        if name == "mysql" {
            test.run("ALTER TABLE User MODIFY COLUMN email varchar(191) NOT NULL")
                .await;
        }
        let needs_address = async || {
            let catalog = test.database.catalog().await.unwrap();
            let email = catalog.table("User").unwrap().column("email").unwrap();
            !email.nullable
        };
        let before = needs_address().await;
        assert_eq!(before, name != "sqlite", "{name}");
        for arguments in [&[][..], &["--fix", "all"]] {
            let seen = doctor(&test, arguments);
            assert_eq!(seen.code, Some(0), "{name}: {}{}", seen.out, seen.error);
            assert!(!seen.out.contains(".email"), "{name}: {}", seen.out);
        }
        assert_eq!(needs_address().await, before, "{name}");
    }
}

/// A table of sessions that a remedy makes is known to nobody else, as one that `serve` makes.
#[tokio::test]
async fn tokens_are_hashed_where_a_remedy_makes_the_table_of_sessions() {
    for test in databases().await {
        let name = test.name;
        let choice = hallpass::layouts::LayoutChoice::Prisma;
        let opened = hallpass::open_layout(&test.address, choice).await.unwrap();
        opened.close().await.unwrap();
        let quote = if name == "mysql" { '`' } else { '"' };
        test.run(&format!("DROP TABLE {quote}Session{quote}")).await;
        test.run("DELETE FROM hallpass_setting").await;
        let decided = async || {
            let rows = test.rows("SELECT value FROM hallpass_setting").await;
            format!("{rows:?}")
        };
        let other = doctor(&test, &["--fix", "all"]);
        assert_eq!(other.code, Some(0), "{name}: {}{}", other.out, other.error);
        assert!(other.out.contains("CREATE TABLE"), "{name}: {}", other.out);
        assert!(decided().await.contains("hashed"), "{name}");
    }
}

#[tokio::test]
async fn machines_get_json_and_an_empty_database_is_no_danger() {
    for test in databases().await {
        let seen = doctor(&test, &["--json", "--quick"]);
        assert_eq!(seen.code, Some(0), "{}{}", seen.out, seen.error);
        let json: serde_json::Value = serde_json::from_str(&seen.out).unwrap();
        assert_eq!(json["layout"], serde_json::Value::Null, "{}", test.name);
        assert_eq!(json["usable"], false, "{}", test.name);
        let tables = test.database.catalog().await.unwrap().tables;
        assert!(tables.is_empty(), "{}: looking makes nothing", test.name);
    }
}

#[tokio::test]
async fn what_the_doctor_needs_is_a_database_and_no_secret() {
    let folder = tempdir().unwrap();
    let seen = Binary::new(&["doctor"]).directory(folder.path()).finish();
    assert_eq!(seen.code, Some(1));
    assert!(
        seen.error.contains("no database is named"),
        "{}",
        seen.error
    );
    assert!(!seen.error.contains("secret"), "{}", seen.error);
}

/// An application's tables beside the sign-in tables: rows of nobody, types that differ, keys that never act.
#[tokio::test]
async fn rows_that_name_nobody_are_counted_with_what_mends_them() {
    for test in databases().await {
        let name = test.name;
        let users = match name {
            "mysql" => "`User`",
            _ => "\"User\"",
        };
        hallpass::open_layout(&test.address, hallpass::layouts::LayoutChoice::Auto)
            .await
            .unwrap();
        let id = match name {
            "mysql" => "varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
            _ => "text",
        };
        for statement in [
            format!("INSERT INTO {users} (id, name) VALUES ('u1', 'Ada'), ('u2', 'Bob')"),
            format!("CREATE TABLE notes (id integer PRIMARY KEY, owner_id {id}, body varchar(99))"),
            "INSERT INTO notes VALUES (1, 'u1', 'a'), (2, 'u1', 'b'), (3, 'u2', 'c'), (4, 'planted', 'd'), (5, NULL, 'e')".to_owned(),
            format!("CREATE TABLE likes (id integer PRIMARY KEY, user_id {id} NOT NULL)"),
            "INSERT INTO likes VALUES (1, 'u1')".to_owned(),
            "CREATE INDEX likes_user ON likes (user_id)".to_owned(),
            // Named like it, and of something else.
            format!("CREATE TABLE parts (id integer PRIMARY KEY, creator_id {id})"),
            "INSERT INTO parts VALUES (1, 'robot-1'), (2, 'robot-2'), (3, 'u1')".to_owned(),
        ] {
            test.run(&statement).await;
        }
        let seen = doctor(&test, &[]);
        for expected in [
            "WARNING  notes (owner_id): rows name users who are not there",
            "ghosts:notes.owner_id, 1 case",
            "remove them: DELETE FROM",
            "let them name nobody: UPDATE",
            "give them to somebody: UPDATE",
            "NOTE     notes (owner_id): no index finds the rows of a user",
            "NOTE     likes (user_id): rows name users, and no foreign key",
        ] {
            assert!(
                seen.out.contains(expected),
                "{name}: {expected}: {}",
                seen.out
            );
        }
        for absent in ["planted", "parts", "likes (user_id): no index"] {
            assert!(!seen.out.contains(absent), "{name}: {absent}: {}", seen.out);
        }
        let quick = doctor(&test, &["--quick"]);
        assert!(
            !quick.out.contains("who are not there"),
            "{name}: {}",
            quick.out
        );

        // What it says can be done, is done.
        let json = doctor(&test, &["--json"]);
        let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        let findings = json["findings"].as_array().unwrap();
        let ghosts = findings
            .iter()
            .find(|one| one["code"] == "ghosts:notes.owner_id");
        let ghosts = ghosts.unwrap();
        let rows = test.rows(ghosts["look"].as_str().unwrap()).await;
        assert_eq!(rows.len(), 1, "{name}: {rows:?}");
        let advice: Vec<&str> = ghosts["advice"].as_str().unwrap().lines().collect();
        let statement = |word: &str| {
            let line = advice.iter().find(|line| line.contains(word)).unwrap();
            line.split_once(": ")
                .unwrap()
                .1
                .trim_end_matches(';')
                .to_owned()
        };
        test.run(&statement("let them name nobody")).await;
        if name != "sqlite" {
            test.run(&statement("the key is refused")).await;
        }
        let seen = doctor(&test, &[]);
        assert!(
            !seen.out.contains("who are not there"),
            "{name}: {}",
            seen.out
        );
        if name != "sqlite" {
            assert!(!seen.out.contains("ghosts:notes"), "{name}: {}", seen.out);
        }
    }
}

#[tokio::test]
async fn keys_that_never_act_and_columns_that_cannot_have_one_are_named() {
    for test in databases().await {
        let name = test.name;
        if name == "sqlite" {
            // Types are hints there, and nobody has rights of their own.
            continue;
        }
        tell_of_users(&test).await;
        let (told, users) = match name {
            "mysql" => ("neon_auth_users_sync", "`User`"),
            _ => ("neon_auth.users_sync", "\"User\""),
        };
        let uuid = "7f2f6a60-7c8e-4f0e-9d3b-0b6c5f3d9a11";
        let id_type = match name {
            "mysql" => {
                let rows = test
                    .rows("SELECT column_type, collation_name FROM information_schema.columns \
                           WHERE table_schema = DATABASE() AND table_name = 'neon_auth_users_sync' AND column_name = 'id'")
                    .await;
                let word = |at: usize| match &rows[0][at] {
                    hallpass::data::Value::Text(text) => text.clone(),
                    other => panic!("{other:?}"),
                };
                format!("{} COLLATE {}", word(0), word(1))
            }
            _ => "text".to_owned(),
        };
        let mut statements = vec![
            format!("INSERT INTO {users} (id, name) VALUES ('{uuid}', 'Ada')"),
            format!(
                "CREATE TABLE notes (id integer PRIMARY KEY, owner_id {id_type}, \
                 FOREIGN KEY (owner_id) REFERENCES {told} (id) ON DELETE CASCADE)"
            ),
        ];
        if name == "postgres" {
            statements.extend([
                "CREATE TABLE likes (id integer PRIMARY KEY, user_id uuid)".to_owned(),
                format!("INSERT INTO likes VALUES (1, '{uuid}')"),
                format!("GRANT INSERT, DELETE ON {told} TO PUBLIC"),
            ]);
        }
        for statement in statements {
            test.run(&statement).await;
        }
        let seen = doctor(&test, &[]);
        assert!(
            seen.out.contains("user-key-never-fires:notes.owner_id"),
            "{name}: {}{}",
            seen.out,
            seen.error
        );
        if name == "postgres" {
            for code in [
                "user-type-differs:likes.user_id",
                "users-sync-writable, 1 case",
            ] {
                assert!(seen.out.contains(code), "{code}: {}", seen.out);
            }
        }
    }
}

#[tokio::test]
async fn views_that_show_what_belongs_to_nobody_are_named() {
    for test in databases().await {
        let name = test.name;
        tell_of_users(&test).await;
        let told = match name {
            "postgres" => "neon_auth.users_sync",
            _ => "neon_auth_users_sync",
        };
        for statement in [
            // So that ids compare on every database.
            format!("CREATE TABLE notes AS SELECT id AS author FROM {told}"),
            format!(
                "CREATE VIEW careless AS SELECT n.author, u.name FROM notes AS n LEFT JOIN {told} AS u ON u.id = n.author \
                 WHERE u.deleted_at IS NULL"
            ),
            format!(
                "CREATE VIEW careful AS SELECT n.author, u.name FROM notes AS n LEFT JOIN {told} AS u ON u.id = n.author \
                 AND u.deleted_at IS NULL WHERE n.author <> ''"
            ),
        ] {
            test.run(&statement).await;
        }
        let seen = doctor(&test, &["--quick"]);
        assert!(
            seen.out.contains("view-shows-ghosts:") && seen.out.contains("careless (deleted_at)"),
            "{name}: {}{}",
            seen.out,
            seen.error
        );
        assert!(!seen.out.contains("careful"), "{name}: {}", seen.out);
    }
}
