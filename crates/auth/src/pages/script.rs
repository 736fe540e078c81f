//! The scripts of the pages: few, small and inline. Every page works without.
//!
//! The content security policy names each by its hash, so what the templates write must be these strings to the byte. They
//! talk to routes of ours, and to nobody else.
//!
//! To add a script: its file in `templates/`, its constant and its place in [`ALL`].

/// Shows how hard a new password is to guess while it is typed.
pub(super) const STRENGTH: &str = include_str!("../../templates/strength.js");

/// Signs in by passkeys, and adds them. Shows the forms that need it, offers passkeys while an address is typed, and says what
/// happens.
pub(super) const PASSKEY: &str = include_str!("../../templates/passkey.js");

/// Each of them.
pub(super) const ALL: &[&str] = &[STRENGTH, PASSKEY];

/// What shows how hard a new password is to guess: nothing before something is typed, unless it was typed before.
#[derive(Clone, Copy, Debug)]
pub struct StrengthLine<'a> {
    /// The route that judges.
    pub url: &'a str,
    /// Of the password that was sent.
    pub last: Option<crate::password::Strength>,
}
