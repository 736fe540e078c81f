//! Sign-in tables of any name, as a schema calls them: what `hallpass db pull` writes, so that sign-in takes it as it is.
//!
//! Tables are known by their columns, whatever the columns' spelling: `user_id`, `userId`, `USERID`. What the engine needs and
//! the tables do not say is added to the schema alone: relations where there is no foreign key, ids where nobody makes them,
//! the moments that programs fill.

use hallpass_data::Dialect;
use hallpass_data::catalog::{Catalog, Column, ForeignKey, Index, Table};
use hallpass_data::structure::{FieldName, ModelName, Naming};
use hallpass_zmodel::schema::DefaultValue;

use super::compare::letters;
use super::tables::{Class, Tables};
use super::{ids, password, supplied};
use crate::layout::{ACCOUNT, SESSION, USER, VERIFICATION_TOKEN};
use crate::own::{AUTHENTICATOR, PASSWORD_FIELD};

/// A model, with its fields.
struct Known {
    model: &'static str,
    /// Those that nothing but its table has.
    marks: &'static [&'static str],
    more: &'static [&'static str],
    /// What no two rows are alike in.
    key: &'static [&'static str],
}

const KNOWN: &[Known] = &[
    Known {
        model: USER,
        marks: &["email", "emailVerified"],
        more: &["id", "name", "image", PASSWORD_FIELD],
        key: &["id"],
    },
    Known {
        model: ACCOUNT,
        marks: &["provider", "providerAccountId", "userId", "type"],
        more: &[
            "id",
            "refresh_token",
            "access_token",
            "expires_at",
            "token_type",
            "scope",
            "id_token",
            "session_state",
        ],
        key: &["provider", "providerAccountId"],
    },
    Known {
        model: SESSION,
        marks: &["sessionToken", "userId", "expires"],
        more: &["id"],
        key: &["sessionToken"],
    },
    Known {
        model: VERIFICATION_TOKEN,
        marks: &["identifier", "token", "expires"],
        more: &["id"],
        key: &["identifier", "token"],
    },
];

/// The table of passkeys, which a database may lack.
const PASSKEYS: Known = Known {
    model: AUTHENTICATOR,
    marks: &[
        "credentialID",
        "userId",
        "providerAccountId",
        "credentialPublicKey",
        "counter",
        "credentialDeviceType",
        "credentialBackedUp",
    ],
    more: &["transports"],
    key: &["credentialID"],
};

const MOMENTS: &[&str] = &["emailVerified", "expires"];
const TRUTHS: &[&str] = &["credentialBackedUp"];

/// How a schema calls the sign-in tables of a database, with what it says beyond them; `None` where not all four are there, or
/// several tables might be one of them.
pub fn sign_in_names(catalog: &Catalog, dialect: Dialect) -> Option<Naming> {
    let tables = Tables { catalog, dialect };
    let needed: Option<Vec<_>> = KNOWN.iter().map(|known| found(known, catalog)).collect();
    let mut found_tables = needed?;
    found_tables.extend(found(&PASSKEYS, catalog));
    let users = found_tables.first()?.1;
    let id = column(users, "id").filter(|id| users.primary_key == [&*id.name])?;
    let models = found_tables.iter();
    let models = models.map(|(known, table)| named(known, table, tables));
    Some(Naming {
        models: models.collect(),
        foreign_keys: catalog
            .tables
            .iter()
            .any(|table| !table.foreign_keys.is_empty()),
        catalog: completed(catalog, &found_tables, users, id),
    })
}

/// The one table that has the columns.
fn found<'c>(known: &'static Known, catalog: &'c Catalog) -> Option<(&'static Known, &'c Table)> {
    let mut tables = catalog.tables.iter().filter(|table| {
        let is_ours = table.name.to_ascii_lowercase().starts_with("hallpass_");
        let has = |name: &&str| column(table, name).is_some();
        !is_ours && table.schema.is_none() && known.marks.iter().all(has)
    });
    let only = tables.next().filter(|_| tables.next().is_none())?;
    Some((known, only))
}

/// The column of a field, however it is spelled; first the one that is spelled as the field.
fn column<'t>(table: &'t Table, field: &str) -> Option<&'t Column> {
    let mut columns = table.columns.iter();
    let alike = |column: &&Column| letters(&column.name) == letters(field);
    table.column(field).or_else(|| columns.find(alike))
}

