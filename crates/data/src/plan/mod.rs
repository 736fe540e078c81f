//! From arguments to statements. Everything that depends on the schema is decided here, once a plan; a run only
//! fills slots.
//!
//! Dialects are asked for capabilities: a write gives its rows back by `RETURNING` where that exists, else rows are
//! locked, written by key and read back in one transaction.

mod aggregate;
mod cascade;
mod create;
mod delete;
mod documents;
mod extended;
mod filter;
mod find;
mod moments;
mod most;
mod nested;
mod order;
mod relation;
mod selection;
mod slot;
mod slots;
mod tables;
mod update;
mod upsert;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

use hallpass_sql::{Expr, Query, Select, Source, Statement, TableName, Value};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Field, FieldKind, Join, Model};

use crate::args::Input;
use crate::client::{Client, Engine};
use crate::codec::{Codec, Mismatch};
use crate::error::{Error, InvalidInput};
use crate::limits::Limits;
use crate::live::Touched;
use crate::policy::{Access, Bounds, Look, Member, Notes, Whose};
use crate::shape::Shape;

pub(crate) use aggregate::{Aggregated, aggregate, count_of, group_by};
pub(crate) use cascade::{Cascade, Cascades, root};
pub(crate) use create::{create, literal_value};
pub(crate) use delete::delete;
pub(crate) use filter::{exactly, require_key_alone, require_unique};
pub(crate) use find::{count, exists, find};
pub(crate) use most::{All, Most};
pub(crate) use nested::Level;
pub(crate) use slot::{Match, Slot};
use slots::Slots;
pub(crate) use tables::{Bases, same_row};
pub(crate) use update::update;
pub(crate) use upsert::upsert;

/// An operation, ready to run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) model: String,
    /// On whose behalf it may be run.
    pub(crate) whose: Whose,
    /// Values made at each run; slot n fills parameter n of the statements.
    pub(crate) slots: Vec<Slot>,
    /// How many rows it may give.
    pub(crate) most: Option<Most>,
    /// How much it may give over all levels.
    pub(crate) all: Option<All>,
    pub(crate) work: Work,
}

/// What a plan does.
#[derive(Debug)]
pub(crate) enum Work {
    /// Nothing at all: an update of nothing.
    Nothing,
    /// One statement that gives rows.
    Rows { query: Query, shape: Arc<Shape> },
    /// One statement that gives rows, then one for each relation to many whose rows the dialect cannot put into them.
    Levels {
        query: Query,
        shape: Arc<Shape>,
        levels: Vec<Level>,
    },
    /// One read that finds at most one row, by a unique key.
    LookUp { query: Query, shape: Arc<Shape> },
    /// One statement that gives a count in its only row.
    Count(Query),
    /// One statement whose affected rows are counted.
    Affected(Query),
    /// An insert, then a read of the new row.
    InsertThenRead {
        insert: Query,
        /// Has one parameter more than there are slots where the key is a counter of the database.
        read: Query,
        shape: Arc<Shape>,
    },
    /// Rows are locked, written by key, and read back.
    LockThenWrite(Box<LockThenWrite>),
}

/// A write that gives its rows back where the dialect cannot do both at once.
#[derive(Debug)]
pub(crate) struct LockThenWrite {
    /// Reads the rows, or only their keys, and holds them.
    pub(crate) lock: Query,
    /// Where the key stands in a locked row.
    pub(crate) key_at: Vec<usize>,
    pub(crate) key: Vec<String>,
    /// An UPDATE or DELETE without a filter.
    pub(crate) write: Statement,
    /// How the rows are read afterwards; a removal gives the locked rows.
    pub(crate) read: Option<ReadBack>,
    pub(crate) shape: Arc<Shape>,
    /// Whether rows of several tables may go with those that it removes.
    pub(crate) cascades: bool,
}

/// A read of the rows that were just changed.
#[derive(Debug)]
pub(crate) struct ReadBack {
    pub(crate) select: Select,
    /// One a key column: what it was set to, where it was.
    pub(crate) set: Vec<Option<Expr>>,
}

/// Which rows a write concerns, and what it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The row of a unique key; gives it.
    One,
    /// Any rows; gives them.
    Many,
    /// Any rows; gives their number.
    Count,
}

