//! Lets the change log say who acts, in the tables that are tracked at this moment.

use std::time::Duration;

use hallpass::{Client, changes};
use tokio::time::sleep;

/// How soon `hallpass changes install`, by another process, is heeded.
const EVERY: Duration = Duration::from_secs(60);

/// Looks which tables are tracked. A database that cannot be asked is no reason to stop; what was known goes on.
pub(crate) async fn look(client: &Client) {
    if let Err(error) = changes::attribute(client).await {
        let code = error.code();
        tracing::debug!(code, "which tables are tracked could not be read");
    }
}

/// Never ends; drop it to stop.
pub(crate) async fn forever(client: &Client) {
    loop {
        sleep(EVERY).await;
        look(client).await;
    }
}
