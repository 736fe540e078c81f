//! Rules that tables keep or do not keep, and what it takes.

use std::sync::Arc;

use hallpass_db::Catalog;
use hallpass_db::testing::attempt;
use hallpass_sql::Dialect;

use super::support::{Place, empty_places, options, places_of, schema};
use crate::{Client, Error, Held, Rule};

/// Tables as careless as some that are found in the field.
const CARELESS: &str = r#"
    model Person {
      id    String  @id
      mail  String? @map("e_mail")
      team  String?
      @@map("people")
    }

    model Visit {
      id       Int     @id @default(autoincrement())
      token    String
      personId String? @map("person_id")
      @@map("visits")
    }
"#;

fn unique(model: &str, fields: &[&str]) -> Rule {
    Rule::Unique {
        model: model.to_owned(),
        fields: fields.iter().map(|&name| name.to_owned()).collect(),
    }
}

fn index(model: &str, fields: &[&str]) -> Rule {
    Rule::Index {
        model: model.to_owned(),
        fields: fields.iter().map(|&name| name.to_owned()).collect(),
    }
}

fn visit_of_person() -> Rule {
    Rule::Reference {
        model: "Visit".to_owned(),
        field: "personId".to_owned(),
        target: "Person".to_owned(),
        target_field: "id".to_owned(),
    }
}

async fn person(place: &Place, id: &str, mail: Option<&str>) {
    let create = place.client.create("Person").set("id", id);
    create.set("mail", mail).run().await.unwrap();
}

async fn visit(place: &Place, token: &str, person: Option<&str>) {
    let create = place.client.create("Visit").set("token", token);
    create.set("personId", person).run().await.unwrap();
}

/// Makes what keeps the rule.
async fn keep(place: &Place, rule: &Rule) -> Result<(), Error> {
    let catalog = place.client.catalog().await?;
    for change in place.client.changes_to_keep(rule, &catalog)? {
        place.client.make(&change).await?;
    }
    Ok(())
}

async fn held(place: &Place, rule: &Rule) -> Held {
    let catalog = place.client.catalog().await.unwrap();
    place.client.keeps(rule, &catalog).unwrap()
}

#[tokio::test]
async fn likeness_is_counted_by_group_and_forbidden_once_it_is_gone() {
    let rule = unique("Person", &["mail"]);
    for place in places_of(CARELESS).await.places {
        for (id, mail) in [
            ("1", Some("a")),
            ("2", Some("a")),
            ("3", Some("a")),
            ("4", Some("b")),
            ("5", Some("b")),
            ("6", Some("c")),
            ("7", None),
            ("8", None),
        ] {
            person(&place, id, mail).await;
        }
        let db = &place.client;
        assert_eq!(held(&place, &rule).await, Held::Missing, "{}", place.name);
        assert_eq!(db.violations(&rule).await.unwrap(), 2, "{}", place.name);
        assert_eq!(db.change_to_remove_violations(&rule).unwrap(), None);
        let refused = keep(&place, &rule).await.unwrap_err();
        assert!(
            matches!(refused, Error::Conflict { .. }),
            "{}: {refused:?}",
            place.name
        );
        assert_eq!(held(&place, &rule).await, Held::Missing, "{}", place.name);

        for id in ["2", "3", "5"] {
            let one = crate::field("id").eq(id);
            db.delete("Person").filter(one).run().await.unwrap();
        }
        assert_eq!(db.violations(&rule).await.unwrap(), 0, "{}", place.name);
        keep(&place, &rule).await.unwrap();
        assert_eq!(held(&place, &rule).await, Held::Kept, "{}", place.name);
    }
}

