//! Wrong input of every kind: it is refused by name, or it is only a value. Never an error of the database, never a panic.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::support::{call, options, places_of, schema};
use crate::{ArgValue, Client, Dialect, Error, Operation};

const SCHEMA: &str = r#"
    enum Role { USER ADMIN @map("it's admin") }

    model User {
      id    Int     @id
      email String  @unique
      name  String?
      role  Role    @default(USER)
      posts Post[]
      tags  Tag[]
      @@allow('all', true)
    }

    model Post {
      id     Int       @id
      title  String    @length(0, 50)
      views  Int       @default(0)
      price  Decimal?
      weight Float?
      big    BigInt?
      at     DateTime?
      meta   Json?
      raw    Bytes?
      userId Int?
      user   User?     @relation(fields: [userId], references: [id])
      parts  Part[]
      @@allow('all', true)
      @@deny('post-update', before().views > 100)
    }

    model Part {
      a      Int
      b      Int
      n      Int   @default(0)
      postId Int
      post   Post  @relation(fields: [postId], references: [id])
      @@id([a, b])
      @@allow('all', post.views < 100)
    }

    model Tag {
      id    Int    @id
      users User[]
      @@allow('all', true)
    }
"#;

/// The kinds of errors that the contract knows, and those of too much at once.
///
/// Source: contract zenstack §2.8.
fn is_expected(error: &Error) -> bool {
    matches!(
        error,
        Error::Invalid(_)
            | Error::Arguments(_)
            | Error::NotFound { .. }
            | Error::Rejected { .. }
            | Error::NotSupported(_)
            | Error::Conflict { .. }
            | Error::ForeignKey { .. }
            | Error::Refused { .. }
    )
}

const NAMES: &[&str] = &[
    "where",
    "select",
    "include",
    "omit",
    "orderBy",
    "take",
    "skip",
    "cursor",
    "distinct",
    "data",
    "create",
    "createMany",
    "connect",
    "connectOrCreate",
    "disconnect",
    "set",
    "update",
    "upsert",
    "delete",
    "updateMany",
    "deleteMany",
    "skipDuplicates",
    "limit",
    "by",
    "having",
    "_count",
    "_sum",
    "_avg",
    "_min",
    "_max",
    "_all",
    "push",
    "increment",
    "divide",
    "id",
    "email",
    "name",
    "role",
    "posts",
    "tags",
    "title",
    "views",
    "price",
    "weight",
    "big",
    "at",
    "meta",
    "raw",
    "userId",
    "user",
    "parts",
    "a",
    "b",
    "a_b",
    "n",
    "post",
    "some",
    "every",
    "none",
    "is",
    "isNot",
    "AND",
    "OR",
    "NOT",
    "in",
    "notIn",
    "not",
    "equals",
    "between",
    "contains",
    "mode",
    "path",
    "string_contains",
    "array_contains",
    "sort",
    "nulls",
    "__proto__",
    "",
];

fn leaf() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        any::<bool>().prop_map(Json::from),
        (-3_i64..3).prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,8}".prop_map(Json::from),
        prop::sample::select(vec![
            "asc",
            "desc",
            "USER",
            "2026-01-01",
            "1e9",
            "id",
            "$.a[0]",
            "\0",
            "'; --",
        ])
        .prop_map(Json::from),
    ]
}

