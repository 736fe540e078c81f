//! `check` of the second generation: what the rules could admit, without a look at any row.
//!
//! Source: contract zenstack §3.1 and §4.1.

use http::Method;
use serde_json::{Value as Json, json};

use super::support::served;
use crate::DialectVersion::{Three, Two};

const SCHEMA: &str = r#"
    enum Stage { DRAFT REVIEW OPEN }

    model Person {
      id    String @id
      role  String?
      posts Post[]
      @@auth
      @@allow('all', true)
    }

    model Post {
      id       String   @id
      title    String
      stage    Stage    @default(DRAFT)
      views    Int      @default(0)
      limit    Int?
      price    Decimal?
      until    DateTime?
      data     Json?
      pinned   Boolean  @default(false)
      author   Person   @relation(fields: [authorId], references: [id])
      authorId String

      @@allow('read', stage == OPEN || auth() == author)
      @@allow('create', auth() != null && auth().role != 'guest' && authorId == auth().id)
      @@allow('update', auth() == author && views > 10 && views < 12)
      @@deny('update', pinned)
      @@allow('delete', views > 5 && views < 3)
    }

    model Note {
      id     String  @id
      text   String
      other  String?
      postId String?
      amount Float   @default(0)
      @@allow('read', startsWith(text, 'open'))
      @@allow('create', text != other)
      @@allow('update', amount > 0.5 && amount < 0.75)
      @@allow('delete', this.text in ['a', 'b'] && other == null)
    }

    model Bare { id String @id }

    model Task {
      id     String @id
      owner  Owner? @relation(fields: [key], references: [id])
      key    String?
      @@allow('read', owner.active)
      @@allow('update', owner.active && key == null)
      @@allow('delete', check(owner, 'delete'))
    }

    model Owner {
      id     String  @id
      active Boolean @default(true)
      tasks  Task[]
      @@allow('delete', active)
    }
"#;

