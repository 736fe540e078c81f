//! What is refused, and how much there may be.

use http::Method;
use serde_json::json;

use super::support::{Following, Who, ask, service};
use super::{SCHEMA, todo, user, woken, write};
use crate::Operation;
use crate::http::{DataService, Exposure, HttpOptions, Otherwise, Request};
use crate::live::{Live, LiveOptions};
use crate::suite::support::places_of;

#[tokio::test]
async fn what_cannot_be_followed_is_refused_as_reads_are() {
    let places = places_of(SCHEMA).await;
    let db = &places.places[0].client;
    let http = HttpOptions {
        exposure: Exposure {
            closed: vec!["Tag".to_owned()],
            otherwise: Otherwise::Open,
            ..Exposure::everything()
        },
        ..HttpOptions::default()
    };
    let live = Live::new(db, woken());
    let service = DataService::new(db.clone(), http).unwrap().with_live(&live);
    let long = format!("{{\"where\":{{\"text\":\"{}\"}}}}", "x".repeat(70_000));
    for (path, query, status, message) in [
        ("/nothing/live", vec![], 400, "unknown model name: nothing"),
        ("/tag/live", vec![], 400, "unknown model name: tag"),
        (
            "/todo/live",
            vec![("q", "{")],
            400,
            "invalid \"q\" query parameter",
        ),
        (
            "/todo/live",
            vec![("q", "{}"), ("q", "{}")],
            400,
            "invalid \"q\" query parameter",
        ),
        ("/todo/live", vec![("q", "[]")], 422, ""),
        (
            "/todo/live",
            vec![("q", "{\"where\":{\"nothing\":1}}")],
            422,
            "nothing",
        ),
        (
            "/todo/live",
            vec![("operation", "create")],
            400,
            "invalid operation: create",
        ),
        (
            "/todo/live",
            vec![("operation", "live")],
            400,
            "invalid operation: live",
        ),
        ("/todo/live", vec![("operation", "findUnique")], 422, ""),
        (
            "/todo/live",
            vec![("q", &long)],
            414,
            "the query string is longer",
        ),
        ("/%ff/live", vec![], 400, "invalid request path"),
    ] {
        let refused = ask(&service, &Who::is("ann"), path, &query, None).await;
        let (refused, body) = refused.unwrap_err();
        assert_eq!(refused, status, "{path} {query:?} {body}");
        let said = body["error"]["message"].as_str().unwrap();
        assert!(said.contains(message), "{path} {query:?} {said}");
    }
    assert_eq!(live.count(), 0);
    for path in [
        "/$procs/live",
        "/$transaction/live",
        "/todo/live/1",
        "/live",
        "/todo/lives",
    ] {
        assert!(!service.is_live(path), "{path}");
    }
    let post = Request {
        method: &Method::POST,
        path: "/todo/live",
        query: "",
        body: b"{}",
    };
    let without = DataService::new(db.clone(), HttpOptions::default()).unwrap();
    assert!(!without.is_live("/todo/live"));
    assert_eq!(without.rpc(None, post).await.status(), 400);
}

#[tokio::test]
async fn there_are_so_many_and_no_more() {
    let places = places_of(SCHEMA).await;
    let db = &places.places[0].client;
    let options = LiveOptions {
        queries: 4,
        queries_of_person: 2,
        ..woken()
    };
    let service = service(db, options);
    let (ann, bob, nobody) = (Who::is("ann"), Who::is("bob"), Who::nobody());
    let follow = async |who: &Who| ask(&service, who, "/todo/live", &[], None).await;
    let refused = async |who: &Who| {
        let (status, body) = follow(who).await.unwrap_err();
        assert_eq!(status, 503);
        body["error"]["message"].as_str().unwrap().to_owned()
    };
    let first = follow(&ann).await.unwrap();
    let second = follow(&ann).await.unwrap();
    assert!(refused(&ann).await.contains("you have too many"));
    drop(first);
    let third = follow(&ann).await.unwrap();
    // Strangers get half of all at most, also together.
    let strangers = [
        follow(&nobody).await.unwrap(),
        follow(&nobody).await.unwrap(),
    ];
    assert!(refused(&bob).await.contains("there are too many"));
    drop(third);
    assert!(refused(&nobody).await.contains("too many"));
    let bobs = follow(&bob).await.unwrap();
    drop((second, strangers, bobs));
    follow(&nobody).await.unwrap();
}

#[tokio::test]
async fn a_result_that_is_too_large_is_refused_and_ends_what_has_begun() {
    for place in &places_of(SCHEMA).await.places {
        let db = &place.client;
        user(db, "ann").await;
        for id in 1..=3 {
            todo(db, id, "milk", "ann").await;
        }
        let few = service(db, LiveOptions { rows: 3, ..woken() });
        let small = service(
            db,
            LiveOptions {
                result_bytes: 600,
                ..woken()
            },
        );
        let ann = Who::is("ann");
        let mut rows = Following::begin(&few, &ann, "todo", &json!({})).await;
        let mut bytes = Following::begin(&small, &ann, "todo", &json!({})).await;
        let text = "x".repeat(150);
        let longer = json!({"where": {"id": 1}, "data": {"text": text}});
        write(db, "Todo", Operation::Update, longer).await;
        rows.event().await;
        bytes.event().await;
        todo(db, 4, &text, "ann").await;
        for one in [&mut rows, &mut bytes] {
            let end = one.event().await;
            assert_eq!(
                (end.name.as_str(), &end.data),
                ("end", &json!({"reason": "refused"})),
                "{}",
                place.name
            );
            assert!(one.is_over().await);
        }
        let many = ask(&few, &ann, "/todo/live", &[], None).await.unwrap_err();
        assert_eq!(many.0, 422, "{many:?}");
        let large = ask(&small, &ann, "/todo/live", &[], None)
            .await
            .unwrap_err();
        assert_eq!(large.0, 413, "{large:?}");
    }
}

#[tokio::test]
async fn results_of_all_together_take_no_more_room_than_there_is() {
    let places = places_of(SCHEMA).await;
    let db = &places.places[0].client;
    user(db, "ann").await;
    todo(db, 1, &"x".repeat(3000), "ann").await;
    let options = LiveOptions {
        all_bytes: 10 << 10,
        ..woken()
    };
    let service = service(db, options);
    let (ann, bob) = (Who::is("ann"), Who::is("bob"));
    let text = |text: &str| json!({"where": {"text": {"not": text}}});
    let first = Following::begin(&service, &ann, "todo", &text("a")).await;
    let second = Following::begin(&service, &ann, "todo", &text("b")).await;
    let query = json!({"where": {"text": {"not": "c"}}}).to_string();
    let third = ask(&service, &ann, "/todo/live", &[("q", &query)], None).await;
    let (status, body) = third.unwrap_err();
    assert_eq!(status, 503, "{body}");
    // What is small finds room, and what goes makes some.
    let bobs = Following::begin(&service, &bob, "todo", &json!({})).await;
    drop((first, bobs));
    let third = ask(&service, &ann, "/todo/live", &[("q", &query)], None).await;
    third.unwrap();
    drop(second);
}
