//! Where a schema keeps what is told of its users.

use hallpass_db::Catalog;
use hallpass_sql::{Dialect, TableName};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Field, FieldKind, Model, Scalar};

use crate::tracking::reach::Reach;
use crate::tracking::{Class, TrackError, TrackedColumn, Tracking};

/// Fields that say when somebody signed up, by the names that layouts and guides give them.
const SIGNED_UP: [&str; 4] = ["createdAt", "created_at", "signedUpAt", "signed_up_at"];

/// The table of the users, and the columns that are told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    pub(crate) dialect: Dialect,
    pub(crate) table: TableName,
    pub(crate) id: TrackedColumn,
    pub(crate) name: Option<TrackedColumn>,
    pub(crate) email: Option<TrackedColumn>,
    pub(crate) verified: Option<Verified>,
    pub(crate) image: Option<TrackedColumn>,
    pub(crate) signed_up: Option<TrackedColumn>,
    /// What takes users along, or changes what is told of them, without a trigger of theirs (MySQL).
    pub(crate) reaches: Vec<Reach>,
    pub(crate) has_primary_key: bool,
    /// A column of those that the schema names and the table does not have.
    missing: Option<String>,
    /// The schema that unnamed tables live in (PostgreSQL).
    pub(crate) current_schema: Option<String>,
    /// How ids compare, where texts of different tables cannot be compared without saying so (MySQL).
    pub(crate) collations: Option<Collations>,
}

/// The character sets and collations of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collations {
    /// Of the users; absent where their ids are numbers.
    pub(crate) users: Option<Collation>,
    /// Of the table that tells of them.
    pub(crate) told: Collation,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collation {
    pub(crate) character_set: String,
    pub(crate) name: String,
}

/// How a table says that an address was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) column: TrackedColumn,
    /// A truth value; else the moment of the proof.
    pub(crate) is_boolean: bool,
}

impl People {
    /// The users of a schema, in a database with these tables.
    ///
    /// # Errors
    /// [`TrackError`] without a table of users that has a key of one column.
    pub(crate) fn of(
        schema: &Schema,
        catalog: &Catalog,
        dialect: Dialect,
    ) -> Result<Self, TrackError> {
        let model = Tracking::users(schema).ok_or_else(|| TrackError::NoModel {
            name: "User".to_owned(),
        })?;
        let tracking = Tracking::choose(schema, catalog, dialect, &[])?;
        let mut tables = tracking.tables.into_iter();
        let no_key = || TrackError::NoKey {
            table: model.table.clone(),
        };
        let tracked = tables.next().ok_or_else(no_key)?;
        let [id] = tracked.key.as_slice() else {
            return Err(no_key());
        };
        // Secrets are not among them, so nobody's field for an address can be one.
        let column = |field: &Field| tracked.column(dialect, &field.column).cloned();
        let named = |name: &str| model.field(name).and_then(column);
        let verified = model.field("emailVerified").and_then(|field| {
            Some(Verified {
                column: column(field)?,
                is_boolean: field.kind == FieldKind::Scalar(Scalar::Boolean),
            })
        });
        let told = ["name", "email", "emailVerified", "image"].map(|name| model.field(name));
        let told = told.into_iter().chain([signed_up(model)]).flatten();
        let mut columns = told.map(|field| &field.column);
        let missing = columns.find(|name| tracked.missing.contains(name));
        let mut people = Self {
            missing: missing.cloned(),
            reaches: Vec::new(),
            has_primary_key: tracked.has_primary_key,
            dialect,
            id: id.clone(),
            name: named("name"),
            email: named("email"),
            verified,
            image: named("image"),
            signed_up: signed_up(model).and_then(column),
            table: tracked.table,
            current_schema: tracking.current_schema,
            collations: None,
        };
        let mut reaches = tracking.reaches;
        reaches.retain(|reach| reach.nodes.iter().any(|node| people.is_met_by(node)));
        people.reaches = reaches;
        Ok(people)
    }

    /// Sees to it that everything can be told that the schema names. A column that somebody renamed is not one that nobody has: who
    /// tells others of users without it tells them that it was emptied.
    ///
    /// # Errors
    /// [`TrackError::NoColumn`].
    pub(crate) fn whole(&self) -> Result<(), TrackError> {
        self.missing.as_ref().map_or(Ok(()), |column| {
            Err(TrackError::NoColumn {
                table: self.table.name.clone(),
                column: column.clone(),
            })
        })
    }

    /// Whether the table itself says since when somebody is there.
    pub(crate) fn knows_sign_up(&self) -> bool {
        self.signed_up.is_some()
    }

    /// The column, where values of it are text.
    pub(crate) fn is_counted(&self) -> bool {
        self.id.class == Class::Integer
    }
}

fn signed_up(model: &Model) -> Option<&Field> {
    let mut named = SIGNED_UP.iter().filter_map(|name| model.field(name));
    named.find(|field| field.kind == FieldKind::Scalar(Scalar::DateTime))
}
