//! Somebody registers with a name, an address and a password.
//!
//! SECURITY: whether the address has an account is told by mail, to its owner. Both cases hash a password, keep a token
//! and send a mail, in this order, so that neither answer nor time tells which it was. A new user signs in once the
//! address is proven, unless the settings say otherwise; the first proof of an address by somebody else removes the
//! password (docs/design/unproven-accounts.md). Listeners of the application hear of the new user and are not waited for, since a
//! registration with a known address has none.
//!
//! A client is charged before its form is read: judging a password takes threads that everybody's sign-in needs, and
//! asks a service outside. The address is charged before anything is looked up or sent.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::Step;
use super::answer::done;
use super::links;
use super::strength::line;
use crate::account::steps::{self, Sent};
use crate::account::{AfterRegister, Existing, Registration, name};
use crate::adapter::{Account, AccountType, AdapterError, NewUser, User, UserId};
use crate::callbacks::{SignInAttempt, SignInStep};
use crate::context::Context;
use crate::error::{Error, as_strangers_see};
use crate::events::Event;
use crate::flows::credentials;
use crate::flows::sign_in::{Admission, admit};
use crate::identifier::Email;
use crate::limit::LimitedAction;
use crate::pages::{NoticePage, RegisterField, RegisterPage, notice, register};
use crate::password::{Password, PasswordHash, Strength, Weakness};
use crate::providers::Provider;
use crate::response::Reply;

/// `GET register`.
pub(super) fn show(step: &Step<'_>) -> Reply {
    if step.visit.intake.query.get("sent").is_none() {
        return form(step, &Mistakes::default());
    }
    step.page(notice(&NoticePage {
        site: step.site(),
        title: "Check your email",
        text: "We have sent you an email. Follow the link in it to confirm your address, then sign in. If none comes, register once \
               more: that sends another.",
        link: Some(("Back to the sign-in page", &step.url("signin"))),
    }))
}

/// `POST register`.
pub(super) async fn post(step: &Step<'_>, settings: Registration) -> Result<Reply, Error> {
    let ctx = step.ctx;
    let action = LimitedAction::Register;
    let _ = ctx.limits.charge(action, step.visit, None).await?;
    let wish = match read(step).await? {
        Ok(wish) => wish,
        Err(mistakes) => return Ok(refused(step, &mistakes)),
    };
    let address = wish.email.as_str();
    let _ = ctx
        .limits
        .charge_address(action, step.visit, address)
        .await?;
    let known = step.accounts.store.user_by_email(address).await;
    let known = as_strangers_see(known)?;
    if let Admission::Elsewhere(reply) = ask(step, &wish, known.clone()).await? {
        return Ok(reply);
    }
    let hash = ctx.passwords()?.hash(&wish.password).await?;
    match known {
        Some(user) => exists(step, settings, &wish.email, Some(&user)).await,
        None => create(step, settings, &wish, hash).await,
    }
}

/// What somebody wants to register with.
struct Wish {
    name: Option<String>,
    email: Email,
    password: Password,
}

