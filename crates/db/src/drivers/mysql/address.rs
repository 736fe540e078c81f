//! `mysql://user:password@host:port/database?parameters`, as people have it from the MySQL tools, Prisma and
//! hosts of MySQL.

use std::path::PathBuf;
use std::time::Duration;

use mysql_async::{Opts, OptsBuilder, SslOpts};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::connect_error::ConnectError;
use crate::url::{Address, unknown_parameter};

/// Everything that an address says.
pub(super) struct Settings {
    pub(super) options: Opts,
    /// Server, host, port, database: for errors.
    pub(super) target: String,
    pub(super) max_connections: usize,
}

/// Statements for a fresh connection. UTC, since `now()` is written in the session's zone; strict, since a lax
/// server cuts values; READ COMMITTED, as PostgreSQL has it.
const AT_START: &[&str] = &[
    "SET SESSION time_zone = '+00:00', SESSION sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,\
     NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
];

/// Known from Prisma and the MySQL tools, and without meaning here.
const IGNORED: &[&str] = &[
    "charset",
    "connect_timeout",
    "pool_timeout",
    "socket_timeout",
    "statement_cache_size",
    "timezone",
];

const KEEPALIVE: Duration = Duration::from_mins(1);

pub(super) fn parse(address: &str, statement_cache: usize) -> Result<Settings, ConnectError> {
    let address = Address::parse(address)?;
    let mut extras = Extras::default();
    for (name, value) in &address.parameters {
        extras.take(name, value)?;
    }
    // SECURITY: the words of the parser are not repeated, since they may repeat the address.
    let unreadable = ConnectError::InvalidAddress {
        reason: "it is not `mysql://user:password@host:port/database`",
    };
    let Ok(url) = Url::parse(address.base) else {
        return Err(unreadable);
    };
    let host = url
        .host_str()
        .map(|host| host.trim_matches(['[', ']']))
        .unwrap_or_default();
    if url.cannot_be_a_base() || (host.is_empty() && extras.socket.is_none()) {
        return Err(unreadable);
    }
    let port = url.port().unwrap_or(3306);
    let database = decoded(url.path().trim_start_matches('/'))?;
    let options = OptsBuilder::default()
        .ip_or_hostname(decoded(host)?)
        .tcp_port(port)
        .user(Some(decoded(url.username())?))
        .pass(url.password().map(decoded).transpose()?)
        .db_name(Some(database.as_str()).filter(|name| !name.is_empty()))
        .socket(extras.socket.as_deref())
        // The address says where to connect; the driver would else move to a socket it hears of.
        .prefer_socket(false)
        .ssl_opts(extras.ssl_options())
        .tcp_keepalive(Some(KEEPALIVE))
        .stmt_cache_size(statement_cache.max(1))
        .init(AT_START.to_vec());
    let place = extras.socket.as_ref().map_or_else(
        || format!("{host}:{port}"),
        |path| format!("the socket `{path}`"),
    );
    Ok(Settings {
        options: options.into(),
        target: format!("MySQL at {place}, database `{database}`"),
        max_connections: extras.max_connections.unwrap_or(usize::MAX),
    })
}

fn decoded(part: &str) -> Result<String, ConnectError> {
    let text =
        percent_decode_str(part)
            .decode_utf8()
            .map_err(|_| ConnectError::InvalidAddress {
                reason: "a percent-encoded part is not UTF-8",
            })?;
    Ok(text.into_owned())
}

/// What the parameters say.
#[derive(Default)]
struct Extras {
    encrypted: bool,
    root_file: Option<PathBuf>,
    socket: Option<String>,
    max_connections: Option<usize>,
}

