//! From an address and a schema's text to a client whose tables are there.

use std::sync::Arc;

use hallpass_db::{ConnectError, Database, Options};
use hallpass_zmodel::{Diagnostics, Source, load};

use crate::client::{Client, ClientOptions, OpenError};
use crate::ddl::CreateTablesError;

/// Why a database could not be set up for a schema.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The schema has mistakes.
    #[error("the schema has mistakes:\n{0}")]
    Schema(Diagnostics),
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The schema is for another database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The tables could not be made, or are not what the schema says.
    #[error(transparent)]
    Tables(#[from] CreateTablesError),
}

/// Opens the database at `address` for the models of ZModel texts, and adds the tables that are missing.
///
/// # Errors
/// [`SetUpError`] says what is wrong with the schema, the address or the tables, and what to check.
pub async fn open(
    address: &str,
    sources: &[Source<'_>],
    options: ClientOptions,
) -> Result<Client, SetUpError> {
    let schema = load(sources).map_err(SetUpError::Schema)?;
    let database = Database::connect(address, Options::default()).await?;
    let client = Client::new(database, Arc::new(schema), options)?;
    client.create_missing_tables().await?;
    Ok(client)
}
