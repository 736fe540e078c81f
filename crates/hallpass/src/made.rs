//! Tables that are made before anybody opens the database: by a push or by migrations.

use hallpass_adapter::SessionTable;
use hallpass_data::zmodel::Schema;
use hallpass_data::{SetUpError, look_choosing};

use crate::{OWN_TABLES, client_options};

/// The model of what was decided once.
const SETTING: &str = "model HallpassSetting ";

/// Runs `work`, which may make tables of the schema. Where it makes the one of sessions, nobody else knows it, and tokens are
/// hashed there as where [`open`](crate::open) makes it ([`AtRest::Auto`](crate::AtRest::Auto)).
///
/// # Errors
/// What `work` says, and [`SetUpError`] when the database cannot be reached.
pub async fn making_tables<T, E: From<SetUpError>>(
    address: &str,
    schema: &Schema,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let sessions = schema.model("Session");
    let before = match sessions.and_then(|model| model.field("sessionToken")) {
        Some(_) => table_of(address, schema).await?,
        None => SessionTable::Found,
    };
    let done = work.await?;
    if before == SessionTable::Made && table_of(address, schema).await? == SessionTable::Found {
        // Whoever opens the database finds the table there, and what is kept here.
        let settings = OWN_TABLES.iter().copied();
        let settings: Vec<_> = settings.filter(|own| own.text.contains(SETTING)).collect();
        let client = crate::data::open(address, &settings, client_options()).await?;
        crate::decide(&client, SessionTable::Made).await?;
        client.close().await.map_err(SetUpError::Catalog)?;
    }
    Ok(done)
}

/// Whether the table of sessions is there already, or is to be made.
async fn table_of(address: &str, schema: &Schema) -> Result<SessionTable, SetUpError> {
    let looked = look_choosing(address, client_options(), |catalog, _| {
        Err(Seen::Table(SessionTable::before(schema, catalog)))
    });
    match looked.await {
        Err(Seen::Table(table)) => Ok(table),
        Err(Seen::Failed(error)) => Err(error),
        // invariant: what chooses always ends the look.
        Ok(_) => Ok(SessionTable::Found),
    }
}

/// What a look at the catalog ends with.
enum Seen {
    Table(SessionTable),
    Failed(SetUpError),
}

impl From<SetUpError> for Seen {
    fn from(error: SetUpError) -> Self {
        Self::Failed(error)
    }
}
