//! The mail of a few sentences, with or without a button: everything but the sign-in link.

use std::fmt::Write as _;

use askama::Template;

use super::{FONTS, Look, SignInMail};
use crate::pages::Theme;

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
        html: LetterTemplate {
            letter,
            look: Look::of(theme),
        }
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
    look: Look,
}
