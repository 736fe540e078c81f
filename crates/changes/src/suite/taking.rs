//! Users with whom foreign keys do something, on the database that tells of them: whatever a statement passes over, undoes or
//! meets, what is told of them afterwards is what they are.

use hallpass_db::testing::{TestDatabase, databases};
use hallpass_sql::Value;
use hallpass_zmodel::Schema;

use super::world::schema;
use crate::install::Standing;
use crate::log::{Change, Operation};
use crate::sync::document::table_of;
use crate::sync::{Deletion, Follower, OnGone, People, Reference, Referred, UserSync};
use crate::webhooks::EventKind;
use crate::{Changes, ChangesError};

const SCHEMA: &str = r#"
model User {
  id       String  @id
  name     String?
  email    String?
  tenantId String? @map("tenant_id")
  bossId   String? @map("boss_id")

  @@map("users")
}
"#;

/// A tenant takes its users along, a boss theirs; a name or an id that changes elsewhere changes theirs.
const TABLES: [&str; 5] = [
    "CREATE TABLE tenants (id varchar(64) PRIMARY KEY NOT NULL)",
    "CREATE TABLE names (name varchar(64) PRIMARY KEY NOT NULL)",
    "CREATE TABLE persons (id varchar(64) PRIMARY KEY NOT NULL)",
    "CREATE TABLE users (id varchar(64) PRIMARY KEY NOT NULL, name varchar(64), email varchar(64), tenant_id varchar(64), \
     boss_id varchar(64), \
     FOREIGN KEY (id) REFERENCES persons (id) ON UPDATE CASCADE, \
     FOREIGN KEY (name) REFERENCES names (name) ON DELETE SET NULL ON UPDATE CASCADE, \
     FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE, \
     FOREIGN KEY (boss_id) REFERENCES users (id) ON DELETE CASCADE)",
    "CREATE TABLE bills (id integer PRIMARY KEY NOT NULL, tenant_id varchar(64) NOT NULL, \
     FOREIGN KEY (tenant_id) REFERENCES tenants (id))",
];

/// The second tenant cannot go, nor can the last. Zed is no user.
const ROWS: [&str; 5] = [
    "INSERT INTO tenants (id) VALUES ('a'), ('b'), ('c'), ('d')",
    "INSERT INTO names (name) VALUES ('Ann'), ('Bob')",
    "INSERT INTO persons (id) VALUES ('ann'), ('bob'), ('cem'), ('dora'), ('eve'), ('zed')",
    "INSERT INTO users (id, name, tenant_id) VALUES ('ann', 'Ann', 'a'), ('bob', 'Bob', 'b'), ('cem', NULL, 'c'), \
     ('dora', 'Ann', 'd'), ('eve', NULL, NULL)",
    "INSERT INTO bills (id, tenant_id) VALUES (1, 'b'), (2, 'd')",
];

struct World {
    test: TestDatabase,
    changes: Changes,
    sync: UserSync,
    people: People,
    schema: Schema,
    deletion: Deletion,
}

impl World {
    /// Everybody is told of, and a row of an application refers to each as the first to be told does.
    async fn all(deletion: Deletion) -> Vec<Self> {
        let mut worlds = Vec::new();
        for test in databases().await {
            for statement in TABLES {
                test.run(statement).await;
            }
            let changes = Changes::of(&test.database);
            let (schema, sync) = (schema(SCHEMA), changes.users());
            let tracking = changes.tracking(&schema, &[]).await.unwrap();
            changes.install(&tracking).await.unwrap();
            let people = sync.people(&schema).await.unwrap();
            sync.install(&people, deletion).await.unwrap();
            for statement in ROWS {
                test.run(statement).await;
            }
            worlds.push(Self {
                test,
                changes,
                sync,
                people,
                schema,
                deletion,
            });
        }
        worlds
    }

    fn is_mysql(&self) -> bool {
        self.test.name == "mysql"
    }

    async fn run(&self, text: &str) {
        self.test.run(text).await;
    }

    /// The ids of those who are told to be there.
    async fn living(&self) -> Vec<String> {
        living(&self.test).await
    }

    async fn column(&self, column: &str, id: &str) -> Value {
        let told = table_of(self.test.database.dialect());
        let text = format!("SELECT {column} FROM {told} WHERE id = '{id}'");
        self.test.rows(&text).await[0][0].clone()
    }

    /// Everything is told of users as they are, and nothing waits.
    async fn agrees(&self) {
        let name = self.test.name;
        let status = self.sync.status(&self.people, self.deletion, |_| ());
        let status = status.await.unwrap();
        assert!(status.is_sound(), "{name} {:?}: {status:?}", self.deletion);
    }

