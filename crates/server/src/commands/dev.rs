//! `hallpass dev`: everything on this machine, with nothing to set up.

use std::num::NonZeroUsize;
use std::sync::Arc;

use hallpass::Readers;
use hallpass::auth::BeforeProof;
use hallpass::auth::Strictness;
use hallpass::auth::account::Registration;
use hallpass::auth::environment::Clock;
use hallpass::auth::identifier::Email;
use hallpass::auth::mail::mailbox::Mailbox;
use hallpass::auth::password::{Algorithm, Rules, Upgrade};
use hallpass::auth::providers::{Confirm, Unverified};
use hallpass::auth::secrets::Secrets;
use hallpass::auth::session::Strategy;
use hallpass::data::Growth;
use hallpass::layouts::LayoutChoice;
use todos::Keeping;
use tokio::net::TcpListener;

use crate::app::{self, Settings};
use crate::cli::Dev;
use crate::config::{
    self, App, CLEANUP, Console, Data, Environment, Limits, Linked, Passkeys, Passwords,
    SecondFactor, Sessions, Tables,
};
use crate::data_directory::DataDirectory;
use crate::failure::Failure;
use crate::http::hosts::Hosts;
use crate::server::Server;
use crate::store::Store;
use crate::terminal::{Banner, announce};
use crate::{listen, live, mailbox};
use hallpass::system::SystemClock;
use hallpass::system::SystemRandom;

/// The port when none is asked for.
const PORT: u16 = 3000;

/// Mails kept; the oldest go first.
const MAILBOX_CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99);

/// The sender of mails that nobody sends.
const SENDER: &str = "Hallpass <no-reply@localhost>";

/// Whoever signs in with this address may enter the console. Nobody has it: the domain is for examples (RFC 2606).
const ADMINISTRATOR: &str = "admin@example.com";

/// Makes everything ready to serve.
///
/// # Errors
/// [`Failure`] says what stands in the way.
pub(crate) async fn prepare(options: &Dev, environment: &Environment) -> Result<Server, Failure> {
    let providers = config::providers_of(environment)?;
    let directory = DataDirectory::open(&options.data_dir)?;
    let secret = directory.secret(&SystemRandom)?;
    let listener = listener(options).await?;
    let greeting = banner(options, &directory, &listener)?.to_string();
    let url = directory.database_url()?;
    let store = Store::open(
        &url,
        App::Team,
        &Tables::Layout(LayoutChoice::Auto),
        // The todo application has no encrypted fields and no passwords of its own.
        hallpass::client_options(),
        Growth::Columns,
    )
    .await?
    .with_board(&url, Keeping::Administrator)
    .await?;

    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mailbox = Mailbox::new(Arc::clone(&clock), MAILBOX_CAPACITY).on_message(announce);
    let settings = Settings {
        secrets: Secrets::new([secret])?,
        url: None,
        strategy: Strategy::Database,
        sessions: Sessions::default(),
        confirm: Confirm::Auto,
        account_pages: true,
        second_factor: SecondFactor::default(),
        strict: Strictness::default(),
        passwords: Some(passwords()),
        passkeys: Some(Passkeys::default()),
        mail: Some((SENDER.to_owned(), Arc::new(mailbox.clone()))),
        app: App::Team,
        api_docs: Some(Readers::Everybody),
        console: console(options),
        before_proof: BeforeProof::default(),
        limits: Limits::default(),
        redirect_proxy: None,
        providers,
        linked: Linked::default(),
        data: Data::default(),
        auditing: None,
    };
    let mailbox = mailbox::routes(mailbox, clock);
    let application = app::application(settings, &store)?.merge(mailbox);
    let feed = live::feed(&Data::default(), &url, &store);
    Ok(Server {
        listener,
        feed,
        application,
        cleanup: Some(CLEANUP),
        hosts: hosts(options),
        store,
        work: None,
        metrics: None,
        greeting,
    })
}

/// Sign-in by password, beside the mailed link.
fn passwords() -> Passwords {
    Passwords {
        field: None,
        algorithm: Algorithm::default(),
        chose_algorithm: true,
        upgrade: Upgrade::AtSignIn,
        unverified: Unverified::MayNot,
        unverified_is_said: true,
        rules: Rules::default(),
        breaches: None,
        threads: None,
        waiting: None,
        registration: Some(Registration::new()),
    }
}

async fn listener(options: &Dev) -> Result<TcpListener, Failure> {
    match options.port {
        Some(port) => listen::on(options.host, port).await,
        None => listen::on_next_free(options.host, PORT).await,
    }
}

/// SECURITY: whoever reaches the mailbox can sign in with any address, so that the console opens nothing which that does not
/// open. Where other machines reach this one, it is not there.
fn console(options: &Dev) -> Option<Console> {
    let is_here = options.host.is_loopback();
    let administrator = is_here.then(|| Email::parse(ADMINISTRATOR).ok()).flatten();
    administrator.map(|address| Console {
        administrators: vec![address],
        role: None,
    })
}

/// Whoever lets other machines in wants to be called by other names.
fn hosts(options: &Dev) -> Hosts {
    if options.host.is_loopback() {
        Hosts::Loopback
    } else {
        Hosts::Any
    }
}

fn banner<'a>(
    options: &Dev,
    directory: &'a DataDirectory,
    listener: &TcpListener,
) -> Result<Banner<'a>, Failure> {
    let address = listen::address(listener)?;
    let moved = options.port.is_none() && address.port() != PORT;
    Ok(Banner {
        address,
        taken: moved.then_some(PORT),
        data: directory.path(),
        administrator: console(options).map(|_| ADMINISTRATOR),
    })
}
