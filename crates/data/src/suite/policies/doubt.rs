//! Texts that a database takes for equal although their bytes differ, and rules about them: whatever admits must be sure,
//! whatever refuses needs a doubt only. See `docs/design/access-rules.md`.

use serde_json::{Value as Json, json};

use super::support::{person, ruled, seen};
use crate::suite::support::{call, options, places_of, schema};
use crate::{Client, Dialect, Error, Operation, Rejection};

const SCHEMA: &str = "
    model User { id String @id rows Row[] }
    model Row {
      id      Int     @id
      name    String
      ownerId String?
      owner   User?   @relation(fields: [ownerId], references: [id])
      RULES
    }
";

fn with_rules(db: &Client, rules: &str) -> Client {
    let mut schema = schema(&SCHEMA.replace("RULES", rules));
    for model in &mut schema.models {
        let table = &db.schema().model(&model.name).unwrap().table;
        model.table.clone_from(table);
    }
    db.saying(schema)
}

fn folds(db: &Client) -> bool {
    matches!(db.dialect(), Dialect::MariaDb | Dialect::MySql)
}

async fn create(db: &Client, who: &Json, data: Json) -> Result<Json, Error> {
    let of = db.for_user(person(who.clone()));
    call(&of, "Row", Operation::CreateMany, json!({"data": data})).await
}

fn is_refused(result: &Result<Json, Error>) -> bool {
    let expected = Rejection::NoAccess;
    matches!(result, Err(Error::Rejected { rejection, .. }) if *rejection == expected)
}

/// Where the database folds no text, `ADMIN` simply is another name.
#[tokio::test]
async fn no_row_is_read_or_refused_by_the_case_of_a_letter() {
    let places = ruled(&SCHEMA.replace("RULES", "")).await;
    let who = json!({"id": "ann"});
    for (name, db) in &places.clients {
        db.create("User").set("id", "ann").run().await.unwrap();
        for (id, text) in [(1, "admin"), (2, "ADMIN"), (3, "admin "), (4, "other")] {
            let row = db.create("Row").set("id", id).set("name", text);
            row.run().await.unwrap();
        }
        let all = &[1, 2, 3, 4][..];
        for (rules, exact, folded) in [
            ("@@allow('read', name == 'admin')", &[1][..], &[1][..]),
            ("@@allow('read', name != 'admin')", &[2, 3, 4], &[4]),
            ("@@allow('read', !(name == 'admin'))", &[2, 3, 4], &[4]),
            ("@@allow('read', name in ['admin', 'x'])", &[1], &[1]),
            (
                "@@allow('read', !(name in ['admin', 'x']))",
                &[2, 3, 4],
                &[4],
            ),
            ("@@allow('read', !(name in ['admin']))", &[2, 3, 4], &[4]),
            (
                "@@allow('read', true) @@deny('read', name == 'admin')",
                &[2, 3, 4],
                &[4],
            ),
            (
                "@@allow('read', true) @@deny('read', name in ['admin', 'x'])",
                &[2, 3, 4],
                &[4],
            ),
            (
                "@@allow('read', true) @@deny('read', name != 'admin')",
                &[1],
                &[1],
            ),
            (
                "@@allow('read', true) @@deny('read', !(name in ['admin', 'x']))",
                &[1],
                &[1],
            ),
            (
                "@@allow('read', true) @@deny('read', !(name == 'admin'))",
                &[1],
                &[1],
            ),
            (
                "@@allow('read', name == 'admin' || name != 'admin')",
                all,
                &[1, 4],
            ),
        ] {
            let found = seen(&with_rules(db, rules), "Row", &who).await;
            let expected = if folds(db) { folded } else { exact };
            assert_eq!(found, expected, "{name}: {rules}");
        }
    }
}

