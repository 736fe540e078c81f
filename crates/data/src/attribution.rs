//! Who acts, for whoever keeps a log of what happens to rows.
//!
//! This crate knows no such log. It is told by which tables something is kept, and how a transaction says who acts in it; then
//! what a client of a person ([`Client::for_user`]) writes to these tables is said to be theirs. Without it nothing is said and
//! nothing is done.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use hallpass_db::{Database, Error as DatabaseError, Local, Rows, Transaction, Within};
use hallpass_sql::{Access as QueryAccess, Query, TableName, Value};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Model, ReferentialAction};

use crate::args::ArgValue;
use crate::client::Client;
use crate::error::Error;
use crate::policy::Access;

/// For which tables it is said who acts, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// The tables, as the database calls them.
    pub tables: Vec<TableName>,
    /// How it is said.
    pub saying: Saying,
}

/// How a transaction says who acts in it.
#[derive(Debug, Clone, PartialEq)]
pub enum Saying {
    /// By a variable of the transaction, which triggers read: see [`hallpass_db::Local`].
    Variable(&'static str),
    /// By statements around what is done, on databases without such variables.
    Statements {
        /// Gives a row where it can be said at all.
        can: Query,
        /// Says it; its one value is the actor.
        set: Query,
        /// Ends it. Must follow before the commit.
        end: Query,
    },
}

/// What a client works with.
#[derive(Debug)]
pub(crate) struct Attributing {
    /// Names of models whose rows are attributed, or go with rows that are.
    models: HashSet<String>,
    saying: Saying,
}

/// Who acts in one statement.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    by: Arc<Attributing>,
    /// `None`: nobody of whom it could be said.
    pub(crate) actor: Option<String>,
}

impl Client {
    /// From now on says of changes of these tables who made them, in this client and in all that it was cloned to. Called again, it takes the
    /// place of what was said before.
    ///
    /// # Errors
    /// [`Error::NotSupported`] for a client of a person.
    pub fn attribute(&self, attribution: &Attribution) -> Result<(), Error> {
        self.access.require_full()?;
        let attributing = Arc::new(Attributing {
            models: models(&self.engine.schema, &attribution.tables),
            saying: attribution.saying.clone(),
        });
        let mut place = self.engine.attributing.write();
        let place = place
            .as_deref_mut()
            .unwrap_or_else(|poisoned| poisoned.get_mut());
        *place = (!attributing.models.is_empty()).then_some(attributing);
        Ok(())
    }

    /// The same client, with full access as before, whose writes are said to be made by this user: for what a program does at
    /// the wish of somebody whose rights it judged itself. What [`for_user`](Self::for_user) makes of it writes as that person,
    /// and a client of a person stays that person's.
    #[must_use]
    pub fn attributed_to(&self, actor: &str) -> Self {
        Self {
            acting: Some(actor.into()),
            ..self.clone()
        }
    }

    /// Who acts when this is sent; absent where nobody wants to know.
    pub(crate) fn act(&self, model: &str, query: &Query) -> Option<Act> {
        if query.access == QueryAccess::Read {
            return None;
        }
        let by = self.engine.attributing.read();
        let by = by.unwrap_or_else(PoisonError::into_inner).clone()?;
        by.models.contains(model).then(|| Act {
            by,
            actor: self.actor(),
        })
    }

    /// The id of the person; of a client with full access nobody's but whom the program names.
    fn actor(&self) -> Option<String> {
        let Access::Person(person) = &self.access else {
            return self.acting.as_deref().map(str::to_owned);
        };
        let schema = &self.engine.schema;
        let model = schema.auth.as_deref().unwrap_or("User");
        let [id] = schema.model(model)?.id.as_slice() else {
            return None;
        };
        match person.object()? {
            ArgValue::Object(members) => {
                let member = members.iter().find(|(name, _)| name == id)?;
                text(&member.1)
            }
            _ => None,
        }
    }
}

fn text(id: &ArgValue) -> Option<String> {
    match id {
        ArgValue::Text(text) => Some(text.clone()),
        ArgValue::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Models of these tables, and those whose rows take rows of them along.
fn models(schema: &Schema, tables: &[TableName]) -> HashSet<String> {
    let is_of = |model: &Model, table: &TableName| {
        let schemas = (&model.database_schema, &table.schema);
        model.table == table.name
            && (schemas.0.is_none() || schemas.1.is_none() || schemas.0 == schemas.1)
    };
    let named = schema.models.iter().filter(|model| {
        let mut tables = tables.iter();
        tables.any(|table| is_of(model, table))
    });
    let mut found: HashSet<String> = named.map(|model| model.name.clone()).collect();
    let mut waiting: Vec<String> = found.iter().cloned().collect();
    while let Some(name) = waiting.pop() {
        let Some(model) = schema.model(&name) else {
            continue;
        };
        let relations = model.fields.iter().filter_map(|field| field.relation());
        for relation in relations.filter(|relation| !relation.fields.is_empty()) {
            let follows = matches!(
                relation.on_delete,
                Some(
                    ReferentialAction::Cascade
                        | ReferentialAction::SetNull
                        | ReferentialAction::SetDefault
                )
            );
            if follows && found.insert(relation.model.clone()) {
                waiting.push(relation.model.clone());
            }
        }
    }
    found
}

impl Act {
    /// Runs a statement in a transaction of its own.
    pub(crate) async fn exec(
        &self,
        database: &Database,
        within: Within,
        query: &Query,
        values: &[Value],
    ) -> Result<Rows, DatabaseError> {
        let Some(actor) = &self.actor else {
            return database.exec_within(within, query, values).await;
        };
        if let Saying::Variable(name) = self.by.saying {
            let local = Local { name, value: actor };
            return database.exec_with(local, within.time, query, values).await;
        }
        let mut transaction = database.begin().await?;
        self.say(&mut transaction).await?;
        let rows = transaction.exec_within(within, query, values).await?;
        self.end(&mut transaction).await?;
        transaction.commit().await?;
        Ok(rows)
    }

    /// Says who acts from here on in a transaction.
    pub(crate) async fn say(&self, transaction: &mut Transaction) -> Result<(), DatabaseError> {
        match &self.by.saying {
            Saying::Variable(name) => transaction.set_local(name, self.actor.as_deref()).await,
            Saying::Statements { can, set, end } => {
                if transaction.exec(can, &[]).await?.rows.is_empty() {
                    return Ok(());
                }
                transaction.exec(end, &[]).await?;
                match &self.actor {
                    Some(actor) => transaction.exec(set, &[actor.into()]).await.map(drop),
                    None => Ok(()),
                }
            }
        }
    }

    /// Before the commit, where something was said.
    pub(crate) async fn end(&self, transaction: &mut Transaction) -> Result<(), DatabaseError> {
        match &self.by.saying {
            Saying::Statements { can, end, .. } => {
                if transaction.exec(can, &[]).await?.rows.is_empty() {
                    return Ok(());
                }
                transaction.exec(end, &[]).await.map(drop)
            }
            Saying::Variable(_) => Ok(()),
        }
    }
}
