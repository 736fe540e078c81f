//! Which tables and columns the change log is about. Decides from the schema and the catalog alone.

mod class;
pub(crate) mod reach;
mod secrets;

use hallpass_db::{Catalog, Column, Table};
use hallpass_sql::{Dialect, TableName};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Field, Model, ModelKind};

pub use class::Class;
use reach::Reach;

/// Models that keep what signs somebody in. Their rows are gone before anybody could read of them, and what tells about
/// them is theirs alone.
///
/// Source: contract authjs §6, the models of the adapters.
const NEVER: [&str; 3] = ["Session", "VerificationToken", "Authenticator"];
/// What tables that Hallpass keeps for itself begin with.
const OWN: &str = "hallpass_";
/// Hallpass's own list of sessions, and what of it may be told: nothing by which a session is found or resumed.
pub(crate) const SESSIONS: &str = "hallpass_session";
const SESSION_KEY: &str = "public_id";
const OF_SESSIONS: [&str; 6] = [
    SESSION_KEY,
    "user_id",
    "strategy",
    "created",
    "expires",
    "provider",
];
/// The model of people where nothing else is said.
const USER: &str = "User";

/// What is tracked in one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracking {
    /// The tables, the one of the users first.
    pub tables: Vec<Tracked>,
    pub(crate) dialect: Dialect,
    /// The schema that unnamed tables live in (PostgreSQL).
    pub(crate) current_schema: Option<String>,
    /// What foreign keys do to rows of these tables without a trigger of theirs (MySQL).
    pub(crate) reaches: Vec<Reach>,
}

/// A tracked table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// The model.
    pub model: String,
    /// Its table.
    pub table: TableName,
    /// The columns of its primary key.
    pub key: Vec<TrackedColumn>,
    /// What of a row stands in the log, the key included.
    pub columns: Vec<TrackedColumn>,
    /// Columns that are there and do not: secrets, and what the schema does not know.
    pub left_out: Vec<String>,
    /// Columns that would, by the schema, and that the table does not have.
    pub missing: Vec<String>,
    /// Tables from which foreign keys delete or change rows of this one in a way that nothing tells of.
    pub unseen_from: Vec<String>,
    /// Whether the key is the table's primary key.
    pub(crate) has_primary_key: bool,
}

impl Tracked {
    /// A column that stands in the log, by its name in the schema.
    pub(crate) fn column(&self, dialect: Dialect, name: &str) -> Option<&TrackedColumn> {
        let fold = dialect.capability().column_names_fold_case;
        self.columns.iter().find(|one| same(&one.name, name, fold))
    }
}

/// A column that stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedColumn {
    /// Its name.
    pub name: String,
    /// How its values are written.
    pub class: Class,
}

