//! The programs that tests need, and where they come from.
//!
//! Invariant: what is installed is only ever used by hand-started, throw-away servers. To need another program, add its
//! row to [`PROGRAMS`].

mod apt;
pub(crate) mod npm;
pub(crate) mod python;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell;

/// A program that tests need.
#[derive(Debug)]
struct Program {
    /// The names it goes by; one of them is enough.
    names: &'static [&'static str],
    /// The Debian package that brings it.
    package: &'static str,
    find: fn() -> Option<PathBuf>,
}

const PROGRAMS: &[Program] = &[
    Program {
        names: &["postgres", "initdb"],
        package: "postgresql",
        find: postgres_folder,
    },
    Program {
        names: &["mariadbd"],
        package: "mariadb-server-core",
        find: mariadbd,
    },
    Program {
        names: &["mariadb-install-db"],
        package: "mariadb-server-core",
        find: mariadb_install_db,
    },
    // `mariadb-install-db` calls it, and its package does not bring it.
    Program {
        names: &["my_print_defaults"],
        package: "mariadb-client-core",
        find: || shell::find_program("my_print_defaults", SYSTEM_FOLDERS),
    },
    Program {
        names: &["redis-server"],
        package: "redis-server",
        find: redis_server,
    },
    Program {
        names: &["chromium"],
        package: "chromium",
        find: chromium,
    },
    Program {
        names: &["chromedriver"],
        package: "chromium-driver",
        find: chromedriver,
    },
    Program {
        names: &["python3 with its module venv"],
        package: "python3-venv",
        find: python::find,
    },
];

/// What only the tests with real JavaScript packages need.
const NODE: &[Program] = &[
    Program {
        names: &["node"],
        package: "nodejs",
        find: || shell::find_program("node", &[]),
    },
    Program {
        names: &["npm"],
        package: "npm",
        find: || shell::find_program("npm", &[]),
    },
];

const SYSTEM_FOLDERS: &[&str] = &["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"];

/// Makes sure of everything the whole test suite needs, and installs what is missing.
pub(crate) fn ensure() -> Result<()> {
    ensure_nextest()?;
    let interop = npm::packages()?;
    let node = if interop.is_empty() { &[] } else { NODE };
    install_missing(PROGRAMS.iter().chain(node))?;
    npm::install(&interop)?;
    python::install()
}

/// Makes sure of the database servers alone.
pub(crate) fn ensure_databases() -> Result<()> {
    let servers = PROGRAMS.iter().filter(|program| {
        !["chromium", "chromium-driver", "python3-venv"].contains(&program.package)
    });
    install_missing(servers)
}

/// Makes sure of the test runner.
pub(crate) fn ensure_nextest() -> Result<()> {
    if shell::succeeds(&mut shell::cargo(["nextest", "--version"])) {
        return Ok(());
    }
    eprintln!("    cargo-nextest is missing: building it once, which takes some minutes");
    shell::run(&mut shell::cargo(["install", "cargo-nextest", "--locked"])).context(
        "cargo-nextest runs the tests; install it with `cargo install cargo-nextest --locked`",
    )
}

fn install_missing<'a>(programs: impl Iterator<Item = &'a Program>) -> Result<()> {
    let missing: Vec<_> = programs
        .filter(|program| (program.find)().is_none())
        .collect();
    for program in &missing {
        eprintln!(
            "    missing: {} (Debian package {})",
            program.names.join(", "),
            program.package
        );
    }
    let mut packages: Vec<_> = missing.iter().map(|program| program.package).collect();
    packages.dedup();
    if packages.is_empty() {
        return Ok(());
    }
    apt::install(&packages)?;
    let still = missing.iter().find(|program| (program.find)().is_none());
    still.map_or(Ok(()), |program| {
        anyhow::bail!(
            "{} is installed, but {} is not on the path; add its folder to PATH",
            program.package,
            program.names.join(" and ")
        )
    })
}

/// The Redis server.
pub(crate) fn redis_server() -> Option<PathBuf> {
    shell::find_program("redis-server", SYSTEM_FOLDERS)
}

/// The folder that has both `initdb` and `postgres`, the newest first: Debian keeps them off the path.
pub(crate) fn postgres_folder() -> Option<PathBuf> {
    let on_path = shell::find_program("initdb", &[]).and_then(|file| file.canonicalize().ok());
    let on_path = on_path.and_then(|file| file.parent().map(Path::to_path_buf));
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<_> = versions.map(|entry| entry.path()).collect();
    versions.sort_by_key(|folder| major_version(folder));
    let packaged = versions.into_iter().rev().map(|folder| folder.join("bin"));
    on_path
        .into_iter()
        .chain(packaged)
        .find(|folder| is_postgres_folder(folder))
}

fn is_postgres_folder(folder: &Path) -> bool {
    ["initdb", "postgres"]
        .iter()
        .all(|name| folder.join(name).is_file())
}

fn major_version(folder: &Path) -> u32 {
    let name = folder.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.parse().ok()).unwrap_or(0)
}

pub(crate) fn mariadbd() -> Option<PathBuf> {
    shell::find_program("mariadbd", SYSTEM_FOLDERS)
}

pub(crate) fn mariadb_install_db() -> Option<PathBuf> {
    shell::find_program("mariadb-install-db", SYSTEM_FOLDERS)
}

pub(crate) fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .find_map(|name| shell::find_program(name, &[]))
}

pub(crate) fn chromedriver() -> Option<PathBuf> {
    shell::find_program("chromedriver", &["/usr/lib/chromium"])
}

/// A command run by the superuser: as it is for root, through sudo where that asks nothing; `None` where neither is.
fn privileged(program: &str) -> Option<Command> {
    if rustix::process::geteuid().is_root() {
        return Some(Command::new(program));
    }
    if !shell::succeeds(Command::new("sudo").args(["-n", "true"])) {
        return None;
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_sort_as_numbers() {
        assert!(
            major_version(Path::new("/usr/lib/postgresql/9"))
                < major_version(Path::new("/usr/lib/postgresql/15"))
        );
        assert_eq!(major_version(Path::new("/usr/lib/postgresql/old")), 0);
    }
}
