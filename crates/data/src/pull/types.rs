//! What a column's type and default are in the language.

use hallpass_db::Column;
use hallpass_sql::Dialect;

use super::names::{members, quoted};
use crate::structure::{canonical_default, canonical_type};

/// The type of a field, and the attribute that says the column's own, where the language has several for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldType {
    pub(super) name: String,
    pub(super) native: Option<String>,
    pub(super) is_list: bool,
}

impl FieldType {
    pub(super) fn new(name: &str, native: &str) -> Self {
        Self {
            name: name.to_owned(),
            native: Some(native.to_owned()).filter(|native| !native.is_empty()),
            is_list: false,
        }
    }

    pub(super) fn is_supported(&self) -> bool {
        !self.name.starts_with("Unsupported")
    }
}

/// The type of a column that is no enum.
pub(super) fn field_type(column: &Column, dialect: Dialect) -> FieldType {
    let canonical = canonical_type(&column.database_type, dialect);
    let (element, is_list) = match canonical.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (canonical.as_str(), false),
    };
    let (name, arguments) = parts(element);
    let found = match dialect {
        Dialect::Postgres => postgres(&name, &arguments),
        Dialect::MySql | Dialect::MariaDb => mysql(&name, &arguments, column),
        Dialect::Sqlite => sqlite(&name),
    };
    let found = found.unwrap_or_else(|| {
        FieldType::new(
            &format!("Unsupported({})", quoted(&column.database_type)),
            "",
        )
    });
    FieldType { is_list, ..found }
}

/// `timestamp(3) without time zone` is `timestamp without time zone` and `3`.
fn parts(text: &str) -> (String, String) {
    let Some((name, after)) = text.split_once('(') else {
        return (text.to_owned(), String::new());
    };
    let (arguments, rest) = after.split_once(')').unwrap_or((after, ""));
    (format!("{name}{rest}"), arguments.to_owned())
}

fn with(name: &str, arguments: &str) -> String {
    if arguments.is_empty() {
        format!("@db.{name}")
    } else {
        format!("@db.{name}({})", arguments.replace(',', ", "))
    }
}

fn postgres(name: &str, arguments: &str) -> Option<FieldType> {
    Some(match (name, arguments) {
        ("text", _) => FieldType::new("String", ""),
        ("boolean", _) => FieldType::new("Boolean", ""),
        ("integer", _) => FieldType::new("Int", ""),
        ("bigint", _) => FieldType::new("BigInt", ""),
        ("double precision", _) => FieldType::new("Float", ""),
        ("numeric", "65,30") => FieldType::new("Decimal", ""),
        ("timestamp without time zone", "3") => FieldType::new("DateTime", ""),
        ("jsonb", _) => FieldType::new("Json", ""),
        ("bytea", _) => FieldType::new("Bytes", ""),
        ("character varying", _) => FieldType::new("String", &with("VarChar", arguments)),
        ("character", _) => FieldType::new("String", &with("Char", arguments)),
        ("uuid", _) => FieldType::new("String", "@db.Uuid"),
        ("citext", _) => FieldType::new("String", "@db.Citext"),
        ("xml", _) => FieldType::new("String", "@db.Xml"),
        ("inet", _) => FieldType::new("String", "@db.Inet"),
        ("bit", _) => FieldType::new("String", &with("Bit", arguments)),
        ("bit varying", _) => FieldType::new("String", &with("VarBit", arguments)),
        ("smallint", _) => FieldType::new("Int", "@db.SmallInt"),
        ("oid", _) => FieldType::new("Int", "@db.Oid"),
        ("real", _) => FieldType::new("Float", "@db.Real"),
        ("numeric", _) => FieldType::new("Decimal", &with("Decimal", arguments)),
        ("money", _) => FieldType::new("Decimal", "@db.Money"),
        ("timestamp without time zone", _) => {
            FieldType::new("DateTime", &with("Timestamp", arguments))
        }
        ("timestamp with time zone", _) => {
            FieldType::new("DateTime", &with("Timestamptz", arguments))
        }
        ("time without time zone", _) => FieldType::new("DateTime", &with("Time", arguments)),
        ("time with time zone", _) => FieldType::new("DateTime", &with("Timetz", arguments)),
        ("date", _) => FieldType::new("DateTime", "@db.Date"),
        ("json", _) => FieldType::new("Json", "@db.Json"),
        _ => return None,
    })
}

