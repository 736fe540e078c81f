//! The list of sessions: what stands in it, how sessions are ended, and how long that takes elsewhere.

mod list;
mod revoke;
mod tokens;

use std::net::IpAddr;
use std::sync::Arc;

use hallpass_auth::client::ClientAddress;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::random::SeededRandom;
use hallpass_auth::{Auth, AuthBuilder};
use http::header::{ACCEPT, USER_AGENT};
use serde_json::{Value, json};

use crate::app::{Answer, App, Browser, Setup, get, json as json_request, secrets};

pub(super) const NAME: &str = "authjs.session-token";
pub(super) const BOTH: [Strategy; 2] = [Strategy::Database, Strategy::Jwt];
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

/// Another process with the same secrets and the same store.
pub(super) fn replica(app: &App, strategy: Strategy) -> App {
    replica_with(app, strategy, |builder| builder)
}

pub(super) fn replica_with(
    app: &App,
    strategy: Strategy,
    change: impl FnOnce(AuthBuilder) -> AuthBuilder,
) -> App {
    let builder = Auth::builder()
        .secrets(secrets())
        .environment(app.clock.clone(), Arc::new(SeededRandom::new(7)))
        .base_path("/auth")
        .trust_host(hallpass_auth::origin::HostTrust::Trusted)
        .session_strategy(strategy)
        .adapter(app.store.clone())
        .session_directory(app.store.clone());
    App {
        auth: change(builder).build().unwrap(),
        ..app.clone()
    }
}

/// The same cookies, at another process.
pub(super) fn at(browser: &Browser, app: &App) -> Browser {
    let mut moved = browser.clone();
    moved.app = app.clone();
    moved
}

/// The list as JSON, asked for by Firefox on Linux from a known address.
pub(super) async fn list(browser: &mut Browser, query: &str) -> Answer {
    let mut request = get(&format!("/auth/sessions{query}"));
    let headers = request.headers_mut();
    headers.insert(ACCEPT, "application/json".parse().unwrap());
    headers.insert(USER_AGENT, FIREFOX.parse().unwrap());
    let address: IpAddr = "203.0.113.77".parse().unwrap();
    request.extensions_mut().insert(ClientAddress(address));
    browser.send(request).await
}

pub(super) async fn listed(browser: &mut Browser) -> Vec<Value> {
    let answer = list(browser, "").await;
    answer.json()["sessions"].as_array().unwrap().clone()
}

/// The id of the session that asks.
pub(super) async fn own_id(browser: &mut Browser) -> String {
    let sessions = listed(browser).await;
    let own = sessions.iter().find(|session| session["current"] == true);
    own.unwrap()["id"].as_str().unwrap().to_owned()
}

/// Posts as a program does.
pub(super) async fn post_json(browser: &mut Browser, path: &str, mut body: Value) -> Answer {
    body["csrfToken"] = json!(browser.csrf().await);
    let mut request = json_request(path, &body);
    let headers = request.headers_mut();
    headers.insert(ACCEPT, "application/json".parse().unwrap());
    browser.send(request).await
}

pub(super) async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.session().await != Value::Null
}

pub(super) async fn two_browsers(strategy: Strategy) -> (App, Browser, Browser) {
    let app = Setup::listing(strategy).app();
    let first = app.signed_in("ada@example.com").await;
    app.clock.advance(std::time::Duration::from_secs(60));
    let second = app.signed_in("ada@example.com").await;
    app.clock.advance(std::time::Duration::from_secs(60));
    (app, first, second)
}
