use super::{Likeness, Select, TableName, WordSearch};
use crate::Value;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A column.
    Column {
        /// Alias or name of its table; needed where several tables are read.
        table: Option<String>,
        /// Its name.
        name: String,
    },
    /// A value, bound.
    Value(Value),
    /// The n-th argument of a run, counted from 0.
    Parameter(usize),
    /// A truth that needs no row.
    Bool(bool),
    /// Compares two expressions; unknown when either is null.
    Compare(Box<Expr>, Comparison, Box<Expr>),
    /// Text equality byte by byte, whatever the column's collation; the index is used all the same.
    Exactly(Box<Expr>, Box<Expr>),
    /// As plain text, where a type of texts compares in a way of its own.
    AsText(Box<Expr>),
    /// Text that compares byte by byte, whatever the type and the collation of its column.
    Bytewise(Box<Expr>),
    /// Text under the collation of this name.
    Collated(Box<Expr>, String),
    /// Text in lower case, as far as the database knows letters (SQLite: ASCII).
    Lower(Box<Expr>),
    /// Text without the blanks at both ends.
    Trim(Box<Expr>),
    /// `IS NULL`
    IsNull(Box<Expr>),
    /// `IS NOT NULL`
    IsNotNull(Box<Expr>),
    /// All hold; true when empty.
    And(Vec<Expr>),
    /// One holds; false when empty.
    Or(Vec<Expr>),
    /// Negation; unknown stays unknown.
    Not(Box<Expr>),
    /// One of a list; false when the list is empty.
    In(Box<Expr>, Vec<Expr>),
    /// None of a list; true when the list is empty.
    NotIn(Box<Expr>, Vec<Expr>),
    /// Whether the second is an element of the first, a list; of no list as of an empty one.
    ListHas(Box<Expr>, Box<Expr>),
    /// How many elements a list has; no list has none.
    ListLength(Box<Expr>),
    /// Matches a pattern, in which [`Expr::LIKE_ESCAPE`] takes the meaning of `%`, `_` and itself.
    Like(Box<Expr>, Box<Expr>),
    /// As [`Like`](Self::Like), whatever the case of letters; where the dialect has no words for that, the collation of
    /// the column decides.
    LikeAnyCase(Box<Expr>, Box<Expr>),
    /// The sum of two numbers.
    Add(Box<Expr>, Box<Expr>),
    /// Another calculation with two numbers.
    Arithmetic(Box<Expr>, Arithmetic, Box<Expr>),
    /// One list and another behind it; a missing one is empty.
    Append(Box<Expr>, Box<Expr>),
    /// A whole number that a column of these bounds can keep; the statement fails where it cannot.
    Within(Box<Expr>, i64, i64),
    /// The first of several that is not null.
    Coalesce(Vec<Expr>),
    /// Texts, one after the other; null when one of them is.
    Concat(Vec<Expr>),
    /// A text in which every occurrence of the second stands as the third.
    Replace(Box<Expr>, Box<Expr>, Box<Expr>),
    /// The second where the first holds, else the third.
    Case(Box<Expr>, Box<Expr>, Box<Expr>),
    /// The second where the first holds, else null. What it is compared with is taken as beside the second alone, which
    /// [`Case`](Self::Case) would change where types belong to columns.
    OnlyWhere(Box<Expr>, Box<Expr>),
    /// `COUNT(*)`
    CountAll,
    /// One value of many rows, of those where the expression is not null.
    Aggregate(Aggregate, Box<Expr>),
    /// The only value of another statement, which gives one row at most; null when it gives none.
    Scalar(Box<Select>),
    /// Whether another statement finds a row.
    Exists(Box<Select>),
    /// A row as a JSON array of these values. Of more than [`Expr::JSON_ROW`] values, as an array of such arrays.
    JsonRow(Vec<Expr>),
    /// A value in the form in which JSON loses nothing of it.
    JsonValue(Box<Expr>, JsonForm),
    /// The rows of another statement, which gives one JSON document a row, as a JSON array in its order.
    JsonRows(Box<Select>),
    /// The same as text, of so many bytes at most; null where it would be longer.
    JsonRowsWithin(Box<Select>, i32),
    /// What stands at a place of a JSON document; null where nothing does.
    JsonAt(Box<Expr>, Vec<JsonStep>),
    /// Whether two JSON documents are the same; the second is a value.
    JsonEqual(Box<Expr>, Box<Expr>),
    /// The text of a JSON document that is one; null of others.
    JsonText(Box<Expr>),
    /// Whether a JSON document is an array.
    JsonIsArray(Box<Expr>),
    /// Whether a JSON array has an element; the second is a value.
    JsonHas(Box<Expr>, Box<Expr>),
    /// The number that a JSON document is, as a floating one; null of others.
    JsonNumber(Box<Expr>),
    /// The exact number that a JSON document is, or that a text says which it is; null of others.
    JsonExact(Box<Expr>),
    /// Whether one element at least of the first, a JSON array, meets a condition. The name tells it from others inside;
    /// what is no array has no elements.
    JsonSome(Box<Expr>, String, Box<Expr>),
    /// The element of the array that the condition of this name is about.
    JsonElement(Box<Expr>, String),
    /// A document that is a list, or null, with these documents at its end.
    JsonAppend(Box<Expr>, Vec<Value>),
    /// An exact number that was calculated, with as many digits as a column keeps where exact numbers are no type.
    Kept(Box<Expr>),
    /// An exact number that a driver may bind as text, so that it is compared and calculated with digit by digit.
    Exact(Box<Expr>),
    /// Whether texts have words.
    HasWords(WordSearch),
    /// How well texts fit words, from 0.
    WordRank(WordSearch),
    /// Whether two texts are alike: so much at least, of 1, else as the database thinks.
    Alike(Likeness, Option<f64>),
    /// How much two texts are alike, from 0 to 1.
    LikenessRank(Likeness),
    /// The greatest of several.
    Greatest(Vec<Expr>),
    /// The number of a row among those that have the first expressions in common, in this order, from 1.
    RowNumber(Vec<Expr>, Vec<super::Order>),
    /// Whether these, as a row, are among the rows of another statement.
    InQuery(Vec<Expr>, Box<Select>),
    /// What a function of the database gives, one that is not of SQL itself.
    Call(TableName, Vec<Expr>),
    /// What is the same for all rows, and is worked out once a statement.
    Once(Box<Expr>),
    /// The whole row of the table of this name, as one value.
    Row(String),
    /// Of a row that an insert met: what the new one has in this column.
    Given(String),
}

