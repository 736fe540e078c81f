//! Which layout the tables of a database have: pure functions over its catalog.
//!
//! Invariants: reads a [`Catalog`] and nothing else; what it finds is data ([`Difference`]), so that a start, an error
//! and the doctor say the same. A table counts as a sign-in table only by columns that nothing but Auth.js has, not by
//! a name such as `users`.
//!
//! To tell a further fact about tables: a [`Difference`], and where `compare.rs` finds it.

mod choose;
mod compare;
mod difference;
mod ids;
mod naming;
mod passkeys;
mod password;
mod supplied;
mod tables;

use std::cmp::Reverse;

use hallpass_data::catalog::Catalog;
use hallpass_data::{Client, Dialect};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::Model;

pub use choose::{ChooseError, Chosen, choose};
pub use compare::{differences, narrowed};
pub use difference::Difference;
pub use naming::sign_in_names;

use crate::layout::{ACCOUNT, SESSION, USER, VERIFICATION_TOKEN};
use crate::layouts::{LAYOUTS, LayoutFile};
use passkeys::Absent;
use tables::{Tables, columns_of};

/// Tables held against one layout.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognition {
    /// The layout.
    pub layout: &'static LayoutFile,
    /// Its schema as the tables are: without columns that they lack and sign-in can do without, with ids of their kind, and
    /// with columns of the application that hold passwords, or that we fill as it would.
    pub schema: Schema,
    /// How the tables differ from it.
    pub differences: Vec<Difference>,
    /// How many of its tables are there.
    pub tables: usize,
}

impl Recognition {
    /// Whether sign-in works on the tables with this layout.
    pub fn fits(&self) -> bool {
        !self.differences.iter().any(Difference::blocks)
    }

    /// How many sets of columns are unique in the layout, the primary keys included.
    fn keys(&self) -> usize {
        let of_model = |model: &Model| {
            let uniques = model.uniques.iter().map(|unique| &unique.fields);
            uniques.filter(|fields| **fields != model.id).count() + 1
        };
        self.schema.models.iter().map(of_model).sum()
    }

    /// How far the tables are from the layout; 0 when there is no difference.
    pub fn distance(&self) -> u32 {
        self.differences.iter().map(Difference::weight).sum()
    }
}

/// The layouts of which a database has at least one table, the nearest first. Empty where there are no sign-in tables.
pub fn recognise(catalog: &Catalog, dialect: Dialect) -> Vec<Recognition> {
    let files = LAYOUTS.iter();
    let files = files.filter(|file| file.found_on.contains(&dialect));
    let mut found: Vec<_> = files
        .map(|file| held_against(file, catalog, dialect))
        .filter(|recognition| recognition.tables > 0)
        .collect();
    // Of two that are alike the one that says more of the tables.
    found.sort_by_key(|one| (one.distance(), Reverse(one.keys())));
    found
}

/// Tables held against a layout.
pub fn held_against(
    layout: &'static LayoutFile,
    catalog: &Catalog,
    dialect: Dialect,
) -> Recognition {
    let full = layout.schema();
    let schema = narrowed(&full, catalog, dialect);
    let tables = Tables { catalog, dialect };
    let schema = password::added(schema, tables);
    let schema = passkeys::fitting(schema, tables, Absent::LeftOut);
    let schema = ids::fitting(supplied::added(schema, tables), tables);
    Recognition {
        layout,
        differences: differences(&schema, catalog, dialect),
        tables: sign_in_tables(&full, catalog, dialect),
        schema,
    }
}

/// Whether no two rows of a model's table can be alike in these fields: by the table, where somebody has looked at it,
/// else by the schema.
pub(crate) fn is_unique(client: &Client, model: &str, fields: &[&str]) -> bool {
    let Some(model) = client.schema().model(model) else {
        return false;
    };
    let Some(catalog) = client.found() else {
        let within = |key: &[String]| key.iter().all(|name| fields.contains(&&**name));
        return within(&model.id) || model.uniques.iter().any(|unique| within(&unique.fields));
    };
    let fields: Vec<String> = fields.iter().map(|&name| name.to_owned()).collect();
    let tables = Tables {
        catalog,
        dialect: client.dialect(),
    };
    let table = tables.table(&model.table);
    table.is_some_and(|table| tables.is_unique(table, &columns_of(model, &fields)))
}

/// Fields whose columns nothing but sign-in tables has.
const MARKS: &[(&str, &[&str])] = &[
    (USER, &["email", "emailVerified"]),
    (ACCOUNT, &["provider", "providerAccountId"]),
    (SESSION, &["sessionToken"]),
    (VERIFICATION_TOKEN, &["identifier", "token"]),
];

fn sign_in_tables(schema: &Schema, catalog: &Catalog, dialect: Dialect) -> usize {
    let tables = Tables { catalog, dialect };
    let is_there = |(name, fields): &&(&str, &[&str])| {
        let found = schema
            .model(name)
            .and_then(|model| Some((model, tables.table(&model.table)?)));
        found.is_some_and(|(model, table)| {
            let has = |field: &&str| {
                let field = model.field(field);
                field.is_some_and(|field| tables.column(table, &field.column).is_some())
            };
            fields.iter().all(has)
        })
    };
    MARKS.iter().filter(is_there).count()
}
