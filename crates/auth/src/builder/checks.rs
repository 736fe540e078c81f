//! What is refused at start. To add a check: a function here, a variant of [`ConfigError`] with its help, and a row in
//! the table of `tests/it/config.rs`.

use std::collections::HashSet;

use crate::account::Accounts;
use crate::adapter::AccountType;
use crate::config::{ChangingWaysIn, ConfigError, Pages, Strictness};
use crate::error::Causes;
use crate::flows::oauth::RedirectProxy;
use crate::oauth;
use crate::one_time::Purpose;
use crate::origin::Origin;
use crate::passkey::PasskeyStore;
use crate::password::{PasswordSettings, Rules};
use crate::providers::oauth::{
    Checks, ClientAuthentication, OAuthProvider, SigningAlgorithm, TokenRevocation,
};
use crate::providers::{EmailProvider, Provider, hostname};
use crate::second_factor::{Require, SecondFactorSettings};
use crate::secret::Secret;
use crate::secrets::Secrets;
use crate::session::Strategy;

/// Each page leads somewhere.
pub(super) fn pages(pages: &Pages) -> Result<(), ConfigError> {
    for (name, page) in pages.each() {
        let leads_somewhere = |page: &str| page.starts_with('/') || Origin::parse(page).is_ok();
        if let Some(value) = page.filter(|page| !leads_somewhere(page)) {
            let value = value.to_owned();
            return Err(ConfigError::Page { name, value });
        }
    }
    Ok(())
}

/// The store can keep the links of accounts.
pub(super) fn accounts(accounts: Option<&Accounts>) -> Result<(), ConfigError> {
    let Some(accounts) = accounts else {
        return Ok(());
    };
    accounts
        .store
        .ready()
        .map_err(|error| ConfigError::Accounts {
            reason: Causes(&error).to_string(),
        })?;
    let mut lifetimes = Purpose::ALL
        .iter()
        .map(|purpose| accounts.lifetime(*purpose));
    if lifetimes.any(|lifetime| lifetime.as_secs() == 0) {
        return Err(ConfigError::ZeroDuration("link_lifetime"));
    }
    Ok(())
}

/// SECURITY: another password and a deleted account end the sessions of the user. Those in cookies end by the directory
/// alone.
pub(super) fn ends_sessions(
    accounts: Option<&Accounts>,
    strategy: Strategy,
    has_directory: bool,
) -> Result<(), ConfigError> {
    if accounts.is_some() && strategy == Strategy::Jwt && !has_directory {
        return Err(ConfigError::AccountsNeedDirectory);
    }
    Ok(())
}

/// What adding a way in takes: without a directory nobody knows when a session began.
pub(super) fn changing_ways_in(
    asked: Option<ChangingWaysIn>,
    has_directory: bool,
) -> Result<ChangingWaysIn, ConfigError> {
    match (asked, has_directory) {
        (Some(ChangingWaysIn::AfterRecentSignIn), false) => {
            Err(ConfigError::RecentSignInNeedsDirectory)
        }
        (Some(asked), _) => Ok(asked),
        (None, true) => Ok(ChangingWaysIn::AfterRecentSignIn),
        (None, false) => Ok(ChangingWaysIn::InAnySession),
    }
}

/// Who registers gets a password, and mails that only accounts send.
pub(super) fn registration(is_on: bool, has_both: bool) -> Result<(), ConfigError> {
    if is_on && !has_both {
        return Err(ConfigError::RegistrationNeedsMore);
    }
    Ok(())
}

/// The store can keep second factors, and what they rest on is there.
pub(super) fn second_factor(
    settings: Option<&SecondFactorSettings>,
    has_both: bool,
) -> Result<(), ConfigError> {
    let Some(settings) = settings else {
        return Ok(());
    };
    if !has_both {
        return Err(ConfigError::SecondFactorNeedsMore);
    }
    if settings.remember.is_some_and(|span| span.as_secs() == 0) {
        return Err(ConfigError::ZeroDuration("remember"));
    }
    if settings.recent.as_secs() == 0 {
        return Err(ConfigError::ZeroDuration("recent"));
    }
    let ready = settings.store.second_factors_ready();
    ready.map_err(|error| ConfigError::SecondFactor {
        reason: Causes(&error).to_string(),
    })
}

