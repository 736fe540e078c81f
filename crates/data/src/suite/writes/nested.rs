use serde_json::{Value as Json, json};

use super::SCHEMA;
use crate::suite::support::{call, places_of};
use crate::{Client, Error, Operation, asc, field};

/// Ann with two posts and a profile, Bob with nothing.
async fn people(db: &Client) -> (Json, Json) {
    let ann = json!({"data": {
        "email": "ann@example.org",
        "posts": {"create": [
            {"id": "a", "title": "A", "slug": "one", "comments": {"create": [{"text": "1"}, {"text": "2"}]}},
            {"id": "b", "title": "B", "slug": "two"},
        ]},
        "profile": {"create": {"bio": "of Ann"}},
    }});
    let ann = call(db, "User", Operation::Create, ann).await.unwrap();
    let bob = json!({"data": {"email": "bob@example.org"}});
    let bob = call(db, "User", Operation::Create, bob).await.unwrap();
    (ann["id"].clone(), bob["id"].clone())
}

/// Every post: its id, and whose it is.
async fn posts(db: &Client) -> Vec<(String, Option<i64>)> {
    let posts = db
        .find_many("Post")
        .order_by(asc("id"))
        .run()
        .await
        .unwrap();
    let post = |post: &crate::Record| (post.get("id").unwrap(), post.get("authorId").unwrap());
    posts.iter().map(post).collect()
}

async fn count(db: &Client, model: &str) -> u64 {
    db.count(model).run().await.unwrap()
}

async fn change(db: &Client, model: &str, key: Json, data: Json) -> Result<Json, Error> {
    call(
        db,
        model,
        Operation::Update,
        json!({"where": key, "data": data}),
    )
    .await
}

#[tokio::test]
async fn rows_are_added_with_what_belongs_to_them() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let (ann, _) = people(db).await;
        let ann = ann.as_i64();
        assert_eq!(
            posts(db).await,
            [("a".to_owned(), ann), ("b".to_owned(), ann)],
            "{}",
            place.name
        );
        let comments = db
            .find_many("Comment")
            .order_by(asc("id"))
            .run()
            .await
            .unwrap();
        assert_eq!(
            crate::suite::support::texts(&comments, "postId"),
            ["a", "a"],
            "{}",
            place.name
        );
        let profile = db.find_many("Profile").run().await.unwrap().remove(0);
        assert_eq!(
            profile.get::<Option<i64>>("userId"),
            Ok(ann),
            "{}",
            place.name
        );
        // The other way round, and by a connection with what is new.
        let data = json!({
            "text": "deep",
            "post": {"create": {"title": "C", "author": {"create": {"email": "cay@example.org"}}}},
            "parent": {"create": {"text": "up", "post": {"connect": {"slug": "one"}}}},
            "replies": {"create": {"text": "down", "post": {"connect": {"id": "b"}}}},
        });
        let deep = call(db, "Comment", Operation::Create, json!({"data": data}))
            .await
            .unwrap();
        assert_eq!(count(db, "Comment").await, 5, "{}", place.name);
        let down = db
            .find_first("Comment")
            .filter(field("text").eq("down"))
            .run()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            down.get::<i64>("replyTo").unwrap(),
            deep["id"].as_i64().unwrap()
        );
        let up = db
            .find_first("Comment")
            .filter(field("text").eq("up"))
            .run()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            deep["replyTo"].as_i64(),
            up.get("id").ok(),
            "{}",
            place.name
        );
        assert_eq!(up.get::<&str>("postId"), Ok("a"));
        assert_eq!(count(db, "User").await, 3);
    }
}

#[tokio::test]
async fn rows_that_are_there_are_connected() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let (ann, bob) = people(db).await;
        // From the side that holds the key, by another unique field and by the key itself.
        for by in [json!({"email": "bob@example.org"}), json!({"id": bob})] {
            let data = json!({"title": "new", "author": {"connect": by}});
            let post = call(db, "Post", Operation::Create, json!({"data": data}))
                .await
                .unwrap();
            assert_eq!(post["authorId"], bob, "{}", place.name);
        }
        db.delete_many("Post")
            .filter(field("authorId").eq(bob.as_i64().unwrap()))
            .run()
            .await
            .unwrap();
        // From the other side.
        let data = json!({"posts": {"connect": [{"id": "a"}, {"slug": "two"}, {"id": "a"}]}});
        change(db, "User", json!({"id": bob}), data).await.unwrap();
        let of_bob = [
            ("a".to_owned(), bob.as_i64()),
            ("b".to_owned(), bob.as_i64()),
        ];
        assert_eq!(posts(db).await, of_bob, "{}", place.name);
        // A relation to one row lets the one before go.
        let data = json!({"profile": {"create": {"bio": "of Bob"}}});
        change(db, "User", json!({"id": bob}), data).await.unwrap();
        let of_ann = db
            .find_first("Profile")
            .filter(field("bio").eq("of Ann"))
            .run()
            .await
            .unwrap()
            .unwrap();
        let id: i64 = of_ann.get("id").unwrap();
        let data = json!({"profile": {"connect": {"id": id}}});
        change(db, "User", json!({"id": bob}), data).await.unwrap();
        let profiles = db
            .find_many("Profile")
            .order_by(asc("id"))
            .run()
            .await
            .unwrap();
        let users: Vec<Option<i64>> = profiles
            .iter()
            .map(|one| one.get("userId").unwrap())
            .collect();
        assert_eq!(users, [bob.as_i64(), None], "{}", place.name);
        assert_ne!(ann, bob);
    }
}

