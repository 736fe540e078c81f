//! Sets up an authenticator app: the secret as a picture and as text, and a code that shows it to have arrived.
//!
//! Until then the secret stands in a sealed cookie of this browser, for this user, and nothing is in the store.

use serde_json::json;

use super::who::{Who, nobody, who};
use super::{Flow, complete, manage, rotate};
use crate::account::Refusal;
use crate::adapter::User;
use crate::cookies::Cookie;
use crate::cookies::sealed::CHECK_LIFETIME;
use crate::error::Error;
use crate::flows::account::answer::refused;
use crate::flows::account::person::{Person, password_of, prove};
use crate::jwe::Lifetime;
use crate::pages::{RecoveryCodesPage, SetUpPage, recovery_codes, set_up_second_factor};
use crate::response::Reply;
use crate::second_factor::check::check_new;
use crate::second_factor::owned::Owned;
use crate::second_factor::picture::qr_code;
use crate::second_factor::steps::{self, ShownApp};
use crate::second_factor::{RecoveryCode, TotpSecret};

/// `GET second-factor/setup`.
pub(super) async fn show(flow: &Flow<'_>) -> Result<Reply, Error> {
    match who(flow).await? {
        Who::Nobody => Ok(nobody(flow)),
        // SECURITY: CVE-2026-94218: whoever has a factor proves that one.
        Who::Waiting(.., owned) if !owned.is_none() => Ok(to_question(flow)),
        Who::Waiting(_, user, _) => page(flow, &user, Form::at_sign_in()).await,
        Who::Here(person, owned) => {
            let form = Form::of(flow, &person, &owned).await?;
            page(flow, &person.user, form).await
        }
    }
}

/// `POST second-factor/setup`: `code` is of the new app, `password` the person's where there is one.
pub(super) async fn post(flow: &Flow<'_>) -> Result<Reply, Error> {
    match who(flow).await? {
        Who::Nobody => Ok(nobody(flow)),
        Who::Waiting(.., owned) if !owned.is_none() => Ok(to_question(flow)),
        Who::Waiting(waiting, user, _) => {
            let added = add(flow, &user, None).await;
            let (codes, proven) = match added {
                Ok(added) => added,
                Err(error) => return again(flow, &user, Form::at_sign_in(), error).await,
            };
            match complete::sign_in(flow, *waiting, user, proven).await? {
                Some(reply) => Ok(show_codes(flow, &codes, reply)),
                None => Ok(nobody(flow)),
            }
        }
        Who::Here(person, owned) => match add_here(flow, &person, &owned).await {
            Ok(reply) => Ok(reply),
            Err(error) => {
                let form = Form::of(flow, &person, &owned).await?;
                again(flow, &person.user, form, error).await
            }
        },
    }
}

async fn add_here(flow: &Flow<'_>, person: &Person, owned: &Owned) -> Result<Reply, Error> {
    let _ = prove(&flow.step, person).await?;
    let app = owned.factors.totp.as_ref();
    let replaces = app.map(|app| app.id.as_str());
    let (codes, proven) = add(flow, &person.user, replaces).await?;
    let cookies = rotate::set_up(flow, person, proven).await?;
    let reply = Reply::redirect(flow.step.url(manage::PATH)).with_cookies(cookies);
    Ok(show_codes(flow, &codes, reply))
}

/// The app whose secret is in the cookie, shown by a code.
async fn add(
    flow: &Flow<'_>,
    user: &User,
    replaces: Option<&str>,
) -> Result<(Vec<RecoveryCode>, crate::second_factor::check::Proven), Error> {
    let (ctx, visit) = (flow.step.ctx, flow.step.visit);
    let secret = secret_at_hand(flow, user).ok_or(Refusal::SetUpAgain)?;
    let typed = flow.step.typed("code");
    let (step, proven) = check_new(ctx, visit, &user.id, &secret, typed).await?;
    let app = ShownApp {
        secret: &secret,
        step,
        replaces,
    };
    let codes = steps::add(flow.place(), user, app).await?;
    Ok((codes, proven))
}

/// The page again with the reason.
async fn again(flow: &Flow<'_>, user: &User, form: Form, error: Error) -> Result<Reply, Error> {
    let Error::Account(refusal) = error else {
        return Err(error);
    };
    let form = Form {
        alert: Some(refusal),
        ..form
    };
    let page = page(flow, user, form).await?;
    Ok(refused(&flow.step, refusal, |_| page))
}

