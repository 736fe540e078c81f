//! Rules about accounts: the ways in which a user signs in.

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::{Verdict, add_user, hold, malformed};
use crate::adapter::{
    Account, AccountChange, AccountType, Adapter, AdapterError, Unlink, Unlinked, UserId, WaysIn,
};

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

/// Members of an object.
fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The user's accounts come back as they were written, tokens included, and nobody else's.
pub async fn accounts_come_back_as_written(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "listed@accounts.test").await?;
    let other = add_user(store, "other-listed@accounts.test").await?;
    for id in ["listed-2", "listed-1"] {
        store.link_account(account(&user.id, id)).await?;
    }
    store.link_account(account(&other.id, "listed-3")).await?;
    let listed = store.accounts_of(&user.id).await?;
    let ids = listed.iter().map(|one| one.provider_account_id.as_str());
    let ids: Vec<&str> = ids.collect();
    hold(
        ids == ["listed-1", "listed-2"],
        "they are not listed in order",
    )?;
    let written = account(&user.id, "listed-1");
    let found = store.account("accounts.test", "listed-1").await?;
    for read in listed.into_iter().take(1).chain(found) {
        // An application's own table need not have room for every member.
        let is_same = |(name, value): (&String, &Value)| match read.extra.get(name) {
            Some(read) => read == value,
            None => value.is_null() || name != "access_token",
        };
        hold(
            read.kind == written.kind && read.user_id == written.user_id,
            "the account came back changed",
        )?;
        hold(
            written.extra.iter().all(is_same),
            "a token came back changed",
        )?;
    }
    let unknown = store.account("accounts.test", "LISTED-1").await?;
    hold(unknown.is_none(), "ids are not compared exactly")?;
    for id in malformed() {
        let listed = store.accounts_of(&UserId(id)).await?;
        hold(listed.is_empty(), "a malformed id has accounts")?;
    }
    Ok(())
}

fn renewal(user: &UserId, id: &str, expected: Value, members_after: Value) -> AccountChange {
    AccountChange {
        user_id: user.clone(),
        provider: "accounts.test".to_owned(),
        provider_account_id: id.to_owned(),
        expected: members(expected),
        members: members(members_after),
    }
}

/// Tokens are written where those that are there are the expected ones, and nowhere else.
pub async fn tokens_are_changed_where_they_are_as_expected(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "tokens@accounts.test").await?;
    let stranger = add_user(store, "stranger@accounts.test").await?;
    store.link_account(account(&user.id, "tokens")).await?;
    store.link_account(account(&user.id, "untouched")).await?;
    let long = "t".repeat(200);
    let after = json!({ "access_token": long, "refresh_token": "r", "expires_at": 1_893_460_000, "unknown": 1 });
    for (owner, expected) in [
        (&user, json!({ "access_token": "another" })),
        (&user, json!({ "access_token": "AN-ACCESS-TOKEN" })),
        (&user, json!({ "access_token": null })),
        (&user, json!({ "refresh_token": "r" })),
        (
            &user,
            json!({ "access_token": "an-access-token", "unknown": 1 }),
        ),
        (&stranger, json!({ "access_token": "an-access-token" })),
    ] {
        let change = renewal(&owner.id, "tokens", expected, after.clone());
        let changed = store.update_account(change).await?;
        hold(!changed, "it was changed though it is not as expected")?;
    }
    let expected = json!({ "access_token": "an-access-token", "refresh_token": null });
    let change = renewal(&user.id, "tokens", expected, after);
    hold(store.update_account(change).await?, "it was not changed")?;
    let found = store.account("accounts.test", "tokens").await?;
    let extra = found.map(|found| found.extra).unwrap_or_default();
    hold(
        extra.get("access_token") == Some(&json!(long)),
        "the token is another",
    )?;
    let is = |name: &str, value: Value| extra.get(name).is_none_or(|read| *read == value);
    hold(is("expires_at", json!(1_893_460_000)), "the end is another")?;
    hold(is("scope", json!("read:user user:email")), "a member went")?;
    let (expected, cleared) = (
        json!({ "access_token": long }),
        json!({ "access_token": null }),
    );
    let cleared = renewal(&user.id, "tokens", expected, cleared);
    hold(store.update_account(cleared).await?, "it was not cleared")?;
    let found = store.account("accounts.test", "tokens").await?;
    let extra = found.map(|found| found.extra).unwrap_or_default();
    hold(
        extra.get("access_token").is_none_or(Value::is_null),
        "it is not cleared",
    )?;
    let other = store.account("accounts.test", "untouched").await?;
    let extra = other.map(|other| other.extra).unwrap_or_default();
    hold(
        extra.get("access_token") == Some(&json!("an-access-token")),
        "another account changed",
    )
}

