//! Checks of what is written, on every level of it.

use serde_json::json;

use crate::suite::support::{call, places_of};
use crate::{Error, InvalidInput, Operation};

const SCHEMA: &str = r#"
    model Team {
      id      Int      @id
      name    String   @trim @length(2, 10)
      size    Int      @default(0) @lt(5)
      members Member[]
      @@validate(id < 5, "too high")
    }

    model Member {
      id     Int    @id
      email  String @email @lower
      teamId Int?
      team   Team?  @relation(fields: [teamId], references: [id])
    }
"#;

#[tokio::test]
async fn what_breaks_rules_is_told_with_every_place_and_not_written() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let data = json!({
            "id": 9,
            "name": "x",
            "size": 9,
            "members": {"create": [{"id": 1, "email": "ann@example.org"}, {"id": 2, "email": "bob"}]},
        });
        match call(db, "Team", Operation::Create, json!({"data": data})).await {
            Err(Error::Invalid(InvalidInput::Validation { issues, .. })) => {
                let paths: Vec<_> = issues.iter().map(|issue| issue.path.as_str()).collect();
                let expected = [
                    "data.members.create[1].email",
                    "data.name",
                    "data.size",
                    "data",
                ];
                assert_eq!(paths, expected, "{}", place.name);
            }
            other => panic!("{}: {other:?}", place.name),
        }
        assert_eq!(db.count("Team").run().await.unwrap(), 0, "{}", place.name);
    }
}

#[tokio::test]
async fn texts_are_written_as_rules_change_them() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let data = json!({"id": 1, "name": "  abc ", "members": {"create": {"id": 1, "email": "Ann@Example.org"}}});
        let team = call(db, "Team", Operation::Create, json!({"data": data}))
            .await
            .unwrap();
        assert_eq!(team["name"], "abc", "{}", place.name);
        let member = db.find_many("Member").run().await.unwrap().remove(0);
        assert_eq!(
            member.get::<&str>("email"),
            Ok("ann@example.org"),
            "{}",
            place.name
        );
        let args = json!({"where": {"id": 1}, "data": {"email": "BOB@EXAMPLE.ORG"}});
        let member = call(db, "Member", Operation::Update, args).await.unwrap();
        assert_eq!(member["email"], "bob@example.org", "{}", place.name);
        let args = json!({"data": {"email": "nobody"}});
        let refused = call(db, "Member", Operation::UpdateMany, args).await;
        assert!(
            matches!(
                refused,
                Err(Error::Invalid(InvalidInput::Validation { .. }))
            ),
            "{}",
            place.name
        );
        // Calculated numbers are not looked at (contract zenstack §2.10).
        let args = json!({"where": {"id": 1}, "data": {"size": {"increment": 7}}});
        let team = call(db, "Team", Operation::Update, args).await.unwrap();
        assert_eq!(team["size"], 7, "{}", place.name);
    }
}

#[tokio::test]
async fn only_what_is_written_counts_as_a_change() {
    let text = "
        model Page {
          id    Int      @id
          title String   @default(\"\")
          views Int      @default(0)
          seen  DateTime @updatedAt(ignore: [views])
          links Link[]
        }
        model Link {
          id     Int  @id
          pageId Int
          page   Page @relation(fields: [pageId], references: [id])
        }
    ";
    for place in places_of(text).await.places {
        let db = &place.client;
        let page = call(db, "Page", Operation::Create, json!({"data": {"id": 1}}))
            .await
            .unwrap();
        for (data, moves) in [
            (json!({"views": {"increment": 1}}), false),
            (json!({"links": {"create": {"id": 1}}}), false),
            (json!({}), false),
            (json!({"title": "x"}), true),
        ] {
            let args = json!({"where": {"id": 1}, "data": data});
            let changed = call(db, "Page", Operation::Update, args).await.unwrap();
            assert_eq!(
                changed["seen"] != page["seen"],
                moves,
                "{} {data}",
                place.name
            );
        }
        let given = json!({"where": {"id": 1}, "data": {"seen": "2020-01-01"}});
        let changed = call(db, "Page", Operation::Update, given).await.unwrap();
        assert_eq!(
            changed["seen"], "2020-01-01T00:00:00.000Z",
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn lists_are_set_and_grow() {
    let text = "model Box { id Int @id  tags String[]  sizes Int[] @default([1]) }";
    let loaded = crate::suite::support::schema(text);
    for place in crate::suite::support::places().await.places {
        if !place.dialect.capability().lists {
            continue;
        }
        let db = place.client.saying(loaded.clone());
        db.create_missing_tables().await.unwrap();
        let db = &db;
        let row = call(db, "Box", Operation::Create, json!({"data": {"id": 1}}))
            .await
            .unwrap();
        assert_eq!(row, json!({"id": 1, "tags": [], "sizes": [1]}));
        let row = json!({"data": {"id": 2, "tags": ["a"], "sizes": {"set": [3, 4]}}});
        let row = call(db, "Box", Operation::Create, row).await.unwrap();
        assert_eq!(row["sizes"], json!([3, 4]));
        let change = |data: serde_json::Value| json!({"where": {"id": 2}, "data": data});
        let data = json!({"tags": {"push": "b"}, "sizes": {"push": [5, 6]}});
        let row = call(db, "Box", Operation::Update, change(data))
            .await
            .unwrap();
        assert_eq!(
            row,
            json!({"id": 2, "tags": ["a", "b"], "sizes": [3, 4, 5, 6]})
        );
        let data = json!({"tags": {"set": []}, "sizes": [7]});
        let row = call(db, "Box", Operation::Update, change(data))
            .await
            .unwrap();
        assert_eq!(row, json!({"id": 2, "tags": [], "sizes": [7]}));
        for wrong in [
            json!({"tags": "x"}),
            json!({"tags": {"push": 1}}),
            json!({"tags": {"push": "x", "set": []}}),
            json!({"tags": [null]}),
        ] {
            let refused = call(db, "Box", Operation::Update, change(wrong.clone())).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{wrong}: {refused:?}"
            );
        }
    }
}
