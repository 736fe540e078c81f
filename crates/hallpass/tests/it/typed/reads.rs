//! What comes back, and as which types.

use hallpass::data::{Error, InvalidInput, Operation};
use hallpass::typed::{all, any};
use serde_json::json;

use super::shop::{Post, Role, Seat, Tables, Tag, User, post, seat, tag, user};
use super::{call, json, people, places, post as add};

#[tokio::test]
async fn rows_come_as_structs_and_are_shown_as_calls_show_them() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        people(db).await;
        add(db, "one").await;
        add(db, "two").await;
        let posts: Vec<Post> = db
            .post()
            .find_many()
            .order_by(post::id().asc())
            .await
            .unwrap();
        let titles: Vec<_> = posts.iter().map(|post| post.title.as_str()).collect();
        assert_eq!(titles, ["one", "two"], "{name}");
        assert_eq!(
            (posts[0].r#type.as_str(), posts[0].self_),
            ("note", 0),
            "{name}"
        );
        let shown = call(
            db,
            "post",
            Operation::FindMany,
            json!({"orderBy": {"id": "asc"}}),
        )
        .await;
        assert_eq!(json(&posts), shown, "{name}");
        // Values may be secrets.
        assert_eq!(format!("{:?}", posts[0]), "Post { .. }", "{name}");

        let ann: Option<User> = db.user().find_unique(user::id().is("ann")).await.unwrap();
        assert_eq!(ann.unwrap().role, Role::User, "{name}");
        assert_eq!(
            db.user()
                .find_first()
                .filter(user::id().eq("eve"))
                .await
                .unwrap(),
            None,
            "{name}"
        );
        let missing = db
            .user()
            .load_unique(user::email().is("eve@example.org"))
            .await;
        assert!(
            matches!(missing, Err(Error::NotFound { .. })),
            "{name}: {missing:?}"
        );
        assert_eq!(db.post().count().await.unwrap(), 2, "{name}");
        assert!(
            db.post()
                .exists()
                .filter(post::title().eq("two"))
                .await
                .unwrap(),
            "{name}"
        );
        assert!(
            !db.post()
                .exists()
                .filter(post::title().eq("three"))
                .await
                .unwrap(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_is_included_is_a_field_beside_the_others() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        people(db).await;
        let tags = ["red", "blue"].map(|tag| Tag::new().name(tag));
        let new = Post::new()
            .title("one")
            .author(user::id().is("bob"))
            .tags(tags);
        let made = db
            .post()
            .create(new)
            .include(post::tags().order_by(tag::name().asc()))
            .await
            .unwrap();
        let tags: Vec<_> = made.tags.iter().map(|tag| tag.name.as_str()).collect();
        assert_eq!(
            (made.title.as_str(), tags),
            ("one", vec!["blue", "red"]),
            "{name}"
        );

        let posts = db
            .post()
            .find_many()
            .include(
                post::author()
                    .required()
                    .include(user::boss())
                    .include(user::team()),
            )
            .include(
                post::tags()
                    .filter(tag::name().starts_with("b"))
                    .select(tag::name()),
            )
            .await
            .unwrap();
        let post = &posts[0];
        assert_eq!(post.author.email, "bob@example.org", "{name}");
        assert_eq!(post.author.boss.as_ref().unwrap().id, "ann", "{name}");
        assert!(post.author.team.is_empty(), "{name}");
        assert_eq!(post.tags, ["blue"], "{name}");
        // A row with others beside it is taken for the row.
        let title = |post: &Post| post.title.clone();
        assert_eq!(title(post), "one", "{name}");

        let include = json!({
            "author": {"include": {"boss": true, "team": true}},
            "tags": {"where": {"name": {"startsWith": "b"}}, "select": {"name": true}},
        });
        let mut shown = call(db, "post", Operation::FindMany, json!({"include": include})).await;
        shown[0]["tags"] = json!(["blue"]);
        assert_eq!(json(&posts), shown, "{name}");
    }
}

#[tokio::test]
async fn a_relation_may_be_called_as_nothing_else_is() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        people(db).await;
        for (number, row) in [(1, Some("ann")), (2, None)] {
            let new = Seat::new()
                .hall("A")
                .number(number)
                .label(format!("A{number}"));
            db.seat().create(new.row_id(row)).await.unwrap();
        }
        let seats = db
            .seat()
            .find_many()
            .order_by(seat::number().asc())
            .include(seat::row());
        let seats = seats.await.unwrap();
        assert_eq!(seats[0].row.as_ref().unwrap().id, "ann", "{name}");
        assert_eq!(
            (seats[1].row.as_ref(), seats[1].row_.number),
            (None, 2),
            "{name}"
        );

        let by_id = seat::key::hall_number("A", 2);
        assert_eq!(
            db.seat().load_unique(by_id).await.unwrap().label,
            "A2",
            "{name}"
        );
        let labelled = seat::key::labelled("A1", "A");
        let found = db.seat().find_unique(labelled.clone()).await.unwrap();
        assert_eq!(found.unwrap().number, 1, "{name}");
        let none = labelled.clone().and(seat::row().is_null());
        assert_eq!(db.seat().find_unique(none).await.unwrap(), None, "{name}");
        assert_eq!(
            db.seat().count().filter(labelled).await.unwrap(),
            1,
            "{name}"
        );
        let seated = seat::row().is(user::name().eq("Ann"));
        assert_eq!(db.seat().count().filter(seated).await.unwrap(), 1, "{name}");
    }
}