#[tokio::test]
async fn who_is_not_there_cannot_be_connected_and_nothing_is_written() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let (_, bob) = people(db).await;
        let before = posts(db).await;
        for (model, operation, args) in [
            (
                "Post",
                Operation::Create,
                json!({"data": {"title": "x", "author": {"connect": {"email": "no@example.org"}}}}),
            ),
            (
                "User",
                Operation::Update,
                json!({"where": {"id": bob}, "data": {"name": "x", "posts": {"connect": [{"id": "a"}, {"id": "no"}]}}}),
            ),
            (
                "User",
                Operation::Update,
                json!({"where": {"id": bob}, "data": {"posts": {"set": [{"id": "no"}]}}}),
            ),
            (
                "User",
                Operation::Update,
                json!({"where": {"id": bob}, "data": {"posts": {"update": {"where": {"id": "a"}, "data": {"title": "not his"}}}}}),
            ),
            (
                "User",
                Operation::Update,
                json!({"where": {"id": bob}, "data": {"posts": {"delete": [{"id": "a"}]}}}),
            ),
            (
                "User",
                Operation::Update,
                json!({"where": {"id": bob}, "data": {"profile": {"update": {"bio": "none"}}}}),
            ),
            (
                "User",
                Operation::Update,
                json!({"where": {"id": bob}, "data": {"profile": {"delete": true}}}),
            ),
            (
                "User",
                Operation::Update,
                json!({"where": {"id": 999}, "data": {"posts": {"create": {"title": "x"}}}}),
            ),
            (
                "Post",
                Operation::Update,
                json!({"where": {"id": "a"}, "data": {"title": "x", "author": {"connect": {"id": 999}}}}),
            ),
        ] {
            let refused = call(db, model, operation, args.clone()).await;
            assert!(
                matches!(refused, Err(Error::NotFound { .. })),
                "{} {args}: {refused:?}",
                place.name
            );
            assert_eq!(posts(db).await, before, "{} {args}", place.name);
        }
        let bob = db
            .find_unique("User")
            .filter(field("id").eq(bob.as_i64().unwrap()))
            .run()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(bob.get::<Option<&str>>("name"), Ok(None), "{}", place.name);
        // A key that is given is used as it is; the database knows that it leads nowhere.
        let args = json!({"data": {"title": "x", "author": {"connect": {"id": 999}}}});
        let refused = call(db, "Post", Operation::Create, args).await;
        assert!(
            matches!(refused, Err(Error::ForeignKey { .. })),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn rows_are_let_go() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let (ann, bob) = people(db).await;
        let key = json!({"id": ann});
        let data = json!({"posts": {"disconnect": [{"id": "a"}, {"id": "no"}]}, "profile": {"disconnect": {"bio": "another"}}});
        change(db, "User", key.clone(), data).await.unwrap();
        assert_eq!(
            posts(db).await,
            [("a".to_owned(), None), ("b".to_owned(), ann.as_i64())],
            "{}",
            place.name
        );
        let profile = db.find_many("Profile").run().await.unwrap().remove(0);
        assert_eq!(
            profile.get::<Option<i64>>("userId"),
            Ok(ann.as_i64()),
            "{}",
            place.name
        );
        change(
            db,
            "User",
            key.clone(),
            json!({"profile": {"disconnect": true}}),
        )
        .await
        .unwrap();
        let profile = db.find_many("Profile").run().await.unwrap().remove(0);
        assert_eq!(
            profile.get::<Option<i64>>("userId"),
            Ok(None),
            "{}",
            place.name
        );
        let data = json!({"posts": {"set": [{"id": "a"}]}});
        change(db, "User", key.clone(), data).await.unwrap();
        assert_eq!(
            posts(db).await,
            [("a".to_owned(), ann.as_i64()), ("b".to_owned(), None)],
            "{}",
            place.name
        );
        change(db, "User", key, json!({"posts": {"set": []}}))
            .await
            .unwrap();
        assert_eq!(
            posts(db).await,
            [("a".to_owned(), None), ("b".to_owned(), None)],
            "{}",
            place.name
        );
        // From the side that holds the key.
        let to_bob = json!({"author": {"connect": {"id": bob}}});
        change(db, "Post", json!({"id": "a"}), to_bob)
            .await
            .unwrap();
        let other = json!({"author": {"disconnect": {"email": "ann@example.org"}}});
        let post = change(db, "Post", json!({"id": "a"}), other).await.unwrap();
        assert_eq!(post["authorId"], bob, "{}", place.name);
        let let_go = json!({"author": {"disconnect": true}, "title": "nobody's"});
        let post = change(db, "Post", json!({"id": "a"}), let_go)
            .await
            .unwrap();
        assert_eq!(post["authorId"], Json::Null, "{}", place.name);
        assert_eq!(post["title"], "nobody's");
    }
}

