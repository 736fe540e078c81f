//! Relations that a table between keeps.

use serde_json::{Value as Json, json};

use crate::suite::support::{call, places_of};
use crate::{ArgValue, Client, Error, Operation};

const SCHEMA: &str = r#"
    model Post {
      id    Int    @id @default(autoincrement())
      title String @unique
      tags  Tag[]
      @@allow('all', true)
      @@deny('update', title == 'closed')
    }

    model Tag {
      name  String @id
      uses  Int    @default(0)
      posts Post[]
      @@allow('create,update,delete', name != 'fixed')
      @@allow('read', name != 'hidden')
    }

    model Person {
      id      Int      @id
      friends Person[] @relation("friends")
      of      Person[] @relation("friends")
    }
"#;

async fn change(db: &Client, title: &str, tags: Json) -> Result<Json, Error> {
    let args = json!({"where": {"title": title}, "data": {"tags": tags}});
    call(db, "Post", Operation::Update, args).await
}

/// The tags of a post, as only a change of all of them tells without reading them.
async fn uses(db: &Client) -> Vec<(String, i32)> {
    let tags = db
        .find_many("Tag")
        .order_by(crate::asc("name"))
        .run()
        .await
        .unwrap();
    tags.iter()
        .map(|tag| (tag.get("name").unwrap(), tag.get("uses").unwrap()))
        .collect()
}

/// Counts a use of every tag of a post.
async fn count(db: &Client, title: &str) -> Vec<(String, i32)> {
    let reset = json!({"data": {"uses": 0}});
    call(db, "Tag", Operation::UpdateMany, reset).await.unwrap();
    change(
        db,
        title,
        json!({"updateMany": {"data": {"uses": {"increment": 1}}}}),
    )
    .await
    .unwrap();
    let used = uses(db).await.into_iter();
    used.filter(|(_, uses)| *uses > 0).collect()
}

fn once(names: &[&str]) -> Vec<(String, i32)> {
    names.iter().map(|name| ((*name).to_owned(), 1)).collect()
}

#[tokio::test]
async fn rows_are_linked_and_parted() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let name = place.name;
        let data = json!({"title": "one", "tags": {"create": [{"name": "a"}, {"name": "b"}]}});
        call(db, "Post", Operation::Create, json!({"data": data}))
            .await
            .unwrap();
        assert_eq!(count(db, "one").await, once(&["a", "b"]), "{name}");
        let data = json!({"title": "two", "tags": {"connect": {"name": "a"}}});
        call(db, "Post", Operation::Create, json!({"data": data}))
            .await
            .unwrap();
        assert_eq!(count(db, "two").await, once(&["a"]), "{name}");
        let item = |name: &str| json!({"where": {"name": name}, "create": {"name": name}});
        let tags = json!({"connectOrCreate": [item("a"), item("b"), item("c")]});
        change(db, "two", tags).await.unwrap();
        assert_eq!(count(db, "two").await, once(&["a", "b", "c"]), "{name}");
        change(
            db,
            "two",
            json!({"disconnect": [{"name": "b"}, {"name": "none"}]}),
        )
        .await
        .unwrap();
        assert_eq!(count(db, "two").await, once(&["a", "c"]), "{name}");
        assert_eq!(
            count(db, "one").await,
            once(&["a", "b"]),
            "{name}: the other post keeps its own"
        );
        change(db, "two", json!({"set": [{"name": "b"}, {"name": "c"}]}))
            .await
            .unwrap();
        assert_eq!(count(db, "two").await, once(&["b", "c"]), "{name}");
        let upsert = |name: &str| json!({"where": {"name": name}, "create": {"name": name}, "update": {"uses": 9}});
        change(db, "two", json!({"upsert": [upsert("b"), upsert("d")]}))
            .await
            .unwrap();
        assert!(uses(db).await.contains(&("b".to_owned(), 9)), "{name}");
        assert_eq!(count(db, "two").await, once(&["b", "c", "d"]), "{name}");
        for refused in [
            json!({"connect": {"name": "none"}}),
            json!({"update": {"where": {"name": "a"}, "data": {"uses": 5}}}),
            json!({"delete": {"name": "a"}}),
        ] {
            let refused = change(db, "two", refused).await;
            assert!(
                matches!(refused, Err(Error::NotFound { .. })),
                "{name}: {refused:?}"
            );
        }
        change(db, "two", json!({"delete": {"name": "d"}}))
            .await
            .unwrap();
        change(db, "two", json!({"deleteMany": {"name": "c"}}))
            .await
            .unwrap();
        assert_eq!(count(db, "two").await, once(&["b"]), "{name}");
        assert_eq!(db.count("Tag").run().await.unwrap(), 2, "{name}");
        change(db, "two", json!({"set": []})).await.unwrap();
        assert_eq!(count(db, "two").await, once(&[]), "{name}");
    }
}

#[tokio::test]
async fn a_row_is_linked_with_others_of_its_own_kind() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let data = json!({"id": 1, "friends": {"create": [{"id": 2}, {"id": 3}]}});
        call(db, "Person", Operation::Create, json!({"data": data}))
            .await
            .unwrap();
        let of_two = json!({"where": {"id": 2}, "data": {"of": {"deleteMany": {}}}});
        call(db, "Person", Operation::Update, of_two).await.unwrap();
        let left = db
            .find_many("Person")
            .order_by(crate::asc("id"))
            .run()
            .await
            .unwrap();
        let ids: Vec<i64> = left.iter().map(|one| one.get("id").unwrap()).collect();
        assert_eq!(ids, [2, 3], "{}: the direction counts", place.name);
    }
}

/// Contract zenstack §8.25: both sides need to be changeable, and what is linked must be seen.
#[tokio::test]
async fn both_sides_have_a_say() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        for title in ["open", "closed"] {
            call(
                db,
                "Post",
                Operation::Create,
                json!({"data": {"title": title}}),
            )
            .await
            .unwrap();
        }
        let tags = json!({"data": [{"name": "free"}, {"name": "fixed"}, {"name": "hidden"}]});
        call(db, "Tag", Operation::CreateMany, tags).await.unwrap();
        let ann = db.for_user(Some(ArgValue::from_json(json!({"id": 1})).unwrap()));
        let connect = |name: &str| json!({"connect": {"name": name}});
        change(&ann, "open", connect("free")).await.unwrap();
        let refused = change(&ann, "open", connect("fixed")).await;
        assert!(
            matches!(refused, Err(Error::Rejected { ref model, .. }) if model == "Tag"),
            "{}: {refused:?}",
            place.name
        );
        let refused = change(&ann, "closed", connect("free")).await;
        assert!(
            matches!(refused, Err(Error::Rejected { ref model, .. }) if model == "Post"),
            "{}: {refused:?}",
            place.name
        );
        let refused = change(&ann, "open", connect("hidden")).await;
        assert!(
            matches!(refused, Err(Error::NotFound { .. })),
            "{}: {refused:?}",
            place.name
        );
        assert_eq!(count(db, "open").await, once(&["free"]), "{}", place.name);
    }
}
