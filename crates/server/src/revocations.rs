//! Asks the database, again and again, which sessions in cookies other processes ended, so that no request has to.

use std::time::Duration;

use hallpass::Auth;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

/// Asks until it is dropped.
#[derive(Debug)]
pub(crate) struct Refreshing(Option<JoinHandle<()>>);

impl Refreshing {
    /// Begins, where there is something to ask for.
    pub(crate) fn begin(auth: &Auth) -> Self {
        let every = auth.revocation_interval();
        Self(every.map(|every| tokio::spawn(refresh(auth.clone(), every / 2))))
    }
}

impl Drop for Refreshing {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
        }
    }
}

async fn refresh(auth: Auth, every: Duration) {
    let mut ticks = interval(every);
    // A database that was away for long is asked once, not once for every time that was missed.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // It is logged where it fails, once until it works again.
        let _ = auth.refresh_revocations().await;
    }
}
