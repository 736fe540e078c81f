use hallpass_auth::pages::{
    self, Attributes, Autofill, Color, ColorScheme, ConfirmPage, ErrorCode, ErrorPage, Field,
    SignInError, SignInForm, SignInPage, SignOutPage, Site, Theme, VerifyRequestPage, samples,
};

use hallpass_auth::providers::oauth::Logo;

use super::html::{Tag, tags};

const CSRF: &str = "c3b09abf8bbf12042eff204d881cb55a28f0779fee52968e9dcd303a4ea340a8";

pub(crate) fn full_theme() -> Theme {
    Theme {
        color_scheme: ColorScheme::Dark,
        logo: Some("/logo.svg".parse().unwrap()),
        brand_color: Some("#ffd400".parse().unwrap()),
        button_text: Some("#111".parse().unwrap()),
    }
}

fn site(theme: &Theme) -> Site<'_> {
    Site {
        origin: "http://localhost:3000",
        host: "localhost:3000",
        theme,
    }
}

fn sign_in_page<'a>(theme: &'a Theme, forms: &'a [SignInForm<'a>]) -> SignInPage<'a> {
    SignInPage {
        site: site(theme),
        csrf_token: CSRF,
        callback_url: Some("/deep"),
        email: None,
        error: None,
        forms,
        links: &[],
    }
}

/// Tags from `open` to the end of the page that have this name.
fn named<'a>(tags: &'a [Tag], name: &str) -> Vec<&'a Tag> {
    tags.iter().filter(|tag| tag.name == name).collect()
}

fn attributes<'a>(tag: &'a Tag, names: &[&str]) -> Vec<Option<&'a str>> {
    names.iter().map(|name| tag.attribute(name)).collect()
}

fn title(html: &str) -> &str {
    let (_, rest) = html.split_once("<title>").unwrap();
    rest.split_once("</title>").unwrap().0
}

fn heading(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("<h1>")?;
    Some(rest.split_once("</h1>")?.0)
}

fn class_links(html: &str) -> Vec<(String, String)> {
    let text = |tag: &Tag, name| tag.attribute(name).unwrap_or_default().to_owned();
    named(&tags(html), "a")
        .into_iter()
        .map(|tag| (text(tag, "class"), text(tag, "href")))
        .collect()
}

/// Vector `http/transcripts`, "signin page".
#[test]
fn sign_in_page_has_the_forms_of_the_contract() {
    let theme = Theme::default();
    let github: Color = "#24292f".parse().unwrap();
    let fields = [
        Field {
            name: "username",
            label: None,
            kind: None,
            placeholder: None,
            attributes: Attributes::Fixed(&[]),
        },
        Field {
            name: "password",
            label: None,
            kind: None,
            placeholder: None,
            attributes: Attributes::Fixed(&[]),
        },
    ];
    let forms = [
        SignInForm::OAuth {
            name: "GitHub",
            action: "http://localhost:3000/auth/signin/github",
            brand_color: Some(&github),
            logo: None,
        },
        SignInForm::Credentials {
            id: "credentials",
            name: "Credentials",
            action: "http://localhost:3000/auth/callback/credentials",
            fields: &fields,
        },
    ];
    let html = pages::sign_in(&sign_in_page(&theme, &forms));
    assert_eq!(title(&html), "Sign In");
    assert_eq!(heading(&html), None);

    let tags = tags(&html);
    let forms: Vec<_> = named(&tags, "form")
        .into_iter()
        .map(|tag| attributes(tag, &["action", "method"]))
        .collect();
    assert_eq!(
        forms,
        [
            [
                Some("http://localhost:3000/auth/signin/github"),
                Some("POST")
            ],
            [
                Some("http://localhost:3000/auth/callback/credentials"),
                Some("POST")
            ],
        ]
    );
    let inputs: Vec<_> = named(&tags, "input")
        .into_iter()
        .map(|tag| attributes(tag, &["type", "name", "value", "id", "placeholder"]))
        .collect();
    assert_eq!(
        inputs,
        [
            [Some("hidden"), Some("csrfToken"), Some(CSRF), None, None],
            [
                Some("hidden"),
                Some("callbackUrl"),
                Some("/deep"),
                None,
                None
            ],
            [Some("hidden"), Some("csrfToken"), Some(CSRF), None, None],
            [
                Some("text"),
                Some("username"),
                None,
                Some("input-username-for-credentials-provider"),
                Some("")
            ],
            [
                Some("text"),
                Some("password"),
                None,
                Some("input-password-for-credentials-provider"),
                Some("")
            ],
        ]
    );
    assert!(html.contains(
        r#"<button type="submit" class="button brand" style="--provider-brand-color:#24292f;--provider-text-color:#ffffff;" tabindex="0">"#
    ));
    assert!(html.contains("<span>Sign in with GitHub</span>"));
    assert!(html.contains(
        r#"<button id="submitButton" type="submit" tabindex="0">Sign in with Credentials</button>"#
    ));
    assert_eq!(named(&tags, "hr").len(), 1);
}

