//! The unmodified `next-auth/react` and `next-auth/webauthn` in Chromium, on one origin with Hallpass (`interop/next-auth-client`).
//!
//! The page shows what `useSession` knows, and the tests call the client's own functions in it.

use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use super::authjs::Options;
use super::node::Node;
use super::passwords;
use crate::browser::WIDE;
use crate::browser::authenticator::{add_authenticator, count_keys};
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
    database: TestDatabase,
}

impl Stage {
    /// `None` where there is no browser and none is required.
    async fn open(strategy: &str) -> Option<Self> {
        let driver = Driver::start()?;
        let database = sqlite().await;
        let mail = MailService::start().await;
        let hallpass = Binary::serve(&database.address)
            .variable("AUTH_TRUST_HOST", "true")
            .variable("AUTH_SESSION_STRATEGY", strategy)
            .variable("HALLPASS_PASSWORD", "true")
            .variable("HALLPASS_PASSKEYS", "true")
            .variable("AUTH_RESEND_KEY", "re_test")
            .variable("AUTH_RESEND_URL", &mail.url())
            .variable("EMAIL_FROM", "no-reply@example.com")
            .start();
        let site = Node::start("next-auth-client", &json!({ "hallpass": hallpass.port() }));
        let browser = Browser::open(&driver, WIDE).await;
        let stage = Self {
            page: browser.client.clone(),
            origin: format!("http://localhost:{}", site.port),
            mail,
            browser,
            _site: site,
            _hallpass: hallpass,
            _driver: driver,
            database,
        };
        stage.visit("/").await;
        Some(stage)
    }

    /// Without waiting for the client, which may leave the page at once.
    async fn go(&self, path: &str) {
        let url = format!("{}{path}", self.origin);
        self.page.goto(&url).await.expect("the page loads");
    }

    /// Until the client knows the session: a call made while it asks for it gets a CSRF token that the answer to the other
    /// replaces, with Auth.js too.
    async fn visit(&self, path: &str) {
        self.go(path).await;
        let known = "//p[@id='status' and text()!='loading']";
        let found = self.page.wait().for_element(Locator::XPath(known)).await;
        found.expect("the client knows the session");
    }

    /// The result of a call such as `getSession()` of the client.
    async fn call(&self, call: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             window.client.{call}.then((value) => done({{ value: value ?? null }}), (error) => done({{ error: String(error) }}));"
        );
        let outcome = self.page.execute_async(&script, Vec::new()).await;
        let outcome = outcome.unwrap_or_else(|error| panic!("{call}: {error}"));
        assert!(outcome.get("error").is_none(), "{call}: {outcome}");
        outcome["value"].clone()
    }

    /// A call that leaves the page.
    async fn leave(&self, call: &str) {
        let script = format!("window.client.{call}");
        let left = self.page.execute(&script, Vec::new()).await;
        left.unwrap_or_else(|error| panic!("{call}: {error}"));
    }

    /// Waits until `useSession` says this.
    async fn shows(&self, status: &str, email: &str) {
        let text = if email.is_empty() {
            "not(text())".to_owned()
        } else {
            format!("text()='{email}'")
        };
        let place =
            format!("//main[p[@id='status' and text()='{status}'] and p[@id='email' and {text}]]");
        let found = self.page.wait().for_element(Locator::XPath(&place)).await;
        if let Err(error) = found {
            let source = self.page.source().await.unwrap_or_default();
            panic!("not {status} as `{email}` ({error}): {source}");
        }
    }

    /// Waits until the browser is at this address below the origin.
    async fn is_at(&self, path: &str) {
        let url = format!("{}{path}", self.origin)
            .parse()
            .expect("an address");
        if let Err(error) = self.page.wait().for_url(&url).await {
            let here = self.page.current_url().await.expect("an address");
            panic!("not at {path} but at {here} ({error})");
        }
    }

    async fn sign_in(&self, email: &str) {
        let call =
            format!("signIn('email', {{ email: '{email}', redirect: false, callbackUrl: '/' }})");
        let answer = self.call(&call).await;
        assert_eq!(answer["ok"], true, "{answer}");
        let link = self.mail.newest_link().await;
        self.page
            .goto(&link)
            .await
            .expect("the link can be followed");
        self.is_at("/").await;
        self.shows("authenticated", email).await;
    }

    async fn close(self) {
        self.browser.close().await;
    }
}

