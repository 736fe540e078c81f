//! The team board: everybody signed in sees it, whoever owns a todo or administers the board changes it.
//!
//! `board` is what stands behind it (who is told of, what becomes of those who go, the foreign key), `todos`, `progress` and
//! `ghosts` what is done and read, the `routes…` files answer, `problem` says what went wrong.
//!
//! Invariant: who may do what is asked of the rules in `team.zmodel` and of the session, never of the table that tells of users. That
//! table only says how to call somebody.

mod board;
mod ghosts;
mod owner;
mod problem;
mod progress;
mod routes;
mod routes_of_ghosts;
mod todos;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use hallpass::Client;

use crate::asset;

pub use board::{Board, BoardError, Keeping};

/// The state of the routes.
#[derive(Debug, Clone)]
pub(crate) struct Team {
    /// With full access; handlers ask for [`hallpass::Db`], the person's, unless they say why not.
    db: Client,
    board: Board,
}

impl FromRef<Team> for Client {
    fn from_ref(team: &Team) -> Self {
        team.db.clone()
    }
}

pub(crate) fn routes(db: Client, board: Board) -> Router {
    Router::new()
        .route("/team", get(routes::show))
        .route("/team/todos", post(routes::add))
        .route("/team/todos/{id}/set", post(routes::set))
        .route("/team/todos/{id}/delete", post(routes::delete))
        .route("/team/ghosts", get(routes_of_ghosts::show))
        .route("/team/ghosts/adopt", post(routes_of_ghosts::adopt))
        .route("/team/ghosts/purge", post(routes_of_ghosts::purge))
        .route("/team/administrator", post(routes_of_ghosts::administrate))
        .route("/team/key", post(routes_of_ghosts::add_key))
        .route("/team/deletion", post(routes_of_ghosts::set_deletion))
        .route(
            "/assets/team.js",
            asset("text/javascript", include_str!("../../assets/team.js")),
        )
        .with_state(Team { db, board })
}
