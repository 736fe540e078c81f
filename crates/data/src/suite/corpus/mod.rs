//! What calls become: a corpus to read, in PostgreSQL's words, with what other databases say otherwise.
//!
//! Texts alone are compared. Each call is sent to an empty SQLite database, whatever language it speaks: what that
//! understands is run to its end, of the rest stands here what was sent first.

use std::sync::Arc;

use serde_json::Value as Json;

use super::support::{options, schema};
use crate::{ArgValue, Client, Dialect, Error, Operation};

const SCHEMA: &str = include_str!("schema.zmodel");
const QUERIES: &str = include_str!("queries.txt");
/// The first is shown whole, of the others what differs.
const DIALECTS: [Dialect; 3] = [Dialect::Postgres, Dialect::Sqlite, Dialect::MariaDb];

#[tokio::test]
async fn calls_as_sql() {
    let test = hallpass_db::testing::sqlite().await;
    let database = test.database.clone();
    let schema = Arc::new(schema(SCHEMA));
    let client = |dialect| {
        Client::speaking(dialect, database.clone(), Arc::clone(&schema), options()).unwrap()
    };
    client(Dialect::Sqlite)
        .create_missing_tables()
        .await
        .unwrap();
    let mut said = String::new();
    let mut who: Option<Json> = None;
    let mut calls = 0;
    for line in QUERIES.lines().filter(|line| !line.is_empty()) {
        if line.starts_with('#') {
            said.push_str(&format!("\n{line}\n"));
        } else if let Some(person) = line.strip_prefix("as ") {
            who = Some(serde_json::from_str(person).unwrap());
            said.push_str(&format!("\n{line}\n"));
        } else {
            calls += 1;
            said.push_str(&format!("\n{line}\n"));
            let mut before: Vec<Vec<String>> = Vec::new();
            for dialect in DIALECTS {
                let sent = sent(&client(dialect), who.as_ref(), line).await;
                let plain: Vec<_> = sent.iter().map(|text| alike(text)).collect();
                if !before.contains(&plain) {
                    said.push_str(&shown(dialect, &sent));
                }
                before.push(plain);
            }
        }
    }
    assert!(calls >= 60, "{calls}");
    insta::assert_snapshot!(said);
}

/// The texts that a call sends: `findMany Post {}`.
async fn sent(client: &Client, who: Option<&Json>, line: &str) -> Vec<String> {
    let mut words = line.splitn(3, ' ');
    let (operation, model) = (words.next().unwrap(), words.next().unwrap());
    let operation = Operation::ALL
        .into_iter()
        .find(|one| one.to_string() == operation);
    let args: Json = serde_json::from_str(words.next().unwrap()).unwrap();
    let args = ArgValue::from_json(args).unwrap();
    let of = match who {
        Some(person) => client.for_user(Some(ArgValue::from_json(person.clone()).unwrap())),
        None => client.clone(),
    };
    let result = of.call(model, operation.unwrap(), &args).await;
    let sent = std::mem::take(&mut *client.engine().sent.lock().unwrap());
    match result {
        Err(error @ Error::Invalid(_)) => panic!("{line}: {error}"),
        Err(error) if sent.is_empty() => vec![format!("({error})")],
        _ => sent,
    }
}

/// The same text for statements that differ in quotes and placeholders alone.
fn alike(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '`' => plain.push('"'),
            '$' => {
                while letters.next_if(char::is_ascii_digit).is_some() {}
                plain.push('?');
            }
            other => plain.push(other),
        }
    }
    plain
}

fn shown(dialect: Dialect, sent: &[String]) -> String {
    if sent.is_empty() {
        return format!("  {dialect}: (nothing is sent)\n");
    }
    let lines = sent.iter().map(|text| format!("  {dialect}: {text}\n"));
    lines.collect()
}
