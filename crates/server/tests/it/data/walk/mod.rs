//! A walk over the routes, request after request as programs send them; later rows stand on what earlier ones wrote.

mod arguments;
mod nested;
mod rules;

use reqwest::Method;
use serde_json::Value;

use super::place::{Place, Told, asked, path_of, told, written};
use crate::harness::Visitor;

const SCHEMA: &str = include_str!("schema.zmodel");

/// What a row of a table expects.
#[derive(Debug)]
enum Expected {
    /// The data, whose objects may have more members.
    Data(Value),
    /// `reason`, with `rejectReason` after a blank where it is a rule's.
    Refused(&'static str),
    /// A part of the message of invalid input.
    Invalid(&'static str),
}

use Expected::{Data, Invalid, Refused};

type Row = (&'static str, Value, u16, Expected);

async fn walk(visitor: &Visitor, rows: Vec<Row>) {
    for (operation, args, status, expected) in rows {
        let (found, body) = ask(visitor, operation, &args).await;
        let is_expected = found == status && meets(&body, &expected);
        assert!(
            is_expected,
            "{operation} {args}\n{found} {body}\n{status} {expected:?}"
        );
    }
}

async fn ask(visitor: &Visitor, operation: &str, args: &Value) -> Told {
    let (_, verb) = operation.split_once('/').unwrap();
    let request = match verb {
        verb if verb.starts_with("create") || verb == "upsert" => {
            written(visitor, Method::POST, operation, args)
        }
        verb if verb.starts_with("update") => written(visitor, Method::PUT, operation, args),
        verb if verb.starts_with("delete") => {
            visitor.request(Method::DELETE, &path_of(operation, args))
        }
        _ => asked(visitor, operation, args),
    };
    told(request).await
}

fn meets(body: &Value, expected: &Expected) -> bool {
    let error = &body["error"];
    let text = |key: &str| error[key].as_str().unwrap_or_default();
    match expected {
        Data(data) => holds(&body["data"], data),
        Refused(why) => format!("{} {}", text("reason"), text("rejectReason")).trim() == *why,
        Invalid(part) => text("reason") == "invalid-input" && text("message").contains(part),
    }
}

/// Whether all that is expected is there.
fn holds(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => expected
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|found| holds(found, value))),
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len()
                && found
                    .iter()
                    .zip(expected)
                    .all(|(one, other)| holds(one, other))
        }
        (found, expected) => found == expected,
    }
}

async fn place() -> Place {
    Place::of(SCHEMA).await
}
