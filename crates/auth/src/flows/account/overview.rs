//! The account at a glance.

use serde_json::json;

use super::Step;
use super::person::{Person, password_of, signed_in, unknown};
use super::strength::line;
use crate::account::Refusal;
use crate::error::Error;
use crate::pages::{AccountPage, PasswordForm, account};
use crate::response::Reply;
use crate::time::iso_millis;

/// Which form of the page an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Name,
    Password,
    Email,
}

/// `GET account`.
pub(super) async fn show(step: &Step<'_>) -> Result<Reply, Error> {
    let Some(person) = signed_in(step).await? else {
        return Ok(unknown(step, "account"));
    };
    if step.visit.intake.wants_json() {
        return as_json(step, &person).await;
    }
    page(step, &person, None).await
}

async fn as_json(step: &Step<'_>, person: &Person) -> Result<Reply, Error> {
    let user = &person.user;
    let has_password = password_of(step, user).await?.is_some();
    let body = json!({
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "emailVerified": user.email_verified.map(iso_millis),
        "image": user.image,
        "hasPassword": has_password,
    });
    Ok(Reply::json(body).never_cached())
}

/// The page, with what was refused.
pub(super) async fn page(
    step: &Step<'_>,
    person: &Person,
    refused: Option<(Part, Refusal)>,
) -> Result<Reply, Error> {
    let user = &person.user;
    let has_password = password_of(step, user).await?.is_some();
    let text = |part| {
        let refused = refused.filter(|(refused, _)| *refused == part);
        refused.map(|(_, refusal)| refusal.text())
    };
    let (name_alert, password_alert, email_alert) =
        (text(Part::Name), text(Part::Password), text(Part::Email));
    let strength_url = step.url("password-strength");
    let html = account(&AccountPage {
        site: step.site(),
        csrf_token: step.csrf_token(),
        base_url: &step.url("account"),
        verify_url: &step.url("verify-email"),
        sessions_url: step
            .ctx
            .directory
            .is_some()
            .then(|| step.url("sessions"))
            .as_deref(),
        second_factor_url: step
            .ctx
            .second_factor
            .is_some()
            .then(|| step.url("account/second-factor"))
            .as_deref(),
        linked_url: super::linked::is_offered(step)
            .then(|| step.url("account/linked"))
            .as_deref(),
        passkeys_url: step
            .ctx
            .passkeys
            .is_some()
            .then(|| step.url("passkeys"))
            .as_deref(),
        sign_out_url: &step.url("signout"),
        name: user.name.as_deref().filter(|name| !name.is_empty()),
        email: user.email.as_deref(),
        is_verified: user.email_verified.is_some(),
        has_password,
        notice: step.visit.intake.query.text("done").and_then(said),
        new_name: step.visit.intake.body.text("name").or(user.name.as_deref()),
        name_alert: name_alert.as_deref(),
        new_email: step.visit.intake.body.text("email"),
        password: step.ctx.passwords.is_some().then(|| PasswordForm {
            min_length: step.min_length(),
            strength: line(&strength_url, None),
            alert: password_alert.as_deref(),
        }),
        email_alert: email_alert.as_deref(),
    });
    Ok(step.page(html))
}

/// What the page says on top. Of a closed set, so that no text of a query reaches it (CVE-2025-71404).
fn said(done: &str) -> Option<&'static str> {
    match done {
        "name" => Some("Your name is changed."),
        "password" => Some("Your password is changed, and your other devices are signed out."),
        "email-sent" => {
            Some("Check your new mailbox: the link in it makes the address your account\u{2019}s.")
        }
        _ => None,
    }
}
