//! Rows that are larger than they may be: they are stopped, and nobody who comes after meets the rest of them.

use hallpass_db::testing::databases;
use hallpass_db::{ErrorKind, Within};
use hallpass_sql::{Access, Value};

use crate::{one, query};

/// A thousand rows at least: MariaDB ends there by itself.
const MANY: &str = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000) SELECT x FROM n";
const FEW: &str = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100) SELECT x FROM n";

fn of(bytes: u64) -> Within {
    Within {
        bytes: Some(bytes),
        ..Within::default()
    }
}

#[tokio::test]
async fn rows_that_are_too_large_are_stopped() {
    for test in databases().await {
        let (name, database) = (test.name, &test.database);
        let [many, few] = [MANY, FEW].map(|text| query(database.dialect(), Access::Read, text));
        // More often than there are connections.
        for _ in 0..12 {
            for stopped in [
                database.exec_within(of(2000), &many, &[]).await,
                database.look_up_within(of(2000), &many, &[]).await,
            ] {
                assert_eq!(
                    stopped.map(|rows| rows.bytes).unwrap_err().kind(),
                    ErrorKind::TooLarge,
                    "{name}"
                );
            }
            assert_eq!(
                one(database, "SELECT 1", &[]).await,
                Value::Int(1),
                "{name}"
            );
        }
        let rows = database.exec_within(of(2000), &few, &[]).await.unwrap();
        assert_eq!(rows.rows.len(), 100, "{name}");
        assert!((100..2000).contains(&rows.bytes), "{name} {}", rows.bytes);
        let exact = database.exec_within(of(rows.bytes), &few, &[]).await;
        assert_eq!(exact.unwrap().rows.len(), 100, "{name}");
        let fewer = database.exec_within(of(rows.bytes - 1), &few, &[]).await;
        assert_eq!(fewer.unwrap_err().kind(), ErrorKind::TooLarge, "{name}");
    }
}

#[tokio::test]
async fn a_transaction_ends_with_rows_that_are_too_large() {
    for test in databases().await {
        let (name, database) = (test.name, &test.database);
        let [many, few] = [MANY, FEW].map(|text| query(database.dialect(), Access::Read, text));
        for _ in 0..12 {
            let mut transaction = database.begin().await.unwrap();
            transaction.exec(&few, &[]).await.unwrap();
            let stopped = transaction.exec_within(of(2000), &many, &[]).await;
            assert_eq!(
                stopped.map(|rows| rows.bytes).unwrap_err().kind(),
                ErrorKind::TooLarge,
                "{name}"
            );
            assert!(transaction.exec(&few, &[]).await.is_err(), "{name}");
            transaction.rollback().await.unwrap();
        }
        assert_eq!(
            one(database, "SELECT 1", &[]).await,
            Value::Int(1),
            "{name}"
        );
    }
}
