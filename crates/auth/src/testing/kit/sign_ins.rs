//! Rules about the writes of a sign-in: all of them, or none.

use futures_util::future::join_all;

use super::{Verdict, add_user, hold, later, malformed, new_user, second};
use crate::adapter::{
    Account, AccountType, Adapter, AdapterError, Earlier, LinkKey, NewSession, Person,
    SessionRecord, SignIn, SignInOutcome, SignedIn, User, UserChanges, UserId, VerificationToken,
};
use crate::secret::{SessionToken, TokenHash};

/// A person with nothing else.
pub(super) fn only(person: Person) -> SignIn {
    SignIn {
        link: None,
        person,
        account: None,
        passkey: None,
        ends: None,
        session: None,
    }
}

pub(super) fn session(token: &str) -> Option<NewSession> {
    Some(NewSession {
        token: SessionToken::new(token),
        expires: later(),
    })
}

pub(super) fn known(user: &User) -> Person {
    Person::Known {
        id: user.id.clone(),
        was_proven: user.email_verified.is_some(),
        password: None,
    }
}

pub(super) fn proves(user: &User, earlier: Earlier) -> Person {
    Person::Proves {
        id: user.id.clone(),
        email: user.email.clone().unwrap_or_default(),
        at: second(1_700_000_000),
        earlier,
    }
}

pub(super) fn removed() -> Earlier {
    Earlier::Removed {
        verifying_providers: vec!["strict.test".to_owned(), "other-strict.test".to_owned()],
    }
}

pub(super) fn account(provider: &str, id: &str) -> Account {
    Account {
        user_id: UserId("replaced".to_owned()),
        kind: AccountType::OAuth,
        provider: provider.to_owned(),
        provider_account_id: id.to_owned(),
        extra: serde_json::Map::new(),
    }
}

async fn add_link(store: &dyn Adapter, identifier: &str) -> Result<LinkKey, AdapterError> {
    let token = TokenHash::new(format!("hash-of-{identifier}"));
    let link = VerificationToken {
        identifier: identifier.to_owned(),
        token: token.clone(),
        expires: later(),
    };
    store.create_verification_token(link).await?;
    Ok(LinkKey {
        identifier: identifier.to_owned(),
        token,
    })
}

async fn link_is_there(store: &dyn Adapter, link: &LinkKey) -> Result<bool, AdapterError> {
    let found = store.verification_token(&link.identifier, &link.token);
    Ok(found.await?.is_some())
}

async fn add_session(store: &dyn Adapter, user: &User, token: &str) -> Result<(), AdapterError> {
    store
        .create_session(SessionRecord {
            session_token: SessionToken::new(token),
            user_id: user.id.clone(),
            expires: later(),
        })
        .await
}

pub(super) async fn owner(store: &dyn Adapter, token: &str) -> Result<Option<User>, AdapterError> {
    let found = store.session_and_user(&SessionToken::new(token)).await?;
    Ok(found.map(|(_, user)| user))
}

pub(super) fn done(outcome: SignInOutcome) -> Option<SignedIn> {
    match outcome {
        SignInOutcome::Done(signed_in) => Some(*signed_in),
        _ => None,
    }
}

/// Reading a link token leaves it, of its own identifier and hash alone.
pub async fn link_token_that_is_read_stays(store: &dyn Adapter) -> Verdict {
    let link = add_link(store, "read@sign-ins.test").await?;
    for _ in 0..2 {
        hold(link_is_there(store, &link).await?, "the token is gone")?;
    }
    let others = [
        ("READ@sign-ins.test", link.token.expose()),
        ("read@sign-ins.test", "another hash"),
    ];
    for (identifier, hash) in others {
        let hash = TokenHash::new(hash);
        let found = store.verification_token(identifier, &hash);
        hold(found.await?.is_none(), "another key found the token")?;
    }
    for text in malformed() {
        let hash = TokenHash::new(&*text);
        let found = store.verification_token(&text, &hash);
        hold(found.await?.is_none(), "a key that cannot exist was found")?;
    }
    Ok(())
}

/// A new user with link, account and session: everything is there, the link is not.
pub async fn sign_in_of_a_new_user_writes_all(store: &dyn Adapter) -> Verdict {
    let link = add_link(store, "new@sign-ins.test").await?;
    let outcome = store
        .sign_in(SignIn {
            link: Some(link.clone()),
            account: Some(account("new.test", "new-1")),
            session: session("new-session"),
            ..only(Person::New(new_user("new@sign-ins.test")))
        })
        .await?;
    let Some(SignedIn { user, session }) = done(outcome) else {
        return hold(false, "the sign-in was not written");
    };
    hold(
        user.email.as_deref() == Some("new@sign-ins.test"),
        "the user is another",
    )?;
    let expected = SessionRecord {
        session_token: SessionToken::new("new-session"),
        user_id: user.id.clone(),
        expires: later(),
    };
    hold(session == Some(expected), "the session is another")?;
    hold(!link_is_there(store, &link).await?, "the link still works")?;
    let found = owner(store, "new-session").await?;
    hold(found.as_ref() == Some(&user), "the session is not there")?;
    let found = store.user_by_account("new.test", "new-1").await?;
    hold(found == Some(user), "the account is not the user's")
}

