//! One database under both: what one writes, the other reads, extends and deletes, on the tables of every adapter.
//!
//! To add a layout: its adapter in `interop/authjs/adapters.mjs`, a row in [`layout`], a test here.

mod layout;
mod scenes;

use hallpass_db::testing::{TestDatabase, databases, sqlite};

use self::layout::{Layout, layout};
use super::address::Address;
use super::authjs::Options;
use super::server::Server;

const ADDRESS: Address = Address("http://app.test/api/auth");
const SECRET: &str = "a-secret-that-both-know-0123456789abcdef";

/// Both servers on one database.
struct Pair {
    theirs: Server,
    ours: Server,
}

/// Auth.js on this database; it makes its tables where they are asked for.
fn authjs(layout: &Layout, database: &TestDatabase, strategy: &str) -> Options {
    Options::at(ADDRESS.0, SECRET)
        .with("adapter", layout.adapter)
        .with("database", layout.address(database))
        .with("strategy", strategy)
}

impl Pair {
    /// `named` is the setting `database.layout`; Hallpass recognises the tables without it.
    async fn on(layout: &Layout, named: &str, database: &TestDatabase, strategy: &str) -> Self {
        let variables = [
            ("AUTH_SECRET", SECRET),
            ("AUTH_SESSION_STRATEGY", strategy),
            ("HALLPASS_LAYOUT", named),
        ];
        Self {
            theirs: Server::AuthJs(authjs(layout, database, strategy).start()),
            ours: Server::hallpass(ADDRESS, &database.address, &variables).await,
        }
    }

    /// Who acts first, and who acts then: both ways round.
    fn both_ways(&self) -> [(&Server, &Server); 2] {
        [(&self.theirs, &self.ours), (&self.ours, &self.theirs)]
    }
}

/// Everything on the tables of this adapter.
async fn on(adapter: &str) {
    let layout = layout(adapter);
    let Some(database) = databases()
        .await
        .into_iter()
        .find(|database| database.name == layout.database)
    else {
        return;
    };
    drop(
        authjs(layout, &database, "database")
            .with("create", true)
            .start(),
    );

    let pair = Pair::on(layout, "", &database, "database").await;
    scenes::sessions_cross(&pair).await;
    scenes::links_cross(&pair).await;
    scenes::many_at_once(&pair).await;
    scenes::a_link_wins_once(&pair, layout).await;
    scenes::a_new_person_becomes_one_user(&pair, layout).await;
    scenes::sessions_are_extended(&pair, layout, &database).await;
    drop(pair);

    let pair = Pair::on(layout, layout.name, &database, "jwt").await;
    scenes::both_find_the_same_user(&pair).await;
}

#[tokio::test]
async fn pg_adapter() {
    on("pg").await;
}

/// Links are hashed with the whole list, so both must have the same one.
#[tokio::test]
async fn links_cross_with_a_list_of_secrets() {
    let layout = layout("drizzle-sqlite");
    let database = sqlite().await;
    let theirs = authjs(layout, &database, "database")
        .with(
            "secret",
            ["a-newer-secret-that-both-know-0123456789", SECRET].as_slice(),
        )
        .with("create", true)
        .start();
    let variables = [
        ("AUTH_SECRET_1", "a-newer-secret-that-both-know-0123456789"),
        ("AUTH_SECRET", SECRET),
    ];
    let pair = Pair {
        theirs: Server::AuthJs(theirs),
        ours: Server::hallpass(ADDRESS, &database.address, &variables).await,
    };
    scenes::links_cross(&pair).await;
}

#[tokio::test]
async fn drizzle_on_postgresql() {
    on("drizzle-postgresql").await;
}

#[tokio::test]
async fn drizzle_on_mysql() {
    on("drizzle-mysql").await;
}

#[tokio::test]
async fn drizzle_on_sqlite() {
    on("drizzle-sqlite").await;
}

#[tokio::test]
async fn prisma_on_postgresql() {
    on("prisma-postgresql").await;
}

#[tokio::test]
async fn prisma_on_mysql() {
    on("prisma-mysql").await;
}

#[tokio::test]
async fn prisma_on_sqlite() {
    on("prisma-sqlite").await;
}
