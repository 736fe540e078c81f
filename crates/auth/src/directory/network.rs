//! Roughly where a client is: enough to recognise one's own, too little to follow anybody.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The network of an address: `203.0.113.0/24`, `2001:db8:1::/48`. `None` for addresses that say nothing, such as the
/// machine's own.
pub fn network(address: IpAddr) -> Option<String> {
    let address = address.to_canonical();
    if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
        return None;
    }
    Some(match address {
        IpAddr::V4(address) => {
            let kept = Ipv4Addr::from_bits(address.to_bits() & !0xff);
            format!("{kept}/24")
        }
        IpAddr::V6(address) => {
            let kept = Ipv6Addr::from_bits(address.to_bits() >> 80 << 80);
            format!("{kept}/48")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_what_tells_one_client_from_its_neighbour() {
        for (address, expected) in [
            ("203.0.113.77", Some("203.0.113.0/24")),
            ("10.1.2.3", Some("10.1.2.0/24")),
            ("2001:db8:1:2:3:4:5:6", Some("2001:db8:1::/48")),
            ("::ffff:203.0.113.77", Some("203.0.113.0/24")),
            ("fe80::1", Some("fe80::/48")),
            ("127.0.0.1", None),
            ("::1", None),
            ("0.0.0.0", None),
            ("::", None),
            ("224.0.0.1", None),
        ] {
            assert_eq!(network(address.parse().unwrap()).as_deref(), expected);
        }
    }
}