impl Expr {
    /// A value to compare with; exact numbers digit by digit.
    pub fn exact(value: Value) -> Self {
        match value {
            Value::Decimal(_) => Self::Exact(Box::new(Self::Value(value))),
            value => Self::Value(value),
        }
    }

    /// The escape character of patterns. Not the backslash, which MySQL may also read inside literals.
    pub const LIKE_ESCAPE: char = '!';
    /// Values that one [`JsonRow`](Self::JsonRow) holds side by side: no function of PostgreSQL takes more.
    pub const JSON_ROW: usize = 100;

    /// A column of the only table.
    pub fn column(name: impl Into<String>) -> Self {
        Self::Column {
            table: None,
            name: name.into(),
        }
    }

    /// A column of the table with this alias.
    pub fn of(table: impl Into<String>, name: impl Into<String>) -> Self {
        Self::Column {
            table: Some(table.into()),
            name: name.into(),
        }
    }

    /// Whether another statement stands inside, which may read any table.
    pub fn has_query(&self) -> bool {
        self.reads(&[])
    }

    /// Whether it reads one of these columns, of whatever table. Of another statement inside, yes: nobody looks.
    pub(crate) fn reads(&self, columns: &[&str]) -> bool {
        let any = |parts: &[&Self]| parts.iter().any(|part| part.reads(columns));
        match self {
            Self::Column { name, .. } => columns.contains(&name.as_str()),
            Self::Value(_)
            | Self::Parameter(_)
            | Self::Bool(_)
            | Self::CountAll
            | Self::Given(_) => false,
            Self::Compare(one, _, other)
            | Self::Exactly(one, other)
            | Self::Like(one, other)
            | Self::LikeAnyCase(one, other)
            | Self::OnlyWhere(one, other)
            | Self::ListHas(one, other)
            | Self::Add(one, other)
            | Self::Append(one, other)
            | Self::Arithmetic(one, _, other) => any(&[one, other]),
            Self::JsonEqual(one, other)
            | Self::JsonHas(one, other)
            | Self::JsonSome(one, _, other) => any(&[one, other]),
            Self::JsonAt(inner, _)
            | Self::JsonText(inner)
            | Self::JsonNumber(inner)
            | Self::JsonExact(inner)
            | Self::JsonElement(inner, _)
            | Self::Kept(inner)
            | Self::Exact(inner)
            | Self::JsonIsArray(inner)
            | Self::AsText(inner)
            | Self::Bytewise(inner)
            | Self::JsonAppend(inner, _)
            | Self::Collated(inner, _)
            | Self::Lower(inner)
            | Self::Trim(inner)
            | Self::IsNull(inner)
            | Self::IsNotNull(inner)
            | Self::ListLength(inner)
            | Self::Not(inner)
            | Self::Once(inner)
            | Self::Within(inner, _, _) => inner.reads(columns),
            Self::JsonValue(inner, _) | Self::Aggregate(_, inner) => inner.reads(columns),
            Self::And(parts)
            | Self::Or(parts)
            | Self::Coalesce(parts)
            | Self::Concat(parts)
            | Self::Greatest(parts)
            | Self::Call(_, parts)
            | Self::JsonRow(parts) => parts.iter().any(|part| part.reads(columns)),
            Self::HasWords(search) | Self::WordRank(search) => {
                search.words.reads(columns) || search.texts.iter().any(|one| one.reads(columns))
            }
            Self::Alike(likeness, _) | Self::LikenessRank(likeness) => {
                any(&[&likeness.text, &likeness.other])
            }
            Self::In(inner, list) | Self::NotIn(inner, list) => {
                inner.reads(columns) || list.iter().any(|part| part.reads(columns))
            }
            Self::Case(one, other, third) | Self::Replace(one, other, third) => {
                any(&[one, other, third])
            }
            Self::Scalar(_)
            | Self::Exists(_)
            | Self::InQuery(..)
            | Self::JsonRows(_)
            | Self::JsonRowsWithin(..)
            | Self::RowNumber(..) => true,
            Self::Row(_) => !columns.is_empty(),
        }
    }

