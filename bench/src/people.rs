//! The people in the databases: made from their number, so that every answer can be checked.

use hallpass_auth::directory::SessionKey;
use hallpass_auth::secret::SessionToken;

/// One person with one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) image: String,
    /// In the cookie.
    pub(crate) token: String,
    /// The token as it stands in the table: hashed, as in tables that Hallpass made.
    pub(crate) stored: String,
}

/// The person with a number.
pub(crate) fn person(number: usize) -> Person {
    let mixed = mix(number as u64);
    // Spread like random tokens: neighbours in use are no neighbours in the index.
    let token = format!(
        "{:08x}-{:04x}-4{:03x}-8000-{number:012x}",
        mixed >> 32,
        mixed >> 16 & 0xffff,
        mixed & 0xfff
    );
    let key = SessionKey::of_token(&SessionToken::new(&*token));
    Person {
        id: format!("c{mixed:016x}{number:08x}"),
        name: format!("Person {number}"),
        email: format!("person{number}@example.com"),
        image: format!("https://example.com/faces/{number}.png"),
        token,
        stored: format!("sha256:{}", key.to_hex()),
    }
}

/// A person with a password, and its hash as it stands in the table.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) person: Person,
    pub(crate) password: String,
    pub(crate) hash: String,
}

/// The finalizer of splitmix64: neighbouring numbers come out far apart.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_the_form_of_a_uuid_and_differ() {
        let (first, second) = (person(0), person(1));
        assert_eq!(first.token.len(), 36);
        assert_ne!(first.token.get(..8), second.token.get(..8));
    }
}
