//! Lists of values, which PostgreSQL has.

use hallpass::data::Dialect;
use hallpass_db::testing::databases;

use super::open;

/// A model with lists.
mod boxes {
    hallpass::schema! {
        r#"
        enum Colour { RED BLUE }

        model Box {
          id      Int      @id
          words   String[]
          numbers Int[]
          large   BigInt[]
          colours Colour[]
          flags   Boolean[]
        }
        "#
    }
}

use boxes::{Box, Colour, Tables, r#box};

#[tokio::test]
async fn lists_are_asked_and_change_as_lists() {
    for database in databases().await {
        if database.database.dialect() != Dialect::Postgres {
            continue;
        }
        let db = open(&database, boxes::SOURCES).await;
        let new = Box::new()
            .id(1)
            .words(["a", "b"])
            .numbers(vec![1, 2])
            .large([7_i64]);
        let made = db
            .r#box()
            .create(new.colours([Colour::Red, Colour::Blue]))
            .await
            .unwrap();
        assert_eq!(
            (made.words.as_slice(), made.numbers.as_slice()),
            (&["a".to_owned(), "b".to_owned()][..], &[1, 2][..])
        );
        assert_eq!(made.colours, [Colour::Red, Colour::Blue]);
        assert!(made.flags.is_empty());
        assert_eq!(
            serde_json::to_value(&made).unwrap()["large"],
            serde_json::json!(["7"])
        );
        for (filter, expected) in [
            (r#box::words().has("a"), 1),
            (r#box::words().has_every(["a", "c"]), 0),
            (r#box::words().has_some(["a", "c"]), 1),
            (r#box::flags().is_empty(), 1),
            (r#box::numbers().is_not_empty(), 1),
            (r#box::numbers().equals([1, 2]), 1),
            (r#box::colours().has(Colour::Blue), 1),
        ] {
            assert_eq!(
                db.r#box().count().filter(filter.clone()).await.unwrap(),
                expected,
                "{filter:?}"
            );
        }
        let changed = db
            .r#box()
            .update(r#box::id().is(1))
            .set(r#box::words().push(["c"]));
        let changed = changed
            .set(r#box::flags().to([true]))
            .set(r#box::numbers().to([0; 0]));
        let changed = changed.await.unwrap();
        assert_eq!(
            (changed.words.len(), changed.flags, changed.numbers.len()),
            (3, vec![true], 0)
        );
    }
}
