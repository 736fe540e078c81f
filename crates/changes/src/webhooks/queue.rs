//! What waits to be delivered, and how that went.

use std::time::Duration;

use hallpass_db::{Connection, Database, Transaction};
use hallpass_sql::{Dialect, Value};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::event::Event;
use super::tables::QUEUE;
use super::{endpoint, schedule};
use crate::error::ChangesError;
use crate::install::has_table;
use crate::log::{moment_of, run};
use crate::words::{later, now};

/// How long a delivery that was claimed is one process's. Longer than a request may take.
const CLAIM: Duration = Duration::from_secs(60);
/// How long deliveries that were taken are kept, for replays.
const KEEP_DELIVERED_DAYS: u64 = 3;
/// How long dead letters are.
const KEEP_DEAD_DAYS: u64 = 30;
/// Events that one statement queues: a payload may be long, and a statement holds all of them.
const AT_ONCE: usize = 50;
/// The longest id of a user that stands in the queue as it is.
const SUBJECT: usize = 255;

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is to be tried, or tried again.
    Waiting,
    /// The endpoint has taken it.
    Delivered,
    /// It was tried for three days; nobody tries again unasked.
    Dead,
}

/// Every state, with its name.
const STATES: [(State, &str); 3] = [
    (State::Waiting, "waiting"),
    (State::Delivered, "delivered"),
    (State::Dead, "dead"),
];

impl State {
    /// Its name.
    pub fn name(self) -> &'static str {
        let mut rows = STATES.iter();
        rows.find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// The state of this name.
    pub fn of(name: &str) -> Option<Self> {
        let mut rows = STATES.iter();
        rows.find(|row| row.1 == name).map(|row| row.0)
    }
}

/// A message that is to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    id: i64,
    subject: String,
    /// The id of the message, the same at each try.
    pub message: String,
    /// The body.
    pub payload: String,
    /// Which try this is, from 1.
    pub attempt: u32,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The endpoint has it.
    Taken(String),
    /// It has not; the text, of at most 32 signs, says why: a status, or `timeout`.
    Refused(String),
    /// It has not, and asks to be left alone for so long.
    Later(String, Duration),
    /// It has not, and wants to be told no more. The delivery waits until somebody enables the endpoint.
    Gone(String),
}

/// A delivery as it is shown: not what it says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The id of the message.
    pub message: String,
    /// What it tells of: `user.created`.
    pub kind: String,
    /// The user's id.
    pub subject: String,
    /// How it stands.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, or was to be.
    pub due: Timestamp,
    /// What came of the last try.
    pub answer: Option<String>,
}

/// How the queue of one endpoint stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// The endpoint.
    pub endpoint: String,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Those that were given up.
    pub dead: u64,
    /// How long the oldest that waits has.
    pub waits: Duration,
}

/// What is delivered again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// The message of this id.
    Message(String),
    /// All dead letters.
    Dead,
}

pub(super) struct Queue<'a> {
    pub(super) database: &'a Database,
    pub(super) endpoint: &'a str,
}

/// Puts events at the end of the queue, in their order.
pub(super) async fn add(
    tx: &mut Transaction,
    endpoint: &str,
    events: &[Event],
) -> Result<(), ChangesError> {
    let now = now(tx.dialect());
    let row = format!("(?, ?, ?, ?, ?, 'waiting', 0, {now}, {now})");
    for events in events.chunks(AT_ONCE) {
        let rows = vec![row.as_str(); events.len()].join(", ");
        let text = format!(
            "INSERT INTO {QUEUE} (endpoint, message, subject, kind, payload, state, attempts, due, created) VALUES {rows}"
        );
        let values = events.iter().flat_map(|event| {
            [
                endpoint.into(),
                event.id.as_str().into(),
                subject(&event.subject).into(),
                event.kind.name().into(),
                event.payload().into(),
            ]
        });
        let values: Vec<Value> = values.collect();
        run(&mut tx.into(), &text, &values).await?;
    }
    Ok(())
}

