//! Live queries over HTTP: what is sent, and what is not.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::support::{Event, Following, Who, ask, service};
use super::{SCHEMA, soon, todo, user, woken, write};
use crate::http::DataService;
use crate::live::LiveOptions;
use crate::suite::support::places_of;
use crate::{Client, Operation};

/// What the same read gives.
async fn read(service: &DataService, who: &str, model: &str, args: &Json) -> Json {
    let person = crate::ArgValue::from_json(json!({"id": who, "role": "USER"})).unwrap();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", &args.to_string())
        .finish();
    let request = crate::http::Request {
        method: &http::Method::GET,
        path: &format!("/{model}/findMany"),
        query: &query,
        body: b"",
    };
    let response = service.rpc(Some(person), request).await;
    assert_eq!(response.status(), 200);
    serde_json::from_slice(response.body()).unwrap()
}

#[tokio::test]
async fn a_client_that_takes_every_event_has_what_a_read_gives() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        let service = service(db, woken());
        user(db, "ann").await;
        for id in 1..=8 {
            todo(db, id, &format!("{id}"), "ann").await;
        }
        let args = json!({"orderBy": {"text": "asc"}, "include": {"user": true, "tags": true}});
        let mut todos = Following::begin(&service, &Who::is("ann"), "todo", &args).await;
        let first = read(&service, "ann", "todo", &args).await;
        assert_eq!(todos.data, first["data"], "{}", place.name);

        let change = |operation, json: Json| write(db, "Todo", operation, json);
        let mut seen = Vec::new();
        let moved =
            json!({"where": {"id": 2}, "data": {"text": "7b", "size": 9_007_199_254_740_993_i64}});
        change(Operation::Update, moved).await;
        seen.push(todos.event().await);
        change(Operation::Delete, json!({"where": {"id": 1}})).await;
        seen.push(todos.event().await);
        let tagged =
            json!({"where": {"id": 3}, "data": {"tags": {"create": {"id": 1, "name": "blue"}}}});
        change(Operation::Update, tagged).await;
        seen.push(todos.event().await);
        // Only the related row is another.
        write(
            db,
            "Tag",
            Operation::Update,
            json!({"where": {"id": 1}, "data": {"name": "red"}}),
        )
        .await;
        seen.push(todos.event().await);
        let data = json!({"id": 9, "text": "0", "userId": "ann"});
        change(Operation::Create, json!({ "data": data })).await;
        seen.push(todos.event().await);
        assert!(
            seen.iter().all(|event| event.name == "change"),
            "{} {seen:?}",
            place.name
        );
        let now = read(&service, "ann", "todo", &args).await;
        assert_eq!(todos.data, now["data"], "{}", place.name);
        // What JSON has no form for is said as in a read, at its place below `data`.
        let [moved, ..] = &seen[..] else { panic!() };
        let at = moved.data["data"].as_array().unwrap().iter();
        let at = at
            .zip(0..)
            .find(|(step, _)| step["op"] == "replace")
            .unwrap()
            .1;
        let said = &moved.data["meta"]["serialization"]["values"][format!("{at}.row.size")];
        assert_eq!(*said, json!(["bigint"]), "{}", place.name);
    }
}

#[tokio::test]
async fn each_read_is_followed_in_its_own_form() {
    let places = places_of(SCHEMA).await;
    for place in &places.places {
        let db = &place.client;
        let service = service(db, woken());
        user(db, "ann").await;
        todo(db, 1, "milk", "ann").await;
        let who = Who::is("ann");
        let key = json!({"where": {"id": 2}, "select": {"text": true}});
        let all = [
            (
                "findUnique",
                key.clone(),
                json!(null),
                json!({"text": "tea"}),
            ),
            ("findFirst", key, json!(null), json!({"text": "tea"})),
            (
                "exists",
                json!({"where": {"id": 2}}),
                json!(false),
                json!(true),
            ),
            ("count", json!({}), json!(1), json!(2)),
            (
                "aggregate",
                json!({"_max": {"id": true}}),
                json!({"_max": {"id": 1}}),
                json!({"_max": {"id": 2}}),
            ),
            (
                "groupBy",
                json!({"by": ["done"], "_count": true}),
                json!([{"done": false, "_count": 1}]),
                json!([{"done": false, "_count": 2}]),
            ),
        ];
        let mut following = Vec::new();
        for (operation, args, before, _) in &all {
            let one = Following::read(&service, &who, "todo", operation, args).await;
            assert!(
                same(&one.data, before),
                "{} {operation} {}",
                place.name,
                one.data
            );
            following.push(one);
        }
        todo(db, 2, "tea", "ann").await;
        for (one, (operation, _, _, after)) in following.iter_mut().zip(&all) {
            assert_eq!(one.event().await.name, "result", "{operation}");
            assert!(
                same(&one.data, after),
                "{} {operation} {}",
                place.name,
                one.data
            );
        }
    }
}

/// Counts may come as number or as text, by the database.
fn same(one: &Json, other: &Json) -> bool {
    one.to_string().replace('"', "") == other.to_string().replace('"', "")
}

