//! Who answers what.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hallpass_data::http::{
    DataService, ErrorDetail, Exposure, HttpLimits, HttpOptions, Request, RestOptions, respond,
};
use hallpass_data::{Client, Error};
use http::{Method, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Value as Json, json};

use crate::database::Servers;
use crate::loading::{Text, texts};
use crate::namespace::Namespace;
use crate::options;
use crate::sent::{self, Unreadable, Who};
use crate::sql::Statement;
use crate::transaction::{Ending, Held, isolation};
use crate::wire::{Asked, MAX_BODY};

/// Namespaces, and the servers they are made on.
#[derive(Debug)]
pub(crate) struct Harness {
    servers: Servers,
    namespaces: Mutex<HashMap<String, Arc<Namespace>>>,
    ids: AtomicU64,
}

/// Why a request is not answered as it should be.
enum Failure {
    /// With this status, because of this.
    Plain(StatusCode, String),
    /// The engine's error, in its own form.
    Data(Box<Client>, Error),
}

type Answer = Result<Response<Bytes>, Failure>;

impl From<Unreadable> for Failure {
    fn from(header: Unreadable) -> Self {
        Self::Plain(
            StatusCode::BAD_REQUEST,
            format!("header `{}` cannot be read", header.0),
        )
    }
}

impl Harness {
    pub(crate) fn new(servers: Servers) -> Self {
        Self {
            servers,
            namespaces: Mutex::default(),
            ids: AtomicU64::new(1),
        }
    }

    pub(crate) async fn answer(&self, asked: &Asked) -> Response<Bytes> {
        match self.route(asked).await {
            Ok(response) => response,
            Err(Failure::Plain(status, message)) => {
                body(status, &json!({"error": {"message": message}}))
            }
            Err(Failure::Data(client, error)) => match service(*client, RestOptions::default()) {
                Ok(service) => service.refuse(error),
                Err(_) => body(StatusCode::INTERNAL_SERVER_ERROR, &Json::Null),
            },
        }
    }

    async fn route(&self, asked: &Asked) -> Answer {
        let parts: Vec<_> = asked
            .path
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        match (&asked.method, &parts[..]) {
            (&Method::GET, ["__test", "capabilities"]) => Ok(self.capabilities()),
            (&Method::POST, ["__test", "validate"]) => validate(&read(asked)?),
            (&Method::POST, ["__test", "namespaces"]) => self.create(&read(asked)?).await,
            (&Method::DELETE, ["__test", "namespaces", id]) => self.remove(id).await,
            (&Method::POST, ["__test", "namespaces", id, "tx"]) => self.begin(id, asked).await,
            (&Method::POST, ["__test", "namespaces", id, "tx", tx, "commit"]) => {
                self.end(id, tx, Ending::Commit).await
            }
            (&Method::POST, ["__test", "namespaces", id, "tx", tx, "rollback"]) => {
                self.end(id, tx, Ending::Rollback).await
            }
            (&Method::POST, ["__test", "namespaces", id, "sql"]) => self.sql(id, asked).await,
            (_, ["ns", id, "rpc", ..]) => self.data(id, asked, Style::Rpc).await,
            (_, ["ns", id, "rest", ..]) => self.data(id, asked, Style::Rest).await,
            _ => Err(not_found("there is no such route")),
        }
    }

    fn capabilities(&self) -> Response<Bytes> {
        let providers = self.servers.providers();
        let all = ["rpc", "rest", "policy", "tx", "sql", "options", "validate"];
        let said = json!({
            "engine": "hallpass",
            "provider": providers.first(),
            "providers": providers,
            "capabilities": all,
        });
        body(StatusCode::OK, &said)
    }

    async fn create(&self, sent: &Json) -> Answer {
        match Namespace::create(&self.servers, sent).await {
            Ok(namespace) => {
                let id = self.id("n");
                let said = namespace.describe(&id);
                self.namespaces().insert(id, Arc::new(namespace));
                Ok(body(StatusCode::CREATED, &said))
            }
            Err(errors) => {
                let said = json!({ "errors": errors });
                Ok(body(StatusCode::UNPROCESSABLE_ENTITY, &said))
            }
        }
    }

