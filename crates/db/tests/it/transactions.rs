//! All or nothing, whatever ends a transaction.

use std::sync::Arc;
use std::time::Duration;

use hallpass_db::testing::{databases, databases_with};
use hallpass_db::{Connection, Database, Error, ErrorKind, Options, Transaction};
use hallpass_sql::{Access, Value};
use tokio::sync::Barrier;

use crate::{count, query, write};

async fn table(database: &Database) {
    write(
        database,
        "CREATE TABLE t (id integer PRIMARY KEY, a integer)",
        &[],
    )
    .await
    .unwrap();
}

async fn insert(connection: impl Into<Connection<'_>>, id: i64) -> Result<(), Error> {
    let mut connection = connection.into();
    let insert = query(
        connection.dialect(),
        Access::Write,
        "INSERT INTO t (id, a) VALUES (?, 0)",
    );
    connection
        .reborrow()
        .exec(&insert, &[Value::Int(id)])
        .await
        .map(drop)
}

async fn count_in(transaction: &mut Transaction) -> Value {
    let select = query(
        transaction.dialect(),
        Access::Read,
        "SELECT count(*) FROM t",
    );
    transaction.exec(&select, &[]).await.unwrap().rows[0][0].clone()
}

#[tokio::test]
async fn commit_keeps_and_rollback_undoes() {
    for test in databases().await {
        table(&test.database).await;
        insert(&test.database, 1).await.unwrap();
        let mut transaction = test.database.begin().await.unwrap();
        insert(&mut transaction, 2).await.unwrap();
        // It sees its own writes, and others do not.
        assert_eq!(
            count_in(&mut transaction).await,
            Value::Int(2),
            "{}",
            test.name
        );
        assert_eq!(count(&test.database, "t").await, 1, "{}", test.name);
        transaction.commit().await.unwrap();
        assert_eq!(count(&test.database, "t").await, 2, "{}", test.name);

        let mut transaction = test.database.begin().await.unwrap();
        insert(&mut transaction, 3).await.unwrap();
        transaction.rollback().await.unwrap();
        assert_eq!(count(&test.database, "t").await, 2, "{}", test.name);
    }
}

#[tokio::test]
async fn dropping_undoes() {
    let options = Options {
        max_connections: 1,
        ..Options::default()
    };
    for test in databases_with(options).await {
        table(&test.database).await;
        for id in 0..3 {
            let mut transaction = test.database.begin().await.unwrap();
            insert(&mut transaction, id).await.unwrap();
            drop(transaction);
        }
        // The only connection is free and clean again.
        insert(&test.database, 1).await.unwrap();
        assert_eq!(count(&test.database, "t").await, 1, "{}", test.name);
    }
}

