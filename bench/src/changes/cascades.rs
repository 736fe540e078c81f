//! What it costs to remove a row that takes others along by a foreign key, with the triggers and without.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hallpass_changes::{Changes, Leave, Tracking};
use hallpass_db::{Database, Options as DatabaseOptions};
use hallpass_sql::Value;
use hallpass_zmodel::{Source, load};

use super::writes::{Cost, places, run};
use crate::options::Options;

/// Rows that are removed in a round, and those that go with each.
const TENANTS: i64 = 500;
const USERS: i64 = 10;

const SCHEMA: &str =
    "model User {\n  id Int @id\n  name String?\n  email String?\n  @@map(\"users\")\n}";

pub(super) async fn measure(options: &Options, folder: &Path) -> Result<Vec<Cost>> {
    let mut costs = Vec::new();
    for (name, address) in places(options, folder, "cascades").await? {
        costs.push(of(options, name, &address).await.context(name)?);
    }
    Ok(costs)
}

async fn of(options: &Options, name: &'static str, address: &str) -> Result<Cost> {
    let one = DatabaseOptions {
        max_connections: 1,
        ..DatabaseOptions::default()
    };
    let database = Database::connect(address, one).await?;
    for text in [
        "CREATE TABLE tenants (id integer PRIMARY KEY)",
        "CREATE TABLE users (id integer PRIMARY KEY, name varchar(99), email varchar(99), tenant_id integer, \
         FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE)",
        "CREATE INDEX users_tenant ON users (tenant_id)",
    ] {
        run(&database, text, &[]).await?;
    }
    let changes = Changes::of(&database);
    let source = Source {
        name: "schema.zmodel",
        text: SCHEMA,
    };
    let schema = load(&[source]).map_err(|mistakes| anyhow::anyhow!("{mistakes}"))?;
    let tracking = changes.tracking(&schema, &[]).await?;
    let (mut untracked, mut tracked) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        fill(&database).await?;
        untracked.push(deletes(&database).await?);
        fill(&database).await?;
        tracked.push(with_triggers(&database, &tracking).await?);
        eprintln!("round {round}, {name}: {untracked:.2?} without, {tracked:.2?} with triggers");
    }
    database.close().await;
    Ok(Cost::of(name, untracked, tracked))
}

/// The same while it is logged; each row that goes must be.
async fn with_triggers(database: &Database, tracking: &Tracking) -> Result<Duration> {
    let changes = Changes::of(database);
    changes.install(tracking).await?;
    let time = deletes(database).await?;
    let text = "SELECT count(*) FROM hallpass_change WHERE operation = 'delete'";
    let logged = run(database, text, &[]).await?;
    ensure!(
        logged == [[Value::Int(TENANTS * USERS)]],
        "logged are {logged:?}"
    );
    changes.uninstall(Leave::Nothing).await?;
    Ok(time)
}

/// How long one took.
async fn deletes(database: &Database) -> Result<Duration> {
    let begun = Instant::now();
    for tenant in 0..TENANTS {
        let text = format!("DELETE FROM tenants WHERE id = {tenant}");
        run(database, &text, &[]).await?;
    }
    let whole = begun.elapsed();
    let left = run(database, "SELECT count(*) FROM users", &[]).await?;
    ensure!(left == [[Value::Int(0)]], "left are {left:?}");
    Ok(whole / u32::try_from(TENANTS)?)
}

async fn fill(database: &Database) -> Result<()> {
    let tenants: Vec<String> = (0..TENANTS).map(|id| format!("({id})")).collect();
    let text = format!("INSERT INTO tenants (id) VALUES {}", tenants.join(", "));
    run(database, &text, &[]).await?;
    let ids: Vec<i64> = (0..TENANTS * USERS).collect();
    for ids in ids.chunks(1_000) {
        let rows = ids.iter().map(|id| {
            format!(
                "({id}, 'Person {id}', 'person{id}@example.com', {})",
                id / USERS
            )
        });
        let rows = rows.collect::<Vec<_>>().join(", ");
        let text = format!("INSERT INTO users (id, name, email, tenant_id) VALUES {rows}");
        run(database, &text, &[]).await?;
    }
    Ok(())
}
