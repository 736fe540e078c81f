//! Which answers are made of what the database sent, without records: see `docs/design/unparsed.md`.

use hallpass_sql::Dialect;
use serde_json::{Value as Json, json};

use crate::http::goes_unparsed;
use crate::suite::support::{Place, Places, call, places_of};
use crate::{ArgValue, Client, Limits, Operation};

/// Every type of value that a row may hold, in the row itself and in related ones.
const SCHEMA: &str = r#"
    enum Material {
      WOOD
      STEEL @map("steel, any")
    }

    type Size {
      width Float
      notes String[]
    }

    model Shelf {
      id     String  @id @default(uuid())
      title  String?
      things Thing[]
      @@allow('all', true)
    }

    model Thing {
      id       Int       @id
      name     String
      heavy    Boolean   @default(false)
      weight   Float?
      price    Decimal?
      serial   BigInt    @default(0)
      made     DateTime?
      material Material?
      data     Json?
      size     Size?     @json
      picture  Bytes?
      secret   String?   @omit
      shelfId  String?
      shelf    Shelf?    @relation(fields: [shelfId], references: [id])
      labels   Label[]
      notes    Note[]
      @@allow('all', true)
    }

    model Label {
      name   String  @id
      things Thing[]
      @@allow('all', true)
    }

    model Note {
      id      BigInt @id
      text    String
      thingId Int
      thing   Thing  @relation(fields: [thingId], references: [id])
      hidden  Int?   @allow('read', false)
      @@allow('all', true)
      @@deny('read', text == 'nobody')
    }
"#;

/// Rows with values that are written in more than one way.
async fn fill(client: &Client) {
    let shelf = json!({"data": {"id": "by the door", "title": "\"quoted\" \\ / \n\u{1} \u{1f600} \u{2028}"}});
    call(client, "Shelf", Operation::Create, shelf)
        .await
        .unwrap();
    for (id, more) in [
        (1, json!({})),
        (
            2,
            json!({
                "heavy": true, "weight": 1.5e-7, "price": "12.50", "serial": "9223372036854775807",
                "made": "2020-01-31T12:00:00.120Z", "material": "STEEL",
                "data": {"b": [1, 2.50, null], "a": "\u{e9}/\"", "b2": {}}, "size": {"width": 1, "notes": ["x"]},
                "secret": "s",
            }),
        ),
    ] {
        let mut data = json!({
            "id": id, "name": "chair", "shelf": {"connect": {"id": "by the door"}},
            "labels": {"connectOrCreate": [{"where": {"name": "old"}, "create": {"name": "old"}}]},
            "notes": {"create": [{"id": id * 10, "text": "wobbles"}, {"id": id * 10 + 1, "text": "nobody"}]},
        });
        for (name, value) in more.as_object().unwrap() {
            data[name] = value.clone();
        }
        call(client, "Thing", Operation::Create, json!({ "data": data }))
            .await
            .unwrap();
    }
    let picture = ArgValue::Object(vec![("picture".into(), ArgValue::Bytes(vec![0, 255, 34]))]);
    let by_id = ArgValue::from_json(json!({"id": 2})).unwrap();
    let update = ArgValue::Object(vec![("where".into(), by_id), ("data".into(), picture)]);
    client
        .call("Thing", Operation::Update, &update)
        .await
        .unwrap();
}

