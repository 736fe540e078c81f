//! What a database really holds, for tools that judge tables which others made.
//!
//! A [`Rule`] is a promise that tables keep for those who use them: no two rows alike, a quick way to some rows, no row
//! without its partner. A client tells whether its database keeps a rule ([`Client::keeps`]), how many rows stand
//! against it ([`Client::violations`]), and by which changes it would be kept ([`Client::changes_to_keep`]).
//!
//! Invariant: nothing is changed here but by [`Client::make`], and then as the change's text says. To add a kind of rule: a variant, and an arm in each function.

mod held;
mod mending;
mod statements;

use hallpass_db::Catalog;
use hallpass_sql::{Query, Statement, Value};

use crate::client::{Client, Engine};
use crate::error::Error;

pub use held::Held;
pub use mending::Mending;
pub use statements::Fold;

/// A promise of a table, in the schema's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// No two rows are alike in these fields. Nulls are never alike.
    Unique {
        /// The model.
        model: String,
        /// The fields.
        fields: Vec<String>,
    },
    /// Rows are found by these fields without reading all of them.
    Index {
        /// The model.
        model: String,
        /// The fields.
        fields: Vec<String>,
    },
    /// Text is in lower case. No database keeps that by itself. Rows that stand against
    /// [`DistinctInLowerCase`](Self::DistinctInLowerCase) are not counted, shown or changed.
    LowerCase {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// No text with capitals is that of another row but for them: in lower case, which of the rows is meant could not be
    /// told. Only rows can tell whether it is kept.
    DistinctInLowerCase {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// Text neither begins nor ends with a blank. Rows that stand against [`DistinctTrimmed`](Self::DistinctTrimmed) are not
    /// counted, shown or changed.
    Trimmed {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// No text with blanks at an end is that of another row but for them. Only rows can tell whether it is kept.
    DistinctTrimmed {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// A field names a row of another model, and goes when that row goes.
    Reference {
        /// The model.
        model: String,
        /// The field that names the other row.
        field: String,
        /// The other model.
        target: String,
        /// Its field that is named.
        target_field: String,
    },
}

impl Rule {
    /// The model that keeps it.
    pub fn model(&self) -> &str {
        match self {
            Self::Unique { model, .. }
            | Self::Index { model, .. }
            | Self::LowerCase { model, .. }
            | Self::DistinctInLowerCase { model, .. }
            | Self::Trimmed { model, .. }
            | Self::DistinctTrimmed { model, .. }
            | Self::Reference { model, .. } => model,
        }
    }
}

impl Client {
    /// Whether the database keeps a rule.
    ///
    /// # Errors
    /// [`Error::Invalid`] for names that the schema does not have.
    pub fn keeps(&self, rule: &Rule, catalog: &Catalog) -> Result<Held, Error> {
        held::held(self.engine(), rule, catalog)
    }

    /// How many groups of rows, or single rows, stand against a rule. Reads the whole table, once.
    ///
    /// # Errors
    /// [`Error::Invalid`] for names that the schema does not have; else what the database said.
    pub async fn violations(&self, rule: &Rule) -> Result<u64, Error> {
        self.access.require_full()?;
        let Some(select) = statements::count_violations(self.engine(), rule)? else {
            return Ok(0);
        };
        let query = hallpass_sql::emit(&Statement::Select(select), self.engine().dialect)?;
        let rows = self.statement(rule.model(), &query, &[]).await?.rows;
        Ok(match rows.first().and_then(|row| row.first()) {
            Some(Value::Int(count)) => u64::try_from(*count).unwrap_or(0),
            _ => 0,
        })
    }

    /// What makes the database keep a rule from then on, in order. Fails while rows stand against the rule.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where this database cannot say it of a table that exists: SQLite adds no foreign keys.
    pub fn changes_to_keep(&self, rule: &Rule, catalog: &Catalog) -> Result<Vec<Change>, Error> {
        let statements = statements::keep(self.engine(), rule, catalog)?;
        let change = |statement| Change::of(self.engine(), rule.model(), &statement);
        statements.into_iter().map(change).collect()
    }

    /// What removes rows without a partner, or puts text into lower case or between its blanks. `None` for rows that are alike: which of them
    /// is the right one, only a person can tell.
    ///
    /// # Errors
    /// [`Error::Invalid`] for names that the schema does not have.
    pub fn change_to_remove_violations(&self, rule: &Rule) -> Result<Option<Change>, Error> {
        let statement = statements::remove_violations(self.engine(), rule)?;
        let change = |statement| Change::of(self.engine(), rule.model(), &statement);
        statement.map(change).transpose()
    }

    /// What gives a column of moments without a time zone, which are in UTC, its zone.
    ///
    /// # Errors
    /// [`Error::Unsupported`] on databases other than PostgreSQL.
    pub fn change_to_add_time_zone(&self, model: &str, field: &str) -> Result<Change, Error> {
        let statement = statements::add_time_zone(self.engine(), model, field)?;
        Change::of(self.engine(), model, &statement)
    }

    /// What mends something as somebody chose, in order; nothing where it cannot be told what to do.
    ///
    /// # Errors
    /// [`Error::Invalid`] for names that neither schema nor catalog has, [`Error::Unsupported`] where this database cannot
    /// say it of a table that exists: SQLite changes no column.
    pub fn changes_to_mend(
        &self,
        mending: &Mending,
        catalog: &Catalog,
    ) -> Result<Vec<Change>, Error> {
        let statements = mending.statements(self, catalog)?.into_iter();
        statements
            .map(|statement| Change::of(self.engine(), "", &statement))
            .collect()
    }

    /// The query that shows the keys of the rows that a mending concerns, where it names rows.
    ///
    /// # Errors
    /// [`Error::Invalid`] for names that the schema does not have.
    pub fn query_for_mending(&self, mending: &Mending) -> Result<Option<String>, Error> {
        let select = mending.look(self)?;
        let text = |select| hallpass_sql::script(&Statement::Select(select), self.engine().dialect);
        Ok(select.map(text).transpose()?)
    }

    /// The query that shows what is alike, or which rows have no partner, for a person to look through.
    ///
    /// # Errors
    /// [`Error::Invalid`] for names that the schema does not have.
    pub fn query_for_violations(&self, rule: &Rule) -> Result<Option<String>, Error> {
        let select = statements::show_violations(self.engine(), rule)?;
        let text = |select| hallpass_sql::script(&Statement::Select(select), self.engine().dialect);
        Ok(select.map(text).transpose()?)
    }

    /// Makes a change and says how many rows it concerned.
    ///
    /// # Errors
    /// [`Error::Conflict`] and [`Error::ForeignKey`] while rows stand against it; else what the database said.
    pub async fn make(&self, change: &Change) -> Result<u64, Error> {
        self.access.require_full()?;
        let rows = self.statement(&change.model, &change.query, &[]);
        Ok(rows.await?.affected)
    }
}

/// A change of tables or rows that a person can read before it is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    model: String,
    text: String,
    query: Query,
}

impl Change {
    fn of(engine: &Engine, model: &str, statement: &Statement) -> Result<Self, Error> {
        Ok(Self {
            model: model.to_owned(),
            text: hallpass_sql::script(statement, engine.dialect)?,
            query: hallpass_sql::emit(statement, engine.dialect)?,
        })
    }

    /// The statement that is run.
    pub fn sql(&self) -> &str {
        &self.text
    }
}
