//! The todo list by hand: who asks, one statement, and the JSON that Hallpass writes.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::{PATH, answer, token};

/// `?` is the owner.
const FIND: &str = r#"SELECT id, content, completed, "createdAt", "userId" FROM "Todo" WHERE "userId" = ?1
ORDER BY "createdAt" DESC LIMIT 20"#;
/// The values of the columns, in their order.
const CREATE: &str = r#"INSERT INTO "Todo" (id, content, completed, "createdAt", "userId") VALUES (?1, ?2, ?3, ?4, ?5)
RETURNING id, content, completed, "createdAt", "userId""#;
/// The text, the owner and the todo.
const UPDATE: &str = r#"UPDATE "Todo" SET content = ?1 WHERE "userId" = ?2 AND id = ?3
RETURNING id, content, completed, "createdAt", "userId""#;

/// What somebody asks for.
#[derive(Debug)]
pub(crate) enum Call {
    Find,
    Create { content: String },
    Update { id: String, content: String },
}

/// A todo as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Todo {
    id: String,
    content: String,
    completed: bool,
    created_at: String,
    user_id: String,
}

/// A way to answer calls. `None` where the token is of no session.
pub(crate) trait Todos: Send + Sync + 'static {
    fn call(
        &self,
        token: String,
        call: Call,
    ) -> impl Future<Output = Result<Option<Vec<Todo>>>> + Send;
}

pub(crate) fn routes<T: Todos>(todos: T) -> Router {
    Router::new()
        // What the harness waits for.
        .route(PATH, get(async || answer("null")))
        .route("/api/model/todo/findMany", get(find::<T>))
        .route("/api/model/todo/create", post(create::<T>))
        .route("/api/model/todo/update", put(update::<T>))
        .with_state(Arc::new(todos))
}

async fn find<T: Todos>(State(todos): State<Arc<T>>, headers: HeaderMap) -> Response {
    let Some(token) = token(&headers) else {
        return answer(r#"{"data":[]}"#);
    };
    match todos.call(token, Call::Find).await {
        Ok(Some(found)) if !found.is_empty() => json(StatusCode::OK, &Found::new(&found)),
        Ok(_) => answer(r#"{"data":[]}"#),
        Err(error) => failed(&error),
    }
}

#[derive(Debug, Deserialize)]
struct Create {
    data: Content,
}

#[derive(Debug, Deserialize)]
struct Content {
    content: String,
}

async fn create<T: Todos>(
    State(todos): State<Arc<T>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(Create { data }) = serde_json::from_slice(&body) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let content = data.content;
    write(
        &*todos,
        &headers,
        Call::Create { content },
        StatusCode::CREATED,
    )
    .await
}

#[derive(Debug, Deserialize)]
struct Update {
    r#where: Which,
    data: Content,
}

#[derive(Debug, Deserialize)]
struct Which {
    id: String,
}

async fn update<T: Todos>(
    State(todos): State<Arc<T>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(Update { r#where, data }) = serde_json::from_slice(&body) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let (id, content) = (r#where.id, data.content);
    write(
        &*todos,
        &headers,
        Call::Update { id, content },
        StatusCode::OK,
    )
    .await
}

async fn write(
    todos: &impl Todos,
    headers: &HeaderMap,
    call: Call,
    success: StatusCode,
) -> Response {
    let Some(token) = token(headers) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    match todos.call(token, call).await {
        Ok(Some(written)) => match written.first() {
            Some(todo) => json(success, &Written::new(todo)),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        Ok(None) => StatusCode::FORBIDDEN.into_response(),
        Err(error) => failed(&error),
    }
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => (status, answer(body)).into_response(),
        Err(error) => failed(&error.into()),
    }
}

fn failed(error: &anyhow::Error) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{error:#}")).into_response()
}

/// The id of a new todo.
#[expect(clippy::disallowed_methods, reason = "this program is its own machine")]
fn new_id() -> Result<String> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[expect(clippy::disallowed_methods, reason = "this program is its own machine")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// The answer to `findMany`.
#[derive(Serialize)]
struct Found<'t> {
    data: &'t [Todo],
    meta: Meta<Moments>,
}

/// The answer to a write.
#[derive(Serialize)]
struct Written<'t> {
    data: &'t Todo,
    meta: Meta<Moment>,
}

/// What is said of values that JSON has no form for.
#[derive(Serialize)]
struct Meta<V> {
    serialization: Serialization<V>,
}

#[derive(Serialize)]
struct Serialization<V> {
    values: V,
    v: u8,
}

impl<V> Meta<V> {
    fn new(values: V) -> Self {
        let serialization = Serialization { values, v: 1 };
        Self { serialization }
    }
}

/// `createdAt` of one todo is a moment.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Moment {
    created_at: [&'static str; 1],
}

/// `createdAt` of each of so many todos is a moment.
struct Moments(usize);

impl Serialize for Moments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0))?;
        for row in 0..self.0 {
            map.serialize_entry(&format_args!("{row}.createdAt"), &["Date"])?;
        }
        map.end()
    }
}

impl<'t> Found<'t> {
    fn new(data: &'t [Todo]) -> Self {
        let meta = Meta::new(Moments(data.len()));
        Self { data, meta }
    }
}

impl<'t> Written<'t> {
    fn new(data: &'t Todo) -> Self {
        let created_at = ["Date"];
        let meta = Meta::new(Moment { created_at });
        Self { data, meta }
    }
}