fn mysql(name: &str, arguments: &str, column: &Column) -> Option<FieldType> {
    Some(match (name, arguments) {
        ("varchar", "191") => FieldType::new("String", ""),
        ("tinyint", "1") => FieldType::new("Boolean", ""),
        ("int", _) => FieldType::new("Int", ""),
        ("bigint", _) => FieldType::new("BigInt", ""),
        ("double", _) => FieldType::new("Float", ""),
        ("decimal", "65,30") => FieldType::new("Decimal", ""),
        ("datetime", "3") => FieldType::new("DateTime", ""),
        ("json", _) => FieldType::new("Json", ""),
        // MariaDB has no type for documents; its columns of them are like those of long texts.
        ("longtext", _) if column.database_type.eq_ignore_ascii_case("json") => {
            FieldType::new("Json", "")
        }
        ("longblob", _) => FieldType::new("Bytes", ""),
        ("varchar", _) => FieldType::new("String", &with("VarChar", arguments)),
        ("char", _) => FieldType::new("String", &with("Char", arguments)),
        ("text", _) => FieldType::new("String", "@db.Text"),
        ("tinytext", _) => FieldType::new("String", "@db.TinyText"),
        ("mediumtext", _) => FieldType::new("String", "@db.MediumText"),
        ("longtext", _) => FieldType::new("String", "@db.LongText"),
        ("bit", "1") => FieldType::new("Boolean", "@db.Bit(1)"),
        ("bit", _) => FieldType::new("Bytes", &with("Bit", arguments)),
        ("tinyint", _) => FieldType::new("Int", "@db.TinyInt"),
        ("smallint", _) => FieldType::new("Int", "@db.SmallInt"),
        ("mediumint", _) => FieldType::new("Int", "@db.MediumInt"),
        ("tinyint unsigned", _) => FieldType::new("Int", "@db.UnsignedTinyInt"),
        ("smallint unsigned", _) => FieldType::new("Int", "@db.UnsignedSmallInt"),
        ("mediumint unsigned", _) => FieldType::new("Int", "@db.UnsignedMediumInt"),
        ("int unsigned", _) => FieldType::new("Int", "@db.UnsignedInt"),
        ("bigint unsigned", _) => FieldType::new("BigInt", "@db.UnsignedBigInt"),
        ("year", _) => FieldType::new("Int", "@db.Year"),
        ("float", _) => FieldType::new("Float", "@db.Float"),
        ("decimal", _) => FieldType::new("Decimal", &with("Decimal", arguments)),
        ("timestamp", _) => FieldType::new("DateTime", &with("Timestamp", arguments)),
        ("datetime", _) => FieldType::new("DateTime", &with("DateTime", arguments)),
        ("date", _) => FieldType::new("DateTime", "@db.Date"),
        ("time", _) => FieldType::new("DateTime", &with("Time", arguments)),
        ("binary", _) => FieldType::new("Bytes", &with("Binary", arguments)),
        ("varbinary", _) => FieldType::new("Bytes", &with("VarBinary", arguments)),
        ("tinyblob", _) => FieldType::new("Bytes", "@db.TinyBlob"),
        ("blob", _) => FieldType::new("Bytes", "@db.Blob"),
        ("mediumblob", _) => FieldType::new("Bytes", "@db.MediumBlob"),
        _ => return None,
    })
}

/// Declared types are no more than hints there.
fn sqlite(name: &str) -> Option<FieldType> {
    Some(FieldType::new(
        match name {
            "TEXT" => "String",
            "BOOLEAN" => "Boolean",
            "INTEGER" => "Int",
            "BIGINT" => "BigInt",
            "REAL" => "Float",
            "DECIMAL" => "Decimal",
            "DATETIME" => "DateTime",
            "JSONB" => "Json",
            "BLOB" => "Bytes",
            _ => return None,
        },
        "",
    ))
}

/// What is written after `@default(`, for a column that the database does not count; `None` without one.
pub(super) fn default(
    column: &Column,
    of: &FieldType,
    labels: Option<&[String]>,
) -> Option<String> {
    let found = column
        .default
        .as_deref()
        .filter(|text| !text.eq_ignore_ascii_case("null"))?;
    let plain = canonical_default(found);
    if let Some(labels) = labels.filter(|_| !of.is_list) {
        let members = members(labels).into_iter();
        let member = members
            .filter(|(_, label)| **label == plain)
            .map(|(name, _)| name)
            .next();
        return member.or_else(|| Some(generated(found)));
    }
    let is_text = found.trim_start().trim_start_matches('(').starts_with('\'')
        || !found.contains(['(', '\'']);
    let literal = match of.name.as_str() {
        _ if of.is_list => None,
        "String" if is_text => Some(quoted(&plain)),
        "Boolean" => match plain.as_str() {
            "true" | "1" | "b'1'" => Some("true".to_owned()),
            "false" | "0" | "b'0'" => Some("false".to_owned()),
            _ => None,
        },
        "Int" | "BigInt" => plain.parse::<i64>().ok().map(|number| number.to_string()),
        "Float" | "Decimal" => is_number(&plain).then(|| plain.clone()),
        "DateTime" if plain.starts_with("current_timestamp") => Some("now()".to_owned()),
        "Json" if serde_json::from_str::<serde_json::Value>(&plain).is_ok() => Some(quoted(&plain)),
        _ => None,
    };
    literal.or_else(|| Some(generated(found)))
}

fn generated(found: &str) -> String {
    format!("dbgenerated({})", quoted(found))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all(whole) && all(fraction)
}
