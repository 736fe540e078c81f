//! Tables and variables of providers.

use hallpass::auth::providers::oauth::Checks;

use super::super::read::config;
use crate::config::{Config, Environment};

const NEEDED: [(&str, &str); 2] = [
    ("AUTH_SECRET", "a"),
    ("DATABASE_URL", "postgres://localhost/x"),
];

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<(String, String)>> {
    let environment = Environment::of(&[&NEEDED, variables].concat());
    config("hallpass.toml", text, &environment).map_err(|error| {
        let told = |trouble: &crate::config::Trouble| {
            (trouble.to_string(), trouble.problem.help().into_owned())
        };
        error.0.iter().map(told).collect()
    })
}

fn ids(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let config = read(text, variables).unwrap_or_else(|troubles| panic!("{text}: {troubles:?}"));
    let ids = config.providers.iter().map(|provider| provider.id());
    ids.map(str::to_owned).collect()
}

fn trouble(text: &str, variables: &[(&str, &str)]) -> (String, String) {
    let mut troubles = read(text, variables).expect_err(text);
    assert_eq!(troubles.len(), 1, "{troubles:?}");
    let (message, help) = troubles.remove(0);
    assert!(
        !message.contains("planted") && !help.contains("planted"),
        "{message} {help}"
    );
    (message, help)
}

#[test]
fn variables_of_auth_js_and_of_guides_set_a_provider_up() {
    let pair = |id, secret| [(id, "x"), (secret, "planted")];
    let github = ["github".to_owned()];
    assert_eq!(
        ids("", &pair("AUTH_GITHUB_ID", "AUTH_GITHUB_SECRET")),
        github
    );
    assert_eq!(ids("", &pair("GITHUB_ID", "GITHUB_SECRET")), github);
    assert_eq!(
        ids(
            "",
            &pair(
                "AUTH_MICROSOFT_ENTRA_ID_ID",
                "AUTH_MICROSOFT_ENTRA_ID_SECRET"
            )
        ),
        ["microsoft-entra-id"]
    );
    assert_eq!(
        ids("", &pair("AUTH_42_SCHOOL_ID", "AUTH_42_SCHOOL_SECRET")),
        ["42-school"]
    );
    let keycloak = [
        ("AUTH_KEYCLOAK_ID", "x"),
        ("AUTH_KEYCLOAK_SECRET", "planted"),
        ("AUTH_KEYCLOAK_ISSUER", "https://id.example.com/realms/x"),
    ];
    assert_eq!(ids("", &keycloak), ["keycloak"]);
    // Half a pair without `AUTH_` is another program's.
    assert!(ids("", &[("BOX_ID", "7")]).is_empty());
    assert!(ids("", &[("AUTH_GITHUB_ID", ""), ("AUTH_GITHUB_SECRET", "")]).is_empty());
}

#[test]
fn every_service_of_the_catalogue_has_variables() {
    for service in hallpass::auth::providers::catalogue::services() {
        let part = super::super::problem::variable_part(service.id);
        let names = ["ID", "SECRET", "ISSUER"].map(|end| format!("AUTH_{part}_{end}"));
        let issuer = if service.id.starts_with("azure-ad") || service.id.starts_with("microsoft") {
            ""
        } else {
            "https://id.example.com"
        };
        let variables = [
            (names[0].as_str(), "x"),
            (&names[1], "planted"),
            (&names[2], issuer),
        ];
        let needs_more = service.options.iter().any(|option| option.is_required());
        let needs_more = needs_more || (issuer.is_empty() && service.needs_issuer);
        assert_eq!(read("", &variables).is_err(), needs_more, "{}", service.id);
    }
}

#[test]
fn tables_stand_in_their_order_and_variables_win_setting_by_setting() {
    let text = "[providers.google]\nid = \"x\"\n[providers.github]\nid = \"x\"\nsecret = \"planted\"\nscope = \"user\"\n";
    assert_eq!(
        ids(
            text,
            &[
                ("AUTH_GOOGLE_SECRET", "planted"),
                ("DISCORD_ID", "x"),
                ("DISCORD_SECRET", "y")
            ]
        ),
        ["google", "github", "discord"]
    );
}

