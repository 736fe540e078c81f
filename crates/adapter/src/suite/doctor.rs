//! The doctor, on tables as careless as some that are found in the field.

use hallpass_data::{Client, Dialect};
use hallpass_db::testing::databases;
use jiff::Timestamp;

use super::client;
use crate::PRISMA_LAYOUT;
use crate::doctor::{Depth, Report, Severity, examine, mend};

/// No key but the identity, and nothing that belongs together.
const CARELESS: &str = r#"
    datasource db {
      provider     = "PROVIDER"
      relationMode = "prisma"
    }

    model User {
      id            String    @id
      name          String?
      email         String?
      emailVerified DateTime?
      image         String?
      password      String?   @omit
      accounts      Account[]
      sessions      Session[]
      @@map("users")
    }

    model Account {
      id                String  @id @default(uuid())
      userId            String  @map("user_id")
      type              String
      provider          String
      providerAccountId String  @map("provider_account_id")
      refresh_token     String?
      user              User    @relation(fields: [userId], references: [id])
      @@map("accounts")
    }

    model Session {
      id           String   @id @default(uuid())
      sessionToken String   @map("session_token")
      userId       String   @map("user_id")
      expires      DateTime
      user         User     @relation(fields: [userId], references: [id])
      @@map("sessions")
    }

    model VerificationToken {
      id         String   @id @default(uuid())
      identifier String
      token      String
      expires    DateTime
      @@map("verification_token")
    }
"#;

async fn careless(database: hallpass_db::Database) -> Client {
    let provider = match database.dialect() {
        Dialect::Postgres => "postgresql",
        Dialect::MySql | Dialect::MariaDb => "mysql",
        Dialect::Sqlite => "sqlite",
    };
    let client = client(database, &CARELESS.replace("PROVIDER", provider));
    client.create_missing_tables().await.unwrap();
    client
}

async fn user(db: &Client, id: &str, email: Option<&str>, password: Option<&str>) {
    let create = db.create("User").set("id", id).set("email", email);
    create.set("password", password).run().await.unwrap();
}

async fn session(db: &Client, token: &str, user: &str) {
    let create = db.create("Session").set("sessionToken", token);
    let create = create.set("userId", user);
    create
        .set("expires", Timestamp::from_second(2_000_000_000).unwrap())
        .run()
        .await
        .unwrap();
}

async fn account(db: &Client, id: &str, user: &str, refresh: Option<&str>) {
    db.create("Account")
        .set("userId", user)
        .set("type", "oauth")
        .set("provider", "github")
        .set("providerAccountId", id)
        .set("refresh_token", refresh)
        .run()
        .await
        .unwrap();
}

fn counts(report: &Report) -> Vec<(&str, Option<u64>)> {
    let mut counts: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.code.as_str(), finding.rows))
        .collect();
    counts.sort_unstable();
    counts
}

#[tokio::test]
async fn every_danger_is_found_and_counted() {
    for database in databases().await {
        let db = careless(database.database.clone()).await;
        user(&db, "1", Some("ada@x"), Some("$argon2id$…")).await;
        user(&db, "2", Some("ada@x"), Some("plain text")).await;
        user(&db, "3", Some("Bob@x"), Some("salt:key")).await;
        user(&db, "4", None, None).await;
        user(&db, "5", Some(" eve@x"), Some("")).await;
        session(&db, "t1", "1").await;
        session(&db, "t1", "2").await;
        session(&db, "t2", "gone").await;
        account(&db, "7", "1", Some("secret")).await;
        account(&db, "7", "2", None).await;
        account(&db, "8", "gone", None).await;

        let report = examine(&db, Depth::Rows).await.unwrap();
        assert_eq!(
            counts(&report),
            [
                ("account-not-unique", Some(1)),
                ("account-outlives-user", Some(1)),
                ("account-token-in-clear", Some(1)),
                ("account-user-not-indexed", None),
                ("password-in-clear", Some(1)),
                ("session-expiry-not-indexed", None),
                ("session-outlives-user", Some(1)),
                ("session-token-not-unique", Some(1)),
                ("session-user-not-indexed", None),
                ("user-email-not-normal", Some(1)),
                ("user-email-not-unique", Some(1)),
                ("user-email-with-capitals", Some(1)),
                ("user-without-email", Some(1)),
                ("verification-token-not-unique", Some(0)),
            ],
            "{}",
            database.name
        );
        assert!(report.is_dangerous());
        let order: Vec<Severity> = report.findings.iter().map(|one| one.severity).collect();
        assert!(order.is_sorted(), "{order:?}");
        let shown = serde_json::to_string(&report).unwrap();
        assert!(!shown.contains("ada@x") && !shown.contains("t1"), "{shown}");
    }
}

