//! The audit trail of this process, where the settings ask for one.

use hallpass::audit::Recorder;
use hallpass::auth::secret::Secret;
use hallpass::changes::Changes;
use hallpass::changes::audit::{Audit, AuditKeys, NoKey};

use crate::config::Config;
use crate::failure::Failure;

/// The chain, and what takes entries down for it. Clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Auditing {
    /// The chain.
    pub(crate) audit: Audit,
    /// What keeps nobody waiting.
    pub(crate) recorder: Recorder,
}

/// Opens the trail, where the settings ask for one.
///
/// # Errors
/// [`Failure::Changes`] where its tables cannot be made.
pub(crate) async fn open(
    changes: Option<&Changes>,
    config: &Config,
) -> Result<Option<Auditing>, Failure> {
    let (Some(changes), Some(settings)) = (changes, &config.audit) else {
        return Ok(None);
    };
    let keys = keys(config.secrets.iter())?;
    Ok(Some(Auditing {
        audit: changes.open_audit(keys.clone()).await?,
        recorder: Recorder::new(keys, settings.clients),
    }))
}

/// What entries are sealed by.
///
/// # Errors
/// [`NoKey`] without a secret.
pub(crate) fn keys<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Result<AuditKeys, NoKey> {
    AuditKeys::derive(secrets.into_iter().map(Secret::expose))
}
