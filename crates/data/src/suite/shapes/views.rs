//! Views: read only, made by somebody else.
//!
//! Source: contract zenstack §1.2 and §5.3.

use hallpass_sql::{Access, Dialect, Query};
use serde_json::{Value as Json, json};

use super::{Place, call, given, places_of, refused};
use crate::{ArgValue, Operation};

const SCHEMA: &str = r#"
    model User {
      id    Int    @id
      name  String
      posts Post[]
      stats Stat[]
    }
    model Post {
      id     Int    @id
      title  String
      userId Int
      user   User   @relation(fields: [userId], references: [id])
    }
    view Stat {
      userId Int  @unique
      name   String
      posts  Int
      user   User @relation(fields: [userId], references: [id])
      @@map("stats")
      @@allow('read', name == auth().name)
    }
    view Name {
      name  String
      posts Int
      @@map("names")
    }
"#;

async fn run(place: &Place, text: String) {
    let query = Query {
        text,
        binds: Vec::new(),
        access: Access::Write,
    };
    let ran = place.client.statement("", &query, &[]).await;
    assert!(ran.is_ok(), "{}: {ran:?}", place.name);
}

/// The same names as the tables of the place have.
fn named(place: &Place, name: &str) -> String {
    let quote = place.dialect.capability().identifier_quote;
    let prefix = if place.dialect == Dialect::MySql {
        "mysql_"
    } else {
        ""
    };
    format!("{quote}{prefix}{name}{quote}")
}

async fn fill(place: &Place) {
    let db = &place.client;
    for (id, name) in [(1, "Ann"), (2, "Bob"), (3, "Bob")] {
        db.create("User")
            .set("id", id)
            .set("name", name)
            .run()
            .await
            .unwrap();
    }
    for (id, user) in [(1, 1), (2, 1), (3, 2)] {
        db.create("Post")
            .set("id", id)
            .set("title", "x")
            .set("userId", user)
            .run()
            .await
            .unwrap();
    }
    let quote = place.dialect.capability().identifier_quote;
    let column = |name: &str| format!("{quote}{name}{quote}");
    let count = format!(
        "(SELECT COUNT(*) FROM {} AS p WHERE p.{} = u.id)",
        named(place, "Post"),
        column("userId")
    );
    let from = format!("{count} AS posts FROM {} AS u", named(place, "User"));
    let stats = format!(
        "CREATE VIEW {} AS SELECT u.id AS {}, u.name, {from}",
        named(place, "stats"),
        column("userId")
    );
    run(place, stats).await;
    run(
        place,
        format!(
            "CREATE VIEW {} AS SELECT u.name, {from}",
            named(place, "names")
        ),
    )
    .await;
}

async fn drop_all(place: &Place) {
    for view in ["stats", "names"] {
        run(place, format!("DROP VIEW {}", named(place, view))).await;
    }
}

#[tokio::test]
async fn views_are_read_like_tables() {
    for place in &places_of(SCHEMA).await.places {
        fill(place).await;
        for (operation, args, expected) in [
            (
                Operation::FindMany,
                json!({"where": {"posts": {"gt": 0}}, "orderBy": {"userId": "desc"}, "omit": {"name": true}}),
                json!([{"userId": 2, "posts": 1}, {"userId": 1, "posts": 2}]),
            ),
            (
                Operation::FindUnique,
                json!({"where": {"userId": 1}, "include": {"user": {"include": {"posts": {"orderBy": {"id": "asc"}, "select": {"id": true}}}}}}),
                json!({"userId": 1, "name": "Ann", "posts": 2, "user": {"id": 1, "name": "Ann", "posts": [{"id": 1}, {"id": 2}]}}),
            ),
            (Operation::Count, json!({}), json!(3)),
            (
                Operation::Aggregate,
                json!({"_sum": {"posts": true}}),
                json!({"_sum": {"posts": 3}}),
            ),
        ] {
            assert_eq!(
                given(place, "Stat", operation, args.clone()).await,
                expected,
                "{}: {args}",
                place.name
            );
        }
        let users = json!({"where": {"stats": {"some": {"posts": 2}}}, "include": {"stats": true}});
        let users = given(place, "User", Operation::FindMany, users).await;
        assert_eq!(
            users[0]["stats"],
            json!([{"userId": 1, "name": "Ann", "posts": 2}]),
            "{}",
            place.name
        );
        drop_all(place).await;
    }
}

