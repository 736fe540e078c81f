use hallpass_data::Dialect;
use hallpass_data::catalog::Catalog;
use hallpass_zmodel::Schema;

use super::passkeys::{self, Absent};
use super::tables::Tables;
use super::{Difference, Recognition, held_against, recognise, sign_in_tables};
use crate::layout::USER;
use crate::layouts::{DEFAULT, LAYOUTS, LayoutChoice, LayoutFile};

/// The layout to use.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The layout.
    pub layout: &'static LayoutFile,
    /// Its schema, as far as existing tables have its columns.
    pub schema: Schema,
    /// How existing tables differ from it, none of which keeps sign-in from working.
    pub differences: Vec<Difference>,
}

impl Chosen {
    /// The same with the layout's table of passkeys, where no sign-in table is there yet and all are to be made. To tables that
    /// are there none is added: where theirs lack one, passkeys are kept in a table of our own.
    #[must_use]
    pub fn with_passkeys(self, catalog: &Catalog, dialect: Dialect) -> Self {
        let layout = self.layout.schema();
        if sign_in_tables(&layout, catalog, dialect) > 0 {
            return self;
        }
        let tables = Tables { catalog, dialect };
        Self {
            schema: passkeys::fitting(layout, tables, Absent::Made),
            ..self
        }
    }
}

/// Why no layout can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChooseError {
    /// Sign-in tables are there that sign-in does not work on.
    #[error(
        "the sign-in tables are nearest to layout `{nearest}`, but {}",
        joined(differences)
    )]
    Unfit {
        /// The layout.
        nearest: &'static str,
        /// What stands in the way.
        differences: Vec<Difference>,
    },
    /// Sign-in tables of several layouts are there.
    #[error("the database has the tables of layouts `{one}` and `{other}`")]
    Ambiguous {
        /// One layout.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// The layout does not exist for this database.
    #[error("there is no layout `{choice}` for {dialect}")]
    NotHere {
        /// What was asked for.
        choice: LayoutChoice,
        /// The database.
        dialect: Dialect,
    },
}

impl ChooseError {
    /// What to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unfit { .. } => {
                "`hallpass doctor` shows all differences and how to mend them; or give a schema of your own with the names \
                 and columns of your tables (HALLPASS_SCHEMA): `hallpass db pull --out schema.zmodel` writes it"
            }
            Self::Ambiguous { .. } => {
                "say which with the setting `database.layout`; `hallpass doctor` shows both"
            }
            Self::NotHere { .. } => "leave the setting `database.layout` out, or choose another",
        }
    }
}

fn joined(differences: &[Difference]) -> String {
    let texts: Vec<_> = differences.iter().map(Difference::to_string).collect();
    texts.join("; ")
}

/// The layout to use in a database with these tables.
///
/// # Errors
/// [`ChooseError`] when sign-in tables are there and none of the layouts that may be used fits them.
pub fn choose(
    choice: LayoutChoice,
    catalog: &Catalog,
    dialect: Dialect,
) -> Result<Chosen, ChooseError> {
    let mut found = recognise(catalog, dialect);
    if choice != LayoutChoice::Auto {
        found.retain(|one| one.layout.choice == choice);
    }
    let Some(position) = found.iter().position(Recognition::fits) else {
        return match found.into_iter().next() {
            Some(nearest) => Err(unfit(nearest)),
            None => new_tables(choice, catalog, dialect),
        };
    };
    let best = found.remove(position);
    let tables = Tables { catalog, dialect };
    if let Some(other) = found.iter().find(|other| is_rival(&best, other, tables)) {
        return Err(ChooseError::Ambiguous {
            one: best.layout.name,
            other: other.layout.name,
        });
    }
    Ok(Chosen {
        layout: best.layout,
        schema: best.schema,
        differences: best.differences,
    })
}

fn unfit(nearest: Recognition) -> ChooseError {
    let differences = nearest.differences.into_iter();
    ChooseError::Unfit {
        nearest: nearest.layout.name,
        differences: differences.filter(Difference::blocks).collect(),
    }
}

/// The layout that is made where no sign-in table is there.
fn new_tables(
    choice: LayoutChoice,
    catalog: &Catalog,
    dialect: Dialect,
) -> Result<Chosen, ChooseError> {
    let mut files = LAYOUTS.iter();
    let layout = if choice == LayoutChoice::Auto {
        DEFAULT
    } else {
        files
            .find(|file| file.choice == choice && file.made_on.contains(&dialect))
            .ok_or(ChooseError::NotHere { choice, dialect })?
    };
    // A table of the same name that is no sign-in table stands in the way.
    let recognition = held_against(layout, catalog, dialect);
    if !recognition.fits() {
        return Err(unfit(recognition));
    }
    Ok(Chosen {
        layout,
        schema: recognition.schema,
        differences: Vec::new(),
    })
}

/// Whether two layouts fit, with users in different tables.
fn is_rival(best: &Recognition, other: &Recognition, tables: Tables<'_>) -> bool {
    let users = |one: &Recognition| {
        let model = one.schema.model(USER)?;
        tables.table(&model.table).map(|table| table.name.clone())
    };
    match (users(best), users(other)) {
        (Some(one), Some(two)) => other.fits() && one != two,
        _ => false,
    }
}
