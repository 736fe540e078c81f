//! The pages of the second factor.

#[cfg(any(test, feature = "testing"))]
pub(super) mod samples;

use askama::Template;

use super::{Moment, Site, render};

/// Asks for a code.
#[derive(Clone, Copy, Debug)]
pub struct SecondFactorPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// Where the form posts.
    pub action: &'a str,
    /// Where it leads to; absent at a sign-in, which knows.
    pub callback_url: Option<&'a String>,
    /// Who signs in.
    pub who: Option<&'a str>,
    /// Whether there is an app, and so a code to type.
    pub has_app: bool,
    /// Where the ceremony of a passkey begins, where the person has one.
    pub passkey_options_url: Option<&'a str>,
    /// Whether a recovery code is asked for, in place of one of the app.
    pub by_recovery_code: bool,
    /// Where the other kind is asked for.
    pub other_url: &'a str,
    /// For how many days the browser can be remembered, where it can.
    pub remember_days: Option<u64>,
    /// Where "Cancel" leads.
    pub cancel_url: &'a str,
    /// What was wrong with the last one.
    pub alert: Option<&'a str>,
}

/// Shows a new secret and asks for a code made of it.
#[derive(Clone, Copy)]
pub struct SetUpPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// Where the form posts.
    pub action: &'a str,
    /// The QR code as SVG.
    // INVARIANT: made by `second_factor::picture`, which writes nothing that came from outside.
    pub(crate) picture: Option<&'a str>,
    /// The secret for people who type it, in groups of four.
    pub secret: &'a str,
    /// The `otpauth` address.
    pub uri: &'a str,
    /// Whether there is a password to ask for.
    pub has_password: bool,
    /// Whether another app is in use.
    pub replaces: bool,
    /// Whether a sign-in waits for it.
    pub at_sign_in: bool,
    /// Where "Cancel" leads.
    pub cancel_url: &'a str,
    /// What was wrong.
    pub alert: Option<&'a str>,
}

/// Shows recovery codes, once.
#[derive(Clone, Copy)]
pub struct RecoveryCodesPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The codes.
    pub codes: &'a [&'a str],
    /// Where "I have kept them" leads.
    pub continue_url: &'a str,
}

/// The second factor at a glance.
#[derive(Clone, Debug)]
pub struct SecondFactorOverview<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// `{origin}{base}/second-factor`: the forms post below it.
    pub base_url: &'a str,
    /// Where "Your account" leads.
    pub account_url: &'a str,
    /// Since when it is on.
    pub since: Option<Moment>,
    /// How many recovery codes are left.
    pub recovery_codes: u64,
    /// Whether a passkey of the person is asked for, app or not.
    pub asks_passkey: bool,
    /// Whether everybody needs one.
    pub is_required: bool,
    /// Whether there is a password to ask for.
    pub has_password: bool,
    /// The browsers that are not asked.
    pub devices: &'a [DeviceItem<'a>],
    /// What was done.
    pub notice: Option<&'a str>,
    /// What was wrong.
    pub alert: Option<&'a str>,
}

/// A browser, as it is shown.
#[derive(Clone, Debug)]
pub struct DeviceItem<'a> {
    /// Its public id.
    pub id: &'a str,
    /// What it is.
    pub client: &'a str,
    /// Since when it is remembered.
    pub created: Moment,
}

/// They show secrets.
macro_rules! silent {
    ($($page:ident),*) => {$(
        impl std::fmt::Debug for $page<'_> {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($page), "(..)"))
            }
        }
    )*};
}

silent!(SetUpPage, RecoveryCodesPage);

pages! {
    /// The page that asks for a code.
    second_factor, SecondFactorTemplate, SecondFactorPage, "second_factor.html";
    /// The page on which an app is set up.
    set_up_second_factor, SetUpTemplate, SetUpPage, "second_factor_setup.html";
    /// The page with recovery codes.
    recovery_codes, RecoveryCodesTemplate, RecoveryCodesPage, "recovery_codes.html";
    /// The second factor at a glance.
    second_factor_overview, OverviewTemplate, SecondFactorOverview, "second_factor_overview.html";
}
