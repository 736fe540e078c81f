//! How hard a new password is to guess, while it is typed: for the script of our pages and for pages of an application.

use http::StatusCode;
use serde_json::{Value, json};

use super::Step;
use crate::account::sentence;
use crate::error::Error;
use crate::limit::LimitedAction;
use crate::pages::StrengthLine;
use crate::password::{Password, Strength};
use crate::response::Reply;

/// `POST password-strength`: `password`, and of the person what is known, `name` and `email`. Nothing of it is kept.
///
/// SECURITY: charged before anything is judged, as that takes threads that everybody's sign-in needs. The service that knows
/// breaches is asked only where a password is chosen: not about everything that was typed on the way.
pub(super) async fn post(step: &Step<'_>) -> Result<Reply, Error> {
    let ctx = step.ctx;
    let action = LimitedAction::PasswordStrength;
    let _ = ctx.limits.charge(action, step.visit, None).await?;
    let Ok(password) = Password::parse(step.typed("password")) else {
        let body = json!({ "error": "WeakPassword", "message": "Use a shorter password." });
        return Ok(told(body).status(StatusCode::UNPROCESSABLE_ENTITY));
    };
    let about = [
        step.typed("name"),
        step.typed("email"),
        step.visit.origin.host(),
    ];
    let passwords = ctx.passwords()?;
    let strength = passwords.strength(&password, &about).await?;
    let weakness = passwords.judge_alone(&password, &about).await?.err();
    Ok(told(json!({
        "score": strength.score(),
        "word": strength.word(),
        "message": weakness.map(|weakness| sentence(&weakness.to_string())),
    })))
}

fn told(body: Value) -> Reply {
    Reply::json(body).never_cached()
}

/// The line of a page, for the password that was sent where there was one.
pub(super) fn line(url: &str, last: Option<Strength>) -> StrengthLine<'_> {
    StrengthLine { url, last }
}
