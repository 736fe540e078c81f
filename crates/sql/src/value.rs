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
    Json(serde_json::Value),
}
