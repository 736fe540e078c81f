//! The todo application: what a user of Hallpass writes.
//!
//! Pages for browsers (they work without JavaScript), JSON routes for programs. Each person sees only their own todos, by the
//! rules of `schema.zmodel`: no query here says whose they are. Beside it the team board (`team`), which everybody signed in
//! sees, by the rules of `team.zmodel`; its story stands in the README.

mod content;
mod routes;
mod site;
mod team;
mod todo;

/// The models of `team.zmodel`, and of `schema.zmodel` which it imports, as Rust types.
mod schema {
    hallpass::schema!("team.zmodel");
}

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::{MethodRouter, get, patch, post};
use hallpass::Client;

use site::Site;

pub use schema::{SCHEMA as TEAM_SCHEMA, SOURCES as TEAM_SOURCES};
pub use team::{Board, BoardError, Keeping};

/// The tables of the personal list, the sign-in tables included. Those of the team board as well are [`TEAM_SOURCES`].
pub const SCHEMA: &str = include_str!("../schema.zmodel");

/// The application without the team board, to be given `hallpass::routes` and `hallpass::layer`.
pub fn app(db: Client) -> Router {
    of(Site { db, board: None })
}

/// The same with the team board. The client is one of [`TEAM_SOURCES`].
pub fn app_with_board(db: Client, board: Board) -> Router {
    let team = team::routes(db.clone(), board.clone());
    let board = Some(board);
    of(Site { db, board }).merge(team)
}

fn of(site: Site) -> Router {
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
        .with_state(site)
}

fn asset<S: Clone + Send + Sync + 'static>(
    kind: &'static str,
    text: &'static str,
) -> MethodRouter<S> {
    get(move || async move {
        (
            [(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=3600")],
            text,
        )
    })
}