/// The values of a new row are known before it is there, and must not be judged in another way than in the table.
#[tokio::test]
async fn no_row_is_added_by_the_case_of_a_letter() {
    let places = ruled(&SCHEMA.replace("RULES", "")).await;
    for (name, db) in &places.clients {
        for id in ["ann", "eve"] {
            db.create("User").set("id", id).run().await.unwrap();
        }
        let eve = json!({"id": "eve"});
        let mut id = 0;
        for (rules, text, owner, refused_where_exact) in [
            ("@@deny('create', name == 'admin')", "admin", "eve", true),
            ("@@deny('create', name == 'admin')", "ADMIN", "eve", false),
            ("@@deny('create', name == 'admin')", "admin  ", "eve", false),
            (
                "@@deny('create', !(name != 'admin'))",
                "Admin",
                "eve",
                false,
            ),
            ("@@deny('create', name in ['admin'])", "ADMIN", "eve", false),
            (
                "@@deny('create', !(name in ['admin']))",
                "admin",
                "eve",
                false,
            ),
            ("@@deny('create', owner == auth())", "x", "eve", true),
            ("@@deny('create', owner == auth())", "x", "EVE", false),
            (
                "@@deny('create', owner.id == auth().id)",
                "x",
                "Eve ",
                false,
            ),
        ] {
            // SQLite and PostgreSQL have no such user.
            if !folds(db) && !["ann", "eve"].contains(&owner) {
                continue;
            }
            id += 1;
            let ruled = with_rules(db, &format!("@@allow('all', true) {rules}"));
            let data = json!({"id": id, "name": text, "ownerId": owner});
            let made = create(&ruled, &eve, data).await;
            let is_expected = refused_where_exact || (folds(db) && !rules.contains("!(name in"));
            assert_eq!(
                is_refused(&made),
                is_expected,
                "{name}: {rules} {text} {owner}"
            );
        }
        for (rules, text, exact, folded) in [
            ("name != 'admin'", "other", false, false),
            ("name != 'admin'", "ADMIN", false, true),
            ("!(name == 'admin')", "admin ", false, true),
            ("!(name in ['admin', 'root'])", "Root", false, true),
            ("name == 'admin'", "ADMIN", true, true),
            ("auth() == owner", "x", false, false),
        ] {
            id += 1;
            let ruled = with_rules(db, &format!("@@allow('create', {rules})"));
            let data = json!({"id": id, "name": text, "ownerId": "eve"});
            let made = create(&ruled, &eve, data).await;
            let expected = if folds(db) { folded } else { exact };
            assert_eq!(
                is_refused(&made),
                expected,
                "{name}: {rules} {text} {made:?}"
            );
        }
    }
}

/// `before()` is known as well.
#[tokio::test]
async fn no_row_changes_by_the_case_of_a_letter() {
    let places = ruled(&SCHEMA.replace("RULES", "")).await;
    for (name, db) in &places.clients {
        for (id, rules, to, exact, folded) in [
            (
                1,
                "@@deny('post-update', before().name == 'admin')",
                "x",
                false,
                true,
            ),
            (
                2,
                "@@deny('post-update', name != before().name)",
                "admin",
                true,
                true,
            ),
            (
                3,
                "@@allow('post-update', name != before().name)",
                "admin",
                false,
                true,
            ),
            (
                4,
                "@@allow('post-update', name == before().name)",
                "admin",
                true,
                true,
            ),
            (
                5,
                "@@allow('post-update', name == before().name)",
                "ADMIN",
                false,
                false,
            ),
        ] {
            let row = db.create("Row").set("id", id).set("name", "ADMIN");
            row.run().await.unwrap();
            let ruled = with_rules(db, &format!("@@allow('all', true) {rules}"));
            let of = ruled.for_user(person(json!({"id": "eve"})));
            let args = json!({"where": {"id": id}, "data": {"name": to}});
            let changed = call(&of, "Row", Operation::Update, args).await;
            let expected = if folds(db) { folded } else { exact };
            let is_refused = matches!(
                changed,
                Err(Error::Rejected {
                    rejection: Rejection::PostUpdate,
                    ..
                })
            );
            assert_eq!(is_refused, expected, "{name}: {rules} {to} {changed:?}");
        }
    }
}

