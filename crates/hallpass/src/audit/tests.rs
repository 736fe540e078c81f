use hallpass_auth::adapter::{Account, AccountType, User, UserId};
use hallpass_auth::witness::Attempt;
use hallpass_changes::Changes;
use hallpass_changes::audit::{Entry, Filter, Order};
use hallpass_db::testing::{TestDatabase, databases, sqlite};
use serde_json::{Map, json};

use super::*;

fn keys() -> AuditKeys {
    AuditKeys::derive(["a secret of tests"]).unwrap()
}

fn recorder() -> Recorder {
    Recorder::new(keys(), Clients::Address)
}

async fn open(test: &TestDatabase) -> Audit {
    Changes::of(&test.database)
        .open_audit(keys())
        .await
        .unwrap()
}

async fn entries(audit: &Audit) -> Vec<Entry> {
    let all = audit.entries(&Filter::default(), Order::Oldest, 1000).await;
    // Without the one that begins the chain.
    all.unwrap().split_off(1)
}

fn whence(client: &str) -> Whence {
    Whence {
        client: Some(client.parse().unwrap()),
        agent: Some("Mozilla/5.0 planted-agent".to_owned()),
    }
}

fn user() -> User {
    User {
        id: UserId("u1".to_owned()),
        name: Some("planted name".to_owned()),
        email: Some("planted@example.com".to_owned()),
        email_verified: None,
        image: Some("https://planted.example".to_owned()),
        extra: Map::new(),
    }
}

fn signed_in() -> Event {
    let mut extra = Map::new();
    extra.insert("access_token".to_owned(), json!("planted-token"));
    Event::SignIn {
        user: user(),
        account: Account {
            user_id: UserId("u1".to_owned()),
            kind: AccountType::OAuth,
            provider: "github".to_owned(),
            provider_account_id: "planted-id".to_owned(),
            extra,
        },
        profile: Some(json!({ "bio": "planted" })),
        is_new_user: true,
    }
}

fn attempt<'a>(reason: &'static str, address: Option<&'a str>) -> FailedAttempt<'a> {
    FailedAttempt {
        what: Attempt::SignIn,
        provider: Some("password"),
        reason,
        user: None,
        address,
    }
}

#[tokio::test]
async fn what_is_heard_stands_in_the_chain_without_a_secret_of_anybody() {
    for test in databases().await {
        let name = test.name;
        let audit = open(&test).await;
        let recorder = recorder();
        recorder.happened(&signed_in(), &whence("192.0.2.7"));
        let typed = attempt("unknown-user", Some("Planted@Example.com"));
        recorder.failed(&typed, &whence("2001:db8::7"));
        recorder.note(Draft::new("invoice.sent").unwrap().subject("Invoice", "7"));
        assert_eq!(recorder.flush(&audit).await.unwrap(), 3, "{name}");
        assert_eq!(recorder.flush(&audit).await.unwrap(), 0, "{name}");
        let entries = entries(&audit).await;
        let [signed_in, failed, own] = &entries[..] else {
            panic!("{name}: {entries:?}");
        };
        assert_eq!(signed_in.kind, "sign-in.succeeded");
        assert_eq!(signed_in.actor.as_deref(), Some("u1"));
        assert_eq!(signed_in.client.as_deref(), Some("192.0.2.7"));
        let said = json!({ "new_user": true, "provider": "github", "way": "service" });
        assert_eq!(json!(signed_in.details.members()), said, "{name}");
        assert_eq!(
            (failed.kind.as_str(), &failed.actor),
            ("sign-in.failed", &None)
        );
        let subject = failed.subject.as_ref().unwrap();
        assert_eq!(subject.kind, "address", "{name}");
        assert_eq!(subject.id, keys().address("planted@example.com"), "{name}");
        assert_eq!(own.kind, "invoice.sent", "{name}");
        let raw = test.rows("SELECT * FROM hallpass_audit").await;
        let raw = format!("{raw:?}").replace("planted-agent", "");
        assert!(!raw.to_lowercase().contains("planted"), "{name}: {raw}");
    }
}

#[tokio::test]
async fn of_clients_is_kept_what_the_settings_say() {
    let test = sqlite().await;
    let audit = open(&test).await;
    for clients in [Clients::Address, Clients::Network, Clients::Nothing] {
        let recorder = Recorder::new(keys(), clients);
        for _ in 0..30 {
            recorder.failed(&attempt("wrong-password", None), &whence("203.0.113.77"));
        }
        let later = SystemClock.now() + jiff::SignedDuration::from_secs(61);
        recorder.queue().fold(later);
        recorder.flush(&audit).await.unwrap();
    }
    let entries = entries(&audit).await;
    let kept = |entry: &Entry| (entry.client.clone(), entry.agent.is_some());
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(kept(&entries[0]), (some("203.0.113.77"), true));
    assert_eq!(kept(&entries[20]), (some("203.0.113.0/24"), false));
    assert_eq!(entries[20].details.members()["times"], 10);
    assert_eq!(kept(&entries[21]), (some("203.0.113.0/24"), true));
    assert_eq!(kept(&entries[42]), (None, false));
    assert_eq!(kept(&entries[62]), (None, false));
    assert_eq!(entries.len(), 63);
}

