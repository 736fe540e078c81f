use hallpass_sql::Dialect;

use super::support::{empty_places, places, texts, todo, user};
use crate::{Client, Filter, Order, Value, all, any, asc, desc, field, not, parameter, relation};

/// Five rows: priorities 1, 2, 3, null, null; two done.
async fn five_todos(db: &Client) {
    user(db, "ann").await;
    let rows = [
        ("apple", Some(3), true),
        ("50% off", Some(1), false),
        ("banana_split", Some(2), false),
        ("cherry!", None, true),
        ("date \\ fig", None, false),
    ];
    for (content, priority, done) in rows {
        let create = db
            .create("Todo")
            .set("userId", "ann")
            .set("content", content);
        create
            .set("priority", priority)
            .set("done", done)
            .run()
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn filters_pass_what_they_say() {
    let content = || field("content");
    let priority = || field("priority");
    let nothing: [&str; 0] = [];
    let cases: Vec<(Filter, &[&str])> = vec![
        (content().eq("apple"), &["apple"]),
        (content().exactly("apple"), &["apple"]),
        (content().exactly("Apple"), &[]),
        (content().exactly("apple "), &[]),
        (
            content().ne("apple"),
            &["50% off", "banana_split", "cherry!", "date \\ fig"],
        ),
        (
            content().one_of(["apple", "cherry!", "none"]),
            &["apple", "cherry!"],
        ),
        (content().one_of(nothing), &[]),
        (
            content().none_of(["apple", "cherry!"]),
            &["50% off", "banana_split", "date \\ fig"],
        ),
        (
            content().none_of(nothing),
            &["apple", "50% off", "banana_split", "cherry!", "date \\ fig"],
        ),
        (content().contains("an"), &["banana_split"]),
        (content().contains("%"), &["50% off"]),
        (content().contains("a_"), &["banana_split"]),
        (content().contains("!"), &["cherry!"]),
        (content().contains("\\"), &["date \\ fig"]),
        (content().starts_with("50%"), &["50% off"]),
        (content().starts_with("pple"), &[]),
        (content().ends_with("ry!"), &["cherry!"]),
        (content().ends_with("split%"), &[]),
        (priority().eq(2), &["banana_split"]),
        (priority().eq("2"), &["banana_split"]),
        (priority().eq("two"), &[]),
        (priority().eq(i64::MAX), &[]),
        (priority().ne(2), &["apple", "50% off"]),
        (priority().lt(2), &["50% off"]),
        (priority().lte(2), &["50% off", "banana_split"]),
        (priority().gt(2), &["apple"]),
        (priority().gte(2), &["apple", "banana_split"]),
        (priority().is_null(), &["cherry!", "date \\ fig"]),
        (
            priority().is_not_null(),
            &["apple", "50% off", "banana_split"],
        ),
        (not(priority().eq(2)), &["apple", "50% off"]),
        (field("done").eq(true), &["apple", "cherry!"]),
        (
            field("done").eq(true).and(priority().is_null()),
            &["cherry!"],
        ),
        (
            field("done").eq(true).or(priority().eq(1)),
            &["apple", "50% off", "cherry!"],
        ),
        (any([]), &[]),
        (
            any([all([])]),
            &["apple", "50% off", "banana_split", "cherry!", "date \\ fig"],
        ),
        (
            all([]),
            &["apple", "50% off", "banana_split", "cherry!", "date \\ fig"],
        ),
        (
            not(any([field("done").eq(true), content().starts_with("50")])),
            &["banana_split", "date \\ fig"],
        ),
        (content().eq("'; DROP TABLE todo_items; --"), &[]),
    ];
    for place in places().await.places {
        five_todos(&place.client).await;
        for (filter, expected) in &cases {
            let found = place
                .client
                .find_many("Todo")
                .filter(filter.clone())
                .order_by(asc("id"))
                .run()
                .await;
            let found =
                found.unwrap_or_else(|error| panic!("{}: {filter:?}: {error:?}", place.name));
            assert_eq!(
                texts(&found, "content"),
                *expected,
                "{}: {filter:?}",
                place.name
            );
            let count = place
                .client
                .count("Todo")
                .filter(filter.clone())
                .run()
                .await
                .unwrap();
            assert_eq!(count, expected.len() as u64, "{}: {filter:?}", place.name);
        }
    }
}

#[tokio::test]
async fn orders_and_pages() {
    let by = |orders: Vec<Order>, skip: u32, take: u32, expected: &'static [&'static str]| {
        (orders, skip, take, expected)
    };
    let cases = [
        by(vec![desc("id")], 0, 2, &["date \\ fig", "cherry!"]),
        by(vec![asc("id")], 3, 9, &["cherry!", "date \\ fig"]),
        by(vec![asc("id")], 0, 0, &[]),
        by(
            vec![asc("done"), desc("id")],
            0,
            9,
            &["date \\ fig", "banana_split", "50% off", "cherry!", "apple"],
        ),
        by(
            vec![asc("priority").nulls_last(), asc("id")],
            0,
            9,
            &["50% off", "banana_split", "apple", "cherry!", "date \\ fig"],
        ),
        by(
            vec![desc("priority").nulls_first(), asc("id")],
            0,
            9,
            &["cherry!", "date \\ fig", "apple", "banana_split", "50% off"],
        ),
    ];
    for place in places().await.places {
        five_todos(&place.client).await;
        for (orders, skip, take, expected) in &cases {
            let mut find = place.client.find_many("Todo").skip(*skip).take(*take);
            for order in orders {
                find = find.order_by(order.clone());
            }
            assert_eq!(
                texts(&find.run().await.unwrap(), "content"),
                *expected,
                "{}: {orders:?}",
                place.name
            );
        }
        let rest = place
            .client
            .find_many("Todo")
            .order_by(asc("id"))
            .skip(4)
            .run()
            .await
            .unwrap();
        assert_eq!(
            texts(&rest, "content"),
            ["date \\ fig"],
            "{}: skip without take",
            place.name
        );
        let first = place
            .client
            .find_first("Todo")
            .order_by(desc("id"))
            .skip(1)
            .run()
            .await
            .unwrap();
        assert_eq!(first.unwrap().get::<&str>("content"), Ok("cherry!"));
    }
}

#[tokio::test]
async fn a_row_is_found_by_any_of_its_keys() {
    for place in places().await.places {
        let db = &place.client;
        let ann = user(db, "ann").await;
        for filter in [
            field("id").eq("ann"),
            field("email").eq("ann@example.org"),
            field("email")
                .exactly("ann@example.org")
                .and(field("role").eq("USER")),
        ] {
            assert_eq!(
                db.find_unique("User")
                    .filter(filter)
                    .run()
                    .await
                    .unwrap()
                    .as_ref(),
                Some(&ann)
            );
        }
        let admin = field("id").eq("ann").and(field("role").eq("ADMIN"));
        assert_eq!(
            db.find_unique("User").filter(admin).run().await.unwrap(),
            None,
            "{}",
            place.name
        );
        db.create("Token")
            .set("identifier", "a")
            .set("token", "t")
            .set("expires", "2026-01-01")
            .run()
            .await
            .unwrap();
        let pair = |token: &str| field("identifier").eq("a").and(field("token").eq(token));
        assert!(
            db.find_unique("Token")
                .filter(pair("t"))
                .run()
                .await
                .unwrap()
                .is_some()
        );
        assert!(
            db.find_unique("Token")
                .filter(pair("u"))
                .run()
                .await
                .unwrap()
                .is_none()
        );
    }
}

#[tokio::test]
async fn an_id_given_as_text_finds_a_numbered_row() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        let todo = todo(db, "ann", "milk").await;
        let id = todo.get::<i64>("id").unwrap().to_string();
        let find = |id: &str| db.find_unique("Todo").filter(field("id").eq(id)).run();
        assert!(find(&id).await.unwrap().is_some(), "{}", place.name);
        for absent in [
            "",
            "abc",
            "1.5",
            "99999999999",
            "99999999999999999999",
            "1; --",
            "\0",
        ] {
            assert!(
                find(absent).await.unwrap().is_none(),
                "{}: {absent:?}",
                place.name
            );
        }
    }
}