    async fn remove(&self, id: &str) -> Answer {
        let removed = self.namespaces().remove(id);
        let removed = removed.ok_or_else(|| not_found("there is no such namespace"))?;
        match removed.remove().await {
            Ok(()) => Ok(body(StatusCode::OK, &json!({}))),
            Err(error) => Err(Failure::Plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("{error:#}"),
            )),
        }
    }

    async fn begin(&self, id: &str, asked: &Asked) -> Answer {
        let namespace = self.namespace(id)?;
        let who = Who::of(&asked.headers)?;
        let client = full(&namespace, &who.options)?;
        let isolation = isolation(&read(asked)?);
        let isolation =
            isolation.map_err(|error| Failure::Plain(StatusCode::BAD_REQUEST, error))?;
        let held = Held::begin(client.clone(), who, isolation).await;
        let held = held.map_err(|error| Failure::Data(Box::new(client), error))?;
        let tx = self.id("t");
        namespace.transactions().insert(tx.clone(), held);
        Ok(body(StatusCode::CREATED, &json!({ "tx": tx })))
    }

    async fn end(&self, id: &str, tx: &str, how: Ending) -> Answer {
        let namespace = self.namespace(id)?;
        let held = namespace.transactions().remove(tx);
        let held = held.ok_or_else(gone)?;
        let client = held.client.clone();
        let ended = held.end(how).await;
        ended.map_err(|error| Failure::Data(Box::new(client), error))?;
        Ok(body(StatusCode::OK, &json!({})))
    }

    async fn sql(&self, id: &str, asked: &Asked) -> Answer {
        let namespace = self.namespace(id)?;
        let statement = Statement::of(read(asked)?);
        let statement =
            statement.map_err(|error| Failure::Plain(StatusCode::BAD_REQUEST, error))?;
        let (full, who) = asker(&namespace, asked)?;
        let client = if who.raw_sql {
            full
        } else {
            namespace.as_said(&full, &who)
        };
        let done = statement.run(&client).await;
        done.map_err(|error| Failure::Data(Box::new(client), error))
    }

    async fn data(&self, id: &str, asked: &Asked, style: Style) -> Answer {
        let namespace = self.namespace(id)?;
        let (full, who) = asker(&namespace, asked)?;
        let client = namespace.as_said(&full, &who);
        let rest = options::rest(sent::handler_options(&asked.headers)?.as_ref());
        let service = service(full, rest);
        let service = service.map_err(|error| Failure::Plain(StatusCode::BAD_REQUEST, error))?;
        let request = Request {
            method: &asked.method,
            path: after(&asked.path, 3),
            query: &asked.query,
            body: &asked.body,
        };
        Ok(match style {
            Style::Rpc => service.rpc_with(&client, request).await,
            Style::Rest => service.rest_with(&client, request).await,
        })
    }

    fn namespace(&self, id: &str) -> Result<Arc<Namespace>, Failure> {
        let id = percent_decode_str(id).decode_utf8_lossy();
        let found = self.namespaces().get(&*id).cloned();
        found.ok_or_else(|| not_found("there is no such namespace"))
    }

    fn namespaces(&self) -> MutexGuard<'_, HashMap<String, Arc<Namespace>>> {
        self.namespaces
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn id(&self, kind: &str) -> String {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        format!("{kind}{number}")
    }
}

#[derive(Debug, Clone, Copy)]
enum Style {
    Rpc,
    Rest,
}

/// A client with full access, in the transaction of the request where it names one, and who asks.
fn asker(namespace: &Namespace, asked: &Asked) -> Result<(Client, Who), Failure> {
    if let Some(tx) = sent::transaction(&asked.headers)? {
        let transactions = namespace.transactions();
        let held = transactions.get(tx).ok_or_else(gone)?;
        return Ok((held.client.clone(), held.who.clone()));
    }
    let who = Who::of(&asked.headers)?;
    Ok((full(namespace, &who.options)?, who))
}

fn full(namespace: &Namespace, options: &Json) -> Result<Client, Failure> {
    let client = namespace.full(options);
    client.map_err(|error| Failure::Plain(StatusCode::BAD_REQUEST, error))
}

/// Everything is served, and the driver's words are told: whoever asks has written the schema.
fn service(client: Client, rest: RestOptions) -> Result<DataService, String> {
    let options = HttpOptions {
        exposure: Exposure::everything(),
        limits: HttpLimits {
            body_bytes: MAX_BODY,
            query_bytes: MAX_BODY,
        },
        errors: ErrorDetail::Database,
        rest,
    };
    DataService::new(client, options).map_err(|error| error.to_string())
}

fn validate(sent: &Json) -> Answer {
    let complete = sent.get("complete").and_then(Json::as_bool) == Some(true);
    let loaded = match Text::of(sent) {
        Ok(text) if complete => text.load_complete(),
        Ok(text) => text.load().map_err(|mistakes| texts(mistakes.iter())),
        Err(error) => Err(vec![error]),
    };
    let said = match loaded {
        Ok(loaded) => json!({"ok": true, "errors": [], "warnings": texts(&loaded.warnings)}),
        Err(errors) => json!({"ok": false, "errors": errors, "warnings": []}),
    };
    Ok(body(StatusCode::OK, &said))
}

fn read(asked: &Asked) -> Result<Json, Failure> {
    if asked.body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(&asked.body)
        .map_err(|error| Failure::Plain(StatusCode::BAD_REQUEST, format!("no JSON: {error}")))
}

/// The path after its first parts.
fn after(path: &str, parts: usize) -> &str {
    let mut rest = path;
    for _ in 0..parts {
        let inner = rest.trim_start_matches('/');
        rest = inner.find('/').map_or("", |end| inner.split_at(end).1);
    }
    rest
}

fn not_found(message: &str) -> Failure {
    Failure::Plain(StatusCode::NOT_FOUND, message.to_owned())
}

fn gone() -> Failure {
    Failure::Plain(StatusCode::GONE, "there is no such transaction".to_owned())
}

fn body(status: StatusCode, said: &Json) -> Response<Bytes> {
    respond(status, said.to_string().into())
}
