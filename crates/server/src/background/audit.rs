//! The audit trail: writes what this process has taken down, takes what happened to rows into the chain, and removes what is old.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hallpass::audit::Recorder;
use hallpass::changes::audit::{Audit, Checkpoint, READER};
use hallpass::changes::{ChangesError, Turn};
use hallpass::system::SystemRandom;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::pace::after;
use super::run::Duty;
use crate::audit::Auditing;

/// How long what is taken down waits for more.
const PAUSE: Duration = Duration::from_millis(250);
/// How long one write may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the last one may.
const FAREWELL: Duration = Duration::from_secs(3);
/// How often the end of the chain is logged, so that it is kept elsewhere.
const SAID: Duration = Duration::from_secs(3600);

/// Writes entries of this process for as long as it lives. Each process does: there is no lease, and nobody waits for another.
#[derive(Debug)]
pub(super) struct Writing {
    task: JoinHandle<()>,
    stop: Arc<Notify>,
    auditing: Auditing,
}

impl Writing {
    pub(super) fn begin(auditing: &Auditing) -> Self {
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(forever(auditing.clone(), Arc::clone(&stop)));
        Self {
            task,
            stop,
            auditing: auditing.clone(),
        }
    }

    /// Writes what is left, after everybody who takes entries down has ended.
    pub(super) async fn end(self) {
        self.stop.notify_one();
        let Auditing { audit, recorder } = &self.auditing;
        let last = async {
            // A write that was begun ends first.
            let _ = self.task.await;
            let flushed = recorder.flush(audit).await;
            say_head(audit).await;
            flushed
        };
        if !matches!(timeout(FAREWELL, last).await, Ok(Ok(_))) {
            let entries = recorder.waiting();
            tracing::error!(
                entries,
                "entries of the audit trail could not be written and are lost"
            );
        }
    }
}

async fn forever(Auditing { audit, recorder }: Auditing, stop: Arc<Notify>) {
    let mut failures = 0;
    let mut said = None;
    loop {
        match write(&audit, &recorder).await {
            Ok(()) => {
                if failures > 0 {
                    tracing::info!("the audit trail is written again");
                }
                failures = 0;
            }
            Err(code) => {
                if failures == 0 {
                    tracing::error!(
                        code,
                        "the audit trail cannot be written; entries wait in this process"
                    );
                }
                failures = u32::saturating_add(failures, 1);
            }
        }
        if failures == 0 && said.is_none_or(|at: Instant| at.elapsed() > SAID) {
            say_head(&audit).await;
            said = Some(Instant::now());
        }
        let pause = if failures == 0 {
            PAUSE
        } else {
            after(failures, &SystemRandom)
        };
        tokio::select! {
            () = stop.notified() => return,
            () = sleep(pause) => {}
        }
    }
}

/// SECURITY: of an error only the database's code is told: its text may name what is in an entry.
async fn write(audit: &Audit, recorder: &Recorder) -> Result<(), Option<String>> {
    if recorder.waiting() == 0 && !recorder.has_folded() {
        return Ok(());
    }
    match timeout(PATIENCE, recorder.flush(audit)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.code().map(str::to_owned)),
        Err(_) => Err(None),
    }
}

/// Whoever keeps the log elsewhere finds by it whether the newest entries were removed.
async fn say_head(audit: &Audit) {
    if let Ok(head) = audit.head().await {
        let (entries, head) = (head.number, Checkpoint(head));
        tracing::info!(audit.entries = entries, audit.head = %head, "the end of the audit trail");
    }
}

/// What happens to rows, from the change log.
#[derive(Debug)]
pub(super) struct Chaining(pub(super) Audit);

#[async_trait]
impl Duty for Chaining {
    fn name(&self) -> String {
        READER.to_owned()
    }

    async fn turn(&mut self) -> Result<Turn, ChangesError> {
        Ok(match self.0.gather().await? {
            true => Turn::More,
            false => Turn::Rest,
        })
    }
}

/// Removes entries that are older than is to be kept.
#[derive(Debug)]
pub(super) struct Cutting {
    pub(super) audit: Audit,
    pub(super) keep: Duration,
}

#[async_trait]
impl Duty for Cutting {
    fn name(&self) -> String {
        "audit-retention".to_owned()
    }

    async fn turn(&mut self) -> Result<Turn, ChangesError> {
        let cut = self.audit.cut(self.keep).await?;
        if cut.entries > 0 {
            tracing::info!("removed {} entries from the audit trail", cut.entries);
        }
        Ok(if cut.is_more { Turn::More } else { Turn::Rest })
    }
}
