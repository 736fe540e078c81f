//! Takes connections and speaks HTTP/1.1 on them, each within bounds, until asked to stop.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::patience::Patience;
use crate::shutdown::Stop;

/// Connections open at the same time; the next ones wait in the system's queue.
const MAX_CONNECTIONS: usize = 4096;

/// How long a client may take to send the head of a request, and how long a kept connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take nothing of what we send.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Request line and headers together. Session cookies come in chunks of 4 KiB, so there is room for several.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Headers of one request.
const MAX_HEADERS: usize = 100;

/// How long running requests get to finish after the request to stop.
const GRACE: Duration = Duration::from_secs(4);

/// How long to wait when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until asked to stop, then lets running requests finish.
pub(crate) async fn serve(listener: TcpListener, app: Router, mut stop: Stop) {
    let http = http();
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let connection = tokio::select! {
            connection = accept(&listener, &slots) => connection,
            () = stop.requested() => break,
        };
        tokio::spawn(speak(
            http.clone(),
            connection,
            app.clone(),
            graceful.watcher(),
        ));
    }
    drop(listener);
    if timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .max_buf_size(2 * MAX_HEAD_BYTES);
    http
}

/// A connection, and its place among those that may be open.
struct Connection {
    stream: TcpStream,
    _slot: Option<OwnedSemaphorePermit>,
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Connection {
    // Never closed, so there is always a permit in the end.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                return Connection {
                    stream,
                    _slot: slot,
                };
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot take connections; trying again");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether the client went away before we took its connection.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionRefused | ConnectionAborted | ConnectionReset
    )
}

async fn speak(http: http1::Builder, connection: Connection, app: Router, watcher: Watcher) {
    // Answers are small; waiting to fill a packet only delays them. A failure costs speed, nothing else.
    let _ = connection.stream.set_nodelay(true);
    let stream = TokioIo::new(Patience::new(connection.stream, WRITE_TIMEOUT));
    let conversation = http.serve_connection(stream, TowerToHyperService::new(app));
    if let Err(error) = watcher.watch(conversation).await {
        tracing::debug!(%error, "connection ended");
    }
}
