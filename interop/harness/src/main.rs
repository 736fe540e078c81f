//! Lets suites that were written for other engines drive this one.
//!
//! An HTTP server on the loopback loads a schema into a namespace of its own and runs calls of clients in it, as whom
//! the request says: `x-zen-auth` is believed. So it is a program of its own, and no part of what is shipped.
//!
//! `wire` reads and writes HTTP, `routes` finds who answers, `namespace` makes databases and clients, `sent` reads what
//! headers and bodies say, `transaction` keeps transactions open between requests.
//!
//! ```text
//! cargo run --release -p hallpass-harness -- --port 4000 --database-url postgres://postgres@localhost/postgres
//! ```
//!
//! Source: contract zenstack-harness.

mod database;
mod loading;
mod namespace;
mod options;
mod routes;
mod sent;
mod sql;
mod transaction;
mod wire;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use tokio::net::TcpListener;

use database::Servers;
use routes::Harness;

/// Loads schemas and runs calls for suites of other engines. Listens on the loopback only.
#[derive(Debug, Parser)]
#[command(name = "hallpass-harness")]
struct Options {
    /// Where to listen; 0 takes a free one, which is printed.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A server with the right to make databases: `postgres://…`, `mysql://…`. May be given once for each. SQLite is
    /// always there, in memory, also where `sqlite:…` is given.
    #[arg(long)]
    database_url: Vec<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let servers = Servers::connect(&options.database_url).await?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    #[expect(
        clippy::print_stdout,
        reason = "whoever started it reads where it listens"
    )]
    {
        println!("http://{address}");
    }
    wire::serve(listener, Arc::new(Harness::new(servers))).await
}
