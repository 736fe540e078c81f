//! Columns of applications that name users, and their foreign key.
//!
//! Source: contract neon §1.3 and §2.3.

use hallpass_data::structure::{Consent, Structure};
use hallpass_db::testing::{TestDatabase, databases};
use hallpass_sql::{Dialect, TableName, Value};

use super::world::schema;
use crate::sync::{Deletion, OnGone, Orphan, Orphans, People, Reference, Referred, UserSync};

const SCHEMA: &str = r#"
model User {
  id   String  @id
  name String?

  @@map("users")
}
"#;

struct World {
    test: TestDatabase,
    sync: UserSync,
    people: People,
    owners: Reference,
}

impl World {
    /// Ann and Bob are told of. Two rows name Ann, three Eve and one Mallory, whom nobody knows, and one nobody.
    async fn all() -> Vec<Self> {
        let schema = schema(SCHEMA);
        let mut worlds = Vec::new();
        for test in databases().await {
            let structure = Structure::connect(&test.address).await.unwrap();
            structure.push(&schema, &Consent::default()).await.unwrap();
            let sync = UserSync::of(&test.database);
            let people = sync.people(&schema).await.unwrap();
            sync.install(&people, Deletion::Hard).await.unwrap();
            let key = match test.database.dialect() {
                Dialect::Postgres | Dialect::Sqlite => "text",
                _ => "VARCHAR(191) COLLATE utf8mb4_unicode_ci",
            };
            test.run("INSERT INTO users (id, name) VALUES ('ann', 'Ann'), ('bob', NULL)")
                .await;
            test.run(&format!(
                "CREATE TABLE todos (id int PRIMARY KEY, owner_id {key}, task {key})"
            ))
            .await;
            test.run("CREATE INDEX todos_task ON todos (task)").await;
            test.run(
                "INSERT INTO todos (id, owner_id) VALUES (1, 'ann'), (2, 'eve'), (3, 'eve'), (4, 'eve'), (5, 'mallory'), \
                 (6, 'ann'), (7, NULL)",
            )
            .await;
            let table = TableName {
                schema: None,
                name: "todos".to_owned(),
            };
            worlds.push(Self {
                owners: Reference::named(table, "owner_id"),
                test,
                sync,
                people,
            });
        }
        worlds
    }

    async fn refer(&self) -> Referred {
        let refer = self.sync.refer(&self.people, &self.owners, OnGone::Cascade);
        refer.await.unwrap()
    }

    async fn ids(&self) -> Vec<i64> {
        let rows = self.test.rows("SELECT id FROM todos ORDER BY id").await;
        let ids = rows.into_iter().map(|row| match row[0] {
            Value::Int(id) => id,
            ref other => panic!("{other:?}"),
        });
        ids.collect()
    }

    /// Whether the database admits it.
    async fn admits(&self, text: &str) -> bool {
        self.test.database.script(text).await.is_ok()
    }
}

#[tokio::test]
async fn a_key_is_refused_with_the_orphans_and_made_when_they_are_gone() {
    for world in World::all().await {
        let name = world.test.name;
        let orphan = |id: &str, rows| Orphan {
            id: id.to_owned(),
            rows,
        };
        let orphans = Orphans {
            rows: 4,
            users: 2,
            named: vec![orphan("eve", 3), orphan("mallory", 1)],
        };
        assert_eq!(world.refer().await, Referred::Orphans(orphans), "{name}");
        assert!(!world.sync.refers(&world.owners).await.unwrap(), "{name}");
        let first = world
            .sync
            .orphans(&world.people, &world.owners, 1)
            .await
            .unwrap();
        assert_eq!(
            (first.users, first.named),
            (2, vec![orphan("eve", 3)]),
            "{name}"
        );

        world
            .test
            .run("UPDATE todos SET owner_id = 'bob' WHERE owner_id = 'eve'")
            .await;
        world
            .test
            .run("DELETE FROM todos WHERE owner_id = 'mallory'")
            .await;
        assert_eq!(world.refer().await, Referred::Added, "{name}");
        assert_eq!(world.refer().await, Referred::Already, "{name}");
        assert_eq!(world.ids().await, [1, 2, 3, 4, 6, 7], "{name}");
        let none = world
            .sync
            .orphans(&world.people, &world.owners, 9)
            .await
            .unwrap();
        assert_eq!(none, Orphans::default(), "{name}");

        assert!(
            !world
                .admits("INSERT INTO todos (id, owner_id) VALUES (8, 'eve')")
                .await,
            "{name}"
        );
        world.test.run("DELETE FROM users WHERE id = 'bob'").await;
        assert_eq!(
            world.ids().await,
            [1, 6, 7],
            "{name}: what named Bob goes with him"
        );
    }
}