/// The tables with a reference wherever one names a user, and a key wherever rows need one to be named.
fn completed(catalog: &Catalog, found: &[(&Known, &Table)], users: &Table, id: &Column) -> Catalog {
    let mut completed = catalog.clone();
    for (known, table) in found {
        let mut all = completed.tables.iter_mut();
        let Some(own) = all.find(|one| one.name == table.name && one.schema.is_none()) else {
            continue;
        };
        if table.primary_key.is_empty() && table.uniques.is_empty() {
            let columns = known.key.iter().filter_map(|name| column(table, name));
            own.uniques.push(Index {
                name: format!("{}_key", table.name),
                columns: columns.map(|column| column.name.clone()).collect(),
                is_constraint: false,
            });
        }
        if let Some(reference) = column(table, "userId").filter(|_| known.model != USER) {
            let columns = vec![reference.name.clone()];
            if !table.foreign_keys.iter().any(|key| key.columns == columns) {
                own.foreign_keys.push(ForeignKey {
                    name: None,
                    columns,
                    references_table: users.name.clone(),
                    references_columns: vec![id.name.clone()],
                    on_delete: "CASCADE".to_owned(),
                    on_update: "CASCADE".to_owned(),
                });
            }
        }
    }
    completed
}

fn named(known: &Known, table: &Table, tables: Tables<'_>) -> ModelName {
    let fields = known.marks.iter().chain(known.more);
    let mut fields: Vec<_> = fields
        .filter_map(|field| Some(of_field(field, column(table, field)?, table, tables)))
        .collect();
    for column in &table.columns {
        let is_known = fields.iter().any(|field| field.column == column.name);
        let is_empty = !column.nullable && !column.has_default;
        if !is_known && is_empty {
            fields.extend(of_moment(column, tables));
        }
    }
    ModelName {
        table: table.name.clone(),
        model: known.model.to_owned(),
        fields,
    }
}

fn of_field(field: &str, column: &Column, table: &Table, tables: Tables<'_>) -> FieldName {
    let is_made = field == "id" && table.primary_key == [&*column.name];
    let hides = field == PASSWORD_FIELD && password::is_usable(column);
    FieldName {
        column: column.name.clone(),
        field: field.to_owned(),
        kind: kind(field, column, tables.dialect),
        default: is_made.then(|| made(column, tables)).flatten(),
        attributes: if hides { vec!["@omit"] } else { Vec::new() },
    }
}

/// What is to be said of a column whose type tells too little: SQLite has no types for moments and truths.
fn kind(field: &str, column: &Column, dialect: Dialect) -> Option<(&'static str, &'static str)> {
    if dialect.capability().timestamp_type {
        return None;
    }
    match Class::of_column(column) {
        Class::Integer if MOMENTS.contains(&field) => Some(("DateTime", "@db.EpochMillis")),
        _ if MOMENTS.contains(&field) => Some(("DateTime", "")),
        _ if TRUTHS.contains(&field) => Some(("Boolean", "")),
        Class::Text => Some(("String", "")),
        _ => None,
    }
}

/// The `@default` of an id that the engine makes.
fn made(column: &Column, tables: Tables<'_>) -> Option<String> {
    Some(match ids::made_by(column, None, tables) {
        DefaultValue::Uuid(7) => "uuid(7)".to_owned(),
        DefaultValue::Uuid(_) => "uuid()".to_owned(),
        DefaultValue::Cuid(2) => "cuid(2)".to_owned(),
        DefaultValue::Cuid(_) => "cuid()".to_owned(),
        DefaultValue::Nanoid(length) => format!("nanoid({length})"),
        DefaultValue::Ulid => "ulid()".to_owned(),
        // The table says it.
        _ => return None,
    })
}

/// A moment that programs fill.
fn of_moment(column: &Column, tables: Tables<'_>) -> Option<FieldName> {
    let moment = supplied::moment(column, tables)?;
    let has_type = tables.dialect.capability().timestamp_type;
    let kind = match Class::of_column(column) {
        _ if has_type => None,
        Class::Integer => Some(("DateTime", "@db.EpochMillis")),
        _ => Some(("DateTime", "")),
    };
    Some(FieldName {
        column: column.name.clone(),
        field: plain(&column.name)?,
        kind,
        default: (!moment.updated_at).then(|| "now()".to_owned()),
        attributes: if moment.updated_at {
            vec!["@updatedAt"]
        } else {
            Vec::new()
        },
    })
}

/// A name that the language takes as it is.
fn plain(name: &str) -> Option<String> {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let mut rest = name.chars();
    let is_plain = begins && rest.all(|one| one.is_ascii_alphanumeric() || one == '_');
    is_plain.then(|| name.to_owned())
}
