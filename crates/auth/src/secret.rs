//! Secrets that neither print nor compare in variable time.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Defines a text secret: no content in `Debug`, constant-time equality, wiped on drop.
macro_rules! text_secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text itself, for the one place that needs it: a cookie, a link, a column.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
            }
        }

        impl Eq for $name {}

        impl Drop for $name {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }
    };
}

pub(crate) use text_secret;

text_secret! {
    /// The secret of a database session, as it stands in the cookie and in the column.
    SessionToken
}

text_secret! {
    /// Hash of a link token, lower-case hex: what the store keeps.
    TokenHash
}

text_secret! {
    /// A link token in clear, as it stands in the mail.
    LinkToken
}

text_secret! {
    /// A password or key from the configuration.
    Secret
}

text_secret! {
    /// The link that stands in a sign-in mail: whoever holds it can sign in.
    LinkUrl
}

text_secret! {
    /// The half of the CSRF pair that forms carry.
    CsrfToken
}
