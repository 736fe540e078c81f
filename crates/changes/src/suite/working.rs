//! Work that one process at a time does, and targets that are kept.

use std::sync::Arc;
use std::time::Duration;

use hallpass_db::testing::{TestDatabase, databases};
use hallpass_sql::{Dialect, Value};

use super::world::World;
use crate::sync::document::table_of;
use crate::{Deletion, Failing, Kept, Turn, Worker};

const LEASE: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn one_process_at_a_time_holds_a_lease() {
    for world in World::all().await {
        let name = world.test.name;
        let worker = async |holder: &str| world.changes.worker("sync:t", holder).await.unwrap();
        let (one, other) = (worker("one").await, worker("other").await);
        assert!(one.claim(LEASE).await.unwrap(), "{name}");
        assert!(!other.claim(LEASE).await.unwrap(), "{name}");
        assert!(one.claim(LEASE).await.unwrap(), "{name}: it keeps it");
        let elsewhere = world.changes.worker("sync:u", "other").await.unwrap();
        assert!(elsewhere.claim(LEASE).await.unwrap(), "{name}: by name");

        // What another holds is not given back by this one.
        other.release().await.unwrap();
        assert!(!other.claim(LEASE).await.unwrap(), "{name}");
        one.release().await.unwrap();
        assert!(other.claim(LEASE).await.unwrap(), "{name}");
        // A process that died.
        let died = "UPDATE hallpass_change_worker SET lease_end = '2020-01-01 00:00:00'";
        world.run(died).await;
        assert!(one.claim(LEASE).await.unwrap(), "{name}");
        assert!(!other.claim(LEASE).await.unwrap(), "{name}");
    }
}

#[tokio::test]
async fn of_many_that_begin_at_once_one_holds_the_lease() {
    for world in World::all().await {
        let name = world.test.name;
        let mut tasks = Vec::new();
        for place in 0..8 {
            let changes = world.changes.clone();
            tasks.push(tokio::spawn(async move {
                let worker = changes
                    .worker("sync:t", &format!("p{place}"))
                    .await
                    .unwrap();
                worker.claim(LEASE).await
            }));
        }
        let mut held = 0;
        for task in tasks {
            held += usize::from(task.await.unwrap().unwrap());
        }
        assert_eq!(held, 1, "{name}");
    }
}

#[tokio::test]
async fn failures_are_kept_with_their_beginning_until_it_works() {
    for world in World::all().await {
        let name = world.test.name;
        assert_eq!(world.changes.workers().await.unwrap(), [], "{name}");
        let worker = world.changes.worker("sync:t", "one").await.unwrap();
        worker.claim(LEASE).await.unwrap();
        let state = async || world.changes.workers().await.unwrap().remove(0);
        assert!(
            state().await.is_held && state().await.failing.is_none(),
            "{name}"
        );
        worker.failed(Failing::Away).await.unwrap();
        let (since, why) = state().await.failing.unwrap();
        assert_eq!(why, Failing::Away, "{name}");
        worker.failed(Failing::Refused).await.unwrap();
        assert_eq!(
            state().await.failing,
            Some((since, Failing::Refused)),
            "{name}"
        );
        // Only who holds the lease says how it goes.
        let other = world.changes.worker("sync:t", "other").await.unwrap();
        other.worked().await.unwrap();
        assert!(state().await.failing.is_some(), "{name}");
        worker.worked().await.unwrap();
        assert_eq!(state().await.failing, None, "{name}");
        worker.release().await.unwrap();
        assert!(!state().await.is_held, "{name}");
    }
}

/// Until nothing is left to do.
async fn rest(kept: &mut Kept) -> usize {
    for turns in 1..1000 {
        if kept.turn().await.unwrap() == Turn::Rest {
            return turns;
        }
    }
    panic!("it never rests");
}

fn kept(world: &World, name: &str, address: &str) -> Kept {
    let schema = Arc::new(world.schema.clone());
    Kept::new(
        &world.changes.users(),
        &schema,
        name,
        address,
        Deletion::Hard,
    )
}

#[tokio::test]
async fn a_target_is_kept_and_left_alone_while_nothing_happens() {
    for place in 0..databases().await.len() {
        for world in World::all().await {
            let target = databases().await.swap_remove(place);
            let name = format!("{} to {}", world.test.name, target.name);
            let told = table_of(target.database.dialect());
            let count = format!("SELECT count(*) FROM {told}");
            let count = async || target.rows(&count).await[0][0].clone();
            world
                .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
                .await;
            let mut kept = kept(&world, "t", &target.address);
            rest(&mut kept).await;
            assert_eq!(count().await, 1.into(), "{name}");
            // Taken away, which would be an error if anybody looked.
            target
                .run("ALTER TABLE hallpass_sync_cursor RENAME TO elsewhere")
                .await;
            assert_eq!(kept.turn().await.unwrap(), Turn::Rest, "{name}");
            world
                .run("INSERT INTO users (id, name) VALUES ('u2', 'Bob')")
                .await;
            assert!(kept.turn().await.is_err(), "{name}");
            target
                .run("ALTER TABLE elsewhere RENAME TO hallpass_sync_cursor")
                .await;
            rest(&mut kept).await;
            assert_eq!(count().await, 2.into(), "{name}");
            kept.close().await;
        }
    }
}

