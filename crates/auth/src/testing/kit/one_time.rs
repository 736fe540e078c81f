//! Rules about tokens that work once.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::{Verdict, hold, later, long_ago, malformed};
use crate::adapter::{AdapterError, UserId};
use crate::one_time::{OneTimeRecord, OneTimeStore, Purpose};
use crate::secret::TokenHash;

fn record(purpose: Purpose, user: &str, hash: &str, expires: Timestamp) -> OneTimeRecord {
    OneTimeRecord {
        purpose,
        hash: TokenHash::new(hash),
        user_id: UserId(user.to_owned()),
        email: format!("ünï.愛+{user}@one-time.test"),
        expires,
    }
}

async fn keep(
    store: &dyn OneTimeStore,
    purpose: Purpose,
    user: &str,
    hash: &str,
) -> Result<(), AdapterError> {
    store.put(record(purpose, user, hash, later())).await
}

async fn works(
    store: &dyn OneTimeStore,
    purpose: Purpose,
    hash: &str,
) -> Result<bool, AdapterError> {
    let taken = store.take(purpose, &TokenHash::new(hash)).await?;
    Ok(taken.is_some())
}

/// The first use gives the record back as written, the second `None`.
pub async fn one_time_token_works_once(store: &dyn OneTimeStore) -> Verdict {
    for purpose in Purpose::ALL {
        let written = record(*purpose, "once", &"ab".repeat(32), later());
        store.put(written.clone()).await?;
        let taken = store.take(*purpose, &written.hash).await?;
        hold(
            taken == Some(written),
            "what came back is not what was written",
        )?;
        let again = works(store, *purpose, &"ab".repeat(32)).await?;
        hold(!again, "it worked twice")?;
    }
    Ok(())
}

/// Looking at a token uses nothing up, and shows exactly what taking it gives.
pub async fn one_time_token_is_looked_at_without_using_it(store: &dyn OneTimeStore) -> Verdict {
    for purpose in Purpose::ALL {
        let written = record(*purpose, "peeked", &"CD".repeat(32), long_ago());
        store.put(written.clone()).await?;
        for _ in 0..2 {
            let seen = store.peek(*purpose, &written.hash).await?;
            hold(seen.as_ref() == Some(&written), "it is not seen as written")?;
        }
        let folded = TokenHash::new("cd".repeat(32));
        let other = store.peek(*purpose, &folded).await?;
        hold(other.is_none(), "hashes are not compared exactly")?;
        for other in Purpose::ALL.iter().filter(|other| *other != purpose) {
            let seen = store.peek(*other, &written.hash).await?;
            hold(seen.is_none(), "the purpose is not compared")?;
        }
        let taken = works(store, *purpose, &"CD".repeat(32)).await?;
        hold(taken, "looking used it up")?;
        let seen = store.peek(*purpose, &written.hash).await?;
        hold(seen.is_none(), "it is seen after it was taken")?;
    }
    Ok(())
}

/// CVE-2026-4282: a store without type isolation gave a record of one kind for the key of another.
pub async fn one_time_token_needs_its_purpose(store: &dyn OneTimeStore) -> Verdict {
    for kept in Purpose::ALL {
        keep(store, *kept, "typed", "typed-hash").await?;
        for asked in Purpose::ALL.iter().filter(|asked| *asked != kept) {
            let taken = works(store, *asked, "typed-hash").await?;
            hold(!taken, "another purpose used the token")?;
        }
        let own = works(store, *kept, "typed-hash").await?;
        hold(own, "a try with another purpose removed the token")?;
    }
    Ok(())
}

/// Hashes differ in case and blanks; those that cannot exist are `None` and no error.
pub async fn one_time_hashes_are_compared_exactly(store: &dyn OneTimeStore) -> Verdict {
    keep(store, Purpose::VerifyEmail, "exact", "exact-one-time").await?;
    let mut others = malformed();
    others.extend(["EXACT-ONE-TIME", "exact-one-time ", "éxact-one-time"].map(str::to_owned));
    for text in others {
        let taken = works(store, Purpose::VerifyEmail, &text).await?;
        hold(!taken, "another spelling used the token")?;
    }
    let own = works(store, Purpose::VerifyEmail, "exact-one-time").await?;
    hold(own, "the token is gone")
}

/// Two tokens of one key cannot be told apart, so the second is refused and the first stays.
pub async fn second_one_time_token_of_a_key_is_a_conflict(store: &dyn OneTimeStore) -> Verdict {
    keep(store, Purpose::ChangeEmail, "first", "same-key").await?;
    let second = keep(store, Purpose::ChangeEmail, "second", "same-key").await;
    hold(
        matches!(second, Err(AdapterError::Conflict(_))),
        "the second was not a conflict",
    )?;
    let hash = TokenHash::new("same-key");
    let taken = store.take(Purpose::ChangeEmail, &hash).await?;
    hold(
        taken.is_some_and(|record| record.user_id.as_str() == "first"),
        "the first is gone",
    )
}

/// The store does not judge: an expired token is given back, and removed.
pub async fn expired_one_time_token_is_given_back_and_removed(store: &dyn OneTimeStore) -> Verdict {
    let expired = record(Purpose::ResetPassword, "late", "late-hash", long_ago());
    store.put(expired.clone()).await?;
    let taken = store.take(Purpose::ResetPassword, &expired.hash).await?;
    hold(taken == Some(expired), "the expired token was kept back")?;
    let again = works(store, Purpose::ResetPassword, "late-hash").await?;
    hold(!again, "the expired token is still there")
}

/// Those of the user and the purpose go; other users' and other purposes' stay.
pub async fn one_time_tokens_of_a_user_go_together(store: &dyn OneTimeStore) -> Verdict {
    let owner = UserId("owner".to_owned());
    keep(store, Purpose::ResetPassword, "owner", "go-1").await?;
    keep(store, Purpose::ResetPassword, "owner", "go-2").await?;
    keep(store, Purpose::ChangeEmail, "owner", "stay-1").await?;
    keep(store, Purpose::ResetPassword, "OWNER", "stay-2").await?;
    let removed = store.remove_all_of(&owner, Purpose::ResetPassword).await?;
    hold(removed == 2, "it did not say two")?;
    for hash in ["go-1", "go-2"] {
        let taken = works(store, Purpose::ResetPassword, hash).await?;
        hold(!taken, "a token of the user stayed")?;
    }
    let other_purpose = works(store, Purpose::ChangeEmail, "stay-1").await?;
    let other_user = works(store, Purpose::ResetPassword, "stay-2").await?;
    hold(other_purpose && other_user, "more went than was asked for")
}

/// CVE-2026-53517: of a hundred uses at once exactly one gets the token, and none fails.
pub async fn one_time_token_taken_a_hundred_times_at_once_is_given_once(
    store: &dyn OneTimeStore,
) -> Verdict {
    for purpose in Purpose::ALL {
        keep(store, *purpose, "race", "race-one-time").await?;
        let uses = (0..100).map(|_| works(store, *purpose, "race-one-time"));
        let outcomes: Result<Vec<bool>, AdapterError> = join_all(uses).await.into_iter().collect();
        let winners = outcomes?.into_iter().filter(|won| *won).count();
        hold(winners == 1, "there was not exactly one winner")?;
    }
    Ok(())
}
