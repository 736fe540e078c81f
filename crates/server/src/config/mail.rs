//! Mail services with an HTTP API: the keys of `[email]` that name one.

use hallpass::auth::secret::Secret;

use super::problem::Problem;
use super::read::{Choices, Reader};
use super::source::Place;

/// A mail service with an HTTP API, other than Resend.
#[derive(Debug)]
pub(crate) struct MailApi {
    /// Which.
    pub(crate) service: MailApiService,
    /// The API key.
    pub(crate) key: Secret,
    /// Another base address than the service's own.
    pub(crate) url: Option<String>,
}

/// Which mail service.
#[derive(Debug)]
pub(crate) enum MailApiService {
    /// Forward Email.
    ForwardEmail,
    /// Loops, with the id of the mail that it sends.
    Loops(String),
    /// Mailgun.
    Mailgun(Region),
    /// Mailchimp Transactional.
    Mandrill,
    /// Postmark.
    Postmark,
    /// SendGrid.
    SendGrid,
}

/// Where an account at Mailgun is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Region {
    /// In the United States.
    America,
    /// In the European Union.
    Europe,
}

/// The mail services, by the settings that name them and go together. A mail server stands first, Resend second.
pub(super) const SERVICES: [&[&str]; 8] = [
    &[
        "email.server",
        "email.host",
        "email.port",
        "email.user",
        "email.password",
    ],
    &["email.resend_key", "email.resend_url"],
    &["email.forwardemail_key"],
    &["email.loops_key", "email.loops_transactional_id"],
    &["email.mailgun_key", "email.mailgun_region"],
    &["email.mandrill_key"],
    &["email.postmark_key"],
    &["email.sendgrid_key"],
];

/// The settings with which each says its key.
const KEYS: [&str; 6] = [
    "email.forwardemail_key",
    "email.loops_key",
    "email.mailgun_key",
    "email.mandrill_key",
    "email.postmark_key",
    "email.sendgrid_key",
];

const REGIONS: Choices<Region> = Choices {
    text: "`us` and `eu`",
    rows: &[("us", Region::America), ("eu", Region::Europe)],
};

impl Reader {
    /// The services whose keys are set.
    pub(super) fn mail_apis(&mut self) -> Vec<MailApi> {
        let url = self.text("email.api_url");
        let region = self.choice("email.mailgun_region", &REGIONS);
        let mut template = self.text("email.loops_transactional_id");
        let mut found = Vec::new();
        for path in KEYS {
            let place = self.place(path);
            let Some(key) = self.text(path).map(Secret::new) else {
                continue;
            };
            let service = match path {
                "email.forwardemail_key" => Some(MailApiService::ForwardEmail),
                "email.loops_key" => self.loops(place, template.take()),
                "email.mailgun_key" => {
                    let region = region.unwrap_or(Region::America);
                    Some(MailApiService::Mailgun(region))
                }
                "email.mandrill_key" => Some(MailApiService::Mandrill),
                "email.postmark_key" => Some(MailApiService::Postmark),
                _ => Some(MailApiService::SendGrid),
            };
            let url = url.clone();
            found.extend(service.map(|service| MailApi { service, key, url }));
        }
        found
    }

    fn loops(&mut self, place: Place, template: Option<String>) -> Option<MailApiService> {
        match template {
            Some(template) => Some(MailApiService::Loops(template)),
            None => self.report(place, Problem::NoLoopsTemplate),
        }
    }
}