/// Any shape, of names that mean something somewhere.
fn arguments() -> impl Strategy<Value = Json> {
    leaf().prop_recursive(7, 60, 5, |inner| {
        let name = prop::sample::select(NAMES.to_vec());
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            4 => prop::collection::vec((name, inner), 0..5).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

/// Arguments that begin as those of a call do, so that what is inside is looked at.
fn calls() -> impl Strategy<Value = Json> {
    let member = |name: &'static str| arguments().prop_map(move |value| (name, value));
    let begun = prop::collection::vec(
        prop_oneof![
            member("where"),
            member("data"),
            member("select"),
            member("include"),
            member("orderBy"),
            member("create"),
            member("update"),
            member("by"),
            member("having"),
        ],
        0..4,
    );
    let begun = begun.prop_map(|members| {
        members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    });
    prop_oneof![1 => arguments(), 3 => begun]
}

#[test]
fn no_arguments_of_any_operation_make_us_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let database = runtime.block_on(hallpass_db::testing::sqlite());
    let client = Client::new(database.database.clone(), schema(SCHEMA).into(), options()).unwrap();
    runtime.block_on(client.create_missing_tables()).unwrap();
    let person = client.for_user(None);
    let models = prop::sample::select(vec!["User", "post", "Part", "Tag"]);
    let operations = prop::sample::select(Operation::ALL.to_vec());
    proptest!(ProptestConfig::with_cases(1500), |(args in calls(), model in models, operation in operations)| {
        for client in [&client, &person] {
            let result = runtime.block_on(call(client, model, operation, args.clone()));
            if let Err(error) = result {
                prop_assert!(is_expected(&error), "{} {}: {:?}", operation, args, error);
            }
        }
    });
}

#[tokio::test]
async fn values_at_the_edges_are_kept_or_refused() {
    let million = "9".repeat(1_000_000);
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let mut id = 0;
        for (field, value, kept) in [
            ("views", json!(i32::MAX), true),
            ("views", json!(i32::MIN), true),
            ("views", json!(i64::from(i32::MAX) + 1), false),
            ("views", json!(i64::from(i32::MIN) - 1), false),
            ("views", json!(1.5), false),
            ("views", json!(1e300), false),
            ("views", json!("1"), false),
            ("views", json!(true), false),
            ("big", json!(i64::MAX), true),
            ("big", json!(i64::MIN.to_string()), true),
            ("big", json!("9223372036854775808"), false),
            ("big", json!(u64::MAX), false),
            ("big", json!(million), false),
            ("weight", json!(f64::MAX), true),
            ("weight", json!(5e-324), true),
            ("weight", json!(-0.0), true),
            ("weight", json!("NaN"), false),
            ("price", json!("-0.000000000000000000000000000001"), true),
            ("price", json!("1e2000"), false),
            ("price", json!("9".repeat(301)), false),
            ("price", json!("1e300"), false),
            ("price", json!("1e999999999999999999999"), false),
            ("price", json!("0x10"), false),
            ("price", json!("NaN"), false),
            ("at", json!("0001-01-01T00:00:00Z"), true),
            ("at", json!("9999-12-30T21:59:59.999Z"), true),
            ("at", json!("9999-12-30T23:59:59.999Z"), true),
            ("at", json!("9999-12-31T23:59:59Z"), true),
            // There is no such day, and it must not become the same hours of another one.
            ("at", json!("9999-12-31T23:59:59-01:00"), false),
            ("at", json!("2026-01-01T25:00:00Z"), false),
            ("at", json!("2026-13-01T10:00:00Z"), false),
            ("at", json!("0000-12-31T23:59:59Z"), false),
            ("at", json!("-000001-01-01T00:00:00Z"), false),
            ("at", json!("10000-01-01T00:00:00Z"), false),
            ("at", json!("2026-02-30"), false),
            ("at", json!("now"), false),
            ("at", json!(0), false),
            ("title", json!("a\0b"), false),
            ("title", json!("\u{10ffff}\u{202e}'\"`\\"), true),
            ("title", json!("x".repeat(51)), false),
            ("meta", json!({"a": {"b": ["\u{feff}", 1e300, null]}}), true),
            ("meta", json!({"a": "x\0y"}), false),
            ("meta", json!({"x\0y": 1}), false),
            ("meta", json!(["a", ["\0"]]), false),
        ] {
            id += 1;
            let mut data = json!({"id": id, "title": "t"});
            data[field] = value.clone();
            let done = call(db, "Post", Operation::Create, json!({"data": data})).await;
            let shown: String = value.to_string().chars().take(60).collect();
            match done {
                Ok(row) => {
                    assert!(kept, "{} {field} {shown}", place.name);
                    if matches!(field, "views" | "title" | "meta") {
                        assert_eq!(row[field], value, "{} {field}", place.name);
                    }
                    if let ("at", Some(text)) = (field, value.as_str()) {
                        let given = row["at"].as_str().unwrap();
                        assert_eq!(given.get(..10), text.get(..10), "{} {shown}", place.name);
                    }
                }
                Err(error) => assert!(
                    !kept && matches!(error, Error::Invalid(_)),
                    "{} {field} {shown}: {error:?}",
                    place.name
                ),
            }
            // Nothing is found by it either, and nothing fails.
            let filter = json!({"where": {field: value}});
            let found = call(db, "Post", Operation::Count, filter).await;
            assert!(
                matches!(found, Ok(_) | Err(Error::Invalid(_))),
                "{} where {field} {shown}: {found:?}",
                place.name
            );
        }
        // Too many digits for a column: refused by us where it would round them, else by the database.
        let digits = json!({"data": {"id": 900, "title": "t", "price": "9".repeat(300)}});
        let done = call(db, "Post", Operation::Create, digits).await;
        assert!(
            match place.client.dialect() {
                Dialect::Sqlite => matches!(done, Err(Error::Invalid(_))),
                _ => matches!(done, Ok(_) | Err(Error::Refused { .. })),
            },
            "{}: {done:?}",
            place.name
        );
        let more = json!({"where": {"id": 1}, "data": {"views": {"increment": 1}}});
        let done = call(db, "Post", Operation::Update, more).await;
        assert!(
            matches!(done, Err(Error::Refused { .. })),
            "{}: {done:?}",
            place.name
        );
    }
}

#[tokio::test]
async fn names_are_looked_up_and_never_said() {
    for place in places_of(SCHEMA).await.places {
        for attempt in [
            "id\" = 1; DROP TABLE \"User\"; --",
            "`id`",
            "id; --",
            "User.id",
            "t0",
            "*",
            "\0",
            "__proto__",
            "constructor",
            "rowid",
            "ctid",
            "$1",
            "",
        ] {
            let data = json!({"id": 1, "email": "a"});
            for (operation, args) in [
                (
                    Operation::Create,
                    json!({"data": {"id": 1, "email": "a", attempt: 1}}),
                ),
                (Operation::Create, json!({"data": data, attempt: 1})),
                (
                    Operation::Create,
                    json!({"data": {"id": 1, "email": "a", "posts": {attempt: {}}}}),
                ),
                (
                    Operation::Create,
                    json!({"data": {"id": 1, "email": "a", "role": attempt}}),
                ),
                (
                    Operation::Update,
                    json!({"where": {attempt: 1}, "data": {}}),
                ),
                (
                    Operation::Update,
                    json!({"where": {"id": 1}, "data": {"id": {attempt: 1}}}),
                ),
                (
                    Operation::UpdateMany,
                    json!({"where": {"posts": {attempt: {}}}, "data": {}}),
                ),
                (Operation::Delete, json!({"where": {"id": 1, attempt: 1}})),
                (Operation::GroupBy, json!({"by": [attempt]})),
                (
                    Operation::GroupBy,
                    json!({"by": ["id"], "having": {attempt: 1}}),
                ),
                (
                    Operation::GroupBy,
                    json!({"by": ["id"], "orderBy": {attempt: "asc"}}),
                ),
                (Operation::Aggregate, json!({"_sum": {attempt: true}})),
                (Operation::Count, json!({"select": {attempt: true}})),
                (
                    Operation::FindMany,
                    json!({"orderBy": {"posts": {attempt: "asc"}}}),
                ),
                (
                    Operation::FindMany,
                    json!({"where": {"posts": {"some": {attempt: 1}}}}),
                ),
                (Operation::FindMany, json!({"cursor": {attempt: 1}})),
                (
                    Operation::FindMany,
                    json!({"select": {"_count": {"select": {attempt: true}}}}),
                ),
            ] {
                let told = call(&place.client, "User", operation, args.clone()).await;
                let Err(Error::Invalid(told)) = told else {
                    panic!("{} {operation} {args}: {told:?}", place.name);
                };
                assert!(told.to_string().len() < 400, "{told}");
            }
            let told = call(&place.client, attempt, Operation::FindMany, json!({})).await;
            assert!(matches!(told, Err(Error::Invalid(_))), "{told:?}");
        }
        let long = "x".repeat(1_000_000);
        let told = call(&place.client, &long, Operation::FindMany, json!({})).await;
        assert!(told.unwrap_err().to_string().len() < 200);
        let count = call(&place.client, "User", Operation::Count, json!({})).await;
        assert_eq!(count.unwrap(), json!(0), "{}", place.name);
    }
}

#[tokio::test]
async fn texts_of_writes_are_values() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        for (id, attempt) in [
            "'; DROP TABLE \"User\"; --",
            "\\",
            "\\'",
            "%_!",
            "$1 ? :x @x",
            "\r\n\t\u{7f}",
            "${jndi:x}",
            "../../etc/passwd",
        ]
        .iter()
        .enumerate()
        {
            let data = json!({"id": id, "email": attempt, "name": attempt});
            let args =
                json!({"where": {"email": attempt}, "create": data, "update": {"name": attempt}});
            for _ in 0..2 {
                let row = call(db, "User", Operation::Upsert, args.clone())
                    .await
                    .unwrap();
                assert_eq!(row["email"], json!(attempt), "{}", place.name);
                assert_eq!(row["name"], json!(attempt), "{}", place.name);
            }
            let meta = json!({"text": attempt, "list": [attempt]});
            let post = json!({"data": {"id": id, "title": attempt, "meta": meta, "user": {"connect": {"email": attempt}}}});
            let row = call(db, "Post", Operation::Create, post).await.unwrap();
            assert_eq!(row["meta"], meta, "{}", place.name);
            for filter in [
                json!({"meta": {"path": "$.text", "equals": attempt}}),
                json!({"meta": {"path": "$.text", "string_contains": attempt}}),
                json!({"meta": {"path": "$.list", "array_contains": attempt}}),
                json!({"user": {"is": {"name": {"endsWith": attempt}}}}),
            ] {
                let filter = json!({"where": {"AND": [{"id": id}, filter]}});
                let found = call(db, "Post", Operation::Count, filter.clone()).await;
                assert_eq!(found.unwrap(), json!(1), "{} {filter}", place.name);
            }
        }
        let gone = call(
            db,
            "User",
            Operation::DeleteMany,
            json!({"where": {"name": "' OR 1=1 --"}}),
        );
        assert_eq!(gone.await.unwrap(), json!({"count": 0}), "{}", place.name);
    }
}

