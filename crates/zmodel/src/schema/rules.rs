//! Rules over rows: access policies and validation.

use super::Expr;

/// `@@allow` or `@@deny`, or `@allow` or `@deny` on a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What it does where its condition holds.
    pub effect: Effect,
    /// What it is about. Of the older language's `update` rules those with `future()` stand here as
    /// [`Operation::PostUpdate`], written the other way around: `future().x` as a member of `this`, a bare name as one of
    /// `before()`, relations included (contract zenstack §2.3). Where one admits, its parts without `future()` stand
    /// here as [`Operation::Update`] too, and rules without it that admit updates as [`Operation::PostUpdate`] too.
    pub operations: Operations,
    /// When.
    pub condition: Expr,
    /// Third argument of a field's `@allow` in the older language: it holds whatever the model's rules say.
    pub overrides: bool,
    /// Its `///` comment.
    pub doc: Option<String>,
    /// Where it is written, for explanations.
    pub place: Place,
}

/// What a policy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Admits; one must.
    Allow,
    /// Refuses; none may.
    Deny,
}

/// What can be done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// `create`
    Create,
    /// `read`
    Read,
    /// `update`: judged by the row as it was.
    Update,
    /// `post-update`: judged by the row as it became.
    PostUpdate,
    /// `delete`
    Delete,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 5] = [
        Self::Create,
        Self::Read,
        Self::Update,
        Self::PostUpdate,
        Self::Delete,
    ];

    /// Its word in the language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::PostUpdate => "post-update",
            Self::Delete => "delete",
        }
    }
}

/// A set of operations. `all` in the language is all but `post-update`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Operations(u8);

impl Operations {
    /// With this one too.
    #[must_use]
    pub fn with(self, operation: Operation) -> Self {
        Self(self.0 | 1 << operation as u8)
    }

    /// Whether it is among them.
    pub fn contains(self, operation: Operation) -> bool {
        self.0 & 1 << operation as u8 != 0
    }
}

impl FromIterator<Operation> for Operations {
    fn from_iter<I: IntoIterator<Item = Operation>>(operations: I) -> Self {
        operations.into_iter().fold(Self::default(), Self::with)
    }
}

/// Where something is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Name of the source.
    pub source: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// The text that stands there.
    pub text: String,
}

/// A check or change of what is written to a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldRule {
    /// Changes it.
    Transform(Transform),
    /// Refuses what does not pass.
    Check {
        /// What is asked of it.
        check: Check,
        /// What to say instead of the standard text.
        message: Option<String>,
    },
}

/// A change of a text before it is checked further and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    /// `@trim`
    Trim,
    /// `@lower`
    Lower,
    /// `@upper`
    Upper,
}

/// What is asked of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// `@length(min, max)`: characters of a text, elements of a list.
    Length {
        /// At least.
        min: Option<u32>,
        /// At most.
        max: Option<u32>,
    },
    /// `@startsWith`
    StartsWith(String),
    /// `@endsWith`
    EndsWith(String),
    /// `@contains`
    Contains(String),
    /// `@regex`: found anywhere in it.
    Regex(String),
    /// `@email`
    Email,
    /// `@url`
    Url,
    /// `@datetime`
    DateTime,
    /// `@date`
    Date,
    /// `@time(precision)`
    Time(Option<u8>),
    /// `@phone`
    Phone,
    /// `@gt`, as written
    Greater(String),
    /// `@gte`, as written
    GreaterOrEqual(String),
    /// `@lt`, as written
    Less(String),
    /// `@lte`, as written
    LessOrEqual(String),
}

/// `@@validate`
#[derive(Debug, Clone, PartialEq)]
pub struct ModelRule {
    /// What must hold.
    pub condition: Expr,
    /// What to say where it does not.
    pub message: Option<String>,
    /// The field to say it of, as a path.
    pub path: Vec<String>,
    /// Where it is written.
    pub place: Place,
}
