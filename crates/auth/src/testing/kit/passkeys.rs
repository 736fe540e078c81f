//! Rules about passkeys.

use futures_util::future::join_all;

use super::{Verdict, hold, later, long_ago, new_user, second};
use crate::adapter::{
    Account, AccountType, AdapterError, Earlier, Person, SignIn, SignInOutcome, User, UserId,
};
use crate::passkey::{
    Authenticator, CredentialId, DeviceType, MAX_KEYS, Passkey, PasskeyNotes, PasskeyStore,
};
use crate::secret::TokenHash;

/// An id of 32 bytes, told from others by its last two.
fn id(number: u16) -> CredentialId {
    let mut bytes = vec![0xf7; 30];
    bytes.extend(number.to_be_bytes());
    // invariant: 32 bytes are as many as an id may have.
    #[expect(clippy::expect_used, reason = "32 bytes are as many as an id may have")]
    CredentialId::new(&bytes).expect("32 bytes are an id")
}

fn key(number: u16, counter: u32) -> Passkey {
    let credential_id = id(number);
    Passkey {
        authenticator: Authenticator {
            provider_account_id: credential_id.to_stored(),
            credential_id,
            user_id: UserId("replaced".to_owned()),
            public_key: vec![0xa5, 0, 1, 255, 254, 62, 63],
            counter,
            device_type: DeviceType::MultiDevice,
            is_backed_up: true,
            transports: vec!["internal".to_owned(), "hybrid".to_owned()],
        },
        notes: PasskeyNotes {
            name: Some("Grüße vom 🔑".to_owned()),
            created: Some(second(1_700_000_000)),
            last_used: None,
            user_handle: Some("ab".repeat(32)),
        },
    }
}

fn signs_in(person: Person, passkey: Passkey) -> SignIn {
    let account = Account {
        user_id: UserId("replaced".to_owned()),
        kind: AccountType::WebAuthn,
        provider: "passkey".to_owned(),
        provider_account_id: passkey.authenticator.provider_account_id.clone(),
        extra: serde_json::Map::new(),
    };
    SignIn {
        link: None,
        person,
        account: Some(account),
        passkey: Some(passkey),
        ends: None,
        session: None,
    }
}

/// A user with a key.
async fn add(
    store: &dyn PasskeyStore,
    email: &str,
    passkey: Passkey,
) -> Result<Option<User>, AdapterError> {
    let sign_in = signs_in(Person::New(new_user(email)), passkey);
    Ok(match store.sign_in(sign_in).await? {
        SignInOutcome::Done(signed_in) => Some(signed_in.user),
        _ => None,
    })
}

async fn is_there(store: &dyn PasskeyStore, number: u16) -> Result<bool, AdapterError> {
    Ok(store.passkey(&id(number)).await?.is_some())
}

/// With the user, the account and the key all that was written comes back.
pub async fn registered_passkey_comes_back_as_written(store: &dyn PasskeyStore) -> Verdict {
    let written = key(1, 7);
    let Some(user) = add(store, "written@passkeys.test", written.clone()).await? else {
        return hold(false, "the key was not written");
    };
    let mut expected = written;
    expected.authenticator.user_id = user.id.clone();
    let found = store.passkey(&id(1)).await?;
    hold(found.as_ref() == Some(&expected), "the key differs")?;
    let listed = store.passkeys_of(&user.id).await?;
    hold(listed == [expected.clone()], "the list of keys differs")?;
    let account = &expected.authenticator.provider_account_id;
    let owner = store.user_by_account("passkey", account).await?;
    hold(owner == Some(user), "the account leads to nobody")
}

/// A key with as little as possible.
pub async fn passkey_without_notes_comes_back(store: &dyn PasskeyStore) -> Verdict {
    let mut written = key(2, 0);
    written.authenticator.transports = Vec::new();
    written.authenticator.device_type = DeviceType::SingleDevice;
    written.authenticator.is_backed_up = false;
    written.notes = PasskeyNotes::default();
    let user = add(store, "bare@passkeys.test", written.clone()).await?;
    written.authenticator.user_id = user.map(|user| user.id).unwrap_or(UserId(String::new()));
    let found = store.passkey(&id(2)).await?;
    hold(found == Some(written), "the key differs")
}

