//! The page for somebody who registers.

use askama::Template;

use super::{Site, StrengthLine, render};

/// A field that was filled in before.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegisterField<'a> {
    /// What was typed.
    pub value: Option<&'a str>,
    /// What is wrong with it.
    pub alert: Option<&'a str>,
}

/// Asks for a name, an address and a password.
#[derive(Clone, Copy, Debug)]
pub struct RegisterPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// Where the form posts.
    pub action: &'a str,
    /// Where somebody goes who has an account.
    pub sign_in_url: &'a str,
    /// The fewest characters of a password.
    pub min_length: usize,
    /// The name.
    pub name: RegisterField<'a>,
    /// The address.
    pub email: RegisterField<'a>,
    /// What is wrong with the password; it is never shown again.
    pub password_alert: Option<&'a str>,
    /// How hard it is to guess.
    pub strength: StrengthLine<'a>,
}

/// The page.
pub fn register(page: &RegisterPage<'_>) -> String {
    render(&RegisterTemplate {
        page,
        site: page.site,
    })
}

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterTemplate<'a> {
    page: &'a RegisterPage<'a>,
    site: Site<'a>,
}
