//! Takes connections and speaks HTTP/1.1 on them, each within bounds, until asked to stop.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use hallpass::auth::client::PeerAddress;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::patience::Patience;
use super::site::Site;
use crate::shutdown::Stop;

/// Connections open at the same time; the next ones wait in the system's queue.
const MAX_CONNECTIONS: usize = 4096;

/// How long a client may take to send the head of a request, and how long a kept connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take nothing of what we send.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Request line and headers together. Session cookies come in chunks of 4 KiB, so there is room for several.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// How long running requests get to finish after the request to stop.
const GRACE: Duration = Duration::from_secs(4);

/// How long to wait when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until asked to stop, then lets running requests finish.
pub(crate) async fn serve(listener: TcpListener, site: Site, mut stop: Stop) {
    let http = http();
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let connection = tokio::select! {
            connection = accept(&listener, &slots) => connection,
            () = stop.requested() => break,
        };
        let (http, site, watcher) = (http.clone(), site.clone(), graceful.watcher());
        tokio::spawn(async move {
            speak(http, connection.stream, (site, connection.peer), watcher).await;
            drop(connection.slot);
        });
    }
    drop(listener);
    if timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
}

/// One request has at most 100 headers: hyper's own bound, for which it needs no memory from the heap.
fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(MAX_HEAD_BYTES)
        .max_buf_size(2 * MAX_HEAD_BYTES);
    http
}

/// A connection, and its place among those that may be open.
struct Connection {
    stream: TcpStream,
    peer: PeerAddress,
    slot: Option<OwnedSemaphorePermit>,
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Connection {
    // Never closed, so there is always a permit in the end.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small; waiting to fill a packet only delays them. A failure costs speed, nothing else.
                let _ = stream.set_nodelay(true);
                let peer = PeerAddress(peer.ip());
                return Connection { stream, peer, slot };
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

/// Every request says where its connection comes from.
async fn speak<S>(
    http: http1::Builder,
    stream: S,
    (site, peer): (Site, PeerAddress),
    watcher: Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = TokioIo::new(Patience::new(stream, WRITE_TIMEOUT));
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let site = site.clone();
        async move {
            let mut request = with_body(request);
            request.extensions_mut().insert(peer);
            Ok::<_, Infallible>(site.answer(request).await)
        }
    });
    if let Err(error) = watcher.watch(http.serve_connection(stream, service)).await {
        tracing::debug!(%error, "connection ended");
    }
}

/// Most requests have no body, and need no box for one.
fn with_body(request: hyper::Request<Incoming>) -> Request {
    request.map(|body| {
        if body.is_end_stream() {
            Body::empty()
        } else {
            Body::new(body)
        }
    })
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use axum::{Extension, Router};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::Instant;

    use super::*;

    /// A conversation with a server that says hello; it ends when the second part is dropped.
    fn conversation() -> (DuplexStream, GracefulShutdown) {
        let (ours, theirs) = duplex(1024);
        let greet =
            async |Extension(PeerAddress(peer)): Extension<PeerAddress>| format!("hello {peer}");
        let site = Site::of_pages(Router::new().route("/", get(greet)));
        let peer = PeerAddress([192, 0, 2, 7].into());
        let graceful = GracefulShutdown::new();
        tokio::spawn(speak(http(), ours, (site, peer), graceful.watcher()));
        (theirs, graceful)
    }

    async fn everything(client: &mut DuplexStream) -> String {
        let mut answer = String::new();
        // A connection that is cut is one that ended.
        let _ = client.read_to_string(&mut answer).await;
        answer
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_a_head_too_slowly_is_cut_off() {
        let (mut client, _graceful) = conversation();
        let start = Instant::now();
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n")
            .await
            .unwrap();
        let answer = everything(&mut client).await;
        assert!(!answer.contains("hello"), "{answer}");
        assert!(
            start.elapsed() < HEAD_TIMEOUT + Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_kept_connection_that_stays_idle_is_closed() {
        let (mut client, _graceful) = conversation();
        let start = Instant::now();
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        let answer = everything(&mut client).await;
        assert!(answer.ends_with("hello 192.0.2.7"), "{answer}");
        assert!(
            start.elapsed() < HEAD_TIMEOUT + Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
    }
}
