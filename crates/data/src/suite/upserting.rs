use super::support::{Place, Places, empty_places, places, user};
use crate::{Error, InvalidInput, Upsert, field, given, kept, parameter, plus, when};

const COUNTER: &str = r#"
    model Counter {
      key   String   @id @db.VarChar(40)
      count BigInt
      ends  DateTime
      note  String?

      @@map("counter_table")
    }
"#;

/// Counts up to 3 within a time that begins with the first.
fn count<'c>(place: &'c Place, key: &str, now: &str, ends: &str) -> Upsert<'c> {
    let is_over = || field("ends").lte(now);
    let next = when(field("count").lt(3), plus(1), kept());
    place
        .client
        .upsert("Counter")
        .create("key", key)
        .create("count", 1)
        .create("ends", ends)
        .change("count", when(is_over(), 1, next))
        .change("ends", when(is_over(), ends, kept()))
}

async fn counters() -> Places {
    let places = empty_places(COUNTER).await;
    for place in &places.places {
        place.client.create_missing_tables().await.unwrap();
    }
    places
}

#[tokio::test]
async fn an_upsert_adds_changes_or_leaves_the_row() {
    for place in counters().await.places {
        let db = &place.client;
        let (first, second) = ("2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z");
        for (now, ends, changed, expected) in [
            ("2026-01-01T00:00:00Z", first, 1, (1, first)),
            ("2026-01-01T00:00:10Z", second, 1, (2, first)),
            ("2026-01-01T00:00:20Z", second, 1, (3, first)),
            ("2026-01-01T00:00:30Z", second, 0, (3, first)),
            ("2026-01-01T00:01:00Z", second, 1, (1, second)),
        ] {
            let affected = count(&place, "a", now, ends).run().await.unwrap();
            assert_eq!(affected > 0, changed > 0, "{} at {now}", place.name);
            let row = db.find_first("Counter").run().await.unwrap().unwrap();
            let ends: jiff::Timestamp = expected.1.parse().unwrap();
            assert_eq!(row.get::<i64>("count"), Ok(expected.0), "{}", place.name);
            assert_eq!(row.get("ends"), Ok(ends), "{}", place.name);
        }
        count(&place, "b", first, second).run().await.unwrap();
        assert_eq!(db.count("Counter").run().await.unwrap(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_upserts_at_once_each_finds_the_row_as_the_others_left_it() {
    for place in counters().await.places {
        let place = std::sync::Arc::new(place);
        let upserts = (0..100).map(|_| {
            let place = place.clone();
            tokio::spawn(async move {
                let (now, ends) = ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z");
                count(&place, "a", now, ends).run().await
            })
        });
        let mut changed = 0;
        for upsert in upserts.collect::<Vec<_>>() {
            let affected = upsert.await.unwrap();
            let affected = affected.unwrap_or_else(|error| panic!("{}: {error:?}", place.name));
            changed += u64::from(affected > 0);
        }
        assert_eq!(changed, 3, "{}", place.name);
    }
}

#[tokio::test]
async fn an_upsert_of_many_adds_some_and_changes_others() {
    for place in counters().await.places {
        let db = &place.client;
        let (now, ends) = ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z");
        count(&place, "b", now, ends).run().await.unwrap();
        let many = |keys: Vec<String>| {
            db.upsert("Counter")
                .create_each("key", keys)
                .create("count", 7)
                .create("ends", ends)
                .change("count", plus(10))
        };
        let keys = (0..300).map(|number| format!("k{number}"));
        let keys = keys.chain(["b".to_owned()]).collect::<Vec<_>>();
        many(keys).run().await.unwrap();
        assert_eq!(db.count("Counter").run().await.unwrap(), 301);
        for (key, expected) in [("b", 11), ("k0", 7), ("k299", 7)] {
            let row = db.find_first("Counter").filter(field("key").eq(key));
            let row = row.run().await.unwrap().unwrap();
            assert_eq!(row.get::<i64>("count"), Ok(expected), "{}", place.name);
        }
        assert_eq!(many(Vec::new()).run().await.unwrap(), 0);
        let twice = many(vec!["x".to_owned()]).create("key", "y").run().await;
        assert!(matches!(
            twice,
            Err(Error::Invalid(InvalidInput::Twice { .. }))
        ));
    }
}

#[tokio::test]
async fn rows_of_an_upsert_have_values_of_their_own() {
    for place in counters().await.places {
        let db = &place.client;
        let row = |key: &str, count: i64| [("key", key.into()), ("count", count.into())];
        let ends = "2026-01-01T00:01:00Z";
        let write = |rows: Vec<_>| {
            let written = db.upsert("Counter").create_rows(rows).create("ends", ends);
            let few = field("count").lt(3);
            written.change("count", when(few, plus(10), kept())).run()
        };
        assert!(write(vec![row("a", 1), row("b", 5)]).await.unwrap() > 0);
        let changed = write(vec![row("a", 2), row("b", 2), row("c", 2)])
            .await
            .unwrap();
        if db.counts_upserted_rows() {
            assert_eq!(changed, 2, "{}", place.name);
        }
        for (key, expected) in [("a", 11), ("b", 5), ("c", 2)] {
            let row = db.find_first("Counter").filter(field("key").eq(key));
            let row = row.run().await.unwrap().unwrap();
            assert_eq!(
                row.get::<i64>("count"),
                Ok(expected),
                "{}: {key}",
                place.name
            );
        }
        let uneven = vec![
            vec![("key", "d".into()), ("note", "one".into())],
            vec![("key", "e".into())],
        ];
        let uneven = db
            .upsert("Counter")
            .create_rows(uneven)
            .create("count", 1)
            .create("ends", ends)
            .run()
            .await;
        assert!(
            matches!(uneven, Err(Error::Invalid(InvalidInput::Uneven { .. }))),
            "{uneven:?}"
        );
    }
}

/// Rows of several types, so that every placeholder gets the type of its column.
#[tokio::test]
async fn an_upsert_writes_nothing_where_its_exception_is_there() {
    for place in counters().await.places {
        let db = &place.client;
        let (now, ends) = ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z");
        let later = "2026-01-01T00:02:00Z";
        let write = |keys: &[&str]| {
            let rows = keys.iter().map(|key| [("key", (*key).into())]);
            let rows = rows.collect::<Vec<_>>();
            db.upsert("Counter")
                .create_rows(rows)
                .create("count", 1)
                .create("ends", later)
                .unless(field("key").one_of(["a", "b"]).and(field("count").gte(3)))
                .change("count", plus(1))
                .change("ends", given())
        };
        count(&place, "a", now, ends).run().await.unwrap();
        for (keys, written) in [
            (["a", "new"], true),
            (["a", "new"], true),
            (["b", "other"], false),
        ] {
            let affected = write(&keys).run().await.unwrap();
            assert_eq!(affected > 0, written, "{}: {keys:?}", place.name);
        }
        assert_eq!(db.count("Counter").run().await.unwrap(), 2);
        let row = db.find_first("Counter").filter(field("key").eq("a"));
        let row = row.run().await.unwrap().unwrap();
        let later: jiff::Timestamp = later.parse().unwrap();
        assert_eq!(row.get::<i64>("count"), Ok(3), "{}", place.name);
        assert_eq!(row.get("ends"), Ok(later), "{}", place.name);
        let only = write(&["c"]).only(field("count").lt(2)).prepare();
        assert_eq!(only.is_ok(), db.counts_upserted_rows(), "{}", place.name);
    }
}

#[tokio::test]
async fn an_upsert_changes_only_what_it_may() {
    for place in counters().await.places {
        let db = &place.client;
        if !db.counts_upserted_rows() {
            continue;
        }
        let write = || {
            db.upsert("Counter")
                .create_each("key", ["a", "b"])
                .create("count", 1)
                .create("ends", "2026-01-01T00:01:00Z")
                .only(field("key").eq("a").and(field("count").lt(3)))
                .change("count", plus(1))
        };
        for expected in [2, 1, 1, 0] {
            let affected = write().run().await.unwrap();
            assert_eq!(affected, expected, "{}", place.name);
        }
    }
}

#[tokio::test]
async fn prepared_upserts_take_arguments_in_every_place() {
    for place in counters().await.places {
        let db = &place.client;
        let upsert = db
            .upsert("Counter")
            .create("key", parameter(0))
            .create("count", 1)
            .create("ends", parameter(1))
            .change("count", when(field("ends").lte(parameter(2)), 7, plus(10)))
            .prepare()
            .unwrap();
        let moment = |text: &str| crate::Value::Timestamp(text.parse().unwrap());
        for (now, expected) in [
            ("2026-01-01T00:00:00Z", 1),
            ("2026-01-01T00:00:01Z", 11),
            ("2027-01-01T00:00:00Z", 7),
        ] {
            let arguments = ["a".into(), moment("2026-06-01T00:00:00.123Z"), moment(now)];
            upsert.run(db, &arguments).await.unwrap();
            let row = db.find_first("Counter").run().await.unwrap().unwrap();
            assert_eq!(row.get::<i64>("count"), Ok(expected), "{}", place.name);
        }
    }
}

#[tokio::test]
async fn changes_of_rows_may_depend_on_what_they_were() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        for priority in [Some(1), None] {
            let create = db.create("Todo").set("content", "x").set("userId", "ann");
            create.set("priority", priority).run().await.unwrap();
        }
        let update = db.update_many("Todo").set("priority", plus(-3));
        assert_eq!(update.run().await.unwrap(), 2, "{}", place.name);
        let urgent = when(field("priority").lt(0), true, false);
        db.update_many("Todo")
            .set("done", urgent)
            .run()
            .await
            .unwrap();
        let rows = db
            .find_many("Todo")
            .order_by(crate::asc("id"))
            .run()
            .await
            .unwrap();
        let read = |row: &crate::Record| {
            let priority = row.get::<Option<i64>>("priority").unwrap();
            (priority, row.get::<bool>("done").unwrap())
        };
        let found: Vec<_> = rows.iter().map(read).collect();
        assert_eq!(found, [(Some(-2), true), (None, false)], "{}", place.name);
    }
}

#[tokio::test]
async fn only_whole_numbers_can_be_added_to() {
    for place in counters().await.places {
        let refused = place
            .client
            .update_many("Counter")
            .set("key", plus(1))
            .run()
            .await;
        let expected = InvalidInput::Type {
            model: "Counter".to_owned(),
            field: "key".to_owned(),
            expected: "a whole number to add to",
        };
        assert!(matches!(refused, Err(Error::Invalid(error)) if error == expected));
    }
}
