//! What `hallpass serve` does beside answering: it tells other databases and servers of users, writes the audit trail, and keeps the change
//! log small.
//!
//! Each piece of work is a task of its own with a name, so that one that stands still delays no other. Of several processes on
//! one database one is at each piece of work at a time (`hallpass::changes::Worker`). A failure is logged when it begins and when it
//! ends, and stands in `hallpass sync status` meanwhile.
//!
//! To add work: its file here with a [`Duty`], its line in [`Background::begin`].

mod audit;
mod pace;
mod retention;
mod run;
mod sync;
mod webhooks;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hallpass::auth::environment::Random as _;
use hallpass::auth::outgoing::{HttpClient, ReqwestClient};
use hallpass::changes::{Changes, Retention};
use hallpass::system::SystemRandom;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::audit::Auditing;
use crate::config::{self, Config, Sync, Webhook};
use crate::failure::Failure;
use crate::shutdown::Stop;
use crate::store::Store;

use pace::Pace;
use run::{Duty, Run};

/// How long all work together may take to end.
const END_TIMEOUT: Duration = Duration::from_secs(3);

/// What is to be done.
pub(crate) struct Work {
    changes: Changes,
    schema: Arc<hallpass::data::zmodel::Schema>,
    retention: Retention,
    sync: Sync,
    webhooks: Vec<Webhook>,
    /// The audit trail, and what it keeps.
    audit: Option<(Auditing, config::Audit)>,
    /// Sends messages, where there are any to send.
    http: Option<Arc<dyn HttpClient>>,
}

/// What is being done.
#[derive(Debug)]
pub(crate) struct Background {
    tasks: JoinSet<()>,
    writing: Option<audit::Writing>,
    changes: Changes,
}

/// Connects to the change log, where there is anything to do or to measure; connections of its own, so that no request waits
/// for one.
///
/// # Errors
/// [`Failure::Changes`] with what to check.
pub(crate) async fn connect(config: &Config) -> Result<Option<Changes>, Failure> {
    let is_idle = config.sync.targets.is_empty()
        && config.webhooks.is_empty()
        && config.audit.is_none()
        && config.retention == Retention::default()
        && config.metrics.is_none();
    if is_idle {
        return Ok(None);
    }
    Ok(Some(Changes::connect(config.database_url.expose()).await?))
}

/// What the settings ask for.
///
/// # Errors
/// [`Failure::HttpClient`] when nothing can be sent.
pub(crate) fn prepare(
    changes: Changes,
    auditing: Option<Auditing>,
    config: &Config,
    store: &Store,
) -> Result<Work, Failure> {
    let http: Option<Arc<dyn HttpClient>> = if config.webhooks.is_empty() {
        None
    } else {
        Some(Arc::new(ReqwestClient::new()?))
    };
    Ok(Work {
        changes,
        schema: Arc::new(store.client().schema().clone()),
        retention: config.retention,
        sync: config.sync.clone(),
        webhooks: config.webhooks.clone(),
        audit: auditing.zip(config.audit),
        http,
    })
}

impl fmt::Debug for Work {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Work")
    }
}

impl Background {
    /// Begins everything, until asked to stop.
    pub(crate) fn begin(work: Work, stop: &Stop) -> Self {
        let mut tasks = JoinSet::new();
        let holder = SystemRandom.uuid();
        let changes = &work.changes;
        let mut begin = |duty: Box<dyn Duty>, pace| {
            let run = Run::new(changes, &holder, duty, pace);
            tasks.spawn(run.until(stop.clone()));
        };
        for target in &work.sync.targets {
            let duty = sync::Following::new(changes, &work.schema, target, work.sync.deletion);
            begin(Box::new(duty), Pace::following(work.sync.interval));
        }
        for webhook in &work.webhooks {
            if let Some(http) = &work.http {
                let duty = webhooks::Telling::new(changes, &work.schema, webhook, http);
                begin(Box::new(duty), Pace::following(work.sync.interval));
            }
        }
        if work.retention != Retention::default() {
            begin(
                Box::new(retention::Keeping::new(changes, work.retention)),
                Pace::keeping(),
            );
        }
        let mut writing = None;
        if let Some((auditing, settings)) = &work.audit {
            writing = Some(audit::Writing::begin(auditing));
            let trail = &auditing.audit;
            if settings.rows {
                let duty = audit::Chaining(trail.clone());
                begin(Box::new(duty), Pace::following(work.sync.interval));
            }
            if let Some(keep) = settings.keep {
                let audit = trail.clone();
                begin(Box::new(audit::Cutting { audit, keep }), Pace::keeping());
            }
        }
        Self {
            tasks,
            writing,
            changes: work.changes,
        }
    }

    /// Waits until all work has ended, which was asked to stop, and closes the connections.
    pub(crate) async fn end(mut self) {
        if let Some(writing) = self.writing.take() {
            writing.end().await;
        }
        let ended = timeout(END_TIMEOUT, async {
            while self.tasks.join_next().await.is_some() {}
            self.changes.close().await;
        });
        if ended.await.is_err() {
            tracing::warn!("work in the background did not end in time and was cut off");
        }
    }
}
