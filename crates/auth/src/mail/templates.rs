//! What the mails say.
//!
//! The recipient's address is no parameter here, so that nothing a stranger types into a sign-in
//! form can appear in a mail to somebody else (CVE-2022-31127). It stands, percent-encoded, only
//! inside the link.

mod letter;

use askama::Template;

pub use letter::{Letter, letter};

use crate::pages::{ColorScheme, Theme};

/// The parts of a sign-in mail.
#[derive(Clone)]
pub struct SignInMail {
    /// Subject line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

impl std::fmt::Debug for SignInMail {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SignInMail(..)")
    }
}

/// The mail with the link. `host` is the link's, as shown to the reader; `url` is the link.
#[expect(
    clippy::expect_used,
    reason = "writing to a String cannot fail, and a test renders the template"
)]
pub fn sign_in(host: &str, url: &str, theme: &Theme) -> SignInMail {
    let subject = format!("Sign in to {host}");
    let text = format!("{subject}\n{url}\n\n");
    let look = Look::of(theme);
    let html = SignInTemplate { host, url, look }
        .render()
        .expect("a String takes every write");
    SignInMail {
        subject,
        text,
        html,
    }
}

/// Auth.js's colours where the theme sets none (contract §5.1.2).
const BRAND_COLOR: &str = "#346df1";
const BUTTON_TEXT: &str = "#fff";

const FONTS: &str =
    "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

/// The neutral colours; the dark ones stand again in the template's media query.
struct Palette {
    page: &'static str,
    card: &'static str,
    line: &'static str,
    text: &'static str,
    muted: &'static str,
}

const LIGHT: Palette = Palette {
    page: "#f4f5f7",
    card: "#ffffff",
    line: "#e3e5ea",
    text: "#16181d",
    muted: "#5a6170",
};
const DARK: Palette = Palette {
    page: "#0f1114",
    card: "#181b20",
    line: "#2b3038",
    text: "#eef0f4",
    muted: "#a5acba",
};

/// How every mail looks under a theme.
struct Look {
    color_schemes: &'static str,
    is_auto: bool,
    palette: &'static Palette,
    brand_color: String,
    button_text: String,
}

impl Look {
    fn of(theme: &Theme) -> Self {
        let brand = theme.brand_color.as_ref();
        let text = theme.button_text.clone().or_else(|| brand?.readable_text());
        Self {
            color_schemes: match theme.color_scheme {
                ColorScheme::Auto => "light dark",
                ColorScheme::Light => "light only",
                ColorScheme::Dark => "dark only",
            },
            is_auto: theme.color_scheme == ColorScheme::Auto,
            palette: match theme.color_scheme {
                ColorScheme::Dark => &DARK,
                ColorScheme::Auto | ColorScheme::Light => &LIGHT,
            },
            brand_color: brand.map_or_else(|| BRAND_COLOR.to_owned(), ToString::to_string),
            button_text: text.map_or_else(|| BUTTON_TEXT.to_owned(), |color| color.to_string()),
        }
    }
}

/// The host in pieces: a zero-width space before each dot keeps mail clients from making a link of it.
fn parts(host: &str) -> std::str::Split<'_, char> {
    host.split('.')
}

#[derive(Template)]
#[template(path = "mail_sign_in.html")]
struct SignInTemplate<'a> {
    host: &'a str,
    url: &'a str,
    look: Look,
}
