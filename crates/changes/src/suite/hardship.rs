//! A log that cannot be written must not keep applications from writing.

use hallpass_sql::{Access, Dialect, Query};

use super::world::{World, key, member, schema};
use crate::install::Standing;

fn query(text: &str) -> Query {
    Query {
        text: text.to_owned(),
        binds: Vec::new(),
        access: Access::Write,
    }
}

#[tokio::test]
async fn without_the_log_tables_are_written_as_before() {
    for world in World::all().await {
        let name = world.test.name;
        if world.dialect() == Dialect::Sqlite {
            // SQLite reads a trigger before it runs: the page says that the log is never to be dropped by hand.
            continue;
        }
        world.run("DROP TABLE hallpass_change").await;
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        world
            .run("UPDATE users SET name = 'B' WHERE id = 'u1'")
            .await;
        world.run("DELETE FROM users WHERE id = 'u1'").await;
        let status = world.changes.status(&world.tracking().await).await.unwrap();
        assert!(!status.has_log && !status.is_sound(), "{name}");
    }
}

#[tokio::test]
async fn a_log_that_is_locked_holds_writers_up_and_fails_none() {
    for world in World::all().await {
        let name = world.test.name;
        if world.dialect() != Dialect::Postgres {
            continue;
        }
        let mut holder = world.test.database.begin().await.unwrap();
        let lock = query("LOCK TABLE hallpass_change IN ACCESS EXCLUSIVE MODE");
        holder.exec(&lock, &[]).await.unwrap();
        let insert = query("INSERT INTO users (id) VALUES ('u1')");
        let writing = world.test.database.exec(&insert, &[]);
        tokio::pin!(writing);
        let before = tokio::select! {
            _ = &mut writing => true,
            () = waits(&world) => false,
        };
        assert!(!before, "{name}");
        holder.rollback().await.unwrap();
        writing.await.unwrap();
        assert_eq!(world.read().await.len(), 1, "{name}");
    }
}

