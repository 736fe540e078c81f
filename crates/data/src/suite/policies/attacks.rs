//! What somebody tried against the rules, each as a test.

use hallpass_sql::Dialect;
use serde_json::json;

use crate::suite::support::{call, places_of};
use crate::{ArgValue, Client, Error, InvalidInput, Operation, Rejection, RuleOperation, field};

const SCHEMA: &str = r#"
    enum Visibility { PUBLIC PRIVATE }

    model User {
      id       String  @id
      verified Boolean @default(false)
      password String? @password
      @@allow('all', true)
    }

    model Post {
      id      String @id
      ownerId String
      tags    Tag[]
      @@allow('create,read', true)
      @@allow('update', future().ownerId == auth().id)
    }

    model Tag {
      id    String @id
      posts Post[]
      @@allow('create,read,update', true)
    }

    model Note {
      id         Int        @id
      visibility Visibility @default(PUBLIC)
      @@allow('all', true)
      @@deny('create', visibility == PUBLIC)
    }

    model Secret {
      id    Int    @id
      value String
      @@allow('read', false)
    }

    model Group {
      id      Int      @id
      open    Boolean  @default(true)
      members Member[]
      @@allow('create,read', true)
      @@allow('update', members?[admin])
    }

    model Member {
      id      Int     @id
      admin   Boolean
      groupId Int
      group   Group   @relation(fields: [groupId], references: [id])
      @@allow('all', true)
    }
"#;

fn mallory(db: &Client) -> Client {
    db.for_user(Some(ArgValue::from_json(json!({"id": "mallory"})).unwrap()))
}

fn is_no_access(result: &Result<serde_json::Value, Error>) -> bool {
    let expected = Rejection::NoAccess;
    matches!(result, Err(Error::Rejected { rejection, .. }) if *rejection == expected)
}

#[tokio::test]
async fn a_rule_about_what_a_row_becomes_guards_its_links() {
    for place in places_of(SCHEMA).await.places {
        let (db, name) = (&place.client, place.name);
        for (id, owner) in [("anns", "ann"), ("own", "mallory")] {
            let data = json!({"data": {"id": id, "ownerId": owner}});
            call(db, "Post", Operation::Create, data).await.unwrap();
        }
        call(
            db,
            "Tag",
            Operation::Create,
            json!({"data": {"id": "spam"}}),
        )
        .await
        .unwrap();
        let link = |post: &str| json!({"where": {"id": post}, "data": {"tags": {"connect": {"id": "spam"}}}});
        let of = mallory(db);
        let refused = call(&of, "Post", Operation::Update, link("anns")).await;
        assert!(is_no_access(&refused), "{name}: {refused:?}");
        let linked = call(&of, "Post", Operation::Update, link("own")).await;
        assert!(linked.is_ok(), "{name}: {linked:?}");
    }
}

