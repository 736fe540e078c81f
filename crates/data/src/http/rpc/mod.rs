//! The RPC style: `{model}/{operation}`, as the client's own methods.
//!
//! `route` says which operation takes which method, `arguments` reads what comes with it, `sequential` does several
//! operations as one, `procedures` calls what the program does itself, `live` reads what somebody wants to follow.
//!
//! Source: contract zenstack §4.1 to §4.3.

mod arguments;
pub(crate) mod live;
pub(crate) mod procedures;
pub(crate) mod route;
mod sequential;

use bytes::Bytes;
use http::{Response, StatusCode};

use super::errors::{Fault, respond};
use super::meta::Writer;
use super::request::Request;
use super::service::Inner;
use crate::args::parse::cut;
use crate::client::Client;
use crate::operation::Reply;
use crate::policy::DialectVersion;
use route::Route;

/// Answers a request, whatever it holds.
pub(super) async fn answer(
    service: &Inner,
    client: &Client,
    request: &Request<'_>,
) -> Response<Bytes> {
    let version = client.engine.dialect_version;
    match run(service, client, request).await {
        Ok(response) => response,
        Err(fault) => fault.rpc(version),
    }
}

async fn run(
    service: &Inner,
    client: &Client,
    request: &Request<'_>,
) -> Result<Response<Bytes>, Fault> {
    request.check(&service.options.limits)?;
    let segments = request.segments()?;
    match &segments[..] {
        [model, kind] if model == "$transaction" => {
            sequential::run(service, &service.showing_open(client), request, kind).await
        }
        [prefix, name] if prefix == "$procs" => {
            procedures::run(service, client, request, name).await
        }
        [model, operation] => {
            one(
                service,
                &service.showing_open(client),
                request,
                model,
                operation,
            )
            .await
        }
        _ => Err(Fault::bad("invalid request path")),
    }
}

/// One operation on one model.
async fn one(
    service: &Inner,
    client: &Client,
    request: &Request<'_>,
    model: &str,
    operation: &str,
) -> Result<Response<Bytes>, Fault> {
    let route = Route::of(operation)?;
    route.takes(request.method)?;
    let args = arguments::of(request, route)?;
    let found = service.model(model);
    let found = found.ok_or_else(|| Fault::bad(format!("unknown model name: {}", cut(model))))?;
    let fault = |error| Fault::of(error, service.options.errors);
    let answer = client.answer(&found.name, route.operation, &args).await;
    let answer = answer.map_err(fault)?;
    let mut writer = begun(client.engine.dialect_version);
    writer.answer(&answer).map_err(fault)?;
    Ok(respond(route.success, writer.ended()))
}

/// Several replies as one.
fn replies(replies: &[Reply], version: DialectVersion) -> Response<Bytes> {
    data(StatusCode::OK, version, |writer| {
        writer.list(replies, Writer::reply);
    })
}

/// `{"data": …, "meta": {"serialization": …}}`
fn data(
    status: StatusCode,
    version: DialectVersion,
    write: impl FnOnce(&mut Writer),
) -> Response<Bytes> {
    let mut writer = begun(version);
    write(&mut writer);
    respond(status, writer.ended())
}

fn begun(version: DialectVersion) -> Writer {
    let mut writer = Writer::new(version);
    writer.raw("{\"data\":");
    writer
}
