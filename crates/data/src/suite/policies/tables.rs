//! The tables of contract zenstack §1.8, §1.9 and §2.1, as reads answer them.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::support::{nobody, person, ruled, seen};
use crate::{Client, DialectVersion, Error, InvalidInput};

/// Rules on a model of three rows: 1 is empty, 2 has `x` 3 and `s` `a`, 3 has `x` 7 and `s` `B`; user 1 owns 2, user 2
/// owns 3, nobody owns 1.
const HEAD: &str = "
    enum Role { ADMIN @map(\"the admin\") USER }
    type Item { n Int? t String? ok Boolean? }
    model User { id Int @id rows Row[] role Role? name String? level Int? tags Json? f String? ids Json? }
    type Person {
      id Int
      f String?
      n Int?
      ok Boolean?
      role Role?
      ids Int[]
      texts String[]
      items Item[]
      org Org?
      at DateTime?
      @@auth
    }
    type Org { id Int? owner Person? }
";

const ROW: &str = "
    model Row {
      id      Int     @id
      x       Int?
      s       String?
      done    Boolean?
      role    Role?
      at      DateTime?
      big     BigInt?
      ownerId Int?
      owner   User?   @relation(fields: [ownerId], references: [id])
      RULES
    }
";

fn text(rules: &str) -> String {
    format!("{HEAD}{}", ROW.replace("RULES", rules))
}

async fn rows(db: &Client) {
    for (id, role) in [(1, "ADMIN"), (2, "USER")] {
        let user = db
            .create("User")
            .set("id", id)
            .set("role", role)
            .set("name", "ann");
        user.run().await.unwrap();
    }
    db.create("Row").set("id", 1).run().await.unwrap();
    for (id, x, s, done, role, at, owner) in [
        (2, 3, "a", true, "ADMIN", "2026-01-01T00:00:00Z", 1),
        (3, 7, "B", false, "USER", "2024-01-01T00:00:00Z", 2),
    ] {
        let row = db
            .create("Row")
            .set("id", id)
            .set("x", x)
            .set("s", s)
            .set("done", done);
        let row = row.set("role", role).set("at", at).set("big", i64::MAX - 1);
        row.set("ownerId", owner).run().await.unwrap();
    }
}

/// Each condition, who asks, and which rows are seen. One schema, a model a condition would be slow: the rules are
/// exchanged, the tables stay.
async fn check(cases: &[(&str, Json, &[i64])]) {
    let places = ruled(&text("@@allow('read', true)")).await;
    for (name, db) in &places.clients {
        rows(db).await;
        for (condition, who, expected) in cases {
            let ruled = with_rules(db, &format!("@@allow('read', {condition})"));
            let found = seen(&ruled, "Row", who).await;
            assert_eq!(found, *expected, "{name}: {condition} for {who}");
        }
    }
}

fn with_rules(db: &Client, rules: &str) -> Client {
    let mut schema = crate::suite::support::schema(&text(rules));
    for model in &mut schema.models {
        let table = &db.schema().model(&model.name).unwrap().table;
        model.table.clone_from(table);
    }
    db.saying(schema)
}

#[tokio::test]
async fn nulls_of_columns() {
    let ann = || json!({"id": 1});
    check(&[
        ("x == null", ann(), &[1]),
        ("null == x", ann(), &[1]),
        ("x != null", ann(), &[2, 3]),
        ("x < 5", ann(), &[2]),
        ("5 > x", ann(), &[2]),
        ("x > 5", ann(), &[3]),
        ("x == 3", ann(), &[2]),
        ("x != 5", ann(), &[2, 3]),
        ("contains(s, 'a')", ann(), &[2]),
        ("!(x > 5)", ann(), &[2]),
        ("!(x == 3)", ann(), &[3]),
        ("!(x == null)", ann(), &[2, 3]),
        // Contract zenstack §8.32.
        ("done", ann(), &[2]),
        ("!done", ann(), &[3]),
        ("done == true", ann(), &[2]),
        ("done != true", ann(), &[3]),
        ("done == (x == 3)", ann(), &[2, 3]),
        ("owner == null", ann(), &[1]),
        ("owner != null", ann(), &[2, 3]),
        ("owner.name == null", ann(), &[1]),
    ])
    .await;
}

#[tokio::test]
async fn nobody_and_what_a_person_lacks() {
    let everything: &[i64] = &[1, 2, 3];
    for who in [nobody(), json!({"id": 9}), json!({"id": 9, "f": null})] {
        check(&[
            ("auth().f == null", who.clone(), everything),
            ("auth().f != null", who.clone(), &[]),
            ("auth().f == 'X'", who.clone(), &[]),
            ("auth().f != 'X'", who.clone(), everything),
            ("!(auth().f == 'X')", who.clone(), everything),
            ("auth().n < 1", who.clone(), &[]),
            ("!(auth().n < 1)", who.clone(), &[]),
            // Nobody owns what has no owner.
            ("auth().n == x", who.clone(), &[]),
            ("auth().n != x", who.clone(), &[2, 3]),
            ("x == auth().n", who.clone(), &[]),
            ("null in [1, 2]", who.clone(), &[]),
            ("auth().n in [1, 2]", who.clone(), &[]),
            ("auth().items?[n > 0]", who.clone(), &[]),
            ("auth().items![n > 0]", who.clone(), &[]),
            ("!(auth().items?[n > 0])", who.clone(), &[]),
            ("auth().org.owner.id == x", who.clone(), &[]),
            // Contract zenstack §8.31.
            ("x in auth().ids", who.clone(), &[]),
            ("!(x in auth().ids)", who.clone(), everything),
        ])
        .await;
    }
    check(&[
        ("auth() == null", nobody(), everything),
        ("auth() != null", nobody(), &[]),
        ("auth() == null", json!({"id": 1}), &[]),
        ("auth() != null", json!({"id": 1}), everything),
        ("auth().ok", json!({"id": 1, "ok": true}), everything),
        ("!auth().ok", json!({"id": 1, "ok": false}), everything),
        ("!auth().ok", json!({"id": 1}), &[]),
        ("x in auth().ids", json!({"id": 1, "ids": []}), &[]),
        (
            "x in auth().ids",
            json!({"id": 1, "ids": [3, 8, null]}),
            &[2],
        ),
        ("!(x in auth().ids)", json!({"id": 1, "ids": [3, 8]}), &[3]),
    ])
    .await;
}

/// The column of version 2, by setting.
#[tokio::test]
async fn nobody_in_the_older_generation() {
    let everything: &[i64] = &[1, 2, 3];
    let places = ruled(&text("")).await;
    for (name, db) in &places.clients {
        rows(db).await;
        for who in [nobody(), json!({"id": 9}), json!({"id": 9, "f": null})] {
            for (condition, expected) in [
                ("auth().f == null", everything),
                ("auth().f != null", &[]),
                ("auth().f == 'X'", &[]),
                ("auth().f != 'X'", &[]),
                ("!(auth().f == 'X')", &[]),
                ("auth().n < 1", &[]),
                ("auth().n != x", &[]),
                ("auth().f == auth().org.owner.f", &[]),
                ("x != 5", &[2, 3]),
                ("x == null", &[1]),
                ("contains(s, auth().f)", &[]),
                ("!contains(s, auth().f)", &[]),
                ("startsWith(auth().f, 'a')", &[]),
                ("auth().n in [1, 2]", &[]),
                ("!(auth().n in [1, 2])", &[]),
                ("!(auth().n in auth().ids)", &[]),
                ("x in [auth().n, 3]", &[2]),
                ("!(x in [auth().n, 3])", &[]),
                ("!has(auth().ids, auth().n)", &[]),
                ("null in [1, 2]", &[]),
            ] {
                let mut ruled = with_rules(db, &format!("@@allow('read', {condition})"));
                let engine = Arc::get_mut(&mut ruled.engine).unwrap();
                engine.dialect_version = DialectVersion::Two;
                let found = seen(&ruled, "Row", &who).await;
                assert_eq!(found, expected, "{name}: {condition} for {who}");
            }
        }
    }
}

#[tokio::test]
async fn what_the_person_has() {
    let who = || {
        json!({"id": 2, "f": "b", "n": 3, "role": "ADMIN", "ids": [3], "texts": ["B"], "at": "2025-01-01T00:00:00Z",
               "items": [{"n": 7, "t": "x"}, {"n": 1}], "org": {"id": 7, "owner": {"id": 1}}})
    };
    check(&[
        ("auth().n == x", who(), &[2]),
        ("auth().n == 3", who(), &[1, 2, 3]),
        ("auth().n >= 3 && auth().f == 'b'", who(), &[1, 2, 3]),
        ("role == auth().role", who(), &[2]),
        ("role == ADMIN", who(), &[2]),
        ("auth().role == ADMIN && x == 7", who(), &[3]),
        ("auth().org.id == x", who(), &[3]),
        ("auth().org.owner.id == ownerId", who(), &[2]),
        ("at < auth().at", who(), &[3]),
        ("at >= auth().at", who(), &[2]),
        ("at < now()", who(), &[3]),
        ("s in auth().texts", who(), &[3]),
        ("auth().items?[n == 7]", who(), &[1, 2, 3]),
        ("auth().items![n > 0]", who(), &[1, 2, 3]),
        ("auth().items^[n > 7]", who(), &[1, 2, 3]),
        ("auth().items?[n == this.x]", who(), &[3]),
        // Of a row without `x` nobody knows.
        ("auth().items^[n == this.x]", who(), &[2]),
        ("auth().items?[i, i.n == this.x && i.t == 'x']", who(), &[3]),
        ("owner.role == ADMIN", who(), &[2]),
        ("owner.id == auth().id", who(), &[3]),
        (
            "currentModel() == 'Row' && currentOperation('upper') == 'READ'",
            who(),
            &[1, 2, 3],
        ),
        // Contract zenstack §8.29: no collation folds it.
        ("currentModel('upper') == 'Row'", who(), &[]),
        ("s == 'b'", who(), &[]),
        ("has(auth().ids, x)", who(), &[2]),
        ("hasSome(auth().ids, [3, 4])", who(), &[1, 2, 3]),
        ("hasEvery(auth().ids, [3, 4])", who(), &[]),
        ("isEmpty(auth().ids)", who(), &[]),
    ])
    .await;
}

/// Neither what a person lacks, nor what an item of theirs lacks, admits anything, whichever way it is asked.
#[tokio::test]
async fn what_is_missing_in_lists_of_a_person() {
    let who = |items: Json| json!({"id": 1, "items": items});
    let unknown = || who(json!([{"n": 3}]));
    let mixed = || who(json!([{"ok": false}, {"n": 3}]));
    let known = || who(json!([{"ok": false}, {"ok": false}]));
    let everything: &[i64] = &[1, 2, 3];
    let mut cases: Vec<(&str, Json, &[i64])> = Vec::new();
    for condition in [
        "!(auth().items?[ok])",
        "auth().items^[ok]",
        "!(auth().items![ok])",
    ] {
        for lacking in [json!({"id": 1}), json!({"id": 1, "items": null}), nobody()] {
            cases.push((condition, lacking, &[]));
        }
        cases.push((condition, unknown(), &[]));
        cases.push((condition, known(), everything));
    }
    cases.extend([
        ("auth().items?[ok]", unknown(), &[]),
        ("auth().items![ok]", unknown(), &[]),
        ("!(auth().items^[ok])", unknown(), &[]),
        // One that fails is enough.
        ("!(auth().items![ok])", mixed(), everything),
        ("auth().items^[ok]", mixed(), &[]),
        (
            "!(x in auth().ids)",
            json!({"id": 1, "ids": [7, null]}),
            &[],
        ),
        (
            "hasEvery([3, 4], auth().ids)",
            json!({"id": 1, "ids": [3, null]}),
            &[],
        ),
        (
            "hasSome([3, 4], auth().ids)",
            json!({"id": 1, "ids": [3, null]}),
            everything,
        ),
    ] as [(&str, Json, &[i64]); 8]);
    check(&cases).await;
}

/// A refusal does not need to know that nobody is trusted.
#[tokio::test]
async fn what_is_missing_in_lists_of_a_person_refuses() {
    let places = ruled(&text("")).await;
    for (name, db) in &places.clients {
        rows(db).await;
        for condition in [
            "!(auth().items?[ok])",
            "auth().items^[ok]",
            "!(auth().items![ok])",
        ] {
            let rules = format!("@@allow('read', true) @@deny('read', {condition})");
            for (items, expected) in [
                (json!([{"n": 3}]), &[][..]),
                (json!([{"ok": true}]), &[1, 2, 3]),
            ] {
                let who = json!({"id": 1, "items": items});
                let found = seen(&with_rules(db, &rules), "Row", &who).await;
                assert_eq!(found, expected, "{name}: {rules} for {who}");
            }
        }
    }
}

#[tokio::test]
async fn numbers_that_no_column_of_whole_numbers_holds() {
    let who = |n: Json| json!({"id": 1, "n": n});
    check(&[
        ("auth().n == x", who(json!(3.5)), &[]),
        ("auth().n != x", who(json!(3.5)), &[2, 3]),
        ("x < auth().n", who(json!(3.5)), &[2]),
        ("x >= auth().n", who(json!(3.5)), &[3]),
        ("x < auth().n", who(json!(99_999_999_999_i64)), &[2, 3]),
        ("x > auth().n", who(json!(99_999_999_999_i64)), &[]),
        ("x > auth().n", who(json!(-99_999_999_999_i64)), &[2, 3]),
        ("big > auth().n", who(json!(i64::MAX - 2)), &[2, 3]),
        ("big == auth().n", who(json!(i64::MAX - 1)), &[2, 3]),
    ])
    .await;
}

/// Contract zenstack §1.8: `&&` and `||` share one level.
#[tokio::test]
async fn precedence() {
    check(&[
        ("x == 3 || x == 7 && s == 'B'", json!({"id": 1}), &[3]),
        ("x == 3 || (x == 7 && s == 'B')", json!({"id": 1}), &[2, 3]),
    ])
    .await;
}

/// Contract zenstack §2.1.
#[tokio::test]
async fn rules_come_together() {
    let places = ruled(&text("")).await;
    let cases: &[(&str, &[i64])] = &[
        ("", &[]),
        ("@@deny('read', false)", &[]),
        ("@@allow('create,update,delete,post-update', true)", &[]),
        ("@@allow('all', true)", &[1, 2, 3]),
        ("@@allow(' create , read ', true)", &[1, 2, 3]),
        ("@@allow('read', x == 3) @@allow('read', x == 7)", &[2, 3]),
        ("@@allow('read', true) @@deny('read', x == 3)", &[1, 3]),
        // What is unknown denies nothing.
        ("@@allow('read', true) @@deny('read', x != 3)", &[1, 2]),
        ("@@allow('read', true) @@deny('all', true)", &[]),
        ("@@allow('read', true) @@deny('update', true)", &[1, 2, 3]),
        ("@@allow('read', x == 3) @@deny('read', x == 3)", &[]),
    ];
    for (name, db) in &places.clients {
        rows(db).await;
        for (rules, expected) in cases {
            let ruled = with_rules(db, rules);
            let found = seen(&ruled, "Row", &json!({"id": 1})).await;
            assert_eq!(found, *expected, "{name}: {rules}");
        }
    }
}

/// Contract zenstack §8.30.
#[tokio::test]
async fn a_person_of_other_types_is_refused() {
    let places = ruled(&text("")).await;
    for (name, db) in &places.clients {
        rows(db).await;
        for (condition, who) in [
            ("auth().id == ownerId", json!({"id": "1 OR 1=1"})),
            ("auth().id == ownerId", json!({"id": true})),
            ("auth().id == ownerId", json!({"id": {"not": 9}})),
            ("auth().id == ownerId", json!({"id": [1]})),
            ("auth().id == ownerId", json!([1, 2])),
            ("auth().id == ownerId", json!({"id": "01"})),
            ("auth().f == s", json!({"f": 1})),
            ("auth().f == s", json!({"f": {"contains": ""}})),
            ("auth().f == s", json!({"f": "a\0"})),
            ("auth().f == 'a'", json!({"f": 1})),
            ("auth().role == role", json!({"role": "OWNER"})),
            ("auth().role == role", json!({"role": "the admin"})),
            ("auth().ok", json!({"ok": "yes"})),
            ("x in auth().ids", json!({"ids": "3"})),
            ("x in auth().ids", json!({"ids": ["three"]})),
            ("auth().items?[n == this.x]", json!({"items": {"n": 3}})),
            ("auth().org.id == x", json!({"org": "acme"})),
            ("at < auth().at", json!({"at": "yesterday"})),
        ] {
            for rules in [
                format!("@@allow('read', {condition})"),
                format!("@@allow('read', !({condition}))"),
                format!("@@allow('read', true) @@deny('read', {condition})"),
            ] {
                let of = with_rules(db, &rules).for_user(person(who.clone()));
                let read = of.find_many("Row").run().await;
                let is_refused = matches!(read, Err(Error::Invalid(InvalidInput::Person { .. })));
                assert!(is_refused, "{name}: {rules} for {who}: {read:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_person_s_number_may_be_text_as_ids_are() {
    check(&[("auth().id == ownerId", json!({"id": "1"}), &[2])]).await;
}