/// Why something cannot be tracked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrackError {
    /// The schema has no such model.
    #[error("`{name}`, which is to be tracked, is no model of the schema")]
    NoModel {
        /// The name.
        name: String,
    },
    /// The model keeps sessions, tokens, or what Hallpass keeps for itself.
    #[error("`{name}` is never tracked: it keeps what signs people in")]
    Never {
        /// The model.
        name: String,
    },
    /// The model has no table of its own.
    #[error("`{name}` cannot be tracked: it is a view")]
    View {
        /// The model.
        name: String,
    },
    /// The table is not there yet.
    #[error("the table `{table}` of the model `{name}` is not there")]
    NoTable {
        /// The model.
        name: String,
        /// The table.
        table: String,
    },
    /// Nothing tells its rows apart.
    #[error("table `{table}` has no primary key, so nobody could say which row changed")]
    NoKey {
        /// The table.
        table: String,
    },
    /// The table has another shape than the schema says.
    #[error("the table `{table}` has no column `{column}`, which the schema names")]
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The key itself must not be told.
    #[error("the key `{column}` of table `{table}` is a secret, so its rows cannot be tracked")]
    SecretKey {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

impl Tracking {
    /// What is tracked: the table of the users, the models with `@@track`, and those named.
    ///
    /// # Errors
    /// [`TrackError`] for what cannot be tracked. Nothing is passed over in silence.
    pub fn choose(
        schema: &Schema,
        catalog: &Catalog,
        dialect: Dialect,
        named: &[String],
    ) -> Result<Self, TrackError> {
        let mut tables: Vec<Tracked> = Vec::new();
        for model in wanted(schema, named)? {
            let tracked = tracked(schema, model, catalog, dialect)?;
            if !tables.iter().any(|one| one.table == tracked.table) {
                tables.push(tracked);
            }
        }
        let mut reaches = Reach::all(catalog, dialect);
        for one in &mut tables {
            one.unseen_from = unseen_from(&one.table.name, &reaches, catalog, dialect);
        }
        reaches.retain(|reach| tables.iter().any(|one| reach.meets(&one.table.name)));
        let places = catalog.places.as_ref();
        Ok(Self {
            tables,
            dialect,
            current_schema: places.map(|places| places.current.clone()),
            reaches,
        })
    }

    /// With the list of sessions, by their public ids.
    pub(crate) fn with_sessions(mut self, catalog: &Catalog) -> Result<Self, TrackError> {
        let mut tables = catalog.tables.iter();
        let no_table = || TrackError::NoTable {
            name: "HallpassSession".to_owned(),
            table: SESSIONS.to_owned(),
        };
        let table = tables
            .find(|table| table.name == SESSIONS && table.schema.is_none())
            .ok_or_else(no_table)?;
        let dialect = self.dialect;
        let told = OF_SESSIONS.iter().filter_map(|name| {
            let column = column(table, dialect, name)?;
            Some(TrackedColumn {
                name: column.name.clone(),
                class: Class::of(dialect, &column.database_type)?,
            })
        });
        let columns: Vec<TrackedColumn> = told.collect();
        let key = columns.iter().find(|one| one.name == SESSION_KEY);
        let key = key.cloned().ok_or_else(no_table)?;
        let is_in = |name: &String| columns.iter().any(|one| one.name == *name);
        let left_out = table.columns.iter().map(|column| column.name.clone());
        self.tables.push(Tracked {
            model: "HallpassSession".to_owned(),
            table: TableName {
                schema: None,
                name: table.name.clone(),
            },
            key: vec![key],
            left_out: left_out.filter(|name| !is_in(name)).collect(),
            missing: Vec::new(),
            unseen_from: Vec::new(),
            has_primary_key: true,
            columns,
        });
        Ok(self)
    }

    /// The table of the users, where the schema has one.
    pub fn users(schema: &Schema) -> Option<&Model> {
        let said = schema.auth.as_deref().and_then(|name| schema.model(name));
        let model = said.or_else(|| schema.model(USER))?;
        (model.kind == ModelKind::Table).then_some(model)
    }
}

fn wanted<'s>(schema: &'s Schema, named: &[String]) -> Result<Vec<&'s Model>, TrackError> {
    let said = schema.models.iter().filter(|model| model.tracked);
    let mut models: Vec<&Model> = Tracking::users(schema).into_iter().chain(said).collect();
    for name in named {
        let model = schema.model(name).or_else(|| by_table(schema, name));
        models.push(model.ok_or_else(|| TrackError::NoModel { name: name.clone() })?);
    }
    for model in &models {
        let name = model.name.clone();
        if NEVER.contains(&model.name.as_str()) || model.table.starts_with(OWN) {
            return Err(TrackError::Never { name });
        }
        if model.kind == ModelKind::View {
            return Err(TrackError::View { name });
        }
    }
    Ok(models)
}

fn by_table<'s>(schema: &'s Schema, name: &str) -> Option<&'s Model> {
    schema.models.iter().find(|model| model.table == name)
}

fn tracked(
    schema: &Schema,
    model: &Model,
    catalog: &Catalog,
    dialect: Dialect,
) -> Result<Tracked, TrackError> {
    let datasource = schema.datasource.as_ref();
    let default = datasource.and_then(|block| block.default_schema.as_deref());
    let lives_in = model.database_schema.as_deref().or(default);
    let table = find(catalog, dialect, model, lives_in).ok_or_else(|| TrackError::NoTable {
        name: model.name.clone(),
        table: model.table.clone(),
    })?;
    let columns: Vec<_> = known(model, table, dialect).collect();
    let is_in = |name: &String| columns.iter().any(|one| one.name == *name);
    let left_out = table.columns.iter().map(|column| column.name.clone());
    Ok(Tracked {
        model: model.name.clone(),
        table: TableName {
            schema: table.schema.clone(),
            name: table.name.clone(),
        },
        key: key(model, table, &columns)?,
        left_out: left_out.filter(|name| !is_in(name)).collect(),
        missing: missing(model, table, dialect),
        unseen_from: Vec::new(),
        has_primary_key: !table.primary_key.is_empty(),
        columns,
    })
}