/// Each provider has an id of its own and what it needs.
pub(super) fn providers(providers: &[Provider], has_store: bool) -> Result<(), ConfigError> {
    let mut seen = HashSet::new();
    for provider in providers {
        let id = provider.id().to_owned();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if id.is_empty() || id == "undefined" || !id.bytes().all(plain) || id.starts_with('.') {
            return Err(ConfigError::ProviderId(id));
        }
        if !seen.insert(id.clone()) {
            return Err(ConfigError::DuplicateProvider(id));
        }
        match provider {
            Provider::Email(_) if !has_store => {
                return Err(ConfigError::ProviderNeedsStore {
                    provider: id,
                    kind: provider.kind(),
                });
            }
            Provider::Email(email) if email.link_lifetime().as_secs() == 0 => {
                return Err(ConfigError::ZeroDuration("max_age"));
            }
            Provider::Password(_) if !has_store => {
                return Err(ConfigError::ProviderNeedsStore {
                    provider: id,
                    kind: provider.kind(),
                });
            }
            Provider::Passkey(_) if !has_store => {
                return Err(ConfigError::ProviderNeedsStore {
                    provider: id,
                    kind: provider.kind(),
                });
            }
            Provider::Email(_)
            | Provider::Passkey(_)
            | Provider::Credentials(_)
            | Provider::Password(_)
            | Provider::OAuth(_) => {}
        }
    }
    Ok(())
}

/// Each provider at another service can be asked, is told apart from others, and can prove who we are.
pub(super) fn services(providers: &[Provider], has_http: bool) -> Result<(), ConfigError> {
    for provider in providers {
        let Provider::OAuth(provider) = provider else {
            continue;
        };
        if !has_http {
            return Err(ConfigError::ProviderNeedsHttp(provider.id.clone()));
        }
        endpoints(provider)?;
        let Checks { pkce, state, nonce } = provider.checks;
        if !(pkce || state || nonce) {
            return Err(ConfigError::ProviderWithoutChecks(provider.id.clone()));
        }
        client(provider)?;
        signatures(provider)?;
    }
    Ok(())
}

/// What we sign with can sign, and what a service signs with the client secret can be believed.
fn signatures(provider: &OAuthProvider) -> Result<(), ConfigError> {
    let client = &provider.client;
    let key = match &client.authentication {
        ClientAuthentication::PrivateKeyJwt(key) => Some(key),
        ClientAuthentication::SignedSecret(secret) => Some(&secret.key),
        _ => None,
    };
    if key.is_some_and(|key| !oauth::can_sign(key)) {
        return Err(ConfigError::ProviderKey(provider.id.clone()));
    }
    let by_secret = [client.id_token_algorithm, client.userinfo_algorithm];
    let by_secret = by_secret.contains(&Some(SigningAlgorithm::Hs256));
    if by_secret && !client.secret.as_ref().is_some_and(oauth::is_strong) {
        return Err(ConfigError::ProviderSecretTooShort(provider.id.clone()));
    }
    Ok(())
}

/// SPEC: contract §1.2, check 5.
fn endpoints(provider: &OAuthProvider) -> Result<(), ConfigError> {
    let all = [
        ("authorization", &provider.authorization),
        ("token", &provider.token),
        ("userinfo", &provider.userinfo),
    ];
    let missing = all.iter().find(|(_, endpoint)| endpoint.url.is_none());
    if let (None, Some((name, _))) = (&provider.issuer, missing) {
        return Err(ConfigError::InvalidEndpoints {
            provider: provider.id.clone(),
            endpoint: name,
        });
    }
    let addresses = all.iter().filter_map(|(_, endpoint)| endpoint.url.as_ref());
    let mut addresses = addresses
        .chain(&provider.issuer)
        .chain(&provider.revocation.url);
    if addresses.any(|address| Origin::parse(address).is_err()) {
        return Err(ConfigError::ProviderAddress(provider.id.clone()));
    }
    Ok(())
}

