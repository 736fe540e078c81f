//! `$transaction/sequential`: several operations as one.

use bytes::Bytes;
use http::{Method, Response};
use serde_json::Value as Json;

use super::{arguments, replies};
use crate::args::parse::cut;
use crate::args::{ArgValue, Literals};
use crate::client::Client;
use crate::http::errors::Fault;
use crate::http::json::Document;
use crate::http::request::Request;
use crate::http::service::Inner;
use crate::operation::Operation;

struct Step {
    model: String,
    operation: Operation,
    args: ArgValue,
}

pub(super) async fn run(
    service: &Inner,
    client: &Client,
    request: &Request<'_>,
    kind: &str,
) -> Result<Response<Bytes>, Fault> {
    if *request.method != Method::POST {
        return Err(Fault::bad("invalid request method, only POST is supported"));
    }
    if kind != "sequential" {
        let kind = cut(kind);
        return Err(Fault::bad(format!("unsupported transaction type: {kind}")));
    }
    let steps = steps(service, request)?;
    let calls = steps.iter();
    let calls: Vec<_> = calls
        .map(|step| (step.model.as_str(), step.operation, &step.args))
        .collect();
    let done = client.batch(&calls).await;
    let done = done.map_err(|error| Fault::of(error, service.options.errors))?;
    Ok(replies(&done, client.engine.dialect_version))
}

fn steps(service: &Inner, request: &Request<'_>) -> Result<Vec<Step>, Fault> {
    let Document { json, literals } = arguments::body(request)?;
    match json {
        Json::Array(items) if !items.is_empty() => {
            let items = items.into_iter().enumerate();
            items
                .map(|(number, item)| {
                    step(service, item, &literals).map_err(|fault| Fault {
                        message: format!("operation at index {number} {}", fault.message),
                        ..fault
                    })
                })
                .collect()
        }
        _ => Err(Fault::bad(
            "request body must be a non-empty array of operations",
        )),
    }
}

/// `{model, op, args}`; what is wrong with it continues `operation at index 0 `.
fn step(service: &Inner, item: Json, literals: &Literals) -> Result<Step, Fault> {
    let Json::Object(mut item) = item else {
        return Err(Fault::bad("must be an object"));
    };
    let text = |name: &str| match item.get(name) {
        Some(Json::String(text)) if !text.is_empty() => Ok(text.clone()),
        _ => Err(Fault::bad(format!("is missing a valid \"{name}\" field"))),
    };
    let (model, operation) = (text("model")?, text("op")?);
    let found = Operation::from_name(&operation);
    let operation =
        found.ok_or_else(|| Fault::bad(format!("has invalid op: {}", cut(&operation))))?;
    let found = service.model(&model);
    let found = found.ok_or_else(|| Fault::bad(format!("has unknown model: {}", cut(&model))))?;
    let args = match item.shift_remove("args") {
        None | Some(Json::Null) => Json::Object(serde_json::Map::new()),
        Some(args @ Json::Object(_)) => args,
        Some(_) => return Err(Fault::bad("has invalid \"args\" field")),
    };
    let args = Document {
        json: args,
        literals: literals.clone(),
    };
    Ok(Step {
        model: found.name.clone(),
        operation,
        args: arguments::enveloped(args).map_err(|fault| Fault {
            message: format!("has invalid arguments: {}", fault.message),
            ..fault
        })?,
    })
}
