use std::sync::Arc;

use hallpass_db::Database;
use hallpass_sql::{Capability, ConflictClause, Dialect};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{
    Arity, Field, FieldKind, IndexMethod, KeyPart, Model, ModelKind, Provider,
};

use crate::args::{ArgValue, Count, Create, Delete, Find, First, Many, Unique, Update, Upsert};
use crate::environment::{Clock, Random};
use crate::fit::{Facts, Found};
use crate::policy::{Access, DialectVersion, Person};
use crate::services::{FieldServices, Services};
use crate::transaction::At;
use crate::validate::{PatternError, Patterns};

/// Reads and writes the models of a schema. Cheap to clone.
///
/// Inside [`Client::transaction`] the same type runs its statements in the transaction.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) engine: Arc<Engine>,
    pub(crate) at: At,
    pub(crate) access: Access,
}

/// What all clones share.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) database: Database,
    pub(crate) schema: Arc<Schema>,
    pub(crate) dialect: Dialect,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    /// How the tables are made, once somebody has looked.
    pub(crate) found: Option<Found>,
    /// Compiled patterns of the schema's rules.
    pub(crate) patterns: Arc<Patterns>,
    /// What happens to values of single fields.
    pub(crate) services: Services,
    /// The texts that were sent, for tests that count statements.
    #[cfg(test)]
    pub(crate) sent: std::sync::Mutex<Vec<String>>,
    pub(crate) dialect_version: DialectVersion,
}

impl Engine {
    /// How the column of a field is made, where somebody has looked.
    pub(crate) fn facts(&self, model: &Model, field: &Field) -> Option<&Facts> {
        self.found.as_ref()?.facts(model, field)
    }

    pub(crate) fn capability(&self) -> &'static Capability {
        self.dialect.capability()
    }
}

/// What a client needs of the world outside.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Tells the time, for `now()` and `@updatedAt`.
    pub clock: Arc<dyn Clock>,
    /// Makes ids, and the jitter between attempts of a transaction.
    pub random: Arc<dyn Random>,
    /// Keys and settings of `@encrypted`, `@password` and `@omit`.
    pub fields: FieldServices,
    /// Which answers access rules give where the generations of the language disagree.
    pub dialect_version: DialectVersion,
}

impl ClientOptions {
    /// These two, and nothing that fields may ask for; closures will do.
    pub fn new(clock: impl Clock, random: impl Random) -> Self {
        Self {
            clock: Arc::new(clock),
            random: Arc::new(random),
            fields: FieldServices::default(),
            dialect_version: DialectVersion::default(),
        }
    }
}

/// Why a schema and a database do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The schema's `datasource` names another database.
    #[error("the schema is for {provider:?}, the database is {dialect}")]
    Provider {
        /// What the schema says.
        provider: Provider,
        /// What the database is.
        dialect: Dialect,
    },
    /// The schema says something that this engine does not enforce yet. To go on would drop a rule.
    #[error("`{item}` has {what}, which this version does not enforce")]
    Unenforced {
        /// The model, or the model and its field.
        item: String,
        /// What it has.
        what: &'static str,
    },
    /// A `@regex` or `regex()` has a pattern that cannot be run.
    #[error("the pattern of `{item}` is no regular expression that can be run")]
    Pattern {
        /// The model or type, and its field.
        item: String,
    },
    /// A field is encrypted, and there is no key.
    #[error("`{item}` is encrypted, and no key is given")]
    NoKey {
        /// The model and its field.
        item: String,
    },
    /// The settings leave out of results what is no column of the schema.
    #[error("`{item}`, which results are to leave out, is no field of the schema")]
    Omitted {
        /// The model and its field.
        item: String,
    },
    /// Lists of values have no column type here.
    #[error("`{model}.{field}` is a list of values, which has no column")]
    List {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
}

impl From<PatternError> for OpenError {
    fn from(error: PatternError) -> Self {
        Self::Pattern { item: error.item }
    }
}

impl Client {
    /// A client for the models of `schema` in `database`.
    ///
    /// # Errors
    /// [`OpenError`] when the schema is written for another database, or has fields this one cannot keep.
    pub fn new(
        database: Database,
        schema: Arc<Schema>,
        options: ClientOptions,
    ) -> Result<Self, OpenError> {
        let dialect = database.dialect();
        Self::speaking(dialect, database, schema, options)
    }

