//! Implicit relations of many to many.
//!
//! Source: contract zenstack §5.3.

use hallpass_db::testing::databases;
use serde_json::json;

use super::{call, column};
use crate::suite::support::{options, schema};
use crate::{Client, Operation};

const SCHEMA: &str = r#"
    model Post {
      id    Int    @id
      tags  Tag[]
      likes Post[] @relation("likes")
      liked Post[] @relation("likes")
    }

    model Tag {
      name  String @id
      posts Post[]
    }
"#;

#[tokio::test]
async fn both_sides_see_each_other() {
    for test in databases().await {
        let schema = schema(SCHEMA).into();
        let db = Client::new(test.database.clone(), schema, options()).unwrap();
        db.create_missing_tables().await.unwrap();
        for id in 1..=3 {
            db.create("Post").set("id", id).run().await.unwrap();
        }
        for name in ["a", "b", "c"] {
            db.create("Tag").set("name", name).run().await.unwrap();
        }
        let quote = db.dialect().capability().identifier_quote;
        let table = |name: &str| format!("{quote}{name}{quote}");
        let tags = table("_PostToTag");
        test.run(&format!(
            "INSERT INTO {tags} VALUES (1, 'a'), (1, 'b'), (2, 'b')"
        ))
        .await;
        let likes = table("_likes");
        test.run(&format!("INSERT INTO {likes} VALUES (1, 2), (1, 3)"))
            .await;
        let select = json!({
            "id": true,
            "tags": {"orderBy": {"name": "desc"}, "select": {"name": true, "posts": {"select": {"id": true}, "orderBy": {"id": "asc"}}}},
            "_count": {"select": {"tags": true, "likes": true, "liked": true}},
        });
        let args = json!({"select": select, "orderBy": {"id": "asc"}});
        let found = call(&db, "Post", Operation::FindMany, args).await.unwrap();
        // Sides of a relation of a model with itself go by the names of the fields: `liked` is A.
        assert_eq!(
            found,
            json!([
                {"id": 1, "tags": [{"name": "b", "posts": [{"id": 1}, {"id": 2}]}, {"name": "a", "posts": [{"id": 1}]}],
                 "_count": {"tags": 2, "likes": found[0]["_count"]["likes"], "liked": found[0]["_count"]["liked"]}},
                {"id": 2, "tags": [{"name": "b", "posts": [{"id": 1}, {"id": 2}]}],
                 "_count": {"tags": 1, "likes": found[1]["_count"]["likes"], "liked": found[1]["_count"]["liked"]}},
                {"id": 3, "tags": [], "_count": {"tags": 0, "likes": found[2]["_count"]["likes"], "liked": found[2]["_count"]["liked"]}},
            ]),
            "{}",
            test.name
        );
        let of_first = &found[0]["_count"];
        let both = (of_first["likes"].as_i64(), of_first["liked"].as_i64());
        assert!(
            both == (Some(2), Some(0)) || both == (Some(0), Some(2)),
            "{both:?}"
        );
        for (filter, expected) in [
            (json!({"tags": {"some": {"name": "a"}}}), json!([1])),
            (json!({"tags": {"none": {"name": "a"}}}), json!([2, 3])),
            (json!({"tags": {"every": {"name": "b"}}}), json!([2, 3])),
        ] {
            let args = json!({"where": filter, "orderBy": {"id": "asc"}});
            let found = call(&db, "Post", Operation::FindMany, args).await.unwrap();
            assert_eq!(column(&found, "id"), expected, "{} {filter}", test.name);
        }
        let first = json!({"orderBy": {"name": "asc"}, "take": 1, "select": {"name": true}});
        let args = json!({"select": {"tags": first}, "orderBy": [{"tags": {"_count": "desc"}}, {"id": "asc"}]});
        let found = call(&db, "Post", Operation::FindMany, args).await.unwrap();
        let expected = json!([{"tags": [{"name": "a"}]}, {"tags": [{"name": "b"}]}, {"tags": []}]);
        assert_eq!(found, expected, "{}", test.name);
    }
}
