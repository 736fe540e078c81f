//! Checked expressions: what policies and `@@validate` say, names resolved and types known.

use std::fmt::{self, Display, Formatter};

/// An expression and its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// What it gives.
    pub ty: Type,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A number, as written, so that no digit is lost.
    Number(String),
    /// Text. Beside a `DateTime` it is a moment (RFC 3339), which was checked.
    String(String),
    /// A member of an enum, both by their names in the schema.
    EnumMember {
        /// The enum.
        enumeration: String,
        /// The member.
        member: String,
    },
    /// `[a, b]`
    List(Vec<Expr>),
    /// The person who asks, or null: `auth()`.
    Auth,
    /// The row that the rule is about. A bare field name in a rule is a [`Member`](Self::Member) of it.
    This,
    /// The element that an enclosing collection predicate looks at, counted from the innermost, which is 0. A bare
    /// field name in the body of a predicate, and a binding (`members?[m, m.role == X]`), is a member of it.
    Element(usize),
    /// `before()`: the row as it was, in rules of `post-update`; `future()` turns the sides around, see
    /// [`Policy::operations`](super::Policy::operations).
    Before,
    /// `entity.name`: a field of a model or type.
    Member(Box<Expr>, String),
    /// `!a`
    Not(Box<Expr>),
    /// `a && b`
    And(Box<Expr>, Box<Expr>),
    /// `a || b`
    Or(Box<Expr>, Box<Expr>),
    /// `a == b`, `a < b`, …
    Compare(Box<Expr>, Comparison, Box<Expr>),
    /// `a in b`
    In(Box<Expr>, Box<Expr>),
    /// `rows?[condition]`, `rows![condition]`, `rows^[condition]`
    Predicate {
        /// How many elements must satisfy the condition.
        quantifier: Quantifier,
        /// The rows, or a list of `auth()`. A member of what is many already is many: those of all of them.
        collection: Box<Expr>,
        /// The condition, in which the element is [`Element(0)`](Self::Element).
        condition: Box<Expr>,
    },
    /// A call of a function that the engine works out.
    Call(Function, Vec<Expr>),
    /// `check(relation, operation)`: the related row admits the operation; the one that is asked for where none is
    /// named.
    Check {
        /// A relation to one row: a member of [`This`](Self::This), of an [`Element`](Self::Element), or, of a rule with
        /// `future()`, of [`Before`](Self::Before).
        relation: Box<Expr>,
        /// The operation.
        operation: Option<super::Operation>,
    },
    /// `currentModel(casing)`: text; of an inherited rule the name of the model that inherits.
    CurrentModel(Casing),
    /// `currentOperation(casing)`: text.
    CurrentOperation(Casing),
}

/// How `currentModel` and `currentOperation` write a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Casing {
    /// As it is.
    Original,
    /// IN CAPITALS
    Upper,
    /// in small letters
    Lower,
    /// First letter large.
    Capitalize,
    /// First letter small.
    Uncapitalize,
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// How many elements must satisfy a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// `?`: one at least.
    Some,
    /// `!`: none fails it; so of nothing, it holds.
    Every,
    /// `^`: none.
    None,
}

/// The functions of conditions. Arguments stand in the order of contract zenstack §1.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// `now()`
    Now,
    /// `contains(field, search, caseInsensitive?)`
    Contains,
    /// `startsWith(field, search, caseInsensitive?)`
    StartsWith,
    /// `endsWith(field, search, caseInsensitive?)`
    EndsWith,
    /// `has(list, value)`
    Has,
    /// `hasSome(list, values)`
    HasSome,
    /// `hasEvery(list, values)`
    HasEvery,
    /// `isEmpty(list)`
    IsEmpty,
    /// `length(field)`; of the older language `length(field, min, max?)`, a truth value
    Length,
    /// `regex(field, pattern)`
    Regex,
    /// `isEmail(field)`, `email(field)`
    IsEmail,
    /// `isUrl(field)`, `url(field)`
    IsUrl,
    /// `isDateTime(field)`, `datetime(field)`
    IsDateTime,
    /// `isDate(field)`
    IsDate,
    /// `isTime(field, precision?)`
    IsTime,
    /// `isPhone(field)`
    IsPhone,
}

impl Expr {
    /// The expressions right inside it, in the order of the text.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Null
            | ExprKind::Boolean(_)
            | ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::EnumMember { .. }
            | ExprKind::Auth
            | ExprKind::This
            | ExprKind::Element(_)
            | ExprKind::Before
            | ExprKind::CurrentModel(_)
            | ExprKind::CurrentOperation(_) => Vec::new(),
            ExprKind::List(items) | ExprKind::Call(_, items) => items.iter().collect(),
            ExprKind::Member(inner, _) | ExprKind::Not(inner) => vec![inner],
            ExprKind::And(left, right)
            | ExprKind::Or(left, right)
            | ExprKind::Compare(left, _, right)
            | ExprKind::In(left, right) => vec![left, right],
            ExprKind::Predicate {
                collection,
                condition,
                ..
            } => vec![collection, condition],
            ExprKind::Check { relation, .. } => vec![relation],
        }
    }

    /// As [`children`](Self::children), to change them.
    pub(crate) fn children_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            ExprKind::Null
            | ExprKind::Boolean(_)
            | ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::EnumMember { .. }
            | ExprKind::Auth
            | ExprKind::This
            | ExprKind::Element(_)
            | ExprKind::Before
            | ExprKind::CurrentModel(_)
            | ExprKind::CurrentOperation(_) => Vec::new(),
            ExprKind::List(items) | ExprKind::Call(_, items) => items.iter_mut().collect(),
            ExprKind::Member(inner, _) | ExprKind::Not(inner) => vec![inner],
            ExprKind::And(left, right)
            | ExprKind::Or(left, right)
            | ExprKind::Compare(left, _, right)
            | ExprKind::In(left, right) => vec![left, right],
            ExprKind::Predicate {
                collection,
                condition,
                ..
            } => vec![collection, condition],
            ExprKind::Check { relation, .. } => vec![relation],
        }
    }

    /// Whether it, or one inside it, is so. Expressions are at most 64 high, see [`load`](crate::load).
    pub fn any(&self, is_so: &impl Fn(&Expr) -> bool) -> bool {
        is_so(self) || self.children().into_iter().any(|child| child.any(is_so))
    }
}

/// What an expression gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type {
    /// Of one value.
    pub base: TypeBase,
    /// Whether it is many.
    pub list: bool,
    /// Whether it may be null.
    pub optional: bool,
}

impl Type {
    /// One value, always there.
    pub fn one(base: TypeBase) -> Self {
        Self {
            base,
            list: false,
            optional: false,
        }
    }

    /// One scalar, always there.
    pub fn scalar(scalar: super::Scalar) -> Self {
        Self::one(TypeBase::Scalar(scalar))
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.base {
            TypeBase::Scalar(scalar) => f.write_str(scalar.name())?,
            TypeBase::Enum(name) | TypeBase::Model(name) | TypeBase::Typed(name) => {
                f.write_str(name)?;
            }
            TypeBase::Null if self.list => {}
            TypeBase::Null => return f.write_str("null"),
        }
        f.write_str(match (self.list, self.optional) {
            (true, _) => "[]",
            (false, true) => "?",
            (false, false) => "",
        })
    }
}

/// What one value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeBase {
    /// A scalar.
    Scalar(super::Scalar),
    /// A member of the enum of this name.
    Enum(String),
    /// A row of the model of this name.
    Model(String),
    /// A value of the `type` of this name.
    Typed(String),
    /// Null, or an empty list: fits everything that may be so.
    Null,
}
