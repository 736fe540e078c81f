//! From tree to text. Total: every tree has a text in a dialect, or an error that names what it cannot say.

mod alter;
mod expr;
mod json;
mod json_paths;
mod rows;
mod search;
mod table;

use crate::{
    Access, AdvisoryLock, Bind, Capability, Column, ColumnType, Dialect, EmitError, Placeholder,
    Query, StartupLock, Statement, TableName, Value,
};

/// Writes a statement in a dialect.
///
/// # Errors
/// [`EmitError`] when the dialect has no words for a part of it, or the tree is incomplete.
pub fn emit(statement: &Statement, dialect: Dialect) -> Result<Query, EmitError> {
    let mut emitter = Emitter::new(dialect);
    emitter.statement(statement)?;
    let limit = emitter.capability.max_binds;
    if emitter.binds.len() > limit {
        return Err(EmitError::TooManyBinds {
            count: emitter.binds.len(),
            limit,
            dialect,
        });
    }
    Ok(Query {
        text: emitter.text,
        binds: emitter.binds,
        access: access(statement),
    })
}

/// The tables that a statement reads rows from, in the order in which its text names them. One that it names twice stands
/// twice.
///
/// The emitter itself notes them, so that none is missing that the text has.
///
/// # Errors
/// As [`emit`].
pub fn tables_read(statement: &Statement, dialect: Dialect) -> Result<Vec<TableName>, EmitError> {
    let mut emitter = Emitter {
        sources: Some(Vec::new()),
        ..Emitter::new(dialect)
    };
    emitter.statement(statement)?;
    Ok(emitter.sources.unwrap_or_default())
}

/// Writes a statement as a person would type it, with its values in it: to be read, or run by hand.
///
/// Whatever Hallpass itself runs is written by [`emit`], which binds values.
///
/// # Errors
/// As [`emit`], and for a parameter or a value that has no literal form.
pub fn script(statement: &Statement, dialect: Dialect) -> Result<String, EmitError> {
    let mut emitter = Emitter::of_script(dialect);
    emitter.statement(statement)?;
    Ok(emitter.text)
}

/// The type of a column, as it is written in a dialect.
///
/// # Errors
/// As [`emit`].
pub fn type_text(column_type: &ColumnType, dialect: Dialect) -> Result<String, EmitError> {
    let mut emitter = Emitter::new(dialect);
    emitter.column_type(column_type)?;
    Ok(emitter.text)
}

/// The default of a column, as it is written in a dialect; `None` where it has none.
///
/// # Errors
/// As [`emit`].
pub fn default_text(column: &Column, dialect: Dialect) -> Result<Option<String>, EmitError> {
    let Some(default) = &column.default else {
        return Ok(None);
    };
    let mut emitter = Emitter::new(dialect);
    emitter.column_default(column, default)?;
    Ok(Some(emitter.text))
}

/// A name as it is written in a dialect, for texts that are not made here: bodies of triggers.
///
/// # Errors
/// [`EmitError::Identifier`] when no database takes it.
pub fn identifier_text(name: &str, dialect: Dialect) -> Result<String, EmitError> {
    let mut emitter = Emitter::new(dialect);
    emitter.identifier(name)?;
    Ok(emitter.text)
}

/// The name of a table, as [`identifier_text`].
///
/// # Errors
/// As there.
pub fn table_text(table: &TableName, dialect: Dialect) -> Result<String, EmitError> {
    let mut emitter = Emitter::new(dialect);
    emitter.table_name(table)?;
    Ok(emitter.text)
}

/// A constant as it is written in a dialect, as [`identifier_text`].
///
/// # Errors
/// [`EmitError`] for a value that has no literal form.
pub fn literal_text(value: &Value, dialect: Dialect) -> Result<String, EmitError> {
    let mut emitter = Emitter::new(dialect);
    emitter.literal(value)?;
    Ok(emitter.text)
}

fn access(statement: &Statement) -> Access {
    match statement {
        Statement::Select(select) if select.lock.is_none() => Access::Read,
        _ => Access::Write,
    }
}

pub(crate) struct Emitter {
    dialect: Dialect,
    capability: &'static Capability,
    text: String,
    binds: Vec<Bind>,
    /// Whether values stand in the text.
    as_script: bool,
    /// The tables that rows are read from, where somebody wants to know.
    sources: Option<Vec<TableName>>,
}

