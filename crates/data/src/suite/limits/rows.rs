//! How many rows a read gives.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::{call, filled, limited, places_of, refused};
use crate::{ArgValue, Error, InvalidInput, Limits, Operation};

#[tokio::test]
async fn rows_are_given_or_refused_and_never_cut() {
    for place in &filled().await.places {
        let of = |rows| limited(&place.client, move |limits| limits.rows = rows);
        let all = call(&of(3), "User", Operation::FindMany, json!({})).await;
        assert_eq!(all.unwrap().as_array().unwrap().len(), 3, "{}", place.name);
        let text = "at most 2 rows in one read; ask for pages with `take` and `skip`";
        let told = refused(&of(2), "User", Operation::FindMany, json!({})).await;
        assert_eq!(told, ("take".to_owned(), text.to_owned()), "{}", place.name);
        let told = refused(&of(2), "User", Operation::GroupBy, json!({"by": ["id"]})).await;
        assert_eq!(told, ("take".to_owned(), text.to_owned()), "{}", place.name);
        let page = json!({"take": 2, "skip": 1, "orderBy": {"id": "asc"}, "select": {"id": true}});
        let page = call(&of(2), "User", Operation::FindMany, page).await;
        assert_eq!(
            page.unwrap(),
            json!([{"id": 2}, {"id": 3}]),
            "{}",
            place.name
        );
        // Numbers of rows are no rows.
        let count = call(&of(2), "User", Operation::Count, json!({})).await;
        assert_eq!(count.unwrap(), json!(3), "{}", place.name);
        let built = of(2).find_many("User").run().await;
        assert!(
            matches!(built, Err(Error::Invalid(_))),
            "{}: {built:?}",
            place.name
        );
        let built = of(2).find_many("User").take(2).run().await;
        assert_eq!(built.unwrap().len(), 2, "{}", place.name);
        let paged = limited(&place.client, |limits| limits.default_take = Some(2));
        let page = call(&paged, "User", Operation::FindMany, json!({})).await;
        assert_eq!(page.unwrap().as_array().unwrap().len(), 2, "{}", place.name);
    }
}

#[tokio::test]
async fn related_rows_are_given_or_refused_and_never_cut() {
    for place in &filled().await.places {
        let of = |rows| limited(&place.client, move |limits| limits.nested_rows = rows);
        let posts = json!({"include": {"posts": true}});
        let all = call(&of(3), "User", Operation::FindMany, posts.clone()).await;
        let all = all.unwrap();
        assert_eq!(
            all[2]["posts"].as_array().unwrap().len(),
            3,
            "{}",
            place.name
        );
        let text = "at most 2 rows in one read; ask for pages with `take` and `skip`";
        let told = refused(&of(2), "User", Operation::FindMany, posts).await;
        let expected = ("include.posts".to_owned(), text.to_owned());
        assert_eq!(told, expected, "{}", place.name);
        let posts = json!({"include": {"posts": {"take": 2}}});
        assert!(
            call(&of(2), "User", Operation::FindMany, posts)
                .await
                .is_ok()
        );
        let deeper = json!({"where": {"id": 1}, "select": {"posts": {"take": 1, "select": {"comments": true}}}});
        let told = refused(&of(1), "User", Operation::FindUnique, deeper).await;
        assert_eq!(told.0, "select.posts.select.comments", "{}", place.name);
        // What was written comes back with no more, and where it would nothing is written.
        let update =
            json!({"where": {"id": 1}, "data": {"name": "Ann"}, "include": {"posts": true}});
        let told = refused(&of(2), "User", Operation::Update, update.clone()).await;
        assert_eq!(told.0, "include.posts", "{}", place.name);
        let named = json!({"where": {"name": "Ann"}});
        let named = call(&place.client, "User", Operation::Count, named).await;
        assert_eq!(named.unwrap(), json!(0), "{}", place.name);
        let updated = call(&of(3), "User", Operation::Update, update).await;
        assert_eq!(updated.unwrap()["name"], json!("Ann"), "{}", place.name);
    }
}

