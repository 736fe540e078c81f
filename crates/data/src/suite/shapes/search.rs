//! Words in texts, and texts that are alike.
//!
//! Source: contract zenstack §1.5, §3.2 (`fts`, `fuzzy`, `search`), §3.4.

use hallpass_sql::Dialect;
use serde_json::{Value as Json, json};

use super::{Place, call, given, options, places_of, refused, schema};
use crate::{Client, ClientOptions, DialectVersion, Operation};

const SCHEMA: &str = r#"
    model Article {
      id       Int     @id
      title    String  @fullText @fuzzy
      subtitle String? @fullText
      body     String  @db.Text
      other    String
    }
"#;

async fn fill(place: &Place) {
    for (id, title, subtitle) in [
        (1, "The quick brown fox", Some("runs")),
        (2, "A cat and a dog", None),
        (3, "Lazy cat sleeps all day", Some("dogs")),
        (4, "Apple", None),
        (5, "Crème brûlée", None),
    ] {
        let data = json!({"data": {"id": id, "title": title, "subtitle": subtitle, "body": title, "other": "x"}});
        given(place, "Article", Operation::Create, data).await;
    }
}

async fn ids(place: &Place, args: Json) -> Json {
    let rows = given(place, "Article", Operation::FindMany, args).await;
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].clone())
        .collect()
}

#[tokio::test]
async fn words_are_found_where_the_database_knows_words() {
    for place in &places_of(SCHEMA).await.places {
        if place.dialect != Dialect::Postgres {
            for filter in [
                json!({"title": {"fts": {"search": "x"}}}),
                json!({"title": {"fuzzy": {"search": "x"}}}),
                json!({"title": {"search": "x"}}),
            ] {
                let told = refused(
                    &place.client,
                    "Article",
                    Operation::FindMany,
                    json!({"where": filter}),
                )
                .await;
                assert!(told.contains("Unrecognized key"), "{}: {told}", place.name);
            }
            let order = json!({"orderBy": {"_ftsRelevance": {"fields": ["title"], "search": "x", "sort": "asc"}}});
            let told = refused(&place.client, "Article", Operation::FindMany, order).await;
            assert!(
                told.contains("Unrecognized key: \"_ftsRelevance\""),
                "{told}"
            );
            continue;
        }
        fill(place).await;
        for (filter, expected) in [
            (json!({"title": {"fts": {"search": "fox"}}}), json!([1])),
            (
                json!({"title": {"fts": {"search": "cat & dog"}}}),
                json!([2]),
            ),
            (
                json!({"title": {"fts": {"search": "fox | cat"}}}),
                json!([1, 2, 3]),
            ),
            (
                json!({"title": {"fts": {"search": "cat & !lazy", "config": "simple"}}}),
                json!([2]),
            ),
            (
                json!({"subtitle": {"fts": {"search": "run", "config": "english"}}}),
                json!([1]),
            ),
            (
                json!({"subtitle": {"fts": {"search": "run", "config": "simple"}}}),
                json!([]),
            ),
            (
                json!({"title": {"fts": {"search": "cat"}, "contains": "Lazy"}}),
                json!([3]),
            ),
            (
                json!({"NOT": {"title": {"fts": {"search": "cat"}}}}),
                json!([1, 4, 5]),
            ),
        ] {
            let args = json!({"where": filter, "orderBy": {"id": "asc"}});
            assert_eq!(ids(place, args).await, expected, "{filter}");
        }
        let order = json!({"_ftsRelevance": {"fields": ["title", "subtitle"], "search": "cat & dog", "config": "english", "sort": "desc"}});
        let best = json!({"where": {"title": {"fts": {"search": "cat"}}}, "orderBy": [order, {"id": "asc"}]});
        assert_eq!(ids(place, best).await.as_array().unwrap().len(), 2);
        let nulls = json!({"where": {"id": {"in": [2, 3]}}, "orderBy": {"_ftsRelevance": {"fields": ["subtitle"], "search": "dog", "config": "english", "sort": "desc"}}});
        assert_eq!(ids(place, nulls).await, json!([3, 2]));
        let cursor = json!({"cursor": {"id": 1}, "orderBy": order});
        let told = refused(&place.client, "Article", Operation::FindMany, cursor).await;
        assert!(told.contains("_ftsRelevance"), "{told}");
        let changed =
            json!({"where": {"title": {"fts": {"search": "fox"}}}, "data": {"other": "y"}});
        assert_eq!(
            given(place, "Article", Operation::UpdateMany, changed).await,
            json!({"count": 1})
        );
        for (filter, expected) in [
            (
                json!({"body": {"fts": {"search": "x"}}}),
                "Unrecognized key: \"fts\"",
            ),
            (
                json!({"body": {"fuzzy": {"search": "x"}}}),
                "Unrecognized key: \"fuzzy\"",
            ),
            (json!({"title": {"fts": {}}}), "where.title.fts.search"),
            (
                json!({"title": {"fts": {"search": ""}}}),
                "where.title.fts.search",
            ),
            (
                json!({"title": {"fts": {"search": "x", "confg": "x"}}}),
                "\"confg\"",
            ),
            (
                json!({"title": {"fuzzy": {"search": "x", "threshold": 2}}}),
                "from 0 to 1",
            ),
            (
                json!({"title": {"fuzzy": {"search": "x", "mode": "fuzzy"}}}),
                "`strictWord`",
            ),
        ] {
            let told = refused(
                &place.client,
                "Article",
                Operation::FindMany,
                json!({"where": filter}),
            )
            .await;
            assert!(told.contains(expected), "{filter}: {told}");
        }
        // What the database cannot read is an error of the caller's words, and no more.
        let torn = json!({"where": {"title": {"fts": {"search": "cat &"}}}});
        assert!(
            call(&place.client, "Article", Operation::FindMany, torn)
                .await
                .is_err()
        );
    }
}

