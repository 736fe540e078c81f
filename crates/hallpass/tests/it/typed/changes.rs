//! New rows, changes and removals.

use hallpass::data::{Dialect, Error};

use super::shop::{
    Post, Profile, Role, Tables, Tag, Transaction, User, Video, asset, post, profile, tag,
    transaction, user, video,
};
use super::{people, places, post as add};

#[tokio::test]
async fn rows_are_added_with_those_that_belong_to_them() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        db.tag().create(Tag::new().name("red")).await.unwrap();
        let new = User::new()
            .id("ann")
            .email("ann@example.org")
            .role(Role::SuperAdmin)
            .profile(Profile::new().bio("likes milk"))
            .posts([
                Post::new()
                    .title("one")
                    .tags([tag::name().is("red")])
                    .tags([tag::name().is("blue").or_create(Tag::new().name("blue"))]),
                Post::new().title("two"),
            ]);
        let shape = user::posts()
            .include(post::tags().order_by(tag::name().asc()))
            .order_by(post::title().asc());
        let ann = db
            .user()
            .create(new)
            .include(user::profile())
            .include(shape)
            .await
            .unwrap();
        assert_eq!(ann.role, Role::SuperAdmin, "{name}");
        assert_eq!(ann.profile.as_ref().unwrap().bio, "likes milk", "{name}");
        let tags: Vec<_> = ann.posts[0]
            .tags
            .iter()
            .map(|tag| tag.name.as_str())
            .collect();
        assert_eq!((ann.posts.len(), tags), (2, vec!["blue", "red"]), "{name}");
    }
}

#[tokio::test]
async fn rows_change_as_it_is_said() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        people(db).await;
        let one = add(db, "one").await;
        let two = add(db, "two").await;
        let changed = db
            .post()
            .update(post::id().is(one.id))
            .set(post::title().to("uno"))
            .set(post::views().increment(3))
            .set(post::weight().to(1.5))
            .set(post::tags().create([Tag::new().name("red")]))
            .set(post::author().connect(user::id().is("bob")))
            .include(post::tags())
            .await
            .unwrap();
        assert_eq!(
            (changed.title.as_str(), changed.views, changed.weight),
            ("uno", 3, Some(1.5)),
            "{name}"
        );
        assert_eq!(
            (changed.author_id.as_str(), changed.tags.len()),
            ("bob", 1),
            "{name}"
        );

        let ann = db
            .user()
            .update(user::id().is("ann"))
            .set(user::profile().upsert(Profile::new().bio("new"), [profile::bio().to("changed")]))
            .set(user::posts().update(
                post::id().is(two.id),
                [post::done().to(true), post::views().to(7)],
            ))
            .set(user::team().disconnect([user::id().is("bob")]))
            .include(user::posts())
            .include(user::profile())
            .include(user::team())
            .await
            .unwrap();
        assert_eq!(ann.profile.as_ref().unwrap().bio, "new", "{name}");
        assert_eq!(
            (ann.posts[0].done, ann.posts[0].views, ann.team.len()),
            (true, 7, 0),
            "{name}"
        );

        let cleared = db
            .post()
            .update(post::id().is(one.id))
            .set(post::weight().to_null());
        let cleared = cleared
            .set(post::tags().set([]))
            .include(post::tags())
            .await
            .unwrap();
        assert_eq!((cleared.weight, cleared.tags.len()), (None, 0), "{name}");

        let gone = db
            .user()
            .update(user::id().is("ann"))
            .set(user::profile().delete());
        gone.set(user::posts().delete_many(post::done().eq(true)))
            .await
            .unwrap();
        assert_eq!(db.profile().count().await.unwrap(), 0, "{name}");
        assert_eq!(db.post().count().await.unwrap(), 1, "{name}");
        let nobody = db
            .post()
            .update(post::id().is(two.id))
            .set(post::views().to(1))
            .await;
        assert!(
            matches!(nobody, Err(Error::NotFound { .. })),
            "{name}: {nobody:?}"
        );
    }
}

