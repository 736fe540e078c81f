use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{Stream, unfold};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::hub::Seat;
use super::steps::{Hash, Mark, Step, distinct, key_of, mark, steps};
use super::{Live, Tables, Touched};
use crate::args::ArgValue;
use crate::client::Client;
use crate::error::Error;
use crate::operation::{Operation, Reply};
use crate::record::Record;

/// How long a query waits that failed before it is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Who a live query is for, when it was asked anew.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// This person, as the rules know it now; nobody where there is none.
    Person(Option<ArgValue>),
    /// It cannot be told at the moment.
    Unknown,
    /// Nobody whom it was for any more: the session has ended.
    Over,
}

/// Says anew who a live query is for: each time before it reads, and from time to time.
pub type Asking = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Asked> + Send>> + Send + Sync>;

/// Why there is no live query.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// There are as many as there may be.
    #[error("there are too many live queries at the moment")]
    TooMany,
    /// Only what changes nothing can be asked again and again.
    #[error("`{0}` is no read, so it cannot be live")]
    NoRead(Operation),
}

/// What a live query gives.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveUpdate {
    /// The result as it is now: the first, and each that has little in common with the one before.
    Result(Reply),
    /// What is different since the last update, of `findMany`: each step is taken on the list that those before it left.
    Changes(Vec<LiveStep>),
}

/// One step from a list of rows to the next.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveStep {
    /// The row at this place goes.
    Remove {
        /// The place, from 0.
        at: usize,
    },
    /// The row at a place goes to another.
    Move {
        /// Where it stands.
        from: usize,
        /// Where it stands then.
        to: usize,
    },
    /// A row comes in before the one at this place.
    Insert {
        /// The place, from 0.
        at: usize,
        /// The row.
        row: Record,
    },
    /// A row stands in the place of the one there.
    Replace {
        /// The place, from 0.
        at: usize,
        /// The row.
        row: Record,
    },
}

/// A read whose result is given first, and then what changes in it. Made by [`Live::query`].
///
/// Whoever is slow to ask for the next update gets what is different by then, however often it changed meanwhile.
pub struct LiveQuery {
    live: Live,
    /// With full access where somebody says who asks.
    base: Client,
    client: Client,
    asking: Option<Asking>,
    model: String,
    operation: Operation,
    args: ArgValue,
    watch: super::bell::Watch,
    wakes: watch::Receiver<u64>,
    closed: watch::Receiver<bool>,
    known: Option<Known>,
    /// When it last read.
    read: Option<Instant>,
    /// Before when it does not read again.
    not_before: Option<Instant>,
    _seat: Seat,
}

/// What was given last.
struct Known {
    whole: Hash,
    rows: Vec<Mark>,
}

impl Live {
    /// A live query with the rights of a client: of a person, or full. The rules are asked at each read; what they know of the
    /// person stays as the client has it, unless [`LiveQuery::asking`] says anew who that is.
    ///
    /// Nothing is read before [`LiveQuery::next`].
    ///
    /// # Errors
    /// [`LiveError`].
    pub fn query(
        &self,
        client: &Client,
        model: &str,
        operation: Operation,
        args: ArgValue,
    ) -> Result<LiveQuery, LiveError> {
        if !operation.is_read() {
            return Err(LiveError::NoRead(operation));
        }
        let seat = self.seat(None).map_err(|_| LiveError::TooMany)?;
        let watch = client.engine.bell.watch();
        Ok(LiveQuery {
            live: self.clone(),
            base: client.clone(),
            client: client.clone(),
            asking: None,
            model: model.to_owned(),
            operation,
            args,
            wakes: watch.wakes(),
            watch,
            closed: self.bell().closed(),
            known: None,
            read: None,
            not_before: None,
            _seat: seat,
        })
    }
}

impl LiveQuery {
    /// Asks before each read who the query is for; the client that it was made with must have full access then.
    #[must_use]
    pub fn asking(self, asking: Asking) -> Self {
        Self {
            asking: Some(asking),
            ..self
        }
    }

    /// The next update, once there is one; `None` when it is over: the program stops, or nobody whom it was for is there any more.
    ///
    /// # Errors
    /// As [`Client::call`]. What was not to be reached may be there for the next call.
    pub async fn next(&mut self) -> Option<Result<LiveUpdate, Error>> {
        loop {
            if !self.wait().await {
                return None;
            }
            // In a box, and only while it lasts: a query that waits is to be small.
            match Box::pin(self.turn()).await {
                Ok(Turn::Same) => {}
                Ok(Turn::Other(update)) => return Some(Ok(update)),
                Ok(Turn::Over) => return None,
                Err(error) => {
                    self.not_before = Some(Instant::now() + PAUSE);
                    return Some(Err(error));
                }
            }
        }
    }

