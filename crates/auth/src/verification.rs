//! Link tokens: made, hashed, put into a link, and judged when they come back.
//!
//! The store keeps the hash only. The hash is made with the secret, so that a copy of the table is worth nothing.
//!
//! Source: contract authjs §5.1.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::adapter::VerificationToken;
use crate::environment::{Random, hex};
use crate::identifier::Email;
use crate::origin::Origin;
use crate::secret::{LinkToken, LinkUrl, Secret, TokenHash};

impl LinkToken {
    /// 32 random bytes as hex.
    pub fn generate(random: &dyn Random) -> Self {
        Self::new(random.hex_token())
    }

    /// What the store keeps. The secret is the provider's own, or [`Secrets::joined`](crate::secrets::Secrets::joined).
    pub fn hash(&self, secret: &Secret) -> TokenHash {
        let digest = Sha256::new()
            .chain_update(self.expose())
            .chain_update(secret.expose())
            .finalize();
        TokenHash::new(hex(&digest))
    }
}

/// What to do with a token that the store gave back (and so used up).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The link is good.
    Accept,
    /// It came too late.
    Expired,
    /// It was sent to another address than the link claims.
    Mismatch,
}

/// Decides about a token that was found for the identifier of a link.
pub fn decide(record: &VerificationToken, identifier: &str, now: Timestamp) -> Decision {
    // SECURITY: CVE-2022-39263, CVE-2021-21310: stores have given back tokens of others.
    if record.identifier != identifier {
        Decision::Mismatch
    } else if record.expires < now {
        Decision::Expired
    } else {
        Decision::Accept
    }
}

/// What a link is made of.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// Public origin.
    pub origin: &'a Origin,
    /// Base path.
    pub base: &'a str,
    /// The provider's id.
    pub provider: &'a str,
    /// Where the sign-in leads to.
    pub callback_url: &'a str,
    /// The secret part.
    pub token: &'a LinkToken,
    /// Whom it is sent to.
    pub email: &'a Email,
}

impl Link<'_> {
    /// The text that goes into the mail. Order and encoding are the contract's.
    pub fn url(&self) -> LinkUrl {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("callbackUrl", self.callback_url)
            .append_pair("token", self.token.expose())
            .append_pair("email", self.email.as_str())
            .finish();
        let Self {
            origin, provider, ..
        } = self;
        let base = self.base.trim_end_matches('/');
        LinkUrl::new(format!("{origin}{base}/callback/{provider}?{query}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random::SeededRandom;

    #[test]
    fn links_have_the_order_and_encoding_of_auth_js() {
        let token = LinkToken::new("ff00");
        let email = Email::parse("a b+c@example.com").unwrap();
        let link = Link {
            origin: &Origin::parse("http://localhost:3000/x").unwrap(),
            base: "/auth",
            provider: "nodemailer",
            callback_url: "http://localhost:3000/after?q=1&r=é",
            token: &token,
            email: &email,
        };
        let query = "callbackUrl=http%3A%2F%2Flocalhost%3A3000%2Fafter%3Fq%3D1%26r%3D%C3%A9\
                     &token=ff00&email=a+b%2Bc%40example.com";
        assert_eq!(
            link.url().expose(),
            format!("http://localhost:3000/auth/callback/nodemailer?{query}")
        );
        let at_root = Link { base: "/", ..link };
        assert_eq!(
            at_root.url().expose(),
            format!("http://localhost:3000/callback/nodemailer?{query}")
        );
    }

    #[test]
    fn tokens_are_sixty_four_hex_digits_and_differ() {
        let random = SeededRandom::new(1);
        let [one, two] = [(); 2].map(|()| LinkToken::generate(&random));
        assert_ne!(one, two);
        assert_eq!(one.expose().len(), 64);
        assert!(one.expose().bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn neither_token_nor_hash_nor_link_prints() {
        let token = LinkToken::new("planted");
        let text = format!(
            "{token:?} {:?} {:?}",
            token.hash(&Secret::new("s")),
            LinkUrl::new("planted")
        );
        assert_eq!(text, "LinkToken(..) TokenHash(..) LinkUrl(..)");
    }
}
