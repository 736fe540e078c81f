//! Rules about what is known of sessions.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::{Broken, Verdict, add_user, hold, later, long_ago, second};
use crate::adapter::{Adapter, AdapterError, SessionRecord, UserId};
use crate::directory::{
    ClientDetails, Kept, Page, Revocation, ServiceSession, SessionDirectory, SessionEntry,
    SessionId, SessionKey, Subject, Which,
};
use crate::secret::SessionToken;
use crate::session::Strategy;

/// A store that also keeps the directory.
pub trait ListedStore: Adapter + SessionDirectory {}

impl<S: Adapter + SessionDirectory> ListedStore for S {}

fn key(token: &str) -> SessionKey {
    SessionKey::of_token(&SessionToken::new(token))
}

fn entry(user: &str, token: &str, strategy: Strategy) -> SessionEntry {
    SessionEntry {
        id: SessionId::new(format!("id-{token}")),
        key: key(token),
        user_id: UserId(user.to_owned()),
        strategy,
        created: Some(second(1_700_000_000)),
        last_seen: Some(second(1_700_000_000)),
        expires: later(),
        client: ClientDetails {
            name: Some("Firefox on Linux".to_owned()),
            user_agent: Some("Mozilla/5.0 ".repeat(20)),
            network: Some("2001:db8:1::/48".to_owned()),
            country: Some("DE".to_owned()),
        },
        service: Some(ServiceSession {
            provider: "github".to_owned(),
            key: Some(SessionKey::of_service("github", token)),
        }),
    }
}

/// When the rules look.
fn now() -> Timestamp {
    second(1_750_000_000)
}

const ALL: Page = Page { skip: 0, take: 100 };

/// A session in the store.
async fn begin(
    store: &dyn ListedStore,
    user: &UserId,
    token: &str,
    expires: Timestamp,
) -> Result<(), AdapterError> {
    let record = SessionRecord {
        session_token: SessionToken::new(token),
        user_id: user.clone(),
        expires,
    };
    store.create_session(record).await
}

async fn keys(
    store: &dyn ListedStore,
    user: &UserId,
    strategy: Strategy,
) -> Result<Vec<SessionKey>, AdapterError> {
    let listed = store.list(user, strategy, now(), ALL).await?;
    let mut keys: Vec<_> = listed.iter().map(|entry| entry.key).collect();
    keys.sort_unstable();
    Ok(keys)
}

fn sorted<const N: usize>(tokens: [&str; N]) -> Vec<SessionKey> {
    let mut keys: Vec<_> = tokens.iter().map(|token| key(token)).collect();
    keys.sort_unstable();
    keys
}

/// What is known of a session comes back as it was written, also where little is known.
pub async fn session_entry_comes_back_as_written(store: &dyn ListedStore) -> Verdict {
    let full = entry("ann", "written", Strategy::Database);
    let bare = SessionEntry {
        last_seen: Some(second(1_700_000_001)),
        ..SessionEntry::unknown(
            key("bare"),
            UserId("ann".to_owned()),
            Strategy::Jwt,
            later(),
        )
    };
    for written in [full, bare] {
        store.add(written.clone()).await?;
        let found = store.entry(&written.key).await?;
        hold(
            found == Some(written),
            "what came back is not what was written",
        )?;
    }
    let nothing = store.entry(&key("never written")).await?;
    hold(nothing.is_none(), "an entry came from nowhere")
}

/// A key has one entry.
pub async fn second_entry_of_a_session_is_a_conflict(store: &dyn ListedStore) -> Verdict {
    let written = entry("ann", "twice", Strategy::Database);
    store.add(written.clone()).await?;
    let other = SessionEntry {
        id: SessionId::new("another"),
        ..written
    };
    match store.add(other).await {
        Err(AdapterError::Conflict(_)) => Ok(()),
        _ => Err(Broken::Differs("the second entry is no conflict")),
    }
}

/// A sighting is taken down unless one was since a given moment; what does not move stays.
pub async fn sighting_is_taken_down_once_in_a_while(store: &dyn ListedStore) -> Verdict {
    let written = entry("ann", "seen", Strategy::Database);
    store.add(written.clone()).await?;
    let at = |seconds: i64| SessionEntry {
        id: SessionId::new("not looked at"),
        created: None,
        last_seen: Some(second(1_700_000_000 + seconds)),
        expires: second(1_900_000_000),
        client: ClientDetails::default(),
        ..written.clone()
    };
    store.touch(at(10), second(1_699_999_999)).await?;
    let same = store.entry(&written.key).await?;
    hold(
        same.as_ref() == Some(&written),
        "it was taken down too often",
    )?;
    store.touch(at(900), second(1_700_000_000)).await?;
    let moved = SessionEntry {
        id: written.id.clone(),
        created: written.created,
        ..at(900)
    };
    let found = store.entry(&written.key).await?;
    hold(found == Some(moved), "it was not taken down as it should")
}

