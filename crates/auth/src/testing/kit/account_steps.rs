//! Rules about the steps of accounts.

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::Map;

use super::{Broken, Verdict, hold, later, long_ago, new_user, second};
use crate::account::{AccountStore, Effect, Opener, PasswordChange, Redeemed};
use crate::adapter::{
    Account, AccountType, AdapterError, Earlier, SessionRecord, User, UserChanges, UserId,
};
use crate::one_time::{OneTimeRecord, Purpose};
use crate::password::PasswordHash;
use crate::secret::{SessionToken, TokenHash};

fn now() -> Timestamp {
    second(1_700_000_000)
}

/// A user with a session and a link of every purpose.
async fn prepare(store: &dyn AccountStore, email: &str) -> Result<User, AdapterError> {
    let user = store.create_user(new_user(email)).await?;
    store.create_session(session(&user, "first")).await?;
    for purpose in Purpose::ALL {
        store.put(link(&user, *purpose, email, later())).await?;
    }
    Ok(user)
}

fn session(user: &User, name: &str) -> SessionRecord {
    SessionRecord {
        session_token: SessionToken::new(format!("{name}-session-of-{}", user.id)),
        user_id: user.id.clone(),
        expires: later(),
    }
}

fn link(user: &User, purpose: Purpose, email: &str, expires: Timestamp) -> OneTimeRecord {
    OneTimeRecord {
        purpose,
        hash: hash(user, purpose),
        user_id: user.id.clone(),
        email: email.to_owned(),
        expires,
    }
}

fn hash(user: &User, purpose: Purpose) -> TokenHash {
    TokenHash::new(format!("{} of {}", purpose.name(), user.id))
}

fn reset(password: &str) -> Effect {
    Effect::ResetPassword(PasswordHash::new(password))
}

fn verify(by: Opener) -> Effect {
    let earlier = Earlier::Removed {
        verifying_providers: vec!["checks.test".to_owned()],
    };
    Effect::VerifyEmail { by, earlier }
}

fn change_email(by: &UserId) -> Effect {
    Effect::ChangeEmail { by: by.clone() }
}

fn account(user: &User, provider: &str, id: &str) -> Account {
    Account {
        user_id: user.id.clone(),
        kind: AccountType::OAuth,
        provider: provider.to_owned(),
        provider_account_id: format!("{id} of {}", user.id),
        extra: Map::new(),
    }
}

async fn has_account(store: &dyn AccountStore, linked: &Account) -> Result<bool, AdapterError> {
    let found = store.user_by_account(&linked.provider, &linked.provider_account_id);
    Ok(found.await?.is_some())
}

async fn redeem(
    store: &dyn AccountStore,
    user: &User,
    effect: &Effect,
) -> Result<Redeemed, AdapterError> {
    store
        .redeem(&hash(user, effect.purpose()), effect, now())
        .await
}

async fn has_session(
    store: &dyn AccountStore,
    user: &User,
    name: &str,
) -> Result<bool, AdapterError> {
    let token = session(user, name).session_token;
    Ok(store.session_and_user(&token).await?.is_some())
}

async fn has_link(
    store: &dyn AccountStore,
    user: &User,
    purpose: Purpose,
) -> Result<bool, AdapterError> {
    Ok(store.take(purpose, &hash(user, purpose)).await?.is_some())
}

/// The user as it is by now.
async fn reread(store: &dyn AccountStore, user: &User) -> Result<User, Broken> {
    let found = store.user(&user.id).await?;
    found.ok_or(Broken::Differs("the user is gone"))
}

/// The address is proven; other links and sessions stay.
pub async fn verifying_link_proves_the_address(store: &dyn AccountStore) -> Verdict {
    let user = prepare(store, "verify@steps.test").await?;
    let done = redeem(store, &user, &verify(Opener::Asker)).await?;
    let proven = reread(store, &user).await?;
    hold(
        proven.email_verified == Some(now()),
        "the address is not proven",
    )?;
    let expected = Redeemed::Done {
        user: Box::new(proven),
        address_before: user.email.clone(),
        removed_earlier: false,
        kept_password: false,
    };
    hold(done == expected, "what came back is not what is stored")?;
    let again = redeem(store, &user, &verify(Opener::Asker)).await?;
    hold(again == Redeemed::Unknown, "the link worked twice")?;
    hold(has_session(store, &user, "first").await?, "a session ended")?;
    hold(
        has_link(store, &user, Purpose::ResetPassword).await?,
        "a link of another purpose is gone",
    )
}

