//! Access rules of models that extend others: contract zenstack §2.11, §8.26.

use serde_json::{Value as Json, json};

use super::given;
use crate::suite::policies::support::{person, ruled};
use crate::suite::support::call;
use crate::{Client, Error, Operation, Rejection};

const ALL: &str = "@@allow('all', true)";

/// What a call gives somebody, or how it is refused.
pub(super) async fn said(
    db: &Client,
    model: &str,
    operation: Operation,
    args: Json,
) -> Result<Json, String> {
    call(db, model, operation, args)
        .await
        .map_err(|error| match error {
            Error::Rejected { rejection, .. } => format!("{rejection:?}"),
            error => error.to_string(),
        })
}

fn rejected<T>(rejection: Rejection) -> Result<T, String> {
    Err(format!("{rejection:?}"))
}

pub(super) fn not_found<T>() -> Result<T, String> {
    Err("Record not found".to_owned())
}

/// Three levels, each of which forbids something of its own.
fn levels() -> String {
    format!(
        "model A {{ id Int @id @default(autoincrement()) a Int kindA String @@delegate(kindA) {ALL} @@deny('all', a <= 0) }}
         model B extends A {{ b Int kindB String @@delegate(kindB) @@deny('all', b <= 0) }}
         model C extends B {{ c Int @@deny('all', c <= 0) }}"
    )
}

#[tokio::test]
async fn each_level_judges_a_new_row() {
    for (name, db) in &ruled(&levels()).await.clients {
        let of = db.for_user(None);
        for data in [
            json!({"a": 0, "b": 1, "c": 1}),
            json!({"a": 1, "b": 0, "c": 1}),
            json!({"a": 1, "b": 1, "c": 0}),
        ] {
            for (operation, data) in [
                (Operation::Create, data.clone()),
                (
                    Operation::CreateMany,
                    json!([{"a": 1, "b": 1, "c": 1}, data]),
                ),
            ] {
                let made = said(&of, "C", operation, json!({"data": data})).await;
                assert_eq!(made, rejected(Rejection::NoAccess), "{name} {data}");
            }
        }
        assert_eq!(
            given(name, db, "A", Operation::Count, json!({})).await,
            0,
            "{name}"
        );
        let made = said(
            &of,
            "C",
            Operation::Create,
            json!({"data": {"a": 1, "b": 1, "c": 1}}),
        )
        .await;
        assert_eq!(made.unwrap()["kindB"], "C", "{name}");
    }
}

/// What a model allows does not open the delegate: its own rules must let the row in as well.
#[tokio::test]
async fn a_model_cannot_admit_what_its_delegate_refuses() {
    let text = "
        model A { id Int @id a Int kind String @@delegate(kind) @@allow('create', a > 0) @@allow('read', true) }
        model B extends A { b Int @@allow('create', true) }";
    for (name, db) in &ruled(text).await.clients {
        let of = db.for_user(None);
        let made = said(
            &of,
            "B",
            Operation::Create,
            json!({"data": {"id": 1, "a": 0, "b": 1}}),
        )
        .await;
        assert_eq!(made, rejected(Rejection::NoAccess), "{name}");
        let made = said(
            &of,
            "B",
            Operation::Create,
            json!({"data": {"id": 1, "a": 1, "b": 1}}),
        )
        .await;
        assert_eq!(made.unwrap()["b"], 1, "{name}");
    }
}

