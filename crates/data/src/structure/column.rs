//! How the columns of a table differ from the wanted ones.

use hallpass_db::Table;
use hallpass_sql::{Column, ColumnChanges, ColumnType, Dialect, EmitError, TableName};

use super::alike::{canonical_type, holds_all, same_default, wanted_type};
use super::compare::{Comparison, same};
use super::step::Effect;
use crate::ddl::WantedTable;

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    /// It is not there.
    Add { column: Column },
    /// Nobody wants it.
    Drop {
        column: String,
        /// Whether a new row must have it.
        required: bool,
    },
    /// It is another.
    Alter {
        column: Column,
        changes: ColumnChanges,
        /// Its type as it is and as it becomes, where that changes.
        types: Option<(String, String)>,
    },
}

pub(super) fn changes(
    comparison: &Comparison<'_>,
    wanted: &WantedTable,
    found: &Table,
) -> Result<Vec<Change>, EmitError> {
    let mut changes = Vec::new();
    for column in &wanted.columns {
        match comparison.column(found, &column.name) {
            None => changes.push(Change::Add {
                column: column.clone(),
            }),
            Some(one) => changes.extend(alter(comparison, column, found, one)?),
        }
    }
    let fold = comparison.capability().column_names_fold_case;
    for column in &found.columns {
        let mut wanted = wanted.columns.iter();
        if !wanted.any(|one| same(&one.name, &column.name, fold)) {
            changes.push(Change::Drop {
                column: column.name.clone(),
                required: !column.nullable && !column.has_default,
            });
        }
    }
    Ok(changes)
}

fn alter(
    comparison: &Comparison<'_>,
    wanted: &Column,
    table: &Table,
    found: &hallpass_db::Column,
) -> Result<Option<Change>, EmitError> {
    let dialect = comparison.dialect;
    let from = canonical_type(&found.database_type, dialect);
    let to = wanted_type(&wanted.column_type, dialect)?;
    let counts = is_counter(&wanted.column_type);
    // Parts of a primary key are never null, whatever the catalog of SQLite says.
    let in_key = table.primary_key.contains(&found.name);
    let changes = ColumnChanges {
        column_type: from != to
            && !(dialect == Dialect::Sqlite && is_whole(&from) && is_whole(&to)),
        nullable: wanted.nullable != found.nullable && !in_key,
        default: !counts
            && !found.counts
            && !same_default(wanted, found.default.as_deref(), dialect)?,
        // SQLite counts in every sole key that is an INTEGER.
        counter: counts != found.counts && (counts || comparison.capability().alter_column),
    };
    Ok((!changes.is_empty()).then(|| Change::Alter {
        column: Column {
            name: found.name.clone(),
            ..wanted.clone()
        },
        types: changes.column_type.then_some((from, to)),
        changes,
    }))
}

/// SQLite keeps whole numbers alike, whatever they are declared as.
fn is_whole(declared: &str) -> bool {
    matches!(declared, "INTEGER" | "BIGINT" | "INT")
}

pub(super) fn is_counter(column_type: &ColumnType) -> bool {
    matches!(
        column_type,
        ColumnType::Counter | ColumnType::BigCounter | ColumnType::NativeCounter(_)
    )
}

impl Change {
    /// Name, effect and consequence of the step.
    pub(super) fn words(&self, table: &TableName) -> (String, Effect, String) {
        let table = &table.name;
        match self {
            Self::Add { column } => {
                let (effect, consequence) = addition(column);
                (
                    format!("add-column:{table}.{}", column.name),
                    effect,
                    consequence.to_owned(),
                )
            }
            Self::Drop { column, required } => {
                let left = if *required {
                    "; as long as it stays, no row can be added"
                } else {
                    ""
                };
                (
                    format!("drop-column:{table}.{column}"),
                    Effect::LosesData,
                    format!(
                        "the schema does not know the column; it goes with all its values{left}"
                    ),
                )
            }
            Self::Alter {
                column,
                changes,
                types,
            } => {
                let (effect, consequence) = alteration(column, *changes, types.as_ref());
                (
                    format!("alter-column:{table}.{}", column.name),
                    effect,
                    consequence,
                )
            }
        }
    }
}

fn addition(column: &Column) -> (Effect, &'static str) {
    if column.default.is_some() || is_counter(&column.column_type) {
        (
            Effect::Adds,
            "a column; rows that are there get its default",
        )
    } else if column.nullable {
        (
            Effect::Adds,
            "a column; rows that are there have nothing in it",
        )
    } else {
        (
            Effect::MayFail,
            "a column that needs a value; it fails where there are rows",
        )
    }
}

fn alteration(
    column: &Column,
    changes: ColumnChanges,
    types: Option<&(String, String)>,
) -> (Effect, String) {
    let mut effect = Effect::Adds;
    let mut parts = Vec::new();
    let mut note = |of: Effect, words: String| {
        effect = effect.max(of);
        parts.push(words);
    };
    if let Some((from, to)) = types {
        if holds_all(from, to) {
            note(
                Effect::Adds,
                format!("{from} becomes {to}, which holds every value"),
            );
        } else {
            note(
                Effect::LosesData,
                format!("{from} becomes {to}; what does not fit is cut, or stops the change"),
            );
        }
    }
    match (changes.nullable, column.nullable) {
        (true, true) => note(Effect::Loosens, "it may be null".to_owned()),
        (true, false) => note(
            Effect::MayFail,
            "it may no longer be null, and fails where it is".to_owned(),
        ),
        (false, _) => {}
    }
    match (changes.default, &column.default) {
        (true, Some(_)) => note(Effect::Adds, "new rows get another default".to_owned()),
        (true, None) => note(Effect::Loosens, "new rows get no default".to_owned()),
        (false, _) => {}
    }
    if changes.counter {
        let words = if is_counter(&column.column_type) {
            "the database counts"
        } else {
            "the database no longer counts"
        };
        note(Effect::MayFail, words.to_owned());
    }
    (effect, parts.join("; "))
}
