//! The product, set up as a user would, with nothing of the developer's own environment.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::options::Options;

/// The session read of the contract.
pub(crate) const SESSION_PATH: &str = "/api/auth/session";
pub(crate) const SESSION_COOKIE: &str = "authjs.session-token";
pub(crate) const SECRET: &str = "a secret of thirty-two characters for the benchmark only";

/// Where sessions are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Place {
    /// In the cookie.
    Jwt,
    Sqlite,
    Postgres,
}

impl Place {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// `hallpass serve` on a database that has its tables.
pub(crate) fn serve(options: &Options, url: &str, port: u16, place: Place) -> Result<Command> {
    let mut command = hallpass(options, url)?;
    command.arg("serve").env("AUTH_SECRET", SECRET);
    command.env("AUTH_URL", format!("http://127.0.0.1:{port}"));
    command
        .env("HOST", "127.0.0.1")
        .env("PORT", port.to_string());
    // Mail has to be set up, and none is sent.
    command
        .env("EMAIL_SERVER", "smtp://127.0.0.1:25")
        .env("EMAIL_FROM", "hallpass@example.com");
    if place == Place::Jwt {
        command.env("AUTH_SESSION_STRATEGY", "jwt");
    }
    Ok(command)
}

/// `hallpass doctor`, for machines.
pub(crate) fn doctor(options: &Options, url: &str) -> Result<Command> {
    let mut command = hallpass(options, url)?;
    command.args(["doctor", "--json"]);
    Ok(command)
}

fn hallpass(options: &Options, url: &str) -> Result<Command> {
    let binary = options.server.as_deref();
    let binary =
        binary.context("the release binary `hallpass` is needed: name it with --server")?;
    let mut command = Command::new(binary);
    command.env_clear().env("DATABASE_URL", url);
    Ok(command)
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Where a server on this port writes its log.
pub(crate) fn log(folder: &Path, port: u16) -> std::path::PathBuf {
    folder.join(format!("{port}.log"))
}