#[tokio::test]
async fn rows_without_a_partner_are_counted_removed_and_forbidden() {
    let rule = visit_of_person();
    for place in places_of(CARELESS).await.places {
        person(&place, "1", None).await;
        visit(&place, "kept", Some("1")).await;
        visit(&place, "nobody's", None).await;
        visit(&place, "orphan", Some("2")).await;
        visit(&place, "orphan too", Some("3")).await;
        let db = &place.client;
        assert_eq!(held(&place, &rule).await, Held::Missing, "{}", place.name);
        assert_eq!(db.violations(&rule).await.unwrap(), 2, "{}", place.name);
        let removal = db.change_to_remove_violations(&rule).unwrap().unwrap();
        assert_eq!(db.make(&removal).await.unwrap(), 2, "{}", place.name);
        assert_eq!(db.violations(&rule).await.unwrap(), 0, "{}", place.name);
        let left = db.find_many("Visit").run().await.unwrap();
        assert_eq!(left.len(), 2, "{}", place.name);
        if place.dialect == Dialect::Sqlite {
            let refused = keep(&place, &rule).await.unwrap_err();
            assert!(matches!(refused, Error::Unsupported(_)), "{refused:?}");
            continue;
        }
        keep(&place, &rule).await.unwrap();
        assert_eq!(held(&place, &rule).await, Held::Kept, "{}", place.name);
        let gone = db.delete("Person").filter(crate::field("id").eq("1"));
        gone.run().await.unwrap();
        let left = db.find_many("Visit").run().await.unwrap();
        assert_eq!(left.len(), 1, "{}: the visit went too", place.name);
    }
}

#[tokio::test]
async fn capitals_are_counted_and_lowered() {
    let rule = Rule::LowerCase {
        model: "Person".to_owned(),
        field: "mail".to_owned(),
    };
    for place in places_of(CARELESS).await.places {
        for (id, mail) in [("1", Some("Ada@x")), ("2", Some("ada@y")), ("3", None)] {
            person(&place, id, mail).await;
        }
        let db = &place.client;
        assert_eq!(db.violations(&rule).await.unwrap(), 1, "{}", place.name);
        let change = db.change_to_remove_violations(&rule).unwrap().unwrap();
        assert_eq!(db.make(&change).await.unwrap(), 1, "{}", place.name);
        assert_eq!(db.violations(&rule).await.unwrap(), 0, "{}", place.name);
        let ada = db.find_first("Person").filter(crate::field("id").eq("1"));
        let ada = ada.run().await.unwrap().unwrap();
        assert_eq!(ada.get::<&str>("mail").unwrap(), "ada@x", "{}", place.name);
    }
}

/// Lowered, two rows would have one text: a key would refuse the whole change, and without one nobody could tell them apart.
#[tokio::test]
async fn texts_that_differ_in_capitals_alone_are_left_to_a_person() {
    let with_capitals = Rule::LowerCase {
        model: "Person".to_owned(),
        field: "mail".to_owned(),
    };
    let tangled = Rule::DistinctInLowerCase {
        model: "Person".to_owned(),
        field: "mail".to_owned(),
    };
    for place in places_of(CARELESS).await.places {
        let mails = [
            ("1", Some("Ada@x")),
            ("2", Some("ada@x")),
            ("3", Some("Bob@x")),
            ("4", Some("BOB@x")),
            ("5", Some("Eve@x")),
            ("6", Some("dan@x")),
            ("7", Some("dan@x")),
            ("8", None),
            ("9", None),
        ];
        for (id, mail) in mails {
            person(&place, id, mail).await;
        }
        let (db, name) = (&place.client, &place.name);
        assert_eq!(db.violations(&with_capitals).await.unwrap(), 1, "{name}");
        assert_eq!(db.violations(&tangled).await.unwrap(), 3, "{name}");
        assert_eq!(db.change_to_remove_violations(&tangled).unwrap(), None);
        let look = db.query_for_violations(&tangled).unwrap().unwrap();
        let looked = attempt(&db.engine.database, &look).await.unwrap();
        assert_eq!(looked.rows.len(), 4, "{name}: neither Eve nor Dan");

        let change = db.change_to_remove_violations(&with_capitals).unwrap();
        assert_eq!(db.make(&change.unwrap()).await.unwrap(), 1, "{name}");
        for (id, mail) in mails {
            let one = db.find_first("Person").filter(crate::field("id").eq(id));
            let one = one.run().await.unwrap().unwrap();
            let expected = mail.map(|mail| mail.replace("Eve", "eve"));
            let found = one.get::<Option<&str>>("mail").unwrap();
            assert_eq!(found, expected.as_deref(), "{name}");
        }
        assert_eq!(db.violations(&with_capitals).await.unwrap(), 0, "{name}");
        assert_eq!(db.violations(&tangled).await.unwrap(), 3, "{name}");
    }
}

