//! What comes with a request: a parameter of the query, or the body, and their meta.

use serde_json::Value as Json;

use super::route::Route;
use crate::args::ArgValue;
use crate::http::errors::Fault;
use crate::http::json::{self, Document};
use crate::http::{meta, request::Request};

/// The arguments of an operation.
pub(super) fn of(request: &Request<'_>, route: Route) -> Result<ArgValue, Fault> {
    if route.has_body() {
        return enveloped(body(request)?);
    }
    of_query(request)
}

/// The document of the body.
pub(super) fn body(request: &Request<'_>) -> Result<Document, Fault> {
    if request.body.is_empty() {
        return Err(Fault::bad("missing request body"));
    }
    json::parse(request.body).map_err(|error| Fault::bad(format!("invalid request body: {error}")))
}

/// Arguments with `meta` among them, which is taken out.
pub(super) fn enveloped(mut document: Document) -> Result<ArgValue, Fault> {
    let members = document.json.as_object_mut();
    let meta = members.and_then(|members| members.shift_remove("meta"));
    Ok(meta::of_document(document, serialization(meta.as_ref()))?)
}

/// `q` and `meta`.
pub(super) fn of_query(request: &Request<'_>) -> Result<ArgValue, Fault> {
    let parameters = request.parameters();
    let Some(args) = parameters.one("q")? else {
        return Ok(ArgValue::Object(Vec::new()));
    };
    let args = document("q", args)?;
    let meta = parameters.one("meta")?;
    let meta = meta.map(|meta| document("meta", meta)).transpose()?;
    let meta = meta.map(|meta| meta.json);
    Ok(meta::of_document(args, serialization(meta.as_ref()))?)
}

fn document(name: &str, text: &str) -> Result<Document, Fault> {
    let parsed = json::parse(text.as_bytes());
    parsed.map_err(|error| Fault::bad(format!("invalid \"{name}\" query parameter: {error}")))
}

/// `serialization` of a `meta`; clients leave it out, or null, where there is nothing to say.
fn serialization(meta: Option<&Json>) -> Option<&Json> {
    meta?.get("serialization").filter(|one| !one.is_null())
}
