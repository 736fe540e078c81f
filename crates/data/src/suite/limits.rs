//! What one call may ask for: each limit is met at its number, and refused by name and place beyond it.

use std::time::{Duration, Instant};

use hallpass_db::testing::{self, TestDatabase};
use hallpass_sql::Dialect;
use serde_json::{Value as Json, json};

use super::support::{Places, call, options, places_of, schema};
use crate::{ArgValue, Client, Error, InvalidInput, Limits, Operation};

const SCHEMA: &str = r#"
    model User {
      id     Int     @id
      name   String?
      secret String? @password(saltLength: 4)
      data   Json?
      posts  Post[]
      groups Group[]
      @@allow('all', true)
    }

    model Group {
      id    Int    @id
      users User[]
      @@allow('all', true)
    }

    model Post {
      id       Int       @id
      title    String
      userId   Int?
      user     User?     @relation(fields: [userId], references: [id])
      comments Comment[]
      @@allow('all', true)
    }

    model Comment {
      id     Int  @id
      postId Int
      post   Post @relation(fields: [postId], references: [id])
      @@allow('all', true)
    }
"#;

/// A person's client with one limit changed.
fn limited(client: &Client, change: impl Fn(&mut Limits)) -> Client {
    let mut limits = Limits::PERSON;
    change(&mut limits);
    client.for_user(None).with_limits(limits)
}

/// The place and the message of arguments that are refused.
async fn refused(
    client: &Client,
    model: &str,
    operation: Operation,
    args: Json,
) -> (String, String) {
    let shown = args.to_string();
    match call(client, model, operation, args).await {
        Err(Error::Invalid(InvalidInput::Argument { path, message, .. })) => (path, message),
        other => panic!("{shown}: {other:?}"),
    }
}

struct Case {
    change: fn(&mut Limits),
    model: &'static str,
    operation: Operation,
    within: Json,
    beyond: Json,
    path: &'static str,
    message: &'static str,
}

