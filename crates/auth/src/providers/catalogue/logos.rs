//! The logos of services: drawings of one path each, which stand inline in the page and take the colour of its text.
//!
//! Source: Simple Icons 16.37.0, CC0 1.0 (`logos/README.md`).

/// The logo of the service with this id, if there is one.
pub(super) fn of(id: &str) -> Option<&'static str> {
    let row = LOGOS.iter().find(|(service, _)| *service == id);
    row.map(|(_, logo)| logo.trim_ascii_end())
}

/// Defines the rows: the name of the file is the id.
macro_rules! logos {
    ($($id:literal)*) => {
        &[$(($id, include_str!(concat!("../../../logos/", $id, ".svg"))),)*]
    };
}

const LOGOS: &[(&str, &str)] = logos! {
    "42-school"
    "apple"
    "atlassian"
    "auth0"
    "authentik"
    "battlenet"
    "bitbucket"
    "box"
    "bungie"
    "click-up"
    "coinbase"
    "discord"
    "dribbble"
    "dropbox"
    "facebook"
    "faceit"
    "figma"
    "foursquare"
    "fusionauth"
    "github"
    "gitlab"
    "google"
    "hubspot"
    "huggingface"
    "hydra"
    "instagram"
    "kakao"
    "keycloak"
    "line"
    "mailchimp"
    "mailru"
    "mastodon"
    "mattermost"
    "medium"
    "naver"
    "netlify"
    "nextcloud"
    "notion"
    "okta"
    "osu"
    "patreon"
    "pinterest"
    "reddit"
    "roblox"
    "simplelogin"
    "spotify"
    "strava"
    "threads"
    "tiktok"
    "todoist"
    "trakt"
    "twitch"
    "twitter"
    "vk"
    "webex"
    "wechat"
    "wikimedia"
    "wordpress"
    "zoho"
    "zoom"
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logos_are_small_drawings_of_one_path_that_can_do_nothing() {
        let total: usize = LOGOS.iter().map(|(_, logo)| logo.len()).sum();
        assert!(total < 100 * 1024, "{total}");
        for (id, _) in LOGOS {
            assert!(super::super::find(id).is_some(), "{id}");
            let logo = of(id).unwrap();
            let path = logo
                .strip_prefix(concat!(
                    r#"<svg viewBox="0 0 24 24" width="24" height="24" fill="currentColor" "#,
                    r#"aria-hidden="true"><path d=""#
                ))
                .and_then(|rest| rest.strip_suffix(r#""/></svg>"#))
                .unwrap();
            let plain = |sign: char| sign.is_ascii_alphanumeric() || " .,-+".contains(sign);
            assert!(path.chars().all(plain), "{id}");
            assert!(logo.len() <= 12 * 1024, "{id}: {}", logo.len());
        }
    }
}
