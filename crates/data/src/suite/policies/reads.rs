//! Reads under rules, as clients ask for them: contract zenstack §2.2, §2.5 and §2.7.

use serde_json::{Value as Json, json};

use super::support::{Ruled, person, ruled};
use crate::{ArgValue, Client, Error, Operation};

const SCHEMA: &str = "
    model User {
      id    Int    @id
      name  String
      seen  Boolean
      posts Post[]
      @@allow('read', seen)
    }

    model Post {
      id       Int     @id
      title    String?
      secret   String? @allow('read', auth() == author)
      score    Int?    @deny('read', true)
      shown    Boolean @default(true)
      author   User?   @relation(fields: [authorId], references: [id])
      authorId Int?
      tags     Tag[]
      notes    Note[]
      @@allow('read', shown)
    }

    model Note {
      id     Int     @id
      text   String
      shown  Boolean
      post   Post    @relation(fields: [postId], references: [id])
      postId Int
      @@allow('read', shown)
    }

    model Tag {
      id     Int    @id
      post   Post   @relation(fields: [postId], references: [id])
      postId Int
    }
";

/// User 1 is seen, user 2 is not. Post 1 is of 1, post 2 of 2, post 3 (not shown) of 1, post 4 of nobody. Notes 1 (shown)
/// and 2 (not) belong to post 1, note 3 (not shown) to post 2, note 4 (shown) to post 3.
async fn filled() -> Ruled {
    let places = ruled(SCHEMA).await;
    for (_, db) in &places.clients {
        for (id, seen) in [(1, true), (2, false)] {
            let user = db
                .create("User")
                .set("id", id)
                .set("name", format!("user {id}"));
            user.set("seen", seen).run().await.unwrap();
        }
        for (id, author, shown) in [
            (1, Some(1), true),
            (2, Some(2), true),
            (3, Some(1), false),
            (4, None, true),
        ] {
            let post = db
                .create("Post")
                .set("id", id)
                .set("title", format!("post {id}"));
            let post = post
                .set("secret", format!("secret {id}"))
                .set("score", id * 10);
            post.set("shown", shown)
                .set("authorId", author)
                .run()
                .await
                .unwrap();
            db.create("Tag")
                .set("id", id)
                .set("postId", id)
                .run()
                .await
                .unwrap();
        }
        for (id, post, shown) in [(1, 1, true), (2, 1, false), (3, 2, false), (4, 3, true)] {
            let note = db
                .create("Note")
                .set("id", id)
                .set("postId", post)
                .set("text", "x");
            note.set("shown", shown).run().await.unwrap();
        }
    }
    places
}

async fn call(db: &Client, model: &str, operation: Operation, args: Json) -> Result<Json, Error> {
    let args = ArgValue::from_json(args).unwrap();
    let reply = db.call(model, operation, &args).await?;
    Ok(serde_json::to_value(&reply).unwrap())
}

fn ids(rows: &Json) -> Vec<i64> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn rows_that_may_not_be_seen_are_not_there() {
    let places = filled().await;
    for (name, db) in &places.clients {
        let of = db.for_user(person(json!({"id": 1})));
        let find = async |operation, args| call(&of, "Post", operation, args).await;
        let hidden = || json!({"where": {"id": 3}});
        let many = find(Operation::FindMany, json!({"orderBy": {"id": "asc"}}))
            .await
            .unwrap();
        assert_eq!(ids(&many), [1, 2, 4], "{name}");
        for operation in [Operation::FindUnique, Operation::FindFirst] {
            assert_eq!(
                find(operation, hidden()).await.unwrap(),
                Json::Null,
                "{name}"
            );
        }
        for operation in [Operation::FindUniqueOrThrow, Operation::FindFirstOrThrow] {
            let found = find(operation, hidden()).await;
            assert!(
                matches!(found, Err(Error::NotFound { .. })),
                "{name}: {found:?}"
            );
        }
        assert_eq!(
            find(Operation::Exists, hidden()).await.unwrap(),
            json!(false),
            "{name}"
        );
        // No rule of the model: nothing is there.
        assert_eq!(
            call(&of, "Tag", Operation::FindMany, json!({}))
                .await
                .unwrap(),
            json!([]),
            "{name}"
        );
    }
}

#[tokio::test]
async fn related_rows_are_held_to_their_own_rules() {
    let places = filled().await;
    for (name, db) in &places.clients {
        let of = db.for_user(person(json!({"id": 1})));
        let args = json!({
            "orderBy": {"id": "asc"},
            "select": {"id": true, "author": {"select": {"id": true}}, "notes": {"select": {"id": true}},
                       "tags": {"select": {"id": true}}, "_count": {"select": {"notes": true, "tags": true}}},
        });
        let posts = call(&of, "Post", Operation::FindMany, args).await.unwrap();
        let expected = json!([
            {"id": 1, "author": {"id": 1}, "notes": [{"id": 1}], "tags": [], "_count": {"notes": 1, "tags": 0}},
            {"id": 2, "author": null, "notes": [], "tags": [], "_count": {"notes": 0, "tags": 0}},
            {"id": 4, "author": null, "notes": [], "tags": [], "_count": {"notes": 0, "tags": 0}},
        ]);
        assert_eq!(posts, expected, "{name}");
        // A required row that may not be seen is null, and its parent stays.
        let args = json!({"select": {"id": true, "post": {"select": {"id": true}}}, "orderBy": {"id": "asc"}});
        let notes = call(&of, "Note", Operation::FindMany, args).await.unwrap();
        assert_eq!(
            notes,
            json!([{"id": 1, "post": {"id": 1}}, {"id": 4, "post": null}]),
            "{name}"
        );
    }
}

