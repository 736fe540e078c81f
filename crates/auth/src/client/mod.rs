//! Who sends a request: the network address that limits count by.
//!
//! Whoever accepts connections puts [`PeerAddress`] among the extensions of each request. What stands in headers counts
//! only where that peer is a proxy that was named ([`TrustedProxies`]): everybody can send headers.
//!
//! SECURITY: CVE-2026-45364: what a header holds becomes an address or nothing, and never a key as it is.

mod forwarded;
mod proxies;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use http::{Extensions, HeaderMap};

pub use proxies::{InvalidNetwork, TrustedProxies};

/// The other end of the connection, as an extension of the request: the client, or the last proxy before us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerAddress(pub IpAddr);

/// The client, as an extension of the request, where the application itself knows it for certain. Wins over
/// [`PeerAddress`] and headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

/// What is known of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// Its address, canonical: IPv4 is never written as IPv6.
    Known(IpAddr),
    /// It stands behind a proxy that nobody named.
    BehindUnknownProxy,
    /// Nobody said where the request comes from.
    Unknown,
}

impl Client {
    pub(crate) fn of(
        extensions: &Extensions,
        headers: &HeaderMap,
        proxies: &TrustedProxies,
    ) -> Self {
        if let Some(ClientAddress(address)) = extensions.get() {
            return Self::Known(address.to_canonical());
        }
        match extensions.get() {
            Some(PeerAddress(address)) => proxies.client(address.to_canonical(), headers),
            None => Self::Unknown,
        }
    }

    /// Whether what headers say of the client may be believed: a proxy that was named sent them, or the application knows the
    /// client itself.
    pub(crate) fn is_vouched_for(extensions: &Extensions, proxies: &TrustedProxies) -> bool {
        let by_proxy = |PeerAddress(peer): &PeerAddress| proxies.trusts(peer.to_canonical());
        extensions.get::<ClientAddress>().is_some() || extensions.get().is_some_and(by_proxy)
    }

    /// What one client can send from as it likes.
    pub(crate) fn network(self) -> Option<ClientNetwork> {
        match self {
            Self::Known(address) => Some(ClientNetwork::around(address)),
            Self::BehindUnknownProxy | Self::Unknown => None,
        }
    }
}

/// The network that one client can send from as it likes: one IPv4 address, or a /64 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClientNetwork(IpAddr);

impl ClientNetwork {
    fn around(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from(network))
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

impl fmt::Display for ClientNetwork {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = if self.0.is_ipv4() { 32 } else { 64 };
        write!(formatter, "{}/{bits}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Extensions {
        let mut extensions = Extensions::new();
        extensions.insert(PeerAddress(address.parse().unwrap()));
        extensions
    }

    fn network(extensions: &Extensions) -> Option<String> {
        let client = Client::of(extensions, &HeaderMap::new(), &TrustedProxies::default());
        client.network().map(|network| network.to_string())
    }

    #[test]
    fn cve_2026_45364_clients_are_networks_and_not_texts() {
        for (address, expected) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
            ("::1", "::/64"),
        ] {
            assert_eq!(
                network(&peer(address)).as_deref(),
                Some(expected),
                "{address}"
            );
        }
    }

    #[test]
    fn what_the_application_knows_wins() {
        let mut extensions = peer("192.0.2.7");
        extensions.insert(ClientAddress("::ffff:198.51.100.1".parse().unwrap()));
        assert_eq!(network(&extensions).as_deref(), Some("198.51.100.1/32"));
    }

    #[test]
    fn without_a_peer_the_client_is_unknown() {
        assert_eq!(network(&Extensions::new()), None);
    }
}