    /// A client that speaks `dialect`, whatever the database says it is.
    pub(crate) fn speaking(
        dialect: Dialect,
        database: Database,
        schema: Arc<Schema>,
        options: ClientOptions,
    ) -> Result<Self, OpenError> {
        check(&schema, dialect)?;
        let patterns = Patterns::of(&schema)?;
        let services = Services::new(&schema, options.fields, &options.random)?;
        let engine = Engine {
            database,
            schema,
            dialect,
            clock: options.clock,
            random: options.random,
            found: None,
            patterns: Arc::new(patterns),
            services,
            #[cfg(test)]
            sent: std::sync::Mutex::default(),
            dialect_version: options.dialect_version,
        };
        Ok(Self {
            engine: Arc::new(engine),
            at: At::Database,
            access: Access::Full,
        })
    }

    /// The same client on behalf of a person, or of nobody: from here on the access rules of the schema hold.
    ///
    /// `person` is what `auth()` is in the rules: an object, whose members are believed. What it lacks is null; nothing
    /// of it is ever fetched. Who has a client of a person cannot make one with full access of it.
    pub fn for_user(&self, person: Option<ArgValue>) -> Self {
        Self {
            engine: Arc::clone(&self.engine),
            at: self.at.clone(),
            access: Access::Person(Arc::new(Person::new(person))),
        }
    }

    /// The same database with another schema, whatever this version enforces of it.
    #[cfg(test)]
    pub(crate) fn saying(&self, schema: Schema) -> Self {
        self.speaking_of(self.engine.dialect, schema)
    }

    /// The same, in the words of another database.
    #[cfg(test)]
    pub(crate) fn speaking_of(&self, dialect: Dialect, schema: Schema) -> Self {
        let engine = Engine {
            database: self.engine.database.clone(),
            schema: Arc::new(schema),
            dialect,
            clock: Arc::clone(&self.engine.clock),
            random: Arc::clone(&self.engine.random),
            found: None,
            patterns: Arc::clone(&self.engine.patterns),
            services: self.engine.services.clone(),
            #[cfg(test)]
            sent: std::sync::Mutex::default(),
            dialect_version: self.engine.dialect_version,
        };
        Self {
            engine: Arc::new(engine),
            at: self.at.clone(),
            access: self.access.clone(),
        }
    }

    /// Ends all connections, also those of clones. Later calls fail as if the database were gone.
    pub async fn close(&self) {
        self.engine.database.close().await;
    }

    /// The language of the database.
    pub fn dialect(&self) -> Dialect {
        self.engine.dialect
    }

    /// Whether an upsert of several rows says of how many something is different; else only whether of any.
    pub fn counts_upserted_rows(&self) -> bool {
        self.engine.capability().conflict_clause == ConflictClause::OnConflict
    }

    /// The schema.
    pub fn schema(&self) -> &Schema {
        &self.engine.schema
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The row that a unique key fixes.
    pub fn find_unique(&self, model: &str) -> Find<'_, Unique> {
        Find::new(self, model, None)
    }

    /// The first row that passes a filter.
    pub fn find_first(&self, model: &str) -> Find<'_, First> {
        Find::new(self, model, Some(1))
    }

    /// All rows that pass a filter.
    pub fn find_many(&self, model: &str) -> Find<'_, Many> {
        Find::new(self, model, None)
    }

    /// How many rows pass a filter.
    pub fn count(&self, model: &str) -> Count<'_> {
        Count::new(self, model)
    }

    /// Adds a row.
    pub fn create(&self, model: &str) -> Create<'_> {
        Create::new(self, model)
    }

    /// Adds a row, or changes the one of the same identity that is there; in one statement.
    pub fn upsert(&self, model: &str) -> Upsert<'_> {
        Upsert::new(self, model)
    }

    /// Changes the row that a unique key fixes.
    pub fn update(&self, model: &str) -> Update<'_, Unique> {
        Update::new(self, model)
    }

    /// Changes all rows that pass a filter.
    pub fn update_many(&self, model: &str) -> Update<'_, Many> {
        Update::new(self, model)
    }

    /// Removes the row that a unique key fixes.
    pub fn delete(&self, model: &str) -> Delete<'_, Unique> {
        Delete::new(self, model)
    }

    /// Removes all rows that pass a filter.
    pub fn delete_many(&self, model: &str) -> Delete<'_, Many> {
        Delete::new(self, model)
    }
}

