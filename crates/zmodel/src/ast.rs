//! The tree of a source, as written. Every node knows where it stands.
//!
//! Attribute names and the types of fields are still plain names here: `resolve` and `bind` say what they stand for.

use crate::schema::{Arity, Comparison, Quantifier};
use crate::source::Span;

/// A source.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// The paths of `import`s.
    pub(crate) imports: Vec<Name>,
    pub(crate) datasources: Vec<Block>,
    pub(crate) enums: Vec<Enum>,
    /// Models, views, abstract models and types.
    pub(crate) models: Vec<Model>,
    pub(crate) attributes: Vec<AttributeDeclaration>,
    /// Functions. They have no meaning, so that nothing but their names is kept.
    pub(crate) functions: Vec<Name>,
    pub(crate) procedures: Vec<Procedure>,
    /// Generators and plugins.
    pub(crate) others: Vec<Other>,
    /// Names of declarations that could not be read, so that their uses are not refused once more.
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

/// What a block of fields is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ModelWord {
    Model,
    View,
    /// `abstract model`
    Abstract,
    Type,
}

impl ModelWord {
    /// How it is written.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::View => "view",
            Self::Abstract => "abstract model",
            Self::Type => "type",
        }
    }
}

/// `model name extends … with … { … }`, and the like
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) word: ModelWord,
    pub(crate) name: Name,
    pub(crate) doc: Option<String>,
    /// What it `extends`.
    pub(crate) bases: Vec<Name>,
    /// What stands after `with`.
    pub(crate) mixins: Vec<Name>,
    /// From its name to its end.
    pub(crate) span: Span,
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
    /// What stands in `Unsupported(…)`.
    pub(crate) unsupported: Option<String>,
    pub(crate) arity: Arity,
    /// The type with its `?` or `[]`.
    pub(crate) type_span: Span,
    pub(crate) attributes: Vec<Attribute>,
}

/// `attribute @name(…)`
#[derive(Debug)]
pub(crate) struct AttributeDeclaration {
    /// The name, with its `@` or `@@`.
    pub(crate) name: Name,
    pub(crate) parameters: Vec<Parameter>,
    /// `@@@` attributes.
    pub(crate) about: Vec<Attribute>,
}

/// `procedure name(…): Type`
#[derive(Debug)]
pub(crate) struct Procedure {
    pub(crate) name: Name,
    pub(crate) doc: Option<String>,
    pub(crate) mutation: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) returns: TypeName,
}

/// `name: Type?`, or `_ name: Type?`
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: Name,
    /// Whether a `_` says that its name may be left out.
    pub(crate) positional: bool,
    pub(crate) takes: TypeName,
    pub(crate) optional: bool,
}

/// The type of a parameter or an answer.
#[derive(Debug)]
pub(crate) struct TypeName {
    pub(crate) name: Name,
    pub(crate) list: bool,
}

/// `generator name { … }`, `plugin name { … }`
#[derive(Debug)]
pub(crate) struct Other {
    pub(crate) word: &'static str,
    pub(crate) name: Name,
    pub(crate) doc: Option<String>,
}

/// `@name(…)` or `@@name(…)`
#[derive(Debug)]
pub(crate) struct Attribute {
    /// The name, with its `@` or `@@`.
    pub(crate) name: Name,
    /// Its `///` comment.
    pub(crate) doc: Option<String>,
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
