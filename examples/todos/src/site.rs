//! What handlers work with.

use axum::extract::FromRef;
use hallpass::Client;

use crate::team::Board;

/// The state of all routes.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// With full access; handlers ask for [`hallpass::Db`], the person's.
    pub(crate) db: Client,
    /// The team board, where there is one.
    pub(crate) board: Option<Board>,
}

impl FromRef<Site> for Client {
    fn from_ref(site: &Site) -> Self {
        site.db.clone()
    }
}
