//! The settings of the SMTP transport, and how `EMAIL_SERVER` spells them.

use std::net::IpAddr;
use std::num::NonZeroUsize;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::mail::Retry;
use crate::secret::Secret;

/// How to reach the mail server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Host name or address.
    pub host: String,
    /// Port; when absent, 465 for [`Security::Tls`], else 587.
    pub port: Option<u16>,
    /// User, with `password`.
    pub user: Option<String>,
    /// Password, with `user`.
    pub password: Option<Secret>,
    /// Encryption; when absent, what [`Settings::effective_security`] says.
    pub security: Option<Security>,
    /// The name in `EHLO`; when absent, the loopback address.
    pub hello_name: Option<String>,
    /// Certificates, in PEM, that are trusted beside the public authorities.
    pub extra_ca_pem: Option<String>,
    /// Timeout and retries.
    pub retry: Retry,
    /// Connections open at once.
    pub max_connections: NonZeroUsize,
}

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// STARTTLS, and no mail without it.
    StartTls,
    /// STARTTLS where the server offers it. Somebody on the way can take the offer out.
    Opportunistic,
    /// None.
    Plaintext,
}

/// Why settings were refused. No value of a setting stands in one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// Not a URL of a mail server.
    #[error(
        "the mail server is no address of the form `smtp://user:password@host:port`: percent-encode special characters in user and password"
    )]
    Url,
    /// The scheme is another than `smtp` and `smtps`.
    #[error("the mail server's address must start with `smtp://` or `smtps://`")]
    Scheme,
    /// User or password is not UTF-8 after percent-decoding.
    #[error("user or password of the mail server is not percent-encoded UTF-8")]
    Encoding,
    /// A user without a password, or a password without a user.
    #[error("the mail server needs both user and password, or neither")]
    HalfCredentials,
    /// A parameter nobody knows.
    #[error(
        "the mail server's address has an unknown parameter: known are `tls`, `starttls`, `secure`, `requireTLS`, `ignoreTLS`, `name`"
    )]
    UnknownParameter,
    /// A known parameter with a value it does not take.
    #[error("the parameter `{name}` of the mail server's address takes {values}")]
    Parameter {
        /// Its name.
        name: &'static str,
        /// What it takes.
        values: &'static str,
    },
    /// The extra certificates cannot be read.
    #[error("the extra trusted certificate is not in PEM form")]
    Certificate,
    /// TLS could not be set up.
    #[error("TLS for the mail server could not be set up")]
    Tls(#[source] lettre::transport::smtp::Error),
}

impl Settings {
    /// Settings for a host: no credentials, everything else by default.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            user: None,
            password: None,
            security: None,
            hello_name: None,
            extra_ca_pem: None,
            retry: Retry::default(),
            max_connections: const { NonZeroUsize::new(5).unwrap() },
        }
    }

    /// Reads `smtp://user:password@host:port` or `smtps://…`.
    ///
    /// Parameters: `tls=implicit|required|opportunistic|none` (`starttls` is another name for it), and Nodemailer's
    /// `secure`, `requireTLS`, `ignoreTLS` (`true` or `false`) and `name` (for `EHLO`).
    ///
    /// # Errors
    /// [`SettingsError`] when the text is nothing of that kind.
    pub fn from_url(text: &str) -> Result<Self, SettingsError> {
        let url = Url::parse(text.trim()).map_err(|_| SettingsError::Url)?;
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or(SettingsError::Url)?;
        let mut settings = Self::new(decoded(host.trim_matches(['[', ']']))?);
        settings.port = url.port();
        settings.security = match url.scheme() {
            "smtp" => None,
            "smtps" => Some(Security::Tls),
            _ => return Err(SettingsError::Scheme),
        };
        settings.user = Some(decoded(url.username())?).filter(|user| !user.is_empty());
        settings.password = url.password().map(decoded).transpose()?.map(Secret::new);
        for (name, value) in url.query_pairs() {
            settings.apply(&name, &value)?;
        }
        Ok(settings)
    }

    /// The encryption used: the set one; else TLS on port 465; else STARTTLS when there are
    /// credentials to protect and the host is another machine; else STARTTLS where offered.
    pub fn effective_security(&self) -> Security {
        self.security.unwrap_or_else(|| {
            if self.port == Some(465) {
                Security::Tls
            } else if self.user.is_some() && !is_loopback(&self.host) {
                Security::StartTls
            } else {
                Security::Opportunistic
            }
        })
    }

    /// The port used.
    pub fn effective_port(&self) -> u16 {
        let implied = if self.effective_security() == Security::Tls {
            465
        } else {
            587
        };
        self.port.unwrap_or(implied)
    }

    fn apply(&mut self, name: &str, value: &str) -> Result<(), SettingsError> {
        match name {
            "tls" => self.security = Some(security("tls", value)?),
            "starttls" => self.security = Some(security("starttls", value)?),
            "secure" => self.switch("secure", value, Security::Tls)?,
            "requireTLS" => self.switch("requireTLS", value, Security::StartTls)?,
            "ignoreTLS" => self.switch("ignoreTLS", value, Security::Plaintext)?,
            "name" => self.hello_name = Some(hello_name(value)?),
            _ => return Err(SettingsError::UnknownParameter),
        }
        Ok(())
    }

    fn switch(
        &mut self,
        name: &'static str,
        value: &str,
        security: Security,
    ) -> Result<(), SettingsError> {
        match value {
            "true" | "1" => self.security = Some(security),
            "false" | "0" => {}
            _ => {
                return Err(SettingsError::Parameter {
                    name,
                    values: "`true` or `false`",
                });
            }
        }
        Ok(())
    }
}

fn security(name: &'static str, value: &str) -> Result<Security, SettingsError> {
    match value {
        "implicit" => Ok(Security::Tls),
        "required" => Ok(Security::StartTls),
        "opportunistic" => Ok(Security::Opportunistic),
        "none" => Ok(Security::Plaintext),
        _ => {
            let values = "`implicit`, `required`, `opportunistic` or `none`";
            Err(SettingsError::Parameter { name, values })
        }
    }
}

// SECURITY: the name becomes part of a command, so it must not be able to add another.
fn hello_name(value: &str) -> Result<String, SettingsError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-[]:".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) {
        Ok(value.to_owned())
    } else {
        Err(SettingsError::Parameter {
            name: "name",
            values: "a host name",
        })
    }
}

fn decoded(text: &str) -> Result<String, SettingsError> {
    let text = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| SettingsError::Encoding)?;
    Ok(text.into_owned())
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
