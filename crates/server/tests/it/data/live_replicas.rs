//! Live queries at one process, writes at another, and a database that is killed between them.

use std::time::Duration;

use serde_json::json;
use tempfile::tempdir;
use tokio::time::{Instant, interval};

use super::live::{Events, live};
use super::place::{binary, create};
use crate::faults::postgres::{Server, programs};
use crate::harness::{MailService, Visitor};

/// Longer than everything takes to come back on a busy machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_stream_hears_of_the_other_process_and_outlives_the_database() {
    let Some(programs) = programs() else {
        return;
    };
    let mut postgres = Server::start(&programs).await;
    let folder = tempdir().unwrap();
    let mail = MailService::start().await;
    let start = || {
        binary(&postgres.address(), &folder, "[data]\nlive_look_again = 2")
            .variable("AUTH_RESEND_KEY", "re_test")
            .variable("AUTH_RESEND_URL", &mail.url())
            .variable("EMAIL_FROM", "no-reply@example.com")
            .start()
    };
    let (one, other) = (start(), start());
    let mut ann = Visitor::new(&one.base);
    ann.ask_for_link("ann@example.com").await;
    ann.get(&mail.newest_link().await).await;
    let titles = json!({"select": {"title": true}, "orderBy": {"id": "asc"}});
    let mut notes = Events::of(live(&ann, "note", &titles)).await;
    assert_eq!(notes.result().await, json!([]));

    ann.moved_to(&other.base);
    let milk = create(&ann, "note", json!({"id": 1, "title": "milk"})).await;
    assert_eq!(milk.0, 201, "{}", milk.1);
    assert_eq!(notes.result().await, json!([{"title": "milk"}]));

    postgres.kill();
    // Nothing can be read now, which is no reason to end: the next event is of what comes afterwards.
    let away = create(&ann, "note", json!({"id": 2, "title": "tea"})).await;
    assert_eq!(away.0, 503, "{}", away.1);
    postgres.start_again().await;
    let began = Instant::now();
    let mut tries = interval(Duration::from_millis(100));
    while create(&ann, "note", json!({"id": 3, "title": "wine"}))
        .await
        .0
        != 201
    {
        assert!(
            began.elapsed() < PATIENCE,
            "the database does not come back"
        );
        tries.tick().await;
    }
    let back = notes.result().await;
    assert_eq!(back, json!([{"title": "milk"}, {"title": "wine"}]));
}