#[tokio::test]
async fn what_cannot_be_decided_gets_a_query_and_no_remedy() {
    for database in databases().await {
        let db = careless(database.database.clone()).await;
        user(&db, "1", Some("ada@x"), None).await;
        user(&db, "2", Some("ada@x"), None).await;
        let report = examine(&db, Depth::Rows).await.unwrap();
        let finding = report.finding("user-email-not-unique").unwrap();
        assert!(finding.remedies.is_empty(), "{}", database.name);
        let look = finding.look.as_deref().unwrap();
        assert!(look.contains("GROUP BY"), "{look}");
        assert!(finding.advice.is_some(), "{}", database.name);
    }
}

/// Each of them is one address with a key that compares letter by letter, and none may lock the others out.
#[tokio::test]
async fn addresses_that_differ_in_capitals_alone_stay_and_are_told() {
    for database in databases().await {
        let (db, name) = (careless(database.database.clone()).await, &database.name);
        let exact = matches!(
            database.database.dialect(),
            Dialect::Postgres | Dialect::Sqlite
        );
        if exact {
            let key = "CREATE UNIQUE INDEX one_address ON users (email)";
            database.run(key).await;
        }
        user(&db, "1", Some("Ada@x"), None).await;
        user(&db, "2", Some("ada@x"), None).await;
        user(&db, "3", Some("Bob@x"), None).await;
        let report = examine(&db, Depth::Rows).await.unwrap();
        let tangled = report.finding("user-email-differs-in-capitals-alone");
        let tangled = tangled.unwrap();
        assert_eq!(tangled.severity, Severity::Danger, "{name}");
        assert_eq!(tangled.rows, Some(1), "{name}");
        assert!(tangled.remedies.is_empty() && tangled.advice.is_some());
        assert!(tangled.look.is_some(), "{name}");

        let capitals = report.finding("user-email-with-capitals").unwrap();
        assert_eq!(capitals.rows, Some(1), "{name}");
        let mended = mend(&db, &[capitals]).await.unwrap();
        assert_eq!(mended.first().unwrap().rows, 1, "{name}");
        let mut addresses = Vec::new();
        for user in db.find_many("User").run().await.unwrap() {
            addresses.push(user.get::<String>("email").unwrap());
        }
        addresses.sort_unstable();
        assert_eq!(addresses, ["Ada@x", "ada@x", "bob@x"], "{name}");

        let after = examine(&db, Depth::Rows).await.unwrap();
        assert!(after.finding("user-email-with-capitals").is_none());
        let tangled = after.finding("user-email-differs-in-capitals-alone");
        assert_eq!(tangled.unwrap().rows, Some(1), "{name}");
    }
}

#[tokio::test]
async fn chosen_remedies_mend() {
    for database in databases().await {
        let db = careless(database.database.clone()).await;
        user(&db, "1", Some("Ada@x"), None).await;
        session(&db, "t1", "1").await;
        session(&db, "t2", "gone").await;
        let report = examine(&db, Depth::Rows).await.unwrap();
        let chosen: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| !finding.remedies.is_empty())
            .collect();
        let mended = mend(&db, &chosen).await.unwrap();
        let removed: u64 = mended
            .iter()
            .filter(|one| one.sql.starts_with("DELETE"))
            .map(|one| one.rows)
            .sum();
        assert_eq!(removed, 1, "{}: {mended:?}", database.name);

        let after = examine(&db, Depth::Rows).await.unwrap();
        let left = counts(&after);
        // SQLite adds no foreign keys to tables that exist.
        let expected: &[_] = if database.database.dialect() == Dialect::Sqlite {
            &[
                ("account-outlives-user", Some(0)),
                ("session-outlives-user", Some(0)),
            ]
        } else {
            &[]
        };
        assert_eq!(left, expected, "{}", database.name);
        let mut unmended = after.findings.iter();
        assert!(unmended.all(|one| one.remedies.is_empty() && one.advice.is_some()));
    }
}

#[tokio::test]
async fn a_remedy_that_fails_leaves_nothing_half_done() {
    for database in databases().await {
        if database.database.dialect() == Dialect::MariaDb {
            // It ends a transaction at each change of a table.
            continue;
        }
        let db = careless(database.database.clone()).await;
        session(&db, "t2", "gone").await;
        let report = examine(&db, Depth::Rows).await.unwrap();
        let orphans = report.finding("session-outlives-user").unwrap();
        let tokens = report.finding("session-token-not-unique").unwrap();
        // After the report was made, two rows become alike.
        user(&db, "1", None, None).await;
        session(&db, "t1", "1").await;
        session(&db, "t1", "1").await;
        mend(&db, &[orphans, tokens]).await.unwrap_err();
        let sessions = db.find_many("Session").run().await.unwrap();
        assert_eq!(sessions.len(), 3, "{}", database.name);
    }
}

#[tokio::test]
async fn a_look_at_the_catalog_counts_no_rows() {
    for database in databases().await {
        let db = careless(database.database.clone()).await;
        session(&db, "t2", "gone").await;
        let report = examine(&db, Depth::Catalog).await.unwrap();
        assert!(report.finding("session-outlives-user").is_some());
        assert!(report.findings.iter().all(|one| one.rows.is_none()));
    }
}

