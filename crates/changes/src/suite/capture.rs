//! What stands in the log.

use hallpass_sql::Dialect;
use serde_json::json;

use super::world::{World, key, member};
use crate::log::{Operation, actor};

#[tokio::test]
async fn inserts_updates_and_deletes_of_any_program_are_written_in_their_order() {
    for world in World::all().await {
        let name = world.test.name;
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        world
            .run("UPDATE users SET name = 'Ada L.' WHERE id = 'u1'")
            .await;
        world
            .run("UPDATE users SET id = 'u2' WHERE id = 'u1'")
            .await;
        world.run("DELETE FROM users WHERE id = 'u2'").await;
        let changes = world.read().await;
        let seen: Vec<_> = changes
            .iter()
            .map(|one| (one.operation, one.key.clone()))
            .collect();
        let expected = [
            (Operation::Insert, key("u1")),
            (Operation::Update, key("u1")),
            (Operation::Update, key("u1")),
            (Operation::Delete, key("u2")),
        ];
        assert_eq!(seen, expected, "{name}");
        assert!(changes.iter().all(|one| one.table == "users"), "{name}");
        let [insert, update, moved, delete] = changes.as_slice() else {
            panic!("{name}");
        };
        assert_eq!(
            (&insert.before, member(insert, "name")),
            (&None, &json!("Ada")),
            "{name}"
        );
        assert_eq!(update.before.as_ref().unwrap()["name"], "Ada", "{name}");
        assert_eq!(update.after.as_ref().unwrap()["name"], "Ada L.", "{name}");
        assert_eq!(moved.after.as_ref().unwrap()["id"], "u2", "{name}");
        assert_eq!(
            (&delete.after, member(delete, "name")),
            (&None, &json!("Ada L.")),
            "{name}"
        );
        assert!(
            changes
                .windows(2)
                .all(|two| two[0].position < two[1].position),
            "{name}"
        );
    }
}

#[tokio::test]
async fn secrets_never_enter_the_log() {
    for world in World::all().await {
        let name = world.test.name;
        world
            .run("INSERT INTO users (id, password, sealed) VALUES ('u1', 'planted-one', 'planted-two')")
            .await;
        world
            .run("UPDATE users SET name = 'A', password = 'planted-three' WHERE id = 'u1'")
            .await;
        world
            .run("INSERT INTO sessions (token, user_id) VALUES ('planted-four', 'u1')")
            .await;
        world.run("DELETE FROM users WHERE id = 'u1'").await;
        let raw = world.raw().await;
        assert!(!raw.contains("planted"), "{name}: {raw}");
        assert!(
            !raw.contains("password") && !raw.contains("sealed"),
            "{name}: {raw}"
        );
        let tables: Vec<_> = world
            .read()
            .await
            .into_iter()
            .map(|one| one.table)
            .collect();
        assert!(
            !tables.contains(&"sessions".to_owned()),
            "{name}: {tables:?}"
        );
    }
}

#[tokio::test]
async fn a_change_of_nothing_that_is_kept_is_no_change() {
    for world in World::all().await {
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        world.read().await;
        world
            .run("UPDATE users SET name = 'Ada' WHERE id = 'u1'")
            .await;
        world
            .run("UPDATE users SET password = 'x' WHERE id = 'u1'")
            .await;
        assert_eq!(world.read().await, [], "{}", world.test.name);
    }
}

#[tokio::test]
async fn every_kind_of_value_is_written_without_loss() {
    for world in World::all().await {
        let name = world.test.name;
        let (data, born) = match world.dialect() {
            Dialect::Postgres => ("'\\x00ff27'::bytea", "'2026-01-31 23:59:59.123'"),
            Dialect::Sqlite => ("x'00ff27'", "'2026-01-31T23:59:59.123Z'"),
            _ => ("x'00ff27'", "'2026-01-31 23:59:59.123'"),
        };
        let doc = r#"'{"a": [1, null, "\u00e9"], "big": 12345678901234567890}'"#;
        let doc = if world.is_mysql() {
            doc.replace('\\', "\\\\")
        } else {
            doc.to_owned()
        };
        world
            .run(&format!(
                "INSERT INTO users (id, data, doc, amount, ratio, count, big, done, born) VALUES \
                 ('u1', {data}, {doc}, 12345678901234.125, 0.30000000000000004, -7, 9007199254740993, {yes}, {born})",
                yes = if world.dialect() == Dialect::Postgres { "true" } else { "1" },
            ))
            .await;
        let changes = world.read().await;
        let change = &changes[0];
        assert_eq!(member(change, "data"), "00ff27", "{name}");
        let doc: serde_json::Value =
            serde_json::from_str(member(change, "doc").as_str().unwrap()).unwrap();
        assert_eq!(doc["a"], json!([1, null, "é"]), "{name}");
        let amount = member(change, "amount").as_str().unwrap();
        assert_eq!(amount.trim_end_matches('0'), "12345678901234.125", "{name}");
        let ratio: f64 = member(change, "ratio").as_str().unwrap().parse().unwrap();
        assert_eq!(ratio, 0.1 + 0.2, "{name}");
        assert_eq!(member(change, "count"), -7, "{name}");
        assert_eq!(
            member(change, "big").as_i64(),
            Some(9_007_199_254_740_993),
            "{name}"
        );
        assert!(
            [json!(true), json!(1)].contains(member(change, "done")),
            "{name}"
        );
        let born: jiff::Timestamp = member(change, "born").as_str().unwrap().parse().unwrap();
        assert_eq!(born, "2026-01-31T23:59:59.123Z".parse().unwrap(), "{name}");
        assert_eq!(member(change, "bio"), &json!(null), "{name}");
        assert_eq!(change.left_out, Vec::<String>::new(), "{name}");
    }
}