#[tokio::test]
async fn many_rows_under_rules_take_linear_time() {
    let text = r"
        type Asker {
          level Int
          @@auth
        }
        model Owner {
          id     Int     @id
          active Boolean @default(true)
          items  Item[]
          @@allow('all', true)
        }
        model Item {
          id      Int    @id
          title   String
          ownerId Int
          owner   Owner  @relation(fields: [ownerId], references: [id])
          @@allow('create', owner.active && title != 'x' && (auth().level > 1 || auth().level > 2))
          @@allow('read,update,delete', owner.active)
        }
    ";
    for place in places_of(text).await.places {
        let level = ArgValue::from_json(json!({"level": 2})).unwrap();
        let person = place.client.for_user(Some(level));
        let owners: Vec<_> = (0..300).map(|id| json!({"id": id})).collect();
        call(
            &person,
            "Owner",
            Operation::CreateMany,
            json!({"data": owners}),
        )
        .await
        .unwrap();
        let began = std::time::Instant::now();
        let items: Vec<_> = (0..10_000)
            .map(|id| json!({"id": id, "title": "t", "ownerId": id % 300}))
            .collect();
        let made = call(
            &person,
            "Item",
            Operation::CreateMany,
            json!({"data": items}),
        )
        .await;
        assert_eq!(made.unwrap(), json!({"count": 10_000}), "{}", place.name);
        // Quadratic work would take minutes.
        assert!(began.elapsed().as_secs() < 20, "{}", place.name);
        let inactive = json!({"where": {"id": 1}, "data": {"active": false}});
        call(&person, "Owner", Operation::Update, inactive)
            .await
            .unwrap();
        let items: Vec<_> = (10_000..10_400)
            .map(|id| json!({"id": id, "title": "t", "ownerId": id - 10_000 - 200}))
            .map(|mut item| {
                item["ownerId"] = json!(item["ownerId"].as_i64().unwrap().unsigned_abs() % 300);
                item
            })
            .collect();
        let made = call(
            &person,
            "Item",
            Operation::CreateMany,
            json!({"data": items}),
        )
        .await;
        assert!(
            matches!(made, Err(Error::Rejected { .. })),
            "{}: {made:?}",
            place.name
        );
    }
}

