//! Hallpass as a library, for what `hallpass serve` has no settings for: credentials that the application judges, and
//! pages of its own.

use std::num::NonZeroUsize;
use std::sync::Arc;

use hallpass::Auth;
use hallpass::auth::directory::{DirectorySettings, TokenSignOut};
use hallpass::auth::limit::LimitRules;
use hallpass::auth::mail::mailbox::Mailbox;
use hallpass::auth::origin::{HostTrust, Origin};
use hallpass::auth::outgoing::ReqwestClient;
use hallpass::auth::providers::{
    AuthorizeError, Authorized, Confirm, CredentialField, Credentials, CredentialsProvider,
    EmailProvider, Newcomers, PasskeyProvider,
};
use hallpass::auth::secret::Secret;
use hallpass::auth::secrets::Secrets;
use hallpass::auth::session::Strategy;
use hallpass::auth::{Pages, Strictness};
use hallpass::system::SystemClock;
use tokio::net::TcpListener;

use super::setup::{SECRET, Setup};
use crate::harness::service::Service;
use crate::interop::server::Server;

/// Starts the routes on a port of their own.
pub(super) async fn start(setup: &Setup, database: &str, service: &Service) -> Server {
    let client = hallpass::open(database, hallpass::PRISMA_LAYOUT).await;
    let client = client.expect("the database opens");
    let room = NonZeroUsize::new(100).expect("some");
    let mailbox = Mailbox::new(Arc::new(SystemClock), room);
    let auth = auth(setup, &client, &mailbox, service);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("a port").port();
    tokio::spawn(async move { axum::serve(listener, hallpass::routes(&auth)).await });
    Server::Library(port, mailbox)
}

fn auth(setup: &Setup, client: &hallpass::Client, mailbox: &Mailbox, service: &Service) -> Auth {
    let url = setup.address.0.parse().expect("an address");
    let strategy = match setup.strategy {
        "jwt" => Strategy::Jwt,
        _ => Strategy::Database,
    };
    let email = EmailProvider::new("email", "no-reply@example.com", Arc::new(mailbox.clone()));
    let mut builder = hallpass::builder(client)
        .expect("the tables are ours")
        .secrets(Secrets::new([Secret::new(SECRET)]).expect("a secret"))
        .origin(Origin::of(&url).expect("an address"))
        .base_path(setup.address.base())
        .trust_host(HostTrust::Trusted)
        .session_strategy(strategy)
        .session_directory_settings(DirectorySettings {
            sign_out: TokenSignOut::CookieOnly,
            ..DirectorySettings::default()
        })
        .limits(LimitRules::none())
        .provider(email.confirm(Confirm::Never));
    if setup.credentials {
        // Auth.js keeps no sessions of credentials in the database.
        builder = builder
            .strictness(Strictness::AsAuthJs)
            .provider(credentials());
    }
    if let Some(services) = setup.services {
        let http = ReqwestClient::new().expect("a client");
        builder = builder.http_client(Arc::new(http));
        for way in services.ways() {
            builder = builder.provider(way.hallpass(service));
        }
    }
    if setup.passkeys {
        let admitting = |provider: PasskeyProvider| provider.newcomers(Newcomers::Admitted);
        builder = builder
            .provider(admitting(PasskeyProvider::passkey()))
            .provider(admitting(PasskeyProvider::webauthn()).without_autofill());
    }
    if let Some(pages) = setup.pages {
        builder = builder.pages(Pages {
            sign_in: Some(pages.sign_in.to_owned()),
            sign_out: Some("/bye".to_owned()),
            error: Some(pages.error.to_owned()),
            verify_request: Some("/check-mail".to_owned()),
            new_user: Some("/welcome".to_owned()),
        });
    }
    builder.build().expect("the settings fit together")
}

/// As `interop/authjs/config.mjs` has it.
fn credentials() -> CredentialsProvider {
    CredentialsProvider::with("credentials", judge)
        .named("Password")
        .field(CredentialField::new("email").label("Email").kind("email"))
        .field(
            CredentialField::new("password")
                .label("Password")
                .kind("password"),
        )
}

async fn judge(given: Credentials) -> Result<Option<Authorized>, AuthorizeError> {
    match given.text("password") {
        Some("throw") => Err(std::io::Error::other("scripted failure"))?,
        Some("locked") => Err(AuthorizeError::refused("locked")),
        Some("correct horse") => Ok(given.text("email").and_then(find)),
        _ => Ok(None),
    }
}

fn find(email: &str) -> Option<Authorized> {
    let (id, name) = match email {
        "ann@example.com" => (Some("1"), Some("Ann")),
        "new@example.com" => (None, None),
        _ => return None,
    };
    Some(Authorized {
        id: id.map(str::to_owned),
        name: name.map(str::to_owned),
        email: Some(email.to_owned()),
        ..Authorized::default()
    })
}