#[tokio::test]
async fn what_does_not_fit_is_counted_and_the_count_is_an_entry() {
    let test = sqlite().await;
    let audit = open(&test).await;
    let recorder = recorder();
    for _ in 0..MOST + 7 {
        recorder.note(Draft::new("a").unwrap());
    }
    assert_eq!(recorder.flush(&audit).await.unwrap(), MOST + 1);
    let lost = Filter {
        kind: Some("audit.lost".to_owned()),
        ..Filter::default()
    };
    let lost = audit.entries(&lost, Order::Oldest, 10).await.unwrap();
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].details.text(), r#"{"entries":7}"#);
    let verified = audit.verify(Some(&keys()), None, |_, _| {}).await.unwrap();
    assert!(verified.is_sound(), "{:?}", verified.faults);
}

#[tokio::test]
async fn what_cannot_be_written_waits_in_its_order() {
    for test in databases().await {
        let name = test.name;
        let audit = open(&test).await;
        let recorder = recorder();
        for number in 0..3 {
            let actor = number.to_string();
            recorder.note(Draft::new("a").unwrap().actor(&actor));
        }
        test.run("ALTER TABLE hallpass_audit_head RENAME TO elsewhere")
            .await;
        assert!(recorder.flush(&audit).await.is_err(), "{name}");
        assert_eq!(recorder.waiting(), 3, "{name}");
        recorder.note(Draft::new("a").unwrap().actor("3"));
        test.run("ALTER TABLE elsewhere RENAME TO hallpass_audit_head")
            .await;
        assert_eq!(recorder.flush(&audit).await.unwrap(), 4, "{name}");
        let actors: Vec<_> = entries(&audit)
            .await
            .into_iter()
            .map(|one| one.actor.unwrap())
            .collect();
        assert_eq!(actors, ["0", "1", "2", "3"], "{name}");
    }
}

#[tokio::test]
async fn whoever_drops_the_writing_loses_nothing() {
    let test = sqlite().await;
    let audit = open(&test).await;
    let recorder = recorder();
    recorder.note(Draft::new("a").unwrap());
    // Somebody else writes.
    let other = test.database.begin().await.unwrap();
    {
        let mut writing = Box::pin(recorder.flush(&audit));
        let polled = std::future::poll_fn(|context| {
            std::task::Poll::Ready(writing.as_mut().poll(context).is_pending())
        });
        assert!(polled.await, "it waits for the database");
    }
    assert_eq!(recorder.waiting(), 1);
    drop(other);
    assert_eq!(recorder.flush(&audit).await.unwrap(), 1);
}

#[test]
fn every_kind_of_ours_is_a_kind() {
    let recorder = recorder();
    let (id, user) = (UserId("u1".to_owned()), user());
    let events = [
        signed_in(),
        Event::SecondFactorAsked {
            user_id: id.clone(),
            provider: "password".to_owned(),
        },
        Event::SignOutToken {
            claims: json!({ "sub": "u1" }).as_object().unwrap().clone(),
        },
        Event::CreateUser { user: user.clone() },
        Event::UpdateUser { user: user.clone() },
        Event::UserDeleted { user: user.clone() },
        Event::RevokeSessions {
            user_id: id.clone(),
            ended: 3,
        },
        Event::EmailVerified { user: user.clone() },
        Event::EmailChanged { user },
        Event::PasswordChanged {
            user_id: id.clone(),
        },
        Event::SecondFactorAdded {
            user_id: id.clone(),
        },
        Event::SecondFactorRemoved {
            user_id: id.clone(),
        },
        Event::RecoveryCodesReplaced {
            user_id: id.clone(),
        },
        Event::RecoveryCodeUsed { user_id: id },
    ];
    for event in &events {
        let complete = entries::of_event(event, &Whence::default()).unwrap();
        assert!(Draft::new(complete.kind).is_ok(), "{}", complete.kind);
        recorder.happened(event, &Whence::default());
    }
    for what in [Attempt::SignIn, Attempt::SecondFactor, Attempt::Account] {
        let attempt = FailedAttempt {
            what,
            ..attempt("too-many", None)
        };
        let complete = entries::of_attempt(&attempt, &keys());
        assert!(Draft::new(complete.kind).is_ok(), "{}", complete.kind);
    }
    assert_eq!(recorder.waiting(), events.len());
    let nothing = Event::SignOutSession { session: None };
    assert!(entries::of_event(&nothing, &Whence::default()).is_none());
    assert!(!format!("{recorder:?}").contains("secret"));
}