#[derive(Debug)]
pub(crate) struct Planner<'e> {
    pub(crate) engine: &'e Engine,
    pub(crate) access: &'e Access,
    pub(crate) limits: &'e Limits,
    slots: Slots,
    /// What the plan takes for granted about the person, where it may be kept for others.
    notes: Option<Mutex<Notes>>,
    /// What the rules of the statement add up to.
    pub(crate) bounds: Bounds,
    /// Names given to tables so far. Atomic, because plans are looked at by work that moves between threads.
    tables: AtomicUsize,
    /// Who asked for rows, where it is not the engine itself.
    asked: Option<Asked>,
    /// Whether relations to many rows are read by statements of their own, also where one could say it all.
    by_levels: bool,
    /// How many rows the plan may give.
    most: Option<Most>,
    /// How much it may give over all levels.
    all: Option<All>,
    /// Where it is noted which tables the statements read.
    touched: Option<&'e Touched>,
}

/// A read that a caller asked for.
#[derive(Debug)]
struct Asked {
    operation: &'static str,
    model: String,
}

impl<'e> Planner<'e> {
    pub(crate) fn new(client: &'e Client) -> Self {
        Self {
            engine: client.engine(),
            access: &client.access,
            limits: &client.limits,
            slots: Slots::default(),
            notes: None,
            bounds: Bounds::default(),
            tables: AtomicUsize::new(0),
            asked: None,
            by_levels: false,
            most: None,
            all: None,
            touched: client.touched.as_deref(),
        }
    }

    /// For a plan that others may run, too, whose values are bound where it can be.
    pub(crate) fn shared(client: &'e Client) -> Self {
        Self {
            notes: Some(Mutex::default()),
            ..Self::new(client)
        }
    }

    fn finish(self, model: &Model, work: Work) -> Plan {
        let (most, all) = (self.most.clone(), self.all.clone());
        let (whose, slots) = self.end();
        Plan {
            model: model.name.clone(),
            whose,
            slots,
            most,
            all,
            work,
        }
    }

    /// On whose behalf may be run what was planned, and what fills its parameters.
    pub(crate) fn end(self) -> (Whose, Vec<Slot>) {
        let whose = match self.notes {
            Some(notes) => notes
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner)
                .whose(self.access),
            None => Whose::Own(self.access.clone()),
        };
        (whose, self.slots.all())
    }

    pub(crate) fn model(&self, name: &str) -> Result<&'e Model, InvalidInput> {
        self.engine
            .schema
            .model(name)
            .ok_or_else(|| InvalidInput::UnknownModel {
                model: name.to_owned(),
            })
    }

    pub(crate) fn column(
        &self,
        model: &'e Model,
        name: &str,
    ) -> Result<(&'e Field, Codec), InvalidInput> {
        let field = field(model, name)?;
        let codec = Codec::of(self.engine, model, field);
        let codec = codec.ok_or_else(|| InvalidInput::NotColumn {
            model: model.name.clone(),
            field: name.to_owned(),
        })?;
        Ok((field, codec))
    }

    /// The current moment, as a field's column takes it.
    pub(crate) fn now(&self, model: &'e Model, field: &Field) -> Result<Slot, InvalidInput> {
        let (_, codec) = self.column(model, &field.name)?;
        Ok(Slot::Now(Box::new(codec)))
    }

    pub(crate) fn slot(&mut self, slot: Slot) -> Expr {
        self.slots.add(slot)
    }

    /// The values of this run for what was planned so far.
    pub(crate) fn slot_values(&self) -> Result<Vec<Value>, Error> {
        self.slots.values(self.engine)
    }

    /// Whether the plan may be kept for others.
    pub(crate) fn is_shared(&self) -> bool {
        self.notes.is_some()
    }

    /// Takes note of what the plan takes for granted about the person.
    pub(crate) fn note(&self, look: impl FnOnce() -> Look) {
        if let Some(notes) = &self.notes {
            let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
            notes.look(look());
        }
    }

    /// Takes note that the plan holds something of this moment.
    pub(crate) fn note_passing(&self) {
        if let Some(notes) = &self.notes {
            let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
            notes.pass();
        }
    }

    /// A value of whoever asks at a run.
    pub(crate) fn member(&self, member: Member) -> Expr {
        self.slots.member(member)
    }

    /// What a field is set to.
    fn assignment(
        &mut self,
        model: &Model,
        field: &Field,
        codec: Codec,
        input: &Input,
    ) -> Result<Expr, InvalidInput> {
        match input {
            Input::Parameter(parameter) => {
                Ok(self.slot(Slot::assigned(model, field, codec, parameter.0)))
            }
            Input::Value(Value::Null) if !codec.optional => Err(null(model, field)),
            Input::Value(value) => match codec.store(value) {
                Ok(value) => Ok(Expr::Value(value)),
                Err(mismatch) => Err(unfit(&model.name, &field.name, &codec, mismatch)),
            },
        }
    }

    /// Refuses fields that become hashes: plans are made without waiting, and hashes take long.
    fn refuse_hashed<'n>(
        model: &Model,
        mut names: impl Iterator<Item = &'n String>,
    ) -> Result<(), InvalidInput> {
        let is_hashed = |name: &&String| {
            let field = model.field(name);
            field.is_some_and(|field| field.password.is_some())
        };
        match names.find(is_hashed) {
            Some(name) => Err(InvalidInput::Hashed {
                model: model.name.clone(),
                field: name.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Refuses rows found or sorted by texts that are sealed.
    pub(crate) fn require_open(
        &self,
        model: &Model,
        field: &Field,
        codec: &Codec,
    ) -> Result<(), InvalidInput> {
        // SECURITY: a hash that can be compared can be guessed, letter by letter.
        if field.password.is_some() && matches!(self.access, Access::Person(_)) {
            return Err(InvalidInput::Password {
                model: model.name.clone(),
                field: field.name.clone(),
            });
        }
        if codec.is_sealed() {
            return Err(InvalidInput::Encrypted {
                model: model.name.clone(),
                field: field.name.clone(),
            });
        }
        Ok(())
    }

    pub(crate) fn table(model: &Model) -> TableName {
        TableName {
            schema: model.database_schema.clone(),
            name: model.table.clone(),
        }
    }

    /// The table between two lists. It lives where that of its first model does.
    ///
    /// Source: contract zenstack §5.3.
    pub(crate) fn table_between(&self, join: &Join) -> TableName {
        let schema = &self.engine.schema;
        let mut tables = schema.join_tables.iter();
        let table = tables.find(|table| table.table == join.table);
        let first = table.and_then(|table| schema.model(&table.a.model));
        TableName {
            schema: first.and_then(|model| model.database_schema.clone()),
            name: join.table.clone(),
        }
    }

    pub(crate) fn source(model: &Model, alias: Option<&str>) -> Source {
        Source::Table {
            table: Self::table(model),
            alias: alias.map(str::to_owned),
        }
    }
}

/// Where a filter or an order looks for columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'e, 'a> {
    pub(crate) model: &'e Model,
    pub(crate) alias: Option<&'a str>,
    pub(crate) bases: Bases,
}

pub(crate) fn field<'m>(model: &'m Model, name: &str) -> Result<&'m Field, InvalidInput> {
    model.field(name).ok_or_else(|| InvalidInput::UnknownField {
        model: model.name.clone(),
        field: name.to_owned(),
    })
}

