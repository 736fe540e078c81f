//! Who acts: what the engine says of clients of a person, and what stays of it.

use std::sync::Arc;

use hallpass_data::{ArgValue, Client, ClientOptions, Error, Operation};
use hallpass_db::Options;
use hallpass_db::testing::{TestDatabase, Trace, databases_with};
use hallpass_sql::Value;
use serde_json::json;

use super::world::schema;
use crate::{Changes, Leave, attribute};

const SCHEMA: &str = r"
model User {
  id    String @id
  name  String?
  teams Team[]

  @@allow('all', true)
}

model Team {
  id      Int    @id
  ownerId String
  owner   User   @relation(fields: [ownerId], references: [id], onDelete: Restrict)
  todos   Todo[]

  @@allow('all', true)
}

model Todo {
  id     Int    @id
  task   String
  teamId Int?
  team   Team?  @relation(fields: [teamId], references: [id], onDelete: Cascade)

  @@track
  @@allow('all', true)
}

model Note {
  id   Int    @id
  text String

  @@allow('all', true)
}
";

/// A database with one connection, so that what stays with it is seen.
struct World {
    test: TestDatabase,
    client: Client,
    trace: Trace,
}

impl World {
    async fn all() -> Vec<Self> {
        let mut worlds = Vec::new();
        let options = Options {
            max_connections: 1,
            ..Options::default()
        };
        for test in databases_with(options).await {
            let (database, trace) = Trace::of(&test.database);
            let schema = Arc::new(schema(SCHEMA));
            let system =
                ClientOptions::new(jiff::Timestamp::default, |bytes: &mut [u8]| bytes.fill(7));
            let client = Client::new(database, Arc::clone(&schema), system).unwrap();
            client.create_missing_tables().await.unwrap();
            let changes = Changes::of(&test.database);
            let tracking = changes.tracking(&schema, &[]).await.unwrap();
            changes.install(&tracking).await.unwrap();
            attribute(&client).await.unwrap();
            trace.take();
            worlds.push(Self {
                test,
                client,
                trace,
            });
        }
        worlds
    }

    fn person(&self, id: &str) -> Client {
        person(&self.client, id)
    }

    /// What stands in the log: of which row, what, and by whom.
    async fn told(&self) -> Vec<(String, String, Option<String>)> {
        let text = "SELECT table_name, operation, actor FROM hallpass_change ORDER BY seq";
        let rows = self.test.rows(text).await;
        let word = |value: &Value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        let rows = rows.iter();
        rows.map(|row| {
            (
                word(&row[0]).unwrap(),
                word(&row[1]).unwrap(),
                word(&row[2]),
            )
        })
        .collect()
    }

    async fn actors(&self) -> Vec<Option<String>> {
        self.told().await.into_iter().map(|row| row.2).collect()
    }

    fn quoted(&self, name: &str) -> String {
        match self.test.name {
            "mysql" => format!("`{name}`"),
            _ => format!("\"{name}\""),
        }
    }

    /// As another program does, over the same connection.
    async fn by_program(&self, id: i64) {
        let todo = self.quoted("Todo");
        let text = format!("INSERT INTO {todo} (id, task) VALUES ({id}, 'by a program')");
        self.test.run(&text).await;
    }
}

fn person(client: &Client, id: &str) -> Client {
    let person = ArgValue::from_json(json!({ "id": id, "name": "Ada" })).unwrap();
    client.for_user(Some(person))
}

async fn call(
    client: &Client,
    model: &str,
    operation: Operation,
    args: serde_json::Value,
) -> Result<(), Error> {
    let args = ArgValue::from_json(args).unwrap();
    client.call(model, operation, &args).await.map(drop)
}

async fn create(client: &Client, id: i64) -> Result<(), Error> {
    let args = json!({ "data": { "id": id, "task": "one" } });
    call(client, "Todo", Operation::Create, args).await
}

fn some(names: &[&str]) -> Vec<Option<String>> {
    let names = names
        .iter()
        .map(|name| (!name.is_empty()).then(|| (*name).to_owned()));
    names.collect()
}

