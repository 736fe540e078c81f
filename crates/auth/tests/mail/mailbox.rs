use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use hallpass_auth::environment::Clock;
use hallpass_auth::mail::mailbox::Mailbox;
use hallpass_auth::mail::{Message, Transport};
use jiff::Timestamp;

use super::message;

struct Frozen;

impl Clock for Frozen {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

fn mailbox(capacity: usize) -> Mailbox {
    Mailbox::new(Arc::new(Frozen), NonZeroUsize::new(capacity).unwrap())
}

fn numbered(number: usize) -> Message {
    Message {
        subject: format!("mail {number}"),
        ..message()
    }
}

#[tokio::test]
async fn messages_are_listed_newest_first_and_found_by_id() {
    let mailbox = mailbox(10);
    for number in 1..=3 {
        mailbox.send(&numbered(number)).await.unwrap();
    }
    let subjects: Vec<_> = mailbox
        .list()
        .iter()
        .map(|stored| stored.message.subject.clone())
        .collect();
    assert_eq!(subjects, ["mail 3", "mail 2", "mail 1"]);
    let second = mailbox.get(2).expect("still here");
    assert_eq!(second.message.subject, "mail 2");
    assert_eq!(second.received_at, Timestamp::UNIX_EPOCH);
    assert!(mailbox.get(4).is_none());
}

#[tokio::test]
async fn the_oldest_message_makes_room_and_ids_are_never_used_again() {
    let mailbox = mailbox(2);
    for number in 1..=5 {
        mailbox.send(&numbered(number)).await.unwrap();
    }
    let ids: Vec<_> = mailbox.list().iter().map(|stored| stored.id).collect();
    assert_eq!(ids, [5, 4]);
    assert!(mailbox.get(3).is_none());
}

#[tokio::test]
async fn the_hook_sees_every_message_that_was_taken() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let reader = mailbox(2);
    let mailbox = reader
        .clone()
        .on_message(move |stored| sink.lock().unwrap().push(stored.id));
    mailbox.send(&numbered(1)).await.unwrap();
    mailbox.send(&numbered(2)).await.unwrap();
    let spoilt = Message {
        subject: "two\r\nlines".to_owned(),
        ..message()
    };
    assert!(mailbox.send(&spoilt).await.is_err());
    assert_eq!(*seen.lock().unwrap(), [1, 2]);
    assert_eq!(reader.list().len(), 2);
}

#[tokio::test]
async fn a_mailbox_prints_none_of_its_mail() {
    let mailbox = mailbox(2);
    mailbox.send(&message()).await.unwrap();
    let printed = format!("{mailbox:?} {:?}", mailbox.list());
    assert!(!printed.contains("planted"), "{printed}");
}
