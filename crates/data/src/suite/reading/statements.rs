//! How many statements a call sends, and which.

use serde_json::{Value as Json, json};

use super::{call, library};
use crate::suite::support::Place;
use crate::{Dialect, Operation};

async fn sent(place: &Place, model: &str, operation: Operation, args: Json) -> Vec<String> {
    let sent = &place.client.engine().sent;
    sent.lock().unwrap().clear();
    let shown = args.to_string();
    if let Err(error) = call(&place.client, model, operation, args).await {
        panic!("{}: {shown}: {error:?}", place.name);
    }
    std::mem::take(&mut *sent.lock().unwrap())
}

#[tokio::test]
async fn a_read_is_one_statement_or_one_a_relation_to_many() {
    let library = library().await;
    for place in &library.places {
        let documents = place.dialect.capability().json_rows.is_some();
        for (model, operation, args, levels) in [
            ("Post", Operation::FindMany, json!({}), 1),
            (
                "Post",
                Operation::FindUnique,
                json!({"where": {"id": 1}}),
                1,
            ),
            (
                "Post",
                Operation::Exists,
                json!({"where": {"comments": {"some": {}}}}),
                1,
            ),
            (
                "Post",
                Operation::FindFirst,
                json!({"where": {"author": {"posts": {"every": {"views": 1}}}}}),
                1,
            ),
            (
                "Post",
                Operation::FindMany,
                json!({"include": {"author": {"include": {"profile": true}}}}),
                1,
            ),
            (
                "Post",
                Operation::FindMany,
                json!({"include": {"_count": true}, "orderBy": {"author": {"name": "asc"}}}),
                1,
            ),
            (
                "Post",
                Operation::FindMany,
                json!({"cursor": {"id": 1}, "take": -2}),
                1,
            ),
            (
                "User",
                Operation::FindMany,
                json!({"include": {"posts": true}}),
                2,
            ),
            (
                "User",
                Operation::FindMany,
                json!({"include": {"posts": {"take": 1, "orderBy": {"id": "asc"}}}}),
                2,
            ),
            (
                "User",
                Operation::FindMany,
                json!({"include": {"posts": {"include": {"comments": true, "author": {"include": {"profile": true}}}}}}),
                3,
            ),
            (
                "User",
                Operation::FindMany,
                json!({"include": {"posts": true, "reviews": true}}),
                3,
            ),
            // Nobody is there whose posts could be read.
            (
                "User",
                Operation::FindMany,
                json!({"where": {"id": 99}, "include": {"posts": true}}),
                1,
            ),
        ] {
            let texts = sent(place, model, operation, args.clone()).await;
            let expected = if documents { 1 } else { levels };
            assert_eq!(texts.len(), expected, "{} {args} {texts:#?}", place.name);
        }
    }
}

#[tokio::test]
async fn calls_of_one_shape_are_one_text() {
    let library = library().await;
    for place in &library.places {
        let shapes = [
            [
                json!({"where": {"id": 1}, "take": 5}),
                json!({"where": {"id": 2}, "take": 7}),
            ],
            [
                json!({"where": {"title": {"contains": "a"}}, "include": {"comments": {"take": 1}}}),
                json!({"where": {"title": {"contains": "b"}}, "include": {"comments": {"take": 9}}}),
            ],
            [
                json!({"where": {"id": {"in": [1, 2, 3, 4, 5, 6, 7, 8, 9]}}}),
                json!({"where": {"id": {"in": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}}}),
            ],
        ];
        for [one, other] in shapes {
            let first = sent(place, "Post", Operation::FindMany, one.clone()).await;
            let second = sent(place, "Post", Operation::FindMany, other).await;
            assert_eq!(first[0], second[0], "{} {one}", place.name);
        }
    }
}

/// The statements of a corpus of calls: PostgreSQL's, and what each other database is told instead.
#[tokio::test]
async fn statements_of_a_corpus() {
    let library = library().await;
    let corpus = [
        (
            "flat",
            "User",
            json!({"where": {"name": "x"}, "orderBy": {"id": "asc"}, "take": 2}),
        ),
        (
            "joined",
            "Post",
            json!({"select": {"id": true, "author": {"select": {"name": true}}}}),
        ),
        (
            "rows",
            "User",
            json!({"select": {"id": true, "posts": {"select": {"id": true, "price": true, "at": true, "meta": true, "picture": true, "weight": true}}}}),
        ),
        (
            "page of rows",
            "User",
            json!({"select": {"id": true, "posts": {"select": {"id": true}, "orderBy": {"id": "desc"}, "take": 3, "skip": 1}}}),
        ),
        (
            "deep",
            "User",
            json!({"select": {"id": true, "posts": {"select": {"id": true, "comments": {"select": {"id": true, "post": {"select": {"title": true}}}}}}}}),
        ),
        (
            "some",
            "User",
            json!({"select": {"id": true}, "where": {"posts": {"some": {"comments": {"none": {"text": "x"}}}}}}),
        ),
        (
            "every",
            "User",
            json!({"select": {"id": true}, "where": {"posts": {"every": {"done": true}}}}),
        ),
        (
            "count",
            "User",
            json!({"select": {"id": true, "_count": {"select": {"posts": {"where": {"done": true}}}}}}),
        ),
        (
            "cursor",
            "Post",
            json!({"select": {"id": true}, "cursor": {"id": 3}, "orderBy": [{"done": "desc"}], "take": 2}),
        ),
        (
            "order by relations",
            "Post",
            json!({"select": {"id": true}, "orderBy": [{"author": {"name": "asc"}}, {"comments": {"_count": "desc"}}]}),
        ),
    ];
    let mut lines = Vec::new();
    for (name, model, args) in corpus {
        lines.push(format!("## {name}: {model} {args}"));
        let mut said: Vec<(Dialect, Vec<String>)> = Vec::new();
        for place in &library.places {
            // In an order of its own for each place, because not every machine has every database.
            let texts = sent(place, model, Operation::FindMany, args.clone()).await;
            let texts = texts
                .into_iter()
                .map(|text| text.replace("mysql_", ""))
                .collect();
            said.push((place.dialect, texts));
        }
        said.sort_by_key(|(dialect, _)| *dialect != Dialect::Postgres);
        for (position, (dialect, texts)) in said.iter().enumerate() {
            let same = said[..position].iter().find(|(_, before)| before == texts);
            match same {
                Some((before, _)) => lines.push(format!("{dialect}: as {before}")),
                None => lines.extend(texts.iter().map(|text| format!("{dialect}: {text}"))),
            }
        }
        lines.push(String::new());
    }
    if library.places.len() < 4 {
        eprintln!("not every database is there: the corpus is not compared");
        return;
    }
    insta::assert_snapshot!(lines.join("\n"));
}
