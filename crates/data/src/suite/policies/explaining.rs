//! Why somebody may, or may not.

use serde_json::{Value as Json, json};

use super::support::{nobody, person, ruled};
use crate::{Dialect, Effect, RuleOperation, field};

const SCHEMA: &str = "
    model User {
      id    String @id
      todos Todo[]
    }

    model Todo {
      id     Int     @id
      title  String  @allow('read', owner == auth())
      done   Boolean?
      ownerId String
      owner  User    @relation(fields: [ownerId], references: [id])

      @@allow('read', auth() == owner)
      @@allow('read,update', auth().admin)
      @@deny('read', done)
      @@allow('delete', auth() != null)
    }

    type Person { id String @id admin Boolean? }
";

#[tokio::test]
async fn each_rule_answers_for_a_row() {
    let text = SCHEMA
        .replace("type Person { id String @id admin Boolean? }", "")
        .replace("todos Todo[]", "todos Todo[]\n admin Boolean?");
    let places = ruled(&text).await;
    for (name, db) in &places.clients {
        for id in ["ann", "bob"] {
            db.create("User").set("id", id).run().await.unwrap();
        }
        for (id, done, owner) in [(1, None, "ann"), (2, Some(true), "ann"), (3, None, "bob")] {
            let todo = db
                .create("Todo")
                .set("id", id)
                .set("title", "x")
                .set("done", done);
            todo.set("ownerId", owner).run().await.unwrap();
        }
        let ann = json!({"id": "ann"});
        let admin = json!({"id": "root", "admin": true});
        let some = Some(true);
        let no = Some(false);
        // Who, which row, whether it is there and admitted, and each rule.
        for (who, id, row, admitted, holds) in [
            (&ann, 1, some, some, [some, no, no, some]),
            (&ann, 2, some, no, [some, no, some, some]),
            (&ann, 3, some, no, [no, no, no, no]),
            (&admin, 3, some, some, [no, some, no, no]),
            (&ann, 9, no, None, [None, no, None, None]),
        ] {
            let of = db.for_user(person(who.clone()));
            let why = of.explain("Todo", RuleOperation::Read, Some(field("id").eq(id)));
            let why = why.await.unwrap();
            assert_eq!(
                (why.row, why.admitted),
                (row, admitted),
                "{name}: {who} {id}"
            );
            let said: Vec<_> = why.rules.iter().map(|rule| rule.holds).collect();
            assert_eq!(said, holds, "{name}: {who} {id}");
            assert_eq!(why.rules[2].effect, Effect::Deny);
            assert!(why.rules[0].place.line > 0);
            assert_eq!(why.rules[3].field.as_deref(), Some("title"));
        }
        let of = db.for_user(person(nobody()));
        let why = of
            .explain("Todo", RuleOperation::Delete, None)
            .await
            .unwrap();
        assert_eq!((why.sql, why.admitted, why.row), (None, no, None), "{name}");
        let why = db
            .explain("Todo", RuleOperation::Delete, None)
            .await
            .unwrap();
        assert_eq!((why.rules, why.admitted), (Vec::new(), some), "{name}");
    }
}

/// A corpus of rules as SQL, in PostgreSQL's words with what other databases say differently.
#[tokio::test]
async fn rules_as_sql() {
    let places = ruled(super::relations::EMPTY).await;
    let mut said = String::new();
    for (condition, who) in super::relations::CORPUS {
        let who: Json = serde_json::from_str(who).unwrap();
        said.push_str(&format!("{condition}    auth() = {who}\n"));
        let mut before: Vec<(Dialect, String)> = Vec::new();
        for dialect in [Dialect::Postgres, Dialect::Sqlite, Dialect::MySql] {
            let db = super::relations::speaking(&places, dialect, condition);
            let sql = super::support::statement(&db, "Post", &who);
            let sql = sql.unwrap_or_else(|| "(nothing is sent)".to_owned());
            let plain = sql
                .replace('`', "\"")
                .replace("$1", "?")
                .replace("$2", "?")
                .replace("$3", "?");
            if !before.iter().any(|(_, one)| *one == plain) {
                said.push_str(&format!("  {dialect}: {sql}\n"));
            }
            before.push((dialect, plain));
        }
    }
    insta::assert_snapshot!(said);
}
