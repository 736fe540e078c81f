//! Messages between programs on one database.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Messages that wait to be heard, at most; of more it is only said that some were missed.
const WAITING: usize = 256;

/// Hears what programs on one database tell each other on a channel, from when it was made until the connection is lost.
/// Made by [`Database::listen`](crate::Database::listen).
pub struct Listener {
    messages: mpsc::Receiver<String>,
    missed: Arc<AtomicBool>,
    connection: AbortHandle,
    /// What the connection lives by.
    _kept: Kept,
}

type Kept = Box<dyn Any + Send + Sync>;

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A message.
    Message(String),
    /// There were more messages than anybody listened to.
    Missed,
}

impl Listener {
    /// The next message, once there is one; `None` when the connection is lost.
    pub async fn next(&mut self) -> Option<Heard> {
        if self.missed.swap(false, Ordering::Relaxed) {
            return Some(Heard::Missed);
        }
        self.messages.recv().await.map(Heard::Message)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Listener(..)")
    }
}

/// Where a driver puts what it hears.
pub(crate) struct Hearing {
    messages: mpsc::Sender<String>,
    missed: Arc<AtomicBool>,
}

impl Hearing {
    /// The end of the driver, and what makes the other of the task that drives the connection and of what keeps it.
    pub(crate) fn pair() -> (Self, impl FnOnce(AbortHandle, Kept) -> Listener) {
        let (sender, messages) = mpsc::channel(WAITING);
        let missed = Arc::new(AtomicBool::new(false));
        let hearing = Self {
            messages: sender,
            missed: Arc::clone(&missed),
        };
        let listener = move |connection, kept| Listener {
            messages,
            missed,
            connection,
            _kept: kept,
        };
        (hearing, listener)
    }

    /// Never waits: whoever keeps the server waiting would fill its queue of messages.
    pub(crate) fn hear(&self, message: &str) {
        if self.messages.try_send(message.to_owned()).is_err() {
            self.missed.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn too_many_messages_are_missed_and_that_is_said() {
        let (hearing, listener) = Hearing::pair();
        let connection = tokio::spawn(async {});
        let mut listener = listener(connection.abort_handle(), Box::new(()));
        for _ in 0..WAITING {
            hearing.hear("one");
        }
        assert_eq!(
            listener.next().await,
            Some(Heard::Message("one".to_owned()))
        );
        hearing.hear("fits");
        hearing.hear("does not");
        assert_eq!(listener.next().await, Some(Heard::Missed));
        for _ in 1..WAITING {
            assert_eq!(
                listener.next().await,
                Some(Heard::Message("one".to_owned()))
            );
        }
        assert_eq!(
            listener.next().await,
            Some(Heard::Message("fits".to_owned()))
        );
        drop(hearing);
        assert_eq!(listener.next().await, None);
    }
}