fn cases() -> Vec<Case> {
    use Operation::{Create, CreateMany, FindFirst, FindMany, GroupBy, Update};
    let case = |change, model, operation, within, beyond, path, message| Case {
        change,
        model,
        operation,
        within,
        beyond,
        path,
        message,
    };
    vec![
        case(
            |limits| limits.depth = 5,
            "User",
            FindMany,
            json!({"where": {"NOT": {"NOT": {"id": 1}}}}),
            json!({"where": {"NOT": {"NOT": {"NOT": {"id": 1}}}}}),
            "where.NOT.NOT.NOT",
            "nests too deep: at most 5 levels",
        ),
        case(
            |limits| limits.values = 6,
            "User",
            FindMany,
            json!({"where": {"id": {"in": [1, 2]}}}),
            json!({"where": {"id": {"in": [1, 2, 3]}}}),
            "where.id.in[2]",
            "at most 6 values in the arguments of one call",
        ),
        case(
            |limits| limits.bytes = 20,
            "User",
            FindMany,
            json!({"where": {"name": "12345678901"}}),
            json!({"where": {"name": "123456789012"}}),
            "where.name",
            "at most 20 bytes in the arguments of one call",
        ),
        case(
            |limits| limits.value_bytes = 10,
            "User",
            FindMany,
            json!({"where": {"name": "1234567890"}}),
            json!({"where": {"name": "12345678901"}}),
            "where.name",
            "at most 10 bytes in one value",
        ),
        case(
            |limits| limits.value_bytes = 10,
            "User",
            Create,
            json!({"data": {"id": 1, "data": {"a": "1234", "b": "1234"}}}),
            json!({"data": {"id": 2, "data": {"a": "12345", "b": "1234"}}}),
            "data.data",
            "at most 10 bytes in one value",
        ),
        case(
            |limits| limits.include_depth = 2,
            "User",
            FindMany,
            json!({"include": {"posts": {"select": {"comments": true}}}}),
            json!({"include": {"posts": {"select": {"comments": {"include": {"post": true}}}}}}),
            "include.posts.select.comments.include.post",
            "at most 2 levels of related rows",
        ),
        case(
            |limits| limits.filter_depth = 3,
            "User",
            FindMany,
            json!({"where": {"OR": [{"posts": {"some": {"id": 1}}}]}}),
            json!({"where": {"OR": [{"posts": {"some": {"id": {"gt": 1}}}}]}}),
            "where.OR[0].posts.some.id",
            "at most 3 levels of conditions",
        ),
        case(
            |limits| limits.conditions = 4,
            "User",
            FindMany,
            json!({"where": {"id": 1, "AND": [{"id": 2}, {"id": 3}, {"name": "x"}]}}),
            json!({"where": {"id": 1, "AND": [{"id": 2}, {"id": 3}, {"name": "x"}, {"id": 4}]}}),
            "where.AND[3].id",
            "at most 4 conditions in one call, each value of a list counted",
        ),
        case(
            |limits| limits.conditions = 4,
            "User",
            FindMany,
            json!({"where": {"id": {"in": [1, 2, 3]}}}),
            json!({"where": {"id": {"in": [1, 2, 3, 4]}}}),
            "where.id.in",
            "at most 4 conditions in one call, each value of a list counted",
        ),
        case(
            |limits| limits.list = 2,
            "User",
            FindMany,
            json!({"where": {"id": {"notIn": [1, 2]}}}),
            json!({"where": {"id": {"notIn": [1, 2, 3]}}}),
            "where.id.notIn",
            "at most 2 values in one list",
        ),
        case(
            |limits| limits.list = 1,
            "User",
            GroupBy,
            json!({"by": ["id"]}),
            json!({"by": ["id", "name"]}),
            "by",
            "at most 1 values in one list",
        ),
        case(
            |limits| limits.order_keys = 1,
            "User",
            FindMany,
            json!({"orderBy": [{"id": "asc"}]}),
            json!({"orderBy": [{"id": "asc"}, {"name": "asc"}]}),
            "orderBy",
            "at most 1 keys in one order",
        ),
        case(
            |limits| limits.relations = 2,
            "User",
            FindMany,
            json!({"include": {"posts": true, "groups": true}}),
            json!({"include": {"posts": true, "_count": true}}),
            "include._count",
            "at most 2 relations in one call",
        ),
        case(
            |limits| limits.relations = 1,
            "Post",
            FindMany,
            json!({"where": {"user": {"is": {"id": 1}}}}),
            json!({"where": {"user": {"is": {"id": 1}}}, "orderBy": {"user": {"id": "asc"}}}),
            "orderBy.user",
            "at most 1 relations in one call",
        ),
        case(
            |limits| limits.rows = 3,
            "User",
            FindMany,
            json!({"take": -3}),
            json!({"take": -4}),
            "take",
            "at most 3 rows in one read; ask for pages with `take` and `skip`",
        ),
        case(
            |limits| limits.nested_rows = 3,
            "User",
            FindFirst,
            json!({"include": {"posts": {"take": 3}}}),
            json!({"include": {"posts": {"take": 4}}}),
            "include.posts.take",
            "at most 3 rows in one read; ask for pages with `take` and `skip`",
        ),
        case(
            |limits| limits.written_rows = 2,
            "Post",
            CreateMany,
            json!({"data": [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}]}),
            json!({"data": [{"id": 3, "title": "a"}, {"id": 4, "title": "b"}, {"id": 5, "title": "c"}]}),
            "data[2]",
            "at most 2 rows that one call adds",
        ),
        case(
            |limits| limits.written_rows = 2,
            "User",
            Create,
            json!({"data": {"id": 11, "posts": {"create": {"id": 11, "title": "a"}}}}),
            json!({"data": {"id": 12, "posts": {"createMany": {"data": [{"id": 12, "title": "a"}, {"id": 13, "title": "b"}]}}}}),
            "data.posts.createMany.data[1]",
            "at most 2 rows that one call adds",
        ),
        case(
            |limits| limits.actions = 2,
            "User",
            Update,
            json!({"where": {"id": 11}, "data": {"posts": {"connect": [{"id": 1}, {"id": 2}]}}}),
            json!({"where": {"id": 11}, "data": {"posts": {"connect": [{"id": 1}], "disconnect": [{"id": 1}, {"id": 2}]}}}),
            "data.posts.disconnect",
            "at most 2 rows that belong to others in the data of one call",
        ),
        case(
            |limits| limits.hashes = 1,
            "User",
            CreateMany,
            json!({"data": [{"id": 21, "secret": "a"}, {"id": 22}]}),
            json!({"data": [{"id": 23, "secret": "a"}, {"id": 24, "secret": "b"}]}),
            "data[1]",
            "at most 1 passwords in one call",
        ),
    ]
}

#[tokio::test]
async fn each_limit_is_met_at_its_number() {
    for place in places_of(SCHEMA).await.places {
        for case in cases() {
            let client = limited(&place.client, case.change);
            let within = call(&client, case.model, case.operation, case.within.clone()).await;
            assert!(within.is_ok(), "{} {}: {within:?}", place.name, case.within);
            let told = refused(&client, case.model, case.operation, case.beyond).await;
            let expected = (case.path.to_owned(), case.message.to_owned());
            assert_eq!(told, expected, "{}", place.name);
        }
    }
}

#[tokio::test]
async fn limits_only_become_stricter() {
    let places = places_of(SCHEMA).await;
    let db = &places.places[0].client;
    let generous = db.for_user(None).with_limits(Limits::PROGRAM);
    assert_eq!(*generous.limits(), Limits::PERSON);
    let strict = limited(db, |limits| limits.rows = 1);
    assert_eq!(strict.for_user(None).limits().rows, 1);
    assert_eq!(strict.with_limits(Limits::PROGRAM).limits().rows, 1);
    assert_eq!(db.limits().rows, u64::MAX);
    let inside = strict.transaction(async |tx| Ok::<_, Error>(tx.limits().rows));
    assert_eq!(inside.await.unwrap(), 1);
}

