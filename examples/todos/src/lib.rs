//! The todo application: what a user of Hallpass writes.
//!
//! Pages for browsers (they work without JavaScript), JSON routes for programs. Each person sees only their own
//! todos, by the rules of `schema.zmodel`: no query here says whose they are.

mod content;
mod routes;
mod todo;

/// The models of `schema.zmodel` as Rust types.
mod schema {
    hallpass::schema!("schema.zmodel");
}

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::{get, patch, post};
use hallpass::Client;

/// The tables of the application, the sign-in tables included.
pub use schema::SCHEMA;

/// The application, to be given `hallpass::routes` and `hallpass::layer`.
pub fn app(db: Client) -> Router {
    Router::new()
        .route("/", get(routes::home))
        .route("/todos", post(routes::add))
        .route("/todos/{id}/toggle", post(routes::toggle))
        .route("/todos/{id}/delete", post(routes::delete))
        .route("/api/todos", post(routes::api_add))
        .route(
            "/api/todos/{id}",
            patch(routes::api_toggle).delete(routes::api_delete),
        )
        .route(
            "/assets/todos.css",
            asset("text/css", include_str!("../assets/todos.css")),
        )
        .route(
            "/assets/todos.js",
            asset("text/javascript", include_str!("../assets/todos.js")),
        )
        .with_state(db)
}

fn asset(kind: &'static str, text: &'static str) -> axum::routing::MethodRouter<Client> {
    get(move || async move {
        (
            [(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=3600")],
            text,
        )
    })
}
