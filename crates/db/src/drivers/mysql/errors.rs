//! What MySQL, MariaDB and their driver say when something fails, in our classes.

use mysql_async::{DriverError, Error as MySqlError, IoError, ServerError};

use crate::error::{Error, ErrorKind};

/// The error of a running statement. SECURITY: messages repeat values (`Duplicate entry '…' for key '…'`).
pub(super) fn of_running(error: &MySqlError) -> Error {
    match error {
        MySqlError::Server(server) if speaks_of_no_value(server.code) => {
            of_server(server, &server.message)
        }
        MySqlError::Server(server) => of_server(server, ""),
        _ => of_driver(error),
    }
}

/// The error of preparing, where the server has seen the text and no value.
pub(super) fn of_text(error: &MySqlError) -> Error {
    match error {
        MySqlError::Server(server) => of_server(server, &server.message),
        _ => of_driver(error),
    }
}

/// The error of opening a connection: whatever it is, there is no database to speak to.
pub(super) fn of_connecting(error: &MySqlError) -> Error {
    match error {
        MySqlError::Server(server) => Error::new(ErrorKind::Unavailable, server.message.clone())
            .with_code(server.code.to_string()),
        _ => Error::new(ErrorKind::Unavailable, driver_words(error)),
    }
}

/// What the driver says of sockets and certificates, without the words it puts before each layer.
fn driver_words(error: &MySqlError) -> String {
    match error {
        MySqlError::Io(IoError::Io(error)) => error.to_string(),
        _ => error.to_string(),
    }
}

fn of_server(error: &ServerError, words: &str) -> Error {
    let kind = kind(error.code);
    let constraint = constraint(kind, &error.message).map(str::to_owned);
    Error::new(kind, words.to_owned())
        .with_code(error.code.to_string())
        .with_constraint(constraint)
}

/// Numbers from MySQL's and MariaDB's lists of server errors.
fn kind(code: u16) -> ErrorKind {
    match code {
        1062 | 1169 | 1586 | 1859 => ErrorKind::UniqueViolation,
        1216 | 1217 | 1451 | 1452 => ErrorKind::ForeignKeyViolation,
        // NULL, or no value for a column without default.
        1048 | 1263 | 1364 => ErrorKind::NotNullViolation,
        3819 | 4025 => ErrorKind::CheckViolation,
        // Out of range, cut, no such date, no number, too long, not JSON.
        1264 | 1265 | 1292 | 1366 | 1367 | 1406 | 1411 | 1690 | 3140 | 3141 => {
            ErrorKind::InvalidValue
        }
        // Changed since read, lock wait, deadlock, tables changed after preparing, NOWAIT.
        1020 | 1205 | 1213 | 1615 | 3572 => ErrorKind::Retry,
        // Interrupted, `max_statement_time`, `max_execution_time`.
        1317 | 1969 | 3024 => ErrorKind::Timeout,
        // Too many connections, shutdown, aborted and killed connections, idle too long.
        1040 | 1053 | 1077..=1079 | 1152 | 1158..=1161 | 1203 | 1226 | 1927 | 3169 | 4031 => {
            ErrorKind::Unavailable
        }
        _ => ErrorKind::Other,
    }
}

/// Errors about connections, locks, rights and resources.
fn speaks_of_no_value(code: u16) -> bool {
    matches!(
        kind(code),
        ErrorKind::Retry | ErrorKind::Timeout | ErrorKind::Unavailable
    ) || matches!(code, 1044 | 1045 | 1114 | 1142 | 1143 | 1227 | 1290)
}

/// The name in a message, found from the side where no value stands.
fn constraint(kind: ErrorKind, message: &str) -> Option<&str> {
    match kind {
        // `Duplicate entry '…' for key 'name'`; MySQL 8 writes `table.name`.
        ErrorKind::UniqueViolation => {
            let name = message.rsplit_once("for key '")?.1.strip_suffix('\'')?;
            Some(name.split_once('.').map_or(name, |(_, name)| name))
        }
        // `… fails (`database`.`table`, CONSTRAINT `name` FOREIGN KEY …)`
        ErrorKind::ForeignKeyViolation => between(message, "CONSTRAINT `", '`'),
        // `Column 'name' cannot be null`, `Field 'name' doesn't have a default value`
        ErrorKind::NotNullViolation => between(message, "'", '\''),
        // MariaDB: `CONSTRAINT `name` failed for …`; MySQL: `Check constraint 'name' is violated.`
        ErrorKind::CheckViolation => {
            between(message, "CONSTRAINT `", '`').or_else(|| between(message, "'", '\''))
        }
        _ => None,
    }
}

fn between<'a>(message: &'a str, before: &str, after: char) -> Option<&'a str> {
    Some(message.split_once(before)?.1.split_once(after)?.0)
}

fn of_driver(error: &MySqlError) -> Error {
    match error {
        MySqlError::Driver(DriverError::PacketTooLarge) => Error::new(
            ErrorKind::InvalidValue,
            "the values are larger than the server's `max_allowed_packet`",
        ),
        MySqlError::Io(_)
        | MySqlError::Driver(
            DriverError::ConnectionClosed
            | DriverError::PacketOutOfOrder
            | DriverError::PoolDisconnected
            | DriverError::UnexpectedPacket { .. },
        ) => Error::new(ErrorKind::Unavailable, driver_words(error)),
        MySqlError::Driver(driver) => Error::new(ErrorKind::Other, driver.to_string()),
        _ => Error::new(ErrorKind::Other, "the driver failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(code: u16, message: &str) -> MySqlError {
        MySqlError::Server(ServerError {
            code,
            message: message.to_owned(),
            state: "HY000".to_owned(),
        })
    }

    #[test]
    fn constraints_are_named_and_values_are_not() {
        let cases = [
            (
                1062,
                "Duplicate entry 'hunter2' for key 'users_email_key'",
                "users_email_key",
            ),
            (
                1062,
                "Duplicate entry 'hunter2' for key 'users.users_email_key'",
                "users_email_key",
            ),
            (
                1062,
                "Duplicate entry 'hunter2 for key 'x'' for key 'PRIMARY'",
                "PRIMARY",
            ),
            (
                1452,
                "Cannot add or update a child row: a foreign key constraint fails (`db`.`t`, CONSTRAINT `t_fk` FOREIGN KEY (`a`) …)",
                "t_fk",
            ),
            (1048, "Column 'email' cannot be null", "email"),
            (1364, "Field 'email' doesn't have a default value", "email"),
            (
                4025,
                "CONSTRAINT `positive` failed for `db`.`t`",
                "positive",
            ),
            (3819, "Check constraint 'positive' is violated.", "positive"),
        ];
        for (code, message, name) in cases {
            let error = of_running(&server(code, message));
            assert_eq!(error.constraint(), Some(name), "{message}");
            assert!(
                !format!("{error} {error:?}").contains("hunter2"),
                "{error:?}"
            );
        }
    }

    #[test]
    fn values_in_messages_are_dropped() {
        for code in [1264, 1292, 1366, 1406, 1644, 3140] {
            let error = of_running(&server(
                code,
                "Incorrect integer value: 'hunter2' for column 'a' at row 1",
            ));
            assert!(
                !format!("{error} {error:?}").contains("hunter2"),
                "{error:?}"
            );
        }
    }
}
