//! SQL clients that change users, each users of its own, and go on whatever happens to their database.
//!
//! A client whose database dies in the middle of a commit does not know whether it happened, and says the same again. Said twice, each
//! statement does what it does once, so what happens to a user is known in its order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hallpass_db::testing::attempt;
use hallpass_db::{Database, Options};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

use super::dice::Dice;
use super::receiver::Receiver;

const CLIENTS: usize = 8;
/// Users of one client.
const USERS: usize = 50;
/// Changes that may wait to be told: so everything goes on while something dies, until the end.
const LEAD: usize = 1_500;
/// Longer than a database is away; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(120);

/// What happened to a user, who is named by the number of the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Created(usize),
    Updated(usize),
    Deleted,
}

/// What happened to each user, in its order.
pub(super) type Histories = BTreeMap<String, Vec<Step>>;

pub(super) struct Stream(JoinSet<Histories>);

impl Stream {
    pub(super) fn begin(
        address: &str,
        changes: usize,
        receiver: &Receiver,
        dice: &mut Dice,
    ) -> Self {
        let made = Arc::new(AtomicUsize::new(0));
        let mut clients = JoinSet::new();
        for place in 0..CLIENTS {
            let client = Client {
                address: address.to_owned(),
                place,
                dice: dice.split(),
                made: Arc::clone(&made),
                told: receiver.watch(),
                histories: Histories::new(),
            };
            let share = changes / CLIENTS + usize::from(place < changes % CLIENTS);
            clients.spawn(client.run(share));
        }
        Self(clients)
    }

    /// What happened, once all of it has.
    pub(super) async fn end(mut self) -> Histories {
        let mut all = Histories::new();
        while let Some(histories) = self.0.join_next().await {
            all.extend(histories.unwrap());
        }
        all
    }
}

struct Client {
    address: String,
    place: usize,
    dice: Dice,
    /// By all clients.
    made: Arc<AtomicUsize>,
    told: watch::Receiver<usize>,
    histories: Histories,
}

impl Client {
    async fn run(mut self, changes: usize) -> Histories {
        let options = Options {
            max_connections: 1,
            ..Options::default()
        };
        let database = Database::connect(&self.address, options).await.unwrap();
        for _ in 0..changes {
            self.change(&database).await;
            let made = self.made.fetch_add(1, Ordering::Relaxed) + 1;
            let is_near = |told: &usize| made < *told + LEAD;
            self.told.wait_for(is_near).await.unwrap();
        }
        database.close().await;
        self.histories
    }

    async fn change(&mut self, database: &Database) {
        let user = format!("c{}u{}", self.place, self.dice.below(USERS));
        let is_over = self.dice.below(10) == 0;
        let history = self.histories.entry(user.clone()).or_default();
        let version = history.len();
        let (step, statement) = match history.last() {
            None | Some(Step::Deleted) => (
                Step::Created(version),
                format!(
                    "INSERT INTO \"User\" (id, name) VALUES ('{user}', '{version}') \
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name"
                ),
            ),
            Some(_) if is_over => (
                Step::Deleted,
                format!("DELETE FROM \"User\" WHERE id = '{user}'"),
            ),
            Some(_) => (
                Step::Updated(version),
                format!("UPDATE \"User\" SET name = '{version}' WHERE id = '{user}'"),
            ),
        };
        history.push(step);
        insist(database, &statement).await;
    }
}

/// Until the database has done it.
async fn insist(database: &Database, statement: &str) {
    let start = Instant::now();
    let mut tries = interval(Duration::from_millis(20));
    while let Err(error) = attempt(database, statement).await {
        assert!(start.elapsed() < PATIENCE, "{statement}: {error}");
        tries.tick().await;
    }
}
