//! The links that were asked for in this browser: following one of them here needs no further click.
//!
//! SECURITY: each is known by its own token. An address would not do: somebody else could ask for a link to the same
//! address, with a target of their own, and it would sign in without a click. The marks are hashes made for this
//! purpose alone, so that neither the link nor what the store keeps follows from them.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::jar::Jar;
use super::sealed::SealedCookie;
use super::set_cookie::Cookie;
use crate::environment::{Random, hex};
use crate::jwe::Lifetime;
use crate::secret::LinkToken;

/// How many are remembered; beyond, the oldest is forgotten and then asks for a click.
const MAX_REQUESTS: usize = 8;

/// Tells these hashes from all others of the token.
const PURPOSE: &str = "hallpass link request\0";

/// What the cookie is sealed for. Links of all providers share it, as each mark names its own.
const SEALED_FOR: &str = "email";

/// Names a link without giving it away.
#[derive(Clone)]
pub(crate) struct LinkMark(String);

/// Oldest first.
// INVARIANT: at most `MAX_REQUESTS`.
#[derive(Debug, Default)]
pub(crate) struct LinkRequests(Vec<LinkRequest>);

#[derive(Debug)]
struct LinkRequest {
    mark: LinkMark,
    ends: Timestamp,
}

impl LinkMark {
    pub(crate) fn of(provider: &str, token: &LinkToken) -> Self {
        let digest = Sha256::new()
            .chain_update(PURPOSE)
            .chain_update(provider)
            .chain_update("\0")
            .chain_update(token.expose())
            .finalize();
        Self(hex(&digest))
    }

    fn is(&self, other: &Self) -> Choice {
        self.0.as_bytes().ct_eq(other.0.as_bytes())
    }
}

impl LinkRequests {
    /// Those of the request whose links still work; none where the cookie is missing or not ours.
    pub(crate) fn read(cookie: &SealedCookie, jar: &Jar, now: Timestamp) -> Self {
        let value = cookie.unseal(jar, SEALED_FOR, now).unwrap_or_default();
        let known = value.split(' ').filter_map(LinkRequest::parse);
        let alive = known.filter(|request| request.ends >= now);
        Self(alive.take(MAX_REQUESTS).collect())
    }

    /// Whether this link was asked for here.
    pub(crate) fn holds(&self, mark: &LinkMark) -> bool {
        let any = |found, request: &LinkRequest| found | request.mark.is(mark);
        self.0.iter().fold(Choice::from(0), any).into()
    }

    /// Remembers a link until its end.
    pub(crate) fn add(&mut self, mark: LinkMark, ends: Timestamp) {
        if self.0.len() >= MAX_REQUESTS {
            self.0.remove(0);
        }
        self.0.push(LinkRequest { mark, ends });
    }

    /// Forgets a link.
    pub(crate) fn remove(&mut self, mark: &LinkMark) {
        self.0.retain(|request| !bool::from(request.mark.is(mark)));
    }

    /// Keeps them until the last link ends. Where there are none, the browser forgets the cookie.
    pub(crate) fn to_cookie(
        &self,
        cookie: &SealedCookie,
        now: Timestamp,
        random: &dyn Random,
    ) -> Cookie {
        let Some(last) = self.0.iter().map(|request| request.ends).max() else {
            return cookie.delete();
        };
        let value: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        let max_age = Duration::try_from(last.duration_since(now)).unwrap_or_default();
        let lifetime = Lifetime { now, max_age };
        cookie.seal(&value.join(" "), SEALED_FOR, lifetime, random)
    }
}

impl LinkRequest {
    fn parse(text: &str) -> Option<Self> {
        let (mark, ends) = text.split_once(':')?;
        Some(Self {
            mark: LinkMark(mark.to_owned()),
            ends: Timestamp::from_millisecond(ends.parse().ok()?).ok()?,
        })
    }
}