#[tokio::test]
async fn texts_that_are_alike_are_found() {
    for place in &places_of(SCHEMA).await.places {
        if place.dialect != Dialect::Postgres {
            continue;
        }
        let database = &place.client.engine().database;
        database
            .script(
                "CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE EXTENSION IF NOT EXISTS unaccent",
            )
            .await
            .unwrap();
        fill(place).await;
        for (filter, expected) in [
            (json!({"title": {"fuzzy": {"search": "Aple"}}}), json!([4])),
            (
                json!({"title": {"fuzzy": {"search": "creme brulee", "unaccent": true}}}),
                json!([5]),
            ),
            (
                json!({"title": {"fuzzy": {"search": "slep", "mode": "word", "threshold": 0.4}}}),
                json!([3]),
            ),
            (
                json!({"title": {"fuzzy": {"search": "lazy", "mode": "strictWord"}}}),
                json!([3]),
            ),
            (
                json!({"title": {"fuzzy": {"search": "Apple", "threshold": 1}}}),
                json!([4]),
            ),
            (json!({"title": {"fuzzy": {"search": "xyz123"}}}), json!([])),
        ] {
            let args = json!({"where": filter, "orderBy": {"id": "asc"}});
            assert_eq!(ids(place, args).await, expected, "{filter}");
        }
        let best = json!({"orderBy": {"_fuzzyRelevance": {"fields": ["title"], "search": "Aple", "sort": "desc"}}, "take": 1});
        assert_eq!(ids(place, best).await, json!([4]));
    }
}

/// Source: contract zenstack §3.2 (`search`, of the older generation).
#[tokio::test]
async fn the_older_search_finds_words_by_an_index() {
    let text = |index: &str| {
        format!("model Note {{ id Int @id text String @db.Text name String {index} }}")
    };
    let indexed = schema(&text("@@fulltext([text])"));
    for place in &places_of(&text("")).await.places {
        for (id, text) in [(1, "walking elephants"), (2, "sleeping giraffes")] {
            given(
                place,
                "Note",
                Operation::Create,
                json!({"data": {"id": id, "text": text, "name": text}}),
            )
            .await;
        }
        let engine = place.client.engine();
        let mut tables = crate::zmodel::Schema::clone(&engine.schema);
        if matches!(place.dialect, Dialect::MySql | Dialect::MariaDb) {
            tables.models[0].indexes = indexed.models[0].indexes.clone();
            let index = format!(
                "CREATE FULLTEXT INDEX words ON `{}` (`text`)",
                tables.models[0].table
            );
            engine.database.script(&index).await.unwrap();
        }
        let older = ClientOptions {
            dialect_version: DialectVersion::Two,
            ..options()
        };
        let older = Client::speaking(
            engine.dialect,
            engine.database.clone(),
            tables.into(),
            older,
        )
        .unwrap();
        let args = json!({"where": {"text": {"search": "giraffes"}}, "select": {"id": true}});
        let found = call(&older, "Note", Operation::FindMany, args).await;
        if place.dialect == Dialect::Sqlite {
            assert!(found.unwrap_err().to_string().contains("\"search\""));
            continue;
        }
        assert_eq!(found.unwrap(), json!([{"id": 2}]), "{}", place.name);
        let other = call(
            &older,
            "Note",
            Operation::Count,
            json!({"where": {"name": {"search": "giraffes"}}}),
        )
        .await;
        assert_eq!(
            other.is_ok(),
            place.dialect == Dialect::Postgres,
            "{}",
            place.name
        );
    }
}
