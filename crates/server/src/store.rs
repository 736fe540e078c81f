//! The database and the tables in it.

use std::fmt;

use hallpass::Client;
use hallpass::auth::secret::Secret;
use hallpass::data::zmodel::Schema;
use hallpass::data::{ClientOptions, Growth, MissingColumn, SetUpError, Source};
use todos::{Board, Keeping};

use crate::config::{App, Tables};
use crate::failure::Failure;
use crate::schema;

/// The model that is asked for to see whether the database answers: its table is small.
const PROBED: &str = "VerificationToken";

/// The database, open, with all tables there.
#[derive(Clone)]
pub(crate) struct Store {
    client: Client,
    board: Option<Board>,
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
        options: ClientOptions,
        growth: Growth,
    ) -> Result<Self, Failure> {
        let url = url.expose();
        let (client, created) = match (app, tables) {
            (App::None, Tables::Layout(choice)) => {
                hallpass::open_layout_growing(url, *choice, options, growth).await?
            }
            (App::None, Tables::Schema(path)) => {
                let loaded = schema::load_beside_own(path)?;
                for warning in &loaded.warnings {
                    tracing::warn!("{warning}");
                }
                hallpass::open_schema(url, loaded.schema, options, growth).await?
            }
            (App::Todos, _) => {
                let schema = read("schema.zmodel", todos::SCHEMA)?;
                hallpass::open_schema(url, schema, options, growth).await?
            }
            (App::Team, _) => {
                let schema = read("team.zmodel", todos::TEAM_SCHEMA)?;
                hallpass::open_schema(url, schema, options, growth).await?
            }
        };
        for MissingColumn { table, column } in created.columns {
            tracing::info!("added the column `{column}` to the table `{table}`");
        }
        Ok(Self {
            client,
            board: None,
        })
    }

    /// The same with what the team board stands on, made where it is missing.
    ///
    /// # Errors
    /// [`Failure::Board`] when users cannot be told of.
    pub(crate) async fn with_board(self, url: &Secret, keeping: Keeping) -> Result<Self, Failure> {
        let board = Board::open(url.expose(), &self.client, keeping).await?;
        Ok(Self {
            board: Some(board),
            ..self
        })
    }

    /// The team board, where there is one.
    pub(crate) fn board(&self) -> Option<&Board> {
        self.board.as_ref()
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
        if let Some(board) = &self.board {
            board.close().await;
        }
        if let Err(error) = self.client.close().await {
            tracing::warn!(%error, "the connections to the database stay open");
        }
    }
}

/// A schema of the todo application, beside our own tables.
fn read(name: &str, text: &str) -> Result<Schema, SetUpError> {
    let import = |path: &str| (path == "schema.zmodel").then(|| todos::SCHEMA.to_owned());
    let loaded = hallpass::read_schema(Source { name, text }, import);
    Ok(loaded.map_err(SetUpError::Schema)?.schema)
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Store")
    }
}
