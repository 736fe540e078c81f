//! Connecting proves the database, and what fails says so without the password.

use std::error::Error as _;
use std::time::Duration;

use hallpass_db::testing::{databases, sqlite};
use hallpass_db::{ConnectError, Database, ErrorKind, Options};
use hallpass_sql::{Dialect, Value};

use crate::{count, one, read, text, write};

const PASSWORD: &str = "hunter2";

fn quick() -> Options {
    Options {
        connect_timeout: Duration::from_secs(2),
        ..Options::default()
    }
}

async fn refused(address: &str) -> ConnectError {
    let error = Database::connect(address, quick()).await.unwrap_err();
    let source = error
        .source()
        .map(|source| format!("{source} {source:?}"))
        .unwrap_or_default();
    let shown = format!("{error} {error:?} {} {source}", error.help());
    assert!(!shown.contains(PASSWORD), "{shown}");
    error
}

#[tokio::test]
async fn addresses_of_no_database_are_refused() {
    for address in [
        "",
        "hunter2",
        "redis://localhost",
        "postgres//u:hunter2@h/d",
        "http://hunter2",
    ] {
        assert!(
            matches!(refused(address).await, ConnectError::UnknownScheme { .. }),
            "{address}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for scheme in ["postgres", "mysql"] {
        let error = refused(&format!("{scheme}://u:hunter2@127.0.0.1:{port}/app")).await;
        assert!(matches!(error, ConnectError::Server { .. }), "{error:?}");
        let shown = error.to_string();
        assert!(
            shown.contains(&format!("127.0.0.1:{port}")) && shown.contains("`app`"),
            "{shown}"
        );
        assert!(error.help().contains("check that the server runs"));
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let options = Options {
        connect_timeout: Duration::from_millis(200),
        ..Options::default()
    };
    for scheme in ["postgres", "mysql"] {
        let address = format!("{scheme}://u:hunter2@127.0.0.1:{port}/app");
        let error = Database::connect(&address, options.clone())
            .await
            .unwrap_err();
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        let shown = format!("{error} {source}");
        assert!(
            shown.contains(&format!("127.0.0.1:{port}")) && shown.contains("200 ms"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_wrong_password_and_a_missing_database_are_told_apart() {
    for test in databases().await {
        if test.database.dialect() == Dialect::Sqlite {
            continue;
        }
        let (start, rest) = test.address.split_once('@').unwrap();
        let (user, _) = start.rsplit_once(':').unwrap();
        let error = refused(&format!("{user}:hunter2@{rest}")).await;
        let source = error.source().unwrap().to_string();
        assert!(
            source.contains("password authentication failed") || source.contains("Access denied"),
            "{source}"
        );

        let missing = test.address.replace("hallpass_test", "no_such_database");
        let error = refused(&missing).await;
        let source = error.source().unwrap().to_string();
        assert!(source.contains("no_such_database"), "{source}");
    }
}

#[tokio::test]
async fn debug_output_holds_no_password() {
    for test in databases().await {
        let shown = format!(
            "{:?} {:?} {test:?}",
            test.database,
            test.database.begin().await.unwrap()
        );
        if let Some((start, _)) = test.address.split_once('@') {
            let (_, password) = start.rsplit_once(':').unwrap();
            assert!(!shown.contains(password), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nowhere");
    let error = refused(&format!("sqlite:{}/app.db", missing.display())).await;
    assert!(
        matches!(&error, ConnectError::NoFolder { folder } if *folder == missing),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(
        &path,
        "not a database, and longer than the header of one: ".repeat(99),
    )
    .unwrap();
    let error = refused(&format!("file:{}", path.display())).await;
    assert!(
        matches!(&error, ConnectError::File { path: named, .. } if *named == path),
        "{error:?}"
    );
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("not a database")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_open_a_new_file_at_once_all_do() {
    for _ in 0..100 {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", folder.path().join("app.db").display());
        let opening: Vec<_> = (0..2)
            .map(|_| {
                let address = address.clone();
                tokio::spawn(async move { Database::connect(&address, Options::default()).await })
            })
            .collect();
        for opened in opening {
            opened.await.unwrap().unwrap();
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let database = Database::connect(&format!("sqlite:{}", path.display()), Options::default())
        .await
        .unwrap();
    write(&database, "CREATE TABLE t (a integer)", &[])
        .await
        .unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{:?}",
            entry.path()
        );
    }
    database.close().await;
}

#[tokio::test]
async fn closing_leaves_one_file_with_everything() {
    let test = sqlite().await;
    write(&test.database, "CREATE TABLE t (a integer)", &[])
        .await
        .unwrap();
    write(&test.database, "INSERT INTO t (a) VALUES (1)", &[])
        .await
        .unwrap();
    test.database.close().await;
    let path = test.address.strip_prefix("sqlite:").unwrap();
    assert!(!std::fs::exists(format!("{path}-wal")).unwrap());
    let again = Database::connect(&test.address, Options::default())
        .await
        .unwrap();
    assert_eq!(count(&again, "t").await, 1);
}

#[tokio::test]
async fn a_closed_database_is_unavailable() {
    for test in databases().await {
        let waiting = test.database.begin().await.unwrap();
        drop(waiting);
        test.database.close().await;
        let error = read(&test.database, "SELECT 1", &[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", test.name);
        assert_eq!(
            test.database.begin().await.unwrap_err().kind(),
            ErrorKind::Unavailable,
            "{}",
            test.name
        );
    }
}

#[tokio::test]
async fn a_memory_database_is_one_database() {
    let database = Database::connect(":memory:", Options::default())
        .await
        .unwrap();
    write(&database, "CREATE TABLE t (a integer)", &[])
        .await
        .unwrap();
    let mut transaction = database.begin().await.unwrap();
    let insert = crate::query(
        Dialect::Sqlite,
        hallpass_sql::Access::Write,
        "INSERT INTO t (a) VALUES (?)",
    );
    transaction.exec(&insert, &[Value::Int(1)]).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(count(&database, "t").await, 1);
}

#[tokio::test]
async fn sqlite_keeps_foreign_keys_and_reads_beside_a_writer() {
    let test = sqlite().await;
    let database = &test.database;
    assert_eq!(
        one(database, "PRAGMA foreign_keys", &[]).await,
        Value::Int(1)
    );
    assert_eq!(one(database, "PRAGMA journal_mode", &[]).await, text("wal"));
    write(database, "CREATE TABLE t (a integer)", &[])
        .await
        .unwrap();
    let holder = database.begin().await.unwrap();
    assert_eq!(count(database, "t").await, 0);
    holder.rollback().await.unwrap();
}
