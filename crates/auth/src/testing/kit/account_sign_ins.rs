//! Rules about sign-ins that bring an account of another service: it is one user's, or nobody's.

use futures_util::future::join_all;

use super::sign_ins::{account, done, known, only, owner, proves, removed, session};
use super::{Verdict, add_user, hold, new_user};
use crate::adapter::{Adapter, AdapterError, Person, SignIn, SignInOutcome, User, UserId};

const PROVIDER: &str = "service.test";

async fn has_account(store: &dyn Adapter, id: &str) -> Result<Option<User>, AdapterError> {
    store.user_by_account(PROVIDER, id).await
}

/// An account is added to somebody who is signed in: it leads to them, and no session begins or ends.
pub async fn account_is_added_without_a_session(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "adds@account-sign-ins.test").await?;
    let first = SignIn {
        session: session("adds-session"),
        ..only(known(&user))
    };
    store.sign_in(first).await?;
    let adds = SignIn {
        account: Some(account(PROVIDER, "adds-1")),
        ..only(known(&user))
    };
    let Some(written) = done(store.sign_in(adds).await?) else {
        return hold(false, "the account was not written");
    };
    hold(written.session.is_none(), "a session began")?;
    hold(written.user == user, "the user is another")?;
    let found = has_account(store, "adds-1").await?;
    hold(found.as_ref() == Some(&user), "the account is not theirs")?;
    let goes_on = owner(store, "adds-session").await?;
    hold(goes_on == Some(user), "their session is gone")
}

/// A user who is gone gets no account, and an account that is taken is added to nobody.
pub async fn account_that_cannot_be_added_writes_nothing(store: &dyn Adapter) -> Verdict {
    let gone = add_user(store, "gone@account-sign-ins.test").await?;
    store.delete_user(&gone.id).await?;
    let to_nobody = SignIn {
        account: Some(account(PROVIDER, "gone-1")),
        session: session("gone-session"),
        ..only(known(&gone))
    };
    let outcome = store.sign_in(to_nobody).await?;
    hold(
        matches!(outcome, SignInOutcome::UserChanged),
        "that the user is gone was not told",
    )?;
    let found = has_account(store, "gone-1").await?;
    hold(found.is_none(), "the account is nobody's, and there")?;

    let first = add_user(store, "first@account-sign-ins.test").await?;
    let second = add_user(store, "second@account-sign-ins.test").await?;
    for (user, is_done) in [(&first, true), (&second, false), (&first, false)] {
        let adds = SignIn {
            account: Some(account(PROVIDER, "taken-1")),
            ..only(known(user))
        };
        match store.sign_in(adds).await? {
            SignInOutcome::Done(_) if is_done => {}
            SignInOutcome::AccountExists(_) if !is_done => {}
            _ => return hold(false, "the outcome is another"),
        }
    }
    let found = has_account(store, "taken-1").await?;
    hold(found == Some(first), "the account changed hands")
}

/// Twenty first sign-ins with one account at once: one user, one session, and the others are told.
pub async fn account_that_comes_twenty_times_at_once_is_one_users(store: &dyn Adapter) -> Verdict {
    for round in 0..3 {
        let shown = format!("account-race-{round}");
        let name = |number: usize| format!("{shown}-{number}");
        let sign_ins = (0..20).map(|number| {
            let mut user = new_user(&format!("{}@account-sign-ins.test", name(number)));
            user.proposed_id = UserId(format!("account-{}", name(number)));
            store.sign_in(SignIn {
                account: Some(account(PROVIDER, &shown)),
                session: session(&name(number)),
                ..only(Person::New(user))
            })
        });
        let mut winners = Vec::new();
        for outcome in join_all(sign_ins).await {
            match outcome? {
                SignInOutcome::Done(signed_in) => winners.push(*signed_in),
                SignInOutcome::AccountExists(_) => {}
                _ => return hold(false, "a loser was told something else"),
            }
        }
        hold(winners.len() == 1, "there was not exactly one winner")?;
        let winner = winners.pop().map(|winner| winner.user);
        let found = has_account(store, &shown).await?;
        hold(found == winner, "the account is not the winner's")?;
        for number in 0..20 {
            let email = format!("{}@account-sign-ins.test", name(number));
            let user = store.user_by_email(&email).await?;
            hold(user.is_none() || user == winner, "a loser left a user")?;
            let begun = owner(store, &name(number)).await?;
            hold(begun.is_none() || begun == winner, "a loser left a session")?;
        }
    }
    Ok(())
}

