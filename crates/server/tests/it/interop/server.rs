//! The two servers, behind one face.

use crate::harness::{Binary, MailService, Running};

use super::address::Address;
use super::authjs::AuthJs;

pub(super) enum Server {
    AuthJs(AuthJs),
    Hallpass(Running, MailService),
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
            .variable("EMAIL_CONFIRM", "never");
        for (name, value) in variables {
            binary = binary.variable(name, value);
        }
        Self::Hallpass(binary.start(), mail)
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::AuthJs(_) => "Auth.js",
            Self::Hallpass(..) => "Hallpass",
        }
    }

    pub(super) fn port(&self) -> u16 {
        match self {
            Self::AuthJs(authjs) => authjs.port(),
            Self::Hallpass(running, _) => running.port(),
        }
    }

    /// The link of the mail that was just sent.
    pub(super) async fn link(&self) -> String {
        match self {
            Self::AuthJs(authjs) => authjs.next_link(),
            Self::Hallpass(_, mail) => mail.newest_link().await,
        }
    }
}
