//! Why somebody may, or may not.

use serde_json::{Value as Json, json};

use super::support::{nobody, person, ruled};
use crate::suite::support::{call, places_of};
use crate::{ArgValue, Dialect, Effect, Operation, RuleOperation, field};

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

const DELEGATES: &str = "
    model Asset {
      id   Int    @id
      kind String
      name String
      @@delegate(kind)
      @@allow('all', true)
      @@deny('delete', name == 'kept')
    }
    model Image extends Asset {
      width  Int
      secret String? @allow('read', auth().id == 'ann')
      @@deny('update,delete', width > 9)
      @@deny('read', width > 99)
    }
    model Video extends Asset { length Int }
    model User { id String @id }
";

/// Through a delegate rows are judged as what they are, and it is said.
#[tokio::test]
async fn rules_of_models_that_extend_a_delegate_are_told() {
    for place in places_of(DELEGATES).await.places {
        let (db, name) = (&place.client, place.name);
        for (model, data) in [
            ("Image", json!({"id": 1, "name": "x", "width": 5})),
            ("Image", json!({"id": 2, "name": "x", "width": 50})),
            ("Video", json!({"id": 3, "name": "x", "length": 50})),
            ("Image", json!({"id": 4, "name": "x", "width": 500})),
        ] {
            let data = json!({"data": data});
            call(db, model, Operation::Create, data).await.unwrap();
        }
        let of = db.for_user(person(json!({"id": "ann"})));
        let (some, no) = (Some(true), Some(false));
        for (operation, id, admitted, holds) in [
            (RuleOperation::Update, 1, some, vec![some, no]),
            (RuleOperation::Update, 2, no, vec![some, some]),
            (RuleOperation::Update, 3, some, vec![some, no]),
            (RuleOperation::Delete, 1, some, vec![some, no, no]),
            (RuleOperation::Delete, 2, no, vec![some, no, some]),
            (RuleOperation::Read, 1, some, vec![some, no, some]),
            // It is read, without what it has as an image.
            (RuleOperation::Read, 4, some, vec![some, some, some]),
            (RuleOperation::Read, 3, some, vec![some, no, no]),
        ] {
            let why = of.explain("Asset", operation, Some(field("id").eq(id)));
            let why = why.await.unwrap();
            let told = format!("{name}: {operation:?} {id}");
            assert_eq!(why.admitted, admitted, "{told}");
            let found: Vec<_> = why.rules.iter().map(|rule| rule.holds).collect();
            assert_eq!(found, holds, "{told}");
            assert_eq!(why.rules.last().unwrap().model, "Image", "{told}");
            assert_eq!(why.rules[0].model, "Asset", "{told}");
            // What is said is what happens.
            if operation == RuleOperation::Update {
                let args = json!({"where": {"id": id}, "data": {"name": "y"}});
                let done = call(&of, "Asset", Operation::Update, args).await;
                assert_eq!(done.is_ok(), admitted == some, "{told}: {done:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_person_is_read_with_what_rules_look_at() {
    let text = "
        model User {
          id     Int    @id
          name   String
          secret String? @omit
          orgId  Int?
          org    Org?   @relation(fields: [orgId], references: [id])
          members Member[]
        }
        model Org { id Int @id plan String users User[] }
        model Member {
          teamId Int
          userId Int
          level  Int
          user   User @relation(fields: [userId], references: [id])
          @@id([teamId, userId])
          @@allow('read', auth().members?[level > 1 && teamId == this.teamId])
          @@allow('delete', auth().org.plan == 'paid')
        }";
    let places = ruled(text).await;
    for (name, db) in &places.clients {
        db.create("Org")
            .set("id", 5)
            .set("plan", "paid")
            .run()
            .await
            .unwrap();
        for (id, org) in [(1, Some(5)), (2, None)] {
            let user = db
                .create("User")
                .set("id", id)
                .set("name", "x")
                .set("secret", "planted");
            user.set("orgId", org).run().await.unwrap();
        }
        for (team, user, level) in [(1, 1, 2), (2, 1, 1), (1, 2, 1)] {
            let member = db.create("Member").set("teamId", team).set("userId", user);
            member.set("level", level).run().await.unwrap();
        }
        let ann = db.find_person("1").await.unwrap();
        let expected = ArgValue::Object(vec![
            ("id".to_owned(), ArgValue::BigInt(1)),
            (
                "members".to_owned(),
                ArgValue::List(
                    [(1, 2), (2, 1)]
                        .map(|(team, level)| {
                            ArgValue::Object(vec![
                                ("teamId".to_owned(), ArgValue::BigInt(team)),
                                ("userId".to_owned(), ArgValue::BigInt(1)),
                                ("level".to_owned(), ArgValue::BigInt(level)),
                            ])
                        })
                        .to_vec(),
                ),
            ),
            (
                "org".to_owned(),
                ArgValue::Object(vec![
                    ("id".to_owned(), ArgValue::BigInt(5)),
                    ("plan".to_owned(), ArgValue::Text("paid".to_owned())),
                ]),
            ),
        ]);
        assert_eq!(ann.as_ref(), Some(&expected), "{name}");
        let key = db.key(
            "member",
            "{\"teamId_userId\": {\"teamId\": 1, \"userId\": 2}}",
        );
        let key = key.unwrap();
        for (who, operation, admitted) in [
            ("1", RuleOperation::Read, true),
            ("1", RuleOperation::Delete, true),
            ("2", RuleOperation::Read, false),
            ("2", RuleOperation::Delete, false),
        ] {
            let of = db.for_user(db.find_person(who).await.unwrap());
            let why = of.explain("Member", operation, Some(key.clone())).await;
            assert_eq!(
                why.unwrap().admitted,
                Some(admitted),
                "{name}: {who} {operation:?}"
            );
        }
        assert_eq!(db.find_person("9").await.unwrap(), None);
        db.find_person("ann").await.unwrap_err();
        db.key("Member", "1").unwrap_err();
        db.key("User", "{\"name\": \"x\"}").unwrap_err();
        let denied = db.for_user(None).find_person("1").await;
        assert!(
            denied.is_err(),
            "who has the client of a person learns nothing of others"
        );
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
