//! Entra ID: one issuer for each tenant, and the picture is asked of Microsoft Graph.
//!
//! SECURITY: CVE-2026-75156: a token is believed only if its tenant is one that the operator allows. The `email` of a token is
//! whatever an administrator of some tenant wrote there; only `xms_edov` (an optional claim, to be switched on for the
//! application) says that the tenant owns its domain. That is why nothing else counts as verified here.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/access-tokens#multitenant-applications>

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};
use url::Url;

use super::photo;
use crate::oauth::{OAuthError, TokenSet, UserInfoCall};
use crate::providers::catalogue::entry::{Kind, Need, Settings, option};
use crate::providers::catalogue::{CatalogueError, ServiceOption};
use crate::providers::oauth::{OAuthProvider, Profile, ProfileError, Quirks};

pub(in crate::providers::catalogue) const OPTIONS: &[ServiceOption] = &[
    option("tenants", Kind::Words, Need::Optional),
    option("photo_size", Kind::Word, Need::Default("48")),
];

/// The tenant of all personal accounts.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Where the picture is put between the two steps that read it.
const PICTURE: &str = "hallpass_picture";

/// Where Graph serves the people of this issuer; those of national clouds have another.
const WITH_GRAPH: &str = "https://login.microsoftonline.com/";

pub(in crate::providers::catalogue) fn adjust(
    provider: &mut OAuthProvider,
    settings: &Settings<'_>,
) -> Result<(), CatalogueError> {
    let issuer = settings.issuer.as_deref().unwrap_or_default();
    let refused = CatalogueError::Issuer {
        provider: settings.provider(),
    };
    let (before, tenant) = split(issuer).ok_or(refused)?;
    let photo_size: u16 = settings
        .needed("photo_size")?
        .parse()
        .map_err(|_| settings.refuse("photo_size", "a number of pixels"))?;
    let listed = settings.option("tenants").unwrap_or_default().split(',');
    let listed = listed.map(|tenant| tenant.trim().to_ascii_lowercase());
    provider.quirks = Arc::new(Entra {
        before,
        tenant,
        listed: listed.filter(|tenant| !tenant.is_empty()).collect(),
        photo_size: Some(photo_size).filter(|size| *size > 0 && issuer.starts_with(WITH_GRAPH)),
    });
    Ok(())
}

/// An issuer is `https://login.microsoftonline.com/TENANT/v2.0`.
fn split(issuer: &str) -> Option<(String, Tenant)> {
    let url = Url::parse(issuer).ok()?;
    let mut segments = url.path_segments()?;
    let (tenant, version) = (segments.next()?, segments.next()?);
    let rest = segments.next();
    let before = issuer.strip_suffix(&format!("{tenant}/v2.0"))?;
    let tenant = match tenant {
        "common" => Tenant::Any,
        "organizations" => Tenant::Organization,
        "consumers" => Tenant::Personal,
        id if is_id(id) => Tenant::One,
        _ => return None,
    };
    (version == "v2.0" && rest.is_none()).then(|| (before.to_owned(), tenant))
}

/// Whether this is the id of a tenant: a UUID in lower case.
fn is_id(text: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(|(at, sign)| {
            if hyphens.contains(&at) {
                sign == b'-'
            } else {
                matches!(sign, b'0'..=b'9' | b'a'..=b'f')
            }
        })
}

struct Entra {
    /// The issuer up to the tenant.
    before: String,
    tenant: Tenant,
    /// If not empty, the only tenants whose people may sign in.
    listed: Vec<String>,
    photo_size: Option<u16>,
}

/// Whose people may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tenant {
    /// Everybody.
    Any,
    /// Everybody with an account at work or school.
    Organization,
    /// Everybody with an account of their own.
    Personal,
    /// Those of the one in the issuer.
    One,
}

impl Entra {
    fn admits(&self, tenant: &str) -> bool {
        let by_kind = match self.tenant {
            Tenant::Any => true,
            Tenant::Organization => tenant != PERSONAL,
            Tenant::Personal => tenant == PERSONAL,
            Tenant::One => false,
        };
        by_kind && (self.listed.is_empty() || self.listed.iter().any(|listed| listed == tenant))
    }
}

#[async_trait]
impl Quirks for Entra {
    /// The documents for several tenants name the issuer of none: `…/{tenantid}/v2.0`, or the tenant of personal accounts.
    fn metadata(&self, provider: &OAuthProvider, document: &mut Map<String, Value>) {
        let named = document.get("issuer").and_then(Value::as_str);
        let is_ours = self.tenant != Tenant::One
            && ["{tenantid}", PERSONAL]
                .iter()
                .any(|tenant| named == Some(&format!("{}{tenant}/v2.0", self.before)));
        if let (true, Some(issuer)) = (is_ours, &provider.issuer) {
            document.insert("issuer".to_owned(), Value::from(issuer.as_str()));
        }
    }

    fn issuer(&self, _: &OAuthProvider, claims: &Map<String, Value>) -> Option<String> {
        let tenant = claims.get("tid")?.as_str()?;
        (is_id(tenant) && self.admits(tenant)).then(|| format!("{}{tenant}/v2.0", self.before))
    }

    async fn complete(
        &self,
        call: &UserInfoCall<'_>,
        mut profile: Value,
    ) -> Result<Value, OAuthError> {
        let picture = match self.photo_size {
            Some(size) => picture(call, size).await,
            None => None,
        };
        if let Some(profile) = profile.as_object_mut() {
            profile.insert(PICTURE.to_owned(), picture.into());
        }
        Ok(profile)
    }

    fn profile(
        &self,
        provider: &OAuthProvider,
        profile: &Value,
        _: &TokenSet,
    ) -> Result<Profile, ProfileError> {
        let picture = profile.get(PICTURE).and_then(Value::as_str);
        Ok(Profile {
            image: picture.map(str::to_owned),
            ..provider.mapping.read(profile)?
        })
    }
}

/// A picture that cannot be had keeps nobody out.
async fn picture(call: &UserInfoCall<'_>, size: u16) -> Option<String> {
    let address = format!("https://graph.microsoft.com/v1.0/me/photos/{size}x{size}/$value");
    let answer = call.get(&address, photo::MAX_BYTES).await.ok()?;
    let picture = answer.status().is_success().then(|| answer.into_body())?;
    photo::address(&picture)
}
