//! The types that `schema!` makes of a schema with everything in it, on every database.

mod changes;
mod lists;
mod random;
mod reads;
mod rules;
mod values;

use hallpass::Client;
use hallpass::data::{ArgValue, Operation, Source};
use hallpass::typed::serde::Serialize;
use hallpass_db::testing::{TestDatabase, databases};
use serde_json::Value as Json;

/// The models of the tests.
pub(crate) mod shop {
    hallpass::schema!("tests/it/typed/shop.zmodel");
}

use shop::{Post, Tables, User, user};

/// A client with full access on one database.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) db: Client,
    _database: TestDatabase,
}

pub(crate) async fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for database in databases().await {
        places.push(Place {
            name: database.name,
            db: open(&database, shop::SOURCES).await,
            _database: database,
        });
    }
    places
}

pub(crate) async fn open(database: &TestDatabase, sources: &[Source<'_>]) -> Client {
    hallpass::open_sources(&database.address, sources)
        .await
        .unwrap()
}

/// Ann and Bob, whose boss she is.
pub(crate) async fn people(db: &Client) {
    for new in [
        User::new().id("ann").email("ann@example.org").name("Ann"),
        User::new()
            .id("bob")
            .email("bob@example.org")
            .name("Bob")
            .boss(user::id().is("ann")),
    ] {
        db.user().create(new).await.unwrap();
    }
}

pub(crate) async fn post(db: &Client, title: &str) -> Post {
    db.post()
        .create(Post::new().title(title).author_id("ann"))
        .await
        .unwrap()
}

pub(crate) fn json(value: &impl Serialize) -> Json {
    serde_json::to_value(value).unwrap()
}

/// What a client of the data API gets.
pub(crate) async fn call(db: &Client, model: &str, operation: Operation, args: Json) -> Json {
    let args = ArgValue::from_json(args).unwrap();
    json(&db.call(model, operation, &args).await.unwrap())
}

/// The compiler tells cargo which files a binary was made of: a change of a schema, or of what it imports, makes it anew.
#[test]
fn cargo_knows_the_files_of_a_schema() {
    let binary = std::env::current_exe().unwrap();
    let made_of = std::fs::read_to_string(binary.with_extension("d")).unwrap();
    for file in ["typed/shop.zmodel", "typed/people.zmodel"] {
        assert!(made_of.contains(file), "{file}: {made_of}");
    }
}

#[test]
fn a_program_carries_the_texts_of_its_schema() {
    let names: Vec<_> = shop::SOURCES.iter().map(|source| source.name).collect();
    assert_eq!(
        names,
        ["tests/it/typed/shop.zmodel", "tests/it/typed/people.zmodel"]
    );
    assert!(shop::SCHEMA.contains("import \"people\""));
    assert!(shop::SOURCES[1].text.contains("enum Role"));
}
