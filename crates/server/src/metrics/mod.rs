//! Measurements for operators, where Prometheus reads them: `GET /metrics` at an address of its own, off unless set.
//!
//! SECURITY: asked by anybody who reaches the address. Labels hold names of the settings and of the program, never anything of
//! a person, no address and no secret.

mod text;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::get;
use hallpass::changes::webhooks::{Counts, Disabled};
use hallpass::changes::{Changes, ChangesError, Kept, ReaderStatus, WorkerStatus};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::http::connections;
use crate::http::site::Site;
use crate::listen;
use crate::shutdown::Stop;

use text::Text;

/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The text format of Prometheus.
///
/// Source: the exposition formats of Prometheus, text format 0.0.4.
const TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Where measurements are read.
#[derive(Debug)]
pub(crate) struct Metrics {
    listener: TcpListener,
    changes: Changes,
}

impl Metrics {
    /// Listens, where an address is set.
    ///
    /// # Errors
    /// [`Failure::PortTaken`] and [`Failure::Listen`].
    pub(crate) async fn open(
        address: Option<SocketAddr>,
        changes: Option<&Changes>,
    ) -> Result<Option<Self>, Failure> {
        let (Some(address), Some(changes)) = (address, changes) else {
            return Ok(None);
        };
        let listener = listen::on(address.ip(), address.port()).await?;
        let address = listen::address(&listener)?;
        tracing::info!("measurements are at http://{address}/metrics");
        Ok(Some(Self {
            listener,
            changes: changes.clone(),
        }))
    }

    /// Answers until asked to stop.
    pub(crate) async fn serve(self, stop: Stop) {
        let changes = self.changes;
        let answer = move || {
            let changes = changes.clone();
            async move {
                let headers = [(CONTENT_TYPE, TYPE), (CACHE_CONTROL, "no-store")];
                (headers, all(&changes).await).into_response()
            }
        };
        let pages = Router::new().route("/metrics", get(answer));
        connections::serve(self.listener, Site::of_pages(pages), stop).await;
    }
}

/// What the database says of the change log.
struct Measured {
    extent: Option<hallpass::changes::Extent>,
    readers: Vec<ReaderStatus>,
    /// How many users each target of user sync refuses.
    refused: Vec<(String, i64)>,
    workers: Vec<WorkerStatus>,
    queues: Vec<Counts>,
    disabled: Vec<Disabled>,
    /// The number of the newest entry of the audit trail.
    entries: Option<i64>,
}

async fn all(changes: &Changes) -> String {
    let mut text = Text::default();
    let version = env!("CARGO_PKG_VERSION");
    text.gauge("hallpass_build_info", "The version that runs.")
        .row(&[("version", version)], 1);
    let measured = timeout(PATIENCE, measure(changes)).await;
    let measured = measured.ok().and_then(Result::ok);
    text.gauge("hallpass_database_up", "Whether the database answered.")
        .row(&[], i64::from(measured.is_some()));
    if let Some(measured) = measured {
        log(&mut text, &measured);
        readers(&mut text, &measured.readers);
        refused(&mut text, &measured.refused);
        workers(&mut text, &measured.workers);
        queues(&mut text, &measured.queues);
        disabled(&mut text, &measured.disabled);
        if let Some(entries) = measured.entries {
            text.gauge(
                "hallpass_audit_entries",
                "The number of the newest entry of the audit trail.",
            )
            .row(&[], entries);
        }
    }
    text.into_string()
}

async fn measure(changes: &Changes) -> Result<Measured, ChangesError> {
    let trail = changes.trail();
    // Asked first: not every database likes to be asked for tables that are not there.
    let entries = match trail.is_there().await? {
        true => Some(trail.head().await?.number),
        false => None,
    };
    let readers = changes.readers().await?;
    let mut refused = Vec::new();
    for target in readers.iter().filter_map(|one| Kept::target_of(&one.name)) {
        let users = changes.users().refusals(target).await?;
        let count = i64::try_from(users.len()).unwrap_or(i64::MAX);
        refused.push((target.to_owned(), count));
    }
    Ok(Measured {
        extent: changes.extent().await?,
        readers,
        refused,
        workers: changes.workers().await?,
        queues: changes.deliveries().counts().await?,
        disabled: changes.deliveries().disabled().await?,
        entries,
    })
}

