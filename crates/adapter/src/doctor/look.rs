//! Opening a database only to look at it: nothing is made.

use hallpass_data::{Client, ClientOptions, SetUpError, look_choosing};
use hallpass_zmodel::Schema;

use crate::layouts::LayoutChoice;
use crate::recognise::{Difference, Recognition, differences, recognise};

/// What stands in a database before anything is made in it.
#[derive(Debug)]
pub struct Look {
    /// The layout that its sign-in tables have, or are nearest to. `None` without sign-in tables, and for a schema of the
    /// application's own.
    pub layout: Option<&'static str>,
    /// How the tables differ from it.
    pub differences: Vec<Difference>,
    /// Whether sign-in works on the tables.
    pub usable: bool,
    /// Reads and writes the tables, where some are there: what [`examine`](super::examine) takes.
    pub client: Option<Client>,
}

/// Looks at the tables of a database, as one of the layouts.
///
/// # Errors
/// When the database cannot be reached or read.
pub async fn look_at_layout(
    address: &str,
    choice: LayoutChoice,
    options: ClientOptions,
) -> Result<Look, SetUpError> {
    let mut nearest = None;
    let client = look_choosing(address, options, |catalog, dialect| {
        let mut found = recognise(catalog, dialect);
        found.retain(|one| choice == LayoutChoice::Auto || one.layout.choice == choice);
        let position = found.iter().position(Recognition::fits).unwrap_or(0);
        nearest = found.into_iter().nth(position);
        Ok::<_, SetUpError>(schema_of(nearest.as_ref()))
    })
    .await?;
    let Some(nearest) = nearest else {
        client.close().await.map_err(SetUpError::Catalog)?;
        return Ok(Look {
            layout: None,
            differences: Vec::new(),
            usable: false,
            client: None,
        });
    };
    Ok(Look {
        layout: Some(nearest.layout.name),
        usable: nearest.fits(),
        client: Some(client),
        differences: nearest.differences,
    })
}

fn schema_of(recognition: Option<&Recognition>) -> Schema {
    let none = Schema::default;
    recognition.map_or_else(none, |one| one.schema.clone())
}

/// Looks at the tables of a database, as a schema of the application's own says them.
///
/// # Errors
/// When the database cannot be reached or read.
pub async fn look_at_schema(
    address: &str,
    schema: Schema,
    options: ClientOptions,
) -> Result<Look, SetUpError> {
    let mut found = Vec::new();
    let client = look_choosing(address, options, |catalog, dialect| {
        found = differences(&schema, catalog, dialect);
        Ok::<_, SetUpError>(schema)
    })
    .await?;
    let fits = !found.iter().any(is_in_the_way);
    Ok(Look {
        layout: None,
        usable: fits,
        client: Some(client),
        differences: found,
    })
}

fn is_in_the_way(difference: &Difference) -> bool {
    difference.blocks() || matches!(difference, Difference::MissingTable { .. })
}