impl Emitter {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            capability: dialect.capability(),
            text: String::with_capacity(128),
            binds: Vec::new(),
            as_script: false,
            sources: None,
        }
    }

    /// Writes values into the text.
    pub(crate) fn of_script(dialect: Dialect) -> Self {
        Self {
            as_script: true,
            ..Self::new(dialect)
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), EmitError> {
        match statement {
            Statement::Select(select) => self.select(select),
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::CreateTable(create) => self.create_table(create),
            Statement::CreateIndex(create) => self.create_index(create),
            Statement::CreateEnum(create) => self.create_enum(create),
            Statement::AddColumn(add) => self.add_column(add),
            Statement::AddForeignKey(add) => self.add_foreign_key(add),
            Statement::DropForeignKey(drop) => self.drop_foreign_key(drop),
            Statement::AddTimeZone(add) => self.add_time_zone(add),
            Statement::CreateSchema(create) => self.create_schema(create),
            Statement::CreateExtension(create) => self.create_extension(create),
            Statement::CreateDatabase(name) => self.create_database(name),
            Statement::DropDatabase(name) => self.drop_database(name),
            Statement::AlterColumn(alter) => self.alter_column(alter),
            Statement::DropTable(table) => self.drop_table(table),
            Statement::DropColumn(drop) => self.drop_column(drop),
            Statement::DropIndex(drop) => self.drop_index(drop),
            Statement::AddPrimaryKey(add) => self.add_primary_key(add),
            Statement::DropPrimaryKey(drop) => self.drop_primary_key(drop),
            Statement::RenameTable(rename) => self.rename_table(rename),
            Statement::CopyRows(copy) => self.copy_rows(copy),
            Statement::CarryCounter(carry) => self.carry_counter(carry),
            Statement::RenameReferences(what) => self.rename_references(*what),
            Statement::AsWritten(text) => self.as_written(text),
            Statement::Prove(proof) => self.prove(proof),
            Statement::AddLabel(add) => self.add_label(add),
            Statement::RenameEnum(rename) => self.rename_enum(rename),
            Statement::DropEnum(name) => self.drop_enum(name),
            Statement::AcquireLock(lock) => self.acquire_lock(*lock),
            Statement::ReleaseLock(lock) => self.release_lock(*lock),
        }
    }

    fn acquire_lock(&mut self, lock: AdvisoryLock) -> Result<(), EmitError> {
        match self.capability.startup_lock {
            StartupLock::Transaction => {
                // The function gives `void`, which no driver has a value for.
                self.push("SELECT CAST(pg_advisory_xact_lock(");
                self.bind(Bind::Value(Value::Int(lock.key)))?;
                self.push(") AS TEXT)");
            }
            StartupLock::Connection => {
                self.push("SELECT GET_LOCK(");
                self.bind(Bind::Value(lock_name(lock)))?;
                self.push(", ");
                self.bind(Bind::Value(lock.timeout_seconds.into()))?;
                self.push(")");
            }
            StartupLock::Writer => return Err(self.unsupported("advisory locks")),
        }
        Ok(())
    }

    fn release_lock(&mut self, lock: AdvisoryLock) -> Result<(), EmitError> {
        if self.capability.startup_lock != StartupLock::Connection {
            return Err(self.unsupported("advisory locks of a connection"));
        }
        self.push("SELECT RELEASE_LOCK(");
        self.bind(Bind::Value(lock_name(lock)))?;
        self.push(")");
        Ok(())
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn bind(&mut self, bind: Bind) -> Result<(), EmitError> {
        if self.as_script {
            return match bind {
                Bind::Value(value) => self.literal(&value),
                Bind::Parameter(_) => Err(EmitError::Incomplete { part: "a value" }),
            };
        }
        self.binds.push(bind);
        match self.capability.placeholder {
            Placeholder::Question => self.text.push('?'),
            Placeholder::Numbered => {
                self.text.push('$');
                self.text.push_str(&self.binds.len().to_string());
            }
        }
        Ok(())
    }

    fn identifier(&mut self, name: &str) -> Result<(), EmitError> {
        if name.is_empty() || name.contains('\0') {
            return Err(EmitError::Identifier);
        }
        let quote = self.capability.identifier_quote;
        self.text.push(quote);
        for character in name.chars() {
            if character == quote {
                self.text.push(quote);
            }
            self.text.push(character);
        }
        self.text.push(quote);
        Ok(())
    }

    fn table_name(&mut self, table: &TableName) -> Result<(), EmitError> {
        if let Some(schema) = &table.schema {
            self.identifier(schema)?;
            self.push(".");
        }
        self.identifier(&table.name)
    }

    fn identifiers(&mut self, names: &[String]) -> Result<(), EmitError> {
        self.list(names, |emitter, name| emitter.identifier(name))
    }

    /// Writes items with commas between them.
    fn list<'i, T>(
        &mut self,
        items: &'i [T],
        mut write: impl FnMut(&mut Self, &'i T) -> Result<(), EmitError>,
    ) -> Result<(), EmitError> {
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.push(", ");
            }
            write(self, item)?;
        }
        Ok(())
    }

    fn unsupported(&self, clause: &'static str) -> EmitError {
        EmitError::Unsupported {
            clause,
            dialect: self.dialect,
        }
    }

    fn require(&self, able: bool, clause: &'static str) -> Result<(), EmitError> {
        if able {
            Ok(())
        } else {
            Err(self.unsupported(clause))
        }
    }
}

fn lock_name(lock: AdvisoryLock) -> Value {
    Value::Text(format!("hallpass:{}", lock.key))
}