/// Rows that stand in the result again and again, because the way leads up and down.
fn bomb(levels: usize) -> Json {
    (0..levels).fold(json!({"id": true}), |inner, _| {
        json!({"id": true, "user": {"select": {"id": true, "posts": {"orderBy": {"id": "asc"}, "select": inner}}}})
    })
}

#[tokio::test]
async fn rows_that_multiply_are_refused() {
    for place in &filled().await.places {
        let of = |rows| limited(&place.client, move |limits| limits.all_rows = rows);
        // 9, 9 * 3 and 9 * 3 * 3 posts: 117.
        let args = json!({"orderBy": {"id": "asc"}, "select": bomb(2)});
        let whole = call(&place.client, "Post", Operation::FindMany, args.clone()).await;
        let given = call(&of(117), "Post", Operation::FindMany, args.clone()).await;
        assert_eq!(given.unwrap(), whole.unwrap(), "{}", place.name);
        let told = refused(&of(116), "Post", Operation::FindMany, args).await;
        let text = "at most 116 rows in one read; ask for pages with `take` and `skip`";
        let path = "select.user.select.posts.select.user.select.posts";
        assert_eq!(told, (path.to_owned(), text.to_owned()), "{}", place.name);
        // More posts than there are grains of sand, and few enough in the database.
        let args = json!({"select": bomb(7)});
        let bounded = limited(&place.client, |limits| limits.all_rows = 3000);
        let began = Instant::now();
        refused(&bounded, "Post", Operation::FindMany, args).await;
        let update = json!({"where": {"id": 11}, "data": {"title": "y"}, "select": bomb(7)});
        refused(&bounded, "Post", Operation::Update, update).await;
        assert!(began.elapsed() < Duration::from_secs(10), "{}", place.name);
    }
}

/// A read, the rows that it gives over all levels, and where it is told that they are too many.
type Tree = (&'static str, Operation, Json, u64, &'static str);

fn trees() -> Vec<Tree> {
    let by_id = || json!({"id": "asc"});
    vec![
        (
            "User",
            Operation::FindMany,
            json!({"orderBy": by_id()}),
            3,
            "take",
        ),
        (
            "User",
            Operation::FindMany,
            json!({"orderBy": by_id(), "include": {"posts": {"orderBy": by_id()}}}),
            12,
            "include.posts",
        ),
        (
            "User",
            Operation::FindMany,
            json!({"orderBy": by_id(), "include": {"posts": {
                "orderBy": by_id(), "include": {"comments": {"orderBy": by_id()}},
            }}}),
            30,
            "include.posts.include.comments",
        ),
        (
            "User",
            Operation::FindUnique,
            json!({"where": {"id": 1}, "select": {"id": true, "posts": {
                "orderBy": by_id(), "include": {"user": true, "comments": {"orderBy": by_id()}},
            }}}),
            10,
            "select.posts.include.comments",
        ),
        (
            "User",
            Operation::FindFirst,
            json!({"orderBy": by_id(), "include": {"posts": {
                "orderBy": by_id(), "take": 2, "include": {"comments": {"orderBy": by_id(), "take": -1}},
            }}}),
            5,
            "include.posts.include.comments",
        ),
        // Between two lists a table stands.
        (
            "Group",
            Operation::FindMany,
            json!({"include": {"users": {"orderBy": by_id(), "include": {"posts": {"orderBy": by_id()}}}}}),
            13,
            "include.users.include.posts",
        ),
        // A row that comes along with one is not counted, and neither are numbers of rows.
        (
            "Comment",
            Operation::FindMany,
            json!({"orderBy": by_id(), "include": {"post": {"include": {"user": true, "_count": true}}}}),
            18,
            "take",
        ),
        (
            "Comment",
            Operation::FindMany,
            json!({"orderBy": by_id(), "take": 2, "select": {"post": {"select": {"comments": {"orderBy": by_id()}}}}}),
            6,
            "select.post.select.comments",
        ),
    ]
}

