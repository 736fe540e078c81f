//! The doctor on every layout, on every database: rows are looked at whatever their columns admit, and what mends loses
//! nothing of the application's unasked.

use hallpass_auth::adapter::{Account, AccountType, Adapter, SEALED_MARK, SessionRecord, UserId};
use hallpass_auth::secret::SessionToken;
use hallpass_data::catalog::Catalog;
use hallpass_data::{Client, Dialect, field};
use hallpass_db::testing::{TestDatabase, databases};
use hallpass_zmodel::schema::Arity;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::doctor::{CARELESS, careless, of_provider, user};
use super::layouts::{fixture, fixtures_of, made_on, on_every_server, open};
use super::{client, new_user};
use crate::doctor::{Depth, Finding, Report, Scope, examine, mend, mostly_bcrypt};
use crate::layouts::{DEFAULT, LayoutChoice};
use crate::{AtRest, DataAdapter};

/// Every layout that we make on a server, and every fixture of it.
async fn patients(dialect: Dialect) -> Vec<(String, TestDatabase, Client)> {
    let mut patients = Vec::new();
    for (file, test) in made_on(dialect).await {
        let choice = if file == DEFAULT {
            LayoutChoice::Auto
        } else {
            file.choice
        };
        let client = open(&test, choice).await;
        patients.push((format!("{} on {}", file.name, test.name), test, client));
    }
    for (name, ..) in fixtures_of(dialect) {
        let test = fixture(name).await;
        let client = open(&test, LayoutChoice::Auto).await;
        patients.push((format!("tables of {name}"), test, client));
    }
    patients
}

/// Those that rows show.
fn shown(report: &Report) -> Vec<(&str, u64)> {
    let rows = |one: &Finding| one.rows.filter(|rows| *rows > 0);
    let findings = report.findings.iter();
    let mut shown: Vec<_> = findings
        .filter_map(|one| Some((one.code.as_str(), rows(one)?)))
        .collect();
    shown.sort_unstable();
    shown
}

fn has_password(db: &Client) -> bool {
    let users = db.schema().model("User").unwrap();
    users.field("password").is_some()
}

/// Whether users may be without address, by the schema and by the table.
fn admits_nobody(db: &Client) -> bool {
    let users = db.schema().model("User").unwrap();
    let table = db.found().unwrap().table(&users.table).unwrap();
    let column = table.column("email").unwrap();
    users.field("email").unwrap().arity == Arity::Optional && column.nullable
}

async fn link(adapter: &DataAdapter, user: &UserId, id: &str, extra: Json) {
    let account = Account {
        user_id: user.clone(),
        kind: AccountType::OAuth,
        provider: "github".to_owned(),
        provider_account_id: id.to_owned(),
        extra: extra.as_object().unwrap().clone(),
    };
    adapter.link_account(account).await.unwrap();
}

async fn begin(adapter: &DataAdapter, user: &UserId, token: &str) {
    let session = SessionRecord {
        session_token: SessionToken::new(token),
        user_id: user.clone(),
        expires: Timestamp::from_second(2_000_000_000).unwrap(),
    };
    adapter.create_session(session).await.unwrap();
}

async fn plant(db: &Client) {
    let adapter = DataAdapter::new(db).unwrap();
    let added = async |email| {
        let user = new_user(email, json!({}));
        adapter.create_user(user).await.unwrap().id
    };
    let (ada, bob) = (added("Ada@example.org").await, added("n/a").await);
    if admits_nobody(db) {
        let mut nobody = new_user("", json!({}));
        nobody.email = None;
        adapter.create_user(nobody).await.unwrap();
    }
    if has_password(db) {
        let ada = db.update_many("User").filter(field("id").eq(ada.as_str()));
        let planted = ada.set("password", "plain text").run().await;
        assert_eq!(planted.unwrap(), 1);
    }
    // As GitHub answers: a token that never ends, and nothing else.
    link(
        &adapter,
        &ada,
        "1",
        json!({ "access_token": "gho_planted" }),
    )
    .await;
    link(&adapter, &bob, "2", json!({ "id_token": "eyJplanted" })).await;
    begin(&adapter, &ada, "planted").await;
}

on_every_server!(looks_and_mends:
    rows_of_every_layout_are_looked_at_and_mended_on_sqlite on Sqlite,
    rows_of_every_layout_are_looked_at_and_mended_on_postgresql on Postgres,
    rows_of_every_layout_are_looked_at_and_mended_on_mariadb on MariaDb,
);

