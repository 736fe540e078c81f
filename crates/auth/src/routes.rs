//! Every route: which methods an action takes, what is sent, what comes back.
//!
//! `dispatch` refuses what has no row here, and `describe` tells what has one, so that the one cannot differ from the other.
//! To add a route: its row, its arm in `dispatch`.
//!
//! Source: contract authjs §1.4; of our own routes the documentation of each flow.

use crate::path::Action;
use crate::providers::Provider;
use crate::request::Verb;

/// One method of one action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) verb: Verb,
    pub(crate) action: Action,
    /// Whether a provider follows, and of which kinds.
    pub(crate) provider: Follows,
    /// What it does, in a few words.
    pub(crate) summary: &'static str,
    /// What stands in the query of a GET, or in the body of a POST.
    pub(crate) fields: &'static [Field],
    pub(crate) gives: Gives,
}

/// Which providers may follow.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Follows {
    Nothing,
    Provider(fn(&Provider) -> bool),
}

/// A field of a query or a form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) is_required: bool,
    pub(crate) text: &'static str,
}

/// What comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// JSON.
    Data,
    /// A page.
    Page,
    /// A page, or JSON for programs that ask for it.
    PageOrData,
    /// A redirect, or its target as JSON.
    Redirect,
}

impl Row {
    /// What the route may answer where it gives nothing of what it has, beside what every route may.
    pub(crate) fn refusals(&self) -> &'static [u16] {
        match self.action {
            A::Csrf
            | A::Providers
            | A::Session
            | A::SignOut
            | A::VerifyRequest
            // Whom another service signs out is nobody's secret to it.
            | A::BackchannelLogout => &[],
            A::SignIn if self.verb == Get => &[],
            A::SignIn => &[429],
            // Adding a way in may take another sign-in first.
            A::Callback | A::WebAuthnOptions => &[403, 429],
            A::Error => &[403],
            A::Sessions | A::RevokeOtherSessions | A::Passkeys => &[401],
            A::RevokeSession => &[401, 404],
            A::RenamePasskey | A::RemovePasskey => &[401, 403, 404, 409, 422],
            A::Register => &[403, 409, 422, 429],
            A::VerifyEmail | A::ForgotPassword | A::ResetPassword | A::PasswordStrength => {
                &[403, 422, 429]
            }
            A::Account
            | A::AccountName
            | A::AccountPassword
            | A::AccountEmail
            | A::AccountDelete
            | A::LinkedAccounts
            | A::UnlinkAccount
            | A::SecondFactor
            | A::SecondFactorSetUp
            | A::SecondFactorPasskey
            | A::AccountSecondFactor
            | A::SecondFactorRemove
            | A::SecondFactorCodes
            | A::SecondFactorDevices => &[401, 403, 422, 429],
            A::AccessToken => &[401, 403, 404, 409, 429, 502],
        }
    }
}

use Action as A;
use Gives::{Data, Page, PageOrData, Redirect};
use Verb::{Get, Post};

/// Whether the action takes the method.
pub(crate) fn takes(verb: Verb, action: Action) -> bool {
    ROUTES
        .iter()
        .any(|row| row.verb == verb && row.action == action)
}

const fn row(
    verb: Verb,
    action: Action,
    summary: &'static str,
    fields: &'static [Field],
    gives: Gives,
) -> Row {
    Row {
        verb,
        action,
        provider: Follows::Nothing,
        summary,
        fields,
        gives,
    }
}

const fn of(mut row: Row, kinds: fn(&Provider) -> bool) -> Row {
    row.provider = Follows::Provider(kinds);
    row
}

const fn must(name: &'static str, text: &'static str) -> Field {
    Field {
        name,
        is_required: true,
        text,
    }
}

const fn may(name: &'static str, text: &'static str) -> Field {
    Field {
        name,
        is_required: false,
        text,
    }
}

const TOKEN: Field = must("token", "The token of the link.");
const ID: Field = must("id", "Which of them, as the list names it.");
const PASSWORD: Field = may("password", "The password.");
const NEW_PASSWORD: Field = must("newPassword", "The new password.");
const EMAIL: Field = must("email", "A mail address.");
const CODE: Field = may("code", "A code of the application, or a recovery code.");

fn any(_: &Provider) -> bool {
    true
}

fn by_link(provider: &Provider) -> bool {
    matches!(provider, Provider::Email(_) | Provider::OAuth(_))
}