impl Extras {
    fn take(&mut self, name: &str, value: &str) -> Result<(), ConnectError> {
        let invalid = || ConnectError::InvalidParameter {
            name: name.to_owned(),
        };
        match name {
            "ssl-mode" | "ssl_mode" | "sslmode" | "ssl" | "sslaccept" => {
                self.encrypted = is_encrypted(value).ok_or_else(invalid)?;
            }
            "ssl-ca" | "ssl_ca" | "sslcert" => {
                self.encrypted = true;
                self.root_file = Some(PathBuf::from(value));
            }
            "socket" => self.socket = Some(value.to_owned()),
            "connection_limit" => {
                self.max_connections = Some(value.parse().map_err(|_| invalid())?)
            }
            name if IGNORED.contains(&name) => {}
            name => return Err(unknown_parameter(name)),
        }
        Ok(())
    }

    fn ssl_options(&self) -> Option<SslOpts> {
        if !self.encrypted {
            return None;
        }
        // The driver takes the process's provider, of which there must then be one.
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        // An error means that the program has chosen another.
        drop(provider.install_default());
        let options = SslOpts::default();
        Some(match &self.root_file {
            Some(file) => options
                .with_root_certs(vec![file.clone().into()])
                .with_disable_built_in_roots(true),
            None => options,
        })
    }
}

/// Encrypted means with the server's certificate and name checked. None for modes that promise less than they
/// seem to: `preferred`, and those that take any certificate.
fn is_encrypted(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "disable" | "disabled" | "false" | "0" => Some(false),
        "require" | "required" | "verify_ca" | "verify_identity" | "verify-ca" | "verify-full"
        | "strict" | "true" | "1" => Some(true),
        // PlanetScale's.
        r#"{"rejectunauthorized":true}"# => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let settings = parse(
            "mysql://u%40x:p%2Fw@db.example:3307/app?ssl-mode=VERIFY_IDENTITY&connection_limit=2",
            8,
        )
        .unwrap();
        let options = &settings.options;
        assert_eq!(options.user(), Some("u@x"));
        assert_eq!(options.pass(), Some("p/w"));
        assert_eq!(
            (options.ip_or_hostname(), options.tcp_port()),
            ("db.example", 3307)
        );
        assert_eq!(options.db_name(), Some("app"));
        assert!(options.ssl_opts().is_some());
        assert_eq!(settings.max_connections, 2);
        assert_eq!(settings.target, "MySQL at db.example:3307, database `app`");
    }

    #[test]
    fn sockets_are_named_by_a_parameter() {
        let settings = parse(
            "mysql://root@localhost/app?socket=/run/mysqld/mysqld.sock",
            8,
        )
        .unwrap();
        assert_eq!(settings.options.socket(), Some("/run/mysqld/mysqld.sock"));
        assert_eq!(
            settings.target,
            "MySQL at the socket `/run/mysqld/mysqld.sock`, database `app`"
        );
    }

    #[test]
    fn encryption_is_checked_or_off() {
        for (parameters, encrypted) in [
            ("", false),
            ("?ssl-mode=DISABLED", false),
            ("?ssl-mode=REQUIRED", true),
            ("?sslaccept=strict", true),
            ("?ssl={\"rejectUnauthorized\":true}", true),
        ] {
            let settings = parse(&format!("mysql://u@h/d{parameters}"), 8).unwrap();
            assert_eq!(
                settings.options.ssl_opts().is_some(),
                encrypted,
                "{parameters}"
            );
        }
        for parameters in ["?ssl-mode=PREFERRED", "?sslaccept=accept_invalid_certs"] {
            let error = parse(&format!("mysql://u@h/d{parameters}"), 8)
                .err()
                .unwrap();
            assert!(
                matches!(error, ConnectError::InvalidParameter { .. }),
                "{error}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_repeating_it() {
        let cases = [
            "mysql://u:hunter2@h:port/d",
            "mysql:hunter2",
            "mysql://",
            "mysql://u:hunter2@h/d?ssl-mode=hunter2",
            "mysql://u:hunter2@h/d?allowPublicKeyRetrieval=true",
        ];
        for address in cases {
            let error = parse(address, 8)
                .err()
                .unwrap_or_else(|| panic!("{address} was taken"));
            let shown = format!("{error} {error:?} {}", error.help());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
