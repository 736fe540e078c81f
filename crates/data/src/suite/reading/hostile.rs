//! What is sent to break things: it is refused, or it is only a value.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{SCHEMA, call, found, ids, library, refused};
use crate::suite::support::{options, schema};
use crate::{ArgValue, Client, Operation};

const ATTEMPTS: [&str; 9] = [
    "'; DROP TABLE \"User\"; --",
    "\"; DROP TABLE User; --",
    "` OR 1=1 --",
    "\\' OR 1=1 --",
    "$1",
    "?",
    "!%_",
    "/* */",
    "\u{202e}\u{feff}🦀",
];

#[tokio::test]
async fn texts_are_values_whatever_they_hold() {
    let library = library().await;
    for place in &library.places {
        for attempt in ATTEMPTS {
            for filter in [
                json!({"title": attempt}),
                json!({"title": {"contains": attempt}}),
                json!({"title": {"in": [attempt, attempt]}}),
                json!({"comments": {"some": {"text": {"endsWith": attempt}}}}),
                json!({"author": {"name": {"startsWith": attempt}}}),
            ] {
                let found = ids(place, "Post", filter.clone()).await;
                assert_eq!(found, json!([]), "{} {filter}", place.name);
            }
            let post = place
                .client
                .create("Comment")
                .set("id", 99)
                .set("postId", 1);
            post.set("text", attempt).run().await.unwrap();
            for filter in [
                json!({"text": attempt}),
                json!({"text": {"contains": attempt}}),
            ] {
                let found = ids(place, "Comment", filter.clone()).await;
                assert_eq!(found, json!([99]), "{} {filter}", place.name);
            }
            let comments = json!({"where": {"text": attempt}, "select": {"text": true}});
            let args = json!({"where": {"id": 1}, "select": {"comments": comments}});
            let rows = found(place, "Post", args).await;
            assert_eq!(
                rows,
                json!([{"comments": [{"text": attempt}]}]),
                "{}",
                place.name
            );
            let gone = place
                .client
                .delete("Comment")
                .filter(crate::field("id").eq(99));
            gone.run().await.unwrap();
        }
        assert_eq!(
            ids(place, "User", json!({})).await,
            json!([1, 2, 3]),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn names_are_those_of_the_schema() {
    let library = library().await;
    for place in &library.places {
        for attempt in ATTEMPTS {
            for args in [
                json!({"where": {attempt: 1}}),
                json!({"orderBy": {attempt: "asc"}}),
                json!({"orderBy": {"id": attempt}}),
                json!({"select": {attempt: true}}),
                json!({"include": {attempt: true}}),
                json!({"include": {"posts": {"where": {attempt: 1}}}}),
                json!({"where": {"id": {attempt: 1}}}),
                json!({attempt: 1}),
            ] {
                let told = refused(&place.client, "User", Operation::FindMany, args.clone()).await;
                assert!(
                    told.starts_with("Invalid findMany args"),
                    "{} {args}: {told}",
                    place.name
                );
            }
            let told = refused(&place.client, attempt, Operation::FindMany, json!({})).await;
            assert!(told.starts_with("there is no model"), "{told}");
        }
        let long = "x".repeat(10_000);
        let told = refused(
            &place.client,
            "User",
            Operation::FindMany,
            json!({"where": {long: 1}}),
        )
        .await;
        assert!(told.len() < 250, "{told}");
    }
}

#[tokio::test]
async fn numbers_of_any_size() {
    let library = library().await;
    for place in &library.places {
        let all = json!([1, 2, 3]);
        for (args, expected) in [
            (json!({"take": i64::MAX}), &all),
            (json!({"take": i64::MIN}), &all),
            (json!({"take": 9_007_199_254_740_991_i64}), &all),
            (json!({"skip": i64::MAX}), &json!([])),
            (json!({"take": i64::MAX, "skip": i64::MAX}), &json!([])),
        ] {
            let mut args = args;
            args["orderBy"] = json!({"id": "asc"});
            let rows = found(place, "User", args.clone()).await;
            assert_eq!(
                super::column(&rows, "id"),
                *expected,
                "{} {args}",
                place.name
            );
            let mut posts = args.clone();
            posts["select"] = json!({"id": true});
            let nested = json!({"where": {"id": 1}, "select": {"posts": posts}});
            let rows = found(place, "User", nested).await;
            let count = rows[0]["posts"].as_array().unwrap().len();
            assert_eq!(
                count,
                expected.as_array().unwrap().len(),
                "{} {args}",
                place.name
            );
        }
        for take in [json!(1e300), json!(u64::MAX)] {
            let told = refused(
                &place.client,
                "User",
                Operation::FindMany,
                json!({"take": take}),
            )
            .await;
            assert!(
                told.contains("expected a whole number at \"take\""),
                "{told}"
            );
        }
    }
}

#[tokio::test]
async fn depth_and_breadth_are_bounded() {
    let library = library().await;
    for place in &library.places {
        // As deep as arguments may be.
        let deep = (0..30).fold(json!(true), |inner, level| {
            if level % 2 == 0 {
                json!({"select": {"author": inner}})
            } else {
                json!({"select": {"posts": {"select": inner["select"], "take": 1}}})
            }
        });
        let outcome = call(&place.client, "User", Operation::FindMany, deep).await;
        assert!(outcome.is_ok(), "{} {:?}", place.name, outcome.err());
        // Arguments that somebody made without looking at their depth.
        let mut bottomless = ArgValue::Null;
        for _ in 0..200 {
            bottomless = ArgValue::Object(vec![("NOT".to_owned(), bottomless)]);
        }
        let args = ArgValue::Object(vec![("where".to_owned(), bottomless)]);
        let told = place
            .client
            .call("User", Operation::FindMany, &args)
            .await
            .unwrap_err();
        assert!(told.to_string().contains("nests too deep"), "{told}");
        let wide: Vec<_> = (0..500)
            .map(|_| json!({"comments": {"some": {}}}))
            .collect();
        let told = refused(
            &place.client,
            "Post",
            Operation::FindMany,
            json!({"where": {"OR": wide}}),
        )
        .await;
        assert!(
            told.contains("at most 200 relations in one call at \"where.OR[200].comments\""),
            "{told}"
        );
    }
}

fn arguments() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
        prop::sample::select(vec!["asc", "desc", "Ann", "USER", "2026-01-01"]).prop_map(Json::from),
    ];
    let names = prop::sample::select(vec![
        "where",
        "select",
        "include",
        "omit",
        "orderBy",
        "take",
        "skip",
        "cursor",
        "distinct",
        "id",
        "name",
        "posts",
        "author",
        "comments",
        "_count",
        "some",
        "every",
        "none",
        "is",
        "isNot",
        "AND",
        "OR",
        "NOT",
        "in",
        "not",
        "equals",
        "between",
        "contains",
        "mode",
        "title",
        "views",
        "meta",
        "price",
        "at",
        "picture",
        "row_number",
        "sort",
        "nulls",
    ]);
    leaf.prop_recursive(6, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((names.clone(), inner), 0..5).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

#[test]
fn no_arguments_make_us_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let database = runtime.block_on(hallpass_db::testing::sqlite());
    let client = Client::new(database.database.clone(), schema(SCHEMA).into(), options()).unwrap();
    runtime.block_on(client.create_missing_tables()).unwrap();
    proptest!(ProptestConfig::with_cases(600), |(args in arguments(), model in prop::sample::select(vec!["User", "Post", "Seat"]))| {
        for operation in [Operation::FindMany, Operation::FindUnique, Operation::FindFirst, Operation::Exists] {
            let result = runtime.block_on(call(&client, model, operation, args.clone()));
            // What passes the reader, the database understands.
            if let Err(error) = result {
                prop_assert!(
                    matches!(error, crate::Error::Invalid(_) | crate::Error::NotSupported(_)),
                    "{} {}: {:?}", operation, args, error
                );
            }
        }
    });
}