#[tokio::test]
async fn odd_texts_come_back_as_they_were() {
    let odd = "a'b\"c\\d\n\t\u{1}\u{1f}é🦀\u{2028}%_{}[],\u{7f}";
    for world in World::all().await {
        let name = world.test.name;
        let parameter = if world.dialect() == Dialect::Postgres {
            "$1"
        } else {
            "?"
        };
        let query = hallpass_sql::Query {
            text: format!("INSERT INTO users (id, name) VALUES ('u1', {parameter})"),
            binds: vec![hallpass_sql::Bind::Parameter(0)],
            access: hallpass_sql::Access::Write,
        };
        world
            .test
            .database
            .exec(&query, &[odd.into()])
            .await
            .unwrap();
        let changes = world.read().await;
        assert_eq!(member(&changes[0], "name"), odd, "{name}");
    }
}

#[tokio::test]
async fn a_text_of_sqlite_that_is_none_stops_no_reader() {
    for world in World::all().await {
        if world.dialect() != Dialect::Sqlite {
            continue;
        }
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', CAST(x'ff6100' AS TEXT))")
            .await;
        world
            .run("INSERT INTO users (id, name, count) VALUES ('u2', 'b', 9e999)")
            .await;
        world
            .run("INSERT INTO users (id, name) VALUES ('u3', x'00ff')")
            .await;
        let changes = world.read().await;
        assert_eq!(changes.len(), 3);
        assert_eq!(member(&changes[2], "name"), "00ff");
    }
}

#[tokio::test]
async fn a_truncated_table_is_one_change_where_the_database_tells() {
    for world in World::all().await {
        if world.dialect() != Dialect::Postgres {
            continue;
        }
        world.run("INSERT INTO users (id) VALUES ('u1')").await;
        world.read().await;
        world.run("TRUNCATE users CASCADE").await;
        let changes = world.read().await;
        let mut seen: Vec<_> = changes
            .iter()
            .map(|one| (one.table.as_str(), one.operation))
            .collect();
        seen.sort_by_key(|one| one.0);
        assert_eq!(
            seen,
            [
                ("todos", Operation::Truncate),
                ("users", Operation::Truncate)
            ]
        );
        assert!(changes[0].key.is_empty() && changes[0].before.is_none());
    }
}

#[tokio::test]
async fn who_acts_stands_at_the_changes_of_that_transaction_alone() {
    for world in World::all().await {
        let name = world.test.name;
        let mut tx = world.test.database.begin().await.unwrap();
        actor::set(&mut tx, "user:ada").await.unwrap();
        let insert = hallpass_sql::Query {
            text: "INSERT INTO users (id) VALUES ('u1')".to_owned(),
            binds: Vec::new(),
            access: hallpass_sql::Access::Write,
        };
        tx.exec(&insert, &[]).await.unwrap();
        actor::clear(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        world.run("INSERT INTO users (id) VALUES ('u2')").await;
        let changes = world.read().await;
        let actors: Vec<_> = changes.iter().map(|one| one.actor.as_deref()).collect();
        assert_eq!(actors, [Some("user:ada"), None], "{name}");
    }
}

#[tokio::test]
async fn the_key_that_the_database_counts_is_told_as_before() {
    for world in World::all().await {
        if !world.is_mysql() {
            continue;
        }
        world
            .run("INSERT INTO users (id) VALUES ('u1'), ('u2'), ('u3')")
            .await;
        let query = |text: &str| hallpass_sql::Query {
            text: text.to_owned(),
            binds: Vec::new(),
            access: hallpass_sql::Access::Write,
        };
        let insert = query("INSERT INTO todos (user_id, task) VALUES ('u1', 'milk')");
        let rows = world.test.database.exec(&insert, &[]).await.unwrap();
        assert_eq!(rows.inserted_id, Some(1));
        let insert = query("INSERT INTO users (id) VALUES ('u4')");
        let rows = world.test.database.exec(&insert, &[]).await.unwrap();
        assert_eq!((rows.affected, rows.inserted_id.unwrap_or(0)), (1, 0));
    }
}
