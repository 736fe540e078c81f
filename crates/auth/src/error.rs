//! What can go wrong in a flow, and what the visitor learns of it: the one place where errors become answers.
//!
//! SECURITY: a visitor sees the type of an error only where the table says so, else `Configuration`. Neither an
//! error nor its log line holds an address, a token or a secret.
//!
//! To add an error: a variant of [`Error`] and, where the contract names a new type, a row of the table.
//!
//! Source: contract authjs §1.6, §8.1.

use std::time::Duration;

use crate::account::Refusal;
use crate::adapter::AdapterError;
use crate::authenticated::Unavailable;
use crate::callbacks::{CallbackError, CallbackFailure};
use crate::directory::DirectoryError;
use crate::flows::oauth::ServiceFailure;
use crate::identifier::IdentifierError;
use crate::mail::SendError;
use crate::passkey::CeremonyError;
use crate::password::HasherError;
use crate::witness::Denied;

/// The page that tells the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    SignIn,
    Error,
}

/// Whether the visitor learns the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disclosure {
    Told,
    Hidden,
}

/// Defines the types of the contract, one row each: name, page, disclosure.
macro_rules! error_types {
    ($($kind:ident, $page:ident, $disclosure:ident;)*) => {
        /// The types of the contract that this engine meets.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum ErrorType { $($kind,)* }

        impl ErrorType {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The name in URLs and logs.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind),)* }
            }

            pub(crate) fn page(self) -> Page {
                match self { $(Self::$kind => Page::$page,)* }
            }

            pub(crate) fn disclosure(self) -> Disclosure {
                match self { $(Self::$kind => Disclosure::$disclosure,)* }
            }
        }
    };
}

error_types! {
    AccessDenied, Error, Told;
    AccountNotLinked, SignIn, Told;
    AdapterError, Error, Hidden;
    AuthError, Error, Hidden;
    CallbackRouteError, Error, Hidden;
    CredentialsSignin, SignIn, Told;
    ErrorPageLoop, Error, Hidden;
    EventError, Error, Hidden;
    InvalidCallbackUrl, Error, Hidden;
    InvalidCheck, Error, Hidden;
    InvalidProvider, Error, Hidden;
    JWTSessionError, Error, Hidden;
    MissingCSRF, SignIn, Told;
    OAuthAccountNotLinked, SignIn, Told;
    OAuthCallbackError, SignIn, Told;
    OAuthProfileParseError, Error, Hidden;
    SessionTokenError, Error, Hidden;
    SignOutError, Error, Hidden;
    UnknownAction, Error, Hidden;
    UntrustedHost, Error, Hidden;
    Verification, Error, Told;
    WebAuthnVerificationError, Error, Told;
}