#[tokio::test]
async fn what_a_person_writes_is_said_to_be_theirs_and_nothing_else() {
    for world in World::all().await {
        let name = world.test.name;
        let ada = world.person("ada");
        create(&ada, 1).await.unwrap();
        let change = json!({ "where": { "id": 1 }, "data": { "task": "two" } });
        call(&ada, "Todo", Operation::Update, change).await.unwrap();
        world.by_program(2).await;
        create(&world.client, 3).await.unwrap();
        create(&world.client.for_user(None), 4).await.unwrap();
        create(&world.person("bob"), 5).await.unwrap();
        let all = json!({ "where": {} });
        call(&ada, "Todo", Operation::DeleteMany, all)
            .await
            .unwrap();
        world.by_program(6).await;
        let expected = [
            "ada", "ada", "", "", "", "bob", "ada", "ada", "ada", "ada", "ada", "",
        ];
        assert_eq!(world.actors().await, some(&expected), "{name}");
    }
}

#[tokio::test]
async fn what_a_program_does_for_somebody_is_said_to_be_theirs() {
    for world in World::all().await {
        let name = world.test.name;
        let for_ada = world.client.attributed_to("ada");
        create(&for_ada, 1).await.unwrap();
        world.by_program(2).await;
        create(&world.client, 3).await.unwrap();
        // Whoever is made of it is who they are.
        create(&for_ada.for_user(None), 4).await.unwrap();
        create(&person(&for_ada, "bob"), 5).await.unwrap();
        create(&world.person("bob").attributed_to("ada"), 6)
            .await
            .unwrap();
        let work = for_ada.transaction(async |tx| {
            create(&tx, 7).await?;
            create(&tx.attributed_to("eve"), 8).await?;
            create(&tx, 9).await
        });
        work.await.unwrap();
        world.by_program(10).await;
        let expected = ["ada", "", "", "", "bob", "bob", "ada", "eve", "ada", ""];
        assert_eq!(world.actors().await, some(&expected), "{name}");
    }
}

#[tokio::test]
async fn in_a_transaction_each_write_is_of_who_made_it() {
    for world in World::all().await {
        let name = world.test.name;
        let work = world.client.transaction(async |tx| {
            create(&tx, 1).await?;
            create(&person(&tx, "ada"), 2).await?;
            create(&person(&tx, "ada"), 3).await?;
            create(&tx, 4).await?;
            create(&person(&tx, "bob"), 5).await?;
            Ok::<_, Error>(())
        });
        work.await.unwrap();
        world.by_program(6).await;
        let expected = ["", "ada", "ada", "", "bob", ""];
        assert_eq!(world.actors().await, some(&expected), "{name}");
        // Rows of several tables by one call, which is a transaction of its own.
        let args = json!({ "data": { "id": "u1", "teams": { "create": {
            "id": 1, "todos": { "create": [{ "id": 7, "task": "a" }, { "id": 8, "task": "b" }] },
        } } } });
        call(&world.person("ada"), "User", Operation::Create, args)
            .await
            .unwrap();
        world.by_program(9).await;
        let actors = world.actors().await;
        assert_eq!(actors[6..], some(&["ada", "ada", "ada", ""]), "{name}");
    }
}

#[tokio::test]
async fn what_fails_leaves_nobody_behind() {
    for world in World::all().await {
        let name = world.test.name;
        let ada = world.person("ada");
        create(&ada, 1).await.unwrap();
        // One statement, which fails.
        create(&ada, 1).await.unwrap_err();
        world.by_program(2).await;
        // A transaction, after a write that succeeded.
        let work = ada.transaction(async |tx| {
            create(&tx, 3).await?;
            create(&tx, 1).await
        });
        work.await.unwrap_err();
        world.by_program(4).await;
        // One that is dropped in the middle.
        let forever = ada.transaction(async |tx| {
            create(&tx, 5).await?;
            std::future::pending::<Result<(), Error>>().await
        });
        tokio::select! {
            biased;
            done = forever => panic!("{name}: {done:?}"),
            () = written(&world) => {}
        }
        world.by_program(6).await;
        assert_eq!(world.actors().await, some(&["ada", "", "", ""]), "{name}");
    }
}