#[tokio::test]
async fn tables_of_our_own_are_not_dangerous() {
    for database in databases().await {
        let db = client(database.database.clone(), PRISMA_LAYOUT);
        db.create_missing_tables().await.unwrap();
        let report = examine(&db, Depth::Rows).await.unwrap();
        let codes: Vec<_> = report.findings.iter().map(|one| &one.code).collect();
        assert!(
            !report.is_dangerous()
                && report
                    .findings
                    .iter()
                    .all(|one| one.severity == Severity::Note),
            "{}: {codes:?}",
            database.name
        );
    }
}

#[tokio::test]
async fn moments_without_a_zone_are_dangerous_where_the_application_writes_one() {
    for database in databases().await {
        if database.database.dialect() != Dialect::Postgres {
            continue;
        }
        let zoned = CARELESS
            .replace("PROVIDER", "postgresql")
            .replace("expires    DateTime", "expires    DateTime @db.Timestamptz")
            .replace(
                "expires      DateTime",
                "expires      DateTime @db.Timestamptz",
            );
        careless(database.database.clone()).await;
        let db = client(database.database.clone(), &zoned);
        let report = examine(&db, Depth::Catalog).await.unwrap();
        for code in [
            "session-expires-without-zone",
            "verificationtoken-expires-without-zone",
        ] {
            let finding = report.finding(code).unwrap();
            assert_eq!(finding.severity, Severity::Danger);
            mend(&db, &[finding]).await.unwrap();
        }
        let after = examine(&db, Depth::Catalog).await.unwrap();
        let is_zone = |one: &crate::doctor::Finding| one.code.ends_with("without-zone");
        assert!(
            !after
                .findings
                .iter()
                .any(|one| is_zone(one) && one.place.contains("expires"))
        );
    }
}

/// Rules that look by an owner, through others, and by what is a key; the tables have no index of their own.
const RULED: &str = r#"
    model List {
      id      Int    @id
      ownerId String @map("owner_id")
      owner   User   @relation(fields: [ownerId], references: [id])
      todos   Todo[]
      @@allow('all', auth() == owner)
      @@index([ownerId])
      @@map("lists")
    }

    model Todo {
      id      Int    @id
      ownerId String @map("owner_id")
      owner   User   @relation(fields: [ownerId], references: [id])
      listId  Int    @map("list_id")
      list    List   @relation(fields: [listId], references: [id])
      @@allow('all', owner == auth())
      @@allow('read', list.owner == auth() && id > 0)
      @@map("todos")
    }
"#;

#[tokio::test]
async fn columns_that_access_rules_look_by_get_their_index() {
    for database in databases().await {
        let provider = match database.database.dialect() {
            Dialect::Postgres => "postgresql",
            Dialect::MySql | Dialect::MariaDb => "mysql",
            Dialect::Sqlite => "sqlite",
        };
        let text = format!("{CARELESS}{RULED}").replace("PROVIDER", provider);
        let text = text.replace(
            "accounts      Account[]",
            "accounts Account[]\n lists List[]\n todos Todo[]",
        );
        let db = client(database.database.clone(), &text);
        db.create_missing_tables().await.unwrap();
        let report = examine(&db, Depth::Catalog).await.unwrap();
        let of_rules = |report: &Report| -> Vec<String> {
            let codes = report.findings.iter().map(|finding| &finding.code);
            codes
                .filter(|code| code.starts_with("policy"))
                .cloned()
                .collect()
        };
        let of_todos = [
            "policy-not-indexed:Todo.ownerId",
            "policy-not-indexed:Todo.listId",
        ];
        assert_eq!(of_rules(&report), of_todos, "{}", database.name);
        let finding = report.finding("policy-not-indexed:Todo.ownerId").unwrap();
        assert_eq!(finding.severity, Severity::Note);
        assert_eq!(finding.place, "todos (owner_id)");
        let mut lines = text.lines();
        let line = lines
            .position(|line| line.contains("owner == auth())"))
            .unwrap()
            + 1;
        let problem = &finding.problem;
        assert!(
            problem.ends_with(&format!("zmodel:{line})")),
            "{line} in {problem}"
        );
        let [remedy] = finding.remedies.as_slice() else {
            panic!("{finding:?}")
        };
        assert!(remedy.sql.starts_with("CREATE INDEX "), "{}", remedy.sql);
        let all = report.findings.iter();
        let all: Vec<_> = all.filter(|one| one.code.starts_with("policy")).collect();
        assert_eq!(mend(&db, &all).await.unwrap().len(), 2);
        let report = examine(&db, Depth::Rows).await.unwrap();
        assert_eq!(of_rules(&report), [""; 0], "{}", database.name);
    }
}
