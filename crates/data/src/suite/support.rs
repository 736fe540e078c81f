use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use hallpass_db::testing::{self, TestDatabase};
use hallpass_sql::Dialect;
use hallpass_zmodel::schema::{FieldKind, Relation};
use hallpass_zmodel::{Schema, Source, load};
use jiff::Timestamp;

use crate::{ArgValue, Client, ClientOptions, Error, Operation, Record};

pub(crate) const SCHEMA: &str = r#"
    enum Role {
      USER  @map("user")
      ADMIN @map("it's admin")
    }

    model User {
      id            String    @id @default(cuid())
      email         String?   @unique
      name          String?
      role          Role      @default(USER)
      emailVerified DateTime?
      secret        String?   @omit
      createdAt     DateTime  @default(now())
      updatedAt     DateTime  @updatedAt
      todos         Todo[]
      profile       Profile?
    }

    model Profile {
      id     Int    @id @default(autoincrement())
      bio    String
      userId String @unique
      user   User   @relation(fields: [userId], references: [id])
    }

    model Todo {
      id       Int       @id @default(autoincrement())
      content  String    @map("text")
      done     Boolean   @default(false)
      priority Int?
      dueAt    DateTime? @map("due_at")
      userId   String
      user     User      @relation(fields: [userId], references: [id], onDelete: Cascade)
      parentId Int?
      parent   Todo?     @relation("tree", fields: [parentId], references: [id])
      children Todo[]    @relation("tree")

      @@index([userId, done])
      @@map("todo_items")
    }

    model Token {
      identifier String
      token      String
      expires    DateTime

      @@id([identifier, token])
    }
"#;

/// A client with tables, on one database.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) client: Client,
    pub(crate) dialect: Dialect,
}

/// Databases of one test; dropped at its end.
pub(crate) struct Places {
    pub(crate) places: Vec<Place>,
    _databases: Vec<TestDatabase>,
}

pub(crate) fn schema(text: &str) -> Schema {
    match load(&[Source {
        name: "test.zmodel",
        text,
    }]) {
        Ok(schema) => schema,
        Err(mistakes) => panic!("{mistakes}"),
    }
}

/// The clock ticks a millisecond at each look; randomness is a fixed sequence.
pub(crate) fn options() -> ClientOptions {
    let ticks = AtomicI64::new(1_767_225_600_000);
    let state = AtomicU64::new(42);
    ClientOptions::new(
        move || Timestamp::from_millisecond(ticks.fetch_add(1, Ordering::Relaxed)).unwrap(),
        move |bytes: &mut [u8]| {
            for byte in bytes {
                let mut seed = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                *byte = (seed >> 56) as u8;
            }
        },
    )
}

/// Clients of these models, without tables, on every database there is.
pub(crate) async fn empty_places(text: &str) -> Places {
    places_without_tables(&schema(text), &options).await
}

async fn places_without_tables(schema: &Schema, options: &dyn Fn() -> ClientOptions) -> Places {
    let databases = testing::databases().await;
    let mut places = Vec::new();
    for test in &databases {
        let dialect = test.database.dialect();
        let schema = schema.clone();
        if dialect == Dialect::MariaDb {
            let mut others = schema.clone();
            for model in &mut others.models {
                model.table = format!("mysql_{}", model.table);
                for field in &mut model.fields {
                    if let FieldKind::Relation(Relation {
                        join: Some(join), ..
                    }) = &mut field.kind
                    {
                        join.table = format!("mysql{}", join.table);
                    }
                }
            }
            for join in &mut others.join_tables {
                join.table = format!("mysql{}", join.table);
            }
            places.push(place(
                "mariadb speaking MySQL",
                Dialect::MySql,
                test,
                others,
                options(),
            ));
        }
        places.push(place(test.name, dialect, test, schema, options()));
    }
    Places {
        places,
        _databases: databases,
    }
}

fn place(
    name: &'static str,
    dialect: Dialect,
    test: &TestDatabase,
    schema: Schema,
    options: ClientOptions,
) -> Place {
    let database = test.database.clone();
    Place {
        name,
        dialect,
        client: Client::speaking(dialect, database, Arc::new(schema), options).unwrap(),
    }
}

/// Clients of [`SCHEMA`] with tables, on every database there is.
pub(crate) async fn places() -> Places {
    places_of(SCHEMA).await
}

/// Clients of these models with tables, on every database there is.
pub(crate) async fn places_of(text: &str) -> Places {
    with_tables(empty_places(text).await).await
}

/// Clients of this schema and these options with tables, on every database there is.
pub(crate) async fn places_with(schema: &Schema, options: &dyn Fn() -> ClientOptions) -> Places {
    with_tables(places_without_tables(schema, options).await).await
}

async fn with_tables(places: Places) -> Places {
    for place in &places.places {
        if let Err(error) = place.client.create_missing_tables().await {
            panic!("{}: {error:?}", place.name);
        }
    }
    places
}

pub(crate) async fn user(db: &Client, id: &str) -> Record {
    let email = format!("{id}@example.org");
    db.create("User")
        .set("id", id)
        .set("email", email)
        .run()
        .await
        .unwrap()
}

pub(crate) async fn todo(db: &Client, user: &str, content: &str) -> Record {
    db.create("Todo")
        .set("userId", user)
        .set("content", content)
        .run()
        .await
        .unwrap()
}

/// Calls an operation as a client of the data API does.
pub(crate) async fn call(
    db: &Client,
    model: &str,
    operation: Operation,
    args: serde_json::Value,
) -> Result<serde_json::Value, Error> {
    let args = ArgValue::from_json(args).unwrap();
    let reply = db.call(model, operation, &args).await?;
    Ok(serde_json::to_value(&reply).unwrap())
}

pub(crate) fn texts(records: &[Record], field: &str) -> Vec<String> {
    records
        .iter()
        .map(|record| record.get(field).unwrap())
        .collect()
}
