//! The doctor, on tables as careless as some that are found in the field.

use hallpass_data::{Client, Dialect};
use hallpass_db::testing::databases;
use jiff::Timestamp;

use super::client;
use crate::PRISMA_LAYOUT;
use crate::doctor::{Depth, Report, Severity, examine, mend};

/// No key but the identity, and nothing that belongs together.
pub(super) const CARELESS: &str = r#"
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

/// A schema for this database.
pub(super) fn of_provider(schema: &str, dialect: Dialect) -> String {
    let provider = match dialect {
        Dialect::Postgres => "postgresql",
        Dialect::MySql | Dialect::MariaDb => "mysql",
        Dialect::Sqlite => "sqlite",
    };
    schema.replace("PROVIDER", provider)
}

pub(super) async fn careless(database: hallpass_db::Database) -> Client {
    let schema = of_provider(CARELESS, database.dialect());
    let client = client(database, &schema);
    client.create_missing_tables().await.unwrap();
    client
}

pub(super) async fn user(db: &Client, id: &str, email: Option<&str>, password: Option<&str>) {
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
        session(&db, "planted", "1").await;
        session(&db, "planted", "2").await;
        session(&db, "other", "gone").await;
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
                ("session-token-in-clear", Some(3)),
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
        assert!(
            !shown.contains("ada@x") && !shown.contains("planted"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn what_somebody_has_to_choose_is_shown_with_what_it_loses() {
    for database in databases().await {
        let db = careless(database.database.clone()).await;
        user(&db, "1", Some("ada@x"), None).await;
        user(&db, "2", Some("ada@x"), None).await;
        let report = examine(&db, Depth::Rows).await.unwrap();
        let finding = report.finding("user-email-not-unique").unwrap();
        assert!(finding.loses().is_some(), "{}", database.name);
        let look = finding.look.as_deref().unwrap();
        assert!(look.contains("GROUP BY"), "{look}");
        assert!(finding.advice.is_some(), "{}", database.name);
        mend(&db, &[finding]).await.unwrap();
        let mut addresses = Vec::new();
        for user in db.find_many("User").run().await.unwrap() {
            let email = user.get::<Option<&str>>("email").unwrap();
            addresses.push((user.get::<String>("id").unwrap(), email.map(str::to_owned)));
        }
        addresses.sort_unstable();
        let expected = [
            ("1".to_owned(), Some("ada@x".to_owned())),
            ("2".to_owned(), None),
        ];
        assert_eq!(addresses, expected, "{}", database.name);
    }
}

const PASSKEYS: &str = r#"
    model Authenticator {
      id                   String  @id @default(uuid())
      credentialID         String  @map("credential_id")
      userId               String  @map("user_id")
      providerAccountId    String
      credentialPublicKey  String
      counter              Int
      credentialDeviceType String
      credentialBackedUp   Boolean
      transports           String?
      user                 User    @relation(fields: [userId], references: [id])
      @@map("authenticators")
    }
"#;

async fn careless_with_passkeys(database: hallpass_db::Database) -> Client {
    let text = of_provider(&format!("{CARELESS}{PASSKEYS}"), database.dialect());
    let text = text.replace(
        "accounts      Account[]",
        "accounts Account[]\n authenticators Authenticator[]",
    );
    let client = client(database, &text);
    client.create_missing_tables().await.unwrap();
    client
}

async fn passkey(db: &Client, id: &str, user: &str) {
    db.create("Authenticator")
        .set("credentialID", id)
        .set("userId", user)
        .set("providerAccountId", id)
        .set("credentialPublicKey", "key")
        .set("counter", 0)
        .set("credentialDeviceType", "singleDevice")
        .set("credentialBackedUp", false)
        .run()
        .await
        .unwrap();
}

/// Rows against everything that rows can stand against.
async fn plant_all(db: &Client) {
    for (id, email, password) in [
        ("1", Some("ada@x"), Some("$argon2id$…")),
        ("2", Some("ada@x"), Some("plain text")),
        ("3", Some("Bob@x"), None),
        ("4", None, None),
        ("5", Some(" eve@x"), None),
        ("6", Some("Dan@x"), None),
        ("7", Some("dan@x"), None),
        ("8", Some("fay@x "), None),
        ("9", Some(" fay@x"), None),
        ("91", Some("n/a"), None),
        ("92", Some(""), None),
    ] {
        user(db, id, email, password).await;
    }
    for (token, user) in [("t1", "1"), ("t1", "2"), ("t2", "gone"), ("t3", "4")] {
        session(db, token, user).await;
    }
    for (id, user, refresh) in [
        ("7", "1", Some("secret")),
        ("7", "3", None),
        ("8", "gone", None),
    ] {
        account(db, id, user, refresh).await;
    }
    for (id, user) in [("k1", "1"), ("k1", "3"), ("k2", "gone")] {
        passkey(db, id, user).await;
    }
    for _ in 0..2 {
        db.create("VerificationToken")
            .set("identifier", "ada@x")
            .set("token", "link")
            .set("expires", Timestamp::from_second(2_000_000_000).unwrap())
            .run()
            .await
            .unwrap();
    }
}

/// Every code that tables without a promise and rows of all kinds bring about.
const ALL_CODES: &[&str] = &[
    "account-not-unique",
    "account-outlives-user",
    "account-token-in-clear",
    "account-user-not-indexed",
    "authenticator-not-unique",
    "authenticator-outlives-user",
    "authenticator-without-key",
    "password-in-clear",
    "session-expiry-not-indexed",
    "session-outlives-user",
    "session-token-in-clear",
    "session-token-not-unique",
    "session-user-not-indexed",
    "user-email-differs-in-blanks-alone",
    "user-email-differs-in-capitals-alone",
    "user-email-is-none",
    "user-email-not-normal",
    "user-email-not-unique",
    "user-email-with-capitals",
    "user-without-email",
    "verification-token-not-unique",
];

/// What is printed is run, as a person would run it.
#[tokio::test]
async fn every_finding_has_a_consequence_and_sql_that_makes_it_go() {
    for database in databases().await {
        let (db, name) = (
            careless_with_passkeys(database.database.clone()).await,
            database.name,
        );
        plant_all(&db).await;
        let mut report = examine(&db, Depth::Rows).await.unwrap();
        let codes: Vec<_> = counts(&report).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, ALL_CODES, "{name}");
        let can_add_keys = database.database.dialect().capability().add_foreign_key;
        for _ in 0..60 {
            for one in &report.findings {
                assert!(!one.consequence.is_empty(), "{name}: {}", one.code);
                let is_mendable = !one.remedies.is_empty();
                let is_told = !can_add_keys && one.advice.is_some();
                assert!(is_mendable || is_told, "{name}: {one:?}");
            }
            let mut findings = report.findings.iter();
            let Some(finding) = findings.find(|one| !one.remedies.is_empty()) else {
                break;
            };
            for remedy in &finding.remedies {
                database.run(&remedy.sql).await;
            }
            let after = examine(&db, Depth::Rows).await.unwrap();
            match after.finding(&finding.code) {
                None => {}
                Some(left) => {
                    // Foreign keys are for new tables there; what the rows were, is mended.
                    let is_key = left.code.ends_with("-outlives-user") && !can_add_keys;
                    assert!(is_key && left.rows == Some(0), "{name}: {left:?}");
                }
            }
            report = after;
        }
        let left = counts(&report);
        let expected: &[_] = if can_add_keys {
            &[]
        } else {
            &[
                ("account-outlives-user", Some(0)),
                ("authenticator-outlives-user", Some(0)),
                ("session-outlives-user", Some(0)),
            ]
        };
        assert_eq!(left, expected, "{name}");
        // The first of those who shared something is still who he was.
        let ada = db
            .find_unique("User")
            .filter(hallpass_data::field("id").eq("1"));
        let ada = ada.run().await.unwrap().unwrap();
        assert_eq!(ada.get::<&str>("email").unwrap(), "ada@x", "{name}");
        assert_eq!(db.count("Account").run().await.unwrap(), 1, "{name}");
        assert_eq!(db.count("Authenticator").run().await.unwrap(), 1, "{name}");
    }
}

/// A way to spoil the tables: what it is called, how on each database (none where that cannot be), the code that it brings.
struct Spoiled {
    code: &'static str,
    postgres: &'static str,
    mysql: &'static str,
    sqlite: &'static str,
    /// Whether SQLite mends it with statements.
    sqlite_mends: bool,
}

const SPOILED: &[Spoiled] = &[
    Spoiled {
        code: "missing-column:users.image",
        postgres: "ALTER TABLE users DROP COLUMN image",
        mysql: "ALTER TABLE users DROP COLUMN image",
        sqlite: "ALTER TABLE users DROP COLUMN image",
        sqlite_mends: true,
    },
    Spoiled {
        code: "missing-column:accounts.provider",
        postgres: "ALTER TABLE accounts DROP COLUMN provider",
        mysql: "ALTER TABLE accounts DROP COLUMN provider",
        sqlite: "ALTER TABLE accounts DROP COLUMN provider",
        sqlite_mends: true,
    },
    Spoiled {
        code: "column-without-default:users.tenant",
        postgres: "ALTER TABLE users ADD COLUMN tenant varchar(20) NOT NULL DEFAULT 'x'; ALTER TABLE users ALTER COLUMN tenant DROP DEFAULT",
        mysql: "ALTER TABLE users ADD COLUMN tenant varchar(20) NOT NULL",
        sqlite: "",
        sqlite_mends: false,
    },
    Spoiled {
        code: "column-of-other-type:users.image",
        postgres: "ALTER TABLE users ALTER COLUMN image TYPE integer USING NULL",
        mysql: "ALTER TABLE users MODIFY COLUMN image int",
        sqlite: "ALTER TABLE users DROP COLUMN image; ALTER TABLE users ADD COLUMN image INTEGER",
        sqlite_mends: false,
    },
    Spoiled {
        code: "column-not-null:users.name",
        postgres: "UPDATE users SET name = 'x'; ALTER TABLE users ALTER COLUMN name SET NOT NULL",
        mysql: "UPDATE users SET name = 'x'; ALTER TABLE users MODIFY COLUMN name varchar(191) NOT NULL",
        sqlite: "",
        sqlite_mends: false,
    },
    Spoiled {
        code: "column-admits-null:sessions.expires",
        postgres: "ALTER TABLE sessions ALTER COLUMN expires DROP NOT NULL",
        mysql: "ALTER TABLE sessions MODIFY COLUMN expires datetime(3) NULL",
        sqlite: "ALTER TABLE sessions DROP COLUMN expires; ALTER TABLE sessions ADD COLUMN expires DATETIME",
        sqlite_mends: false,
    },
    Spoiled {
        code: "missing-table:verification_token",
        postgres: "DROP TABLE verification_token",
        mysql: "DROP TABLE verification_token",
        sqlite: "DROP TABLE verification_token",
        sqlite_mends: true,
    },
    Spoiled {
        code: "table-named-otherwise:verification_tokens",
        postgres: "ALTER TABLE verification_token RENAME TO verification_tokens",
        mysql: "ALTER TABLE verification_token RENAME TO verification_tokens",
        sqlite: "ALTER TABLE verification_token RENAME TO verification_tokens",
        sqlite_mends: true,
    },
    // As it is after a start beside such a table: a second, empty one.
    Spoiled {
        code: "table-named-otherwise:VerificationToken",
        postgres: r#"CREATE TABLE "VerificationToken" AS SELECT * FROM verification_token"#,
        mysql: "CREATE TABLE VerificationToken AS SELECT * FROM verification_token",
        sqlite: r#"CREATE TABLE "VerificationToken" AS SELECT * FROM verification_token"#,
        sqlite_mends: true,
    },
    Spoiled {
        code: "account-one-each",
        postgres: "ALTER TABLE accounts ADD CONSTRAINT one_each UNIQUE (user_id)",
        mysql: "ALTER TABLE accounts ADD CONSTRAINT one_each UNIQUE (user_id), \
                ADD CONSTRAINT of_user FOREIGN KEY (user_id) REFERENCES users (id)",
        sqlite: "CREATE UNIQUE INDEX one_each ON accounts (user_id)",
        sqlite_mends: true,
    },
];

#[tokio::test]
async fn every_difference_of_tables_has_a_consequence_and_sql_that_makes_it_go() {
    for spoiled in SPOILED {
        for database in databases().await {
            let (dialect, name) = (database.database.dialect(), database.name);
            let (statements, mends) = match dialect {
                Dialect::Postgres => (spoiled.postgres, true),
                Dialect::MySql | Dialect::MariaDb => (spoiled.mysql, true),
                Dialect::Sqlite => (spoiled.sqlite, spoiled.sqlite_mends),
            };
            if statements.is_empty() {
                continue;
            }
            let (db, code) = (careless(database.database.clone()).await, spoiled.code);
            user(&db, "1", Some("ada@x"), None).await;
            for statement in statements.split("; ") {
                database.run(statement).await;
            }
            let report = examine(&db, Depth::Rows).await.unwrap();
            let finding = report.finding(code);
            let finding = finding.unwrap_or_else(|| panic!("{name}: {code}: {report:?}"));
            assert!(!finding.consequence.is_empty(), "{name}: {code}");
            assert_eq!(!finding.remedies.is_empty(), mends, "{name}: {finding:?}");
            if !mends {
                let advice = finding.advice.as_deref().unwrap_or_default();
                assert!(advice.contains("hallpass db pull"), "{name}: {advice}");
                continue;
            }
            for remedy in &finding.remedies {
                database.run(&remedy.sql).await;
            }
            let after = examine(&db, Depth::Rows).await.unwrap();
            assert!(after.finding(code).is_none(), "{name}: {code}: {after:?}");
            assert_eq!(db.count("User").run().await.unwrap(), 1, "{name}: {code}");
        }
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
        assert!(tangled.loses().is_some() && tangled.advice.is_some());
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
        // The one of nobody, and the other because its token stands in clear.
        assert_eq!(removed, 2, "{}: {mended:?}", database.name);

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