#[tokio::test]
async fn a_target_that_is_away_says_why_and_loses_nothing() {
    for world in World::all().await {
        let name = world.test.name;
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        let mut away = kept(&world, "t", "postgres://u:planted@127.0.0.1:1/none");
        let error = away.turn().await.unwrap_err();
        assert_eq!(error.failing(), Some(Failing::Away), "{name}: {error}");
        assert!(!format!("{away:?} {error}").contains("planted"), "{name}");
        let target = databases().await.swap_remove(0);
        let mut back = kept(&world, "t", &target.address);
        rest(&mut back).await;
        let told = table_of(target.database.dialect());
        let rows = target.rows(&format!("SELECT id FROM {told}")).await;
        assert_eq!(rows, [["u1".into()]], "{name}");
        back.close().await;
    }
}

#[tokio::test]
async fn a_target_that_lets_nobody_in_or_is_nowhere_is_not_said_to_be_away() {
    let worlds = World::all().await;
    let world = worlds.first().unwrap();
    let targets = databases().await;
    let mut addresses = vec![
        ("postgres://u:planted@[::bad/x".to_owned(), Failing::Address),
        (
            "postgres://u:planted@localhost/x?sslmod=require".to_owned(),
            Failing::Address,
        ),
        ("sqlite:/none/planted/there.db".to_owned(), Failing::Address),
    ];
    for target in targets.iter().filter(|one| one.name != "sqlite") {
        let (scheme, place) = target.address.split_once("://").unwrap();
        let (_, place) = place.split_once('@').unwrap();
        addresses.push((
            format!("{scheme}://nobody_of_ours:planted@{place}"),
            Failing::NotAdmitted,
        ));
    }
    for (address, why) in addresses {
        let mut barred = kept(world, "t", &address);
        let error = barred.turn().await.unwrap_err();
        assert_eq!(error.failing(), Some(why), "{address}: {error}");
        barred.close().await;
    }
}

#[tokio::test]
async fn a_target_without_rights_says_so_and_delays_nobody() {
    for world in World::all().await {
        let name = world.test.name;
        let is_postgres = |one: &TestDatabase| one.database.dialect() == Dialect::Postgres;
        let Some(closed) = databases().await.into_iter().find(is_postgres) else {
            continue;
        };
        let Value::Int(number) = closed.rows("SELECT pg_backend_pid()::bigint").await[0][0] else {
            panic!("no number");
        };
        let role = format!("hallpass_guest_{number}");
        let make = format!("CREATE ROLE {role} LOGIN PASSWORD 'planted'");
        closed.run(&make).await;
        let (_, place) = closed.address.split_once('@').unwrap();
        let mut refused = kept(
            &world,
            "closed",
            &format!("postgres://{role}:planted@{place}"),
        );
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        for _ in 0..2 {
            let error = refused.turn().await.unwrap_err();
            assert_eq!(error.failing(), Some(Failing::NoRight), "{name}: {error}");
            assert!(!format!("{error}").contains("planted"), "{name}");
        }
        let open = databases().await.swap_remove(0);
        let mut other = kept(&world, "open", &open.address);
        rest(&mut other).await;
        let rows = async |target: &TestDatabase| {
            let told = table_of(target.database.dialect());
            target.rows(&format!("SELECT id FROM {told}")).await
        };
        assert_eq!(rows(&open).await, [["u1".into()]], "{name}");
        // Once somebody has given the rights, nothing is missing.
        closed.run(&format!("ALTER ROLE {role} SUPERUSER")).await;
        rest(&mut refused).await;
        assert_eq!(rows(&closed).await, [["u1".into()]], "{name}");
        refused.close().await;
        other.close().await;
        closed
            .run(&format!("REASSIGN OWNED BY {role} TO CURRENT_USER"))
            .await;
        closed.run(&format!("DROP ROLE {role}")).await;
    }
}

#[tokio::test]
async fn what_was_lost_waits_for_a_person() {
    for world in World::all().await {
        let name = world.test.name;
        let target = databases().await.swap_remove(0);
        let mut kept = kept(&world, "t", &target.address);
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        rest(&mut kept).await;
        world.run("UPDATE users SET name = 'Eve'").await;
        let all = crate::Retention {
            age: Some(Duration::ZERO),
            ..crate::Retention::default()
        };
        let past = ["sync:t".to_owned(), super::world::READER.to_owned()];
        world.log().remove(all, &past).await.unwrap();
        for _ in 0..2 {
            let error = kept.turn().await.unwrap_err();
            assert_eq!(error.failing(), Some(Failing::Lost), "{name}: {error}");
        }
        kept.restart().await.unwrap();
        rest(&mut kept).await;
        let told = table_of(target.database.dialect());
        let rows = target.rows(&format!("SELECT name FROM {told}")).await;
        assert_eq!(rows, [["Eve".into()]], "{name}");
        kept.close().await;
    }
}

