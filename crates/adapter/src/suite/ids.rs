//! Tables of every layout with ids of every kind that Auth.js applications choose, and with columns that they fill themselves.

use hallpass_auth::adapter::Adapter;
use hallpass_auth::testing::kit;
use hallpass_data::{Client, Dialect};
use hallpass_db::testing::TestDatabase;
use hallpass_zmodel::schema::DefaultValue;

use super::layouts::{empty, fixture, fixtures_of, open, run_ddl, sql};
use super::new_user;
use crate::DataAdapter;
use crate::doctor::{self, Depth};
use crate::layouts::LayoutChoice;
use crate::recognise::{ChooseError, choose};

/// A kind of id: its column, what refers to it, and who makes one.
struct Kind {
    id: &'static str,
    reference: &'static str,
    made_by: Maker,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Maker {
    /// A column that counts, or has a default.
    Database,
    /// The engine, as a UUID.
    Uuid,
    /// The engine, as what else fits.
    Engine,
}

use Maker::{Database, Engine, Uuid};

const fn kind(id: &'static str, reference: &'static str, made_by: Maker) -> Kind {
    Kind {
        id,
        reference,
        made_by,
    }
}

const ON_POSTGRES: &[Kind] = &[
    kind("text", "text", Engine),
    kind("varchar(25)", "varchar(25)", Engine),
    kind("char(36)", "char(36)", Uuid),
    kind("uuid", "uuid", Uuid),
    kind("uuid DEFAULT gen_random_uuid()", "uuid", Database),
    kind("text DEFAULT gen_random_uuid()", "text", Database),
    kind("serial", "integer", Database),
    kind("bigint GENERATED ALWAYS AS IDENTITY", "bigint", Database),
];

const ON_MARIADB: &[Kind] = &[
    kind("VARCHAR(30)", "VARCHAR(30)", Engine),
    kind("CHAR(36)", "CHAR(36)", Uuid),
    kind("UUID", "UUID", Uuid),
    kind("VARCHAR(36) DEFAULT (uuid())", "VARCHAR(36)", Database),
    kind("INT AUTO_INCREMENT", "INT", Database),
    kind(
        "BIGINT UNSIGNED AUTO_INCREMENT",
        "BIGINT UNSIGNED",
        Database,
    ),
];

const ON_SQLITE: &[Kind] = &[
    kind("VARCHAR(36)", "VARCHAR(36)", Engine),
    kind(
        "TEXT DEFAULT (lower(hex(randomblob(16))))",
        "TEXT",
        Database,
    ),
    kind("INTEGER", "INTEGER", Database),
];

/// The types of ids and of what refers to them, as fixtures write them.
const WRITTEN: &[&str] = &[
    "SERIAL",
    "INTEGER",
    "TEXT",
    "text",
    "varchar(255)",
    "VARCHAR(191)",
];

/// The tables of a fixture with ids of another kind.
fn with_ids(ddl: &str, kind: &Kind) -> String {
    let mut ddl = ddl.to_owned();
    for quote in ["\"", "`", ""] {
        for (name, mark) in [
            ("id", "@id"),
            ("userId", "@reference"),
            ("user_id", "@reference"),
        ] {
            for (written, before) in WRITTEN.iter().flat_map(|one| [(one, ' '), (one, '(')]) {
                let column = format!("{before}{quote}{name}{quote} ");
                ddl = ddl.replace(&format!("{column}{written}"), &format!("{column}{mark}"));
            }
        }
    }
    ddl.replace("@id", kind.id)
        .replace("@reference", kind.reference)
}

/// What ids have to do with, of all that a store promises.
const PROMISES: &[&str] = &[
    "created_user_is_found_by_id_and_by_address",
    "unknown_user_is_none",
    "ids_that_cannot_exist_are_none",
    "ids_are_compared_exactly",
    "update_changes_only_what_is_given",
    "deleted_user_takes_accounts_and_sessions_along",
    "account_leads_to_its_user",
    "accounts_come_back_as_written",
    "session_comes_with_its_user",
    "session_of_an_unknown_token_is_none",
    "deleted_session_is_given_back_once",
    "sign_in_of_a_new_user_writes_all",
    "sign_in_ends_one_session",
    "first_proof_removes_what_was_there_before",
];

async fn keeps_what_ids_promise(client: &Client, place: &str) {
    let adapter = DataAdapter::new(client).unwrap_or_else(|error| panic!("{place}: {error}"));
    let rules = kit::RULES.iter().copied();
    let rules: Vec<_> = rules.filter(|rule| PROMISES.contains(&rule.name)).collect();
    assert_eq!(rules.len(), PROMISES.len());
    let result = kit::run(&rules, async || adapter.clone()).await;
    result.unwrap_or_else(|failures| panic!("{place}: {failures}"));
}

/// Fixtures that differ from others in nothing that ids have to do with.
const ALIKE: &[&str] = &[
    "pg-adapter-guide",
    "neon-integer",
    "prisma-older-postgresql",
];

async fn every_layout_takes(dialect: Dialect, kind: &Kind) {
    let fixtures = fixtures_of(dialect).iter();
    for (name, ddl, layout) in fixtures.filter(|(name, ..)| !ALIKE.contains(name)) {
        let place = format!("{name} with ids of {}", kind.id);
        let test = empty(dialect).await;
        run_ddl(&test, &with_ids(ddl, kind)).await;
        let catalog = test.database.catalog().await.unwrap();
        let chosen = choose(LayoutChoice::Auto, &catalog, dialect);
        let chosen = chosen.unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(chosen.layout.name, *layout, "{place}");
        let users = chosen.schema.model("User").unwrap();
        let made_by = match users.field("id").unwrap().default.as_ref().unwrap() {
            DefaultValue::Autoincrement | DefaultValue::DbGenerated(_) => Database,
            DefaultValue::Uuid(_) if kind.made_by != Engine => Uuid,
            _ => Engine,
        };
        assert_eq!(made_by, kind.made_by, "{place}");
        let client = open(&test, LayoutChoice::Auto).await;
        keeps_what_ids_promise(&client, &place).await;
        let report = doctor::examine(&client, Depth::Catalog).await.unwrap();
        let is_of_columns = |code: &&String| {
            code.starts_with("column-of-other-type") || code.starts_with("column-without-default")
        };
        let told = report.findings.iter().map(|finding| &finding.code);
        let told: Vec<_> = told.filter(is_of_columns).collect();
        assert!(told.is_empty(), "{place}: {told:?}");
    }
}

/// A test of every layout for each kind of id.
macro_rules! matrix {
    ($($name:ident: $dialect:ident $kinds:ident $number:literal,)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $name() {
            every_layout_takes(Dialect::$dialect, &$kinds[$number]).await;
        })*

        #[test]
        fn every_kind_of_id_has_its_test() {
            let tests = [$(stringify!($name)),*].len();
            assert_eq!(tests, ON_POSTGRES.len() + ON_MARIADB.len() + ON_SQLITE.len());
        }
    };
}

