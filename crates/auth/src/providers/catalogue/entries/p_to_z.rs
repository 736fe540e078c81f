//! Services with OAuth 2, from P to Z.

use crate::providers::catalogue::entry::{
    Authentication, Entry, Issuer, Kind, Need, OAUTH, STATE_ONLY, option,
};
use crate::providers::catalogue::registration::{CatalogueError, Registration};
use crate::providers::catalogue::services::{lenient, quirks, tiktok, trakt, vk, wechat, yandex};
use crate::providers::oauth::{Members, OAuthProvider};

entries! {
    /// Patreon.
    patreon: OAUTH {
        id: "patreon",
        name: "Patreon",
        authorization: "https://www.patreon.com/oauth2/authorize",
        token: "https://www.patreon.com/api/oauth2/token",
        userinfo: "https://www.patreon.com/api/oauth2/api/current_user",
        scope: Some("identity identity[email]"),
        profile: Members {
            id: "data.id",
            name: "data.attributes.full_name",
            email: "data.attributes.email",
            email_verified: "data.attributes.is_email_verified",
            image: "data.attributes.image_url",
            ..Members::NONE
        },
        color: "#e85b46",
    }

    /// Pinterest.
    pinterest: OAUTH {
        id: "pinterest",
        name: "Pinterest",
        authorization: "https://www.pinterest.com/oauth",
        token: "https://api.pinterest.com/v5/oauth/token",
        userinfo: "https://api.pinterest.com/v5/user_account",
        scope: Some("user_accounts:read"),
        profile: Members {
            id: "username",
            name: "username",
            image: "profile_image",
            ..Members::NONE
        },
        color: "#bd081c",
    }

    /// Pipedrive.
    pipedrive: OAUTH {
        id: "pipedrive",
        name: "Pipedrive",
        authorization: "https://oauth.pipedrive.com/oauth/authorize",
        token: "https://oauth.pipedrive.com/oauth/token",
        userinfo: "https://api.pipedrive.com/users/me",
        profile: Members {
            id: "data.id",
            name: "data.name",
            email: "data.email",
            image: "data.icon_url",
            ..Members::NONE
        },
    }

    /// Reddit.
    reddit: OAUTH {
        id: "reddit",
        name: "Reddit",
        authorization: "https://www.reddit.com/api/v1/authorize",
        token: "https://www.reddit.com/api/v1/access_token",
        revocation: "https://www.reddit.com/api/v1/revoke_token",
        userinfo: "https://oauth.reddit.com/api/v1/me",
        scope: Some("identity"),
        color: "#FF4500",
    }

    /// Spotify.
    spotify: OAUTH {
        id: "spotify",
        name: "Spotify",
        authorization: "https://accounts.spotify.com/authorize",
        token: "https://accounts.spotify.com/api/token",
        userinfo: "https://api.spotify.com/v1/me",
        scope: Some("user-read-email"),
        profile: Members {
            name: "display_name",
            email: "email",
            image: "images[0].url",
            ..Members::NONE
        },
        color: "#1db954",
    }

    /// Strava.
    strava: OAUTH {
        id: "strava",
        name: "Strava",
        authorization: "https://www.strava.com/api/v3/oauth/authorize",
        parameters: &[("approval_prompt", "auto")],
        token: "https://www.strava.com/api/v3/oauth/token",
        userinfo: "https://www.strava.com/api/v3/athlete",
        scope: Some("read"),
        authentication: Authentication::Post,
        profile: Members {
            name: "{firstname} {lastname}",
            image: "profile",
            ..Members::NONE
        },
    }

    /// Threads.
    threads: OAUTH {
        id: "threads",
        name: "Threads",
        authorization: "https://threads.net/oauth/authorize",
        token: "https://graph.threads.net/oauth/access_token",
        userinfo: "https://graph.threads.net/v1.0/me?fields=id,username,threads_profile_picture_url",
        scope: Some("threads_basic"),
        authentication: Authentication::Post,
        profile: Members {
            id: "data.id",
            name: "data.username",
            image: "data.threads_profile_picture_url",
            ..Members::NONE
        },
        adjust: Some(quirks::<lenient::Lenient>),
        color: "#000",
    }

    /// TikTok. It calls the id of a client `client_key`.
    tiktok: OAUTH {
        id: "tiktok",
        name: "TikTok",
        authorization: "https://www.tiktok.com/v2/auth/authorize",
        parameters: &[("client_key", "{client_id}")],
        token: "https://open.tiktokapis.com/v2/oauth/token/",
        userinfo: "https://open.tiktokapis.com/v2/user/info/?fields=open_id,avatar_url,display_name",
        scope: Some("user.info.basic"),
        authentication: Authentication::Post,
        profile: Members {
            id: "data.user.open_id",
            name: "data.user.display_name",
            image: "data.user.avatar_url",
            ..Members::NONE
        },
        adjust: Some(quirks::<tiktok::TikTok>),
        color: "#000",
    }

    /// Todoist. The address of its unified API; the one that Auth.js asks is deprecated.
    todoist: OAUTH {
        id: "todoist",
        name: "Todoist",
        authorization: "https://todoist.com/oauth/authorize",
        token: "https://todoist.com/oauth/access_token",
        userinfo: "https://api.todoist.com/api/v1/user",
        scope: Some("data:read"),
        authentication: Authentication::Post,
        profile: Members {
            name: "full_name",
            email: "email",
            image: "avatar_big",
            ..Members::NONE
        },
        color: "#E44332",
    }

    /// Trakt.
    trakt: OAUTH {
        id: "trakt",
        name: "Trakt",
        authorization: "https://trakt.tv/oauth/authorize",
        token: "https://api.trakt.tv/oauth/token",
        userinfo: "https://api.trakt.tv/users/me?extended=full",
        scope: Some(""),
        profile: Members {
            id: "ids.slug",
            name: "name",
            image: "images.avatar.full",
            ..Members::NONE
        },
        adjust: Some(trakt::adjust),
        color: "#ED2224",
    }

    /// Twitter, or X. It tells mail addresses only to applications that were admitted to them.
    twitter: OAUTH {
        id: "twitter",
        name: "Twitter",
        authorization: "https://x.com/i/oauth2/authorize",
        token: "https://api.x.com/2/oauth2/token",
        revocation: "https://api.x.com/2/oauth2/revoke",
        userinfo: "https://api.x.com/2/users/me?user.fields=profile_image_url",
        scope: Some("users.read tweet.read offline.access"),
        profile: Members {
            id: "data.id",
            name: "data.name",
            email: "data.email",
            image: "data.profile_image_url",
            ..Members::NONE
        },
        color: "#1da1f2",
    }

    /// VK. The mail address stands beside the token.
    vk: OAUTH {
        id: "vk",
        name: "VK",
        authorization: "https://oauth.vk.com/authorize",
        parameters: &[("v", "5.131")],
        token: "https://oauth.vk.com/access_token?v=5.131",
        userinfo: "https://api.vk.com/method/users.get?fields=photo_100&v=5.131",
        scope: Some("email"),
        authentication: Authentication::Post,
        profile: Members {
            id: "response[0].id",
            name: "{response[0].first_name} {response[0].last_name}",
            image: "response[0].photo_100",
            ..Members::NONE
        },
        adjust: Some(quirks::<vk::Vk>),
        color: "#07F",
    }

    /// Webex. Option: `api_base_url`.
    webex: OAUTH {
        id: "webex",
        name: "Webex",
        authorization: "{api_base_url}/authorize",
        token: "{api_base_url}/access_token",
        userinfo: "{api_base_url}/people/me",
        scope: Some("spark:kms spark:people_read"),
        profile: Members {
            name: "displayName",
            email: "emails[0]",
            image: "avatar",
            ..Members::NONE
        },
        options: &[
            option("api_base_url", Kind::Address, Need::Default("https://webexapis.com/v1")),
        ],
    }

    /// WeChat. Option: `platform`, `OfficialAccount` (within the application) or `WebsiteApp` (by QR code). It knows no PKCE.
    wechat: OAUTH {
        id: "wechat",
        name: "WeChat",
        authorization: "https://open.weixin.qq.com/connect/oauth2/authorize",
        parameters: &[("appid", "{client_id}")],
        token: "https://api.weixin.qq.com/sns/oauth2/access_token",
        userinfo: "https://api.weixin.qq.com/sns/userinfo",
        scope: Some("snsapi_userinfo"),
        checks: STATE_ONLY,
        profile: Members {
            id: "unionid",
            name: "nickname",
            image: "headimgurl",
            ..Members::NONE
        },
        options: &[option("platform", Kind::Word, Need::Default("OfficialAccount"))],
        adjust: Some(wechat::adjust),
    }

    /// Wikimedia.
    wikimedia: OAUTH {
        id: "wikimedia",
        name: "Wikimedia",
        authorization: "https://meta.wikimedia.org/w/rest.php/oauth2/authorize",
        token: "https://meta.wikimedia.org/w/rest.php/oauth2/access_token",
        userinfo: "https://meta.wikimedia.org/w/rest.php/oauth2/resource/profile",
        scope: Some(""),
        profile: Members {
            id: "sub",
            name: "username",
            email: "email",
            email_verified: "confirmed_email",
            ..Members::NONE
        },
        color: "#000",
    }

    /// WordPress.com.
    wordpress: OAUTH {
        id: "wordpress",
        name: "WordPress.com",
        authorization: "https://public-api.wordpress.com/oauth2/authorize",
        token: "https://public-api.wordpress.com/oauth2/token",
        userinfo: "https://public-api.wordpress.com/rest/v1/me",
        scope: Some("auth"),
        profile: Members {
            id: "ID",
            name: "display_name",
            email: "email",
            email_verified: "email_verified",
            image: "avatar_URL",
            ..Members::NONE
        },
    }

    /// WorkOS. Option: `connection`.
    workos: OAUTH {
        id: "workos",
        name: "WorkOS",
        issuer: Issuer::At("https://api.workos.com"),
        authorization: "{issuer}/sso/authorize",
        parameters: &[("connection", "{connection}")],
        token: "{issuer}/sso/token",
        userinfo: "{issuer}/sso/profile",
        authentication: Authentication::Post,
        profile: Members {
            name: "{first_name} {last_name}",
            email: "email",
            image: "raw_attributes.picture",
            ..Members::NONE
        },
        options: &[option("connection", Kind::Word, Need::Optional)],
        color: "#6363f1",
    }

    /// Yandex.
    yandex: OAUTH {
        id: "yandex",
        name: "Yandex",
        authorization: "https://oauth.yandex.ru/authorize",
        token: "https://oauth.yandex.ru/token",
        userinfo: "https://login.yandex.ru/info?format=json",
        scope: Some("login:info login:email login:avatar"),
        profile: Members {
            name: "display_name or real_name or first_name",
            email: "default_email or emails[0]",
            ..Members::NONE
        },
        adjust: Some(quirks::<yandex::Yandex>),
        color: "#ffcc00",
    }

    /// Zoho. Option: `accounts_server`, the server of the data centre where people are, as `accounts.zoho.eu`.
    zoho: OAUTH {
        id: "zoho",
        name: "Zoho",
        authorization: "https://{accounts_server}/oauth/v2/auth",
        token: "https://{accounts_server}/oauth/v2/token",
        userinfo: "https://{accounts_server}/oauth/user/info",
        scope: Some("AaaServer.profile.Read"),
        profile: Members {
            id: "ZUID",
            name: "{First_Name} {Last_Name}",
            email: "Email",
            ..Members::NONE
        },
        options: &[option("accounts_server", Kind::Word, Need::Default("accounts.zoho.com"))],
    }

    /// Zoom.
    zoom: OAUTH {
        id: "zoom",
        name: "Zoom",
        authorization: "https://zoom.us/oauth/authorize",
        token: "https://zoom.us/oauth/token",
        revocation: "https://zoom.us/oauth/revoke",
        userinfo: "https://api.zoom.us/v2/users/me",
        scope: Some(""),
        profile: Members {
            name: "{first_name} {last_name}",
            email: "email",
            email_verified: "verified",
            image: "pic_url",
            ..Members::NONE
        },
        color: "#0b5cff",
    }
}
