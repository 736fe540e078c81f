use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;

/// Why [`Database::connect`](crate::Database::connect) failed.
///
/// Says what was tried and never the password; [`help`](Self::help) says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address names no database we speak to.
    #[error("the database address begins with `{scheme}`, which names no database we speak to")]
    UnknownScheme {
        /// What stands before the colon, or nothing.
        scheme: String,
    },
    /// The driver is not part of this build.
    #[error("this build has no driver for `{scheme}` addresses")]
    NoDriver {
        /// What stands before the colon.
        scheme: String,
        /// The cargo feature that brings the driver.
        feature: &'static str,
    },
    /// The address cannot be read.
    #[error("the database address cannot be read: {reason}")]
    InvalidAddress {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The address has a parameter that we do not know.
    #[error("the database address has a parameter `{name}` that we do not know")]
    UnknownParameter {
        /// The name before the equals sign.
        name: String,
    },
    /// A parameter of the address has a value that we cannot use.
    #[error("the parameter `{name}` of the database address has a value that we cannot use")]
    InvalidParameter {
        /// The name before the equals sign.
        name: String,
    },
    /// A file of certificates cannot be used.
    #[error("no certificate can be read from `{}`", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
    },
    /// The folder of the database file does not exist.
    #[error("the folder `{}` of the database file does not exist", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The database file cannot be opened.
    #[error("the database file `{}` cannot be opened", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system said.
        #[source]
        source: Error,
    },
    /// The server did not answer, or refused us.
    #[error("cannot connect to {target}")]
    Server {
        /// Server, host, port and database.
        target: String,
        /// What the server or the network said.
        #[source]
        source: Error,
    },
    /// The server did not answer in time.
    #[error("{target} did not answer within {} ms", after.as_millis())]
    Timeout {
        /// Server, host, port and database.
        target: String,
        /// How long we waited.
        after: Duration,
    },
}

impl ConnectError {
    /// What the reader can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::UnknownScheme { .. } => {
                "begin the address with `postgres://`, `mysql://`, `mariadb://`, `sqlite:` or `file:`"
            }
            Self::NoDriver { .. } => "build with the cargo feature of this database",
            Self::InvalidAddress { .. } => {
                "write it as `postgres://user:password@host:5432/database`, `mysql://user:password@host:3306/database` \
                 or `file:./data.db`; percent-encode signs such as `@`, `/` and `#` in the password"
            }
            Self::UnknownParameter { .. } => "remove it, or correct its spelling",
            Self::InvalidParameter { .. } => "correct the value, or remove the parameter",
            Self::Certificates { .. } => {
                "name a file of PEM certificates that this process may read"
            }
            Self::NoFolder { .. } => "create the folder, or correct the path",
            Self::File { .. } => {
                "check that the file is an SQLite database and that this process may read and write it"
            }
            Self::Server { .. } => {
                "check that the server runs, that host, port, database, user and password are right, and that it admits us; \
                 if only its certificate is unknown, name the file of its authority in `sslrootcert` (`ssl-ca` for MySQL)"
            }
            Self::Timeout { .. } => {
                "check that the server runs and that no firewall stands between"
            }
        }
    }
}
