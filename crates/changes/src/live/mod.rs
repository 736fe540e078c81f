//! Wakes live queries when other programs wrote.
//!
//! `log` looks at the change log, whoever wrote a tracked table; `told` is what Hallpass processes on one PostgreSQL tell each
//! other of tables that are not tracked, too. Both only say which tables changed: what somebody gets of that is for an
//! ordinary read to say.
//!
//! Messages are sent after the commit and outside of the transaction, several writes in one: PostgreSQL lets transactions that
//! told something commit only one after the other (`docs/design/changes.md`).

mod log;
mod told;

use std::time::Duration;

use hallpass_data::live::Wakes;
use hallpass_db::{Database, Heard, Options};
use tokio::sync::OnceCell;
use tokio::time::sleep;

use crate::error::ChangesError;
use crate::log::Log;
use log::Look;
use told::Told;

/// The channel of messages.
const CHANNEL: &str = "hallpass_live";
/// How long writes are collected before they are told.
const COLLECTING: Duration = Duration::from_millis(20);
/// The first and the longest time before something is tried again that failed.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often it is looked whether there is a log by now.
const NO_LOG: Duration = Duration::from_secs(30);
/// Connections beside that which listens.
const CONNECTIONS: usize = 2;

/// Tells the live queries of one process what others write, and others what this process writes.
#[derive(Debug)]
pub struct Feed {
    address: String,
    wakes: Wakes,
    /// By what messages of this process are known.
    process: String,
    interval: Duration,
    database: OnceCell<Database>,
}

impl Feed {
    /// Of the database at `address`, for the live queries that `wakes` wakes. `process` tells this process from others, and
    /// `interval` says how often the change log is looked at while there is a live query.
    ///
    /// Connects when it is first needed.
    pub fn new(address: &str, wakes: Wakes, process: &str, interval: Duration) -> Self {
        Self {
            address: address.to_owned(),
            wakes,
            process: process.to_owned(),
            interval,
            database: OnceCell::new(),
        }
    }

    /// Goes on until it is dropped. A database that is away is tried again; who missed something reads again then.
    pub async fn run(self) {
        tokio::join!(self.look(), self.listen(), self.tell());
    }

    async fn database(&self) -> Result<&Database, ChangesError> {
        let connect = async || {
            let options = Options {
                max_connections: CONNECTIONS,
                ..Options::default()
            };
            Database::connect(&self.address, options).await
        };
        Ok(self.database.get_or_try_init(connect).await?)
    }

    /// Looks at the change log while somebody waits.
    async fn look(&self) {
        let mut look = None;
        let mut failing = Failing::default();
        loop {
            self.wakes.awaited().await;
            let looked = self.look_once(&mut look).await;
            if looked.is_err() {
                look = None;
            }
            match looked {
                Ok(()) => {
                    failing = Failing::default();
                    sleep(self.interval).await;
                }
                Err(ChangesError::NotInstalled) => sleep(NO_LOG).await,
                Err(error) => failing.pause("the change log", &error).await,
            }
            if !self.wakes.is_awaited() {
                // Whoever comes next reads by itself first.
                look = None;
            }
        }
    }

    async fn look_once(&self, look: &mut Option<Look>) -> Result<(), ChangesError> {
        let log = Log::of(self.database().await?);
        match look {
            Some(look) => look.again(&log, &self.wakes).await,
            None => {
                *look = Some(Look::begin(&log).await?);
                // What was written between the first read of a query and this is in no later look.
                self.wakes.anything();
                Ok(())
            }
        }
    }

    /// Listens to other processes while somebody waits.
    async fn listen(&self) {
        let mut failing = Failing::default();
        loop {
            self.wakes.awaited().await;
            match self.listen_once().await {
                Ok(Listened::Nothing) => return,
                Ok(Listened::Unawaited) => failing = Failing::default(),
                Ok(Listened::Lost) => sleep(FIRST_PAUSE).await,
                Err(error) => failing.pause("messages of other processes", &error).await,
            }
        }
    }

    async fn listen_once(&self) -> Result<Listened, ChangesError> {
        let listener = self.database().await?.listen(CHANNEL).await?;
        let Some(mut listener) = listener else {
            return Ok(Listened::Nothing);
        };
        // Nobody told us what was written before.
        self.wakes.anything();
        loop {
            let heard = tokio::select! {
                heard = listener.next() => heard,
                () = self.wakes.unawaited() => return Ok(Listened::Unawaited),
            };
            match heard {
                Some(Heard::Message(message)) => self.heard(&message),
                Some(Heard::Missed) => self.wakes.anything(),
                None => return Ok(Listened::Lost),
            }
        }
    }

    fn heard(&self, message: &str) {
        match Told::read(message) {
            Some(told) if told.by == self.process => {}
            Some(Told {
                tables: Some(tables),
                ..
            }) => {
                for table in &tables {
                    // What changes along with it was told as well.
                    self.wakes.added(table);
                }
            }
            // SECURITY: whoever may connect may send whatever it likes; that costs a read, and shows nobody anything.
            Some(_) | None => self.wakes.anything(),
        }
    }

    /// Tells others what this process writes.
    async fn tell(&self) {
        let mut failing = Failing::default();
        let mut outgoing = self.wakes.outgoing();
        loop {
            let mut tables = outgoing.next().await;
            sleep(COLLECTING).await;
            while let Some(more) = outgoing.take() {
                tables = tables.zip(more).map(|(mut tables, more)| {
                    tables.extend(more);
                    tables
                });
            }
            let told = Told {
                by: self.process.clone(),
                tables,
            };
            match self.tell_once(&told).await {
                Ok(true) => failing = Failing::default(),
                Ok(false) => return,
                // Those who listen lost their connections, too, and read again when they have others.
                Err(error) => failing.pause("telling other processes", &error).await,
            }
        }
    }

    async fn tell_once(&self, told: &Told) -> Result<bool, ChangesError> {
        let database = self.database().await?;
        Ok(database.notify(CHANNEL, &told.message()).await?)
    }
}

/// Why listening ended.
enum Listened {
    /// This database has no messages.
    Nothing,
    /// Nobody waits any more.
    Unawaited,
    /// The connection was lost.
    Lost,
}

/// How often in a row something failed.
#[derive(Default)]
struct Failing(u32);

impl Failing {
    /// Says the first time that something fails, and waits: twice as long each time.
    async fn pause(&mut self, what: &str, error: &ChangesError) {
        if self.0 == 0 {
            tracing::warn!(%error, "live queries do without {what} and try again");
        }
        let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.0));
        self.0 = self.0.saturating_add(1);
        sleep(doubled.min(LONGEST_PAUSE)).await;
    }
}
