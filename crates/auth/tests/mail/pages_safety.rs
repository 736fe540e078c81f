//! What settings and input can do to a page: nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallpass_auth::pages::{
    self, Attributes, Autofill, ColorScheme, ConfirmPage, ErrorCode, ErrorPage, Field, SignInError,
    SignInForm, SignInPage, SignOutPage, Site, Theme, UnavailablePage, VerifyRequestPage,
    content_security_policy, samples,
};
use sha2::{Digest, Sha256};

use super::html::{Tag, skeleton, tags};
use super::pages::full_theme;

#[test]
fn settings_that_could_leave_the_style_or_the_markup_are_refused() {
    let colors = [
        "",
        "#12",
        "#12345g",
        "red;",
        "red}",
        "red</style>",
        "url(x)",
        "var(--x)",
        "rgb(1,2,3);x",
        "expression(1)",
        "rgb(1,2,3",
        "#fff\n",
    ];
    for color in colors.iter().filter(|color| !color.ends_with('\n')) {
        assert!(color.parse::<pages::Color>().is_err(), "{color}");
    }
    for color in [
        "#fff",
        "#346df1",
        "#346df1cc",
        "rebeccapurple",
        "rgb(52 109 241 / 50%)",
        "oklch(0.6 0.2 262)",
        " #fff ",
    ] {
        assert!(color.parse::<pages::Color>().is_ok(), "{color}");
    }
    for image in [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "logo.png",
        "https://x/\"onerror=",
        "https://x/ y",
        "//<b>",
    ] {
        assert!(image.parse::<pages::ImageUrl>().is_err(), "{image}");
    }
    for image in [
        "/logo.svg",
        "https://example.com/logo.png?x=1",
        "data:image/png;base64,AAAA==",
    ] {
        assert!(image.parse::<pages::ImageUrl>().is_ok(), "{image}");
    }
    assert!("dim".parse::<ColorScheme>().is_err());
}

#[test]
fn the_policy_admits_exactly_the_styles_of_the_pages() {
    for theme in [Theme::default(), full_theme()] {
        let policy = content_security_policy(&theme);
        let style_source = policy
            .split("; ")
            .find(|part| part.starts_with("style-src "))
            .unwrap();
        let mut hashes: Vec<_> = style_source.split(' ').skip(1).collect();
        hashes.sort_unstable();
        for sample in samples(&theme) {
            let styles = sample
                .html
                .split("<style>")
                .skip(1)
                .map(|rest| rest.split_once("</style>").unwrap().0);
            let mut found: Vec<_> = styles
                .map(|style| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style))))
                .collect();
            found.sort_unstable();
            assert_eq!(found, hashes, "{}", sample.name);
        }
        assert!(policy.starts_with("default-src 'none'; "));
        assert!(policy.contains("frame-ancestors 'none'"));
    }
}

#[test]
fn the_policy_admits_exactly_the_scripts_of_the_pages() {
    let policy = content_security_policy(&Theme::default());
    let part = |name: &str| policy.split("; ").find_map(|part| part.strip_prefix(name));
    let mut admitted: Vec<_> = part("script-src ").unwrap().split(' ').collect();
    assert_eq!(part("connect-src "), Some("'self'"));
    let mut found = Vec::new();
    for sample in samples(&Theme::default()) {
        for rest in sample.html.split("<script>").skip(1) {
            let (script, _) = rest.split_once("</script>").unwrap();
            let hash = STANDARD.encode(Sha256::digest(script));
            found.push(format!("'sha256-{hash}'"));
        }
    }
    admitted.sort_unstable();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, admitted);
}

#[test]
fn pages_load_nothing_foreign() {
    for theme in [Theme::default(), full_theme()] {
        for sample in samples(&theme) {
            let style_attributes = |tag: &Tag| {
                tag.attribute("style").is_some() && tag.attribute("class") != Some("button")
            };
            for tag in tags(&sample.html) {
                assert!(
                    !["link", "iframe", "object"].contains(&tag.name.as_str()),
                    "{}",
                    sample.name
                );
                // Inline ones only, which the policy names one by one.
                let is_script = tag.name == "script";
                assert!(!is_script || tag.attributes.is_empty(), "{}", sample.name);
                assert!(
                    tag.attributes
                        .iter()
                        .all(|(name, _)| !name.starts_with("on"))
                );
                assert!(
                    tag.attribute("src")
                        .is_none_or(|source| source.starts_with('/'))
                );
                assert!(!style_attributes(&tag), "{}", sample.name);
            }
            assert!(!sample.html.contains("@import") && !sample.html.contains("url("));
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_accepted_setting_holds_a_sign_that_ends_its_place(text in "[ -~]{0,24}", tail in "\\PC{0,8}") {
        let places = [text.clone(), format!("#{text}"), format!("rgb({text})"), format!("/{text}{tail}"), format!("red{tail}")];
        for place in places {
            let accepted = [
                place.parse::<pages::Color>().ok().filter(|color| color.as_str().contains([';', '{', '}', ':'])).map(|color| color.to_string()),
                place.parse::<pages::Color>().ok().map(|color| color.to_string()),
                place.parse::<pages::ImageUrl>().ok().map(|image| image.to_string()),
            ];
            proptest::prop_assert!(accepted[0].is_none(), "{accepted:?}");
            proptest::prop_assert!(!accepted.iter().flatten().any(|value| value.contains(['<', '>', '"', '\'', '\\'])));
        }
    }
}

/// The page's shape must not depend on what its fields hold.
#[test]
fn nothing_in_a_field_becomes_markup() {
    let payloads = [
        "x\"><script>alert(1)</script>",
        "x' onfocus='alert(1)",
        "</style><img src=x onerror=alert(1)>",
        "&quot;&gt;<b>",
        "{{7*7}}{% raw %}",
        "\u{0}\u{2028}--><!--",
    ];
    let harmless = shapes("x");
    for payload in payloads {
        assert_eq!(shapes(payload), harmless, "{payload}");
    }
}

fn shapes(text: &str) -> Vec<Vec<String>> {
    let theme = Theme::default();
    let site = Site {
        origin: text,
        host: text,
        theme: &theme,
    };
    let attributes = [("minlength", text)];
    let fields = [Field {
        name: text,
        label: Some(text),
        kind: Some(text),
        placeholder: Some(text),
        attributes: Attributes::Fixed(&attributes),
    }];
    let forms = [
        SignInForm::OAuth {
            name: text,
            action: text,
            brand_color: None,
            logo: None,
        },
        SignInForm::Email {
            autofill: Autofill::Off,
            id: text,
            name: text,
            action: text,
        },
        SignInForm::Credentials {
            id: text,
            name: text,
            action: text,
            fields: &fields,
        },
    ];
    let sign_in = SignInPage {
        site,
        csrf_token: text,
        callback_url: Some(text),
        email: Some(text),
        error: SignInError::from_query(text),
        forms: &forms,
        links: &[],
    };
    let error = |code| {
        pages::error(&ErrorPage {
            site,
            code,
            sign_in_url: text,
        })
    };
    [
        pages::sign_in(&sign_in),
        pages::sign_out(&SignOutPage {
            site,
            csrf_token: text,
            action: text,
        }),
        error(ErrorCode::Other),
        error(ErrorCode::AccessDenied),
        error(ErrorCode::Verification),
        pages::verify_request(&VerifyRequestPage { site }),
        pages::confirm(&ConfirmPage {
            site,
            action: text,
            fields: &[(text, text)],
            email: Some(text),
        }),
        pages::unavailable(&UnavailablePage { site }),
    ]
    .iter()
    .map(|html| skeleton(html))
    .collect()
}
