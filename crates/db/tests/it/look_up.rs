//! Reads by key: the same answers on every database, and nobody in anybody's way where they share connections.

use std::time::Duration;

use hallpass_db::testing::{TestDatabase, databases, databases_with};
use hallpass_db::{Database, Error, ErrorKind, Options, Rows};
use hallpass_sql::{Access, Dialect, Value};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::recovery::{beside, end_sessions};
use crate::{query, text, write};

/// Longer than anything here takes that works.
const PATIENCE: Duration = Duration::from_secs(20);

async fn look_up(database: &Database, text: &str, values: &[Value]) -> Result<Rows, Error> {
    let query = query(database.dialect(), Access::Read, text);
    timeout(PATIENCE, database.look_up(&query, values))
        .await
        .unwrap()
}

/// A table of a hundred names.
async fn names(database: &Database) {
    let create = "CREATE TABLE names (id integer PRIMARY KEY, name varchar(20))";
    write(database, create, &[]).await.unwrap();
    let values: Vec<String> = (0..100).map(|id| format!("({id}, 'name {id}')")).collect();
    let insert = format!("INSERT INTO names (id, name) VALUES {}", values.join(", "));
    write(database, &insert, &[]).await.unwrap();
}

async fn name(database: &Database, id: i64) -> Result<Vec<Vec<Value>>, Error> {
    let select = "SELECT name FROM names WHERE id = ?";
    let rows = look_up(database, select, &[Value::Int(id)]).await?;
    Ok(rows.rows)
}

fn named(id: i64) -> Vec<Vec<Value>> {
    vec![vec![text(&format!("name {id}"))]]
}

/// Every name is asked for at the same time, and each caller gets its own.
async fn all_at_once(test: &TestDatabase) {
    let mut callers = JoinSet::new();
    for id in 0..=100 {
        let database = test.database.clone();
        callers.spawn(async move { (id, name(&database, id).await) });
    }
    while let Some(answered) = callers.join_next().await {
        let (id, rows) = answered.unwrap();
        let expected = if id == 100 { Vec::new() } else { named(id) };
        assert_eq!(rows.unwrap(), expected, "{}", test.name);
    }
}

/// Databases of servers that share connections, with a connection shared.
async fn sharing(options: Options) -> Vec<TestDatabase> {
    let mut tests = databases_with(options).await;
    tests.retain(|test| test.database.dialect() == Dialect::Postgres);
    for test in &tests {
        names(&test.database).await;
        all_at_once(test).await;
    }
    tests
}

#[tokio::test]
async fn callers_at_the_same_time_get_their_own_answers() {
    for test in databases().await {
        names(&test.database).await;
        for _ in 0..3 {
            all_at_once(&test).await;
        }
    }
}

#[tokio::test]
async fn one_connection_is_enough() {
    let options = Options {
        max_connections: 1,
        ..Options::default()
    };
    for test in databases_with(options).await {
        names(&test.database).await;
        all_at_once(&test).await;
    }
}

