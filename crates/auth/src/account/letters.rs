//! What the mails of accounts say. To add one: a variant of [`MailKind`] with its arm, and a row in `samples`.

use std::sync::Arc;

use super::Accounts;
use crate::error::Error;
use crate::mail::templates::{self, Letter, SignInMail};
use crate::mail::{Message, Transport};
use crate::origin::Origin;
use crate::pages::Theme;
use crate::secret::LinkUrl;

/// What a mail about an account is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MailKind {
    /// A link that proves the address.
    VerifyEmail,
    /// A link to choose a new password.
    ResetPassword,
    /// Somebody asked for a new password for an address without an account.
    NoAccount,
    /// A link that makes the address the user's.
    ConfirmNewEmail,
    /// Somebody wants an address for their account that is another account's.
    AddressInUse,
    /// The password was changed.
    PasswordChanged,
    /// Somebody registered with an address that has an account.
    AlreadyRegistered,
    /// Somebody registered with an address that has an account and was never proven: a link that proves it.
    RegisteredAgain,
    /// Somebody asked for a new password for an account that cannot be used, such as one of two with this address.
    AccountBroken,
    /// To the old address, before anything happens.
    EmailChangeAsked,
    /// To the old address, when another one took its place.
    EmailChanged,
    /// The account is gone.
    AccountDeleted,
    /// A second factor was set up, or another one in its place.
    SecondFactorAdded,
    /// The second factor was removed.
    SecondFactorRemoved,
    /// A recovery code was used in place of the app.
    RecoveryCodeUsed,
    /// There is another set of recovery codes.
    RecoveryCodesReplaced,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
}

/// What a mail about an account is made from. The address it goes to is not among it, and neither is anything that somebody
/// typed, so that no text of a stranger stands in a mail to somebody else.
#[derive(Debug)]
pub struct AccountLetter<'a> {
    /// What it is about.
    pub kind: MailKind,
    /// The host of the site.
    pub host: &'a str,
    /// The link, of kinds that have one.
    pub url: Option<&'a LinkUrl>,
    /// The look.
    pub theme: &'a Theme,
}

/// Writes mails in place of the built-in ones; `None` for those that stay.
pub(crate) type Compose = dyn Fn(&AccountLetter<'_>) -> Option<SignInMail> + Send + Sync;

const IGNORE: &str = "If you did not ask for this email, you can safely ignore it.";

impl MailKind {
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
            Self::RegisteredAgain => (
                "Confirm your email for",
                &[
                    "Somebody, hopefully you, wanted to create an account with this email address. There is one already, and \
                     its address was never confirmed.",
                ],
                Some("Confirm email"),
                &[
                    "To keep the password that you chose the first time, type it on the page that opens. \
                     If you made no account, do not confirm it. You can safely ignore this email.",
                ],
            ),
            Self::AccountBroken => (
                "Your account cannot be used on",
                &[
                    "Somebody, hopefully you, asked for a new password. There is an account with this email address, but \
                     something is wrong with how it is kept, so nobody can sign in to it.",
                ],
                None,
                &[
                    "If it was you, contact the people who run the site. If not, you can safely ignore this email.",
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
            Self::SecondFactorAdded => (
                "Two-step sign-in is on for",
                &[
                    "Your account asks for a code of your authenticator app from now on, and other devices were signed out.",
                ],
                Some("Go to your account"),
                &["If it was not you, contact the people who run the site at once."],
            ),
            Self::SecondFactorRemoved => (
                "Two-step sign-in is off for",
                &["Your account no longer asks for a code of your authenticator app."],
                Some("Go to your account"),
                &["If it was not you, choose a new password and turn it on again at once."],
            ),
            Self::RecoveryCodeUsed => (
                "A recovery code was used on",
                &[
                    "Somebody, hopefully you, used one of your recovery codes. It does not work again.",
                ],
                Some("Go to your account"),
                &["If it was not you, choose a new password and new recovery codes at once."],
            ),
            Self::RecoveryCodesReplaced => (
                "New recovery codes on",
                &["Your account has new recovery codes. The old ones no longer work."],
                Some("Go to your account"),
                &["If it was not you, choose a new password at once."],
            ),
            Self::PasskeyAdded => (
                "New passkey on",
                &["A passkey was added to your account. Whoever has it can sign in."],
                Some("Go to your account"),
                &["If it was not you, remove the passkey and choose a new password at once."],
            ),
            Self::PasskeyRemoved => (
                "Passkey removed on",
                &["A passkey of your account was removed. It does not sign in any more."],
                Some("Go to your account"),
                &["If it was not you, choose a new password and sign other devices out at once."],
            ),
            Self::AccountDeleted => (
                "Account deleted on",
                &["Your account was deleted, with all that belonged to it."],
                None,
                &["If it was not you, contact the people who run the site."],
            ),
        }
    }

    /// The built-in mail. `url` stands behind the button, of kinds that have one.
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
    (kind, url): (MailKind, &str),
) -> Result<(), Error> {
    let SignInMail {
        subject,
        text,
        html,
    } = compose(accounts, theme, origin.host(), (kind, url));
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

fn compose(
    accounts: &Accounts,
    theme: &Theme,
    host: &str,
    (kind, url): (MailKind, &str),
) -> SignInMail {
    let (_, _, button, _) = kind.words();
    let link = button.map(|_| LinkUrl::new(url.to_owned()));
    let letter = AccountLetter {
        kind,
        host,
        url: link.as_ref(),
        theme,
    };
    let own = accounts.compose.as_ref();
    own.and_then(|own| own(&letter))
        .unwrap_or_else(|| kind.compose(host, url, theme))
}

/// Every kind, for the test that renders them all.
#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [MailKind; 18] = [
        MailKind::VerifyEmail,
        MailKind::ResetPassword,
        MailKind::NoAccount,
        MailKind::ConfirmNewEmail,
        MailKind::AddressInUse,
        MailKind::PasswordChanged,
        MailKind::AlreadyRegistered,
        MailKind::RegisteredAgain,
        MailKind::AccountBroken,
        MailKind::EmailChangeAsked,
        MailKind::EmailChanged,
        MailKind::AccountDeleted,
        MailKind::SecondFactorAdded,
        MailKind::SecondFactorRemoved,
        MailKind::RecoveryCodeUsed,
        MailKind::RecoveryCodesReplaced,
        MailKind::PasskeyAdded,
        MailKind::PasskeyRemoved,
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