fn check(schema: &Schema, dialect: Dialect) -> Result<(), OpenError> {
    if let Some(datasource) = &schema.datasource
        && !fits(datasource.provider, dialect)
    {
        return Err(OpenError::Provider {
            provider: datasource.provider,
            dialect,
        });
    }
    refuse_settings(schema)?;
    for model in &schema.models {
        refuse_unenforced(model)?;
        // A list of a `type` is one document.
        let list = model.fields.iter().find(|field| {
            field.arity == Arity::List
                && !dialect.capability().lists
                && matches!(field.kind, FieldKind::Scalar(_) | FieldKind::Enum(_))
        });
        if let Some(field) = list {
            return Err(OpenError::List {
                model: model.name.clone(),
                field: field.name.clone(),
            });
        }
    }
    Ok(())
}

/// Refuses settings of the datasource and of enums that the engine would otherwise pass over in silence.
fn refuse_settings(schema: &Schema) -> Result<(), OpenError> {
    let refuse = |item: &str, what| {
        let item = item.to_owned();
        Err(OpenError::Unenforced { item, what })
    };
    if let Some(datasource) = &schema.datasource {
        let of_datasource = [
            (datasource.default_schema.is_some(), "`defaultSchema`"),
            (!datasource.extensions.is_empty(), "`extensions`"),
        ];
        if let Some((_, what)) = of_datasource.into_iter().find(|(has, _)| *has) {
            return refuse(&datasource.name, what);
        }
    }
    let mut enums = schema.enums.iter();
    match enums.find(|item| item.database_schema.is_some()) {
        Some(item) => refuse(&item.name, "`@@schema`"),
        None => Ok(()),
    }
}

/// Whether a key or an index says more than its fields and its name.
fn has_index_details(model: &Model) -> bool {
    let plain = KeyPart::default();
    let of_uniques = model.uniques.iter().flat_map(|unique| &unique.parts);
    let of_indexes = model.indexes.iter().flat_map(|index| &index.parts);
    let mut parts = model.id_parts.iter().chain(of_uniques).chain(of_indexes);
    let mut methods = model.indexes.iter().map(|index| index.method);
    parts.any(|part| *part != plain) || methods.any(|method| method != IndexMethod::Standard)
}

/// Refuses what the engine would otherwise pass over in silence.
fn refuse_unenforced(model: &Model) -> Result<(), OpenError> {
    let refuse = |item: String, what| Err(OpenError::Unenforced { item, what });
    let of_model = [
        (model.base.is_some(), "a base model"),
        (model.discriminator.is_some(), "sub-models"),
        (model.kind != ModelKind::Table, "no table"),
        (model.ignored, "`@@ignore`"),
        (model.database_schema.is_some(), "`@@schema`"),
        (has_index_details(model), "details of keys and indexes"),
    ];
    if let Some((_, what)) = of_model.into_iter().find(|(has, _)| *has) {
        return refuse(model.name.clone(), what);
    }
    for field in &model.fields {
        let of_field = [
            (field.computed, "`@computed`"),
            (field.ignored, "`@ignore`"),
            (
                matches!(field.kind, FieldKind::Unsupported(_)),
                "an unsupported type",
            ),
        ];
        if let Some((_, what)) = of_field.into_iter().find(|(has, _)| *has) {
            return refuse(format!("{}.{}", model.name, field.name), what);
        }
    }
    Ok(())
}

fn fits(provider: Provider, dialect: Dialect) -> bool {
    matches!(
        (provider, dialect),
        (Provider::Postgresql, Dialect::Postgres)
            | (Provider::Mysql, Dialect::MySql | Dialect::MariaDb)
            | (Provider::Sqlite, Dialect::Sqlite)
    )
}