matrix! {
    every_layout_takes_text_on_postgres: Postgres ON_POSTGRES 0,
    every_layout_takes_short_text_on_postgres: Postgres ON_POSTGRES 1,
    every_layout_takes_padded_text_on_postgres: Postgres ON_POSTGRES 2,
    every_layout_takes_uuids_on_postgres: Postgres ON_POSTGRES 3,
    every_layout_takes_uuids_with_a_default_on_postgres: Postgres ON_POSTGRES 4,
    every_layout_takes_text_with_a_default_on_postgres: Postgres ON_POSTGRES 5,
    every_layout_takes_serials_on_postgres: Postgres ON_POSTGRES 6,
    every_layout_takes_identities_on_postgres: Postgres ON_POSTGRES 7,
    every_layout_takes_short_text_on_mariadb: MariaDb ON_MARIADB 0,
    every_layout_takes_padded_text_on_mariadb: MariaDb ON_MARIADB 1,
    every_layout_takes_uuids_on_mariadb: MariaDb ON_MARIADB 2,
    every_layout_takes_text_with_a_default_on_mariadb: MariaDb ON_MARIADB 3,
    every_layout_takes_counted_ids_on_mariadb: MariaDb ON_MARIADB 4,
    every_layout_takes_unsigned_ids_on_mariadb: MariaDb ON_MARIADB 5,
    every_layout_takes_text_on_sqlite: Sqlite ON_SQLITE 0,
    every_layout_takes_text_with_a_default_on_sqlite: Sqlite ON_SQLITE 1,
    every_layout_takes_counted_ids_on_sqlite: Sqlite ON_SQLITE 2,
}

