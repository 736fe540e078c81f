//! The values that parameters take, by what they are.

use crate::ast::{Argument, Expr, ExprKind, Name};
use crate::diagnostic::Mistake;
use crate::schema::{IndexMethod, KeyPart, OperatorClass, ReferentialAction, SortOrder};

pub(super) const ACTIONS: [(&str, ReferentialAction); 5] = [
    ("Cascade", ReferentialAction::Cascade),
    ("Restrict", ReferentialAction::Restrict),
    ("NoAction", ReferentialAction::NoAction),
    ("SetNull", ReferentialAction::SetNull),
    ("SetDefault", ReferentialAction::SetDefault),
];

pub(super) const SORTS: [(&str, SortOrder); 2] = [
    ("Asc", SortOrder::Ascending),
    ("Desc", SortOrder::Descending),
];

pub(super) const METHODS: [(&str, IndexMethod); 6] = [
    ("BTree", IndexMethod::BTree),
    ("Hash", IndexMethod::Hash),
    ("Gist", IndexMethod::Gist),
    ("Gin", IndexMethod::Gin),
    ("SpGist", IndexMethod::SpGist),
    ("Brin", IndexMethod::Brin),
];

pub(super) fn action(value: &Expr) -> Option<ReferentialAction> {
    of_table(value, &ACTIONS)
}

pub(super) fn sort(value: &Expr) -> Option<SortOrder> {
    of_table(value, &SORTS)
}

pub(super) fn method(value: &Expr) -> Option<IndexMethod> {
    of_table(value, &METHODS)
}

fn of_table<T: Copy>(value: &Expr, table: &[(&str, T)]) -> Option<T> {
    let ExprKind::Reference(written) = &value.kind else {
        return None;
    };
    let row = table.iter().find(|(name, _)| name == written);
    row.map(|(_, item)| *item)
}

/// A whole number that is not negative.
pub(super) fn count(value: &Expr) -> Option<u32> {
    number(value)?.parse().ok()
}

/// A number, without a `+`.
pub(super) fn number(value: &Expr) -> Option<String> {
    match &value.kind {
        ExprKind::Number(written) => Some(written.trim_start_matches('+').to_owned()),
        _ => None,
    }
}

/// A name in a database is not empty and has no control characters, which no database takes as they are.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

pub(super) fn field_name(value: &Expr) -> Option<Name> {
    match &value.kind {
        ExprKind::Reference(text) => Some(Name {
            text: text.clone(),
            span: value.span,
        }),
        _ => None,
    }
}

pub(super) fn field_names(value: &Expr) -> Option<Vec<Name>> {
    match &value.kind {
        ExprKind::List(items) => items.iter().map(field_name).collect(),
        _ => None,
    }
}

