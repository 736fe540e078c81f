use std::time::Duration;

/// Defines the purposes, one row each: doc, variant, name, lifetime of its links.
macro_rules! purposes {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $lifetime:expr;)*) => {
        /// What a token is good for, and nothing else is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Purpose { $($(#[$doc])* $variant,)* }

        impl Purpose {
            /// Every purpose.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name: in tokens, in keys and in the table. Changing one makes its pending links worthless.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How long its links work where the settings do not say.
            pub fn default_lifetime(self) -> Duration {
                match self { $(Self::$variant => $lifetime,)* }
            }
        }
    };
}

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

purposes! {
    /// Shows that a user receives mail at the address of the account.
    VerifyEmail, "verify-email", DAY;
    /// Lets a user who forgot the password choose another.
    ResetPassword, "reset-password", HOUR;
    /// Makes another address the account's, shown to be the user's by the link.
    ChangeEmail, "change-email", DAY;
}

impl Purpose {
    /// The purpose of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.name() == name)
    }
}