/// Two users add one account at once: it is one's, and the other is told.
pub async fn account_that_two_users_add_at_once_is_one_users(store: &dyn Adapter) -> Verdict {
    let mut users = Vec::new();
    for number in 0..10 {
        let email = format!("two-{number}@account-sign-ins.test");
        users.push(add_user(store, &email).await?);
    }
    let adds = users.iter().map(|user| {
        store.sign_in(SignIn {
            account: Some(account(PROVIDER, "two")),
            ..only(known(user))
        })
    });
    let mut winners = Vec::new();
    for outcome in join_all(adds).await {
        match outcome? {
            SignInOutcome::Done(signed_in) => winners.push(signed_in.user),
            SignInOutcome::AccountExists(_) => {}
            _ => return hold(false, "the loser was told something else"),
        }
    }
    hold(winners.len() == 1, "there was not exactly one winner")?;
    let found = has_account(store, "two").await?;
    hold(found == winners.pop(), "the account is not the winner's")
}

/// CVE-2026-53516: while an address is proven for the first time, whoever came before adds accounts: none of them survives.
pub async fn no_account_slips_past_the_first_proof(store: &dyn Adapter) -> Verdict {
    for round in 0..5 {
        let user = add_user(store, &format!("slips-{round}@account-sign-ins.test")).await?;
        let shown = |number: usize| format!("slips-{round}-{number}");
        let before = (0..10).map(|number| SignIn {
            account: Some(account(PROVIDER, &shown(number))),
            ..only(known(&user))
        });
        let proof = only(proves(&user, removed()));
        let all: Vec<SignIn> = before.chain([proof]).collect();
        for outcome in join_all(all.into_iter().map(|one| store.sign_in(one))).await {
            outcome?;
        }
        for number in 0..10 {
            let survived = has_account(store, &shown(number)).await?;
            hold(survived.is_none(), "an account survived the proof")?;
        }
    }
    Ok(())
}

/// CVE-2026-53516: an account can be the first proof of the address itself. It stays with its session, and what was there
/// before goes. Of ten such proofs at once one counts.
pub async fn account_that_proves_the_address_outlives_what_was_before(
    store: &dyn Adapter,
) -> Verdict {
    let user = add_user(store, "vouched@account-sign-ins.test").await?;
    let before = SignIn {
        account: Some(account(PROVIDER, "vouched-before")),
        session: session("vouched-before"),
        ..only(known(&user))
    };
    store.sign_in(before).await?;
    let name = |number: usize| format!("vouched-{number}");
    let proofs = (0..10).map(|number| {
        store.sign_in(SignIn {
            account: Some(account(PROVIDER, &name(number))),
            session: session(&name(number)),
            ..only(proves(&user, removed()))
        })
    });
    let mut winners = Vec::new();
    for (number, outcome) in join_all(proofs).await.into_iter().enumerate() {
        match outcome? {
            SignInOutcome::Done(signed_in) => winners.push((number, signed_in.user)),
            SignInOutcome::UserChanged => {}
            _ => return hold(false, "a loser was told something else"),
        }
    }
    let [(winner, user)] = winners.as_slice() else {
        return hold(false, "there was not exactly one proof");
    };
    hold(user.email_verified.is_some(), "the address is unproven")?;
    for number in 0..10 {
        let expected = (number == *winner).then(|| user.clone());
        let found = has_account(store, &name(number)).await?;
        hold(found == expected, "the account of the proof alone stays")?;
        let begun = owner(store, &name(number)).await?;
        hold(begun == expected, "the session of the proof alone stays")?;
    }
    let found = has_account(store, "vouched-before").await?;
    hold(found.is_none(), "the account of before is there")?;
    let begun = owner(store, "vouched-before").await?;
    hold(begun.is_none(), "the session of before is there")
}
