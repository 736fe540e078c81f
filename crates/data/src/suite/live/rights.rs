//! What somebody may not see does not come, also when rights change while the stream goes on.

use serde_json::json;

use super::support::{Following, Who, service};
use super::{SCHEMA, todo, user, woken, write};
use crate::live::Asked;
use crate::suite::policies::support::person;
use crate::suite::support::places_of;
use crate::{Client, Operation};

async fn team(db: &Client, id: i64) {
    write(db, "Team", Operation::Create, json!({"data": {"id": id}})).await;
    let text = format!("secret of {id}");
    let note = json!({"data": {"id": id, "text": text, "teamId": id}});
    write(db, "Note", Operation::Create, note).await;
}

async fn join(db: &Client, id: i64, user: &str, team: i64) {
    let member = json!({"data": {"id": id, "userId": user, "teamId": team}});
    write(db, "Member", Operation::Create, member).await;
}

#[tokio::test]
async fn a_row_that_a_rule_gave_goes_when_what_the_rule_looked_at_goes() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        let service = service(db, woken());
        user(db, "ann").await;
        user(db, "bob").await;
        team(db, 1).await;
        team(db, 2).await;
        join(db, 1, "ann", 1).await;
        join(db, 2, "bob", 2).await;
        let args = json!({"select": {"id": true}, "orderBy": {"id": "asc"}});
        let mut notes = Following::begin(&service, &Who::is("ann"), "note", &args).await;
        assert_eq!(notes.data, json!([{"id": 1}]), "{}", place.name);
        join(db, 3, "ann", 2).await;
        notes.event().await;
        assert_eq!(notes.data, json!([{"id": 1}, {"id": 2}]), "{}", place.name);
        write(db, "Member", Operation::Delete, json!({"where": {"id": 1}})).await;
        notes.event().await;
        assert_eq!(notes.data, json!([{"id": 2}]), "{}", place.name);
        // What changes in the note is told no more: the next event is of the other.
        let other = json!({"where": {"id": 1}, "data": {"text": "more secret"}});
        write(db, "Note", Operation::Update, other).await;
        // Foreign keys remove the membership with the team.
        write(db, "Team", Operation::Delete, json!({"where": {"id": 2}})).await;
        let event = notes.event().await;
        assert_eq!(notes.data, json!([]), "{} {event:?}", place.name);
    }
}

#[tokio::test]
async fn a_person_who_loses_a_role_loses_what_it_gave() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        let service = service(db, woken());
        user(db, "ann").await;
        user(db, "bob").await;
        todo(db, 1, "milk", "ann").await;
        todo(db, 2, "tea", "bob").await;
        let who = Who::is("ann");
        who.becomes(Asked::Person(person(json!({"id": "ann", "role": "ADMIN"}))));
        let args = json!({"select": {"id": true}, "orderBy": {"id": "asc"}});
        let mut todos = Following::begin(&service, &who, "todo", &args).await;
        assert_eq!(todos.data, json!([{"id": 1}, {"id": 2}]), "{}", place.name);
        // The row of the person is looked at by rules, so whoever changes it wakes the stream.
        who.becomes(Asked::Person(person(json!({"id": "ann", "role": "USER"}))));
        let demoted = json!({"where": {"id": "ann"}, "data": {"role": "USER"}});
        write(db, "User", Operation::Update, demoted).await;
        todos.event().await;
        assert_eq!(todos.data, json!([{"id": 1}]), "{}", place.name);
        todo(db, 3, "of bob", "bob").await;
        todo(db, 4, "of ann", "ann").await;
        todos.event().await;
        assert_eq!(todos.data, json!([{"id": 1}, {"id": 4}]), "{}", place.name);
    }
}

#[tokio::test]
async fn an_ended_session_ends_the_stream_before_anything_is_told() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        let service = service(db, woken());
        user(db, "ann").await;
        let who = Who::is("ann");
        let mut todos = Following::begin(&service, &who, "todo", &json!({})).await;
        who.becomes(Asked::Over);
        todo(db, 1, "milk", "ann").await;
        let end = todos.event().await;
        assert_eq!(end.name, "end", "{}", place.name);
        assert_eq!(end.data, json!({"reason": "session"}));
        assert!(todos.is_over().await);
    }
}

#[tokio::test]
async fn streams_of_one_session_that_are_woken_together_ask_once_who_it_is() {
    let places = places_of(SCHEMA).await;
    let db = &places.places[0].client;
    let service = service(db, woken());
    user(db, "ann").await;
    let (one, other) = (Who::is("ann"), Who::is("ann"));
    let mut streams = Vec::new();
    for take in 1..=12 {
        let args = json!({"take": take, "orderBy": {"id": "desc"}});
        streams.push(Following::begin(&service, &one, "todo", &args).await);
    }
    let mut others = Following::begin(&service, &other, "todo", &json!({})).await;
    one.looks();
    other.looks();
    for id in 1..=3 {
        todo(db, id, "milk", "ann").await;
        for stream in &mut streams {
            stream.event().await;
            assert_eq!(stream.data[0]["id"], id);
        }
        // One where the machine is quick.
        let looks = one.looks();
        assert!((1..=6).contains(&looks), "{looks}");
        others.event().await;
        assert_eq!(other.looks(), 1);
    }
    // Nobody is given what another was told before it was so.
    one.becomes(Asked::Over);
    todo(db, 4, "tea", "ann").await;
    for stream in &mut streams {
        let end = stream.event().await;
        assert_eq!(end.data, json!({"reason": "session"}));
    }
    others.event().await;
    assert_eq!(others.data[3]["id"], 4);
}

#[tokio::test]
async fn what_cannot_be_told_is_told_when_it_can() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        let service = service(db, woken());
        user(db, "ann").await;
        let who = Who::is("ann");
        let mut todos = Following::begin(&service, &who, "todo", &json!({})).await;
        let known = who.clone();
        who.becomes(Asked::Unknown);
        todo(db, 1, "milk", "ann").await;
        let said = super::soon(todos.stream.next()).await.unwrap();
        assert!(said.starts_with(b": away"), "{said:?}");
        known.becomes(Asked::Person(person(json!({"id": "ann", "role": "USER"}))));
        todos.event().await;
        assert_eq!(todos.data[0]["id"], 1, "{}", place.name);
    }
}

#[tokio::test]
async fn persons_who_differ_in_what_rules_look_at_share_nothing() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        let service = service(db, woken());
        user(db, "ann").await;
        user(db, "bob").await;
        todo(db, 1, "milk", "bob").await;
        let args = json!({"select": {"id": true}});
        let admin = Who::is("ann");
        admin.becomes(Asked::Person(person(json!({"id": "ann", "role": "ADMIN"}))));
        for (who, expected) in [
            (admin, json!([{"id": 1}])),
            (Who::is("ann"), json!([])),
            (Who::is("bob"), json!([{"id": 1}])),
            (Who::nobody(), json!([])),
        ] {
            let todos = Following::begin(&service, &who, "todo", &args).await;
            assert_eq!(todos.data, expected, "{}", place.name);
        }
    }
}
