//! By which host names this server lets itself be called.
//!
//! SECURITY: a page of a foreign site can make its own name point to this machine (DNS rebinding) and then read
//! what we answer, the mailbox included. And where no public address is configured, links are built on the name in
//! the request. So a server without a public address answers only to names that always mean this machine.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, FORWARDED, HOST, HeaderName};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Which host names are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// Every name: the public address is configured, or a proxy is trusted to set it.
    Any,
    /// Only names of this machine.
    Loopback,
}

/// Headers by which proxies name the host. Nobody set them for us where only this machine is answered.
const FORWARDING: [HeaderName; 4] = [
    FORWARDED,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-port"),
];

impl Hosts {
    /// Whether the request calls us by one of them. Takes away what is not to be believed.
    pub(super) fn admit(self, request: &mut Request) -> bool {
        if self == Self::Any {
            return true;
        }
        for name in FORWARDING {
            request.headers_mut().remove(name);
        }
        is_loopback(request.uri(), request.headers())
    }
}

/// Refuses what is called by another name: for routes that are stricter than the rest.
pub(crate) async fn check(
    State(hosts): State<Hosts>,
    mut request: Request,
    next: Next,
) -> Response {
    if hosts.admit(&mut request) {
        next.run(request).await
    } else {
        refusal().await
    }
}

/// What is said to those who call us by another name.
pub(super) async fn refusal() -> Response {
    const TEXT: &str = "This server answers only as `localhost`, because it was not told its public address.\n\
                        Its operator sets AUTH_URL to the address that people use.\n";
    let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::MISDIRECTED_REQUEST, kind, TEXT).into_response()
}

/// Whether the request calls us by a name of this machine.
pub(crate) fn is_loopback(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(HOST).iter();
    let (host, second) = (named.next(), named.next());
    let host = host.and_then(|value| value.to_str().ok());
    let of_header = host.and_then(|host| host.parse::<Authority>().ok());
    let (Some(of_header), None) = (of_header, second) else {
        return false;
    };
    let of_uri = uri
        .authority()
        .is_none_or(|authority| is_loopback_name(authority.host()));
    of_uri && !of_header.as_str().contains('@') && is_loopback_name(of_header.host())
}

fn is_loopback_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    match address.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => {
            let host = host.to_ascii_lowercase();
            host == "localhost" || host.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn called(hosts: &[&str], uri: &str) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_str(host).unwrap());
        }
        is_loopback(&uri.parse().unwrap(), &headers)
    }

    #[test]
    fn names_of_this_machine() {
        for host in [
            "localhost",
            "localhost:3000",
            "LOCALHOST:3000",
            "app.localhost:3000",
            "127.0.0.1",
            "127.0.0.1:3000",
            "127.1.2.3:80",
            "[::1]:3000",
            "[::1]",
            "localhost.:3000",
        ] {
            assert!(called(&[host], "/"), "{host}");
        }
    }

    #[test]
    fn names_of_others() {
        for host in [
            "",
            "evil.com",
            "localhost.evil.com",
            "evillocalhost",
            "10.0.0.1",
            "0.0.0.0",
            "[::]:3000",
            "localhost@evil.com",
            "evil.com@localhost",
            "127.0.0.1.evil.com",
            "local host",
            "192.168.1.2:3000",
            "localhost:3000, evil.com",
        ] {
            assert!(!called(&[host], "/"), "{host}");
        }
        assert!(!called(&[], "/"));
        assert!(!called(&["localhost", "evil.com"], "/"));
        assert!(!called(&["localhost"], "http://evil.com/"));
    }
}