/// Why a flow did not reach its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the sign-in was refused")]
    Refused,
    #[error("the sign-in was refused because the callback failed")]
    RefusedByFailure(#[source] CallbackFailure),
    #[error("the form brought no valid CSRF token")]
    MissingCsrf,
    #[error("the credentials are not those of anybody")]
    Credentials { code: String, denied: Denied },
    #[error("the application could not check the credentials")]
    Authorize(#[source] CallbackFailure),
    #[error("the form brought no answer of an authenticator")]
    PasskeyForm,
    #[error("the challenge of the ceremony is missing, too old, another one's, or has served")]
    PasskeyChallenge,
    #[error("the passkey is not known here")]
    PasskeyUnknown,
    #[error("who registers a passkey needs a mail address")]
    PasskeyNeedsAddress,
    #[error("the passkey, or the address it was to be registered for, is another user's")]
    PasskeyNotLinked,
    #[error("the ceremony of a passkey failed")]
    Passkey(#[from] CeremonyError),
    #[error("no passkeys are kept")]
    NoPasskeys,
    #[error("no passwords are kept")]
    NoPasswords,
    #[error(transparent)]
    Hasher(#[from] HasherError),
    #[error("the account at `{provider}`, or its address, belongs to another user")]
    NotLinked { provider: String },
    #[error("the sign-in at `{provider}` failed")]
    Service {
        provider: String,
        #[source]
        source: ServiceFailure,
    },
    #[error("the link is unknown or was used already")]
    LinkUnknown,
    #[error("the link has expired")]
    LinkExpired,
    #[error("the link was sent to another address")]
    LinkMismatch,
    #[error("the link holds no token")]
    LinkIncomplete,
    #[error("there is no provider of this name")]
    UnknownProvider,
    #[error("the provider cannot be used like this")]
    InvalidProvider,
    #[error("the action cannot be used with this method")]
    UnknownAction,
    #[error("the address cannot be used")]
    Identifier(#[from] IdentifierError),
    #[error("the callback URL is no text or too long")]
    CallbackUrl,
    #[error("this was tried too often")]
    TooMany { retry_after: Duration },
    #[error("the mail could not be sent")]
    Mail(#[from] SendError),
    #[error(transparent)]
    Callback(CallbackFailure),
    #[error("the user was changed again and again during the sign-in")]
    UserChanges,
    #[error("no store is configured")]
    NoStore,
    #[error("a step of an account was refused")]
    Account(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] AdapterError),
    #[error("the session cannot be read now")]
    Session(#[from] Unavailable),
    #[error("it is done, but the sessions that it ends may go on")]
    SessionsGoOn(#[source] AdapterError),
}

/// Whose mistake it is: decides how loudly it is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Visitor,
    Operator,
}

impl Error {
    /// The contract's type, and whose mistake it is.
    fn row(&self) -> (ErrorType, Fault) {
        use ErrorType as T;
        use Fault::{Operator, Visitor};
        match self {
            Self::Refused => (T::AccessDenied, Visitor),
            Self::RefusedByFailure(_) => (T::AccessDenied, Operator),
            Self::MissingCsrf => (T::MissingCSRF, Visitor),
            Self::LinkUnknown | Self::LinkExpired | Self::LinkMismatch => {
                (T::Verification, Visitor)
            }
            Self::LinkIncomplete
            | Self::Identifier(_)
            | Self::CallbackUrl
            | Self::Account(_)
            | Self::TooMany { .. } => (T::AuthError, Visitor),
            Self::UnknownProvider | Self::InvalidProvider => (T::InvalidProvider, Visitor),
            Self::PasskeyForm | Self::PasskeyUnknown | Self::PasskeyNeedsAddress => {
                (T::AuthError, Visitor)
            }
            Self::PasskeyChallenge => (T::InvalidCheck, Visitor),
            Self::PasskeyNotLinked => (T::AccountNotLinked, Visitor),
            Self::Passkey(_) => (T::WebAuthnVerificationError, Visitor),
            Self::NoPasskeys => (T::InvalidProvider, Operator),
            Self::UnknownAction => (T::UnknownAction, Visitor),
            Self::Credentials { .. } => (T::CredentialsSignin, Visitor),
            Self::NotLinked { .. } => (T::OAuthAccountNotLinked, Visitor),
            Self::Service { source, .. } => source.row(),
            Self::Mail(_) | Self::UserChanges | Self::NoStore | Self::NoPasswords => {
                (T::AuthError, Operator)
            }
            Self::Callback(_) | Self::Authorize(_) | Self::Hasher(_) => {
                (T::CallbackRouteError, Operator)
            }
            Self::Store(_) | Self::SessionsGoOn(_) => (T::AdapterError, Operator),
            Self::Session(_) => (T::SessionTokenError, Operator),
        }
    }

    /// The contract's type.
    pub(crate) fn kind(&self) -> ErrorType {
        self.row().0
    }

    /// Whether something failed here, whatever was asked for.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::Store(_) | Self::Mail(_) | Self::RefusedByFailure(_)
        )
    }

    /// What stands in the URL of the page.
    pub(crate) fn code(&self) -> &'static str {
        match self.kind().disclosure() {
            Disclosure::Told => self.kind().name(),
            Disclosure::Hidden => "Configuration",
        }
    }

    /// What the query of the page says: the code, and of refused credentials which of the application's reasons.
    pub(crate) fn query(&self) -> String {
        match self {
            Self::Credentials { code, .. } => {
                let code: String = form_urlencoded::byte_serialize(code.as_bytes()).collect();
                format!("{}&code={code}", self.code())
            }
            _ => self.code().to_owned(),
        }
    }

    /// Whether the same request may work later.
    pub(crate) fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Store(AdapterError::Unavailable(_))
                | Self::Callback(CallbackFailure::Unavailable(_))
                | Self::Authorize(CallbackFailure::Unavailable(_))
                | Self::Hasher(HasherError::Busy)
                | Self::Session(_)
        )
    }

    /// Logs it, once, with its causes.
    pub(crate) fn log(&self) {
        let (kind, fault) = self.row();
        let kind = kind.name();
        match fault {
            Fault::Visitor => tracing::info!(error.r#type = kind, "{}", Causes(self)),
            Fault::Operator => {
                tracing::error!(error.r#type = kind, "{}", Causes(self));
            }
        }
    }
}

impl From<DirectoryError> for Error {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::NotConfigured => Self::UnknownAction,
            DirectoryError::Store(error) => Self::Store(error),
        }
    }
}

