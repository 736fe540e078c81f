//! From an address and a schema's text to a client whose tables are there.

use std::sync::Arc;

use hallpass_db::{Catalog, ConnectError, Database, Options};
use hallpass_sql::Dialect;
use hallpass_zmodel::{Diagnostics, Schema, Source, load};

use crate::client::{Client, ClientOptions, OpenError};
use crate::ddl::{CreateTablesError, Created, Growth};
use crate::error::Error;

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
    /// The tables that are there could not be looked at.
    #[error("the tables of the database cannot be read")]
    Catalog(#[source] Error),
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
    let (client, _) = open_growing(address, sources, options, Growth::Tables).await?;
    Ok(client)
}

/// The same, and what else `growth` lets be made; says what was.
///
/// # Errors
/// As [`open`].
pub async fn open_growing(
    address: &str,
    sources: &[Source<'_>],
    options: ClientOptions,
    growth: Growth,
) -> Result<(Client, Created), SetUpError> {
    let schema = load(sources).map_err(SetUpError::Schema)?;
    open_schema(address, schema, options, growth).await
}

/// The same for a schema that was read and checked before, with what it imports.
///
/// # Errors
/// As [`open`].
pub async fn open_schema(
    address: &str,
    schema: Schema,
    options: ClientOptions,
    growth: Growth,
) -> Result<(Client, Created), SetUpError> {
    let database = Database::connect(address, Options::default()).await?;
    set_up(database, schema, options, growth).await
}

/// Opens the database at `address` for the schema that `choose` gives for the tables there, and adds those that are
/// missing; says what else `growth` let be made.
///
/// # Errors
/// [`SetUpError`] as [`open`], and what `choose` says.
pub async fn open_choosing<E: From<SetUpError>>(
    address: &str,
    options: ClientOptions,
    growth: Growth,
    choose: impl FnOnce(&Catalog, Dialect) -> Result<Schema, E>,
) -> Result<(Client, Created), E> {
    let (database, schema) = connect_choosing(address, choose).await?;
    Ok(set_up(database, schema, options, growth).await?)
}

/// Opens the database at `address` for the schema that `choose` gives for the tables there, and changes nothing.
///
/// # Errors
/// [`SetUpError`], and what `choose` says.
pub async fn look_choosing<E: From<SetUpError>>(
    address: &str,
    options: ClientOptions,
    choose: impl FnOnce(&Catalog, Dialect) -> Result<Schema, E>,
) -> Result<Client, E> {
    let (database, schema) = connect_choosing(address, choose).await?;
    let client = Client::new(database, Arc::new(schema), options).map_err(SetUpError::from)?;
    Ok(client.fitted().await.map_err(SetUpError::Catalog)?)
}

async fn connect_choosing<E: From<SetUpError>>(
    address: &str,
    choose: impl FnOnce(&Catalog, Dialect) -> Result<Schema, E>,
) -> Result<(Database, Schema), E> {
    let database = Database::connect(address, Options::default())
        .await
        .map_err(SetUpError::from)?;
    let catalog = database.catalog().await;
    let catalog = catalog.map_err(|error| SetUpError::Catalog(Error::of_database("", error)))?;
    let schema = choose(&catalog, database.dialect())?;
    Ok((database, schema))
}

async fn set_up(
    database: Database,
    schema: Schema,
    options: ClientOptions,
    growth: Growth,
) -> Result<(Client, Created), SetUpError> {
    let client = Client::new(database, Arc::new(schema), options)?;
    let created = client.create_missing(growth).await?;
    let client = client.fitted().await.map_err(SetUpError::Catalog)?;
    Ok((client, created))
}