/// Until the row was sent.
async fn written(world: &World) {
    while !world
        .trace
        .take()
        .iter()
        .any(|text| text.contains("INSERT"))
    {
        tokio::task::yield_now().await;
    }
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn tables_that_nobody_tracks_cost_nothing_and_others_little() {
    for world in World::all().await {
        let name = world.test.name;
        let ada = world.person("ada");
        let note = json!({ "data": { "id": 1, "text": "one" }, "select": { "id": true } });
        call(&ada, "Note", Operation::Create, note.clone())
            .await
            .unwrap();
        let told = world.trace.take();
        assert!(told.len() == 1 || name == "mysql", "{name}: {told:?}");
        assert!(!format!("{told:?}").contains("ada"), "{name}: {told:?}");
        let change = json!({ "where": {}, "data": { "text": "two" } });
        call(&ada, "Note", Operation::UpdateMany, change)
            .await
            .unwrap();
        assert_eq!(world.trace.take().len(), 1, "{name}");

        let change = json!({ "where": {}, "data": { "task": "two" } });
        call(&ada, "Todo", Operation::UpdateMany, change.clone())
            .await
            .unwrap();
        let told = world.trace.take();
        if name == "sqlite" {
            assert_eq!(told.len(), 8, "{told:?}");
        } else {
            // All in one round trip on PostgreSQL.
            assert_eq!(told.len(), 1, "{name}: {told:?}");
            assert!(
                told[0].starts_with("with hallpass.actor = ada: UPDATE"),
                "{told:?}"
            );
        }
        // Who reads, and the program itself, say nothing.
        call(&ada, "Todo", Operation::FindMany, json!({}))
            .await
            .unwrap();
        call(&world.client, "Todo", Operation::UpdateMany, change)
            .await
            .unwrap();
        let told = world.trace.take();
        assert_eq!(told.len(), 2, "{name}: {told:?}");
        assert!(!format!("{told:?}").contains("actor"), "{name}: {told:?}");
    }
}

#[tokio::test]
async fn rows_that_go_with_others_are_taken_by_who_took_those() {
    for world in World::all().await {
        let name = world.test.name;
        let args = json!({ "data": { "id": "u1", "teams": { "create": {
            "id": 1, "todos": { "create": [{ "id": 7, "task": "a" }] },
        } } } });
        call(&world.client, "User", Operation::Create, args)
            .await
            .unwrap();
        let team = json!({ "where": { "id": 1 } });
        call(&world.person("ada"), "Team", Operation::Delete, team)
            .await
            .unwrap();
        // MariaDB tells of it in the trigger of the team, which nobody tracks.
        let last = world.told().await.pop().unwrap();
        let expected = (
            "Todo".to_owned(),
            "delete".to_owned(),
            Some("ada".to_owned()),
        );
        assert_eq!(last, expected, "{name}");
    }
}

#[tokio::test]
async fn nobody_is_kept_from_writing_when_the_log_is_gone() {
    for world in World::all().await {
        let name = world.test.name;
        let ada = world.person("ada");
        let changes = Changes::of(&world.test.database);
        changes.uninstall(Leave::Nothing).await.unwrap();
        create(&ada, 1)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let work = ada.transaction(async |tx| create(&tx, 2).await);
        work.await.unwrap_or_else(|error| panic!("{name}: {error}"));
        // Looked at again, nothing is said any longer.
        attribute(&world.client).await.unwrap();
        world.trace.take();
        create(&ada, 3).await.unwrap();
        let told = format!("{:?}", world.trace.take());
        assert!(!told.contains("actor"), "{name}: {told}");
        let refused = attribute(&ada).await.unwrap_err();
        assert!(refused.failing().is_some(), "{name}: {refused}");
    }
}