/// A user who proves the address: the moment is kept, and nothing else of the user changes.
pub async fn sign_in_proves_the_address(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "proves@sign-ins.test").await?;
    let outcome = store.sign_in(only(proves(&user, Earlier::Kept))).await?;
    let expected = User {
        email_verified: Some(second(1_700_000_000)),
        ..user
    };
    let signed_in = done(outcome).map(|signed_in| signed_in.user);
    hold(signed_in.as_ref() == Some(&expected), "the user is another")?;
    let found = store.user(&expected.id).await?;
    hold(found == Some(expected), "the proof is not kept")
}

/// The session that ends is gone, others of the same user stay; one that is gone already is no error.
pub async fn sign_in_ends_one_session(store: &dyn Adapter) -> Verdict {
    let other = add_user(store, "ends-other@sign-ins.test").await?;
    let user = add_user(store, "ends@sign-ins.test").await?;
    for (user, token) in [(&other, "ends-1"), (&other, "ends-2"), (&user, "ends-3")] {
        add_session(store, user, token).await?;
    }
    for _ in 0..2 {
        let outcome = store
            .sign_in(SignIn {
                ends: Some(SessionToken::new("ends-1")),
                ..only(known(&user))
            })
            .await?;
        hold(done(outcome).is_some(), "the sign-in was not written")?;
    }
    hold(owner(store, "ends-1").await?.is_none(), "it did not end")?;
    for (token, user) in [("ends-2", other), ("ends-3", user)] {
        let kept = owner(store, token).await? == Some(user);
        hold(kept, "another session went along")?;
    }
    Ok(())
}

/// A link that is gone: no user, no account, no session.
pub async fn sign_in_without_its_link_writes_nothing(store: &dyn Adapter) -> Verdict {
    let link = add_link(store, "gone@sign-ins.test").await?;
    let used = store.use_verification_token(&link.identifier, &link.token);
    used.await?;
    let outcome = store
        .sign_in(SignIn {
            link: Some(link),
            account: Some(account("gone.test", "gone-1")),
            session: session("gone-session"),
            ..only(Person::New(new_user("gone@sign-ins.test")))
        })
        .await?;
    hold(
        matches!(outcome, SignInOutcome::LinkGone),
        "the missing link was not told",
    )?;
    let user = store.user_by_email("gone@sign-ins.test").await?;
    hold(user.is_none(), "a user was added")?;
    let account = store.user_by_account("gone.test", "gone-1").await?;
    hold(account.is_none(), "an account was added")
}

/// A session token that is taken is [`AdapterError::Conflict`], and all that came before is undone.
pub async fn sign_in_with_a_taken_session_token_writes_nothing(store: &dyn Adapter) -> Verdict {
    let holder = add_user(store, "holder@sign-ins.test").await?;
    add_session(store, &holder, "taken-session").await?;
    add_session(store, &holder, "taken-ends").await?;
    let link = add_link(store, "taken@sign-ins.test").await?;
    let outcome = store
        .sign_in(SignIn {
            link: Some(link.clone()),
            account: Some(account("taken.test", "taken-1")),
            ends: Some(SessionToken::new("taken-ends")),
            session: session("taken-session"),
            ..only(Person::New(new_user("taken@sign-ins.test")))
        })
        .await;
    hold(
        matches!(outcome, Err(AdapterError::Conflict(_))),
        "the conflict was not told",
    )?;
    hold(link_is_there(store, &link).await?, "the link is used up")?;
    let user = store.user_by_email("taken@sign-ins.test").await?;
    hold(user.is_none(), "the user stayed")?;
    let account = store.user_by_account("taken.test", "taken-1").await?;
    hold(account.is_none(), "the account stayed")?;
    for token in ["taken-session", "taken-ends"] {
        let kept = owner(store, token).await? == Some(holder.clone());
        hold(kept, "a session of the other user changed")?;
    }
    Ok(())
}