#[tokio::test]
async fn many_rows_are_written_at_once() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        let new = |name: &str| Tag::new().name(name);
        let added = db
            .tag()
            .create_many([new("a"), new("b"), new("c")])
            .await
            .unwrap();
        assert_eq!(added, 3, "{name}");
        let again = db
            .tag()
            .create_many([new("c"), new("d")])
            .skip_duplicates()
            .await
            .unwrap();
        assert_eq!(again, 1, "{name}");
        let renamed = db
            .tag()
            .update_many()
            .filter(tag::name().one_of(["a"]))
            .set(tag::name().to("z"));
        assert_eq!(renamed.await.unwrap(), 1, "{name}");
        let tag = db
            .tag()
            .upsert(tag::name().is("z"), new("z"))
            .set(tag::name().to("y"))
            .await
            .unwrap();
        assert_eq!(tag.name, "y", "{name}");
        let tag = db
            .tag()
            .upsert(tag::name().is("z"), new("z"))
            .set(tag::name().to("y"))
            .await
            .unwrap();
        assert_eq!(tag.name, "z", "{name}");
        let gone = db.tag().delete(tag::name().is("z")).await.unwrap();
        assert_eq!(gone.name, "z", "{name}");
        let rest = db
            .tag()
            .delete_many()
            .filter(tag::name().gt("b"))
            .await
            .unwrap();
        assert_eq!(rest, 3, "{name}");
        let taken = db.tag().create(new("b")).await;
        assert!(
            matches!(taken, Err(Error::Conflict { .. })),
            "{name}: {taken:?}"
        );
    }
}

#[tokio::test]
async fn models_that_extend_others_have_their_fields() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        let video = db
            .video()
            .create(Video::new().name("cats").length(90))
            .await
            .unwrap();
        assert_eq!(
            (video.kind.as_str(), video.name.as_str(), video.length),
            ("Video", "cats", 90),
            "{name}"
        );
        let longer = db
            .video()
            .update(video::id().is(video.id))
            .set(video::length().increment(1));
        assert_eq!(
            longer.set(video::name().to("dogs")).await.unwrap().length,
            91,
            "{name}"
        );
        let assets = db
            .asset()
            .find_many()
            .filter(asset::name().eq("dogs"))
            .await
            .unwrap();
        assert_eq!(
            (assets.len(), assets[0].kind.as_str()),
            (1, "Video"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn transactions_have_tables_and_a_table_may_be_called_so() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        let undone = db.transaction(async |tx| {
            tx.transaction_table()
                .create(Transaction::new().amount(5))
                .await?;
            tx.tag().create(Tag::new().name("red")).await?;
            tx.tag().load_unique(tag::name().is("blue")).await
        });
        assert!(
            matches!(undone.await, Err(Error::NotFound { .. })),
            "{name}"
        );
        assert_eq!(db.transaction_table().count().await.unwrap(), 0, "{name}");
        db.transaction_table()
            .create(Transaction::new().amount("19.90".parse::<hallpass::data::Decimal>().unwrap()))
            .await
            .unwrap();
        let dear = db
            .transaction_table()
            .find_many()
            .filter(transaction::amount().gt(19))
            .await
            .unwrap();
        assert_eq!(dear[0].amount.as_str(), "19.9", "{name}");
    }
}

#[tokio::test]
async fn many_rows_are_written_and_given_back() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        let new = |name: &str| Tag::new().name(name);
        let added = db
            .tag()
            .create_many_and_return([new("a"), new("b")])
            .select((tag::name(), tag::id()))
            .await;
        match (db.dialect(), added) {
            // MariaDB could, and MySQL cannot: neither does, so that programs run on both.
            (Dialect::MariaDb | Dialect::MySql, Err(Error::NotSupported(_))) => {}
            (_, added) => {
                let names: Vec<_> = added.unwrap().into_iter().map(|(name, _)| name).collect();
                assert_eq!(names, ["a", "b"], "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_client_of_a_transaction_that_is_over_says_so() {
    let place = &places().await[0];
    let tx = place
        .db
        .transaction(async |tx| Ok::<_, Error>(tx))
        .await
        .unwrap();
    let over = tx.tag().find_many().await;
    assert!(matches!(over, Err(Error::TransactionOver)), "{over:?}");
}