#[tokio::test]
async fn a_read_needs_no_connection_of_its_own() {
    let impatient = Options {
        acquire_timeout: Duration::from_millis(20),
        ..Options::default()
    };
    for mut test in sharing(Options::default()).await {
        test.database = Database::connect(&test.address, impatient.clone())
            .await
            .unwrap();
        let mut held = Vec::new();
        while let Ok(transaction) = test.database.begin().await {
            held.push(transaction);
        }
        // Half of ten connections are shared, and nobody can hold those.
        assert_eq!(held.len(), 5);
        let shared = async {
            while let Err(error) = name(&test.database, 1).await {
                // The pool is empty, and the shared connection is not open yet.
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            }
        };
        timeout(PATIENCE, shared).await.unwrap();
        for id in 0..100 {
            assert_eq!(name(&test.database, id).await.unwrap(), named(id));
        }
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_answer_to_others() {
    for test in sharing(Options::default()).await {
        for polls in 0..200 {
            let mut asking = Box::pin(name(&test.database, polls % 100));
            // Dropped before it is sent, while it is on its way, or answered.
            for _ in 0..polls % 4 {
                tokio::select! {
                    biased;
                    _ = &mut asking => break,
                    () = tokio::task::yield_now() => {}
                }
            }
            drop(asking);
            let id = (polls * 7) % 100;
            assert_eq!(name(&test.database, id).await.unwrap(), named(id));
        }
        all_at_once(&test).await;
    }
}

#[tokio::test]
async fn an_error_is_of_one_caller() {
    for test in sharing(Options::default()).await {
        let mut failing = JoinSet::new();
        for _ in 0..20 {
            let database = test.database.clone();
            failing.spawn(async move {
                let divide = "SELECT 1 / (id - 5) FROM names WHERE id = ?";
                look_up(&database, divide, &[Value::Int(5)]).await
            });
        }
        all_at_once(&test).await;
        while let Some(failed) = failing.join_next().await {
            let error = failed.unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
        }
    }
}

#[tokio::test]
async fn a_read_that_waits_holds_up_no_other_for_long() {
    for test in sharing(Options::default()).await {
        let other = beside(&test).await;
        write(&other, "CREATE TABLE locked (id integer)", &[])
            .await
            .unwrap();
        let mut holder = other.begin().await.unwrap();
        let lock = query(
            Dialect::Postgres,
            Access::Write,
            "LOCK TABLE locked IN ACCESS EXCLUSIVE MODE",
        );
        holder.exec(&lock, &[]).await.unwrap();
        let database = test.database.clone();
        let waiting =
            tokio::spawn(async move { look_up(&database, "SELECT id FROM locked", &[]).await });
        for _ in 0..5 {
            timeout(Duration::from_secs(5), all_at_once(&test))
                .await
                .unwrap();
        }
        // Whoever waits for the lock gets its answer in the end, however long the lock is held.
        holder.rollback().await.unwrap();
        assert_eq!(waiting.await.unwrap().unwrap().rows.len(), 0);
    }
}

#[tokio::test]
async fn what_takes_longer_runs_again_on_a_connection_of_its_own() {
    for test in sharing(Options::default()).await {
        let slow = "SELECT pg_sleep(2.2), id FROM names WHERE id = ?";
        let rows = look_up(&test.database, slow, &[Value::Int(3)])
            .await
            .unwrap();
        assert_eq!(rows.rows, [[Value::Null, Value::Int(3)]]);
        all_at_once(&test).await;
    }
}

#[tokio::test]
async fn the_statement_timeout_holds() {
    let options = Options {
        statement_timeout: Some(Duration::from_millis(300)),
        ..Options::default()
    };
    for mut test in sharing(Options::default()).await {
        test.database = Database::connect(&test.address, options.clone())
            .await
            .unwrap();
        // The first opens the shared connection.
        for _ in 0..3 {
            let slow = look_up(&test.database, "SELECT pg_sleep(600)", &[]).await;
            assert_eq!(slow.unwrap_err().kind(), ErrorKind::Timeout);
        }
    }
}

#[tokio::test]
async fn tables_may_change_under_prepared_reads() {
    for test in sharing(Options::default()).await {
        let everything = "SELECT * FROM names WHERE id = ?";
        let before = look_up(&test.database, everything, &[Value::Int(1)]).await;
        assert_eq!(before.unwrap().columns.len(), 2);
        write(&test.database, "ALTER TABLE names ADD extra integer", &[])
            .await
            .unwrap();
        for _ in 0..30 {
            let after = look_up(&test.database, everything, &[Value::Int(1)]).await;
            assert_eq!(after.unwrap().columns.len(), 3);
        }
    }
}

#[tokio::test]
async fn a_server_that_ends_all_connections_is_hardly_noticed() {
    for test in sharing(Options::default()).await {
        let other = beside(&test).await;
        for _ in 0..3 {
            end_sessions(&test, &other).await;
            if let Err(error) = name(&test.database, 1).await {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            }
            for id in 0..20 {
                assert_eq!(name(&test.database, id).await.unwrap(), named(id));
            }
        }
    }
}

#[tokio::test]
async fn writes_are_writes() {
    for test in databases().await {
        names(&test.database).await;
        let delete = query(
            test.database.dialect(),
            Access::Write,
            "DELETE FROM names WHERE id = ?",
        );
        let rows = test.database.look_up(&delete, &[Value::Int(1)]).await;
        assert_eq!(rows.unwrap().affected, 1, "{}", test.name);
        assert!(name(&test.database, 1).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_closed_database_reads_nothing() {
    for test in databases().await {
        names(&test.database).await;
        all_at_once(&test).await;
        test.database.close().await;
        let error = name(&test.database, 1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", test.name);
    }
}
