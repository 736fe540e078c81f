use std::sync::{Arc, OnceLock, RwLock};

use hallpass_db::Database;
use hallpass_sql::{Capability, ConflictClause, Dialect};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Model, Provider};

use crate::args::{ArgValue, Count, Create, Delete, Find, First, Many, Unique, Update, Upsert};
use crate::attribution::Attributing;
use crate::codecs::Codecs;
use crate::computed::Computed;
use crate::environment::{Clock, Random};
use crate::error::Error;
use crate::fit::{Facts, Found};
use crate::interface::{InputValidation, Interface};
use crate::limits::Limits;
use crate::live::{Bell, Touched};
use crate::policy::{self, Access, DialectVersion, Looked, Person};
use crate::procedures::Procedures;
use crate::reuse::{Plans, Shapes, Writes};
use crate::services::{FieldServices, Services};
use crate::slicing::Slicing;
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
    pub(crate) limits: Arc<Limits>,
    /// Who is said to act, where the program itself writes for somebody.
    pub(crate) acting: Option<Arc<str>>,
    /// Where it is noted which tables reads look at, while somebody wants to know.
    pub(crate) touched: Option<Arc<Touched>>,
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
    pub(crate) found: Option<Arc<Found>>,
    /// Compiled patterns of the schema's rules.
    pub(crate) patterns: Arc<Patterns>,
    /// What happens to values of single fields.
    pub(crate) services: Services,
    /// What operations there are, and what the program adds to them.
    pub(crate) interface: Arc<Interface>,
    /// The texts that were sent, for tests that count statements.
    #[cfg(test)]
    pub(crate) sent: Arc<std::sync::Mutex<Vec<String>>>,
    pub(crate) dialect_version: DialectVersion,
    /// What the rules look at in a person.
    pub(crate) looked: Arc<Looked>,
    /// How much clients of a person may ask for, whatever they are made of.
    pub(crate) person_limits: Limits,
    /// What the columns take, once somebody has asked.
    pub(crate) codecs: OnceLock<Codecs>,
    /// Plans of reads, for the next that are like them.
    pub(crate) plans: Plans,
    /// Statements that write one row, for the next that are like them.
    pub(crate) writes: Writes,
    pub(crate) shapes: Shapes,
    /// Who acts, where somebody wants to know.
    pub(crate) attributing: Arc<RwLock<Option<Arc<Attributing>>>>,
    /// Whom to tell of writes.
    pub(crate) bell: Arc<Bell>,
}

impl Engine {
    /// The same once more, to be made of with a difference.
    pub(crate) fn copy(&self) -> Self {
        Self {
            database: self.database.clone(),
            schema: Arc::clone(&self.schema),
            dialect: self.dialect,
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            found: self.found.clone(),
            patterns: Arc::clone(&self.patterns),
            services: self.services.clone(),
            interface: Arc::clone(&self.interface),
            #[cfg(test)]
            sent: Arc::clone(&self.sent),
            dialect_version: self.dialect_version,
            looked: Arc::clone(&self.looked),
            person_limits: self.person_limits,
            bell: Arc::clone(&self.bell),
            // The difference may change what they are made from.
            codecs: OnceLock::new(),
            plans: Plans::default(),
            writes: Writes::default(),
            shapes: Shapes::default(),
            attributing: Arc::clone(&self.attributing),
        }
    }

    /// How the column of a field is made, where somebody has looked.
    pub(crate) fn facts(&self, model: &Model, field: &Field) -> Option<&Facts> {
        let model = self.schema.keeper(model, field);
        self.found.as_ref()?.facts(model, field)
    }

    pub(crate) fn capability(&self) -> &'static Capability {
        self.dialect.capability()
    }

    pub(crate) fn codecs(&self) -> &Codecs {
        self.codecs.get_or_init(|| Codecs::of(self))
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
    /// Which models, operations and filters there are.
    pub slicing: Slicing,
    /// Whether what clients write is checked by the rules of the schema.
    pub input_validation: InputValidation,
    /// How `@computed` fields are worked out.
    pub computed: Computed,
    /// What procedures do.
    pub procedures: Procedures,
    /// How much one call of a client with full access may ask for.
    pub limits: Limits,
    /// How much one call of a client of a person may ask for; never more than one with full access.
    pub person_limits: Limits,
}