/// A follower that took a renamed column for one that the schema never had would tell everybody that it was emptied.
#[tokio::test]
async fn a_column_of_users_that_is_renamed_stops_its_followers_until_it_is_back() {
    for world in World::all().await {
        let name = world.test.name;
        let target = databases().await.swap_remove(0);
        let told = table_of(target.database.dialect());
        let names = async || {
            let text = format!("SELECT name FROM {told} ORDER BY id");
            target.rows(&text).await.concat()
        };
        let mut kept = kept(&world, "t", &target.address);
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        rest(&mut kept).await;
        world
            .run("ALTER TABLE users ADD COLUMN nickname VARCHAR(9)")
            .await;
        world
            .run("INSERT INTO users (id, name) VALUES ('u2', 'Bo')")
            .await;
        rest(&mut kept).await;
        assert_eq!(names().await, ["Ada".into(), "Bo".into()], "{name}");
        let rename = |from, to| format!("ALTER TABLE users RENAME COLUMN {from} TO {to}");
        world.run(&rename("name", "title")).await;
        world.run("UPDATE users SET title = 'Eve'").await;
        if world.dialect() == Dialect::Sqlite {
            // Its triggers have followed the rename, so nothing is missing for whoever reads the log alone.
            rest(&mut kept).await;
            assert_eq!(names().await, ["Eve".into(), "Eve".into()], "{name}");
        } else {
            let error = kept.turn().await.unwrap_err();
            assert_eq!(error.failing(), Some(Failing::Refused), "{name}: {error}");
        }
        let mut new = self::kept(&world, "t", &target.address);
        for kept in [&mut kept, &mut new] {
            if world.dialect() == Dialect::Sqlite {
                kept.close().await;
                world
                    .run("INSERT INTO users (id, title) VALUES ('u3', 'Cy')")
                    .await;
                world.run("DELETE FROM users WHERE id = 'u3'").await;
            }
            for _ in 0..2 {
                let error = kept.turn().await.unwrap_err();
                assert_eq!(error.failing(), Some(Failing::NoColumn), "{name}: {error}");
                let text = "the table `users` has no column `name`, which the schema names";
                assert_eq!(error.to_string(), text, "{name}");
            }
        }
        assert!(!names().await.contains(&Value::Null), "{name}");
        world.run(&rename("title", "name")).await;
        rest(&mut kept).await;
        assert_eq!(names().await, ["Eve".into(), "Eve".into()], "{name}");
        kept.close().await;
        new.close().await;
    }
}

#[test]
fn every_reason_has_a_name_of_its_own() {
    for (place, one) in [
        Failing::Away,
        Failing::Address,
        Failing::NotAdmitted,
        Failing::NoRight,
        Failing::NotInstalled,
        Failing::Lost,
        Failing::Slow,
        Failing::Refused,
        Failing::NoColumn,
        Failing::Itself,
    ]
    .iter()
    .enumerate()
    {
        assert!(one.name().len() <= 32 && !one.text().is_empty(), "{place}");
        assert_eq!(Failing::of(one.name()), *one);
    }
    assert_eq!(Failing::of("of a newer version"), Failing::Refused);
}

#[tokio::test]
async fn a_reader_that_is_forgotten_holds_nothing_and_is_told_no_longer() {
    for world in World::all().await {
        let name = world.test.name;
        let target = databases().await.swap_remove(0);
        let mut kept = kept(&world, "t", &target.address);
        rest(&mut kept).await;
        kept.close().await;
        let worker = world.changes.worker("sync:t", "one").await.unwrap();
        worker.claim(LEASE).await.unwrap();
        world.changes.forget("sync:t").await.unwrap();
        assert_eq!(world.changes.workers().await.unwrap(), [], "{name}");
        let readers = world.changes.readers().await.unwrap();
        assert!(
            readers.iter().all(|reader| reader.name != "sync:t"),
            "{name}"
        );
        let error = world.changes.forget("sync:t").await.unwrap_err();
        assert!(
            matches!(error, crate::ChangesError::NoReader { .. }),
            "{name}: {error}"
        );
    }
}

#[tokio::test]
async fn the_table_of_workers_goes_with_the_log() {
    for world in World::all().await {
        let worker: Worker = world.changes.worker("sync:t", "one").await.unwrap();
        worker.claim(LEASE).await.unwrap();
        world
            .changes
            .uninstall(crate::Leave::Nothing)
            .await
            .unwrap();
        assert_eq!(world.changes.workers().await.unwrap(), []);
    }
}
