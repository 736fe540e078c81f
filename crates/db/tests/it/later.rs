//! Statements that go out with others: BEGIN with the first one, and writes that nobody waits for.

use std::time::Duration;

use hallpass_db::testing::{databases, databases_with};
use hallpass_db::{Database, Error, ErrorKind, Options, Transaction};
use hallpass_sql::{Access, Dialect, Query, Value};

use crate::recovery::{beside, end_sessions};
use crate::{count, query, write};

async fn table(database: &Database) {
    let create = "CREATE TABLE t (id integer PRIMARY KEY)";
    write(database, create, &[]).await.unwrap();
}

fn insert(dialect: Dialect) -> Query {
    query(dialect, Access::Write, "INSERT INTO t (id) VALUES (?)")
}

async fn later(transaction: &mut Transaction, id: i64) -> Result<(), Error> {
    let insert = insert(transaction.dialect());
    transaction.exec_later(&insert, &[Value::Int(id)]).await
}

async fn now(transaction: &mut Transaction, id: i64) -> Result<(), Error> {
    let insert = insert(transaction.dialect());
    let done = transaction.exec(&insert, &[Value::Int(id)]).await;
    done.map(drop)
}

async fn seen(transaction: &mut Transaction) -> Value {
    let dialect = transaction.dialect();
    let select = query(dialect, Access::Read, "SELECT count(*) FROM t");
    let rows = transaction.exec(&select, &[]).await.unwrap();
    rows.rows[0][0].clone()
}

/// BEGIN costs no round trip: the server learns of a transaction with its first statement.
#[tokio::test]
async fn a_transaction_begins_with_its_first_statement() {
    for test in databases().await {
        if test.database.dialect() != Dialect::Postgres {
            continue;
        }
        table(&test.database).await;
        let other = beside(&test).await;
        let open = async || {
            let open = "SELECT count(*) FROM pg_stat_activity \
                        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
            crate::one(&other, open, &[]).await
        };
        let mut transaction = test.database.begin().await.unwrap();
        later(&mut transaction, 1).await.unwrap();
        assert_eq!(open().await, Value::Int(0));
        now(&mut transaction, 2).await.unwrap();
        assert_eq!(open().await, Value::Int(1));
        transaction.commit().await.unwrap();
        assert_eq!(open().await, Value::Int(0));
        assert_eq!(count(&test.database, "t").await, 2);
    }
}