/// Also where the database would fill the constant in.
#[tokio::test]
async fn rules_of_create_see_constants_that_nobody_gave() {
    for place in places_of(SCHEMA).await.places {
        let name = place.name;
        for db in [&place.client, &place.client.fitted().await.unwrap()] {
            let of = mallory(db);
            let refused = call(&of, "Note", Operation::Create, json!({"data": {"id": 1}})).await;
            assert!(is_no_access(&refused), "{name}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn nobody_reads_or_guesses_a_hash() {
    for place in places_of(SCHEMA).await.places {
        let (db, name) = (&place.client, place.name);
        let data = json!({"data": {"id": "ann", "password": "correct horse"}});
        call(db, "User", Operation::Create, data).await.unwrap();
        let of = mallory(db);
        let all = call(&of, "User", Operation::FindMany, json!({})).await;
        assert_eq!(
            all.unwrap(),
            json!([{"id": "ann", "verified": false}]),
            "{name}"
        );
        for args in [
            json!({"select": {"password": true}}),
            json!({"where": {"password": {"startsWith": "$2"}}}),
            json!({"orderBy": {"password": "asc"}}),
        ] {
            let refused = call(&of, "User", Operation::FindMany, args.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{name}: {args} {refused:?}"
            );
        }
        for (operation, args) in [
            (Operation::Aggregate, json!({"_max": {"password": true}})),
            (
                Operation::GroupBy,
                json!({"by": ["password"], "_count": true}),
            ),
        ] {
            let refused = call(&of, "User", operation, args).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{name}: {refused:?}"
            );
        }
    }
}

#[tokio::test]
async fn explanations_are_asked_by_key_alone() {
    for place in places_of(SCHEMA).await.places {
        let of = mallory(&place.client);
        for filter in [
            field("value").starts_with("a"),
            field("id").eq(1).and(field("value").starts_with("a")),
        ] {
            let refused = of
                .explain("Secret", RuleOperation::Read, Some(filter))
                .await;
            let expected = InvalidInput::NotUnique {
                model: "Secret".to_owned(),
            };
            assert!(
                matches!(&refused, Err(Error::Invalid(why)) if *why == expected),
                "{}: {refused:?}",
                place.name
            );
        }
    }
}

/// The moment of `now()` would be that of planning.
#[tokio::test]
async fn nothing_is_prepared_for_a_person() {
    for place in places_of(SCHEMA).await.places {
        let of = mallory(&place.client);
        let prepared = of.find_many("Post").prepare();
        assert!(
            matches!(prepared, Err(Error::NotSupported(_))),
            "{}",
            place.name
        );
    }
}

const CUT: &str = r#"
    model Account {
      id    Int       @id
      name  String?   @db.VarChar(5)
      price Decimal?  @db.Decimal(5, 2)
      day   DateTime? @db.Date
      @@allow('all', true)
      @@deny('create', name == 'admin')
      @@deny('create', price >= 100)
      @@deny('create', day == '2026-01-31T00:00:00Z')
    }
    model User { id String @id }
"#;

/// What a column cuts or rounds passed rules that would have refused what stood there then.
#[tokio::test]
async fn what_a_column_cuts_passes_no_rule() {
    for place in places_of(CUT).await.places {
        let (db, name) = (&place.client, place.name);
        // SQLite cuts nothing.
        let cuts = place.dialect != Dialect::Sqlite;
        for of in [mallory(db), mallory(&db.fitted().await.unwrap())] {
            for (data, refused) in [
                (json!({"id": 1, "name": "admin"}), true),
                (json!({"id": 1, "name": "admin    "}), cuts),
                (json!({"id": 1, "price": "99.995"}), cuts),
                (json!({"id": 1, "price": "99.994"}), false),
                (json!({"id": 2, "day": "2026-01-31T13:37:00Z"}), cuts),
                (json!({"id": 3, "day": "2026-02-01T13:37:00Z"}), false),
            ] {
                db.delete_many("Account").run().await.unwrap();
                let rows = json!({"data": [data]});
                let many = call(&of, "Account", Operation::CreateMany, rows).await;
                assert_eq!(is_no_access(&many), refused, "{name}: {data} {many:?}");
                db.delete_many("Account").run().await.unwrap();
                let one = call(&of, "Account", Operation::Create, json!({"data": data})).await;
                assert_eq!(is_no_access(&one), refused, "{name}: {data} {one:?}");
            }
        }
    }
}

/// What the nested part took away would stay away, beside a new row.
#[tokio::test]
async fn an_upsert_whose_change_is_refused_half_way_is_undone() {
    for place in places_of(SCHEMA).await.places {
        let (db, name) = (&place.client, place.name);
        let data = json!({"data": {"id": 1, "members": {"create": {"id": 7, "admin": true}}}});
        call(db, "Group", Operation::Create, data).await.unwrap();
        let args = json!({
            "where": {"id": 1},
            "update": {"open": false, "members": {"deleteMany": {}}},
            "create": {"id": 2},
        });
        let refused = call(&mallory(db), "Group", Operation::Upsert, args).await;
        assert!(
            matches!(refused, Err(Error::NotFound { .. })),
            "{name}: {refused:?}"
        );
        assert_eq!(db.count("Member").run().await.unwrap(), 1, "{name}");
        assert_eq!(db.count("Group").run().await.unwrap(), 1, "{name}");
    }
}

/// A check asked whether the other row may be changed, and overlooked the rules about what a change makes of it.
#[tokio::test]
async fn a_check_asks_the_rules_about_what_a_row_becomes() {
    const CHECKED: &str = "
        model Space {
          id      Int    @id
          ownerId String
          pages   Page[]
          @@allow('create,read,update', true)
          @@allow('post-update', ownerId == auth().id && ownerId == before().ownerId)
        }
        model Page {
          id      Int   @id
          spaceId Int
          space   Space @relation(fields: [spaceId], references: [id])
          @@allow('create', true)
          @@allow('read,update', check(space, 'update'))
          @@deny('delete', !check(space, 'update'))
          @@allow('delete', true)
        }
        model User { id String @id }
    ";
    for place in places_of(CHECKED).await.places {
        let (db, name) = (&place.client, place.name);
        for (id, owner) in [(1, "ann"), (2, "mallory")] {
            let data = json!({"id": id, "ownerId": owner, "pages": {"create": {"id": id}}});
            call(db, "Space", Operation::Create, json!({"data": data}))
                .await
                .unwrap();
        }
        let of = mallory(db);
        let read = call(&of, "Page", Operation::FindMany, json!({})).await;
        assert_eq!(read.unwrap(), json!([{"id": 2, "spaceId": 2}]), "{name}");
        let moved = json!({"where": {"id": 1}, "data": {"spaceId": 2}});
        let moved = call(&of, "Page", Operation::Update, moved).await;
        assert!(matches!(moved, Err(Error::NotFound { .. })), "{name}");
        let removed = call(&of, "Page", Operation::DeleteMany, json!({})).await;
        assert_eq!(removed.unwrap(), json!({"count": 1}), "{name}");
    }
}