/// What holds of no related row, and what a check refuses, are negations too.
#[tokio::test]
async fn doubt_opens_nothing_behind_a_negation() {
    let places = ruled(&SCHEMA.replace("RULES", "")).await;
    for (name, db) in &places.clients {
        db.create("User").set("id", "ann").run().await.unwrap();
        let row = db.create("Row").set("id", 1).set("name", "ADMIN");
        row.set("ownerId", "ann").run().await.unwrap();
        for (rules, exact) in [
            ("owner.rows^[name == 'admin']", true),
            ("!(owner.rows?[name == 'admin'])", true),
            ("owner.rows![name != 'admin']", true),
            ("!(owner.rows![name == 'admin'])", true),
            ("owner.rows?[!(name == 'admin')]", true),
            ("!(owner.rows^[name != 'admin'])", true),
        ] {
            let ruled = with_rules(db, &format!("@@allow('read', {rules})"));
            let found = seen(&ruled, "Row", &json!({"id": "ann"})).await;
            assert_eq!(found == [1], exact && !folds(db), "{name}: {rules}");
            let denied = format!("@@allow('read', true) @@deny('read', !({rules}))");
            let found = seen(&with_rules(db, &denied), "Row", &json!({"id": "ann"})).await;
            assert_eq!(found == [1], exact && !folds(db), "{name}: {denied}");
        }
    }
}

const NATIVE: &str = "
    datasource db { provider = \"postgresql\" }
    model Row {
      id   String @id @db.Uuid
      fold String @db.Citext
      pad  String @db.Char(8)
      @@auth
      RULES
    }
";

/// PostgreSQL has types that fold by themselves, and one whose texts may be written in two ways.
#[tokio::test]
async fn types_that_fold_leave_the_same_doubt() {
    let places = places_of("model Any { id Int @id }").await;
    let postgres = places.places.iter();
    for place in postgres.filter(|place| place.dialect == Dialect::Postgres) {
        let database = &place.client.engine().database;
        let extension = hallpass_sql::Query {
            text: "CREATE EXTENSION IF NOT EXISTS citext".to_owned(),
            binds: Vec::new(),
            access: hallpass_sql::Access::Write,
        };
        database.exec(&extension, &[]).await.unwrap();
        let plain = schema(&NATIVE.replace("RULES", ""));
        let db = Client::new(database.clone(), plain.into(), options()).unwrap();
        db.create_missing_tables().await.unwrap();
        let uuid = |last: u32| format!("550e8400-e29b-41d4-a716-4466554400{last:02}");
        let mut last = 10;
        for (rules, fold, pad, refused) in [
            ("@@deny('create', fold == 'admin')", "ADMIN", "x", true),
            ("@@deny('create', fold == 'admin')", "other", "x", false),
            ("@@deny('create', pad == 'admin')", "x", "admin ", true),
            ("@@deny('create', fold in ['admin'])", "Admin", "x", true),
            ("@@deny('create', id == auth().id)", "x", "x", true),
        ] {
            last += 1;
            let rules_of = format!("@@allow('all', true) {rules}");
            let of = db.saying(schema(&NATIVE.replace("RULES", &rules_of)));
            let of = of.for_user(person(json!({"id": uuid(last)})));
            let data = json!({"id": uuid(last).to_uppercase(), "fold": fold, "pad": pad});
            let made = call(&of, "Row", Operation::CreateMany, json!({"data": data})).await;
            assert_eq!(is_refused(&made), refused, "{rules} {fold} {pad}: {made:?}");
        }
        let admitted = schema(&NATIVE.replace("RULES", "@@allow('create', fold != 'admin')"));
        let of = db.saying(admitted).for_user(None);
        for (fold, refused) in [("ADMIN", true), ("other", false)] {
            last += 1;
            let data = json!({"id": uuid(last), "fold": fold, "pad": "x"});
            let made = call(&of, "Row", Operation::CreateMany, json!({"data": data})).await;
            assert_eq!(is_refused(&made), refused, "{fold}: {made:?}");
        }
    }
}
