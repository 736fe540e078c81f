//! Everything dies at random moments of a stream of changes, and nothing is lost, doubled or out of order.
//!
//! Two processes of the real binary stand on a PostgreSQL of this test's own, tell two other databases of its users and an
//! endpoint of what happens to them. While SQL clients make ten thousand changes, the processes, the source and one of the targets are
//! killed outright. What must be true afterwards stands in `judges.rs`.
//!
//! `HALLPASS_TEST_SEED=…` makes the same changes and faults again; moments are counted in messages that were told, so they are near
//! the same, too.

mod dice;
mod judges;
pub(crate) mod postgres;
mod receiver;
mod stream;

use std::path::Path;
use std::time::Duration;

use hallpass::layouts::LayoutChoice;
use hallpass_db::testing::{TestDatabase, attempt, databases};
use hallpass_db::{Database, Options};
use serde_json::Value;
use tempfile::{TempDir, tempdir};
use tokio::time::{Instant, interval};

use crate::harness::{Binary, Ended, Running};
use dice::Dice;
use postgres::Server;
use receiver::Receiver;
use stream::Stream;

/// Changes of users, and so messages of webhooks.
const CHANGES: usize = 10_000;
/// Longer than the run takes on a busy machine, a claim of a minute included; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(240);

/// What dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// One of the two processes; the other goes on.
    OneProcess,
    /// Both at once.
    BothProcesses,
    /// The database of the users, while SQL clients write to it.
    Source,
    /// A database that is told of them; it stays away for a while.
    Target,
}

const FAULTS: [Fault; 8] = [
    Fault::OneProcess,
    Fault::BothProcesses,
    Fault::BothProcesses,
    Fault::Source,
    Fault::Source,
    Fault::Source,
    Fault::Target,
    Fault::Target,
];

struct World {
    source: Server,
    target: Server,
    /// Of another kind, and never killed.
    other: Option<TestDatabase>,
    receiver: Receiver,
    folder: TempDir,
    processes: Vec<Running>,
}

impl World {
    async fn start() -> Option<Self> {
        let programs = postgres::programs()?;
        let (source, target) = tokio::join!(Server::start(&programs), Server::start(&programs));
        let mut others = databases().await.into_iter();
        let other = others.find(|one| one.name == "mysql");
        let address = source.address();
        let client = hallpass::open_layout(&address, LayoutChoice::Auto);
        client.await.unwrap().close().await.unwrap();
        let receiver = Receiver::start().await;
        let folder = tempdir().unwrap();
        settings(folder.path(), receiver.port);
        let mut world = Self {
            source,
            target,
            other,
            receiver,
            folder,
            processes: Vec::new(),
        };
        let installed = world.run("changes install");
        assert_eq!(installed.code, Some(0), "{}", installed.error);
        world.processes = vec![world.serve(), world.serve()];
        world.has_begun().await;
        Some(world)
    }

    fn binary(&self, arguments: &[&str]) -> Binary {
        let other = self.other.as_ref();
        let other = other.map(|other| format!(" other={}", other.address));
        let targets = format!(
            "target={}{}",
            self.target.address(),
            other.unwrap_or_default()
        );
        Binary::new(arguments)
            .variable("PORT", "0")
            .variable("AUTH_SECRET", "a-secret-for-tests-of-more-than-32-letters")
            .variable("DATABASE_URL", &self.source.address())
            .variable("HALLPASS_APP", "none")
            .variable("HALLPASS_SYNC_TARGETS", &targets)
            .variable("HALLPASS_AUDIT", "true")
            .directory(self.folder.path())
    }

    fn run(&self, words: &str) -> Ended {
        let arguments: Vec<&str> = words.split(' ').collect();
        self.binary(&arguments).finish()
    }

    fn serve(&self) -> Running {
        self.binary(&["serve"]).start()
    }

    /// A new endpoint is told of what happens from its beginning on, and so is the audit trail.
    async fn has_begun(&self) {
        let database = connect(&self.source.address()).await;
        let readers =
            "SELECT name FROM hallpass_change_reader WHERE name IN ('webhook:a', 'audit')";
        let mut looks = interval(Duration::from_millis(50));
        while attempt(&database, readers).await.unwrap().rows.len() < 2 {
            looks.tick().await;
        }
        database.close().await;
    }