async fn looks_and_mends(dialect: Dialect) {
    for (name, _test, db) in patients(dialect).await {
        let clean = examine(&db, Depth::Rows).await;
        let clean = clean.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(shown(&clean), [], "{name}");
        let of_address = |one: &Finding| {
            one.code.starts_with("column-not-null:") && one.code.ends_with(".email")
        };
        assert!(!clean.findings.iter().any(of_address), "{name}: {clean:?}");

        plant(&db).await;
        let report = examine(&db, Depth::Rows).await.unwrap();
        let mut expected = vec![
            ("account-token-in-clear", 2),
            ("session-token-in-clear", 1),
            ("user-email-is-none", 1),
            ("user-email-with-capitals", 1),
        ];
        if admits_nobody(&db) {
            expected.push(("user-without-email", 1));
        }
        if has_password(&db) {
            expected.push(("password-in-clear", 1));
        }
        expected.sort_unstable();
        assert_eq!(shown(&report), expected, "{name}");
        let printed = serde_json::to_string(&report).unwrap();
        assert!(!printed.contains("planted"), "{name}: {printed}");

        for finding in report.findings.iter().filter(|one| one.rows > Some(0)) {
            let mended = mend(&db, &[finding]).await;
            mended.unwrap_or_else(|error| panic!("{name}: {}: {error}", finding.code));
        }
        let after = examine(&db, Depth::Rows).await.unwrap();
        assert_eq!(shown(&after), [], "{name}");
    }
}

/// All rows, where somebody said what new passwords are hashed with.
fn chosen() -> Scope {
    Scope {
        chose_algorithm: true,
        ..Scope::from(Depth::Rows)
    }
}

/// Prisma's tables on PostgreSQL have users with addresses, all of them; applications with passwords alone have those too.
#[tokio::test]
async fn columns_that_every_row_fills_are_looked_at_and_mended() {
    let schema = CARELESS
        .replace("email         String?", "email String")
        .replace("password      String?   @omit", "password String @omit")
        .replace("refresh_token     String?", "refresh_token String");
    for database in databases().await {
        let db = client(
            database.database.clone(),
            &of_provider(&schema, database.database.dialect()),
        );
        db.create_missing_tables().await.unwrap();
        user(&db, "1", Some("ada@x"), Some("plain text")).await;
        user(&db, "2", Some(""), Some("$2b$12$x")).await;
        user(&db, "3", Some("bob@x"), Some("")).await;
        let account = db.create("Account").set("userId", "1").set("type", "oauth");
        let account = account.set("provider", "x").set("providerAccountId", "1");
        account.set("refresh_token", "planted").run().await.unwrap();

        let report = examine(&db, chosen()).await.unwrap();
        let expected = [
            ("account-token-in-clear", 1),
            ("password-in-clear", 1),
            ("user-email-is-none", 1),
        ];
        assert_eq!(shown(&report), expected, "{}", database.name);
        for finding in report.findings.iter().filter(|one| one.rows > Some(0)) {
            mend(&db, &[finding]).await.unwrap();
        }
        let after = examine(&db, chosen()).await.unwrap();
        assert_eq!(shown(&after), [], "{}", database.name);
        let kept = db.count("User").filter(field("password").eq("$2b$12$x"));
        assert_eq!(kept.run().await.unwrap(), 1, "{}", database.name);
    }
}

/// Columns that refuse null, with their defaults.
fn promises(catalog: &Catalog) -> Vec<(String, Option<String>)> {
    let columns = catalog.tables.iter().flat_map(|table| {
        let columns = table.columns.iter().filter(|column| !column.nullable);
        columns.map(|column| {
            let name = format!("{}.{}", table.name, column.name);
            (name, column.default.clone())
        })
    });
    columns.collect()
}

/// What stands for the application's own columns: their codes, and how they come about.
type Spoiling = (&'static [&'static str], &'static [&'static str]);