/// A session without an entry gets one when it is seen, once.
pub async fn sighting_adds_a_missing_entry(store: &dyn ListedStore) -> Verdict {
    let seen = entry("ann", "adopted", Strategy::Jwt);
    let sightings = (0..8).map(|_| store.touch(seen.clone(), second(1_600_000_000)));
    for result in join_all(sightings).await {
        result?;
    }
    let found = store.entry(&seen.key).await?;
    hold(found == Some(seen), "the entry is not there")
}

/// A public id leads to the session of its owner, and of nobody else.
pub async fn public_id_leads_to_its_owners_session(store: &dyn ListedStore) -> Verdict {
    let written = entry("owner", "named", Strategy::Database);
    store.add(written.clone()).await?;
    let of = async |user: &str, id: &str| {
        let user = UserId(user.to_owned());
        store.key_of(&user, &SessionId::new(id)).await
    };
    let found = of("owner", "id-named").await?;
    hold(found == Some(written.key), "the owner does not find it")?;
    for (user, id) in [
        ("other", "id-named"),
        ("OWNER", "id-named"),
        ("owner", "ID-NAMED"),
        ("owner", ""),
    ] {
        hold(of(user, id).await?.is_none(), "somebody else found it")?;
    }
    Ok(())
}

/// The sessions in the store are listed, known or not; what has ended or only has an entry is not.
pub async fn stored_sessions_are_listed(store: &dyn ListedStore) -> Verdict {
    let ann = add_user(store, "ann@listed.test").await?.id;
    let bob = add_user(store, "bob@listed.test").await?.id;
    for token in ["listed-known", "listed-unknown"] {
        begin(store, &ann, token, later()).await?;
    }
    begin(store, &ann, "listed-expired", long_ago()).await?;
    begin(store, &bob, "listed-of-bob", later()).await?;
    let known = SessionEntry {
        expires: second(1_800_000_000),
        ..entry(ann.as_str(), "listed-known", Strategy::Database)
    };
    store.add(known.clone()).await?;
    store
        .add(entry(ann.as_str(), "listed-ghost", Strategy::Database))
        .await?;
    let listed = store.list(&ann, Strategy::Database, now(), ALL).await?;
    hold(listed.len() == 2, "others are listed than are alive")?;
    let of = |token: &str| listed.iter().find(|entry| entry.key == key(token));
    let expected = SessionEntry {
        expires: later(),
        ..known
    };
    hold(
        of("listed-known") == Some(&expected),
        "the known session is listed with something else, or not until its own end",
    )?;
    let unknown = of("listed-unknown");
    hold(
        unknown.is_some_and(|entry| entry.created.is_none() && entry.user_id == ann),
        "the unknown session is not listed as such",
    )
}

/// The sessions in cookies are listed by their entries.
pub async fn token_sessions_are_listed(store: &dyn ListedStore) -> Verdict {
    let user = UserId("lists-tokens".to_owned());
    let of = |token: &str, strategy| entry(user.as_str(), token, strategy);
    store.add(of("token-one", Strategy::Jwt)).await?;
    store.add(of("token-row", Strategy::Database)).await?;
    let expired = SessionEntry {
        expires: long_ago(),
        ..of("token-expired", Strategy::Jwt)
    };
    store.add(expired).await?;
    store
        .add(entry("somebody", "token-other", Strategy::Jwt))
        .await?;
    let listed = store.list(&user, Strategy::Jwt, now(), ALL).await?;
    hold(
        listed == [of("token-one", Strategy::Jwt)],
        "others are listed than are alive",
    )
}