/// One connection, so that what one transaction leaves is met by the next.
fn narrow() -> Options {
    Options {
        max_connections: 1,
        acquire_timeout: Duration::from_secs(20),
        ..Options::default()
    }
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_is_seen_by_the_next_statement_and_kept() {
    for test in databases().await {
        table(&test.database).await;
        for first in [10, 20] {
            let mut transaction = test.database.begin().await.unwrap();
            later(&mut transaction, first).await.unwrap();
            later(&mut transaction, first + 1).await.unwrap();
            let expected = if first == 10 { 2 } else { 5 };
            assert_eq!(
                seen(&mut transaction).await,
                Value::Int(expected),
                "{}",
                test.name
            );
            later(&mut transaction, first + 2).await.unwrap();
            transaction.commit().await.unwrap();
        }
        // Nothing but such writes, more of them than wait together.
        let mut transaction = test.database.begin().await.unwrap();
        for id in 100..140 {
            later(&mut transaction, id).await.unwrap();
        }
        transaction.commit().await.unwrap();
        assert_eq!(count(&test.database, "t").await, 46, "{}", test.name);
    }
}

#[tokio::test]
async fn the_error_of_a_write_comes_at_the_latest_with_the_commit_and_undoes_all() {
    for test in databases_with(narrow()).await {
        table(&test.database).await;
        let run = async |ids: &[i64], then: Option<i64>| {
            let mut transaction = test.database.begin().await?;
            for id in ids {
                later(&mut transaction, *id).await?;
            }
            if let Some(id) = then {
                now(&mut transaction, id).await?;
            }
            transaction.commit().await
        };
        for (ids, then) in [
            (&[1, 1][..], None),
            (&[1, 1, 2], None),
            (&[1, 2, 2], Some(3)),
            (&[1, 2], Some(1)),
        ] {
            let error = run(ids, then).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{}", test.name);
            let name = error.constraint().unwrap_or_default();
            assert!(!name.is_empty(), "{}: {error}", test.name);
            assert_eq!(count(&test.database, "t").await, 0, "{}", test.name);
        }
        run(&[1, 2], Some(3)).await.unwrap();
        assert_eq!(count(&test.database, "t").await, 3, "{}", test.name);
    }
}

#[tokio::test]
async fn a_transaction_whose_later_write_failed_takes_nothing_more() {
    for test in databases().await {
        table(&test.database).await;
        let mut transaction = test.database.begin().await.unwrap();
        now(&mut transaction, 1).await.unwrap();
        let failed = match later(&mut transaction, 1).await {
            Ok(()) => now(&mut transaction, 2).await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(failed.kind(), ErrorKind::UniqueViolation, "{}", test.name);
        let refused = later(&mut transaction, 3).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Other, "{}", test.name);
        assert!(transaction.commit().await.is_err(), "{}", test.name);
        assert_eq!(count(&test.database, "t").await, 0, "{}", test.name);
    }
}

#[tokio::test]
async fn a_first_statement_that_fails_leaves_no_transaction() {
    for test in databases_with(narrow()).await {
        table(&test.database).await;
        write(&test.database, "INSERT INTO t (id) VALUES (1)", &[])
            .await
            .unwrap();
        // Refused when it runs, and when it is prepared.
        for text in [
            "INSERT INTO t (id) VALUES (2), (1)",
            "INSERT INTO nowhere VALUES (2)",
        ] {
            for ending in 0..3 {
                let mut transaction = test.database.begin().await.unwrap();
                let failing = query(transaction.dialect(), Access::Write, text);
                transaction.exec(&failing, &[]).await.unwrap_err();
                match ending {
                    0 => drop(transaction),
                    1 => transaction.rollback().await.unwrap(),
                    _ => _ = transaction.commit().await.unwrap_err(),
                }
                // Of its own, and so seen by others.
                write(&test.database, "INSERT INTO t (id) VALUES (3)", &[])
                    .await
                    .unwrap();
                let other = beside(&test).await;
                assert_eq!(count(&other, "t").await, 2, "{}: {text}", test.name);
                other.close().await;
                write(&test.database, "DELETE FROM t WHERE id = 3", &[])
                    .await
                    .unwrap();
            }
        }
    }
}

#[tokio::test]
async fn what_was_not_sent_is_not_done() {
    for test in databases_with(narrow()).await {
        table(&test.database).await;
        for rolls_back in [true, false] {
            let mut transaction = test.database.begin().await.unwrap();
            later(&mut transaction, 1).await.unwrap();
            if rolls_back {
                transaction.rollback().await.unwrap();
            } else {
                drop(transaction);
            }
            let nothing = test.database.begin().await.unwrap();
            nothing.commit().await.unwrap();
            assert_eq!(count(&test.database, "t").await, 0, "{}", test.name);
        }
    }
}

/// However far it got: all of it, or nothing; and the connection is in no transaction.
#[tokio::test]
async fn a_train_dropped_at_any_point_is_whole_or_nothing() {
    for test in databases_with(narrow()).await {
        table(&test.database).await;
        for polls in 0..12 {
            let flow = async {
                let mut transaction = test.database.begin().await?;
                later(&mut transaction, 1).await?;
                now(&mut transaction, 2).await?;
                later(&mut transaction, 3).await?;
                later(&mut transaction, 4).await?;
                transaction.commit().await
            };
            let flow = tokio::time::timeout(Duration::from_micros(200 * polls), flow);
            _ = flow.await;
            let kept = count(&test.database, "t").await;
            assert!([0, 4].contains(&kept), "{}: {kept}", test.name);
            let other = beside(&test).await;
            assert_eq!(count(&other, "t").await, kept, "{}", test.name);
            other.close().await;
            write(&test.database, "DELETE FROM t", &[]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_connection_lost_before_the_first_statement_says_so() {
    for test in databases_with(narrow()).await {
        if test.database.dialect() == Dialect::Sqlite {
            continue;
        }
        table(&test.database).await;
        let other = beside(&test).await;
        for _ in 0..3 {
            let mut transaction = test.database.begin().await.unwrap();
            end_sessions(&test, &other).await;
            later(&mut transaction, 1).await.unwrap_or_default();
            let error = now(&mut transaction, 2).await.unwrap_err();
            // Where the write before it has said so already, what follows is refused.
            let kinds = [ErrorKind::Unavailable, ErrorKind::Other];
            assert!(kinds.contains(&error.kind()), "{}: {error}", test.name);
            assert!(transaction.commit().await.is_err(), "{}", test.name);
            assert_eq!(count(&other, "t").await, 0, "{}", test.name);
        }
        write(&test.database, "INSERT INTO t (id) VALUES (1)", &[])
            .await
            .unwrap();
        assert_eq!(count(&other, "t").await, 1, "{}", test.name);
    }
}

/// Tables that changed since its statements were prepared fail a transaction once, with the word to run it again.
#[tokio::test]
async fn a_train_of_statements_that_are_stale_asks_for_a_retry() {
    for test in databases_with(narrow()).await {
        if test.database.dialect() != Dialect::Postgres {
            continue;
        }
        table(&test.database).await;
        let select = query(Dialect::Postgres, Access::Read, "SELECT * FROM t");
        let run = async || {
            let mut transaction = test.database.begin().await?;
            transaction.exec(&select, &[]).await?;
            transaction.commit().await
        };
        run().await.unwrap();
        let other = beside(&test).await;
        write(&other, "ALTER TABLE t ADD COLUMN a integer", &[])
            .await
            .unwrap();
        assert_eq!(run().await.unwrap_err().kind(), ErrorKind::Retry);
        run().await.unwrap();
    }
}