#[tokio::test]
async fn rows_of_trees_are_given_or_refused_and_never_cut() {
    for place in &filled().await.places {
        for (model, operation, args, rows, path) in trees() {
            let of = |rows| limited(&place.client, move |limits| limits.all_rows = rows);
            let of_program = place.client.for_user(None);
            let whole = call(&of_program, model, operation, args.clone()).await;
            let given = call(&of(rows), model, operation, args.clone()).await;
            assert_eq!(given.unwrap(), whole.unwrap(), "{} {args}", place.name);
            let most = rows - 1;
            let text =
                format!("at most {most} rows in one read; ask for pages with `take` and `skip`");
            let told = refused(&of(most), model, operation, args.clone()).await;
            assert_eq!(told, (path.to_owned(), text), "{} {args}", place.name);
            // It was one read of many, and not the last one.
            let count = call(&of(most), model, Operation::Count, json!({})).await;
            assert!(count.is_ok(), "{} {args}", place.name);
        }
        // What would come back with too much is not written.
        let update =
            json!({"where": {"id": 1}, "data": {"name": "Ann"}, "include": {"posts": true}});
        let few = limited(&place.client, |limits| limits.all_rows = 3);
        let told = refused(&few, "User", Operation::Update, update).await;
        assert_eq!(told.0, "include.posts", "{}", place.name);
        let named = json!({"where": {"name": "Ann"}});
        let named = call(&place.client, "User", Operation::Count, named).await;
        assert_eq!(named.unwrap(), json!(0), "{}", place.name);
    }
}

/// Reads of 30,000 bytes and a little more, and where it is told that they are too many.
fn large() -> Vec<(&'static str, Operation, Json, &'static str)> {
    let users = || json!({"users": true});
    vec![
        ("User", Operation::FindMany, json!({}), "take"),
        (
            "Group",
            Operation::FindMany,
            json!({"include": users()}),
            "include.users",
        ),
        (
            "Group",
            Operation::FindUnique,
            json!({"where": {"id": 1}, "include": users()}),
            "include.users",
        ),
        (
            "Post",
            Operation::FindFirst,
            json!({"include": {"user": {"include": {"groups": {"include": users()}}}}}),
            "include.user.include.groups.include.users",
        ),
    ]
}

#[tokio::test]
async fn bytes_are_given_or_refused_and_never_cut() {
    for place in &filled().await.places {
        let data = json!({"data": {"data": {"text": "x".repeat(10_000)}}});
        call(&place.client, "User", Operation::UpdateMany, data)
            .await
            .unwrap();
        let of = |bytes| limited(&place.client, move |limits| limits.read_bytes = bytes);
        // More often than there are connections.
        for _ in 0..20 {
            for (model, operation, args, path) in large() {
                let told = refused(&of(25_000), model, operation, args.clone()).await;
                let text = "at most 25000 bytes in one read; ask for pages with `take` and `skip`, or for fewer fields with \
                            `select`";
                assert_eq!(
                    told,
                    (path.to_owned(), text.to_owned()),
                    "{} {args}",
                    place.name
                );
            }
        }
        for (model, operation, args, _) in large() {
            let given = call(&of(100_000), model, operation, args.clone()).await;
            assert!(given.is_ok(), "{} {args}: {given:?}", place.name);
        }
        let page = json!({"take": 2, "orderBy": {"id": "asc"}});
        let page = call(&of(25_000), "User", Operation::FindMany, page).await;
        assert_eq!(page.unwrap().as_array().unwrap().len(), 2, "{}", place.name);
        let few = json!({"include": {"users": {"select": {"id": true}}}});
        let few = call(&of(25_000), "Group", Operation::FindMany, few).await;
        assert!(few.is_ok(), "{}: {few:?}", place.name);
        // In a transaction it ends as any failed statement does.
        let stopped: Result<(), Error> = of(25_000)
            .transaction(async |tx| {
                let update = json!({"where": {"id": 1}, "data": {"name": "Ann"}});
                call(&tx, "User", Operation::Update, update).await?;
                call(&tx, "User", Operation::FindMany, json!({})).await?;
                Ok(())
            })
            .await;
        assert!(
            matches!(stopped, Err(Error::Invalid(_))),
            "{}: {stopped:?}",
            place.name
        );
        let named = json!({"where": {"name": "Ann"}});
        let named = call(&place.client, "User", Operation::Count, named).await;
        assert_eq!(named.unwrap(), json!(0), "{}", place.name);
    }
}

