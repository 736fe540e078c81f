//! Live queries in Rust.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::select;
use serde_json::{Value as Json, json};

use super::{SCHEMA, args, soon, todo, user, woken, write};
use crate::live::{Asked, Live, LiveError, LiveOptions, LiveQuery, LiveStep, LiveUpdate};
use crate::suite::policies::support::person;
use crate::suite::support::{options, places_of};
use crate::{Client, Error, Operation};

fn all() -> Json {
    json!({"select": {"id": true, "text": true}, "orderBy": {"text": "asc"}})
}

async fn next(query: &mut LiveQuery) -> LiveUpdate {
    soon(query.next()).await.expect("it goes on").unwrap()
}

/// What is said, shortly.
fn said(update: LiveUpdate) -> Json {
    let step = |step: LiveStep| match step {
        LiveStep::Remove { at } => json!(["remove", at]),
        LiveStep::Move { from, to } => json!(["move", from, to]),
        LiveStep::Insert { at, row } => json!(["insert", at, row]),
        LiveStep::Replace { at, row } => json!(["replace", at, row]),
    };
    match update {
        LiveUpdate::Result(reply) => json!({ "result": reply }),
        LiveUpdate::Changes(steps) => json!(steps.into_iter().map(step).collect::<Vec<_>>()),
    }
}

#[tokio::test]
async fn the_result_comes_first_and_then_its_changes() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        user(db, "ann").await;
        for (id, text) in [(1, "bread"), (2, "milk"), (3, "tea"), (4, "wine")] {
            todo(db, id, text, "ann").await;
        }
        let live = Live::new(db, woken());
        let ann = db.for_user(person(json!({"id": "ann"})));
        let mut todos = live
            .query(&ann, "Todo", Operation::FindMany, args(all()))
            .unwrap();
        let row = |id: i64, text: &str| json!({"id": id, "text": text});
        let first =
            json!({"result": [row(1, "bread"), row(2, "milk"), row(3, "tea"), row(4, "wine")]});
        assert_eq!(said(next(&mut todos).await), first, "{}", place.name);

        todo(db, 5, "nuts", "ann").await;
        let insert = json!([["insert", 2, row(5, "nuts")]]);
        assert_eq!(said(next(&mut todos).await), insert, "{}", place.name);

        let update = json!({"where": {"id": 1}, "data": {"text": "zest"}});
        write(db, "Todo", Operation::Update, update).await;
        let moved = json!([["move", 0, 4], ["replace", 4, row(1, "zest")]]);
        assert_eq!(said(next(&mut todos).await), moved, "{}", place.name);

        write(db, "Todo", Operation::Delete, json!({"where": {"id": 3}})).await;
        assert_eq!(
            said(next(&mut todos).await),
            json!([["remove", 2]]),
            "{}",
            place.name
        );

        // What goes along with another row is seen as well: foreign keys do it.
        write(
            db,
            "User",
            Operation::Delete,
            json!({"where": {"id": "ann"}}),
        )
        .await;
        assert_eq!(
            said(next(&mut todos).await),
            json!({"result": []}),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn what_was_undone_wakes_nobody_and_a_transaction_wakes_once() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        user(db, "ann").await;
        let live = Live::new(db, woken());
        let count = json!({});
        let mut todos = live
            .query(db, "Todo", Operation::Count, args(count))
            .unwrap();
        assert_eq!(said(next(&mut todos).await), json!({"result": 0}));
        let undone: Result<(), Error> = db
            .transaction(async |tx: Client| {
                todo(&tx, 1, "milk", "ann").await;
                Err(Error::Busy)
            })
            .await;
        assert!(undone.is_err());
        let done: Result<(), Error> = db
            .transaction(async |tx: Client| {
                for id in 1..=20 {
                    todo(&tx, id, "milk", "ann").await;
                }
                Ok(())
            })
            .await;
        done.unwrap();
        assert_eq!(
            said(next(&mut todos).await),
            json!({"result": 20}),
            "{}",
            place.name
        );
        let raw = format!("DELETE FROM {} WHERE id > 5", quoted(db, "Todo"));
        db.raw(&raw, &[]).await.unwrap();
        assert_eq!(
            said(next(&mut todos).await),
            json!({"result": 5}),
            "{}",
            place.name
        );
    }
}

fn quoted(db: &Client, model: &str) -> String {
    let table = &db.schema().model(model).unwrap().table;
    hallpass_sql::identifier_text(table, db.dialect()).unwrap()
}

