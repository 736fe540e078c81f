//! Access rules as row-level security of PostgreSQL, for whoever speaks SQL to the tables directly.
//!
//! Invariant: what cannot be said there is [named](Unsaid), and what it guards is closed: never open, and never left to the
//! caller. See `docs/design/row-level-security.md`.
//!
//! To say more: `model.rs` decides what a model admits, `columns.rs` which columns, `compile/claims` compiles conditions.

mod between;
mod columns;
mod model;
mod person;

use std::sync::Arc;

use hallpass_db::ScriptError;
use hallpass_sql::row_security::{RowSecurity, row_security, row_security_state};
use hallpass_sql::{Access as SqlAccess, Query, Value};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Operation, Place};

use crate::client::{Client, Engine};
use crate::error::Error;
use crate::plan::Planner;
use crate::policy::Person;
use model::Writer;

pub use hallpass_sql::row_security::Accessor;

/// What row-level security is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowSecurityOptions {
    /// The role of whoever speaks SQL; made where it is not there.
    pub role: String,
    /// Who says who asks.
    pub accessor: Accessor,
    /// Roles that go on seeing everything, beside the one that makes it.
    pub full_access: Vec<String>,
    /// The schema of the database in which the tables are of which the models say nothing.
    pub database_schema: String,
}

/// What would be made.
#[derive(Debug, Clone, PartialEq)]
pub struct RowSecurityPlan {
    /// The statements, to be run in one transaction. They may be run again.
    pub script: String,
    /// What they do not say; it is closed there.
    pub unsaid: Vec<Unsaid>,
}

/// Something of the schema that row-level security does not say, and what is closed for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsaid {
    /// The model; of a table between two lists, its name.
    pub model: String,
    /// The field, where it is about one.
    pub field: Option<String>,
    /// What is closed: an operation with rows of the model, or with the field; `None` where it is all of them.
    pub operation: Option<Operation>,
    /// The rule, where it is about one.
    pub place: Option<Place>,
    /// Why.
    pub reason: &'static str,
}

/// Why row-level security was not made or looked at.
#[derive(Debug, thiserror::Error)]
pub enum RowSecurityError {
    /// The database has none.
    #[error("{dialect} has no row-level security: it is a thing of PostgreSQL")]
    Dialect {
        /// What the database is.
        dialect: hallpass_sql::Dialect,
    },
    /// The rules cannot be written, or the database cannot be reached.
    #[error(transparent)]
    Data(#[from] Error),
    /// A statement of the script failed; nothing has changed.
    #[error("row-level security was not made")]
    Script(#[source] ScriptError),
}

impl Client {
    /// The access rules of the schema as row-level security. Says nothing to the database.
    ///
    /// # Errors
    /// [`RowSecurityError::Dialect`] elsewhere than on PostgreSQL; [`RowSecurityError::Data`] where `auth()` is a model
    /// without a single id, or for a client of a person.
    pub fn row_security(
        &self,
        options: &RowSecurityOptions,
    ) -> Result<RowSecurityPlan, RowSecurityError> {
        self.access.require_full()?;
        let dialect = self.dialect();
        if !dialect.capability().row_security {
            return Err(RowSecurityError::Dialect { dialect });
        }
        let schema = placed(&self.engine().schema, &options.database_schema);
        let client = self.over(Arc::new(Engine {
            schema: Arc::new(schema),
            ..self.engine().copy()
        }));
        let planner = Planner::new(&client);
        let nobody = Person::new(None);
        let mut writer = Writer::new(&planner, &nobody);
        let said = RowSecurity {
            role: options.role.clone(),
            full_access: options.full_access.clone(),
            accessor: options.accessor,
            person: person::select(&planner)?,
            tables: writer.tables(),
        };
        Ok(RowSecurityPlan {
            script: row_security(&said, dialect).map_err(Error::from)?,
            unsaid: writer.unsaid,
        })
    }

    /// Makes it, in one transaction.
    ///
    /// # Errors
    /// [`RowSecurityError::Script`] where a statement fails: the role could pass by the rules, a policy of others would
    /// admit more, a table is missing.
    pub async fn apply_row_security(&self, plan: &RowSecurityPlan) -> Result<(), RowSecurityError> {
        self.access.require_full()?;
        let begun = self.engine().database.begin_change().await;
        let mut transaction = begun.map_err(database)?;
        let ran = transaction.script(&plan.script).await;
        ran.map_err(RowSecurityError::Script)?;
        transaction.commit().await.map_err(database)
    }

    /// Whether the database is as the plan says: whether to make it would change anything. Makes it in a transaction that it
    /// rolls back, so that others wait for the tables meanwhile.
    ///
    /// # Errors
    /// As [`apply_row_security`](Self::apply_row_security).
    pub async fn has_row_security(&self, plan: &RowSecurityPlan) -> Result<bool, RowSecurityError> {
        self.access.require_full()?;
        let look = Query {
            text: row_security_state().to_owned(),
            binds: Vec::new(),
            access: SqlAccess::Write,
        };
        let begun = self.engine().database.begin_change().await;
        let mut transaction = begun.map_err(database)?;
        let before = transaction.exec(&look, &[]).await.map_err(database)?;
        let ran = transaction.script(&plan.script).await;
        ran.map_err(RowSecurityError::Script)?;
        let after = transaction.exec(&look, &[]).await.map_err(database)?;
        transaction.rollback().await.map_err(database)?;
        let texts = |rows: Vec<Vec<Value>>| rows.into_iter().flatten().collect::<Vec<_>>();
        Ok(texts(before.rows) == texts(after.rows))
    }
}

fn database(error: hallpass_db::Error) -> RowSecurityError {
    Error::of_database("", error).into()
}

/// The schema in which each model says where it lives: functions look nowhere by themselves.
fn placed(schema: &Schema, place: &str) -> Schema {
    let mut placed = schema.clone();
    for model in &mut placed.models {
        model
            .database_schema
            .get_or_insert_with(|| place.to_owned());
    }
    placed
}

impl std::fmt::Display for Unsaid {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "closed: {}", self.model)?;
        if let Some(field) = &self.field {
            write!(formatter, ".{field}")?;
        }
        if let Some(operation) = self.operation {
            write!(formatter, ", {}", operation.name())?;
        }
        write!(formatter, ": {}", self.reason)?;
        match &self.place {
            Some(place) => write!(formatter, " ({}:{})", place.source, place.line),
            None => Ok(()),
        }
    }
}
