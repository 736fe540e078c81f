//! The routes that only show something.
//!
//! Source: contract authjs §1.4, §9.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::account::steps::own_url;
use crate::context::Context;
use crate::identifier::Email;
use crate::origin::Origin;
use crate::pages::{
    self, Attributes, Autofill, ConfirmPage, ErrorCode, ErrorPage, Field, NoticePage, SessionItem,
    SessionsNotice, SessionsPage, SignInError, SignInForm, SignInPage, SignOutPage, Site,
    TooManyPage, UnavailablePage, VerifyRequestPage,
};
use crate::path::Action;
use crate::providers::{CredentialField, Provider};
use crate::response::Reply;
use crate::visit::Visit;

/// `GET csrf`.
pub(crate) fn csrf(visit: &Visit<'_>) -> Reply {
    Reply::json(json!({ "csrfToken": visit.csrf.token().expose() })).never_cached()
}

/// `GET providers`.
pub(crate) fn providers(ctx: &Context, visit: &Visit<'_>) -> Reply {
    let entries: Map<String, Value> = ctx
        .providers
        .iter()
        .map(|provider| {
            let id = provider.id();
            let entry = json!({
                "id": id,
                "name": provider.name(),
                "type": provider.kind(),
                "signinUrl": url(ctx, visit.origin, "signin", id),
                "callbackUrl": url(ctx, visit.origin, "callback", id),
            });
            (id.to_owned(), entry)
        })
        .collect();
    Reply::json(Value::Object(entries))
}

fn url(ctx: &Context, origin: &Origin, action: &str, provider: &str) -> String {
    format!("{origin}{}/{action}/{provider}", ctx.settings.base_path)
}

/// `GET signin`.
pub(crate) fn sign_in(ctx: &Context, visit: &Visit<'_>) -> Reply {
    let query = &visit.intake.query;
    let error = query.text("error").filter(|error| !error.is_empty());
    if let Some(page) = &ctx.settings.pages.sign_in {
        let mut members = vec![("callbackUrl", visit.callback_url.as_str())];
        members.extend(error.map(|error| ("error", error)));
        return Reply::redirect(with_query(page, &members));
    }
    let prepared: Vec<_> = ctx
        .providers
        .iter()
        .map(|provider| prepared(ctx, visit, provider))
        .collect();
    let mut forms: Vec<SignInForm<'_>> = prepared.iter().map(form).collect();
    share_the_field(ctx, &mut forms);
    let urls = sign_in_links(ctx, visit.origin);
    let links: Vec<_> = urls
        .iter()
        .map(|(words, url)| (*words, url.as_str()))
        .collect();
    let html = pages::sign_in(&SignInPage {
        site: site(ctx, Some(visit.origin)),
        csrf_token: visit.csrf.token().expose(),
        callback_url: query.text("callbackUrl").or(Some(&visit.callback_url)),
        email: query.text("email"),
        error: error
            .and_then(SignInError::from_query)
            .map(|error| naming_a_way(ctx, error)),
        forms: &forms,
        links: &links,
    });
    page(ctx, html)
}

/// Names the way in to whoever is refused as the address is not proven. To everybody alike: nobody is told why.
fn naming_a_way(ctx: &Context, error: SignInError) -> SignInError {
    let asks_for_proof = |provider: &Provider| match provider {
        Provider::Password(provider) => !provider.admits_unverified(),
        _ => false,
    };
    let is_by_mail = |provider: &Provider| matches!(provider, Provider::Email(_));
    let is_way = ctx.providers.iter().any(is_by_mail)
        && super::account::is_offered(ctx, Action::ForgotPassword);
    match error {
        SignInError::Credentials if is_way && ctx.providers.iter().any(asks_for_proof) => {
            SignInError::CredentialsOrUnproven
        }
        error => error,
    }
}

