//! Rules of fields: what is hidden stays hidden and what is seen stays what it is, and nobody slips in between a look at a
//! row and its change.

use std::sync::{Arc, Mutex};

use hallpass_db::{Database, Options};
use serde_json::{Value as Json, json};

use super::support::person;
use crate::suite::support::{call, options, places_of, schema};
use crate::{Client, ClientOptions, Dialect, Error, Operation, Rejection};

const PRICES: &str = "
    model Item {
      id      Int      @id
      ownerId Int
      price   Decimal  @allow('read', ownerId == auth().id)
      weight  Float?   @allow('read', ownerId == auth().id)
      at      DateTime @allow('read', ownerId == auth().id)
      sold    Boolean  @allow('read', ownerId == auth().id)
      number  BigInt   @allow('read', ownerId == auth().id)
      @@allow('all', true)
    }
    model Person { id Int @id @@auth }
";

async fn priced(db: &Client) -> Client {
    for (id, owner, price) in [
        (1, 1, "2"),
        (2, 1, "10"),
        (3, 1, "1.5"),
        (4, 2, "3"),
        (5, 1, "10"),
    ] {
        let data = json!({
            "id": id, "ownerId": owner, "price": price, "weight": id * 2, "number": 10_i64.pow(id),
            "at": format!("2026-01-0{id}T00:00:00.000Z"), "sold": id > 2,
        });
        call(db, "Item", Operation::Create, json!({"data": data}))
            .await
            .unwrap();
    }
    db.for_user(person(json!({"id": 1})))
}

async fn ids(of: &Client, args: Json) -> Vec<i64> {
    let found = call(of, "Item", Operation::FindMany, args.clone()).await;
    let found = found.unwrap_or_else(|error| panic!("{args}: {error:?}"));
    let rows = found.as_array().unwrap().iter();
    rows.map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_field_with_rules_compares_as_one_without() {
    for place in places_of(PRICES).await.places {
        let (of, name) = (priced(&place.client).await, place.name);
        for (filter, expected) in [
            (json!({"price": "10"}), &[2, 5][..]),
            (json!({"price": 10}), &[2, 5]),
            (json!({"price": {"gt": "1.5"}}), &[1, 2, 5]),
            (json!({"price": {"lt": "9"}}), &[1, 3]),
            (json!({"price": {"not": "10"}}), &[1, 3]),
            (json!({"price": {"in": ["2", "1.50", "3"]}}), &[1, 3]),
            (json!({"price": {"notIn": ["2", "3"]}}), &[2, 3, 5]),
            (json!({"price": {"between": ["1.5", "2"]}}), &[1, 3]),
            (json!({"NOT": {"price": {"gte": "3"}}}), &[1, 3]),
            (json!({"weight": {"gt": 4}}), &[3, 5]),
            (json!({"at": {"gt": "2026-01-02T00:00:00Z"}}), &[3, 5]),
            (json!({"sold": true}), &[3, 5]),
            (json!({"number": {"gte": 1000}}), &[3, 5]),
        ] {
            let args = json!({"where": filter, "orderBy": {"id": "asc"}});
            assert_eq!(ids(&of, args).await, expected, "{name}: {filter}");
        }
    }
}

/// Nulls stand where the database puts them, so the hidden one is left out of what is compared.
#[tokio::test]
async fn a_field_with_rules_sorts_groups_and_pages_as_one_without() {
    for place in places_of(PRICES).await.places {
        let (of, name) = (priced(&place.client).await, place.name);
        let own = json!({"ownerId": 1});
        let order = json!([{"price": "asc"}, {"id": "asc"}]);
        let sorted = ids(&of, json!({"where": own, "orderBy": order})).await;
        assert_eq!(sorted, [3, 1, 2, 5], "{name}");
        let from = json!({"where": own, "orderBy": order, "cursor": {"id": 1}, "skip": 1});
        assert_eq!(ids(&of, from).await, [2, 5], "{name}");
        let groups = json!({
            "by": ["price"], "where": own, "_count": {"_all": true}, "orderBy": {"price": "asc"},
            "having": {"price": {"gt": "1.5"}},
        });
        let groups = call(&of, "Item", Operation::GroupBy, groups).await.unwrap();
        let counts: Vec<_> = groups.as_array().unwrap().iter().collect();
        let counts: Vec<_> = counts
            .iter()
            .map(|one| one["_count"]["_all"].as_i64().unwrap())
            .collect();
        assert_eq!(counts, [1, 2], "{name}: {groups}");
        let extremes = json!({
            "by": ["ownerId"], "_max": {"price": true}, "having": {"price": {"_max": {"gt": "9"}}},
        });
        let extremes = call(&of, "Item", Operation::GroupBy, extremes)
            .await
            .unwrap();
        assert_eq!(extremes.as_array().unwrap().len(), 1, "{name}: {extremes}");
        assert_eq!(extremes[0]["_max"]["price"], "10", "{name}");
        let of_all =
            json!({"_max": {"price": true}, "_sum": {"price": true}, "_count": {"price": true}});
        let of_all = call(&of, "Item", Operation::Aggregate, of_all)
            .await
            .unwrap();
        assert_eq!(of_all["_max"]["price"], "10", "{name}: {of_all}");
        // A number where the database has no type for exact ones.
        let sum = of_all["_sum"]["price"].to_string();
        assert_eq!(sum.trim_matches('"'), "23.5", "{name}: {of_all}");
        assert_eq!(of_all["_count"]["price"], 4, "{name}: {of_all}");
    }
}

/// The rule binds who asks, at each place where the field is named.
#[tokio::test]
async fn a_field_with_rules_tells_rows_apart_as_one_without() {
    for place in places_of(PRICES).await.places {
        let of = priced(&place.client).await;
        if !of.engine().capability().distinct_on {
            continue;
        }
        for (args, expected) in [
            (
                json!({"distinct": ["price"], "orderBy": {"id": "asc"}}),
                &[1, 2, 3, 4][..],
            ),
            (
                json!({"distinct": ["price"], "orderBy": {"id": "desc"}}),
                &[5, 4, 3, 1],
            ),
            (
                json!({"distinct": ["sold", "ownerId"], "orderBy": {"price": "desc"}}),
                &[4, 2, 5],
            ),
            (
                json!({"distinct": ["price"], "orderBy": [{"price": "asc"}, {"id": "desc"}], "take": 2}),
                &[3, 1],
            ),
        ] {
            assert_eq!(
                ids(&of, args.clone()).await,
                expected,
                "{}: {args}",
                place.name
            );
        }
    }
}

const DOCS: &str = "
    model Doc {
      id        Int      @id
      locked    Boolean  @default(false)
      text      String   @allow('update', !locked)
      changedAt DateTime @updatedAt
      @@allow('all', true)
    }
";

type Meanwhile = Arc<Mutex<Option<String>>>;

/// A clock at whose next tick another program runs a statement. It ticks last before an update, which writes when it was.
fn ticking(address: String, meanwhile: &Meanwhile) -> ClientOptions {
    let (meanwhile, inner) = (Arc::clone(meanwhile), options());
    let (clock, random) = (inner.clock, inner.random);
    ClientOptions::new(
        move || {
            if let Some(text) = meanwhile.lock().unwrap().take() {
                let address = address.clone();
                std::thread::spawn(move || run_alone(&address, text))
                    .join()
                    .unwrap();
            }
            clock.now()
        },
        move |bytes: &mut [u8]| random.fill(bytes),
    )
}

fn run_alone(address: &str, text: String) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let database = Database::connect(address, Options::default())
            .await
            .unwrap();
        let query = hallpass_sql::Query {
            text,
            binds: Vec::new(),
            access: hallpass_sql::Access::Write,
        };
        database.exec(&query, &[]).await.unwrap();
        database.close().await;
    });
}

