//! Columns of SQLite and PostgreSQL whose collation takes texts for equal that differ, which no schema says: found when
//! somebody looks at the tables, and in doubt from then on.

use hallpass_sql::{Access, Dialect, Query};
use serde_json::{Value as Json, json};

use super::support::{person, seen};
use crate::suite::support::{Place, call, options, places_of, schema};
use crate::{Client, Error, InvalidInput, OpenError, Operation, Rejection, field};

const SCHEMA: &str = r#"
    model User {
      id   String @id
      rows Row[]
      @@map("folding_users")
    }
    model Row {
      id      Int     @id
      name    String
      ownerId String?
      owner   User?   @relation(fields: [ownerId], references: [id])
      @@map("folding_rows")
      RULES
    }
"#;

/// A collation, how its database is told of it, and which of the rows below are `admin` under it.
struct Folding {
    name: &'static str,
    made: &'static str,
    same: &'static [i64],
}

const ROWS: [(i64, &str); 4] = [(1, "admin"), (2, "ADMIN"), (3, "admin "), (4, "other")];

fn of(dialect: Dialect) -> &'static [Folding] {
    match dialect {
        Dialect::Sqlite => &[
            Folding {
                name: "NOCASE",
                made: "",
                same: &[1, 2],
            },
            Folding {
                name: "RTRIM",
                made: "",
                same: &[1, 3],
            },
        ],
        Dialect::Postgres => &[Folding {
            name: "any_case",
            made: "CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
            same: &[1, 2],
        }],
        // Their collations fold anyway: see `doubt`.
        Dialect::MySql | Dialect::MariaDb => &[],
    }
}

async fn run(db: &Client, text: String) {
    let query = Query {
        text,
        binds: Vec::new(),
        access: Access::Write,
    };
    let done = db.statement("", &query, &[]).await;
    assert!(done.is_ok(), "{} {done:?}", query.text);
}

async fn made(place: &Place, folding: &Folding) {
    let db = &place.client;
    for table in ["folding_rows", "folding_users"] {
        run(db, format!("DROP TABLE IF EXISTS {table}")).await;
    }
    if !folding.made.is_empty() {
        run(db, folding.made.to_owned()).await;
    }
    let text = format!("TEXT COLLATE {}", folding.name);
    run(
        db,
        format!("CREATE TABLE folding_users (id {text} PRIMARY KEY)"),
    )
    .await;
    let rows = format!(
        "CREATE TABLE folding_rows (id INTEGER PRIMARY KEY, name {text} NOT NULL,
         \"ownerId\" {text} REFERENCES folding_users (id))"
    );
    run(db, rows).await;
}

async fn ruled(place: &Place, rules: &str) -> Client {
    let schema = schema(&SCHEMA.replace("RULES", rules)).into();
    let database = place.client.engine().database.clone();
    let client = Client::speaking(place.dialect, database, schema, options()).unwrap();
    client.fitted().await.unwrap()
}

fn is_refused(result: &Result<Json, Error>) -> bool {
    let expected = Rejection::NoAccess;
    matches!(result, Err(Error::Rejected { rejection, .. }) if *rejection == expected)
}

#[tokio::test]
async fn a_collation_that_only_the_database_knows_leaves_the_same_doubt() {
    for place in &places_of("model Any { id Int @id }").await.places {
        for folding in of(place.dialect) {
            made(place, folding).await;
            reads(place, folding).await;
            creates(place, folding).await;
        }
    }
}

async fn reads(place: &Place, folding: &Folding) {
    let db = ruled(place, "").await;
    for (id, name) in ROWS {
        let row = db.create("Row").set("id", id).set("name", name);
        row.run().await.unwrap();
    }
    let all = || ROWS.iter().map(|(id, _)| *id);
    let different: Vec<i64> = all().filter(|id| !folding.same.contains(id)).collect();
    for (rules, expected) in [
        ("@@allow('read', name == 'admin')", &vec![1]),
        ("@@allow('read', name in ['admin', 'x'])", &vec![1]),
        ("@@allow('read', name != 'admin')", &different),
        ("@@allow('read', !(name in ['admin', 'x']))", &different),
        (
            "@@allow('read', true) @@deny('read', name == 'admin')",
            &different,
        ),
        (
            "@@allow('read', true) @@deny('read', name in ['admin'])",
            &different,
        ),
        (
            "@@allow('read', true) @@deny('read', name != 'admin')",
            &vec![1],
        ),
        ("@@allow('read', name == auth().id)", &vec![1]),
        ("@@allow('read', auth().id != name)", &different),
    ] {
        let found = seen(&ruled(place, rules).await, "Row", &json!({"id": "admin"})).await;
        assert_eq!(found, *expected, "{}: {rules}", folding.name);
    }
    // What the program looks for byte by byte is found so, too.
    let exactly = db.find_many("Row").filter(field("name").exactly("admin"));
    assert_eq!(exactly.run().await.unwrap().len(), 1, "{}", folding.name);
}

