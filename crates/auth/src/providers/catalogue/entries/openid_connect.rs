//! Services with OpenID Connect.

use crate::providers::catalogue::entry::{
    Authentication, CLAIMS, Entry, Issuer, Kind, Need, OPENID_CONNECT, STATE_AND_NONCE, STATE_ONLY,
    option,
};
use crate::providers::catalogue::registration::{CatalogueError, Registration};
use crate::providers::catalogue::services::{apple, entra, quirks, twitch};
use crate::providers::oauth::{
    Members, OAuthProvider, ProfileSource, ResponseMode, SigningAlgorithm,
};

entries! {
    /// Apple. `secret` is a token that was signed beforehand; with the options `team_id`, `key_id` and `private_key` (PEM) we sign it
    /// ourselves.
    apple: OPENID_CONNECT {
        id: "apple",
        name: "Apple",
        issuer: Issuer::At("https://appleid.apple.com"),
        scope: Some("name email"),
        authentication: Authentication::Post,
        response_mode: ResponseMode::FormPost,
        profile: Members {
            id: "sub",
            name: "{user.name.firstName} {user.name.lastName} or email",
            email: "email",
            email_verified: "email_verified",
            ..Members::NONE
        },
        options: apple::OPTIONS,
        adjust: Some(apple::adjust),
        color: "#000",
    }

    /// Asgardeo. The issuer ends in `/oauth2/token`.
    asgardeo: OPENID_CONNECT {
        id: "asgardeo",
        name: "Asgardeo",
        color: "#000",
    }

    /// Auth0.
    auth0: OPENID_CONNECT {
        id: "auth0",
        name: "Auth0",
        color: "#EB5424",
    }

    /// Authentik.
    authentik: OPENID_CONNECT {
        id: "authentik",
        name: "Authentik",
    }

    /// Azure AD B2C.
    azure_ad_b2c: OPENID_CONNECT {
        id: "azure-ad-b2c",
        name: "Azure AD B2C",
        profile: Members {
            id: "sub",
            name: "name or preferred_username",
            email: "emails[0]",
            ..Members::NONE
        },
        color: "#0072c6",
    }

    /// Entra ID under its old name; [`microsoft_entra_id`] is the new one.
    azure_ad: OPENID_CONNECT {
        id: "azure-ad",
        name: "Azure Active Directory",
        issuer: Issuer::At("https://login.microsoftonline.com/common/v2.0"),
        scope: Some("openid profile email User.Read"),
        profile: Members {
            id: "sub",
            name: "name",
            email: "email",
            email_verified: "xms_edov",
            ..Members::NONE
        },
        options: entra::OPTIONS,
        adjust: Some(entra::adjust),
        color: "#0072c6",
    }

    /// BankID of Norway.
    bankid_no: OPENID_CONNECT {
        id: "bankid-no",
        name: "BankID Norge",
        issuer: Issuer::At("https://auth.bankid.no/auth/realms/prod"),
        parameters: &[("ui_locales", "no"), ("login_hint", "BIS")],
        authentication: Authentication::Post,
        userinfo_algorithm: Some(SigningAlgorithm::Rs256),
        profile_source: ProfileSource::UserInfo,
        profile: CLAIMS,
        color: "#39134c",
    }

    /// Battle.net. The issuer is the one of a region: `https://eu.battle.net/oauth`.
    battlenet: OPENID_CONNECT {
        id: "battlenet",
        name: "Battle.net",
        profile: Members {
            id: "sub",
            name: "battle_tag",
            ..Members::NONE
        },
        color: "#148eff",
    }

    /// Beyond Identity.
    beyondidentity: OPENID_CONNECT {
        id: "beyondidentity",
        name: "Beyond Identity",
        profile: Members {
            extra: &[("preferred_username", "preferred_username")],
            ..CLAIMS
        },
        color: "#5077c5",
    }

    /// Cognito.
    cognito: OPENID_CONNECT {
        id: "cognito",
        name: "Cognito",
        color: "#C17B9E",
    }

    /// Descope.
    descope: OPENID_CONNECT {
        id: "descope",
        name: "Descope",
        issuer: Issuer::At("https://api.descope.com/{client_id}"),
        color: "#1C1C23",
    }

    /// Duende `IdentityServer` 6.
    duende_identity_server6: OPENID_CONNECT {
        id: "duende-identity-server6",
        name: "DuendeIdentityServer6",
    }

    /// Frontegg.
    frontegg: OPENID_CONNECT {
        id: "frontegg",
        name: "Frontegg",
        authorization: "{issuer}/oauth/authorize",
        token: "{issuer}/oauth/token",
        userinfo: "{issuer}/identity/resources/users/v2/me",
    }

    /// FusionAuth. Option: `tenant_id`.
    fusionauth: OPENID_CONNECT {
        id: "fusionauth",
        name: "FusionAuth",
        parameters: &[("tenantId", "{tenant_id}")],
        token: "{issuer}/oauth2/token",
        userinfo: "{issuer}/oauth2/userinfo",
        scope: Some("openid offline_access email profile"),
        profile: Members {
            id: "sub",
            name: "name or preferred_username or {given_name} {middle_name} {family_name}",
            email: "email",
            email_verified: "email_verified",
            image: "picture",
            ..Members::NONE
        },
        options: &[option("tenant_id", Kind::Word, Need::Optional)],
    }

    /// Google. For refresh tokens: the parameters `access_type=offline` and `prompt=consent`.
    google: OPENID_CONNECT {
        id: "google",
        name: "Google",
        issuer: Issuer::At("https://accounts.google.com"),
        color: "#1a73e8",
    }

    /// Hugging Face.
    huggingface: OPENID_CONNECT {
        id: "huggingface",
        name: "Hugging Face",
        issuer: Issuer::At("https://huggingface.co"),
        color: "#FFD21E",
    }

    /// `IdentityServer` 4.
    identity_server4: OPENID_CONNECT {
        id: "identity-server4",
        name: "IdentityServer4",
    }

    /// Keycloak.
    keycloak: OPENID_CONNECT {
        id: "keycloak",
        name: "Keycloak",
        color: "#428bca",
    }

    /// Kinde.
    kinde: OPENID_CONNECT {
        id: "kinde",
        name: "Kinde",
    }

    /// LINE. Its ID tokens are signed with the secret of the client.
    line: OPENID_CONNECT {
        id: "line",
        name: "LINE",
        issuer: Issuer::At("https://access.line.me"),
        id_token_algorithm: Some(SigningAlgorithm::Hs256),
        color: "#00C300",
    }

    /// LinkedIn. It refuses a request with a code verifier, and leaves the nonce out of its tokens.
    linkedin: OPENID_CONNECT {
        id: "linkedin",
        name: "LinkedIn",
        issuer: Issuer::At("https://www.linkedin.com/oauth"),
        checks: STATE_ONLY,
        authentication: Authentication::Post,
        color: "#069",
    }

    /// Logto.
    logto: OPENID_CONNECT {
        id: "logto",
        name: "Logto",
        scope: Some("offline_access openid email profile"),
        profile: Members {
            id: "sub",
            name: "name or username",
            email: "email",
            email_verified: "email_verified",
            image: "picture",
            ..Members::NONE
        },
    }

    /// Microsoft Entra ID, of any tenant unless the issuer names one. Options: `tenants` (whose people may sign in: their ids, with
    /// commas), `photo_size` (pixels; `0`: no photo).
    microsoft_entra_id: OPENID_CONNECT {
        id: "microsoft-entra-id",
        name: "Microsoft Entra ID",
        issuer: Issuer::At("https://login.microsoftonline.com/common/v2.0"),
        scope: Some("openid profile email User.Read"),
        profile: Members {
            id: "sub",
            name: "name",
            email: "email",
            email_verified: "xms_edov",
            ..Members::NONE
        },
        options: entra::OPTIONS,
        adjust: Some(entra::adjust),
        color: "#0072c6",
    }

    /// Okta.
    okta: OPENID_CONNECT {
        id: "okta",
        name: "Okta",
        color: "#000",
    }

    /// OneLogin. The issuer ends in `/oidc/2`.
    onelogin: OPENID_CONNECT {
        id: "onelogin",
        name: "OneLogin",
    }

    /// Ory Hydra.
    hydra: OPENID_CONNECT {
        id: "hydra",
        name: "Hydra",
    }

    /// Passage.
    passage: OPENID_CONNECT {
        id: "passage",
        name: "Passage",
        color: "#3d53f6",
    }

    /// Ping Identity.
    ping_id: OPENID_CONNECT {
        id: "ping-id",
        name: "Ping Identity",
    }

    /// Roblox.
    roblox: OPENID_CONNECT {
        id: "roblox",
        name: "Roblox",
        issuer: Issuer::At("https://apis.roblox.com/oauth/"),
        scope: Some("openid profile"),
        color: "#5865F2",
    }

    /// Salesforce.
    salesforce: OPENID_CONNECT {
        id: "salesforce",
        name: "Salesforce",
        issuer: Issuer::At("https://login.salesforce.com"),
        profile_source: ProfileSource::UserInfo,
        color: "#00a1e0",
    }

    /// SimpleLogin.
    simplelogin: OPENID_CONNECT {
        id: "simplelogin",
        name: "SimpleLogin",
        issuer: Issuer::At("https://app.simplelogin.io"),
        profile: Members {
            image: "avatar_url",
            ..CLAIMS
        },
        color: "#e3156a",
    }

    /// Slack. PKCE makes an application there a public client for ever, and fails where it keeps its secret.
    slack: OPENID_CONNECT {
        id: "slack",
        name: "Slack",
        issuer: Issuer::At("https://slack.com"),
        checks: STATE_AND_NONCE,
        color: "#611f69",
    }

    /// Twitch.
    twitch: OPENID_CONNECT {
        id: "twitch",
        name: "Twitch",
        issuer: Issuer::At("https://id.twitch.tv/oauth2"),
        revocation: "https://id.twitch.tv/oauth2/revoke",
        parameters: &[("claims", twitch::CLAIMS)],
        scope: Some("openid user:read:email"),
        authentication: Authentication::Post,
        adjust: Some(quirks::<twitch::Twitch>),
        color: "#65459B",
    }

    /// United Effects.
    united_effects: OPENID_CONNECT {
        id: "united-effects",
        name: "United Effects",
        parameters: &[("resource", "{issuer}")],
        scope: Some("openid email profile"),
    }

    /// Vipps.
    vipps: OPENID_CONNECT {
        id: "vipps",
        name: "Vipps",
        issuer: Issuer::At("https://api.vipps.no/access-management-1.0/access/"),
        scope: Some("openid name email"),
        profile_source: ProfileSource::UserInfo,
        color: "#f05c18",
    }

    /// ZITADEL.
    zitadel: OPENID_CONNECT {
        id: "zitadel",
        name: "ZITADEL",
    }
}