    async fn suffer(&mut self, fault: Fault, dice: &mut Dice) {
        match fault {
            Fault::OneProcess => {
                let place = dice.below(self.processes.len());
                self.processes.remove(place).kill();
                self.processes.push(self.serve());
            }
            Fault::BothProcesses => {
                self.processes.drain(..).for_each(Running::kill);
                self.forget_the_dead().await;
                self.processes = vec![self.serve(), self.serve()];
            }
            Fault::Source => {
                self.source.kill();
                self.source.start_again().await;
            }
            Fault::Target => {
                self.target.kill();
                // Told of others meanwhile.
                let back = self.receiver.told() + dice.between(50, 500);
                self.receiver.has_told(back.min(CHANGES), PATIENCE).await;
                self.target.start_again().await;
            }
        }
    }

    /// As if leases of fifteen seconds and claims of a minute had ended: nobody is left who holds them.
    async fn forget_the_dead(&self) {
        let database = connect(&self.source.address()).await;
        for past in [
            "UPDATE hallpass_change_worker SET lease_end = '2020-01-01 00:00:00'",
            "UPDATE hallpass_webhook_delivery SET due = '2020-01-01 00:00:00' WHERE state = 'waiting'",
        ] {
            attempt(&database, past).await.unwrap();
        }
        database.close().await;
    }

    /// Until the audit trail has read the log to its end.
    async fn the_trail_has_read_everything(&self) {
        let start = Instant::now();
        let mut looks = interval(Duration::from_millis(200));
        loop {
            looks.tick().await;
            let status = self.run("changes status --json");
            let status: Value = serde_json::from_str(&status.out).unwrap();
            let mut readers = status["readers"].as_array().unwrap().iter();
            if readers.any(|one| one["name"] == "audit" && one["behind"] == 0) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{status:#}");
        }
    }

    /// Until every target has read the log to its end.
    async fn targets_have_read_everything(&self) {
        let start = Instant::now();
        let mut looks = interval(Duration::from_millis(200));
        loop {
            looks.tick().await;
            let status = self.run("sync status --json");
            let status: Value = serde_json::from_str(&status.out).unwrap();
            let targets = status["targets"].as_array().unwrap();
            if targets
                .iter()
                .all(|one| one["behind"] == 0 && one["sound"] == true)
            {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{status:#}");
        }
    }
}

fn settings(folder: &Path, port: u16) {
    let text = format!(
        "[webhooks.a]\nurl = 'http://127.0.0.1:{port}/hook'\nsecrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']\n\
         private = true\nevents = ['user.created', 'user.updated', 'user.deleted']\n"
    );
    std::fs::write(folder.join("hallpass.toml"), text).unwrap();
}

async fn connect(address: &str) -> Database {
    Database::connect(address, Options::default())
        .await
        .unwrap()
}

/// In any order, at moments far enough from the ends. The processes die together last: nobody has to wait then until the
/// claims of the dead end by themselves.
fn script(dice: &mut Dice) -> Vec<(usize, Fault)> {
    let mut faults = FAULTS.to_vec();
    dice.shuffle(&mut faults);
    let is_of_processes = |fault: &Fault| matches!(fault, Fault::OneProcess | Fault::BothProcesses);
    let last = faults.iter().rposition(is_of_processes).unwrap();
    let both = faults.iter().position(|one| *one == Fault::BothProcesses);
    faults.swap(last, both.unwrap());
    let mut moments: Vec<usize> = faults
        .iter()
        .map(|_| dice.between(CHANGES / 50, CHANGES - CHANGES / 20))
        .collect();
    moments.sort_unstable();
    moments.into_iter().zip(faults).collect()
}

// What dies and what goes on do so at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_is_killed_nothing_is_lost_doubled_or_out_of_order() {
    let seed = dice::seed();
    eprintln!("HALLPASS_TEST_SEED={seed}");
    let mut dice = Dice::of(seed);
    let Some(mut world) = World::start().await else {
        return;
    };
    let script = script(&mut dice);
    eprintln!("{script:?}");
    let begun = Instant::now();
    let stream = Stream::begin(&world.source.address(), CHANGES, &world.receiver, &mut dice);
    for (moment, fault) in script {
        world.receiver.has_told(moment, PATIENCE).await;
        world.suffer(fault, &mut dice).await;
        eprintln!(
            "{:>5.1} s: {fault:?} at {moment}, back at {}",
            begun.elapsed().as_secs_f64(),
            world.receiver.told()
        );
    }
    let histories = stream.end().await;
    world.receiver.has_told(CHANGES, PATIENCE).await;
    world.targets_have_read_everything().await;
    world.the_trail_has_read_everything().await;
    eprintln!(
        "{:>5.1} s: everything is told",
        begun.elapsed().as_secs_f64()
    );
    judges::all(&world, &histories).await;
}
