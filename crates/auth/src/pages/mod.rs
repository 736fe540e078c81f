//! The built-in pages: plain HTML that works without JavaScript and loads nothing from anywhere. Scripts only add
//! to it: see `script`.
//!
//! Each page is a function from a context to a `String`. The engine decides status, headers and
//! cookies; nothing here knows them, save [`ErrorCode::status`]. Everything a context holds is
//! escaped by the templates; the messages for error codes are a closed set, so that no text of a
//! query ever reaches the page.
//!
//! Names of classes, ids, form fields and titles are Auth.js's (contract §9), because tests and
//! style sheets of existing applications rely on them.
//!
//! To add a page: a context here, a template that extends `layout.html`, a row in `samples`.

/// Defines pages, one row each: what it is, its function, its template, its context, its file.
macro_rules! pages {
    ($($(#[$doc:meta])* $function:ident, $template:ident, $page:ident, $path:literal;)*) => {$(
        $(#[$doc])*
        pub fn $function(page: &$page<'_>) -> String {
            render(&$template { page, site: page.site })
        }

        #[derive(Template)]
        #[template(path = $path)]
        struct $template<'a> {
            page: &'a $page<'a>,
            site: Site<'a>,
        }
    )*};
}

mod account;
mod message;
mod passkeys;
mod policy;
mod register;
#[cfg(any(test, feature = "testing"))]
mod samples;
mod script;
mod second_factor;
mod sessions;
mod sign_in;
mod style;
mod theme;
mod too_many;

use askama::Template;

pub use account::{
    AccountPage, ClickPage, DeletePage, ForgotPasswordPage, LinkService, LinkedAccountItem,
    LinkedAccountsPage, NoticePage, PasswordForm, ResetPasswordPage, UnlinkPage, account, click,
    delete_account, forgot_password, linked_accounts, notice, reset_password, unlink_account,
};
pub use message::{ErrorCode, SignInError};
pub use passkeys::{AddPasskey, PasskeyItem, PasskeysNotice, PasskeysPage, passkeys};
pub use policy::content_security_policy;
pub use register::{RegisterField, RegisterPage, register};
#[cfg(any(test, feature = "testing"))]
pub use samples::{Sample, samples};
pub use script::StrengthLine;
pub use second_factor::{
    DeviceItem, RecoveryCodesPage, SecondFactorOverview, SecondFactorPage, SetUpPage,
    recovery_codes, second_factor, second_factor_overview, set_up_second_factor,
};
pub use sessions::{Moment, SessionItem, SessionsNotice, SessionsPage};
pub use sign_in::{Attributes, Autofill, Field, SignInForm, SignInPage};
pub use theme::{Color, ColorScheme, ImageUrl, Theme, ThemeError};
pub use too_many::TooManyPage;
pub(crate) use too_many::whole_seconds;

/// What every page needs: whose page it is and how it looks.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// `https://app.example.com`, where links to the application go.
    pub origin: &'a str,
    /// `app.example.com`, as shown.
    pub host: &'a str,
    /// The look.
    pub theme: &'a Theme,
}

impl Site<'_> {
    fn style(&self) -> &'static str {
        style::SHEET
    }

    fn strength_script(&self) -> &'static str {
        script::STRENGTH
    }

    fn passkey_script(&self) -> &'static str {
        script::PASSKEY
    }

    fn theme_style(&self) -> String {
        style::theme_rule(self.theme)
    }
}

/// Asks whether to sign out.
#[derive(Clone, Copy, Debug)]
pub struct SignOutPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// Where the form posts: the full current URL, with its query.
    pub action: &'a str,
}

/// Says what went wrong.
#[derive(Clone, Copy, Debug)]
pub struct ErrorPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// Which of the known errors.
    pub code: ErrorCode,
    /// Where "Sign in" leads: `{origin}{base}/signin`.
    pub sign_in_url: &'a str,
}

/// Says that a mail is under way.
#[derive(Clone, Copy, Debug)]
pub struct VerifyRequestPage<'a> {
    /// The site.
    pub site: Site<'a>,
}

/// Asks for one click before a link signs in.
///
/// For links opened in another browser than the one that asked, or by a mail scanner: showing the
/// page consumes nothing, posting its form does.
#[derive(Clone, Copy, Debug)]
pub struct ConfirmPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// Where the form posts.
    pub action: &'a str,
    /// Hidden fields, name and value.
    pub fields: &'a [(&'a str, &'a str)],
    /// Whom it signs in. `None` where the link names nobody in plain form.
    pub email: Option<&'a str>,
}

/// Says that the service cannot answer now (503).
#[derive(Clone, Copy, Debug)]
pub struct UnavailablePage<'a> {
    /// The site.
    pub site: Site<'a>,
}

/// The sign-in page: one `div.provider` per form, in the given order.
pub fn sign_in(page: &SignInPage<'_>) -> String {
    render(&sign_in::SignInTemplate::new(page))
}

/// The sign-out page.
pub fn sign_out(page: &SignOutPage<'_>) -> String {
    render(&SignOutTemplate {
        page,
        site: page.site,
    })
}

/// The error page.
pub fn error(page: &ErrorPage<'_>) -> String {
    render(&ErrorTemplate {
        page,
        site: page.site,
    })
}

/// The page after a mail was asked for.
pub fn verify_request(page: &VerifyRequestPage<'_>) -> String {
    render(&VerifyRequestTemplate { site: page.site })
}

/// The page with one button that finishes signing in.
pub fn confirm(page: &ConfirmPage<'_>) -> String {
    render(&ConfirmTemplate {
        page,
        site: page.site,
    })
}

/// The page with somebody's sessions.
pub fn sessions(page: &SessionsPage<'_>) -> String {
    render(&sessions::SessionsTemplate {
        page,
        site: page.site,
    })
}

/// The page for a failure that will pass.
pub fn unavailable(page: &UnavailablePage<'_>) -> String {
    render(&UnavailableTemplate { site: page.site })
}

/// The page for an attempt that a limit refused.
pub fn too_many(page: &TooManyPage<'_>) -> String {
    render(&too_many::TooManyTemplate {
        page,
        site: page.site,
    })
}

#[expect(
    clippy::expect_used,
    reason = "writing to a String cannot fail, and a test renders every template over its samples"
)]
fn render(template: &impl Template) -> String {
    template.render().expect("a String takes every write")
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutTemplate<'a> {
    page: &'a SignOutPage<'a>,
    site: Site<'a>,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorTemplate<'a> {
    page: &'a ErrorPage<'a>,
    site: Site<'a>,
}

#[derive(Template)]
#[template(path = "verify_request.html")]
struct VerifyRequestTemplate<'a> {
    site: Site<'a>,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmTemplate<'a> {
    page: &'a ConfirmPage<'a>,
    site: Site<'a>,
}

#[derive(Template)]
#[template(path = "unavailable.html")]
struct UnavailableTemplate<'a> {
    site: Site<'a>,
}
