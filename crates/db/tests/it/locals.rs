//! Variables of a transaction: triggers read them, and nobody after it.

use hallpass_db::testing::{TestDatabase, databases_with};
use hallpass_db::{ErrorKind, Local, Options};
use hallpass_sql::{Access, Query, Value};

use crate::query;

const NAME: &str = "hallpass_test.actor";
const ADA: Local<'_> = Local {
    name: NAME,
    value: "ada",
};

/// With one connection, so that what stays with it is seen.
async fn all() -> Vec<TestDatabase> {
    let options = Options {
        max_connections: 1,
        ..Options::default()
    };
    databases_with(options).await
}

fn read(test: &TestDatabase) -> Query {
    let text = match test.name {
        "postgres" => "SELECT nullif(current_setting('hallpass_test.actor', true), '')",
        _ => "SELECT CONVERT(@hallpass_test_actor USING utf8mb4)",
    };
    query(test.database.dialect(), Access::Read, text)
}

async fn is_forgotten(test: &TestDatabase, after: &str) {
    let rows = test.database.exec(&read(test), &[]).await.unwrap().rows;
    assert_eq!(rows, [[Value::Null]], "{}: {after}", test.name);
}

#[tokio::test]
async fn a_variable_is_read_until_its_transaction_ends_however_it_ends() {
    for test in all().await {
        let name = test.name;
        if name == "sqlite" {
            let mut tx = test.database.begin().await.unwrap();
            let error = tx.set_local(NAME, Some("ada")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Other, "{name}");
            continue;
        }
        let read = read(&test);
        let failing = query(test.database.dialect(), Access::Read, "SELECT nothing");
        for end in ["commit", "rollback", "failure", "drop"] {
            let mut tx = test.database.begin().await.unwrap();
            tx.set_local(NAME, Some("ada")).await.unwrap();
            let rows = tx.exec(&read, &[]).await.unwrap().rows;
            assert_eq!(rows, [["ada".into()]], "{name}: {end}");
            match end {
                "commit" => tx.commit().await.unwrap(),
                "rollback" => tx.rollback().await.unwrap(),
                "failure" => {
                    tx.exec(&failing, &[]).await.unwrap_err();
                    tx.rollback().await.unwrap();
                }
                _ => drop(tx),
            }
            is_forgotten(&test, end).await;
        }
        let mut tx = test.database.begin().await.unwrap();
        tx.set_local(NAME, Some("ada")).await.unwrap();
        tx.set_local(NAME, None).await.unwrap();
        let rows = tx.exec(&read, &[]).await.unwrap().rows;
        assert_eq!(rows, [[Value::Null]], "{name}: emptied");
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn one_statement_with_a_variable_is_a_transaction() {
    for test in all().await {
        let name = test.name;
        let (database, dialect) = (&test.database, test.database.dialect());
        if name == "sqlite" {
            let select = query(dialect, Access::Read, "SELECT 1");
            let error = database.exec_with(ADA, None, &select, &[]).await;
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Other, "{name}");
            continue;
        }
        let rows = database.exec_with(ADA, None, &read(&test), &[]).await;
        assert_eq!(rows.unwrap().rows, [["ada".into()]], "{name}");
        is_forgotten(&test, "a statement").await;
        test.run("CREATE TABLE t (id integer PRIMARY KEY)").await;
        let insert = query(dialect, Access::Write, "INSERT INTO t (id) VALUES (?)");
        let one = [Value::Int(1)];
        let written = database.exec_with(ADA, None, &insert, &one).await.unwrap();
        assert_eq!(written.affected, 1, "{name}");
        // What fails is undone, says why, and leaves the connection as it was.
        let error = database.exec_with(ADA, None, &insert, &one).await;
        let kind = error.unwrap_err().kind();
        assert_eq!(kind, ErrorKind::UniqueViolation, "{name}");
        is_forgotten(&test, "a failure").await;
        // A value that cannot be sent.
        let wrong = [Value::from("no number")];
        database
            .exec_with(ADA, None, &insert, &wrong)
            .await
            .unwrap_err();
        is_forgotten(&test, "nothing was sent").await;
        let rows = test.rows("SELECT count(*) FROM t").await;
        assert_eq!(rows, [[Value::Int(1)]], "{name}");
    }
}
