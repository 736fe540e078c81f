//! `postgres://user:password@host:port/database?parameters`, as people have it from libpq, Neon, node-postgres
//! and Prisma.

use std::path::PathBuf;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use url::form_urlencoded::Serializer;

use crate::connect_error::ConnectError;
use crate::url::{Address, unknown_parameter};

/// Everything that an address says.
pub(super) struct Settings {
    pub(super) config: Config,
    pub(super) trust: Trust,
    /// Statements for a fresh connection.
    pub(super) at_start: String,
    /// Server, host, port, database: for errors.
    pub(super) target: String,
    pub(super) max_connections: usize,
}

/// Which certificates of the server are good enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// Any: `sslmode=prefer`, where a network attacker could refuse encryption in the first place.
    Any,
    /// The web's roots.
    WebRoots,
    /// The roots in a PEM file.
    File(PathBuf),
}

/// Handed to the driver as they are.
const PASSED_ON: &[&str] = &[
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "load_balance_hosts",
    "options",
    "password",
    "port",
    "sslnegotiation",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// Known from Prisma and node-postgres, and without meaning here.
const IGNORED: &[&str] = &[
    "pgbouncer",
    "pool_timeout",
    "socket_timeout",
    "statement_cache_size",
    "uselibpqcompat",
];

pub(super) fn parse(address: &str) -> Result<Settings, ConnectError> {
    let address = Address::parse(address)?;
    let mut extras = Extras::default();
    let mut passed_on = Serializer::new(String::new());
    for (name, value) in &address.parameters {
        if PASSED_ON.contains(&name.as_ref()) {
            passed_on.append_pair(name, value);
        } else {
            extras.take(name, value)?;
        }
    }
    extras.settle_mode()?;
    let passed_on = passed_on.finish();
    let mut config = parse_config(address.base, &passed_on)?;
    config.ssl_mode(extras.ssl_mode());
    if config.get_application_name().is_none() {
        config.application_name("hallpass");
    }
    if !passed_on.contains("keepalives_idle=") {
        // Routers forget idle connections after a few minutes; the default of two hours notices too late.
        config.keepalives_idle(std::time::Duration::from_mins(1));
    }
    Ok(Settings {
        target: target(&config),
        config,
        trust: extras.trust(),
        at_start: extras.at_start(),
        max_connections: extras.max_connections.unwrap_or(usize::MAX),
    })
}

/// SECURITY: the driver's own words are not repeated, since it may take a part of the password for something else.
fn parse_config(base: &str, passed_on: &str) -> Result<Config, ConnectError> {
    // The driver percent-decodes, and takes `+` for itself.
    let passed_on = passed_on.replace('+', "%20");
    let config: Config = format!("{base}?{passed_on}").parse().map_err(|_| ConnectError::InvalidAddress {
        reason: "it is not `postgres://user:password@host:port/database`, or a parameter has a value that does not fit",
    })?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(ConnectError::InvalidAddress {
            reason: "it names no host",
        });
    }
    Ok(config)
}

/// What the driver does not know.
#[derive(Default)]
struct Extras {
    mode: Option<Mode>,
    root_file: Option<PathBuf>,
    /// `sslrootcert` was given.
    names_roots: bool,
    schema: Option<String>,
    max_connections: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Disable,
    Prefer,
    Verify,
}

impl Extras {
    fn take(&mut self, name: &str, value: &str) -> Result<(), ConnectError> {
        let invalid = || ConnectError::InvalidParameter {
            name: name.to_owned(),
        };
        match name {
            "sslmode" => self.mode = Some(mode(value).ok_or_else(invalid)?),
            "sslrootcert" => {
                self.names_roots = true;
                self.root_file = (value != "system").then(|| PathBuf::from(value));
            }
            "schema" => self.schema = Some(value.to_owned()),
            "connection_limit" => {
                self.max_connections = Some(value.parse().map_err(|_| invalid())?)
            }
            name if IGNORED.contains(&name) => {}
            name => return Err(unknown_parameter(name)),
        }
        Ok(())
    }

    /// SECURITY: whoever names roots wants the certificate checked; a mode that would not is a contradiction.
    fn settle_mode(&mut self) -> Result<(), ConnectError> {
        if !self.names_roots {
            return Ok(());
        }
        match self.mode {
            None | Some(Mode::Verify) => {
                self.mode = Some(Mode::Verify);
                Ok(())
            }
            Some(Mode::Disable | Mode::Prefer) => Err(ConnectError::InvalidParameter {
                name: "sslrootcert".to_owned(),
            }),
        }
    }

    fn ssl_mode(&self) -> SslMode {
        match self.mode {
            Some(Mode::Disable) => SslMode::Disable,
            Some(Mode::Verify) => SslMode::Require,
            Some(Mode::Prefer) | None => SslMode::Prefer,
        }
    }

    fn trust(&self) -> Trust {
        match (self.mode, &self.root_file) {
            (Some(Mode::Verify), Some(file)) => Trust::File(file.clone()),
            (Some(Mode::Verify), None) => Trust::WebRoots,
            _ => Trust::Any,
        }
    }

