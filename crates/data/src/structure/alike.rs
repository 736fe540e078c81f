//! Whether a column that is there is what the schema says: databases write types and defaults in words of their own.

use hallpass_sql::{Column, ColumnDefault, ColumnType, Dialect, EmitError, Value};
use hallpass_sql::{default_text, type_text};

/// The type of a wanted column in the words of the catalog.
pub(super) fn wanted_type(column: &ColumnType, dialect: Dialect) -> Result<String, EmitError> {
    Ok(canonical_type(
        &type_text(&column.uncounted(), dialect)?,
        dialect,
    ))
}

/// A type in one way of writing it, whoever wrote it.
pub(crate) fn canonical_type(text: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => postgres_type(text),
        Dialect::MySql | Dialect::MariaDb => mysql_type(text, dialect),
        Dialect::Sqlite => text.trim().to_ascii_uppercase(),
    }
}

/// As `format_type` writes it. Enums by their name alone.
fn postgres_type(text: &str) -> String {
    let text = text.trim();
    if let Some(element) = text.strip_suffix("[]") {
        return format!("{}[]", postgres_type(element));
    }
    if text.contains('"') {
        let last = text.rsplit_once('.').map_or(text, |(_, last)| last);
        return last.replace('"', "");
    }
    let (name, arguments, rest) = parts(text);
    let lower = name.to_ascii_lowercase();
    let name = match lower.as_str() {
        "varchar" => "character varying",
        "char" | "bpchar" => "character",
        "decimal" => "numeric",
        "int" | "int4" => "integer",
        "int8" => "bigint",
        "int2" => "smallint",
        "bool" => "boolean",
        "float8" => "double precision",
        "float4" => "real",
        "varbit" => "bit varying",
        "timestamp" | "time" if rest.is_empty() => {
            return format!("{lower}{arguments} without time zone");
        }
        "timestamptz" => return format!("timestamp{arguments} with time zone"),
        "timetz" => return format!("time{arguments} with time zone"),
        // A name with its schema: an enum that needs no quotes.
        other => other.rsplit_once('.').map_or(other, |(_, last)| last),
    };
    let arguments = match (name, arguments.as_str()) {
        ("character" | "bit", "") => "(1)",
        (_, arguments) => arguments,
    };
    format!("{name}{arguments}{}", rest.to_ascii_lowercase())
}

fn mysql_type(text: &str, dialect: Dialect) -> String {
    let text = text.trim();
    if text.len() > 4
        && text
            .get(..4)
            .is_some_and(|word| word.eq_ignore_ascii_case("enum"))
    {
        let labels = text.get(4..).unwrap_or_default();
        return format!("enum{}", labels.replace("', '", "','"));
    }
    let (name, arguments, rest) = parts(text);
    let lower = name.to_ascii_lowercase();
    let (name, arguments) = match (lower.as_str(), arguments.as_str()) {
        ("integer", _) => ("int", ""),
        ("boolean" | "bool", _) => ("tinyint", "(1)"),
        ("tinyint", "(1)") if rest.is_empty() => ("tinyint", "(1)"),
        // How wide they are shown is no part of what they hold.
        (name @ ("tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year"), _) => {
            (name, "")
        }
        ("json", _) if dialect == Dialect::MariaDb => ("longtext", ""),
        ("decimal" | "numeric", "") => ("decimal", "(10,0)"),
        (name @ ("char" | "binary" | "bit"), "") => (name, "(1)"),
        (name @ ("timestamp" | "datetime" | "time"), "(0)") => (name, ""),
        (name, arguments) => (name, arguments),
    };
    format!("{name}{arguments}{}", rest.to_ascii_lowercase())
}

/// `timestamp(3) without time zone` is a name, its arguments without blanks, and a rest.
fn parts(text: &str) -> (String, String, String) {
    let Some((name, after)) = text.split_once('(') else {
        // `DOUBLE PRECISION` and `INT UNSIGNED` are names of two words; `UNSIGNED` says what a number may be.
        return match text.to_ascii_lowercase().strip_suffix(" unsigned") {
            Some(name) => (name.to_owned(), String::new(), " unsigned".to_owned()),
            None => (text.to_owned(), String::new(), String::new()),
        };
    };
    let (arguments, rest) = after.split_once(')').unwrap_or((after, ""));
    let arguments: String = arguments.split_whitespace().collect();
    (
        name.trim().to_owned(),
        format!("({arguments})"),
        rest.to_owned(),
    )
}