/// CVE-2026-53516: the first proof removes what anybody may have made before, unless who made it opens the link; later
/// proofs remove nothing.
pub async fn verifying_link_removes_what_a_stranger_made(store: &dyn AccountStore) -> Verdict {
    let stranger = prepare(store, "stranger@steps.test").await?;
    for (number, (stays, proven)) in [
        (false, false),
        (false, false),
        (true, false),
        (true, false),
        (true, true),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("earlier-{number}@steps.test");
        let mut user = prepare(store, &email).await?;
        if proven {
            let changes = UserChanges {
                email_verified: Some(Some(long_ago())),
                ..UserChanges::default()
            };
            let found = store.update_user(&user.id, changes).await?;
            user = found.ok_or(Broken::Differs("the user is gone"))?;
        }
        let by = match number {
            0 | 4 => Opener::Anybody,
            1 => Opener::User(stranger.id.clone()),
            2 => Opener::User(user.id.clone()),
            _ => Opener::Asker,
        };
        store
            .set_password(&user.id, None, PasswordHash::new("earlier"))
            .await?;
        let linked = account(&user, "checks.test", "earlier");
        store.link_account(linked.clone()).await?;
        let done = redeem(store, &user, &verify(by)).await?;
        let Redeemed::Done {
            removed_earlier, ..
        } = done
        else {
            return hold(false, "the link did not work");
        };
        hold(removed_earlier != stays, "what was removed is not said")?;
        let left = [
            store.password(&user.id).await?.is_some(),
            has_session(store, &user, "first").await?,
            has_account(store, &linked).await?,
            has_link(store, &user, Purpose::ChangeEmail).await?,
            has_link(store, &user, Purpose::ResetPassword).await?,
        ];
        hold(left == [stays; 5], "the wrong things went")?;
        let proven = reread(store, &user).await?.email_verified == Some(now());
        hold(proven, "the address is not proven")?;
    }
    hold(
        has_session(store, &stranger, "first").await?,
        "another user was changed",
    )
}

/// CVE-2026-53516: whoever has both, the link and the password, keeps the password. Sessions and accounts go, since others may
/// know the password too. A hash that is not the user's keeps nothing.
pub async fn verifying_link_keeps_the_password_of_whoever_knows_it(
    store: &dyn AccountStore,
) -> Verdict {
    let other = prepare(store, "knows-other@steps.test").await?;
    for (number, stays) in [true, false, false].into_iter().enumerate() {
        let user = prepare(store, &format!("knows-{number}@steps.test")).await?;
        let hash = PasswordHash::new("Known");
        store.set_password(&user.id, None, hash.clone()).await?;
        let linked = account(&user, "checks.test", "knows");
        store.link_account(linked.clone()).await?;
        let by = match number {
            0 => Opener::Password(user.id.clone(), hash.clone()),
            1 => Opener::Password(user.id.clone(), PasswordHash::new("known")),
            _ => Opener::Password(other.id.clone(), hash.clone()),
        };
        let done = redeem(store, &user, &verify(by)).await?;
        let Redeemed::Done {
            removed_earlier,
            kept_password,
            ..
        } = done
        else {
            return hold(false, "the link did not work");
        };
        hold(removed_earlier, "what was removed is not said")?;
        hold(kept_password == stays, "what was kept is not said")?;
        let left = store.password(&user.id).await?;
        let left = left.filter(|hash| !hash.expose().is_empty());
        hold(
            left == Some(hash).filter(|_| stays),
            "the wrong password is left",
        )?;
        let more = [
            has_session(store, &user, "first").await?,
            has_account(store, &linked).await?,
            has_link(store, &user, Purpose::ResetPassword).await?,
        ];
        hold(more == [false; 3], "more than the password was kept")?;
    }
    Ok(())
}

