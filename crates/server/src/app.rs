//! Puts sign-in and application together.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use hallpass::auth::BeforeProof;
use hallpass::auth::Strictness;
use hallpass::auth::account::Accounts;
use hallpass::auth::limit::{Limiter, RedisLimiter};
use hallpass::auth::mail::Transport;
use hallpass::auth::origin::{HostTrust, Origin};
use hallpass::auth::outgoing::ReqwestClient;
use hallpass::auth::providers::oauth::OAuthProvider;
use hallpass::auth::providers::{Confirm, EmailProvider, PasskeyProvider};
use hallpass::auth::second_factor::{Require, SecondFactorSettings};
use hallpass::auth::secrets::Secrets;
use hallpass::auth::session::Strategy;
use hallpass::{Auth, AuthBuilder, DataAdapter, Readers};
use url::Url;

use crate::api;
use crate::audit::Auditing;
use crate::config::{
    App, Console, Data, LimitStore, Limits, Linked, Passkeys, Passwords, SecondFactor, Sessions,
};
use crate::console;
use crate::data::DataApi;
use crate::failure::Failure;
use crate::passwords;
use crate::store::Store;

/// The name of sign-in by mail in paths: `/api/auth/signin/email`.
const PROVIDER: &str = "email";

/// What a command decides about sign-in and application.
pub(crate) struct Settings {
    /// What signs and encrypts.
    pub(crate) secrets: Secrets,
    /// The public address. Without it the name in each request counts; `http::hosts` sees to it that it is one of ours.
    pub(crate) url: Option<Url>,
    /// Where sessions live.
    pub(crate) strategy: Strategy,
    /// How sessions are listed, ended, and kept.
    pub(crate) sessions: Sessions,
    /// When a link asks for a click.
    pub(crate) confirm: Confirm,
    /// Whether people have pages for their accounts, where mail can be sent.
    pub(crate) account_pages: bool,
    /// Who needs a second factor, where there are account pages.
    pub(crate) second_factor: SecondFactor,
    /// The sender of mails and what carries them; without, nobody signs in by mail.
    pub(crate) mail: Option<(String, Arc<dyn Transport>)>,
    /// Whether what Auth.js refuses is refused too.
    pub(crate) strict: Strictness,
    /// How passwords are kept; without, nobody signs in with one.
    pub(crate) passwords: Option<Passwords>,
    /// Sign-in by passkeys; without, nobody signs in with one.
    pub(crate) passkeys: Option<Passkeys>,
    /// What is shown at `/`.
    pub(crate) app: App,
    /// Who may read how the API is described, if anybody.
    pub(crate) api_docs: Option<Readers>,
    /// Who may enter the console; without, there is none.
    pub(crate) console: Option<Console>,
    /// What becomes of what a user had before the address was proven.
    pub(crate) before_proof: BeforeProof,
    /// How often what may be tried.
    pub(crate) limits: Limits,
    /// A deployment of ours whose address services know in place of this one's.
    pub(crate) redirect_proxy: Option<String>,
    /// Services where people have accounts.
    pub(crate) providers: Vec<OAuthProvider>,
    /// What becomes of the tokens that they give.
    pub(crate) linked: Linked,
    /// The data over HTTP.
    pub(crate) data: Data,
    /// The audit trail, where one is kept.
    pub(crate) auditing: Option<Auditing>,
}

/// Sign-in, and what is shown beside it.
#[derive(Debug)]
pub(crate) struct Application {
    /// Answers below its base path.
    pub(crate) auth: Auth,
    /// Answers below its paths, where any data is open.
    pub(crate) data: Option<DataApi>,
    /// Everything else.
    pub(crate) pages: Router,
}

/// Sign-in, and the application with its sessions.
///
/// # Errors
/// [`Failure`] says which setting cannot be used.
pub(crate) fn application(settings: Settings, store: &Store) -> Result<Application, Failure> {
    let (app, api_docs, data) = (settings.app, settings.api_docs, settings.data.clone());
    let console = settings.console.clone();
    let auditing = settings.auditing.clone();
    let passwords = settings.passwords.as_ref();
    let password_field = passwords.and_then(|passwords| passwords.field.clone());
    let auth = auth(settings, store)?;
    let api = DataApi::open(&data, store.client(), &auth)?;
    let pages = match app {
        App::Todos | App::Team => application_pages(store, &data).layer(hallpass::layer(&auth)),
        App::None => Router::new(),
    };
    let pages = match api_docs {
        Some(readers) => pages.merge(api::routes(readers, &auth, api.as_ref(), &data)),
        None => pages,
    };
    let pages = match &console {
        Some(console) => {
            let beside = (&auth, api.as_ref(), auditing);
            pages.merge(console::routes(
                console,
                password_field,
                store.client(),
                beside,
            )?)
        }
        None => pages,
    };
    let nothing = async || (StatusCode::NOT_FOUND, "There is nothing here.\n");
    Ok(Application {
        auth,
        data: api,
        pages: pages.fallback(nothing),
    })
}

