//! Rules about sessions.

use jiff::Timestamp;

use super::{Verdict, add_user, hold, later, long_ago, malformed, second};
use crate::adapter::{Adapter, AdapterError, SessionRecord, User, UserId};
use crate::secret::SessionToken;

fn record(user: &UserId, token: &str, expires: Timestamp) -> SessionRecord {
    SessionRecord {
        session_token: SessionToken::new(token),
        user_id: user.clone(),
        expires,
    }
}

async fn add(store: &dyn Adapter, email: &str, token: &str) -> Result<User, AdapterError> {
    let user = add_user(store, email).await?;
    store
        .create_session(record(&user.id, token, later()))
        .await?;
    Ok(user)
}

/// A token finds the session as written together with its user.
pub async fn session_comes_with_its_user(store: &dyn Adapter) -> Verdict {
    let token = SessionToken::new("6a1d9a1e-8c4e-4d0b-9d6e-4f4f6b0a7c11");
    let user = add(store, "with@sessions.test", token.expose()).await?;
    let found = store.session_and_user(&token).await?;
    let expected = record(&user.id, token.expose(), later());
    hold(
        found == Some((expected, user)),
        "session and user differ from what was written",
    )
}

/// A token nobody has, or nobody can have, is `None` everywhere and no error.
pub async fn session_of_an_unknown_token_is_none(store: &dyn Adapter) -> Verdict {
    let unknown = "d6f1f0a4-52b8-4f43-9a3e-111111111111".to_owned();
    for text in malformed().into_iter().chain([unknown]) {
        let token = SessionToken::new(text);
        hold(
            store.session_and_user(&token).await?.is_none(),
            "a session was found",
        )?;
        hold(
            store.extend_session(&token, later()).await?.is_none(),
            "a session was extended",
        )?;
        hold(
            store.delete_session(&token).await?.is_none(),
            "a session was deleted",
        )?;
    }
    Ok(())
}

/// Tokens differ in case and blanks.
pub async fn session_tokens_are_compared_exactly(store: &dyn Adapter) -> Verdict {
    add(store, "exact@sessions.test", "exact-token").await?;
    for other in ["EXACT-TOKEN", "exact-token ", "exact_token", "éxact-token"] {
        let found = store.session_and_user(&SessionToken::new(other)).await?;
        hold(found.is_none(), "another token found the session")?;
    }
    Ok(())
}

/// The store does not judge: an expired session is given back like any other.
pub async fn expired_session_is_given_back(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "expired@sessions.test").await?;
    let expired = record(&user.id, "expired-session", long_ago());
    store.create_session(expired.clone()).await?;
    let found = store.session_and_user(&expired.session_token).await?;
    hold(
        found.is_some_and(|(session, _)| session == expired),
        "the expired session was kept back",
    )
}

/// `extend_session` moves the end of this session and gives the session back.
pub async fn extended_session_ends_later(store: &dyn Adapter) -> Verdict {
    let user = add(store, "extend@sessions.test", "extend-session").await?;
    store
        .create_session(record(&user.id, "extend-other", later()))
        .await?;
    let end = second(1_999_999_999);
    let token = SessionToken::new("extend-session");
    let extended = store.extend_session(&token, end).await?;
    hold(
        extended == Some(record(&user.id, "extend-session", end)),
        "what came back is not the extended session",
    )?;
    let read = store.session_and_user(&token).await?;
    hold(
        read.is_some_and(|(session, _)| session.expires == end),
        "the session was not extended",
    )?;
    let other = SessionToken::new("extend-other");
    let other = store.session_and_user(&other).await?;
    hold(
        other.is_some_and(|(session, _)| session.expires == later()),
        "another session was extended",
    )
}

/// `delete_session` gives the session back, and the second time `None`.
pub async fn deleted_session_is_given_back_once(store: &dyn Adapter) -> Verdict {
    let user = add(store, "delete@sessions.test", "delete-session").await?;
    let token = SessionToken::new("delete-session");
    let deleted = store.delete_session(&token).await?;
    hold(
        deleted == Some(record(&user.id, "delete-session", later())),
        "what came back is not the session",
    )?;
    hold(
        store.session_and_user(&token).await?.is_none(),
        "the session is there",
    )?;
    hold(
        store.delete_session(&token).await?.is_none(),
        "it was deleted twice",
    )
}

/// A user may be signed in at several places; ending one session leaves the others.
pub async fn sessions_of_one_user_are_independent(store: &dyn Adapter) -> Verdict {
    let user = add(store, "several@sessions.test", "several-1").await?;
    store
        .create_session(record(&user.id, "several-2", later()))
        .await?;
    store
        .delete_session(&SessionToken::new("several-1"))
        .await?;
    let other = SessionToken::new("several-2");
    hold(
        store.session_and_user(&other).await?.is_some(),
        "the other session went along",
    )
}
