//! The pages of accounts: links, passwords, and the account itself.

#[cfg(any(test, feature = "testing"))]
pub(super) mod samples;

use askama::Template;

use super::{Site, StrengthLine, render};

/// Says something, with a way on.
#[derive(Clone, Copy, Debug)]
pub struct NoticePage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// Title and heading.
    pub title: &'a str,
    /// The sentence.
    pub text: &'a str,
    /// The words on the way on, and where it leads.
    pub link: Option<(&'a str, &'a str)>,
}

/// Asks for one click. Showing it uses nothing up; posting its form does.
#[derive(Clone, Copy, Debug)]
pub struct ClickPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// Title and heading.
    pub title: &'a str,
    /// What the click does.
    pub text: &'a str,
    /// Where the form posts.
    pub action: &'a str,
    /// Hidden fields, name and value.
    pub fields: &'a [(&'a str, &'a str)],
    /// What stands below a field for a password that may be left empty. Absent: no such field.
    pub password: Option<&'a str>,
    /// The words on the button.
    pub button: &'a str,
    /// For those who did not ask; may be empty.
    pub aside: &'a str,
}

/// Asks for the address of somebody who forgot the password.
#[derive(Clone, Copy, Debug)]
pub struct ForgotPasswordPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// Where the form posts.
    pub action: &'a str,
    /// Where "Back" leads.
    pub sign_in_url: &'a str,
    /// What was typed before.
    pub email: Option<&'a str>,
    /// What was wrong with it.
    pub alert: Option<&'a str>,
}

/// Asks for a new password.
#[derive(Clone, Copy, Debug)]
pub struct ResetPasswordPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// Where the form posts.
    pub action: &'a str,
    /// The token of the link.
    pub token: &'a str,
    /// The fewest characters.
    pub min_length: usize,
    /// How hard the new one is to guess.
    pub strength: StrengthLine<'a>,
    /// What was wrong with the last one.
    pub alert: Option<&'a str>,
}

/// The account of whoever is signed in.
#[derive(Clone, Copy, Debug)]
pub struct AccountPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// `{origin}{base}/account`: the forms post below it.
    pub base_url: &'a str,
    /// Where the form for a link that proves the address posts.
    pub verify_url: &'a str,
    /// Where the list of sessions is, if there is one.
    pub sessions_url: Option<&'a str>,
    /// Where two-step sign-in is, if there is any.
    pub second_factor_url: Option<&'a str>,
    /// Where the accounts at other services are, if there are any such services.
    pub linked_url: Option<&'a str>,
    /// The passkeys, where there are such.
    pub passkeys_url: Option<&'a str>,
    /// Where signing out is.
    pub sign_out_url: &'a str,
    /// Shown name.
    pub name: Option<&'a str>,
    /// The address.
    pub email: Option<&'a str>,
    /// Whether it is proven.
    pub is_verified: bool,
    /// Whether there is a password to ask for.
    pub has_password: bool,
    /// What was done.
    pub notice: Option<&'a str>,
    /// The name in the form: as it is, or as it was typed.
    pub new_name: Option<&'a str>,
    /// What was wrong with it.
    pub name_alert: Option<&'a str>,
    /// The new address that was typed.
    pub new_email: Option<&'a str>,
    /// Absent where users have no passwords.
    pub password: Option<PasswordForm<'a>>,
    /// What was wrong with the new address.
    pub email_alert: Option<&'a str>,
}

/// The form for another password.
#[derive(Clone, Copy, Debug)]
pub struct PasswordForm<'a> {
    /// The fewest characters.
    pub min_length: usize,
    /// How hard the new one is to guess.
    pub strength: StrengthLine<'a>,
    /// What was wrong.
    pub alert: Option<&'a str>,
}

/// Asks whether to delete the account.
#[derive(Clone, Copy, Debug)]
pub struct DeletePage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// Where the form posts.
    pub action: &'a str,
    /// Where "Keep" leads.
    pub account_url: &'a str,
    /// Whether there is a password to ask for.
    pub has_password: bool,
    /// What was wrong.
    pub alert: Option<&'a str>,
}

/// The accounts at other services of whoever is signed in.
#[derive(Clone, Copy, Debug)]
pub struct LinkedAccountsPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// The accounts.
    pub accounts: &'a [LinkedAccountItem<'a>],
    /// Services where another account can be linked.
    pub services: &'a [LinkService<'a>],
    /// Where the link to remove one leads, without its query.
    pub unlink_url: &'a str,
    /// Where a sign-in at a service leads back to.
    pub back_url: &'a str,
    /// Where the person shows who it is before another one can be linked, where that is needed.
    pub proof_url: Option<&'a str>,
    /// The account page.
    pub account_url: &'a str,
    /// What was done.
    pub notice: Option<&'a str>,
}

/// An account at another service.
#[derive(Clone, Debug)]
pub struct LinkedAccountItem<'a> {
    /// The service's name.
    pub name: &'a str,
    /// The query that names the account, encoded.
    pub query: String,
    /// Since when, as a date.
    pub since: Option<String>,
    /// Where a form posts to sign in there again, where that is needed.
    pub sign_in_url: Option<String>,
}

/// A service where another account can be linked.
#[derive(Clone, Debug)]
pub struct LinkService<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where the form posts.
    pub sign_in_url: String,
}

/// Asks whether to remove an account of another service.
#[derive(Clone, Copy, Debug)]
pub struct UnlinkPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// Where the form posts.
    pub action: &'a str,
    /// Where "Keep" leads.
    pub back_url: &'a str,
    /// The service's name.
    pub name: &'a str,
    /// The provider's id.
    pub provider: &'a str,
    /// Who the person is there.
    pub provider_account_id: &'a str,
    /// Whether there is a password to ask for.
    pub has_password: bool,
    /// What was wrong.
    pub alert: Option<&'a str>,
}

pages! {
    /// The page that says something.
    notice, NoticeTemplate, NoticePage, "notice.html";
    /// The page with one button.
    click, ClickTemplate, ClickPage, "click.html";
    /// The page for somebody who forgot the password.
    forgot_password, ForgotPasswordTemplate, ForgotPasswordPage, "forgot_password.html";
    /// The page behind the link to choose a new password.
    reset_password, ResetPasswordTemplate, ResetPasswordPage, "reset_password.html";
    /// The account page.
    account, AccountTemplate, AccountPage, "account.html";
    /// The page before an account is deleted.
    delete_account, DeleteTemplate, DeletePage, "account_delete.html";
    /// The accounts at other services.
    linked_accounts, LinkedAccountsTemplate, LinkedAccountsPage, "account_linked.html";
    /// The page before an account of another service is removed.
    unlink_account, UnlinkTemplate, UnlinkPage, "account_unlink.html";
}
