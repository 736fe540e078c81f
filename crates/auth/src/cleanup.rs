//! Removal of what has expired: links that nobody followed, sessions that nobody uses.
//!
//! The engine has no timer. `hallpass serve` calls [`Auth::remove_expired`] every hour; an application that uses the
//! library does it in a task of its own:
//!
//! ```no_run
//! # use std::time::Duration;
//! # async fn example(auth: hallpass_auth::Auth) {
//! loop {
//!     while let Ok(removed) = auth.remove_expired().await && removed.may_be_more() {
//!         tokio::time::sleep(Duration::from_millis(100)).await;
//!     }
//!     tokio::time::sleep(Duration::from_secs(3_600)).await;
//! }
//! # }
//! ```

use std::time::Duration;

use crate::Auth;
use crate::adapter::{AdapterError, Removed};
use crate::time::before;

/// How long what has expired stays, so that whoever comes a little late is told why.
const GRACE: Duration = Duration::from_secs(86_400);

/// How many rows of a kind one call removes at most: few enough that nobody waits for them.
const BATCH: usize = 500;

impl Auth {
    /// Removes what expired more than a day ago: at most 500 rows of each kind, so that no other request waits for
    /// long. Call it again while [`Removed::may_be_more`], with pauses. Without a store it does nothing. Several
    /// processes may do it at the same time.
    ///
    /// # Errors
    ///
    /// What the store says, where nothing could be removed. Where rows of some kinds alone could not, [`Removed::failed`] says which.
    pub async fn remove_expired(&self) -> Result<Removed, AdapterError> {
        let Some(store) = &self.context.store else {
            return Ok(Removed::default());
        };
        let moment = before(self.context.now(), GRACE);
        store.remove_expired(moment, BATCH).await
    }
}
