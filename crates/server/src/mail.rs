//! The mail service that the settings name.

use std::sync::Arc;

use hallpass::auth::mail::forwardemail::ForwardEmail;
use hallpass::auth::mail::loops::Loops;
use hallpass::auth::mail::mailgun::{self, Mailgun};
use hallpass::auth::mail::mandrill::Mandrill;
use hallpass::auth::mail::postmark::Postmark;
use hallpass::auth::mail::resend::{self, Resend};
use hallpass::auth::mail::sendgrid::SendGrid;
use hallpass::auth::mail::smtp::{self, Smtp};
use hallpass::auth::mail::{ApiSettings, ApiSettingsError, Transport};

use crate::config::{MailApi, MailApiService, MailServer, MailService, Region};
use crate::failure::Failure;

/// A transport for this service. Nothing is sent or connected yet.
///
/// # Errors
/// [`Failure::MailServer`], [`Failure::Resend`] or [`Failure::MailApi`] when the settings cannot work.
pub(crate) fn transport(service: &MailService) -> Result<Arc<dyn Transport>, Failure> {
    match service {
        MailService::Server(server) => Ok(Arc::new(Smtp::new(&smtp_settings(server)?)?)),
        MailService::Resend { key, url } => {
            let mut settings = resend::Settings::new(key.clone());
            if let Some(url) = url {
                settings.base.clone_from(url);
            }
            Ok(Arc::new(Resend::new(&settings)?))
        }
        MailService::Api(api) => api_transport(api).map_err(Failure::MailApi),
    }
}

fn api_transport(api: &MailApi) -> Result<Arc<dyn Transport>, ApiSettingsError> {
    let mut settings = ApiSettings::new(api.key.clone());
    settings.base.clone_from(&api.url);
    Ok(match &api.service {
        MailApiService::ForwardEmail => Arc::new(ForwardEmail::new(&settings)?),
        MailApiService::Loops(template) => Arc::new(Loops::new(&settings, template)?),
        MailApiService::Mailgun(region) => {
            if *region == Region::Europe && settings.base.is_none() {
                settings.base = Some(mailgun::EUROPE.to_owned());
            }
            Arc::new(Mailgun::new(&settings)?)
        }
        MailApiService::Mandrill => Arc::new(Mandrill::new(&settings)?),
        MailApiService::Postmark => Arc::new(Postmark::new(&settings)?),
        MailApiService::SendGrid => Arc::new(SendGrid::new(&settings)?),
    })
}

fn smtp_settings(server: &MailServer) -> Result<smtp::Settings, smtp::SettingsError> {
    match server {
        MailServer::Url(url) => smtp::Settings::from_url(url.expose()),
        MailServer::Parts {
            host,
            port,
            user,
            password,
        } => {
            let mut settings = smtp::Settings::new(host);
            settings.port = *port;
            settings.user.clone_from(user);
            settings.password.clone_from(password);
            Ok(settings)
        }
    }
}