#[test]
fn the_mail_form_is_labelled_focused_and_filled_from_the_query() {
    let theme = Theme::default();
    let forms = [SignInForm::Email {
        autofill: Autofill::Off,
        id: "email",
        name: "Email",
        action: "http://localhost:3000/auth/signin/email",
    }];
    let page = SignInPage {
        email: Some("jo@example.com"),
        ..sign_in_page(&theme, &forms)
    };
    let tags = tags(&pages::sign_in(&page));
    let [csrf, input] = named(&tags, "input")[..] else {
        panic!("two inputs: there is no hidden callbackUrl")
    };
    assert_eq!(csrf.attribute("name"), Some("csrfToken"));
    let expected = [
        ("id", "input-email-for-email-provider"),
        ("type", "email"),
        ("name", "email"),
        ("value", "jo@example.com"),
        ("placeholder", "email@example.com"),
        ("autocomplete", "email"),
        ("inputmode", "email"),
        ("autofocus", ""),
        ("required", ""),
    ];
    for (name, value) in expected {
        assert_eq!(input.attribute(name), Some(value), "{name}");
    }
    let [label] = named(&tags, "label")[..] else {
        panic!("one label")
    };
    assert_eq!(
        attributes(label, &["class", "for"]),
        [
            Some("section-header"),
            Some("input-email-for-email-provider")
        ]
    );
}

