//! Live queries hear of what other programs and other processes write.

use std::sync::Arc;
use std::time::Duration;

use hallpass_data::live::{Live, LiveOptions, LiveQuery, LiveUpdate};
use hallpass_data::{ArgValue, Client, ClientOptions, Operation};
use hallpass_sql::Dialect;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use super::world::World;
use crate::live::Feed;

/// A process: its client, and its feed, which ends with it.
struct Process {
    client: Client,
    live: Live,
    _feed: JoinSet<()>,
}

impl Process {
    /// Its queries look at nothing without a wake.
    fn start(world: &World, name: &str) -> Self {
        let options =
            ClientOptions::new(|| Timestamp::UNIX_EPOCH, |bytes: &mut [u8]| bytes.fill(7));
        let database = world.test.database.clone();
        let client = Client::new(database, Arc::new(world.schema.clone()), options).unwrap();
        let feed = Feed::new(
            &world.test.address,
            client.wakes().unwrap(),
            name,
            Duration::from_millis(20),
        );
        let mut tasks = JoinSet::new();
        tasks.spawn(feed.run());
        let options = LiveOptions {
            look_again: Duration::from_secs(600),
            ..LiveOptions::default()
        };
        Self {
            live: Live::new(&client, options),
            client,
            _feed: tasks,
        }
    }

    fn count(&self, model: &str) -> LiveQuery {
        let all = ArgValue::Object(Vec::new());
        let query = self.live.query(&self.client, model, Operation::Count, all);
        query.unwrap()
    }
}

/// The next number of rows.
async fn counted(query: &mut LiveQuery) -> u64 {
    let next = timeout(Duration::from_secs(30), query.next()).await;
    match next.expect("nothing came").unwrap().unwrap() {
        LiveUpdate::Result(hallpass_data::Reply::Count(count)) => count,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_any_program_writes_to_a_tracked_table_is_heard() {
    for world in World::all().await {
        let name = world.test.name;
        let process = Process::start(&world, "one");
        let mut users = process.count("User");
        let mut todos = process.count("Todo");
        assert_eq!(
            (counted(&mut users).await, counted(&mut todos).await),
            (0, 0)
        );
        world.run("INSERT INTO users (id) VALUES ('ann')").await;
        assert_eq!(counted(&mut users).await, 1, "{name}");
        world
            .run("INSERT INTO todos (user_id, task) VALUES ('ann', 'a'), ('ann', 'b')")
            .await;
        assert_eq!(counted(&mut todos).await, 2, "{name}");
        world.run("DELETE FROM users").await;
        assert_eq!(counted(&mut users).await, 0, "{name}");
        assert_eq!(counted(&mut todos).await, 0, "{name}");
    }
}

#[tokio::test]
async fn a_transaction_that_ends_late_is_heard_when_it_ends() {
    for world in World::all().await {
        if world.dialect() == Dialect::Sqlite {
            continue;
        }
        let process = Process::start(&world, "one");
        let mut users = process.count("User");
        assert_eq!(counted(&mut users).await, 0);
        let insert = |id: &str| hallpass_sql::Query {
            text: format!("INSERT INTO users (id) VALUES ('{id}')"),
            binds: Vec::new(),
            access: hallpass_sql::Access::Write,
        };
        let mut slow = world.test.database.begin().await.unwrap();
        slow.exec(&insert("slow"), &[]).await.unwrap();
        world.run("INSERT INTO users (id) VALUES ('quick')").await;
        assert_eq!(counted(&mut users).await, 1, "{}", world.test.name);
        slow.commit().await.unwrap();
        assert_eq!(counted(&mut users).await, 2, "{}", world.test.name);
    }
}

#[tokio::test]
async fn processes_on_one_postgres_hear_each_other_without_a_log() {
    for world in World::bare().await {
        if world.dialect() != Dialect::Postgres {
            continue;
        }
        let one = Process::start(&world, "one");
        let other = Process::start(&world, "other");
        let mut users = one.count("User");
        assert_eq!(counted(&mut users).await, 0);
        let heard = async |expected: u64, users: &mut LiveQuery| {
            assert_eq!(counted(users).await, expected);
        };
        let create = async |id: &str| {
            let user = other.client.create("User").set("id", id);
            user.run().await.unwrap();
        };
        create("ann").await;
        heard(1, &mut users).await;
        create("bob").await;
        heard(2, &mut users).await;
        // The connection that listens is lost, and what is written meanwhile is not.
        let end =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'";
        let mut tries = interval(Duration::from_millis(20));
        while world.test.rows(end).await.is_empty() {
            tries.tick().await;
        }
        create("eve").await;
        heard(3, &mut users).await;
    }
}