#[tokio::test]
async fn what_is_selected_comes_as_a_tuple() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        people(db).await;
        add(db, "one").await;
        let secret = user::secret().to("s3cret");
        db.user()
            .update(user::id().is("ann"))
            .set(secret)
            .await
            .unwrap();
        let people = db.user().find_many().order_by(user::posts().count().desc());
        let people = people.select((
            user::id(),
            user::secret(),
            user::posts().filter(post::title().eq("one")).count(),
            user::team().select(user::id()),
            user::boss().select((user::id(), user::name())),
        ));
        let people = people.await.unwrap();
        let (ann, bob) = (&people[0], &people[1]);
        assert_eq!(
            ann,
            &(
                "ann".into(),
                Some("s3cret".into()),
                1,
                vec!["bob".into()],
                None
            ),
            "{name}"
        );
        assert_eq!(bob.4, Some(("ann".into(), Some("Ann".into()))), "{name}");
        let ids: Vec<String> = db
            .user()
            .find_many()
            .select(user::id())
            .order_by(user::id().desc())
            .await
            .unwrap();
        assert_eq!(ids, ["bob", "ann"], "{name}");
    }
}

#[tokio::test]
async fn pages_and_orders_are_those_of_calls() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        people(db).await;
        for title in ["a", "b", "c", "d", "e"] {
            add(db, title).await;
        }
        let posts = || {
            db.post()
                .find_many()
                .select(post::title())
                .order_by(post::title().asc())
        };
        assert_eq!(posts().skip(1).take(2).await.unwrap(), ["b", "c"], "{name}");
        assert_eq!(posts().take_last(2).await.unwrap(), ["d", "e"], "{name}");
        let third = db
            .post()
            .load_first()
            .filter(post::title().eq("c"))
            .await
            .unwrap();
        assert_eq!(
            posts().cursor(post::id().is(third.id)).await.unwrap(),
            ["c", "d", "e"],
            "{name}"
        );
        let by_author = posts()
            .order_by(post::author().order(user::email().asc()))
            .take(1);
        assert_eq!(by_author.await.unwrap(), ["a"], "{name}");
        let last = db
            .user()
            .find_many()
            .order_by(user::boss_id().asc_nulls_last())
            .select(user::id());
        assert_eq!(last.await.unwrap(), ["bob", "ann"], "{name}");
    }
}

#[tokio::test]
async fn conditions_say_what_they_say() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        people(db).await;
        for (title, views) in [("milk", 1), ("eggs", 5), ("silk", 9)] {
            let new = Post::new().title(title).views(views).author_id("ann");
            db.post()
                .create(new.weight((views > 1).then_some(0.5)))
                .await
                .unwrap();
        }
        for (filter, expected) in [
            (post::views().gt(1), &["eggs", "silk"][..]),
            (post::views().between(1, 5), &["milk", "eggs"]),
            (post::views().one_of([1, 9]), &["milk", "silk"]),
            (post::views().none_of([1, 9]), &["eggs"]),
            (
                post::title()
                    .ends_with("ilk")
                    .and(!post::title().starts_with("m")),
                &["silk"],
            ),
            (
                post::title().contains("gg").or(post::views().lte(1)),
                &["milk", "eggs"],
            ),
            (post::weight().is_null(), &["milk"]),
            (post::weight().is_not_null(), &["eggs", "silk"]),
            (post::weight().eq(None::<f64>), &["milk"]),
            (post::weight().eq(0.5), &["eggs", "silk"]),
            (any([]), &[]),
            (all([]), &["milk", "eggs", "silk"]),
            (post::author().is_not(user::id().eq("ann")), &[]),
            (
                post::author().is(user::team().some(user::id().eq("bob"))),
                &["milk", "eggs", "silk"],
            ),
            (post::tags().none(all([])), &["milk", "eggs", "silk"]),
            (post::tags().some(all([])), &[]),
        ] {
            let found = db
                .post()
                .find_many()
                .filter(filter.clone())
                .select(post::title());
            assert_eq!(
                found.order_by(post::id().asc()).await.unwrap(),
                expected,
                "{name}: {filter:?}"
            );
        }
        let both = db
            .post()
            .find_many()
            .filter(post::views().gt(1))
            .filter(post::views().lt(9));
        let both = both.filter(post::done().eq(false)).select(post::title());
        assert_eq!(both.await.unwrap(), ["eggs"], "{name}");
    }
}

#[tokio::test]
async fn what_is_asked_for_twice_is_refused() {
    let place = &places().await[0];
    let twice = |result: Result<(Operation, _), InvalidInput>, field: &str| {
        let twice = InvalidInput::Twice {
            model: "Post".to_owned(),
            field: field.to_owned(),
        };
        assert_eq!(
            result.map(|_: (_, hallpass::data::ArgValue)| ()),
            Err(twice)
        );
    };
    let posts = || place.db.post().find_many();
    twice(
        posts()
            .include(post::tags())
            .include(post::tags())
            .into_args(),
        "tags",
    );
    twice(posts().select((post::id(), post::id())).into_args(), "id");
    let update = place.db.post().update(post::id().is(1));
    twice(
        update
            .set(post::done().to(true))
            .set(post::done().to(false))
            .into_args(),
        "done",
    );
    twice(
        place
            .db
            .post()
            .create(
                Post::new()
                    .title("x")
                    .author_id("ann")
                    .done(true)
                    .done(true),
            )
            .into_args(),
        "done",
    );
}