/// Unknown ids and users are none. Ids that differ by case alone are different ids.
pub async fn passkeys_are_compared_exactly(store: &dyn PasskeyStore) -> Verdict {
    // `AAAA…` and `aaaa…` in base64.
    let upper = CredentialId::new(&[0; 24]);
    let lower = CredentialId::new(&[0x69, 0xa6, 0x9a].repeat(8));
    let (Some(upper), Some(lower)) = (upper, lower) else {
        return hold(false, "24 bytes are no id");
    };
    let mut written = key(0, 0);
    written.authenticator.provider_account_id = upper.to_stored();
    written.authenticator.credential_id = upper.clone();
    let user = add(store, "exact@passkeys.test", written).await?;
    hold(user.is_some(), "the key was not written")?;
    hold(store.passkey(&upper).await?.is_some(), "the key is gone")?;
    hold(
        store.passkey(&lower).await?.is_none(),
        "another id found the key",
    )?;
    hold(
        !store.count_use(&lower, 0, 1, later()).await?,
        "another id counted",
    )?;
    let nobody = store.passkeys_of(&UserId("nobody".to_owned())).await?;
    hold(nobody.is_empty(), "nobody has a key")
}

/// The second key of an id is refused with all that came with it, and the first stays its owner's.
pub async fn second_passkey_of_an_id_writes_nothing(store: &dyn PasskeyStore) -> Verdict {
    let first = add(store, "first@passkeys.test", key(3, 0)).await?;
    let mut second = key(3, 0);
    // Only the id of the key is the same.
    second.authenticator.provider_account_id = "another account".to_owned();
    let user = Person::New(new_user("second@passkeys.test"));
    let outcome = store.sign_in(signs_in(user, second)).await?;
    hold(
        matches!(outcome, SignInOutcome::AccountExists(_)),
        "the second was not told that the key exists",
    )?;
    let nobody = store.user_by_email("second@passkeys.test").await?;
    hold(nobody.is_none(), "the user was written")?;
    let owner = store.passkey(&id(3)).await?;
    hold(
        owner.map(|passkey| passkey.authenticator.user_id) == first.map(|user| user.id),
        "the key changed hands",
    )
}

/// A user may have several keys, and no more come back than the bound.
pub async fn keys_of_a_user_are_listed_up_to_the_bound(store: &dyn PasskeyStore) -> Verdict {
    let Some(user) = add(store, "many@passkeys.test", key(1_000, 0)).await? else {
        return hold(false, "the first key was not written");
    };
    let bound = u16::try_from(MAX_KEYS).unwrap_or(u16::MAX);
    for number in 1..=bound {
        let person = Person::Known {
            id: user.id.clone(),
            was_proven: false,
            password: None,
        };
        let added = store.sign_in(signs_in(person, key(1_000 + number, 0)));
        let added = matches!(added.await?, SignInOutcome::Done(_));
        hold(added, "another key was not written")?;
    }
    let listed = store.passkeys_of(&user.id).await?;
    hold(listed.len() == MAX_KEYS, "the list has another length")?;
    let again = store.passkeys_of(&user.id).await?;
    hold(listed == again, "the order changed")
}

/// A use moves the counter and says when.
pub async fn use_of_a_passkey_is_counted(store: &dyn PasskeyStore) -> Verdict {
    add(store, "count@passkeys.test", key(4, 7)).await?;
    let at = second(1_750_000_000);
    for (before, now, counts) in [(6, 8, false), (7, 9, true), (7, 10, false), (9, 10, true)] {
        let counted = store.count_use(&id(4), before, now, at).await?;
        hold(counted == counts, "the counter was not compared")?;
    }
    let Some(found) = store.passkey(&id(4)).await? else {
        return hold(false, "the key is gone");
    };
    hold(found.authenticator.counter == 10, "the counter differs")?;
    hold(found.notes.last_used == Some(at), "the last use differs")?;
    hold(
        found.notes.name == key(4, 0).notes.name,
        "the name went with the use",
    )?;
    let unknown = store.count_use(&id(999), 0, 1, at).await?;
    hold(!unknown, "a key that is not there counted")
}

/// Keys that do not count are used all the same, again and again.
pub async fn passkey_that_does_not_count_is_used_again(store: &dyn PasskeyStore) -> Verdict {
    let mut written = key(5, 0);
    written.notes = PasskeyNotes::default();
    add(store, "zero@passkeys.test", written).await?;
    for moment in [1_750_000_000, 1_750_000_001] {
        let counted = store.count_use(&id(5), 0, 0, second(moment)).await?;
        hold(counted, "the use was refused")?;
    }
    let found = store.passkey(&id(5)).await?;
    let last = found.and_then(|passkey| passkey.notes.last_used);
    hold(last == Some(second(1_750_000_001)), "the last use differs")
}

/// Of twenty uses at once with one value of the counter one is good: the others are a copy's.
pub async fn one_counter_used_twenty_times_at_once_counts_once(
    store: &dyn PasskeyStore,
) -> Verdict {
    add(store, "race@passkeys.test", key(6, 1)).await?;
    let id = id(6);
    let uses = (0..20).map(|_| store.count_use(&id, 1, 2, later()));
    let outcomes: Result<Vec<bool>, AdapterError> = join_all(uses).await.into_iter().collect();
    let winners = outcomes?.into_iter().filter(|won| *won).count();
    hold(winners == 1, "there was not exactly one winner")
}

