//! `cargo xtask bench`: measures the release binary beside what does the least that could be done.

use std::process::Command;

use anyhow::Result;

use crate::{programs, services, shell};

/// Measure session reads, sign-ins by password, data over HTTP, live queries, the doctor, schemas, data under access rules, and the change log.
///
/// Builds release binaries, starts a throw-away PostgreSQL and a MariaDB and measures in one run. Every answer is checked. Tables are
/// printed, and written to the folder `target/bench`.
///
/// Session reads (`session.md`): requests a second, latency, CPU, start and memory of `hallpass serve`, beside two bare
/// axum servers: one that answers a constant and one that does only the SELECT. Sign-ins (`sign-in.md`): how many a
/// second beside the hash alone, and how long session reads take meanwhile. The doctor (`doctor.md`): how long it looks
/// at a million users. Todos (`todos.md`): reads and writes under an access rule, beside statements written by hand.
/// Data over HTTP (`data.md`): the same through `hallpass serve` with a session, beside a handler of axum written by hand.
/// Live queries (`live.md`): from a change to the last of a thousand who follow one query. The change log (`changes.md`): what it costs a write on each database, and how far behind another database is.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Passed to the harness: --subjects reads,sign-ins,doctor,schema,todos,data,live,changes, --places postgres, --seconds N, --rounds N; `-- --help` says more
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENTS"
    )]
    arguments: Vec<String>,
}

/// `cargo xtask bench`.
pub(crate) fn run(options: &Options) -> Result<()> {
    programs::ensure_databases()?;
    let packages = [
        "--package",
        "hallpass-server",
        "--package",
        "hallpass-bench",
    ];
    let mut build = shell::cargo(["build", "--release"]);
    // As it is shipped: what is compiled in steps runs slower.
    shell::run(build.args(packages).env("CARGO_INCREMENTAL", "0"))?;
    let postgres = services::start(services::POSTGRES)?;
    let mariadb = services::start(services::MARIADB)?;
    let binaries = shell::target_dir().join("release");
    let mut command = Command::new(binaries.join("hallpass-bench"));
    command.arg("--server").arg(binaries.join("hallpass"));
    command
        .arg("--baseline")
        .arg(binaries.join("bench-baseline"));
    command
        .arg("--reports")
        .arg(shell::root().join("target/bench"));
    command.env("BENCH_POSTGRES", postgres.url());
    command.env("BENCH_MYSQL", mariadb.url());
    command.env("BENCH_POSTGRES_PID", postgres.process_id().to_string());
    shell::run(command.args(&options.arguments).current_dir(shell::root()))
}