#[tokio::test]
async fn rows_that_belong_to_one_are_changed() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let (ann, bob) = people(db).await;
        let data = json!({
            "posts": {
                "update": [{"where": {"slug": "one"}, "data": {"views": {"increment": 5}, "comments": {"updateMany": {"data": {"text": "same"}}}}}],
                "updateMany": {"where": {"views": 0}, "data": {"title": "unseen"}},
                "upsert": [
                    {"where": {"id": "b"}, "create": {"title": "never"}, "update": {"slug": null}},
                    {"where": {"id": "c"}, "create": {"id": "c", "title": "new"}, "update": {}},
                ],
            },
            "profile": {"update": {"bio": "changed"}},
        });
        change(db, "User", json!({"id": ann}), data).await.unwrap();
        let posts = db
            .find_many("Post")
            .order_by(asc("id"))
            .run()
            .await
            .unwrap();
        assert_eq!(
            crate::suite::support::texts(&posts, "title"),
            ["A", "unseen", "new"],
            "{}",
            place.name
        );
        assert_eq!(posts[0].get::<i32>("views"), Ok(5));
        assert_eq!(posts[1].get::<Option<&str>>("slug"), Ok(None));
        assert_eq!(
            posts[2].get::<Option<i64>>("authorId"),
            Ok(ann.as_i64()),
            "{}",
            place.name
        );
        let comments = db.find_many("Comment").run().await.unwrap();
        assert_eq!(
            crate::suite::support::texts(&comments, "text"),
            ["same", "same"]
        );
        let profile = db.find_many("Profile").run().await.unwrap().remove(0);
        assert_eq!(profile.get::<&str>("bio"), Ok("changed"));
        // A filter beside the data of a relation to one row.
        let data =
            json!({"profile": {"update": {"where": {"bio": "other"}, "data": {"bio": "x"}}}});
        let refused = change(db, "User", json!({"id": ann}), data).await;
        assert!(
            matches!(refused, Err(Error::NotFound { .. })),
            "{}",
            place.name
        );
        // What is not there is added, from either side.
        let data =
            json!({"profile": {"upsert": {"create": {"bio": "Bob's"}, "update": {"bio": "x"}}}});
        change(db, "User", json!({"id": bob}), data).await.unwrap();
        assert_eq!(count(db, "Profile").await, 2, "{}", place.name);
        let data = json!({"author": {"upsert": {"create": {"email": "dan@example.org"}, "update": {"name": "Ann"}}}});
        change(db, "Post", json!({"id": "a"}), data.clone())
            .await
            .unwrap();
        assert_eq!(count(db, "User").await, 2, "{}", place.name);
        change(
            db,
            "Post",
            json!({"id": "a"}),
            json!({"author": {"disconnect": true}}),
        )
        .await
        .unwrap();
        let post = change(db, "Post", json!({"id": "a"}), data).await.unwrap();
        assert_eq!(count(db, "User").await, 3, "{}", place.name);
        assert_ne!(post["authorId"], Json::Null);
        let data = json!({"author": {"update": {"name": "Dan", "profile": {"create": {"bio": "deeper"}}}}});
        change(db, "Post", json!({"id": "a"}), data).await.unwrap();
        let deeper = db.find_first("Profile").filter(field("bio").eq("deeper"));
        let deeper = deeper.run().await.unwrap().unwrap();
        assert_eq!(
            deeper.get::<i64>("userId").ok(),
            post["authorId"].as_i64(),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn rows_that_belong_to_one_are_removed() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let (ann, bob) = people(db).await;
        let data = json!({"posts": {"delete": {"id": "a"}, "create": {"id": "c", "title": "C"}}, "profile": {"delete": {"bio": "of Ann"}}});
        change(db, "User", json!({"id": ann}), data).await.unwrap();
        assert_eq!(
            posts(db).await,
            [
                ("b".to_owned(), ann.as_i64()),
                ("c".to_owned(), ann.as_i64())
            ],
            "{}",
            place.name
        );
        assert_eq!(count(db, "Profile").await, 0);
        assert_eq!(
            count(db, "Comment").await,
            0,
            "{}: they go with their post",
            place.name
        );
        let data = json!({"posts": {"deleteMany": [{"title": "C"}, {"title": "no"}]}});
        change(db, "User", json!({"id": bob}), data.clone())
            .await
            .unwrap();
        assert_eq!(posts(db).await.len(), 2, "{}: they are not his", place.name);
        change(db, "User", json!({"id": ann}), data).await.unwrap();
        assert_eq!(
            posts(db).await,
            [("b".to_owned(), ann.as_i64())],
            "{}",
            place.name
        );
        let refused = change(
            db,
            "Post",
            json!({"id": "b"}),
            json!({"author": {"delete": {"name": "x"}}}),
        )
        .await;
        assert!(
            matches!(refused, Err(Error::NotFound { .. })),
            "{}",
            place.name
        );
        let post = change(
            db,
            "Post",
            json!({"id": "b"}),
            json!({"author": {"delete": true}}),
        )
        .await
        .unwrap();
        assert_eq!(post["authorId"], Json::Null, "{}", place.name);
        assert_eq!(count(db, "User").await, 1);
    }
}

