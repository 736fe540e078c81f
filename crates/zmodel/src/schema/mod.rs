//! The checked schema: what every other crate knows of a `.zmodel` file.
//!
//! INVARIANT: a [`Schema`] is only made by [`load`](crate::load), after every check passed. Names that one
//! item uses of another (a relation's model, an index's fields) resolve.

mod expr;
mod keys;
mod others;
mod rules;
mod text;

pub use expr::{Casing, Comparison, Expr, ExprKind, Function, Quantifier, Type, TypeBase};
pub use keys::{
    Index, IndexMethod, Join, JoinColumn, JoinSide, JoinTable, KeyPart, OperatorClass, SortOrder,
    Unique,
};
pub use others::{Meta, MetaValue, Other, Parameter, Procedure, ValueKind, ValueType};
pub use rules::{
    Check, Effect, FieldRule, ModelRule, Operation, Operations, Place, Policy, Transform,
};

/// A checked schema.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schema {
    /// The `datasource` block, where there is one.
    pub datasource: Option<Datasource>,
    /// Enums, in the order of the source.
    pub enums: Vec<Enum>,
    /// Models and views, in the order of the source.
    pub models: Vec<Model>,
    /// `type` declarations, in the order of the source.
    pub types: Vec<TypeDef>,
    /// What `auth()` is: the model or type with `@@auth`, else the one named `User`.
    pub auth: Option<String>,
    /// Tables of relations whose sides are both lists, each once.
    pub join_tables: Vec<JoinTable>,
    /// `procedure` declarations, in the order of the source.
    pub procedures: Vec<Procedure>,
    /// Declarations that other programs read, so that tools can name them.
    pub others: Vec<Other>,
}

impl Schema {
    /// The model of this name.
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }

    /// Whether relations are foreign keys of the database.
    pub fn has_foreign_keys(&self) -> bool {
        let datasource = self.datasource.as_ref();
        datasource.is_none_or(|block| block.relation_mode == RelationMode::ForeignKeys)
    }

    /// The models that a row of this one has a part in, itself first, then the delegates it `extends`.
    pub fn lineage<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a Model> {
        std::iter::successors(Some(model), |model| self.model(model.base.as_deref()?))
    }

    /// What is unique of a model's rows: its own constraints, then those of the delegates it `extends`, whose tables
    /// have them.
    pub fn uniques<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a Unique> {
        self.lineage(model).flat_map(|model| &model.uniques)
    }

    /// The models that extend this one, also over others, in the order of the source.
    pub fn extensions<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a Model> {
        // Nothing extends what is no delegate, so nobody need look.
        let models = model.discriminator.iter().flat_map(|_| &self.models);
        models.filter(move |other| {
            let mut bases = self.lineage(other).skip(1);
            bases.any(|base| base.name == model.name)
        })
    }

    /// The model whose table has the column of a field: where a model inherits one from a delegate, that delegate.
    pub fn keeper<'a>(&'a self, model: &'a Model, field: &Field) -> &'a Model {
        let origin = model.origin(field);
        origin.and_then(|name| self.model(name)).unwrap_or(model)
    }

    /// Whether a field tells which model a row really is of. The engine sets it.
    pub fn is_discriminator(&self, model: &Model, field: &Field) -> bool {
        let keeper = self.keeper(model, field);
        keeper.discriminator.as_deref() == Some(field.name.as_str())
    }

    /// The `type` of this name.
    pub fn type_def(&self, name: &str) -> Option<&TypeDef> {
        self.types.iter().find(|item| item.name == name)
    }

    /// The enum of this name.
    pub fn enumeration(&self, name: &str) -> Option<&Enum> {
        self.enums.iter().find(|item| item.name == name)
    }
}

/// Where the data lives.
#[derive(Debug, Clone, PartialEq)]
pub struct Datasource {
    /// The name of the block.
    pub name: String,
    /// Which database.
    pub provider: Provider,
    /// The address, where the block gives one.
    pub url: Option<Url>,
    /// `relationMode`: whether relations are foreign keys of the database.
    pub relation_mode: RelationMode,
    /// `schemas`: the PostgreSQL schemas that models may live in; empty where the block names none.
    pub schemas: Vec<String>,
    /// `defaultSchema`: where models without `@@schema` live.
    pub default_schema: Option<String>,
    /// `extensions`: PostgreSQL extensions, as written.
    pub extensions: Vec<Extension>,
}