#[tokio::test]
async fn filters_see_what_the_person_sees() {
    let places = filled().await;
    for (name, db) in &places.clients {
        let of = db.for_user(person(json!({"id": 1})));
        for (filter, expected) in [
            (json!({"author": {"name": {"contains": "user"}}}), &[1][..]),
            (json!({"author": {"isNot": {"name": "user 1"}}}), &[2, 4]),
            (json!({"notes": {"some": {}}}), &[1]),
            (json!({"notes": {"some": {"id": {"gt": 1}}}}), &[]),
            (json!({"notes": {"every": {"id": 1}}}), &[1, 2, 4]),
            (json!({"notes": {"none": {}}}), &[2, 4]),
            (json!({"tags": {"some": {}}}), &[]),
            // Contract zenstack §8.37: the first asks the key, the second the row.
            (json!({"author": null}), &[4]),
            (json!({"author": {"is": null}}), &[2, 4]),
            // Contract zenstack §2.7: what may not be seen is null, also here.
            (json!({"secret": "secret 1"}), &[1]),
            (json!({"secret": "secret 2"}), &[]),
            (json!({"secret": null}), &[2, 4]),
            (json!({"secret": {"startsWith": "secret"}}), &[1]),
            (json!({"score": 10}), &[]),
            (json!({"score": {"gt": 0}}), &[]),
            (json!({"score": {"in": [10, 20]}}), &[]),
            (json!({"score": null}), &[1, 2, 4]),
            (json!({"NOT": {"secret": "secret 1"}}), &[]),
        ] {
            let args = json!({"where": filter, "orderBy": {"id": "asc"}});
            let found = call(&of, "Post", Operation::FindMany, args).await;
            let found = found.unwrap_or_else(|error| panic!("{name}: {filter}: {error:?}"));
            assert_eq!(ids(&found), expected, "{name}: {filter}");
        }
    }
}

#[tokio::test]
async fn fields_that_may_not_be_seen_are_null_everywhere() {
    let places = filled().await;
    for (name, db) in &places.clients {
        let of = db.for_user(person(json!({"id": 1})));
        let args = json!({"select": {"id": true, "secret": true, "score": true}, "orderBy": {"id": "asc"}});
        let posts = call(&of, "Post", Operation::FindMany, args).await.unwrap();
        let expected = json!([
            {"id": 1, "secret": "secret 1", "score": null},
            {"id": 2, "secret": null, "score": null},
            {"id": 4, "secret": null, "score": null},
        ]);
        assert_eq!(posts, expected, "{name}");
        // Sorting tells nothing either: all scores are the same null.
        for way in ["asc", "desc"] {
            let args = json!({"orderBy": [{"score": way}, {"id": "asc"}]});
            let posts = call(&of, "Post", Operation::FindMany, args).await.unwrap();
            assert_eq!(ids(&posts), [1, 2, 4], "{name}");
        }
        let args =
            json!({"orderBy": [{"secret": {"sort": "asc", "nulls": "last"}}, {"id": "desc"}]});
        let posts = call(&of, "Post", Operation::FindMany, args).await.unwrap();
        assert_eq!(ids(&posts), [1, 4, 2], "{name}");
        // Nested as at the root.
        let args =
            json!({"select": {"id": true, "posts": {"select": {"id": true, "score": true}}}});
        let users = call(&of, "User", Operation::FindMany, args).await.unwrap();
        assert_eq!(
            users,
            json!([{"id": 1, "posts": [{"id": 1, "score": null}]}]),
            "{name}"
        );
    }
}

/// Contract zenstack §5.3: both ids stand in a table between.
#[tokio::test]
async fn rules_go_through_tables_between() {
    let tables = "
        model Post { id Int @id title String }
        model Tag { id Int @id name String }
        model Pair { A Int B Int @@id([A, B]) @@map(\"_PostToTag\") }";
    let places = ruled(tables).await;
    for (name, db) in &places.clients {
        for id in [1, 2] {
            db.create("Post")
                .set("id", id)
                .set("title", "x")
                .run()
                .await
                .unwrap();
            db.create("Tag")
                .set("id", id)
                .set("name", format!("tag {id}"))
                .run()
                .await
                .unwrap();
        }
        for (post, tag) in [(1, 1), (1, 2), (2, 2)] {
            db.create("Pair")
                .set("A", post)
                .set("B", tag)
                .run()
                .await
                .unwrap();
        }
        for (condition, expected) in [
            ("tags?[name == 'tag 1']", &[1][..]),
            ("tags![name == 'tag 2']", &[2]),
            ("tags^[name == 'tag 1']", &[2]),
            ("tags.posts?[id == 1]", &[1, 2]),
        ] {
            let text = format!(
                "model Post {{ id Int @id title String tags Tag[] @@allow('read', {condition}) }}
                 model Tag {{ id Int @id name String posts Post[] }}"
            );
            let mut schema = crate::suite::support::schema(&text);
            let pair = db.schema().model("Pair").unwrap().table.clone();
            for model in &mut schema.models {
                model
                    .table
                    .clone_from(&db.schema().model(&model.name).unwrap().table);
                for field in &mut model.fields {
                    if let hallpass_zmodel::schema::FieldKind::Relation(relation) = &mut field.kind
                        && let Some(join) = &mut relation.join
                    {
                        join.table.clone_from(&pair);
                    }
                }
            }
            let found = super::support::seen(&db.saying(schema), "Post", &Json::Null).await;
            assert_eq!(found, expected, "{name}: {condition}");
        }
    }
}