#[tokio::test]
async fn the_setting_that_holds_is_told() {
    for world in World::all().await {
        let World {
            sync, people, test, ..
        } = &world;
        let name = test.name;
        assert_eq!(
            sync.deletion(people).await.unwrap(),
            Some(Deletion::Hard),
            "{name}"
        );
        sync.install(people, Deletion::Soft).await.unwrap();
        assert_eq!(
            sync.deletion(people).await.unwrap(),
            Some(Deletion::Soft),
            "{name}"
        );
        sync.uninstall().await.unwrap();
        assert_eq!(sync.deletion(people).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn a_view_shows_what_is_told_and_not_the_document() {
    for world in World::all().await {
        let name = world.test.name;
        let done = world.sync.show_as("team member").await.unwrap();
        assert_eq!(done.steps.len(), 1, "{name}");
        assert!(
            world
                .sync
                .show_as("team member")
                .await
                .unwrap()
                .steps
                .is_empty(),
            "{name}"
        );
        let quote = world.test.database.dialect().capability().identifier_quote;
        let view = format!("{quote}team member{quote}");
        let rows = world
            .test
            .rows(&format!(
                "SELECT id, name, deleted_at FROM {view} ORDER BY id"
            ))
            .await;
        let told = |id: &str, name: Value| vec![id.into(), name, Value::Null];
        assert_eq!(
            rows,
            [told("ann", "Ann".into()), told("bob", Value::Null)],
            "{name}"
        );
        assert!(
            !world.admits(&format!("SELECT raw_json FROM {view}")).await,
            "{name}"
        );
        assert!(
            world.sync.show_as("todos").await.is_err(),
            "{name}: it is a table"
        );
    }
}

#[tokio::test]
async fn a_table_of_sqlite_keeps_everything_when_it_is_made_anew() {
    let world = World::all()
        .await
        .into_iter()
        .find(|world| world.test.database.dialect() == Dialect::Sqlite);
    let world = world.unwrap();
    for text in [
        "CREATE TABLE \"my (notes\" (id INTEGER PRIMARY KEY AUTOINCREMENT, \"owner\" TEXT DEFAULT 'a)b', -- who )\n \
         length INT GENERATED ALWAYS AS (length(owner)) STORED, CHECK (owner <> '('))",
        "CREATE TABLE marks (note INT REFERENCES \"my (notes\" (id) ON DELETE CASCADE)",
        "CREATE TABLE log (said TEXT)",
        "CREATE UNIQUE INDEX notes_owner ON \"my (notes\" (owner) WHERE owner <> 'ann'",
        "CREATE TRIGGER told AFTER INSERT ON \"my (notes\" BEGIN INSERT INTO log VALUES (NEW.owner); END",
        "INSERT INTO \"my (notes\" (owner) VALUES ('ann'), ('bob'), ('ann')",
        "INSERT INTO marks VALUES (1)",
        "DELETE FROM \"my (notes\" WHERE id = 3",
    ] {
        world.test.run(text).await;
    }
    let table = TableName {
        schema: None,
        name: "my (notes".to_owned(),
    };
    let owners = Reference::named(table, "owner");
    let refer = async || {
        let refer = world.sync.refer(&world.people, &owners, OnGone::Cascade);
        refer.await.unwrap()
    };
    assert_eq!(refer().await, Referred::Added);
    assert_eq!(refer().await, Referred::Already);

    let rows = world
        .test
        .rows("SELECT id, owner, length FROM \"my (notes\" ORDER BY id")
        .await;
    let note = |id: i64, owner: &str| vec![id.into(), owner.into(), Value::Int(3)];
    assert_eq!(rows, [note(1, "ann"), note(2, "bob")]);
    assert!(
        !world
            .admits("INSERT INTO \"my (notes\" (owner) VALUES ('bob')")
            .await,
        "the index"
    );
    assert!(
        !world
            .admits("INSERT INTO \"my (notes\" (owner) VALUES ('(')")
            .await,
        "the check"
    );
    world
        .test
        .run("INSERT INTO \"my (notes\" (owner) VALUES ('ann')")
        .await;
    let newest = world.test.rows("SELECT max(id) FROM \"my (notes\"").await;
    assert_eq!(
        newest,
        [[Value::Int(4)]],
        "the id of a row that is gone is not given again"
    );
    let said = world.test.rows("SELECT count(*) FROM log").await;
    assert_eq!(said, [[Value::Int(4)]], "the trigger");
    world.test.run("DELETE FROM users WHERE id = 'ann'").await;
    let left = world.test.rows("SELECT count(*) FROM marks").await;
    assert_eq!(
        left,
        [[Value::Int(0)]],
        "what refers to the table goes with its rows"
    );
}