/// The name of a session at a service leads to those that began with it and to no others; a sighting changes nothing of that.
pub async fn sessions_of_a_service_are_found(store: &dyn ListedStore) -> Verdict {
    let with = |token: &str, provider: &str, sid: Option<&str>| SessionEntry {
        service: Some(ServiceSession {
            provider: provider.to_owned(),
            key: sid.map(|sid| SessionKey::of_service(provider, sid)),
        }),
        ..entry("ann", token, Strategy::Database)
    };
    let one = with("served-one", "a.test", Some("Sid"));
    for written in [
        one.clone(),
        with("served-two", "a.test", Some("Sid")),
        with("served-three", "a.test", Some("sid")),
        with("served-four", "b.test", Some("Sid")),
        with("served-five", "a.test", None),
    ] {
        store.add(written).await?;
    }
    let seen = SessionEntry {
        service: None,
        last_seen: Some(now()),
        ..one.clone()
    };
    store.touch(seen, now()).await?;
    let found = store
        .of_service(&SessionKey::of_service("a.test", "Sid"))
        .await?;
    let mut keys: Vec<_> = found.iter().map(|entry| entry.key).collect();
    keys.sort_unstable();
    hold(
        keys == sorted(["served-one", "served-two"]),
        "others are found than began there",
    )?;
    let found = found.iter().find(|entry| entry.key == one.key);
    hold(
        found.is_some_and(|entry| entry.service == one.service && entry.last_seen == Some(now())),
        "a sighting changed what it began with",
    )?;
    let nothing = store
        .of_service(&SessionKey::of_service("a.test", ""))
        .await?;
    hold(nothing.is_empty(), "a session is found by no name")
}

/// The parts of a list are the whole, and nothing stands in two of them.
pub async fn sessions_are_listed_in_parts(store: &dyn ListedStore) -> Verdict {
    let user = add_user(store, "parts@listed.test").await?.id;
    for number in 0..7 {
        let token = format!("part-{number}");
        begin(store, &user, &token, later()).await?;
        store
            .add(entry(user.as_str(), &format!("jwt-{token}"), Strategy::Jwt))
            .await?;
    }
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let mut parts = Vec::new();
        let mut page = Page::first(3);
        for expected in [3, 3, 1, 0] {
            let part = store.list(&user, strategy, now(), page).await?;
            hold(part.len() == expected, "a part has another size")?;
            parts.extend(part.into_iter().map(|entry| entry.key));
            page = page.next();
        }
        parts.sort_unstable();
        hold(
            parts == keys(store, &user, strategy).await?,
            "the parts are not the whole",
        )?;
    }
    Ok(())
}

/// One session of a user ends, and only of this user.
pub async fn one_stored_session_is_ended(store: &dyn ListedStore) -> Verdict {
    let ann = add_user(store, "ann@ended.test").await?.id;
    let bob = add_user(store, "bob@ended.test").await?.id;
    for (user, token) in [(&ann, "end-one"), (&ann, "end-stays"), (&bob, "end-bob")] {
        begin(store, user, token, later()).await?;
        store
            .add(entry(user.as_str(), token, Strategy::Database))
            .await?;
    }
    for (token, ended) in [("end-one", 1), ("end-one", 0), ("end-bob", 0)] {
        let count = store.end_stored(&ann, Which::One(key(token))).await?;
        hold(count == ended, "another number of sessions ended")?;
    }
    let gone = store
        .session_and_user(&SessionToken::new("end-one"))
        .await?;
    hold(gone.is_none(), "the session goes on")?;
    let forgotten = store.entry(&key("end-one")).await?;
    hold(forgotten.is_none(), "the entry stays")?;
    for (user, token) in [(&ann, "end-stays"), (&bob, "end-bob")] {
        let left = keys(store, user, Strategy::Database).await?;
        hold(left == sorted([token]), "another session ended")?;
        hold(store.entry(&key(token)).await?.is_some(), "its entry went")?;
    }
    Ok(())
}

/// Every other session of a user ends; without one to keep, every one.
pub async fn all_other_stored_sessions_are_ended(store: &dyn ListedStore) -> Verdict {
    let ann = add_user(store, "ann@others.test").await?.id;
    let bob = add_user(store, "bob@others.test").await?.id;
    for token in ["others-1", "others-2", "others-3"] {
        begin(store, &ann, token, later()).await?;
    }
    begin(store, &bob, "others-bob", later()).await?;
    let kept = entry(ann.as_str(), "others-2", Strategy::Database);
    store.add(kept.clone()).await?;
    let which = Which::AllBut(Some(Kept::of_key(kept.key)));
    hold(
        store.end_stored(&ann, which).await? == 2,
        "another number of sessions ended",
    )?;
    let left = keys(store, &ann, Strategy::Database).await?;
    hold(left == [kept.key], "other sessions are left")?;
    hold(store.entry(&kept.key).await?.is_some(), "the entry went")?;
    hold(
        store.end_stored(&ann, Which::AllBut(None)).await? == 1,
        "not every session ended",
    )?;
    let of_bob = keys(store, &bob, Strategy::Database).await?;
    hold(of_bob == sorted(["others-bob"]), "somebody else's ended")
}