/// The fields of the identity.
pub(crate) fn key_fields(model: &Model) -> Result<Vec<&Field>, InvalidInput> {
    model.id.iter().map(|name| field(model, name)).collect()
}

/// The column of a field that the schema itself names.
fn column_name(model: &Model, name: &str) -> Result<String, InvalidInput> {
    Ok(field(model, name)?.column.clone())
}

fn is_relation(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Relation(_))
}

fn null(model: &Model, field: &Field) -> InvalidInput {
    InvalidInput::Null {
        model: model.name.clone(),
        field: field.name.clone(),
    }
}

fn unfit(model: &str, field: &str, codec: &Codec, mismatch: Mismatch) -> InvalidInput {
    let (model, field) = (model.to_owned(), field.to_owned());
    match (mismatch, codec.enumeration()) {
        (Mismatch::Member, Some(item)) => InvalidInput::EnumMember {
            model,
            field,
            enumeration: item.name.clone(),
        },
        _ => InvalidInput::Type {
            model,
            field,
            expected: codec.expected(),
        },
    }
}

/// The sets of fields that no two rows share, the identity first.
pub(crate) fn unique_keys<'s>(
    schema: &'s Schema,
    model: &'s Model,
) -> impl Iterator<Item = &'s [String]> {
    let identity = std::iter::once(model.id.as_slice());
    let uniques = schema.uniques(model);
    let uniques = uniques.map(|unique| unique.fields.as_slice());
    identity.chain(uniques).filter(|key| !key.is_empty())
}

pub(crate) fn emit(planner: &Planner<'_>, statement: &Statement) -> Result<Query, Error> {
    if let Some(touched) = planner.touched {
        touched.note(planner.engine, statement)?;
    }
    Ok(hallpass_sql::emit(statement, planner.engine.dialect)?)
}
