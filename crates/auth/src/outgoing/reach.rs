//! Which addresses a request may go to.
//!
//! Source: IANA special-purpose address registries (RFC 6890), RFC 6598 (carrier-grade NAT), RFC 6052 (NAT64).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::{HttpError, Reach};

impl Reach {
    /// Whether a request may go to this address, as far as the address itself tells. What its name resolves to is for
    /// the client to check, at the moment it connects.
    ///
    /// # Errors
    ///
    /// [`HttpError::Address`] when it is no web address, [`HttpError::Forbidden`] when it is one that must not be reached.
    pub fn check(self, url: &Url) -> Result<(), HttpError> {
        let host = url.host().ok_or(HttpError::Address)?;
        match (self, url.scheme()) {
            (_, "https") | (Self::Configured, "http") => (),
            (Self::Learned, "http") => return Err(HttpError::Forbidden),
            _ => return Err(HttpError::Address),
        }
        let public = match host {
            Host::Domain(_) => true,
            Host::Ipv4(address) => is_public(address.into()),
            Host::Ipv6(address) => is_public(address.into()),
        };
        if self == Self::Learned && !public {
            return Err(HttpError::Forbidden);
        }
        Ok(())
    }
}

/// Whether this is an address of the public internet: no private, loopback, link-local, shared, multicast, documentation
/// or reserved one, and none that carries such an address inside.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// The networks of version 4 that are not public, with the length of their prefix.
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// The networks inside `2000::/3` that are not public: protocol assignments (Teredo among them), documentation, 6to4.
const SPECIAL_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// The only part of version 6 that is given out.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Behind it stands an address of version 4, for networks that have version 6 alone.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |&(network, prefix): &(Ipv4Addr, u32)| {
        (address.to_bits() ^ network.to_bits()) >> (32 - prefix) == 0
    };
    !SPECIAL_V4.iter().any(within)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let within = |&(network, prefix): &(Ipv6Addr, u32)| {
        (address.to_bits() ^ network.to_bits()) >> (128 - prefix) == 0
    };
    if within(&NAT64) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    match address.to_ipv4_mapped() {
        Some(inside) => is_public_v4(inside),
        None => within(&GLOBAL_V6) && !SPECIAL_V6.iter().any(within),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_told_from_all_others() {
        for (text, public) in [
            ("1.1.1.1", true),
            ("93.184.216.34", true),
            ("100.63.255.255", true),
            ("100.64.0.1", false),
            ("100.127.255.255", false),
            ("100.128.0.1", true),
            ("172.15.0.1", true),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("172.32.0.1", true),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("127.0.0.1", false),
            ("127.255.0.1", false),
            ("169.254.169.254", false),
            ("192.0.0.8", false),
            ("192.168.1.1", false),
            ("198.19.0.1", false),
            ("198.20.0.1", true),
            ("223.255.255.255", true),
            ("224.0.0.1", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700:4700::1111", true),
            ("2a00:1450:4001::1", true),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:1.1.1.1", true),
            ("::10.0.0.1", false),
            ("64:ff9b::a00:1", false),
            ("64:ff9b::101:101", true),
            ("64:ff9b:1::1", false),
            ("2001::1", false),
            ("2001:200::1", true),
            ("2001:db8::1", false),
            ("2002:7f00:1::1", false),
            ("fc00::1", false),
            ("fdff::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(text.parse().unwrap()), public, "{text}");
        }
    }

    #[test]
    fn cve_2026_53513_learned_addresses_are_public_and_https() {
        use HttpError::{Address, Forbidden};
        for (text, learned, configured) in [
            ("https://id.example.com/token", Ok(()), Ok(())),
            ("https://id.example.com:8443/", Ok(()), Ok(())),
            ("http://id.example.com/", Err(Forbidden), Ok(())),
            ("https://127.0.0.1/", Err(Forbidden), Ok(())),
            ("https://0x7f.1/", Err(Forbidden), Ok(())),
            ("https://2130706433/", Err(Forbidden), Ok(())),
            ("https://[::1]/", Err(Forbidden), Ok(())),
            ("https://[::ffff:10.0.0.1]/", Err(Forbidden), Ok(())),
            ("https://169.254.169.254/latest", Err(Forbidden), Ok(())),
            ("ftp://id.example.com/", Err(Address), Err(Address)),
            ("file:///etc/passwd", Err(Address), Err(Address)),
            ("data:,x", Err(Address), Err(Address)),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(Reach::Learned.check(&url), learned, "{text}");
            assert_eq!(Reach::Configured.check(&url), configured, "{text}");
        }
    }
}
