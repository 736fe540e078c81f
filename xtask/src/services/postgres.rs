//! PostgreSQL, with everything off that only protects data worth keeping.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Service, Site, StopSignal};
use crate::{programs, shell};

pub(super) const SERVICE: Service = Service {
    name: "PostgreSQL",
    variable: "HALLPASS_TEST_POSTGRES",
    initialise,
    command,
    ready: "database system is ready to accept connections",
    stop: StopSignal::Quit,
    url: |site| {
        format!(
            "postgres://hallpass:{}@127.0.0.1:{}/postgres",
            site.password, site.port
        )
    },
};

fn initialise(site: &Site) -> Result<()> {
    let password = site.write("password", &site.password)?;
    let mut command = site.command(&program("initdb")?);
    command.args([
        "--auth=scram-sha-256",
        "--username=hallpass",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    command
        .arg("--pwfile")
        .arg(password)
        .arg("--pgdata")
        .arg(site.data());
    shell::output(&mut command).map(drop)
}

fn command(site: &Site) -> Result<Command> {
    let mut command = site.command(&program("postgres")?);
    command
        .arg("-D")
        .arg(site.data())
        .arg("-p")
        .arg(site.port.to_string());
    let settings = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
    ];
    command.args(settings.iter().flat_map(|setting| ["-c", setting]));
    Ok(command)
}

fn program(name: &str) -> Result<PathBuf> {
    let folder = programs::postgres_folder().context("PostgreSQL is not installed")?;
    Ok(folder.join(name))
}
