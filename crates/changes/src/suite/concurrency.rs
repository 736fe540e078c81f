//! Several writers at once.

use std::collections::HashMap;

use hallpass_sql::{Access, Query};

use super::world::{READER, World, key};

fn query(text: impl Into<String>) -> Query {
    Query {
        text: text.into(),
        binds: Vec::new(),
        access: Access::Write,
    }
}

#[tokio::test]
async fn what_a_slow_transaction_wrote_first_is_not_skipped() {
    for world in World::all().await {
        let name = world.test.name;
        if world.dialect() == hallpass_sql::Dialect::Sqlite {
            // One transaction writes at a time: there is no slow one beside another.
            continue;
        }
        let mut slow = world.test.database.begin().await.unwrap();
        slow.exec(&query("INSERT INTO users (id) VALUES ('slow')"), &[])
            .await
            .unwrap();
        world.run("INSERT INTO users (id) VALUES ('fast')").await;
        let keys: Vec<_> = world.read().await.into_iter().map(|one| one.key).collect();
        assert_eq!(
            keys,
            [key("fast")],
            "{name}: whoever is done waits for nobody"
        );
        world.run("INSERT INTO users (id) VALUES ('faster')").await;
        let keys: Vec<_> = world.read().await.into_iter().map(|one| one.key).collect();
        assert_eq!(keys, [key("faster")], "{name}");
        slow.commit().await.unwrap();
        let keys: Vec<_> = world.read().await.into_iter().map(|one| one.key).collect();
        assert_eq!(keys, [key("slow")], "{name}");
        assert_eq!(world.read().await, [], "{name}: nothing twice");
    }
}

#[tokio::test]
async fn changes_of_one_row_keep_their_order_whoever_began_first() {
    for world in World::all().await {
        let name = world.test.name;
        if world.dialect() == hallpass_sql::Dialect::Sqlite {
            continue;
        }
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'first'), ('u2', 'first')")
            .await;
        world.read().await;
        // The older transaction changes the row after the younger one has.
        let mut older = world.test.database.begin().await.unwrap();
        older
            .exec(
                &query("UPDATE users SET name = 'older' WHERE id = 'u2'"),
                &[],
            )
            .await
            .unwrap();
        let mut younger = world.test.database.begin().await.unwrap();
        younger
            .exec(
                &query("UPDATE users SET name = 'second' WHERE id = 'u1'"),
                &[],
            )
            .await
            .unwrap();
        younger.commit().await.unwrap();
        older
            .exec(
                &query("UPDATE users SET name = 'third' WHERE id = 'u1'"),
                &[],
            )
            .await
            .unwrap();
        older.commit().await.unwrap();
        let names: Vec<_> = world
            .read()
            .await
            .into_iter()
            .filter(|one| one.key == key("u1"))
            .map(|one| one.after.unwrap()["name"].clone())
            .collect();
        assert_eq!(names, ["second", "third"], "{name}");
    }
}

#[tokio::test]
async fn what_is_undone_leaves_nothing_and_stops_nobody() {
    for world in World::all().await {
        let name = world.test.name;
        let mut tx = world.test.database.begin().await.unwrap();
        tx.exec(&query("INSERT INTO users (id) VALUES ('gone')"), &[])
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        world.run("INSERT INTO users (id) VALUES ('stays')").await;
        let keys: Vec<_> = world.read().await.into_iter().map(|one| one.key).collect();
        assert_eq!(keys, [key("stays")], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_writers_every_change_comes_once_and_ends_as_the_table_does() {
    const WRITERS: usize = 8;
    const EACH: usize = 25;
    for world in World::all().await {
        let name = world.test.name;
        for row in 0..3 {
            world
                .run(&format!(
                    "INSERT INTO users (id, count) VALUES ('u{row}', 0)"
                ))
                .await;
        }
        let mut tasks = Vec::new();
        for writer in 0..WRITERS {
            let database = world.test.database.clone();
            tasks.push(tokio::spawn(async move {
                for turn in 0..EACH {
                    let row = (writer + turn) % 3;
                    let text = format!("UPDATE users SET count = count + 1 WHERE id = 'u{row}'");
                    database.exec(&query(text), &[]).await.unwrap();
                }
            }));
        }
        // Two readers of one name beside them: what one has done, the other has not.
        let mut seen = Vec::new();
        let mut is_over = false;
        while !is_over {
            is_over = tasks.iter().all(tokio::task::JoinHandle::is_finished);
            let log = world.log();
            let batch = log.next(READER, 7).await.unwrap();
            log.done(&world.test.database, READER, &batch)
                .await
                .unwrap();
            seen.extend(batch.changes);
        }
        for task in tasks {
            task.await.unwrap();
        }
        seen.extend(world.read().await);
        let updates: Vec<_> = seen.iter().filter(|one| one.before.is_some()).collect();
        assert_eq!(updates.len(), WRITERS * EACH, "{name}");
        let mut counts: HashMap<String, i64> = HashMap::new();
        for change in &updates {
            let id = change.key["id"].as_str().unwrap().to_owned();
            let before = change.before.as_ref().unwrap()["count"].as_i64().unwrap();
            let after = change.after.as_ref().unwrap()["count"].as_i64().unwrap();
            assert_eq!(counts.insert(id, after).unwrap_or(0), before, "{name}");
            assert_eq!(after, before + 1, "{name}");
        }
        assert!(
            seen.windows(2).all(|two| two[0].position < two[1].position),
            "{name}"
        );
    }
}

#[tokio::test]
async fn two_processes_of_one_name_do_no_work_twice() {
    for world in World::all().await {
        let name = world.test.name;
        world.run("INSERT INTO users (id) VALUES ('u1')").await;
        let log = world.log();
        let one = log.next(READER, 10).await.unwrap();
        let other = log.next(READER, 10).await.unwrap();
        assert_eq!(one, other, "{name}");
        log.done(&world.test.database, READER, &one).await.unwrap();
        let error = log
            .done(&world.test.database, READER, &other)
            .await
            .unwrap_err();
        assert!(
            matches!(error, crate::ChangesError::Moved { .. }),
            "{name}: {error}"
        );
    }
}
