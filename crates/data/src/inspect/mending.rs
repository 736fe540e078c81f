//! Statements that mend rows and tables as somebody chose.
//!
//! To add a way: a variant of [`Mending`], and its arm in `statements`.

use hallpass_db::{Catalog, Table};
use hallpass_sql::{
    AddColumn, AddForeignKey, AlterColumn, Column, ColumnChanges, ColumnDefault, ColumnType,
    Delete, DropIndex, Expr, RenameTable, Select, Statement, TableName, Update, Value,
};
use hallpass_zmodel::schema::{Arity, Model};

use super::held::{self, model};
use super::statements::{
    Fold, alike_rows, all_but_first, column, columns, create_index, differing_groups, source, table,
};
use crate::args::Filter;
use crate::client::{Client, Engine};
use crate::ddl::{Wanted, WantedTable};
use crate::error::{Error, InvalidInput};
use crate::plan::{Planner, Scene};
use crate::structure::create_all;

/// Something that a person may choose to have done. Models and fields by their names in the schema, tables and columns by
/// those in the database.
#[derive(Debug, Clone, PartialEq)]
pub enum Mending {
    /// Nothing is left of a field in these rows: null, or where a row needs a text an empty one, or its key with `ending`.
    Clear {
        /// The model.
        model: String,
        /// The field.
        field: String,
        /// Which rows.
        rows: Filter,
        /// What stands behind the key, where rows may not be alike in it.
        ending: Option<&'static str>,
    },
    /// The same in all rows that are alike in the field, but the one of the least key.
    ClearButFirst {
        /// The model.
        model: String,
        /// The field.
        field: String,
        /// What makes them alike, where they need not be the same letter by letter.
        fold: Option<Fold>,
        /// What stands behind the key.
        ending: &'static str,
    },
    /// These rows go.
    Remove {
        /// The model.
        model: String,
        /// Which rows.
        rows: Filter,
    },
    /// All rows that are alike in these fields go, but the one of the least key. Nothing where the fields are the key.
    RemoveButFirst {
        /// The model.
        model: String,
        /// The fields.
        fields: Vec<String>,
    },
    /// All rows go that are alike in these fields.
    RemoveAlike {
        /// The model.
        model: String,
        /// The fields.
        fields: Vec<String>,
    },
    /// A table of the schema is made, with its keys and indexes.
    CreateTable {
        /// The table.
        table: String,
    },
    /// A column of the schema is added; what rows that are there cannot have may be null.
    AddColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column gets the type that it has in the schema.
    ChangeType {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column that is there may be null from then on.
    AdmitNull {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column that is there may no longer be null.
    RefuseNull {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Rows may be alike in a field that a key of its own keeps unique; an index takes its place.
    AdmitAlike {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// A table is called otherwise.
    Rename {
        /// Its name.
        from: String,
        /// Its name from then on.
        to: String,
    },
    /// A table goes, with its rows.
    DropTable {
        /// The table.
        table: String,
    },
}

impl Mending {
    /// What is said to the database, in order, and of which model; nothing where it cannot be told what to do.
    pub(super) fn statements(
        &self,
        client: &Client,
        catalog: &Catalog,
    ) -> Result<Vec<Statement>, Error> {
        let engine = client.engine();
        match self {
            Self::Clear {
                model,
                field,
                rows,
                ending,
            } => {
                let own = held::model(engine, model)?;
                let rows = planned(client, own, rows)?;
                Ok(vec![clear(engine, catalog, own, field, *ending, rows)?])
            }
            Self::ClearButFirst {
                model,
                field,
                fold,
                ending,
            } => {
                let own = held::model(engine, model)?;
                let column = column(own, field)?;
                let Some(later) = all_but_first(own, std::slice::from_ref(&column), *fold)? else {
                    return Ok(Vec::new());
                };
                let rows = match fold {
                    // Those that are the same letter by letter are another matter.
                    Some(fold) => Expr::And(vec![later, differing_groups(own, &column, *fold)]),
                    None => later,
                };
                let cleared = clear(engine, catalog, own, field, Some(ending), rows)?;
                Ok(vec![cleared])
            }
            Self::Remove { model, rows } => {
                let own = held::model(engine, model)?;
                Ok(vec![remove(own, planned(client, own, rows)?)])
            }
            Self::RemoveButFirst { model, fields } => {
                let own = held::model(engine, model)?;
                let later = all_but_first(own, &columns(own, fields)?, None)?;
                Ok(later.map(|rows| remove(own, rows)).into_iter().collect())
            }
            Self::RemoveAlike { model, fields } => {
                let own = held::model(engine, model)?;
                Ok(vec![remove(own, alike_rows(own, &columns(own, fields)?))])
            }
            Self::AdmitAlike { model, field } => admit_alike(engine, catalog, model, field),
            of_table => of_table.of_tables(engine, catalog),
        }
    }

    /// Those that change no row.
    fn of_tables(&self, engine: &Engine, catalog: &Catalog) -> Result<Vec<Statement>, Error> {
        Ok(match self {
            Self::CreateTable { table } => create(engine, wanted(engine, table)?),
            Self::AddColumn { table, column } => vec![add_column(engine, table, column)?],
            Self::ChangeType { table, column } => {
                vec![change_type(engine, catalog, table, column)?]
            }
            Self::AdmitNull { table, column } => alter_null(engine, catalog, table, column, true)?,
            Self::RefuseNull { table, column } => {
                alter_null(engine, catalog, table, column, false)?
            }
            Self::Rename { from, to } => vec![Statement::RenameTable(RenameTable {
                table: TableName::from(from.as_str()),
                name: to.clone(),
            })],
            Self::DropTable { table } => {
                vec![Statement::DropTable(TableName::from(table.as_str()))]
            }
            _ => Vec::new(),
        })
    }

    /// The query that shows which rows it concerns, by their key.
    pub(super) fn look(&self, client: &Client) -> Result<Option<Select>, Error> {
        let (Self::Clear { model, rows, .. } | Self::Remove { model, rows }) = self else {
            return Ok(None);
        };
        let own = held::model(client.engine(), model)?;
        let key = columns(own, &own.id)?;
        Ok(Some(Select {
            filter: Some(planned(client, own, rows)?),
            ..Select::from(source(own), key.iter().map(Expr::column).collect())
        }))
    }
}

fn planned(client: &Client, own: &Model, rows: &Filter) -> Result<Expr, Error> {
    let mut planner = Planner::new(client);
    // The planner knows models by the engine, and this one is of it.
    let own = planner.model(&own.name)?;
    let filter = planner.filter(Scene::alone(own), Some(rows))?;
    Ok(filter.unwrap_or(Expr::Bool(true)))
}

fn remove(own: &Model, rows: Expr) -> Statement {
    Statement::Delete(Delete {
        table: table(own),
        filter: Some(rows),
        returning: Vec::new(),
    })
}

fn clear(
    engine: &Engine,
    catalog: &Catalog,
    own: &Model,
    field: &str,
    ending: Option<&str>,
    rows: Expr,
) -> Result<Statement, Error> {
    let cleared = column(own, field)?;
    let found = held::table(engine, catalog, &own.table);
    let found = found.and_then(|table| find_column(engine, table, &cleared));
    let is_optional = own
        .field(field)
        .is_some_and(|field| field.arity == Arity::Optional);
    let admits_null = is_optional && found.is_none_or(|column| column.nullable);
    let nothing = match ending {
        _ if admits_null => Expr::Value(Value::Null),
        Some(ending) => {
            let key = columns(own, &own.id)?;
            let ending = Expr::Value(Value::from(ending));
            Expr::Concat(key.iter().map(Expr::column).chain([ending]).collect())
        }
        None => Expr::Value(Value::from("")),
    };
    Ok(Statement::Update(Update {
        table: table(own),
        filter: Some(rows),
        assignments: vec![(cleared, nothing)],
        returning: Vec::new(),
    }))
}

/// Keys that go round in a circle come after the table, where the dialect does not refer to what is not there yet.
fn create(engine: &Engine, wanted: WantedTable) -> Vec<Statement> {
    let (name, keys) = (wanted.name.clone(), wanted.foreign_keys.clone());
    let alone = Wanted {
        schemas: Vec::new(),
        extensions: Vec::new(),
        enums: Vec::new(),
        tables: vec![wanted],
    };
    let mut statements = create_all(&alone, engine.dialect);
    if !engine.capability().forward_references {
        statements.extend(keys.into_iter().map(|foreign_key| {
            Statement::AddForeignKey(AddForeignKey {
                table: name.clone(),
                foreign_key,
            })
        }));
    }
    statements
}

fn add_column(engine: &Engine, table: &str, name: &str) -> Result<Statement, Error> {
    let (table, mut column) = wanted_column(engine, table, name)?;
    // SQLite fills the rows that are there with what is known beforehand alone.
    let is_constant = matches!(column.default, Some(ColumnDefault::Value(_)));
    if !engine.capability().alter_column && !is_constant {
        column.default = None;
    }
    if column.default.is_none() && !is_counter(&column.column_type) {
        column.nullable = true;
    }
    Ok(Statement::AddColumn(AddColumn { table, column }))
}

fn is_counter(column_type: &ColumnType) -> bool {
    matches!(
        column_type,
        ColumnType::Counter | ColumnType::BigCounter | ColumnType::NativeCounter(_)
    )
}

fn change_type(
    engine: &Engine,
    catalog: &Catalog,
    table: &str,
    name: &str,
) -> Result<Statement, Error> {
    let found = found_column(engine, catalog, table, name)?;
    let (table, wanted) = wanted_column(engine, table, name)?;
    let changes = ColumnChanges {
        column_type: true,
        // What was the default of the old type may be none of the new one.
        default: found.default.is_some(),
        ..ColumnChanges::default()
    };
    let column = Column {
        name: found.name.clone(),
        nullable: found.nullable,
        ..wanted
    };
    Ok(Statement::AlterColumn(AlterColumn {
        table,
        column,
        changes,
    }))
}

/// Nothing where the whole column would have to be said anew, and its default is in words of the database.
fn alter_null(
    engine: &Engine,
    catalog: &Catalog,
    table: &str,
    name: &str,
    nullable: bool,
) -> Result<Vec<Statement>, Error> {
    let found = found_column(engine, catalog, table, name)?;
    // MariaDB names the absence of one.
    let default = found.default.as_deref().unwrap_or("NULL");
    if engine.capability().inline_indexes && !default.eq_ignore_ascii_case("NULL") {
        return Ok(Vec::new());
    }
    let column = Column {
        name: found.name.clone(),
        column_type: ColumnType::Verbatim(found.database_type.clone()),
        nullable,
        default: None,
    };
    Ok(vec![Statement::AlterColumn(AlterColumn {
        table: TableName::from(table),
        column,
        changes: ColumnChanges {
            nullable: true,
            ..ColumnChanges::default()
        },
    })])
}

/// The index comes first: MySQL lets none go that a foreign key needs.
fn admit_alike(
    engine: &Engine,
    catalog: &Catalog,
    name: &str,
    field: &str,
) -> Result<Vec<Statement>, Error> {
    let own = model(engine, name)?;
    let wanted = vec![column(own, field)?];
    let Some(found) = held::table(engine, catalog, &own.table) else {
        return Ok(Vec::new());
    };
    let fold = engine.capability().column_names_fold_case;
    let is_it = |one: &String| wanted.iter().all(|name| held::is_same(one, name, fold));
    let keys = found.uniques.iter();
    let keys = keys.filter(|key| key.columns.len() == 1 && key.columns.iter().all(is_it));
    let drops = keys.map(|key| {
        Statement::DropIndex(DropIndex {
            table: table(own),
            name: key.name.clone(),
            is_constraint: key.is_constraint,
        })
    });
    let begins = |key: &[String]| key.first().is_some_and(is_it);
    let mut plain = found.indexes.iter();
    let index = match plain.any(|index| begins(&index.columns)) {
        true => None,
        false => Some(create_index(own, &wanted, false)),
    };
    Ok(index.into_iter().chain(drops).collect())
}

fn found_column<'c>(
    engine: &Engine,
    catalog: &'c Catalog,
    table: &str,
    name: &str,
) -> Result<&'c hallpass_db::Column, Error> {
    let found = held::table(engine, catalog, table);
    let column = found.and_then(|table| find_column(engine, table, name));
    column.ok_or_else(|| unknown_column(table, name))
}

fn find_column<'c>(
    engine: &Engine,
    table: &'c Table,
    name: &str,
) -> Option<&'c hallpass_db::Column> {
    let fold = engine.capability().column_names_fold_case;
    let mut columns = table.columns.iter();
    columns.find(|column| held::is_same(&column.name, name, fold))
}

/// A table as the schema has it.
fn wanted(engine: &Engine, name: &str) -> Result<WantedTable, Error> {
    let wanted = Wanted::of(&engine.schema, engine.dialect);
    let wanted = wanted.map_err(|error| Error::NotSupported(error.to_string()))?;
    let fold = engine.capability().table_names_fold_case;
    let mut tables = wanted.tables.into_iter();
    tables
        .find(|table| held::is_same(&table.name.name, name, fold))
        .ok_or_else(|| {
            Error::Invalid(InvalidInput::UnknownModel {
                model: name.to_owned(),
            })
        })
}

fn wanted_column(engine: &Engine, table: &str, name: &str) -> Result<(TableName, Column), Error> {
    let wanted = wanted(engine, table)?;
    let fold = engine.capability().column_names_fold_case;
    let mut columns = wanted.columns.into_iter();
    let column = columns.find(|column| held::is_same(&column.name, name, fold));
    let column = column.ok_or_else(|| unknown_column(table, name))?;
    Ok((TableName::from(table), column))
}

fn unknown_column(table: &str, column: &str) -> Error {
    Error::Invalid(InvalidInput::UnknownField {
        model: table.to_owned(),
        field: column.to_owned(),
    })
}