fn spoilings(dialect: Dialect) -> [Spoiling; 2] {
    let promises: &[&str] = &["account-one-each", "column-not-null:users.name"];
    let tenant: &[&str] = &["column-without-default:users.tenant"];
    match dialect {
        Dialect::Postgres => [
            (
                promises,
                &[
                    "ALTER TABLE users ALTER COLUMN name SET NOT NULL",
                    "ALTER TABLE users ALTER COLUMN email SET NOT NULL",
                    "ALTER TABLE accounts ADD CONSTRAINT one_each UNIQUE (user_id)",
                ],
            ),
            (
                tenant,
                &["ALTER TABLE users ADD COLUMN tenant varchar(20) NOT NULL"],
            ),
        ],
        Dialect::MySql | Dialect::MariaDb => [
            (
                promises,
                &[
                    "ALTER TABLE users MODIFY COLUMN name varchar(191) NOT NULL",
                    "ALTER TABLE users MODIFY COLUMN email varchar(191) NOT NULL",
                    "ALTER TABLE accounts ADD CONSTRAINT one_each UNIQUE (user_id)",
                ],
            ),
            (
                tenant,
                &["ALTER TABLE users ADD COLUMN tenant varchar(20) NOT NULL"],
            ),
        ],
        // It changes no column, so there is no remedy to choose.
        Dialect::Sqlite => [
            (
                &["account-one-each"],
                &["CREATE UNIQUE INDEX one_each ON accounts (user_id)"],
            ),
            (&[], &[]),
        ],
    }
}

#[tokio::test]
async fn what_mends_unasked_takes_nothing_from_columns_of_the_application() {
    for round in [0, 1] {
        for database in databases().await {
            let name = database.name;
            let db = careless(database.database.clone()).await;
            let (codes, statements) = spoilings(database.database.dialect())[round];
            for statement in statements {
                database.run(statement).await;
            }
            let before = promises(&database.database.catalog().await.unwrap());
            let report = examine(&db, Depth::Rows).await.unwrap();
            for code in codes {
                let finding = report.finding(code);
                let finding = finding.unwrap_or_else(|| panic!("{name}: {code}: {report:?}"));
                assert!(finding.loses().is_some(), "{name}: {code}");
            }
            assert!(report.finding("column-not-null:users.email").is_none());
            // As `--fix all` chooses.
            let harmless = report.findings.iter().filter(|one| one.loses().is_none());
            let harmless: Vec<_> = harmless.collect();
            mend(&db, &harmless).await.unwrap();
            let after = database.database.catalog().await.unwrap();
            let kept = promises(&after);
            for promise in &before {
                assert!(kept.contains(promise), "{name}: {promise:?}");
            }
            let keys = &after.table("accounts").unwrap().uniques;
            let is_kept = keys.iter().any(|key| key.columns == ["user_id"]);
            assert_eq!(is_kept, round == 0, "{name}");
        }
    }
}

#[tokio::test]
async fn no_statement_changes_the_type_of_what_rows_are_known_by() {
    for database in databases().await {
        let changes: &[&str] = match database.database.dialect() {
            Dialect::Postgres => &[
                "ALTER TABLE users ALTER COLUMN id TYPE integer USING 1",
                "ALTER TABLE sessions ALTER COLUMN user_id TYPE integer USING 1",
            ],
            Dialect::MySql | Dialect::MariaDb => &[
                "ALTER TABLE users MODIFY COLUMN id int NOT NULL",
                "ALTER TABLE sessions MODIFY COLUMN user_id int NOT NULL",
            ],
            Dialect::Sqlite => continue,
        };
        let db = careless(database.database.clone()).await;
        for change in changes {
            database.run(change).await;
        }
        let report = examine(&db, Depth::Catalog).await.unwrap();
        for code in [
            "column-of-other-type:users.id",
            "column-of-other-type:sessions.user_id",
        ] {
            let finding = report.finding(code).unwrap();
            assert_eq!(finding.remedies, [], "{}", database.name);
            let advice = finding.advice.as_deref().unwrap();
            assert!(advice.contains("migration"), "{advice}");
        }
    }
}

#[tokio::test]
async fn passwords_are_looked_for_where_the_settings_say() {
    let schema = CARELESS.replace(
        "password      String?   @omit",
        "passwordHash String? @map(\"password_hash\") @omit",
    );
    for database in databases().await {
        let db = client(
            database.database.clone(),
            &of_provider(&schema, database.database.dialect()),
        );
        db.create_missing_tables().await.unwrap();
        for (id, password) in [("1", "plain text"), ("2", "$2b$12$x")] {
            let user = db
                .create("User")
                .set("id", id)
                .set("email", format!("{id}@x"));
            user.set("passwordHash", password).run().await.unwrap();
        }
        let unasked = examine(&db, Depth::Rows).await.unwrap();
        assert_eq!(shown(&unasked), [], "{}", database.name);
        let scope = Scope {
            password_field: Some("passwordHash".to_owned()),
            ..chosen()
        };
        let report = examine(&db, scope).await.unwrap();
        let expected = [("password-in-clear:passwordHash", 1)];
        assert_eq!(shown(&report), expected, "{}", database.name);
        let finding = report.finding(expected[0].0).unwrap();
        assert_eq!(finding.place, "users (password_hash)");
        let mended = mend(&db, &[finding]).await.unwrap();
        assert_eq!(mended.iter().map(|one| one.rows).sum::<u64>(), 1);
    }
}

