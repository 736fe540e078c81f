//! Which action, of which provider, a path asks for.
//!
//! SECURITY: this is the only place where a path is read. Routing, limits and policy all see the [`Route`], so
//! `//session//` and `/session` cannot be told apart by one of them and not by another.
//!
//! Source: contract authjs §1.1.

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The list of ways to sign in.
    Providers,
    /// The current session.
    Session,
    /// The token that forms must carry.
    Csrf,
    /// Start of a sign-in.
    SignIn,
    /// End of a session.
    SignOut,
    /// End of a sign-in.
    Callback,
    /// The "check your mail" page.
    VerifyRequest,
    /// The error page.
    Error,
    /// What a browser needs to use a passkey.
    WebAuthnOptions,
    /// The sessions of whoever asks. Of ours, as all that follow.
    Sessions,
    /// Ends one of them.
    RevokeSession,
    /// Ends all of them but the one that asks.
    RevokeOtherSessions,
    /// The passkeys of whoever asks.
    Passkeys,
    /// Gives one of them a name.
    RenamePasskey,
    /// Removes one of them.
    RemovePasskey,
    /// A link that proves an address.
    VerifyEmail,
    /// Somebody forgot the password.
    ForgotPassword,
    /// Another password by a link.
    ResetPassword,
    /// Somebody wants an account.
    Register,
    /// How hard a password is to guess.
    PasswordStrength,
    /// The account at a glance.
    Account,
    /// Another name.
    AccountName,
    /// Another password.
    AccountPassword,
    /// Another address.
    AccountEmail,
    /// The end of an account.
    AccountDelete,
    /// The second factor is asked for.
    SecondFactor,
    /// The second factor is set up.
    SecondFactorSetUp,
    /// The second factor at a glance.
    AccountSecondFactor,
    /// The second factor goes.
    SecondFactorRemove,
    /// Other recovery codes.
    SecondFactorCodes,
    /// Browsers that were to be remembered are forgotten.
    SecondFactorDevices,
    /// Begins the ceremony of a passkey in place of a code; ours.
    SecondFactorPasskey,
    /// The accounts at other services.
    LinkedAccounts,
    /// The end of one of them.
    UnlinkAccount,
    /// A token of another service, for the application's server.
    AccessToken,
    /// Another service says that somebody signed out there.
    BackchannelLogout,
}

/// Each action with its name in paths, and whether a provider may follow.
const ACTIONS: [(&str, Action, bool); 20] = [
    ("providers", Action::Providers, false),
    ("session", Action::Session, false),
    ("csrf", Action::Csrf, false),
    ("signin", Action::SignIn, true),
    ("signout", Action::SignOut, false),
    ("callback", Action::Callback, true),
    ("verify-request", Action::VerifyRequest, false),
    ("error", Action::Error, false),
    ("webauthn-options", Action::WebAuthnOptions, true),
    ("sessions", Action::Sessions, false),
    ("passkeys", Action::Passkeys, false),
    ("verify-email", Action::VerifyEmail, false),
    ("forgot-password", Action::ForgotPassword, false),
    ("reset-password", Action::ResetPassword, false),
    ("account", Action::Account, false),
    ("register", Action::Register, false),
    ("second-factor", Action::SecondFactor, false),
    ("password-strength", Action::PasswordStrength, false),
    ("access-token", Action::AccessToken, false),
    ("backchannel-logout", Action::BackchannelLogout, true),
];

/// Actions of two parts, where the second is no provider.
const PARTS: [(&str, &str, Action); 16] = [
    ("sessions", "revoke", Action::RevokeSession),
    ("sessions", "revoke-others", Action::RevokeOtherSessions),
    ("passkeys", "rename", Action::RenamePasskey),
    ("passkeys", "remove", Action::RemovePasskey),
    ("account", "name", Action::AccountName),
    ("account", "password", Action::AccountPassword),
    ("account", "email", Action::AccountEmail),
    ("account", "delete", Action::AccountDelete),
    ("account", "second-factor", Action::AccountSecondFactor),
    ("second-factor", "setup", Action::SecondFactorSetUp),
    ("second-factor", "remove", Action::SecondFactorRemove),
    ("second-factor", "codes", Action::SecondFactorCodes),
    ("second-factor", "devices", Action::SecondFactorDevices),
    ("second-factor", "passkey", Action::SecondFactorPasskey),
    ("account", "linked", Action::LinkedAccounts),
    ("account", "unlink", Action::UnlinkAccount),
];

/// An action, with the provider where the path names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What is asked for.
    pub action: Action,
    /// The provider's id exactly as it stands in the path, not percent-decoded.
    pub provider: Option<String>,
}

/// The path is none of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the path asks for no known action")]
pub struct UnknownAction;

