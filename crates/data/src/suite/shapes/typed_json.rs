//! Conditions on documents whose shape a `type` says, and on the nulls of others: the same answers everywhere.
//!
//! Source: contract zenstack §3.2.

use serde_json::{Value as Json, json};

use super::{Place, call, given, places_of, refused};
use crate::{ArgValue, Operation};

const SCHEMA: &str = r#"
    enum Level { LOW HIGH }
    type Address {
      country String
      zip     String?
    }
    type Job {
      title String
      pay   Float?
      tasks Task[]
    }
    type Task {
      name String
    }
    type Profile {
      name    String
      age     Int
      big     BigInt?
      price   Decimal?
      since   DateTime?
      level   Level?
      vip     Boolean?
      tags    String[]
      address Address?
      jobs    Job[]
    }
    model User {
      id      Int      @id
      profile Profile? @json
      jobs    Job[]    @json
      free    Json?
      must    Json     @default("{}")
    }
"#;

fn profiles() -> [Json; 4] {
    [
        json!({"name": "Alice", "age": 25, "big": 9007199254740993_i64, "price": "1.50", "since": "2026-01-02", "level": "HIGH", "vip": true, "tags": ["a", "b"],
            "address": {"country": "US"}, "jobs": [{"title": "Developer", "pay": 1.5, "tasks": [{"name": "x"}]}, {"title": "Designer", "pay": 3, "tasks": []}]}),
        json!({"name": "alice 50%", "age": 40, "price": "10", "since": "2026-03-01T00:00:00Z", "level": "LOW", "vip": false, "tags": [],
            "address": {"country": "DE", "zip": "1"}, "jobs": [{"title": "Designer", "pay": null, "tasks": [{"name": "y"}, {"name": "x"}]}]}),
        json!({"name": "Bob", "age": 9, "tags": ["b"], "address": null, "jobs": []}),
        json!({"name": "it's \"Ä\"", "age": -1, "tags": ["it's"], "jobs": []}),
    ]
}

async fn fill(place: &Place) {
    for (id, profile) in (1..).zip(profiles()) {
        let jobs = profile["jobs"].clone();
        let data = json!({"data": {"id": id, "profile": profile, "jobs": jobs}});
        given(place, "User", Operation::Create, data).await;
    }
    given(place, "User", Operation::Create, json!({"data": {"id": 5}})).await;
}

