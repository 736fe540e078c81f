//! The two servers, behind one face.

use hallpass::auth::mail::mailbox::Mailbox;

use crate::harness::{Binary, MailService, Running};

use super::address::Address;
use super::authjs::AuthJs;

pub(super) enum Server {
    AuthJs(AuthJs),
    Hallpass(Running, MailService),
    /// Hallpass in this process.
    Library(u16, Mailbox),
}

impl Server {
    /// `hallpass serve` as it stands beside an Auth.js application, with more variables.
    pub(super) async fn hallpass(
        address: Address,
        database: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let mail = MailService::start().await;
        let mut binary = Binary::serve(database)
            .variable("AUTH_URL", address.0)
            .variable("HALLPASS_APP", "none")
            .variable("AUTH_RESEND_KEY", "re_test")
            .variable("AUTH_RESEND_URL", &mail.url())
            .variable("EMAIL_FROM", "no-reply@example.com")
            // As Auth.js: a link signs in wherever it is followed.
            .variable("EMAIL_CONFIRM", "never")
            // As Auth.js: signing out ends no copy of a token.
            .variable("HALLPASS_SESSIONS_SIGN_OUT", "cookie");
        for (name, value) in variables {
            binary = binary.variable(name, value);
        }
        Self::Hallpass(binary.start(), mail)
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::AuthJs(_) => "Auth.js",
            Self::Hallpass(..) | Self::Library(..) => "Hallpass",
        }
    }

    pub(super) fn port(&self) -> u16 {
        match self {
            Self::AuthJs(authjs) => authjs.port(),
            Self::Hallpass(running, _) => running.port(),
            Self::Library(port, _) => *port,
        }
    }

    /// The link of the mail that was just sent.
    pub(super) async fn link(&self) -> String {
        match self {
            Self::AuthJs(authjs) => authjs.next_link(),
            Self::Hallpass(_, mail) => mail.newest_link().await,
            Self::Library(_, mailbox) => newest_link(mailbox),
        }
    }
}

fn newest_link(mailbox: &Mailbox) -> String {
    let mails = mailbox.list();
    let text = &mails.first().expect("a mail came").message.text;
    let link = text
        .split_whitespace()
        .find(|word| word.starts_with("http"));
    link.expect("the mail has a link").to_owned()
}