/// An account that is somebody's already: nothing is written, and it stays theirs.
pub async fn sign_in_with_a_taken_account_writes_nothing(store: &dyn Adapter) -> Verdict {
    let owner_of_it = add_user(store, "account-owner@sign-ins.test").await?;
    let theirs = Account {
        user_id: owner_of_it.id.clone(),
        ..account("account.test", "taken-1")
    };
    store.link_account(theirs).await?;
    let outcome = store
        .sign_in(SignIn {
            account: Some(account("account.test", "taken-1")),
            session: session("account-session"),
            ..only(Person::New(new_user("account-thief@sign-ins.test")))
        })
        .await?;
    hold(
        matches!(outcome, SignInOutcome::AccountExists(_)),
        "the taken account was not told",
    )?;
    let thief = store.user_by_email("account-thief@sign-ins.test").await?;
    hold(thief.is_none(), "the user stayed")?;
    let found = store.user_by_account("account.test", "taken-1").await?;
    hold(found == Some(owner_of_it), "the account changed hands")
}

/// A user who is gone, or has another address by now: nothing is written.
pub async fn sign_in_of_a_user_who_changed_writes_nothing(store: &dyn Adapter) -> Verdict {
    let gone = add_user(store, "vanished@sign-ins.test").await?;
    store.delete_user(&gone.id).await?;
    let moved = add_user(store, "moved@sign-ins.test").await?;
    let changes = UserChanges {
        email: Some(Some("moved-away@sign-ins.test".to_owned())),
        ..UserChanges::default()
    };
    store.update_user(&moved.id, changes).await?;
    let strange = Person::Known {
        id: UserId("\u{0}".to_owned()),
        was_proven: true,
        password: None,
    };
    let link = add_link(store, "moved@sign-ins.test").await?;
    for person in [
        proves(&gone, Earlier::Kept),
        known(&gone),
        proves(&moved, Earlier::Kept),
        proves(&moved, removed()),
        strange,
    ] {
        let outcome = store
            .sign_in(SignIn {
                link: Some(link.clone()),
                session: session("changed-session"),
                ..only(person)
            })
            .await?;
        hold(
            matches!(outcome, SignInOutcome::UserChanged),
            "the change was not told",
        )?;
        hold(link_is_there(store, &link).await?, "the link is used up")?;
    }
    let moved = store.user(&moved.id).await?;
    let unproven = moved.is_some_and(|user| user.email_verified.is_none());
    hold(unproven, "an address was proven that nobody proved")?;
    let begun = owner(store, "changed-session").await?;
    hold(begun.is_none(), "a session was begun")
}

/// CVE-2026-53516: the first proof of an address removes sessions and accounts made before it, and nothing of other users.
pub async fn first_proof_removes_what_was_there_before(store: &dyn Adapter) -> Verdict {
    let victim = add_user(store, "first@sign-ins.test").await?;
    let other = add_user(store, "first-other@sign-ins.test").await?;
    for (user, mark) in [(&victim, "victim"), (&other, "other")] {
        add_session(store, user, &format!("first-1-{mark}")).await?;
        add_session(store, user, &format!("first-2-{mark}")).await?;
        for provider in ["loose.test", "strict.test"] {
            let linked = Account {
                user_id: user.id.clone(),
                ..account(provider, &format!("first-{mark}"))
            };
            store.link_account(linked).await?;
        }
    }
    let outcome = store
        .sign_in(SignIn {
            session: session("first-3-victim"),
            ..only(proves(&victim, removed()))
        })
        .await?;
    let Some(SignedIn { user: victim, .. }) = done(outcome) else {
        return hold(false, "the sign-in was not written");
    };
    for token in ["first-1-victim", "first-2-victim"] {
        hold(owner(store, token).await?.is_none(), "a session survived")?;
    }
    for provider in ["loose.test", "strict.test"] {
        // The account of the provider that checks addresses may have been added by whoever came in by the other.
        let account = store.user_by_account(provider, "first-victim").await?;
        hold(account.is_none(), "an account survived")?;
    }
    let new = owner(store, "first-3-victim").await?;
    hold(new == Some(victim), "the new session is not there")?;
    for token in ["first-1-other", "first-2-other"] {
        let kept = owner(store, token).await?.as_ref() == Some(&other);
        hold(kept, "a session of another user went along")?;
    }
    let kept = store.user_by_account("loose.test", "first-other").await?;
    hold(kept == Some(other), "an account of another user went along")
}

