//! The mail of a few sentences, with or without a button: everything but the sign-in link.

use std::fmt::Write as _;

use askama::Template;

use super::{BRAND_COLOR, BUTTON_TEXT, DARK, FONTS, LIGHT, Palette, SignInMail};
use crate::pages::{ColorScheme, Theme};

/// What a letter says. All of it is ours but the link: no address, no name, nothing that somebody typed
/// (CVE-2022-31127).
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    /// The host of the site. Stands in subject and heading behind the words.
    pub host: &'a str,
    /// What it is about, before the host: `Confirm your email for`.
    pub heading: &'a str,
    /// The sentences before the button.
    pub before: &'a [&'a str],
    /// The words on the button, and the link.
    pub action: Option<(&'a str, &'a str)>,
    /// The sentences at the end.
    pub after: &'a [&'a str],
}

impl std::fmt::Debug for Letter<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Letter")
            .field("heading", &self.heading)
            .finish_non_exhaustive()
    }
}

/// The mail of a letter.
#[expect(
    clippy::expect_used,
    reason = "writing to a String cannot fail, and a test renders the template"
)]
pub fn letter(letter: &Letter<'_>, theme: &Theme) -> SignInMail {
    SignInMail {
        subject: format!("{} {}", letter.heading, letter.host),
        text: text(letter),
        html: LetterTemplate::new(letter, theme)
            .render()
            .expect("a String takes every write"),
    }
}

/// The link stands on a line of its own, the second one that is not empty, so that mail clients make a link of it.
fn text(letter: &Letter<'_>) -> String {
    let mut text = format!("{} {}\n\n", letter.heading, letter.host);
    let mut line = |line: &str| {
        let _ = writeln!(text, "{line}\n");
    };
    letter.before.iter().copied().for_each(&mut line);
    if let Some((_, url)) = letter.action {
        line(url);
    }
    letter.after.iter().copied().for_each(&mut line);
    text
}

#[derive(Template)]
#[template(path = "mail_letter.html")]
struct LetterTemplate<'a> {
    letter: &'a Letter<'a>,
    color_schemes: &'static str,
    is_auto: bool,
    palette: &'static Palette,
    brand_color: String,
    button_text: String,
}

impl<'a> LetterTemplate<'a> {
    fn new(letter: &'a Letter<'a>, theme: &Theme) -> Self {
        let brand = theme.brand_color.as_ref();
        let text = theme.button_text.clone().or_else(|| brand?.readable_text());
        Self {
            letter,
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

    /// The host in pieces: a zero-width space before each dot keeps mail clients from making a link of it.
    fn host_parts(&self) -> std::str::Split<'a, char> {
        self.letter.host.split('.')
    }
}
