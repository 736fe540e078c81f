//! What an update of one row costs with the triggers, and without.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hallpass_changes::{Changes, Leave, Tracking};
use hallpass_db::{Database, Options as DatabaseOptions};
use hallpass_sql::{Access, Bind, Dialect, Query, Value};
use hallpass_zmodel::{Source, load};

use crate::options::Options;
use crate::statistics::{median, micros};
use crate::stores::postgres;

/// Rows of the table.
const ROWS: i64 = 10_000;

const SCHEMA: &str = "model User {\n  id Int @id\n  name String?\n  email String?\n  image String?\n  @@map(\"users\")\n}";

/// What was measured of one database.
pub(super) struct Cost {
    name: &'static str,
    untracked: Duration,
    tracked: Duration,
}

impl fmt::Display for Cost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = self.tracked.as_secs_f64() / self.untracked.as_secs_f64();
        write!(
            formatter,
            "| {} | {} | {} | {ratio:.2} |",
            self.name,
            micros(self.untracked),
            micros(self.tracked)
        )
    }
}

impl Cost {
    /// The medians of rounds in turns.
    pub(super) fn of(name: &'static str, untracked: Vec<Duration>, tracked: Vec<Duration>) -> Self {
        Self {
            name,
            untracked: median(untracked.into_iter()).unwrap_or_default(),
            tracked: median(tracked.into_iter()).unwrap_or_default(),
        }
    }
}

pub(super) async fn measure(options: &Options, folder: &Path) -> Result<Vec<Cost>> {
    let mut costs = Vec::new();
    for (name, address) in places(options, folder, "writes").await? {
        costs.push(of(options, name, &address).await.context(name)?);
    }
    Ok(costs)
}

/// An empty database of each kind, for this use.
pub(super) async fn places(
    options: &Options,
    folder: &Path,
    subject: &str,
) -> Result<Vec<(&'static str, String)>> {
    let file = format!("sqlite:{}", folder.join(format!("{subject}.db")).display());
    let name = format!("hallpass_bench_{subject}");
    let postgres = postgres::create(&options.postgres, &name).await?;
    let mut places = vec![("SQLite", file), ("PostgreSQL", postgres)];
    if let Some(admin) = &options.mysql {
        places.push(("MariaDB", mariadb(admin, &name).await?));
    }
    Ok(places)
}

async fn of(options: &Options, name: &'static str, address: &str) -> Result<Cost> {
    let one = DatabaseOptions {
        max_connections: 1,
        ..DatabaseOptions::default()
    };
    let database = Database::connect(address, one).await?;
    fill(&database).await?;
    let changes = Changes::of(&database);
    let source = Source {
        name: "schema.zmodel",
        text: SCHEMA,
    };
    let schema = load(&[source]).map_err(|mistakes| anyhow::anyhow!("{mistakes}"))?;
    let tracking = changes.tracking(&schema, &[]).await?;
    let (mut untracked, mut tracked) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        untracked.push(updates(options, &database, round).await?.0);
        tracked.push(with_triggers(options, &database, &tracking, round).await?);
        eprintln!("round {round}, {name}: {untracked:.2?} without, {tracked:.2?} with triggers");
    }
    database.close().await;
    Ok(Cost::of(name, untracked, tracked))
}

/// The same updates while they are logged; each of them must be.
async fn with_triggers(
    options: &Options,
    database: &Database,
    tracking: &Tracking,
    round: usize,
) -> Result<Duration> {
    let changes = Changes::of(database);
    changes.install(tracking).await?;
    let (time, count) = updates(options, database, round).await?;
    let text = "SELECT count(*) FROM hallpass_change WHERE row_after IS NOT NULL";
    let logged = run(database, text, &[]).await?;
    ensure!(
        logged == [[Value::Int(count)]],
        "{count} updates, logged are {logged:?}"
    );
    changes.uninstall(Leave::Nothing).await?;
    Ok(time)
}

/// How long one took, and how many there were.
async fn updates(options: &Options, database: &Database, round: usize) -> Result<(Duration, i64)> {
    let text = match database.dialect() {
        Dialect::Postgres => "UPDATE users SET name = $1 WHERE id = $2",
        _ => "UPDATE users SET name = ? WHERE id = ?",
    };
    let begun = Instant::now();
    let mut count = 0_i64;
    while begun.elapsed() < options.duration() {
        // Of another name each time, or nothing would be logged.
        let name = format!("round {round}, {count}, {:?}", begun.elapsed());
        let values = [name.into(), Value::Int(count * 7_919 % ROWS)];
        run(database, text, &values).await?;
        count += 1;
    }
    let whole = begun.elapsed();
    Ok((whole / u32::try_from(count.max(1))?, count))
}

/// A database of its own: there are no triggers in that of the server.
async fn mariadb(admin: &str, name: &str) -> Result<String> {
    let database = Database::connect(admin, DatabaseOptions::default()).await?;
    run(
        &database,
        &format!("CREATE OR REPLACE DATABASE {name}"),
        &[],
    )
    .await?;
    database.close().await;
    let (server, _) = admin
        .rsplit_once('/')
        .context("the address of MariaDB names no database")?;
    Ok(format!("{server}/{name}"))
}

async fn fill(database: &Database) -> Result<()> {
    let key = "id integer PRIMARY KEY";
    for text in [
        "DROP TABLE IF EXISTS users".to_owned(),
        format!(
            "CREATE TABLE users ({key}, name varchar(99), email varchar(99), image varchar(99))"
        ),
    ] {
        run(database, &text, &[]).await?;
    }
    let ids: Vec<i64> = (0..ROWS).collect();
    for ids in ids.chunks(1_000) {
        let rows = ids.iter().map(|id| {
            format!(
                "({id}, 'Person {id}', 'person{id}@example.com', 'https://example.com/{id}.png')"
            )
        });
        let rows = rows.collect::<Vec<_>>().join(", ");
        let text = format!("INSERT INTO users (id, name, email, image) VALUES {rows}");
        run(database, &text, &[]).await?;
    }
    Ok(())
}

pub(super) async fn run(
    database: &Database,
    text: &str,
    values: &[Value],
) -> Result<Vec<Vec<Value>>> {
    let query = Query {
        text: text.to_owned(),
        binds: (0..values.len()).map(Bind::Parameter).collect(),
        access: Access::Write,
    };
    Ok(database.exec(&query, values).await?.rows)
}
