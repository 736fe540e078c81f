//! `hallpass serve`: in earnest, set up by `hallpass.toml` and the environment.

use hallpass::data::ClientOptions;
use todos::Keeping;

use crate::app::{self, Settings};
use crate::background;
use crate::cli::Serve;
use crate::config::{self, App, Config, Environment};
use crate::doctor;
use crate::failure::Failure;
use crate::http::hosts::Hosts;
use crate::metrics::Metrics;
use crate::server::Server;
use crate::store::Store;
use crate::{audit, fields, listen, live, mail, terminal, unproven, warnings};

/// Makes everything ready to serve.
///
/// # Errors
/// [`Failure`] says what stands in the way.
pub(crate) async fn prepare(options: &Serve, environment: &Environment) -> Result<Server, Failure> {
    let config = config::load(options.config.as_deref(), environment)?;
    for warning in warnings::of(&config) {
        tracing::warn!("{warning}");
    }
    let hosts = hosts(&config);
    let mut settings = settings(&config)?;
    let listener = listen::on(config.host, config.port).await?;
    let url = terminal::local_url(listen::address(&listener)?);
    let store = Store::open(
        &config.database_url,
        config.app,
        &config.tables,
        client_options(&config),
        config.growth,
    )
    .await?;
    let store = match config.app {
        App::Team => {
            let keeping = Keeping::Setting(config.sync.deletion);
            store.with_board(&config.database_url, keeping).await?
        }
        App::Todos | App::None => store,
    };
    doctor::warn(store.client()).await;
    unproven::warn(config.passwords.as_ref(), store.client());
    if let Some(passwords) = &config.passwords {
        doctor::warn_of_bcrypt(store.client(), passwords).await;
    }
    doctor::warn_of_triggers(&config.database_url, store.client()).await;
    let changes = background::connect(&config).await?;
    let metrics = Metrics::open(config.metrics, changes.as_ref()).await?;
    let auditing = audit::open(changes.as_ref(), &config).await?;
    settings.auditing = auditing.clone();
    let work = changes.map(|changes| background::prepare(changes, auditing, &config, &store));
    let work = work.transpose()?;
    let feed = live::feed(&config.data, &config.database_url, &store);
    Ok(Server {
        listener,
        feed,
        application: app::application(settings, &store)?,
        cleanup: config.cleanup,
        hosts,
        store,
        work,
        metrics,
        greeting: format!("Hallpass {} listens on {url}", env!("CARGO_PKG_VERSION")),
    })
}

fn client_options(config: &Config) -> ClientOptions {
    let mut options = hallpass::client_options();
    options.fields = fields::services(config.fields.clone());
    options.person_limits = config.data.person;
    options.dialect_version = config.data.dialect;
    options
}

fn settings(config: &Config) -> Result<Settings, Failure> {
    let mail = match &config.mail {
        Some(mail) => Some((mail.from.clone(), mail::transport(&mail.service)?)),
        None => None,
    };
    Ok(Settings {
        secrets: config.secrets.clone(),
        url: config.url.clone(),
        strategy: config.strategy,
        sessions: config.sessions.clone(),
        confirm: config.confirm,
        account_pages: config.account_pages,
        second_factor: config.second_factor.clone(),
        strict: config.strict,
        passwords: config.passwords.clone(),
        passkeys: config.passkeys.clone(),
        mail,
        app: config.app,
        api_docs: config.api_docs,
        console: config.console.clone(),
        before_proof: config.before_proof.clone(),
        limits: config.limits.clone(),
        redirect_proxy: config.redirect_proxy.clone(),
        providers: config.providers.clone(),
        linked: config.linked.clone(),
        data: config.data.clone(),
        // Opened when the database is.
        auditing: None,
    })
}

/// SECURITY: without a public address links are built on the name in the request, so only names of this machine
/// are answered, unless a proxy is trusted to say the name.
fn hosts(config: &Config) -> Hosts {
    if config.url.is_some() || config.trust_host {
        Hosts::Any
    } else {
        Hosts::Loopback
    }
}