#[tokio::test]
async fn many_rows_are_connected_in_linear_time() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let posts: Vec<_> = (0..4000)
            .map(|id| json!({"id": id, "title": "t"}))
            .collect();
        call(db, "Post", Operation::CreateMany, json!({"data": posts}))
            .await
            .unwrap();
        let keys: Vec<_> = (0..4000).map(|id| json!({"id": id})).collect();
        let user = json!({"data": {"id": 1, "email": "a", "posts": {"connect": keys}}});
        let began = std::time::Instant::now();
        call(db, "User", Operation::Create, user).await.unwrap();
        assert!(began.elapsed().as_secs() < 20, "{}", place.name);
        let count = call(
            db,
            "Post",
            Operation::Count,
            json!({"where": {"userId": 1}}),
        )
        .await;
        assert_eq!(count.unwrap(), json!(4000), "{}", place.name);
    }
}

#[tokio::test]
async fn a_row_named_twice_in_the_words_of_the_database_is_one() {
    let text = "
        model Room { id Int @id seats Seat[] }
        model Seat { name String @id roomId Int? room Room? @relation(fields: [roomId], references: [id]) }
    ";
    for place in places_of(text).await.places {
        let db = &place.client;
        let room = json!({"data": {"id": 1, "seats": {"create": [{"name": "a"}, {"name": "b"}]}}});
        call(db, "Room", Operation::Create, room).await.unwrap();
        let act = |action: &str, names: [&str; 2]| {
            let names = names.map(|name| json!({"name": name}));
            let args = json!({"where": {"id": 1}, "data": {"seats": {action: names}}});
            call(db, "Room", Operation::Update, args)
        };
        let folds = !place.dialect.capability().exact_text_equality;
        let twice = act("connect", ["a", "A"]).await;
        assert_eq!(twice.is_ok(), folds, "{}: {twice:?}", place.name);
        assert!(act("connect", ["a", "a"]).await.is_ok(), "{}", place.name);
        let missing = act("connect", ["a", "c"]).await;
        assert!(
            matches!(missing, Err(Error::NotFound { .. })),
            "{}: {missing:?}",
            place.name
        );
        let missing = act("delete", ["a", "c"]).await;
        assert!(
            matches!(missing, Err(Error::NotFound { .. })),
            "{}: {missing:?}",
            place.name
        );
        let twice = act("delete", ["b", "B"]).await;
        assert_eq!(twice.is_ok(), folds, "{}: {twice:?}", place.name);
        let left = call(db, "Seat", Operation::Count, json!({})).await.unwrap();
        assert_eq!(left, json!(if folds { 1 } else { 2 }), "{}", place.name);
    }
}

#[tokio::test]
async fn rules_that_lead_in_circles_end() {
    let text = "
        model Left  {
          id Int @id
          rights Right[]
          @@allow('read', rights?[check(left, 'read')])
        }
        model Right {
          id Int @id
          leftId Int
          left Left @relation(fields: [leftId], references: [id])
          @@allow('read', check(left, 'read'))
        }
    ";
    let Ok(schema) = hallpass_zmodel::load(&[hallpass_zmodel::Source {
        name: "circle.zmodel",
        text,
    }]) else {
        // Refused before anything runs.
        return;
    };
    let database = hallpass_db::testing::sqlite().await;
    let client = Client::new(database.database.clone(), schema.into(), options()).unwrap();
    client.create_missing_tables().await.unwrap();
    let told = call(
        &client.for_user(None),
        "Left",
        Operation::FindMany,
        json!({}),
    )
    .await;
    assert!(matches!(told, Err(Error::Invalid(_))), "{told:?}");
}
