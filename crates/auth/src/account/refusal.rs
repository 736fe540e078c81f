//! What people are told when a step does not go on: a closed set, in words for them.

use super::name;
use crate::password::Weakness;

/// Why a step did not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The link is unknown, used, expired, or outdated by what happened since.
    #[error("the link is no longer valid")]
    InvalidLink,
    /// The old password is wrong.
    #[error("the password is wrong")]
    WrongPassword,
    /// Nothing shows that the person at the browser is still the one who signed in.
    #[error("the sign-in is too long ago")]
    SignInAgain,
    /// No mail can be sent to this.
    #[error("the address is none")]
    InvalidAddress,
    /// It is the address of the account already.
    #[error("the address is the present one")]
    SameAddress,
    /// The new password is too weak.
    #[error("the password is refused")]
    WeakPassword(#[source] Weakness),
    /// The name is too long, or no name.
    #[error("the name is refused")]
    InvalidName,
    /// Nothing else would let the person in.
    #[error("it is the last way in")]
    LastWayIn,
    /// The account has no address to send a link to.
    #[error("the account has no address")]
    NoAddress,
    /// The code is none, is not good any more, or was used already.
    #[error("the code is wrong")]
    WrongCode,
    /// The second factor was not proven lately.
    #[error("the second factor was not proven lately")]
    ProveSecondFactor,
    /// There is a second factor already.
    #[error("there is a second factor already")]
    FactorExists,
    /// There is no second factor.
    #[error("there is no second factor")]
    NoFactor,
    /// Everybody needs a second factor here.
    #[error("the second factor cannot be removed")]
    FactorRequired,
    /// What was to be confirmed is gone: the page stood open too long.
    #[error("the new secret is gone")]
    SetUpAgain,
}

impl Refusal {
    /// The name in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidLink => "InvalidLink",
            Self::WrongPassword => "WrongPassword",
            Self::SignInAgain => "SignInAgain",
            Self::InvalidAddress => "InvalidAddress",
            Self::SameAddress => "SameAddress",
            Self::WeakPassword(_) => "WeakPassword",
            Self::InvalidName => "InvalidName",
            Self::NoAddress => "NoAddress",
            Self::WrongCode => "WrongCode",
            Self::ProveSecondFactor => "SecondFactorRequired",
            Self::FactorExists => "SecondFactorExists",
            Self::NoFactor => "NoSecondFactor",
            Self::FactorRequired => "SecondFactorNeeded",
            Self::SetUpAgain => "SetUpAgain",
            Self::LastWayIn => "LastWayIn",
        }
    }

    /// The sentence on the page.
    pub fn text(self) -> String {
        let text = match self {
            Self::InvalidLink => {
                "This link is no longer valid. It may have been used already, or it may have expired."
            }
            Self::WrongPassword => "That is not your current password. Try again.",
            Self::SignInAgain => "To keep your account safe, sign in again before you do this.",
            Self::InvalidAddress => "This is not an email address. Check it and try again.",
            Self::SameAddress => "This is your email address already.",
            Self::WeakPassword(weakness) => return sentence(&weakness.to_string()),
            Self::InvalidName => {
                return format!("Use at most {} ordinary characters.", name::MAX_CHARACTERS);
            }
            Self::LastWayIn => "This is your only way to sign in. Add another one first.",
            Self::NoAddress => "Your account has no email address yet. Add one first.",
            Self::WrongCode => {
                "That code did not work. Codes work once and for a short time: try the next one."
            }
            Self::ProveSecondFactor => "To keep your account safe, enter a code first.",
            Self::FactorExists => "Two-step sign-in is on already.",
            Self::NoFactor => "Two-step sign-in is not on.",
            Self::FactorRequired => {
                "Everybody needs two-step sign-in here. You can set it up anew, but not turn it off."
            }
            Self::SetUpAgain => "That took too long. Scan the new picture below and enter a code.",
        };
        text.to_owned()
    }
}

/// An error's message as a sentence.
pub(crate) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(char::to_uppercase);
    let text: String = first.into_iter().flatten().chain(letters).collect();
    format!("{text}.")
}
