//! A server that ends our connections is an error once, and the next call works again.

use hallpass_db::testing::{TestDatabase, databases};
use hallpass_db::{Database, ErrorKind, Options};
use hallpass_sql::{Access, Dialect, Value};

use crate::{count, query, read, write};

/// Ends every other session on the test's database.
pub(crate) async fn end_sessions(test: &TestDatabase, from: &Database) {
    if from.dialect() == Dialect::Postgres {
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        read(from, end, &[]).await.unwrap();
        return;
    }
    let sessions = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()";
    for row in read(from, sessions, &[]).await.unwrap().rows {
        let [Value::Int(id)] = row.as_slice() else {
            panic!("{}: {row:?}", test.name);
        };
        if let Err(error) = write(from, &format!("KILL {id}"), &[]).await {
            // It has ended since the list was read.
            assert_eq!(error.code(), Some("1094"), "{}: {error}", test.name);
        }
    }
}

pub(crate) async fn beside(test: &TestDatabase) -> Database {
    Database::connect(&test.address, Options::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn idle_connections_that_were_ended_fail_at_most_one_call() {
    for test in databases().await {
        if test.database.dialect() == Dialect::Sqlite {
            continue;
        }
        let database = &test.database;
        write(database, "CREATE TABLE t (id integer PRIMARY KEY)", &[])
            .await
            .unwrap();
        // Several connections lie idle.
        let held = [
            database.begin().await.unwrap(),
            database.begin().await.unwrap(),
            database.begin().await.unwrap(),
        ];
        for transaction in held {
            transaction.rollback().await.unwrap();
        }
        let other = beside(&test).await;
        end_sessions(&test, &other).await;
        if let Err(error) = read(database, "SELECT id FROM t", &[]).await {
            assert_eq!(
                error.kind(),
                ErrorKind::Unavailable,
                "{}: {error}",
                test.name
            );
        }
        for _ in 0..5 {
            read(database, "SELECT id FROM t", &[]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_session_ended_in_a_transaction_leaves_nothing_half_written() {
    for test in databases().await {
        if test.database.dialect() == Dialect::Sqlite {
            continue;
        }
        let database = &test.database;
        write(database, "CREATE TABLE t (id integer PRIMARY KEY)", &[])
            .await
            .unwrap();
        let insert = query(
            database.dialect(),
            Access::Write,
            "INSERT INTO t (id) VALUES (?)",
        );
        let mut transaction = database.begin().await.unwrap();
        transaction.exec(&insert, &[Value::Int(1)]).await.unwrap();
        let other = beside(&test).await;
        end_sessions(&test, &other).await;
        let error = transaction
            .exec(&insert, &[Value::Int(2)])
            .await
            .unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Unavailable,
            "{}: {error}",
            test.name
        );
        assert!(transaction.commit().await.is_err(), "{}", test.name);
        assert_eq!(count(database, "t").await, 0, "{}", test.name);
        database.exec(&insert, &[Value::Int(1)]).await.unwrap();
        assert_eq!(count(database, "t").await, 1, "{}", test.name);
    }
}

#[tokio::test]
async fn a_session_ended_during_a_statement_is_unavailable() {
    for test in databases().await {
        let endless = match test.database.dialect() {
            Dialect::Postgres => "SELECT pg_sleep(600)",
            Dialect::MySql | Dialect::MariaDb => "SELECT SLEEP(600)",
            Dialect::Sqlite => continue,
        };
        let other = beside(&test).await;
        let database = test.database.clone();
        let running = tokio::spawn(async move { read(&database, endless, &[]).await });
        // Ends the session as soon as it runs, and whatever is there until then.
        let error = loop {
            end_sessions(&test, &other).await;
            if running.is_finished() {
                break running.await.unwrap().unwrap_err();
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(
            error.kind(),
            ErrorKind::Unavailable,
            "{}: {error}",
            test.name
        );
        read(&test.database, "SELECT 1", &[]).await.unwrap();
    }
}
