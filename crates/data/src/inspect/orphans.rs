//! Rows that name a row of another model which is not there: which they are, and what may become of them.

use hallpass_sql::{Statement, Value};
use hallpass_zmodel::schema::Arity;

use super::held::model;
use super::{Change, Rule, statements};
use crate::client::Client;
use crate::error::Error;

/// A row without its partner.
#[derive(Debug, Clone, PartialEq)]
pub struct Orphan {
    /// The values of its identity, in the order of the schema.
    pub key: Vec<Value>,
    /// What its field names.
    pub names: Value,
}

impl Client {
    /// The rows that stand against a [`Rule::Reference`], at most so many of them, in the order of their identity. How many
    /// there are in all says [`violations`](Self::violations).
    ///
    /// # Errors
    /// [`Error::Invalid`] for other rules and for names that the schema does not have; else what the database said.
    pub async fn orphans(&self, rule: &Rule, most: u32) -> Result<Vec<Orphan>, Error> {
        self.access.require_full()?;
        let select = statements::orphans(self.engine(), rule, most)?;
        let query = hallpass_sql::emit(&Statement::Select(select), self.engine().dialect)?;
        let rows = self.statement(rule.model(), &query, &[]).await?.rows;
        let orphans = rows.into_iter().filter_map(|mut key| {
            let names = key.pop()?;
            Some(Orphan { key, names })
        });
        Ok(orphans.collect())
    }

    /// What lets rows without a partner name nothing. `None` where the field must name something.
    ///
    /// # Errors
    /// As [`orphans`](Self::orphans).
    pub fn change_to_clear(&self, rule: &Rule) -> Result<Option<Change>, Error> {
        let Rule::Reference { field, .. } = rule else {
            return Ok(None);
        };
        let own = model(self.engine(), rule.model())?;
        let is_optional = |arity| arity == Arity::Optional;
        if !own.field(field).is_some_and(|one| is_optional(one.arity)) {
            return Ok(None);
        }
        self.change_to_adopt(rule, Value::Null).map(Some)
    }

    /// What gives rows without a partner to the one that has this value.
    ///
    /// # Errors
    /// As [`orphans`](Self::orphans).
    pub fn change_to_adopt(&self, rule: &Rule, value: Value) -> Result<Change, Error> {
        let statement = statements::rename_orphans(self.engine(), rule, value)?;
        Change::of(self.engine(), rule.model(), &statement)
    }
}
