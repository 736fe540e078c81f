//! Keeps the change log small.

use async_trait::async_trait;
use hallpass::changes::{Changes, ChangesError, Log, Retention, Turn};

use super::run::Duty;

/// Removes what is not to be kept, and says once who keeps it from that.
#[derive(Debug)]
pub(super) struct Keeping {
    log: Log,
    retention: Retention,
    held_by: Vec<String>,
}

impl Keeping {
    pub(super) fn new(changes: &Changes, retention: Retention) -> Self {
        Self {
            log: changes.log(),
            retention,
            held_by: Vec::new(),
        }
    }
}

#[async_trait]
impl Duty for Keeping {
    fn name(&self) -> String {
        "retention".to_owned()
    }

    async fn turn(&mut self) -> Result<Turn, ChangesError> {
        let removed = self.log.remove(self.retention, &[]).await?;
        if removed.changes > 0 {
            tracing::info!("removed {} changes from the change log", removed.changes);
        }
        if removed.held_by != self.held_by && !removed.held_by.is_empty() {
            tracing::warn!(
                "the change log grows beyond what is to be kept: not read yet by {}; `hallpass changes clean --past NAME` \
                 removes it all the same",
                removed.held_by.join(", ")
            );
        }
        self.held_by = removed.held_by;
        Ok(Turn::Rest)
    }
}
