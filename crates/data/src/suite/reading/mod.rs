//! Reads by `Client::call`, as clients make them: the tables of contract zenstack §3.2 to §3.4, on every database.

mod filters;
mod hostile;
mod json;
mod lists;
mod many_to_many;
mod mistakes;
mod nested;
mod paging;
mod statements;
mod values;

use hallpass_sql::Value;
use serde_json::{Value as Json, json};

use super::support::{Place, Places, places_of};
use crate::{ArgValue, Client, Error, Operation};

const SCHEMA: &str = r#"
    enum Role {
      USER  @map("user")
      ADMIN @map("it's admin")
    }

    model User {
      id      Int      @id
      email   String   @unique
      name    String?
      role    Role     @default(USER)
      secret  String?  @omit
      posts   Post[]
      reviews Post[]   @relation("reviewer")
      profile Profile?
    }

    model Profile {
      id     Int    @id
      bio    String
      userId Int    @unique
      user   User   @relation(fields: [userId], references: [id])
    }

    model Post {
      id         Int       @id
      title      String    @map("headline")
      views      Int?
      price      Decimal?
      weight     Float?
      big        BigInt?
      at         DateTime?
      picture    Bytes?
      meta       Json?
      role       Role?
      done       Boolean   @default(false)
      authorId   Int?      @map("author_id")
      author     User?     @relation(fields: [authorId], references: [id])
      reviewerId Int?
      reviewer   User?     @relation("reviewer", fields: [reviewerId], references: [id])
      comments   Comment[]

      @@map("post_items")
    }

    model Comment {
      id     Int    @id
      text   String
      postId Int
      post   Post   @relation(fields: [postId], references: [id])
    }

    model Seat {
      row     String
      number  Int
      label   String?
      tickets Ticket[]

      @@id([row, number])
      @@unique([label, number], name: "labelled")
    }

    model Ticket {
      id     Int    @id
      row    String
      number Int
      seat   Seat   @relation(fields: [row, number], references: [row, number])
    }
"#;

/// What a call gives, as clients get it.
async fn call(db: &Client, model: &str, operation: Operation, args: Json) -> Result<Json, Error> {
    let args = ArgValue::from_json(args).unwrap();
    let reply = db.call(model, operation, &args).await?;
    Ok(serde_json::to_value(&reply).unwrap())
}

async fn found(place: &Place, model: &str, args: Json) -> Json {
    let shown = args.to_string();
    match call(&place.client, model, Operation::FindMany, args).await {
        Ok(found) => found,
        Err(error) => panic!("{}: {shown}: {error}: {error:?}", place.name),
    }
}

/// The ids that a filter finds, in the order of ids.
async fn ids(place: &Place, model: &str, filter: Json) -> Json {
    let args = json!({"where": filter, "select": {"id": true}, "orderBy": {"id": "asc"}});
    column(&found(place, model, args).await, "id")
}

fn column(rows: &Json, name: &str) -> Json {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row[name].clone())
        .collect()
}

/// Why a call is refused.
async fn refused(db: &Client, model: &str, operation: Operation, args: Json) -> String {
    let shown = args.to_string();
    match call(db, model, operation, args).await {
        Ok(reply) => panic!("{shown}: not refused: {reply}"),
        Err(error) => error.to_string(),
    }
}

/// Three users, six posts, five comments, and a hall with seats.
async fn library() -> Places {
    let places = places_of(SCHEMA).await;
    for place in &places.places {
        fill(&place.client).await;
    }
    places
}

async fn fill(db: &Client) {
    for (id, email, name, role) in [
        (1, "ann@example.org", Some("Ann"), "ADMIN"),
        (2, "bob@example.org", Some("bob"), "USER"),
        (3, "cat@example.org", None, "USER"),
    ] {
        let user = db
            .create("User")
            .set("id", id)
            .set("email", email)
            .set("name", name);
        user.set("role", role)
            .set("secret", format!("s{id}"))
            .run()
            .await
            .unwrap();
    }
    let profile = db
        .create("Profile")
        .set("id", 7)
        .set("bio", "hello")
        .set("userId", 1);
    profile.run().await.unwrap();
    for (id, title, views, author, reviewer) in [
        (1, "Alpha", Some(10), Some(1), Some(2)),
        (2, "beta 50%", Some(20), Some(1), None),
        (3, "Gamma_x", None, Some(1), Some(3)),
        (4, "delta", Some(20), Some(2), Some(1)),
        (5, "epsilon", Some(5), None, None),
        (6, "alphabet", None, Some(2), None),
    ] {
        let post = db
            .create("Post")
            .set("id", id)
            .set("title", title)
            .set("views", views);
        let post = post.set("authorId", author).set("reviewerId", reviewer);
        post.set("done", id % 2 == 0).run().await.unwrap();
    }
    for (id, post, text) in [
        (1, 1, "x"),
        (2, 1, "y"),
        (3, 2, "x"),
        (4, 4, "z"),
        (5, 4, "x"),
    ] {
        let comment = db.create("Comment").set("id", id).set("postId", post);
        comment.set("text", text).run().await.unwrap();
    }
    for (row, number, label) in [
        ("a", 1, Some("window")),
        ("a", 2, None),
        ("b", 1, Some("door")),
    ] {
        let seat = db.create("Seat").set("row", row).set("number", number);
        seat.set("label", label).run().await.unwrap();
    }
    for (id, row, number) in [(1, "a", 1), (2, "a", 1), (3, "b", 1)] {
        let ticket = db.create("Ticket").set("id", id).set("row", row);
        ticket.set("number", number).run().await.unwrap();
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}
