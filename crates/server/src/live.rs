//! Live queries: what wakes them beside this process, and their end.

use hallpass::auth::environment::Random as _;
use hallpass::auth::secret::Secret;
use hallpass::changes::live::Feed;
use hallpass::system::SystemRandom;

use crate::config::Data;
use crate::shutdown::Stop;
use crate::store::Store;

/// What tells of writes of other programs, where there are live queries.
pub(crate) fn feed(settings: &Data, url: &Secret, store: &Store) -> Option<Feed> {
    let live = settings.live?;
    // Refused to clients of a person, and the store's is none.
    let wakes = store.client().wakes().ok()?;
    let process = SystemRandom.uuid();
    Some(Feed::new(url.expose(), wakes, &process, live.interval))
}

/// Ends live queries with the process: they never end by themselves, and clients come back to whoever answers then.
pub(crate) async fn end(store: Store, mut stop: Stop) {
    stop.requested().await;
    match store.client().wakes() {
        Ok(wakes) => wakes.close(),
        Err(error) => tracing::error!(%error, "live queries could not be ended"),
    }
}
