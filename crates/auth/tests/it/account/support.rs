//! An application with accounts, and people who have one.

use std::num::NonZeroUsize;
use std::sync::Arc;

use hallpass_auth::account::Accounts;
use hallpass_auth::adapter::User;
use hallpass_auth::limit::LimitRules;
use hallpass_auth::mail::mailbox::Mailbox;
use hallpass_auth::origin::Origin;
use hallpass_auth::password::{
    Algorithm, Hasher, HasherOptions, Password, PasswordSettings, PasswordStore,
};
use hallpass_auth::providers::{Confirm, EmailProvider};
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::testing::memory::MemoryAdapter;
use hallpass_auth::testing::random::SeededRandom;
use hallpass_auth::{Auth, AuthBuilder};

use crate::app::{App, Browser, ORIGIN, START, secrets};

pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const OLD: &str = "correct horse battery staple";
pub(crate) const NEW: &str = "seven purple owls at the ferry";

/// Hashes quickly.
pub(crate) fn options() -> HasherOptions {
    HasherOptions {
        algorithm: Algorithm::Argon2id {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        },
        threads: NonZeroUsize::MIN,
        ..HasherOptions::default()
    }
}

fn hasher() -> Hasher {
    Hasher::new(&options(), Arc::new(SeededRandom::new(7)))
}

pub(crate) fn app(strategy: Strategy) -> App {
    app_with(strategy, |builder| builder.limits(LimitRules::none()))
}

pub(crate) fn app_with(strategy: Strategy, change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> App {
    app_with_store(strategy, |builder, _| change(builder))
}

pub(crate) fn app_with_store(
    strategy: Strategy,
    change: impl FnOnce(AuthBuilder, MemoryAdapter) -> AuthBuilder,
) -> App {
    made(strategy, |accounts| accounts, change)
}

pub(crate) fn app_with_accounts(
    strategy: Strategy,
    accounts: impl FnOnce(Accounts) -> Accounts,
) -> App {
    made(strategy, accounts, |builder, _| {
        builder.limits(LimitRules::none())
    })
}

fn made(
    strategy: Strategy,
    change_accounts: impl FnOnce(Accounts) -> Accounts,
    change: impl FnOnce(AuthBuilder, MemoryAdapter) -> AuthBuilder,
) -> App {
    let clock = Arc::new(FixedClock::at(START));
    let store = MemoryAdapter::new();
    let mailbox = Mailbox::new(clock.clone(), NonZeroUsize::new(100).unwrap());
    let transport = Arc::new(mailbox.clone());
    let email = EmailProvider::new("nodemailer", "login@example.com", transport.clone());
    let accounts = Accounts::new(store.clone(), transport, "login@example.com");
    let passwords = PasswordSettings::new(store.clone()).hasher(options());
    let builder = Auth::builder()
        .secrets(secrets())
        .environment(clock.clone(), Arc::new(SeededRandom::new(42)))
        .base_path("/auth")
        .origin(Origin::parse(ORIGIN).unwrap())
        .adapter(store.clone())
        .session_directory(store.clone())
        .session_strategy(strategy)
        .accounts(change_accounts(accounts))
        .passwords(passwords)
        .provider(email.confirm(Confirm::Never));
    App {
        auth: change(builder, store.clone()).build().unwrap(),
        store,
        mailbox,
        clock,
    }
}

pub(crate) const STRATEGIES: [Strategy; 2] = [Strategy::Database, Strategy::Jwt];

impl App {
    /// The link of the last mail: the line that is one.
    pub(crate) fn account_link(&self) -> String {
        let mails = self.mailbox.list();
        let text = &mails.first().expect("a mail").message.text;
        let link = text.lines().find(|line| line.starts_with(ORIGIN));
        link.expect("a link").to_owned()
    }

    /// Recipient and subject of all mails, the newest first.
    pub(crate) fn mails(&self) -> Vec<(String, String)> {
        let mails = self.mailbox.list();
        mails
            .iter()
            .map(|mail| (mail.message.to.clone(), mail.message.subject.clone()))
            .collect()
    }

    pub(crate) fn user(&self, email: &str) -> User {
        let users = self.store.users();
        let user = users
            .into_iter()
            .find(|user| user.email.as_deref() == Some(email));
        user.expect("the user")
    }

    /// Gives a user a password.
    pub(crate) async fn set_password(&self, email: &str, password: &str) {
        let typed = Password::parse(password).unwrap();
        let hash = hasher().hash(typed).await.unwrap();
        let id = self.user(email).id;
        assert!(self.store.set_password(&id, None, hash).await.unwrap());
    }

    /// Whether this is the password of a user.
    pub(crate) async fn has_password(&self, email: &str, password: &str) -> bool {
        let hash = self.store.password(&self.user(email).id).await.unwrap();
        let typed = Password::parse(password).unwrap();
        let verdict = hasher().verify(typed, hash).await;
        verdict.unwrap().is_match()
    }

    /// A browser in which Ada is signed in; her password is [`OLD`].
    pub(crate) async fn ada(&self) -> Browser {
        let browser = self.signed_in(ADA).await;
        if self
            .store
            .password(&self.user(ADA).id)
            .await
            .unwrap()
            .is_none()
        {
            self.set_password(ADA, OLD).await;
        }
        browser
    }
}

impl Browser {
    pub(crate) async fn is_signed_in(&mut self) -> bool {
        !self.session().await.is_null()
    }
}

/// The token in a link.
pub(crate) fn token_of(link: &str) -> &str {
    link.split_once("token=").expect("a token").1
}
