//! Keys and indexes, and the tables between two lists.

/// A unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unique {
    /// Names of the fields.
    pub fields: Vec<String>,
    /// Name of a compound key in queries (`name`), where the schema gives one.
    pub name: Option<String>,
    /// Name of the constraint in the database (`map`), where the schema gives one.
    pub map: Option<String>,
    /// How each field stands in it, as many as `fields`.
    pub parts: Vec<KeyPart>,
    /// `clustered`: whether rows lie in its order, on databases that know this.
    pub clustered: Option<bool>,
    /// Its `///` comment.
    pub doc: Option<String>,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    /// Names of the fields.
    pub fields: Vec<String>,
    /// Name of the index in the database (`map`), where the schema gives one.
    pub map: Option<String>,
    /// How each field stands in it, as many as `fields`.
    pub parts: Vec<KeyPart>,
    /// What kind it is.
    pub method: IndexMethod,
    /// `clustered`: whether rows lie in its order, on databases that know this.
    pub clustered: Option<bool>,
    /// Its `///` comment.
    pub doc: Option<String>,
}

/// How one field stands in a key or an index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyPart {
    /// `sort`
    pub sort: Option<SortOrder>,
    /// `length`: how many characters or bytes of the value count (MySQL).
    pub length: Option<u32>,
    /// `ops`: the operator class (PostgreSQL).
    pub ops: Option<OperatorClass>,
}

/// `Asc` and `Desc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortOrder {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// The operator class of a field in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorClass {
    /// By its name in the language, such as `JsonbPathOps`.
    Named(String),
    /// `raw("…")`: as the database writes it.
    Raw(String),
}

/// The kinds of index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndexMethod {
    /// What the database takes by itself.
    #[default]
    Standard,
    /// `BTree`
    BTree,
    /// `Hash`
    Hash,
    /// `Gist`
    Gist,
    /// `Gin`
    Gin,
    /// `SpGist`
    SpGist,
    /// `Brin`
    Brin,
    /// `@@fulltext`: an index over words (MySQL).
    FullText,
}

/// The table of a relation whose sides are both lists: one row for each pair of rows.
///
/// It has two columns: `A` holds the identity of rows of the model of `a`, `B` that of `b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinTable {
    /// Its name in the database: `_` and the name of the relation, else `_FirstToSecond`.
    pub table: String,
    /// The first side; its column is `A`.
    pub a: JoinSide,
    /// The second side; its column is `B`.
    pub b: JoinSide,
}

/// One side of a [`JoinTable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinSide {
    /// The model.
    pub model: String,
    /// Its relation field.
    pub field: String,
    /// The one field of its identity.
    pub id: String,
}

/// What a relation field knows of its [`JoinTable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Name of the table.
    pub table: String,
    /// The column with the identity of rows of the model that has the field.
    pub own: JoinColumn,
}

/// The columns of a [`JoinTable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinColumn {
    /// `A`
    A,
    /// `B`
    B,
}

impl JoinColumn {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}
