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

        let unknown = doctor(&test, &["--fix", "user-email-not-unique"]);
        assert_eq!(unknown.code, Some(1));
        assert!(
            unknown
                .error
                .contains("nothing was found under the code `user-email-not-unique`"),
            "it cannot be mended: {}",
            unknown.error
        );
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
