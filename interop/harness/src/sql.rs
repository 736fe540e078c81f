//! SQL that a suite wrote itself.

use bytes::Bytes;
use hallpass_data::http::{Writer, respond};
use hallpass_data::{ArgValue, Client, DialectVersion, Error, Rows, Value};
use http::{Response, StatusCode};
use serde_json::Value as Json;

use crate::sent::wrapped;

/// Whole numbers up to this size are exact where clients keep numbers.
const EXACT: i64 = 1 << 53;

/// What a suite sends.
#[derive(Debug)]
pub(crate) struct Statement {
    text: String,
    values: Vec<Value>,
    reads: bool,
}

impl Statement {
    /// `{sql, params: W([…]), mode}`
    pub(crate) fn of(mut body: Json) -> Result<Self, String> {
        let text = body.get("sql").and_then(Json::as_str).map(str::to_owned);
        let values = match body.get_mut("params").map(Json::take) {
            None | Some(Json::Null) => Vec::new(),
            Some(pair) => match wrapped(pair) {
                Ok(ArgValue::List(values)) => values,
                _ => return Err("`params` is no list".to_owned()),
            },
        };
        let reads = match body.get("mode").and_then(Json::as_str) {
            Some("query") => true,
            Some("execute") => false,
            _ => return Err("`mode` is none".to_owned()),
        };
        let values = values.into_iter().map(bound);
        Ok(Self {
            text: text.ok_or("`sql` is no text")?,
            values: values
                .collect::<Option<_>>()
                .ok_or("`params` holds what no column does")?,
            reads,
        })
    }

    pub(crate) async fn run(&self, client: &Client) -> Result<Response<Bytes>, Error> {
        let rows = client.raw(&self.text, &self.values).await?;
        let mut writer = Writer::new(DialectVersion::Three);
        writer.raw("{\"data\":");
        if self.reads {
            write(&mut writer, &rows);
        } else {
            writer.plain(&rows.affected);
        }
        Ok(respond(StatusCode::OK, writer.ended()))
    }
}

fn write(writer: &mut Writer, rows: &Rows) {
    writer.list(&rows.rows, |writer, row| {
        writer.raw("{");
        for (number, (name, value)) in rows.columns.iter().zip(row).enumerate() {
            if number > 0 {
                writer.raw(",");
            }
            writer.name(name);
            let big = matches!(value, Value::Int(number) if !(-EXACT..=EXACT).contains(number));
            writer.within(name, |writer| writer.value(value, big));
        }
        writer.raw("}");
    });
}

fn bound(value: ArgValue) -> Option<Value> {
    Some(match value {
        ArgValue::Null | ArgValue::DbNull => Value::Null,
        ArgValue::Boolean(value) => Value::Bool(value),
        ArgValue::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64()?),
        },
        ArgValue::Text(text) => Value::Text(text),
        ArgValue::DateTime(moment) => Value::Timestamp(moment),
        ArgValue::BigInt(number) => Value::Int(number),
        ArgValue::Decimal(text) | ArgValue::Literal(text) => Value::Decimal(text),
        ArgValue::Bytes(bytes) => Value::Bytes(bytes),
        ArgValue::List(values) => {
            Value::List(values.into_iter().map(bound).collect::<Option<_>>()?)
        }
        ArgValue::JsonNull => Value::from(Json::Null),
        ArgValue::Object(_) | ArgValue::AnyNull => return None,
    })
}
