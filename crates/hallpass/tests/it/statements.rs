//! How many statements a sign-in by password takes, so that no change adds one unseen. The list stands in
//! `docs/design/passwords.md`.

use std::num::NonZeroUsize;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, Request, Response, header};
use hallpass::auth::Auth;
use hallpass::auth::account::Accounts;
use hallpass::auth::adapter::{Adapter as _, NewUser, UserId};
use hallpass::auth::client::ClientAddress;
use hallpass::auth::mail::mailbox::Mailbox;
use hallpass::auth::origin::HostTrust;
use hallpass::auth::password::{
    Algorithm, Hasher, HasherOptions, Password, PasswordSettings, PasswordStore as _,
};
use hallpass::auth::providers::PasswordProvider;
use hallpass::auth::second_factor::SecondFactorSettings;
use hallpass::auth::secret::Secret;
use hallpass::auth::secrets::Secrets;
use hallpass::auth::session::Strategy;
use hallpass::data::Source;
use hallpass::system::{SystemClock, SystemRandom};
use hallpass::{Client, DataAdapter, OWN_TABLES};
use hallpass_db::testing::{TestDatabase, Trace, databases};

const EMAIL: &str = "ann@example.org";
const PASSWORD: &str = "mauve ocelot lantern";

/// Who counts for the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    Database,
    Process,
}

/// As `hallpass serve` puts it together.
struct Application {
    auth: Auth,
    trace: Trace,
    /// A cookie, and the token that goes with it.
    csrf: (String, String),
}

fn quick() -> HasherOptions {
    HasherOptions {
        algorithm: Algorithm::Argon2id {
            memory_kib: 8,
            passes: 1,
            lanes: 1,
        },
        ..HasherOptions::default()
    }
}

impl Application {
    async fn open(test: &TestDatabase, strategy: Strategy, counts: Counts) -> Self {
        let (database, trace) = Trace::of(&test.database);
        let layout = Source {
            name: "guide.zmodel",
            text: include_str!("guide.zmodel"),
        };
        let sources: Vec<_> = [layout].iter().chain(OWN_TABLES).copied().collect();
        let schema = hallpass::data::zmodel::load(&sources).unwrap();
        let options = hallpass::client_options();
        let client = Client::new(database, Arc::new(schema), options).unwrap();
        client.create_missing_tables().await.unwrap();
        let adapter = DataAdapter::new(&client).unwrap();
        let adapter = adapter.password_field("password").unwrap();
        add_ann(&adapter).await;
        let mailbox = Mailbox::new(Arc::new(SystemClock), NonZeroUsize::new(1).unwrap());
        let accounts = Accounts::new(adapter.clone(), Arc::new(mailbox), "app@example.com");
        let mut builder = hallpass::builder_over(adapter.clone())
            .secrets(Secrets::new([Secret::new("a-secret-of-the-tests-0123456789")]).unwrap())
            .trust_host(HostTrust::Trusted)
            .session_strategy(strategy)
            .accounts(accounts)
            .second_factor(SecondFactorSettings::new(adapter.clone()))
            .passwords(PasswordSettings::new(adapter.clone()).hasher(quick()))
            .provider(PasswordProvider::new("password"));
        if counts == Counts::Database {
            builder = builder.limiter(Arc::new(adapter.limit_store().unwrap()));
        }
        let auth = builder.build().unwrap();
        let csrf = csrf(&auth).await;
        Self { auth, trace, csrf }
    }

    /// What the database is asked while somebody signs in; `password` is right or wrong.
    async fn sign_in(&self, password: &str) -> (Response<Bytes>, Vec<String>) {
        let (cookie, token) = &self.csrf;
        let password = password.replace(' ', "+");
        let form = format!("csrfToken={token}&email=ann%40example.org&password={password}");
        let mut request = Request::post("/api/auth/callback/password")
            .header(header::HOST, "localhost:3000")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .unwrap();
        let client = ClientAddress("198.51.100.1".parse().unwrap());
        request.extensions_mut().insert(client);
        self.trace.take();
        let answer = self.auth.handle(request).await;
        (answer, self.trace.take())
    }
}

async fn add_ann(adapter: &DataAdapter) {
    let ann = NewUser {
        proposed_id: UserId("ann".to_owned()),
        name: None,
        email: Some(EMAIL.to_owned()),
        email_verified: None,
        image: None,
        extra: Default::default(),
    };
    let ann = adapter.create_user(ann).await.unwrap();
    let hasher = Hasher::new(&quick(), Arc::new(SystemRandom));
    let hash = hasher
        .hash(Password::parse(PASSWORD).unwrap())
        .await
        .unwrap();
    assert!(adapter.set_password(&ann.id, None, hash).await.unwrap());
}

