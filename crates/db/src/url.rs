//! The parts of database addresses that all drivers read alike.
//!
//! SECURITY: an address holds a password. Nothing here repeats a part of it that could be one: names of
//! parameters only when they look like names, values never.

use std::borrow::Cow;

use crate::connect_error::ConnectError;

/// What stands before the first colon.
pub(crate) fn scheme(address: &str) -> &str {
    address.split_once(':').map_or("", |(scheme, _)| scheme)
}

/// The address of another database on the same server: what stands between the host and the parameters is its name.
pub fn address_of(address: &str, name: &str) -> String {
    let (base, parameters) = address
        .split_once('?')
        .map_or((address, String::new()), |(base, rest)| {
            (base, format!("?{rest}"))
        });
    let host_start = base
        .find("://")
        .map_or(0, |position| position + "://".len());
    let host = base.get(host_start..).unwrap_or_default();
    let host = host.split_once('/').map_or(host, |(host, _)| host);
    format!(
        "{}{host}/{name}{parameters}",
        base.get(..host_start).unwrap_or_default()
    )
}

/// The error for a scheme that no driver of this build serves.
pub(crate) fn refused(scheme: &str) -> ConnectError {
    let feature = match scheme {
        "postgres" | "postgresql" => "postgres",
        "mysql" | "mariadb" => "mysql",
        "sqlite" | "file" => "sqlite",
        _ => {
            let scheme = if is_name(scheme) {
                scheme.to_owned()
            } else {
                String::new()
            };
            return ConnectError::UnknownScheme { scheme };
        }
    };
    ConnectError::NoDriver {
        scheme: scheme.to_owned(),
        feature,
    }
}

/// An address cut at the question mark, its parameters decoded.
pub(crate) struct Address<'a> {
    /// Everything before the question mark.
    pub(crate) base: &'a str,
    /// Names and values, in order.
    pub(crate) parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Address<'a> {
    pub(crate) fn parse(address: &'a str) -> Result<Self, ConnectError> {
        let (base, query) = address.split_once('?').unwrap_or((address, ""));
        // A password with a bare `?` would otherwise be taken for a parameter and repeated in an error.
        if query.contains('@') {
            return Err(ConnectError::InvalidAddress {
                reason: "there is an `@` after the `?`",
            });
        }
        let parameters: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        if parameters.iter().any(|(name, _)| !is_name(name)) {
            return Err(ConnectError::InvalidAddress {
                reason: "the name of a parameter has signs that no name has",
            });
        }
        Ok(Self { base, parameters })
    }
}

fn is_name(text: &str) -> bool {
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=32).contains(&text.len()) && text.chars().all(is_name_char)
}

/// The error for a parameter that a driver does not know.
pub(crate) fn unknown_parameter(name: &str) -> ConnectError {
    ConnectError::UnknownParameter {
        name: name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_cut_into_base_and_parameters() {
        let address = Address::parse("postgres://u:p@h/d?sslmode=require&options=-c%20a").unwrap();
        assert_eq!(address.base, "postgres://u:p@h/d");
        let parameters: Vec<_> = address
            .parameters
            .iter()
            .map(|(n, v)| (n.as_ref(), v.as_ref()))
            .collect();
        assert_eq!(parameters, [("sslmode", "require"), ("options", "-c a")]);
    }

    #[test]
    fn a_question_mark_in_the_password_is_not_repeated() {
        for address in [
            "postgres://u:pa?hunter2@h/d",
            "postgres://u:pa?hunter2&x=y@h/d",
            "mysql://u:p?hunter2!",
        ] {
            let error = Address::parse(address).err().unwrap();
            let shown = format!("{error} {error:?} {}", error.help());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn a_scheme_is_repeated_only_when_it_looks_like_one() {
        assert_eq!(
            refused("redis").to_string(),
            "the database address begins with `redis`, which names no database we speak to"
        );
        assert!(!refused("hunter2!secret").to_string().contains("hunter2"));
    }
}
