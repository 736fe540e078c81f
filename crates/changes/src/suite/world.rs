//! A database with tables that another program made, and their schema.

use hallpass_db::testing::{TestDatabase, databases};
use hallpass_sql::{Dialect, Value};
use hallpass_zmodel::{Schema, Source, load};

use crate::log::{Beginning, Change, Document, Log};
use crate::{Changes, Tracking};

/// The name that tests read by.
pub(super) const READER: &str = "test";

pub(super) const SCHEMA: &str = r#"
model User {
  id       String    @id
  name     String?
  email    String?
  password String?
  sealed   String?   @omit
  bio      String?
  data     Bytes?
  doc      Json?
  amount   Decimal?
  ratio    Float?
  count    Int?
  big      BigInt?
  done     Boolean?
  born     DateTime?

  todos    Todo[]
  sessions Session[]

  @@map("users")
}

model Todo {
  id     Int    @id @default(autoincrement())
  userId String @map("user_id")
  task   String
  user   User   @relation(fields: [userId], references: [id], onDelete: Cascade)

  @@track
  @@map("todos")
}

model Session {
  token  String @id
  userId String @map("user_id")
  user   User   @relation(fields: [userId], references: [id], onDelete: Cascade)

  @@map("sessions")
}
"#;

const POSTGRES: &[&str] = &[
    "CREATE TABLE users (id text PRIMARY KEY, name text, email varchar(255), password text, sealed text, bio text, \
     data bytea, doc jsonb, amount numeric(65,30), ratio double precision, count integer, big bigint, done boolean, \
     born timestamp(3))",
    "CREATE TABLE todos (id serial PRIMARY KEY, user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE, task text NOT NULL)",
    "CREATE TABLE sessions (token text PRIMARY KEY, user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE)",
];
const MYSQL: &[&str] = &[
    "CREATE TABLE users (id varchar(191) PRIMARY KEY, name longtext, email varchar(255), password text, sealed text, \
     bio longtext, data longblob, doc json, amount decimal(65,30), ratio double, count int, big bigint, done tinyint(1), \
     born datetime(3))",
    "CREATE TABLE todos (id int AUTO_INCREMENT PRIMARY KEY, user_id varchar(191) NOT NULL, task varchar(191) NOT NULL, \
     FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE)",
    "CREATE TABLE sessions (token varchar(191) PRIMARY KEY, user_id varchar(191) NOT NULL, \
     FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE)",
];
const SQLITE: &[&str] = &[
    "CREATE TABLE users (id text PRIMARY KEY NOT NULL, name text, email text, password text, sealed text, bio text, data blob, \
     doc text, amount decimal, ratio real, count integer, big integer, done integer, born text)",
    "CREATE TABLE todos (id integer PRIMARY KEY AUTOINCREMENT, user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE, \
     task text NOT NULL)",
    "CREATE TABLE sessions (token text PRIMARY KEY NOT NULL, user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE)",
];

pub(super) struct World {
    pub(super) test: TestDatabase,
    pub(super) changes: Changes,
    pub(super) schema: Schema,
}

impl World {
    /// On every database, with capture installed.
    pub(super) async fn all() -> Vec<Self> {
        let mut worlds = Vec::new();
        for world in Self::bare().await {
            let tracking = world.tracking().await;
            world.changes.install(&tracking).await.unwrap();
            world.log().begin(READER, Beginning::Oldest).await.unwrap();
            worlds.push(world);
        }
        worlds
    }

    /// On every database, with the tables and nothing else.
    pub(super) async fn bare() -> Vec<Self> {
        let mut worlds = Vec::new();
        for test in databases().await {
            let made = match test.database.dialect() {
                Dialect::Postgres => POSTGRES,
                Dialect::Sqlite => SQLITE,
                _ => MYSQL,
            };
            for statement in made {
                test.run(statement).await;
            }
            worlds.push(Self {
                changes: Changes::of(&test.database),
                test,
                schema: schema(SCHEMA),
            });
        }
        worlds
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.test.database.dialect()
    }

    pub(super) fn is_mysql(&self) -> bool {
        crate::words::is_mysql(self.dialect())
    }

    pub(super) fn log(&self) -> Log {
        self.changes.log()
    }

    pub(super) async fn tracking(&self) -> Tracking {
        self.changes.tracking(&self.schema, &[]).await.unwrap()
    }

    /// Runs a statement as another program would.
    pub(super) async fn run(&self, text: &str) {
        self.test.run(text).await;
    }

    /// What the reader has not read; reads it.
    pub(super) async fn read(&self) -> Vec<Change> {
        let log = self.log();
        let mut changes = Vec::new();
        loop {
            let batch = log.next(READER, 1000).await.unwrap();
            if batch.changes.is_empty() {
                return changes;
            }
            log.done(&self.test.database, READER, &batch).await.unwrap();
            changes.extend(batch.changes);
        }
    }

    /// Everything that stands in the log, as it stands there.
    pub(super) async fn raw(&self) -> String {
        let rows = self.test.rows("SELECT * FROM hallpass_change").await;
        format!("{rows:?}")
    }

    /// One number that a statement gives.
    pub(super) async fn count(&self, text: &str) -> i64 {
        match self.test.rows(text).await.first().map(|row| row[0].clone()) {
            Some(Value::Int(count)) => count,
            other => panic!("{}: {other:?}", self.test.name),
        }
    }
}

pub(super) fn schema(text: &str) -> Schema {
    let source = Source {
        name: "schema.zmodel",
        text,
    };
    load(&[source]).unwrap()
}

/// What a change says of a column, after it where it is there, else before.
pub(super) fn member<'c>(change: &'c Change, name: &str) -> &'c serde_json::Value {
    let document = change.after.as_ref().or(change.before.as_ref()).unwrap();
    document
        .get(name)
        .unwrap_or_else(|| panic!("no {name} in {document:?}"))
}

pub(super) fn key(id: &str) -> Document {
    [("id".to_owned(), serde_json::Value::from(id))]
        .into_iter()
        .collect()
}
