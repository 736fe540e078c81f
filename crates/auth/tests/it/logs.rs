//! What the log tells, and what it never holds.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use hallpass_auth::AuthBuilder;
use hallpass_auth::origin::{HostTrust, Origin};
use hallpass_auth::session::Strategy;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::app::{Browser, Setup};

/// Keeps everything that is logged on this thread.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    /// All that was logged.
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

/// From now on all that is logged on this thread is kept, until the guard is dropped.
pub(crate) fn capture() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    (log, guard)
}

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        attributes.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// CVE-2022-31186: whatever happens, no address, token or secret reaches the log.
#[tokio::test]
async fn cve_2022_31186_no_secret_and_no_address_is_logged() {
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let app = Setup::of(strategy).app();
        let mut browser = Browser::new(&app);
        browser.ask("planted@example.com").await;
        let link = app.last_link();
        browser.follow(&link).await;
        browser.follow(&link).await;
        browser.ask("planted\"@example.com").await;
        browser.get("/auth/callback/planted?token=planted").await;
        browser.get("/auth/signin?callbackUrl=planted").await;
        browser
            .post_bare("/auth/signout", &[("csrfToken", "planted")])
            .await;
        app.store.go_away();
        browser.get("/auth/session").await;
        browser.ask("planted@example.com").await;
        app.store.come_back();
        browser.set_cookie("authjs.session-token", "planted");
        browser.get("/auth/session").await;
        let token = link
            .split("token=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        let log = log.0.lock().unwrap().clone();
        assert!(!log.contains(token), "{log}");
    }
    drop(guard);
    let log = log.0.lock().unwrap().clone();
    assert!(
        !log.contains("planted") && !log.contains(crate::app::SECRET),
        "{log}"
    );
    for said in [
        "Verification",
        "MissingCSRF",
        "AdapterError",
        "a sign-in link was sent",
    ] {
        assert!(log.contains(said), "{said} is not in {log}");
    }
}

/// GHSA-pgx2-m66h-x29f: the remedy is said at start, not only when the first person fails to sign in.
#[test]
fn ghsa_pgx2_m66h_x29f_a_program_without_public_url_is_told_what_to_set() {
    let origin = || Origin::parse("https://app.test").unwrap();
    let log = Log::default();
    let said = |change: &dyn Fn(AuthBuilder) -> AuthBuilder| {
        let guard = tracing::subscriber::set_default(log.clone());
        Setup::default().app_with(change);
        drop(guard);
        std::mem::take(&mut *log.0.lock().unwrap())
    };
    let log_of_nothing = said(&|builder| builder.trust_host(HostTrust::Untrusted));
    for remedy in ["AUTH_URL", "AUTH_TRUST_HOST=true"] {
        assert!(log_of_nothing.contains(remedy), "{log_of_nothing}");
    }
    assert_eq!(said(&|builder| builder), "");
    let configured = said(&|builder| builder.trust_host(HostTrust::Untrusted).origin(origin()));
    assert_eq!(configured, "");
}
