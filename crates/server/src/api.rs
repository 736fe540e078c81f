//! The API described: as a document at `/api/openapi.json`, and for people at `/api/docs`.

use axum::Router;
use hallpass::{ApiDescription, Auth, Readers};

use crate::config::Data;
use crate::data::DataApi;

/// Where the descriptions are.
const PREFIX: &str = "/api";
const ABOUT: &str = "Signing in to this application, and its data where any is open. Whoever asks is the person of the session: a browser \
                     sends the cookie, a program the same token in `Authorization: Bearer`. In the examples `$URL` is the address of this \
                     server, and `$TOKEN` the token of a session.";

/// The routes of both, for those who may read them.
pub(crate) fn routes(
    readers: Readers,
    auth: &Auth,
    data: Option<&DataApi>,
    settings: &Data,
) -> Router {
    let description = ApiDescription {
        title: "API".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        description: ABOUT.to_owned(),
        rpc: settings.rpc.clone(),
        rest: settings.rest.clone(),
        readers,
    };
    let service = data.map(DataApi::service);
    hallpass::api_routes(auth, service, PREFIX, description).layer(hallpass::layer(auth))
}