/// Reads a path (without query) below the base path.
///
/// # Errors
///
/// [`UnknownAction`] for every path that is not exactly an action, with a provider where one may follow.
pub fn parse(path: &str, base: &str) -> Result<Route, UnknownAction> {
    let rest = path.strip_prefix(base).ok_or(UnknownAction)?;
    let mut parts = rest.split('/').filter(|part| !part.is_empty());
    let name = parts.next().ok_or(UnknownAction)?;
    let provider = parts.next();
    if parts.next().is_some() {
        return Err(UnknownAction);
    }
    if let Some(action) = provider.and_then(|part| of_parts(name, part)) {
        return Ok(Route {
            action,
            provider: None,
        });
    }
    let (_, action, takes_provider) = ACTIONS
        .into_iter()
        .find(|(known, ..)| *known == name)
        .ok_or(UnknownAction)?;
    if provider.is_some() && !takes_provider {
        return Err(UnknownAction);
    }
    Ok(Route {
        action,
        // Old clients send the text of JavaScript's missing value.
        provider: provider.filter(|id| *id != "undefined").map(str::to_owned),
    })
}

fn of_parts(first: &str, second: &str) -> Option<Action> {
    let found = PARTS
        .iter()
        .find(|(one, other, _)| (*one, *other) == (first, second));
    found.map(|(.., action)| *action)
}

impl Action {
    /// Whether it is one of our own about sessions.
    pub(crate) fn is_of_sessions(self) -> bool {
        matches!(
            self,
            Self::Sessions | Self::RevokeSession | Self::RevokeOtherSessions
        )
    }

    /// Whether it is one of our own about passkeys.
    pub(crate) fn is_of_passkeys(self) -> bool {
        matches!(
            self,
            Self::Passkeys | Self::RenamePasskey | Self::RemovePasskey
        )
    }

    /// Whether it is one of our own about accounts.
    pub(crate) fn is_of_account(self) -> bool {
        matches!(
            self,
            Self::VerifyEmail
                | Self::ForgotPassword
                | Self::ResetPassword
                | Self::Register
                | Self::PasswordStrength
                | Self::Account
                | Self::AccountName
                | Self::AccountPassword
                | Self::AccountEmail
                | Self::AccountDelete
                | Self::LinkedAccounts
                | Self::UnlinkAccount
        )
    }

    /// Whether it is one of our own about second factors.
    pub(crate) fn is_of_second_factor(self) -> bool {
        matches!(
            self,
            Self::SecondFactor
                | Self::SecondFactorSetUp
                | Self::AccountSecondFactor
                | Self::SecondFactorRemove
                | Self::SecondFactorCodes
                | Self::SecondFactorDevices
                | Self::SecondFactorPasskey
        )
    }

    /// Whether it is for other servers and never for browsers.
    pub(crate) fn is_for_servers(self) -> bool {
        matches!(self, Self::AccessToken | Self::BackchannelLogout)
    }

    /// What stands in paths after the base: `session`, `account/name`.
    pub(crate) fn path(self) -> String {
        match PARTS.iter().find(|(.., action)| *action == self) {
            Some((first, second, _)) => format!("{first}/{second}"),
            None => self.name().to_owned(),
        }
    }

    /// The name in paths; empty for one of two parts.
    pub fn name(self) -> &'static str {
        ACTIONS
            .into_iter()
            .find(|(_, action, _)| *action == self)
            .map_or("", |(name, ..)| name)
    }
}

/// What may stand after the base.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = String> {
    let alone = ACTIONS.iter().map(|(name, ..)| (*name).to_owned());
    alone.chain(
        PARTS
            .iter()
            .map(|(first, second, _)| format!("{first}/{second}")),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_action_has_a_name_that_leads_to_it() {
        for (name, action, takes_provider) in ACTIONS {
            assert_eq!(action.name(), name);
            let plain = parse(&format!("/auth/{name}"), "/auth").unwrap();
            assert_eq!(plain.action, action);
            let provider = parse(&format!("/auth/{name}/x"), "/auth");
            assert_eq!(provider.is_ok(), takes_provider, "{name}");
        }
    }

    #[test]
    fn actions_of_two_parts_take_no_provider() {
        for (first, second, action) in PARTS {
            let route = parse(&format!("/auth//{first}/{second}/"), "/auth").unwrap();
            assert_eq!((route.action, route.provider), (action, None));
            assert!(parse(&format!("/auth/{first}/{second}/x"), "/auth").is_err());
        }
    }

    proptest! {
        #[test]
        fn no_path_makes_parsing_panic(path: String, base: String) {
            let _ = parse(&path, &base);
        }

        #[test]
        fn slashes_change_nothing(a in 1..4usize, b in 1..4usize, c in 0..4usize) {
            let path = format!("/auth{}signin{}email{}", "/".repeat(a), "/".repeat(b), "/".repeat(c));
            prop_assert_eq!(parse(&path, "/auth"), parse("/auth/signin/email", "/auth"));
        }
    }
}
