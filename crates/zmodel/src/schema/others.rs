//! What is said beside models: procedures, metadata, and the blocks of other programs.

use super::Scalar;

/// A declaration without meaning for the engine: a `generator` or a `plugin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its word: `generator`, `plugin`.
    pub word: String,
    /// Its name.
    pub name: String,
    /// Its `///` comment.
    pub doc: Option<String>,
}

/// `procedure`: something the program does when it is asked by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// Its name.
    pub name: String,
    /// Its `///` comment.
    pub doc: Option<String>,
    /// Whether it changes something (`mutation`).
    pub mutation: bool,
    /// What it takes, in order.
    pub parameters: Vec<Parameter>,
    /// What it gives.
    pub returns: ValueType,
}

/// A parameter of a [`Procedure`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub takes: ValueType,
    /// Whether it may be left out (`?`).
    pub optional: bool,
}

/// The type of a parameter or an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueType {
    /// Of one value.
    pub kind: ValueKind,
    /// Whether it is many.
    pub list: bool,
}

/// What one value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueKind {
    /// A scalar.
    Scalar(Scalar),
    /// A member of the enum of this name.
    Enum(String),
    /// A row of the model of this name.
    Model(String),
    /// A value of the `type` of this name.
    Typed(String),
    /// `Any`, `Object`
    Any,
    /// `Void`, `Undefined`, `Null`
    Nothing,
}

/// `@meta` and `@@meta`: what a schema says to programs.
#[derive(Debug, Clone, PartialEq)]
pub struct Meta {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: MetaValue,
}

/// A value of [`Meta`], as written.
#[derive(Debug, Clone, PartialEq)]
pub enum MetaValue {
    /// `null`
    Null,
    /// Text.
    String(String),
    /// A number, as written.
    Number(String),
    /// A truth value.
    Boolean(bool),
    /// A name.
    Name(String),
    /// `[…]`
    List(Vec<MetaValue>),
    /// `{…}`, in order.
    Object(Vec<(String, MetaValue)>),
}
