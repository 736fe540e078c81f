//! The database and the tables in it.

use std::fmt;
use std::path::Path;

use hallpass::Client;
use hallpass::auth::secret::Secret;
use hallpass::data::{Growth, MissingColumn};

use crate::config::{App, Tables};
use crate::failure::Failure;

/// The model that is asked for to see whether the database answers: its table is small.
const PROBED: &str = "VerificationToken";

/// The database, open, with all tables there.
#[derive(Clone)]
pub(crate) struct Store {
    client: Client,
}

/// The text of a schema file.
///
/// # Errors
/// [`Failure::Schema`] names the file.
pub(crate) fn read_schema(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|source| Failure::Schema {
        path: path.to_owned(),
        source,
    })
}

impl Store {
    /// Opens the database and makes the tables it lacks, and what else may be added.
    ///
    /// # Errors
    /// [`Failure::SetUp`] says what was tried and what to do.
    pub(crate) async fn open(
        url: &Secret,
        app: App,
        tables: &Tables,
        growth: Growth,
    ) -> Result<Self, Failure> {
        let url = url.expose();
        let (client, created) = match (app, tables) {
            (App::Todos, _) => hallpass::open_growing(url, todos::SCHEMA, growth).await?,
            (App::None, Tables::Layout(choice)) => {
                hallpass::open_layout_growing(url, *choice, growth).await?
            }
            (App::None, Tables::Schema(path)) => {
                let text = read_schema(path)?;
                hallpass::open_growing(url, &text, growth).await?
            }
        };
        for MissingColumn { table, column } in created.columns {
            tracing::info!("added the column `{column}` to the table `{table}`");
        }
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
