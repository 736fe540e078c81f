use hallpass_sql::{Accents, Comparison, JsonStep, LikenessPart, Value};

use super::Input;

/// Which rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of these hold; everything when empty.
    All(Vec<Filter>),
    /// One of these holds; nothing when empty.
    Any(Vec<Filter>),
    /// This does not hold. Rows for which it is unknown, because a column is null, are left out as well.
    Not(Box<Filter>),
    /// A field passes a test.
    Field(String, Test),
    /// The related rows that may be seen are so.
    Relation(String, Related),
    /// A relation to one row, whose key stands in this one: the key is null.
    Unlinked(String),
}

/// What is asked of the rows of a relation.
#[derive(Debug, Clone, PartialEq)]
pub enum Related {
    /// One at least passes. Of a relation to one row: it is there, and passes.
    Some(Box<Filter>),
    /// None fails; so of no rows, it holds.
    Every(Box<Filter>),
    /// None passes. Of a relation to one row: it is not there, or does not pass.
    None(Box<Filter>),
}

/// A test of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Is this, as the database compares (MySQL: by the column's collation); null is null.
    Equals(Input),
    /// Is this text, byte by byte, on every database.
    Exactly(Input),
    /// Is something else, and not null; not null where this is null.
    Not(Input),
    /// Is one of these.
    In(Vec<Input>),
    /// Is none of these, and not null.
    NotIn(Vec<Input>),
    /// Is less.
    Less(Input),
    /// Is less or the same.
    LessOrEqual(Input),
    /// Is more.
    Greater(Input),
    /// Is more or the same.
    GreaterOrEqual(Input),
    /// Has this text in it. `%` and `_` mean themselves.
    Contains(Input),
    /// Starts with this text.
    StartsWith(Input),
    /// Ends with this text.
    EndsWith(Input),
    /// Of a list: has this value.
    Has(Input),
    /// Of a list: has all of these.
    HasEvery(Vec<Input>),
    /// Of a list: has one of these.
    HasSome(Vec<Input>),
    /// Of a list: has no values; or has some.
    IsEmpty(bool),
    /// Has words, as the database understands them.
    Words {
        /// The words: `cat & !dog` (PostgreSQL), `+cat -dog` (MySQL).
        words: String,
        /// How words are told (`english`), else as the database does (PostgreSQL).
        configuration: Option<String>,
    },
    /// Is like this text (PostgreSQL with the extension `pg_trgm`).
    Alike {
        /// The text.
        text: String,
        /// Which part of the value.
        part: LikenessPart,
        /// Whether accents count (else with the extension `unaccent`).
        accents: Accents,
        /// How much, from 0 to 1; else as the database thinks.
        least: Option<f64>,
    },
    /// What stands at a place of a JSON document passes.
    Json(Vec<JsonStep>, JsonTest),
    /// A JSON document is so, and what stands in it.
    Inside(Inside),
    /// The test, whatever the case of letters.
    AnyCase(Box<Test>),
}

/// What is asked of a JSON document and of what stands in it.
#[derive(Debug, Clone, PartialEq)]
pub enum Inside {
    /// All of these hold; everything when empty.
    All(Vec<Inside>),
    /// One of these holds; nothing when empty.
    Any(Vec<Inside>),
    /// This does not hold. Where it is unknown, because nothing stands there, this is unknown as well.
    Not(Box<Inside>),
    /// What stands at a place passes.
    At(Vec<JsonStep>, JsonTest),
    /// One element at least of the array at a place is so.
    Some(Vec<JsonStep>, Box<Inside>),
    /// The same, whatever the case of letters.
    AnyCase(Box<Inside>),
}

