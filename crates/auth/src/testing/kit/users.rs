//! Rules about users.

use futures_util::future::join_all;
use serde_json::Map;

use super::{Verdict, add_user, hold, long_ago, malformed, new_user, second};
use crate::adapter::{
    Account, AccountType, Adapter, AdapterError, NewUser, SessionRecord, UserChanges, UserId,
};
use crate::secret::SessionToken;

/// A created user is found by the id that `create_user` gave and by the address.
pub async fn created_user_is_found_by_id_and_by_address(store: &dyn Adapter) -> Verdict {
    let user = add_user(store, "found@users.test").await?;
    hold(
        store.user(&user.id).await? == Some(user.clone()),
        "the user is not found by id as created",
    )?;
    hold(
        store.user_by_email("found@users.test").await? == Some(user),
        "the user is not found by address as created",
    )
}

/// Name, address, image and moment come back as they were written, whatever the script.
pub async fn user_comes_back_as_written(store: &dyn Adapter) -> Verdict {
    let written = NewUser {
        proposed_id: UserId("5bd6ea4f-4a6c-4f0e-b79e-6a3b3f5a2a11".to_owned()),
        name: Some("Ada Lövelace 愛 \u{1F680} 'quoted\" \\ %_".to_owned()),
        email: Some("ünï.愛@users.test".to_owned()),
        email_verified: Some(long_ago()),
        image: Some("https://example.com/ada.png?size=1&x=%20".to_owned()),
        extra: Map::new(),
    };
    let created = store.create_user(written.clone()).await?;
    let read = store.user_by_email("ünï.愛@users.test").await?;
    hold(
        read.as_ref() == Some(&created),
        "what is read differs from what `create_user` gave",
    )?;
    hold(
        created.name == written.name
            && created.email == written.email
            && created.image == written.image,
        "a text came back changed",
    )?;
    hold(
        created.email_verified == written.email_verified,
        "the moment came back changed",
    )
}

/// No user of an id or address: `None`.
pub async fn unknown_user_is_none(store: &dyn Adapter) -> Verdict {
    let missing = UserId("00000000-0000-4000-8000-000000000000".to_owned());
    hold(store.user(&missing).await?.is_none(), "an id was found")?;
    let user = store.user_by_email("nobody@users.test").await?;
    hold(user.is_none(), "an address was found")
}

/// An id that cannot exist is `None` everywhere, never an error: it may come out of anybody's cookie.
pub async fn ids_that_cannot_exist_are_none(store: &dyn Adapter) -> Verdict {
    for text in malformed() {
        let id = UserId(text);
        hold(store.user(&id).await?.is_none(), "`user` found one")?;
        hold(
            store.user_by_email(id.as_str()).await?.is_none(),
            "`user_by_email` found one",
        )?;
        let changes = UserChanges {
            name: Some(None),
            ..UserChanges::default()
        };
        hold(
            store.update_user(&id, changes).await?.is_none(),
            "`update_user` found one",
        )?;
        store.delete_user(&id).await?;
    }
    Ok(())
}

/// An id is one only as it was given out: with another spelling of the same number, or with blanks, it is nobody's.
pub async fn ids_are_compared_exactly(store: &dyn Adapter) -> Verdict {
    let id = add_user(store, "ids@users.test").await?.id;
    for other in [
        format!("0{id}"),
        format!("+{id}"),
        format!(" {id}"),
        format!("{id} "),
        format!("{id}.0"),
        format!("{id}\n"),
    ] {
        let found = store.user(&UserId(other)).await?;
        hold(found.is_none(), "another spelling found the user")?;
    }
    Ok(())
}

/// Addresses differ when they differ in case, accents, blanks at the end or compatibility form.
pub async fn addresses_are_compared_exactly(store: &dyn Adapter) -> Verdict {
    add_user(store, "exact@users.test").await?;
    for other in [
        "Exact@users.test",
        "EXACT@USERS.TEST",
        "éxact@users.test",
        "exact@users.test ",
        " exact@users.test",
        "ｅxact@users.test",
        "exact@users_test",
        "exact%",
    ] {
        let found = store.user_by_email(other).await?;
        hold(found.is_none(), "another spelling found the user")?;
    }
    Ok(())
}

/// `None` in the changes leaves a member; `Some(None)` empties it.
pub async fn update_changes_only_what_is_given(store: &dyn Adapter) -> Verdict {
    let user = store
        .create_user(NewUser {
            name: Some("Before".to_owned()),
            image: Some("/before.png".to_owned()),
            ..new_user("update@users.test")
        })
        .await?;
    let changes = UserChanges {
        email_verified: Some(Some(second(1_700_000_000))),
        image: Some(None),
        ..UserChanges::default()
    };
    let updated = store.update_user(&user.id, changes).await?;
    hold(
        updated == store.user(&user.id).await?,
        "what is read differs from what `update_user` gave",
    )?;
    let Some(updated) = updated else {
        return hold(false, "the user was not found");
    };
    hold(
        updated.email_verified == Some(second(1_700_000_000)) && updated.image.is_none(),
        "a change is missing",
    )?;
    hold(
        updated.name == user.name && updated.email == user.email && updated.id == user.id,
        "something else changed",
    )
}