/// The todo application, with the team board where there is one. Its pages follow a live query where there are any.
fn application_pages(store: &Store, data: &Data) -> Router {
    let client = store.client().clone();
    let Some(board) = store.board() else {
        return todos::app(client);
    };
    let board = match &data.rpc {
        Some(path) if data.live.is_some() => board.live_at(&format!("{path}/teamMember/live")),
        _ => board.clone(),
    };
    todos::app_with_board(client, board)
}

impl Application {
    /// With more pages.
    pub(crate) fn merge(self, pages: Router) -> Self {
        Self {
            pages: self.pages.merge(pages),
            ..self
        }
    }
}

fn auth(settings: Settings, store: &Store) -> Result<Auth, Failure> {
    let adapter = passwords::adapter(settings.passwords.as_ref(), store)?
        .session_tokens_at_rest(settings.sessions.at_rest)
        .account_tokens_at_rest(settings.linked.tokens)?;
    let mut auth = hallpass::builder_over(adapter.clone())
        .secrets(settings.secrets)
        .session_strategy(settings.strategy)
        .strictness(settings.strict)
        .session_directory_settings(settings.sessions.directory)
        .trust_host(HostTrust::Trusted)
        .before_proof(settings.before_proof)
        .server_keys(settings.linked.server_keys)
        .changing_ways_in(settings.linked.changing)
        .limits(settings.limits.rules)
        .trusted_proxies(settings.limits.proxies);
    if let Some(limiter) = limiter(&settings.limits.store, &adapter)? {
        auth = auth.limiter(limiter);
    }
    if let Some(url) = &settings.url {
        auth = auth.origin(Origin::of(url)?);
        // As next-auth: an address without a path leaves the routes where they are.
        if url.path() != "/" {
            auth = auth.base_path(url.path());
        }
    }
    if let Some(auditing) = &settings.auditing {
        auth = auth.witness(auditing.recorder.clone());
    }
    if let Some(proxy) = settings.redirect_proxy {
        auth = auth.redirect_proxy(proxy);
    }
    auth = services(auth, settings.providers)?;
    let mut has_accounts = false;
    if let Some((from, transport)) = settings.mail {
        if settings.account_pages {
            let transport = Arc::clone(&transport);
            auth = auth.accounts(Accounts::new(adapter.clone(), transport, from.clone()));
            has_accounts = true;
        }
        let email = EmailProvider::new(PROVIDER, from, transport);
        auth = auth.provider(email.confirm(settings.confirm));
    }
    auth = second_factor(auth, settings.second_factor, &adapter, has_accounts);
    if let Some(kept) = settings.passwords {
        auth = passwords::add(auth, kept, adapter)?;
    }
    if let Some(settings) = settings.passkeys {
        auth = auth.provider(passkeys(settings));
    }
    Ok(auth.build()?)
}

/// Sign-in by passkeys; what keeps them comes with the adapter.
fn passkeys(settings: Passkeys) -> PasskeyProvider {
    let mut provider = PasskeyProvider::passkey().newcomers(settings.newcomers);
    if let Some(domain) = settings.relying_party {
        provider = provider.relying_party(domain);
    }
    if let Some(name) = settings.relying_party_name {
        provider = provider.relying_party_name(name);
    }
    provider
}

/// The second factor, where there are account pages to set it up. Where everybody needs one and there are none, the builder
/// says so.
fn second_factor(
    auth: AuthBuilder,
    settings: SecondFactor,
    adapter: &DataAdapter,
    has_accounts: bool,
) -> AuthBuilder {
    let Some(require) = settings.require else {
        return auth;
    };
    if !has_accounts && require == Require::Optional {
        return auth;
    }
    let mut second = SecondFactorSettings::new(adapter.clone())
        .require(require)
        .passkeys(settings.passkeys)
        .remember(settings.remember);
    if let Some(issuer) = settings.issuer {
        second = second.issuer(issuer);
    }
    auth.second_factor(second)
}

/// The services where people have accounts, and what asks them.
fn services(auth: AuthBuilder, providers: Vec<OAuthProvider>) -> Result<AuthBuilder, Failure> {
    if providers.is_empty() {
        return Ok(auth);
    }
    let auth = auth.http_client(Arc::new(ReqwestClient::new()?));
    Ok(providers.into_iter().fold(auth, AuthBuilder::provider))
}

/// What counts where several processes count together.
///
/// In the database it is the store of the users itself, so that what a sign-in gives back is written with it.
fn limiter(
    limits: &LimitStore,
    adapter: &DataAdapter,
) -> Result<Option<Arc<dyn Limiter>>, Failure> {
    Ok(match limits {
        LimitStore::Memory => None,
        LimitStore::Database => Some(Arc::new(adapter.clone().limit_store()?)),
        LimitStore::Redis(url) => Some(Arc::new(RedisLimiter::new(url)?)),
    })
}