#[tokio::test]
async fn a_row_is_seen_as_far_as_each_level_admits() {
    for (name, db) in &ruled(&levels()).await.clients {
        let of = db.for_user(None);
        for (id, a, b, c, seen) in [
            (1, 0, 0, 1, [false, false, false]),
            (2, 0, 1, 1, [false, false, false]),
            (3, 1, 0, 1, [true, false, false]),
            (4, 1, 1, 0, [true, true, false]),
            (5, 1, 1, 1, [true, true, true]),
        ] {
            let data = json!({"id": id, "a": a, "b": b, "c": c});
            given(name, db, "C", Operation::Create, json!({"data": data})).await;
            for (model, is_seen) in ["A", "B", "C"].iter().zip(seen) {
                let args = json!({"where": {"id": id}});
                let row = given(name, &of, model, Operation::FindUnique, args.clone()).await;
                assert_eq!(row != Json::Null, is_seen, "{name} {model} {data}");
                let count = given(name, &of, model, Operation::Count, args).await;
                assert_eq!(count, i64::from(is_seen), "{name} {model} {data}");
                // Of what is hidden there is not even a null.
                let fields = [
                    ("a", seen[0]),
                    ("b", seen[1]),
                    ("kindB", seen[1]),
                    ("c", seen[2]),
                ];
                for (field, is_seen) in fields {
                    assert_eq!(
                        row.get(field).is_some(),
                        is_seen && row != Json::Null,
                        "{name} {model} {data} {field}"
                    );
                }
            }
        }
    }
}

const PLACES: &str = "
    model User { id Int @id assets Asset[] @@allow('all', true) }
    model Asset {
      id Int @id
      value Int @default(0)
      secret String? @allow('read', auth().id == 1)
      fixed Int @default(0) @deny('update', value > 10)
      gone Boolean @default(false)
      owner User? @relation(fields: [ownerId], references: [id])
      ownerId Int?
      notes Note[]
      kind String
      @@delegate(kind)
      @@allow('all', true)
      @@deny('read', gone)
    }
    model Post extends Asset {
      title String
      draft Boolean @default(false)
      inner String? @deny('read', auth().id != 1)
      pair Post? @relation('pair', fields: [pairId], references: [id])
      pairId Int? @unique
      other Post? @relation('pair')
      @@deny('read', draft)
      @@deny('update,delete', title == 'locked')
      @@deny('post-update', value >= 20 && before().value < 20)
    }
    model Note {
      id Int @id
      text String
      asset Asset? @relation(fields: [assetId], references: [id], onDelete: Cascade)
      assetId Int?
      @@allow('read,create', true)
      @@allow('update', auth().id == 1)
      @@allow('delete', check(asset, 'update'))
    }";

pub(super) async fn places() -> crate::suite::policies::support::Ruled {
    let places = ruled(PLACES).await;
    for (name, db) in &places.clients {
        for id in [1, 2] {
            given(
                name,
                db,
                "User",
                Operation::Create,
                json!({"data": {"id": id}}),
            )
            .await;
        }
        for (id, title, draft, gone) in [
            (1, "open", false, false),
            (2, "draft", true, false),
            (3, "locked", false, false),
            (4, "gone", false, true),
        ] {
            let data = json!({"id": id, "title": title, "draft": draft, "gone": gone, "secret": "s", "inner": "i", "ownerId": 1});
            given(name, db, "Post", Operation::Create, json!({"data": data})).await;
            let note = json!({"id": id, "text": "n", "assetId": id});
            given(name, db, "Note", Operation::Create, json!({"data": note})).await;
        }
    }
    places
}

