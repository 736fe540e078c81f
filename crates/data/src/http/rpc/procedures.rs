//! `$procs/{name}`: what the program does when it is asked by name.
//!
//! Source: contract zenstack §4.1, procedures.

use bytes::Bytes;
use http::{Method, Response, StatusCode};

use super::{arguments, data};
use crate::args::ArgValue;
use crate::args::parse::cut;
use crate::client::Client;
use crate::http::errors::Fault;
use crate::http::request::Request;
use crate::http::service::Inner;
use crate::procedures::ProcedureReply;

pub(super) async fn run(
    service: &Inner,
    client: &Client,
    request: &Request<'_>,
    name: &str,
) -> Result<Response<Bytes>, Fault> {
    let reply = call(service, client, request, name).await?;
    let version = client.engine.dialect_version;
    Ok(data(StatusCode::OK, version, |writer| {
        writer.procedure(&reply);
    }))
}

/// Calls a procedure with the `args` of a request: of the body where it changes something, else of the query.
pub(crate) async fn call(
    service: &Inner,
    client: &Client,
    request: &Request<'_>,
    name: &str,
) -> Result<ProcedureReply, Fault> {
    let procedure = client.procedure(name);
    let procedure =
        procedure.ok_or_else(|| Fault::bad(format!("unknown procedure: {}", cut(name))))?;
    let (method, verb) = if procedure.mutation {
        (Method::POST, "POST")
    } else {
        (Method::GET, "GET")
    };
    if *request.method != method {
        let message = format!("invalid request method, only {verb} is supported");
        return Err(Fault::bad(message));
    }
    let sent = match procedure.mutation {
        true if request.body.is_empty() => ArgValue::Null,
        true => arguments::enveloped(arguments::body(request)?)?,
        false => arguments::of_query(request)?,
    };
    let reply = client.call_procedure(name, &named(sent)?).await;
    reply.map_err(|error| Fault::of(error, service.options.errors))
}

/// `args` of `{args: {…}}`; null where nothing was sent.
fn named(sent: ArgValue) -> Result<ArgValue, Fault> {
    let members = match sent {
        ArgValue::Null => return Ok(ArgValue::Null),
        ArgValue::Object(members) => members,
        _ => return Err(Fault::bad("procedure payload must be an object")),
    };
    let mut args = ArgValue::Null;
    for (name, value) in members {
        match (&*name, value) {
            ("args", value @ (ArgValue::Object(_) | ArgValue::Null)) => args = value,
            ("args", _) => return Err(Fault::bad("procedure `args` must be an object")),
            _ => {
                let name = cut(&name);
                return Err(Fault::bad(format!("unknown key of a procedure: {name}")));
            }
        }
    }
    Ok(args)
}
