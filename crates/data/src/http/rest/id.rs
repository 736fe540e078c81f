//! Ids: one value, or several joined by the divider.

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

    /// The fields of an id and their values.
    pub(super) fn values(&self, id: &str) -> Result<Vec<(String, ArgValue)>, Problem> {
        let fields = self.key().fields.as_slice();
        if let [only] = fields {
            return Ok(vec![(only.name.clone(), self.part(only, id)?)]);
        }
        let parts: Vec<_> = id.split(self.divider).collect();
        if parts.len() != fields.len() {
            // As the engine says it of a key that lacks a field.
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

    /// A part of an id. A divider in it is percent-encoded, for parts must be told apart again.
    fn escaped(&self, part: &str) -> String {
        let part = part.replace('%', "%25");
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
