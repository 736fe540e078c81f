//! Many at once.

use futures_util::future::join_all;
use hallpass_auth::AuthBuilder;
use hallpass_auth::limit::LimitRules;
use hallpass_auth::session::Strategy;
use http::StatusCode;

use crate::app::{App, Browser, ORIGIN, Setup};

/// Runs each on a task of its own, so that they truly run beside each other.
async fn at_once<T: Send + 'static>(
    tasks: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = tasks.map(tokio::spawn).collect();
    join_all(tasks)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cve_2026_53517_the_same_link_followed_a_hundred_times_at_once_signs_in_once() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let app = Setup::of(strategy).app();
        Browser::new(&app).ask("ada@example.com").await;
        let link = app.last_link();
        let locations = at_once((0..100).map(|_| {
            let (app, link) = (app.clone(), link.clone());
            async move {
                let answer = Browser::new(&app).follow(&link).await;
                assert_eq!(answer.status, StatusCode::FOUND);
                answer.location().to_owned()
            }
        }))
        .await;
        let won = locations.iter().filter(|location| *location == ORIGIN);
        assert_eq!(won.count(), 1);
        assert_eq!(app.store.users().len(), 1);
        assert_eq!(
            app.store.sessions().len(),
            usize::from(strategy == Strategy::Database)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_links_to_one_new_address_at_once_make_one_user() {
    let unlimited = |builder: AuthBuilder| builder.limits(LimitRules::none());
    let app: App = Setup::default().app_with(unlimited);
    let mut links = Vec::new();
    for _ in 0..20 {
        Browser::new(&app).ask("ada@example.com").await;
        links.push(app.last_link());
    }
    let locations = at_once(links.into_iter().map(|link| {
        let app = app.clone();
        async move { Browser::new(&app).follow(&link).await.location().to_owned() }
    }))
    .await;
    assert!(
        locations.iter().all(|location| location == ORIGIN),
        "{locations:?}"
    );
    assert_eq!(app.store.users().len(), 1);
    assert_eq!(app.store.sessions().len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sessions_read_and_ended_at_once_stay_consistent() {
    let app = Setup::default().app();
    let browser = app.signed_in("ada@example.com").await;
    let answers = at_once((0..50).map(|number| {
        let mut browser = browser.clone();
        async move {
            if number == 25 {
                browser.post("/auth/signout", &[]).await.status
            } else {
                browser.get("/auth/session").await.status
            }
        }
    }))
    .await;
    assert!(
        answers
            .iter()
            .all(|status| [200, 302].contains(&status.as_u16()))
    );
    assert!(app.store.sessions().is_empty());
}