#[tokio::test]
async fn rows_are_connected_or_added() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let (ann, bob) = people(db).await;
        let or_create = |email: &str| json!({"author": {"connectOrCreate": {"where": {"email": email}, "create": {"email": email}}}, "title": "x"});
        let post = call(
            db,
            "Post",
            Operation::Create,
            json!({"data": or_create("bob@example.org")}),
        )
        .await
        .unwrap();
        assert_eq!(post["authorId"], bob, "{}", place.name);
        let post = call(
            db,
            "Post",
            Operation::Create,
            json!({"data": or_create("eve@example.org")}),
        )
        .await
        .unwrap();
        assert_eq!(count(db, "User").await, 3, "{}", place.name);
        assert_ne!(post["authorId"], bob);
        let item = |id: &str| json!({"where": {"id": id}, "create": {"id": id, "title": "made"}});
        let data = json!({"posts": {"connectOrCreate": [item("a"), item("z"), item("z")]}});
        change(db, "User", json!({"id": bob}), data).await.unwrap();
        let all = posts(db).await;
        let of_bob = |id: &str| all.contains(&(id.to_owned(), bob.as_i64()));
        assert!(of_bob("a") && of_bob("z"), "{}: {all:?}", place.name);
        assert_ne!(ann, bob);
    }
}

#[tokio::test]
async fn many_rows_of_one_are_added_at_once() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let (ann, _) = people(db).await;
        let rows = json!([{"id": "a", "title": "again"}, {"id": "n", "title": "N"}]);
        let data = json!({"posts": {"createMany": {"data": rows, "skipDuplicates": true}}});
        change(db, "User", json!({"id": ann}), data).await.unwrap();
        assert_eq!(posts(db).await.len(), 3, "{}", place.name);
        let data = json!({"name": "not kept", "posts": {"createMany": {"data": rows}}});
        let refused = change(db, "User", json!({"id": ann}), data).await;
        assert!(
            matches!(refused, Err(Error::Conflict { .. })),
            "{}",
            place.name
        );
        let ann = db
            .find_unique("User")
            .filter(field("id").eq(ann.as_i64().unwrap()))
            .run()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(ann.get::<Option<&str>>("name"), Ok(None), "{}", place.name);
    }
}

#[tokio::test]
async fn a_row_that_holds_one_key_takes_one_action() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let (ann, bob) = people(db).await;
        let connect = json!({"id": bob});
        let create = json!({"email": "eve@example.org"});
        let before = posts(db).await;
        let twice = [
            json!({"connect": connect, "create": create}),
            json!({"disconnect": true, "connect": connect}),
            json!({"create": create, "update": {"email": "x@example.org"}}),
        ];
        for (position, author) in twice.into_iter().enumerate() {
            let data = json!({"author": author});
            let refused = change(db, "Post", json!({"id": "a"}), data)
                .await
                .unwrap_err();
            let text = refused.to_string();
            assert!(
                text.contains("data.author"),
                "{}: {position}: {text}",
                place.name
            );
        }
        let data = json!({"title": "x", "author": {"connect": {"id": ann}, "create": create}});
        let refused = call(db, "Post", Operation::Create, json!({"data": data})).await;
        assert!(refused.unwrap_err().to_string().contains("data.author"));
        assert_eq!(posts(db).await, before, "{}", place.name);
        assert_eq!(count(db, "User").await, 2, "{}", place.name);
        // `false` is no action.
        let data = json!({"author": {"disconnect": false, "connect": connect}});
        change(db, "Post", json!({"id": "a"}), data).await.unwrap();
    }
}