fn revoked(subject: Subject, at: i64, keep: Option<SessionKey>) -> Revocation {
    Revocation {
        subject,
        at: second(at),
        keep,
        expires: later(),
    }
}

/// A session in a cookie that ends is kept as ended, with an entry or without.
pub async fn one_token_session_is_revoked(store: &dyn ListedStore) -> Verdict {
    let user = UserId("revokes-one".to_owned());
    store
        .add(entry(user.as_str(), "revoked-known", Strategy::Jwt))
        .await?;
    for token in ["revoked-known", "revoked-unknown"] {
        let key = key(token);
        let kept = store
            .end_tokens(&user, Which::One(key), second(1_700_000_100), later())
            .await?;
        let expected = [revoked(Subject::Session(key), 1_700_000_100, None)];
        hold(kept == expected, "something else was kept")?;
        let found = store.revocations_of(&[Subject::Session(key)]).await?;
        hold(found == expected, "what was kept is not found")?;
        hold(store.entry(&key).await?.is_none(), "the entry stays")?;
    }
    Ok(())
}

/// Ending all sessions in cookies of a user keeps that of the user and of each session but one.
pub async fn all_token_sessions_are_revoked(store: &dyn ListedStore) -> Verdict {
    let user = UserId("revokes-all".to_owned());
    for token in ["all-1", "all-2", "all-kept"] {
        store
            .add(entry(user.as_str(), token, Strategy::Jwt))
            .await?;
    }
    store
        .add(entry("another", "all-other", Strategy::Jwt))
        .await?;
    let keep = Some(key("all-kept"));
    let at = 1_700_000_200;
    let kept = store
        .end_tokens(
            &user,
            Which::AllBut(keep.map(Kept::of_key)),
            second(at),
            later(),
        )
        .await?;
    let mark = revoked(Subject::User(user.clone()), at, keep);
    hold(kept.contains(&mark), "the user is not marked")?;
    hold(kept.len() == 3, "another number of sessions ended")?;
    for token in ["all-1", "all-2"] {
        let one = revoked(Subject::Session(key(token)), at, None);
        hold(kept.contains(&one), "a session is not named")?;
    }
    let left = keys(store, &user, Strategy::Jwt).await?;
    hold(left == sorted(["all-kept"]), "other entries are left")?;
    let other = store.entry(&key("all-other")).await?;
    hold(other.is_some(), "somebody else's entry went")
}

/// However many sessions in cookies there are, all of them end, and one that was ended at a later moment stays so.
pub async fn hundreds_of_token_sessions_are_revoked(store: &dyn ListedStore) -> Verdict {
    let user = UserId("revokes-many".to_owned());
    let (at, newer) = (1_700_000_250, 1_700_000_260);
    let token = |number: usize| format!("many-{number}");
    let one = Which::One(key(&token(0)));
    store.end_tokens(&user, one, second(newer), later()).await?;
    for number in 0..450 {
        let entry = entry(user.as_str(), &token(number), Strategy::Jwt);
        store.add(entry).await?;
    }
    let ended = store
        .end_tokens(&user, Which::AllBut(None), second(at), later())
        .await?;
    hold(ended.len() == 451, "another number of sessions ended")?;
    let left = keys(store, &user, Strategy::Jwt).await?;
    hold(left.is_empty(), "entries are left")?;
    for (number, at) in [(0, newer), (1, at), (449, at)] {
        let subject = Subject::Session(key(&token(number)));
        let found = store.revocations_of(std::slice::from_ref(&subject)).await?;
        hold(
            found == [revoked(subject, at, None)],
            "a session did not end when it should",
        )?;
    }
    Ok(())
}

/// Of two revocations of one subject the newer stays.
pub async fn newer_revocation_stays(store: &dyn ListedStore) -> Verdict {
    let user = UserId("revoked-twice".to_owned());
    let subject = Subject::User(user.clone());
    for at in [1_700_000_300, 1_700_000_400, 1_700_000_350] {
        store
            .end_tokens(&user, Which::AllBut(None), second(at), later())
            .await?;
    }
    let found = store.revocations_of(std::slice::from_ref(&subject)).await?;
    let expected = revoked(subject, 1_700_000_400, None);
    hold(found == [expected], "an older one took its place")
}

