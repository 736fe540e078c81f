//! Settings that Auth.js reads from environment variables, read the same way.
//!
//! A pure function of a lookup: `server` hands in the real environment, tests a table.
//!
//! SECURITY: Auth.js believes the host of every request unless `NODE_ENV` is `production`, which nobody sets for a
//! Rust program, and takes `AUTH_TRUST_HOST=false` for yes. [`Variables::trust`] tells that rule to who needs it;
//! [`AuthBuilder`](crate::AuthBuilder) goes by [`Variables::declared_trust`].
//!
//! Source: contract authjs §1.7, §12; vectors `env_defaults`.

use url::Url;

use crate::origin::{HostTrust, Origin};
use crate::secret::Secret;
use crate::secrets::Secrets;

/// Gives the value of a variable; `None` when it is not set, which is not the same as empty.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Whose habits to follow where Auth.js's packages differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// `@auth/core` and all frameworks but Next.js.
    Core,
    /// `next-auth`: base path `/api/auth`, and the older `NEXTAUTH_` names.
    Next,
}

/// What the variables say.
#[derive(Debug, Clone)]
pub struct Variables {
    /// The secrets, newest first; `None` when none is set.
    pub secrets: Option<Secrets>,
    /// The base path, from the configured URL or the default.
    pub base_path: String,
    /// The public origin of the configured URL.
    pub origin: Option<Origin>,
    /// Whether Auth.js would believe the host of a request.
    pub trust: HostTrust,
    /// Whether `AUTH_TRUST_HOST` is `true` or `1`.
    pub declared_trust: HostTrust,
    /// The variable that should hold the configured URL and holds something else.
    pub unusable_url: Option<&'static str>,
    /// Where providers redirect to instead of us: a full URL up to the base path.
    pub redirect_proxy_url: Option<String>,
}

/// What the variables say of one provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderVariables {
    /// `AUTH_…_ID`.
    pub client_id: Option<String>,
    /// `AUTH_…_SECRET`.
    pub client_secret: Option<Secret>,
    /// `AUTH_…_ISSUER`.
    pub issuer: Option<String>,
    /// `AUTH_…_KEY`: the key of a mail service.
    pub api_key: Option<Secret>,
}

impl Variables {
    /// Reads them all.
    pub fn read(reading: Reading, lookup: Lookup<'_>) -> Self {
        let (url, unusable_url) = match url(reading, lookup) {
            Ok(url) => (url, None),
            Err(variable) => (None, Some(variable)),
        };
        Self {
            secrets: secrets(reading, lookup),
            base_path: base_path(reading, url.as_ref()),
            origin: url.and_then(|url| Origin::of(&url).ok()),
            trust: trust(lookup),
            declared_trust: declared_trust(lookup),
            unusable_url,
            redirect_proxy_url: set(lookup, "AUTH_REDIRECT_PROXY_URL"),
        }
    }
}

impl ProviderVariables {
    /// Reads those of a provider: the id in upper case with `-` as `_`.
    pub fn read(id: &str, lookup: Lookup<'_>) -> Self {
        let id = id.to_uppercase().replace('-', "_");
        let get = |suffix: &str| set(lookup, &format!("AUTH_{id}_{suffix}"));
        Self {
            client_id: get("ID"),
            client_secret: get("SECRET").map(Secret::new),
            issuer: get("ISSUER"),
            api_key: get("KEY").map(Secret::new),
        }
    }
}

/// The value when it is set and not empty.
fn set(lookup: Lookup<'_>, name: &str) -> Option<String> {
    lookup(name).filter(|value| !value.is_empty())
}

/// A secret that nothing is written with, and whose work is good here. A name of ours: Auth.js has nothing like it.
const ACCEPTED_SECRET: &str = "HALLPASS_ACCEPTED_SECRET";

fn secrets(reading: Reading, lookup: Lookup<'_>) -> Option<Secrets> {
    let plain = set(lookup, "AUTH_SECRET");
    let single = match reading {
        Reading::Core => None,
        // A list would make tokens that a `next-auth` beside us cannot read: it knows the plain one only.
        Reading::Next => plain.clone().or_else(|| set(lookup, "NEXTAUTH_SECRET")),
    };
    let list = match single {
        Some(secret) => vec![secret],
        // The highest number encrypts.
        None => ["AUTH_SECRET_3", "AUTH_SECRET_2", "AUTH_SECRET_1"]
            .into_iter()
            .filter_map(|name| set(lookup, name))
            .chain(plain)
            .collect(),
    };
    let secrets = Secrets::new(list.into_iter().map(Secret::new)).ok()?;
    let accepted = set(lookup, ACCEPTED_SECRET).map(Secret::new);
    Some(secrets.accepting(accepted))
}

/// The configured URL; the name of its variable where that holds no http or https URL.
fn url(reading: Reading, lookup: Lookup<'_>) -> Result<Option<Url>, &'static str> {
    let names: &[&str] = match reading {
        Reading::Core => &["AUTH_URL"],
        Reading::Next => &["AUTH_URL", "NEXTAUTH_URL"],
    };
    let first = names
        .iter()
        .find_map(|name| Some((*name, set(lookup, name)?)));
    let Some((name, text)) = first else {
        return Ok(None);
    };
    let url = Url::parse(&text).map_err(|_| name)?;
    // `localhost:3000` is a URL of the scheme `localhost`.
    Origin::of(&url).map_err(|_| name)?;
    Ok(Some(url))
}

fn base_path(reading: Reading, url: Option<&Url>) -> String {
    match (reading, url.map(Url::path)) {
        (Reading::Core, None) => "/auth",
        (Reading::Next, None | Some("/")) => "/api/auth",
        (_, Some(path)) => path,
    }
    .to_owned()
}

/// SPEC: contract §1.7: the first of these that is *set* decides, and every text but the empty one means yes.
fn trust(lookup: Lookup<'_>) -> HostTrust {
    let first = ["AUTH_URL", "AUTH_TRUST_HOST", "VERCEL", "CF_PAGES"]
        .into_iter()
        .find_map(lookup);
    let trusted = match first {
        Some(value) => !value.is_empty(),
        None => lookup("NODE_ENV").as_deref() != Some("production"),
    };
    if trusted {
        HostTrust::Trusted
    } else {
        HostTrust::Untrusted
    }
}

fn declared_trust(lookup: Lookup<'_>) -> HostTrust {
    match lookup("AUTH_TRUST_HOST").as_deref() {
        Some("true" | "1") => HostTrust::Trusted,
        _ => HostTrust::Untrusted,
    }
}
