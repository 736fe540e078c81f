use jiff::Timestamp;

/// A value that goes into a statement or comes out of a row.
///
/// Drivers translate these to and from what their database speaks; what a column *means* (an enum, an
/// id kept as text, a timestamp kept as integer) is the business of `data`, which knows the schema.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A truth value. SQLite and MySQL give integers back.
    Bool(bool),
    /// Any integer type.
    Int(i64),
    /// Any binary floating point type.
    Float(f64),
    /// An exact number as decimal text, so that no digit is lost.
    Decimal(String),
    /// Any text type, UUIDs and database enums included.
    Text(String),
    /// Raw bytes.
    Bytes(Vec<u8>),
    /// A moment. Columns without a zone hold UTC.
    Timestamp(Timestamp),
    /// A JSON document.
    Json(Box<serde_json::Value>),
    /// Several values of one kind, where columns hold such (PostgreSQL's arrays).
    List(Vec<Value>),
}

macro_rules! from {
    ($($source:ty => |$value:ident| $made:expr;)*) => {
        $(impl From<$source> for Value {
            fn from($value: $source) -> Self {
                $made
            }
        })*
    };
}

from! {
    bool => |value| Self::Bool(value);
    i32 => |value| Self::Int(value.into());
    i64 => |value| Self::Int(value);
    u32 => |value| Self::Int(value.into());
    f64 => |value| Self::Float(value);
    &str => |value| Self::Text(value.to_owned());
    &String => |value| Self::Text(value.clone());
    String => |value| Self::Text(value);
    Vec<u8> => |value| Self::Bytes(value);
    &[u8] => |value| Self::Bytes(value.to_vec());
    Timestamp => |value| Self::Timestamp(value);
    serde_json::Value => |value| Self::Json(Box::new(value));
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