#[tokio::test]
async fn documents_are_found_by_their_members() {
    for place in &places_of(SCHEMA).await.places {
        fill(place).await;
        for (filter, expected) in [
            (json!({"name": "Alice"}), json!([1])),
            (json!({"name": "it's \"Ä\""}), json!([4])),
            (json!({"name": {"not": "Alice"}}), json!([2, 3, 4])),
            (json!({"name": {"in": ["Bob", "Alice"]}}), json!([1, 3])),
            (json!({"name": {"notIn": ["Bob", "Alice"]}}), json!([2, 4])),
            (json!({"name": {"in": []}}), json!([])),
            (json!({"name": {"contains": "50%"}}), json!([2])),
            (
                json!({"name": {"startsWith": "Bo", "endsWith": "ob"}}),
                json!([3]),
            ),
            (json!({"age": 25}), json!([1])),
            (json!({"age": {"gt": 9}}), json!([1, 2])),
            (json!({"age": {"lte": 9}}), json!([3, 4])),
            (json!({"age": {"between": [9, 25]}}), json!([1, 3])),
            (json!({"age": {"not": {"lt": 10}}}), json!([1, 2])),
            (json!({"big": 9007199254740993_i64}), json!([1])),
            (json!({"big": 7}), json!([])),
            (json!({"price": "1.5"}), json!([1])),
            (json!({"price": "10"}), json!([2])),
            (json!({"since": "2026-01-02T00:00:00Z"}), json!([1])),
            (json!({"since": {"gt": "2026-01-02"}}), json!([2])),
            (json!({"level": "HIGH"}), json!([1])),
            (json!({"level": {"not": "HIGH"}}), json!([2])),
            (json!({"vip": true}), json!([1])),
            (json!({"vip": {"not": true}}), json!([2])),
            (json!({"vip": null}), json!([3, 4, 5])),
            (json!({"tags": {"has": "b"}}), json!([1, 3])),
            (json!({"tags": {"hasEvery": ["a", "b"]}}), json!([1])),
            (json!({"tags": {"hasSome": ["a", "it's"]}}), json!([1, 4])),
            (json!({"tags": {"isEmpty": true}}), json!([2])),
            (json!({"tags": {"equals": ["b"]}}), json!([3])),
            (json!({"address": {"country": "US"}}), json!([1])),
            (json!({"address": {"zip": null}}), json!([1, 3, 4, 5])),
            (
                json!({"name": "Alice", "address": {"zip": null}}),
                json!([1]),
            ),
            (json!({"address": null}), json!([3, 4, 5])),
            (
                json!({"is": {"address": {"is": {"country": "DE"}}}}),
                json!([2]),
            ),
            (json!({"isNot": {"address": {"country": "US"}}}), json!([2])),
            (json!({"isNot": null}), json!([1, 2, 3, 4])),
            (
                json!({"jobs": {"some": {"title": "Designer"}}}),
                json!([1, 2]),
            ),
            (
                json!({"jobs": {"every": {"title": "Designer"}}}),
                json!([2, 3, 4, 5]),
            ),
            (
                json!({"jobs": {"none": {"title": "Designer"}}}),
                json!([3, 4, 5]),
            ),
            (
                json!({"jobs": {"every": {"title": {"startsWith": "De"}}, "some": {}}}),
                json!([1, 2]),
            ),
            (json!({"jobs": {"some": {"pay": {"gte": 3}}}}), json!([1])),
            (json!({"jobs": {"some": {"pay": null}}}), json!([2])),
            (
                json!({"jobs": {"some": {"title": "Designer", "tasks": {"some": {"name": "x"}}}}}),
                json!([2]),
            ),
            (
                json!({"jobs": {"some": {"tasks": {"none": {}}}}}),
                json!([1]),
            ),
            (json!({}), json!([1, 2, 3, 4, 5])),
            (
                json!({"path": "$.address.country", "equals": "DE"}),
                json!([2]),
            ),
        ] {
            let args = json!({"where": {"profile": filter}, "select": {"id": true}, "orderBy": {"id": "asc"}});
            let rows = given(place, "User", Operation::FindMany, args).await;
            let ids: Json = rows
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["id"].clone())
                .collect();
            assert_eq!(ids, expected, "{}: {filter}", place.name);
        }
        for (filter, expected) in [
            (json!({"jobs": {"some": {"title": "Designer"}}}), 2),
            (
                json!({"jobs": {"every": {"title": "Designer"}}, "id": {"lte": 2}}),
                1,
            ),
            (
                json!({"jobs": {"array_contains": {"title": "Designer", "pay": 3, "tasks": []}}}),
                1,
            ),
            (json!({"NOT": {"profile": {"name": "Alice"}}}), 3),
        ] {
            let count = given(place, "User", Operation::Count, json!({"where": filter})).await;
            assert_eq!(count, json!(expected), "{}: {filter}", place.name);
        }
        // Also of what is changed.
        let changed = json!({"where": {"profile": {"jobs": {"some": {"pay": {"gt": 1}}}}}, "data": {"free": 7}});
        assert_eq!(
            given(place, "User", Operation::UpdateMany, changed).await,
            json!({"count": 1}),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn what_a_type_does_not_have_is_refused() {
    let place = &places_of(SCHEMA).await.places[0];
    for (filter, expected) in [
        (
            json!({"nam": "x"}),
            "Unrecognized key: \"nam\", did you mean `name`? at \"where.profile\"",
        ),
        (
            json!({"name": "Alice", "path": "$.name", "equals": "Alice"}),
            "Unrecognized key: \"path\"",
        ),
        (
            json!({"name": 1}),
            "expected string, found number at \"where.profile.name\"",
        ),
        (json!({"name": null}), "at \"where.profile.name\""),
        (
            json!({"age": {"contains": "x"}}),
            "Unrecognized key: \"contains\" at \"where.profile.age\"",
        ),
        (json!({"level": "MID"}), "expected one of `LOW`, `HIGH`"),
        (json!({"level": {"gt": "LOW"}}), "Unrecognized key: \"gt\""),
        (
            json!({"jobs": {"title": "x"}}),
            "Unrecognized key: \"title\"",
        ),
        (
            json!({"jobs": {"some": {"nope": 1}}}),
            "Unrecognized key: \"nope\" at \"where.profile.jobs.some\"",
        ),
        (
            json!({"is": {"name": "x"}, "age": 1}),
            "Unrecognized key: \"age\"",
        ),
        (json!("x"), "at \"where.profile\""),
    ] {
        let told = refused(
            &place.client,
            "User",
            Operation::FindMany,
            json!({"where": {"profile": filter}}),
        )
        .await;
        assert!(told.contains(expected), "{filter}: {told}");
    }
    // Depth costs, so it ends.
    let deep = (0..40).fold(json!({"name": "x"}), |inner, _| json!({"is": inner}));
    assert!(
        call(
            &place.client,
            "User",
            Operation::FindMany,
            json!({"where": {"profile": deep}})
        )
        .await
        .is_ok()
    );
}

fn member(name: &str, value: ArgValue) -> ArgValue {
    ArgValue::Object(vec![(name.to_owned(), value)])
}

/// Source: contract zenstack §3.2 (null tokens) and §4.3.
#[tokio::test]
async fn the_nulls_of_documents_are_told_apart() {
    for place in &places_of(SCHEMA).await.places {
        for (id, free) in [
            (1, Some(ArgValue::JsonNull)),
            (2, Some(ArgValue::DbNull)),
            (3, None),
            (4, Some(member("a", ArgValue::Null))),
        ] {
            let mut data = vec![("id".to_owned(), ArgValue::Number(id.into()))];
            data.extend(free.map(|free| ("free".to_owned(), free)));
            let args = member("data", ArgValue::Object(data));
            place
                .client
                .call("User", Operation::Create, &args)
                .await
                .unwrap();
        }
        for (test, null, expected) in [
            ("equals", ArgValue::JsonNull, 1),
            ("equals", ArgValue::DbNull, 2),
            ("equals", ArgValue::AnyNull, 3),
            ("not", ArgValue::JsonNull, 3),
            ("not", ArgValue::DbNull, 2),
            ("not", ArgValue::AnyNull, 1),
        ] {
            let args = member("where", member("free", member(test, null.clone())));
            let count = place
                .client
                .call("User", Operation::Count, &args)
                .await
                .unwrap();
            let count = serde_json::to_value(&count).unwrap();
            assert_eq!(count, json!(expected), "{}: {test} {null:?}", place.name);
        }
        for (path, null, expected) in [
            ("$.a", ArgValue::JsonNull, 1),
            ("$.a", ArgValue::DbNull, 3),
            ("$.a", ArgValue::AnyNull, 4),
            ("$.b", ArgValue::JsonNull, 0),
            ("$.b", ArgValue::DbNull, 4),
        ] {
            let test = vec![
                ("path".to_owned(), ArgValue::Text(path.to_owned())),
                ("equals".to_owned(), null.clone()),
            ];
            let args = member("where", member("free", ArgValue::Object(test)));
            let count = place
                .client
                .call("User", Operation::Count, &args)
                .await
                .unwrap();
            let count = serde_json::to_value(&count).unwrap();
            assert_eq!(count, json!(expected), "{}: {path} {null:?}", place.name);
        }
    }
}

/// Source: contract zenstack §3.6 (lists).
#[tokio::test]
async fn documents_are_added_to_the_end_of_a_list() {
    for place in &places_of(SCHEMA).await.places {
        let job = |title: &str| json!({"title": title, "tasks": []});
        let profile = json!({"name": "x", "age": 1, "tags": [], "jobs": []});
        let create = json!({"data": {"id": 1, "profile": profile, "jobs": {"set": [job("it's \"a\"")]}}, "select": {"jobs": true}});
        let made = given(place, "User", Operation::Create, create).await;
        assert_eq!(made, json!({"jobs": [job("it's \"a\"")]}), "{}", place.name);
        for (change, expected) in [
            (json!({"push": job("b")}), vec!["it's \"a\"", "b"]),
            (
                json!({"push": [job("c"), job("d")]}),
                vec!["it's \"a\"", "b", "c", "d"],
            ),
            (json!({"push": []}), vec!["it's \"a\"", "b", "c", "d"]),
            (json!({"set": []}), vec![]),
            (json!({"push": [job("e")]}), vec!["e"]),
            (json!([job("f")]), vec!["f"]),
        ] {
            let update =
                json!({"where": {"id": 1}, "data": {"jobs": change}, "select": {"jobs": true}});
            let changed = given(place, "User", Operation::Update, update).await;
            let expected: Vec<_> = expected.into_iter().map(job).collect();
            assert_eq!(
                changed,
                json!({"jobs": expected}),
                "{}: {change}",
                place.name
            );
        }
        let many = json!({"data": {"jobs": {"push": {"title": "g", "pay": 1.5, "tasks": [{"name": "t"}]}}}});
        given(place, "User", Operation::UpdateMany, many).await;
        let found = json!({"where": {"jobs": {"some": {"pay": 1.5}}}});
        assert_eq!(
            given(place, "User", Operation::Count, found).await,
            json!(1),
            "{}",
            place.name
        );
        for (change, path) in [
            (
                json!({"push": {"title": 1, "tasks": []}}),
                "data.jobs.push.title",
            ),
            (
                json!({"push": [job("x"), {"tasks": []}]}),
                "data.jobs.push[1]",
            ),
            (json!({"push": job("x"), "set": []}), "data.jobs"),
        ] {
            let update = json!({"where": {"id": 1}, "data": {"jobs": change}});
            let told = refused(&place.client, "User", Operation::Update, update).await;
            assert!(told.contains(path), "{}: {told}", place.name);
        }
    }
}