#[tokio::test]
async fn a_visitor_signs_in_by_mail_and_out() {
    for strategy in ["database", "jwt"] {
        let Some(stage) = Stage::open(strategy).await else {
            return;
        };
        stage.shows("unauthenticated", "").await;
        assert_eq!(stage.call("getSession()").await, Value::Null);
        let providers = stage.call("getProviders()").await;
        assert_eq!(providers["email"]["type"], "email", "{providers}");
        let token = stage.call("getCsrfToken()").await;
        assert_eq!(token.as_str().map(str::len), Some(64), "{token}");

        let asked = stage
            .call(
                "signIn('email', { email: 'ann@example.com', redirect: false, callbackUrl: '/' })",
            )
            .await;
        let verify = format!(
            "{}/api/auth/verify-request?provider=email&type=email",
            stage.origin
        );
        assert_eq!(
            asked,
            json!({ "error": null, "code": null, "status": 200, "ok": true, "url": verify })
        );
        let link = stage.mail.newest_link().await;
        stage
            .page
            .goto(&link)
            .await
            .expect("the link can be followed");
        stage.is_at("/").await;
        stage.shows("authenticated", "ann@example.com").await;

        let session = stage.call("getSession()").await;
        assert_eq!(session["user"]["email"], "ann@example.com");
        assert!(session["expires"].is_string(), "{session}");

        let left = stage
            .call("signOut({ redirect: false, callbackUrl: '/bye' })")
            .await;
        assert_eq!(left, json!({ "url": format!("{}/bye", stage.origin) }));
        stage.shows("unauthenticated", "").await;
        assert_eq!(stage.call("getSession()").await, Value::Null);
        stage.close().await;
    }
}

#[tokio::test]
async fn redirects_lead_where_the_client_expects() {
    let Some(stage) = Stage::open("database").await else {
        return;
    };
    stage.shows("unauthenticated", "").await;
    // Without a provider, and with one that is not there: the sign-in page, which knows where to return.
    for call in ["signIn()", "signIn('nobody')"] {
        stage.visit("/?from=here").await;
        stage.shows("unauthenticated", "").await;
        stage.leave(call).await;
        let page = stage.page.wait();
        page.for_element(Locator::Css("#submitButton"))
            .await
            .expect("the sign-in page");
        let here = stage.page.current_url().await.expect("an address");
        let back = format!("{}/?from=here", stage.origin);
        let query: Vec<_> = here.query_pairs().into_owned().collect();
        assert_eq!(here.path(), "/api/auth/signin");
        assert_eq!(query, [("callbackUrl".to_owned(), back)]);
    }
    // A page for people who are signed in.
    stage.go("/?required").await;
    let page = stage.page.wait();
    page.for_element(Locator::Css(".error"))
        .await
        .expect("the sign-in page says why");
    let here = stage.page.current_url().await.expect("an address");
    assert!(
        here.query_pairs()
            .any(|(name, value)| name == "error" && value == "SessionRequired"),
        "{here}"
    );

    stage.visit("/").await;
    stage.shows("unauthenticated", "").await;
    stage
        .leave("signIn('email', { email: 'ann@example.com' })")
        .await;
    stage
        .is_at("/api/auth/verify-request?provider=email&type=email")
        .await;

    stage.visit("/").await;
    stage.sign_in("ann@example.com").await;
    stage.leave("signOut({ callbackUrl: '/bye' })").await;
    stage.is_at("/bye").await;
    stage.shows("unauthenticated", "").await;
    stage.close().await;
}

/// The client wants an absolute URL in every answer, and shows the status.
#[tokio::test]
async fn who_asks_too_often_is_told() {
    let Some(stage) = Stage::open("database").await else {
        return;
    };
    let call = "signIn('email', { email: 'ann@example.com', redirect: false })";
    for _ in 0..5 {
        let asked = stage.call(call).await;
        assert_eq!(asked["status"], 200, "{asked}");
    }
    let refused = stage.call(call).await;
    assert_eq!(
        refused,
        json!({ "error": "TooManyRequests", "code": null, "status": 429, "ok": false, "url": null })
    );
    stage.close().await;
}

#[tokio::test]
async fn a_visitor_signs_in_by_password() {
    const PASSWORD: &str = "correct horse battery staple";
    for strategy in ["database", "jwt"] {
        let Some(stage) = Stage::open(strategy).await else {
            return;
        };
        let authjs = Options::at("http://app.test/api/auth", "unused").start();
        let hash = passwords::hash(&authjs, PASSWORD).await;
        passwords::add_user(&stage.database.address, "ann@example.com", &hash).await;
        stage.shows("unauthenticated", "").await;

        let by = |email: &str, password: &str| {
            format!(
                "signIn('password', {{ email: '{email}', password: '{password}', redirect: false }})"
            )
        };
        for call in [
            by("ann@example.com", "wrong"),
            by("nobody@example.com", PASSWORD),
        ] {
            let refused = stage.call(&call).await;
            assert_eq!(
                refused,
                json!({ "error": "CredentialsSignin", "code": "credentials", "status": 200, "ok": true, "url": null })
            );
            stage.shows("unauthenticated", "").await;
        }
        let entered = stage.call(&by("ann@example.com", PASSWORD)).await;
        let here = format!("{}/", stage.origin);
        assert_eq!(
            entered,
            json!({ "error": null, "code": null, "status": 200, "ok": true, "url": here })
        );
        // The page learns it without being loaded anew.
        stage.shows("authenticated", "ann@example.com").await;
        stage.call("signOut({ redirect: false })").await;
        stage.shows("unauthenticated", "").await;
        stage.close().await;
    }
}