    /// The type of columns that refer to who is told of.
    async fn id_type(&self) -> String {
        if !self.is_mysql() {
            return "text".to_owned();
        }
        let text = "SELECT CONCAT('varchar(255) CHARACTER SET ', character_set_name, ' COLLATE ', collation_name) \
             FROM information_schema.columns WHERE table_schema = DATABASE() \
             AND table_name = 'neon_auth_users_sync' AND column_name = 'id'";
        match &self.test.rows(text).await[0][0] {
            Value::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        }
    }

    async fn written_down(&self) -> Value {
        let rows = self.test.rows("SELECT count(*) FROM hallpass_sync_taken");
        rows.await[0][0].clone()
    }
}

async fn living(test: &TestDatabase) -> Vec<String> {
    let told = table_of(test.database.dialect());
    let text = format!("SELECT id FROM {told} WHERE deleted_at IS NULL ORDER BY id");
    let ids = test.rows(&text).await.into_iter();
    let ids = ids.map(|row| match &row[0] {
        Value::Text(id) => id.clone(),
        other => panic!("{other:?}"),
    });
    ids.collect()
}

#[tokio::test]
async fn users_whose_tenant_is_passed_over_stay_with_all_that_refers_to_them() {
    for deletion in [Deletion::Soft, Deletion::Hard] {
        for world in World::all(deletion).await {
            if !world.is_mysql() {
                // No statement of theirs passes over a row for the sake of a foreign key.
                continue;
            }
            let id = world.id_type().await;
            world
                .run(&format!(
                    "CREATE TABLE marks (who {id}, FOREIGN KEY (who) REFERENCES neon_auth_users_sync (id) ON DELETE CASCADE)"
                ))
                .await;
            world
                .run("INSERT INTO marks (who) VALUES ('ann'), ('bob'), ('cem'), ('dora')")
                .await;
            // In the order of their keys, so that rows that go come before, between and behind those that stay.
            world.run("DELETE IGNORE FROM tenants ORDER BY id").await;
            assert_eq!(world.living().await, ["bob", "dora", "eve"], "{deletion:?}");
            let marks = world.test.rows("SELECT who FROM marks ORDER BY who").await;
            let expected: &[&str] = match deletion {
                Deletion::Soft => &["ann", "bob", "cem", "dora"],
                Deletion::Hard => &["bob", "dora"],
            };
            let expected: Vec<_> = expected.iter().map(|id| vec![Value::from(*id)]).collect();
            assert_eq!(marks, expected, "{deletion:?}");
            world.agrees().await;
            // What was passed over last is forgotten by a repair, and done with by the next row that goes.
            assert_eq!(world.written_down().await, Value::Int(1));
            world
                .sync
                .repair(&world.people, deletion, |_| ())
                .await
                .unwrap();
            assert_eq!(world.written_down().await, Value::Int(0));
            world.run("DELETE IGNORE FROM tenants").await;
            world.run("DELETE FROM bills").await;
            world.run("DELETE FROM tenants").await;
            assert_eq!(world.living().await, ["eve"], "{deletion:?}");
            world.agrees().await;
        }
    }
}

#[tokio::test]
async fn whoever_stays_is_not_said_to_be_gone_to_other_databases() {
    for world in World::all(Deletion::Hard).await {
        if !world.is_mysql() {
            continue;
        }
        for target in databases().await {
            let name = target.name;
            let (sync, people) = (&world.sync, &world.people);
            let follower = Follower::open(sync, people, &target.database, name, Deletion::Hard);
            let follower = follower.await.unwrap();
            super::following::settle(&follower).await;
            world.run("DELETE IGNORE FROM tenants WHERE id = 'b'").await;
            super::following::settle(&follower).await;
            assert_eq!(living(&target).await, world.living().await, "{name}");
            assert!(living(&target).await.contains(&"bob".to_owned()), "{name}");
        }
    }
}

#[tokio::test]
async fn what_foreign_keys_change_of_a_user_is_told_at_once() {
    for deletion in [Deletion::Soft, Deletion::Hard] {
        for world in World::all(deletion).await {
            let name = world.test.name;
            let bob = world.column("updated_at", "bob").await;
            world
                .run("UPDATE names SET name = 'Anna' WHERE name = 'Ann'")
                .await;
            assert_eq!(world.column("name", "ann").await, "Anna".into(), "{name}");
            assert_eq!(world.column("name", "dora").await, "Anna".into(), "{name}");
            world.agrees().await;
            world.run("DELETE FROM names WHERE name = 'Anna'").await;
            assert_eq!(world.column("name", "ann").await, Value::Null, "{name}");
            world.agrees().await;
            world
                .run("UPDATE persons SET id = 'anne' WHERE id = 'ann'")
                .await;
            let living = world.living().await;
            assert_eq!(living, ["anne", "bob", "cem", "dora", "eve"], "{name}");
            world.agrees().await;
            assert_eq!(world.column("updated_at", "bob").await, bob, "{name}");
        }
    }
}