/// The rule of the field was looked at before, and held then.
#[tokio::test]
async fn a_field_that_is_locked_meanwhile_is_not_written() {
    for test in &hallpass_db::testing::databases().await {
        // Whoever writes to SQLite is alone, so that nothing happens meanwhile.
        if test.database.dialect() == Dialect::Sqlite {
            continue;
        }
        let meanwhile = Meanwhile::default();
        for dialect in [test.database.dialect(), Dialect::MySql] {
            if dialect == Dialect::MySql && test.database.dialect() != Dialect::MariaDb {
                continue;
            }
            let mut schema = schema(DOCS);
            schema.models[0].table = format!("{dialect:?}_doc").to_lowercase();
            let table = schema.models[0].table.clone();
            let options = ticking(test.address.clone(), &meanwhile);
            let db =
                Client::speaking(dialect, test.database.clone(), schema.into(), options).unwrap();
            db.create_missing_tables().await.unwrap();
            let lock = format!("UPDATE {table} SET locked = TRUE");
            for (id, operation, args) in [
                (
                    1,
                    Operation::Update,
                    json!({"where": {"id": 1}, "data": {"text": "new"}}),
                ),
                (
                    2,
                    Operation::UpdateMany,
                    json!({"where": {"id": 2}, "data": {"text": "new"}}),
                ),
                (
                    3,
                    Operation::Upsert,
                    json!({
                        "where": {"id": 3}, "update": {"text": "new"}, "create": {"id": 9, "text": "new"},
                    }),
                ),
            ] {
                // Elsewhere the row is locked by then, and whoever wants to change it waits.
                let is_free =
                    db.engine().capability().update_returning || operation == Operation::UpdateMany;
                if !is_free {
                    continue;
                }
                let made = db.create("Doc").set("id", id).set("text", "old");
                made.run().await.unwrap();
                *meanwhile.lock().unwrap() = Some(lock.clone());
                let changed = call(&db.for_user(None), "Doc", operation, args).await;
                assert!(meanwhile.lock().unwrap().is_none(), "{dialect}");
                let docs = db.find_many("Doc").run().await.unwrap();
                let old = docs.iter().find(|doc| doc.get::<i64>("id").unwrap() == id);
                let text: String = old.unwrap().get("text").unwrap();
                assert_eq!(text, "old", "{dialect}: {operation} {changed:?}");
            }
        }
    }
}

/// What was there all the time is told as before.
#[tokio::test]
async fn a_locked_field_refuses_all() {
    for place in places_of(DOCS).await.places {
        let (db, name) = (&place.client, place.name);
        for (id, locked) in [(1, false), (2, true)] {
            let doc = db.create("Doc").set("id", id).set("locked", locked);
            doc.set("text", "old").run().await.unwrap();
        }
        let of = db.for_user(None);
        for (operation, args) in [
            (
                Operation::Update,
                json!({"where": {"id": 2}, "data": {"text": "new"}}),
            ),
            (Operation::UpdateMany, json!({"data": {"text": "new"}})),
        ] {
            let refused = call(&of, "Doc", operation, args).await;
            let is_refused = matches!(
                refused,
                Err(Error::Rejected {
                    rejection: Rejection::NoFieldAccess,
                    ..
                })
            );
            assert!(is_refused, "{name}: {refused:?}");
        }
        let args = json!({"where": {"id": 1}, "data": {"text": "new"}, "select": {"text": true}});
        let changed = call(&of, "Doc", Operation::Update, args).await;
        assert_eq!(changed.unwrap(), json!({"text": "new"}), "{name}");
    }
}