#[tokio::test]
async fn only_selected_fields_come_back() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        let names = |record: crate::Record| {
            record
                .values()
                .map(|(name, _)| name.to_owned())
                .collect::<Vec<_>>()
        };
        let find = || db.find_unique("User").filter(field("id").eq("ann"));
        let some = find()
            .select(["email", "id", "secret"])
            .run()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            names(some),
            ["id", "email", "secret"],
            "{}: in the schema's order",
            place.name
        );
        let most = find()
            .omit(["createdAt", "updatedAt", "emailVerified"])
            .run()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(names(most), ["id", "email", "name", "role"]);
    }
}

#[tokio::test]
async fn relations_to_one_row_come_along() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        let parent = todo(db, "ann", "shopping").await;
        let parent_id: i64 = parent.get("id").unwrap();
        db.create("Todo")
            .set("userId", "ann")
            .set("content", "milk")
            .set("parentId", parent_id)
            .run()
            .await
            .unwrap();
        db.create("Profile")
            .set("userId", "ann")
            .set("bio", "hi")
            .run()
            .await
            .unwrap();
        let include = relation("user").select(["email"]).include("profile");
        let find = db
            .find_many("Todo")
            .include(include)
            .include(relation("parent").omit(["dueAt"]))
            .order_by(asc("id"));
        let todos = find.filter(field("userId").eq("ann")).run().await.unwrap();
        let owner = todos[0].related("user").unwrap().unwrap();
        assert_eq!(
            owner.get::<&str>("email"),
            Ok("ann@example.org"),
            "{}",
            place.name
        );
        assert_eq!(owner.value("id"), None);
        assert_eq!(
            owner
                .related("profile")
                .unwrap()
                .unwrap()
                .get::<&str>("bio"),
            Ok("hi")
        );
        assert_eq!(todos[0].related("parent"), Ok(None));
        assert_eq!(
            todos[1]
                .related("parent")
                .unwrap()
                .unwrap()
                .get::<i64>("id"),
            Ok(parent_id)
        );
        assert_eq!(todos[1].get::<&str>("content"), Ok("milk"));
        assert!(todos[1].related("user").is_ok() && todos[1].related("children").is_err());
    }
}