/// What is sealed or hashed is no finding, and stays when its neighbour is emptied.
#[tokio::test]
async fn what_is_sealed_or_hashed_stays() {
    for (db, database) in super::clients(crate::PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&db).unwrap();
        let hashing = adapter.clone().session_tokens_at_rest(AtRest::Hashed);
        let ada = new_user("ada@example.org", json!({}));
        let ada = adapter.create_user(ada).await.unwrap().id;
        let sealed = format!("{SEALED_MARK}AAAA");
        link(
            &adapter,
            &ada,
            "1",
            json!({ "access_token": sealed, "refresh_token": sealed }),
        )
        .await;
        begin(&hashing, &ada, "one").await;
        let report = examine(&db, Depth::Rows).await.unwrap();
        assert_eq!(shown(&report), [], "{}", database.name);

        link(
            &adapter,
            &ada,
            "2",
            json!({ "access_token": "clear", "refresh_token": sealed }),
        )
        .await;
        begin(
            &adapter.clone().session_tokens_at_rest(AtRest::Clear),
            &ada,
            "two",
        )
        .await;
        let report = examine(&db, Depth::Rows).await.unwrap();
        let expected = [("account-token-in-clear", 1), ("session-token-in-clear", 1)];
        assert_eq!(shown(&report), expected, "{}", database.name);
        for (code, _) in expected {
            let finding = report.finding(code).unwrap();
            assert!(finding.loses().is_some() && finding.advice.is_some());
            mend(&db, &[finding]).await.unwrap();
        }
        assert_eq!(db.count("Session").run().await.unwrap(), 1);
        let sealed = db
            .count("Account")
            .filter(field("refresh_token").eq(&*sealed));
        assert_eq!(sealed.run().await.unwrap(), 2, "{}", database.name);
        let emptied = db.count("Account").filter(field("access_token").is_null());
        assert_eq!(emptied.run().await.unwrap(), 1, "{}", database.name);
    }
}

#[tokio::test]
async fn hashes_of_bcrypt_and_of_no_known_form_are_told() {
    for database in databases().await {
        let (db, name) = (careless(database.database.clone()).await, database.name);
        for (id, hash) in [
            ("1", "$2a$10$x"),
            ("2", "$2b$12$x"),
            ("3", "$2y$12$x"),
            ("4", "$argon2id$x"),
            ("5", "$9$cisco"),
            ("6", "pbkdf2_sha256$x"),
        ] {
            user(&db, id, Some(&format!("{id}@x")), Some(hash)).await;
        }
        user(&db, "7", Some("7@x"), None).await;
        let report = examine(&db, Depth::Rows).await.unwrap();
        let expected = [
            ("password-made-for-bcrypt", 3),
            ("password-of-unknown-form", 1),
        ];
        assert_eq!(shown(&report), expected, "{name}");
        let told = report.finding("password-made-for-bcrypt").unwrap();
        assert_eq!(
            told.problem,
            "3 passwords are hashed with bcrypt, 1 with Argon2, 1 with PBKDF2; new ones are with Argon2id, as nothing else is set"
        );
        assert!(
            told.advice
                .as_deref()
                .unwrap()
                .contains("password.algorithm")
        );
        // Three of six are not most.
        assert!(!mostly_bcrypt(&db, None).await.unwrap(), "{name}");
        let unknown = report.finding("password-of-unknown-form").unwrap();
        assert!(unknown.loses().is_some(), "{name}");
        mend(&db, &[unknown]).await.unwrap();
        assert!(mostly_bcrypt(&db, None).await.unwrap(), "{name}");
        let after = examine(&db, chosen()).await.unwrap();
        assert_eq!(shown(&after), [], "{name}");
        user(&db, "8", Some("8@x"), Some("$argon2id$y")).await;
        let after = examine(&db, Depth::Rows).await.unwrap();
        assert_eq!(shown(&after), [], "{name}: as many others");
        assert!(!mostly_bcrypt(&db, None).await.unwrap(), "{name}");
    }
}