async fn csrf(auth: &Auth) -> (String, String) {
    let request = Request::get("/api/auth/csrf")
        .header(header::HOST, "localhost:3000")
        .body(Bytes::new())
        .unwrap();
    let answer = auth.handle(request).await;
    let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    let cookie = cookies(answer.headers()).next().unwrap();
    (cookie, body["csrfToken"].as_str().unwrap().to_owned())
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let cookies = headers.get_all(header::SET_COOKIE).into_iter();
    cookies.map(|cookie| {
        let cookie = cookie.to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    })
}

fn is_signed_in(answer: &Response<Bytes>) -> bool {
    cookies(answer.headers()).any(|cookie| cookie.contains("session-token="))
}

/// What is done, and to which table: `INSERT Session`.
fn short(statement: &str) -> String {
    let (later, text) = match statement.strip_prefix("later: ") {
        Some(text) => ("later: ", text),
        None => ("", statement),
    };
    let verb = text.split(' ').next().unwrap();
    let table = text.split(['"', '`']).collect::<Vec<_>>();
    // In a SELECT columns stand before it.
    let place = match verb {
        "SELECT" => table.iter().position(|part| part.ends_with("FROM ")),
        _ => table.len().checked_sub(2).map(|_| 0),
    };
    match place {
        Some(place) => format!("{later}{verb} {}", table[place + 1]),
        None => format!("{later}{verb}"),
    }
}

fn listed(statements: &[String]) -> Vec<String> {
    statements
        .iter()
        .map(|statement| short(statement))
        .collect()
}

/// What stands in the session's transaction.
const SESSION: &[&str] = &[
    "BEGIN",
    "UPDATE User",
    "later: INSERT Session",
    "later: INSERT hallpass_session",
    "later: INSERT hallpass_proof",
];

#[tokio::test]
async fn a_sign_in_by_password_takes_these_statements_and_no_more() {
    for test in databases().await {
        for strategy in [Strategy::Database, Strategy::Jwt] {
            for counts in [Counts::Database, Counts::Process] {
                let name = format!("{} {strategy:?} {counts:?}", test.name);
                let application = Application::open(&test, strategy, counts).await;
                // What is asked once by a process.
                application.sign_in(PASSWORD).await;
                let (answer, asked) = application.sign_in(PASSWORD).await;
                assert!(is_signed_in(&answer), "{name}");
                assert_eq!(listed(&asked), expected(&test, strategy, counts), "{name}");
                test.run("DELETE FROM hallpass_limit").await;
                test.run("DELETE FROM hallpass_password").await;
                clear(&test).await;
            }
        }
    }
}

async fn clear(test: &TestDatabase) {
    let table = if test.name == "mysql" {
        "`User`"
    } else {
        "\"User\""
    };
    test.run(&format!("DELETE FROM {table}")).await;
}

/// Of a database, with the second factor and the list of sessions.
fn expected(test: &TestDatabase, strategy: Strategy, counts: Counts) -> Vec<String> {
    // MariaDB does not tell how many rows an upsert changed, nor what an update did.
    let is_mysql = test.name == "mysql";
    let mut all: Vec<&str> = Vec::new();
    if counts == Counts::Database {
        match is_mysql {
            true => all.extend(["INSERT hallpass_limit"; 4]),
            false => all.push("INSERT hallpass_limit"),
        }
    }
    all.extend(["SELECT User", "SELECT hallpass_totp"]);
    let update: &[&str] = match is_mysql {
        true => &["SELECT User", "UPDATE User", "SELECT User"],
        false => &["UPDATE User"],
    };
    all.push("BEGIN");
    all.extend(update);
    if strategy == Strategy::Database {
        all.extend(&SESSION[2..]);
    }
    if counts == Counts::Database {
        all.push("later: UPDATE hallpass_limit");
    }
    all.push("COMMIT");
    if strategy == Strategy::Jwt {
        all.extend(["INSERT hallpass_session", "INSERT hallpass_proof"]);
    }
    all.into_iter().map(str::to_owned).collect()
}

/// Known, unknown and wrong take the same: nothing is told by the time.
#[tokio::test]
async fn a_wrong_password_is_counted_and_read_for_and_no_more() {
    for test in databases().await {
        let application = Application::open(&test, Strategy::Database, Counts::Database).await;
        application.sign_in(PASSWORD).await;
        let (answer, asked) = application.sign_in("another+password").await;
        assert!(!is_signed_in(&answer), "{}", test.name);
        let asked = listed(&asked);
        assert_eq!(asked.last().unwrap(), "SELECT User", "{}", test.name);
        let others = asked.iter().filter(|one| !one.ends_with("hallpass_limit"));
        assert_eq!(others.count(), 1, "{}: {asked:?}", test.name);
    }
}
