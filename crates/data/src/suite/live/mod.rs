//! Live queries: a result, then what changes in it, for whoever may see it.

#[cfg(feature = "http")]
mod bounds;
#[cfg(feature = "http")]
mod events;
mod queries;
#[cfg(feature = "http")]
mod rights;
#[cfg(feature = "http")]
mod support;
mod touching;

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::live::LiveOptions;
use crate::{ArgValue, Client, Operation};

/// Rules that look at columns, at the person, and at rows of other tables.
const SCHEMA: &str = r#"
    model User {
      id      String   @id
      role    String   @default("USER")
      todos   Todo[]
      members Member[]
      @@auth
      @@allow('all', true)
    }

    model Team {
      id      Int      @id
      members Member[]
      notes   Note[]
      @@allow('all', true)
    }

    model Member {
      id     Int    @id
      userId String
      user   User   @relation(fields: [userId], references: [id], onDelete: Cascade)
      teamId Int
      team   Team   @relation(fields: [teamId], references: [id], onDelete: Cascade)
      @@allow('all', true)
    }

    model Note {
      id     Int    @id
      text   String
      teamId Int
      team   Team   @relation(fields: [teamId], references: [id], onDelete: Cascade)
      @@allow('create,update,delete', true)
      @@allow('read', team.members?[userId == auth().id])
    }

    model Todo {
      id        Int      @id
      text      String
      done      Boolean  @default(false)
      createdAt DateTime @default(now())
      size      BigInt?
      userId    String
      user      User     @relation(fields: [userId], references: [id], onDelete: Cascade)
      tags      Tag[]
      @@allow('create,update,delete', true)
      @@allow('read', userId == auth().id)
      @@allow('read', auth().role == 'ADMIN')
    }

    model Tag {
      id    Int    @id
      name  String
      todos Todo[]
      @@allow('all', true)
    }

    model Other {
      id Int @id
      @@allow('all', true)
    }
"#;

/// Wakes are what is tested: nothing is looked at without one.
fn woken() -> LiveOptions {
    LiveOptions {
        pace: Duration::ZERO,
        look_again: Duration::from_secs(600),
        heartbeat: Duration::from_secs(600),
        ..LiveOptions::default()
    }
}

fn args(json: Json) -> ArgValue {
    ArgValue::from_json(json).unwrap()
}

/// Writes as the program does.
async fn write(db: &Client, model: &str, operation: Operation, json: Json) {
    let written = db.call(model, operation, &args(json)).await;
    written.unwrap();
}

async fn user(db: &Client, id: &str) {
    write(db, "User", Operation::Create, json!({"data": {"id": id}})).await;
}

async fn todo(db: &Client, id: i64, text: &str, user: &str) {
    let data = json!({"data": {"id": id, "text": text, "userId": user}});
    write(db, "Todo", Operation::Create, data).await;
}

/// Waits for what must come; a test that waits in vain fails.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    let soon = tokio::time::timeout(Duration::from_secs(20), work);
    soon.await.expect("nothing came")
}
