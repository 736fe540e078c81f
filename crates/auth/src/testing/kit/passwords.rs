//! Rules about the passwords of users.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use futures_util::future::join_all;
use serde_json::{Map, Value};

use super::password_sign_ins::{
    no_session_slips_past_a_new_password, sign_in_over_another_password_writes_nothing,
    sign_in_over_the_proven_password_is_written,
};
use super::{Broken, Failures, Verdict, hold, later, malformed, new_user};
use crate::adapter::{
    Account, AccountType, Adapter, AdapterError, Earlier, NewUser, Person, SignIn, SignInOutcome,
    Unlink, Unlinked, User, UserChanges, UserId, WaysIn,
};
use crate::password::{PasswordHash, PasswordStore};

/// A store of users and of their passwords.
pub trait PasswordAdapter: Adapter + PasswordStore {}

impl<A: Adapter + PasswordStore> PasswordAdapter for A {}

/// One promise of [`PasswordStore`].
#[derive(Clone, Copy)]
pub struct PasswordRule {
    /// The name of its function.
    pub name: &'static str,
    check: for<'a> fn(&'a dyn PasswordAdapter) -> Checking<'a>,
}

impl fmt::Debug for PasswordRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PasswordRule({})", self.name)
    }
}

type Checking<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        &[$(PasswordRule { name: stringify!($name), check: |store| Box::pin($name(store)) }),*]
    };
}

/// What every store of passwords must hold.
pub const PASSWORD_RULES: &[PasswordRule] = rules![
    password_comes_with_its_user,
    user_without_password_has_none,
    unknown_user_has_no_password,
    hash_comes_back_as_written,
    password_is_no_member_of_the_user,
    password_is_set_only_over_the_expected_one,
    password_set_twenty_times_at_once_is_set_once,
    removed_password_is_gone,
    password_goes_with_its_user,
    created_user_keeps_what_was_given,
    password_goes_with_the_first_proof_of_the_address,
    sign_in_over_the_proven_password_is_written,
    sign_in_over_another_password_writes_nothing,
    no_session_slips_past_a_new_password,
    password_is_a_way_in_that_stays,
];

/// Runs the rules, each against a store of its own from `make`.
///
/// # Errors
///
/// [`Failures`] with every rule that is broken, once all have run.
pub async fn run_password_rules<A: Adapter + PasswordStore>(
    make: impl AsyncFn() -> A,
) -> Result<(), Failures> {
    let mut failures = Vec::new();
    for rule in PASSWORD_RULES {
        let store = make().await;
        if let Err(broken) = (rule.check)(&store).await {
            failures.push((rule.name, broken));
        }
    }
    Failures::unless_empty(failures)
}

pub(super) async fn add(
    store: &dyn PasswordAdapter,
    email: &str,
    hash: &str,
) -> Result<User, AdapterError> {
    let hash = PasswordHash::new(hash);
    store.create_user_with_password(new_user(email), hash).await
}

fn is(found: Option<&PasswordHash>, hash: &str) -> bool {
    found.map(PasswordHash::expose) == Some(hash)
}

async fn password_comes_with_its_user(store: &dyn PasswordAdapter) -> Verdict {
    let user = add(store, "with@passwords.test", "hash-one").await?;
    let found = store.user_and_password("with@passwords.test").await?;
    let (known, hash) = found.ok_or(Broken::Differs("the user is not found by address"))?;
    hold(known == user, "the user differs from the created one")?;
    hold(
        is(hash.as_ref(), "hash-one"),
        "the hash is not the one written",
    )?;
    let hash = store.password(&user.id).await?;
    hold(is(hash.as_ref(), "hash-one"), "the hash is not found by id")
}

async fn user_without_password_has_none(store: &dyn PasswordAdapter) -> Verdict {
    let user = store
        .create_user(new_user("without@passwords.test"))
        .await?;
    let found = store.user_and_password("without@passwords.test").await?;
    let (known, hash) = found.ok_or(Broken::Differs("the user is not found by address"))?;
    hold(known == user && hash.is_none(), "a password appeared")?;
    hold(
        store.password(&user.id).await?.is_none(),
        "a password appeared",
    )
}