    /// The same as a stream, for those who combine it with others or send it on. Dropping it ends the query.
    pub fn into_stream(self) -> impl Stream<Item = Result<LiveUpdate, Error>> + Send {
        unfold(self, async |mut query| {
            let update = query.next().await?;
            Some((update, query))
        })
    }

    /// Waits until it is time to read; `false` when everything ends.
    async fn wait(&mut self) -> bool {
        if let Some(not_before) = self.not_before.take() {
            tokio::select! {
                _ = self.closed.wait_for(|closed| *closed) => return false,
                () = sleep_until(not_before) => return true,
            }
        }
        let Some(read) = self.read else {
            return !*self.closed.borrow();
        };
        let options = *self.live.options();
        tokio::select! {
            _ = self.closed.wait_for(|closed| *closed) => return false,
            woken = self.wakes.changed() => if woken.is_err() { return false },
            () = sleep_until(read + options.look_again) => return true,
        }
        sleep_until(read + options.pace).await;
        true
    }

    async fn turn(&mut self) -> Result<Turn, Error> {
        if let Some(asking) = &self.asking {
            match asking().await {
                Asked::Over => return Ok(Turn::Over),
                Asked::Unknown => {
                    self.not_before = Some(Instant::now() + PAUSE);
                    return Ok(Turn::Same);
                }
                Asked::Person(person) => self.client = self.base.for_user(person),
            }
        }
        // What is woken from here on is not in the read.
        self.wakes.mark_unchanged();
        // Who drops this future before it is done has read nothing.
        self.read = None;
        let began = Instant::now();
        let touched = Arc::new(Touched::default());
        let reading = Client {
            touched: Some(Arc::clone(&touched)),
            ..self.client.clone()
        };
        self.watch.narrow(Tables::any());
        let reply = reading.call(&self.model, self.operation, &self.args).await;
        self.watch.narrow(self.client.reads(&touched));
        let reply = reply?;
        self.read = Some(began);
        Ok(self.update(reply))
    }

    fn update(&mut self, reply: Reply) -> Turn {
        let schema = self.client.schema();
        let model = self.client.model_called(&self.model).ok();
        let identity = model.or_else(|| schema.model(&self.model));
        let identity = identity.map_or(&[][..], |model| &model.id);
        // Writing records into memory cannot fail.
        let whole = mark(&serde_json::to_vec(&reply).unwrap_or_default());
        if self
            .known
            .as_ref()
            .is_some_and(|known| known.whole == whole)
        {
            return Turn::Same;
        }
        let rows = match &reply {
            Reply::Records(records) if self.operation == Operation::FindMany => {
                distinct(records.iter().map(|record| {
                    let content = mark(&serde_json::to_vec(record).unwrap_or_default());
                    (key_of(record, identity), content)
                }))
            }
            _ => Vec::new(),
        };
        let before = self.known.replace(Known { whole, rows });
        let now = self.known.as_ref();
        let rows = now.map_or(&[][..], |known| &known.rows);
        let steps = before.and_then(|before| steps(&before.rows, rows, rows.len() / 2 + 1));
        match (steps, reply) {
            (Some(taken), Reply::Records(records)) if self.operation == Operation::FindMany => {
                Turn::Other(LiveUpdate::Changes(with_rows(&taken, &records)))
            }
            (_, reply) => Turn::Other(LiveUpdate::Result(reply)),
        }
    }
}

impl std::fmt::Debug for LiveQuery {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LiveQuery")
            .field("model", &self.model)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

enum Turn {
    Same,
    Other(LiveUpdate),
    Over,
}

fn with_rows(steps: &[Step], records: &[Record]) -> Vec<LiveStep> {
    let of = |step: &Step| {
        Some(match *step {
            Step::Remove { at } => LiveStep::Remove { at },
            Step::Move { from, to } => LiveStep::Move { from, to },
            Step::Insert { at, row } => LiveStep::Insert {
                at,
                row: records.get(row)?.clone(),
            },
            Step::Replace { at, row } => LiveStep::Replace {
                at,
                row: records.get(row)?.clone(),
            },
        })
    };
    steps.iter().filter_map(of).collect()
}

impl Client {
    /// The tables that a read looked at, and those in which the rules look for the person.
    pub(crate) fn reads(&self, touched: &Touched) -> Tables {
        let mut tables = touched.tables();
        let engine = &self.engine;
        engine.looked.add_tables(&engine.schema, &mut tables);
        tables
    }
}