/// CVE-2026-53517: of fifty renewals of the same tokens at once, one is written.
pub async fn tokens_renewed_fifty_times_at_once_are_written_once(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "renewed@accounts.test").await?;
    store.link_account(account(&user.id, "renewed")).await?;
    let renewals = (0..50).map(|number| {
        let expected = json!({ "access_token": "an-access-token" });
        let after = json!({ "access_token": format!("token-{number}") });
        store.update_account(renewal(&user.id, "renewed", expected, after))
    });
    let outcomes: Result<Vec<bool>, AdapterError> = join_all(renewals).await.into_iter().collect();
    let written = outcomes?.into_iter().filter(|written| *written).count();
    hold(written == 1, "there was not exactly one winner")
}

fn unlink(user: &UserId, id: &str, email: bool) -> Unlink {
    Unlink {
        user_id: user.clone(),
        provider: "accounts.test".to_owned(),
        provider_account_id: id.to_owned(),
        ways_in: WaysIn {
            providers: vec!["accounts.test".to_owned()],
            email,
            password: false,
        },
    }
}

/// The last way in stays; another one goes, and comes back as what it was. Nobody unlinks what is somebody else's.
pub async fn last_way_in_stays(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "ways@accounts.test").await?;
    let stranger = add_user(store, "no-ways@accounts.test").await?;
    store.link_account(account(&user.id, "ways-1")).await?;
    store.link_account(account(&user.id, "ways-2")).await?;
    for (owner, id) in [(&stranger, "ways-1"), (&user, "WAYS-1"), (&user, "none")] {
        let outcome = store
            .unlink_unless_last(unlink(&owner.id, id, true))
            .await?;
        hold(outcome == Unlinked::Unknown, "a stranger unlinked it")?;
    }
    let gone = store
        .unlink_unless_last(unlink(&user.id, "ways-1", false))
        .await?;
    let is_it = matches!(&gone, Unlinked::Done(gone) if gone.provider_account_id == "ways-1");
    hold(is_it, "it was not unlinked")?;
    let last = store
        .unlink_unless_last(unlink(&user.id, "ways-2", false))
        .await?;
    hold(last == Unlinked::LastWayIn, "the last way in went")?;
    let still = store.user_by_account("accounts.test", "ways-2").await?;
    hold(still.as_ref() == Some(&user), "the last way in is gone")?;
    let by_mail = store
        .unlink_unless_last(unlink(&user.id, "ways-2", true))
        .await?;
    hold(matches!(by_mail, Unlinked::Done(_)), "mail is no way in")?;
    let none = store.accounts_of(&user.id).await?;
    hold(none.is_empty(), "an account is still there")
}

/// Of any number of accounts that are unlinked at once, one stays where nothing else lets the user in.
pub async fn accounts_unlinked_at_once_leave_one(store: &dyn Adapter) -> Verdict {
    for round in 0..5 {
        let user = add_user(store, &format!("race-{round}@accounts.test")).await?;
        let ids: Vec<String> = (0..6).map(|id| format!("race-{round}-{id}")).collect();
        for id in &ids {
            store.link_account(account(&user.id, id)).await?;
        }
        let calls = ids
            .iter()
            .map(|id| store.unlink_unless_last(unlink(&user.id, id, false)));
        let outcomes: Result<Vec<_>, AdapterError> = join_all(calls).await.into_iter().collect();
        let refused = outcomes?
            .into_iter()
            .filter(|one| *one == Unlinked::LastWayIn)
            .count();
        let left = store.accounts_of(&user.id).await?.len();
        hold((refused, left) == (1, 1), "there is not exactly one left")?;
    }
    Ok(())
}
