//! The mail service that the settings name.

use std::sync::Arc;

use hallpass::auth::mail::Transport;
use hallpass::auth::mail::resend::{self, Resend};
use hallpass::auth::mail::smtp::{self, Smtp};

use crate::config::{MailServer, MailService};
use crate::failure::Failure;

/// A transport for this service. Nothing is sent or connected yet.
///
/// # Errors
/// [`Failure::MailServer`] or [`Failure::Resend`] when the settings cannot work.
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
    }
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
