//! The proxies whose word is believed, and the walk from the connection back to the client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::HeaderMap;

use super::Client;
use super::forwarded::{self, Hop};

/// The proxies whose word on where a request comes from is believed. By default none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

/// A network: an address and how many of its bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u32,
}

/// The text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address and no network")]
pub struct InvalidNetwork(String);

impl InvalidNetwork {
    /// What to write instead.
    pub fn help(&self) -> &'static str {
        "write the address of the proxy, such as `10.0.0.5` or `fd00::5`, or its network, such as `10.0.0.0/8`"
    }
}

impl TrustedProxies {
    /// Takes addresses and networks: `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`.
    ///
    /// # Errors
    /// [`InvalidNetwork`] names the first that is neither.
    pub fn parse<T: AsRef<str>>(
        networks: impl IntoIterator<Item = T>,
    ) -> Result<Self, InvalidNetwork> {
        let networks = networks.into_iter();
        let networks = networks.map(|network| network.as_ref().parse());
        Ok(Self(networks.collect::<Result<_, _>>()?))
    }

    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The client of a connection: from the peer back over every proxy that is trusted, to the first address that is
    /// none.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        if self.trusts(peer) {
            return self.behind(peer, headers);
        }
        // Visitors do not come from inside over a proxy: this is a proxy that was not named. To count its visitors as
        // one client would let any of them use up the quota of all.
        if is_internal(peer) && forwarded::is_present(headers) {
            return Client::BehindUnknownProxy;
        }
        Client::Known(peer)
    }

    /// SECURITY: a proxy that adds to one of the two headers hands on the other as the client sent it. Where they
    /// differ, one is forged, and the request counts for the proxy itself.
    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let by_standard = forwarded::standard(headers);
        let by_custom = forwarded::custom(headers);
        match (by_standard, by_custom) {
            (None, None) => Client::Known(peer),
            (Some(hops), None) | (None, Some(hops)) => self.walk(peer, &hops),
            (Some(one), Some(other)) => {
                let (one, other) = (self.walk(peer, &one), self.walk(peer, &other));
                if one == other {
                    one
                } else {
                    Client::Known(peer)
                }
            }
        }
    }

    /// From the nearest hop to the farthest. What is no address ends the walk at the last that was one.
    fn walk(&self, peer: IpAddr, hops: &[Hop]) -> Client {
        let mut nearest = peer;
        for hop in hops.iter().rev() {
            match *hop {
                Hop::Address(address) => nearest = address,
                Hop::Hidden => return Client::Unknown,
                Hop::Malformed => break,
            }
            if !self.trusts(nearest) {
                break;
            }
        }
        Client::Known(nearest)
    }
}

impl Network {
    /// `address` is canonical.
    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(address)) => {
                let differ = ours.to_bits() ^ address.to_bits();
                differ.leading_zeros() >= self.bits
            }
            (IpAddr::V6(ours), IpAddr::V6(address)) => {
                let differ = ours.to_bits() ^ address.to_bits();
                differ.leading_zeros() >= self.bits
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        network(text.trim()).ok_or_else(|| InvalidNetwork(text.to_owned()))
    }
}

fn network(text: &str) -> Option<Network> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(prefix(bits)?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let (all, mapped) = match address {
        IpAddr::V4(_) => (32, 0),
        IpAddr::V6(v6) => (128, v6.to_ipv4_mapped().map_or(0, |_| 96)),
    };
    let bits = bits.unwrap_or(all);
    (mapped..=all).contains(&bits).then(|| Network {
        address: address.to_canonical(),
        bits: bits - mapped,
    })
}

