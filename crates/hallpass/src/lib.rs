#![doc = include_str!("../../../README.md")]

//! ---
//!
//! This crate is the one import of an application: it gathers the others under the names that are used together, and
//! supplies the clock and the random source of the machine. It decides nothing.

pub mod audit;
mod layout;
mod made;
pub mod system;

use std::sync::Arc;

pub use hallpass_adapter::{
    AccountTokensAtRest, AtRest, DataAdapter, LayoutError, OWN_TABLES, PRISMA_LAYOUT, doctor,
    layouts, recognise,
};
pub use hallpass_auth as auth;
pub use hallpass_auth::adapter::UserId;
pub use hallpass_auth::{Auth, AuthBuilder};
pub use hallpass_axum::{
    ApiDescription, DataError, Db, Links, Readers, Rejection, Session, answer, answer_data,
    api_routes, layer, model_routes, rest_routes, routes,
};
pub use hallpass_changes as changes;
pub use hallpass_data as data;
pub use hallpass_data::Client;
pub use hallpass_data::live::{Live, LiveOptions};
pub use hallpass_typed as typed;
pub use hallpass_typed::schema;

pub use layout::{OpenLayoutError, open_layout, open_layout_growing};
pub use made::making_tables;

use hallpass_adapter::{SessionTable, decide_tokens_at_rest};

use system::{SystemClock, SystemRandom, SystemTasks};

/// Opens a database for the models of a ZModel schema, and adds the tables that are missing: those of the schema, and our
/// own ([`OWN_TABLES`]), whose names begin with `hallpass_`.
///
/// The address is a `postgres://`, `mysql://` or `sqlite:` URL. Nothing that exists is altered or dropped.
///
/// # Errors
/// What is wrong with the schema (with file, line and column), or with the database and what to check.
pub async fn open(address: &str, schema: &str) -> Result<Client, data::SetUpError> {
    let source = data::Source {
        name: "schema.zmodel",
        text: schema,
    };
    open_sources(address, &[source]).await
}

/// The same for a schema of several texts, each under the path by which others import it: the `SOURCES` that [`schema!`]
/// gives.
///
/// # Errors
/// As [`open`].
pub async fn open_sources(
    address: &str,
    sources: &[data::Source<'_>],
) -> Result<Client, data::SetUpError> {
    let sources: Vec<_> = sources.iter().chain(OWN_TABLES).copied().collect();
    let schema = data::zmodel::load(&sources).map_err(data::SetUpError::Schema)?;
    let growth = data::Growth::Tables;
    let (client, _) = open_schema(address, schema, client_options(), growth).await?;
    Ok(client)
}

/// Reads the schema of an application, with what it imports, beside our own tables ([`OWN_TABLES`]): what
/// [`open_schema`] takes. `import` gives the text of a file by its path, which begins as the name of `schema` does.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use hallpass::data::{Growth, PasswordForm, Source};
///
/// let source = Source { name: "schema.zmodel", text: &std::fs::read_to_string("schema.zmodel")? };
/// let loaded = hallpass::read_schema(source, |path| std::fs::read_to_string(path).ok())?;
/// let mut options = hallpass::client_options();
/// options.fields.password = PasswordForm::Argon2id;
/// let (db, _) = hallpass::open_schema("sqlite:./app.db", loaded.schema, options, Growth::Tables).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// All mistakes of the schema, each with its place.
pub fn read_schema(
    schema: data::Source<'_>,
    import: impl FnMut(&str) -> Option<String>,
) -> Result<data::zmodel::Loaded, data::zmodel::Diagnostics> {
    let own = OWN_TABLES.iter().copied();
    let sources: Vec<_> = std::iter::once(schema).chain(own).collect();
    data::zmodel::load_with_imports(&sources, import)
}

/// What a client needs of the machine: its clock and its random source. Fields and rules are as they are unless said.
pub fn client_options() -> data::ClientOptions {
    data::ClientOptions::new(SystemClock, SystemRandom)
}

/// As [`open`], for a schema that [`read_schema`] gave, with settings, and with what else `growth` lets be made; says what
/// was.
///
/// # Errors
/// As [`open`].
pub async fn open_schema(
    address: &str,
    schema: data::zmodel::Schema,
    options: data::ClientOptions,
    growth: data::Growth,
) -> Result<(Client, data::Created), data::SetUpError> {
    let (client, created) = data::open_schema(address, schema, options, growth).await?;
    let table = SessionTable::after(client.schema(), &created);
    decide(&client, table).await?;
    Ok((client, created))
}

/// How tokens of sessions stand in the table, where nobody decided that before.
async fn decide(client: &Client, table: SessionTable) -> Result<(), data::SetUpError> {
    let decided = decide_tokens_at_rest(client, table).await;
    decided.map_err(|error| data::CreateTablesError::from(error).into())
}

/// An [`AuthBuilder`] that keeps users and sessions in the client's database, with the clock and the random source of
/// the machine.
///
/// # Errors
/// The model or field that sign-in needs and the client's schema lacks.
pub fn builder(client: &Client) -> Result<AuthBuilder, LayoutError> {
    Ok(builder_over(DataAdapter::new(client)?))
}

/// The same over an adapter with settings of its own.
pub fn builder_over(adapter: DataAdapter) -> AuthBuilder {
    let builder = Auth::builder()
        .environment(Arc::new(SystemClock), Arc::new(SystemRandom))
        .tasks(SystemTasks)
        .adapter(adapter.clone());
    let builder = if adapter.keeps_leases() {
        builder.leases(adapter.clone())
    } else {
        builder
    };
    let builder = if adapter.has_passkeys() {
        builder.passkeys(adapter.clone())
    } else {
        builder
    };
    if adapter.lists_sessions() {
        builder.session_directory(adapter)
    } else {
        builder
    }
}

/// What counts for limits in the client's database, for [`AuthBuilder::limiter`]: all processes on it count together.
///
/// # Errors
/// [`LayoutError::Own`] when the client's schema lacks our tables ([`OWN_TABLES`]).
pub fn limiter(client: &Client) -> Result<DataAdapter, LayoutError> {
    DataAdapter::new(client)?.limit_store()
}
