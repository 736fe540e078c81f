//! Every layout on every database that has it: on tables that we make, and on tables as the programs of those layouts
//! make them.

use std::sync::Arc;

use hallpass_data::catalog::{Catalog, Table};
use hallpass_data::{Client, Dialect, Value};
use hallpass_db::testing::{TestDatabase, database};

use super::kits::keep_every_promise;
use super::options;
use crate::AtRest;
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

/// The database of a fixture, with its tables.
pub(super) async fn fixture(name: &str) -> TestDatabase {
    for dialect in DIALECTS {
        let mut found = fixtures_of(dialect).iter();
        if let Some((_, ddl, _)) = found.find(|(known, ..)| *known == name) {
            let test = empty(dialect).await;
            run_ddl(&test, ddl).await;
            return test;
        }
    }
    panic!("there is no fixture `{name}`")
}

/// One of each server.
pub(super) const DIALECTS: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::MariaDb];

/// A database without tables.
pub(super) async fn empty(dialect: Dialect) -> TestDatabase {
    let found = database(name_of(dialect)).await;
    found.unwrap_or_else(|| panic!("there is no database of {dialect:?}"))
}

fn name_of(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "postgres",
        Dialect::MySql | Dialect::MariaDb => "mysql",
        Dialect::Sqlite => "sqlite",
    }
}

/// Layouts that are made on a database, each on a fresh one.
pub(super) async fn made() -> Vec<(&'static LayoutFile, TestDatabase)> {
    let mut made = Vec::new();
    for dialect in DIALECTS {
        made.extend(made_on(dialect).await);
    }
    made
}

/// Those of one server.
pub(super) async fn made_on(dialect: Dialect) -> Vec<(&'static LayoutFile, TestDatabase)> {
    let mut made = Vec::new();
    for file in [DEFAULT].into_iter().chain(LAYOUTS) {
        if file.made_on.contains(&dialect) {
            made.extend(database(name_of(dialect)).await.map(|test| (file, test)));
        }
    }
    made
}

async fn keeps_every_promise_as_made(dialect: Dialect) {
    for (file, test) in made_on(dialect).await {
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
        // As it is decided where we make the tables.
        keep_every_promise(&open(&test, choice).await, AtRest::Hashed, &place).await;
        // What we made is found again.
        let again = chosen(&test, LayoutChoice::Auto).await;
        assert_eq!(again.layout.name, file.name, "{place}");
        assert_eq!(again.differences, [], "{place}");
    }
}

async fn keeps_every_promise_as_found(dialect: Dialect) {
    for (name, _, layout) in fixtures_of(dialect) {
        let test = fixture(name).await;
        let recognised = chosen(&test, LayoutChoice::Auto).await;
        assert_eq!(recognised.layout.name, *layout, "{name}");
        let client = open(&test, LayoutChoice::Auto).await;
        // As it is decided where somebody else may read them.
        keep_every_promise(&client, AtRest::Clear, &format!("tables of {name}")).await;
    }
}

/// What we make of ourselves may be shared with an Auth.js application too, where somebody says so.
async fn keeps_every_promise_in_clear(dialect: Dialect) {
    let test = empty(dialect).await;
    let client = open(&test, LayoutChoice::Auto).await;
    keep_every_promise(&client, AtRest::Clear, test.name).await;
}

/// A test for each server, so that they run beside each other.
macro_rules! on_every_server {
    ($work:ident: $($name:ident on $dialect:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $name() {
            $work(Dialect::$dialect).await;
        })*
    };
}
pub(super) use on_every_server;

on_every_server!(keeps_every_promise_as_made:
    every_promise_is_kept_on_tables_that_we_make_on_sqlite on Sqlite,
    every_promise_is_kept_on_tables_that_we_make_on_postgresql on Postgres,
    every_promise_is_kept_on_tables_that_we_make_on_mariadb on MariaDb,
);

on_every_server!(keeps_every_promise_in_clear:
    every_promise_is_kept_with_tokens_in_clear_on_sqlite on Sqlite,
    every_promise_is_kept_with_tokens_in_clear_on_postgresql on Postgres,
    every_promise_is_kept_with_tokens_in_clear_on_mariadb on MariaDb,
);

on_every_server!(keeps_every_promise_as_found:
    every_promise_is_kept_on_tables_that_others_made_on_sqlite on Sqlite,
    every_promise_is_kept_on_tables_that_others_made_on_postgresql on Postgres,
    every_promise_is_kept_on_tables_that_others_made_on_mariadb on MariaDb,
);

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