#[tokio::test]
async fn text_compares_byte_by_byte_when_asked() {
    for place in places().await.places {
        let db = &place.client;
        db.create("User")
            .set("email", "é@example.org")
            .run()
            .await
            .unwrap();
        let find = |email: &str| {
            db.find_first("User")
                .filter(field("email").exactly(email))
                .run()
        };
        assert!(
            find("é@example.org").await.unwrap().is_some(),
            "{}",
            place.name
        );
        for other in [
            "e@example.org",
            "É@example.org",
            "é@example.org ",
            "É@EXAMPLE.ORG",
        ] {
            assert!(
                find(other).await.unwrap().is_none(),
                "{}: {other}",
                place.name
            );
        }
        let null = db
            .find_many("User")
            .filter(field("name").eq(Value::Null))
            .run()
            .await
            .unwrap();
        assert_eq!(null.len(), 1);
    }
}

#[tokio::test]
async fn exactly_is_exact_where_the_type_of_the_column_is_not() {
    let text =
        "model A { id Int @id  folded String @unique @db.Citext  padded String @db.Char(8) }";
    for place in empty_places(text).await.places {
        if place.dialect == Dialect::Postgres {
            let extension = hallpass_sql::Query {
                text: "CREATE EXTENSION citext".to_owned(),
                binds: Vec::new(),
                access: hallpass_sql::Access::Write,
            };
            let database = &place.client.engine.database;
            database.exec(&extension, &[]).await.unwrap();
        }
        let db = &place.client;
        db.create_missing_tables().await.unwrap();
        let create = db.create("A").set("id", 1).set("folded", "ann");
        create.set("padded", "ann").run().await.unwrap();
        for (sought, count) in [("ann", 1), ("Ann", 0), ("ann ", 0)] {
            for name in ["folded", "padded"] {
                let found = db.count("A").filter(field(name).exactly(sought)).run();
                let place = format!("{}: {name} {sought:?}", place.name);
                assert_eq!(found.await.unwrap(), count, "{place}");
                let prepared = db.find_many("A").filter(field(name).exactly(parameter(0)));
                let prepared = prepared.prepare().unwrap();
                let found = prepared.run(db, &[sought.into()]).await.unwrap();
                assert_eq!(found.len() as u64, count, "{place}");
            }
        }
    }
}