/// Where a passkey form needs no address, and the mail form has a field for one, keys are offered in that field: a page asks
/// for an address once.
fn share_the_field(ctx: &Context, forms: &mut [SignInForm<'_>]) {
    let needs_none = |id: &str| {
        let named = ctx.providers.iter().find(|provider| provider.id() == id);
        matches!(named, Some(Provider::Passkey(provider)) if !provider.needs_address())
    };
    let is_mail = |form: &SignInForm<'_>| matches!(form, SignInForm::Email { .. });
    let Some(mail) = forms.iter().position(is_mail) else {
        return;
    };
    let mut offered = Autofill::Off;
    for form in forms.iter_mut() {
        match form {
            SignInForm::Passkey {
                id,
                fields,
                autofill,
                ..
            } if needs_none(id) => {
                *fields = &[];
                if *autofill == Autofill::Offered {
                    offered = Autofill::Offered;
                }
            }
            _ => {}
        }
    }
    if let Some(SignInForm::Email { autofill, .. }) = forms.get_mut(mail) {
        *autofill = offered;
    }
}

/// What whoever has no password, or not any more, can do here.
fn sign_in_links(ctx: &Context, origin: &Origin) -> Vec<(&'static str, String)> {
    let rows = [
        ("Forgot your password?", Action::ForgotPassword),
        ("Create an account", Action::Register),
    ];
    rows.into_iter()
        .filter(|(_, action)| super::account::is_offered(ctx, *action))
        .map(|(words, action)| (words, own_url(ctx, origin, action.name())))
        .collect()
}

/// A provider with what its form is made of.
struct Prepared<'a> {
    provider: &'a Provider,
    action: String,
    /// Where a passkey ceremony begins.
    options_url: String,
    fields: Vec<Field<'a>>,
}

fn prepared<'a>(ctx: &'a Context, visit: &Visit<'_>, provider: &'a Provider) -> Prepared<'a> {
    let (action, fields) = match provider {
        Provider::Email(_) | Provider::OAuth(_) => ("signin", Vec::new()),
        Provider::Credentials(provider) => {
            ("callback", provider.fields().iter().map(field).collect())
        }
        Provider::Password(_) => ("callback", PASSWORD_FIELDS.to_vec()),
        Provider::Passkey(provider) => ("callback", provider.fields().iter().map(field).collect()),
    };
    Prepared {
        provider,
        action: url(ctx, visit.origin, action, provider.id()),
        options_url: url(ctx, visit.origin, "webauthn-options", provider.id()),
        fields,
    }
}

fn field(field: &CredentialField) -> Field<'_> {
    Field {
        name: &field.name,
        label: field.label.as_deref(),
        kind: field.kind.as_deref(),
        placeholder: field.placeholder.as_deref(),
        attributes: Attributes::Owned(&field.attributes),
    }
}

fn form<'a>(prepared: &'a Prepared<'a>) -> SignInForm<'a> {
    let Prepared {
        provider,
        action,
        options_url,
        fields,
    } = prepared;
    let (id, name) = (provider.id(), provider.name());
    match provider {
        Provider::Email(_) => SignInForm::Email {
            id,
            name,
            action,
            autofill: Autofill::Off,
        },
        Provider::OAuth(provider) => SignInForm::OAuth {
            name,
            action,
            brand_color: provider.style.brand_color.as_ref(),
            logo: provider.style.logo.as_ref(),
        },
        Provider::Passkey(provider) => SignInForm::Passkey {
            id,
            name,
            action,
            options_url,
            fields,
            autofill: match provider.offers_autofill() {
                true => Autofill::Offered,
                false => Autofill::Off,
            },
            admits_newcomers: provider.admits_newcomers(),
        },
        Provider::Credentials(_) | Provider::Password(_) => SignInForm::Credentials {
            id,
            name,
            action,
            fields,
        },
    }
}

/// The form of a mail address and a password.
const PASSWORD_FIELDS: &[Field<'static>] = &[
    Field {
        name: "email",
        label: Some("Email"),
        kind: Some("email"),
        placeholder: Some("email@example.com"),
        attributes: Attributes::Fixed(&[
            ("autocomplete", "username"),
            ("inputmode", "email"),
            ("autocapitalize", "none"),
            ("spellcheck", "false"),
            ("required", ""),
        ]),
    },
    Field {
        name: "password",
        label: Some("Password"),
        kind: Some("password"),
        placeholder: None,
        attributes: Attributes::Fixed(&[("required", "")]),
    },
];

/// `GET signout`.
pub(crate) fn sign_out(ctx: &Context, visit: &Visit<'_>) -> Reply {
    if let Some(page) = &ctx.settings.pages.sign_out {
        return Reply::redirect(page);
    }
    let html = pages::sign_out(&SignOutPage {
        site: site(ctx, Some(visit.origin)),
        csrf_token: visit.csrf.token().expose(),
        action: &visit.url(),
    });
    page(ctx, html)
}

/// `GET error`.
pub(crate) fn error(ctx: &Context, visit: &Visit<'_>) -> Reply {
    let code = visit.intake.query.text("error");
    match &ctx.settings.pages.error {
        // SPEC: contract §1.4: the text of JavaScript's missing value.
        Some(page) => Reply::redirect(with_query(page, &[("error", code.unwrap_or("undefined"))])),
        None => built_in_error(ctx, Some(visit.origin), ErrorCode::from_query(code)),
    }
}