pub(super) fn texts(value: &Expr) -> Option<Vec<String>> {
    let ExprKind::List(items) = &value.kind else {
        return None;
    };
    let text = |item: &Expr| match &item.kind {
        ExprKind::String(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().map(text).collect()
}

/// The fields of a key, each as `name` or `name(sort: …, length: …, ops: …)`; `Ok(None)` where it is no list of them.
pub(super) fn key_fields(value: &Expr) -> Result<Option<Vec<(Name, KeyPart)>>, Box<Mistake>> {
    let ExprKind::List(items) = &value.kind else {
        return Ok(None);
    };
    let mut fields = Vec::new();
    for item in items {
        match &item.kind {
            ExprKind::Call(name, arguments) => fields.push((name.clone(), key_part(arguments)?)),
            _ => match field_name(item) {
                Some(name) => fields.push((name, KeyPart::default())),
                None => return Ok(None),
            },
        }
    }
    Ok(Some(fields))
}

/// What stands in the parentheses behind a field of a key.
fn key_part(arguments: &[Argument]) -> Result<KeyPart, Box<Mistake>> {
    let mut part = KeyPart::default();
    for argument in arguments {
        let value = &argument.value;
        let refuse = |message: &str| Err(Box::new(Mistake::at(argument.span, message).help(HELP)));
        let twice = match argument.name.as_ref().map(|name| name.text.as_str()) {
            Some("sort") => match sort(value) {
                Some(sort) => part.sort.replace(sort).is_some(),
                None => return refuse("`sort` takes `Asc` or `Desc`"),
            },
            Some("length") => match count(value).filter(|length| *length > 0) {
                Some(length) => part.length.replace(length).is_some(),
                None => return refuse("`length` takes a whole number above 0"),
            },
            Some("ops") => match operator_class(value) {
                Some(class) => part.ops.replace(class).is_some(),
                None => return refuse("`ops` takes an operator class"),
            },
            _ => return refuse("a field of a key does not take this"),
        };
        if twice {
            return refuse("this is given twice");
        }
    }
    Ok(part)
}

const HELP: &str = "it takes `sort: Desc`, `length: 10`, and on postgresql `ops: JsonbPathOps` or `ops: raw(\"…\")`";

/// An operator class: by name, or `raw("…")`.
///
/// SECURITY: what `raw` holds becomes part of SQL. Names of operator classes have no signs but these.
fn operator_class(value: &Expr) -> Option<OperatorClass> {
    match &value.kind {
        ExprKind::Reference(name) => {
            let known = OPERATOR_CLASSES.contains(&name.as_str());
            known.then(|| OperatorClass::Named(name.clone()))
        }
        ExprKind::Call(name, arguments) if name.text == "raw" => match arguments.as_slice() {
            [
                Argument {
                    value, name: None, ..
                },
            ] => match &value.kind {
                ExprKind::String(text) if is_class_name(text) => {
                    Some(OperatorClass::Raw(text.clone()))
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn is_class_name(text: &str) -> bool {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '.' | '"');
    !text.is_empty() && text.chars().all(is_sign)
}

/// Operator classes by name (contract zenstack §1.6; their names are Prisma's).
const OPERATOR_CLASSES: [&str; 57] = [
    "ArrayOps",
    "JsonbOps",
    "JsonbPathOps",
    "InetOps",
    "TextOps",
    "BitMinMaxOps",
    "VarBitMinMaxOps",
    "BpcharBloomOps",
    "BpcharMinMaxOps",
    "ByteaBloomOps",
    "ByteaMinMaxOps",
    "DateBloomOps",
    "DateMinMaxOps",
    "DateMinMaxMultiOps",
    "Float4BloomOps",
    "Float4MinMaxOps",
    "Float4MinMaxMultiOps",
    "Float8BloomOps",
    "Float8MinMaxOps",
    "Float8MinMaxMultiOps",
    "InetInclusionOps",
    "InetBloomOps",
    "InetMinMaxOps",
    "InetMinMaxMultiOps",
    "Int2BloomOps",
    "Int2MinMaxOps",
    "Int2MinMaxMultiOps",
    "Int4BloomOps",
    "Int4MinMaxOps",
    "Int4MinMaxMultiOps",
    "Int8BloomOps",
    "Int8MinMaxOps",
    "Int8MinMaxMultiOps",
    "NumericBloomOps",
    "NumericMinMaxOps",
    "NumericMinMaxMultiOps",
    "OidBloomOps",
    "OidMinMaxOps",
    "OidMinMaxMultiOps",
    "TextBloomOps",
    "TextMinMaxOps",
    "TimestampBloomOps",
    "TimestampMinMaxOps",
    "TimestampMinMaxMultiOps",
    "TimestampTzBloomOps",
    "TimestampTzMinMaxOps",
    "TimestampTzMinMaxMultiOps",
    "TimeBloomOps",
    "TimeMinMaxOps",
    "TimeMinMaxMultiOps",
    "TimeTzBloomOps",
    "TimeTzMinMaxOps",
    "TimeTzMinMaxMultiOps",
    "UuidBloomOps",
    "UuidMinMaxOps",
    "UuidMinMaxMultiOps",
    "TextMinMaxMultiOps",
];