#[test]
fn other_services_are_set_up_by_issuer_or_by_addresses() {
    let oidc = "[providers.my-idp]\ntype = \"oidc\"\nissuer = \"https://id.example.com\"\nid = \"x\"\nname = \"Company\"\n\
                link_by_email = \"verified\"\nsign_out = true\nrevoke_tokens = \"signed-out\"\nrevocation = \"https://id.example.com/revoke\"\n[providers.my-idp.parameters]\nprompt = \"consent\"\n";
    let config = read(oidc, &[("AUTH_MY_IDP_SECRET", "planted")]).unwrap();
    assert_eq!(config.providers[0].name(), "Company");
    let oauth = "[providers.forum]\ntype = \"oauth\"\nid = \"x\"\nauthentication = \"none\"\n\
                 authorization = \"https://forum.example/authorize\"\ntoken = \"https://forum.example/token\"\n\
                 userinfo = \"https://forum.example/me\"\nprofile.id = \"data.id\"\nprofile.name = \"name or login\"\n";
    assert_eq!(ids(oauth, &[]), ["forum"]);
    let twice = "[providers.work]\ntype = \"github\"\nid = \"x\"\nsecret = \"y\"\nbase_url = \"https://ghe.example.com\"\n";
    assert_eq!(ids(twice, &[]), ["work"]);
    let key = "[providers.bank]\ntype = \"oidc\"\nissuer = \"https://b.example\"\nid = \"x\"\nprivate_key = \"planted\"\n\
               key_id = \"1\"\nkey_algorithm = \"ES256\"\n";
    let config = read(key, &[]).unwrap();
    assert!(!format!("{config:?}").contains("planted"));
}

