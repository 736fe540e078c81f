//! What somebody wants to follow: `GET {model}/live?q=…&operation=findMany`.

use http::Method;

use super::arguments;
use super::route::Route;
use crate::args::ArgValue;
use crate::args::parse::cut;
use crate::http::errors::Fault;
use crate::http::request::Request;
use crate::http::service::Inner;
use crate::operation::Operation;

/// What is read where nothing else is said.
const USUAL: &str = "findMany";

/// The model, the read and its arguments.
pub(in crate::http) fn read(
    service: &Inner,
    request: &Request<'_>,
) -> Result<(String, Operation, ArgValue), Fault> {
    request.check(&service.options.limits)?;
    if *request.method != Method::GET {
        return Err(Fault::bad("invalid request method, only GET is supported"));
    }
    let parameters = request.parameters();
    let name = parameters.one("operation")?.unwrap_or(USUAL);
    let route = Route::of(name)?;
    // It looks at no row, so that none can change what it gives.
    if !route.is_read() || route.operation == Operation::Check {
        let name = cut(name);
        return Err(Fault::bad(format!("invalid operation: {name} is no read")));
    }
    let args = arguments::of_query(request)?;
    let segments = request.segments()?;
    let model = segments.first().map_or("", |model| &**model);
    let found = service.model(model);
    let found = found.ok_or_else(|| Fault::bad(format!("unknown model name: {}", cut(model))))?;
    Ok((found.name.clone(), route.operation, args))
}