/// What is wrong with it, by field.
#[derive(Default)]
struct Mistakes {
    name: Option<(&'static str, String)>,
    email: Option<(&'static str, String)>,
    password: Option<(&'static str, String)>,
    strength: Option<Strength>,
}

async fn read(step: &Step<'_>) -> Result<Result<Wish, Mistakes>, Error> {
    let mut mistakes = Mistakes::default();
    let name = name::parse(step.typed("name"));
    if let Err(refusal) = &name {
        mistakes.name = Some(("invalid", refusal.text()));
    }
    let email = Email::parse(step.typed("email"));
    if email.is_err() {
        let text = "This is not an email address. Check it and try again.";
        mistakes.email = Some(("invalid", text.to_owned()));
    }
    let password = Password::parse(step.typed("password"));
    if password.is_err() {
        mistakes.password = Some(("too_long", "Use a shorter password.".to_owned()));
    }
    // Judging is dear, and worth nothing where the form comes back anyway.
    let (Ok(name), Ok(email), Ok(password)) = (name, email, password) else {
        return Ok(Err(mistakes));
    };
    let about = [
        name.as_deref().unwrap_or_default(),
        email.as_str(),
        step.visit.origin.host(),
    ];
    let judged = judge(step, password, &about, &mut mistakes).await?;
    Ok(judged.ok_or(mistakes).map(|password| Wish {
        name,
        email,
        password,
    }))
}

async fn judge(
    step: &Step<'_>,
    password: Password,
    about: &[&str],
    mistakes: &mut Mistakes,
) -> Result<Option<Password>, Error> {
    let passwords = step.ctx.passwords()?;
    let Err(weakness) = passwords.judge(&password, about).await? else {
        return Ok(Some(password));
    };
    if matches!(weakness, Weakness::Common | Weakness::Personal) {
        mistakes.strength = Some(passwords.strength(&password, about).await?);
    }
    mistakes.password = Some((
        weakness.code(),
        crate::account::sentence(&weakness.to_string()),
    ));
    Ok(None)
}

/// The application is asked before anything is written or sent, as for a link by mail.
async fn ask(step: &Step<'_>, wish: &Wish, known: Option<User>) -> Result<Admission, Error> {
    let user = known.unwrap_or_else(|| User {
        id: UserId(step.ctx.random.uuid()),
        name: wish.name.clone(),
        email: Some(wish.email.as_str().to_owned()),
        email_verified: None,
        image: None,
        extra: Map::new(),
    });
    let attempt = SignInAttempt {
        account: Account {
            user_id: user.id.clone(),
            kind: AccountType::Credentials,
            provider: provider(step.ctx).to_owned(),
            provider_account_id: user.id.0.clone(),
            extra: Map::new(),
        },
        user,
        profile: None,
        credentials: None,
        step: SignInStep::VerificationRequest,
    };
    admit(step.ctx, step.visit, &attempt).await
}

/// The provider that a registered user signs in with.
fn provider(ctx: &Context) -> &str {
    let passwords = |provider: &&Provider| matches!(provider, Provider::Password(_));
    ctx.providers
        .iter()
        .find(passwords)
        .map_or("password", Provider::id)
}

async fn create(
    step: &Step<'_>,
    settings: Registration,
    wish: &Wish,
    hash: PasswordHash,
) -> Result<Reply, Error> {
    let ctx = step.ctx;
    let new = NewUser {
        proposed_id: UserId(ctx.random.uuid()),
        name: wish.name.clone(),
        email: Some(wish.email.as_str().to_owned()),
        email_verified: None,
        image: None,
        extra: Map::new(),
    };
    let created = ctx
        .passwords()?
        .store
        .create_user_with_password(new, hash)
        .await;
    let user = match created {
        Ok(user) => user,
        // Somebody else registered this address in between.
        Err(AdapterError::Conflict(_)) => return exists(step, settings, &wish.email, None).await,
        Err(error) => return Err(error.into()),
    };
    tracing::info!(user.id = %user.id, "registered");
    let created = || Event::CreateUser { user: user.clone() };
    match hides(settings) {
        true => ctx.tell_later(created).await,
        false => ctx.tell(created).await,
    }
    let sent = steps::send_verification(ctx, step.accounts, step.visit.origin, &user).await?;
    let remembered = links::remember(step, &sent);
    if settings.after == AfterRegister::SignIn {
        let begun = credentials::finish(ctx, step.visit, provider(ctx), user).await?;
        if let Some(reply) = begun {
            return Ok(reply.with_cookies([remembered]));
        }
    }
    Ok(done(step, "register?sent").with_cookies([remembered]))
}

/// Whether nobody but its owner is to learn whether an address has an account.
fn hides(settings: Registration) -> bool {
    settings.existing != Existing::Tell && settings.after != AfterRegister::SignIn
}

/// The address has an account. Its owner learns of it, the visitor does not. Where the address was never proven, the mail holds
/// a link that proves it: whoever lost the first one gets another so.
async fn exists(
    step: &Step<'_>,
    settings: Registration,
    email: &Email,
    known: Option<&User>,
) -> Result<Reply, Error> {
    let Step { ctx, accounts, .. } = *step;
    let origin = step.visit.origin;
    let sent: Sent = match known.filter(|user| user.email_verified.is_none()) {
        Some(user) => steps::send_verification_again(ctx, accounts, origin, user).await?,
        None => steps::send_already_registered(ctx, accounts, origin, email).await?,
    };
    if settings.existing == Existing::Tell {
        return Ok(told(step));
    }
    // The cookie is that of a link which is worth nothing, so that it does not tell either.
    Ok(done(step, "register?sent").with_cookies([links::remember(step, &sent)]))
}

fn told(step: &Step<'_>) -> Reply {
    let text = "User already exists";
    let reply = if step.visit.intake.wants_json() {
        Reply::json(json!({ "error": text })).never_cached()
    } else {
        let mistakes = Mistakes {
            email: Some(("exists", format!("{text}. Sign in instead."))),
            ..Mistakes::default()
        };
        form(step, &mistakes)
    };
    reply.status(StatusCode::CONFLICT)
}

fn refused(step: &Step<'_>, mistakes: &Mistakes) -> Reply {
    let reply = if step.visit.intake.wants_json() {
        Reply::json(as_json(mistakes)).never_cached()
    } else {
        form(step, mistakes)
    };
    reply.status(StatusCode::UNPROCESSABLE_ENTITY)
}

fn as_json(mistakes: &Mistakes) -> Value {
    let fields = [
        ("name", &mistakes.name),
        ("email", &mistakes.email),
        ("password", &mistakes.password),
    ];
    let fields = fields.into_iter().filter_map(|(name, mistake)| {
        let (code, message) = mistake.as_ref()?;
        Some((name.to_owned(), json!({ "code": code, "message": message })))
    });
    let mut body = Map::new();
    body.insert("error".to_owned(), "InvalidRegistration".into());
    body.insert("fields".to_owned(), Value::Object(fields.collect()));
    if let Some(strength) = mistakes.strength {
        body.insert("strength".to_owned(), strength.score().into());
    }
    Value::Object(body)
}

fn form(step: &Step<'_>, mistakes: &Mistakes) -> Reply {
    let text =
        |mistake: &Option<(&'static str, String)>| mistake.as_ref().map(|(_, text)| text.clone());
    let (name, email, password) = (
        text(&mistakes.name),
        text(&mistakes.email),
        text(&mistakes.password),
    );
    let typed = |name: &str| step.visit.intake.body.text(name);
    step.page(register(&RegisterPage {
        site: step.site(),
        csrf_token: step.csrf_token(),
        action: &step.url("register"),
        sign_in_url: &step.url("signin"),
        min_length: step.min_length(),
        name: RegisterField {
            value: typed("name"),
            alert: name.as_deref(),
        },
        email: RegisterField {
            value: typed("email"),
            alert: email.as_deref(),
        },
        password_alert: password.as_deref(),
        strength: line(&step.url("password-strength"), mistakes.strength),
    }))
}