/// A test of what stands at a place of a JSON document.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonTest {
    /// Nothing stands there.
    Missing,
    /// Is this document.
    Equals(serde_json::Value),
    /// Is a text that has this in it.
    Contains(String),
    /// Is a text that starts with this.
    StartsWith(String),
    /// Is a text that ends with this.
    EndsWith(String),
    /// Is a text that compares so with this; equal ones are equal byte by byte.
    Text(Comparison, String),
    /// Is a number that compares so with this.
    Number(Comparison, f64),
    /// Is an exact number, or a text of one, that compares so with this.
    Exact(Comparison, String),
    /// Is an array that has all of these.
    Has(Vec<serde_json::Value>),
    /// Is an array whose first element is this.
    First(serde_json::Value),
    /// Is an array whose last element is this.
    Last(serde_json::Value),
}

/// A field about to be tested; see [`field`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field(String);

/// Begins a filter: `field("age").gte(18)`.
pub fn field(name: impl Into<String>) -> Field {
    Field(name.into())
}

/// All of these hold.
pub fn all(filters: impl IntoIterator<Item = Filter>) -> Filter {
    Filter::All(filters.into_iter().collect())
}

/// One of these holds.
pub fn any(filters: impl IntoIterator<Item = Filter>) -> Filter {
    Filter::Any(filters.into_iter().collect())
}

/// This does not hold.
pub fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

impl Filter {
    /// Whether it asks for rows of other tables.
    pub(crate) fn has_relations(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::has_relations),
            Self::Not(inner) => inner.has_relations(),
            Self::Relation(..) => true,
            Self::Field(..) | Self::Unlinked(_) => false,
        }
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut parts) => {
                parts.push(other);
                Self::All(parts)
            }
            first => Self::All(vec![first, other]),
        }
    }

    /// One of both holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut parts) => {
                parts.push(other);
                Self::Any(parts)
            }
            first => Self::Any(vec![first, other]),
        }
    }
}

impl Field {
    fn test(self, test: Test) -> Filter {
        Filter::Field(self.0, test)
    }

    /// Is this; `None` is null.
    pub fn eq(self, value: impl Into<Input>) -> Filter {
        self.test(Test::Equals(value.into()))
    }

    /// Is this text, byte by byte, whatever the collation of the column.
    pub fn exactly(self, value: impl Into<Input>) -> Filter {
        self.test(Test::Exactly(value.into()))
    }

    /// Is something else.
    pub fn ne(self, value: impl Into<Input>) -> Filter {
        self.test(Test::Not(value.into()))
    }

    /// Is null.
    pub fn is_null(self) -> Filter {
        self.eq(Value::Null)
    }

    /// Is not null.
    pub fn is_not_null(self) -> Filter {
        self.ne(Value::Null)
    }

    /// Is one of these.
    pub fn one_of<T: Into<Input>>(self, values: impl IntoIterator<Item = T>) -> Filter {
        self.test(Test::In(values.into_iter().map(Into::into).collect()))
    }

    /// Is none of these.
    pub fn none_of<T: Into<Input>>(self, values: impl IntoIterator<Item = T>) -> Filter {
        self.test(Test::NotIn(values.into_iter().map(Into::into).collect()))
    }

    /// Is less.
    pub fn lt(self, value: impl Into<Input>) -> Filter {
        self.test(Test::Less(value.into()))
    }

    /// Is less or the same.
    pub fn lte(self, value: impl Into<Input>) -> Filter {
        self.test(Test::LessOrEqual(value.into()))
    }

    /// Is more.
    pub fn gt(self, value: impl Into<Input>) -> Filter {
        self.test(Test::Greater(value.into()))
    }

    /// Is more or the same.
    pub fn gte(self, value: impl Into<Input>) -> Filter {
        self.test(Test::GreaterOrEqual(value.into()))
    }

    /// Has this text in it.
    pub fn contains(self, text: impl Into<Input>) -> Filter {
        self.test(Test::Contains(text.into()))
    }

    /// Starts with this text.
    pub fn starts_with(self, text: impl Into<Input>) -> Filter {
        self.test(Test::StartsWith(text.into()))
    }

    /// Ends with this text.
    pub fn ends_with(self, text: impl Into<Input>) -> Filter {
        self.test(Test::EndsWith(text.into()))
    }
}
