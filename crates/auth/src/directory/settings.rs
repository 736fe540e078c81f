//! What an installation decides about the list of sessions.

use std::time::Duration;

use http::HeaderName;

/// How sessions are listed and ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectorySettings {
    /// How often at most it is taken down that a session was seen; a quarter of an hour by default.
    pub last_seen_interval: Duration,
    /// Whether it is taken down from which network a session is used. By default it is, without what tells one client
    /// from its neighbours.
    pub network: KeepNetwork,
    /// A header in which a trusted proxy says the client's country as two letters, such as `cf-ipcountry`. Where no
    /// proxy sets it, clients could.
    pub country_header: Option<HeaderName>,
    /// How often at most the sessions in cookies that other processes ended are asked for; five seconds by default.
    pub revocation_interval: Duration,
    /// What a token is worth while those cannot be asked for.
    pub outage: Outage,
    /// What signing out means for copies of a token.
    pub sign_out: TokenSignOut,
}

/// Whether networks are taken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepNetwork {
    /// `203.0.113.0/24`.
    Yes,
    /// Nothing.
    No,
}

/// What a token is worth while the sessions that others ended cannot be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It counts, as far as this process knows: a database that is away signs nobody out.
    Accept,
    /// It is answered with 503.
    Refuse,
}

/// What signing out means for copies of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSignOut {
    /// They count no longer.
    Revoke,
    /// They count until they expire, as with Auth.js.
    CookieOnly,
}

impl Default for DirectorySettings {
    fn default() -> Self {
        Self {
            last_seen_interval: Duration::from_secs(900),
            network: KeepNetwork::Yes,
            country_header: None,
            revocation_interval: Duration::from_secs(5),
            outage: Outage::Accept,
            sign_out: TokenSignOut::Revoke,
        }
    }
}
