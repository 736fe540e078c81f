//! Whatever is asked, typed reads give what [`Client::call`] gives: random questions, each asked in both ways.

use hallpass::Client;
use hallpass::data::{ArgValue, Operation};
use hallpass::typed::{Filter, Order, all, any};
use serde_json::{Value as Json, json};

use super::shop::{Post, Role, Tables, Tag, post, tag, user};
use super::{call, json, people, places};

const QUESTIONS: usize = 40;

/// A fixed sequence, so that a failure happens again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn small(&mut self) -> i64 {
        i64::try_from(self.below(5)).unwrap()
    }

    fn letter(&mut self) -> &'static str {
        ["a", "b", "ab", "c", ""][usize::try_from(self.below(5)).unwrap()]
    }

    /// A condition, as types and as arguments.
    fn filter(&mut self, depth: u64) -> (Filter<Post>, Json) {
        let (number, text) = (self.small(), self.letter());
        match self.below(if depth == 0 { 10 } else { 14 }) {
            0 => (post::views().eq(number), json!({"views": number})),
            1 => (post::views().lt(number), json!({"views": {"lt": number}})),
            2 => (post::views().ne(number), json!({"views": {"not": number}})),
            3 => (
                post::title().contains(text),
                json!({"title": {"contains": text}}),
            ),
            4 => (post::weight().gte(1.0), json!({"weight": {"gte": 1}})),
            5 => (post::weight().is_null(), json!({"weight": null})),
            6 => (
                post::views().none_of([number, 3]),
                json!({"views": {"notIn": [number, 3]}}),
            ),
            7 => (
                post::tags().some(tag::name().eq(text)),
                json!({"tags": {"some": {"name": text}}}),
            ),
            8 => (
                post::tags().every(tag::name().gt("a")),
                json!({"tags": {"every": {"name": {"gt": "a"}}}}),
            ),
            9 => {
                let role =
                    post::author().is(user::role().eq(Role::User).and(user::boss().is_null()));
                (role, json!({"author": {"role": "USER", "boss": null}}))
            }
            10 => {
                let (filter, args) = self.filter(depth - 1);
                (!filter, json!({"NOT": args}))
            }
            kind => {
                let (first, second) = (self.filter(depth - 1), self.filter(depth - 1));
                let args = [first.1, second.1];
                if kind == 11 {
                    (any([first.0, second.0]), json!({"OR": args}))
                } else {
                    (all([first.0, second.0]), json!({"AND": args}))
                }
            }
        }
    }

    fn order(&mut self) -> (Order<Post>, Json) {
        match self.below(5) {
            0 => (post::views().desc(), json!({"views": "desc"})),
            1 => (
                post::weight().desc_nulls_last(),
                json!({"weight": {"sort": "desc", "nulls": "last"}}),
            ),
            2 => (
                post::tags().count().asc(),
                json!({"tags": {"_count": "asc"}}),
            ),
            3 => (
                post::author().order(user::id().desc()),
                json!({"author": {"id": "desc"}}),
            ),
            _ => (post::title().asc(), json!({"title": "asc"})),
        }
    }
}

async fn fill(db: &Client, dice: &mut Dice) {
    people(db).await;
    for name in ["a", "b", "ab"] {
        db.tag().create(Tag::new().name(name)).await.unwrap();
    }
    for number in 0..12 {
        let mut tags = Vec::new();
        for name in ["a", "b", "ab"] {
            if dice.below(2) == 0 {
                tags.push(tag::name().is(name));
            }
        }
        let author = if dice.below(3) == 0 { "bob" } else { "ann" };
        let new = Post::new()
            .title(format!("{}{number}", dice.letter()))
            .views(dice.small())
            .author(user::id().is(author))
            .tags(tags);
        let new = match dice.below(3) {
            0 => new,
            weight => new.weight(f64::from(u32::try_from(weight).unwrap())),
        };
        db.post().create(new).await.unwrap();
    }
}

#[tokio::test]
async fn typed_reads_give_what_calls_give() {
    for place in places().await {
        let mut dice = Dice(7);
        fill(&place.db, &mut dice).await;
        let id = ("id".to_owned(), ArgValue::Text("bob".to_owned()));
        let bob = place.db.for_user(Some(ArgValue::Object(vec![id])));
        for number in 0..QUESTIONS {
            for db in [&place.db, &bob] {
                let found = ask(db, &mut dice, &format!("{} {number}", place.name)).await;
                assert!(found <= 12);
            }
        }
    }
}

/// Asks once, in both ways.
async fn ask(db: &Client, dice: &mut Dice, place: &str) -> usize {
    let ((filter, condition), (order, key)) = (dice.filter(2), dice.order());
    let (skip, take) = (dice.below(4), dice.below(8));
    let (skip, take) = (u32::try_from(skip).unwrap(), u32::try_from(take).unwrap());
    let mut args = json!({
        "where": condition,
        "orderBy": [key, {"id": "asc"}],
        "skip": skip,
        "take": take,
    });
    let read = db
        .post()
        .find_many()
        .filter(filter.clone())
        .order_by(order)
        .order_by(post::id().asc());
    let read = read.skip(skip).take(take);
    let tags = || post::tags().order_by(tag::name().asc());
    let (typed, count) = match dice.below(3) {
        0 => {
            let rows = read.await.unwrap();
            (json(&rows), rows.len())
        }
        1 => {
            args["include"] = json!({"author": {"include": {"team": true}}});
            let rows = read
                .include(post::author().include(user::team()))
                .await
                .unwrap();
            (json(&rows), rows.len())
        }
        _ => {
            let order = json!({"orderBy": [{"name": "asc"}]});
            args["include"] = json!({"tags": order, "author": true});
            let rows = read.include(tags()).include(post::author()).await.unwrap();
            (json(&rows), rows.len())
        }
    };
    let called = call(db, "Post", Operation::FindMany, args.clone()).await;
    assert_eq!(typed, called, "{place}: {args}");
    let all = call(db, "Post", Operation::Count, json!({"where": condition})).await;
    assert_eq!(
        json(&db.post().count().filter(filter).await.unwrap()),
        all,
        "{place}: {args}"
    );
    count
}