/// Whether what the catalog says of a column's default is the default that is wanted.
pub(super) fn same_default(
    wanted: &Column,
    found: Option<&str>,
    dialect: Dialect,
) -> Result<bool, EmitError> {
    // MariaDB writes the absent default of a nullable column as the word.
    let found = found.filter(|text| !text.eq_ignore_ascii_case("null"));
    let (default, found) = match (&wanted.default, found) {
        (None, None) => return Ok(true),
        (Some(default), Some(found)) => (default, found),
        _ => return Ok(false),
    };
    Ok(match default {
        // The database keeps expressions and moments in words of its own, which nobody else can judge.
        ColumnDefault::Verbatim(_) | ColumnDefault::Value(Value::Timestamp(_)) => true,
        // Hexadecimal digits, in whichever case and quotes.
        ColumnDefault::Value(Value::Bytes(bytes)) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            found.to_ascii_lowercase().contains(&format!("{digits}'"))
        }
        ColumnDefault::Value(Value::Json(document)) => {
            serde_json::from_str(&canonical_default(found))
                .is_ok_and(|one: serde_json::Value| one == **document)
        }
        ColumnDefault::Now | ColumnDefault::Value(_) => {
            let text = default_text(wanted, dialect)?.unwrap_or_default();
            same_text(&canonical_default(&text), &canonical_default(found))
        }
    })
}

fn same_text(one: &str, other: &str) -> bool {
    let numbers = one.parse::<f64>().ok().zip(other.parse::<f64>().ok());
    let truths = truth(one).zip(truth(other));
    #[expect(clippy::float_cmp, reason = "the same digits are the same number")]
    let alike = numbers.is_some_and(|(one, other)| one == other);
    one == other || alike || truths.is_some_and(|(one, other)| one == other)
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "1" | "b'1'" => Some(true),
        "false" | "0" | "b'0'" => Some(false),
        _ => None,
    }
}

/// Without brackets around it, without casts, a lone text without its quotes, everything else in lower case.
pub(crate) fn canonical_default(text: &str) -> String {
    let mut text = text.trim();
    while let Some(inner) = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        text = inner.trim();
    }
    let plain = without_casts(text);
    if let Some(literal) = lone_literal(&plain) {
        return literal;
    }
    match plain.as_str() {
        "now()" | "current_timestamp()" | "current_timestamp(0)" => "current_timestamp".to_owned(),
        _ => plain,
    }
}

/// The text of `'it''s'`, where nothing else stands beside it.
fn lone_literal(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let plain = inner.replace("''", "\0");
    (!plain.contains('\'')).then(|| plain.replace('\0', "'"))
}

/// Casts (`::text`) and blanks go, as long as they stand outside of quotes.
fn without_casts(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            quoted = !quoted;
        }
        if quoted || letter == '\'' {
            plain.push(letter);
        } else if letter == ':' && letters.peek() == Some(&':') {
            let mut depth = 0_i32;
            while let Some(next) = letters.peek() {
                match next {
                    '(' | '[' => depth += 1,
                    ')' | ']' if depth > 0 => depth -= 1,
                    ')' | ']' | ',' => break,
                    _ => {}
                }
                letters.next();
            }
        } else if !letter.is_whitespace() {
            plain.push(letter.to_ascii_lowercase());
        }
    }
    plain
}

/// Whether every value of one type is one of the other too, as it stands.
pub(super) fn holds_all(from: &str, to: &str) -> bool {
    let is_text = |text: &str| matches!(text, "text" | "TEXT" | "longtext" | "citext");
    let (from_name, from_arguments, _) = parts(from);
    let (to_name, to_arguments, _) = parts(to);
    let size = |arguments: &str| arguments.trim_matches(['(', ')']).parse::<u32>().ok();
    let grows = from_name == to_name
        && matches!(to_name.as_str(), "character varying" | "varchar")
        && match (size(&from_arguments), size(&to_arguments)) {
            (Some(from), Some(to)) => from <= to,
            (_, None) => true,
            (None, Some(_)) => false,
        };
    let texts = is_text(to)
        && matches!(
            from_name.as_str(),
            "character varying" | "varchar" | "text" | "mediumtext" | "tinytext" | "uuid"
        );
    let numbers = matches!(
        (from, to),
        ("smallint", "integer" | "bigint")
            | ("integer", "bigint")
            | ("int", "bigint")
            | ("smallint", "int")
            | ("real", "double precision")
            | ("float", "double")
            | ("json", "jsonb")
    );
    let labels = from_name == "enum" && labels_stay(&from_arguments, to);
    grows || texts || numbers || labels
}

