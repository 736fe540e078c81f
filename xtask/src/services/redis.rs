//! Redis, which keeps nothing on disk.

use std::process::Command;

use anyhow::{Context, Result};

use super::{Service, Site, StopSignal};
use crate::programs;

pub(super) const SERVICE: Service = Service {
    name: "Redis",
    variable: "HALLPASS_TEST_REDIS",
    initialise: |_| Ok(()),
    command,
    ready: "Ready to accept connections",
    stop: StopSignal::Terminate,
    url: |site| format!("redis://:{}@127.0.0.1:{}/0", site.password, site.port),
};

fn command(site: &Site) -> Result<Command> {
    let settings = format!(
        "bind 127.0.0.1\nport {}\nrequirepass {}\nsave \"\"\nappendonly no\nmaxmemory 64mb\n",
        site.port, site.password
    );
    // In a file: the arguments of a process are for everybody to see.
    let file = site.write("redis.conf", &settings)?;
    let program = programs::redis_server().context("Redis is not installed")?;
    let mut command = site.command(&program);
    command.arg(file);
    Ok(command)
}