/// The built-in error page, also where no origin is known.
pub(crate) fn built_in_error(ctx: &Context, origin: Option<&Origin>, code: ErrorCode) -> Reply {
    let site = site(ctx, origin);
    let html = pages::error(&ErrorPage {
        site,
        code,
        sign_in_url: &format!("{}{}/signin", site.origin, ctx.settings.base_path),
    });
    page(ctx, html).status(code.status())
}

/// `GET verify-request`.
pub(crate) fn verify_request(ctx: &Context, visit: &Visit<'_>) -> Reply {
    if let Some(page) = &ctx.settings.pages.verify_request {
        let query = visit.intake.raw_query.filter(|query| !query.is_empty());
        return Reply::redirect(match query {
            Some(query) => format!("{page}?{query}"),
            None => page.clone(),
        });
    }
    let site = site(ctx, Some(visit.origin));
    page(ctx, pages::verify_request(&VerifyRequestPage { site }))
}

/// Asks for the click that finishes a sign-in by link, and says whom it signs in: a link of somebody else's can be
/// seen for what it is.
pub(crate) fn confirm(ctx: &Context, visit: &Visit<'_>, identifier: &str) -> Reply {
    let email = Email::parse(identifier).ok();
    let html = pages::confirm(&ConfirmPage {
        site: site(ctx, Some(visit.origin)),
        action: &visit.url(),
        fields: &[("csrfToken", visit.csrf.token().expose())],
        email: email
            .as_ref()
            .map(Email::as_str)
            .filter(|email| *email == identifier),
    });
    page(ctx, html)
}

/// What a page of sessions shows.
pub(crate) struct Listed<'a> {
    pub(crate) items: &'a [SessionItem],
    pub(crate) newer_url: Option<&'a str>,
    pub(crate) older_url: Option<&'a str>,
    pub(crate) notice: Option<SessionsNotice>,
}

/// `GET sessions`.
pub(crate) fn sessions(ctx: &Context, visit: &Visit<'_>, listed: &Listed<'_>) -> Reply {
    let base = &ctx.settings.base_path;
    let own = |path: &str| format!("{}{base}/{path}", visit.origin);
    let html = pages::sessions(&SessionsPage {
        site: site(ctx, Some(visit.origin)),
        csrf_token: visit.csrf.token().expose(),
        sessions: listed.items,
        revoke_url: &own("sessions/revoke"),
        revoke_others_url: &own("sessions/revoke-others"),
        sign_out_url: &own("signout"),
        newer_url: listed.newer_url,
        older_url: listed.older_url,
        notice: listed.notice,
    });
    page(ctx, html)
}

/// Says that the store is away.
pub(crate) fn unavailable(ctx: &Context, origin: &Origin) -> Reply {
    let site = site(ctx, Some(origin));
    page(ctx, pages::unavailable(&UnavailablePage { site }))
}

/// What people read where sessions could not be ended.
pub(crate) const SESSIONS_GO_ON: &str = "What you asked for is done. But sessions in other browsers could not be ended, and may go on until you end them: sign in and end them in the list of your sessions.";

/// Says that a step is done, but sessions may go on that it should have ended.
pub(crate) fn sessions_go_on(ctx: &Context, origin: &Origin) -> Reply {
    let html = pages::notice(&NoticePage {
        site: site(ctx, Some(origin)),
        title: "Other sessions may go on",
        text: SESSIONS_GO_ON,
        link: Some(("Your sessions", &own_url(ctx, origin, "sessions"))),
    });
    page(ctx, html)
}

/// Says that something was tried too often.
pub(crate) fn too_many(ctx: &Context, origin: &Origin, retry_after: Duration) -> Reply {
    let site = site(ctx, Some(origin));
    page(ctx, pages::too_many(&TooManyPage { site, retry_after }))
}

pub(super) fn page(ctx: &Context, html: String) -> Reply {
    Reply::page(html, &ctx.settings.page_policy)
}

pub(super) fn site<'a>(ctx: &'a Context, origin: Option<&'a Origin>) -> Site<'a> {
    Site {
        origin: origin.map_or("", Origin::as_str),
        host: origin.map_or("", Origin::host),
        theme: &ctx.settings.theme,
    }
}

/// A page with members behind the query that it may have.
pub(crate) fn with_query(page: &str, members: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(members)
        .finish();
    let joint = if page.contains('?') { '&' } else { '?' };
    format!("{page}{joint}{query}")
}
