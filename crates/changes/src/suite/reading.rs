//! Readers, and what is kept for them.

use std::time::Duration;

use super::world::{READER, World};
use crate::ChangesError;
use crate::log::{Beginning, Retention};

async fn write(world: &World, count: usize) {
    for row in 0..count {
        world
            .run(&format!(
                "INSERT INTO users (id) VALUES ('{}-{row}')",
                world.count("SELECT count(*) FROM users").await
            ))
            .await;
    }
}

const ALL: Retention = Retention {
    age: Some(Duration::ZERO),
    most: None,
    most_bytes: None,
};

#[tokio::test]
async fn a_reader_goes_on_where_it_was_and_others_do_not_mind() {
    for world in World::all().await {
        let name = world.test.name;
        write(&world, 3).await;
        let log = world.log();
        log.begin("late", Beginning::Now).await.unwrap();
        log.begin("late", Beginning::Oldest).await.unwrap();
        let first = log.next(READER, 2).await.unwrap();
        assert_eq!(first.changes.len(), 2, "{name}");
        assert_eq!(
            log.next(READER, 2).await.unwrap(),
            first,
            "{name}: not moved before it is done"
        );
        log.done(&world.test.database, READER, &first)
            .await
            .unwrap();
        write(&world, 1).await;
        assert_eq!(
            log.next(READER, 10).await.unwrap().changes.len(),
            2,
            "{name}"
        );
        assert_eq!(
            log.next("late", 10).await.unwrap().changes.len(),
            1,
            "{name}"
        );
        let readers = log.readers().await.unwrap();
        let behind: Vec<_> = readers
            .iter()
            .map(|one| (one.name.as_str(), one.behind))
            .collect();
        assert_eq!(behind, [("late", 1), (READER, 2)], "{name}");
        let error = log.next("nobody", 1).await.unwrap_err();
        assert!(
            matches!(error, ChangesError::NoReader { .. }),
            "{name}: {error}"
        );
    }
}

#[tokio::test]
async fn a_reader_and_its_work_move_together_or_not_at_all() {
    for world in World::all().await {
        let name = world.test.name;
        write(&world, 1).await;
        let log = world.log();
        let batch = log.next(READER, 10).await.unwrap();
        let mut tx = world.test.database.begin().await.unwrap();
        log.done(&mut tx, READER, &batch).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(log.next(READER, 10).await.unwrap(), batch, "{name}");
    }
}

#[tokio::test]
async fn nothing_is_removed_that_somebody_has_to_read() {
    for world in World::all().await {
        let name = world.test.name;
        write(&world, 3).await;
        let log = world.log();
        log.begin("slow", Beginning::Oldest).await.unwrap();
        let one = log.next("slow", 1).await.unwrap();
        log.done(&world.test.database, "slow", &one).await.unwrap();
        world.read().await;
        let removed = log.remove(ALL, &[]).await.unwrap();
        assert_eq!(
            (removed.changes, removed.held_by),
            (1, vec!["slow".to_owned()]),
            "{name}"
        );
        assert_eq!(
            log.next("slow", 10).await.unwrap().changes.len(),
            2,
            "{name}"
        );
        // Only an operator who says its name passes it, and it is told.
        let removed = log.remove(ALL, &["slow".to_owned()]).await.unwrap();
        assert_eq!((removed.changes, removed.held_by), (2, vec![]), "{name}");
        let error = log.next("slow", 10).await.unwrap_err();
        assert!(
            matches!(error, ChangesError::Lost { .. }),
            "{name}: {error}"
        );
        let status = world.changes.status(&world.tracking().await).await.unwrap();
        assert!(!status.is_sound(), "{name}");
        log.restart("slow", Beginning::Oldest).await.unwrap();
        write(&world, 1).await;
        assert_eq!(
            log.next("slow", 10).await.unwrap().changes.len(),
            1,
            "{name}"
        );
        assert_eq!(
            world.read().await.len(),
            1,
            "{name}: who had read all, goes on"
        );
    }
}

#[tokio::test]
async fn what_is_young_or_among_the_last_stays() {
    for world in World::all().await {
        let name = world.test.name;
        write(&world, 5).await;
        world.read().await;
        let log = world.log();
        let young = Retention {
            age: Some(Duration::from_secs(3600)),
            most: None,
            most_bytes: None,
        };
        assert_eq!(log.remove(young, &[]).await.unwrap().changes, 0, "{name}");
        assert_eq!(
            log.remove(Retention::default(), &[]).await.unwrap().changes,
            0,
            "{name}"
        );
        let last = Retention {
            age: None,
            most: Some(2),
            most_bytes: None,
        };
        assert_eq!(log.remove(last, &[]).await.unwrap().changes, 3, "{name}");
        assert_eq!(
            world.count("SELECT count(*) FROM hallpass_change").await,
            2,
            "{name}"
        );
        // Positions are not given again, whatever was removed.
        assert_eq!(log.remove(ALL, &[]).await.unwrap().changes, 2, "{name}");
        write(&world, 1).await;
        assert_eq!(world.read().await.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn the_newest_that_fit_by_their_size_stay() {
    for world in World::all().await {
        let name = world.test.name;
        write(&world, 4).await;
        world.read().await;
        let bytes = match world.dialect() {
            hallpass_sql::Dialect::Postgres => "octet_length",
            _ => "length",
        };
        let size = format!(
            "SELECT {bytes}(row_key) + {bytes}(row_after) FROM hallpass_change ORDER BY seq DESC LIMIT 1"
        );
        let size = u64::try_from(world.count(&size).await).unwrap();
        assert!(size > 20, "{name}: {size}");
        let of_size = |most_bytes| Retention {
            age: None,
            most: None,
            most_bytes: Some(most_bytes),
        };
        let log = world.log();
        let stays = log.remove(of_size(size * 5), &[]).await.unwrap();
        assert_eq!(stays.changes, 0, "{name}");
        // Two of them fit, and half of the next one.
        let removed = log.remove(of_size(size * 5 / 2), &[]).await.unwrap();
        assert_eq!(removed.changes, 2, "{name}");
        // The smaller of two bounds counts, and a reader that lags holds what it has not read.
        write(&world, 2).await;
        let both = Retention {
            most: Some(3),
            ..of_size(size)
        };
        let removed = log.remove(both, &[]).await.unwrap();
        assert_eq!(
            (removed.changes, removed.held_by),
            (2, vec![READER.to_owned()]),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_reader_that_has_ended_holds_nothing() {
    for world in World::all().await {
        let name = world.test.name;
        write(&world, 1).await;
        let log = world.log();
        log.end(READER).await.unwrap();
        assert_eq!(log.remove(ALL, &[]).await.unwrap().changes, 1, "{name}");
        let error = log.end(READER).await.unwrap_err();
        assert!(
            matches!(error, ChangesError::NoReader { .. }),
            "{name}: {error}"
        );
    }
}

#[tokio::test]
async fn without_a_log_readers_say_so() {
    for world in World::bare().await {
        let log = world.log();
        assert!(log.next(READER, 1).await.is_err(), "{}", world.test.name);
        assert!(log.advance().await.is_err() || world.dialect() == hallpass_sql::Dialect::Sqlite);
    }
}
