//! From the tables of a database to a schema: models, enums and relations in ZModel, with names that a program would
//! give them and the database's own in `@map`.
//!
//! `types` says what a column's type and default are in the language, `names` how things are called, this file puts
//! models together. What the language has no word for becomes `Unsupported("…")` or a comment: nothing is left out
//! in silence.
//!
//! Invariant: what is pulled and pushed again leaves nothing to do.

mod model;
mod names;
mod naming;
mod relations;
mod types;

use hallpass_db::{Catalog, Table};
use hallpass_sql::Dialect;
use hallpass_zmodel::Source;

use crate::structure::{Structure, StructureError, is_own};
use names::Names;

pub use naming::{FieldName, ModelName, Naming};

/// What is pulled into.
pub(crate) struct Pull<'c> {
    pub(crate) catalog: &'c Catalog,
    pub(crate) dialect: Dialect,
    pub(crate) names: Names,
    pub(crate) tables: Vec<&'c Table>,
    /// Join tables of lists, which have no model.
    pub(crate) joins: Vec<&'c Table>,
    naming: Option<&'c Naming>,
}

impl Structure {
    /// The tables of the database as a ZModel text. Changes nothing.
    ///
    /// # Errors
    /// [`StructureError`] when the database cannot be read.
    pub async fn pull(&self) -> Result<String, StructureError> {
        self.pull_naming(|_, _| None).await
    }

    /// The same, where `naming` knows some of the tables.
    ///
    /// # Errors
    /// As [`pull`](Self::pull).
    pub async fn pull_naming(
        &self,
        naming: impl FnOnce(&Catalog, Dialect) -> Option<Naming>,
    ) -> Result<String, StructureError> {
        let catalog = self.database.catalog().await?;
        let text = match naming(&catalog, self.dialect()) {
            Some(naming) => text_naming(&naming.catalog, self.dialect(), Some(&naming)),
            None => text(&catalog, self.dialect()),
        };
        let source = Source {
            name: "pulled",
            text: &text,
        };
        // What cannot be laid out is given as it is: a person mends it more easily than an error.
        Ok(hallpass_zmodel::format(&source).unwrap_or(text))
    }
}

/// The schema of a catalog.
pub(crate) fn text(catalog: &Catalog, dialect: Dialect) -> String {
    text_naming(catalog, dialect, None)
}

fn text_naming(catalog: &Catalog, dialect: Dialect, naming: Option<&Naming>) -> String {
    let tables = catalog.tables.iter().filter(|table| !is_own(table));
    let (joins, tables): (Vec<_>, Vec<_>) =
        tables.partition(|table| relations::is_join(table, catalog));
    let pull = Pull {
        catalog,
        dialect,
        names: Names::of(&tables, catalog, naming),
        tables,
        joins,
        naming,
    };
    pull.text()
}

impl Pull<'_> {
    fn text(&self) -> String {
        let provider = match self.dialect {
            Dialect::Postgres => "postgresql",
            Dialect::MySql | Dialect::MariaDb => "mysql",
            Dialect::Sqlite => "sqlite",
        };
        let mode = match self.naming {
            Some(naming) if !naming.foreign_keys => "  relationMode = \"prisma\"\n",
            _ => "",
        };
        let mut text = format!(
            "datasource db {{\n  provider = \"{provider}\"\n  url      = env(\"DATABASE_URL\")\n{mode}}}\n"
        );
        for (position, item) in self.catalog.enums.iter().enumerate() {
            text.push('\n');
            text.push_str(&names::enumeration(
                self.names.of_enum(position),
                &item.name,
                &item.labels,
            ));
        }
        for item in self.names.inline_enums() {
            text.push('\n');
            text.push_str(&names::enumeration(&item.name, &item.name, &item.labels));
        }
        for table in &self.tables {
            text.push('\n');
            text.push_str(&self.model(table));
        }
        text
    }
}