async fn unknown_user_has_no_password(store: &dyn PasswordAdapter) -> Verdict {
    add(store, "known@passwords.test", "hash").await?;
    for text in malformed() {
        let found = store.user_and_password(&text).await?;
        hold(found.is_none(), "an address that nobody has was found")?;
        let id = UserId(text);
        hold(store.password(&id).await?.is_none(), "an id was found")?;
        let set = store
            .set_password(&id, None, PasswordHash::new("new"))
            .await?;
        hold(!set, "the password of nobody was set")?;
    }
    let found = store.user_and_password("KNOWN@passwords.test").await?;
    hold(found.is_none(), "addresses are not compared exactly")
}

/// Long hashes of other programs fit, and case counts.
async fn hash_comes_back_as_written(store: &dyn PasswordAdapter) -> Verdict {
    let hash = format!("$pbkdf2-sha512$i=1,l=64$aA/+.{}$Zz", "x".repeat(140));
    let user = add(store, "written@passwords.test", &hash).await?;
    hold(
        is(store.password(&user.id).await?.as_ref(), &hash),
        "the hash came back changed",
    )
}

/// SECURITY: members of a user reach callbacks, sessions and browsers.
async fn password_is_no_member_of_the_user(store: &dyn PasswordAdapter) -> Verdict {
    let planted = NewUser {
        extra: Map::from_iter([("password".to_owned(), Value::from("chosen"))]),
        ..new_user("member@passwords.test")
    };
    let user = store.create_user_with_password(planted, PasswordHash::new("planted-hash"));
    let user = user.await?;
    let changes = UserChanges {
        name: Some(Some("New name".to_owned())),
        extra: Map::from_iter([("password".to_owned(), Value::from("chosen"))]),
        ..UserChanges::default()
    };
    let updated = store.update_user(&user.id, changes).await?;
    let by_id = store.user(&user.id).await?;
    let by_email = store.user_by_email("member@passwords.test").await?;
    let with = store.user_and_password("member@passwords.test").await?;
    let seen = [
        Some(user.clone()),
        updated,
        by_id,
        by_email,
        with.map(|(user, _)| user),
    ];
    let told = seen.iter().flatten().any(|user| {
        let members = serde_json::to_string(user).unwrap_or_default();
        members.contains("planted-hash")
    });
    hold(!told, "the hash is a member of the user")?;
    hold(
        is(store.password(&user.id).await?.as_ref(), "planted-hash"),
        "a member of the user became the password",
    )
}

async fn password_is_set_only_over_the_expected_one(store: &dyn PasswordAdapter) -> Verdict {
    let user = add(store, "expected@passwords.test", "Hash-one").await?;
    let set = async |expected: Option<&str>, new: &str| {
        let expected = expected.map(PasswordHash::new);
        store
            .set_password(&user.id, expected.as_ref(), PasswordHash::new(new))
            .await
    };
    for wrong in [None, Some("hash-one"), Some("Hash-one "), Some("")] {
        hold(
            !set(wrong, "new").await?,
            "set over another than the expected",
        )?;
    }
    hold(
        set(Some("Hash-one"), "hash-two").await?,
        "not set over the expected",
    )?;
    hold(
        is(store.password(&user.id).await?.as_ref(), "hash-two"),
        "the hash is not the one set",
    )?;
    hold(
        !set(Some("Hash-one"), "again").await?,
        "set over an old one",
    )?;
    let bare = store.create_user(new_user("bare@passwords.test")).await?;
    let first = PasswordHash::new("first");
    let wrong = store
        .set_password(&bare.id, Some(&first), first.clone())
        .await?;
    hold(!wrong, "set over one that is not there")?;
    hold(
        store.set_password(&bare.id, None, first.clone()).await?,
        "a first password was not set",
    )?;
    hold(
        !store.set_password(&bare.id, None, first).await?,
        "a first password was set twice",
    )
}

async fn password_set_twenty_times_at_once_is_set_once(store: &dyn PasswordAdapter) -> Verdict {
    let user = add(store, "race@passwords.test", "old").await?;
    let old = PasswordHash::new("old");
    let attempts = (0..20).map(|number| {
        let new = PasswordHash::new(format!("new-{number}"));
        store.set_password(&user.id, Some(&old), new)
    });
    let mut set = 0;
    for attempt in join_all(attempts).await {
        set += usize::from(attempt?);
    }
    hold(set == 1, "not exactly one of twenty set the password")
}