    /// UTC, since a default of `now()` in a column without zone is written in the session's zone. No compiling of statements:
    /// trees of a few rows look costly enough to PostgreSQL, and compiling them takes a hundred times as long as reading.
    fn at_start(&self) -> String {
        // A setting that a server does not know is left alone: those before PostgreSQL 11, and other makes.
        let settings = "SET TIME ZONE 'UTC'; SELECT set_config('jit', 'off', false) WHERE current_setting('jit', true) = 'on'";
        match &self.schema {
            Some(schema) => format!(
                "{settings}; SET search_path TO \"{}\"",
                schema.replace('"', "\"\"")
            ),
            None => settings.to_owned(),
        }
    }
}

/// `require` checks the certificate, as node-postgres does and libpq does not: encryption to whoever
/// answers protects nothing.
fn mode(value: &str) -> Option<Mode> {
    match value {
        "disable" => Some(Mode::Disable),
        "allow" | "prefer" => Some(Mode::Prefer),
        "require" | "verify-ca" | "verify-full" => Some(Mode::Verify),
        _ => None,
    }
}

fn target(config: &Config) -> String {
    let ports = config.get_ports();
    let port = |position: usize| {
        ports
            .get(position)
            .or(ports.first())
            .copied()
            .unwrap_or(5432)
    };
    let mut places: Vec<String> = Vec::new();
    for (position, host) in config.get_hosts().iter().enumerate() {
        places.push(match host {
            Host::Tcp(host) => format!("{host}:{}", port(position)),
            #[cfg(unix)]
            Host::Unix(folder) => format!(
                "the socket in `{}` (port {})",
                folder.display(),
                port(position)
            ),
        });
    }
    if places.is_empty() {
        let addresses = config.get_hostaddrs().iter().enumerate();
        places.extend(addresses.map(|(position, address)| format!("{address}:{}", port(position))));
    }
    let database = config
        .get_dbname()
        .or(config.get_user())
        .unwrap_or_default();
    format!("PostgreSQL at {}, database `{database}`", places.join(", "))
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::ChannelBinding;

    use super::*;

    #[test]
    fn a_neon_address_is_read() {
        let settings =
            parse("postgresql://u:p%40ss@ep-x-pooler.aws.neon.tech/neondb?sslmode=require&channel_binding=require").unwrap();
        assert_eq!(settings.config.get_password(), Some(b"p@ss".as_slice()));
        assert_eq!(settings.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(
            settings.config.get_channel_binding(),
            ChannelBinding::Require
        );
        assert_eq!(settings.trust, Trust::WebRoots);
        assert_eq!(
            settings.target,
            "PostgreSQL at ep-x-pooler.aws.neon.tech:5432, database `neondb`"
        );
    }

    #[test]
    fn ssl_modes_say_which_certificates_are_trusted() {
        let ca = || Trust::File(PathBuf::from("/ca.pem"));
        let cases = [
            ("", SslMode::Prefer, Trust::Any),
            ("?sslmode=disable", SslMode::Disable, Trust::Any),
            ("?sslmode=prefer", SslMode::Prefer, Trust::Any),
            ("?sslmode=require", SslMode::Require, Trust::WebRoots),
            ("?sslmode=verify-full", SslMode::Require, Trust::WebRoots),
            (
                "?sslmode=verify-full&sslrootcert=system",
                SslMode::Require,
                Trust::WebRoots,
            ),
            (
                "?sslmode=verify-ca&sslrootcert=/ca.pem",
                SslMode::Require,
                ca(),
            ),
            ("?sslrootcert=/ca.pem", SslMode::Require, ca()),
            ("?sslrootcert=system", SslMode::Require, Trust::WebRoots),
        ];
        for (parameters, mode, trust) in cases {
            let settings = parse(&format!("postgres://u@h/d{parameters}")).unwrap();
            assert_eq!(settings.config.get_ssl_mode(), mode, "{parameters}");
            assert_eq!(settings.trust, trust, "{parameters}");
        }
    }

    #[test]
    fn sockets_are_named_by_the_host_parameter() {
        let settings = parse("postgres:///d?host=/var/run/postgresql&user=u&port=5433").unwrap();
        assert_eq!(
            settings.target,
            "PostgreSQL at the socket in `/var/run/postgresql` (port 5433), database `d`"
        );
    }

    #[test]
    fn prisma_parameters_are_understood() {
        let settings =
            parse("postgres://u@h/d?schema=my%22app&connection_limit=3&pgbouncer=true").unwrap();
        assert!(
            settings
                .at_start
                .ends_with("; SET search_path TO \"my\"\"app\"")
        );
        assert_eq!(settings.max_connections, 3);
    }

    #[test]
    fn options_keep_their_spaces() {
        let settings = parse("postgres://u@h/d?options=-c%20work_mem%3D1MB%20-c%20a%3Db").unwrap();
        assert_eq!(
            settings.config.get_options(),
            Some("-c work_mem=1MB -c a=b")
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_repeating_it() {
        let cases = [
            "postgres://u:hunter2@h:port/d",
            "postgres://u:hunter2@h/d?sslmode=hunter2",
            "postgres://u:hunter2@h/d?connection_limit=hunter2",
            "postgres://u:hunter2@h/d?channel_binding=hunter2",
            "postgres://u:hunter2@h/d?ssl=1",
            "postgres://u:hunter2@h/d?sslmode=prefer&sslrootcert=/ca.pem",
            "postgres://u:hunter2@h/d?sslrootcert=system&sslmode=disable",
            "postgres:hunter2",
            "postgres://",
        ];
        for address in cases {
            let error = parse(address)
                .err()
                .unwrap_or_else(|| panic!("{address} was taken"));
            let shown = format!("{error} {error:?} {}", error.help());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