#[tokio::test]
async fn an_index_serves_that_begins_with_the_fields() {
    for place in places_of(CARELESS).await.places {
        let wanted = index("Visit", &["personId"]);
        let longer = index("Visit", &["personId", "token"]);
        assert_eq!(held(&place, &wanted).await, Held::Missing, "{}", place.name);
        assert_eq!(place.client.violations(&wanted).await.unwrap(), 0);
        keep(&place, &longer).await.unwrap();
        assert_eq!(held(&place, &wanted).await, Held::Kept, "{}", place.name);
        assert_eq!(held(&place, &longer).await, Held::Kept, "{}", place.name);
        let other = index("Visit", &["token"]);
        assert_eq!(held(&place, &other).await, Held::Missing, "{}", place.name);
        // A primary key is an index, and makes longer keys unique.
        assert_eq!(held(&place, &index("Visit", &["id"])).await, Held::Kept);
        let with_id = unique("Visit", &["id", "token"]);
        assert_eq!(held(&place, &with_id).await, Held::Kept, "{}", place.name);
    }
}

#[tokio::test]
async fn references_that_do_not_cascade_are_told_apart() {
    let text = r"
        model Person {
          id     String  @id
          visits Visit[]
        }

        model Visit {
          id       String @id
          personId String
          person   Person @relation(fields: [personId], references: [id], onDelete: Restrict)
        }
    ";
    for place in places_of(text).await.places {
        let found = held(&place, &visit_of_person()).await;
        assert_eq!(found, Held::NoCascade, "{}", place.name);
        if place.dialect != Dialect::Sqlite {
            keep(&place, &visit_of_person()).await.unwrap();
            let found = held(&place, &visit_of_person()).await;
            assert_eq!(found, Held::Kept, "{}", place.name);
        }
    }
}

#[tokio::test]
async fn statements_can_be_read_and_run_by_hand() {
    let places = empty_places("model Unused { id Int @id }").await.places;
    let database = &places.first().unwrap().client.engine.database;
    let rules = [
        unique("Person", &["mail", "team"]),
        index("Visit", &["personId"]),
        visit_of_person(),
        Rule::LowerCase {
            model: "Person".to_owned(),
            field: "mail".to_owned(),
        },
        Rule::DistinctInLowerCase {
            model: "Person".to_owned(),
            field: "mail".to_owned(),
        },
    ];
    let mut said = Vec::new();
    for dialect in [Dialect::Postgres, Dialect::MariaDb, Dialect::Sqlite] {
        let schema = Arc::new(schema(CARELESS));
        let db = Client::speaking(dialect, database.clone(), schema, options()).unwrap();
        said.push(format!("\n-- {dialect}"));
        for rule in &rules {
            match db.changes_to_keep(rule, &Catalog::default()) {
                Ok(changes) => said.extend(changes.iter().map(|change| change.sql().to_owned())),
                Err(error) => said.push(error.to_string()),
            }
            let removal = db.change_to_remove_violations(rule).unwrap();
            said.extend(removal.map(|change| change.sql().to_owned()));
            said.extend(db.query_for_violations(rule).unwrap());
        }
    }
    insta::assert_snapshot!(said.join("\n"));
}

#[tokio::test]
async fn names_that_the_schema_lacks_and_tables_that_are_not_there() {
    let places = empty_places(CARELESS).await.places;
    let place = places.first().unwrap();
    let catalog = place.client.catalog().await.unwrap();
    for (rule, message) in [
        (unique("Animal", &["mail"]), "there is no model `Animal`"),
        (
            unique("Person", &["male"]),
            "model `Person` has no field `male`",
        ),
    ] {
        let wrong = place.client.violations(&rule).await.unwrap_err();
        assert_eq!(wrong.to_string(), message);
    }
    let rule = unique("Person", &["mail"]);
    assert_eq!(place.client.keeps(&rule, &catalog).unwrap(), Held::NoTable);
}