/// Accounts outlive the first proof where all are of providers that check addresses, and there is no password.
pub async fn verifying_link_keeps_accounts_that_were_checked(store: &dyn AccountStore) -> Verdict {
    for (number, (provider, stays)) in [("checks.test", true), ("lax.test", false)]
        .into_iter()
        .enumerate()
    {
        let user = prepare(store, &format!("checked-{number}@steps.test")).await?;
        let checked = account(&user, "checks.test", "checked");
        store.link_account(checked.clone()).await?;
        store
            .link_account(account(&user, provider, "other"))
            .await?;
        redeem(store, &user, &verify(Opener::Anybody)).await?;
        let left = has_account(store, &checked).await?;
        hold(left == stays, "the wrong accounts went")?;
        let session = has_session(store, &user, "first").await?;
        hold(!session, "a session goes on")?;
    }
    Ok(())
}

/// Password, proof, sessions and links: all of it at once.
pub async fn resetting_link_sets_the_password_and_ends_everything(
    store: &dyn AccountStore,
) -> Verdict {
    let user = prepare(store, "reset@steps.test").await?;
    let other = prepare(store, "bystander@steps.test").await?;
    let done = redeem(store, &user, &reset("new")).await?;
    hold(
        matches!(done, Redeemed::Done { .. }),
        "the link did not work",
    )?;
    let password = store.password(&user.id).await?;
    hold(
        password == Some(PasswordHash::new("new")),
        "the password is not the new one",
    )?;
    let proven = reread(store, &user).await?;
    hold(
        proven.email_verified == Some(now()),
        "the address is not proven",
    )?;
    hold(
        !has_session(store, &user, "first").await?,
        "a session goes on",
    )?;
    for purpose in Purpose::ALL {
        let left = has_link(store, &user, *purpose).await?;
        hold(!left, "a link of the user is left")?;
    }
    let bystander = has_session(store, &other, "first").await?
        && has_link(store, &other, Purpose::ResetPassword).await?
        && store.password(&other.id).await?.is_none();
    hold(bystander, "another user was changed")
}

/// CVE-2026-53516: who linked an account before the address was proven loses it to the one who proves it; later ones stay.
pub async fn account_linked_before_the_proof_goes_with_a_reset(
    store: &dyn AccountStore,
) -> Verdict {
    let user = prepare(store, "linked@steps.test").await?;
    for (id, stays) in [("before", false), ("after", true)] {
        let linked = account(&user, "github", id);
        store.link_account(linked.clone()).await?;
        store
            .remove_all_of(&user.id, Purpose::ResetPassword)
            .await?;
        store
            .put(link(
                &user,
                Purpose::ResetPassword,
                "linked@steps.test",
                later(),
            ))
            .await?;
        let done = redeem(store, &user, &reset("x")).await?;
        hold(
            matches!(done, Redeemed::Done { .. }),
            "the link did not work",
        )?;
        let left = has_account(store, &linked).await?;
        hold(left == stays, "the wrong accounts went")?;
    }
    Ok(())
}

/// The new address is the user's, and proven.
pub async fn changing_link_moves_the_address(store: &dyn AccountStore) -> Verdict {
    let user = prepare(store, "before@steps.test").await?;
    let own = hash(&user, Purpose::ChangeEmail);
    store.take(Purpose::ChangeEmail, &own).await?;
    let link = link(&user, Purpose::ChangeEmail, "after@steps.test", later());
    store.put(link).await?;
    let done = redeem(store, &user, &change_email(&user.id)).await?;
    let Redeemed::Done { address_before, .. } = done else {
        return hold(false, "the link did not work");
    };
    hold(address_before == user.email, "the old address is not said")?;
    let moved = reread(store, &user).await?;
    hold(
        moved.email.as_deref() == Some("after@steps.test") && moved.email_verified == Some(now()),
        "the address did not move",
    )?;
    let late = redeem(store, &user, &reset("late")).await?;
    hold(
        late == Redeemed::Unknown,
        "a link to the old address still works",
    )
}

/// Only the user who asked for an address gets it: a click of somebody else, such as its owner, gives it to nobody.
pub async fn changing_link_is_for_the_user_who_asked(store: &dyn AccountStore) -> Verdict {
    let user = prepare(store, "asked@steps.test").await?;
    let other = prepare(store, "clicked@steps.test").await?;
    let done = redeem(store, &user, &change_email(&other.id)).await?;
    hold(done == Redeemed::Stale, "somebody else could use the link")?;
    let unchanged = reread(store, &user).await? == user && reread(store, &other).await? == other;
    hold(unchanged, "a user was changed")
}

