//! Services with OAuth 2, from G to O.

use crate::providers::catalogue::entry::{
    Authentication, Entry, Issuer, Kind, Need, OAUTH, option,
};
use crate::providers::catalogue::registration::{CatalogueError, Registration};
use crate::providers::catalogue::services::{github, hubspot, lenient, nextcloud, notion, quirks};
use crate::providers::oauth::{Members, OAuthProvider};

entries! {
    /// GitHub. Option: `base_url` of GitHub Enterprise.
    github: OAUTH {
        id: "github",
        name: "GitHub",
        issuer: Issuer::At("https://github.com/login/oauth"),
        authorization: "https://github.com/login/oauth/authorize",
        token: "https://github.com/login/oauth/access_token",
        userinfo: "https://api.github.com/user",
        scope: Some("read:user user:email"),
        profile: Members {
            name: "name or login",
            email: "email",
            email_verified: "email_verified",
            image: "avatar_url",
            ..Members::NONE
        },
        options: &[option("base_url", Kind::Address, Need::Optional)],
        adjust: Some(github::adjust),
        color: "#24292f",
    }

    /// GitLab. The issuer is the address of one of your own.
    gitlab: OAUTH {
        id: "gitlab",
        name: "GitLab",
        issuer: Issuer::At("https://gitlab.com"),
        authorization: "{issuer}/oauth/authorize",
        token: "{issuer}/oauth/token",
        revocation: "{issuer}/oauth/revoke",
        userinfo: "{issuer}/api/v4/user",
        scope: Some("read_user"),
        profile: Members {
            id: "sub or id",
            name: "name or username",
            email: "email",
            email_verified: "confirmed_at is set",
            image: "avatar_url",
            ..Members::NONE
        },
        color: "#FC6D26",
    }

    /// HubSpot. It knows people by the address they work with.
    hubspot: OAUTH {
        id: "hubspot",
        name: "HubSpot",
        authorization: "https://app.hubspot.com/oauth/authorize",
        token: "https://api.hubapi.com/oauth/2026-03/token",
        userinfo: "https://api.hubapi.com/oauth/2026-03/token/introspect",
        scope: Some("oauth"),
        authentication: Authentication::Post,
        profile: Members {
            id: "user_id",
            name: "user",
            email: "user",
            ..Members::NONE
        },
        adjust: Some(quirks::<hubspot::HubSpot>),
        color: "#ff7a59",
    }

    /// Instagram.
    instagram: OAUTH {
        id: "instagram",
        name: "Instagram",
        authorization: "https://api.instagram.com/oauth/authorize",
        token: "https://api.instagram.com/oauth/access_token",
        userinfo: "https://graph.instagram.com/me?fields=id,username,account_type,name",
        scope: Some("user_profile"),
        authentication: Authentication::Post,
        profile: Members {
            name: "username",
            ..Members::NONE
        },
        adjust: Some(quirks::<lenient::Lenient>),
    }

    /// Kakao.
    kakao: OAUTH {
        id: "kakao",
        name: "Kakao",
        authorization: "https://kauth.kakao.com/oauth/authorize",
        token: "https://kauth.kakao.com/oauth/token",
        userinfo: "https://kapi.kakao.com/v2/user/me",
        scope: Some(""),
        authentication: Authentication::Post,
        profile: Members {
            name: "kakao_account.profile.nickname",
            email: "kakao_account.email",
            email_verified: "kakao_account.is_email_valid and kakao_account.is_email_verified",
            image: "kakao_account.profile.profile_image_url",
            ..Members::NONE
        },
    }

    /// Mailchimp.
    mailchimp: OAUTH {
        id: "mailchimp",
        name: "Mailchimp",
        authorization: "https://login.mailchimp.com/oauth2/authorize",
        token: "https://login.mailchimp.com/oauth2/token",
        userinfo: "https://login.mailchimp.com/oauth2/metadata",
        profile: Members {
            id: "login.login_id",
            name: "accountname",
            email: "login.email",
            ..Members::NONE
        },
        adjust: Some(quirks::<lenient::Lenient>),
        color: "#000",
    }

    /// Mail.ru.
    mailru: OAUTH {
        id: "mailru",
        name: "Mail.ru",
        authorization: "https://oauth.mail.ru/login",
        token: "https://oauth.mail.ru/token",
        userinfo: "https://oauth.mail.ru/userinfo",
        scope: Some("userinfo"),
    }

    /// Mastodon. The issuer is the address of the instance.
    mastodon: OAUTH {
        id: "mastodon",
        name: "Mastodon",
        issuer: Issuer::Required,
        authorization: "{issuer}/oauth/authorize",
        token: "{issuer}/oauth/token",
        revocation: "{issuer}/oauth/revoke",
        userinfo: "{issuer}/api/v1/accounts/verify_credentials",
        scope: Some("read"),
        profile: Members {
            name: "username",
            image: "avatar_static",
            ..Members::NONE
        },
    }

    /// Mattermost. The issuer is the address of the server.
    mattermost: OAUTH {
        id: "mattermost",
        name: "Mattermost",
        issuer: Issuer::Required,
        authorization: "{issuer}/oauth/authorize",
        token: "{issuer}/oauth/access_token",
        userinfo: "{issuer}/api/v4/users/me",
        authentication: Authentication::Post,
        profile: Members {
            name: "username or {first_name} {last_name}",
            email: "email",
            email_verified: "email_verified",
            ..Members::NONE
        },
        color: "#000",
    }

    /// Medium.
    medium: OAUTH {
        id: "medium",
        name: "Medium",
        authorization: "https://medium.com/m/oauth/authorize",
        token: "https://api.medium.com/v1/tokens",
        userinfo: "https://api.medium.com/v1/me",
        scope: Some("basicProfile"),
        profile: Members {
            id: "data.id",
            name: "data.name",
            image: "data.imageUrl",
            ..Members::NONE
        },
    }

    /// Naver.
    naver: OAUTH {
        id: "naver",
        name: "Naver",
        authorization: "https://nid.naver.com/oauth2.0/authorize",
        token: "https://nid.naver.com/oauth2.0/token",
        userinfo: "https://openapi.naver.com/v1/nid/me",
        profile: Members {
            id: "response.id",
            name: "response.nickname",
            email: "response.email",
            image: "response.profile_image",
            ..Members::NONE
        },
    }

    /// Netlify.
    netlify: OAUTH {
        id: "netlify",
        name: "Netlify",
        authorization: "https://app.netlify.com/authorize",
        token: "https://api.netlify.com/oauth/token",
        userinfo: "https://api.netlify.com/api/v1/user",
        scope: Some(""),
        profile: Members {
            name: "full_name",
            email: "email",
            image: "avatar_url",
            ..Members::NONE
        },
        color: "#32e6e2",
    }

    /// NetSuite. Options, both needed: `account_id`, and `userinfo`, the address of a RESTlet that tells `id`, `name` and `email`.
    netsuite: OAUTH {
        id: "netsuite",
        name: "NetSuite",
        authorization: "https://{account_id}.app.netsuite.com/app/login/oauth2/authorize.nl",
        token: "https://{account_id}.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token",
        userinfo: "{userinfo}",
        scope: Some("restlets rest_webservices"),
        profile: Members {
            name: "name",
            email: "email",
            ..Members::NONE
        },
        options: &[
            option("account_id", Kind::Word, Need::Required),
            option("userinfo", Kind::Url, Need::Required),
        ],
        color: "#181a1b",
    }

    /// Nextcloud. The issuer is the address of the server.
    nextcloud: OAUTH {
        id: "nextcloud",
        name: "Nextcloud",
        issuer: Issuer::Required,
        authorization: "{issuer}/apps/oauth2/authorize",
        token: "{issuer}/apps/oauth2/api/v1/token",
        userinfo: "{issuer}/ocs/v1.php/cloud/users",
        profile: Members {
            id: "ocs.data.id",
            name: "ocs.data.displayname",
            email: "ocs.data.email",
            ..Members::NONE
        },
        adjust: Some(quirks::<nextcloud::Nextcloud>),
    }

    /// Notion. Auth.js sends `redirect_uri=undefined` unless it is told the address; here it is the callback's, as everywhere.
    notion: OAUTH {
        id: "notion",
        name: "Notion",
        authorization: "https://api.notion.com/v1/oauth/authorize",
        parameters: &[("owner", "user")],
        token: "https://api.notion.com/v1/oauth/token",
        userinfo: "https://api.notion.com/v1/users/me",
        profile: Members {
            id: "bot.owner.user.id",
            name: "bot.owner.user.name",
            email: "bot.owner.user.person.email",
            image: "bot.owner.user.avatar_url",
            ..Members::NONE
        },
        adjust: Some(quirks::<notion::Notion>),
    }

    /// Osso. Auth.js needs a slash at the end of the issuer; here it makes no difference.
    osso: OAUTH {
        id: "osso",
        name: "Osso",
        issuer: Issuer::Required,
        authorization: "{issuer}/oauth/authorize",
        token: "{issuer}/oauth/token",
        userinfo: "{issuer}/oauth/me",
    }

    /// osu!.
    osu: OAUTH {
        id: "osu",
        name: "osu!",
        authorization: "https://osu.ppy.sh/oauth/authorize",
        token: "https://osu.ppy.sh/oauth/token",
        userinfo: "https://osu.ppy.sh/api/v2/me",
        scope: Some("identify"),
        profile: Members {
            name: "username",
            image: "avatar_url",
            ..Members::NONE
        },
    }
}
