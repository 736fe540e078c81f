//! What a database really holds, for tools that judge tables which others made.
//!
//! A [`Rule`] is a promise that tables keep for those who use them: no two rows alike, a quick way to some rows, no row
//! without its partner. A client tells whether its database keeps a rule ([`Client::keeps`]), how many rows stand
//! against it ([`Client::violations`]), and with which statement it would be kept ([`Client::statement_to_keep`]).
//!
//! Invariant: nothing is changed here but by [`Client::keep`] and [`Client::remove_violations`], which do what their
//! statements say. To add a kind of rule: a variant, and an arm in each function.

mod held;
mod statements;

use hallpass_db::Catalog;
use hallpass_sql::{Statement, Value};

use crate::client::Client;
use crate::error::Error;

pub use held::Held;

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
            | Self::Reference { model, .. } => model,
        }
    }
}

impl Client {
    /// What tables exist, as this client's statements see it.
    ///
    /// # Errors
    /// What the database said.
    pub async fn catalog(&self) -> Result<Catalog, Error> {
        self.read_catalog().await
    }

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

    /// The statement that makes the database keep a rule from then on. It fails while rows stand against the rule.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where this database cannot say it of a table that exists: SQLite adds no foreign keys.
    pub fn statement_to_keep(&self, rule: &Rule) -> Result<String, Error> {
        let statement = statements::keep(self.engine(), rule)?;
        Ok(hallpass_sql::script(&statement, self.engine().dialect)?)
    }

    /// The statement that removes rows without a partner. `None` for rows that are alike: which of them is the right
    /// one, only a person can tell.
    ///
    /// # Errors
    /// [`Error::Invalid`] for names that the schema does not have.
    pub fn statement_to_remove_violations(&self, rule: &Rule) -> Result<Option<String>, Error> {
        let statement = statements::remove_violations(self.engine(), rule)?;
        let text = |statement| hallpass_sql::script(&statement, self.engine().dialect);
        Ok(statement.map(text).transpose()?)
    }

    /// The statement that shows what is alike, or which rows have no partner, for a person to look through.
    ///
    /// # Errors
    /// [`Error::Invalid`] for names that the schema does not have.
    pub fn statement_to_show_violations(&self, rule: &Rule) -> Result<Option<String>, Error> {
        let select = statements::show_violations(self.engine(), rule)?;
        let text = |select| hallpass_sql::script(&Statement::Select(select), self.engine().dialect);
        Ok(select.map(text).transpose()?)
    }

    /// Runs [`statement_to_keep`](Self::statement_to_keep).
    ///
    /// # Errors
    /// As there; [`Error::Conflict`] and [`Error::ForeignKey`] while rows stand against it.
    pub async fn keep(&self, rule: &Rule) -> Result<(), Error> {
        let statement = statements::keep(self.engine(), rule)?;
        self.run_alone(rule, &statement).await.map(drop)
    }

    /// Runs [`statement_to_remove_violations`](Self::statement_to_remove_violations) and says how many rows went.
    ///
    /// # Errors
    /// What the database said.
    pub async fn remove_violations(&self, rule: &Rule) -> Result<u64, Error> {
        match statements::remove_violations(self.engine(), rule)? {
            Some(statement) => self.run_alone(rule, &statement).await,
            None => Ok(0),
        }
    }

    async fn run_alone(&self, rule: &Rule, statement: &Statement) -> Result<u64, Error> {
        let query = hallpass_sql::emit(statement, self.engine().dialect)?;
        Ok(self.statement(rule.model(), &query, &[]).await?.affected)
    }
}