/// The columns that the schema knows and nobody keeps secret.
fn known<'t>(
    model: &'t Model,
    table: &'t Table,
    dialect: Dialect,
) -> impl Iterator<Item = TrackedColumn> + 't {
    told(model).filter_map(move |field| {
        let column = column(table, dialect, &field.column)?;
        let class = Class::of(dialect, &column.database_type)?;
        is_plain(&column.name).then(|| TrackedColumn {
            name: column.name.clone(),
            class,
        })
    })
}

/// The fields that have a column in the model's own table and are nobody's secret.
fn told(model: &Model) -> impl Iterator<Item = &Field> {
    model.fields.iter().filter(|field| {
        let is_here = field.origin.is_none() || model.id.contains(&field.name);
        field.has_column() && is_here && !secrets::is_secret(field)
    })
}

fn missing(model: &Model, table: &Table, dialect: Dialect) -> Vec<String> {
    let columns = told(model).map(|field| &field.column);
    let missing = columns.filter(|name| column(table, dialect, name).is_none());
    missing.cloned().collect()
}

/// Whether a name stands in a document and in a list as it is.
fn is_plain(name: &str) -> bool {
    !name.contains(|letter: char| letter.is_control() || "\"'\\`,$?".contains(letter))
}

/// From the table where it has a primary key, else what the schema tells rows apart by.
fn key(
    model: &Model,
    table: &Table,
    columns: &[TrackedColumn],
) -> Result<Vec<TrackedColumn>, TrackError> {
    let of_model = || {
        let fields = model.id.iter().filter_map(|name| model.field(name));
        fields.map(|field| field.column.clone()).collect()
    };
    let names: Vec<String> = match table.primary_key.as_slice() {
        [] => of_model(),
        names => names.to_vec(),
    };
    if names.is_empty() {
        return Err(TrackError::NoKey {
            table: table.name.clone(),
        });
    }
    let found = names.into_iter().map(|name| {
        let column = columns.iter().find(|column| column.name == name);
        column.cloned().ok_or_else(|| TrackError::SecretKey {
            table: table.name.clone(),
            column: name,
        })
    });
    found.collect()
}

/// Tables from which foreign keys come to rows of this one where that cannot be followed: by ways that [`Reach`] does not know, or from
/// another database.
fn unseen_from(table: &str, reaches: &[Reach], catalog: &Catalog, dialect: Dialect) -> Vec<String> {
    let is_unseen = |reach: &&Reach| reach.unseen.iter().any(|one| one == table);
    let unseen = reaches.iter().filter(is_unseen);
    let mut from: Vec<String> = unseen.map(|reach| reach.first.clone()).collect();
    if crate::words::is_mysql(dialect) {
        let elsewhere = |name: &str| {
            let fold = dialect.capability().table_names_fold_case;
            !catalog.tables.iter().any(|one| same(&one.name, name, fold))
        };
        let tables = catalog.tables.iter().filter(|one| one.name == table);
        let keys = tables.flat_map(|one| &one.foreign_keys);
        let acting = keys.filter(|key| reach::acts(key) && elsewhere(&key.references_table));
        from.extend(acting.map(|key| key.references_table.clone()));
    }
    from.sort();
    from.dedup();
    from
}

fn find<'c>(
    catalog: &'c Catalog,
    dialect: Dialect,
    model: &Model,
    schema: Option<&str>,
) -> Option<&'c Table> {
    let fold = dialect.capability().table_names_fold_case;
    let places = catalog.places.as_ref();
    let current = places.map(|places| places.current.as_str());
    let schema = schema.filter(|name| current.is_some() && Some(*name) != current);
    let mut tables = catalog.tables.iter();
    tables.find(|table| same(&table.name, &model.table, fold) && table.schema.as_deref() == schema)
}

fn column<'t>(table: &'t Table, dialect: Dialect, name: &str) -> Option<&'t Column> {
    let fold = dialect.capability().column_names_fold_case;
    table.columns.iter().find(|one| same(&one.name, name, fold))
}

/// Whether two names are one to a database, which may not tell small letters from capitals.
fn same(left: &str, right: &str, fold: bool) -> bool {
    if fold {
        left.eq_ignore_ascii_case(right)
    } else {
        left == right
    }
}
