//! What the mails of accounts say. To add one: a variant of [`Kind`] with its arm, and a row in `samples`.

use std::sync::Arc;

use super::Accounts;
use crate::error::Error;
use crate::mail::templates::{self, Letter, SignInMail};
use crate::mail::{Message, Transport};
use crate::origin::Origin;
use crate::pages::Theme;

/// What a mail is about, with the link that it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    VerifyEmail,
    ResetPassword,
    /// Somebody asked for a new password for an address without an account.
    NoAccount,
    ConfirmNewEmail,
    /// Somebody wants an address for their account that is another account's.
    AddressInUse,
    PasswordChanged,
    /// Somebody registered with an address that has an account.
    AlreadyRegistered,
    /// To the old address, before anything happens.
    EmailChangeAsked,
    /// To the old address.
    EmailChanged,
    AccountDeleted,
}

const IGNORE: &str = "If you did not ask for this email, you can safely ignore it.";

impl Kind {
    /// Heading, sentences before the button, words on the button, sentences after it.
    fn words(
        self,
    ) -> (
        &'static str,
        &'static [&'static str],
        Option<&'static str>,
        &'static [&'static str],
    ) {
        match self {
            Self::VerifyEmail => (
                "Confirm your email for",
                &[
                    "Somebody, hopefully you, gave this email address for an account. Confirm it if that was you.",
                ],
                Some("Confirm email"),
                &["If you made no account, do not confirm it. You can safely ignore this email."],
            ),
            Self::ResetPassword => (
                "Choose a new password for",
                &[
                    "Somebody, hopefully you, asked for a new password. The link works once, for an hour.",
                ],
                Some("Choose a new password"),
                &["If it was not you, ignore this email: your password stays as it is."],
            ),
            Self::NoAccount => (
                "No account yet on",
                &[
                    "Somebody asked for a new password, but there is no account with this email address.",
                ],
                Some("Go to the sign-in page"),
                &["If it was you, try another address. If not, you can safely ignore this email."],
            ),
            Self::ConfirmNewEmail => (
                "Confirm your new email for",
                &[
                    "Confirm that this email address is yours, while signed in. Your account then uses it.",
                ],
                Some("Confirm new email"),
                &[IGNORE],
            ),
            Self::AddressInUse => (
                "You have an account on",
                &[
                    "Somebody wanted to use this email address for another account. It stays with yours.",
                ],
                None,
                &["If it was you, sign in with this address. If not, there is nothing to do."],
            ),
            Self::PasswordChanged => (
                "New password on",
                &["The password of your account was changed, and other devices were signed out."],
                Some("Go to your account"),
                &[
                    "If it was not you, choose a new password with \u{201c}Forgot password?\u{201d} at once.",
                ],
            ),
            Self::AlreadyRegistered => (
                "You have an account on",
                &[
                    "Somebody, hopefully you, wanted to create an account with this email address, but there is one already.",
                ],
                Some("Sign in"),
                &[
                    "If you do not know the password any more, choose a new one with \u{201c}Forgot password?\u{201d}. \
                     If it was not you, there is nothing to do.",
                ],
            ),
            Self::EmailChangeAsked => (
                "Another email address on",
                &[
                    "Somebody who is signed in to your account, hopefully you, wants it to use another email address.",
                ],
                Some("Go to your account"),
                &["If it was not you, choose a new password at once: that stops it."],
            ),
            Self::EmailChanged => (
                "New email address on",
                &[
                    "Your account uses another email address from now on. This one is no longer part of it.",
                ],
                None,
                &["If it was not you, contact the people who run the site."],
            ),
            Self::AccountDeleted => (
                "Account deleted on",
                &["Your account was deleted, with all that belonged to it."],
                None,
                &["If it was not you, contact the people who run the site."],
            ),
        }
    }

    /// The mail. `url` stands behind the button, of kinds that have one.
    pub(crate) fn compose(self, host: &str, url: &str, theme: &Theme) -> SignInMail {
        let (heading, before, label, after) = self.words();
        let letter = Letter {
            host,
            heading,
            before,
            action: label.map(|label| (label, url)),
            after,
        };
        templates::letter(&letter, theme)
    }
}

/// Sends a mail about an account.
pub(crate) async fn send(
    accounts: &Accounts,
    theme: &Theme,
    origin: &Origin,
    to: &str,
    (kind, url): (Kind, &str),
) -> Result<(), Error> {
    let SignInMail {
        subject,
        text,
        html,
    } = kind.compose(origin.host(), url, theme);
    let message = Message {
        from: accounts.from.clone(),
        to: to.to_owned(),
        subject,
        text,
        html,
    };
    let transport: &Arc<dyn Transport> = &accounts.transport;
    Ok(transport.send(&message).await?)
}

/// Every kind, for the test that renders them all.
#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Kind; 10] = [
        Kind::VerifyEmail,
        Kind::ResetPassword,
        Kind::NoAccount,
        Kind::ConfirmNewEmail,
        Kind::AddressInUse,
        Kind::PasswordChanged,
        Kind::AlreadyRegistered,
        Kind::EmailChangeAsked,
        Kind::EmailChanged,
        Kind::AccountDeleted,
    ];

    #[test]
    fn every_mail_says_the_same_in_both_parts() {
        for kind in ALL {
            let (heading, before, label, after) = kind.words();
            let mail = kind.compose(
                "app.example.com",
                "https://app.example.com/x?y=1",
                &Theme::default(),
            );
            assert_eq!(mail.subject, format!("{heading} app.example.com"));
            for line in before.iter().chain(after) {
                assert!(mail.text.contains(line), "{kind:?}");
            }
            assert_eq!(mail.text.contains("https://"), label.is_some(), "{kind:?}");
            assert_eq!(mail.html.contains("href="), label.is_some(), "{kind:?}");
        }
    }

    /// Without account the mail is of the same kind: a heading, a button, and nothing about anybody.
    #[test]
    fn nothing_that_somebody_typed_stands_in_a_mail() {
        for kind in ALL {
            let mail = kind.compose("h", "https://h/", &Theme::default());
            assert!(!mail.html.contains('@') || mail.html.contains("@media"));
            assert!(!mail.text.contains('@'));
        }
    }
}
