//! Texts of paths and queries as values of fields.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Field, FieldKind, Scalar};
use serde_json::Number;

use super::problem::{Code, Problem};
use crate::args::ArgValue;
use crate::codec::read_moment;
use crate::decimal;

/// The value that a text is for a field; of a field that holds a list, of one element.
pub(super) fn coerce(schema: &Schema, field: &Field, text: &str) -> Result<ArgValue, Problem> {
    let value = match &field.kind {
        FieldKind::Scalar(scalar) => of_scalar(*scalar, field, text),
        FieldKind::Typed(_) => document(text),
        FieldKind::Enum(name) => {
            let members = schema.enumeration(name).map(|item| item.members.as_slice());
            let is_member = members
                .unwrap_or_default()
                .iter()
                .any(|member| member.name == text);
            is_member.then(|| ArgValue::Text(text.to_owned()))
        }
        FieldKind::Relation(_) | FieldKind::Unsupported(_) => None,
    };
    value.ok_or_else(|| {
        Code::InvalidValue.because(format!(
            "invalid {} value of `{}`",
            type_name(field),
            field.name
        ))
    })
}

fn type_name(field: &Field) -> &str {
    match &field.kind {
        FieldKind::Scalar(scalar) => scalar.name(),
        FieldKind::Typed(name) | FieldKind::Enum(name) => name,
        FieldKind::Relation(relation) => &relation.model,
        FieldKind::Unsupported(_) => "unsupported",
    }
}

fn of_scalar(scalar: Scalar, field: &Field, text: &str) -> Option<ArgValue> {
    match scalar {
        Scalar::String => (!text.contains('\0')).then(|| ArgValue::Text(text.to_owned())),
        Scalar::Boolean => match text {
            "true" => Some(ArgValue::Boolean(true)),
            "false" => Some(ArgValue::Boolean(false)),
            _ => None,
        },
        Scalar::Int => {
            let number: i64 = text.parse().ok()?;
            // Columns of a type of their own have bounds of their own, which the engine knows.
            let fits = field.native_type.is_some() || i32::try_from(number).is_ok();
            fits.then(|| ArgValue::Number(number.into()))
        }
        Scalar::BigInt => text.parse().ok().map(ArgValue::BigInt),
        Scalar::Float => {
            let number: f64 = text.parse().ok()?;
            Number::from_f64(number).map(ArgValue::Number)
        }
        Scalar::Decimal => decimal::read(text).map(ArgValue::Decimal),
        Scalar::DateTime => read_moment(text).map(ArgValue::DateTime),
        Scalar::Json => document(text),
        Scalar::Bytes => STANDARD.decode(text).ok().map(ArgValue::Bytes),
    }
}

fn document(text: &str) -> Option<ArgValue> {
    let json = serde_json::from_str(text).ok()?;
    // Within a filter `null` alone would be the absence of a document.
    match ArgValue::from_json(json).ok()? {
        ArgValue::Null => Some(ArgValue::JsonNull),
        value => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use hallpass_zmodel::schema::Arity;

    use super::*;

    fn read(scalar: Scalar, text: &str) -> Option<ArgValue> {
        let field = Field::new("f", FieldKind::Scalar(scalar), Arity::Required);
        coerce(&Schema::default(), &field, text).ok()
    }

    #[test]
    fn texts_become_values_of_the_field() {
        let number = |text: &str| Some(ArgValue::Number(text.parse().unwrap()));
        let rows = [
            (Scalar::String, "1", Some(ArgValue::Text("1".to_owned()))),
            (Scalar::Int, "-7", number("-7")),
            (Scalar::Float, "1.5", number("1.5")),
            (
                Scalar::BigInt,
                "9007199254740993",
                Some(ArgValue::BigInt(9_007_199_254_740_993)),
            ),
            (
                Scalar::Decimal,
                "0.10",
                Some(ArgValue::Decimal("0.1".to_owned())),
            ),
            (Scalar::Boolean, "true", Some(ArgValue::Boolean(true))),
            (Scalar::Bytes, "AQI=", Some(ArgValue::Bytes(vec![1, 2]))),
            (Scalar::Json, "null", Some(ArgValue::JsonNull)),
            (
                Scalar::Json,
                "[1]",
                Some(ArgValue::List(vec![number("1").unwrap()])),
            ),
        ];
        for (scalar, text, expected) in rows {
            assert_eq!(read(scalar, text), expected, "{scalar:?} {text}");
        }
    }

    #[test]
    fn what_is_no_value_of_the_field_is_refused() {
        let rows = [
            (Scalar::String, "a\0"),
            (Scalar::Int, "a"),
            (Scalar::Int, "1a"),
            (Scalar::Int, "1.5"),
            (Scalar::Int, ""),
            (Scalar::Int, "2147483648"),
            (Scalar::BigInt, "9223372036854775808"),
            (Scalar::Float, "NaN"),
            (Scalar::Float, "inf"),
            (Scalar::Decimal, "1,5"),
            (Scalar::Decimal, "1e9999"),
            (Scalar::Boolean, "1"),
            (Scalar::Boolean, "TRUE"),
            (Scalar::DateTime, "2024-13-01"),
            (Scalar::DateTime, "yesterday"),
            (Scalar::Json, "{ hello: world }"),
            (Scalar::Bytes, "*"),
        ];
        for (scalar, text) in rows {
            let field = Field::new("f", FieldKind::Scalar(scalar), Arity::Required);
            let problem = coerce(&Schema::default(), &field, text).unwrap_err();
            assert_eq!(problem.code, Code::InvalidValue, "{scalar:?} {text}");
        }
    }
}