/// An extension of PostgreSQL that the datasource names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its name in the schema.
    pub name: String,
    /// Its name in the database (`map`), else the same.
    pub mapped_name: String,
    /// The schema of the database that it lives in, where the source names one.
    pub schema: Option<String>,
    /// Its version, where the source names one.
    pub version: Option<String>,
}

impl Extension {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            mapped_name: name.to_owned(),
            schema: None,
            version: None,
        }
    }
}

/// A `type`: the shape of a `@json` field, or of `auth()`.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDef {
    /// Its name.
    pub name: String,
    /// Its `///` comment.
    pub doc: Option<String>,
    /// Its fields, those of mixins included. They have no columns, and relations of them know their model only.
    pub fields: Vec<Field>,
    /// `@@validate`
    pub rules: Vec<ModelRule>,
    /// `@@meta`
    pub meta: Vec<Meta>,
}

impl TypeDef {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// What keeps relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RelationMode {
    /// `foreignKeys`: the database.
    #[default]
    ForeignKeys,
    /// `prisma`: the programs. The database has no foreign keys.
    Programs,
}

/// The databases a datasource may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// `sqlite`
    Sqlite,
    /// `postgresql` (or `postgres`)
    Postgresql,
    /// `mysql`: MySQL and MariaDB
    Mysql,
}

/// The address of a datasource.
#[derive(Debug, Clone, PartialEq)]
pub enum Url {
    /// Written out.
    Literal(String),
    /// `env("NAME")`: read from this environment variable by whoever opens the database.
    Env(String),
}

/// An enum and its members.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// Name in the schema.
    pub name: String,
    /// Name in the database (`@@map`), else the same.
    pub mapped_name: String,
    /// `@@schema`: the schema of the database it lives in, where the source names one.
    pub database_schema: Option<String>,
    /// Its `///` comment.
    pub doc: Option<String>,
    /// Members, in order.
    pub members: Vec<EnumMember>,
}

/// One member of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumMember {
    /// Name in the schema.
    pub name: String,
    /// The stored value (`@map`), else the same.
    pub mapped_name: String,
    /// Its `///` comment.
    pub doc: Option<String>,
}

/// A model: a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Name in the schema.
    pub name: String,
    /// Name of the table (`@@map`), else the same.
    pub table: String,
    /// Its `///` comment.
    pub doc: Option<String>,
    /// Fields, relations included, in order.
    pub fields: Vec<Field>,
    /// The fields of the identity: `@id`, `@@id`, else the first unique; of a model with a base those of the base, which
    /// have columns in both tables. Empty where a view or an ignored model has none.
    pub id: Vec<String>,
    /// Whether `id` comes from `@id`/`@@id`, so that the table has a primary key.
    pub has_primary_key: bool,
    /// Name of the primary key constraint in the database (`map`), where the schema gives one.
    pub id_map: Option<String>,
    /// Name of the compound identity in queries (`name` of `@@id`), where the schema gives one.
    pub id_name: Option<String>,
    /// How each field stands in the primary key, as many as `id`.
    pub id_parts: Vec<KeyPart>,
    /// `clustered` of the primary key.
    pub id_clustered: Option<bool>,
    /// Unique constraints, `@unique` and `@@unique` alike, in order.
    pub uniques: Vec<Unique>,
    /// `@@index` and `@@fulltext`
    pub indexes: Vec<Index>,
    /// What makes its rows.
    pub kind: ModelKind,
    /// `@@schema`: the schema of the database it lives in, where the source names one.
    pub database_schema: Option<String>,
    /// `@@ignore`: it has a table, and clients do not see it.
    pub ignored: bool,
    /// `@@track`: what happens to its rows goes to the change log. What extends a tracked delegate is tracked, too.
    pub tracked: bool,
    /// The delegate model that it `extends`. Fields of it stand in `fields` too, with their
    /// [`origin`](Field::origin).
    pub base: Option<String>,
    /// `@@delegate(…)`: the field that tells which model a row really is of.
    pub discriminator: Option<String>,
    /// What stands in the base's discriminator for rows of this model: `@@delegateMap`, else its name.
    pub discriminator_value: String,
    /// `@@allow` and `@@deny`, inherited ones first.
    pub policies: Vec<Policy>,
    /// `@@validate`, inherited ones first.
    pub rules: Vec<ModelRule>,
    /// `@@meta`
    pub meta: Vec<Meta>,
    /// `@@prisma.passthrough`: attributes for tools, as they write them.
    pub passthrough: Vec<String>,
}