#[tokio::test]
async fn an_update_that_is_passed_over_or_undone_changes_nothing_that_is_told() {
    for world in World::all(Deletion::Hard).await {
        let name = world.test.name;
        let all = ["ann", "bob", "cem", "dora", "eve"];
        if world.is_mysql() {
            world
                .run("UPDATE IGNORE persons SET id = 'zed' WHERE id = 'ann'")
                .await;
            assert_eq!(world.living().await, all, "{name}");
            world.agrees().await;
        }
        let mut tx = world.test.database.begin().await.unwrap();
        tx.script("DELETE FROM tenants WHERE id = 'a'")
            .await
            .unwrap();
        tx.script("UPDATE names SET name = 'Bert' WHERE name = 'Bob'")
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(world.living().await, all, "{name}");
        assert_eq!(world.column("name", "bob").await, "Bob".into(), "{name}");
        // A statement that is refused after it has removed some rows.
        assert!(
            world
                .test
                .database
                .script("DELETE FROM tenants")
                .await
                .is_err()
        );
        assert_eq!(world.living().await, all, "{name}");
        world.agrees().await;
    }
}

#[tokio::test]
async fn those_who_go_with_another_user_are_told_to_be_gone() {
    for deletion in [Deletion::Soft, Deletion::Hard] {
        for world in World::all(deletion).await {
            let name = world.test.name;
            world
                .run("UPDATE users SET boss_id = 'eve' WHERE id = 'ann'")
                .await;
            world
                .run("UPDATE users SET boss_id = 'ann' WHERE id IN ('bob', 'cem')")
                .await;
            world.run("DELETE FROM users WHERE id = 'eve'").await;
            assert_eq!(world.living().await, ["dora"], "{name} {deletion:?}");
            world.agrees().await;
            world.run("DELETE FROM users").await;
            assert_eq!(world.living().await, [""; 0], "{name} {deletion:?}");
        }
    }
}

#[tokio::test]
async fn nobody_is_kept_from_deleting_whatever_became_of_what_is_told() {
    for world in World::all(Deletion::Hard).await {
        let name = world.test.name;
        if name == "sqlite" {
            // It refuses to drop what a trigger names.
            continue;
        }
        world.run("ALTER TABLE users DROP COLUMN email").await;
        world.run("DELETE FROM tenants WHERE id = 'a'").await;
        let living = ["bob", "cem", "dora", "eve"];
        assert_eq!(world.living().await, living, "{name}");
        world
            .run("UPDATE names SET name = 'Bert' WHERE name = 'Bob'")
            .await;
        if world.is_mysql() {
            world.run("DROP TABLE hallpass_sync_taken").await;
        }
        let people = world.sync.people(&world.schema).await.unwrap();
        world.run("DELETE FROM tenants WHERE id = 'c'").await;
        world.sync.install(&people, Deletion::Hard).await.unwrap();
        world.run("DELETE FROM bills").await;
        world.run("DELETE FROM tenants").await;
        world
            .sync
            .repair(&people, Deletion::Hard, |_| ())
            .await
            .unwrap();
        assert_eq!(world.living().await, ["eve"], "{name}");
    }
}

