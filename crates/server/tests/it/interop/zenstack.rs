//! ZenStack's unmodified clients in Chromium, on one origin with Hallpass (`interop/zenstack-client`): the fetch client, and the
//! hooks for `TanStack` Query over React.

use std::path::Path;

use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use super::node::Node;
use crate::browser::WIDE;
use crate::browser::driver::{Browser, Driver};
use crate::harness::{Binary, MailService, Running};
use hallpass_db::testing::{TestDatabase, sqlite};

/// A browser on the page, with Hallpass behind it.
struct Stage {
    page: Client,
    origin: String,
    mail: MailService,
    browser: Browser,
    _site: Node,
    _hallpass: Running,
    _driver: Driver,
    _database: TestDatabase,
}

impl Stage {
    /// `None` where there is no browser and none is required.
    async fn open(strategy: &str) -> Option<Self> {
        let driver = Driver::start()?;
        let database = sqlite().await;
        let mail = MailService::start().await;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interop/zenstack-client");
        let hallpass = Binary::serve(&database.address)
            .directory(&folder)
            .variable("HALLPASS_APP", "none")
            .variable("HALLPASS_SCHEMA", "schema.zmodel")
            .variable("AUTH_TRUST_HOST", "true")
            .variable("AUTH_SESSION_STRATEGY", strategy)
            .variable("AUTH_RESEND_KEY", "re_test")
            .variable("AUTH_RESEND_URL", &mail.url())
            .variable("EMAIL_FROM", "no-reply@example.com")
            .start();
        let site = Node::start("zenstack-client", &json!({ "hallpass": hallpass.port() }));
        let browser = Browser::open(&driver, WIDE).await;
        Some(Self {
            page: browser.client.clone(),
            origin: format!("http://localhost:{}", site.port),
            mail,
            browser,
            _site: site,
            _hallpass: hallpass,
            _driver: driver,
            _database: database,
        })
    }

    /// The page, in the name of whoever has this address and follows the link that is mailed there.
    async fn visit_as(&self, address: &str) {
        self.visit().await;
        let forgotten = self.page.delete_all_cookies().await;
        forgotten.expect("cookies can be removed");
        let ask = format!(
            "(async () => {{
                const {{ csrfToken }} = await (await fetch('/api/auth/csrf')).json();
                const body = new URLSearchParams({{ csrfToken, email: '{address}', callbackUrl: '/' }});
                return (await fetch('/api/auth/signin/email', {{ method: 'POST', body }})).status;
            }})()"
        );
        assert_eq!(self.value(&ask).await, 200, "{address}");
        let link = self.mail.newest_link().await;
        self.page
            .goto(&link)
            .await
            .expect("the link can be followed");
        self.visit().await;
    }

    async fn visit(&self) {
        self.page.goto(&self.origin).await.expect("the page loads");
        self.shows("status", "success").await;
    }

    /// Waits until the page says this.
    async fn shows(&self, id: &str, text: &str) {
        let text = if text.is_empty() {
            "not(text())".to_owned()
        } else {
            format!("text()='{text}'")
        };
        let place = format!("//p[@id='{id}' and {text}]");
        let found = self.page.wait().for_element(Locator::XPath(&place)).await;
        if let Err(error) = found {
            let source = self.page.source().await.unwrap_or_default();
            panic!("`{id}` is not {text} ({error}): {source}");
        }
    }

    /// How an expression over `stage` ends: `{value}`, or `{status, info, error}`.
    async fn outcome(&self, expression: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1], stage = window.stage, {{ client, hooks, Decimal }} = stage;
             stage.outcome((async () => {expression})()).then(done);"
        );
        let outcome = self.page.execute_async(&script, Vec::new()).await;
        outcome.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    async fn value(&self, expression: &str) -> Value {
        let mut outcome = self.outcome(expression).await;
        assert!(outcome.get("error").is_none(), "{expression}: {outcome}");
        outcome["value"].take()
    }

    /// Status of a failure, and its `info`.
    async fn failure(&self, expression: &str) -> (Value, Value) {
        let mut outcome = self.outcome(expression).await;
        assert!(outcome.get("error").is_some(), "{expression}: {outcome}");
        (outcome["status"].take(), outcome["info"].take())
    }
}

/// A row with a value of every kind that JSON lacks.
const RICH: &str = "{ id: 1, title: 'milk', at: new Date('2026-01-02T03:04:05.678Z'), price: new Decimal('1234567890.12'),
    big: 9007199254740993n, bytes: new Uint8Array([0, 1, 254, 255]) }";

fn rich() -> Value {
    json!({
        "at": "Date 2026-01-02T03:04:05.678Z",
        "price": "Decimal 1234567890.12",
        "big": "BigInt 9007199254740993",
        "bytes": "Bytes 0,1,254,255",
    })
}

const VALUES: &str = "at: true, price: true, big: true, bytes: true";

