//! The accounts at other services of somebody who is signed in: shown, linked, removed.
//!
//! Linking is a sign-in at the service by somebody who is signed in here; its form posts to `signin/{provider}`.

use serde_json::json;

use super::Step;
use super::answer::{done, refused};
use super::person::{Person, password_of, prove, signed_in, unknown};
use crate::account::Refusal;
use crate::adapter::Unlinked;
use crate::error::Error;
use crate::flows::ways_in;
use crate::linked::{LinkedAccount, manage};
use crate::pages::{
    LinkService, LinkedAccountItem, LinkedAccountsPage, UnlinkPage, linked_accounts, unlink_account,
};
use crate::providers::Provider;
use crate::response::Reply;
use crate::time::iso_millis;

const LIST: &str = "account/linked";

/// Whether there is a service to link an account of.
pub(super) fn is_offered(step: &Step<'_>) -> bool {
    services(step).next().is_some()
}

fn services<'a>(step: &'a Step<'_>) -> impl Iterator<Item = &'a Provider> {
    let providers = step.ctx.providers.iter();
    providers.filter(|provider| matches!(provider, Provider::OAuth(_)))
}

/// `GET account/linked`.
pub(super) async fn show(step: &Step<'_>) -> Result<Reply, Error> {
    let Some(person) = signed_in(step).await? else {
        return Ok(unknown(step, LIST));
    };
    let accounts = manage::list(step.ctx, &person.user.id).await?;
    if step.visit.intake.wants_json() {
        return Ok(as_json(&accounts));
    }
    page(step, &person, &accounts).await
}

fn as_json(accounts: &[LinkedAccount]) -> Reply {
    let accounts = accounts.iter().map(|account| {
        json!({
            "provider": account.provider,
            "name": account.name,
            "providerAccountId": account.provider_account_id,
            "since": account.since.map(iso_millis),
            "needsSignIn": account.needs_sign_in,
        })
    });
    let accounts: Vec<_> = accounts.collect();
    Reply::json(json!({ "accounts": accounts })).never_cached()
}

async fn page(
    step: &Step<'_>,
    person: &Person,
    accounts: &[LinkedAccount],
) -> Result<Reply, Error> {
    let sign_in_url = |provider: &str| step.url(&format!("signin/{provider}"));
    let items: Vec<LinkedAccountItem<'_>> = accounts
        .iter()
        .map(|account| LinkedAccountItem {
            name: &account.name,
            query: query(account),
            since: account
                .since
                .map(|since| since.strftime("%Y-%m-%d").to_string()),
            sign_in_url: account
                .needs_sign_in
                .then(|| sign_in_url(&account.provider)),
        })
        .collect();
    let is_linked = |provider: &&Provider| accounts.iter().any(|one| one.provider == provider.id());
    let services: Vec<LinkService<'_>> = services(step)
        .filter(|provider| !is_linked(provider))
        .map(|provider| LinkService {
            name: provider.name(),
            sign_in_url: sign_in_url(provider.id()),
        })
        .collect();
    let proof_url = proof_url(step, person).await?;
    let done = step.visit.intake.query.text("done");
    Ok(step.page(linked_accounts(&LinkedAccountsPage {
        site: step.site(),
        csrf_token: step.csrf_token(),
        accounts: &items,
        services: &services,
        unlink_url: &step.url("account/unlink"),
        back_url: &step.url(LIST),
        proof_url: proof_url.as_deref(),
        account_url: &step.url("account"),
        // Of a closed set, so that no text of a query reaches the page (CVE-2025-71404).
        notice: (done == Some("removed")).then_some("The account is removed."),
    })))
}

/// Where the person shows who it is before another account can be linked, unless that was lately.
async fn proof_url(step: &Step<'_>, person: &Person) -> Result<Option<String>, Error> {
    let Step { ctx, visit, .. } = step;
    match ways_in::check(ctx, &person.user.id, person.session.key()).await {
        Ok(()) => Ok(None),
        Err(Error::Account(refusal)) => {
            Ok(ways_in::proof_url(ctx, visit, refusal, &step.url(LIST)))
        }
        Err(error) => Err(error),
    }
}

/// Names an account in a query.
fn query(account: &LinkedAccount) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("provider", &account.provider)
        .append_pair("providerAccountId", &account.provider_account_id)
        .finish()
}

/// `GET account/unlink?provider=&providerAccountId=`: asks.
pub(super) async fn ask(step: &Step<'_>) -> Result<Reply, Error> {
    let Some(person) = signed_in(step).await? else {
        return Ok(unknown(step, LIST));
    };
    let text = |name| step.visit.intake.query.text(name).unwrap_or_default();
    let named = (text("provider"), text("providerAccountId"));
    match find(step, &person, named).await? {
        Some(account) => form(step, &person, &account, None).await,
        None => Ok(Reply::redirect(step.url(LIST))),
    }
}

/// `POST account/unlink`: `provider`, `providerAccountId`, and `password` where there is one.
pub(super) async fn post(step: &Step<'_>) -> Result<Reply, Error> {
    let Some(person) = signed_in(step).await? else {
        return Ok(unknown(step, LIST));
    };
    let named = (step.typed("provider"), step.typed("providerAccountId"));
    // SECURITY: one that is somebody else's is answered as one that is gone.
    let Some(account) = find(step, &person, named).await? else {
        return Ok(done(step, LIST));
    };
    match remove(step, &person, &account).await {
        Ok(()) => Ok(done(step, "account/linked?done=removed")),
        Err(Error::Account(refusal)) => {
            let page = form(step, &person, &account, Some(&refusal.text())).await?;
            Ok(refused(step, refusal, |_| page))
        }
        Err(error) => Err(error),
    }
}

async fn find(
    step: &Step<'_>,
    person: &Person,
    (provider, id): (&str, &str),
) -> Result<Option<LinkedAccount>, Error> {
    let accounts = manage::list(step.ctx, &person.user.id).await?;
    let mut accounts = accounts.into_iter();
    Ok(accounts.find(|one| one.provider == provider && one.provider_account_id == id))
}

async fn remove(step: &Step<'_>, person: &Person, account: &LinkedAccount) -> Result<(), Error> {
    prove(step, person).await?;
    let user = &person.user.id;
    let (provider, id) = (&account.provider, &account.provider_account_id);
    match manage::unlink(step.ctx, user, provider, id).await? {
        Unlinked::Done(_) | Unlinked::Unknown => Ok(()),
        Unlinked::LastWayIn => Err(Refusal::LastWayIn.into()),
    }
}

async fn form(
    step: &Step<'_>,
    person: &Person,
    account: &LinkedAccount,
    alert: Option<&str>,
) -> Result<Reply, Error> {
    let has_password = password_of(step, &person.user).await?.is_some();
    Ok(step.page(unlink_account(&UnlinkPage {
        site: step.site(),
        csrf_token: step.csrf_token(),
        action: &step.url("account/unlink"),
        back_url: &step.url(LIST),
        name: &account.name,
        provider: &account.provider,
        provider_account_id: &account.provider_account_id,
        has_password,
        alert,
    })))
}