#[test]
fn what_a_service_is_checked_for_is_what_its_row_says_unless_its_table_does() {
    let checks = |pkce, nonce| Checks {
        pkce,
        state: true,
        nonce,
    };
    let rows = [
        ("github", "", checks(true, false)),
        ("github", "pkce = false", checks(false, false)),
        ("github", "pkce = true", checks(true, false)),
        ("google", "", checks(true, true)),
        ("google", "pkce = false", checks(false, true)),
        ("google", "nonce = false", checks(true, false)),
        ("linkedin", "", checks(false, false)),
        ("linkedin", "pkce = true", checks(true, false)),
        ("linkedin", "nonce = true", checks(false, true)),
        ("slack", "", checks(false, true)),
        ("oidc", "", checks(true, true)),
        ("oidc", "pkce = false\nnonce = false", checks(false, false)),
        ("oauth", "", checks(true, false)),
        ("oauth", "pkce = false", checks(false, false)),
    ];
    for (kind, said, expected) in rows {
        let more = match kind {
            "oidc" => "issuer = \"https://id.example.com\"",
            "oauth" => {
                "authorization = \"https://x.example/a\"\ntoken = \"https://x.example/t\"\nuserinfo = \"https://x.example/u\""
            }
            _ => "",
        };
        let text = format!(
            "[providers.x]\ntype = \"{kind}\"\nid = \"x\"\nsecret = \"y\"\n{more}\n{said}\n"
        );
        let config = read(&text, &[]).unwrap_or_else(|troubles| panic!("{text}: {troubles:?}"));
        assert_eq!(config.providers[0].checked_for(), expected, "{text}");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_the_remedy() {
    let rows = [
        (
            "",
            &[("AUTH_GITHUB_ID", "x")][..],
            "AUTH_GITHUB_ID: the provider `github` has no secret of the client",
            "set AUTH_GITHUB_SECRET, or `secret` under `[providers.github]`; a client without one says `authentication = \"none\"` there",
        ),
        (
            "",
            &[("AUTH_GITHUB_SECRET", "planted")],
            "AUTH_GITHUB_SECRET: the provider `github` has no id of a client",
            "set AUTH_GITHUB_ID, or `id` under `[providers.github]`",
        ),
        (
            "",
            &[
                ("AUTH_KEYCLOAK_ID", "x"),
                ("AUTH_KEYCLOAK_SECRET", "planted"),
            ],
            "AUTH_KEYCLOAK_ID: the provider `keycloak` needs the address of its issuer",
            "set AUTH_KEYCLOAK_ISSUER, or `issuer` under `[providers.keycloak]`",
        ),
        (
            "port = 1\n[providers.githup]\nid = \"x\"\n",
            &[],
            "hallpass.toml:2:12: there is no provider `githup` in the catalogue",
            "did you mean `github`?",
        ),
        (
            "[providers.my-idp]\nissuer = \"https://id.example.com\"\n",
            &[],
            "hallpass.toml:1:12: there is no provider `my-idp` in the catalogue",
            "say `type = \"oidc\"` with an `issuer`, or `type = \"oauth\"` with its addresses; docs/providers.md lists what is known",
        ),
        (
            "[providers.github]\nid = \"x\"\nsecrt = \"planted\"\n",
            &[],
            "hallpass.toml:3:1: the provider `github` has no setting `secrt`",
            "did you mean `secret`?",
        ),
        (
            "[providers.github]\nid = \"x\"\nsecret = \"y\"\nstate = false\n",
            &[],
            "hallpass.toml:4:1: the provider `github` has no setting `state`",
            "docs/providers.md lists the settings of providers",
        ),
        (
            "[providers.github]\nid = \"x\"\nsecret = \"y\"\nnonce = true\n",
            &[],
            "hallpass.toml:4:1: the provider `github` has no setting `nonce`",
            "docs/providers.md lists the settings of providers",
        ),
        (
            "[providers.google]\nid = \"x\"\nsecret = \"y\"\npkce = \"off\"\n",
            &[],
            "hallpass.toml:4:1: `off` is not one of `true` and `false`",
            "choose one of them",
        ),
        (
            "[providers.github]\nid = \"x\"\nsecret = \"y\"\nsign_out = \"op\"\n",
            &[],
            "hallpass.toml:4:1: `op` is not one of `true` and `false`",
            "choose one of them",
        ),
        (
            "[providers.github]\nid = \"x\"\nsecret = \"y\"\nrevoke_tokens = \"unlinked\"\n",
            &[],
            "hallpass.toml:4:1: `unlinked` is not one of `never`, `removed` and `signed-out`",
            "choose one of them",
        ),
        (
            "[providers.github]\nid = \"x\"\nsecret = \"y\"\nlink_by_email = \"always\"\n",
            &[],
            "hallpass.toml:4:1: `always` is not one of `never`, `verified` and `dangerously`",
            "choose one of them",
        ),
        (
            "[providers.github]\nid = \"x\"\nsecret = \"y\"\nparameters.redirect_uri = \"https://evil.example\"\n",
            &[],
            "hallpass.toml:4:12: the parameter `redirect_uri` is set by Hallpass itself",
            "remove it; what is asked for is said by `scope`",
        ),
        (
            "[providers.x]\ntype = \"oidc\"\nid = \"x\"\nsecret = \"y\"\n",
            &[],
            "hallpass.toml:1:12: the provider `x` needs `issuer`",
            "set `issuer` under `[providers.x]`",
        ),
        (
            "[providers.github]\nid = \"x\"\nsecret = \"y\"\nprofile.name = \"a b\"\n",
            &[],
            "hallpass.toml:4:9: `a b` does not name a member of a profile",
            "write it as `name`, `data.name`, `name or login` or `{first_name} {last_name}`",
        ),
        (
            "[providers.\"a b\"]\nid = \"x\"\n",
            &[],
            "hallpass.toml:1:12: a provider cannot be called `a b`",
            "use lower-case letters, digits and hyphens: the name stands in paths",
        ),
        (
            "[providers]\ngithub = 7\n",
            &[],
            "hallpass.toml:2:1: `providers.github` must be a table",
            "write it as a heading in brackets, such as `[email]`, with its keys below",
        ),
        (
            "providers = 7\n",
            &[],
            "hallpass.toml:1:1: `providers` must be a table",
            "write it as a heading in brackets, such as `[email]`, with its keys below",
        ),
        (
            "[providers.github]\nid = [\"x\"]\n",
            &[],
            "hallpass.toml:2:1: `id` must be one text, number or boolean",
            "docs/providers.md lists the settings of providers",
        ),
    ];
    for (text, variables, message, help) in rows {
        if message.contains("`id` must be") {
            // The id is then missing too.
            let (first, _) = read(text, variables).expect_err(text).remove(0);
            assert_eq!(first, message);
            continue;
        }
        assert_eq!(
            trouble(text, variables),
            (message.to_owned(), help.to_owned())
        );
    }
}