/// Digits alone: `parse` would take a sign as well.
fn prefix(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Whether an address is no visitor's from the public network.
fn is_internal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let shared = Ipv4Addr::new(100, 64, 0, 0);
            let is_shared = (shared.to_bits() ^ address.to_bits()).leading_zeros() >= 10;
            address.is_loopback() || address.is_private() || address.is_link_local() || is_shared
        }
        IpAddr::V6(address) => {
            address == Ipv6Addr::LOCALHOST
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;
    use proptest::prelude::*;

    use super::*;

    fn proxies(networks: &[&str]) -> TrustedProxies {
        TrustedProxies::parse(networks).unwrap()
    }

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())
        };
        lines.iter().map(line).collect()
    }

    fn known(address: &str) -> Client {
        Client::Known(address.parse().unwrap())
    }

    fn client(networks: &[&str], peer: &str, lines: &[(&str, &str)]) -> Client {
        proxies(networks).client(peer.parse().unwrap(), &headers(lines))
    }

    const XFF: &str = "x-forwarded-for";

    #[test]
    fn networks_hold_their_addresses() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.7/32", "192.0.2.7", "192.0.2.8"),
            ("192.0.2.128/25", "192.0.2.255", "192.0.2.127"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
            ("::ffff:10.0.0.0/104", "10.2.3.4", "11.0.0.1"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("0.0.0.0/0", "203.0.113.1", "2001:db8::1"),
            ("::/0", "2001:db8::1", "203.0.113.1"),
        ] {
            let trusted = proxies(&[network]);
            assert!(
                trusted.trusts(inside.parse().unwrap()),
                "{network} {inside}"
            );
            assert!(
                !trusted.trusts(outside.parse().unwrap()),
                "{network} {outside}"
            );
        }
    }

    #[test]
    fn other_texts_are_no_networks() {
        for text in [
            "",
            "proxy",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0/8",
            "::/129",
            "fd00::/8/8",
            "::ffff:10.0.0.0/8",
            "010.0.0.1",
            "10.0.0.1:80",
        ] {
            let error = TrustedProxies::parse([text]).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("`{text}` is no address and no network")
            );
        }
    }

    /// CVE-2026-45364: a header of the client's own changes nothing.
    #[test]
    fn cve_2026_45364_without_trusted_proxies_headers_count_for_nothing() {
        for lines in [
            &[(XFF, "198.51.100.1")][..],
            &[("forwarded", "for=198.51.100.1")],
            &[],
        ] {
            assert_eq!(client(&[], "203.0.113.9", lines), known("203.0.113.9"));
            let others = &["10.0.0.0/8"];
            assert_eq!(client(others, "203.0.113.9", lines), known("203.0.113.9"));
        }
    }

    #[test]
    fn cve_2026_45364_the_client_is_the_last_hop_that_is_not_trusted() {
        let trusted = &["10.0.0.0/8", "fd00::/8"];
        for (value, expected) in [
            ("198.51.100.1", "198.51.100.1"),
            ("198.51.100.1:4711", "198.51.100.1"),
            ("1.1.1.1, 198.51.100.1", "198.51.100.1"),
            ("1.1.1.1,198.51.100.1 , 10.0.0.7", "198.51.100.1"),
            ("1.1.1.1, 198.51.100.1, fd00::7, 10.0.0.7", "198.51.100.1"),
            ("\"; DROP, 198.51.100.1", "198.51.100.1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            // A visitor from inside.
            ("10.0.0.9", "10.0.0.9"),
            ("10.0.0.8, 10.0.0.9", "10.0.0.8"),
            // What is no address ends the walk.
            ("198.51.100.1, text", "10.0.0.1"),
            ("198.51.100.1, text, 10.0.0.9", "10.0.0.9"),
            ("198.51.100.1,", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            let found = client(trusted, "10.0.0.1", &[(XFF, value)]);
            assert_eq!(found, known(expected), "{value}");
        }
    }

    #[test]
    fn lines_of_one_header_are_one_list() {
        let lines = [
            (XFF, "1.1.1.1"),
            (XFF, "198.51.100.1, 10.0.0.2"),
            (XFF, "10.0.0.3"),
        ];
        assert_eq!(
            client(&["10.0.0.0/8"], "10.0.0.1", &lines),
            known("198.51.100.1")
        );
    }

    #[test]
    fn proxies_that_hide_their_clients_leave_them_unknown() {
        for line in [
            (XFF, "unknown"),
            ("forwarded", "for=unknown"),
            ("forwarded", "for=_hidden, for=10.0.0.2"),
        ] {
            assert_eq!(
                client(&["10.0.0.0/8"], "10.0.0.1", &[line]),
                Client::Unknown
            );
        }
    }

    /// A proxy that adds to one header hands on the other as it came.
    #[test]
    fn two_headers_that_differ_count_for_the_proxy() {
        let lines = |forged| [(XFF, "198.51.100.1"), ("forwarded", forged)];
        let found = |forged| client(&["10.0.0.1"], "10.0.0.1", &lines(forged));
        assert_eq!(found("for=198.51.100.1"), known("198.51.100.1"));
        assert_eq!(found("for=203.0.113.1"), known("10.0.0.1"));
        assert_eq!(found("for=unknown"), known("10.0.0.1"));
        assert_eq!(found("gibberish"), known("10.0.0.1"));
    }

    #[test]
    fn a_proxy_that_nobody_named_is_no_client() {
        for peer in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "fe80::1",
        ] {
            assert_eq!(client(&[], peer, &[]), known(peer), "somebody inside");
            let lines = [(XFF, "198.51.100.1")];
            assert_eq!(
                client(&[], peer, &lines),
                Client::BehindUnknownProxy,
                "{peer}"
            );
        }
        for peer in ["100.128.0.1", "172.32.0.1", "2001:db8::1"] {
            let lines = [(XFF, "198.51.100.1")];
            assert_eq!(client(&[], peer, &lines), known(peer));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text: String) {
            let _ = TrustedProxies::parse([text]);
        }

        /// Whatever the client sends before it, what the proxy adds decides; or the request counts for the proxy.
        #[test]
        fn nothing_that_a_client_sends_moves_it(
            sent in r#"[0-9a-fx.:, ;="\[\]\\_]{0,60}"#,
            name in prop_oneof![Just(XFF), Just("forwarded")],
        ) {
            let added = if name == XFF { "198.51.100.1" } else { "for=198.51.100.1" };
            let value = format!("{sent}, {added}");
            let found = client(&["10.0.0.1"], "10.0.0.1", &[(name, &value)]);
            prop_assert!([known("198.51.100.1"), known("10.0.0.1")].contains(&found), "{found:?}");
        }
    }
}