/// Accounts of providers that check addresses stay when they are all there is; sessions end all the same.
pub async fn first_proof_keeps_accounts_that_were_checked(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "checked@sign-ins.test").await?;
    add_session(store, &user, "checked-session").await?;
    for id in ["checked-1", "checked-2"] {
        let linked = Account {
            user_id: user.id.clone(),
            ..account("strict.test", id)
        };
        store.link_account(linked).await?;
    }
    let outcome = store.sign_in(only(proves(&user, removed()))).await?;
    hold(done(outcome).is_some(), "the sign-in was not written")?;
    for id in ["checked-1", "checked-2"] {
        let found = store.user_by_account("strict.test", id).await?;
        hold(found.is_some(), "an account that was checked is gone")?;
    }
    let session = owner(store, "checked-session").await?;
    hold(session.is_none(), "a session survived")
}

/// Of a user whose address is proven by now, a sign-in that rests on the time before writes nothing, and removes nothing.
pub async fn sign_in_that_rests_on_an_unproven_address_is_told_of_the_proof(
    store: &dyn Adapter,
) -> Verdict {
    let before = add_user(store, "rests@sign-ins.test").await?;
    store.sign_in(only(proves(&before, Earlier::Kept))).await?;
    add_session(store, &before, "rests-session").await?;
    for person in [known(&before), proves(&before, removed())] {
        let outcome = store.sign_in(only(person)).await?;
        hold(
            matches!(outcome, SignInOutcome::UserChanged),
            "the proof was not told",
        )?;
    }
    let kept = owner(store, "rests-session").await?;
    hold(kept.is_some(), "a session of the proven user is gone")
}

/// While an address is proven, others sign in by what the proof removes: no session of theirs survives it.
pub async fn no_session_slips_past_the_first_proof(store: &dyn Adapter) -> Verdict {
    for round in 0..5 {
        let user = add_user(store, &format!("slips-{round}@sign-ins.test")).await?;
        let before = (0..10).map(|number| SignIn {
            session: session(&format!("slips-{round}-{number}")),
            ..only(known(&user))
        });
        let proof = SignIn {
            session: session(&format!("slips-{round}-proof")),
            ..only(proves(&user, removed()))
        };
        let all: Vec<SignIn> = before.chain([proof]).collect();
        for outcome in join_all(all.into_iter().map(|one| store.sign_in(one))).await {
            outcome?;
        }
        for number in 0..10 {
            let survived = owner(store, &format!("slips-{round}-{number}")).await?;
            hold(survived.is_none(), "a session survived the proof")?;
        }
        let proven = owner(store, &format!("slips-{round}-proof")).await?;
        hold(proven.is_some(), "the session of the proof is gone")?;
    }
    Ok(())
}

/// CVE-2026-53517: of twenty sign-ins at once with one link exactly one is written, and none fails.
pub async fn link_that_signs_in_twenty_times_at_once_signs_in_once(store: &dyn Adapter) -> Verdict {
    for round in 0..3 {
        let email = format!("race-{round}@sign-ins.test");
        let link = add_link(store, &email).await?;
        let sign_ins = (0..20).map(|number| {
            let mut user = new_user(&email);
            user.proposed_id = UserId(format!("race-{round}-{number}"));
            store.sign_in(SignIn {
                link: Some(link.clone()),
                session: session(&format!("race-{round}-{number}")),
                ..only(Person::New(user))
            })
        });
        let mut winners = Vec::new();
        for outcome in join_all(sign_ins).await {
            match outcome? {
                SignInOutcome::Done(signed_in) => winners.push(*signed_in),
                SignInOutcome::LinkGone => {}
                _ => return hold(false, "the loser was told something else"),
            }
        }
        hold(winners.len() == 1, "there was not exactly one winner")?;
        let mut sessions = 0;
        for number in 0..20 {
            let found = owner(store, &format!("race-{round}-{number}")).await?;
            sessions += usize::from(found.is_some());
        }
        hold(sessions == 1, "a loser left a session")?;
        let user = store.user_by_email(&email).await?;
        let winner = winners.pop().map(|winner| winner.user);
        hold(user == winner, "a loser left a user")?;
    }
    Ok(())
}

/// Links to the same new address at the same time make one user: the others are told, and keep their links.
pub async fn sign_in_of_a_taken_address_keeps_its_link(store: &dyn Adapter) -> Verdict {
    add_user(store, "address@sign-ins.test").await?;
    let link = add_link(store, "address@sign-ins.test").await?;
    let mut user = new_user("address@sign-ins.test");
    user.proposed_id = UserId("another-of-address".to_owned());
    let outcome = store
        .sign_in(SignIn {
            link: Some(link.clone()),
            session: session("address-session"),
            ..only(Person::New(user))
        })
        .await?;
    hold(
        matches!(outcome, SignInOutcome::UserExists(_)),
        "the taken address was not told",
    )?;
    hold(link_is_there(store, &link).await?, "the link is used up")?;
    let begun = owner(store, "address-session").await?;
    hold(begun.is_none(), "a session was begun")
}
