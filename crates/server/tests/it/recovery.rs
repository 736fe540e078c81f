//! A database that goes away in the middle, and comes back.

use hallpass_db::testing::databases;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

use crate::harness::{Binary, MailService, Page, Visitor};

/// Stands between server and database, and can be cut.
struct Line {
    address: String,
    open: watch::Sender<bool>,
}

impl Line {
    async fn to(database: &str) -> Self {
        let mut url = Url::parse(database).unwrap();
        let usual = if url.scheme().starts_with("postgres") {
            5432
        } else {
            3306
        };
        let target = format!(
            "{}:{}",
            url.host_str().unwrap(),
            url.port().unwrap_or(usual)
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port()))
            .unwrap();
        let (open, is_open) = watch::channel(true);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(carry(client, target.clone(), is_open.clone()));
            }
        });
        Self {
            address: url.into(),
            open,
        }
    }

    fn cut(&self) {
        self.open.send_replace(false);
    }

    fn mend(&self) {
        self.open.send_replace(true);
    }
}

/// Carries bytes both ways until the line is cut; a cut line takes no connection.
async fn carry(mut client: TcpStream, target: String, mut is_open: watch::Receiver<bool>) {
    if !*is_open.borrow() {
        return;
    }
    let mut server = TcpStream::connect(target).await.unwrap();
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = is_open.wait_for(|open| !open) => {}
    }
}

// The line carries on while the test waits for the binary.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_is_503_and_signs_nobody_out() {
    let mail = MailService::start().await;
    for test in databases()
        .await
        .into_iter()
        .filter(|test| test.name != "sqlite")
    {
        let line = Line::to(&test.address).await;
        let hallpass = Binary::serve(&line.address)
            .variable("AUTH_RESEND_KEY", "re_test")
            .variable("AUTH_RESEND_URL", &mail.url())
            .variable("EMAIL_FROM", "no-reply@example.com")
            .start();
        let ann = Visitor::new(&hallpass.base);
        ann.ask_for_link("ann@example.com").await;
        ann.get(&mail.newest_link().await)
            .await
            .assert_shows("Welcome, ");
        ann.add_todo("Before").await.assert_shows("Before");

        line.cut();
        let unavailable = |page: Page| {
            assert_eq!(
                page.status, 503,
                "{} {}: {}",
                test.name, page.path, page.body
            )
        };
        unavailable(ann.get("/").await);
        unavailable(ann.add_todo("Meanwhile").await);
        unavailable(ann.get("/api/auth/session").await);
        unavailable(ann.get("/ready").await);
        assert_eq!(ann.get("/health").await.status, 200);

        line.mend();
        let home = ann.get("/").await;
        home.assert_shows("Welcome, ");
        home.assert_shows("Before");
        assert!(!home.body.contains("Meanwhile"), "{}", home.body);
        assert_eq!(ann.get("/ready").await.status, 200, "{}", test.name);
        ann.add_todo("After").await.assert_shows("After");
    }
}