/// Ends when somebody waits for a lock.
async fn waits(world: &World) {
    while world
        .count("SELECT count(*) FROM pg_locks WHERE NOT granted")
        .await
        == 0
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn values_that_are_too_long_are_left_out_and_named() {
    for world in World::all().await {
        let name = world.test.name;
        let long = "x".repeat(2_000_000);
        world
            .run(&format!(
                "INSERT INTO users (id, name, bio) VALUES ('u1', 'Ada', '{long}')"
            ))
            .await;
        let odd = "\u{1}".repeat(200_000);
        let parameter = if world.dialect() == Dialect::Postgres {
            "$1"
        } else {
            "?"
        };
        let update = Query {
            text: format!("UPDATE users SET bio = {parameter} WHERE id = 'u1'"),
            binds: vec![hallpass_sql::Bind::Parameter(0)],
            access: Access::Write,
        };
        world
            .test
            .database
            .exec(&update, &[odd.into()])
            .await
            .unwrap();
        let changes = world.read().await;
        assert_eq!(changes[0].left_out, ["bio"], "{name}");
        assert_eq!(
            member(&changes[0], "bio"),
            &serde_json::Value::Null,
            "{name}"
        );
        assert_eq!(member(&changes[0], "name"), "Ada", "{name}");
        assert_eq!(changes[1].left_out, ["bio"], "{name}: of the row before");
        // What was long and is long is a change all the same: nobody can tell that it is none.
        let other = "y".repeat(2_000_000);
        world
            .run(&format!("UPDATE users SET bio = '{other}'"))
            .await;
        world.run(&format!("UPDATE users SET bio = '{long}'")).await;
        assert_eq!(world.read().await.len(), 2, "{name}");
    }
}

#[tokio::test]
async fn bytes_of_any_size_are_taken() {
    for world in World::all().await {
        let name = world.test.name;
        let parameter = if world.dialect() == Dialect::Postgres {
            "$1"
        } else {
            "?"
        };
        let insert = Query {
            text: format!("INSERT INTO users (id, data) VALUES ('u1', {parameter})"),
            binds: vec![hallpass_sql::Bind::Parameter(0)],
            access: Access::Write,
        };
        let bytes = vec![0_u8; 12_000_000];
        world
            .test
            .database
            .exec(&insert, &[bytes.into()])
            .await
            .unwrap();
        assert_eq!(world.read().await[0].left_out, ["data"], "{name}");
    }
}

#[tokio::test]
async fn a_column_that_is_added_later_is_not_told_and_said_to_be_there() {
    for world in World::all().await {
        let name = world.test.name;
        world
            .run("ALTER TABLE users ADD COLUMN nickname varchar(191)")
            .await;
        world
            .run("INSERT INTO users (id, nickname) VALUES ('u1', 'planted')")
            .await;
        assert!(!world.raw().await.contains("planted"), "{name}");
        let status = world.changes.status(&world.tracking().await).await.unwrap();
        assert_eq!(
            status.tables[0].standing,
            Standing::Tracked,
            "{name}: the schema does not know it"
        );
        assert!(
            status.tables[0].left_out.contains(&"nickname".to_owned()),
            "{name}"
        );
        // Once the schema has it, triggers that do not write it have drifted.
        let known = super::world::SCHEMA.replace(
            "  bio      String?",
            "  bio      String?\n  nickname String?",
        );
        let tracking = world.changes.tracking(&schema(&known), &[]).await.unwrap();
        let status = world.changes.status(&tracking).await.unwrap();
        assert_eq!(status.tables[0].standing, Standing::Drifted, "{name}");
        let done = world.changes.install(&tracking).await.unwrap();
        assert_eq!(done.steps[0].name, "retrack:users", "{name}");
        world.run("UPDATE users SET nickname = 'seen'").await;
        let last = world.read().await.pop().unwrap();
        assert_eq!(member(&last, "nickname"), "seen", "{name}");
    }
}

#[tokio::test]
async fn a_column_that_goes_or_is_renamed_breaks_no_write() {
    for world in World::all().await {
        let name = world.test.name;
        if world.dialect() == Dialect::Sqlite {
            // SQLite renames in triggers as well, and refuses to drop a column that a trigger names.
            world
                .run("ALTER TABLE users RENAME COLUMN bio TO story")
                .await;
            world
                .run("INSERT INTO users (id, story) VALUES ('u1', 'a')")
                .await;
            assert_eq!(member(&world.read().await[0], "bio"), "a", "{name}");
            let dropped = query("ALTER TABLE users DROP COLUMN story");
            world.test.database.exec(&dropped, &[]).await.unwrap_err();
            continue;
        }
        world.run("ALTER TABLE users DROP COLUMN bio").await;
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        world
            .run("ALTER TABLE users RENAME COLUMN name TO title")
            .await;
        world
            .run("UPDATE users SET title = 'B', password = 'planted' WHERE id = 'u1'")
            .await;
        world.run("DELETE FROM users WHERE id = 'u1'").await;
        let changes = world.read().await;
        assert_eq!(changes.len(), 3, "{name}");
        assert!(
            changes.iter().all(|one| one.left_out == ["*"]),
            "{name}: {changes:?}"
        );
        assert!(!world.raw().await.contains("planted"), "{name}");
        if world.dialect() == Dialect::Postgres {
            assert!(
                changes.iter().all(|one| one.key == key("u1")),
                "{name}: {changes:?}"
            );
            assert_eq!(member(&changes[0], "name"), "Ada", "{name}");
        }
        let status = world.changes.status(&world.tracking().await).await.unwrap();
        assert_eq!(status.tables[0].standing, Standing::Drifted, "{name}");
        world
            .changes
            .install(&world.tracking().await)
            .await
            .unwrap();
        world
            .run("INSERT INTO users (id, title) VALUES ('u2', 'C')")
            .await;
        let change = world.read().await.pop().unwrap();
        assert_eq!(
            (change.key, change.left_out.len()),
            (key("u2"), 0),
            "{name}"
        );
    }
}

#[tokio::test]
async fn triggers_that_somebody_took_away_or_switched_off_are_missing() {
    for world in World::all().await {
        let name = world.test.name;
        match world.dialect() {
            Dialect::Postgres => {
                world
                    .run("ALTER TABLE users DISABLE TRIGGER hallpass_capture")
                    .await
            }
            _ => {
                let names = match world.dialect() {
                    Dialect::Sqlite => {
                        "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'users' LIMIT 1"
                    }
                    _ => {
                        "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE() \
                         AND event_object_table = 'users' AND trigger_name LIKE 'hallpass_capture%' LIMIT 1"
                    }
                };
                let rows = world.test.rows(names).await;
                let hallpass_sql::Value::Text(trigger) = &rows[0][0] else {
                    panic!("{rows:?}");
                };
                world.run(&format!("DROP TRIGGER {trigger}")).await;
            }
        }
        let tracking = world.tracking().await;
        let status = world.changes.status(&tracking).await.unwrap();
        assert_eq!(status.tables[0].standing, Standing::Missing, "{name}");
        world.changes.install(&tracking).await.unwrap();
        let status = world.changes.status(&tracking).await.unwrap();
        assert!(status.is_sound(), "{name}: {status:?}");
    }
}

#[tokio::test]
async fn columns_of_any_character_set_and_collation_are_copied() {
    for world in World::all().await {
        if !world.is_mysql() {
            continue;
        }
        world
            .run(
                "ALTER TABLE users MODIFY name varchar(191) CHARACTER SET latin1, \
                 MODIFY email varchar(255) COLLATE utf8mb4_bin, MODIFY bio longtext COLLATE utf8mb4_unicode_ci",
            )
            .await;
        world
            .run("INSERT INTO users (id, name, email, bio) VALUES ('u1', 'Zoé', 'é@x', '🦀')")
            .await;
        world
            .run("UPDATE users SET name = 'É', bio = NULL WHERE id = 'u1'")
            .await;
        let changes = world.read().await;
        assert_eq!(changes[0].key, key("u1"));
        assert_eq!(member(&changes[0], "name"), "Zoé");
        assert_eq!(member(&changes[0], "bio"), "🦀");
        assert_eq!(member(&changes[1], "name"), "É");
    }
}