/// Whoever keeps a session that was ended before does not bring it back, in whatever order the two are written.
pub async fn ended_session_is_never_kept(store: &dyn ListedStore) -> Verdict {
    const BEFORE: i64 = 1_700_000_500;
    let of = |name: &str, began: Option<i64>| Kept {
        key: key(name),
        began: began.map(second),
    };
    // When the first and the second were ended, what each keeps, and what is kept after both.
    let cases = [
        ("older session", 10, None, 20, Some(of("a", Some(5))), None),
        ("unknown beginning", 10, None, 20, Some(of("a", None)), None),
        (
            "another was kept",
            10,
            Some("b"),
            20,
            Some(of("a", Some(5))),
            None,
        ),
        (
            "same is kept",
            10,
            Some("a"),
            20,
            Some(of("a", Some(5))),
            Some("a"),
        ),
        (
            "same, unknown",
            10,
            Some("a"),
            20,
            Some(of("a", None)),
            Some("a"),
        ),
        (
            "younger session",
            10,
            None,
            20,
            Some(of("a", Some(10))),
            Some("a"),
        ),
        (
            "younger than another",
            10,
            Some("b"),
            20,
            Some(of("a", Some(15))),
            Some("a"),
        ),
        ("late end of all", 20, Some("a"), 10, None, None),
        (
            "late keeping of another",
            20,
            Some("a"),
            10,
            Some(of("b", Some(5))),
            None,
        ),
        (
            "late keeping of the same",
            20,
            Some("a"),
            10,
            Some(of("a", Some(5))),
            Some("a"),
        ),
    ];
    for (name, first, keeps, second_at, then_keeps, expected) in cases {
        let user = UserId(format!("kept {name}"));
        let moment = |seconds: i64| second(BEFORE + seconds);
        let kept = |kept: Kept| Kept {
            began: kept.began.map(|began| moment(began.as_second())),
            ..kept
        };
        let keeps = keeps.map(|name| kept(of(name, Some(0))));
        store
            .end_tokens(&user, Which::AllBut(keeps), moment(first), later())
            .await?;
        let which = Which::AllBut(then_keeps.map(kept));
        let told = store
            .end_tokens(&user, which, moment(second_at), later())
            .await?;
        let subject = Subject::User(user);
        let mark = revoked(
            subject.clone(),
            BEFORE + first.max(second_at),
            expected.map(key),
        );
        let found = store.revocations_of(&[subject]).await?;
        hold(found == [mark.clone()], name)?;
        hold(told.contains(&mark), "something else was told than kept")?;
    }
    Ok(())
}

/// What was revoked since a moment comes in order and in parts.
pub async fn revocations_are_read_from_a_moment_on(store: &dyn ListedStore) -> Verdict {
    let user = UserId("revoked-in-order".to_owned());
    let start = 2_000_000_000;
    for (token, at) in [("third", 30), ("first", 10), ("second", 20), ("again", 20)] {
        let which = Which::One(key(token));
        store
            .end_tokens(&user, which, second(start + at), second(start + 100))
            .await?;
    }
    let read =
        async |since: i64, page: Page| store.revoked_since(second(start + since), page).await;
    let all = read(10, ALL).await?;
    let moments: Vec<i64> = all.iter().map(|one| one.at.as_second() - start).collect();
    hold(
        moments == [10, 20, 20, 30],
        "they are not all, or in no order",
    )?;
    hold(read(11, ALL).await?.len() == 3, "the moment is not minded")?;
    let mut parts = Vec::new();
    let mut page = Page::first(3);
    for _ in 0..2 {
        parts.extend(read(10, page).await?);
        page = page.next();
    }
    hold(parts == all, "the parts are not the whole")
}

/// GHSA-2vg6-77g8-24mp: what is known of a user's sessions goes with the user.
pub async fn entries_go_with_their_user(store: &dyn ListedStore) -> Verdict {
    let ann = add_user(store, "ann@gone.test").await?.id;
    let bob = add_user(store, "bob@gone.test").await?.id;
    for (user, token) in [(&ann, "gone-ann"), (&bob, "gone-bob")] {
        store
            .add(entry(user.as_str(), token, Strategy::Jwt))
            .await?;
    }
    store.delete_user(&ann).await?;
    hold(store.entry(&key("gone-ann")).await?.is_none(), "it stays")?;
    hold(
        store.entry(&key("gone-bob")).await?.is_some(),
        "another went",
    )
}

/// What has ended is forgotten; absent is no error.
pub async fn forgotten_entry_is_gone(store: &dyn ListedStore) -> Verdict {
    let written = entry("ann", "forgotten", Strategy::Database);
    store.add(written.clone()).await?;
    for _ in 0..2 {
        store.forget(&written.key).await?;
        hold(store.entry(&written.key).await?.is_none(), "it is there")?;
    }
    Ok(())
}