/// What is missing refers to users as they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_missing_table_is_made_for_the_ids_that_are_there() {
    for (dialect, name, kind, table) in [
        (
            Dialect::Postgres,
            "prisma-postgresql",
            &ON_POSTGRES[4],
            "\"Session\"",
        ),
        (
            Dialect::Postgres,
            "drizzle-postgresql",
            &ON_POSTGRES[7],
            "session",
        ),
        (
            Dialect::MariaDb,
            "prisma-mysql",
            &ON_MARIADB[5],
            "`Session`",
        ),
        (Dialect::Sqlite, "drizzle-sqlite", &ON_SQLITE[2], "session"),
    ] {
        let test = empty(dialect).await;
        let mut fixtures = fixtures_of(dialect).iter();
        let (_, ddl, _) = fixtures.find(|(known, ..)| *known == name).unwrap();
        run_ddl(&test, &with_ids(ddl, kind)).await;
        sql(&test, &format!("DROP TABLE {table}")).await;
        let client = open(&test, LayoutChoice::Auto).await;
        keeps_what_ids_promise(&client, name).await;
    }
}

#[tokio::test]
async fn a_column_that_cannot_be_compared_with_ids_is_named_and_not_converted() {
    let uuid = kind("uuid DEFAULT gen_random_uuid()", "text", Database);
    let test = empty(Dialect::Postgres).await;
    run_ddl(&test, &with_ids(pg_adapter(), &uuid)).await;
    let error = chosen(&test).await.unwrap_err().to_string();
    let expected = "`accounts.userId` is of type `text`, which holds no values of type `uuid`, as ids of users are";
    assert!(error.contains(expected), "{error}");
    let report = look(&test).await;
    let finding = report
        .finding("column-of-other-type:accounts.userId")
        .unwrap();
    assert!(finding.remedies.is_empty(), "{finding:?}");
}

#[tokio::test]
async fn numbers_that_nobody_counts_are_named() {
    for (dialect, name) in [
        (Dialect::Postgres, "drizzle-postgresql"),
        (Dialect::Sqlite, "drizzle-sqlite"),
    ] {
        let int = kind("INT", "INT", Database);
        let test = empty(dialect).await;
        let mut fixtures = fixtures_of(dialect).iter();
        let (_, ddl, _) = fixtures.find(|(known, ..)| *known == name).unwrap();
        run_ddl(&test, &with_ids(ddl, &int)).await;
        let error = chosen(&test).await.unwrap_err().to_string();
        assert!(
            error.contains("`user.id` needs a value and has no default"),
            "{error}"
        );
    }
}

/// With the strategy `jwt`, a cookie of somebody who is gone names whoever has the number then.
#[tokio::test]
async fn numbers_that_are_given_again_are_a_danger() {
    let (_, ddl) = ddl_of("drizzle-sqlite");
    let ddl = with_ids(ddl, &ON_SQLITE[2]);
    let once = ddl.replace(
        "INTEGER PRIMARY KEY NOT NULL",
        "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL",
    );
    assert_ne!(ddl, once);
    for (ddl, again) in [(ddl, true), (once, false)] {
        let test = empty(Dialect::Sqlite).await;
        run_ddl(&test, &ddl).await;
        let client = open(&test, LayoutChoice::Auto).await;
        let adapter = DataAdapter::new(&client).unwrap();
        let mut ids = Vec::new();
        for email in ["gone@example.org", "next@example.org"] {
            let user = new_user(email, serde_json::json!({}));
            let user = adapter.create_user(user).await.unwrap();
            adapter.delete_user(&user.id).await.unwrap();
            ids.push(user.id);
        }
        assert_eq!(ids[0] == ids[1], again, "{ids:?}");
        let report = doctor::examine(&client, Depth::Catalog).await.unwrap();
        let finding = report.finding("user-id-given-again");
        assert_eq!(finding.is_some(), again);
        assert!(finding.is_none_or(|one| one.severity == doctor::Severity::Danger));
    }
    // What we make gives none twice.
    for (client, test) in super::clients(COUNTED).await {
        let client = client.fitted().await.unwrap();
        let report = doctor::examine(&client, Depth::Catalog).await.unwrap();
        let finding = report.finding("user-id-given-again");
        assert_eq!(finding, None, "{}", test.name);
    }
}