#[tokio::test]
async fn a_person_adds_a_passkey_and_signs_in_with_it() {
    for strategy in ["database", "jwt"] {
        let Some(stage) = Stage::open(strategy).await else {
            return;
        };
        let by_passkey = |action: &str| {
            format!("signInByPasskey('passkey', {{ {action} redirect: false, callbackUrl: '/' }})")
        };
        let entered = json!({
            "error": null, "code": null, "status": 200, "ok": true, "url": format!("{}/", stage.origin)
        });
        stage.sign_in("ann@example.com").await;
        let device = add_authenticator(&stage.page).await;
        let added = stage.call(&by_passkey("action: 'register',")).await;
        assert_eq!(added, entered);
        assert_eq!(count_keys(&stage.page, &device).await, 1);
        stage.shows("authenticated", "ann@example.com").await;

        // Without an action the server chooses; nobody is signed in, so it asks for a key.
        for action in ["action: 'authenticate',", ""] {
            stage.call("signOut({ redirect: false })").await;
            stage.shows("unauthenticated", "").await;
            let signed_in = stage.call(&by_passkey(action)).await;
            assert_eq!(signed_in, entered, "{action}");
            stage.shows("authenticated", "ann@example.com").await;
        }
        stage.close().await;
    }
}

#[tokio::test]
async fn update_renews_the_session() {
    for strategy in ["database", "jwt"] {
        let Some(stage) = Stage::open(strategy).await else {
            return;
        };
        stage.sign_in("ann@example.com").await;
        for call in ["update()", "update({ name: 'Ann' })"] {
            let session = stage.call(call).await;
            assert_eq!(
                session["user"]["email"], "ann@example.com",
                "{call}: {session}"
            );
            stage.shows("authenticated", "ann@example.com").await;
        }
        stage.close().await;
    }
}

#[tokio::test]
async fn what_happens_in_one_tab_is_seen_in_the_other() {
    let Some(stage) = Stage::open("database").await else {
        return;
    };
    stage.sign_in("ann@example.com").await;
    let first = stage.page.window().await.expect("a tab");
    let second = stage.page.new_window(true).await.expect("a tab").handle;
    let to = async |tab: &fantoccini::wd::WindowHandle| {
        let switched = stage.page.switch_to_window(tab.clone()).await;
        switched.expect("the tab is there");
    };
    to(&second).await;
    stage.visit("/second").await;
    stage.shows("authenticated", "ann@example.com").await;
    mark(&stage).await;

    // Signed out in the first: the second learns it by itself.
    to(&first).await;
    stage.call("signOut({ redirect: false })").await;
    to(&second).await;
    stage.shows("unauthenticated", "").await;

    // Signed in in the first: the second learns it when its session is asked for anew.
    to(&first).await;
    stage.sign_in("bob@example.com").await;
    stage.call("getSession()").await;
    to(&second).await;
    stage.shows("authenticated", "bob@example.com").await;
    assert!(
        is_marked(&stage).await,
        "the second tab was never loaded anew"
    );

    // Ended elsewhere, without the client: seen when somebody looks at the tab.
    to(&first).await;
    let gone = "fetch('/api/auth/csrf').then((answer) => answer.json()).then(({ csrfToken }) => \
                fetch('/api/auth/signout', { method: 'POST', redirect: 'manual', body: new URLSearchParams({ csrfToken }) }))\
                .then(() => arguments[arguments.length - 1]())";
    stage
        .page
        .execute_async(gone, Vec::new())
        .await
        .expect("signed out");
    to(&second).await;
    let look = "document.dispatchEvent(new Event('visibilitychange'))";
    stage
        .page
        .execute(look, Vec::new())
        .await
        .expect("looked at");
    stage.shows("unauthenticated", "").await;
    assert!(
        is_marked(&stage).await,
        "the second tab was never loaded anew"
    );
    stage.close().await;
}

/// A page that is loaded anew has lost it.
async fn mark(stage: &Stage) {
    let marked = stage.page.execute("window.mark = true", Vec::new()).await;
    marked.expect("the page can be marked");
}

async fn is_marked(stage: &Stage) -> bool {
    let mark = stage
        .page
        .execute("return window.mark === true", Vec::new())
        .await;
    mark.expect("the page can be asked") == true
}