#[tokio::test]
async fn what_happens_while_nobody_takes_it_comes_as_one_event() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        let service = service(db, woken());
        user(db, "ann").await;
        let args = json!({"orderBy": {"id": "asc"}});
        let mut todos = Following::begin(&service, &Who::is("ann"), "todo", &args).await;
        for id in 1..=30 {
            todo(db, id, "milk", "ann").await;
        }
        todos.event().await;
        assert_eq!(todos.data.as_array().unwrap().len(), 30, "{}", place.name);
        write(db, "Todo", Operation::Delete, json!({"where": {"id": 30}})).await;
        let expected = Event {
            name: "change".to_owned(),
            data: json!({"data": [{"op": "remove", "at": 29}]}),
        };
        assert_eq!(todos.event().await, expected, "{}", place.name);
    }
}

/// How often a table was read.
fn reads(db: &Client, table: &str) -> usize {
    let sent = db.engine().sent.lock().unwrap();
    let of = |text: &&String| text.starts_with("SELECT") && text.to_lowercase().contains(table);
    sent.iter().filter(of).count()
}

#[tokio::test]
async fn all_who_ask_the_same_as_the_same_person_share_one_read() {
    let places = places_of(SCHEMA).await;
    let db = &places.places[0].client;
    let service = service(db, woken());
    user(db, "ann").await;
    user(db, "bob").await;
    let args = json!({});
    let mut all = Vec::new();
    for who in ["ann", "ann", "ann", "ann", "bob"] {
        all.push(Following::begin(&service, &Who::is(who), "todo", &args).await);
    }
    db.engine().sent.lock().unwrap().clear();
    todo(db, 1, "milk", "ann").await;
    let [anns @ .., bobs] = &mut all[..] else {
        panic!()
    };
    for one in anns {
        one.event().await;
        assert_eq!(one.data[0]["id"], 1);
    }
    // Bob has nothing new, and is told nothing: the next that he gets is this.
    todo(db, 2, "tea", "bob").await;
    bobs.event().await;
    assert_eq!(bobs.data[0]["id"], 2);
    assert!(reads(db, "todo") <= 3, "{:?}", db.engine().sent);
}

#[tokio::test]
async fn whoever_comes_back_gets_what_is_new_and_else_only_hears_so() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        user(db, "ann").await;
        todo(db, 1, "milk", "ann").await;
        let (ann, args) = (Who::is("ann"), json!({}));
        let mut todos = Following::begin(&service(db, woken()), &ann, "todo", &args).await;
        // Another process has other services, and the same names for what is the same.
        let other = service(db, woken());
        let again = async |known: &str| {
            let query = [("q", "{}")];
            let stream = ask(&other, &ann, "/todo/live", &query, Some(known)).await;
            let mut following = Following {
                stream: stream.unwrap(),
                data: json!("what it had"),
                id: String::new(),
            };
            let event = following.event().await;
            (event.name, following)
        };
        let (name, back) = again(&todos.id).await;
        assert_eq!(
            (name.as_str(), &back.id),
            ("ready", &todos.id),
            "{}",
            place.name
        );
        todo(db, 2, "tea", "ann").await;
        todos.event().await;
        let known = back.id;
        let (name, back) = again(&known).await;
        assert_eq!(
            (name.as_str(), &back.data),
            ("result", &todos.data),
            "{}",
            place.name
        );
        for wrong in ["", "x", "\u{e9}"] {
            assert_eq!(again(wrong).await.0, "result", "{} {wrong}", place.name);
        }
    }
}

#[tokio::test]
async fn a_table_that_the_read_does_not_look_at_wakes_nobody() {
    let places = places_of(SCHEMA).await;
    let db = &places.places[0].client;
    let service = service(db, woken());
    user(db, "ann").await;
    let mut todos = Following::begin(&service, &Who::is("ann"), "todo", &json!({})).await;
    db.engine().sent.lock().unwrap().clear();
    write(db, "Other", Operation::Create, json!({"data": {"id": 1}})).await;
    todo(db, 1, "milk", "ann").await;
    todos.event().await;
    assert_eq!(todos.data[0]["id"], 1);
    assert_eq!(reads(db, "todo"), 1);
}

#[tokio::test]
async fn silence_is_told_from_a_lost_connection() {
    let places = places_of(SCHEMA).await;
    let db = &places.places[0].client;
    let options = LiveOptions {
        heartbeat: Duration::from_millis(5),
        ..woken()
    };
    let service = service(db, options);
    let mut todos = Following::begin(&service, &Who::nobody(), "todo", &json!({})).await;
    for _ in 0..3 {
        let silence = soon(todos.stream.next()).await.unwrap();
        assert!(silence.starts_with(b":"), "{silence:?}");
    }
    db.wakes().unwrap().close();
    while let Some(silence) = soon(todos.stream.next()).await {
        assert!(silence.starts_with(b":"), "{silence:?}");
    }
}
