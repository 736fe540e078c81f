//! How many statements a write sends: one where it can be, and never one a row.

use serde_json::{Value as Json, json};

use super::SCHEMA;
use crate::Operation;
use crate::suite::support::{Place, call, places_of};

async fn sent(place: &Place, model: &str, operation: Operation, args: Json) -> (Json, usize) {
    let sent = &place.client.engine().sent;
    sent.lock().unwrap().clear();
    let shown = args.to_string();
    match call(&place.client, model, operation, args).await {
        Ok(reply) => (reply, sent.lock().unwrap().len()),
        Err(error) => panic!("{}: {shown}: {error:?}", place.name),
    }
}

#[tokio::test]
async fn a_write_of_columns_is_one_statement() {
    for place in &places_of(SCHEMA).await.places {
        let capability = place.dialect.capability();
        let returning = |able: bool, otherwise: usize| if able { 1 } else { otherwise };
        for (model, operation, args, statements) in [
            (
                "User",
                Operation::Create,
                json!({"data": {"email": "a@x.org"}}),
                returning(capability.insert_returning, 2),
            ),
            (
                "User",
                Operation::Create,
                json!({"data": {"email": "b@x.org"}, "select": {"id": true}}),
                returning(capability.insert_returning, 2),
            ),
            // Of a row that is located, changed and read.
            (
                "User",
                Operation::Update,
                json!({"where": {"email": "a@x.org"}, "data": {"name": "A"}}),
                returning(capability.update_returning, 4),
            ),
            (
                "User",
                Operation::UpdateMany,
                json!({"data": {"name": "A"}}),
                1,
            ),
            (
                "User",
                Operation::Delete,
                json!({"where": {"email": "b@x.org"}}),
                returning(capability.delete_returning, 2),
            ),
            (
                "Pair",
                Operation::CreateMany,
                json!({"data": (0..100).map(|n| json!({"a": n, "b": n})).collect::<Vec<_>>()}),
                1,
            ),
            (
                "Pair",
                Operation::UpdateMany,
                json!({"where": {"a": 1}, "data": {"n": {"increment": 1}}}),
                1,
            ),
            ("Pair", Operation::DeleteMany, json!({"where": {"a": 1}}), 1),
        ] {
            let shown = args.to_string();
            let (_, count) = sent(place, model, operation, args).await;
            assert_eq!(count, statements, "{} {operation} {shown}", place.name);
        }
    }
}

#[tokio::test]
async fn rows_that_belong_to_one_are_one_statement_a_level() {
    for place in &places_of(SCHEMA).await.places {
        let comments = |post: usize| {
            (0..20)
                .map(|n| json!({"text": format!("{post} {n}")}))
                .collect::<Vec<_>>()
        };
        let posts: Vec<_> = (0..20)
            .map(|post| json!({"title": format!("{post}"), "comments": {"create": comments(post)}}))
            .collect();
        let data = json!({"email": "ann@example.org", "posts": {"create": posts}, "profile": {"create": {"bio": "x"}}});
        let args = json!({"data": data, "include": {"posts": {"include": {"comments": true}}}});
        let (ann, count) = sent(place, "User", Operation::Create, args).await;
        assert_eq!(ann["posts"].as_array().unwrap().len(), 20, "{}", place.name);
        assert_eq!(ann["posts"][0]["comments"].as_array().unwrap().len(), 20);
        // The user, posts, comments, the profile, and the read, which takes a statement a level on one of them.
        let reads = if place.dialect.capability().json_rows.is_some() {
            1
        } else {
            3
        };
        assert_eq!(count, 4 + reads, "{}", place.name);
        let ids: Vec<_> = ann["posts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|post| json!({"id": post["id"]}))
            .collect();
        let data = json!({"email": "bob@example.org", "posts": {"connect": ids}});
        let (_, count) = sent(place, "User", Operation::Create, json!({"data": data})).await;
        assert_eq!(count, 3, "{}: added, connected, read", place.name);
    }
}

#[tokio::test]
async fn a_result_is_what_was_selected() {
    for place in &places_of(SCHEMA).await.places {
        let data =
            json!({"email": "ann@example.org", "posts": {"create": {"id": "a", "title": "A"}}});
        let select = json!({"email": true, "posts": {"select": {"title": true}}, "_count": {"select": {"posts": true}}});
        let (ann, _) = sent(
            place,
            "User",
            Operation::Create,
            json!({"data": data, "select": select}),
        )
        .await;
        let expected =
            json!({"email": "ann@example.org", "posts": [{"title": "A"}], "_count": {"posts": 1}});
        assert_eq!(ann, expected, "{}", place.name);
        let args = json!({"where": {"id": "a"}, "data": {"title": "B"}, "include": {"author": {"select": {"email": true}}}, "omit": {"slug": true}});
        let (post, _) = sent(place, "Post", Operation::Update, args).await;
        assert_eq!(
            post["author"],
            json!({"email": "ann@example.org"}),
            "{}",
            place.name
        );
        assert_eq!((post.get("slug"), &post["title"]), (None, &json!("B")));
        let args = json!({"where": {"id": "a"}, "select": {"title": true, "author": {"select": {"email": true}}}});
        let (gone, _) = sent(place, "Post", Operation::Delete, args).await;
        assert_eq!(
            gone,
            json!({"title": "B", "author": {"email": "ann@example.org"}}),
            "{}",
            place.name
        );
        let args = json!({"where": {"posts": {"none": {}}}, "data": {"name": "alone"}});
        let (count, _) = sent(place, "User", Operation::UpdateMany, args).await;
        assert_eq!(
            count,
            json!({"count": 1}),
            "{}: a filter through a relation",
            place.name
        );
        let args = json!({"where": {"posts": {"none": {}}}});
        let (count, _) = sent(place, "User", Operation::DeleteMany, args).await;
        assert_eq!(count, json!({"count": 1}), "{}", place.name);
    }
}
