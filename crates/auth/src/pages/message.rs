//! The closed sets of error codes that the pages know, with their texts.
//!
//! A code that is not in a set gets the set's general answer; its text is never shown.

use http::StatusCode;

/// Why the sign-in page is shown again: the query's `error` (contract §8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInError {
    /// `Signin`, `OAuthSignin`, `OAuthCallbackError`, `OAuthCreateAccount`, `EmailCreateAccount`, `Callback`.
    TryAnotherAccount,
    /// `OAuthAccountNotLinked`.
    NotLinked,
    /// `EmailSignin`.
    MailNotSent,
    /// `CredentialsSignin`.
    Credentials,
    /// `CredentialsSignin`, where an address that is not proven may be the reason, and links are mailed that prove it.
    CredentialsOrUnproven,
    /// `SessionRequired`.
    SessionRequired,
    /// `TooManyRequests`, which Auth.js does not know.
    TooMany,
    /// Any other non-empty value.
    Other,
}

impl SignInError {
    /// Reads the query's `error`; an empty one is none.
    pub fn from_query(code: &str) -> Option<Self> {
        Some(match code {
            "" => return None,
            "Signin" | "OAuthSignin" | "OAuthCallbackError" | "OAuthCreateAccount"
            | "EmailCreateAccount" | "Callback" => Self::TryAnotherAccount,
            "OAuthAccountNotLinked" => Self::NotLinked,
            "EmailSignin" => Self::MailNotSent,
            "CredentialsSignin" => Self::Credentials,
            "SessionRequired" => Self::SessionRequired,
            "TooManyRequests" => Self::TooMany,
            _ => Self::Other,
        })
    }

    /// The sentence on the page.
    pub fn text(self) -> &'static str {
        match self {
            Self::TryAnotherAccount => {
                "That did not work. Try signing in with a different account."
            }
            Self::NotLinked => {
                "To show that it is you, sign in with the account you used the first time."
            }
            Self::MailNotSent => "The email could not be sent. Try again in a few minutes.",
            Self::Credentials => "Sign in failed. Check the details you entered and try again.",
            Self::CredentialsOrUnproven => {
                "Sign in failed. Check the details you entered and try again. If your email address is not confirmed yet, a link \
                 that you get by email confirms it: sign in by email, or choose a new password."
            }
            Self::SessionRequired => "Sign in to see this page.",
            Self::TooMany => "That was tried too often. Wait a while and try again.",
            Self::Other => "Unable to sign in. Try again.",
        }
    }
}

/// What the error page speaks of: the query's `error` (contract §8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The server is set up wrongly; its log says how.
    Configuration,
    /// The person may not sign in.
    AccessDenied,
    /// The link is used, expired or unknown.
    Verification,
    /// Anything else, and nothing.
    Other,
}

impl ErrorCode {
    /// Reads the query's `error`.
    pub fn from_query(code: Option<&str>) -> Self {
        match code {
            Some("Configuration") => Self::Configuration,
            Some("AccessDenied") => Self::AccessDenied,
            Some("Verification") => Self::Verification,
            _ => Self::Other,
        }
    }

    /// The status of the page.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Configuration => StatusCode::INTERNAL_SERVER_ERROR,
            Self::AccessDenied | Self::Verification => StatusCode::FORBIDDEN,
            Self::Other => StatusCode::OK,
        }
    }

    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Configuration => "Server error",
            Self::AccessDenied => "Access Denied",
            Self::Verification => "Unable to sign in",
            Self::Other => "Error",
        }
    }
}
