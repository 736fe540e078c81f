//! Mail over SMTP.
//!
//! One try is: take an idle connection or open one (connect, TLS, sign in), then hand over the
//! message. Each of these steps has the timeout of [`Retry`]; the connection returns to the idle
//! ones only after a clean end, so a try that was cancelled can never leave its answer for the next.
//!
//! A reply that gets lost after the message was handed over makes a second copy possible; both
//! carry the same `Message-ID`.

mod answer;
mod connection;
mod letter;
mod settings;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use self::answer::Step;
use self::connection::Server;
use self::letter::Letter;
use super::retry::Failure;
use super::{Message, Retry, SendError, Transport};

pub use settings::{Security, Settings, SettingsError};

/// How long an unused connection is kept: shorter than servers wait, which is minutes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long an idle connection may take to show that it is alive.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends mail over SMTP.
#[derive(Debug)]
pub struct Smtp {
    server: Server,
    retry: Retry,
    idle: Mutex<Vec<Idle>>,
    permits: Semaphore,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl std::fmt::Debug for Idle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Idle(..)")
    }
}

impl Smtp {
    /// A transport with these settings. Connects with the first message.
    ///
    /// # Errors
    /// [`SettingsError`] when the settings contradict each other or a certificate cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            server: Server::new(settings)?,
            retry: settings.retry,
            idle: Mutex::default(),
            permits: Semaphore::new(settings.max_connections.get()),
        })
    }

    async fn try_once(&self, letter: &Letter) -> Result<(), Failure> {
        let _permit = self.permits.acquire().await;
        let mut connection = match self.take_idle().await {
            Some(connection) => connection,
            None => self.server.open(self.retry.timeout).await?,
        };
        let handed_over = connection.send(&letter.envelope, &letter.bytes);
        self.server
            .within(self.retry.timeout, Step::Deliver, handed_over)
            .await?;
        self.keep(connection);
        Ok(())
    }

    /// An idle connection that still answers.
    async fn take_idle(&self) -> Option<AsyncSmtpConnection> {
        while let Some(mut idle) = self.pop_idle() {
            let fresh = idle.since.elapsed() < IDLE_TIMEOUT;
            let alive = timeout(PROBE_TIMEOUT, idle.connection.test_connected());
            if fresh && alive.await.unwrap_or(false) {
                return Some(idle.connection);
            }
        }
        None
    }

    fn pop_idle(&self) -> Option<Idle> {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }

    // Never more than the permits, because each was taken from here or opened under one.
    fn keep(&self, connection: AsyncSmtpConnection) {
        if !connection.has_broken() {
            let idle = Idle {
                connection,
                since: Instant::now(),
            };
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(idle);
        }
    }
}

#[async_trait]
impl Transport for Smtp {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let letter = Letter::new(message.checked()?)?;
        self.retry.run(|| self.try_once(&letter)).await
    }
}