/// Three users in one group, with three posts each that have two comments each.
async fn filled() -> Places {
    let places = places_of(SCHEMA).await;
    for place in &places.places {
        let users = (1..=3).map(|user| {
            let posts = (1..=3).map(|post| {
                let id = user * 10 + post;
                json!({
                    "id": id, "title": "x",
                    "comments": {"create": [{"id": id * 10}, {"id": id * 10 + 1}]},
                })
            });
            json!({"id": user, "posts": {"create": posts.collect::<Vec<_>>()}})
        });
        let group = json!({"data": {"id": 1, "users": {"create": users.collect::<Vec<_>>()}}});
        call(&place.client, "Group", Operation::Create, group)
            .await
            .unwrap();
    }
    places
}

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
        assert_eq!(told, (String::new(), text.to_owned()), "{}", place.name);
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

const SLOW: &str = "
    model Slow  { id Int @id @@allow('all', true) }
    model Quick { id Int @id @@allow('all', true) }
";

/// A table that takes half a minute to read, beside one that does not.
async fn slow_places() -> Vec<(&'static str, Client, TestDatabase)> {
    let mut places = Vec::new();
    for test in testing::databases().await {
        let client = Client::new(test.database.clone(), schema(SLOW).into(), options()).unwrap();
        client.create_missing_tables().await.unwrap();
        let [table, view] = match test.database.dialect() {
            Dialect::Postgres => ["\"Slow\"", "SELECT 1 AS id FROM pg_sleep(30)"],
            Dialect::MariaDb | Dialect::MySql => ["`Slow`", "SELECT SLEEP(30) AS id"],
            Dialect::Sqlite => [
                "\"Slow\"",
                "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000000) \
                 SELECT max(x) AS id FROM n",
            ],
        };
        test.run(&format!("DROP TABLE {table}")).await;
        test.run(&format!("CREATE VIEW {table} AS {view}")).await;
        places.push((test.name, client, test));
    }
    places
}

const SHORT: Duration = Duration::from_millis(300);
/// Far less than the slow table takes.
const SOON: Duration = Duration::from_secs(8);

async fn write(client: &Client, id: i64) {
    let args = json!({"data": {"id": id}});
    call(client, "Quick", Operation::Create, args)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_slow_statement_of_a_person_is_stopped() {
    for (name, client, _database) in slow_places().await {
        let person = limited(&client, |limits| limits.statement_time = Some(SHORT));
        for (operation, args) in [
            (Operation::FindMany, json!({})),
            (Operation::FindUnique, json!({"where": {"id": 1}})),
            (Operation::Count, json!({})),
        ] {
            let began = Instant::now();
            let stopped = call(&person, "Slow", operation, args).await;
            assert!(
                matches!(stopped, Err(Error::Timeout(_))),
                "{name}: {stopped:?}"
            );
            assert!(began.elapsed() < SOON, "{name} {operation}");
        }
        // In a transaction nothing of it is kept, and its connection is free soon.
        let began = Instant::now();
        let stopped: Result<(), Error> = client
            .transaction(async |tx| {
                write(&tx, 1).await;
                let args = ArgValue::from_json(json!({})).unwrap();
                let person = tx.for_user(None).with_limits(*person.limits());
                person.call("Slow", Operation::FindMany, &args).await?;
                Ok(())
            })
            .await;
        assert!(
            matches!(stopped, Err(Error::Timeout(_))),
            "{name}: {stopped:?}"
        );
        write(&client, 2).await;
        assert!(began.elapsed() < SOON, "{name}");
        assert_eq!(client.count("Quick").run().await.unwrap(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_call_and_a_transaction_end_in_their_time() {
    for (name, client, _database) in slow_places().await {
        let person = limited(&client, |limits| limits.call_time = Some(SHORT));
        let began = Instant::now();
        let stopped = call(&person, "Slow", Operation::FindMany, json!({})).await;
        assert!(
            matches!(stopped, Err(Error::CallTooLong { limit: SHORT })),
            "{name}: {stopped:?}"
        );
        let stopped: Result<Json, Error> = client
            .transaction_within(SHORT, async |tx| {
                write(&tx, 1).await;
                call(&tx, "Slow", Operation::FindMany, json!({})).await
            })
            .await;
        assert!(
            matches!(stopped, Err(Error::TransactionTooLong { limit: SHORT })),
            "{name}: {stopped:?}"
        );
        assert!(
            stopped
                .unwrap_err()
                .to_string()
                .contains("nothing was written")
        );
        write(&client, 2).await;
        assert!(began.elapsed() < SOON, "{name}");
        assert_eq!(client.count("Quick").run().await.unwrap(), 1, "{name}");
    }
}
