//! The board itself.

use askama::Template;
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hallpass::{Client, Db, Links, Session};
use serde::Deserialize;

use super::Team;
use super::board::Administrator;
use super::problem::Problem;
use super::progress::{self, Progress};
use super::todos::{self, Counts, Owned, SHOWN};
use crate::content::{Content, LIMIT};

/// What every page has at its top.
pub(super) struct Frame {
    pub(super) links: Links,
    pub(super) name: String,
    pub(super) email: Option<String>,
    /// The path of the page.
    pub(super) path: &'static str,
}

impl Frame {
    pub(super) fn of(links: Links, session: &Session, path: &'static str) -> Self {
        Self {
            links,
            name: session.display_name().to_owned(),
            email: session.user().email.clone(),
            path,
        }
    }
}

/// A page as an answer.
pub(super) fn page(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Template)]
#[template(path = "team/board.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    counts: Counts,
    progress: Progress,
    number: u32,
    has_more: bool,
    draft: String,
    error: Option<String>,
    limit: usize,
    /// Where changes are told, and of what.
    live: Option<(String, String)>,
}

struct Row {
    owned: Owned,
    is_own: bool,
    may_change: bool,
}

#[derive(Deserialize)]
pub(super) struct Which {
    page: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct NewTodo {
    #[serde(default)]
    content: String,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    completed: bool,
}

/// `GET /team?page=2`
pub(super) async fn show(
    State(team): State<Team>,
    session: Session,
    db: Db,
    links: Links,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let number = which.ok().and_then(|Query(which)| which.page);
    let number = number.unwrap_or(1).max(1);
    let frame = Frame::of(links, &session, "/team");
    let board = read(&team, &db, &session, frame, number).await?;
    Ok(page(&board))
}

/// `POST /team/todos`, a form: back to the board, or the board with what was typed and what is wrong with it.
pub(super) async fn add(
    State(team): State<Team>,
    session: Session,
    db: Db,
    links: Links,
    Form(new): Form<NewTodo>,
) -> Result<Response, Problem> {
    match Content::parse(&new.content) {
        Ok(content) => {
            todos::add(&db, content.as_str()).await?;
            Ok(Redirect::to("/team").into_response())
        }
        Err(wrong) => {
            let error = Some(wrong.to_string());
            let frame = Frame::of(links, &session, "/team");
            let board = read(&team, &db, &session, frame, 1).await?;
            let draft = new.content;
            let board = Page {
                draft,
                error,
                ..board
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&board)).into_response())
        }
    }
}

/// `POST /team/todos/{id}/set`, a form with `completed`, which is what is wanted and not what was seen.
pub(super) async fn set(
    _: Session,
    db: Db,
    Path(id): Path<String>,
    wanted: Result<Form<Wanted>, FormRejection>,
) -> Result<Redirect, Problem> {
    let Form(wanted) = wanted?;
    let todo = todos::set(&db, &id, wanted.completed).await?;
    todo.map(|_| Redirect::to("/team")).ok_or(Problem::Gone)
}

/// `POST /team/todos/{id}/delete`
pub(super) async fn delete(
    _: Session,
    db: Db,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let todo = todos::remove(&db, &id).await?;
    todo.map(|_| Redirect::to("/team")).ok_or(Problem::Gone)
}

async fn read(
    team: &Team,
    db: &Client,
    session: &Session,
    frame: Frame,
    number: u32,
) -> Result<Page, Problem> {
    let who = session.user_id().as_str();
    let is_administrator = Administrator::of(&team.db, who).await? == Administrator::You;
    let rows = todos::list(db, number).await?.into_iter().map(|owned| {
        let is_own = owned.todo.owner_id == who;
        Row {
            may_change: is_own || is_administrator,
            is_own,
            owned,
        }
    });
    let counts = todos::counts(db, who).await?;
    let live = team.board.live();
    Ok(Page {
        frame,
        rows: rows.collect(),
        counts,
        progress: progress::read(db).await?,
        number,
        has_more: counts.all > u64::from(number) * u64::from(SHOWN),
        draft: String::new(),
        error: None,
        limit: LIMIT,
        live: live.map(|path| (path.to_owned(), progress::followed().to_string())),
    })
}