#[tokio::test]
async fn related_rows_are_the_same_by_one_statement_and_by_several() {
    for place in &filled().await.places {
        // So few that every read which could multiply goes by levels, so many that nothing is refused.
        let by_levels = place.client.for_user(None).with_limits(Limits {
            all_rows: 2000,
            ..Limits::PERSON
        });
        for posts in [
            json!({"orderBy": {"id": "desc"}}),
            json!({"orderBy": {"id": "asc"}, "take": 2}),
            json!({"orderBy": {"id": "asc"}, "take": -2, "skip": 1}),
            json!({"orderBy": {"id": "asc"}, "where": {"id": {"gt": 12}}, "include": {"_count": true}}),
            json!({"orderBy": {"id": "asc"}, "include": {"comments": {"orderBy": {"id": "desc"}}}}),
            json!({"orderBy": {"id": "asc"}, "cursor": {"id": 12}}),
        ] {
            // Nobody sees passwords, whoever asks.
            let plain = json!({"secret": true});
            let users =
                json!({"orderBy": {"id": "asc"}, "omit": plain, "include": {"posts": posts}});
            let args = json!({"include": {"users": users}});
            let args =
                json!({"orderBy": {"id": "asc"}, "omit": plain, "include": {"groups": args}});
            let whole = call(&place.client, "User", Operation::FindMany, args.clone()).await;
            let levels = call(&by_levels, "User", Operation::FindMany, args.clone()).await;
            assert_eq!(levels.unwrap(), whole.unwrap(), "{} {args}", place.name);
        }
    }
}

#[tokio::test]
async fn more_than_a_database_takes_is_no_error_of_the_database() {
    let places = filled().await;
    for place in &places.places {
        let db = &place.client;
        // A list almost as long as what SQLite binds, and longer than it when filled up.
        let ids: Vec<_> = (0..9999).collect();
        let found = call(
            db,
            "User",
            Operation::Count,
            json!({"where": {"id": {"in": ids}}}),
        )
        .await;
        assert_eq!(found.unwrap(), json!(3), "{}", place.name);
        let ids: Vec<i64> = (0..70_000).collect();
        let filter = crate::field("id").one_of(ids);
        let found = db.find_many("User").filter(filter).run().await;
        assert!(
            matches!(found, Err(Error::Invalid(InvalidInput::Values { .. }))),
            "{}: {found:?}",
            place.name
        );
        // Each of the many is a level of its own to SQLite.
        let many: Vec<_> = (0..4000).map(|id| json!({"id": id})).collect();
        let found = call(db, "User", Operation::Count, json!({"where": {"OR": many}})).await;
        assert_eq!(found.unwrap(), json!(3), "{}", place.name);
        let calls = vec![("User", Operation::Count, &ArgValue::Null); 1001];
        let refused = db.batch(&calls).await;
        assert!(matches!(
            refused,
            Err(Error::Invalid(InvalidInput::Calls { most: 1000 }))
        ));
    }
}

#[tokio::test]
async fn more_tables_than_a_database_joins_are_refused() {
    let text = r"
        model Node {
          id      Int    @id
          leftId  Int?
          left    Node?  @relation('left', fields: [leftId], references: [id])
          lefts   Node[] @relation('left')
          rightId Int?
          right   Node?  @relation('right', fields: [rightId], references: [id])
          rights  Node[] @relation('right')
        }
    ";
    let args = |levels: usize| {
        (1..levels).fold(
            json!({"left": true, "right": true}),
            |inner, _| json!({"left": {"include": inner.clone()}, "right": {"include": inner}}),
        )
    };
    for place in places_of(text).await.places {
        let few = json!({"include": args(4)});
        let found = call(&place.client, "Node", Operation::FindMany, few).await;
        assert_eq!(found.unwrap(), json!([]), "{}", place.name);
        let many = json!({"include": args(5)});
        let found = call(&place.client, "Node", Operation::FindMany, many).await;
        assert!(
            matches!(found, Err(Error::Invalid(_))),
            "{}: {found:?}",
            place.name
        );
    }
}
