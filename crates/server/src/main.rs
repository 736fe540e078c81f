//! The binary `hallpass`: reads the command line and runs the command.
//!
//! Invariant: no rule about people or data lives here; this crate reads settings, listens, and shows the mailbox of
//! `hallpass dev`. The system's clock, randomness and environment are asked here and nowhere else.
//!
//! To add a command: a variant in `cli.rs`, a file in `commands/`, an arm below.

mod api;
mod app;
mod attribution;
mod audit;
mod background;
mod cleanup;
mod cli;
mod commands;
mod config;
mod console;
mod data;
mod data_directory;
mod doctor;
mod explained;
mod failure;
mod fields;
mod http;
mod listen;
mod live;
mod logging;
mod mail;
mod mailbox;
mod metrics;
mod passwords;
mod progress;
mod revocations;
mod schema;
mod server;
mod shutdown;
mod store;
mod terminal;
mod unproven;
mod warnings;
mod webhooks;

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
        Ok(code) => code,
        Err(failure) => {
            // With standard error gone, the exit code is all that is left to say.
            let _ = failure.tell(&mut io::stderr().lock());
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Secret => {
            commands::secret::run().map_err(Failure::Output)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Zmodel(cli::Zmodel::Import(_)) => {}
        Command::Zmodel(command) => return commands::zmodel::run(command),
        Command::Dev(_)
        | Command::Serve(_)
        | Command::Doctor(_)
        | Command::Db(_)
        | Command::Changes(_)
        | Command::Sync(_)
        | Command::Webhooks(_)
        | Command::Audit(_)
        | Command::Policy(_) => {}
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

/// What is left to do when a command is prepared.
enum Work {
    Serve(Box<server::Server>),
    Done(ExitCode),
}

/// Runs a server. A request to stop while it is still starting ends it, too.
async fn until_stopped(command: &Command, environment: &Environment) -> Result<ExitCode, Failure> {
    let mut stop = shutdown::listen().map_err(Failure::Signals)?;
    let prepare = async {
        match command {
            Command::Dev(options) => commands::dev::prepare(options, environment)
                .await
                .map(|server| Work::Serve(Box::new(server))),
            Command::Serve(options) => commands::serve::prepare(options, environment)
                .await
                .map(|server| Work::Serve(Box::new(server))),
            Command::Doctor(options) => {
                let code = commands::doctor::run(options, environment).await?;
                Ok(Work::Done(code))
            }
            Command::Db(options) => {
                let code = commands::db::run(options, environment).await?;
                Ok(Work::Done(code))
            }
            Command::Changes(options) => {
                let code = commands::changes::run(&options.command, environment).await?;
                Ok(Work::Done(code))
            }
            Command::Webhooks(options) => {
                let code = commands::webhooks::run(&options.command, environment).await?;
                Ok(Work::Done(code))
            }
            Command::Audit(options) => {
                let code = commands::audit::run(&options.command, environment).await?;
                Ok(Work::Done(code))
            }
            Command::Sync(options) => {
                let code = commands::sync::run(&options.command, environment).await?;
                Ok(Work::Done(code))
            }
            Command::Policy(command) => {
                let code = commands::policy::run(command, environment).await?;
                Ok(Work::Done(code))
            }
            Command::Zmodel(cli::Zmodel::Import(options)) => {
                let code = commands::db::pull(options, environment).await?;
                Ok(Work::Done(code))
            }
            Command::Secret | Command::Zmodel(_) => Ok(Work::Done(ExitCode::SUCCESS)),
        }
    };
    let work = tokio::select! {
        work = prepare => work?,
        () = stop.requested() => Work::Done(ExitCode::SUCCESS),
    };
    match work {
        Work::Serve(server) => {
            server.run(stop).await;
            Ok(ExitCode::SUCCESS)
        }
        Work::Done(code) => Ok(code),
    }
}