#[tokio::test]
async fn a_failed_statement_ends_the_transaction_everywhere() {
    for test in databases().await {
        table(&test.database).await;
        let mut transaction = test.database.begin().await.unwrap();
        insert(&mut transaction, 1).await.unwrap();
        let error = insert(&mut transaction, 1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{}", test.name);
        assert_eq!(
            insert(&mut transaction, 2).await.unwrap_err().kind(),
            ErrorKind::Other,
            "{}",
            test.name
        );
        assert_eq!(
            transaction.commit().await.unwrap_err().kind(),
            ErrorKind::Other,
            "{}",
            test.name
        );
        assert_eq!(count(&test.database, "t").await, 0, "{}", test.name);
    }
}

/// A statement that takes longer than any test waits.
fn endless(database: &Database) -> hallpass_sql::Query {
    use hallpass_sql::Dialect::{MariaDb, MySql, Postgres, Sqlite};
    let text = match database.dialect() {
        Postgres => "SELECT pg_sleep(600)",
        MySql | MariaDb => "SELECT SLEEP(600)",
        Sqlite => {
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        }
    };
    query(database.dialect(), Access::Write, text)
}

#[tokio::test]
async fn a_cancelled_statement_is_stopped_and_poisons_nothing() {
    let options = Options {
        max_connections: 1,
        acquire_timeout: Duration::from_secs(20),
        ..Options::default()
    };
    for test in databases_with(options).await {
        table(&test.database).await;
        let endless = endless(&test.database);
        let started = std::time::Instant::now();
        for id in 0..3 {
            let running = test.database.exec(&endless, &[]);
            assert!(
                tokio::time::timeout(Duration::from_millis(50), running)
                    .await
                    .is_err(),
                "{}",
                test.name
            );
            // In the only place for a connection.
            insert(&test.database, id).await.unwrap();
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{}", test.name);
        assert_eq!(count(&test.database, "t").await, 3, "{}", test.name);
    }
}

/// What is abandoned just when it ends must not take the next caller's statement with it.
#[tokio::test]
async fn a_cancellation_that_comes_late_stops_nobody_elses_statement() {
    let options = Options {
        max_connections: 1,
        acquire_timeout: Duration::from_secs(20),
        ..Options::default()
    };
    for test in databases_with(options).await {
        table(&test.database).await;
        for id in 0..200 {
            let abandoned = count(&test.database, "t");
            _ = tokio::time::timeout(Duration::from_micros(10 * (id % 50)), abandoned).await;
            for _ in 0..5 {
                assert_eq!(count(&test.database, "t").await, 0, "{}", test.name);
            }
        }
    }
}

#[tokio::test]
async fn a_future_dropped_at_any_point_leaves_no_transaction() {
    let options = Options {
        max_connections: 1,
        acquire_timeout: Duration::from_secs(20),
        ..Options::default()
    };
    for test in databases_with(options).await {
        table(&test.database).await;
        let endless = endless(&test.database);
        let flow = async {
            let mut transaction = test.database.begin().await?;
            insert(&mut transaction, 1).await?;
            transaction.exec(&endless, &[]).await?;
            transaction.commit().await
        };
        assert!(
            tokio::time::timeout(Duration::from_millis(200), flow)
                .await
                .is_err(),
            "{}",
            test.name
        );
        assert_eq!(count(&test.database, "t").await, 0, "{}", test.name);
        // Each prefix of the polls of a whole transaction, dropped.
        for polls in 0..12 {
            let flow = async {
                let mut transaction = test.database.begin().await?;
                insert(&mut transaction, 2).await?;
                transaction.rollback().await
            };
            polled(flow, polls).await;
        }
        insert(&test.database, 2).await.unwrap();
        assert_eq!(count(&test.database, "t").await, 1, "{}", test.name);
    }
}

/// Polls `future` so many times, then drops it.
async fn polled<T>(future: impl Future<Output = T>, polls: usize) {
    let mut future = Box::pin(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 || future.as_mut().poll(context).is_ready() {
            return std::task::Poll::Ready(());
        }
        left -= 1;
        std::task::Poll::Pending
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_stopped() {
    let options = Options {
        max_connections: 1,
        statement_timeout: Some(Duration::from_millis(300)),
        ..Options::default()
    };
    for test in databases_with(options).await {
        table(&test.database).await;
        let endless = endless(&test.database);
        let error = test.database.exec(&endless, &[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{}: {error}", test.name);
        let mut transaction = begin_when_free(&test.database).await;
        insert(&mut transaction, 1).await.unwrap();
        let error = transaction.exec(&endless, &[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{}: {error}", test.name);
        assert!(transaction.commit().await.is_err(), "{}", test.name);
        drop(begin_when_free(&test.database).await);
    }
}

/// Stopping a statement may take longer than the short timeout of these tests.
async fn begin_when_free(database: &Database) -> Transaction {
    for _ in 0..50 {
        if let Ok(transaction) = database.begin().await {
            return transaction;
        }
    }
    panic!("no transaction can be begun");
}

#[tokio::test]
async fn waiting_for_a_connection_ends_in_time() {
    let options = Options {
        max_connections: 1,
        acquire_timeout: Duration::from_millis(100),
        ..Options::default()
    };
    for test in databases_with(options).await {
        table(&test.database).await;
        let holder = test.database.begin().await.unwrap();
        let error = insert(&test.database, 1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", test.name);
        assert!(
            error
                .to_string()
                .contains("no connection became free within 100 ms"),
            "{error}"
        );
        holder.rollback().await.unwrap();
        insert(&test.database, 1).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_lose_nothing() {
    for test in databases().await {
        table(&test.database).await;
        insert(&test.database, 0).await.unwrap();
        let writers = (0..8).map(|_| {
            let database = test.database.clone();
            tokio::spawn(async move {
                for _ in 0..25 {
                    write(&database, "UPDATE t SET a = a + 1 WHERE id = 0", &[])
                        .await
                        .unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        let sum = crate::one(&test.database, "SELECT a FROM t WHERE id = 0", &[]).await;
        assert_eq!(sum, Value::Int(200), "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_delete_a_row_one_wins() {
    for test in databases().await {
        table(&test.database).await;
        for id in 0..20 {
            insert(&test.database, id).await.unwrap();
            let barrier = Arc::new(Barrier::new(4));
            let deleters = (0..4).map(|_| {
                let (database, barrier) = (test.database.clone(), Arc::clone(&barrier));
                tokio::spawn(async move {
                    barrier.wait().await;
                    write(&database, "DELETE FROM t WHERE id = ?", &[Value::Int(id)])
                        .await
                        .unwrap()
                        .affected
                })
            });
            let mut winners = 0;
            for deleter in deleters.collect::<Vec<_>>() {
                winners += deleter.await.unwrap();
            }
            assert_eq!(winners, 1, "{}", test.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_asks_for_a_retry() {
    for test in databases().await {
        let database = &test.database;
        if database.dialect() == hallpass_sql::Dialect::Sqlite {
            // One writer at a time cannot deadlock.
            continue;
        }
        table(database).await;
        insert(database, 1).await.unwrap();
        insert(database, 2).await.unwrap();
        let barrier = Arc::new(Barrier::new(2));
        let crossing = |first: i64, second: i64| {
            let (database, barrier) = (database.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                let update = query(
                    database.dialect(),
                    Access::Write,
                    "UPDATE t SET a = a + 1 WHERE id = ?",
                );
                let mut transaction = database.begin().await?;
                transaction.exec(&update, &[Value::Int(first)]).await?;
                barrier.wait().await;
                transaction.exec(&update, &[Value::Int(second)]).await?;
                transaction.commit().await
            })
        };
        let (one, other) = (crossing(1, 2), crossing(2, 1));
        let results = [one.await.unwrap(), other.await.unwrap()];
        let failed: Vec<_> = results
            .iter()
            .filter_map(|result| result.as_ref().err())
            .collect();
        assert_eq!(failed.len(), 1, "{}", test.name);
        assert_eq!(failed[0].kind(), ErrorKind::Retry, "{}", test.name);
    }
}

#[tokio::test]
async fn a_file_that_another_program_writes_asks_for_a_retry() {
    let options = Options {
        acquire_timeout: Duration::from_millis(50),
        ..Options::default()
    };
    let test = hallpass_db::testing::sqlite().await;
    table(&test.database).await;
    let other = Database::connect(&test.address, options).await.unwrap();
    let holder = test.database.begin().await.unwrap();
    assert_eq!(other.begin().await.unwrap_err().kind(), ErrorKind::Retry);
    assert_eq!(
        insert(&other, 1).await.unwrap_err().kind(),
        ErrorKind::Retry
    );
    assert_eq!(count(&other, "t").await, 0);
    holder.rollback().await.unwrap();
    insert(&other, 1).await.unwrap();
}