fn ids(rows: &Json) -> Vec<i64> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_hidden_row_is_hidden_wherever_one_looks() {
    for (name, db) in &places().await.clients {
        let of = db.for_user(person(json!({"id": 2})));
        let by_id = json!({"orderBy": {"id": "asc"}});
        let posts = given(name, &of, "Post", Operation::FindMany, by_id.clone()).await;
        assert_eq!(ids(&posts), [1, 3], "{name}");
        let assets = given(name, &of, "Asset", Operation::FindMany, by_id.clone()).await;
        assert_eq!(ids(&assets), [1, 2, 3], "{name}");
        let include = json!({"include": {"assets": by_id, "_count": true}, "where": {"id": 1}});
        let user = given(name, &of, "User", Operation::FindUnique, include).await;
        assert_eq!(ids(&user["assets"]), [1, 2, 3], "{name}");
        assert_eq!(user["_count"]["assets"], 3, "{name}");
        let notes = json!({"include": {"asset": true}, "orderBy": {"id": "asc"}});
        let notes = given(name, &of, "Note", Operation::FindMany, notes).await;
        let of_notes: Vec<&Json> = notes
            .as_array()
            .unwrap()
            .iter()
            .map(|note| &note["asset"])
            .collect();
        for rows in [
            assets.as_array().unwrap().iter().collect(),
            user["assets"].as_array().unwrap().iter().collect(),
            of_notes
                .iter()
                .copied()
                .filter(|row| !row.is_null())
                .collect::<Vec<_>>(),
        ] {
            let titles: Vec<_> = rows.iter().map(|row| row.get("title")).collect();
            assert_eq!(
                titles,
                [Some(&json!("open")), None, Some(&json!("locked"))],
                "{name}"
            );
            // Rules of fields, at both levels.
            assert!(rows.iter().all(|row| row["secret"].is_null()), "{name}");
            assert!(
                rows.iter()
                    .all(|row| row.get("inner").is_none_or(Json::is_null)),
                "{name}"
            );
            assert!(rows.iter().all(|row| row["kind"] == "Post"), "{name}");
        }
        assert_eq!(of_notes[3], &Json::Null, "{name}");
        let ann = db.for_user(person(json!({"id": 1})));
        let row = given(
            name,
            &ann,
            "Asset",
            Operation::FindUnique,
            json!({"where": {"id": 1}}),
        )
        .await;
        assert_eq!(
            (&row["secret"], &row["inner"]),
            (&json!("s"), &json!("i")),
            "{name}"
        );
        let found = json!({"where": {"secret": "s"}});
        assert_eq!(
            given(name, &of, "Post", Operation::Count, found.clone()).await,
            0,
            "{name}"
        );
        assert_eq!(
            given(name, &ann, "Post", Operation::Count, found).await,
            2,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_row_is_changed_as_what_it_is() {
    for (name, db) in &places().await.clients {
        let of = db.for_user(person(json!({"id": 1})));
        let update = |id: i64, data: Json| json!({"where": {"id": id}, "data": data});
        for (model, id, data, expected) in [
            ("Post", 1, json!({"value": 1}), Ok(())),
            ("Asset", 1, json!({"value": 2}), Ok(())),
            // The model's own rule, whichever way one takes.
            ("Post", 3, json!({"value": 1}), not_found()),
            ("Post", 3, json!({"title": "opened"}), not_found()),
            ("Asset", 3, json!({"value": 1}), not_found()),
            // What it becomes.
            (
                "Post",
                1,
                json!({"value": 20}),
                rejected(Rejection::PostUpdate),
            ),
            (
                "Asset",
                1,
                json!({"value": 20}),
                rejected(Rejection::PostUpdate),
            ),
            ("Asset", 1, json!({"value": 12}), Ok(())),
            // A rule of an inherited field.
            (
                "Post",
                1,
                json!({"fixed": 1}),
                rejected(Rejection::NoFieldAccess),
            ),
            (
                "Asset",
                1,
                json!({"fixed": 1}),
                rejected(Rejection::NoFieldAccess),
            ),
            // Changed, and then not seen as what it is: of the delegate something is seen.
            (
                "Post",
                2,
                json!({"value": 1}),
                rejected(Rejection::CannotReadBack),
            ),
            ("Asset", 2, json!({"value": 2}), Ok(())),
            (
                "Asset",
                4,
                json!({"value": 1}),
                rejected(Rejection::CannotReadBack),
            ),
        ] {
            let shown = format!("{name} {model} {id} {data}");
            let changed = said(&of, model, Operation::Update, update(id, data)).await;
            assert_eq!(changed.map(|_| ()), expected, "{shown}");
        }
        let row = given(
            name,
            &of,
            "Asset",
            Operation::Update,
            update(2, json!({"value": 3})),
        )
        .await;
        assert_eq!(
            (&row["value"], row.get("title")),
            (&json!(3), None),
            "{name}"
        );
        for (model, data, count) in [
            ("Asset", json!({"value": {"increment": 1}}), 3),
            ("Post", json!({"value": {"increment": 1}}), 3),
            ("Post", json!({"title": "t"}), 3),
        ] {
            let changed = given(
                name,
                &of,
                model,
                Operation::UpdateMany,
                json!({"data": data}),
            )
            .await;
            assert_eq!(changed, json!({"count": count}), "{name} {model}");
        }
        let values = given(
            name,
            db,
            "Asset",
            Operation::FindMany,
            json!({"orderBy": {"id": "asc"}}),
        )
        .await;
        let values: Vec<_> = values
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["value"].as_i64().unwrap())
            .collect();
        assert_eq!(values, [14, 5, 0, 3], "{name}");
    }
}

#[tokio::test]
async fn a_row_is_removed_as_what_it_is() {
    for (name, db) in &places().await.clients {
        let of = db.for_user(person(json!({"id": 1})));
        for model in ["Asset", "Post"] {
            let gone = said(&of, model, Operation::Delete, json!({"where": {"id": 3}})).await;
            assert_eq!(gone, not_found(), "{name} {model}");
        }
        let args = json!({"where": {"id": 1}, "data": {"assets": {"delete": {"id": 3}}}});
        assert_eq!(
            said(&of, "User", Operation::Update, args).await,
            not_found(),
            "{name}"
        );
        let gone = said(&of, "Asset", Operation::Delete, json!({"where": {"id": 2}}))
            .await
            .unwrap();
        assert_eq!(gone.get("title"), None, "{name}");
        let gone = said(&of, "Post", Operation::Delete, json!({"where": {"id": 4}})).await;
        assert_eq!(gone, rejected(Rejection::CannotReadBack), "{name}");
        for (model, count) in [("Asset", 1), ("Post", 0)] {
            let gone = given(name, &of, model, Operation::DeleteMany, json!({})).await;
            assert_eq!(gone, json!({"count": count}), "{name} {model}");
        }
        assert_eq!(
            given(name, db, "Asset", Operation::Count, json!({})).await,
            1,
            "{name}"
        );
        assert_eq!(
            given(name, db, "Post", Operation::Count, json!({})).await,
            1,
            "{name}"
        );
    }
}

#[tokio::test]
async fn rules_lead_through_models_that_extend_others() {
    for (name, db) in &places().await.clients {
        let of = db.for_user(person(json!({"id": 2})));
        // `check(asset, 'update')` asks the delegate.
        let gone = given(name, &of, "Note", Operation::DeleteMany, json!({})).await;
        assert_eq!(gone, json!({"count": 4}), "{name}");
        // A link is a change of the row that holds the key.
        given(
            name,
            db,
            "Note",
            Operation::Create,
            json!({"data": {"id": 9, "text": "n"}}),
        )
        .await;
        for model in ["Asset", "Post"] {
            let args = json!({"where": {"id": 1}, "data": {"notes": {"connect": {"id": 9}}}});
            let linked = said(&of, model, Operation::Update, args.clone()).await;
            assert_eq!(linked, not_found(), "{name} {model}");
            let ann = db.for_user(person(json!({"id": 1})));
            assert!(
                said(&ann, model, Operation::Update, args).await.is_ok(),
                "{name} {model}"
            );
        }
        // The owner of a locked post cannot be changed from the other side either.
        let args = json!({"where": {"id": 2}, "data": {"assets": {"connect": {"id": 3}}}});
        assert_eq!(
            said(&of, "User", Operation::Update, args).await,
            not_found(),
            "{name}"
        );
    }
    let text = format!(
        "model Team {{ id Int @id level Int assets Asset[] {ALL} }}
         model Asset {{ id Int @id teamId Int team Team @relation(fields: [teamId], references: [id]) kind String hint Hint? @@delegate(kind) {ALL} }}
         model Post extends Asset {{ text String tips Tip[] @@deny('update', team.level <= 0) @@deny('read', hint != null && !check(hint)) }}
         model Hint {{ id Int @id level Int asset Asset @relation(fields: [assetId], references: [id]) assetId Int @unique @@allow('read', level > 0) }}
         model Tip {{ id Int @id postId Int post Post @relation(fields: [postId], references: [id])
           @@allow('read', post.team.level > 0 && post.text == 'x') @@allow('delete', post.kind == 'Post' && post.team.assets?[id == 1]) }}"
    );
    for (name, db) in &ruled(&text).await.clients {
        let of = db.for_user(None);
        for (id, level) in [(1, 0), (2, 1)] {
            let data = json!({"id": id, "text": "x", "team": {"create": {"id": id, "level": level}},
                "hint": {"create": {"id": id, "level": level}}, "tips": {"create": {"id": id}}});
            given(name, db, "Post", Operation::Create, json!({"data": data})).await;
        }
        let posts = given(name, &of, "Post", Operation::FindMany, json!({})).await;
        assert_eq!(ids(&posts), [2], "{name}");
        let changed = given(
            name,
            &of,
            "Asset",
            Operation::UpdateMany,
            json!({"data": {"teamId": 2}}),
        )
        .await;
        assert_eq!(changed, json!({"count": 1}), "{name}");
        let tips = given(name, &of, "Tip", Operation::FindMany, json!({})).await;
        assert_eq!(ids(&tips), [2], "{name}");
        let gone = given(name, &of, "Tip", Operation::DeleteMany, json!({})).await;
        assert_eq!(gone, json!({"count": 1}), "{name}");
    }
}

#[tokio::test]
async fn rules_are_explained() {
    use crate::{RuleOperation, field};
    for (name, db) in &ruled(&levels()).await.clients {
        let data = json!({"id": 1, "a": 1, "b": 1, "c": 0});
        given(name, db, "C", Operation::Create, json!({"data": data})).await;
        let of = db.for_user(None);
        for (model, admitted, rules) in [("A", true, 4), ("B", true, 4), ("C", false, 4)] {
            let why = of
                .explain(model, RuleOperation::Read, Some(field("id").eq(1)))
                .await
                .unwrap();
            assert_eq!(
                (why.admitted, why.row),
                (Some(admitted), Some(true)),
                "{name} {model}"
            );
            assert_eq!(why.rules.len(), rules, "{name} {model}");
            let holds: Vec<_> = why.rules.iter().map(|rule| rule.holds).collect();
            // Through a delegate it hides what the row has as a `C`, and is told all the same.
            assert_eq!(holds.last(), Some(&Some(true)), "{name} {model}");
            assert_eq!(why.rules.last().unwrap().model, "C", "{name} {model}");
            assert!(
                why.sql.unwrap().contains("base") == (model != "A"),
                "{name} {model}"
            );
        }
    }
}

/// A model's rules are those that it inherits and its own: what it allows holds for its rows, read as such.
#[tokio::test]
async fn what_a_model_allows_is_of_its_own_rows() {
    let text = "
        type Person { id Int @@auth }
        model Asset { id Int @id owner Int kind String @@delegate(kind) @@allow('read', owner == auth().id) }
        model Post extends Asset { public Boolean @@allow('read', public) }
        model Page extends Asset { text String }";
    for (name, db) in &ruled(text).await.clients {
        for (model, data) in [
            ("Post", json!({"id": 1, "owner": 1, "public": false})),
            ("Post", json!({"id": 2, "owner": 2, "public": true})),
            ("Page", json!({"id": 3, "owner": 2, "text": "t"})),
        ] {
            given(name, db, model, Operation::Create, json!({"data": data})).await;
        }
        let of = db.for_user(person(json!({"id": 1})));
        for (model, expected) in [("Asset", &[1][..]), ("Post", &[1, 2]), ("Page", &[])] {
            let args = json!({"orderBy": {"id": "asc"}});
            let rows = given(name, &of, model, Operation::FindMany, args).await;
            assert_eq!(ids(&rows), expected, "{name} {model}");
        }
    }
}