/// A table of our making whose ids are counted.
const COUNTED: &str = "model User {
  id            Int       @id @default(autoincrement())
  name          String?
  email         String?   @unique
  emailVerified DateTime?
  image         String?
}
";

fn pg_adapter() -> &'static str {
    fixtures_of(Dialect::Postgres)[0].1
}

async fn chosen(test: &TestDatabase) -> Result<(), ChooseError> {
    let catalog = test.database.catalog().await.unwrap();
    choose(LayoutChoice::Auto, &catalog, test.database.dialect()).map(|_| ())
}

/// As the doctor looks at tables that fit no layout.
async fn look(test: &TestDatabase) -> doctor::Report {
    let catalog = test.database.catalog().await.unwrap();
    let nearest = crate::recognise::recognise(&catalog, test.database.dialect());
    let schema = nearest.into_iter().next().unwrap().schema;
    let options = super::options();
    let client = Client::new(test.database.clone(), schema.into(), options).unwrap();
    doctor::examine(&client.fitted().await.unwrap(), Depth::Rows)
        .await
        .unwrap()
}

/// Prisma and Drizzle fill such columns themselves: `@updatedAt`, `$onUpdate`, `$defaultFn`.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn moments_that_programs_supply_are_supplied_on_every_layout() {
    for (name, quote, moment) in [
        ("pg-adapter", '"', "timestamp"),
        ("neon", '"', "timestamptz"),
        ("drizzle-postgresql", '"', "timestamp"),
        ("drizzle-mysql", '`', "datetime(3)"),
        ("drizzle-sqlite", '`', "integer"),
    ] {
        let (dialect, ddl) = ddl_of(name);
        let (made, changed) = ("created_at", "updatedAt");
        let columns = format!(
            " ({quote}{made}{quote} {moment} NOT NULL, {quote}{changed}{quote} {moment} NOT NULL,"
        );
        // Into each of the tables, as its first columns.
        let mut statements = ddl.split("CREATE TABLE ");
        let mut whole = statements.next().unwrap().to_owned();
        for statement in statements {
            whole += "CREATE TABLE ";
            whole += &statement.replacen(" (", &columns, 1);
        }
        let test = empty(dialect).await;
        run_ddl(&test, &whole).await;
        let client = open(&test, LayoutChoice::Auto).await;
        keeps_what_ids_promise(&client, name).await;
    }
}

fn ddl_of(name: &str) -> (Dialect, &'static str) {
    for dialect in [Dialect::Postgres, Dialect::MariaDb, Dialect::Sqlite] {
        for (known, ddl, _) in fixtures_of(dialect) {
            if *known == name {
                return (dialect, ddl);
            }
        }
    }
    panic!("there is no fixture `{name}`")
}

#[tokio::test]
async fn an_id_that_the_layout_does_not_know_is_supplied_and_chosen_by_nobody() {
    let test = fixture("drizzle-postgresql").await;
    for statement in [
        "ALTER TABLE account DROP CONSTRAINT \"account_provider_providerAccountId_pk\"",
        "ALTER TABLE account ADD UNIQUE (provider, \"providerAccountId\")",
        "ALTER TABLE account ADD COLUMN id text PRIMARY KEY",
    ] {
        sql(&test, statement).await;
    }
    let client = open(&test, LayoutChoice::Auto).await;
    keeps_what_ids_promise(&client, "drizzle with an id of accounts").await;
    let adapter = DataAdapter::new(&client).unwrap();
    let user = new_user("ann@example.org", serde_json::json!({}));
    let user = adapter.create_user(user).await.unwrap();
    let serde_json::Value::Object(extra) = serde_json::json!({ "id": "chosen" }) else {
        unreachable!()
    };
    let account = hallpass_auth::adapter::Account {
        user_id: user.id,
        kind: hallpass_auth::adapter::AccountType::OAuth,
        provider: "github".to_owned(),
        provider_account_id: "1".to_owned(),
        extra,
    };
    adapter.link_account(account).await.unwrap();
    let chosen = sql(&test, "SELECT id FROM account WHERE id = 'chosen'").await;
    assert!(chosen.is_empty());
}
