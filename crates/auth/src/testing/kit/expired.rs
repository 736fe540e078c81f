//! Rules about the removal of what has expired. They use moments long before those of all other rules, so that the rows
//! of others, expired or not, are not in the way.

use jiff::Timestamp;

use super::{Verdict, add_user, hold, later, second};
use crate::adapter::{Adapter, AdapterError, Removed, SessionRecord, UserId, VerificationToken};
use crate::secret::{SessionToken, TokenHash};

/// 2001-01-01 and so many seconds.
fn old(seconds: i64) -> Timestamp {
    second(978_307_200 + seconds)
}

async fn add_session(
    store: &dyn Adapter,
    user: &UserId,
    token: &str,
    expires: Timestamp,
) -> Result<(), AdapterError> {
    let session = SessionRecord {
        session_token: SessionToken::new(token),
        user_id: user.clone(),
        expires,
    };
    store.create_session(session).await
}

async fn add_link(store: &dyn Adapter, hash: &str, expires: Timestamp) -> Result<(), AdapterError> {
    let link = VerificationToken {
        identifier: "links@expired.test".to_owned(),
        token: TokenHash::new(hash),
        expires,
    };
    store.create_verification_token(link).await
}

async fn session_is_there(store: &dyn Adapter, token: &str) -> Result<bool, AdapterError> {
    let found = store.session_and_user(&SessionToken::new(token)).await?;
    Ok(found.is_some())
}

async fn link_is_there(store: &dyn Adapter, hash: &str) -> Result<bool, AdapterError> {
    let hash = TokenHash::new(hash);
    let found = store
        .verification_token("links@expired.test", &hash)
        .await?;
    Ok(found.is_some())
}

/// What ended before the moment goes, what ends at it or later stays; users stay.
pub async fn only_what_expired_before_is_removed(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "removed@expired.test").await?;
    let moment = old(1_000);
    for (name, expires) in [("before", old(999)), ("at", moment), ("later", later())] {
        add_session(store, &user.id, &format!("removed-{name}"), expires).await?;
        add_link(store, &format!("removed-{name}"), expires).await?;
    }
    let removed = store.remove_expired(moment, 100).await?;
    hold(
        removed.of("sessions") == 1 && removed.of("link tokens") == 1,
        "the counts are wrong",
    )?;
    hold(!removed.may_be_more(), "there is said to be more")?;
    for name in ["removed-before", "removed-at", "removed-later"] {
        let stays = name != "removed-before";
        let session = session_is_there(store, name).await?;
        let link = link_is_there(store, name).await?;
        hold(session == stays && link == stays, "the wrong rows went")?;
    }
    let again = store.remove_expired(moment, 100).await?;
    hold(again == Removed::default(), "the second time removed some")?;
    hold(
        store.user(&user.id).await? == Some(user),
        "the user changed",
    )
}

/// Never more than the bound at once, and all of them after as many calls as that takes.
pub async fn expired_rows_are_removed_in_batches(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "batches@expired.test").await?;
    for number in 0..5 {
        add_session(store, &user.id, &format!("batch-{number}"), old(number)).await?;
    }
    for number in 0..250 {
        add_link(store, &format!("batch-{number}"), old(0)).await?;
    }
    let mut sums = Vec::new();
    for (at_most, more) in [(2, true), (2, true), (2, true), (300, false)] {
        let removed = store.remove_expired(old(100), at_most).await?;
        hold(
            removed.iter().all(|(_, rows)| rows <= at_most),
            "more than the bound were removed",
        )?;
        hold(removed.may_be_more() == more, "more is told wrongly")?;
        sums.push((removed.of("sessions"), removed.of("link tokens")));
    }
    hold(
        sums == [(2, 2), (2, 2), (1, 2), (0, 244)],
        "the counts are wrong",
    )?;
    for number in 0..5 {
        let there = session_is_there(store, &format!("batch-{number}")).await?;
        hold(!there, "an expired session is there")?;
    }
    Ok(())
}

/// Several at the same time remove every row once, and none fails.
pub async fn expired_rows_are_removed_once_by_many(store: &dyn Adapter) -> Verdict {
    for number in 0..40 {
        add_link(store, &format!("many-{number}"), old(0)).await?;
    }
    let removals = (0..8).map(|_| store.remove_expired(old(100), 10));
    let removed = futures_util::future::join_all(removals).await;
    let mut sum = 0;
    for one in removed {
        sum += one?.of("link tokens");
    }
    while let left @ 1.. = store.remove_expired(old(100), 10).await?.of("link tokens") {
        sum += left;
    }
    hold(sum == 40, "rows were counted twice or not at all")
}
