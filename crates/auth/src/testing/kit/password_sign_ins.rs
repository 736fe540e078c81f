//! Rules about sign-ins that rest on a password: a change of the password is seen by them, or ends what they begin.

use futures_util::future::{join, join_all};

use super::passwords::{PasswordAdapter, add};
use super::{Broken, Verdict, hold, later, new_user, second};
use crate::adapter::{
    AdapterError, NewSession, Person, SessionRecord, SignIn, SignInOutcome, User, UserChanges,
};
use crate::password::PasswordHash;
use crate::secret::SessionToken;

/// Somebody of whom a password was proven against this hash.
fn proven(user: &User, hash: &str, session: Option<&str>) -> SignIn {
    SignIn {
        link: None,
        person: Person::Known {
            id: user.id.clone(),
            was_proven: user.email_verified.is_some(),
            password: Some(PasswordHash::new(hash)),
        },
        account: None,
        passkey: None,
        ends: None,
        session: session.map(|token| NewSession {
            token: SessionToken::new(token),
            expires: later(),
        }),
    }
}

async fn owner(store: &dyn PasswordAdapter, token: &str) -> Result<Option<User>, AdapterError> {
    let found = store.session_and_user(&SessionToken::new(token)).await?;
    Ok(found.map(|(_, user)| user))
}

async fn prove_address(store: &dyn PasswordAdapter, user: User) -> Result<User, Broken> {
    let changes = UserChanges {
        email_verified: Some(Some(second(1_700_000_000))),
        ..UserChanges::default()
    };
    let changed = store.update_user(&user.id, changes).await?;
    changed.ok_or(Broken::Differs("the user is gone"))
}

/// The hash stays as it is, with a session and without, whether the address is proven or not.
pub(super) async fn sign_in_over_the_proven_password_is_written(
    store: &dyn PasswordAdapter,
) -> Verdict {
    let fresh = add(store, "fresh@password-sign-ins.test", "Hash").await?;
    let other = add(store, "other@password-sign-ins.test", "Hash").await?;
    let other = prove_address(store, other).await?;
    for (user, token) in [(&fresh, "fresh-password"), (&other, "other-password")] {
        for token in [None, Some(token)] {
            let outcome = store.sign_in(proven(user, "Hash", token)).await?;
            let SignInOutcome::Done(signed_in) = outcome else {
                return hold(false, "the sign-in was not written");
            };
            hold(signed_in.user == *user, "the user is another")?;
            let is_there = signed_in.session.is_some();
            hold(is_there == token.is_some(), "the session is another")?;
        }
        let found = owner(store, token).await?;
        hold(found.as_ref() == Some(user), "the session is not there")?;
        let kept = store.password(&user.id).await?;
        let is_same = kept == Some(PasswordHash::new("Hash"));
        hold(is_same, "the password changed")?;
    }
    Ok(())
}

/// A hash that was changed or removed, one that nobody ever had, an address that was proven in between, a user who is
/// gone: the sign-in is told, and nothing is written.
pub(super) async fn sign_in_over_another_password_writes_nothing(
    store: &dyn PasswordAdapter,
) -> Verdict {
    let changed = add(store, "changed@password-sign-ins.test", "before").await?;
    let (old, new) = (PasswordHash::new("before"), PasswordHash::new("after"));
    store.set_password(&changed.id, Some(&old), new).await?;
    let removed = add(store, "removed@password-sign-ins.test", "before").await?;
    store.remove_password(&removed.id).await?;
    let never = new_user("never@password-sign-ins.test");
    let never = store.create_user(never).await?;
    let cased = add(store, "cased@password-sign-ins.test", "BEFORE").await?;
    let known = add(store, "known@password-sign-ins.test", "before").await?;
    prove_address(store, known.clone()).await?;
    let gone = add(store, "gone@password-sign-ins.test", "before").await?;
    store.delete_user(&gone.id).await?;
    let stays = SessionRecord {
        session_token: SessionToken::new("stays-password"),
        user_id: cased.id.clone(),
        expires: later(),
    };
    store.create_session(stays).await?;
    for user in [&changed, &removed, &never, &cased, &known, &gone] {
        for token in [None, Some("begun-password")] {
            let sign_in = SignIn {
                ends: Some(SessionToken::new("stays-password")),
                ..proven(user, "before", token)
            };
            let outcome = store.sign_in(sign_in).await?;
            hold(
                matches!(outcome, SignInOutcome::UserChanged),
                "the change was not told",
            )?;
        }
    }
    let begun = owner(store, "begun-password").await?;
    hold(begun.is_none(), "a session was begun")?;
    let kept = owner(store, "stays-password").await?;
    hold(kept.is_some(), "a session was ended")?;
    let kept = store.password(&changed.id).await?;
    let is_new = kept == Some(PasswordHash::new("after"));
    hold(is_new, "the new password was overwritten")
}

/// Whoever sets a password and then ends the sessions that are there has ended all that the old one began.
pub(super) async fn no_session_slips_past_a_new_password(store: &dyn PasswordAdapter) -> Verdict {
    for round in 0..5 {
        let email = format!("slips-{round}@password-sign-ins.test");
        let user = add(store, &email, "before").await?;
        let token = |number: usize| format!("slips-password-{round}-{number}");
        let sign_ins = join_all((0..10).map(|number| {
            let sign_in = proven(&user, "before", Some(&token(number)));
            store.sign_in(sign_in)
        }));
        let reset = async {
            let (old, new) = (PasswordHash::new("before"), PasswordHash::new("after"));
            let set = store.set_password(&user.id, Some(&old), new).await?;
            for number in 0..10 {
                let token = SessionToken::new(token(number));
                store.delete_session(&token).await?;
            }
            Ok::<bool, AdapterError>(set)
        };
        let (outcomes, set) = join(sign_ins, reset).await;
        hold(set?, "a sign-in changed the password")?;
        for outcome in outcomes {
            let outcome = outcome?;
            let is_right = matches!(outcome, SignInOutcome::Done(_) | SignInOutcome::UserChanged);
            hold(is_right, "a sign-in was told something else")?;
        }
        for number in 0..10 {
            let survived = owner(store, &token(number)).await?;
            hold(survived.is_none(), "a session survived the new password")?;
        }
    }
    Ok(())
}
