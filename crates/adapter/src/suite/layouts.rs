//! Every layout on every database that has it: on tables that we make, and on tables as the programs of those layouts
//! make them.

use std::sync::Arc;

use hallpass_auth::testing::kit;
use hallpass_data::catalog::{Catalog, Table};
use hallpass_data::{Client, Dialect, Value};
use hallpass_db::testing::{TestDatabase, databases};
use hallpass_zmodel::schema::Arity;

use super::options;
use crate::DataAdapter;
use crate::layout::USER;
use crate::layouts::{DEFAULT, LAYOUTS, LayoutChoice, LayoutFile};
use crate::recognise::{Chosen, choose};

/// Tables as a program makes them: name, DDL, and the layout that they are.
pub(super) type Fixture = (&'static str, &'static str, &'static str);

macro_rules! fixtures {
    ($($name:literal is $layout:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("fixtures/", $name, ".sql")), $layout)),*]
    };
}

const ON_POSTGRES: &[Fixture] = fixtures![
    "pg-adapter" is "pg-adapter",
    "pg-adapter-guide" is "pg-adapter-guide",
    "neon" is "neon",
    "neon-integer" is "neon",
    "prisma-postgresql" is "prisma-postgresql",
    "prisma-older-postgresql" is "prisma-sqlite",
    "prisma-snake-postgresql" is "prisma-snake",
    "drizzle-postgresql" is "drizzle-postgresql",
];

const ON_MYSQL: &[Fixture] = fixtures![
    "prisma-mysql" is "prisma-mysql",
    "prisma-snake-mysql" is "prisma-snake",
    "drizzle-mysql" is "drizzle-mysql",
];

const ON_SQLITE: &[Fixture] = fixtures![
    "prisma-sqlite" is "prisma-sqlite",
    "prisma-snake-sqlite" is "prisma-snake",
    "drizzle-sqlite" is "drizzle-sqlite",
];

pub(super) fn fixtures_of(dialect: Dialect) -> &'static [Fixture] {
    match dialect {
        Dialect::Postgres => ON_POSTGRES,
        Dialect::MySql | Dialect::MariaDb => ON_MYSQL,
        Dialect::Sqlite => ON_SQLITE,
    }
}

/// Runs one statement of SQL, as some other program would.
pub(super) async fn sql(test: &TestDatabase, text: &str) -> Vec<Vec<Value>> {
    test.rows(text).await
}

pub(super) async fn run_ddl(test: &TestDatabase, ddl: &str) {
    for statement in ddl.split(";\n").map(str::trim) {
        let statement = statement.trim_end_matches(';');
        if !statement.is_empty() {
            sql(test, statement).await;
        }
    }
}

pub(super) async fn chosen(test: &TestDatabase, choice: LayoutChoice) -> Chosen {
    let catalog = test.database.catalog().await.unwrap();
    choose(choice, &catalog, test.database.dialect())
        .unwrap_or_else(|error| panic!("{}: {error}", test.name))
}

/// A client as `hallpass::open_layout` makes it.
pub(super) async fn open(test: &TestDatabase, choice: LayoutChoice) -> Client {
    let schema = Arc::new(chosen(test, choice).await.schema);
    let client = Client::new(test.database.clone(), schema, options()).unwrap();
    client.create_missing_tables().await.unwrap();
    client.fitted().await.unwrap()
}

/// The database of a fixture, with its tables, on the server of this name.
pub(super) async fn fixture(name: &str) -> TestDatabase {
    for test in databases().await {
        let found = fixtures_of(test.database.dialect());
        if let Some((_, ddl, _)) = found.iter().find(|(known, ..)| *known == name) {
            run_ddl(&test, ddl).await;
            return test;
        }
    }
    panic!("there is no fixture `{name}`")
}

/// A database without tables.
pub(super) async fn empty(dialect: Dialect) -> TestDatabase {
    let name = match dialect {
        Dialect::Postgres => "postgres",
        Dialect::MySql | Dialect::MariaDb => "mysql",
        Dialect::Sqlite => return hallpass_db::testing::sqlite().await,
    };
    let mut found = databases().await.into_iter();
    found.find(|test| test.name == name).unwrap()
}

