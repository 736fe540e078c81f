//! What people do with two servers on one database.

use hallpass_db::testing::TestDatabase;
use serde_json::Value;

use super::layout::Layout;
use super::{ADDRESS, Pair, authjs};
use crate::interop::browser::Person;
use crate::interop::server::Server;
use crate::interop::wire::Reply;

fn has_signed_in(reply: &Reply) -> bool {
    reply.header("location") == Some(ADDRESS.origin())
}

/// A session made by one is read and ended by the other.
pub(super) async fn sessions_cross(pair: &Pair) {
    for (one, other) in pair.both_ways() {
        let mut ann = Person::new(ADDRESS);
        ann.sign_in(one, "ann@example.com").await;
        let here = ann.session(one).await;
        let there = ann.session(other).await;
        assert_eq!(here, there, "made by {}", one.name());
        assert_eq!(here["user"]["email"], "ann@example.com");

        let mut copy = ann.clone();
        ann.post(other, "/signout", &[]).await;
        assert_eq!(ann.session_cookie(), "", "ended by {}", other.name());
        // The row is gone, so a copy of the cookie is worth nothing.
        assert_eq!(copy.session(one).await, Value::Null, "at {}", one.name());
    }
}

/// A link mailed by one is followed at the other, once.
pub(super) async fn links_cross(pair: &Pair) {
    for (number, (one, other)) in pair.both_ways().into_iter().enumerate() {
        // A new person, and one who is known since then.
        let email = format!("bob{number}@example.com");
        for _ in 0..2 {
            let mut bob = Person::new(ADDRESS);
            let link = bob.ask(one, &email).await;
            let followed = bob.follow(other, &link).await;
            assert!(has_signed_in(&followed), "{}: {followed:?}", other.name());
            assert_eq!(bob.email(one).await.as_deref(), Some(email.as_str()));
            for server in [one, other] {
                let again = Person::new(ADDRESS).follow(server, &link).await;
                let refusal = format!("{}/error?error=Verification", ADDRESS.0);
                assert_eq!(again.header("location"), Some(refusal.as_str()));
            }
        }
    }
}

/// Both serve at the same time.
pub(super) async fn many_at_once(pair: &Pair) {
    let mut links = Vec::new();
    for number in 0..12 {
        let (one, other) = pair.both_ways()[number % 2];
        let mut person = Person::new(ADDRESS);
        let email = format!("many{number}@example.com");
        links.push((person.ask(one, &email).await, email, person, one, other));
    }
    let people = links
        .into_iter()
        .map(|(link, email, mut person, one, other)| async move {
            let followed = person.follow(other, &link).await;
            assert!(has_signed_in(&followed), "{}: {followed:?}", other.name());
            assert_eq!(person.email(one).await, Some(email.clone()));
            assert_eq!(person.email(other).await, Some(email));
        });
    futures_util::future::join_all(people).await;
}

/// The same link followed at both at once signs in once.
pub(super) async fn a_link_wins_once(pair: &Pair, layout: &Layout) {
    if !layout.tokens_are_atomic {
        return;
    }
    for round in 0..8 {
        let (asked, _) = pair.both_ways()[round % 2];
        let mut eve = Person::new(ADDRESS);
        let link = eve.ask(asked, "race@example.com").await;
        let mut twin = eve.clone();
        let (first, second) = tokio::join!(
            eve.follow(&pair.theirs, &link),
            twin.follow(&pair.ours, &link)
        );
        assert_ne!(
            has_signed_in(&first),
            has_signed_in(&second),
            "exactly one wins: {first:?} {second:?}"
        );
    }
}

/// Two links of a new person, followed at both at once: one user.
pub(super) async fn a_new_person_becomes_one_user(pair: &Pair, layout: &Layout) {
    if !layout.addresses_are_unique {
        return;
    }
    for round in 0..4 {
        let email = format!("new{round}@example.com");
        let mut one = Person::new(ADDRESS);
        let mut two = Person::new(ADDRESS);
        let their_link = one.ask(&pair.theirs, &email).await;
        let our_link = two.ask(&pair.ours, &email).await;
        let (_, ours) = tokio::join!(
            one.follow(&pair.theirs, &their_link),
            two.follow(&pair.ours, &our_link)
        );
        // Auth.js answers with an error where it comes second; we find the user who came first.
        assert!(has_signed_in(&ours), "{ours:?}");
        assert_eq!(two.email(&pair.theirs).await, Some(email.clone()));
        one.sign_in(&pair.theirs, &email).await;
        assert_eq!(one.email(&pair.ours).await, Some(email));
    }
}

/// Each extends sessions of the other by its own rules.
pub(super) async fn sessions_are_extended(pair: &Pair, layout: &Layout, database: &TestDatabase) {
    const DAY: i64 = 24 * 60 * 60;
    let with_days = |days: i64| {
        let options = authjs(layout, database, "database").with("maxAge", days * DAY);
        Server::AuthJs(options.start())
    };
    // Ours are good for 30 days, and extended when a day of them is used.
    let (brief, patient) = (with_days(10), with_days(60));
    for (maker, extender, before, after) in
        [(&brief, &pair.ours, 10, 30), (&pair.ours, &patient, 30, 60)]
    {
        let mut ann = Person::new(ADDRESS);
        ann.sign_in(maker, "long@example.com").await;
        assert_eq!(days_left(&mut ann, maker).await, before, "{}", maker.name());
        ann.session(extender).await;
        for server in [maker, extender] {
            assert_eq!(
                days_left(&mut ann, server).await,
                after,
                "{}",
                server.name()
            );
        }
    }
}

async fn days_left(person: &mut Person, at: &Server) -> i64 {
    let session = person.session(at).await;
    let expires: jiff::Timestamp = session["expires"]
        .as_str()
        .expect("a session expires")
        .parse()
        .expect("a time");
    let left = expires.duration_since(crate::interop::now());
    (left.as_secs() + 12 * 60 * 60) / (24 * 60 * 60)
}

/// A user made by one is the user at the other: the id in the token is the same.
pub(super) async fn both_find_the_same_user(pair: &Pair) {
    for (number, (one, other)) in pair.both_ways().into_iter().enumerate() {
        let email = format!("same{number}@example.com");
        let mut here = Person::new(ADDRESS);
        here.sign_in(one, &email).await;
        let mut there = Person::new(ADDRESS);
        there.sign_in(other, &email).await;
        let id = user_id(pair, &here).await;
        assert_eq!(id, user_id(pair, &there).await, "made by {}", one.name());
        assert!(id.is_string(), "{id}");
        assert_eq!(here.email(other).await, Some(email));
    }
}

/// As `getToken` reads it.
async fn user_id(pair: &Pair, person: &Person) -> Value {
    let Server::AuthJs(authjs) = &pair.theirs else {
        panic!("theirs is Auth.js");
    };
    let ask = serde_json::json!({ "secret": super::SECRET });
    let cookies = person.jar.header();
    let claims = authjs
        .tool("get-token", &ask, &[("cookie", &cookies)])
        .await;
    claims["sub"].clone()
}