fn to_question(flow: &Flow<'_>) -> Reply {
    let url = flow.step.url("second-factor");
    match flow.step.visit.intake.wants_json() {
        true => Reply::json(json!({ "url": url })).never_cached(),
        false => Reply::redirect(url),
    }
}

/// The codes, once, and then on to where the reply leads.
pub(super) fn show_codes(flow: &Flow<'_>, codes: &[RecoveryCode], reply: Reply) -> Reply {
    let texts: Vec<_> = codes.iter().map(RecoveryCode::to_text).collect();
    let texts: Vec<&str> = texts.iter().map(|text| text.expose()).collect();
    let forget = flow.step.visit.cookies.second_factor_setup.delete();
    let reply = reply.shown_first(|url| {
        if flow.step.visit.intake.wants_json() {
            return Reply::json(json!({ "recoveryCodes": texts, "url": url })).never_cached();
        }
        let html = recovery_codes(&RecoveryCodesPage {
            site: flow.step.site(),
            codes: &texts,
            continue_url: url,
        });
        flow.step.page(html)
    });
    reply.with_cookies([forget])
}

/// What differs between those who set up an app.
struct Form {
    has_password: bool,
    replaces: bool,
    /// Where "Cancel" leads.
    cancel: &'static str,
    alert: Option<Refusal>,
}

impl Form {
    fn at_sign_in() -> Self {
        Self {
            has_password: false,
            replaces: false,
            cancel: "signin",
            alert: None,
        }
    }

    async fn of(flow: &Flow<'_>, person: &Person, owned: &Owned) -> Result<Self, Error> {
        Ok(Self {
            has_password: password_of(&flow.step, &person.user).await?.is_some(),
            replaces: owned.factors.totp.is_some(),
            cancel: manage::PATH,
            alert: None,
        })
    }
}

async fn page(flow: &Flow<'_>, user: &User, form: Form) -> Result<Reply, Error> {
    let (ctx, visit) = (flow.step.ctx, flow.step.visit);
    let (secret, cookie) = match secret_at_hand(flow, user) {
        Some(secret) => (secret, None),
        None => {
            let secret = TotpSecret::generate(&*ctx.random);
            let cookie = sealed(flow, user, &secret);
            (secret, Some(cookie))
        }
    };
    let account = user.email.as_deref().unwrap_or(user.id.as_str());
    let uri = secret.to_uri(flow.settings.issuer(visit.origin.host()), account);
    let text = secret.to_base32();
    if visit.intake.wants_json() {
        let body = json!({ "secret": text.expose(), "uri": uri.expose() });
        return Ok(Reply::json(body).never_cached().with_cookies(cookie));
    }
    let groups: Vec<&str> = (0..text.expose().len())
        .step_by(4)
        .filter_map(|start| text.expose().get(start..start + 4))
        .collect();
    let alert = form.alert.map(Refusal::text);
    let picture = qr_code(&uri);
    let html = set_up_second_factor(&SetUpPage {
        site: flow.step.site(),
        csrf_token: flow.step.csrf_token(),
        action: &flow.step.url("second-factor/setup"),
        picture: picture.as_deref(),
        secret: &groups.join(" "),
        uri: uri.expose(),
        has_password: form.has_password,
        replaces: form.replaces,
        at_sign_in: form.cancel == "signin",
        cancel_url: &flow.step.url(form.cancel),
        alert: alert.as_deref(),
    });
    Ok(flow.step.page(html).with_cookies(cookie))
}

fn sealed(flow: &Flow<'_>, user: &User, secret: &TotpSecret) -> Cookie {
    let ctx = flow.step.ctx;
    let lifetime = Lifetime {
        now: ctx.now(),
        max_age: CHECK_LIFETIME,
    };
    let cookie = &flow.step.visit.cookies.second_factor_setup;
    let text = secret.to_base32();
    cookie.seal(text.expose(), user.id.as_str(), lifetime, &*ctx.random)
}

/// The secret that this browser is about to set up for this user.
fn secret_at_hand(flow: &Flow<'_>, user: &User) -> Option<TotpSecret> {
    let visit = flow.step.visit;
    let cookie = &visit.cookies.second_factor_setup;
    let text = cookie.unseal(&visit.intake.jar, user.id.as_str(), flow.step.ctx.now());
    TotpSecret::from_base32(&text.ok()?)
}