/// What makes the rows of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ModelKind {
    /// `model`: a table.
    #[default]
    Table,
    /// `view`: read only, and made by somebody else.
    View,
}

impl Model {
    /// A model with nothing in it yet.
    pub(crate) fn new(name: &str, doc: Option<String>) -> Self {
        Self {
            name: name.to_owned(),
            table: name.to_owned(),
            doc,
            fields: Vec::new(),
            id: Vec::new(),
            has_primary_key: false,
            id_map: None,
            id_name: None,
            id_parts: Vec::new(),
            id_clustered: None,
            uniques: Vec::new(),
            indexes: Vec::new(),
            kind: ModelKind::Table,
            database_schema: None,
            ignored: false,
            tracked: false,
            base: None,
            discriminator: None,
            discriminator_value: name.to_owned(),
            policies: Vec::new(),
            rules: Vec::new(),
            meta: Vec::new(),
            passthrough: Vec::new(),
        }
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether its rows may stand in several tables: it is a delegate, or extends one.
    pub fn is_polymorphic(&self) -> bool {
        self.base.is_some() || self.discriminator.is_some()
    }

    /// The delegate whose table has the column of one of its fields; `None` where its own has it.
    pub fn origin<'f>(&self, field: &'f Field) -> Option<&'f str> {
        let origin = field.origin.as_deref();
        origin.filter(|_| !self.id.contains(&field.name))
    }
}

/// A field of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Name in the schema.
    pub name: String,
    /// Name of the column (`@map`), else the same. Relations have no column.
    pub column: String,
    /// Its `///` comment.
    pub doc: Option<String>,
    /// What it holds.
    pub kind: FieldKind,
    /// How many.
    pub arity: Arity,
    /// `@default`
    pub default: Option<DefaultValue>,
    /// `@updatedAt`
    pub updated_at: bool,
    /// `@omit`: not returned unless asked for by name.
    pub omit: bool,
    /// `@db.*`
    pub native_type: Option<NativeType>,
    /// `@updatedAt(ignore: …)`: a change of nothing but these leaves the moment as it is.
    pub updated_at_ignores: Vec<String>,
    /// `@ignore`: it has a column, and clients do not see it.
    pub ignored: bool,
    /// `@computed`: it has no column; the program gives the value.
    pub computed: bool,
    /// `@password`: what is written becomes a hash.
    pub password: Option<Password>,
    /// `@encrypted`: stored sealed.
    pub encrypted: bool,
    /// The delegate model that declares it, where the model inherits it. That model's table has the column; only the
    /// columns of [`Model::id`] stand in both.
    pub origin: Option<String>,
    /// `@allow` and `@deny`.
    pub policies: Vec<Policy>,
    /// Checks and changes of what is written, in the order of the source.
    pub rules: Vec<FieldRule>,
    /// `@fuzzy`: filters may ask for what is alike.
    pub fuzzy: bool,
    /// `@fullText`: filters may ask for words.
    pub full_text: bool,
    /// `@meta`
    pub meta: Vec<Meta>,
    /// `@prisma.passthrough`: attributes for tools, as they write them.
    pub passthrough: Vec<String>,
}

/// `@password`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password {
    /// The cost of the bcrypt hash: `saltLength`, else 12.
    pub cost: u32,
    /// `salt`: a whole salt, made before.
    pub salt: Option<String>,
}

impl Field {
    /// A field without attributes.
    pub fn new(name: &str, kind: FieldKind, arity: Arity) -> Self {
        Self {
            name: name.to_owned(),
            column: name.to_owned(),
            doc: None,
            kind,
            arity,
            default: None,
            updated_at: false,
            omit: false,
            native_type: None,
            updated_at_ignores: Vec::new(),
            ignored: false,
            computed: false,
            password: None,
            encrypted: false,
            origin: None,
            policies: Vec::new(),
            rules: Vec::new(),
            fuzzy: false,
            full_text: false,
            meta: Vec::new(),
            passthrough: Vec::new(),
        }
    }

    /// Whether it has a column: relations and `@computed` fields have none.
    pub fn has_column(&self) -> bool {
        self.relation().is_none() && !self.computed
    }