async fn removed_password_is_gone(store: &dyn PasswordAdapter) -> Verdict {
    let user = add(store, "removed@passwords.test", "hash").await?;
    let other = add(store, "kept@passwords.test", "kept").await?;
    hold(
        store.remove_password(&user.id).await?,
        "a password was not removed",
    )?;
    hold(
        store.password(&user.id).await?.is_none(),
        "the password stayed",
    )?;
    hold(
        !store.remove_password(&user.id).await?,
        "a password was removed twice",
    )?;
    hold(
        is(store.password(&other.id).await?.as_ref(), "kept"),
        "the password of another user went",
    )
}

async fn password_goes_with_its_user(store: &dyn PasswordAdapter) -> Verdict {
    let user = add(store, "gone@passwords.test", "hash").await?;
    store.delete_user(&user.id).await?;
    hold(
        store.password(&user.id).await?.is_none(),
        "the password stayed",
    )?;
    let found = store.user_and_password("gone@passwords.test").await?;
    hold(found.is_none(), "the user stayed")
}

async fn created_user_keeps_what_was_given(store: &dyn PasswordAdapter) -> Verdict {
    let new = NewUser {
        name: Some("Ada Lövelace".to_owned()),
        image: Some("https://example.com/ada.png".to_owned()),
        ..new_user("given@passwords.test")
    };
    let hash = PasswordHash::new("hash");
    let user = store.create_user_with_password(new.clone(), hash).await?;
    hold(
        (&user.name, &user.email, &user.image, user.email_verified)
            == (&new.name, &new.email, &new.image, None),
        "a member came back changed",
    )?;
    hold(
        store.user(&user.id).await? == Some(user),
        "the user is not found as created",
    )
}

/// CVE-2026-53516: who registered an address without proving it keeps no password once somebody proves it; a second
/// proof takes nothing.
async fn password_goes_with_the_first_proof_of_the_address(store: &dyn PasswordAdapter) -> Verdict {
    let hash = PasswordHash::new("set-before-the-proof");
    let user = store
        .create_user_with_password(new_user("first-proof@passwords.test"), hash)
        .await?;
    let account = Account {
        user_id: user.id.clone(),
        kind: AccountType::Oidc,
        provider: "checks.test".to_owned(),
        provider_account_id: "first-proof".to_owned(),
        extra: Map::new(),
    };
    store.link_account(account).await?;
    let proof = |earlier| SignIn {
        link: None,
        person: Person::Proves {
            id: user.id.clone(),
            email: "first-proof@passwords.test".to_owned(),
            at: later(),
            earlier,
        },
        account: None,
        passkey: None,
        ends: None,
        session: None,
    };
    let outcome = store.sign_in(proof(Earlier::Removed {
        verifying_providers: vec!["checks.test".to_owned()],
    }));
    hold(
        matches!(outcome.await?, SignInOutcome::Done(_)),
        "the proof was not written",
    )?;
    let left = store.password(&user.id).await?;
    hold(
        left.is_none_or(|hash| hash.expose().is_empty()),
        "the password survived",
    )?;
    // Whoever knew the password may have added the account.
    let account = store.user_by_account("checks.test", "first-proof").await?;
    hold(account.is_none(), "the account survived")?;
    let again = PasswordHash::new("set-after-the-proof");
    store.set_password(&user.id, None, again.clone()).await?;
    store.sign_in(proof(Earlier::Kept)).await?;
    let kept = store.password(&user.id).await?;
    hold(kept == Some(again), "a second proof took the password")
}

async fn password_is_a_way_in_that_stays(store: &dyn PasswordAdapter) -> Verdict {
    let user = add(store, "way-in@passwords.test", "hash-way-in").await?;
    store
        .link_account(Account {
            user_id: user.id.clone(),
            kind: AccountType::OAuth,
            provider: "passwords.test".to_owned(),
            provider_account_id: "way-in".to_owned(),
            extra: Map::new(),
        })
        .await?;
    let unlink = |password| Unlink {
        user_id: user.id.clone(),
        provider: "passwords.test".to_owned(),
        provider_account_id: "way-in".to_owned(),
        ways_in: WaysIn {
            providers: vec!["passwords.test".to_owned()],
            email: false,
            password,
        },
    };
    let unasked = store.unlink_unless_last(unlink(false)).await?;
    let nobody_asks = unasked == Unlinked::LastWayIn;
    hold(
        nobody_asks,
        "a password that nobody asks for let somebody in",
    )?;
    let gone = store.unlink_unless_last(unlink(true)).await?;
    hold(matches!(gone, Unlinked::Done(_)), "a password is no way in")
}
