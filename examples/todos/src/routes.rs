//! Pages for people, JSON for programs; both over the same four operations.

use askama::Template;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Form, Json};
use hallpass::{Client, DataError, Db, Links, Session};
use serde::Deserialize;
use serde_json::json;

use crate::content::{self, Content};
use crate::schema::Todo;
use crate::site::Site;
use crate::todo;

#[derive(Deserialize)]
pub(crate) struct NewTodo {
    #[serde(default)]
    content: String,
}

#[derive(Template)]
#[template(path = "todos.html")]
struct Page {
    links: Links,
    person: Option<String>,
    todos: Vec<Todo>,
    draft: String,
    error: Option<String>,
    limit: usize,
    has_board: bool,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        match self.render() {
            Ok(html) => Html(html).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// `GET /`
pub(crate) async fn home(
    State(site): State<Site>,
    db: Db,
    links: Links,
    session: Option<Session>,
) -> Result<Response, DataError> {
    let (draft, has_board) = (String::new(), site.board.is_some());
    let page = page(&db, links, session.as_ref(), draft, None).await?;
    Ok(Page { has_board, ..page }.into_response())
}

/// `POST /todos`, a form: back to the page, or the page with what was typed and what is wrong with it.
pub(crate) async fn add(
    State(site): State<Site>,
    session: Session,
    db: Db,
    links: Links,
    Form(new): Form<NewTodo>,
) -> Result<Response, DataError> {
    match Content::parse(&new.content) {
        Ok(content) => {
            todo::add(&db, content.as_str()).await?;
            Ok(Redirect::to("/").into_response())
        }
        Err(error) => {
            let page = page(
                &db,
                links,
                Some(&session),
                new.content,
                Some(error.to_string()),
            )
            .await?;
            let has_board = site.board.is_some();
            let page = Page { has_board, ..page };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `POST /todos/{id}/toggle`
pub(crate) async fn toggle(
    _: Session,
    db: Db,
    Path(id): Path<String>,
) -> Result<Redirect, DataError> {
    todo::toggle(&db, &id).await?;
    Ok(Redirect::to("/"))
}

/// `POST /todos/{id}/delete`
pub(crate) async fn delete(
    _: Session,
    db: Db,
    Path(id): Path<String>,
) -> Result<Redirect, DataError> {
    todo::remove(&db, &id).await?;
    Ok(Redirect::to("/"))
}

/// `POST /api/todos`
pub(crate) async fn api_add(
    _: Session,
    db: Db,
    new: Result<Json<NewTodo>, JsonRejection>,
) -> Result<Response, DataError> {
    let Json(new) = match new {
        Ok(new) => new,
        Err(rejection) => return Ok(error(rejection.status(), &rejection.body_text())),
    };
    match Content::parse(&new.content) {
        Ok(content) => {
            let todo = todo::add(&db, content.as_str()).await?;
            Ok(Json(todo).into_response())
        }
        Err(wrong) => Ok(error(StatusCode::UNPROCESSABLE_ENTITY, &wrong.to_string())),
    }
}

/// `PATCH /api/todos/{id}`: ticks or unticks.
pub(crate) async fn api_toggle(
    _: Session,
    db: Db,
    Path(id): Path<String>,
) -> Result<Response, DataError> {
    Ok(found(todo::toggle(&db, &id).await?))
}

/// `DELETE /api/todos/{id}`
pub(crate) async fn api_delete(
    _: Session,
    db: Db,
    Path(id): Path<String>,
) -> Result<Response, DataError> {
    Ok(found(todo::remove(&db, &id).await?))
}

async fn page(
    db: &Client,
    links: Links,
    session: Option<&Session>,
    draft: String,
    error: Option<String>,
) -> Result<Page, DataError> {
    Ok(Page {
        links,
        person: session.map(|session| session.display_name().to_owned()),
        todos: todo::list(db).await?,
        draft,
        error,
        limit: content::LIMIT,
        has_board: false,
    })
}

fn found(todo: Option<Todo>) -> Response {
    match todo {
        Some(todo) => Json(todo).into_response(),
        None => error(StatusCode::NOT_FOUND, "Todo not found"),
    }
}

fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
