//! The second factor: codes of an authenticator app, recovery codes for whoever has lost it, passkeys in place of a code, and
//! browsers that are remembered.
//!
//! Invariants, each for a flaw of another system:
//!
//! - Half a sign-in is of another type than a session, and nothing that issues one takes it (GHSA-4qvm-r4pr-v3wg): what
//!   waits stands in a table of its own, sealed, by the hash of a secret in a cookie of its own. No token of it travels in a
//!   URL (GHSA-j8qq-g9pm-v3c2).
//! - A session begins in one place, and that one asks for a `Begins`, which the gate alone makes: no way in can forget it.
//! - Where everybody needs a second factor, setting it up is a step of the sign-in, before any session (CVE-2026-94218,
//!   CVE-2025-3910). Whoever proved the first factor alone can add an app where there is none, and never replace one.
//! - Every guess is counted before it is judged, under one limit for all kinds of codes (CVE-2024-4629, CVE-2026-9798,
//!   GHSA-85v8-vx4w-q684).
//! - A code counts once: the store moves the last step forward, or removes the recovery code, in one statement.
//! - How sure it is who somebody is follows from what was proven ([`Level::of`]), and is taken back with the factor.
//!
//! To add a kind of factor: a row in `level.rs`, its member in [`Factors`] or `Owned`, and its arm in `check.rs`.

mod api;
pub(crate) mod check;
pub(crate) mod device;
pub(crate) mod gate;
mod keys;
mod level;
pub(crate) mod owned;
pub(crate) mod passkey;
pub(crate) mod picture;
pub(crate) mod proof;
mod recovery;
mod settings;
pub(crate) mod steps;
mod store;
mod totp;
pub(crate) mod waiting;

use std::sync::Arc;
use std::time::Duration;

pub use api::{SecondFactorApi, SecondFactorError, SecondFactorStatus};

pub use level::{Assurance, Factor, Level};
pub use recovery::{RECOVERY_CODES, RecoveryCode};
pub use settings::{PasskeysAsFactor, Require, SecondFactorSettings};
pub use store::{DeviceRecord, Factors, ProofRecord, SecondFactorStore, TotpRecord, WaitingRecord};
pub use totp::{TotpCode, TotpSecret, TotpStep};

use keys::SecondFactorKeys;

/// The settings with the keys. In the context of every flow.
#[derive(Debug)]
pub(crate) struct SecondFactor {
    settings: SecondFactorSettings,
    keys: SecondFactorKeys,
}

impl SecondFactor {
    pub(crate) fn new(settings: SecondFactorSettings, secrets: &crate::secrets::Secrets) -> Self {
        Self {
            settings,
            keys: SecondFactorKeys::derive(secrets),
        }
    }

    pub(crate) fn store(&self) -> &Arc<dyn SecondFactorStore> {
        &self.settings.store
    }

    pub(crate) fn require(&self) -> Require {
        self.settings.require
    }

    pub(crate) fn passkeys(&self) -> PasskeysAsFactor {
        self.settings.passkeys
    }

    /// How long a browser is remembered, where any is.
    pub(crate) fn remember(&self) -> Option<Duration> {
        self.settings.remember
    }

    /// How long a proof is recent.
    pub(crate) fn recent(&self) -> Duration {
        self.settings.recent
    }

    /// What apps show above the code.
    pub(crate) fn issuer<'a>(&'a self, host: &'a str) -> &'a str {
        self.settings.issuer.as_deref().unwrap_or(host)
    }
}