async fn creates(place: &Place, folding: &Folding) {
    let db = ruled(place, "").await;
    db.create("User").set("id", "admin").run().await.unwrap();
    let (_, folded) = ROWS[usize::try_from(folding.same[1] - 1).unwrap()];
    let mut id = 10;
    for (rules, name, owner, refused) in [
        ("@@deny('create', name == 'admin')", folded, None, true),
        ("@@deny('create', name in ['admin'])", folded, None, true),
        ("@@deny('create', name == auth().id)", folded, None, true),
        ("@@deny('create', name == 'admin')", "other", None, false),
        ("@@deny('create', name != 'admin')", folded, None, true),
        ("@@deny('create', name != 'admin')", "admin", None, false),
        ("@@deny('create', owner == auth())", "x", Some(folded), true),
        (
            "@@deny('create', owner.id == auth().id)",
            "x",
            Some(folded),
            true,
        ),
        ("@@deny('create', owner == auth())", "x", None, false),
    ] {
        id += 1;
        let ruled = ruled(place, &format!("@@allow('all', true) {rules}")).await;
        let of = ruled.for_user(person(json!({"id": "admin"})));
        let data = json!({"data": {"id": id, "name": name, "ownerId": owner}});
        let made = call(&of, "Row", Operation::CreateMany, data).await;
        let told = format!("{}: {rules} {name:?} {made:?}", folding.name);
        assert_eq!(is_refused(&made), refused, "{told}");
    }
    for (rules, name, refused) in [
        ("name == 'admin'", folded, true),
        ("name == 'admin'", "admin", false),
        ("name != 'admin'", folded, true),
        ("name != 'admin'", "other", false),
    ] {
        id += 1;
        let ruled = ruled(place, &format!("@@allow('create', {rules})")).await;
        let of = ruled.for_user(person(json!({"id": "admin"})));
        let data = json!({"data": {"id": id, "name": name}});
        let made = call(&of, "Row", Operation::CreateMany, data).await;
        assert_eq!(
            is_refused(&made),
            refused,
            "{}: {rules} {name:?}",
            folding.name
        );
    }
}

const LISTS: &str = r#"
    datasource db { provider = "postgresql" }
    model Row {
      id    Int      @id
      names String[] NATIVE
      @@map("folding_lists")
      RULES
    }
"#;

/// Of each element it would have to be told whether it is in doubt.
#[tokio::test]
async fn lists_of_texts_that_fold_are_no_part_of_rules() {
    let places = places_of("model Any { id Int @id }").await;
    let postgres = places.places.iter();
    for place in postgres.filter(|place| place.dialect == Dialect::Postgres) {
        let db = &place.client;
        run(db, "CREATE EXTENSION IF NOT EXISTS citext".to_owned()).await;
        let table = "CREATE TABLE folding_lists (id INTEGER PRIMARY KEY, names CITEXT[])";
        run(db, table.to_owned()).await;
        let opened = |native: &str, rules: &str| {
            let text = LISTS.replace("NATIVE", native).replace("RULES", rules);
            let database = db.engine().database.clone();
            Client::new(database, schema(&text).into(), options())
        };
        let has = "@@allow('read', has(names, 'admin'))";
        let refused = opened("@db.Citext", has).unwrap_err();
        let is_rule = matches!(&refused, OpenError::Rule { field, .. } if field == "Row.names");
        assert!(is_rule, "{refused:?}");
        assert_eq!(
            refused.to_string(),
            "a rule of `Row` asks for `Row.names`, which is a list of texts that are equal although their bytes differ: \
             access rules cannot judge it"
        );
        // The schema does not say it, the table does.
        let refused = opened("", has).unwrap().fitted().await.unwrap_err();
        let is_rule = matches!(
            &refused,
            Error::Invalid(InvalidInput::Rule { field, .. }) if field == "Row.names"
        );
        assert!(is_rule, "{refused:?}");
        let others = opened("@db.Citext", "@@allow('read', id == 1)").unwrap();
        assert!(others.fitted().await.is_ok());
    }
}
