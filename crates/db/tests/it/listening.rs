//! Programs on one database tell each other something.

use std::time::Duration;

use hallpass_db::testing::databases;
use hallpass_db::{ErrorKind, Heard, Listener};
use hallpass_sql::Dialect;
use tokio::time::timeout;

use crate::recovery::{beside, end_sessions};

async fn heard(listener: &mut Listener) -> Option<Heard> {
    let soon = timeout(Duration::from_secs(20), listener.next());
    soon.await.unwrap()
}

fn message(text: &str) -> Option<Heard> {
    Some(Heard::Message(text.to_owned()))
}

#[tokio::test]
async fn what_is_told_is_heard_by_others_until_the_connection_is_lost() {
    for test in databases().await {
        let database = &test.database;
        let other = beside(&test).await;
        let listener = other.listen("hallpass_test").await.unwrap();
        if database.dialect() != Dialect::Postgres {
            assert!(listener.is_none(), "{}", test.name);
            assert_eq!(database.notify("hallpass_test", "x").await, Ok(false));
            continue;
        }
        let mut listener = listener.unwrap();
        assert_eq!(database.notify("hallpass_other", "other").await, Ok(true));
        database
            .notify("hallpass_test", "it's \"one\"")
            .await
            .unwrap();
        database.notify("hallpass_test", "two").await.unwrap();
        assert_eq!(heard(&mut listener).await, message("it's \"one\""));
        assert_eq!(heard(&mut listener).await, message("two"));
        let long = "x".repeat(8000);
        assert!(database.notify("hallpass_test", &long).await.is_err());
        end_sessions(&test, database).await;
        assert_eq!(heard(&mut listener).await, None);
        let mut again = other.listen("hallpass_test").await.unwrap().unwrap();
        database.notify("hallpass_test", "back").await.unwrap();
        assert_eq!(heard(&mut again).await, message("back"));
    }
}

#[tokio::test]
async fn a_channel_is_a_plain_word() {
    for test in databases().await {
        for name in ["", "A", "a b", "a;b", "a\"b", "1", &"a".repeat(60)] {
            let refused = test.database.listen(name).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Other, "{name}");
            assert!(test.database.notify(name, "x").await.is_err(), "{name}");
        }
    }
}