fn labels_stay(from: &str, to: &str) -> bool {
    let inner = from.trim_matches(['(', ')']);
    to.starts_with("enum(")
        && inner.split("','").all(|label| {
            let label = label.trim_matches('\'');
            to.contains(&format!("'{label}'"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_the_same_whoever_writes_them() {
        let same = [
            (
                Dialect::Postgres,
                "TIMESTAMP(3)",
                "timestamp(3) without time zone",
            ),
            (Dialect::Postgres, "TIMESTAMPTZ", "timestamp with time zone"),
            (Dialect::Postgres, "VARCHAR(20)", "character varying(20)"),
            (Dialect::Postgres, "DECIMAL(65,30)", "numeric(65,30)"),
            (Dialect::Postgres, "CHAR", "character(1)"),
            (Dialect::Postgres, "\"Role\"[]", "\"Role\"[]"),
            (Dialect::Postgres, "\"s\".\"role\"", "s.role"),
            (Dialect::Postgres, "\"role\"", "role"),
            (Dialect::Postgres, "TEXT[]", "text[]"),
            (Dialect::Postgres, "DOUBLE PRECISION", "double precision"),
            (Dialect::MariaDb, "INT", "int(11)"),
            (Dialect::MariaDb, "TINYINT(1)", "tinyint(1)"),
            (Dialect::MariaDb, "TINYINT", "tinyint(4)"),
            (Dialect::MariaDb, "INT UNSIGNED", "int(10) unsigned"),
            (Dialect::MariaDb, "JSON", "longtext"),
            (Dialect::MariaDb, "ENUM('A', 'b')", "enum('A','b')"),
            (Dialect::MySql, "JSON", "json"),
            (Dialect::Sqlite, "Text", "TEXT"),
        ];
        for (dialect, wanted, found) in same {
            let (wanted, found) = (
                canonical_type(wanted, dialect),
                canonical_type(found, dialect),
            );
            assert_eq!(wanted, found);
        }
        let differ = [
            (Dialect::Postgres, "TEXT", "text[]"),
            (Dialect::Postgres, "VARCHAR(20)", "character varying(21)"),
            (
                Dialect::Postgres,
                "TIMESTAMP(3)",
                "timestamp(3) with time zone",
            ),
            (Dialect::MariaDb, "TINYINT(1)", "tinyint(4)"),
            (Dialect::MariaDb, "INT", "int(10) unsigned"),
            (Dialect::MariaDb, "ENUM('A')", "enum('a')"),
        ];
        for (dialect, wanted, found) in differ {
            let (wanted, found) = (
                canonical_type(wanted, dialect),
                canonical_type(found, dialect),
            );
            assert_ne!(wanted, found);
        }
    }

    #[test]
    fn defaults_are_the_same_whoever_writes_them() {
        let same = [
            ("'USER'", "'USER'::\"Role\""),
            (
                "ARRAY['a', 'b::c']::TEXT[]",
                "ARRAY['a'::text, 'b::c'::text]",
            ),
            ("ARRAY[]::TEXT[]", "ARRAY[]::text[]"),
            ("CURRENT_TIMESTAMP", "now()"),
            ("CURRENT_TIMESTAMP(3)", "current_timestamp(3)"),
            ("1", "'1'::bigint"),
            ("0.5", "0.50"),
            ("TRUE", "true"),
            ("-1", "(-1)"),
            ("'it''s'", "'it''s'::text"),
        ];
        for (wanted, found) in same {
            let (wanted, found) = (canonical_default(wanted), canonical_default(found));
            assert!(same_text(&wanted, &found), "{wanted} {found}");
        }
        assert!(!same_text(
            &canonical_default("'a'"),
            &canonical_default("'A'")
        ));
    }

    #[test]
    fn what_may_be_cut_is_known() {
        assert!(holds_all("character varying(10)", "text"));
        assert!(holds_all("varchar(10)", "varchar(20)"));
        assert!(holds_all("enum('a','b')", "enum('a','b','c')"));
        assert!(!holds_all("text", "character varying(10)"));
        assert!(!holds_all("bigint", "integer"));
        assert!(!holds_all("enum('a','b')", "enum('a')"));
    }
}
