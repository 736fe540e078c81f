//! Opening a connection: TCP, TLS and sign-in, each named when it fails.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use super::answer::{self, Step};
use super::{Security, Settings, SettingsError};
use crate::mail::retry::Failure;

/// A mail server and how to enter it.
pub(super) struct Server {
    host: String,
    port: u16,
    security: Security,
    tls: TlsParameters,
    hello_name: ClientId,
    credentials: Option<Credentials>,
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut server = formatter.debug_struct("Server");
        server
            .field("endpoint", &self.endpoint())
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

impl Server {
    pub(super) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let credentials = match (&settings.user, &settings.password) {
            (Some(user), Some(password)) => {
                Some(Credentials::new(user.clone(), password.expose().to_owned()))
            }
            (None, None) => None,
            _ => return Err(SettingsError::HalfCredentials),
        };
        Ok(Self {
            host: settings.host.clone(),
            port: settings.effective_port(),
            security: settings.effective_security(),
            tls: tls(settings)?,
            hello_name: settings
                .hello_name
                .clone()
                .map_or_else(ClientId::default, ClientId::Domain),
            credentials,
        })
    }

    /// `mail.example:587`, for messages.
    pub(super) fn endpoint(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    pub(super) async fn open(&self, limit: Duration) -> Result<AsyncSmtpConnection, Failure> {
        let wrapper = (self.security == Security::Tls).then(|| self.tls.clone());
        let address = (self.host.as_str(), self.port);
        // lettre's own timeout covers one address at a time; ours covers the whole step.
        let connect = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(limit),
            &self.hello_name,
            wrapper,
            None,
        );
        let mut connection = self.within(limit, Step::Connect, connect).await?;
        if self.wants_starttls(&connection) {
            let upgrade = connection.starttls(self.tls.clone(), &self.hello_name);
            self.within(limit, Step::StartTls, upgrade).await?;
        }
        if let Some(credentials) = &self.credentials {
            let sign_in = connection.auth(DEFAULT_MECHANISMS, credentials);
            self.within(limit, Step::SignIn, sign_in).await?;
        }
        Ok(connection)
    }

    fn wants_starttls(&self, connection: &AsyncSmtpConnection) -> bool {
        match self.security {
            Security::StartTls => true,
            Security::Opportunistic => connection.can_starttls(),
            Security::Tls | Security::Plaintext => false,
        }
    }

    /// Runs one step within its time, and says what failed.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        step: Step,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Failure> {
        match timeout(limit, work).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(answer::failure(&self.endpoint(), step, &error)),
            Err(_) => Err(answer::too_slow(&self.endpoint(), step, limit)),
        }
    }
}

fn tls(settings: &Settings) -> Result<TlsParameters, SettingsError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.extra_ca_pem {
        // lettre reads a text without any certificate as none at all.
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(SettingsError::Certificate);
        }
        let certificate =
            Certificate::from_pem(pem.as_bytes()).map_err(|_| SettingsError::Certificate)?;
        builder = builder.add_root_certificate(certificate);
    }
    // lettre looks into the certificate only here.
    builder
        .build()
        .map_err(|error| match settings.extra_ca_pem {
            Some(_) => SettingsError::Certificate,
            None => SettingsError::Tls(error),
        })
}
