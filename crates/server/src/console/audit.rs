//! The audit trail, for people and for programs: entries, the newest first, a page at a time.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use hallpass::changes::ChangesError;
use hallpass::changes::audit::{Checkpoint, Entry, Filter, Head, Order};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::Console;
use super::notice::Trouble;
use super::page::{self, Frame};
use super::query::{Query, href};
use super::visit::{Visit, audit_path};

/// Entries of a page, and of an answer unless it is asked for others.
const ENTRIES: usize = 50;
/// Entries of an answer at most.
const MOST: usize = 500;
/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Characters of details that a page shows.
const DETAILS: usize = 300;
/// Signs of a hash that a page shows.
const HASH: usize = 12;

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    frame: Frame,
    user: String,
    kind: String,
    head: String,
    count: i64,
    rows: Vec<Row>,
    /// The newest, where this is not the first page.
    first: Option<String>,
    older: Option<String>,
}

struct Row {
    number: i64,
    at: String,
    kind: String,
    actor: String,
    client: String,
    agent: String,
    subject: String,
    details: String,
    hash: String,
}

/// What was asked for.
struct Asked {
    filter: Filter,
    order: Order,
    most: usize,
}

/// What came of it.
struct Found {
    head: Head,
    entries: Vec<Entry>,
    is_more: bool,
}

/// For people.
pub(super) async fn page(
    State(console): State<Console>,
    parts: Parts,
) -> Result<Response, Trouble> {
    let visit = Visit::begin(&console, &parts).await?;
    visit.note("audit", None);
    let asked = Asked {
        most: ENTRIES,
        ..Asked::of(&visit.query)?
    };
    let found = find(&console, &asked).await?;
    let text = |name: &str| visit.query.text(name).unwrap_or_default().to_owned();
    let (user, kind) = (text("user"), text("kind"));
    let kept: Vec<_> = [("user", &user), ("kind", &kind)]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (name.to_owned(), text.clone()))
        .collect();
    let last = found.entries.last().filter(|_| found.is_more);
    let older = last.map(|last| {
        let before = ("before".to_owned(), last.number.to_string());
        href(&audit_path(), &[kept.as_slice(), &[before]].concat())
    });
    let page = AuditPage {
        frame: visit.frame(None, kept.clone()),
        user,
        kind,
        head: Checkpoint(found.head).to_string(),
        count: found.head.number,
        first: asked.filter.before.map(|_| href(&audit_path(), &kept)),
        older,
        rows: found.entries.iter().map(row).collect(),
    };
    Ok(page::render(StatusCode::OK, &page))
}

/// For programs: `after` and `before` are numbers of entries, `limit` is how many, `user` and `kind` as on the page. With `after`
/// the oldest first, else the newest.
pub(super) async fn json(
    State(console): State<Console>,
    parts: Parts,
) -> Result<Response, Trouble> {
    let visit = Visit::begin(&console, &parts).await?;
    // Programs ask again and again: as entries they would be what they ask for.
    visit.log("audit.json", None);
    let found = find(&console, &Asked::of(&visit.query)?).await?;
    let entries: Vec<Value> = found.entries.iter().map(machine).collect();
    let body = json!({
        "entries": entries,
        "more": found.is_more,
        "head": { "number": found.head.number, "hash": found.head.hash.to_string() },
    });
    Ok(([(CONTENT_TYPE, "application/json")], body.to_string()).into_response())
}

impl Asked {
    fn of(query: &Query) -> Result<Self, Trouble> {
        let number = |name: &str| match query.text(name) {
            None => Ok(None),
            Some(text) => text
                .parse::<i64>()
                .map(Some)
                .map_err(|_| Trouble::Input(format!("`{name}` is the number of an entry"))),
        };
        let after = number("after")?;
        let most = number("limit")?.and_then(|most| usize::try_from(most).ok());
        Ok(Self {
            filter: Filter {
                user: query.text("user").map(str::to_owned),
                kind: query.text("kind").map(str::to_owned),
                after,
                before: number("before")?,
                ..Filter::default()
            },
            order: match after {
                Some(_) => Order::Oldest,
                None => Order::Newest,
            },
            most: most.unwrap_or(ENTRIES).clamp(1, MOST),
        })
    }
}

async fn find(console: &Console, asked: &Asked) -> Result<Found, Trouble> {
    let auditing = console.0.auditing.as_ref().ok_or(Trouble::Missing)?;
    let read = async {
        let head = auditing.audit.head().await?;
        // One more, to know whether there are others.
        let most = asked.most + 1;
        let mut entries = auditing
            .audit
            .entries(&asked.filter, asked.order, most)
            .await?;
        let is_more = entries.len() > asked.most;
        entries.truncate(asked.most);
        Ok::<_, ChangesError>(Found {
            head,
            entries,
            is_more,
        })
    };
    match timeout(PATIENCE, read).await {
        Ok(found) => found.map_err(Trouble::Trail),
        Err(_) => Err(Trouble::Slow),
    }
}

/// As [`Entry::to_line`] says it, but for a details that somebody made no JSON of.
fn machine(entry: &Entry) -> Value {
    json!({
        "number": entry.number,
        "at": entry.at.to_string(),
        "kind": entry.kind,
        "actor": entry.actor,
        "client": entry.client,
        "agent": entry.agent,
        "subject": entry.subject.as_ref().map(|one| json!({ "kind": one.kind, "id": one.id })),
        "details": entry.details.members(),
        "previous": entry.previous.to_string(),
        "hash": entry.hash.to_string(),
        "key": entry.key,
        "seal": entry.seal.to_string(),
    })
}

fn row(entry: &Entry) -> Row {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let members = entry.details.members();
    let said = members.iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name}: {text}"),
        other => format!("{name}: {other}"),
    });
    let details = said.collect::<Vec<_>>().join(", ");
    Row {
        number: entry.number,
        at: format!("{:.0}", entry.at),
        kind: entry.kind.clone(),
        actor: text(&entry.actor),
        client: text(&entry.client),
        agent: text(&entry.agent),
        subject: entry.subject.as_ref().map_or_else(String::new, |subject| {
            format!("{} {}", subject.kind, subject.id)
        }),
        details: details.chars().take(DETAILS).collect(),
        hash: entry.hash.to_string().chars().take(HASH).collect(),
    }
}
