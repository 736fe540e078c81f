//! The tree of a source, as written. Every node knows where it stands.
//!
//! Attribute names and the types of fields are still plain names here: `resolve` and `bind` say what they stand for.

use crate::schema::{Arity, Comparison, Quantifier};
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
    /// How many nodes stand one in the other, this one included. The parser bounds it.
    pub(crate) height: usize,
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
    /// `this`
    This,
    /// A bare name.
    Reference(String),
    /// `name(…)`
    Call(Name, Vec<Argument>),
    /// `[…]`
    List(Vec<Expr>),
    /// `{ name: value }`
    Object(Vec<(Name, Expr)>),
    /// `value.name`
    Member(Box<Expr>, Name),
    /// `!value`
    Not(Box<Expr>),
    /// `a && b || c …`, read from left to right: `&&` weighs no more than `||`.
    Logic(Box<Expr>, Vec<(Logic, Expr)>),
    /// `a == b`, `a in b`, …
    Binary(Box<Expr>, Operator, Box<Expr>),
    /// `rows?[binding, condition]`, …
    Predicate(Box<Predicate>),
}

/// What joins conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logic {
    And,
    Or,
}

/// What stands between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Compare(Comparison),
    In,
}

/// A condition on the elements of a collection.
#[derive(Debug)]
pub(crate) struct Predicate {
    pub(crate) collection: Expr,
    pub(crate) quantifier: Quantifier,
    /// A name of its own for the element.
    pub(crate) binding: Option<Name>,
    pub(crate) condition: Expr,
}
