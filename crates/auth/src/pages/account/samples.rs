//! The pages of accounts in their typical forms.

use super::{
    AccountPage, ClickPage, DeletePage, ForgotPasswordPage, LinkService, LinkedAccountItem,
    LinkedAccountsPage, NoticePage, PasswordForm, ResetPasswordPage, UnlinkPage,
};
use crate::pages::{Sample, Site, StrengthLine};

const CSRF: &str = "c3b09abf";
const ACCOUNT: &str = "https://app.example.com/auth/account";
const STRENGTH: StrengthLine<'static> = StrengthLine {
    url: "https://app.example.com/auth/password-strength",
    last: None,
};
const WEAK: &str = "This is too easy to guess: use several unrelated words.";

pub(in crate::pages) fn samples(site: Site<'_>) -> Vec<Sample> {
    let click = ClickPage {
        site,
        title: "Confirm your email",
        text: "One click shows that this email address is yours.",
        action: "https://app.example.com/auth/verify-email",
        fields: &[("csrfToken", CSRF), ("token", "verify-email.00")],
        password: Some("Type the password that you chose to keep it."),
        button: "Confirm email",
        aside: "Did not create an account? Close this page and nothing happens.",
    };
    let notice = NoticePage {
        site,
        title: "Check your email",
        text: "A link that confirms your address is on its way to you.",
        link: Some(("Your account", ACCOUNT)),
    };
    let sample = |name, html| Sample { name, html };
    let mut samples = vec![
        sample("account-notice", super::notice(&notice)),
        sample("account-click", super::click(&click)),
    ];
    samples.extend(passwords(site));
    samples.extend(accounts(site));
    samples.extend(linked(site));
    samples
}

fn passwords(site: Site<'_>) -> [Sample; 3] {
    let forgot = ForgotPasswordPage {
        site,
        csrf_token: CSRF,
        action: "https://app.example.com/auth/forgot-password",
        sign_in_url: "https://app.example.com/auth/signin",
        email: None,
        alert: None,
    };
    let reset = |alert| ResetPasswordPage {
        site,
        csrf_token: CSRF,
        action: "https://app.example.com/auth/reset-password",
        token: "reset-password.00",
        min_length: 15,
        strength: STRENGTH,
        alert,
    };
    [
        Sample {
            name: "forgot-password",
            html: super::forgot_password(&forgot),
        },
        Sample {
            name: "reset-password",
            html: super::reset_password(&reset(None)),
        },
        Sample {
            name: "reset-password-weak",
            html: super::reset_password(&reset(Some(WEAK))),
        },
    ]
}

fn accounts(site: Site<'_>) -> [Sample; 3] {
    let plain = AccountPage {
        site,
        csrf_token: CSRF,
        base_url: ACCOUNT,
        verify_url: "https://app.example.com/auth/verify-email",
        sessions_url: None,
        second_factor_url: None,
        linked_url: None,
        passkeys_url: None,
        sign_out_url: "https://app.example.com/auth/signout",
        name: None,
        email: Some("jo@example.com"),
        is_verified: false,
        has_password: false,
        notice: None,
        new_name: None,
        name_alert: None,
        new_email: None,
        password: None,
        email_alert: None,
    };
    let full = AccountPage {
        sessions_url: Some("https://app.example.com/auth/sessions"),
        linked_url: Some("https://app.example.com/auth/account/linked"),
        passkeys_url: Some("https://app.example.com/auth/passkeys"),
        name: Some("Jo <b>Bloggs</b>"),
        is_verified: true,
        has_password: true,
        notice: Some("Your password is changed, and your other devices are signed out."),
        new_name: Some("Jo\u{202e}"),
        name_alert: Some("Use at most 200 ordinary characters."),
        new_email: Some("jo@example.com"),
        password: Some(PasswordForm {
            min_length: 15,
            strength: STRENGTH,
            alert: Some(WEAK),
        }),
        email_alert: Some("This is your email address already."),
        ..plain
    };
    let delete = DeletePage {
        site,
        csrf_token: CSRF,
        action: "https://app.example.com/auth/account/delete",
        account_url: ACCOUNT,
        has_password: true,
        alert: Some("That is not your current password. Try again."),
    };
    [
        Sample {
            name: "account",
            html: super::account(&plain),
        },
        Sample {
            name: "account-full",
            html: super::account(&full),
        },
        Sample {
            name: "account-delete",
            html: super::delete_account(&delete),
        },
    ]
}

fn linked(site: Site<'_>) -> [Sample; 5] {
    let item = LinkedAccountItem {
        name: "GitHub",
        query: "provider=github&providerAccountId=1".to_owned(),
        since: Some("2026-01-31".to_owned()),
        sign_in_url: None,
    };
    let again = LinkedAccountItem {
        name: "Our <b>own</b> service",
        since: None,
        sign_in_url: Some("https://app.example.com/auth/signin/own".to_owned()),
        ..item.clone()
    };
    let service = LinkService {
        name: "Google",
        sign_in_url: "https://app.example.com/auth/signin/google".to_owned(),
    };
    let empty = LinkedAccountsPage {
        site,
        csrf_token: CSRF,
        accounts: &[],
        services: &[service],
        unlink_url: "https://app.example.com/auth/account/unlink",
        back_url: "https://app.example.com/auth/account/linked",
        proof_url: None,
        account_url: ACCOUNT,
        notice: None,
    };
    let full = LinkedAccountsPage {
        accounts: &[item, again],
        services: &[],
        notice: Some("The account is removed."),
        ..empty
    };
    let stale = LinkedAccountsPage {
        proof_url: Some("https://app.example.com/auth/signin?error=SessionRequired"),
        ..empty
    };
    let unlink = |has_password, alert| UnlinkPage {
        site,
        csrf_token: CSRF,
        action: "https://app.example.com/auth/account/unlink",
        back_url: "https://app.example.com/auth/account/linked",
        name: "GitHub",
        provider: "github",
        provider_account_id: "1",
        has_password,
        alert,
    };
    let last = "This is your only way to sign in. Add another one first.";
    let sample = |name, html| Sample { name, html };
    [
        sample("linked-accounts-none", super::linked_accounts(&empty)),
        sample("linked-accounts", super::linked_accounts(&full)),
        sample("linked-accounts-stale", super::linked_accounts(&stale)),
        sample(
            "unlink-account",
            super::unlink_account(&unlink(false, None)),
        ),
        sample(
            "unlink-account-last",
            super::unlink_account(&unlink(true, Some(last))),
        ),
    ]
}