impl ClientOptions {
    /// These two, and nothing that fields may ask for; closures will do. Limits are those of [`Limits::PROGRAM`] and
    /// [`Limits::PERSON`].
    pub fn new(clock: impl Clock, random: impl Random) -> Self {
        Self {
            clock: Arc::new(clock),
            random: Arc::new(random),
            fields: FieldServices::default(),
            dialect_version: DialectVersion::default(),
            slicing: Slicing::default(),
            input_validation: InputValidation::default(),
            computed: Computed::default(),
            procedures: Procedures::default(),
            limits: Limits::PROGRAM,
            person_limits: Limits::PERSON,
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
    /// An access rule asks for a field that it cannot judge. To leave the rule out would open what it guards.
    #[error("a rule of `{model}` asks for `{field}`, which {what}: access rules cannot judge it")]
    Rule {
        /// The model whose rule it is.
        model: String,
        /// The model and the field that the rule asks for.
        field: String,
        /// Why it cannot be judged.
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
    /// Something lives in a schema of the database (`@@schema`), and the database has none.
    #[error("`{item}` names a schema of the database, and this one has none")]
    Places {
        /// The model, the enum, or the datasource.
        item: String,
    },
    /// The settings speak of what the schema does not have, to leave it out.
    #[error("`{item}`, which the slicing names, is not in the schema")]
    Sliced {
        /// The model, the model and its field, or the procedure.
        item: String,
    },
    /// Nobody says how a `@computed` field is worked out. As ZenStack says it.
    #[error("Computed field \"{field}\" in model \"{model}\" does not have a configuration")]
    NotComputed {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// The program works out what is no `@computed` field.
    #[error("`{item}`, which the program computes, is no `@computed` field of the schema")]
    Computed {
        /// The model and its field.
        item: String,
    },
    /// The program has a procedure that the schema does not have.
    #[error("the schema has no procedure `{name}`")]
    Procedure {
        /// The procedure.
        name: String,
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
        policy::check(&schema, dialect)?;
        let schema = placed(schema);
        let patterns = Patterns::of(&schema)?;
        let services = Services::new(&schema, options.fields, &options.random)?;
        let interface = Interface {
            slicing: options.slicing,
            input_validation: options.input_validation,
            computed: options.computed,
            procedures: options.procedures,
        };
        interface.check(&schema)?;
        let looked = Arc::new(Looked::by_rules(&schema));
        let engine = Engine {
            database,
            looked,
            schema,
            dialect,
            clock: options.clock,
            random: options.random,
            found: None,
            patterns: Arc::new(patterns),
            services,
            interface: Arc::new(interface),
            #[cfg(test)]
            sent: Arc::default(),
            dialect_version: options.dialect_version,
            person_limits: options.person_limits,
            codecs: OnceLock::new(),
            plans: Plans::default(),
            writes: Writes::default(),
            shapes: Shapes::default(),
            attributing: Arc::default(),
            bell: Arc::default(),
        };
        Ok(Self {
            engine: Arc::new(engine),
            at: At::Database,
            access: Access::Full,
            limits: Arc::new(options.limits),
            acting: None,
            touched: None,
        })
    }

    /// The same client on behalf of a person, or of nobody: from here on the access rules of the schema hold.
    ///
    /// `person` is what `auth()` is in the rules: an object, whose members are believed. What it lacks is null; nothing
    /// of it is ever fetched. Who has a client of a person cannot make one of another person of it, nor one with full
    /// access: every operation of what this gives there is refused.
    ///
    /// What one call may ask for is bounded by [`ClientOptions::person_limits`].
    pub fn for_user(&self, person: Option<ArgValue>) -> Self {
        let person = match self.access {
            Access::Full => Person::new(person),
            Access::Person(_) => Person::refused(),
        };
        Self {
            engine: Arc::clone(&self.engine),
            at: self.at.clone(),
            access: Access::Person(Arc::new(person)),
            limits: Arc::new(self.limits.and(&self.engine.person_limits)),
            acting: None,
            touched: self.touched.clone(),
        }
    }

    /// The same client, whose calls may ask for no more than this, nor for more than they could before.
    #[must_use]
    pub fn with_limits(&self, limits: Limits) -> Self {
        Self {
            limits: Arc::new(self.limits.and(&limits)),
            ..self.clone()
        }
    }

    /// How much one call may ask for.
    pub fn limits(&self) -> &Limits {
        &self.limits
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
            looked: Arc::new(Looked::by_rules(&schema)),
            schema: Arc::new(schema),
            dialect,
            found: None,
            ..self.engine.copy()
        };
        self.over(Arc::new(engine))
    }

    /// The same client, to which only these models are there: others have no name, in arguments as in results, and neither
    /// have relations to them. Access rules look at them all the same.
    #[cfg(feature = "http")]
    pub(crate) fn showing(&self, models: Vec<String>) -> Self {
        let mut interface = Interface::clone(&self.engine.interface);
        interface.slicing = interface.slicing.and_only_models(models);
        self.over(Arc::new(Engine {
            interface: Arc::new(interface),
            ..self.engine.copy()
        }))
    }

    /// The same client over another engine of the same database.
    pub(crate) fn over(&self, engine: Arc<Engine>) -> Self {
        Self {
            engine,
            at: self.at.clone(),
            access: self.access.clone(),
            limits: Arc::clone(&self.limits),
            acting: self.acting.clone(),
            touched: self.touched.clone(),
        }
    }

    /// Ends all connections, also those of clones. Later calls fail as if the database were gone.
    ///
    /// # Errors
    /// [`Error::NotSupported`] for a client of a person: others work with the same connections.
    pub async fn close(&self) -> Result<(), Error> {
        self.access.require_full()?;
        self.engine.bell.close();
        self.engine.database.close().await;
        Ok(())
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
    refuse_places(schema, dialect)?;
    for model in &schema.models {
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

/// Refuses schemas of the database where there are none.
fn refuse_places(schema: &Schema, dialect: Dialect) -> Result<(), OpenError> {
    if dialect.capability().schemas {
        return Ok(());
    }
    let of_models = schema.models.iter();
    let of_models = of_models.map(|model| (&model.name, &model.database_schema));
    let of_enums = schema.enums.iter();
    let of_enums = of_enums.map(|item| (&item.name, &item.database_schema));
    let blocks = schema.datasource.iter();
    let blocks = blocks.map(|block| (&block.name, &block.default_schema));
    let mut all = of_models.chain(of_enums).chain(blocks);
    match all.find(|(_, place)| place.is_some()) {
        Some((item, _)) => Err(OpenError::Places { item: item.clone() }),
        None => Ok(()),
    }
}

/// The schema in which each model says where it lives, where the datasource says it for all.
///
/// Source: contract zenstack §5.3 (`@@schema`).
fn placed(schema: Arc<Schema>) -> Arc<Schema> {
    let datasource = schema.datasource.as_ref();
    let Some(default) = datasource.and_then(|block| block.default_schema.clone()) else {
        return schema;
    };
    let mut placed = Schema::clone(&schema);
    for model in &mut placed.models {
        model.database_schema.get_or_insert_with(|| default.clone());
    }
    Arc::new(placed)
}

fn fits(provider: Provider, dialect: Dialect) -> bool {
    matches!(
        (provider, dialect),
        (Provider::Postgresql, Dialect::Postgres)
            | (Provider::Mysql, Dialect::MySql | Dialect::MariaDb)
            | (Provider::Sqlite, Dialect::Sqlite)
    )
}
