//! What one call may ask for: each limit is met at its number, and refused by name and place beyond it.

mod arguments;
mod rows;
mod time;
mod together;

use serde_json::{Value as Json, json};

use super::support::{Places, call, options, places_of, schema};
use crate::{ArgValue, Client, Error, InvalidInput, Limits, Operation};

const SCHEMA: &str = r#"
    model User {
      id     Int     @id
      name   String?
      secret String? @password(saltLength: 4)
      data   Json?
      posts  Post[]
      groups Group[]
      @@allow('all', true)
    }

    model Group {
      id    Int    @id
      users User[]
      @@allow('all', true)
    }

    model Post {
      id       Int       @id
      title    String
      userId   Int?
      user     User?     @relation(fields: [userId], references: [id])
      comments Comment[]
      @@allow('all', true)
    }

    model Comment {
      id     Int  @id
      postId Int
      post   Post @relation(fields: [postId], references: [id])
      @@allow('all', true)
    }
"#;

/// A person's client with one limit changed.
fn limited(client: &Client, change: impl Fn(&mut Limits)) -> Client {
    let mut limits = Limits::PERSON;
    change(&mut limits);
    client.for_user(None).with_limits(limits)
}

/// The place and the message of arguments that are refused.
async fn refused(
    client: &Client,
    model: &str,
    operation: Operation,
    args: Json,
) -> (String, String) {
    let shown = args.to_string();
    match call(client, model, operation, args).await {
        Err(Error::Invalid(InvalidInput::Argument { path, message, .. })) => (path, message),
        other => panic!("{shown}: {other:?}"),
    }
}

/// Three users in one group, with three posts each that have two comments each.
async fn filled() -> Places {
    let places = places_of(SCHEMA).await;
    for place in &places.places {
        let users = (1..=3).map(|user| {
            let posts = (1..=3).map(|post| {
                let id = user * 10 + post;
                json!({
                    "id": id, "title": "x",
                    "comments": {"create": [{"id": id * 10}, {"id": id * 10 + 1}]},
                })
            });
            json!({"id": user, "posts": {"create": posts.collect::<Vec<_>>()}})
        });
        let group = json!({"data": {"id": 1, "users": {"create": users.collect::<Vec<_>>()}}});
        call(&place.client, "Group", Operation::Create, group)
            .await
            .unwrap();
    }
    places
}

#[tokio::test]
async fn limits_only_become_stricter() {
    let places = places_of(SCHEMA).await;
    let db = &places.places[0].client;
    let generous = db.for_user(None).with_limits(Limits::PROGRAM);
    assert_eq!(*generous.limits(), Limits::PERSON);
    let strict = limited(db, |limits| limits.rows = 1);
    assert_eq!(strict.for_user(None).limits().rows, 1);
    assert_eq!(strict.with_limits(Limits::PROGRAM).limits().rows, 1);
    assert_eq!(db.limits().rows, u64::MAX);
    let inside = strict.transaction(async |tx| Ok::<_, Error>(tx.limits().rows));
    assert_eq!(inside.await.unwrap(), 1);
}
