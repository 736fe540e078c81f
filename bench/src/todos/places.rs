//! The databases, filled with the same people and todos.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use hallpass_data::{Client, ClientOptions, Dialect, Source};
use hallpass_db::Database;

use super::filling::{self, Filling};
use super::{EACH, now, random};
use crate::options::Options;
use crate::server::Place as Kind;
use crate::stores::postgres;

const SCHEMA: &str = "
model User {
  id    String @id
  name  String
  todos Todo[]

  @@allow('all', auth() == this)
  @@map(\"people\")
}

model Todo {
  id        String   @id @default(cuid())
  content   String
  completed Boolean  @default(false)
  createdAt DateTime @default(now())
  userId    String   @default(auth().id)
  user      User     @relation(fields: [userId], references: [id], onDelete: Cascade)

  @@allow('all', auth() == user)
  @@index([userId, createdAt])
  @@map(\"todos\")
}
";

/// A filled database.
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) todos: usize,
    pub(super) people: usize,
    /// With full access; each person gets a client of it.
    pub(super) client: Client,
    /// The same pool and driver, for statements written by hand.
    pub(super) database: Database,
}

impl Place {
    pub(super) async fn close(&self) {
        self.database.close().await;
    }
}

/// The databases that the options name, with so many todos.
pub(super) async fn prepare(options: &Options, folder: &Path, todos: usize) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    if options.measures(Kind::Sqlite) {
        let file = folder.join(format!("todos-{todos}.db"));
        let address = format!("sqlite:{}", file.display());
        places.push(filled("SQLite", &address, todos).await?);
    }
    if options.measures(Kind::Postgres) {
        let name = format!("hallpass_todos_{todos}");
        let address = postgres::create(&options.postgres, &name).await?;
        places.push(filled("PostgreSQL", &address, todos).await?);
    }
    Ok(places)
}

async fn filled(name: &'static str, address: &str, todos: usize) -> Result<Place> {
    let source = Source {
        name: "todos.zmodel",
        text: SCHEMA,
    };
    let schema = hallpass_zmodel::load(&[source]).map_err(|mistakes| anyhow!("{mistakes}"))?;
    let database = Database::connect(address, hallpass_db::Options::default()).await?;
    let options = ClientOptions::new(now, random);
    let client = Client::new(database.clone(), Arc::new(schema), options)?;
    client.create_missing_tables().await?;
    let people = todos / EACH;
    let script = script(database.dialect(), people).context("the database is another")?;
    database.script(&script).await?;
    // Statements that PostgreSQL takes together are one transaction, in which it does not VACUUM.
    for statement in tidying(database.dialect()) {
        database.script(statement).await?;
    }
    let client = client.fitted().await?;
    eprintln!("{name}: {todos} todos of {people} people");
    Ok(Place {
        name,
        todos,
        people,
        client,
        database,
    })
}

/// Fills the tables by the database itself. `None` for databases that are not measured.
fn script(dialect: Dialect, people: usize) -> Option<String> {
    let last = people.saturating_sub(1);
    let (persons, owner) = match dialect {
        Dialect::Postgres => (
            format!(
                "INSERT INTO people (id, name) SELECT 'p' || lpad(n::text, 7, '0'), 'Person ' || n FROM generate_series(0, {last}) n;"
            ),
            "'p' || lpad(n::text, 7, '0')",
        ),
        Dialect::Sqlite => (
            format!(
                "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
  INSERT INTO people (id, name) SELECT printf('p%07d', n), 'Person ' || n FROM numbers;"
            ),
            "printf('p%07d', n)",
        ),
        Dialect::MySql | Dialect::MariaDb => return None,
    };
    let table = "todos";
    let todos = filling::script(dialect, people, Filling { table, owner })?;
    Some(format!("{persons}\n{todos}"))
}

/// What brings the tables into the state in which a database that has run for a while holds them.
fn tidying(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Postgres => &["VACUUM ANALYZE people", "VACUUM ANALYZE todos"],
        Dialect::Sqlite => &["ANALYZE"],
        Dialect::MySql | Dialect::MariaDb => &[],
    }
}
