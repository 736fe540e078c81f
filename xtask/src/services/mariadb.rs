//! MariaDB, with everything off that only protects data worth keeping.

use std::process::Command;

use anyhow::{Context, Result};

use super::{Service, Site, StopSignal};
use crate::{programs, shell};

pub(super) const SERVICE: Service = Service {
    name: "MariaDB",
    variable: "HALLPASS_TEST_MYSQL",
    initialise,
    command,
    ready: "ready for connections",
    stop: StopSignal::Terminate,
    url: |site| {
        format!(
            "mysql://hallpass:{}@127.0.0.1:{}/mysql",
            site.password, site.port
        )
    },
};

fn initialise(site: &Site) -> Result<()> {
    let program = programs::mariadb_install_db().context("MariaDB is not installed")?;
    let mut command = site.command(&program);
    // No account without a password: root comes in by its socket only.
    command.args([
        "--no-defaults",
        "--auth-root-authentication-method=socket",
        "--skip-test-db",
    ]);
    command.arg(option("datadir", site.data()));
    shell::output(&mut command).map(drop)
}

fn command(site: &Site) -> Result<Command> {
    let accounts = site.write("accounts.sql", &accounts(&site.password))?;
    let mut command = site.command(&programs::mariadbd().context("MariaDB is not installed")?);
    command.args([
        "--no-defaults",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
    ]);
    command.args([
        "--max-connections=200",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
    ]);
    command.arg(format!("--port={}", site.port));
    command.arg(option("datadir", site.data()));
    command.arg(option("socket", site.path("socket")));
    command.arg(option("pid-file", site.path("pid")));
    command.arg(option("init-file", accounts));
    Ok(command)
}

fn option(name: &str, path: std::path::PathBuf) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from(format!("--{name}="));
    option.push(path);
    option
}

fn accounts(password: &str) -> String {
    format!(
        "CREATE USER hallpass@'127.0.0.1' IDENTIFIED BY '{password}';\n\
         GRANT ALL PRIVILEGES ON *.* TO hallpass@'127.0.0.1' WITH GRANT OPTION;\n"
    )
}
