use hallpass_auth::mail::templates::{Letter, letter, sign_in};
use hallpass_auth::pages::{ColorScheme, Theme};

use super::html::{skeleton, tags};

const HOST: &str = "app.example.com";
const URL: &str = "https://app.example.com/auth/callback/email?callbackUrl=https%3A%2F%2Fapp.example.com&token=abc&email=jo%40example.com";

fn themes() -> [Theme; 4] {
    let branded = Theme {
        brand_color: Some("#ffd400".parse().unwrap()),
        button_text: Some("#123456".parse().unwrap()),
        ..Theme::default()
    };
    [
        Theme::default(),
        Theme {
            color_scheme: ColorScheme::Dark,
            ..Theme::default()
        },
        Theme {
            color_scheme: ColorScheme::Light,
            ..branded.clone()
        },
        branded,
    ]
}

/// Vector `email_text`.
#[test]
fn subject_and_text_are_those_of_the_contract() {
    let url = "https://app.example.com/auth/callback/email?x=1";
    let mail = sign_in(HOST, url, &Theme::default());
    assert_eq!(mail.subject, "Sign in to app.example.com");
    assert_eq!(
        mail.text,
        "Sign in to app.example.com\nhttps://app.example.com/auth/callback/email?x=1\n\n"
    );
}

#[test]
fn the_host_is_no_link_for_a_mail_client() {
    let mail = sign_in(HOST, URL, &Theme::default());
    assert!(
        mail.html.contains("app&#8203;.example&#8203;.com"),
        "{}",
        mail.html
    );
}

#[test]
fn the_recipients_address_stands_nowhere_but_encoded_in_the_link() {
    let mail = sign_in(HOST, URL, &Theme::default());
    for part in [&mail.subject, &mail.text, &mail.html] {
        assert!(!part.contains("jo@"), "{part}");
        assert!(!part.contains("jo&#64;"), "{part}");
    }
    assert!(
        !mail
            .html
            .replace(&URL.replace('&', "&#38;"), "")
            .contains("jo"),
        "{}",
        mail.html
    );
}

#[test]
fn the_link_is_the_button_and_the_line_below_it() {
    let mail = sign_in(HOST, URL, &Theme::default());
    let escaped = URL.replace('&', "&#38;");
    let tags = tags(&mail.html);
    let links: Vec<_> = tags
        .iter()
        .filter_map(|tag| tag.attribute("href"))
        .collect();
    assert_eq!(links, [&escaped, &escaped]);
    assert!(mail.html.contains(&format!(">{escaped}</a>")));
}

#[test]
fn colours_are_the_themes_or_those_of_the_contract() {
    let plain = sign_in(HOST, URL, &Theme::default());
    assert!(plain.html.contains("bgcolor=\"#346df1\""));
    assert!(plain.html.contains("color: #fff; text-decoration: none"));
    let [.., branded] = themes();
    let branded = sign_in(HOST, URL, &branded);
    assert!(branded.html.contains("bgcolor=\"#ffd400\""));
    assert!(
        branded
            .html
            .contains("color: #123456; text-decoration: none")
    );
}

#[test]
fn a_hostile_host_or_link_stays_text() {
    let hostile = "x\"><script>alert(1)</script><img src=x onerror=alert(1)>'{{7*7}}";
    for theme in themes() {
        let harmless = skeleton(&sign_in("host", "https://host/", &theme).html);
        assert_eq!(skeleton(&sign_in(hostile, hostile, &theme).html), harmless);
    }
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    for theme in themes() {
        let html = sign_in("host", "LINK", &theme).html;
        let foreign = html.replace("http://www.w3.org/1999/xhtml", "");
        for sign in [
            "http://", "https://", "url(", "@import", "<script", "<img", "<link",
        ] {
            assert!(!foreign.contains(sign), "{sign} in {foreign}");
        }
    }
}

#[test]
fn every_theme_renders_as_before() {
    let names = ["auto", "dark", "light-branded", "auto-branded"];
    for (name, theme) in names.iter().zip(themes()) {
        insta::assert_snapshot!(format!("mail-{name}"), sign_in(HOST, URL, &theme).html);
    }
}

#[test]
fn a_mail_prints_nothing_of_itself() {
    assert_eq!(
        format!("{:?}", sign_in(HOST, URL, &Theme::default())),
        "SignInMail(..)"
    );
}

const LETTER: Letter<'static> = Letter {
    host: HOST,
    heading: "Choose a new password for",
    before: &["Somebody asked for a new password."],
    action: Some((
        "Choose a new password",
        "https://app.example.com/auth/reset-password?token=x",
    )),
    after: &["If it was not you, ignore this email."],
};

#[test]
fn letters_of_every_theme_render_as_before() {
    let names = ["auto", "dark", "light-branded", "auto-branded"];
    for (name, theme) in names.iter().zip(themes()) {
        insta::assert_snapshot!(format!("letter-{name}"), letter(&LETTER, &theme).html);
    }
    insta::assert_snapshot!("letter-text", letter(&LETTER, &Theme::default()).text);
}

#[test]
fn letters_load_nothing_and_hostile_texts_stay_text() {
    let hostile = "<script>alert(1)</script>\"'&";
    let wild = Letter {
        host: hostile,
        heading: hostile,
        before: &[hostile],
        action: Some((hostile, hostile)),
        after: &[hostile],
    };
    let tame = Letter {
        host: "host",
        heading: "Heading",
        before: &["x"],
        action: Some(("x", "https://host/")),
        after: &["x"],
    };
    for theme in themes() {
        let wild = letter(&wild, &theme).html;
        assert_eq!(skeleton(&wild), skeleton(&letter(&tame, &theme).html));
        assert!(!wild.contains("<script") && !wild.contains("<img"));
    }
}
