//! Hallpass for axum: routes to merge, one layer, and the [`Session`] extractor.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use hallpass_auth::Auth;
//! use hallpass_axum::{Session, layer, routes};
//!
//! async fn home(session: Option<Session>) -> String {
//!     match session {
//!         Some(session) => format!("Welcome, {}", session.display_name()),
//!         None => "You are signed out.".to_owned(),
//!     }
//! }
//!
//! fn app(auth: &Auth) -> Router {
//!     Router::new()
//!         .route("/", get(home))
//!         .merge(routes(auth))
//!         .layer(layer(auth))
//! }
//! ```
//!
//! Invariant: this crate translates between axum and `auth`; it decides nothing about people.
//! The application's own state stays free: the layer carries what the extractor needs.

mod api_routes;
mod data_error;
mod data_routes;
mod db;
mod layer;
mod links;
mod live;
mod peer;
mod rejection;
mod routes;
mod session;

pub use api_routes::{ApiDescription, Readers, api_routes};
pub use data_error::DataError;
pub use data_routes::{answer_data, model_routes, rest_routes};
pub use db::Db;
pub use layer::{AuthLayer, AuthService, layer};
pub use links::Links;
pub use rejection::Rejection;
pub use routes::{answer, routes};
pub use session::Session;