impl fmt::Display for LinkRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.mark.0, self.ends.as_millisecond())
    }
}

impl fmt::Debug for LinkMark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("LinkMark(..)")
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::COOKIE;

    use super::*;
    use crate::cookies::{CookieOverrides, CookieSecurity, Cookies};
    use crate::secret::Secret;
    use crate::secrets::Secrets;
    use crate::testing::random::SeededRandom;
    use crate::time::after;

    fn now() -> Timestamp {
        "2026-01-01T00:00:00.25Z".parse().unwrap()
    }

    fn sealed() -> SealedCookie {
        let cookies = Cookies::new(CookieSecurity::Secure, &CookieOverrides::default());
        let secrets = Secrets::new([Secret::new("vector-secret-0123456789abcdef-01")]);
        SealedCookie::new(&cookies.unwrap().link_request, &secrets.unwrap())
    }

    fn mark(token: &str) -> LinkMark {
        LinkMark::of("email", &LinkToken::new(token))
    }

    fn sent(cookie: &Cookie) -> Jar {
        let pair = format!("{}={}", cookie.name(), cookie.value());
        Jar::parse(&HeaderMap::from_iter([(COOKIE, pair.parse().unwrap())]))
    }

    #[test]
    fn at_most_eight_are_kept_and_the_oldest_goes() {
        let mut asked = LinkRequests::default();
        for number in 0..9 {
            asked.add(
                mark(&number.to_string()),
                after(now(), Duration::from_secs(60)),
            );
        }
        let cookie = asked.to_cookie(&sealed(), now(), &SeededRandom::new(1));
        assert!(cookie.value().len() < 2_000, "one cookie holds them");
        let read = LinkRequests::read(&sealed(), &sent(&cookie), now());
        let held: Vec<bool> = (0..9).map(|n| read.holds(&mark(&n.to_string()))).collect();
        assert_eq!(
            held,
            [false, true, true, true, true, true, true, true, true]
        );
    }

    #[test]
    fn each_ends_with_its_link_and_the_cookie_with_the_last() {
        let mut asked = LinkRequests::default();
        asked.add(mark("long"), after(now(), Duration::from_secs(600)));
        asked.add(mark("short"), after(now(), Duration::from_secs(60)));
        let cookie = asked.to_cookie(&sealed(), now(), &SeededRandom::new(1));
        let header = cookie.to_header();
        assert!(
            header
                .to_str()
                .unwrap()
                .contains("Expires=Thu, 01 Jan 2026 00:10:00 GMT")
        );
        for (seconds, long, short) in [(60, true, true), (61, true, false), (601, false, false)] {
            let later = after(now(), Duration::from_secs(seconds));
            let read = LinkRequests::read(&sealed(), &sent(&cookie), later);
            assert_eq!(
                (read.holds(&mark("long")), read.holds(&mark("short"))),
                (long, short)
            );
        }
    }

    #[test]
    fn only_what_was_used_is_forgotten() {
        let mut asked = LinkRequests::default();
        for token in ["a", "b"] {
            asked.add(mark(token), after(now(), Duration::from_secs(60)));
        }
        asked.remove(&mark("a"));
        assert_eq!(
            (asked.holds(&mark("a")), asked.holds(&mark("b"))),
            (false, true)
        );
        asked.remove(&mark("b"));
        assert!(
            asked
                .to_cookie(&sealed(), now(), &SeededRandom::new(1))
                .is_deletion()
        );
    }

    #[test]
    fn a_mark_is_neither_the_stored_hash_nor_another_providers() {
        let token = LinkToken::new("f".repeat(64));
        let stored = token.hash(&Secret::new(""));
        let mark = LinkMark::of("email", &token);
        assert_ne!(mark.0, stored.expose());
        assert!(!bool::from(mark.is(&LinkMark::of("other", &token))));
        assert_eq!(format!("{mark:?}"), "LinkMark(..)");
    }
}
