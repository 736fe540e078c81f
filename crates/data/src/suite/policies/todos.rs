//! What people do all day with what is theirs is one statement each, of which an index finds the rows.

use hallpass_sql::Dialect;
use serde_json::{Value as Json, json};

use super::support::{person, ruled};
use crate::{ArgValue, Client, Error, Operation, Reply};

const SCHEMA: &str = "
    model User {
      id    String @id
      name  String
      todos Todo[]

      @@allow('all', auth() == this)
    }

    model Todo {
      id        String   @id @default(cuid())
      content   String
      completed Boolean  @default(false)
      createdAt DateTime @default(now())
      userId    String   @default(auth().id) @deny('update', true)
      user      User     @relation(fields: [userId], references: [id])

      @@allow('all', auth() == user)
      @@index([userId, createdAt])
    }
";

/// The statements that a call sent, and its reply.
async fn sent(
    of: &Client,
    operation: Operation,
    args: Json,
) -> (Vec<String>, Result<Reply, Error>) {
    of.engine().sent.lock().unwrap().clear();
    let args = ArgValue::from_json(args).unwrap();
    let reply = of.call("Todo", operation, &args).await;
    let sent = std::mem::take(&mut *of.engine().sent.lock().unwrap());
    (sent, reply)
}

#[tokio::test]
async fn reads_and_writes_of_ones_own_are_one_statement_each() {
    let places = ruled(SCHEMA).await;
    for (name, db) in &places.clients {
        for id in ["ann", "bob"] {
            let user = db.create("User").set("id", id).set("name", id);
            user.run().await.unwrap();
        }
        let of = db.for_user(person(json!({"id": "ann"})));
        let other = db.for_user(person(json!({"id": "bob"})));
        // MySQL and MariaDB give back no rows of what they change: those are read again, in the same transaction.
        let capability = db.dialect().capability();
        let returning = |able: bool, otherwise| if able { 1 } else { otherwise };
        let find = json!({"orderBy": {"createdAt": "desc"}, "take": 20});
        let with_owner =
            json!({"orderBy": {"createdAt": "desc"}, "take": 20, "include": {"user": true}});
        let create = json!({"data": {"id": "t", "content": "milk"}});
        let update = json!({"where": {"id": "t"}, "data": {"content": "bread"}});
        for (operation, args, statements) in [
            (
                Operation::Create,
                create,
                returning(capability.insert_returning, 2),
            ),
            (
                Operation::Update,
                update.clone(),
                returning(capability.update_returning, 4),
            ),
            (Operation::FindMany, find.clone(), 1),
            (Operation::FindMany, with_owner, 1),
        ] {
            let (sent, reply) = sent(&of, operation, args).await;
            reply.unwrap();
            assert_eq!(sent.len(), statements, "{name}: {operation}: {sent:#?}");
        }
        let (_, reply) = sent(&other, Operation::FindMany, find.clone()).await;
        assert_eq!(reply.unwrap().into_records(), [], "{name}");
        let (_, reply) = sent(&other, Operation::Update, update).await;
        assert!(
            matches!(reply, Err(Error::NotFound { .. })),
            "{name}: {reply:?}"
        );

        let (read, _) = sent(&of, Operation::FindMany, find).await;
        let marks = if db.dialect() == Dialect::Postgres {
            "$1"
        } else {
            "?"
        };
        let quote = if matches!(db.dialect(), Dialect::MySql | Dialect::MariaDb) {
            '`'
        } else {
            '"'
        };
        let column = format!("{quote}userId{quote} = {marks}");
        assert!(
            read[0].contains(&column) && !read[0].contains("EXISTS"),
            "{name}: {}",
            read[0]
        );
    }
}
