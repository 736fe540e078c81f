//! What must be true when everything has died and everything was told.
//!
//! To add a judge (of a new reader of the log): its function here, its line in [`all`].

use std::collections::BTreeMap;

use hallpass::data::Value;
use hallpass_db::Database;
use hallpass_db::testing::attempt;

use super::receiver::Message;
use super::stream::{Histories, Step};
use super::{CHANGES, World, connect};

/// Users who are there: their ids and names.
type Users = BTreeMap<String, String>;

pub(super) async fn all(world: &World, histories: &Histories) {
    let expected: Users = histories.iter().filter_map(living).collect();
    let source = connect(&world.source.address()).await;
    assert_eq!(
        users(&source, "SELECT id, name FROM \"User\"").await,
        expected
    );
    every_change_is_in_the_log_once(&source).await;
    every_change_is_in_the_audit_trail_once(&source).await;
    the_audit_trail_is_sound(world);
    every_message_came_in_order(&world.receiver.messages(), histories);

    let target = connect(&world.target.address()).await;
    target_is_equal(&target, "neon_auth.users_sync", histories, &expected).await;
    if let Some(other) = &world.other {
        target_is_equal(
            &other.database,
            "neon_auth_users_sync",
            histories,
            &expected,
        )
        .await;
    }
    for name in ["target", "other"]
        .iter()
        .take(1 + usize::from(world.other.is_some()))
    {
        let verified = world.run(&format!("sync verify --target {name}"));
        assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.error);
    }
    nobody_panicked(world);
}

fn living((id, history): (&String, &Vec<Step>)) -> Option<(String, String)> {
    match history.last()? {
        Step::Created(version) | Step::Updated(version) => Some((id.clone(), version.to_string())),
        Step::Deleted => None,
    }
}

async fn every_change_is_in_the_log_once(source: &Database) {
    let count = "SELECT count(*), count(position), max(position) FROM hallpass_change WHERE table_name = 'User'";
    let rows = attempt(source, count).await.unwrap().rows;
    let all = Value::Int(i64::try_from(CHANGES).unwrap());
    assert_eq!(rows, [[all.clone(), all.clone(), all]]);
}

/// Details hold the position in the log, so no two are the same.
async fn every_change_is_in_the_audit_trail_once(source: &Database) {
    let count = "SELECT count(*), count(DISTINCT details) FROM hallpass_audit \
                 WHERE subject = 'User' AND kind LIKE 'row.%'";
    let rows = attempt(source, count).await.unwrap().rows;
    let all = Value::Int(i64::try_from(CHANGES).unwrap());
    assert_eq!(rows, [[all.clone(), all]]);
}

fn the_audit_trail_is_sound(world: &World) {
    let verified = world.run("audit verify");
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.error);
}

/// At least once, and nothing behind what comes after it.
fn every_message_came_in_order(messages: &[Message], histories: &Histories) {
    let mut told: BTreeMap<&String, Vec<&Message>> = BTreeMap::new();
    let mut again = 0;
    for message in messages {
        let of_user = told.entry(&message.user).or_default();
        match of_user.last() {
            Some(last) if last.id == message.id => again += 1,
            _ => of_user.push(message),
        }
    }
    eprintln!("{again} of {} messages came again", messages.len());
    for (user, history) in histories {
        let steps = told.get(user).into_iter().flatten();
        let steps: Vec<_> = steps.map(|message| message.step.clone()).collect();
        assert_eq!(&steps, history, "{user}");
    }
}

/// Everybody who is there is told of and nobody else; of everybody who went it is said that they did.
async fn target_is_equal(target: &Database, table: &str, histories: &Histories, expected: &Users) {
    let living = format!("SELECT id, name FROM {table} WHERE deleted_at IS NULL");
    assert_eq!(&users(target, &living).await, expected, "{table}");
    let gone = format!("SELECT id, name FROM {table} WHERE deleted_at IS NOT NULL");
    let gone = users(target, &gone).await.into_keys();
    // Who came and went between two looks was never told of.
    let went = |id: &String| histories[id].last() == Some(&Step::Deleted);
    for id in gone {
        assert!(went(&id), "{table}: {id}");
    }
}

async fn users(database: &Database, statement: &str) -> Users {
    let rows = attempt(database, statement).await.unwrap().rows;
    let text = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        other => panic!("{other:?} is no text"),
    };
    let users = rows.iter().map(|row| (text(&row[0]), text(&row[1])));
    users.collect()
}

fn nobody_panicked(world: &World) {
    for process in &world.processes {
        let log = process.logged().join("\n");
        assert!(!log.contains("panicked"), "{log}");
    }
}
