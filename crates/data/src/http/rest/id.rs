//! Ids: one value, or several joined by the divider.

use std::borrow::Cow;

use hallpass_sql::{Value, calendar};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::Field;

use super::arguments::object;
use super::problem::{Code, Problem};
use super::resources::{Key, Resource};
use super::value::coerce;
use crate::args::ArgValue;
use crate::record::Record;

/// Ids of one kind of resource.
#[derive(Clone, Copy)]
pub(super) struct Ids<'a> {
    pub(super) schema: &'a Schema,
    pub(super) resource: &'a Resource,
    pub(super) divider: &'a str,
}

impl<'a> Ids<'a> {
    fn key(&self) -> &'a Key {
        &self.resource.key
    }

    /// The condition that names one row to operations on one row.
    pub(super) fn unique(&self, id: &str) -> Result<ArgValue, Problem> {
        let values = self.values(id)?;
        let key = self.key();
        Ok(match key.fields.as_slice() {
            [_] => ArgValue::Object(values),
            _ => object([(key.name.as_str(), ArgValue::Object(values))]),
        })
    }

    /// The condition that holds for one row.
    pub(super) fn condition(&self, id: &str) -> Result<ArgValue, Problem> {
        self.values(id).map(ArgValue::Object)
    }

    /// The same for an id in a comma list.
    pub(super) fn listed(&self, id: &str) -> Result<ArgValue, Problem> {
        match self.key().fields.as_slice() {
            [_] => self.condition(&unescaped(id)),
            // Parts of an id are percent-encoded anyway, where they have to be.
            _ => self.condition(id),
        }
    }

    /// The fields of an id and their values.
    pub(super) fn values(&self, id: &str) -> Result<Vec<(String, ArgValue)>, Problem> {
        let fields = self.key().fields.as_slice();
        if let [only] = fields {
            return Ok(vec![(only.name.clone(), self.part(only, id)?)]);
        }
        let parts: Vec<_> = id.split(self.divider).collect();
        if parts.len() != fields.len() {
            // As the engine says it of a key that lacks a field, and so ZenStack: 422, not the 400 of `invalid-id`.
            let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
            return Err(Code::ValidationError.because(format!(
                "Invalid input: expected an id of `{}`",
                names.join(self.divider)
            )));
        }
        let pairs = fields.iter().zip(parts);
        let values = pairs.map(|(field, part)| {
            let part = percent_encoding::percent_decode_str(part);
            let part = part.decode_utf8().map_err(|_| Code::InvalidId.bare())?;
            Ok((field.name.clone(), self.part(field, &part)?))
        });
        values.collect()
    }

    /// The value of a field of an id.
    // SECURITY: numbers only as we write them: `07` must not be what is also `7`.
    fn part(&self, field: &Field, text: &str) -> Result<ArgValue, Problem> {
        let value = coerce(self.schema, field, text)?;
        let written = match &value {
            ArgValue::Number(number) if number.is_i64() => number.to_string(),
            ArgValue::BigInt(number) => number.to_string(),
            _ => return Ok(value),
        };
        if written != text {
            let detail = format!("invalid value of `{}`", field.name);
            return Err(Code::InvalidValue.because(detail));
        }
        Ok(value)
    }

    /// The id of a row as text; `None` where the row was read without it.
    pub(super) fn text(&self, record: &Record) -> Option<String> {
        let fields = self.key().fields.as_slice();
        if let [only] = fields {
            return text_of(record.value(&only.name)?);
        }
        let parts = fields.iter().map(|field| {
            let text = text_of(record.value(&field.name)?)?;
            Some(self.escaped(&text))
        });
        let parts: Vec<_> = parts.collect::<Option<_>>()?;
        Some(parts.join(self.divider))
    }

    /// A part of an id. A divider in it is percent-encoded, for parts must be told apart again, and so is a comma, for ids
    /// must be in comma lists.
    fn escaped(&self, part: &str) -> String {
        let part = part.replace('%', "%25").replace(',', "%2C");
        if !part.contains(self.divider) {
            return part;
        }
        let divider = self
            .divider
            .bytes()
            .map(percent_encoding::percent_encode_byte);
        part.replace(self.divider, &divider.collect::<String>())
    }
}

/// An id of one value as it stands in a comma list: `%2C` is a comma of it, `%25` a percent sign.
pub(super) fn unescaped(id: &str) -> Cow<'_, str> {
    if !id.contains('%') {
        return Cow::Borrowed(id);
    }
    let mut parts = id.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let comma = || part.strip_prefix("2C").or_else(|| part.strip_prefix("2c"));
        let (sign, rest) = match (part.strip_prefix("25"), comma()) {
            (None, Some(rest)) => (',', rest),
            (rest, _) => ('%', rest.unwrap_or(part)),
        };
        plain.push(sign);
        plain.push_str(rest);
    }
    Cow::Owned(plain)
}

fn text_of(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) | Value::Decimal(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Timestamp(moment) => calendar::Written(*moment).to_string(),
        Value::Bytes(bytes) => {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.encode(bytes)
        }
        Value::Null | Value::Json(_) | Value::List(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_of_ids_are_told_from_those_between_them() {
        for (written, id) in [
            ("a", "a"),
            ("a%2Cb", "a,b"),
            ("a%2cb%2C", "a,b,"),
            ("a%252Cb", "a%2Cb"),
            ("%25", "%"),
            // Whatever else has a percent sign is itself.
            ("100%", "100%"),
            ("%41%", "%41%"),
            ("%2", "%2"),
            ("%\u{e9}", "%\u{e9}"),
        ] {
            assert_eq!(unescaped(written), id, "{written}");
        }
    }
}