#[tokio::test]
async fn rows_of_a_view_without_a_key_are_found_but_not_named() {
    for place in &places_of(SCHEMA).await.places {
        fill(place).await;
        let bobs = json!({"where": {"name": "Bob"}, "orderBy": [{"posts": "asc"}]});
        let found = given(place, "Name", Operation::FindMany, bobs).await;
        assert_eq!(
            found,
            json!([{"name": "Bob", "posts": 0}, {"name": "Bob", "posts": 1}]),
            "{}",
            place.name
        );
        let last = json!({"orderBy": {"posts": "asc"}, "take": -1});
        assert_eq!(
            given(place, "Name", Operation::FindMany, last).await,
            json!([{"name": "Ann", "posts": 2}])
        );
        let told = refused(
            &place.client,
            "Name",
            Operation::FindMany,
            json!({"take": -1}),
        )
        .await;
        assert!(told.contains("`orderBy`"), "{told}");
        for args in [json!({"where": {"name": "Ann"}}), json!({"where": {}})] {
            let told = refused(&place.client, "Name", Operation::FindUnique, args).await;
            assert!(
                told.contains("nothing tells rows of `Name` apart"),
                "{told}"
            );
        }
        let told = refused(
            &place.client,
            "Name",
            Operation::FindMany,
            json!({"cursor": {"name": "Ann"}}),
        )
        .await;
        assert!(told.contains("nothing tells"), "{told}");
        let distinct = json!({"distinct": "name", "orderBy": {"posts": "asc"}});
        let distinct = call(&place.client, "Name", Operation::FindMany, distinct).await;
        if place.dialect == Dialect::Postgres {
            assert_eq!(
                distinct.unwrap(),
                json!([{"name": "Ann", "posts": 2}, {"name": "Bob", "posts": 0}])
            );
        } else {
            assert!(distinct.is_err(), "{}", place.name);
        }
        drop_all(place).await;
    }
}

#[tokio::test]
async fn views_are_not_written() {
    for place in &places_of(SCHEMA).await.places {
        for (operation, args) in [
            (
                Operation::Create,
                json!({"data": {"userId": 1, "name": "x", "posts": 1}}),
            ),
            (Operation::UpdateMany, json!({"data": {"name": "x"}})),
            (Operation::DeleteMany, json!({})),
        ] {
            let told = refused(&place.client, "Stat", operation, args).await;
            assert_eq!(
                told, "`Stat` is a view, which is read only",
                "{}",
                place.name
            );
        }
        let nested: Json =
            json!({"data": {"id": 9, "name": "x", "stats": {"create": {"name": "x", "posts": 1}}}});
        let told = refused(&place.client, "User", Operation::Create, nested).await;
        assert!(told.contains("Unrecognized key: \"stats\""), "{told}");
    }
}

#[tokio::test]
async fn views_have_rules() {
    for place in &places_of(SCHEMA).await.places {
        fill(place).await;
        let person = ArgValue::from_json(json!({"id": 1, "name": "Ann"})).unwrap();
        let person = place.client.for_user(Some(person));
        let seen = call(
            &person,
            "Stat",
            Operation::FindMany,
            json!({"select": {"userId": true}}),
        )
        .await;
        assert_eq!(seen.unwrap(), json!([{"userId": 1}]), "{}", place.name);
        drop_all(place).await;
    }
}
