//! Services with OAuth 2, from 4 to F.

use crate::providers::catalogue::entry::{
    Authentication, Entry, Issuer, Kind, Need, OAUTH, option,
};
use crate::providers::catalogue::registration::{CatalogueError, Registration};
use crate::providers::catalogue::services::{
    azure_devops, bungie, discord, dropbox, foursquare, lenient, quirks,
};
use crate::providers::oauth::{Members, OAuthProvider};

entries! {
    /// 42 School.
    school_42: OAUTH {
        id: "42-school",
        name: "42 School",
        authorization: "https://api.intra.42.fr/oauth/authorize",
        token: "https://api.intra.42.fr/oauth/token",
        userinfo: "https://api.intra.42.fr/v2/me",
        scope: Some("public"),
        profile: Members {
            name: "usual_full_name",
            email: "email",
            image: "image.link",
            ..Members::NONE
        },
    }

    /// Atlassian.
    atlassian: OAUTH {
        id: "atlassian",
        name: "Atlassian",
        authorization: "https://auth.atlassian.com/authorize",
        parameters: &[("audience", "api.atlassian.com")],
        token: "https://auth.atlassian.com/oauth/token",
        userinfo: "https://api.atlassian.com/me",
        scope: Some("read:me"),
        profile: Members {
            id: "account_id",
            name: "name",
            email: "email",
            email_verified: "email_verified",
            image: "picture",
            ..Members::NONE
        },
    }

    /// Azure DevOps. Its requests are those of RFC 7523 with `response_type=Assertion`; Auth.js sends the standard ones to another
    /// address, which fails. No new applications are registered there: use [`microsoft_entra_id`](super::openid_connect::microsoft_entra_id).
    azure_devops: OAUTH {
        id: "azure-devops",
        name: "Azure DevOps",
        authorization: "https://app.vssps.visualstudio.com/oauth2/authorize",
        parameters: &[("response_type", "Assertion")],
        token: "https://app.vssps.visualstudio.com/oauth2/token",
        userinfo: "https://app.vssps.visualstudio.com/_apis/profile/profiles/me?details=true&coreAttributes=Avatar&api-version=6.0",
        scope: Some("vso.profile"),
        profile: Members {
            name: "displayName",
            email: "emailAddress",
            ..Members::NONE
        },
        adjust: Some(quirks::<azure_devops::AzureDevOps>),
    }

    /// Bitbucket. Its profile holds no mail address.
    bitbucket: OAUTH {
        id: "bitbucket",
        name: "Bitbucket",
        authorization: "https://bitbucket.org/site/oauth2/authorize",
        token: "https://bitbucket.org/site/oauth2/access_token",
        userinfo: "https://api.bitbucket.org/2.0/user",
        scope: Some("account"),
        profile: Members {
            id: "account_id",
            name: "display_name or username",
            image: "links.avatar.href",
            ..Members::NONE
        },
        color: "#205081",
    }

    /// Box.
    box_com: OAUTH {
        id: "box",
        name: "Box",
        authorization: "https://account.box.com/api/oauth2/authorize",
        token: "https://api.box.com/oauth2/token",
        userinfo: "https://api.box.com/2.0/users/me",
        profile: Members {
            name: "name",
            email: "login",
            image: "avatar_url",
            ..Members::NONE
        },
        color: "#0075C9",
    }

    /// BoxyHQ SAML Jackson. The id of the client names tenant and product.
    boxyhq_saml: OAUTH {
        id: "boxyhq-saml",
        name: "BoxyHQ SAML",
        issuer: Issuer::Required,
        authorization: "{issuer}/api/oauth/authorize",
        parameters: &[("provider", "saml")],
        token: "{issuer}/api/oauth/token",
        userinfo: "{issuer}/api/oauth/userinfo",
        profile: Members {
            name: "{firstName} {lastName}",
            email: "email",
            ..Members::NONE
        },
        color: "#25c2a0",
    }

    /// Bungie. Option: `api_key` (needed). Auth.js asks an address that holds `{membershipId}`; this one needs none.
    bungie: OAUTH {
        id: "bungie",
        name: "Bungie",
        authorization: "https://www.bungie.net/en/OAuth/Authorize",
        parameters: &[("reauth", "true")],
        token: "https://www.bungie.net/platform/app/oauth/token/",
        userinfo: "https://www.bungie.net/Platform/User/GetMembershipsForCurrentUser/",
        scope: Some(""),
        profile: Members {
            id: "Response.bungieNetUser.membershipId",
            name: "Response.bungieNetUser.displayName",
            image: "https://www.bungie.net/{Response.bungieNetUser.profilePicturePath}",
            ..Members::NONE
        },
        options: &[option("api_key", Kind::Secret, Need::Required)],
        adjust: Some(bungie::adjust),
    }

    /// ClickUp.
    click_up: OAUTH {
        id: "click-up",
        name: "ClickUp",
        authorization: "https://app.clickup.com/api",
        token: "https://api.clickup.com/api/v2/oauth/token",
        userinfo: "https://api.clickup.com/api/v2/user",
        profile: Members {
            id: "user.id",
            name: "user.username",
            extra: &[("profilePicture", "user.profilePicture"), ("color", "user.color")],
            ..Members::NONE
        },
        color: "#24292f",
    }

    /// Coinbase.
    coinbase: OAUTH {
        id: "coinbase",
        name: "Coinbase",
        authorization: "https://login.coinbase.com/oauth2/auth",
        token: "https://login.coinbase.com/oauth2/token",
        userinfo: "https://api.coinbase.com/v2/user",
        scope: Some("wallet:user:email wallet:user:read"),
        profile: Members {
            id: "data.id",
            name: "data.name",
            email: "data.email",
            image: "data.avatar_url",
            ..Members::NONE
        },
        color: "#0052ff",
    }

    /// Concept2.
    concept2: OAUTH {
        id: "concept2",
        name: "Concept2",
        authorization: "https://log.concept2.com/oauth/authorize",
        token: "https://log.concept2.com/oauth/access_token",
        userinfo: "https://log.concept2.com/api/users/me",
        scope: Some("user:read,results:write"),
        profile: Members {
            id: "data.id",
            name: "data.username",
            email: "data.email",
            image: "data.profile_image",
            ..Members::NONE
        },
    }

    /// Discord.
    discord: OAUTH {
        id: "discord",
        name: "Discord",
        authorization: "https://discord.com/api/oauth2/authorize",
        token: "https://discord.com/api/oauth2/token",
        revocation: "https://discord.com/api/oauth2/token/revoke",
        userinfo: "https://discord.com/api/users/@me",
        scope: Some("identify email"),
        profile: Members {
            name: "global_name or username",
            email: "email",
            email_verified: "verified",
            ..Members::NONE
        },
        adjust: Some(quirks::<discord::Discord>),
        color: "#5865F2",
    }

    /// Dribbble. Auth.js sends `scope=undefined`; this is the scope that the service takes for granted.
    dribbble: OAUTH {
        id: "dribbble",
        name: "Dribbble",
        authorization: "https://dribbble.com/oauth/authorize",
        token: "https://dribbble.com/oauth/token",
        userinfo: "https://api.dribbble.com/v2/user",
        scope: Some("public"),
        profile: Members {
            name: "name",
            email: "email",
            image: "avatar_url",
            ..Members::NONE
        },
        color: "#000",
    }

    /// Dropbox.
    dropbox: OAUTH {
        id: "dropbox",
        name: "Dropbox",
        authorization: "https://www.dropbox.com/oauth2/authorize",
        parameters: &[("token_access_type", "offline")],
        token: "https://api.dropboxapi.com/oauth2/token",
        userinfo: "https://api.dropboxapi.com/2/users/get_current_account",
        scope: Some("account_info.read"),
        profile: Members {
            id: "account_id",
            name: "name.display_name",
            email: "email",
            email_verified: "email_verified",
            image: "profile_photo_url",
            ..Members::NONE
        },
        adjust: Some(quirks::<dropbox::Dropbox>),
        color: "#0061fe",
    }

    /// Eventbrite.
    eventbrite: OAUTH {
        id: "eventbrite",
        name: "Eventbrite",
        authorization: "https://www.eventbrite.com/oauth/authorize",
        token: "https://www.eventbrite.com/oauth/token",
        userinfo: "https://www.eventbriteapi.com/v3/users/me/",
        scope: Some("user.profile"),
        authentication: Authentication::Post,
        profile: Members {
            name: "name",
            email: "emails[primary].email",
            email_verified: "emails[primary].verified",
            image: "https://img.evbuc.com/https%3A%2F%2Fcdn.evbuc.com%2Fimages%2F{image_id}%2F1%2Foriginal.jpg",
            ..Members::NONE
        },
        color: "#f05537",
    }

    /// EVE Online.
    eveonline: OAUTH {
        id: "eveonline",
        name: "EVE Online",
        authorization: "https://login.eveonline.com/v2/oauth/authorize",
        token: "https://login.eveonline.com/v2/oauth/token",
        revocation: "https://login.eveonline.com/v2/oauth/revoke",
        userinfo: "https://login.eveonline.com/oauth/verify",
        scope: Some("publicData"),
        profile: Members {
            id: "CharacterID",
            name: "CharacterName",
            image: "https://image.eveonline.com/Character/{CharacterID}_128.jpg",
            ..Members::NONE
        },
    }

    /// Facebook.
    facebook: OAUTH {
        id: "facebook",
        name: "Facebook",
        authorization: "https://www.facebook.com/v19.0/dialog/oauth",
        token: "https://graph.facebook.com/oauth/access_token",
        userinfo: "https://graph.facebook.com/me?fields=id,name,email,picture",
        scope: Some("email"),
        profile: Members {
            name: "name",
            email: "email",
            image: "picture.data.url",
            ..Members::NONE
        },
        color: "#006aff",
    }

    /// FACEIT.
    faceit: OAUTH {
        id: "faceit",
        name: "FACEIT",
        authorization: "https://accounts.faceit.com/accounts",
        parameters: &[("redirect_popup", "true")],
        token: "https://api.faceit.com/auth/v1/oauth/token",
        userinfo: "https://api.faceit.com/auth/v1/resources/userinfo",
        profile: Members {
            id: "guid",
            name: "name",
            email: "email",
            email_verified: "email_verified",
            image: "picture",
            ..Members::NONE
        },
    }

    /// Figma.
    figma: OAUTH {
        id: "figma",
        name: "Figma",
        authorization: "https://www.figma.com/oauth",
        token: "https://api.figma.com/v1/oauth/token",
        userinfo: "https://api.figma.com/v1/me",
        scope: Some("current_user:read"),
        profile: Members {
            name: "handle",
            email: "email",
            image: "img_url",
            ..Members::NONE
        },
        adjust: Some(quirks::<lenient::Lenient>),
        color: "#ff7237",
    }

    /// Foursquare. Option: `api_version`.
    foursquare: OAUTH {
        id: "foursquare",
        name: "Foursquare",
        authorization: "https://foursquare.com/oauth2/authenticate",
        token: "https://foursquare.com/oauth2/access_token",
        userinfo: "https://api.foursquare.com/v2/users/self?v={api_version}",
        profile: Members {
            id: "response.user.id",
            name: "{response.user.firstName} {response.user.lastName}",
            email: "response.user.contact.email",
            ..Members::NONE
        },
        options: &[option("api_version", Kind::Word, Need::Default("20230131"))],
        adjust: Some(quirks::<foursquare::Foursquare>),
        color: "#000",
    }

    /// Freshbooks.
    freshbooks: OAUTH {
        id: "freshbooks",
        name: "Freshbooks",
        authorization: "https://auth.freshbooks.com/service/auth/oauth/authorize",
        token: "https://api.freshbooks.com/auth/oauth/token",
        userinfo: "https://api.freshbooks.com/auth/api/v1/users/me",
        profile: Members {
            id: "response.id",
            name: "{response.first_name} {response.last_name}",
            email: "response.email",
            ..Members::NONE
        },
        color: "#0075dd",
    }
}