/// Who asks, of which model, for what, with which values, and the answer.
type Case = (Option<&'static str>, &'static str, &'static str, Json, bool);

fn cases() -> Vec<Case> {
    let (ann, nobody) = (Some("ann"), None);
    vec![
        // Something may be open, whoever asks.
        (nobody, "post", "read", json!({}), true),
        (nobody, "post", "read", json!({"stage": "OPEN"}), true),
        (nobody, "post", "read", json!({"stage": "DRAFT"}), false),
        (ann, "post", "read", json!({"stage": "DRAFT"}), true),
        (
            ann,
            "post",
            "read",
            json!({"stage": "DRAFT", "authorId": "ann"}),
            true,
        ),
        (
            ann,
            "post",
            "read",
            json!({"stage": "DRAFT", "authorId": "bob"}),
            false,
        ),
        // Values that rules do not ask for decide nothing.
        (
            ann,
            "post",
            "read",
            json!({"title": "x", "until": null}),
            true,
        ),
        (nobody, "post", "create", json!({}), false),
        (ann, "post", "create", json!({}), true),
        (ann, "post", "create", json!({"authorId": "bob"}), false),
        (Some("guest"), "post", "create", json!({}), false),
        // Between two numbers there is one.
        (ann, "post", "update", json!({}), true),
        (ann, "post", "update", json!({"views": 11}), true),
        (ann, "post", "update", json!({"views": 12}), false),
        (ann, "post", "update", json!({"pinned": true}), false),
        (nobody, "post", "update", json!({}), false),
        // And none that is both.
        (ann, "post", "delete", json!({}), false),
        (nobody, "note", "read", json!({}), true),
        (nobody, "note", "read", json!({"text": "open day"}), true),
        (nobody, "note", "create", json!({}), true),
        (
            nobody,
            "note",
            "create",
            json!({"text": "a", "other": "a"}),
            false,
        ),
        (
            nobody,
            "note",
            "create",
            json!({"text": "a", "other": "b"}),
            true,
        ),
        // What is null differs from nothing.
        (
            nobody,
            "note",
            "create",
            json!({"text": "a", "other": null}),
            false,
        ),
        (nobody, "note", "update", json!({"amount": 0.6}), true),
        (nobody, "note", "update", json!({"amount": 1}), false),
        (nobody, "note", "delete", json!({}), true),
        (nobody, "note", "delete", json!({"text": "c"}), false),
        (nobody, "note", "delete", json!({"other": "x"}), false),
        // Nothing is allowed that no rule allows.
        (ann, "bare", "read", json!({}), false),
        // What stands in other rows nobody knows.
        (nobody, "task", "read", json!({}), true),
        (nobody, "task", "read", json!({"key": "x"}), true),
        (nobody, "task", "read", json!({"key": null}), false),
        (nobody, "task", "update", json!({}), false),
        (nobody, "task", "delete", json!({"key": "x"}), true),
        (nobody, "task", "create", json!({}), false),
    ]
}

#[tokio::test]
async fn the_rules_tell_what_is_possible() {
    for place in &served(SCHEMA, Two).await.all {
        let dialect = place.service.client().dialect();
        let is_exact = dialect.capability().exact_text_equality;
        for (who, model, operation, known, expected) in cases() {
            let person = who.map(|id| match id {
                "guest" => json!({"id": "gil", "role": "guest"}),
                id => json!({"id": id, "role": "member"}),
            });
            let args = json!({"operation": operation, "where": known});
            let answer = place.check(person, model, &args).await;
            assert_eq!(answer.status, 200, "{} {args}: {answer:?}", place.name);
            let found = answer.data() == &json!(true);
            // Where texts that differ may be equal, only the database can tell.
            if expected || is_exact {
                assert_eq!(found, expected, "{} {who:?} {model} {args}", place.name);
            }
        }
        // Without values, and with those that nobody could have.
        let answer = place
            .check(None, "post", &json!({"operation": "read"}))
            .await;
        assert_eq!(*answer.data(), json!(true), "{}", place.name);
    }
}

#[tokio::test]
async fn what_check_does_not_take_is_told() {
    let place = &served(SCHEMA, Two).await.all[0];
    for (args, message) in [
        (json!({}), "expected a value, found none at \"operation\""),
        (
            json!({"operation": "post-update"}),
            "expected one of `create`, `read`, `update`, `delete` at \"operation\"",
        ),
        (
            json!({"operation": 1}),
            "expected string, found number at \"operation\"",
        ),
        (
            json!({"operation": "read", "wher": {}}),
            "Unrecognized key: \"wher\", did you mean `where`?",
        ),
        (
            json!({"operation": "read", "where": {"titel": 1}}),
            "Unrecognized key: \"titel\", did you mean `title`? at \"where\"",
        ),
        (
            json!({"operation": "read", "where": {"title": {"contains": "x"}}}),
            "expected string, found object at \"where.title\"",
        ),
        (
            json!({"operation": "read", "where": {"author": {"id": "x"}}}),
            "a rule is not checked with a value of this field at \"where.author\"",
        ),
        (
            json!({"operation": "read", "where": {"data": {}}}),
            "a rule is not checked with a value of this field at \"where.data\"",
        ),
        (
            json!({"operation": "read", "where": {"title": null}}),
            "expected string, found null at \"where.title\"",
        ),
        (
            json!({"operation": "read", "where": []}),
            "expected object, found array at \"where\"",
        ),
    ] {
        let answer = place.check(None, "post", &args).await;
        assert_eq!(answer.status, 422, "{args}: {answer:?}");
        assert!(answer.message().ends_with(message), "{args}: {answer:?}");
    }
    let post = place
        .ask(None, Method::POST, "/post/check", &[], b"{}")
        .await;
    assert_eq!(post.status, 400, "{post:?}");
}

#[tokio::test]
async fn the_third_generation_has_no_check() {
    for place in &served(SCHEMA, Three).await.all {
        let answer = place
            .check(None, "post", &json!({"operation": "read"}))
            .await;
        assert_eq!(answer.status, 400, "{}", place.name);
        assert_eq!(
            *answer.error(),
            json!({"message": "invalid operation: check"}),
            "{}",
            place.name
        );
    }
}
