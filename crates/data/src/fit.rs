//! How the tables are really made, where that differs from what the schema lets expect: tables of other programs keep
//! moments in forms of their own, count in 64 bits, or take UUIDs only.
//!
//! Invariant: reads only, and once, at start. What is found changes how values are written and read, never which.
//! To add a fact: a member of [`Facts`], its reading in [`Facts::of`], its use in `codec.rs`.

use std::collections::HashMap;
use std::sync::Arc;

use hallpass_db::{Catalog, Column, Table};
use hallpass_sql::{Content, Dialect, Expr, Keeping, Select, Statement, TableName, Value};
use hallpass_zmodel::schema::{Field, FieldKind, Model, Scalar};

use crate::client::{Client, Engine};
use crate::ddl::find;
use crate::error::Error;
use crate::moments::{DIGITS, Form, Moments, Part, Unit, digits_of};
use crate::plan::Planner;
use crate::policy;

/// Rows that are looked at to see in which form a column's moments are.
const SAMPLE: i64 = 100;

/// What somebody who looked found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) catalog: Catalog,
    /// By table and column as the schema names them.
    facts: HashMap<(TableName, String), Facts>,
}

/// How one column is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// In lower case; of a domain the type that it is made of.
    database_type: String,
    /// The collation, where that takes texts for equal whose bytes differ.
    collation: Option<String>,
    /// Whether an insert may leave it out.
    pub(crate) has_default: bool,
    /// Where the field holds moments.
    pub(crate) moments: Option<Moments>,
}

impl Found {
    pub(crate) fn facts(&self, model: &Model, field: &Field) -> Option<&Facts> {
        // Two short texts at each look, and only while plans are made.
        self.facts
            .get(&(Planner::table(model), field.column.clone()))
    }
}

impl Facts {
    fn of(column: &Column, moments: Option<Moments>) -> Self {
        let database_type = column.underlying_type.as_ref();
        let database_type = database_type.unwrap_or(&column.database_type);
        Self {
            // A list is made as its elements are.
            database_type: database_type.trim_end_matches("[]").to_ascii_lowercase(),
            collation: column.folding_collation.clone(),
            has_default: column.has_default,
            moments,
        }
    }

    pub(crate) fn is_uuid(&self) -> bool {
        self.database_type == "uuid"
    }

    /// Whether whole numbers of more than 32 bits fit.
    pub(crate) fn is_wide(&self) -> bool {
        self.database_type.starts_with("bigint")
    }

    /// Whether texts are equal although they differ: see `NativeColumn::compares_exactly`.
    pub(crate) fn folds(&self) -> bool {
        self.collation.is_some()
            || matches!(self.database_type.as_str(), "citext" | "bpchar")
            || self.database_type.starts_with("character(")
    }

    /// The collation, where that takes texts for equal whose bytes differ.
    pub(crate) fn collation(&self) -> Option<&str> {
        self.collation.as_deref()
    }

    /// What the column makes of values.
    pub(crate) fn keeping(&self, dialect: Dialect, content: Content) -> Keeping {
        Keeping::of_type(dialect, content, &self.database_type)
    }
}

impl Client {
    /// A client for the same models that reads and writes the columns as the tables have them. Looks at the catalog
    /// and, where only rows can tell in which form moments are kept, at a few rows.
    ///
    /// # Errors
    /// [`Error::NotSupported`] for a client of a person, [`InvalidInput::Policy`](crate::InvalidInput::Policy) where the tables are made so
    /// that an access rule cannot be judged, else what the database says.
    pub async fn fitted(&self) -> Result<Self, Error> {
        let catalog = self.catalog().await?;
        let mut seen = self.sampled(&catalog).await?;
        // A program writes all its tables alike: where one is empty, the others tell.
        let common = Seen::of_all(seen.values());
        let engine = &self.engine;
        let mut facts = HashMap::new();
        for (model, field, column) in columns(engine, &catalog) {
            let key = (Planner::table(model), field.column.clone());
            let moments = is_moment(field).then(|| {
                let found = seen.remove(&key).unwrap_or_default();
                moments(engine, &column.database_type, found.or(common))
            });
            facts.insert(key, Facts::of(column, moments));
        }
        let found = Arc::new(Found { catalog, facts });
        policy::check_found(engine, &found)?;
        Ok(self.over(Arc::new(Engine {
            found: Some(found),
            ..engine.copy()
        })))
    }

    /// The tables as [`fitted`](Self::fitted) found them; `None` where nobody has looked, and for a client of a person.
    pub fn found(&self) -> Option<&Catalog> {
        self.access.require_full().ok()?;
        self.engine.found.as_ref().map(|found| &found.catalog)
    }

    /// What a few rows tell of each column that may hold moments in several ways.
    async fn sampled(
        &self,
        catalog: &Catalog,
    ) -> Result<HashMap<(TableName, String), Seen>, Error> {
        let mut found = HashMap::new();
        for (model, field, column) in columns(&self.engine, catalog) {
            if is_moment(field) && Storage::of(&self.engine, &column.database_type).is_free() {
                let rows = self.sample(model, field).await?;
                let key = (Planner::table(model), field.column.clone());
                found.insert(key, Seen::of(&rows));
            }
        }
        Ok(found)
    }