/// An address that is another user's stays theirs.
pub async fn taken_address_stays_with_its_owner(store: &dyn AccountStore) -> Verdict {
    let user = prepare(store, "wants@steps.test").await?;
    prepare(store, "owns@steps.test").await?;
    let own = hash(&user, Purpose::ChangeEmail);
    store.take(Purpose::ChangeEmail, &own).await?;
    let link = link(&user, Purpose::ChangeEmail, "owns@steps.test", later());
    store.put(link).await?;
    let done = redeem(store, &user, &change_email(&user.id)).await?;
    hold(done == Redeemed::Taken, "it was not said to be taken")?;
    hold(reread(store, &user).await? == user, "the user was changed")
}

/// CVE-2026-18963: nothing happens by a link that is late, of another user's address, or of nobody.
pub async fn outdated_link_does_nothing(store: &dyn AccountStore) -> Verdict {
    let user = prepare(store, "outdated@steps.test").await?;
    for (address, ends, expected) in [
        ("outdated@steps.test", long_ago(), Redeemed::Expired),
        ("earlier@steps.test", later(), Redeemed::Stale),
    ] {
        let own = hash(&user, Purpose::ResetPassword);
        store.take(Purpose::ResetPassword, &own).await?;
        store
            .put(link(&user, Purpose::ResetPassword, address, ends))
            .await?;
        let done = redeem(store, &user, &reset("x")).await?;
        hold(done == expected, "the link was not refused for its reason")?;
        let again = redeem(store, &user, &reset("x")).await?;
        hold(
            again == Redeemed::Unknown,
            "the refused link is still there",
        )?;
    }
    hold(
        store.password(&user.id).await?.is_none() && reread(store, &user).await? == user,
        "the user was changed",
    )?;
    hold(has_session(store, &user, "first").await?, "a session ended")
}

/// CVE-2026-53517: of twenty uses at once exactly one does it, and none fails.
pub async fn link_redeemed_twenty_times_at_once_works_once(store: &dyn AccountStore) -> Verdict {
    let user = prepare(store, "race@steps.test").await?;
    let effects: Vec<Effect> = (0..20)
        .map(|number| reset(&format!("race-{number}")))
        .collect();
    let uses = effects.iter().map(|effect| redeem(store, &user, effect));
    let outcomes: Result<Vec<Redeemed>, AdapterError> = join_all(uses).await.into_iter().collect();
    let won: Vec<usize> = outcomes?
        .iter()
        .enumerate()
        .filter(|(_, outcome)| matches!(outcome, Redeemed::Done { .. }))
        .map(|(number, _)| number)
        .collect();
    hold(won.len() == 1, "there was not exactly one winner")?;
    let expected = won
        .first()
        .map(|number| PasswordHash::new(format!("race-{number}")));
    hold(
        store.password(&user.id).await? == expected,
        "the password is not the winner's",
    )
}

/// The old password is compared in the same step; all sessions end but the new one.
pub async fn password_change_keeps_one_session(store: &dyn AccountStore) -> Verdict {
    let user = prepare(store, "change@steps.test").await?;
    let change = |expected: Option<&str>, new: &str, name: &str| PasswordChange {
        user_id: user.id.clone(),
        expected: expected.map(PasswordHash::new),
        new: PasswordHash::new(new),
        session: Some(session(&user, name)),
    };
    let wrong = store
        .change_password(change(Some("none"), "x", "wrong"))
        .await?;
    hold(!wrong, "a wrong old password was enough")?;
    hold(
        has_session(store, &user, "first").await? && !has_session(store, &user, "wrong").await?,
        "a refused change touched the sessions",
    )?;
    let done = store.change_password(change(None, "one", "second")).await?;
    hold(done, "the change was refused")?;
    hold(
        !has_session(store, &user, "first").await? && has_session(store, &user, "second").await?,
        "there is not exactly the new session",
    )?;
    for purpose in Purpose::ALL {
        let left = has_link(store, &user, *purpose).await?;
        hold(!left, "a link of the user is left")?;
    }
    let stale = store.change_password(change(None, "two", "third")).await?;
    hold(!stale, "the password before last was enough")?;
    hold(
        store.password(&user.id).await? == Some(PasswordHash::new("one")),
        "the password is not the new one",
    )
}