/// Whether schema and table admit null.
fn admits_null(client: &Client, model: &str, field: &str) -> bool {
    let model = client.schema().model(model).unwrap();
    let field = model.field(field).unwrap();
    let tables = &client.found().unwrap().tables;
    let mut tables = tables.iter();
    let table = tables.find(|table| table.name.eq_ignore_ascii_case(&model.table));
    field.arity == Arity::Optional && table.unwrap().column(&field.column).unwrap().nullable
}

async fn keeps_every_promise(client: &Client, place: &str) {
    let adapter = DataAdapter::new(client).unwrap();
    let optional = if admits_null(client, USER, "email") {
        kit::OPTIONAL_ADDRESS_RULES
    } else {
        &[]
    };
    for rules in [kit::RULES, kit::UNIQUE_ADDRESS_RULES, optional] {
        let result = kit::run(rules, async || adapter.clone()).await;
        result.unwrap_or_else(|failures| panic!("{place}: {failures}"));
    }
    let adapter = adapter.password_store().unwrap();
    let result = kit::run_password_rules(async || adapter.clone()).await;
    result.unwrap_or_else(|failures| panic!("{place}: {failures}"));
}

/// Layouts that are made on a database, each on a fresh one.
pub(super) async fn made() -> Vec<(&'static LayoutFile, TestDatabase)> {
    let mut made = Vec::new();
    for file in [DEFAULT].into_iter().chain(LAYOUTS) {
        for test in databases().await {
            if file.made_on.contains(&test.database.dialect()) {
                made.push((file, test));
            }
        }
    }
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_promise_is_kept_on_tables_that_we_make() {
    for (file, test) in made().await {
        let choice = if file == DEFAULT {
            LayoutChoice::Auto
        } else {
            file.choice
        };
        let place = format!("{} on {}", file.name, test.name);
        assert_eq!(
            chosen(&test, choice).await.layout.name,
            file.name,
            "{place}"
        );
        keeps_every_promise(&open(&test, choice).await, &place).await;
        // What we made is found again.
        let again = chosen(&test, LayoutChoice::Auto).await;
        assert_eq!(again.layout.name, file.name, "{place}");
        assert_eq!(again.differences, [], "{place}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_promise_is_kept_on_tables_that_others_made() {
    for dialect in [Dialect::Postgres, Dialect::MariaDb, Dialect::Sqlite] {
        for (name, _, layout) in fixtures_of(dialect) {
            let test = fixture(name).await;
            let recognised = chosen(&test, LayoutChoice::Auto).await;
            assert_eq!(recognised.layout.name, *layout, "{name}");
            let client = open(&test, LayoutChoice::Auto).await;
            keeps_every_promise(&client, &format!("tables of {name}")).await;
        }
    }
}

/// The sign-in tables of a database, without those that sign-in does not use.
fn tables(catalog: &Catalog) -> Vec<&Table> {
    let ours = |name: &str| {
        let name = name.to_ascii_lowercase();
        !name.starts_with("hallpass_") && name != "authenticator"
    };
    let tables = catalog.tables.iter();
    tables.filter(|table| ours(&table.name)).collect()
}

#[tokio::test]
async fn tables_that_we_make_are_those_of_the_real_programs() {
    let exact = [
        "pg-adapter",
        "neon",
        "prisma-postgresql",
        "prisma-mysql",
        "prisma-sqlite",
        "drizzle-postgresql",
        "drizzle-mysql",
        "drizzle-sqlite",
    ];
    for (file, test) in made().await {
        if !exact.contains(&file.name) || file == DEFAULT {
            continue;
        }
        open(&test, file.choice).await;
        let made = test.database.catalog().await.unwrap();
        let real = fixture(file.name).await.database.catalog().await.unwrap();
        for (made, real) in tables(&made).into_iter().zip(tables(&real)) {
            assert_eq!(sorted(made), sorted(real), "{}", file.name);
        }
        assert_eq!(tables(&made).len(), 4, "{}", file.name);
    }
}

/// The order of columns and keys is nobody's business; SQLite writes types as they were written.
fn sorted(table: &Table) -> Table {
    let mut table = table.clone();
    // A unique constraint and a unique index keep the same promise.
    for unique in &mut table.uniques {
        unique.is_constraint = false;
    }
    for column in &mut table.columns {
        column.database_type.make_ascii_lowercase();
    }
    table
        .columns
        .sort_by(|one, other| one.name.cmp(&other.name));
    table
        .uniques
        .sort_by(|one, other| one.name.cmp(&other.name));
    table
        .indexes
        .sort_by(|one, other| one.name.cmp(&other.name));
    table
}
