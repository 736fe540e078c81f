//! Pages and mail, from outside: every page rendered, every transport against a real peer.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops at the first surprise"
)]

mod html;
mod mail_apis;
mod mailbox;
mod message;
mod pages;
mod pages_safety;
mod palette;
mod resend;
mod smtp;
mod smtp_server;
mod smtp_settings;
mod templates;

use hallpass_auth::mail::Message;

/// The planted secrets of the error tests: none of them may stand in an error.
const ADDRESS: &str = "planted-recipient@example.com";
const LINK: &str = "https://app.example.com/auth/callback/email?token=planted-token";
const SECRET: &str = "planted-secret";

fn message() -> Message {
    Message {
        from: "Example <login@example.com>".to_owned(),
        to: ADDRESS.to_owned(),
        subject: "Sign in to app.example.com".to_owned(),
        text: format!("Sign in to app.example.com\n{LINK}\n\n"),
        html: format!("<p><a href=\"{LINK}\">Sign in — ✓</a></p>"),
    }
}

/// The error's own text and all its causes, after a look for planted secrets.
fn shown(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error}\n{error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!("\n{cause}"));
        source = cause.source();
    }
    for planted in ["planted", "token="] {
        assert!(!text.contains(planted), "`{planted}` leaked: {text}");
    }
    error.to_string()
}
