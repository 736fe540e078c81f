//! Reads the two headers in which proxies say where a request comes from.
//!
//! Source: RFC 7239 for `Forwarded`; `X-Forwarded-For` has no standard.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::HeaderMap;
use http::header::FORWARDED;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// What a proxy says of its own peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hop {
    /// Its address, canonical.
    Address(IpAddr),
    /// That it does not say.
    Hidden,
    /// Nothing that can be read.
    Malformed,
}

/// Whether a proxy, or somebody who plays one, says anything.
pub(super) fn is_present(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED) || headers.contains_key(X_FORWARDED_FOR)
}

/// The hops of `Forwarded`, the farthest first; `None` without the header.
pub(super) fn standard(headers: &HeaderMap) -> Option<Vec<Hop>> {
    hops(headers, FORWARDED.as_str(), elements)
}

/// The hops of `X-Forwarded-For`, the farthest first; `None` without the header.
pub(super) fn custom(headers: &HeaderMap) -> Option<Vec<Hop>> {
    hops(headers, X_FORWARDED_FOR, |line| {
        line.split(',').map(node).collect()
    })
}

fn hops(headers: &HeaderMap, name: &str, read: impl Fn(&str) -> Vec<Hop>) -> Option<Vec<Hop>> {
    let lines = headers.get_all(name).iter();
    let hops = lines.flat_map(|line| match line.to_str() {
        Ok(line) => read(line),
        Err(_) => vec![Hop::Malformed],
    });
    headers.contains_key(name).then(|| hops.collect())
}

/// The elements of one line.
///
/// SECURITY: a quote that a client opens would swallow what the proxy adds behind it. Where quotes do not match the whole
/// line is malformed.
fn elements(line: &str) -> Vec<Hop> {
    let split = split_unquoted(line, ',');
    let Some(split) = split else {
        return vec![Hop::Malformed];
    };
    split.into_iter().map(element).collect()
}

/// One element: pairs, of which one may say whom the proxy got the request from.
fn element(element: &str) -> Hop {
    let pairs = split_unquoted(element, ';').unwrap_or_default();
    let mut values = pairs.into_iter().filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value)
    });
    match (values.next(), values.next()) {
        (Some(value), None) => unquoted(value.trim()).map_or(Hop::Malformed, |value| node(&value)),
        _ => Hop::Malformed,
    }
}

/// The parts between separators that stand in no quoted string; `None` where a quote is not closed, or text follows
/// right behind a closed one.
fn split_unquoted(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut state) = (Vec::new(), 0, State::Plain);
    for (at, character) in text.char_indices() {
        state = match (state, character) {
            (State::Quoted, '\\') => State::Escaped,
            (State::Quoted, '"') => State::Closed,
            (State::Quoted | State::Escaped, _) => State::Quoted,
            (State::Plain, '"') => State::Quoted,
            (State::Plain | State::Closed, other) if other == separator => {
                parts.push(text.get(start..at)?);
                start = at + separator.len_utf8();
                State::Plain
            }
            (State::Closed, ';') => State::Plain,
            (State::Closed, ' ' | '\t') => State::Closed,
            (State::Closed, _) => return None,
            (State::Plain, _) => State::Plain,
        };
    }
    if matches!(state, State::Quoted | State::Escaped) {
        return None;
    }
    parts.push(text.get(start..)?);
    Some(parts)
}

/// Where in a text a character stands.
#[derive(Clone, Copy)]
enum State {
    Plain,
    Quoted,
    /// Behind a backslash in a quoted string.
    Escaped,
    /// Behind a quoted string.
    Closed,
}

/// A token as it is, a quoted string without its quotes.
fn unquoted(value: &str) -> Option<String> {
    let Some(inner) = value.strip_prefix('"') else {
        return Some(value.to_owned());
    };
    let mut text = String::new();
    let mut characters = inner.strip_suffix('"')?.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => characters.next()?,
            other => other,
        });
    }
    Some(text)
}

/// An address, with or without a port, or one of the words for none.
fn node(text: &str) -> Hop {
    let text = text.trim();
    if text.eq_ignore_ascii_case("unknown") || text.starts_with('_') {
        return Hop::Hidden;
    }
    address(text).map_or(Hop::Malformed, |address| {
        Hop::Address(address.to_canonical())
    })
}

fn address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    // With a port; ports of RFC 7239 may be words (`_http`).
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let is_port = port.is_empty() || port.starts_with(':');
        return is_port
            .then(|| address.parse::<Ipv6Addr>().ok())
            .flatten()
            .map(IpAddr::V6);
    }
    let address = text.parse::<SocketAddr>().map(|address| address.ip());
    address.ok().or_else(|| {
        let (address, port) = text.split_once(':')?;
        let address: Ipv4Addr = address.parse().ok()?;
        port.starts_with('_').then_some(IpAddr::V4(address))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn known(address: &str) -> Hop {
        Hop::Address(address.parse().unwrap())
    }

    fn read(line: &str) -> Vec<Hop> {
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED, HeaderValue::from_str(line).unwrap());
        standard(&headers).unwrap()
    }

    #[test]
    fn elements_of_rfc_7239_are_read() {
        for (line, hops) in [
            ("for=192.0.2.60", vec![known("192.0.2.60")]),
            (
                "For=\"[2001:db8:cafe::17]:4711\"",
                vec![known("2001:db8:cafe::17")],
            ),
            (
                "for=192.0.2.60;proto=http;by=203.0.113.43",
                vec![known("192.0.2.60")],
            ),
            ("by=_gateway ; for = 192.0.2.60", vec![known("192.0.2.60")]),
            (
                "for=192.0.2.43, for=198.51.100.17",
                vec![known("192.0.2.43"), known("198.51.100.17")],
            ),
            ("for=\"192.0.2.43:_http\"", vec![known("192.0.2.43")]),
            ("for=\"[::ffff:192.0.2.43]\"", vec![known("192.0.2.43")]),
            ("for=\"192\\.0.2.43\"", vec![known("192.0.2.43")]),
            (
                "for=unknown, for=\"_SEVKISEK\"",
                vec![Hop::Hidden, Hop::Hidden],
            ),
            ("proto=https", vec![Hop::Malformed]),
            ("for=1.1.1.1;for=2.2.2.2", vec![Hop::Malformed]),
            ("", vec![Hop::Malformed]),
        ] {
            assert_eq!(read(line), hops, "{line}");
        }
    }

    #[test]
    fn a_quote_that_a_client_opens_swallows_nothing() {
        for line in [
            "for=\"1.1.1.1, for=192.0.2.60",
            "for=\"1.1.1.1, for=\"192.0.2.60\"",
            "for=\"1.1.1.1\\, for=\"192.0.2.60\"",
            "for=\"a\"b, for=192.0.2.60",
        ] {
            assert_eq!(read(line), [Hop::Malformed], "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_reading_panic(bytes: Vec<u8>) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.insert(FORWARDED, value.clone());
                headers.insert(X_FORWARDED_FOR, value);
                prop_assert!(standard(&headers).is_some() && custom(&headers).is_some());
            }
        }

        #[test]
        fn every_address_comes_back(address: IpAddr, port: u16) {
            let canonical = Hop::Address(address.to_canonical());
            let with_port = SocketAddr::new(address, port).to_string();
            for text in [address.to_string(), with_port] {
                prop_assert_eq!(node(&text), canonical);
                let line = format!("for=\"{text}\"");
                prop_assert_eq!(read(&line), vec![canonical]);
            }
        }
    }
}