/// Its owner names a key, nobody else does.
pub async fn passkey_is_named_by_its_owner(store: &dyn PasskeyStore) -> Verdict {
    let mut written = key(7, 0);
    written.notes = PasskeyNotes::default();
    let Some(owner) = add(store, "owner@passkeys.test", written).await? else {
        return hold(false, "the key was not written");
    };
    let other = store.create_user(new_user("other@passkeys.test")).await?;
    let stolen = store.rename_passkey(&other.id, &id(7), "mine").await?;
    hold(!stolen, "somebody else named the key")?;
    for name in ["Work", "Work", "Büro 🗝"] {
        let named = store.rename_passkey(&owner.id, &id(7), name).await?;
        hold(named, "the owner could not name the key")?;
        let found = store.passkey(&id(7)).await?;
        let kept = found.and_then(|passkey| passkey.notes.name);
        hold(kept.as_deref() == Some(name), "the name differs")?;
    }
    let unknown = store.rename_passkey(&owner.id, &id(998), "x").await?;
    hold(!unknown, "a key that is not there was named")
}

/// GHSA-2vg6-77g8-24mp: nothing that signs in outlives its user.
pub async fn passkeys_go_with_their_user(store: &dyn PasskeyStore) -> Verdict {
    let gone = add(store, "gone@passkeys.test", key(8, 0)).await?;
    add(store, "stays@passkeys.test", key(9, 0)).await?;
    let gone = gone.map(|user| user.id).unwrap_or(UserId(String::new()));
    store.delete_user(&gone).await?;
    hold(!is_there(store, 8).await?, "the key stayed")?;
    hold(is_there(store, 9).await?, "another user's key went")?;
    // Nothing of it is left that would keep the key from being registered again.
    let again = add(store, "again@passkeys.test", key(8, 0)).await?;
    hold(again.is_some(), "the key cannot be registered again")
}

/// CVE-2026-53516: whoever registered a key for somebody else's address loses it when the address is proven.
pub async fn first_proof_removes_earlier_passkeys(store: &dyn PasskeyStore) -> Verdict {
    let Some(user) = add(store, "proof@passkeys.test", key(10, 0)).await? else {
        return hold(false, "the key was not written");
    };
    add(store, "bystander@passkeys.test", key(11, 0)).await?;
    let proves = |earlier| SignIn {
        link: None,
        person: Person::Proves {
            id: user.id.clone(),
            email: "proof@passkeys.test".to_owned(),
            at: second(1_700_000_000),
            earlier,
        },
        account: None,
        passkey: None,
        ends: None,
        session: None,
    };
    let removes = Earlier::Removed {
        verifying_providers: vec!["strict.test".to_owned()],
    };
    let proven = store.sign_in(proves(removes)).await?;
    hold(matches!(proven, SignInOutcome::Done(_)), "no proof")?;
    hold(!is_there(store, 10).await?, "the key stayed")?;
    let account = id(10).to_stored();
    let owner = store.user_by_account("passkey", &account).await?;
    hold(owner.is_none(), "the account stayed")?;
    hold(is_there(store, 11).await?, "another user's key went")?;
    // What comes after the proof stays at the next one.
    let known = Person::Known {
        id: user.id.clone(),
        was_proven: true,
        password: None,
    };
    store.sign_in(signs_in(known, key(10, 0))).await?;
    store.sign_in(proves(Earlier::Kept)).await?;
    hold(is_there(store, 10).await?, "the later key went too")
}

/// A challenge serves once, also when many ask at once, and is forgotten when it is over.
pub async fn challenge_is_spent_once(store: &dyn PasskeyStore) -> Verdict {
    let spend = |text: &str| {
        let hash = TokenHash::new(text);
        async move { store.spend_challenge(&hash, later()).await }
    };
    let spends = (0..20).map(|_| spend("raced-challenge"));
    let outcomes: Result<Vec<bool>, AdapterError> = join_all(spends).await.into_iter().collect();
    let winners = outcomes?.into_iter().filter(|won| *won).count();
    hold(winners == 1, "there was not exactly one winner")?;
    hold(!spend("raced-challenge").await?, "it served again")?;
    hold(spend("other-challenge").await?, "another one was refused")?;
    let over = TokenHash::new("old-challenge");
    store.spend_challenge(&over, long_ago()).await?;
    store.remove_expired(second(1_000_000_001), 100).await?;
    hold(
        store.spend_challenge(&over, later()).await?,
        "it is not forgotten when it is over",
    )?;
    hold(
        !spend("raced-challenge").await?,
        "a newer one was forgotten",
    )
}