    async fn sample(&self, model: &Model, field: &Field) -> Result<Vec<Value>, Error> {
        let source = Planner::source(model, None);
        let column = Expr::column(&field.column);
        let mut select = Select::from(source, vec![column.clone()]);
        select.filter = Some(Expr::IsNotNull(Box::new(column)));
        select.limit = Some(Expr::Value(Value::Int(SAMPLE)));
        let query = hallpass_sql::emit(&Statement::Select(select), self.engine.dialect)?;
        let rows = self.statement(&model.name, &query, &[]).await?.rows;
        Ok(rows.into_iter().flatten().collect())
    }
}

/// Fields with a column that is there.
fn columns<'a>(
    engine: &'a Engine,
    catalog: &'a Catalog,
) -> impl Iterator<Item = (&'a Model, &'a Field, &'a Column)> {
    let models = engine.schema.models.iter();
    models.flat_map(move |model| {
        let table = find(engine, catalog, &Planner::table(model));
        // What a model inherits from a delegate has its column there.
        let is_here = |one: &&Field| one.relation().is_none() && model.origin(one).is_none();
        let fields = model.fields.iter().filter(is_here);
        fields.filter_map(move |field| Some((model, field, column(engine, table?, &field.column)?)))
    })
}

/// The column that a statement means by this name.
fn column<'t>(engine: &Engine, table: &'t Table, name: &str) -> Option<&'t Column> {
    let fold = engine.capability().column_names_fold_case;
    let same = |one: &&Column| one.name == name || fold && one.name.eq_ignore_ascii_case(name);
    table.columns.iter().find(same)
}

fn is_moment(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Scalar(Scalar::DateTime))
}

/// What a column that holds moments can hold at all.
enum Storage {
    /// A type of moments.
    Native,
    /// Numbers.
    Number,
    /// Text.
    Text,
    /// Either.
    Any,
}

impl Storage {
    fn of(engine: &Engine, database_type: &str) -> Self {
        let name = database_type.to_ascii_lowercase();
        if ["char", "text", "clob"]
            .iter()
            .any(|word| name.contains(word))
        {
            Self::Text
        } else if name.contains("int") {
            Self::Number
        } else if engine.capability().timestamp_type {
            Self::Native
        } else {
            Self::Any
        }
    }

    /// Whether only rows can tell in which form the column is, or what its numbers count.
    fn is_free(&self) -> bool {
        !matches!(self, Self::Native)
    }
}

fn moments(engine: &Engine, database_type: &str, found: Seen) -> Moments {
    let unit = found.unit.unwrap_or(Unit::Millis);
    let form = found.form.unwrap_or(Form::Zulu);
    match Storage::of(engine, database_type) {
        Storage::Native => Moments {
            digits: digits_of(database_type, engine.capability().timestamp_digits).min(DIGITS),
            part: Part::of_type(database_type),
            ..Moments::only(Form::Native)
        },
        Storage::Number => Moments::counted(unit),
        Storage::Text if form == Form::Number => Moments::only(Form::Zulu),
        Storage::Text => Moments::only(form),
        Storage::Any if form == Form::Number => Moments {
            mixed: true,
            ..Moments::counted(unit)
        },
        Storage::Any => Moments {
            mixed: true,
            unit,
            ..Moments::only(form)
        },
    }
}

/// What the rows of a column tell.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    form: Option<Form>,
    unit: Option<Unit>,
}

impl Seen {
    fn of(rows: &[Value]) -> Self {
        let forms: Vec<_> = rows.iter().filter_map(form_of).collect();
        let numbers = rows.iter().filter_map(|value| match value {
            Value::Int(number) => Unit::of(*number),
            _ => None,
        });
        let units: Vec<_> = numbers.collect();
        Self {
            form: most(&forms, [Form::Zulu, Form::Number, Form::Offset]),
            unit: most(&units, [Unit::Millis, Unit::Seconds]),
        }
    }

    fn of_all<'s>(all: impl Iterator<Item = &'s Self> + Clone) -> Self {
        let forms: Vec<_> = all.clone().filter_map(|one| one.form).collect();
        let units: Vec<_> = all.filter_map(|one| one.unit).collect();
        Self {
            form: most(&forms, [Form::Zulu, Form::Number, Form::Offset]),
            unit: most(&units, [Unit::Millis, Unit::Seconds]),
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            form: self.form.or(other.form),
            unit: self.unit.or(other.unit),
        }
    }
}

fn form_of(value: &Value) -> Option<Form> {
    match value {
        Value::Int(_) | Value::Float(_) => Some(Form::Number),
        Value::Text(text) if text.ends_with("+00:00") => Some(Form::Offset),
        Value::Text(text) if text.ends_with('Z') => Some(Form::Zulu),
        // What CURRENT_TIMESTAMP writes tells nothing of a program.
        _ => None,
    }
}

/// What most of them are; of two the later one, which other programs write.
fn most<T: Copy + PartialEq, const N: usize>(seen: &[T], all: [T; N]) -> Option<T> {
    let count = |one: T| seen.iter().filter(|seen| **seen == one).count();
    let counted = all.map(|one| (one, count(one))).into_iter();
    let (one, times) = counted.max_by_key(|one| one.1)?;
    (times > 0).then_some(one)
}
