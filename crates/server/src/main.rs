//! The binary `hallpass`: reads the command line and runs the command.
//!
//! Invariant: no rule about people or data lives here; this crate reads settings, listens, and shows the mailbox of
//! `hallpass dev`. The system's clock, randomness and environment are asked here and nowhere else.
//!
//! To add a command: a variant in `cli.rs`, a file in `commands/`, an arm below.

mod app;
mod cli;
mod commands;
mod config;
mod data_directory;
mod failure;
mod http;
mod listen;
mod logging;
mod mail;
mod mailbox;
mod passwords;
mod server;
mod shutdown;
mod store;
mod terminal;
mod warnings;

use std::io;
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};
use config::Environment;
use failure::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = Cli::parse()
        .command
        .unwrap_or_else(|| Command::Dev(cli::Dev::default()));
    match run(&command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // With standard error gone, the exit code is all that is left to say.
            let _ = failure.tell(&mut io::stderr().lock());
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<(), Failure> {
    if let Command::Secret = command {
        return commands::secret::run().map_err(Failure::Output);
    }
    let environment = Environment::of_process();
    logging::start(&environment);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime
        .map_err(Failure::Runtime)?
        .block_on(until_stopped(command, &environment))
}

/// Runs a server. A request to stop while it is still starting ends it, too.
async fn until_stopped(command: &Command, environment: &Environment) -> Result<(), Failure> {
    let mut stop = shutdown::listen().map_err(Failure::Signals)?;
    let prepare = async {
        match command {
            Command::Dev(options) => commands::dev::prepare(options).await.map(Some),
            Command::Serve(options) => commands::serve::prepare(options, environment)
                .await
                .map(Some),
            Command::Secret => Ok(None),
        }
    };
    let server = tokio::select! {
        server = prepare => server?,
        () = stop.requested() => None,
    };
    if let Some(server) = server {
        server.run(stop).await;
    }
    Ok(())
}