fn by_passkey(provider: &Provider) -> bool {
    matches!(provider, Provider::Passkey(_))
}

fn elsewhere(provider: &Provider) -> bool {
    matches!(provider, Provider::OAuth(_))
}

/// The table.
pub(crate) const ROUTES: &[Row] = &[
    row(
        Get,
        A::Csrf,
        "Get the token that forms must carry",
        &[],
        Data,
    ),
    row(Get, A::Providers, "List the ways to sign in", &[], Data),
    row(
        Get,
        A::Session,
        "Get the current session; null for nobody",
        &[],
        Data,
    ),
    row(Post, A::Session, "Change what the session holds", &[], Data),
    row(Get, A::SignIn, "Show the sign-in page", &[], Page),
    of(
        row(
            Post,
            A::SignIn,
            "Begin to sign in",
            &[may("email", "The mail address, for a link by mail.")],
            Redirect,
        ),
        any,
    ),
    of(
        row(
            Get,
            A::Callback,
            "Finish signing in by a link, or as another service answers",
            &[],
            Redirect,
        ),
        by_link,
    ),
    of(
        row(
            Post,
            A::Callback,
            "Finish signing in by password, credentials or passkey",
            &[may("email", "The mail address."), PASSWORD],
            Redirect,
        ),
        any,
    ),
    row(Get, A::SignOut, "Show the sign-out page", &[], Page),
    row(Post, A::SignOut, "Sign out", &[], Redirect),
    row(Get, A::Error, "Show what went wrong", &[], Page),
    row(
        Get,
        A::VerifyRequest,
        "Show that a mail is under way",
        &[],
        Page,
    ),
    of(
        row(
            Get,
            A::WebAuthnOptions,
            "Get what a browser needs to use a passkey",
            &[],
            Data,
        ),
        by_passkey,
    ),
    row(
        Get,
        A::Sessions,
        "List one's own sessions",
        &[may("page", "Which part of the list.")],
        PageOrData,
    ),
    row(
        Post,
        A::RevokeSession,
        "End one of one's own sessions",
        &[ID],
        PageOrData,
    ),
    row(
        Post,
        A::RevokeOtherSessions,
        "End all of one's own sessions but this one",
        &[],
        PageOrData,
    ),
    row(Get, A::Passkeys, "List one's own passkeys", &[], PageOrData),
    row(
        Post,
        A::RenamePasskey,
        "Give one of one's own passkeys a name",
        &[ID, must("name", "The name.")],
        PageOrData,
    ),
    row(
        Post,
        A::RemovePasskey,
        "Remove one of one's own passkeys",
        &[ID],
        PageOrData,
    ),
    row(
        Get,
        A::VerifyEmail,
        "Show what the link of a mail does",
        &[may("token", "The token of the link.")],
        PageOrData,
    ),
    row(
        Post,
        A::VerifyEmail,
        "Prove a mail address by the link that was sent",
        &[TOKEN],
        PageOrData,
    ),
    row(
        Get,
        A::ForgotPassword,
        "Show the page for who forgot the password",
        &[],
        PageOrData,
    ),
    row(
        Post,
        A::ForgotPassword,
        "Send a link by which another password can be chosen",
        &[EMAIL],
        PageOrData,
    ),
    row(
        Get,
        A::ResetPassword,
        "Show the page where another password is chosen",
        &[may("token", "The token of the link.")],
        PageOrData,
    ),
    row(
        Post,
        A::ResetPassword,
        "Choose another password by the link that was sent",
        &[TOKEN, NEW_PASSWORD],
        PageOrData,
    ),
    row(
        Get,
        A::Register,
        "Show the registration page",
        &[],
        PageOrData,
    ),
    row(
        Post,
        A::Register,
        "Register",
        &[
            EMAIL,
            must("password", "The password."),
            may("name", "The name."),
        ],
        PageOrData,
    ),
    row(
        Post,
        A::PasswordStrength,
        "Ask how hard a password is to guess",
        &[must("password", "The password.")],
        PageOrData,
    ),
    row(Get, A::Account, "Show one's own account", &[], PageOrData),
    row(
        Get,
        A::AccountName,
        "Show one's own account",
        &[],
        PageOrData,
    ),
    row(
        Post,
        A::AccountName,
        "Change one's own name",
        &[must("name", "The name.")],
        PageOrData,
    ),
    row(
        Get,
        A::AccountPassword,
        "Show one's own account",
        &[],
        PageOrData,
    ),
    row(
        Post,
        A::AccountPassword,
        "Change one's own password",
        &[may("currentPassword", "The password so far."), NEW_PASSWORD],
        PageOrData,
    ),
    row(
        Get,
        A::AccountEmail,
        "Show what the link of a mail does",
        &[may("token", "The token of the link.")],
        PageOrData,
    ),
    row(
        Post,
        A::AccountEmail,
        "Change one's own mail address",
        &[may("email", "The new mail address."), PASSWORD],
        PageOrData,
    ),
    row(
        Get,
        A::AccountDelete,
        "Show what ends one's own account",
        &[may("token", "The token of the link.")],
        PageOrData,
    ),
    row(
        Post,
        A::AccountDelete,
        "End one's own account",
        &[may("token", "The token of the link."), PASSWORD],
        PageOrData,
    ),
    row(
        Get,
        A::LinkedAccounts,
        "List one's own accounts at other services",
        &[],
        PageOrData,
    ),
    row(
        Get,
        A::UnlinkAccount,
        "Ask whether to part with an account at another service",
        &[],
        PageOrData,
    ),
    row(
        Post,
        A::UnlinkAccount,
        "Part with an account at another service",
        &[],
        PageOrData,
    ),
    row(
        Get,
        A::SecondFactor,
        "Ask for the second factor",
        &[],
        PageOrData,
    ),
    row(
        Post,
        A::SecondFactor,
        "Prove the second factor",
        &[CODE],
        PageOrData,
    ),
    row(
        Get,
        A::SecondFactorSetUp,
        "Show how to set up a second factor",
        &[],
        PageOrData,
    ),
    row(
        Post,
        A::SecondFactorSetUp,
        "Set up a second factor",
        &[CODE],
        PageOrData,
    ),
    row(
        Get,
        A::SecondFactorPasskey,
        "Get what a browser needs to use a passkey in place of a code",
        &[],
        Data,
    ),
    row(
        Get,
        A::AccountSecondFactor,
        "Show one's own second factor",
        &[],
        PageOrData,
    ),
    row(
        Get,
        A::SecondFactorRemove,
        "Show one's own second factor",
        &[],
        PageOrData,
    ),
    row(
        Post,
        A::SecondFactorRemove,
        "Remove one's own second factor",
        &[CODE],
        PageOrData,
    ),
    row(
        Get,
        A::SecondFactorCodes,
        "Show one's own second factor",
        &[],
        PageOrData,
    ),
    row(
        Post,
        A::SecondFactorCodes,
        "Get other recovery codes",
        &[CODE],
        PageOrData,
    ),
    row(
        Get,
        A::SecondFactorDevices,
        "Show one's own second factor",
        &[],
        PageOrData,
    ),
    row(
        Post,
        A::SecondFactorDevices,
        "Forget the browsers that were to be remembered",
        &[],
        PageOrData,
    ),
    row(
        Post,
        A::AccessToken,
        "Get the token that a person has at another service: for servers",
        &[must("provider", "Which service.")],
        Data,
    ),
    of(
        row(
            Post,
            A::BackchannelLogout,
            "Take word that somebody signed out at another service",
            &[must("logout_token", "What the service signed.")],
            Data,
        ),
        elsewhere,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_route_is_there_twice() {
        for (number, row) in ROUTES.iter().enumerate() {
            let again = ROUTES.iter().skip(number + 1);
            let mut again = again.filter(|one| (one.verb, one.action) == (row.verb, row.action));
            assert!(again.next().is_none(), "{:?} {:?}", row.verb, row.action);
        }
    }

    #[test]
    fn where_a_provider_may_follow_paths_take_one() {
        let with_providers = ROUTES
            .iter()
            .filter(|row| matches!(row.provider, Follows::Provider(_)));
        for row in with_providers {
            let path = format!("/auth/{}/some", row.action.path());
            let parsed = crate::path::parse(&path, "/auth").unwrap();
            assert_eq!(parsed.provider.as_deref(), Some("some"), "{path}");
        }
    }

    #[test]
    fn every_action_has_a_route() {
        for path in crate::path::all() {
            let action = crate::path::parse(&format!("/auth/{path}"), "/auth")
                .unwrap()
                .action;
            let is_there = [Get, Post].into_iter().any(|verb| takes(verb, action));
            assert!(is_there, "{path}");
        }
    }
}