impl From<CallbackError> for Error {
    fn from(error: CallbackError) -> Self {
        Self::Callback(error.kind)
    }
}

/// Logs a failure that ends no request.
pub(crate) fn log_only(kind: ErrorType, error: &(dyn std::error::Error + 'static)) {
    tracing::error!(error.r#type = kind.name(), "{}", Causes(error));
}

/// What the store found for an address that anybody may type.
///
/// SECURITY: rows that contradict each other, or cannot be read, are nobody's here: the log says whose they are, and a stranger
/// sees what is seen of an address without an account. Whoever has proven the address meets the error.
pub(crate) fn as_strangers_see<T>(
    found: Result<Option<T>, AdapterError>,
) -> Result<Option<T>, AdapterError> {
    match found {
        Err(error @ (AdapterError::Other(_) | AdapterError::Conflict(_))) => {
            log_only(ErrorType::AdapterError, &error);
            Ok(None)
        }
        found => found,
    }
}

/// An error with all its causes, in one line.
pub(crate) struct Causes<'a>(pub(crate) &'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut said = self.0.to_string();
        formatter.write_str(&said)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // A cause that begins with what was just said goes on where that ends.
            match text.strip_prefix(&said) {
                Some(rest) => formatter.write_str(rest)?,
                None => write!(formatter, ": {text}")?,
            }
            said = text;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_table_is_the_contracts() {
        let vectors: Value =
            serde_json::from_str(include_str!("../tests/vectors/authjs.json")).unwrap();
        let rows = vectors["errors"].as_array().unwrap();
        for kind in ErrorType::ALL {
            let row = rows.iter().find(|row| row["class"] == kind.name());
            let row = row.unwrap_or_else(|| panic!("the contract has no `{}`", kind.name()));
            let page = match kind.page() {
                Page::SignIn => "signIn",
                Page::Error => "error",
            };
            assert_eq!(row["kind"], page, "{}", kind.name());
            let told = kind.disclosure() == Disclosure::Told;
            assert_eq!(row["client_safe"], told, "{}", kind.name());
        }
    }

    #[test]
    fn causes_stand_in_one_line() {
        let error = Error::Store(AdapterError::Other("relation is missing".into()));
        assert_eq!(
            Causes(&error).to_string(),
            "the database refused the statement: relation is missing"
        );
    }

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Layer>>,
    }

    #[test]
    fn what_several_layers_say_alike_stands_once() {
        let layer = |text, source: Option<Layer>| Layer {
            text,
            source: source.map(Box::new),
        };
        let driver = layer("the database is not reachable: refused (code 08006)", None);
        let engine = layer("the database is not reachable", Some(driver));
        let error = Error::Store(AdapterError::Unavailable(Box::new(engine)));
        assert_eq!(
            Causes(&error).to_string(),
            "the database is not reachable: refused (code 08006)"
        );
        let other = layer("the database", Some(layer("another thing", None)));
        assert_eq!(Causes(&other).to_string(), "the database: another thing");
    }
}