    /// `self = other`
    #[must_use]
    pub fn equals(self, other: Self) -> Self {
        Self::Compare(Box::new(self), Comparison::Equal, Box::new(other))
    }
}

/// What is made of the values of many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// How many are not null.
    Count,
    /// The sum; null of nothing.
    Sum,
    /// The average, as a floating number; null of nothing.
    Average,
    /// The least; null of nothing.
    Minimum,
    /// The greatest; null of nothing.
    Maximum,
    /// Of truth values, whether all are true; null of nothing.
    Every,
    /// Of truth values, whether one is true; null of nothing.
    Any,
}

/// How two expressions compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
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

/// How two numbers are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// Their difference.
    Subtract,
    /// Their product.
    Multiply,
    /// Their quotient.
    Divide,
    /// The quotient of whole numbers, cut towards zero.
    DivideWhole,
}

/// How a value stands in a JSON document so that nothing of it is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonForm {
    /// As the database writes it: texts, truth values, whole numbers, moments.
    Plain,
    /// As text: exact numbers, and documents, of which the one that is `null` is not the absence of one. A binary number
    /// in a dialect whose columns may hold one there ends with `r`.
    Text,
    /// Binary numbers, as text that gives the same number again.
    Float,
    /// Bytes, as hexadecimal digits.
    Hex,
    /// Several values of a column, each as text.
    Texts,
    /// A JSON document that another expression made.
    Document,
}

/// A step to a place in a JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonStep {
    /// The member of an object; no quotes, backslashes or control characters are in its name.
    Key(String),
    /// An element of an array, from 0.
    Index(u32),
    /// The last element of an array.
    Last,
}