#[tokio::test]
async fn the_fetch_client_reads_and_writes_every_kind_of_value() {
    for strategy in ["database", "jwt"] {
        let Some(stage) = Stage::open(strategy).await else {
            return;
        };
        stage.visit_as("ann@example.com").await;
        let created = format!("client.thing.create({{ data: {RICH}, select: {{ {VALUES} }} }})");
        assert_eq!(stage.value(&created).await, rich(), "{strategy}");
        let found =
            format!("client.thing.findUnique({{ where: {{ id: 1 }}, select: {{ {VALUES} }} }})");
        assert_eq!(stage.value(&found).await, rich());
        let many = format!("client.thing.findMany({{ select: {{ {VALUES} }} }})");
        assert_eq!(stage.value(&many).await, json!([rich()]));
        // What is compared travels in the address, with its meta.
        for (filter, count) in [
            ("at: new Date('2026-01-02T03:04:05.678Z')", 1),
            ("at: { lt: new Date('2026-01-02T03:04:05.678Z') }", 0),
            ("price: new Decimal('1234567890.12')", 1),
            ("price: { gt: new Decimal('1234567890.12') }", 0),
            ("big: 9007199254740993n", 1),
            ("big: 9007199254740992n", 0),
            ("bytes: new Uint8Array([0, 1, 254, 255])", 1),
            ("bytes: new Uint8Array([0])", 0),
        ] {
            let call = format!("client.thing.count({{ where: {{ {filter} }} }})");
            assert_eq!(stage.value(&call).await, count, "{filter}");
        }
        let updated = "client.thing.update({ where: { id: 1 }, data: { big: { increment: 1 }, at: null,
            parts: { create: { id: 1, since: new Date(0) } } }, select: { big: true, at: true, parts: { select: { since: true } } } })";
        let expected = json!({
            "big": "BigInt 9007199254740994", "at": "null",
            "parts": [{"since": "Date 1970-01-01T00:00:00.000Z"}],
        });
        assert_eq!(stage.value(updated).await, expected);
        let deleted = "client.thing.delete({ where: { id: 1 }, select: { big: true } })";
        assert_eq!(
            stage.value(deleted).await,
            json!({"big": "BigInt 9007199254740994"})
        );
        assert_eq!(
            stage
                .value("client.thing.exists({ where: { id: 1 } })")
                .await,
            false
        );
        stage.browser.close().await;
    }
}

#[tokio::test]
async fn the_fetch_client_understands_what_is_refused() {
    let Some(stage) = Stage::open("database").await else {
        return;
    };
    stage.visit_as("ann@example.com").await;
    let (status, info) = stage
        .failure("client.thing.create({ data: { id: 1, title: 'x', ownerId: 'somebody' } })")
        .await;
    assert_eq!(
        (status, &info["rejectedByPolicy"]),
        (json!(403), &json!(true)),
        "{info}"
    );
    let (status, info) = stage
        .failure("client.thing.create({ data: { id: 1, title: '' } })")
        .await;
    assert_eq!(
        (status, &info["rejectedByValidation"]),
        (json!(422), &json!(true)),
        "{info}"
    );
    let (status, info) = stage
        .failure("client.thing.update({ where: { id: 9 }, data: { title: 'x' } })")
        .await;
    assert_eq!(
        (status, &info["reason"]),
        (json!(404), &json!("not-found")),
        "{info}"
    );
    // Closed: not there, however it is asked for.
    let (status, info) = stage.failure("client.user.findMany()").await;
    assert_eq!(
        (status, &info["message"]),
        (json!(400), &json!("unknown model name: user"))
    );
    let (status, _) = stage
        .failure("client.thing.findMany({ include: { owner: true } })")
        .await;
    assert_eq!(status, 422);
    // Several as one: all, or nothing.
    let (status, _) = stage
        .failure(
            "client.$transaction([{ model: 'Thing', op: 'create', args: { data: { id: 1, title: 'a' } } },
             { model: 'Thing', op: 'create', args: { data: { id: 1, title: 'b' } } }])",
        )
        .await;
    assert_eq!(status, 400);
    assert_eq!(stage.value("client.thing.count()").await, 0);
    // With a date among what is sent the client sends no array, which ZenStack's own server refuses, too.
    let both = "client.thing.create({ data: { id: 1, title: 'a', at: new Date(0) } }).then(() => client.$transaction([
        { model: 'Thing', op: 'update', args: { where: { id: 1 }, data: { title: 'b' } } },
        { model: 'Thing', op: 'findMany', args: { select: { title: true, at: true } } }])).then((all) => all[1])";
    let expected = json!([{"title": "b", "at": "Date 1970-01-01T00:00:00.000Z"}]);
    assert_eq!(stage.value(both).await, expected);
    stage.browser.close().await;
}

#[tokio::test]
async fn the_hooks_show_what_is_there_and_learn_what_changes() {
    let Some(stage) = Stage::open("database").await else {
        return;
    };
    // Nobody reads nothing.
    stage.visit().await;
    stage.shows("things", "").await;
    stage.shows("count", "0").await;

    stage.visit_as("ann@example.com").await;
    stage.shows("count", "0").await;
    stage
        .value("void await hooks.create({ data: { id: 1, title: 'milk', at: new Date(0) } })")
        .await;
    stage.shows("things", "milk:0").await;
    stage.shows("count", "1").await;
    stage
        .value("void await hooks.update({ where: { id: 1 }, data: { title: 'bread', parts: { create: { id: 1 } } } })")
        .await;
    stage.shows("things", "bread:1").await;
    let (status, info) = stage
        .failure("hooks.create({ data: { id: 2, title: 'x', ownerId: 'somebody' } })")
        .await;
    assert_eq!(
        (status, &info["rejectedByPolicy"]),
        (json!(403), &json!(true))
    );
    stage
        .value("void await hooks.remove({ where: { id: 1 } })")
        .await;
    stage.shows("things", "").await;
    stage.shows("count", "0").await;

    stage
        .value("client.thing.create({ data: { id: 3, title: 'hers' } })")
        .await;
    stage.visit_as("bob@example.com").await;
    stage.shows("count", "0").await;
    stage.browser.close().await;
}
