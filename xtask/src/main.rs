//! `cargo xtask`: everything that is more than one cargo command.
//!
//! A command is one file here and one variant of [`Command`]. What a command needs from the machine stands in tables:
//! programs in `programs`, throw-away servers in `services`, who may use whom in `layers/arrows.rs`.
//!
//! Never does this crate use a server that happens to run, nor leave one behind.

mod bench;
mod fuzz;
mod layers;
mod policies;
mod programs;
mod progress;
mod services;
mod shell;
mod test;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// The developer commands of Hallpass.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Test(test::Options),
    /// Check who uses whom, that the pure crates stay pure, where SQL stands, that no file names a registry, and that links lead somewhere
    CheckLayers,
    Fuzz(fuzz::Options),
    Bench(bench::Options),
    Policies(policies::Options),
    WithDatabases(services::Options),
}

fn main() -> ExitCode {
    let Some(command) = Cli::parse().command else {
        // A help that cannot be written has nobody to tell it to.
        let _ = Cli::command().print_long_help();
        return ExitCode::SUCCESS;
    };
    match dispatch(&command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &Command) -> anyhow::Result<()> {
    shell::watch_interrupts()?;
    match command {
        Command::Test(options) => test::run(options),
        Command::CheckLayers => layers::run(),
        Command::Fuzz(options) => fuzz::run(options),
        Command::Bench(options) => bench::run(options),
        Command::Policies(options) => policies::run(options),
        Command::WithDatabases(options) => services::run(options),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
