//! The tree of a source, as written. Every node knows where it stands.
//!
//! Attribute names and the types of fields are still plain names here: `resolve` and `bind` say what they stand for.

use crate::schema::Arity;
use crate::source::Span;

/// A source.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) datasources: Vec<Block>,
    pub(crate) enums: Vec<Enum>,
    pub(crate) models: Vec<Model>,
    /// Names of declarations that this version refused, so that their uses are not refused once more.
    pub(crate) refused: Vec<Name>,
}

/// A name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// `datasource name { key = value }`
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) name: Name,
    pub(crate) entries: Vec<Entry>,
    /// Whether part of it could not be read.
    pub(crate) damaged: bool,
}

/// `key = value`
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Name,
    pub(crate) value: Expr,
}

/// `enum name { … }`
#[derive(Debug)]
pub(crate) struct Enum {
    pub(crate) name: Name,
    pub(crate) doc: Option<String>,
    pub(crate) members: Vec<EnumMember>,
    pub(crate) attributes: Vec<Attribute>,
    /// Whether part of it could not be read.
    pub(crate) damaged: bool,
}

/// A member of an enum.
#[derive(Debug)]
pub(crate) struct EnumMember {
    pub(crate) name: Name,
    pub(crate) doc: Option<String>,
    pub(crate) attributes: Vec<Attribute>,
}

/// `model name { … }`
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) name: Name,
    pub(crate) doc: Option<String>,
    pub(crate) fields: Vec<Field>,
    pub(crate) attributes: Vec<Attribute>,
    /// Whether part of it could not be read: what it seems to lack may stand there.
    pub(crate) damaged: bool,
}

/// A field of a model.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: Name,
    pub(crate) doc: Option<String>,
    pub(crate) type_name: Name,
    pub(crate) arity: Arity,
    /// The type with its `?` or `[]`.
    pub(crate) type_span: Span,
    pub(crate) attributes: Vec<Attribute>,
}

/// `@name(…)` or `@@name(…)`
#[derive(Debug)]
pub(crate) struct Attribute {
    /// The name, with its `@` or `@@`.
    pub(crate) name: Name,
    pub(crate) arguments: Vec<Argument>,
    /// Name and arguments.
    pub(crate) span: Span,
}

/// `value` or `name: value`
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) name: Option<Name>,
    pub(crate) value: Expr,
    pub(crate) span: Span,
}

/// An expression.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
}

/// What an expression is.
#[derive(Debug)]
pub(crate) enum ExprKind {
    /// Text, escapes resolved.
    String(String),
    /// A number, as written.
    Number(String),
    Boolean(bool),
    Null,
    /// A bare name.
    Reference(String),
    /// `name(…)`
    Call(Name, Vec<Argument>),
    /// `[…]`
    List(Vec<Expr>),
}
