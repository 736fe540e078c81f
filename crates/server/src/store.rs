//! The database and the tables in it.

use std::fmt;

use hallpass::auth::secret::Secret;
use hallpass::{Client, PRISMA_LAYOUT};

use crate::config::App;
use crate::failure::Failure;

/// The model that is asked for to see whether the database answers: its table is small.
const PROBED: &str = "VerificationToken";

/// The database, open, with all tables there.
#[derive(Clone)]
pub(crate) struct Store {
    client: Client,
}

impl Store {
    /// Opens the database and makes the tables it lacks.
    ///
    /// # Errors
    /// [`Failure::SetUp`] says what was tried and what to do.
    pub(crate) async fn open(url: &Secret, app: App) -> Result<Self, Failure> {
        let schema = match app {
            App::Todos => todos::SCHEMA,
            App::None => PRISMA_LAYOUT,
        };
        let client = hallpass::open(url.expose(), schema).await?;
        Ok(Self { client })
    }

    /// What applications read and write with.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether the database answers.
    pub(crate) async fn is_ready(&self) -> bool {
        self.client.find_first(PROBED).run().await.is_ok()
    }

    /// Ends all connections.
    pub(crate) async fn close(&self) {
        self.client.close().await;
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Store")
    }
}