    /// The relation, where the field is one.
    pub fn relation(&self) -> Option<&Relation> {
        match &self.kind {
            FieldKind::Relation(relation) => Some(relation),
            FieldKind::Scalar(_)
            | FieldKind::Enum(_)
            | FieldKind::Typed(_)
            | FieldKind::Unsupported(_) => None,
        }
    }
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// A scalar.
    Scalar(Scalar),
    /// A member of the enum of this name.
    Enum(String),
    /// Rows of another model.
    Relation(Relation),
    /// A JSON document of the shape of this `type`.
    Typed(String),
    /// A column of a type that the language has no name for, by the database's: `Unsupported("…")`.
    Unsupported(String),
}

/// The scalar types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// Text.
    String,
    /// A truth value.
    Boolean,
    /// A 32-bit integer.
    Int,
    /// A 64-bit integer.
    BigInt,
    /// Binary floating point.
    Float,
    /// An exact number.
    Decimal,
    /// A moment, milliseconds kept.
    DateTime,
    /// A JSON document.
    Json,
    /// Raw bytes.
    Bytes,
}

impl Scalar {
    /// Every scalar type.
    pub const ALL: [Scalar; 9] = [
        Scalar::String,
        Scalar::Boolean,
        Scalar::Int,
        Scalar::BigInt,
        Scalar::Float,
        Scalar::Decimal,
        Scalar::DateTime,
        Scalar::Json,
        Scalar::Bytes,
    ];

    /// Its name in the language.
    pub fn name(self) -> &'static str {
        match self {
            Scalar::String => "String",
            Scalar::Boolean => "Boolean",
            Scalar::Int => "Int",
            Scalar::BigInt => "BigInt",
            Scalar::Float => "Float",
            Scalar::Decimal => "Decimal",
            Scalar::DateTime => "DateTime",
            Scalar::Json => "Json",
            Scalar::Bytes => "Bytes",
        }
    }

    /// The scalar type of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scalar| scalar.name() == name)
    }
}

/// How many values a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// Exactly one.
    Required,
    /// One or none (`?`).
    Optional,
    /// Any number (`[]`).
    List,
}

/// One side of a relation.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// The model on the other side.
    pub model: String,
    /// The field on the other side.
    pub opposite: String,
    /// Name of the relation, where the schema gives one.
    pub name: Option<String>,
    /// Own fields that hold the key; empty on the side that does not own it, and on both where there is a `join`.
    pub fields: Vec<String>,
    /// The fields of the other side they point at, as many as `fields`.
    pub references: Vec<String>,
    /// What happens to this row when the referenced one goes.
    pub on_delete: Option<ReferentialAction>,
    /// What happens to this row when the referenced key changes.
    pub on_update: Option<ReferentialAction>,
    /// Name of the foreign key constraint (`map`), where the schema gives one.
    pub map: Option<String>,
    /// The table between the two sides, where both are lists.
    pub join: Option<Join>,
}

/// `onDelete` and `onUpdate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferentialAction {
    /// The rows go, or follow, too.
    Cascade,
    /// Refused.
    Restrict,
    /// Refused at the end of the statement.
    NoAction,
    /// The key becomes null.
    SetNull,
    /// The key becomes its default.
    SetDefault,
}

/// `@default(…)`
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    /// A literal: column default.
    Literal(Literal),
    /// The enum member of this (schema) name: column default.
    EnumMember(String),
    /// `now()`: column default.
    Now,
    /// `autoincrement()`: the database counts.
    Autoincrement,
    /// `dbgenerated("…")`: the database makes it, by this SQL where it is not empty.
    DbGenerated(String),
    /// `uuid()`: made by the engine, of version 4 or 7.
    Uuid(u8),
    /// `cuid()`: made by the engine, of version 1 or 2.
    Cuid(u8),
    /// `nanoid(length)`: made by the engine.
    Nanoid(u16),
    /// `ulid()`: made by the engine.
    Ulid,
    /// One of the four above with a `format`: the texts before, between and after its places for the made value.
    Formatted(Box<DefaultValue>, Vec<String>),
    /// `auth().a.b`: the members of the person who writes, filled by the engine.
    Auth(Vec<String>),
}

/// A literal of the language.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text. For a `DateTime` field a moment with its offset (RFC 3339), for a `Json` field a JSON text, in a list of
    /// an enum the (schema) name of a member.
    String(String),
    /// A number, as written, so that no digit is lost.
    Number(String),
    /// A truth value.
    Boolean(bool),
    /// Several values.
    List(Vec<Literal>),
}

/// A native column type, such as `@db.VarChar(255)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeType {
    /// What follows `@db.`
    pub name: String,
    /// Its arguments, in order.
    pub arguments: Vec<String>,
}
