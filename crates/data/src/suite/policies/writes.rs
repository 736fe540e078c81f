//! Rules of rows that are about to be written, or were just changed: contract zenstack §2.3.

use serde_json::{Value as Json, json};

use super::support::{nobody, person, ruled};
use crate::codec::Codec;
use crate::plan::Planner;
use crate::policy::{Changed, Verdict, Watch};
use crate::{Client, Error, Rejection, Value, field};

const SCHEMA: &str = "
    model User {
      id    Int    @id
      role  String
      posts Post[]
    }

    model Post {
      id       Int     @id @default(autoincrement())
      title    String
      done     Boolean @default(false)
      score    Int?
      at       DateTime?
      author   User?   @relation(fields: [authorId], references: [id])
      authorId Int?
      replies  Post[]  @relation(\"tree\")
      parent   Post?   @relation(\"tree\", fields: [parentId], references: [id])
      parentId Int?
      RULES
    }
";

fn with_rules(db: &Client, rules: &str) -> Client {
    let mut schema = crate::suite::support::schema(&SCHEMA.replace("RULES", rules));
    for model in &mut schema.models {
        let table = &db.schema().model(&model.name).unwrap().table;
        model.table.clone_from(table);
    }
    db.saying(schema)
}

fn stored<'e>(
    db: &'e Client,
    row: &[(&str, Value)],
) -> Vec<(&'e hallpass_zmodel::schema::Field, Value)> {
    let model = db.schema().model("Post").unwrap();
    let value = |(name, value): &(&str, Value)| {
        let field = model.field(name).unwrap();
        let codec = Codec::of(db.engine(), model, field).unwrap();
        (field, codec.encode(value).unwrap())
    };
    row.iter().map(value).collect()
}

async fn allowed(verdict: &Verdict, db: &Client) -> bool {
    let model = db.schema().model("Post").unwrap();
    match verdict.require(db, model, Rejection::NoAccess).await {
        Ok(()) => true,
        Err(Error::Rejected { rejection, .. }) => {
            assert_eq!(rejection, Rejection::NoAccess);
            false
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// What is asked of the database, of a row to be added.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Asked {
    Nothing,
    One,
}

#[tokio::test]
async fn a_row_is_judged_before_it_is_there() {
    let places = ruled(&SCHEMA.replace("RULES", "")).await;
    let ann = || json!({"id": 1, "role": "admin"});
    let row = [
        ("title", Value::from("a")),
        ("done", Value::from(false)),
        ("score", Value::Null),
        ("at", Value::from("2020-01-01T00:00:00Z")),
        ("authorId", Value::from(1)),
    ];
    let cases: &[(&str, Json, bool, Asked)] = &[
        ("auth() == author", ann(), true, Asked::Nothing),
        ("auth() == author", json!({"id": 2}), false, Asked::Nothing),
        ("auth() == author", nobody(), false, Asked::Nothing),
        ("auth() != author", nobody(), true, Asked::Nothing),
        (
            "authorId == auth().id && !done",
            ann(),
            true,
            Asked::Nothing,
        ),
        ("title == 'A'", ann(), false, Asked::Nothing),
        ("contains(title, 'a')", ann(), true, Asked::Nothing),
        ("score == null", ann(), true, Asked::Nothing),
        ("score > 1", ann(), false, Asked::Nothing),
        ("!(score > 1)", ann(), false, Asked::Nothing),
        ("at < now()", ann(), true, Asked::Nothing),
        // What the database fills is null before it is there.
        ("id > 0", ann(), false, Asked::Nothing),
        ("parent == null", ann(), true, Asked::Nothing),
        ("parent.title == 'x'", ann(), false, Asked::Nothing),
        // Related rows are asked for.
        ("author.role == 'admin'", ann(), true, Asked::One),
        ("author.role == auth().role", ann(), true, Asked::One),
        ("author.role != 'admin'", ann(), false, Asked::One),
        ("author.posts?[title == 'old']", ann(), true, Asked::One),
        ("true || author.role == 'x'", ann(), true, Asked::Nothing),
    ];
    for (name, db) in &places.clients {
        db.create("User")
            .set("id", 1)
            .set("role", "admin")
            .run()
            .await
            .unwrap();
        db.create("Post")
            .set("title", "old")
            .set("authorId", 1)
            .run()
            .await
            .unwrap();
        for (condition, who, expected, asked) in cases {
            let rules = format!("@@allow('create,update', {condition})");
            let of = with_rules(db, &rules).for_user(person(who.clone()));
            let planner = Planner::new(&of);
            let model = planner.model("Post").unwrap();
            let verdict = planner.creatable(model, &[stored(&of, &row)]).unwrap();
            let is_asked = matches!(verdict, Verdict::Ask(_));
            assert_eq!(is_asked, *asked == Asked::One, "{name}: {condition}");
            assert_eq!(
                allowed(&verdict, &of).await,
                *expected,
                "{name}: {condition}"
            );
        }
    }
}

#[tokio::test]
async fn one_bad_row_of_many_refuses_all() {
    let places = ruled(&SCHEMA.replace("RULES", "")).await;
    for (name, db) in &places.clients {
        for (id, role) in [(1, "admin"), (2, "guest")] {
            db.create("User")
                .set("id", id)
                .set("role", role)
                .run()
                .await
                .unwrap();
        }
        let of = with_rules(db, "@@allow('create', author.role == 'admin')").for_user(None);
        let planner = Planner::new(&of);
        let model = planner.model("Post").unwrap();
        for (authors, expected) in [(&[1, 1][..], true), (&[1, 2], false), (&[], true)] {
            let rows = authors
                .iter()
                .map(|author| stored(&of, &[("authorId", (*author).into())]));
            let verdict = planner.creatable(model, &rows.collect::<Vec<_>>()).unwrap();
            assert_eq!(
                allowed(&verdict, &of).await,
                expected,
                "{name}: {authors:?}"
            );
        }
        let full = Planner::new(db);
        assert_eq!(full.creatable(model, &[stored(&of, &[])]), Ok(Verdict::Yes));
    }
}

#[tokio::test]
async fn changed_rows_are_judged_as_they_became() {
    let places = ruled(&SCHEMA.replace("RULES", "")).await;
    let all = "@@allow('all', true)";
    let cases: &[(&str, bool)] = &[
        ("", true),
        ("@@deny('update', score > 0)", true),
        ("@@allow('post-update', score == 2)", true),
        ("@@allow('post-update', score == 1)", false),
        ("@@deny('post-update', score == 2)", false),
        ("@@deny('post-update', score == 1)", true),
        ("@@allow('post-update', false)", false),
        ("@@allow('post-update', score > before().score)", true),
        ("@@allow('post-update', score < before().score)", false),
        ("@@deny('post-update', authorId != before().authorId)", true),
        ("@@deny('post-update', title != before().title)", false),
        (
            "@@allow('post-update', before().at == null && at == null)",
            true,
        ),
        (
            "@@allow('post-update', author.role == 'admin' && before().title == 'old')",
            true,
        ),
        // The older language's way to say it.
        ("@@deny('update', future().title != title)", false),
        (
            "@@allow('update', author.role == 'admin' && future().authorId == authorId)",
            true,
        ),
        (
            "@@allow('update', auth() == author && future().author == author)",
            true,
        ),
    ];
    for (name, db) in &places.clients {
        db.create("User")
            .set("id", 1)
            .set("role", "admin")
            .run()
            .await
            .unwrap();
        let post = db
            .create("Post")
            .set("title", "new")
            .set("score", 2)
            .set("authorId", 1);
        let post = post.run().await.unwrap();
        let id: i64 = post.get("id").unwrap();
        for (rules, expected) in cases {
            let rules = format!("{all} {rules}");
            let of = with_rules(db, &rules).for_user(person(json!({"id": 1})));
            let planner = Planner::new(&of);
            let model = planner.model("Post").unwrap();
            let before = match planner.watched(model) {
                Watch::Nothing => {
                    assert!(*expected, "{name}: {rules}");
                    continue;
                }
                Watch::After => Vec::new(),
                Watch::Before(fields) => {
                    let old = [
                        ("title", Value::from("old")),
                        ("score", Value::from(1)),
                        ("authorId", Value::from(1)),
                    ];
                    assert!(fields.iter().any(|field| field.name == "title"));
                    stored(&of, &old)
                }
            };
            let changed = Changed {
                key: vec![Value::Int(id)],
                before,
            };
            let verdict = planner.became(model, &[changed]).unwrap();
            assert_eq!(allowed(&verdict, &of).await, *expected, "{name}: {rules}");
        }
    }
}

#[tokio::test]
async fn each_of_many_changed_rows_must_pass() {
    let places = ruled(&SCHEMA.replace("RULES", "")).await;
    for (name, db) in &places.clients {
        let mut ids = Vec::new();
        for score in [1, 1, 5] {
            let post = db.create("Post").set("title", "x").set("score", score);
            ids.push(post.run().await.unwrap().get::<i64>("id").unwrap());
        }
        for rule in [
            "score < 3",
            "score < before().score",
            "before().score > 2 && score < 3",
        ] {
            let rules = format!("@@allow('all', true) @@allow('post-update', {rule})");
            let of = with_rules(db, &rules).for_user(None);
            let planner = Planner::new(&of);
            let model = planner.model("Post").unwrap();
            for (rows, expected) in [(&ids[..2], true), (&ids[..], false)] {
                let changed = rows.iter().map(|id| Changed {
                    key: vec![Value::Int(*id)],
                    before: match planner.watched(model) {
                        Watch::Before(_) => stored(&of, &[("score", 4.into())]),
                        _ => Vec::new(),
                    },
                });
                let verdict = planner.became(model, &changed.collect::<Vec<_>>()).unwrap();
                assert_eq!(allowed(&verdict, &of).await, expected, "{name}: {rule}");
            }
        }
    }
}

/// The rules of a field: contract zenstack §2.1 and §2.7.
#[tokio::test]
async fn fields_have_rules_of_their_own() {
    let places = ruled(&SCHEMA.replace("RULES", "")).await;
    for (name, db) in &places.clients {
        let post = db
            .create("Post")
            .set("title", "x")
            .set("score", 4)
            .run()
            .await
            .unwrap();
        let id: i64 = post.get("id").unwrap();
        for (rules, expected) in [
            ("", true),
            ("@allow('read', false)", true),
            ("@allow('update', score > 3)", true),
            ("@allow('update', score > 4)", false),
            (
                "@allow('update', score > 4) @allow('all', score == 4)",
                true,
            ),
            ("@allow('update', true) @deny('update', score == 4)", false),
            ("@deny('update', score > 4)", true),
            ("@deny('update', authorId != 1)", true),
        ] {
            let text = SCHEMA.replace("title    String", &format!("title String {rules}"));
            let mut schema = crate::suite::support::schema(&text.replace("RULES", ""));
            for model in &mut schema.models {
                let table = &db.schema().model(&model.name).unwrap().table;
                model.table.clone_from(table);
            }
            let of = db.saying(schema).for_user(None);
            let planner = Planner::new(&of);
            let model = planner.model("Post").unwrap();
            let scene = crate::plan::Scene::alone(model);
            let condition = planner
                .may_write_all(scene, &[model.field("title").unwrap()])
                .unwrap()
                .pop();
            let holds = match condition {
                None => true,
                Some(condition) => holds(db, model, condition, id).await,
            };
            assert_eq!(holds, expected, "{name}: {rules}");
        }
        assert_eq!(
            db.count("Post")
                .filter(field("id").eq(id))
                .run()
                .await
                .unwrap(),
            1
        );
    }
}

/// `override`, the third argument of the older language: contract zenstack §2.7.
#[tokio::test]
async fn a_field_may_be_changed_whatever_the_model_says() {
    let places = ruled(&SCHEMA.replace("RULES", "")).await;
    for (name, db) in &places.clients {
        let post = db
            .create("Post")
            .set("title", "x")
            .set("score", 4)
            .run()
            .await
            .unwrap();
        let id: i64 = post.get("id").unwrap();
        for (fields, rules, expected) in [
            (&["title"][..], "@allow('update', score == 4, true)", true),
            (&["title"], "@allow('update', score == 5, true)", false),
            (&["title"], "@allow('update', true)", false),
            (&["title", "done"], "@allow('update', true, true)", false),
            (&[], "@allow('update', true, true)", false),
        ] {
            let text = SCHEMA.replace("title    String", &format!("title String {rules}"));
            let mut schema = crate::suite::support::schema(&text.replace("RULES", ""));
            for model in &mut schema.models {
                let table = &db.schema().model(&model.name).unwrap().table;
                model.table.clone_from(table);
            }
            let of = db.saying(schema).for_user(None);
            let planner = Planner::new(&of);
            let model = planner.model("Post").unwrap();
            let scene = crate::plan::Scene::alone(model);
            let changed: Vec<_> = fields
                .iter()
                .map(|name| model.field(name).unwrap())
                .collect();
            let condition = planner.may_update(scene, &changed).unwrap();
            let holds = match condition {
                None => true,
                Some(condition) => holds(db, model, condition, id).await,
            };
            assert_eq!(holds, expected, "{name}: {fields:?} {rules}");
        }
    }
}

async fn holds(
    db: &Client,
    model: &hallpass_zmodel::schema::Model,
    condition: hallpass_sql::Expr,
    id: i64,
) -> bool {
    use hallpass_sql::{Expr, Select, Statement};
    let source = Planner::source(model, None);
    let mut select = Select::from(source, vec![Expr::CountAll]);
    let this = Expr::column("id").equals(Expr::Value(Value::Int(id)));
    select.filter = Some(Expr::And(vec![this, condition]));
    let query = hallpass_sql::emit(&Statement::Select(select), db.dialect()).unwrap();
    let rows = db.statement("Post", &query, &[]).await.unwrap();
    rows.rows[0][0] == Value::Int(1)
}
