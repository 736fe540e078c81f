//! Models that extend others: contract zenstack §2.11, on every database.

mod attacks;
mod changing;
mod creating;
mod fields;
mod policies;
mod races;
mod reading;
mod removing;
mod statements;

use serde_json::{Value as Json, json};

use super::support::{Place, Places, call, places_of};
use crate::{Client, Operation};

/// Two ways to extend, one of them over two steps; a column that two tables of one row have; relations that begin and
/// end at each level.
const SCHEMA: &str = r#"
    enum AssetKind {
      FILM    @map("a film")
      PICTURE @map("a picture")
    }

    model User {
      id        Int      @id @default(autoincrement())
      email     String?  @unique
      level     Int      @default(0)
      assets    Asset[]
      favourite Rated[]  @relation("direct")
    }

    model Comment {
      id      Int    @id @default(autoincrement())
      text    String
      asset   Asset? @relation(fields: [assetId], references: [id], onDelete: Cascade)
      assetId Int?
    }

    model Tag {
      name   String  @id
      assets Asset[]
      videos Video[]
    }

    model Asset {
      id        Int       @id @default(autoincrement())
      createdAt DateTime  @default(now())
      updatedAt DateTime  @updatedAt
      views     Int       @default(0)
      slug      String?   @unique
      hidden    String?   @omit
      owner     User?     @relation(fields: [ownerId], references: [id], onDelete: Cascade)
      ownerId   Int?
      comments  Comment[]
      tags      Tag[]
      kind      AssetKind

      @@index([ownerId])
      @@delegate(kind)
    }

    model Video extends Asset {
      duration  Int
      url       String @unique @map("address")
      videoKind String
      note      String? @omit
      topics    Tag[]

      @@delegate(videoKind)
      @@delegateMap(FILM)
    }

    model Rated extends Video {
      rating Int
      user   User? @relation("direct", fields: [userId], references: [id], onDelete: Cascade)
      userId Int?
    }

    model Image extends Asset {
      format    String
      height    Int?     @map("views")
      gallery   Gallery? @relation(fields: [galleryId], references: [id], onDelete: Cascade)
      galleryId Int?
      cover     Cover?

      @@delegateMap("PICTURE")
    }

    model Gallery {
      id     Int     @id @default(autoincrement())
      images Image[]
    }

    model Cover {
      id      Int   @id
      image   Image @relation(fields: [imageId], references: [id])
      imageId Int   @unique
    }
"#;

/// What a call gives; a refusal is a mistake of the test.
async fn done(place: &Place, model: &str, operation: Operation, args: Json) -> Json {
    given(place.name, &place.client, model, operation, args).await
}

async fn given(name: &str, db: &Client, model: &str, operation: Operation, args: Json) -> Json {
    let shown = args.to_string();
    match call(db, model, operation, args).await {
        Ok(reply) => reply,
        Err(error) => panic!("{name}: {model} {operation} {shown}: {error}: {error:?}"),
    }
}

/// Why a call is refused.
async fn refused(place: &Place, model: &str, operation: Operation, args: Json) -> String {
    let shown = args.to_string();
    match call(&place.client, model, operation, args).await {
        Ok(reply) => panic!("{}: {shown}: not refused: {reply}", place.name),
        Err(error) => error.to_string(),
    }
}

/// How many rows each model has.
async fn counts(place: &Place) -> Json {
    let mut counts = Vec::new();
    for model in ["Asset", "Video", "Rated", "Image"] {
        counts.push(done(place, model, Operation::Count, json!({})).await);
    }
    Json::Array(counts)
}

/// Two users, two rated videos and an image.
async fn shelf() -> Places {
    let places = places_of(SCHEMA).await;
    for place in &places.places {
        for (id, email) in [(1, "ann@example.org"), (2, "bob@example.org")] {
            let data = json!({"data": {"email": email}});
            let user = done(place, "User", Operation::Create, data).await;
            assert_eq!(user["id"], id, "{}", place.name);
        }
        for (id, views, url, rating, owner) in
            [(1, 10, "a", 5, Json::from(1)), (2, 20, "b", 3, Json::Null)]
        {
            let data = json!({
                "views": views, "slug": format!("s{id}"), "hidden": "h", "ownerId": owner,
                "duration": views * 10, "url": url, "note": "n", "rating": rating, "userId": 2,
            });
            done(place, "Rated", Operation::Create, json!({"data": data})).await;
        }
        let image = json!({"data": {"views": 30, "ownerId": 1, "format": "png", "height": 7}});
        done(place, "Image", Operation::Create, image).await;
        for (text, asset) in [("x", 1), ("y", 1), ("z", 3)] {
            let data = json!({"data": {"text": text, "assetId": asset}});
            done(place, "Comment", Operation::Create, data).await;
        }
    }
    places
}
