//! Rules about accounts: the ways in which a user signs in.

use serde_json::{Map, json};

use super::{Verdict, add_user, hold, malformed};
use crate::adapter::{Account, AccountType, Adapter, AdapterError, UserId};

fn account(user: &UserId, id: &str) -> Account {
    let extra = json!({
        "access_token": "an-access-token",
        "refresh_token": null,
        "expires_at": 1_893_456_000,
        "scope": "read:user user:email",
        "token_type": "bearer",
    });
    Account {
        user_id: user.clone(),
        kind: AccountType::OAuth,
        provider: "accounts.test".to_owned(),
        provider_account_id: id.to_owned(),
        extra: extra.as_object().cloned().unwrap_or_else(Map::new),
    }
}

/// Each of a user's accounts leads to the user; a pair that was never linked leads nowhere.
pub async fn account_leads_to_its_user(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "leads@accounts.test").await?;
    store.link_account(account(&user.id, "leads-1")).await?;
    store.link_account(account(&user.id, "leads-2")).await?;
    for id in ["leads-1", "leads-2"] {
        let found = store.user_by_account("accounts.test", id).await?;
        hold(found.as_ref() == Some(&user), "an account leads elsewhere")?;
    }
    let other = store.user_by_account("other.test", "leads-1").await?;
    hold(other.is_none(), "the provider is not compared")
}

/// Ids at a provider differ in case, accents and blanks; ids that cannot exist lead nowhere and are no error.
pub async fn accounts_are_compared_exactly(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "exact@accounts.test").await?;
    store.link_account(account(&user.id, "exact-id")).await?;
    let others = ["EXACT-ID", "exact-id ", "éxact-id", "exact_id", "exact%"];
    for other in others.map(str::to_owned).into_iter().chain(malformed()) {
        let found = store.user_by_account("accounts.test", &other).await?;
        hold(found.is_none(), "another id found the user")?;
    }
    Ok(())
}

/// A pair of provider and id belongs to one user: linking it again is [`AdapterError::Conflict`].
pub async fn second_account_of_the_same_key_is_a_conflict(store: &dyn Adapter) -> Verdict {
    let owner = add_user(store, "owner@accounts.test").await?;
    let thief = add_user(store, "thief@accounts.test").await?;
    store.link_account(account(&owner.id, "taken")).await?;
    let again = store.link_account(account(&thief.id, "taken")).await;
    hold(
        matches!(again, Err(AdapterError::Conflict(_))),
        "the second was no conflict",
    )?;
    let found = store.user_by_account("accounts.test", "taken").await?;
    hold(found == Some(owner), "the account changed hands")
}

/// After `unlink_account` the pair leads nowhere and may be linked again; unlinking twice is no error.
pub async fn unlinked_account_leads_nowhere(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "unlink@accounts.test").await?;
    store.link_account(account(&user.id, "unlink")).await?;
    store.link_account(account(&user.id, "keep")).await?;
    store.unlink_account("accounts.test", "unlink").await?;
    store.unlink_account("accounts.test", "unlink").await?;
    let found = store.user_by_account("accounts.test", "unlink").await?;
    hold(found.is_none(), "the account is there")?;
    let kept = store.user_by_account("accounts.test", "keep").await?;
    hold(kept.as_ref() == Some(&user), "another account went along")?;
    store.link_account(account(&user.id, "unlink")).await?;
    Ok(())
}
