//! Several processes on one database, without anything that ties a person to one of them.

use std::time::Duration;

use hallpass_db::testing::{TestDatabase, databases};
use serde_json::Value;

use crate::harness::{Binary, MailService, Running, Visitor};

const STRATEGIES: [&str; 2] = ["database", "jwt"];

fn binary(test: &TestDatabase, mail: &MailService, strategy: &str) -> Binary {
    Binary::serve(&test.address)
        .variable("AUTH_RESEND_KEY", "re_test")
        .variable("AUTH_RESEND_URL", &mail.url())
        .variable("EMAIL_FROM", "Todos <no-reply@example.com>")
        .variable("AUTH_SESSION_STRATEGY", strategy)
        .variable("HALLPASS_SESSIONS_REVOCATION_INTERVAL", "1")
}

async fn sign_in(hallpass: &Running, mail: &MailService, address: &str) -> Visitor {
    let visitor = Visitor::new(&hallpass.base);
    visitor.ask_for_link(address).await;
    visitor.get(&mail.newest_link().await).await;
    assert!(visitor.is_signed_in().await);
    visitor
}

/// What another process ends is gone here before the interval is over, and some time on a busy machine.
async fn is_signed_out_soon(visitor: &Visitor) -> bool {
    let mut looks = tokio::time::interval(Duration::from_millis(50));
    for _ in 0..400 {
        looks.tick().await;
        if !visitor.is_signed_in().await {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn what_is_begun_and_ended_at_one_holds_at_the_other() {
    let mail = MailService::start().await;
    for test in databases().await {
        for strategy in STRATEGIES {
            let place = format!("{strategy} on {}", test.name);
            let one = binary(&test, &mail, strategy).start();
            let other = binary(&test, &mail, strategy).start();
            let address = format!("ann.{strategy}@example.com");
            let mut laptop = sign_in(&one, &mail, &address).await;
            let mut phone = sign_in(&other, &mail, &address).await;
            laptop.moved_to(&other.base);
            phone.moved_to(&one.base);
            for visitor in [&laptop, &phone] {
                assert!(visitor.is_signed_in().await, "{place}");
            }
            let page = laptop.get("/api/auth/sessions").await;
            page.assert_shows("This one");
            let token = page.attribute("name=\"csrfToken\"", "value");
            let id = page.attribute("name=\"id\"", "value");
            let fields = [("csrfToken", token.as_str()), ("id", id.as_str())];
            let after = laptop.post("/api/auth/sessions/revoke", &fields).await;
            after.assert_shows("The session has ended.");
            assert!(is_signed_out_soon(&phone).await, "{place}");
            assert!(laptop.is_signed_in().await, "{place}");
            laptop.moved_to(&one.base);
            assert!(laptop.is_signed_in().await, "{place}");
            laptop.sign_out().await;
            laptop.moved_to(&other.base);
            assert!(!laptop.is_signed_in().await, "{place}");
        }
    }
}

/// A new secret before the old one: nobody is signed out, and what is used goes on when the old one is gone.
#[tokio::test]
async fn sessions_survive_the_change_of_the_secret() {
    let mail = MailService::start().await;
    for test in databases().await {
        for strategy in STRATEGIES {
            let place = format!("{strategy} on {}", test.name);
            let start = |secrets: [&str; 2]| {
                let [newest, older] = secrets;
                binary(&test, &mail, strategy)
                    .variable("AUTH_SECRET", older)
                    .variable("AUTH_SECRET_1", newest)
                    .start()
            };
            let before = start([OLD, ""]);
            let address = format!("ann.{strategy}@example.com");
            let mut used = sign_in(&before, &mail, &address).await;
            let mut unused = sign_in(&before, &mail, &address).await;
            let both = start([NEW, OLD]);
            used.moved_to(&both.base);
            assert!(used.is_signed_in().await, "{place}");
            let mut fresh = sign_in(&both, &mail, &address).await;
            let after = start([NEW, ""]);
            for visitor in [&mut used, &mut fresh] {
                visitor.moved_to(&after.base);
                assert!(visitor.is_signed_in().await, "{place}");
            }
            unused.moved_to(&after.base);
            assert_eq!(
                unused.is_signed_in().await,
                strategy == "database",
                "{place}"
            );
        }
    }
}

const OLD: &str = "a-secret-for-tests-of-more-than-32-letters";
const NEW: &str = "another-secret-for-tests-of-more-than-32-letters";

/// What is used and what is accepted: before, and after each step of docs/operating.md.
const STEPS: [[&str; 2]; 4] = [[OLD, ""], [OLD, NEW], [NEW, OLD], [NEW, ""]];

/// The secret is changed under two processes: whatever one of them begins, the other goes on with.
#[tokio::test]
async fn a_change_of_the_secret_through_a_fleet_breaks_no_session_no_form_and_no_link() {
    let mail = MailService::start().await;
    for test in databases().await {
        for strategy in STRATEGIES {
            let start = |[used, accepted]: [&str; 2]| {
                binary(&test, &mail, strategy)
                    .variable("AUTH_SECRET", used)
                    .variable("HALLPASS_ACCEPTED_SECRET", accepted)
                    .variable("HALLPASS_PASSWORD", "true")
                    .start()
            };
            let processes = STEPS.map(start);
            let mut ann =
                sign_in(&processes[0], &mail, &format!("ann.{strategy}@example.com")).await;
            let open = ann.get("/api/auth/signout").await;
            let token = open.attribute("name=\"csrfToken\"", "value");
            for (step, pair) in processes.windows(2).enumerate() {
                let place = format!("step {} with {strategy} on {}", step + 1, test.name);
                for (round, [one, other]) in [[&pair[0], &pair[1]], [&pair[1], &pair[0]]]
                    .into_iter()
                    .enumerate()
                {
                    let address = format!("bob.{strategy}.{step}.{round}@example.com");
                    crosses(&mail, one, other, &address, &place).await;
                }
                // Restarts take turns, and so does whoever is balanced between them.
                for process in [&pair[1], &pair[0], &pair[1]] {
                    ann.moved_to(&process.base);
                    assert!(ann.is_signed_in().await, "{place}");
                    let page = ann.get("/api/auth/signout").await;
                    assert_eq!(
                        page.attribute("name=\"csrfToken\"", "value"),
                        token,
                        "{place}"
                    );
                }
            }
            // A form from before the change is posted after it.
            ann.post("/api/auth/signout", &[("csrfToken", &token)])
                .await;
            assert!(!ann.is_signed_in().await, "{strategy} on {}", test.name);
        }
    }
}

/// A form of the one is posted to the other, whose link is followed at the one, and the session that it begins counts at both;
/// so does a link of the account.
async fn crosses(mail: &MailService, one: &Running, other: &Running, address: &str, place: &str) {
    let mut bob = Visitor::new(&one.base);
    let page = bob.get("/api/auth/signin?callbackUrl=%2F").await;
    let token = page.attribute("name=\"csrfToken\"", "value");
    let fields = [("csrfToken", token.as_str()), ("email", address)];
    bob.moved_to(&other.base);
    let sent = bob.post("/api/auth/signin/email", &fields).await;
    assert!(
        sent.body.contains("Check your email"),
        "{place}: {}",
        sent.path
    );
    let link = mail.newest_link().await.replace(&other.base, &one.base);
    bob.get(&link).await;
    for process in [one, other, one] {
        bob.moved_to(&process.base);
        assert!(bob.is_signed_in().await, "{place}");
    }
    let page = bob.get("/api/auth/forgot-password").await;
    let token = page.attribute("name=\"csrfToken\"", "value");
    let fields = [("csrfToken", token.as_str()), ("email", address)];
    bob.post("/api/auth/forgot-password", &fields).await;
    let link = mail.newest_link().await.replace(&one.base, &other.base);
    let form = bob.get(&link).await;
    assert!(
        form.body.contains("name=\"token\""),
        "{place}: {}",
        form.path
    );
}

async fn tokens_in_table(test: &TestDatabase) -> Vec<String> {
    let client = hallpass::open(&test.address, todos::SCHEMA).await.unwrap();
    let rows = client.find_many("Session").run().await.unwrap();
    let tokens = rows
        .iter()
        .map(|row| row.get::<String>("sessionToken").unwrap());
    tokens.collect()
}

/// Tables that we make hold hashes of tokens; tables that we find hold tokens, which an Auth.js application reads.
#[tokio::test]
async fn tokens_are_hashed_in_tables_of_our_own_making() {
    let mail = MailService::start().await;
    for (there_before, hashed) in [(false, true), (true, false)] {
        for test in databases().await {
            if there_before {
                let layout = hallpass::data::Source {
                    name: "layout.zmodel",
                    text: todos::SCHEMA,
                };
                let system = hallpass::data::ClientOptions::new(
                    hallpass::system::SystemClock,
                    hallpass::system::SystemRandom,
                );
                let client = hallpass::data::open(&test.address, &[layout], system).await;
                client.unwrap().close().await.unwrap();
            }
            let hallpass = binary(&test, &mail, "database").start();
            let mut ann = sign_in(&hallpass, &mail, "ann@example.com").await;
            hallpass.stop("TERM");
            let tokens = tokens_in_table(&test).await;
            assert_eq!(tokens.len(), 1);
            assert_eq!(tokens[0].starts_with("sha256:"), hashed, "{}", test.name);
            // Decided once, and nobody is signed out when the setting says otherwise.
            for setting in ["auto", "hashed", "clear"] {
                let hallpass = binary(&test, &mail, "database")
                    .variable("HALLPASS_SESSIONS_AT_REST", setting)
                    .start();
                ann.moved_to(&hallpass.base);
                assert!(ann.is_signed_in().await, "{setting} on {}", test.name);
            }
            assert!(!tokens_in_table(&test).await[0].starts_with("sha256:"));
        }
    }
}

#[tokio::test]
async fn programs_get_the_list_as_json() {
    let mail = MailService::start().await;
    let test = hallpass_db::testing::sqlite().await;
    let hallpass = binary(&test, &mail, "database").start();
    let ann = sign_in(&hallpass, &mail, "ann@example.com").await;
    let list = ann.get_json("/api/auth/sessions").await;
    let sessions = list["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["current"], Value::Bool(true));
}
