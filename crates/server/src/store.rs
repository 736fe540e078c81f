//! The database and the tables in it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hallpass::adapter::PRISMA_LAYOUT;
use hallpass::auth::environment::{Clock as _, Random as _};
use hallpass::auth::secret::Secret;
use hallpass::data::{Client, ClientOptions};
use hallpass::db::{Database, Options};
use hallpass::zmodel::{Source, load};

use crate::clock::SystemClock;
use crate::config::App;
use crate::failure::Failure;
use crate::random::SystemRandom;

/// How long one statement may run. Shorter than a request may take, so that a slow database is answered for.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// The model that is asked for to see whether the database answers: it is small, and read by its key.
const PROBED: &str = "VerificationToken";

/// The database, open, with all tables there.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    client: Client,
}

impl Store {
    /// Opens the database and makes the tables it lacks.
    ///
    /// # Errors
    /// [`Failure`] says what was tried and what to do.
    pub(crate) async fn open(url: &Secret, app: App) -> Result<Self, Failure> {
        let options = Options {
            statement_timeout: Some(STATEMENT_TIMEOUT),
            ..Options::default()
        };
        let schema = match app {
            App::Todos => todos::SCHEMA,
            App::None => PRISMA_LAYOUT,
        };
        let schema = load(&[Source {
            name: "schema.zmodel",
            text: schema,
        }])?;
        let database = Database::connect(url.expose(), options).await?;
        let environment = ClientOptions::new(
            || SystemClock.now(),
            |bytes: &mut [u8]| SystemRandom.fill(bytes),
        );
        let client = Client::new(database.clone(), Arc::new(schema), environment)?;
        let created = client.create_missing_tables().await?;
        if !created.tables.is_empty() {
            tracing::info!(
                tables = created.tables.join(", "),
                "created the missing tables"
            );
        }
        Ok(Self { database, client })
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
        self.database.close().await;
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Store")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}