fn client(provider: &OAuthProvider) -> Result<(), ConfigError> {
    let has_secret = provider
        .client
        .secret
        .as_ref()
        .is_some_and(|secret| !secret.expose().is_empty());
    let lacks = match &provider.client.authentication {
        _ if provider.client.id.is_empty() => Some("id"),
        ClientAuthentication::SecretBasic
        | ClientAuthentication::SecretPost
        | ClientAuthentication::SecretJwt
            if !has_secret =>
        {
            Some("secret")
        }
        ClientAuthentication::PrivateKeyJwt(key) if key.pem.expose().is_empty() => {
            Some("private key")
        }
        ClientAuthentication::SignedSecret(secret) if secret.key.pem.expose().is_empty() => {
            Some("private key")
        }
        _ => None,
    };
    lacks.map_or(Ok(()), |lacks| {
        Err(ConfigError::ProviderClient {
            provider: provider.id.clone(),
            lacks,
        })
    })
}

/// A redirect proxy can be read, and where it counts we know where we are.
pub(super) fn redirect_proxy(
    url: Option<&str>,
    providers: &[Provider],
    has_origin: bool,
) -> Result<Option<RedirectProxy>, ConfigError> {
    let Some(url) = url else {
        return Ok(None);
    };
    let proxy = RedirectProxy::parse(url);
    let proxy = proxy.ok_or(ConfigError::Url("AUTH_REDIRECT_PROXY_URL"))?;
    let counts = |provider: &Provider| matches!(provider, Provider::OAuth(_));
    if !has_origin && providers.iter().any(counts) {
        return Err(ConfigError::ProxyNeedsOrigin);
    }
    Ok(Some(proxy))
}

/// SPEC: contract §1.2, checks 5 and 9: what uses passkeys has some, offers them once while an address is typed, and for a
/// domain that the site is in.
pub(super) fn passkeys(
    providers: &[Provider],
    store: Option<&dyn PasskeyStore>,
    origin: Option<&Origin>,
) -> Result<(), ConfigError> {
    let mut autofills: Option<&str> = None;
    for provider in providers {
        let Provider::Passkey(provider) = provider else {
            continue;
        };
        let id = provider.id().to_owned();
        let store = store.ok_or_else(|| ConfigError::ProviderNeedsPasskeys(id.clone()))?;
        store
            .keeps_passkeys()
            .map_err(|error| ConfigError::Passkeys {
                reason: Causes(&error).to_string(),
            })?;
        if provider.offers_autofill()
            && let Some(one) = autofills.replace(provider.id())
        {
            return Err(ConfigError::DuplicateAutofill {
                one: one.to_owned(),
                other: id,
            });
        }
        if let Some(domain) = provider.configured_relying_party() {
            relying_party(domain, origin)?;
        }
    }
    Ok(())
}

/// Source: WebAuthn Level 3 section 5.1.3, step 8: browsers refuse every other.
fn relying_party(domain: &str, origin: Option<&Origin>) -> Result<(), ConfigError> {
    let refused = || ConfigError::RelyingParty(domain.to_owned());
    let is_label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(plain)
    };
    if !domain.split('.').all(is_label) {
        return Err(refused());
    }
    let is_within = |origin: &Origin| {
        let host = hostname(origin);
        host == domain
            || host
                .strip_suffix(domain)
                .is_some_and(|rest| rest.ends_with('.'))
    };
    match origin {
        // SECURITY: without a public URL the origin follows from the Host of a request. Whoever holds one name below the domain
        // could name it there, and hand on what people sign on that page.
        None => Err(ConfigError::RelyingPartyNeedsOrigin(domain.to_owned())),
        Some(origin) if is_within(origin) => Ok(()),
        Some(_) => Err(refused()),
    }
}

