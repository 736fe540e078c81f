//! Accounts of other services as rows: their tokens are changed where nobody else changed them, and the last way in stays.

use std::fmt;

use serde_json::{Map, Value};

use super::{Account, AccountType, User, UserId};

/// How tokens of other services stand in the table of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokensAtRest {
    /// In clear: somebody else reads the table too, or its columns have no room for more.
    Clear,
    /// Sealed with a key that follows from the secrets.
    Sealed,
}

/// Begins every sealed token, so that sealed ones and such in clear can stand in one table.
pub const SEALED_MARK: &str = "sealed:v1:";

/// Other tokens of an account.
///
/// Written only where the members in `expected` still are what they were: of several processes that renewed the same
/// tokens, one writes. A missing member and `null` are the same.
#[derive(Clone, PartialEq)]
pub struct AccountChange {
    /// Whose it is.
    pub user_id: UserId,
    /// The provider's id.
    pub provider: String,
    /// The person's id there.
    pub provider_account_id: String,
    /// What must stand there, exactly as it was read.
    pub expected: Map<String, Value>,
    /// What stands there afterwards; members that the table has no room for are left out.
    pub members: Map<String, Value>,
}

/// The identity and nothing else: the rest are tokens.
impl fmt::Debug for AccountChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AccountChange")
            .field("user_id", &self.user_id)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// An account that is to go, unless its user could not sign in any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Unlink {
    /// Whose it is.
    pub user_id: UserId,
    /// The provider's id.
    pub provider: String,
    /// The person's id there.
    pub provider_account_id: String,
    /// What else lets somebody in.
    pub ways_in: WaysIn,
}

/// What lets somebody in, as this installation is configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaysIn {
    /// The providers whose accounts do, passkeys among them.
    pub providers: Vec<String>,
    /// Whether a mail address does, by a link.
    pub email: bool,
    /// Whether a password does.
    pub password: bool,
}

/// What came of an [`Unlink`].
#[derive(Debug, Clone, PartialEq)]
pub enum Unlinked {
    /// The account is gone. This is what it was.
    Done(Box<Account>),
    /// The user has no such account.
    Unknown,
    /// It is the last way in, and stays.
    LastWayIn,
}

impl Unlink {
    /// Which of the user's accounts goes.
    ///
    /// For implementations: in the transaction that removes it, once the row of the user is locked, so that two calls at
    /// the same time do not take each other for the way that stays.
    ///
    /// # Errors
    ///
    /// What to answer where none goes.
    pub fn judge(
        &self,
        user: Option<&User>,
        has_password: bool,
        accounts: &[Account],
    ) -> Result<Account, Unlinked> {
        let user = user.ok_or(Unlinked::Unknown)?;
        let is_it = |account: &&Account| {
            account.provider == self.provider
                && account.provider_account_id == self.provider_account_id
        };
        let found = accounts.iter().find(is_it).ok_or(Unlinked::Unknown)?;
        let others = accounts.iter().filter(|account| !is_it(account));
        if self.ways_in.admit(user, has_password, others) {
            Ok(found.clone())
        } else {
            Err(Unlinked::LastWayIn)
        }
    }
}

impl WaysIn {
    /// Whether a user could sign in with these accounts.
    ///
    /// A password needs an address, which it is asked for with.
    fn admit<'a>(
        &self,
        user: &User,
        has_password: bool,
        mut accounts: impl Iterator<Item = &'a Account>,
    ) -> bool {
        let has_address = user.email.as_deref().is_some_and(|email| !email.is_empty());
        let by_mail = self.email && has_address;
        let by_password = self.password && has_password && has_address;
        by_mail || by_password || accounts.any(|account| self.admits(account))
    }

    /// Other kinds than these have no account that somebody could sign in with.
    fn admits(&self, account: &Account) -> bool {
        let kinds = [AccountType::OAuth, AccountType::Oidc, AccountType::WebAuthn];
        kinds.contains(&account.kind) && self.providers.contains(&account.provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(kind: AccountType, provider: &str, id: &str) -> Account {
        Account {
            user_id: UserId("1".to_owned()),
            kind,
            provider: provider.to_owned(),
            provider_account_id: id.to_owned(),
            extra: Map::new(),
        }
    }

    fn user(email: Option<&str>) -> User {
        User {
            id: UserId("1".to_owned()),
            name: None,
            email: email.map(str::to_owned),
            email_verified: None,
            image: None,
            extra: Map::new(),
        }
    }

    #[test]
    fn last_way_in_is_what_nothing_else_lets_in() {
        use AccountType::{Credentials, OAuth, Oidc, WebAuthn};
        let ann = Some("ann@example.org");
        let ways = |providers: &[&str], email, password| WaysIn {
            providers: providers.iter().map(|id| (*id).to_owned()).collect(),
            email,
            password,
        };
        let both = ["github", "passkey"];
        for (name, ways_in, email, has_password, other, stays) in [
            (
                "nothing else",
                ways(&both, false, false),
                ann,
                false,
                None,
                true,
            ),
            (
                "another account",
                ways(&both, false, false),
                None,
                false,
                Some((OAuth, "github")),
                false,
            ),
            (
                "a passkey",
                ways(&both, false, false),
                None,
                false,
                Some((WebAuthn, "passkey")),
                false,
            ),
            (
                "one nobody configured",
                ways(&both, false, false),
                ann,
                false,
                Some((Oidc, "gone")),
                true,
            ),
            (
                "one of another kind",
                ways(&both, false, false),
                ann,
                false,
                Some((Credentials, "github")),
                true,
            ),
            ("mail", ways(&both, true, false), ann, false, None, false),
            (
                "mail without address",
                ways(&both, true, false),
                None,
                false,
                None,
                true,
            ),
            (
                "an empty address",
                ways(&both, true, false),
                Some(""),
                false,
                None,
                true,
            ),
            (
                "a password",
                ways(&both, false, true),
                ann,
                true,
                None,
                false,
            ),
            (
                "no password",
                ways(&both, false, true),
                ann,
                false,
                None,
                true,
            ),
            (
                "a password nobody asks for",
                ways(&both, false, false),
                ann,
                true,
                None,
                true,
            ),
            (
                "a password without address",
                ways(&both, false, true),
                None,
                true,
                None,
                true,
            ),
        ] {
            let mut accounts = vec![account(OAuth, "github", "first")];
            accounts.extend(other.map(|(kind, provider)| account(kind, provider, "second")));
            let unlink = Unlink {
                user_id: UserId("1".to_owned()),
                provider: "github".to_owned(),
                provider_account_id: "first".to_owned(),
                ways_in,
            };
            let judged = unlink.judge(Some(&user(email)), has_password, &accounts);
            match judged {
                Ok(gone) => assert!(!stays && gone == accounts[0], "{name}"),
                Err(refused) => assert!(stays && refused == Unlinked::LastWayIn, "{name}"),
            }
            let none = unlink.judge(None, has_password, &accounts);
            assert_eq!(none, Err(Unlinked::Unknown), "{name}");
        }
    }
}
