//! `cargo xtask policies`: random access rules, judged by the databases and by a slow, obvious evaluator.

use anyhow::Result;

use crate::{programs, services, shell};

/// Compare what databases answer under random access rules with an evaluator that reads the contract alone.
///
/// A case is one model read by one person under one set of rules. SQLite answers all of them, PostgreSQL and MariaDB a
/// fiftieth; of rows to be written an eighth is judged. A failure prints `HALLPASS_POLICY_SEED`: with `--seed` and the same
/// number it comes first. `cargo xtask test` runs 10,000.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many reads SQLite answers
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    cases: u64,

    /// Where to begin; other seeds are other rules
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,

    /// SQLite alone: no server is started
    #[arg(long)]
    only_sqlite: bool,

    /// Compile for speed first; worth it for a million cases
    #[arg(long)]
    release: bool,
}

/// The tests that it runs.
const TESTS: &str = "suite::policies::random";

/// `cargo xtask policies`.
pub(crate) fn run(options: &Options) -> Result<()> {
    let running = if options.only_sqlite {
        Vec::new()
    } else {
        programs::ensure_databases()?;
        services::start_all()?
    };
    // Not nextest, which ends tests that take long.
    let mut command = shell::cargo([
        "test",
        "--package",
        "hallpass-data",
        "--all-features",
        "--lib",
    ]);
    if options.release {
        command.arg("--release");
    }
    command.args([TESTS, "--", "--nocapture"]);
    command.env("HALLPASS_POLICY_CASES", options.cases.to_string());
    command.env("HALLPASS_POLICY_SEED", options.seed.to_string());
    if !running.is_empty() {
        services::announce(&mut command, &running);
    }
    shell::run(&mut command)
}
