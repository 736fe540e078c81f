//! `hallpass serve` on every database there is.

use hallpass_db::testing::{TestDatabase, databases};

use crate::harness::{Binary, MailService, Running, Visitor};

fn start(test: &TestDatabase, mail: &MailService, strategy: &str) -> Running {
    Binary::serve(&test.address)
        .variable("AUTH_RESEND_KEY", "re_test")
        .variable("AUTH_RESEND_URL", &mail.url())
        .variable("EMAIL_FROM", "Todos <no-reply@example.com>")
        .variable("AUTH_SESSION_STRATEGY", strategy)
        .start()
}

#[tokio::test]
async fn the_whole_works_on_every_database_and_survives_a_restart() {
    let mail = MailService::start().await;
    for test in databases().await {
        for strategy in ["database", "jwt"] {
            let hallpass = start(&test, &mail, strategy);
            let address = format!("ann.{strategy}@example.com");
            let mut ann = Visitor::new(&hallpass.base);
            ann.ask_for_link(&address)
                .await
                .assert_shows("Check your email");
            let home = ann.get(&mail.newest_link().await).await;
            home.assert_shows("Welcome, ");
            ann.add_todo("Ünïcödé 🪴").await.assert_shows("Ünïcödé 🪴");
            assert_eq!(ann.get("/ready").await.status, 200, "{}", test.name);
            assert_eq!(hallpass.stop("TERM").0, Some(0), "{}", test.name);

            let hallpass = start(&test, &mail, strategy);
            ann.moved_to(&hallpass.base);
            ann.get("/").await.assert_shows("Ünïcödé 🪴");
        }
    }
}

#[tokio::test]
async fn two_that_start_at_once_on_an_empty_database_both_run() {
    let mail = MailService::start().await;
    for test in databases().await {
        let starts: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..2)
                .map(|_| scope.spawn(|| start(&test, &mail, "database")))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        for hallpass in &starts {
            let page = Visitor::new(&hallpass.base).get("/ready").await;
            assert_eq!(page.status, 200, "{}", test.name);
        }
    }
}

#[tokio::test]
async fn a_link_followed_twice_at_once_signs_in_once() {
    let mail = MailService::start().await;
    for test in databases().await {
        let (one, other) = (
            start(&test, &mail, "database"),
            start(&test, &mail, "database"),
        );
        let ann = Visitor::new(&one.base);
        ann.ask_for_link("ann@example.com").await;
        let link = mail.newest_link().await;
        // The same browser, on two servers at once: cookies know no ports.
        let elsewhere = link.replace(&one.base, &other.base);
        let (first, second) = tokio::join!(ann.get(&link), ann.get(&elsewhere));
        let outcomes = [first, second].map(|page| page.path.contains("error=Verification"));
        assert_eq!(
            outcomes.iter().filter(|failed| **failed).count(),
            1,
            "{}: {outcomes:?}",
            test.name
        );
    }
}
