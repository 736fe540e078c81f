//! The rows, in four files: services with OpenID Connect, and those with OAuth 2 by their first letter.

/// Defines rows, each with a function of its own.
macro_rules! entries {
    ($($(#[$doc:meta])* $function:ident: $base:ident { $($field:ident: $value:expr,)* })*) => {
        /// The rows of this file.
        pub(in crate::providers::catalogue) const ENTRIES: &[Entry] = &[
            $(Entry { $($field: $value,)* ..$base },)*
        ];

        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`CatalogueError`] says what the registration lacks.
            pub fn $function(registration: Registration) -> Result<OAuthProvider, CatalogueError> {
                const ENTRY: &Entry = &Entry { $($field: $value,)* ..$base };
                ENTRY.provider(&registration)
            }
        )*
    };
}

pub(super) mod a_to_f;
pub(super) mod g_to_o;
pub(super) mod openid_connect;
pub(super) mod p_to_z;

use super::entry::Entry;

/// All rows.
pub(super) const ALL: &[&[Entry]] = &[
    openid_connect::ENTRIES,
    a_to_f::ENTRIES,
    g_to_o::ENTRIES,
    p_to_z::ENTRIES,
];
