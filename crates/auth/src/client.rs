//! Who sends a request: the network address that limits count by.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use http::Extensions;

/// The address of the client, as an extension of the request. Whoever accepts connections sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

/// The network that one client can send from as it likes: one IPv4 address, or a /64 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClientNetwork(IpAddr);

impl ClientNetwork {
    /// The network of a request's client, where it is known.
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        let ClientAddress(address) = extensions.get()?;
        Some(Self::around(*address))
    }

    fn around(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
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

    #[test]
    fn cve_2026_45364_clients_are_networks_and_not_texts() {
        for (address, network) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
            ("::1", "::/64"),
        ] {
            let network_of = ClientNetwork::around(address.parse().unwrap());
            assert_eq!(network_of.to_string(), network, "{address}");
        }
    }
}
