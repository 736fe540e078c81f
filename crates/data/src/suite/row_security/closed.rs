//! What cannot be said is named, and closed.

use serde_json::{Value as Json, json};

use super::{ROWS, SCHEMA, is_refused, options, secured, unsecured};
use crate::RuleOperation;

/// What a schema cannot say: model, field, operation, line.
fn named(db: &crate::Client) -> Vec<(String, &'static str, usize)> {
    let plan = db.row_security(&options()).unwrap();
    let named = plan.unsaid.into_iter().map(|one| {
        let name = match one.field {
            Some(field) => format!("{}.{field}", one.model),
            None => one.model,
        };
        let operation = one.operation.map_or("all", RuleOperation::name);
        (name, operation, one.place.map_or(0, |place| place.line))
    });
    named.collect()
}

#[tokio::test]
async fn each_thing_that_cannot_be_said_is_named_with_its_line() {
    let databases = hallpass_db::testing::databases().await;
    let Some(test) = databases.into_iter().find(|test| test.name == "postgres") else {
        return;
    };
    let user = "model User { id Int @id  name String  docs Doc[]  @@allow('read', true) }";
    for (doc, expected) in [
        ("text String", &[][..]),
        (
            "text String @allow('read', owner == auth())",
            &[("Doc.text", "read", 2)],
        ),
        ("text String @deny('read', false)", &[]),
        ("text String @omit", &[("Doc.text", "read", 0)]),
        (
            "text String? @password",
            &[
                ("Doc.text", "read", 0),
                ("Doc.text", "create", 0),
                ("Doc.text", "update", 0),
            ],
        ),
        (
            "text String @trim",
            &[("Doc.text", "create", 0), ("Doc.text", "update", 0)],
        ),
        (
            "text String @length(1, 3)",
            &[("Doc.text", "create", 0), ("Doc.text", "update", 0)],
        ),
        ("text String @ignore", &[("Doc.text", "all", 0)]),
        (
            "text String @allow('update', owner == auth(), true)",
            &[("Doc.text", "update", 2)],
        ),
        (
            "text String @@validate(length(text) > 3)",
            &[("Doc", "create", 2), ("Doc", "update", 2)],
        ),
        (
            "number Int @default(autoincrement()) @@allow('create', number > 3)",
            &[("Doc", "create", 2)],
        ),
        (
            "text String @db.Citext @@allow('read', text == auth().name)",
            &[("Doc", "read", 2)],
        ),
        (
            "data Bytes @@deny('delete', auth().name == 'x' && data == data)",
            &[],
        ),
    ] {
        let text = format!(
            "{user}\nmodel Doc {{ id Int @id  ownerId Int  owner User @relation(fields: [ownerId], references: [id])  {doc} @@allow('all', owner == auth()) }}"
        );
        let schema = crate::suite::support::schema(&text);
        let db = crate::Client::new(
            test.database.clone(),
            schema.into(),
            crate::suite::support::options(),
        );
        let found = named(&db.unwrap());
        let found: Vec<_> = found
            .iter()
            .map(|(name, operation, line)| (name.as_str(), *operation, *line))
            .collect();
        assert_eq!(found, expected, "{doc}");
    }
}

#[tokio::test]
async fn what_is_closed_is_refused() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    let of = json!({"id": 1});
    for statement in [
        "SELECT * FROM \"Doc\"",
        "SELECT secret FROM \"Doc\"",
        "SELECT hidden FROM \"Doc\"",
        "SELECT id FROM \"Doc\" WHERE secret = 's'",
        "SELECT id FROM \"Doc\" ORDER BY hidden",
        "INSERT INTO \"_TeamToUser\" VALUES (1, 1)",
        "DELETE FROM \"_TeamToUser\"",
        "UPDATE \"Doc\" SET id = 20 WHERE id = 1",
        "TRUNCATE \"Doc\"",
        "INSERT INTO \"Org\" VALUES (7, 'x')",
        "DELETE FROM \"User\"",
    ] {
        let refused = secured.sql(&of, &[statement]).await;
        assert!(is_refused(&refused), "{statement}: {refused:?}");
    }
    for statement in [
        "SELECT id, title, \"ownerId\" FROM \"Doc\"",
        "UPDATE \"Doc\" SET secret = 'x'",
        "UPDATE \"Doc\" SET hidden = 'x' WHERE id = 1",
    ] {
        let done = secured.sql(&of, &[statement]).await;
        assert!(done.is_ok(), "{statement}: {done:?}");
    }
}

#[tokio::test]
async fn models_in_several_tables_are_read_and_not_written() {
    let text = "
        model Asset { id Int @id  ownerId Int  kind String
          @@delegate(kind) @@allow('all', ownerId == auth().id) }
        model Video extends Asset { seconds Int  @@deny('read', seconds > 100) }
        type Person { id Int @@auth }";
    let rows = [
        "INSERT INTO \"Asset\" VALUES (1, 1, 'Video'), (2, 2, 'Video'), (3, 1, 'Video')",
        "INSERT INTO \"Video\" VALUES (10, 1), (20, 2), (200, 3)",
    ];
    let Some(secured) = unsecured(text, &[]).await else {
        return;
    };
    let columns = "INSERT INTO \"Video\" (seconds, id) VALUES";
    secured.test.run(rows[0]).await;
    secured
        .test
        .run(&rows[1].replace("INSERT INTO \"Video\" VALUES", columns))
        .await;
    secured.apply().await.unwrap();
    let of = json!({"id": 1});
    assert_eq!(
        secured
            .ids(&of, "SELECT id FROM \"Asset\" ORDER BY id")
            .await,
        [1, 3]
    );
    assert_eq!(
        secured
            .ids(&of, "SELECT id FROM \"Video\" ORDER BY id")
            .await,
        [1]
    );
    assert_eq!(
        secured.ids(&Json::Null, "SELECT id FROM \"Asset\"").await,
        [0; 0]
    );
    for statement in ["DELETE FROM \"Asset\"", "UPDATE \"Video\" SET seconds = 1"] {
        let refused = secured.sql(&of, &[statement]).await;
        assert!(is_refused(&refused), "{statement}: {refused:?}");
    }
    let named = named(&secured.db);
    assert_eq!(named.len(), 6, "{named:?}");
}
