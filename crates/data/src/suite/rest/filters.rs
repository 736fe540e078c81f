use hallpass_sql::Dialect;
use serde_json::json;

use super::support::{Served, everything, served, served_with_lists};
use crate::suite::support::{options, places_of, schema};
use crate::{Client, ClientOptions, DialectVersion};

#[tokio::test]
async fn filters_say_which() {
    for db in served().await.all {
        db.seed().await;
        let rows = [
            ("filter[id]=2", vec![2]),
            ("filter[id]=1,3", vec![1, 3]),
            ("filter[id$gt]=1", vec![2, 3]),
            ("filter[title]=one", vec![1]),
            ("filter[title]=one,two,nine", vec![1, 2]),
            ("filter[title]=nine", vec![]),
            ("filter[title$contains]=e", vec![1, 3]),
            ("filter[title$icontains]=T", vec![2, 3]),
            ("filter[title$startsWith]=t", vec![2, 3]),
            ("filter[title$endsWith]=e", vec![1, 3]),
            ("filter[title$between]=,p", vec![1]),
            ("filter[title$between]=p,", vec![]),
            ("filter[views]=2", vec![2]),
            ("filter[views$lt]=2", vec![1]),
            ("filter[views$lte]=2", vec![1, 2]),
            ("filter[views$gt]=2", vec![3]),
            ("filter[views$gte]=2", vec![2, 3]),
            ("filter[views$between]=2,3", vec![2, 3]),
            ("filter[views$between]=3,2", vec![]),
            ("filter[done]=true", vec![2]),
            ("filter[done]=false", vec![1, 3]),
            ("filter[level]=LOW", vec![1, 3]),
            ("filter[level]=LOW,HIGH", vec![1, 2, 3]),
            ("filter[at]=2026-01-01", vec![1]),
            (
                "filter[at$between]=2026-01-01T00:00:00.000Z,2026-01-01T01:00:00%2B01:00",
                vec![1],
            ),
            ("filter[at$gt]=2026-02-01", vec![3]),
            // Both must hold.
            ("filter[views$gt]=1&filter[done]=false", vec![3]),
            ("filter[views$gt]=1&filter[views$gt]=2", vec![3]),
            // Through relations.
            ("filter[author]=ann", vec![1, 2]),
            ("filter[author]=ann,bob", vec![1, 2, 3]),
            ("filter[author][email]=bob@example.org", vec![3]),
            ("filter[author][passport][country]=IT", vec![1, 2]),
            ("filter[comments]=1", vec![1]),
            ("filter[comments]=1,2,7", vec![1, 3]),
            ("filter[comments][text]=c2", vec![3]),
            ("filter[tags]=red", vec![1, 2]),
            ("filter[likes]=1_bob", vec![1]),
            ("filter[likes]=1_bob,2_bob", vec![1]),
            ("filter[likes][strong]=true", vec![1]),
            ("filter[likes][person][id]=bob", vec![1]),
            // Says nothing.
            ("filter[title]=", vec![1, 2, 3]),
            ("other=1", vec![1, 2, 3]),
        ];
        for (query, expected) in rows {
            let answer = db.get(&format!("/post?sort=id&{query}")).await;
            let expected: Vec<_> = expected.into_iter().map(|id| json!(id)).collect();
            assert_eq!(answer.ids(), expected, "{} {query}", db.name);
            assert_eq!(
                answer.body["meta"]["total"],
                json!(expected.len()),
                "{} {query}",
                db.name
            );
        }
        let rows = [
            ("/person?filter[id]=ann,bob", 2),
            ("/person?filter[key]=ann", 1),
            ("/person?filter[posts]=3", 1),
            ("/person?filter[posts][done]=true", 1),
            (r#"/person?filter[home]={"city":"Rome"}"#, 1),
            (r#"/person?filter[home]={"city":"Oslo"}"#, 0),
            (r#"/post?filter[data]={"a":1}"#, 1),
            ("/like?filter[id]=1_bob", 1),
            ("/like?filter[id]=1_bob,1_ann", 1),
            ("/like?filter[id]=2_bob", 0),
            ("/person/ann/posts?filter[views]=2", 1),
            ("/person/bob/posts?filter[views]=2", 0),
            ("/person/ann/relationships/posts?filter[views]=2", 1),
        ];
        for (address, expected) in rows {
            let answer = db.get(address).await;
            assert_eq!(answer.ids().len(), expected, "{} {address}", db.name);
        }
    }
}

#[tokio::test]
async fn sort_says_in_which_order() {
    for db in served().await.all {
        db.seed().await;
        let rows = [
            ("sort=views", [1, 2, 3]),
            ("sort=-views", [3, 2, 1]),
            ("sort=id", [1, 2, 3]),
            ("sort=-id", [3, 2, 1]),
            ("sort=-author,-id", [3, 2, 1]),
            ("sort=author.email,-views", [2, 1, 3]),
            ("sort=-author.email,views", [3, 1, 2]),
            ("sort=done,-views", [3, 1, 2]),
            ("sort=done&sort=-views", [3, 1, 2]),
            // Ties are broken in the direction of the last key.
            ("sort=-authorKey", [3, 2, 1]),
            ("sort=authorKey", [1, 2, 3]),
        ];
        for (query, expected) in rows {
            let answer = db.get(&format!("/post?{query}")).await;
            let expected = expected.map(|id| json!(id));
            assert_eq!(answer.ids(), expected, "{} {query}", db.name);
        }
        let answer = db.get("/person/ann/posts?sort=-author.email,-id").await;
        assert_eq!(answer.ids(), [json!(2), json!(1)], "{}", db.name);
        let answer = db.get("/person/ann/relationships/posts?sort=-views").await;
        assert_eq!(answer.ids(), [json!(2), json!(1)], "{}", db.name);
        db.add(
            "Note",
            json!({"id": 1, "text": "n", "postId": 1, "personKey": "bob"}),
        )
        .await;
        let answer = db.get("/note?sort=like").await;
        assert_eq!(answer.ids(), [json!(1)], "{}", db.name);
    }
}

const LISTS: &str = r#"
    datasource db { provider = "postgresql" }
    enum Mood { CALM LOUD }
    model Row {
      id      Int      @id
      words   String[]
      numbers Int[]
      moods   Mood[]
      title   String   @fullText
      other   String
    }
"#;

async fn fill(db: &Served) {
    for (id, words, numbers, moods, title) in [
        (
            1,
            json!(["a", "b"]),
            json!([1, 2]),
            json!(["CALM"]),
            "The quick brown fox",
        ),
        (
            2,
            json!(["b"]),
            json!([2]),
            json!(["CALM", "LOUD"]),
            "A cat and a fox",
        ),
        (3, json!([]), json!([]), json!([]), "A cat"),
    ] {
        let row = json!({
            "id": id, "words": words, "numbers": numbers, "moods": moods, "title": title, "other": title,
        });
        db.add("Row", row).await;
    }
}

#[tokio::test]
async fn lists_are_filtered_by_what_is_in_them() {
    for db in served_with_lists(LISTS, DialectVersion::Three).await.all {
        fill(&db).await;
        for (filter, expected) in [
            ("[words$has]=b", &[1, 2][..]),
            ("[words$has]=a", &[1]),
            ("[words$has]=c", &[]),
            ("[words$hasEvery]=a,b", &[1]),
            ("[words$hasSome]=a,b", &[1, 2]),
            ("[words$hasSome]=a,c", &[1]),
            ("[words$isEmpty]=true", &[3]),
            ("[words$isEmpty]=false", &[1, 2]),
            ("[words]=a,b", &[1]),
            ("[words]=b", &[2]),
            ("[numbers$has]=2", &[1, 2]),
            ("[numbers$hasEvery]=1,2", &[1]),
            ("[numbers$hasSome]=1,3", &[1]),
            ("[moods$has]=LOUD", &[2]),
            ("[moods$hasEvery]=LOUD,CALM", &[2]),
            ("[moods$isEmpty]=true", &[3]),
            ("[title$search]=fox", &[1, 2]),
            ("[title$search]=cat%20%26%20fox", &[2]),
            ("[title$search]=cat%20%7C%20quick", &[1, 2, 3]),
        ] {
            let answer = db.get(&format!("/row?sort=id&filter{filter}")).await;
            let expected: Vec<_> = expected.iter().map(|id| json!(id)).collect();
            assert_eq!(answer.ids(), expected, "{} {filter}", db.name);
        }
        for (filter, status, code) in [
            ("[words$isEmpty]=yes", 400, "invalid-value"),
            ("[numbers$has]=x", 400, "invalid-value"),
            ("[moods$has]=NONE", 400, "invalid-value"),
            ("[words$contains]=a", 400, "invalid-filter"),
            ("[title$has]=a", 400, "invalid-filter"),
            ("[numbers$search]=a", 400, "invalid-filter"),
            // Only fields that say so are looked through for words.
            ("[other$search]=fox", 422, "validation-error"),
        ] {
            let answer = db.get(&format!("/row?filter{filter}")).await;
            assert_eq!(answer.problem(), (status, code), "{} {filter}", db.name);
        }
    }
}

/// As clients of the older generation ask: of every text on PostgreSQL, of texts with an index on MySQL.
#[tokio::test]
async fn words_are_searched_for_as_the_older_generation_does() {
    let text = |index: &str| {
        format!("model Row {{ id Int @id text String @db.Text other String {index} }}")
    };
    let indexed = schema(&text("@@fulltext([text])"));
    for place in &places_of(&text("")).await.places {
        let engine = place.client.engine();
        let mut tables = crate::zmodel::Schema::clone(&engine.schema);
        if matches!(place.dialect, Dialect::MySql | Dialect::MariaDb) {
            tables.models[0].indexes = indexed.models[0].indexes.clone();
            let table = &tables.models[0].table;
            let index = format!("CREATE FULLTEXT INDEX words ON `{table}` (`text`)");
            engine.database.script(&index).await.unwrap();
        }
        let older = ClientOptions {
            dialect_version: DialectVersion::Two,
            ..options()
        };
        let database = engine.database.clone();
        let client = Client::speaking(place.dialect, database, tables.into(), older).unwrap();
        let db = Served::of(place.name, client, &everything());
        for (id, text) in [(1, "walking elephants"), (2, "sleeping giraffes")] {
            db.add("Row", json!({"id": id, "text": text, "other": text}))
                .await;
        }
        let found = db.get("/row?filter[text$search]=giraffes").await;
        let other = db.get("/row?filter[other$search]=giraffes").await;
        match place.dialect {
            Dialect::Sqlite => assert_eq!(found.problem(), (422, "validation-error")),
            _ => assert_eq!(found.ids(), [json!(2)], "{}", db.name),
        }
        match place.dialect {
            Dialect::Postgres => assert_eq!(other.ids(), [json!(2)]),
            _ => assert_eq!(other.problem(), (422, "validation-error"), "{}", db.name),
        }
    }
}
