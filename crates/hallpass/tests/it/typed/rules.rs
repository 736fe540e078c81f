//! Access rules hold for typed calls as for any other.

use hallpass::Client;
use hallpass::data::{ArgValue, Error, RecordError};

use super::shop::{Post, Tables, post, seat, user};
use super::{people, places, post as add};

fn as_person(db: &Client, id: &str) -> Client {
    let id = ("id".to_owned(), ArgValue::Text(id.to_owned()));
    db.for_user(Some(ArgValue::Object(vec![id])))
}

#[tokio::test]
async fn nobody_writes_what_is_not_theirs() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        people(db).await;
        let one = add(db, "one").await;
        let (ann, bob) = (as_person(db, "ann"), as_person(db, "bob"));
        let refused = bob
            .post()
            .create(Post::new().title("x").author_id("ann"))
            .await;
        assert!(
            matches!(refused, Err(Error::Rejected { .. })),
            "{name}: {refused:?}"
        );
        let update = |of: &Client| {
            let update = of
                .post()
                .update(post::id().is(one.id))
                .set(post::views().increment(1));
            update.into_args().unwrap()
        };
        let (operation, args) = update(&bob);
        let missing = bob.call("Post", operation, &args).await;
        assert!(
            matches!(missing, Err(Error::NotFound { .. })),
            "{name}: {missing:?}"
        );
        let missing = bob.post().delete(post::id().is(one.id)).await;
        assert!(
            matches!(missing, Err(Error::NotFound { .. })),
            "{name}: {missing:?}"
        );
        assert_eq!(bob.post().delete_many().await.unwrap(), 0, "{name}");
        let changed = ann
            .post()
            .update(post::id().is(one.id))
            .set(post::views().increment(1))
            .await;
        assert_eq!(changed.unwrap().views, 1, "{name}");
        // Without an `@@allow` there is nothing for anybody.
        assert_eq!(
            ann.seat()
                .count()
                .filter(seat::row().is_null())
                .await
                .unwrap(),
            0,
            "{name}"
        );
    }
}

#[tokio::test]
async fn fields_that_rules_hide_are_none() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        people(db).await;
        add(db, "one").await;
        for (id, expected) in [("ann", Some("draft")), ("bob", None)] {
            let posts = as_person(db, id).post().find_many().await.unwrap();
            assert_eq!(posts[0].draft.as_deref(), expected, "{name}");
        }
    }
}

#[tokio::test]
async fn rows_that_rules_hide_do_not_come_along() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        people(db).await;
        add(db, "one").await;
        let bob = as_person(db, "bob");
        let read = || bob.post().find_many();
        assert!(
            read().include(post::author()).await.unwrap()[0]
                .author
                .is_some(),
            "{name}"
        );
        let hidden = db
            .user()
            .update(user::id().is("ann"))
            .set(user::name().to("hidden"));
        hidden.await.unwrap();
        assert_eq!(
            read().include(post::author()).await.unwrap()[0].author,
            None,
            "{name}"
        );
        let required = read().include(post::author().required()).await;
        let expected = RecordError::Null {
            model: "Post".to_owned(),
            field: "author".to_owned(),
        };
        assert!(
            matches!(&required, Err(Error::Record(found)) if *found == expected),
            "{name}: {required:?}"
        );
    }
}
