//! Opening the database of an application that has its sign-in tables already.

use hallpass_adapter::SessionTable;
use hallpass_adapter::layouts::LayoutChoice;
use hallpass_adapter::recognise::{ChooseError, choose};
use hallpass_data::{Client, ClientOptions, Created, Growth, SetUpError, open_choosing};

/// Why the database of a layout cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenLayoutError {
    /// The database cannot be set up.
    #[error(transparent)]
    SetUp(#[from] SetUpError),
    /// No layout fits the tables that are there.
    #[error(transparent)]
    Choose(#[from] ChooseError),
}

/// Opens a database whose sign-in tables are those of a layout, and adds the tables that are missing: those of the
/// layout, and our own ([`OWN_TABLES`](crate::OWN_TABLES)).
///
/// With [`LayoutChoice::Auto`] the layout is the one that the database has, or the default one in a database without
/// sign-in tables. Nothing that exists is altered or dropped.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use hallpass::layouts::LayoutChoice;
///
/// let db = hallpass::open_layout("postgres://localhost/app", LayoutChoice::Auto).await?;
/// let auth = hallpass::builder(&db)?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`OpenLayoutError`] says how the tables differ from the nearest layout, or what is wrong with the database.
pub async fn open_layout(address: &str, choice: LayoutChoice) -> Result<Client, OpenLayoutError> {
    let options = crate::client_options();
    let (client, _) = open_layout_growing(address, choice, options, Growth::Tables).await?;
    Ok(client)
}

/// The same with settings, and with what else `growth` lets be made; says what was.
///
/// # Errors
/// As [`open_layout`].
pub async fn open_layout_growing(
    address: &str,
    choice: LayoutChoice,
    options: ClientOptions,
    growth: Growth,
) -> Result<(Client, Created), OpenLayoutError> {
    let mut table = SessionTable::Found;
    let opened = open_choosing(address, options, growth, |catalog, dialect| {
        let schema = choose(choice, catalog, dialect)?.schema;
        table = SessionTable::before(&schema, catalog);
        Ok::<_, OpenLayoutError>(schema)
    });
    let (client, created) = opened.await?;
    crate::decide(&client, table).await?;
    Ok((client, created))
}
