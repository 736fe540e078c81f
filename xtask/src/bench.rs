//! `cargo xtask bench`: measures the release binary beside two bare servers.

use std::process::Command;

use anyhow::Result;

use crate::{programs, services, shell};

/// Measure session reads: requests a second, latency, CPU, start and memory.
///
/// Builds release binaries, starts a throw-away PostgreSQL and measures `hallpass serve` in one run with two bare axum
/// servers: one that answers a constant and one that does only the SELECT. Every answer is checked. The table is
/// printed and written to `target/bench/session.md`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Passed to the harness: --seconds N, --rounds N, --connections 16,64, --places postgres, --users N, --tokens N
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
    shell::run(shell::cargo(["build", "--release"]).args(packages))?;
    let postgres = services::start(services::POSTGRES)?;
    let binaries = shell::target_dir().join("release");
    let mut command = Command::new(binaries.join("hallpass-bench"));
    command.arg("--server").arg(binaries.join("hallpass"));
    command
        .arg("--baseline")
        .arg(binaries.join("bench-baseline"));
    command
        .arg("--report")
        .arg(shell::root().join("target/bench/session.md"));
    command.env("BENCH_POSTGRES", postgres.url());
    command.env("BENCH_POSTGRES_PID", postgres.process_id().to_string());
    shell::run(command.args(&options.arguments).current_dir(shell::root()))
}
