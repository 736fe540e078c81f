//! The pages of the dev mailbox: a list of the mails that would have been sent, and each of them in HTML and text.
//!
//! Only `hallpass dev` mounts them, and they answer only to names of this machine, however it listens: they show
//! sign-in links. A mail's HTML is foreign: it is shown in a frame of its own, without scripts, forms or our origin.

mod html;
mod text;
mod when;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_FRAME_OPTIONS};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use hallpass::auth::environment::Clock;
use hallpass::auth::mail::mailbox::{Mailbox, StoredMessage};

use crate::http::hosts::{self, Hosts};
use text::Piece;

/// What the frame may do: show, and lead away when the person clicks.
const FRAME_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; form-action 'none'; \
    base-uri 'none'; frame-ancestors 'self'; \
    sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation";

const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// What the pages need.
#[derive(Clone)]
struct Pages {
    mailbox: Mailbox,
    clock: Arc<dyn Clock>,
}

/// The pages, under `/dev/mailbox`.
pub(crate) fn routes(mailbox: Mailbox, clock: Arc<dyn Clock>) -> Router {
    Router::new()
        .route("/dev/mailbox", get(list))
        .route("/dev/mailbox/style.css", get(style))
        .route("/dev/mailbox/{id}", get(message))
        .route("/dev/mailbox/{id}/html", get(frame))
        .with_state(Pages { mailbox, clock })
        .layer(from_fn_with_state(Hosts::Loopback, hosts::check))
}

/// The first link in a mail's text: where it wants its reader to go.
pub(crate) fn first_link(text: &str) -> Option<&str> {
    text::pieces(text)
        .into_iter()
        .find_map(|piece| match piece {
            Piece::Link(link) => Some(link),
            Piece::Text(_) => None,
        })
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct ListPage {
    rows: Vec<Row>,
}

struct Row {
    id: u64,
    subject: String,
    to: String,
    time: String,
    ago: String,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    row: Row,
    from: &'a str,
    link: Option<&'a str>,
    pieces: Vec<Piece<'a>>,
}

#[derive(Template)]
#[template(path = "no_message.html")]
struct NoMessagePage;

async fn list(State(pages): State<Pages>) -> Response {
    let rows = pages
        .mailbox
        .list()
        .iter()
        .map(|stored| row(&pages, stored))
        .collect();
    page(StatusCode::OK, &ListPage { rows })
}

async fn message(State(pages): State<Pages>, Path(id): Path<String>) -> Response {
    let Some(stored) = find(&pages, &id) else {
        return page(StatusCode::NOT_FOUND, &NoMessagePage);
    };
    let shown = MessagePage {
        row: row(&pages, &stored),
        from: &stored.message.from,
        link: first_link(&stored.message.text),
        pieces: text::pieces(&stored.message.text),
    };
    page(StatusCode::OK, &shown)
}

async fn frame(State(pages): State<Pages>, Path(id): Path<String>) -> Response {
    let Some(stored) = find(&pages, &id) else {
        return page(StatusCode::NOT_FOUND, &NoMessagePage);
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, FRAME_POLICY),
        (X_FRAME_OPTIONS, "SAMEORIGIN"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, Html(html::leading_out(&stored.message.html))).into_response()
}

async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, include_str!("../../templates/mailbox.css")).into_response()
}

fn find(pages: &Pages, id: &str) -> Option<Arc<StoredMessage>> {
    pages.mailbox.get(id.parse().ok()?)
}

fn row(pages: &Pages, stored: &StoredMessage) -> Row {
    Row {
        id: stored.id,
        subject: stored.message.subject.clone(),
        to: stored.message.to.clone(),
        time: stored.received_at.to_string(),
        ago: when::ago(stored.received_at, pages.clock.now()),
    }
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (CACHE_CONTROL, "no-store"),
    ];
    match template.render() {
        Ok(text) => (status, headers, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the mailbox could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests;