type Read = (&'static str, Operation, Json);

/// Reads that one statement answers on every database.
fn flat_reads() -> Vec<Read> {
    use Operation::{FindFirst, FindMany, FindUnique};
    vec![
        ("Thing", FindMany, json!({})),
        ("Thing", FindMany, json!({"where": {"id": 7}})),
        (
            "Thing",
            FindMany,
            json!({"orderBy": {"id": "asc"}, "take": -1}),
        ),
        ("Thing", FindFirst, json!({"orderBy": {"id": "desc"}})),
        ("Thing", FindUnique, json!({"where": {"id": 2}})),
        ("Thing", FindUnique, json!({"where": {"id": 7}})),
        (
            "Thing",
            FindMany,
            json!({"select": {"price": true, "serial": true, "made": true, "picture": true}}),
        ),
        (
            "Thing",
            FindMany,
            json!({"omit": {"data": true, "size": true}}),
        ),
        ("Thing", FindMany, json!({"omit": {"secret": false}})),
        ("Thing", FindMany, json!({"include": {"shelf": true}})),
        ("Thing", FindMany, json!({"include": {"_count": true}})),
        (
            "Thing",
            FindMany,
            json!({"select": {"_count": {"select": {"notes": {"where": {"id": {"gt": 10}}}}}}}),
        ),
    ]
}

/// Reads with relations to many rows.
fn tree_reads() -> Vec<Read> {
    use Operation::{FindFirst, FindMany, FindUnique};
    let things = || json!({"things": {"orderBy": {"id": "asc"}}});
    vec![
        ("Thing", FindMany, json!({"include": {"notes": true}})),
        (
            "Thing",
            FindUnique,
            json!({"where": {"id": 2}, "include": {"notes": {"take": -1, "orderBy": {"id": "asc"}}}}),
        ),
        ("Shelf", FindMany, json!({"include": things()})),
        (
            "Shelf",
            FindFirst,
            json!({"include": {"things": {"where": {"heavy": true}}}}),
        ),
        (
            "Shelf",
            FindMany,
            json!({"include": {"things": {"omit": {"picture": true}}}}),
        ),
        (
            "Shelf",
            FindMany,
            json!({"select": {"things": {"select": {"price": true, "serial": true, "made": true, "picture": true}}}}),
        ),
        (
            "Label",
            FindUnique,
            json!({"where": {"name": "old"}, "include": things()}),
        ),
        // Deeper.
        (
            "Shelf",
            FindMany,
            json!({"include": {"things": {"include": {"notes": true, "_count": true}}}}),
        ),
        (
            "Shelf",
            FindMany,
            json!({"include": {"things": {"include": {"shelf": true}}, "_count": true}}),
        ),
        (
            "Label",
            FindMany,
            json!({"take": 10, "include": {"things": {"take": 10, "include": {"notes": {"take": 10}}}}}),
        ),
    ]
}

/// The same, whose rows may stand in the result again and again. A person gets more of them than one read may give by one
/// statement a level.
fn shared_reads() -> Vec<Read> {
    use Operation::FindMany;
    vec![
        ("Label", FindMany, json!({"include": {"things": true}})),
        ("Thing", FindMany, json!({"include": {"labels": true}})),
        (
            "Shelf",
            FindMany,
            json!({"include": {"things": {"include": {"labels": true}}}}),
        ),
        (
            "Note",
            FindMany,
            json!({"include": {"thing": {"include": {"notes": true}}}}),
        ),
    ]
}

async fn is_unparsed(client: &Client, read: &Read) -> bool {
    let (model, operation, args) = read;
    let args = ArgValue::from_json(args.clone()).unwrap();
    let answer = client.answer(model, *operation, &args).await.unwrap();
    goes_unparsed(&answer)
}

async fn filled() -> Places {
    let places = places_of(SCHEMA).await;
    for place in &places.places {
        fill(&place.client).await;
    }
    places
}

/// Whether relations to many rows come as JSON that the database made.
fn makes_documents(place: &Place) -> bool {
    matches!(place.dialect, Dialect::Postgres | Dialect::Sqlite)
}

#[tokio::test]
async fn rows_go_to_the_client_as_the_database_made_them() {
    for place in &filled().await.places {
        let person = place.client.for_user(None);
        let documents = makes_documents(place);
        for (reads, of_program, of_person) in [
            (flat_reads(), true, true),
            (tree_reads(), documents, documents),
            (shared_reads(), documents, false),
        ] {
            for read in reads {
                for (client, expected) in [(&place.client, of_program), (&person, of_person)] {
                    let found = is_unparsed(client, &read).await;
                    assert_eq!(found, expected, "{} {read:?}", place.name);
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_row_of_a_read_is_made_of_records() {
    for place in &filled().await.places {
        let person = place.client.for_user(None);
        for read in [
            ("Thing", Operation::Count, json!({})),
            ("Thing", Operation::Exists, json!({})),
            ("Thing", Operation::GroupBy, json!({"by": ["name"]})),
            (
                "Thing",
                Operation::Update,
                json!({"where": {"id": 1}, "data": {"name": "stool"}}),
            ),
        ] {
            assert!(
                !is_unparsed(&person, &read).await,
                "{} {read:?}",
                place.name
            );
        }
        // A way up and down again, whose rows would be too many in one statement.
        let around = json!({"include": {"thing": {"include": {"notes": {"include": {"thing": {"include": {"notes": true}}}}}}}});
        let read = ("Note", Operation::FindMany, around);
        let few = person.with_limits(Limits {
            all_rows: 20,
            ..Limits::PERSON
        });
        assert!(!is_unparsed(&few, &read).await, "{}", place.name);
        let is_whole = is_unparsed(&place.client, &read).await;
        assert_eq!(is_whole, makes_documents(place), "{}", place.name);
    }
}