#[test]
fn an_oauth_button_without_colour_is_white_and_may_have_a_logo() {
    let theme = Theme::default();
    let logo = Logo::Url("/logos/acme.svg".parse().unwrap());
    let forms = [SignInForm::OAuth {
        name: "Acme",
        action: "/a",
        brand_color: None,
        logo: Some(&logo),
    }];
    let page = SignInPage {
        callback_url: None,
        ..sign_in_page(&theme, &forms)
    };
    let html = pages::sign_in(&page);
    assert!(html.contains("--provider-brand-color:#fff;"));
    assert!(html.contains(r#"<img loading="lazy" height="24" src="/logos/acme.svg" alt="">"#));
    assert!(!html.contains("callbackUrl"));
}

#[test]
fn an_oauth_button_has_the_colour_of_the_service_and_text_that_can_be_read_on_it() {
    let theme = Theme::default();
    let svg = Logo::Svg(r#"<svg viewBox="0 0 24 24"><path d="M0 0h24"/></svg>"#);
    for (color, text) in [
        ("#24292f", "#ffffff"),
        ("#ffcc00", "#000000"),
        ("#000", "#ffffff"),
    ] {
        let color: Color = color.parse().unwrap();
        let forms = [SignInForm::OAuth {
            name: "acme <inc>",
            action: "/a",
            brand_color: Some(&color),
            logo: Some(&svg),
        }];
        let html = pages::sign_in(&sign_in_page(&theme, &forms));
        let style = format!("--provider-brand-color:{color};--provider-text-color:{text};");
        assert!(html.contains(&style), "{html}");
        assert!(html.contains(r#"class="button brand""#));
        assert!(html.contains(r#"<svg viewBox="0 0 24 24"><path d="M0 0h24"/></svg>"#));
    }
    let white: Color = "#fff".parse().unwrap();
    let forms = [SignInForm::OAuth {
        name: "acme <inc>",
        action: "/a",
        brand_color: Some(&white),
        logo: None,
    }];
    let html = pages::sign_in(&sign_in_page(&theme, &forms));
    assert!(html.contains(r#"class="button" style="--provider-brand-color:#fff;""#));
    assert!(html.contains(r#"<span class="initial" aria-hidden="true">A</span>"#));
    assert!(!html.contains("<inc>"));
}

#[test]
fn rules_stand_between_buttons_and_forms() {
    let theme = Theme::default();
    let oauth = SignInForm::OAuth {
        name: "A",
        action: "/a",
        brand_color: None,
        logo: None,
    };
    let email = SignInForm::Email {
        autofill: Autofill::Off,
        id: "e",
        name: "E",
        action: "/e",
    };
    let rules = |forms: &[SignInForm<'_>]| {
        let tags = tags(&pages::sign_in(&sign_in_page(&theme, forms)));
        named(&tags, "hr").len()
    };
    assert_eq!(rules(&[oauth, oauth]), 0);
    assert_eq!(rules(&[email]), 0);
    assert_eq!(rules(&[oauth, email]), 1);
    assert_eq!(rules(&[email, oauth]), 1);
    assert_eq!(rules(&[oauth, email, email]), 2);
    assert_eq!(rules(&[oauth, email, oauth]), 2);
}

#[test]
fn credential_fields_carry_their_attributes_but_no_script() {
    let theme = Theme::default();
    let attributes = [
        ("minlength", "8"),
        ("data-x", "y"),
        ("autocomplete", "new-password"),
        ("onfocus", "alert(1)"),
        ("style", "x"),
        ("a b", "x"),
        ("x><script", "x"),
        ("name", "other"),
    ];
    let fields = [Field {
        name: "password",
        label: Some("Password"),
        kind: Some("password"),
        placeholder: Some("…"),
        attributes: Attributes::Fixed(&attributes),
    }];
    let forms = [SignInForm::Credentials {
        id: "c",
        name: "C",
        action: "/c",
        fields: &fields,
    }];
    let tags = tags(&pages::sign_in(&sign_in_page(&theme, &forms)));
    let names: Vec<_> = named(&tags, "input")[1]
        .attributes
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "name",
            "id",
            "type",
            "placeholder",
            "label",
            "minlength",
            "data-x",
            "autocomplete"
        ]
    );
}

/// Contract §8.2.
#[test]
fn sign_in_errors_are_a_closed_set() {
    let theme = Theme::default();
    let text = |code: &str| {
        let page = SignInPage {
            error: SignInError::from_query(code),
            ..sign_in_page(&theme, &[])
        };
        let html = pages::sign_in(&page);
        assert!(!html.contains("planted"));
        let (_, rest) =
            html.split_once("<div class=\"card\">\n<div class=\"error\" role=\"alert\">\n<p>")?;
        Some(rest.split_once("</p>")?.0.to_owned())
    };
    assert_eq!(text(""), None);
    let other_account = text("Signin");
    for code in [
        "OAuthSignin",
        "OAuthCallbackError",
        "OAuthCreateAccount",
        "EmailCreateAccount",
        "Callback",
    ] {
        assert_eq!(text(code), other_account);
    }
    let generic = text("planted");
    for code in ["MissingCSRF", "AccountNotLinked", "signin", "<script>"] {
        assert_eq!(text(code), generic);
    }
    let all = [
        other_account,
        generic,
        text("OAuthAccountNotLinked"),
        text("EmailSignin"),
        text("CredentialsSignin"),
        text("SessionRequired"),
    ];
    for (index, one) in all.iter().enumerate() {
        assert!(one.is_some());
        assert!(!all[..index].contains(one), "{one:?} twice");
    }
}

/// Contract §8.3 and vectors "error page …".
#[test]
fn error_pages_have_their_status_heading_and_link() {
    let theme = Theme::default();
    let sign_in = (
        "button".to_owned(),
        "http://localhost:3000/auth/signin".to_owned(),
    );
    let home = ("site".to_owned(), "http://localhost:3000".to_owned());
    let rows = [
        (Some("Configuration"), 500, "Server error", vec![]),
        (
            Some("AccessDenied"),
            403,
            "Access Denied",
            vec![sign_in.clone()],
        ),
        (
            Some("Verification"),
            403,
            "Unable to sign in",
            vec![sign_in],
        ),
        (Some("Planted"), 200, "Error", vec![home.clone()]),
        (None, 200, "Error", vec![home]),
    ];
    for (query, status, expected_heading, links) in rows {
        let code = ErrorCode::from_query(query);
        let html = pages::error(&ErrorPage {
            site: site(&theme),
            code,
            sign_in_url: "http://localhost:3000/auth/signin",
        });
        assert_eq!(code.status(), status, "{query:?}");
        assert_eq!(title(&html), "Error");
        assert_eq!(heading(&html), Some(expected_heading));
        assert_eq!(class_links(&html), links, "{query:?}");
        assert!(html.contains(r#"<div class="message" role="alert">"#));
        assert!(!html.contains("Planted"));
    }
}

/// Vector "signout page".
#[test]
fn sign_out_page_posts_to_the_current_url() {
    let theme = Theme::default();
    let action = "http://localhost:3000/auth/signout?callbackUrl=%2F&x=1";
    let html = pages::sign_out(&SignOutPage {
        site: site(&theme),
        csrf_token: CSRF,
        action,
    });
    assert_eq!(
        (title(&html), heading(&html)),
        ("Sign Out", Some("Signout"))
    );
    let tags = tags(&html);
    let [form] = named(&tags, "form")[..] else {
        panic!("one form")
    };
    assert_eq!(
        attributes(form, &["action", "method"]),
        [Some(&*action.replace('&', "&#38;")), Some("POST")]
    );
    let [input] = named(&tags, "input")[..] else {
        panic!("one input")
    };
    assert_eq!(
        attributes(input, &["type", "name", "value"]),
        [Some("hidden"), Some("csrfToken"), Some(CSRF)]
    );
    assert!(html.contains(r#"<button id="submitButton" type="submit">Sign out</button>"#));
}

/// Vector "verify-request page".
#[test]
fn verify_request_page_links_to_the_site() {
    let theme = Theme::default();
    let html = pages::verify_request(&VerifyRequestPage { site: site(&theme) });
    assert_eq!(
        (title(&html), heading(&html)),
        ("Verify Request", Some("Check your email"))
    );
    assert_eq!(
        class_links(&html),
        [("site".to_owned(), "http://localhost:3000".to_owned())]
    );
}

#[test]
fn confirm_page_is_one_button_that_posts() {
    let theme = Theme::default();
    let page = ConfirmPage {
        site: site(&theme),
        action: "/auth/callback/email?token=t",
        fields: &[("csrfToken", CSRF)],
        email: Some("jo@example.com"),
    };
    let html = pages::confirm(&page);
    assert_eq!(heading(&html), Some("Finish signing in"));
    let tags = tags(&html);
    assert_eq!(
        (
            named(&tags, "form").len(),
            named(&tags, "button").len(),
            named(&tags, "a").len()
        ),
        (1, 1, 0)
    );
    let [form] = named(&tags, "form")[..] else {
        panic!("one form")
    };
    assert_eq!(
        attributes(form, &["action", "method"]),
        [Some("/auth/callback/email?token=t"), Some("POST")]
    );
}

#[test]
fn every_page_has_the_common_frame() {
    for theme in [Theme::default(), full_theme()] {
        let body_class = format!("__next-auth-theme-{}", theme.color_scheme.as_str());
        for sample in samples(&theme) {
            let tags = tags(&sample.html);
            assert!(sample.html.starts_with(
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
            ));
            assert_eq!(
                named(&tags, "body")[0].attribute("class"),
                Some(&*body_class)
            );
            let divs: Vec<_> = named(&tags, "div")
                .into_iter()
                .take(3)
                .map(|tag| tag.attribute("class").unwrap())
                .collect();
            let [page, kind, card] = divs[..] else {
                panic!("three divisions")
            };
            assert_eq!((page, card), ("page", "card"));
            assert!(
                [
                    "second",
                    "signin",
                    "signout",
                    "error",
                    "verify-request",
                    "confirm",
                    "register",
                    "notice",
                    "forgot",
                    "reset",
                    "account",
                    "sessions"
                ]
                .contains(&kind),
                "{kind}"
            );
            let logos: Vec<_> = named(&tags, "img")
                .into_iter()
                .filter(|tag| tag.attribute("class") == Some("logo"))
                .collect();
            assert_eq!(logos.len(), usize::from(theme.logo.is_some()));
            assert!(
                logos
                    .iter()
                    .all(|logo| logo.attribute("alt") == Some("Logo"))
            );
        }
    }
}

#[test]
fn theme_colours_become_custom_properties_of_root() {
    let html = &samples(&full_theme())[0].html;
    assert!(html.contains(":root{--brand-color:#ffd400;"), "{html}");
    assert!(html.contains("--button-text-color:#111;}"));
    assert!(!samples(&Theme::default())[0].html.contains(":root"));
}

#[test]
fn every_sample_renders_as_before() {
    let sheet = include_str!("../../templates/style.css");
    for (look, theme) in [("plain", Theme::default()), ("themed", full_theme())] {
        for sample in samples(&theme) {
            let html = sample.html.replace(sheet, "/* the sheet */");
            insta::assert_snapshot!(format!("page-{}-{look}", sample.name), html);
        }
    }
}