#[tokio::test]
async fn a_new_foreign_key_changes_nothing_of_what_becomes_of_users_and_is_said() {
    for world in World::all(Deletion::Hard).await {
        let name = world.test.name;
        if name == "sqlite" {
            // It cannot add a key to a table that is there.
            continue;
        }
        assert_eq!(
            world.sync.standing(&world.people).await.unwrap(),
            Some(Standing::Tracked),
            "{name}"
        );
        world
            .run("CREATE TABLE plans (id varchar(64) PRIMARY KEY NOT NULL)")
            .await;
        world
            .run("ALTER TABLE users ADD CONSTRAINT of_plan FOREIGN KEY (email) REFERENCES plans (id) ON DELETE CASCADE")
            .await;
        let amiss = async || world.changes.amiss(&world.schema).await.unwrap();
        let expected: &[&str] = if world.is_mysql() { &["plans"] } else { &[] };
        assert_eq!(amiss().await, expected, "{name}");
        world.changes.follow_keys(&world.schema).await.unwrap();
        assert_eq!(amiss().await, [""; 0], "{name}");
        let people = world.sync.people(&world.schema).await.unwrap();
        let deletion = world.sync.deletion(&people).await.unwrap();
        assert_eq!(deletion, Some(Deletion::Hard), "{name}");
        let status = world.sync.status(&people, Deletion::Hard, |_| ()).await;
        let status = status.unwrap();
        let keys = match world.is_mysql() {
            true => Standing::Missing,
            false => Standing::Tracked,
        };
        assert_eq!(
            (status.standing, status.keys),
            (Standing::Tracked, keys),
            "{name}"
        );
        assert_eq!(
            world.sync.standing(&people).await.unwrap(),
            Some(keys),
            "{name}"
        );
        world.sync.install(&people, Deletion::Hard).await.unwrap();
        assert_eq!(
            world.sync.standing(&people).await.unwrap(),
            Some(Standing::Tracked),
            "{name}"
        );
        world.run("INSERT INTO plans (id) VALUES ('free')").await;
        world
            .run("UPDATE users SET email = 'free' WHERE id = 'eve'")
            .await;
        world.run("DELETE FROM plans").await;
        assert_eq!(
            world.living().await,
            ["ann", "bob", "cem", "dora"],
            "{name}"
        );
        world.sync.uninstall().await.unwrap();
        assert_eq!(world.sync.deletion(&people).await.unwrap(), None, "{name}");
        assert_eq!(world.sync.standing(&people).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn a_key_that_is_added_is_followed_by_the_log() {
    for world in World::all(Deletion::Hard).await {
        let name = world.test.name;
        let id = world.id_type().await;
        world
            .run(&format!(
                "CREATE TABLE marks (id integer PRIMARY KEY NOT NULL, who {id})"
            ))
            .await;
        let text = format!(
            "{SCHEMA}\nmodel Mark {{ id Int @id\n who String?\n @@track\n @@map(\"marks\") }}"
        );
        let marked = schema(&text);
        let tracking = world.changes.tracking(&marked, &[]).await.unwrap();
        world.changes.install(&tracking).await.unwrap();
        world
            .run("INSERT INTO marks (id, who) VALUES (1, 'eve')")
            .await;
        let marks = Reference::of(&marked, "Mark", "who").unwrap();
        let refer = world.sync.refer(&world.people, &marks, OnGone::Cascade);
        assert_eq!(refer.await.unwrap(), Referred::Added, "{name}");
        world.sync.changes().follow_keys(&marked).await.unwrap();
        let tracking = world.changes.tracking(&marked, &[]).await.unwrap();
        let status = world.changes.status(&tracking).await.unwrap();
        assert!(status.is_sound(), "{name}: {status:?}");
        world.run("DELETE FROM users WHERE id = 'eve'").await;
        let log = world.changes.log();
        log.advance().await.unwrap();
        let changes = log.behind(0, 1000).await.unwrap().changes;
        let gone = |one: &&Change| one.table == "marks" && one.operation == Operation::Delete;
        assert_eq!(changes.iter().filter(gone).count(), 1, "{name}");
    }
}

#[tokio::test]
async fn no_webhook_says_of_those_who_stay_that_they_went() {
    for world in World::all(Deletion::Soft).await {
        let name = world.test.name;
        let events = world.deleted().await.unwrap();
        assert_eq!(events, [""; 0], "{name}");
        if world.is_mysql() {
            world.run("DELETE IGNORE FROM tenants WHERE id = 'b'").await;
        }
        world.run("DELETE FROM tenants WHERE id = 'a'").await;
        world.run("DELETE FROM users WHERE id = 'eve'").await;
        let mut events = world.deleted().await.unwrap();
        events.sort();
        assert_eq!(events, ["ann", "eve"], "{name}");
    }
}

impl World {
    /// Of whom the log is told to webhooks as deleted.
    async fn deleted(&self) -> Result<Vec<String>, ChangesError> {
        let kinds = [EventKind::UserDeleted];
        let sources = crate::webhooks::Sources::of(&self.test.database, &self.schema, &kinds);
        let sources = sources.await?;
        let log = self.changes.log();
        log.advance().await?;
        let mut users = Vec::new();
        for change in log.behind(0, 1000).await?.changes {
            let events = sources.events(&self.test.database, &change).await?;
            let gone = events
                .into_iter()
                .filter(|one| one.kind == EventKind::UserDeleted);
            users.extend(gone.map(|one| one.subject));
        }
        Ok(users)
    }
}