#[tokio::test]
async fn what_others_wrote_is_found_when_somebody_tells_or_at_the_next_look() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        user(db, "ann").await;
        let database = db.engine().database.clone();
        let schema = Arc::clone(&db.engine().schema);
        let other = Client::speaking(place.dialect, database, schema, options()).unwrap();
        let told = Live::new(db, woken());
        let looking = Live::new(
            db,
            LiveOptions {
                look_again: Duration::from_millis(20),
                ..woken()
            },
        );
        let count = || args(json!({}));
        let mut told = told.query(db, "Todo", Operation::Count, count()).unwrap();
        let mut looking = looking
            .query(db, "Todo", Operation::Count, count())
            .unwrap();
        assert_eq!(said(next(&mut told).await), json!({"result": 0}));
        assert_eq!(said(next(&mut looking).await), json!({"result": 0}));
        todo(&other, 1, "milk", "ann").await;
        assert_eq!(
            said(next(&mut looking).await),
            json!({"result": 1}),
            "{}",
            place.name
        );
        let table = &db.schema().model("Todo").unwrap().table;
        db.wakes().unwrap().added(table);
        assert_eq!(
            said(next(&mut told).await),
            json!({"result": 1}),
            "{}",
            place.name
        );
        todo(&other, 2, "milk", "ann").await;
        db.wakes().unwrap().anything();
        assert_eq!(
            said(next(&mut told).await),
            json!({"result": 2}),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn who_asks_is_asked_anew_before_each_read() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        user(db, "ann").await;
        user(db, "bob").await;
        todo(db, 1, "milk", "ann").await;
        todo(db, 2, "tea", "bob").await;
        let who = Arc::new(Mutex::new(Asked::Person(person(json!({"id": "ann"})))));
        let said_by = Arc::clone(&who);
        let live = Live::new(db, woken());
        let mut todos = live
            .query(db, "Todo", Operation::Count, args(json!({})))
            .unwrap()
            .asking(Box::new(move || {
                let who = said_by.lock().unwrap().clone();
                Box::pin(async move { who })
            }));
        assert_eq!(said(next(&mut todos).await), json!({"result": 1}));
        *who.lock().unwrap() = Asked::Person(person(json!({"id": "ann", "role": "ADMIN"})));
        db.wakes().unwrap().anything();
        assert_eq!(
            said(next(&mut todos).await),
            json!({"result": 2}),
            "{}",
            place.name
        );
        *who.lock().unwrap() = Asked::Over;
        db.wakes().unwrap().anything();
        assert!(soon(todos.next()).await.is_none(), "{}", place.name);
    }
}

/// Combined with others, sent on, and taken to another task.
#[tokio::test]
async fn a_live_query_is_a_stream() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        user(db, "ann").await;
        let live = Live::new(db, woken());
        let counted = async |model: &str| {
            let query = live.query(db, model, Operation::Count, args(json!({})));
            Box::pin(query.unwrap().into_stream())
        };
        let both = select(counted("User").await, counted("Todo").await);
        let mut said = both.map(|update| said(update.unwrap()));
        let mut first = [
            soon(said.next()).await.unwrap(),
            soon(said.next()).await.unwrap(),
        ];
        first.sort_by_key(Json::to_string);
        let expected = [json!({ "result": 0 }), json!({ "result": 1 })];
        assert_eq!(first, expected, "{}", place.name);
        let later = tokio::spawn(async move { (said.next().await, said) });
        todo(db, 1, "bread", "ann").await;
        let (told, mut said) = soon(later).await.unwrap();
        assert_eq!(told, Some(json!({ "result": 1 })), "{}", place.name);
        db.wakes().unwrap().close();
        assert_eq!(soon(said.next()).await, None, "{}", place.name);
    }
}

#[tokio::test]
async fn what_is_no_read_or_is_wrong_is_refused() {
    let places = places_of(SCHEMA).await;
    let db = &places.places[0].client;
    let live = Live::new(db, woken());
    let write = live.query(db, "Todo", Operation::Delete, args(json!({})));
    assert!(matches!(write, Err(LiveError::NoRead(Operation::Delete))));
    let wrong = args(json!({"where": {"nothing": 1}}));
    let mut wrong = live.query(db, "Todo", Operation::FindMany, wrong).unwrap();
    let refused = soon(wrong.next()).await.unwrap();
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    assert!(db.for_user(None).wakes().is_err());
}

#[tokio::test]
async fn all_end_when_the_program_does() {
    let places = places_of(SCHEMA).await;
    let db = &places.places[0].client;
    let live = Live::new(db, woken());
    let mut todos = live
        .query(db, "Todo", Operation::Count, args(json!({})))
        .unwrap();
    assert_eq!(said(next(&mut todos).await), json!({"result": 0}));
    assert_eq!(live.count(), 1);
    db.wakes().unwrap().close();
    assert!(soon(todos.next()).await.is_none());
    drop(todos);
    assert_eq!(live.count(), 0);
    assert!(!db.wakes().unwrap().is_awaited());
}
