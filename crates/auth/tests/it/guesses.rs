//! Limits of guesses at passwords and codes: who waits, who does not, and what ends the wait.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hallpass_auth::AuthBuilder;
use hallpass_auth::adapter::AdapterError;
use hallpass_auth::client::PeerAddress;
use hallpass_auth::limit::{LimitKey, Limiter, MemoryLimiter, Quota, Taken};
use hallpass_auth::providers::{
    Authorized, CredentialField, Credentials, CredentialsProvider, EmailProvider,
};
use hallpass_auth::secret::LinkToken;
use hallpass_auth::session::Strategy;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use crate::app::{App, Browser, Setup, form, get};

const DAY: Duration = Duration::from_secs(86_400);
const REFUSED: StatusCode = StatusCode::TOO_MANY_REQUESTS;

/// Everybody's password is `right`.
fn provider() -> CredentialsProvider {
    CredentialsProvider::with("credentials", async |credentials: Credentials| {
        let is_right = credentials.text("password") == Some("right");
        let email = credentials.text("email").map(str::to_owned);
        Ok(is_right.then(|| Authorized {
            id: email.clone(),
            email,
            ..Authorized::default()
        }))
    })
    .field(CredentialField::new("email"))
    .field(CredentialField::new("password"))
}

fn app() -> App {
    app_with(|builder| builder)
}

fn app_with(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> App {
    Setup::of(Strategy::Jwt).app_with(|builder| change(builder.provider(provider())))
}

async fn try_from(app: &App, client: &str, email: &str, password: &str) -> StatusCode {
    let mut browser = Browser::new(app);
    let token = browser.csrf().await;
    let members = [
        ("csrfToken", token.as_str()),
        ("email", email),
        ("password", password),
    ];
    let mut request = form("/auth/callback/credentials", &members);
    let peer = PeerAddress(client.parse().unwrap());
    request.extensions_mut().insert(peer);
    browser.send(request).await.status
}

/// How many of so many wrong guesses are refused without a look at them.
async fn refusals(app: &App, client: &str, email: &str, guesses: usize) -> usize {
    let mut refused = 0;
    for _ in 0..guesses {
        let status = try_from(app, client, email, "wrong").await;
        refused += usize::from(status == REFUSED);
    }
    refused
}

#[tokio::test]
async fn who_guesses_waits_longer_and_longer_and_the_owner_does_not() {
    let app = app();
    let (thief, owner) = ("203.0.113.9", "192.0.2.7");
    assert_eq!(refusals(&app, thief, "ada@example.com", 12).await, 2);
    app.clock.advance(Duration::from_secs(900));
    assert_eq!(refusals(&app, thief, "ada@example.com", 12).await, 2);
    app.clock.advance(Duration::from_secs(900));
    assert_eq!(refusals(&app, thief, "ada@example.com", 12).await, 2);
    app.clock.advance(Duration::from_secs(900));
    let all = refusals(&app, thief, "ada@example.com", 3).await;
    assert_eq!(all, 3, "thirty in a day are enough");
    let right = try_from(&app, thief, "ada@example.com", "right").await;
    assert_eq!(right, REFUSED, "not even a right one is looked at");
    let owner = try_from(&app, owner, "ada@example.com", "right").await;
    assert_eq!(owner, StatusCode::FOUND);
}

#[tokio::test]
async fn a_right_password_forgets_the_wrong_ones_before_it() {
    let app = app();
    for _ in 0..5 {
        assert_eq!(refusals(&app, "192.0.2.7", "ada@example.com", 9).await, 0);
        let right = try_from(&app, "192.0.2.7", "ada@example.com", "right").await;
        assert_eq!(right, StatusCode::FOUND);
    }
}

/// SECURITY: whoever has an account of one's own gains no guesses at others by it.
#[tokio::test]
async fn right_passwords_of_one_account_buy_no_guesses_at_others() {
    let app = app();
    let mut refused = 0;
    for number in 0..60 {
        let victim = format!("victim{number}@example.com");
        refused += refusals(&app, "203.0.113.9", &victim, 1).await;
        try_from(&app, "203.0.113.9", "thief@example.com", "right").await;
    }
    assert_eq!(refused, 10, "fifty guesses of one client");
}

#[tokio::test]
async fn an_office_signs_in_behind_one_address() {
    let app = app();
    for number in 0..80 {
        let email = format!("user{number}@example.com");
        let right = try_from(&app, "192.0.2.7", &email, "right").await;
        assert_eq!(right, StatusCode::FOUND, "{number}");
    }
}

/// NIST SP 800-63B-4 section 3.2.2: at most 100 failures in a row, from wherever they come; a proof by mail ends that.
#[tokio::test]
async fn nist_sp_800_63b_4_a_hundred_failures_in_a_row_end_the_password_until_the_mailbox_is_proven()
 {
    let app = app();
    let mut judged = 0;
    for number in 0..30 {
        let client = format!("203.0.113.{number}");
        judged += 5 - refusals(&app, &client, "ada@example.com", 5).await;
        app.clock.advance(DAY);
    }
    assert_eq!(judged, 100);
    let owner = "192.0.2.7";
    assert_eq!(
        try_from(&app, owner, "ada@example.com", "right").await,
        REFUSED
    );
    let other = try_from(&app, owner, "eve@example.com", "right").await;
    assert_eq!(other, StatusCode::FOUND, "another account");
    app.signed_in("ada@example.com").await;
    let right = try_from(&app, owner, "ada@example.com", "right").await;
    assert_eq!(right, StatusCode::FOUND);
}

#[tokio::test]
async fn operators_can_let_somebody_in_again() {
    let app = app();
    for number in 0..12 {
        let client = format!("203.0.113.{number}");
        refusals(&app, &client, "ada@example.com", 9).await;
    }
    assert_eq!(
        try_from(&app, "192.0.2.7", "ada@example.com", "right").await,
        REFUSED
    );
    app.auth.forgive_failures("ada@example.com").await;
    let right = try_from(&app, "192.0.2.7", "ada@example.com", "right").await;
    assert_eq!(right, StatusCode::FOUND);
}

/// CVE-2024-4629: of many guesses at once only as many are judged as may be.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cve_2024_4629_guesses_at_once_do_not_slip_through() {
    let app = app();
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let app = app.clone();
        guesses.spawn(async move { refusals(&app, "203.0.113.9", "ada@example.com", 1).await });
    }
    let refused: usize = guesses.join_all().await.into_iter().sum();
    assert_eq!(refused, 50);
}