/// Ids are of any length, and all that matters here is which are the same.
fn subject(id: &str) -> String {
    if id.chars().count() <= SUBJECT {
        return id.to_owned();
    }
    let hash = Sha256::digest(id.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Queue<'_> {
    pub(super) async fn claim(&self, most: usize) -> Result<Vec<Delivery>, ChangesError> {
        let dialect = self.database.dialect();
        // Of each user the first that waits. Asked so that every planner looks at one row after the other, by the indexes: as
        // NOT EXISTS it became a join of the whole queue with itself where PostgreSQL had no statistics of the table yet.
        let due = format!(
            "SELECT d.id, d.subject, d.message, d.payload, d.attempts FROM {QUEUE} AS d WHERE d.endpoint = ? AND d.state = 'waiting' \
             AND d.due <= {} AND d.id = (SELECT e.id FROM {QUEUE} AS e WHERE e.endpoint = d.endpoint \
             AND e.subject = d.subject AND e.state = 'waiting' ORDER BY e.id LIMIT 1) ORDER BY d.due LIMIT ?",
            now(dialect)
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = self
            .run(&due, &[self.endpoint.into(), most.into()])
            .await?
            .0;
        let take = format!(
            "UPDATE {QUEUE} SET due = {}, attempts = attempts + 1 WHERE id = ? AND state = 'waiting' AND attempts = ?",
            later(dialect, CLAIM)
        );
        let found = rows.iter().map(|row| delivery(row));
        let mut found = found.collect::<Result<Vec<_>, _>>()?;
        if found.is_empty() {
            return Ok(found);
        }
        // Two processes take them in the same order, so that neither waits for the other's locks while it holds its own.
        found.sort_by_key(|delivery| delivery.id);
        let mut claimed = Vec::new();
        // All of them or none: what was claimed and not heard of would have to wait for a minute.
        let mut tx = self.database.begin().await?;
        for delivery in found {
            let before = i64::from(delivery.attempt) - 1;
            let values = [delivery.id.into(), before.into()];
            // Another process may have been faster.
            if run(&mut (&mut tx).into(), &take, &values).await?.1 > 0 {
                claimed.push(delivery);
            }
        }
        tx.commit().await?;
        Ok(claimed)
    }

    pub(super) async fn settle(
        &self,
        delivery: &Delivery,
        answer: &Answer,
        random: u8,
    ) -> Result<State, ChangesError> {
        let dialect = self.database.dialect();
        let now = now(dialect);
        let pause = match answer {
            Answer::Later(_, asked) => schedule::asked(delivery.attempt, random, *asked),
            _ => schedule::pause(delivery.attempt, random),
        };
        let pause = pause.map(|pause| later(dialect, pause));
        let (state, set, text) = match (answer, &pause) {
            (Answer::Taken(text), _) => (State::Delivered, format!("finished = {now}"), text),
            (Answer::Gone(text), _) => {
                endpoint::disable(self.database, self.endpoint).await?;
                (State::Waiting, format!("due = {now}"), text)
            }
            (Answer::Refused(text) | Answer::Later(text, _), Some(due)) => {
                (State::Waiting, format!("due = {due}"), text)
            }
            (Answer::Refused(text) | Answer::Later(text, _), None) => {
                (State::Dead, format!("finished = {now}"), text)
            }
        };
        let text: String = text.chars().take(32).collect();
        // Who was too slow has nothing to say any longer.
        let update = format!(
            "UPDATE {QUEUE} SET state = ?, answer = ?, {set} WHERE id = ? AND attempts = ? AND state = 'waiting'"
        );
        let values = [
            state.name().into(),
            text.into(),
            delivery.id.into(),
            i64::from(delivery.attempt).into(),
        ];
        let is_mine = self.run(&update, &values).await?.1 > 0;
        let is_put_off = state == State::Waiting && !matches!(answer, Answer::Gone(_));
        if let (true, true, Some(due)) = (is_mine, is_put_off, &pause) {
            self.hold_back(delivery, due).await?;
        }
        Ok(state)
    }

    /// What stands behind a delivery that is tried later is not due before it: else each look would read all of it again.
    async fn hold_back(&self, delivery: &Delivery, due: &str) -> Result<(), ChangesError> {
        let text = format!(
            "UPDATE {QUEUE} SET due = {due} WHERE endpoint = ? AND subject = ? AND state = 'waiting' AND id > ? \
             AND due < {due}"
        );
        let values = [
            self.endpoint.into(),
            delivery.subject.as_str().into(),
            delivery.id.into(),
        ];
        self.run(&text, &values).await?;
        Ok(())
    }

    pub(super) async fn clean(&self) -> Result<u64, ChangesError> {
        let mut removed = 0;
        for (state, days) in [
            (State::Delivered, KEEP_DELIVERED_DAYS),
            (State::Dead, KEEP_DEAD_DAYS),
        ] {
            let text = format!(
                "DELETE FROM {QUEUE} WHERE endpoint = ? AND state = ? AND finished < {}",
                days_ago(self.database.dialect(), days)
            );
            let values = [self.endpoint.into(), state.name().into()];
            removed += self.run(&text, &values).await?.1;
        }
        Ok(removed)
    }

    async fn run(
        &self,
        text: &str,
        values: &[Value],
    ) -> Result<(Vec<Vec<Value>>, u64), ChangesError> {
        run(&mut self.database.into(), text, values).await
    }
}

/// Of a row as it stands; what is claimed is tried once more.
fn delivery(row: &[Value]) -> Result<Delivery, ChangesError> {
    let [
        Value::Int(id),
        Value::Text(subject),
        Value::Text(message),
        Value::Text(payload),
        Value::Int(attempts),
    ] = row
    else {
        return Err(ChangesError::Shape);
    };
    Ok(Delivery {
        id: *id,
        subject: subject.clone(),
        message: message.clone(),
        payload: payload.clone(),
        attempt: u32::try_from(attempts.saturating_add(1)).unwrap_or(u32::MAX),
    })
}

pub(super) async fn counts(database: &Database) -> Result<Vec<Counts>, ChangesError> {
    let mut connection: Connection<'_> = database.into();
    if !has_table(&mut connection, QUEUE).await? {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT endpoint, count(CASE WHEN state = 'waiting' THEN 1 END), count(CASE WHEN state = 'dead' THEN 1 END), \
         min(CASE WHEN state = 'waiting' THEN created END), {} FROM {QUEUE} GROUP BY endpoint ORDER BY endpoint",
        now(database.dialect())
    );
    let rows = run(&mut connection, &text, &[]).await?.0;
    let counts = rows.iter().map(|row| {
        let [
            Value::Text(endpoint),
            Value::Int(waiting),
            Value::Int(dead),
            oldest,
            now,
        ] = row.as_slice()
        else {
            return Err(ChangesError::Shape);
        };
        let now = moment_of(now).ok_or(ChangesError::Shape)?;
        let waits = moment_of(oldest).and_then(|oldest| now.duration_since(oldest).try_into().ok());
        Ok(Counts {
            endpoint: endpoint.clone(),
            waiting: u64::try_from(*waiting).unwrap_or(0),
            dead: u64::try_from(*dead).unwrap_or(0),
            waits: waits.unwrap_or_default(),
        })
    });
    counts.collect()
}

pub(super) async fn list(
    database: &Database,
    endpoint: &str,
    state: Option<State>,
    most: usize,
) -> Result<Vec<Listed>, ChangesError> {
    let mut connection: Connection<'_> = database.into();
    if !has_table(&mut connection, QUEUE).await? {
        return Ok(Vec::new());
    }
    let which = state.map_or("", |_| "AND state = ? ");
    let text = format!(
        "SELECT message, kind, subject, state, attempts, due, answer FROM {QUEUE} WHERE endpoint = ? {which}\
         ORDER BY id DESC LIMIT ?"
    );
    let mut values = vec![Value::from(endpoint)];
    values.extend(state.map(|state| Value::from(state.name())));
    values.push(i64::try_from(most).unwrap_or(i64::MAX).into());
    let rows = run(&mut connection, &text, &values).await?.0;
    rows.iter().map(|row| listed(row)).collect()
}

fn listed(row: &[Value]) -> Result<Listed, ChangesError> {
    let [
        Value::Text(message),
        Value::Text(kind),
        Value::Text(subject),
        Value::Text(state),
        Value::Int(attempts),
        due,
        answer,
    ] = row
    else {
        return Err(ChangesError::Shape);
    };
    Ok(Listed {
        message: message.clone(),
        kind: kind.clone(),
        subject: subject.clone(),
        state: state.clone(),
        attempts: *attempts,
        due: moment_of(due).ok_or(ChangesError::Shape)?,
        answer: match answer {
            Value::Text(answer) => Some(answer.clone()),
            _ => None,
        },
    })
}

pub(super) async fn replay(
    database: &Database,
    endpoint: &str,
    what: &Replay,
) -> Result<u64, ChangesError> {
    let mut connection: Connection<'_> = database.into();
    if !has_table(&mut connection, QUEUE).await? {
        return Ok(0);
    }
    let (which, value) = match what {
        Replay::Message(id) => ("message = ? AND state <> 'waiting'", id.as_str()),
        Replay::Dead => ("state = ?", State::Dead.name()),
    };
    let text = format!(
        "UPDATE {QUEUE} SET state = 'waiting', attempts = 0, finished = NULL, due = {} WHERE endpoint = ? AND {which}",
        now(database.dialect())
    );
    let values = [endpoint.into(), value.into()];
    Ok(run(&mut connection, &text, &values).await?.1)
}

fn days_ago(dialect: Dialect, days: u64) -> String {
    match dialect {
        Dialect::Postgres => format!("clock_timestamp() - interval '{days} days'"),
        Dialect::Sqlite => format!("strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{days} days')"),
        _ => format!("UTC_TIMESTAMP(6) - INTERVAL {days} DAY"),
    }
}
