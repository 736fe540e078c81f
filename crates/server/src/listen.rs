//! Finds a port and listens on it.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpListener;

use crate::failure::Failure;

/// How many ports are tried before giving up.
const TRIES: u16 = 100;

/// Listens on exactly this port (0 means any free one).
///
/// # Errors
/// [`Failure::PortTaken`], or [`Failure::Listen`] with what the system said.
pub(crate) async fn on(host: IpAddr, port: u16) -> Result<TcpListener, Failure> {
    let address = SocketAddr::new(host, port);
    TcpListener::bind(address)
        .await
        .map_err(|source| failure(address, source))
}

/// Listens on this port, or the next one that is free.
///
/// # Errors
/// [`Failure::NoFreePort`], or [`Failure::Listen`] with what the system said.
pub(crate) async fn on_next_free(host: IpAddr, first: u16) -> Result<TcpListener, Failure> {
    let last = first.saturating_add(TRIES - 1);
    for port in first..=last {
        match on(host, port).await {
            Err(Failure::PortTaken { .. }) => {}
            done => return done,
        }
    }
    Err(Failure::NoFreePort { first, last })
}

/// Where it listens.
///
/// # Errors
/// [`Failure::Socket`], which no system is known to give.
pub(crate) fn address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(Failure::Socket)
}

fn failure(address: SocketAddr, source: io::Error) -> Failure {
    match source.kind() {
        ErrorKind::AddrInUse => Failure::PortTaken { address },
        _ => Failure::Listen { address, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn a_taken_port_is_refused_or_passed_over() {
        let first = on(HERE, 0).await.unwrap();
        let port = first.local_addr().unwrap().port();
        assert!(matches!(
            on(HERE, port).await,
            Err(Failure::PortTaken { .. })
        ));
        let next = on_next_free(HERE, port).await.unwrap();
        assert!(next.local_addr().unwrap().port() > port);
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_named() {
        let failure = on(IpAddr::from([192, 0, 2, 1]), 0).await.unwrap_err();
        assert_eq!(failure.to_string(), "cannot listen on 192.0.2.1:0");
    }
}