/// An update of nobody is `None` and creates nobody.
pub async fn update_of_an_unknown_user_is_none(store: &dyn Adapter) -> Verdict {
    let missing = UserId("00000000-0000-4000-8000-000000000001".to_owned());
    let changes = UserChanges {
        email: Some(Some("ghost@users.test".to_owned())),
        ..UserChanges::default()
    };
    hold(
        store.update_user(&missing, changes).await?.is_none(),
        "a user came back",
    )?;
    let ghost = store.user_by_email("ghost@users.test").await?;
    hold(ghost.is_none(), "a user was created")
}

/// With a user go the accounts and sessions, and nobody else's. A second deletion is no error.
pub async fn deleted_user_takes_accounts_and_sessions_along(store: &dyn Adapter) -> Verdict {
    let going = populate(store, "going@users.test").await?;
    let staying = populate(store, "staying@users.test").await?;
    store.delete_user(&going).await?;
    store.delete_user(&going).await?;
    hold(store.user(&going).await?.is_none(), "the user is there")?;
    hold(
        !has_session(store, "going@users.test").await?,
        "a session is there",
    )?;
    hold(
        store
            .user_by_account("kit", "going@users.test")
            .await?
            .is_none(),
        "an account is there",
    )?;
    hold(
        store.user(&staying).await?.is_some()
            && has_session(store, "staying@users.test").await?
            && store
                .user_by_account("kit", "staying@users.test")
                .await?
                .is_some(),
        "another user lost something",
    )
}

/// A user with an account and a session, both named by the address.
async fn populate(store: &dyn Adapter, email: &str) -> Result<UserId, AdapterError> {
    let user = add_user(store, email).await?;
    store
        .link_account(Account {
            user_id: user.id.clone(),
            kind: AccountType::OAuth,
            provider: "kit".to_owned(),
            provider_account_id: email.to_owned(),
            extra: Map::new(),
        })
        .await?;
    store
        .create_session(SessionRecord {
            session_token: SessionToken::new(email),
            user_id: user.id.clone(),
            expires: super::later(),
        })
        .await?;
    Ok(user.id)
}

async fn has_session(store: &dyn Adapter, token: &str) -> Result<bool, AdapterError> {
    let found = store.session_and_user(&SessionToken::new(token)).await?;
    Ok(found.is_some())
}

/// Where users may be without an address, any number of them are, and no address leads to them.
pub async fn users_without_an_address_are_several(store: &dyn Adapter) -> Verdict {
    let nameless = |number: u8| NewUser {
        proposed_id: UserId(format!("no-address-{number}")),
        email: None,
        ..new_user("nobody@optional.test")
    };
    let one = store.create_user(nameless(1)).await?;
    let other = store.create_user(nameless(2)).await?;
    hold(one.id != other.id, "two users have one id")?;
    hold(one.email.is_none(), "an address came from nowhere")?;
    for address in ["", "null", "undefined"] {
        let found = store.user_by_email(address).await?;
        hold(found.is_none(), "an address led to a user without one")?;
    }
    let changes = UserChanges {
        email: Some(Some("found@optional.test".to_owned())),
        ..UserChanges::default()
    };
    store.update_user(&one.id, changes).await?;
    let found = store.user_by_email("found@optional.test").await?;
    hold(
        found.is_some_and(|user| user.id == one.id),
        "the address that was added does not lead to the user",
    )
}

/// Where addresses are unique, a second user of one is [`AdapterError::Conflict`].
pub async fn second_user_of_an_address_is_a_conflict(store: &dyn Adapter) -> Verdict {
    add_user(store, "twice@unique.test").await?;
    let again = NewUser {
        proposed_id: UserId("another-id".to_owned()),
        ..new_user("twice@unique.test")
    };
    let second = store.create_user(again).await;
    hold(
        matches!(second, Err(AdapterError::Conflict(_))),
        "the second was no conflict",
    )
}

/// Where addresses are unique, taking another's by update is [`AdapterError::Conflict`].
pub async fn address_taken_by_update_is_a_conflict(store: &dyn Adapter) -> Verdict {
    add_user(store, "owner@unique.test").await?;
    let thief = add_user(store, "thief@unique.test").await?;
    let changes = UserChanges {
        email: Some(Some("owner@unique.test".to_owned())),
        ..UserChanges::default()
    };
    let taken = store.update_user(&thief.id, changes).await;
    hold(
        matches!(taken, Err(AdapterError::Conflict(_))),
        "the update was no conflict",
    )
}

/// Where addresses are unique, of twenty at once one creates the user and the others are told of the conflict.
pub async fn address_created_twenty_times_at_once_is_one_user(store: &dyn Adapter) -> Verdict {
    let tries = (0..20).map(|number| {
        store.create_user(NewUser {
            proposed_id: UserId(format!("race-{number}")),
            ..new_user("race@unique.test")
        })
    });
    let outcomes = join_all(tries).await;
    let created = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let conflicts = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(AdapterError::Conflict(_))))
        .count();
    hold(
        created == 1 && conflicts == 19,
        "there were not one user and nineteen conflicts",
    )
}