/// What checks passwords has some, and they are kept soundly.
pub(super) fn passwords(
    providers: &[Provider],
    settings: Option<&PasswordSettings>,
    second_factor: Option<&SecondFactorSettings>,
) -> Result<(), ConfigError> {
    let Some(settings) = settings else {
        let checks = |provider: &&Provider| matches!(provider, Provider::Password(_));
        return match providers.iter().find(checks) {
            Some(provider) => Err(ConfigError::ProviderNeedsPasswords(
                provider.id().to_owned(),
            )),
            None => Ok(()),
        };
    };
    let (min, max) = (settings.rules.min_length, settings.rules.max_length);
    if min < Rules::BESIDE || max < Rules::ADMITTED || min > max {
        return Err(ConfigError::PasswordLength { min, max });
    }
    // Source: NIST SP 800-63B-4 section 3.1.1.2. Asked of everybody: whoever needs no second factor, or takes it away, would be left
    // with the short password alone.
    let everybody = second_factor.is_some_and(|one| one.require == Require::Always);
    if min < Rules::ALONE && !everybody {
        return Err(ConfigError::PasswordLengthAlone { min });
    }
    if !settings.hasher.algorithm.is_sound() {
        return Err(ConfigError::PasswordCost);
    }
    Ok(())
}

/// Which service a session began with is kept by the directory alone.
pub(super) fn leaves_services(
    providers: &[Provider],
    has_directory: bool,
) -> Result<(), ConfigError> {
    let leaves = providers.iter().find_map(|provider| match provider {
        Provider::OAuth(provider) if provider.signs_out_there => Some(&provider.id),
        Provider::OAuth(provider) if gives_back_at_sign_out(provider) => Some(&provider.id),
        _ => None,
    });
    match leaves {
        Some(id) if !has_directory => Err(ConfigError::SignOutThereWithoutDirectory(id.clone())),
        _ => Ok(()),
    }
}

fn gives_back_at_sign_out(provider: &OAuthProvider) -> bool {
    provider.revokes_tokens == TokenRevocation::AlsoAtSignOut
}

/// SECURITY: whoever guesses one and steals a cookie acts for its person at other services.
pub(super) fn server_keys(keys: &[Secret]) -> Result<(), ConfigError> {
    match keys.iter().all(crate::linked::is_server_key) {
        true => Ok(()),
        false => Err(ConfigError::ShortServerKey),
    }
}

/// SPEC: contract §1.2, check 6.
pub(super) fn strict(
    providers: &[Provider],
    strategy: Option<Strategy>,
    strict: Strictness,
) -> Result<(), ConfigError> {
    let is_credentials = |provider: &Provider| provider.kind() == AccountType::Credentials;
    let refused = strict == Strictness::AsAuthJs
        && strategy == Some(Strategy::Database)
        && !providers.is_empty()
        && providers.iter().all(is_credentials);
    if refused {
        return Err(ConfigError::UnsupportedStrategy);
    }
    Ok(())
}

/// SECURITY: the hash of a link token does not name the provider, since Auth.js reads and writes the same rows. So the
/// link of a provider that asks for a click would sign in at once at one that does not, unless their hashes differ
/// (GHSA-x445-f3h2-j279 for links). Where both ask alike nothing is gained by it: the same person with the same link is
/// signed in by the other's name.
pub(super) fn shared_links(providers: &[Provider], secrets: &Secrets) -> Result<(), ConfigError> {
    let links: Vec<&EmailProvider> = providers
        .iter()
        .filter_map(|provider| match provider {
            Provider::Email(email) => Some(email),
            _ => None,
        })
        .collect();
    for (index, one) in links.iter().enumerate() {
        for other in links.iter().skip(index + 1) {
            let mut of_one = one.hash_secrets(secrets);
            let shared = of_one.any(|secret| other.hash_secrets(secrets).any(|it| it == secret));
            if shared && one.confirmation() != other.confirmation() {
                return Err(ConfigError::SharedLinks {
                    one: one.id().to_owned(),
                    other: other.id().to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// The base path without final slash; Auth.js keeps it and makes URLs with `//`.
pub(super) fn base_path(path: &str) -> Result<String, ConfigError> {
    // Neither `{` nor `*`, with which routers begin parameters.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~%+@:".contains(&byte);
    let rooted = path.starts_with('/') && !path.contains("//");
    if !rooted || !path.bytes().all(plain) || !path.split('/').all(stays_as_written) {
        return Err(ConfigError::BasePath(path.to_owned()));
    }
    Ok(path.trim_end_matches('/').to_owned())
}

/// Browsers resolve `.` and `..`, encoded ones too, before they ask; routers begin parameters with `:`, or did.
fn stays_as_written(segment: &str) -> bool {
    let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
    !segment.starts_with(':') && decoded != "." && decoded != ".."
}