fn log(text: &mut Text, measured: &Measured) {
    let installed = i64::from(measured.extent.is_some());
    text.gauge(
        "hallpass_changes_installed",
        "Whether there is a change log.",
    )
    .row(&[], installed);
    let Some(extent) = measured.extent else {
        return;
    };
    text.gauge(
        "hallpass_changes_position",
        "The position of the last change.",
    )
    .row(&[], extent.last);
    let help = "The position up to which changes were removed.";
    text.gauge("hallpass_changes_removed_position", help)
        .row(&[], extent.removed);
}

/// A measurement of a reader: name, help, value.
type OfReader = (&'static str, &'static str, fn(&ReaderStatus) -> i64);

const OF_READERS: [OfReader; 4] = [
    (
        "hallpass_reader_position",
        "The position that a reader of the change log has read up to.",
        |reader| reader.position,
    ),
    (
        "hallpass_reader_lag_changes",
        "How many changes lie before a reader.",
        |reader| reader.behind,
    ),
    (
        "hallpass_reader_lag_seconds",
        "How long the oldest change that lies before a reader has been waiting.",
        |reader| i64::try_from(reader.waits.as_secs()).unwrap_or(i64::MAX),
    ),
    (
        "hallpass_reader_lost",
        "Whether changes that a reader had not read were removed.",
        |reader| i64::from(reader.is_lost),
    ),
];

fn readers(text: &mut Text, readers: &[ReaderStatus]) {
    for (name, help, value) in OF_READERS {
        let mut gauge = text.gauge(name, help);
        for reader in readers {
            gauge.row(&[("reader", &reader.name)], value(reader));
        }
    }
}

fn refused(text: &mut Text, targets: &[(String, i64)]) {
    let help = "How many users a target of user sync refuses, while it is told of others.";
    let mut gauge = text.gauge("hallpass_sync_refused_users", help);
    for (target, users) in targets {
        gauge.row(&[("target", target)], *users);
    }
}

/// A measurement of an endpoint of webhooks: name, help, value.
type OfQueue = (&'static str, &'static str, fn(&Counts) -> u64);

const OF_QUEUES: [OfQueue; 3] = [
    (
        "hallpass_webhook_waiting",
        "Deliveries that wait to be sent, or sent again.",
        |queue| queue.waiting,
    ),
    (
        "hallpass_webhook_dead",
        "Deliveries that were given up.",
        |queue| queue.dead,
    ),
    (
        "hallpass_webhook_oldest_seconds",
        "How long the oldest delivery that waits has been waiting.",
        |queue| queue.waits.as_secs(),
    ),
];

fn queues(text: &mut Text, queues: &[Counts]) {
    for (name, help, value) in OF_QUEUES {
        let mut gauge = text.gauge(name, help);
        for queue in queues {
            let value = i64::try_from(value(queue)).unwrap_or(i64::MAX);
            gauge.row(&[("endpoint", &queue.endpoint)], value);
        }
    }
}

fn disabled(text: &mut Text, disabled: &[Disabled]) {
    let help = "Endpoints that answered that they are gone, and are told no more.";
    let mut gauge = text.gauge("hallpass_webhook_disabled", help);
    for one in disabled {
        gauge.row(&[("endpoint", &one.endpoint)], 1);
    }
}

fn workers(text: &mut Text, workers: &[WorkerStatus]) {
    let help = "Whether a process is at this work in the background.";
    let mut held = text.gauge("hallpass_worker_held", help);
    for worker in workers {
        held.row(&[("worker", &worker.name)], i64::from(worker.is_held));
    }
    let failing = || workers.iter().filter_map(|one| Some((one, one.failing?)));
    let help = "Work in the background that stands still, and why.";
    let mut gauge = text.gauge("hallpass_worker_failing", help);
    for (worker, (_, why)) in failing() {
        gauge.row(&[("worker", &worker.name), ("reason", why.name())], 1);
    }
    let help = "Since when work in the background stands still.";
    let mut gauge = text.gauge("hallpass_worker_failing_since_timestamp_seconds", help);
    for (worker, (since, _)) in failing() {
        gauge.row(&[("worker", &worker.name)], since.as_second());
    }
}