#[tokio::test]
async fn codes_of_the_applications_own_are_guessed_at_twenty_times() {
    let mailbox = Setup::default().app().mailbox;
    let codes = EmailProvider::new("code", "login@example.com", Arc::new(mailbox))
        .generate_with(|| LinkToken::new("123456"));
    let app = Setup::default().app_with(|builder| {
        builder.provider(codes.confirm(hallpass_auth::providers::Confirm::Never))
    });
    let guess = async |provider: &str, client: usize| {
        let path = format!("/auth/callback/{provider}?token=000000&email=ada%40example.com");
        let mut request = get(&path);
        let address = format!("203.0.113.{client}").parse().unwrap();
        request.extensions_mut().insert(PeerAddress(address));
        app.send(request).await.status
    };
    let mut refused = 0;
    for client in 0..25 {
        refused += usize::from(guess("code", client).await == REFUSED);
        // Ours are 256 bits, so nobody needs to be kept from them, and nobody can be kept out.
        assert_eq!(guess("nodemailer", client).await, StatusCode::FOUND);
    }
    assert_eq!(refused, 5);
}

/// A shared store of counters that can be switched off.
#[derive(Clone, Default)]
struct Shared {
    counters: Arc<MemoryLimiter>,
    is_away: Arc<std::sync::atomic::AtomicBool>,
}

impl Shared {
    fn enter(&self) -> Result<(), AdapterError> {
        if self.is_away.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(AdapterError::Unavailable("gone".into()));
        }
        Ok(())
    }

    fn set_away(&self, is_away: bool) {
        let switch = &self.is_away;
        switch.store(is_away, std::sync::atomic::Ordering::SeqCst);
    }
}

#[async_trait]
impl Limiter for Shared {
    async fn take(
        &self,
        key: &LimitKey,
        quota: Quota,
        now: Timestamp,
    ) -> Result<Taken, AdapterError> {
        self.enter()?;
        self.counters.take(key, quota, now).await
    }

    async fn give_back(&self, key: &LimitKey, now: Timestamp) -> Result<(), AdapterError> {
        self.enter()?;
        self.counters.give_back(key, now).await
    }

    async fn forget(&self, keys: &[LimitKey]) -> Result<(), AdapterError> {
        self.enter()?;
        self.counters.forget(keys).await
    }
}

#[tokio::test]
async fn replicas_with_one_store_count_together() {
    let shared = Shared::default();
    let [one, other] = [(); 2].map(|()| {
        let limiter = Arc::new(shared.clone());
        app_with(|builder| builder.limiter(limiter))
    });
    let mut refused = 0;
    for app in [&one, &other, &one] {
        refused += refusals(app, "203.0.113.9", "ada@example.com", 5).await;
    }
    assert_eq!(refused, 5);
}

/// The store of counters is neither a way to let everybody in nor one to keep everybody out.
#[tokio::test]
async fn while_the_shared_store_is_away_each_process_counts_for_itself() {
    let shared = Shared::default();
    let limiter = Arc::new(shared.clone());
    let app = app_with(|builder| builder.limiter(limiter));
    shared.set_away(true);
    assert_eq!(
        refusals(&app, "203.0.113.9", "ada@example.com", 15).await,
        5
    );
    let owner = try_from(&app, "192.0.2.7", "ada@example.com", "right").await;
    assert_eq!(owner, StatusCode::FOUND);
    shared.set_away(false);
    assert_eq!(
        refusals(&app, "203.0.113.9", "ada@example.com", 15).await,
        5
    );
}

/// A client may send JSON, and the application may find an account by it in its own way.
#[tokio::test]
async fn no_spelling_of_an_account_escapes_its_limits() {
    let long = "b".repeat(1025);
    let padded = format!("{}bob", " ".repeat(2000));
    let rows = [
        [json!("bob"), json!(" BOB "), json!(padded)],
        [json!(7), json!("7"), json!(7.0)],
        [json!(long), json!(null), json!(["bob"])],
    ];
    for spellings in rows {
        let app = app();
        let mut refused = 0;
        for spelling in spellings.iter().cycle().take(15) {
            let mut browser = Browser::new(&app);
            let token = browser.csrf().await;
            let body = json!({ "csrfToken": token, "email": spelling, "password": "wrong" });
            let request = crate::app::json("/auth/callback/credentials", &body);
            refused += usize::from(browser.send(request).await.status == REFUSED);
        }
        assert_eq!(refused, 5, "{}", spellings[1]);
    }
}
