//! Rows that foreign keys remove or change are in the log like all others, whether or not the database fires triggers for them.

use hallpass_db::testing::{TestDatabase, databases};
use hallpass_sql::{Access, Query, Value};
use hallpass_zmodel::Schema;
use serde_json::Value as Json;

use super::world::schema;
use crate::install::Standing;
use crate::log::{Beginning, Change, Operation, actor};
use crate::sync::Deletion;
use crate::{Changes, Leave, Tracking};

const READER: &str = "test";

const SCHEMA: &str = r#"
model Tenant {
  id    String @id
  users User[]

  @@map("tenants")
}

model User {
  id        String    @id
  name      String?
  tenantId  String?   @map("tenant_id")
  bossId    String?   @map("boss_id")
  tenant    Tenant?   @relation(fields: [tenantId], references: [id], onDelete: Cascade)
  boss      User?     @relation("boss", fields: [bossId], references: [id], onDelete: SetNull)
  reports   User[]    @relation("boss")
  notes     Note[]    @relation("owner")
  reviews   Note[]    @relation("reviewer")
  likes     Like[]
  sessions  Session[]

  @@map("users")
}

model Team {
  code  String @id
  seats Seat[]
  notes Note[]

  @@map("teams")
}

model Seat {
  code   String  @id
  team   Team    @relation(fields: [code], references: [code], onDelete: Cascade, onUpdate: Cascade)
  chairs Chair[]

  @@map("seats")
}

model Chair {
  id       Int     @id
  seatCode String? @map("seat_code")
  seat     Seat?   @relation(fields: [seatCode], references: [code], onDelete: SetNull, onUpdate: Cascade)

  @@track
  @@map("chairs")
}

model Note {
  id         Int     @id
  ownerId    String  @map("owner_id")
  reviewerId String? @map("reviewer_id")
  parentId   Int?    @map("parent_id")
  teamCode   String? @map("team_code")
  task       String?
  owner      User    @relation("owner", fields: [ownerId], references: [id], onDelete: Cascade)
  reviewer   User?   @relation("reviewer", fields: [reviewerId], references: [id], onDelete: SetNull)
  parent     Note?   @relation("replies", fields: [parentId], references: [id], onDelete: Cascade)
  replies    Note[]  @relation("replies")
  team       Team?   @relation(fields: [teamCode], references: [code], onDelete: SetNull, onUpdate: Cascade)
  likes      Like[]

  @@track
  @@map("notes")
}

model Like {
  id     Int    @id
  noteId Int    @map("note_id")
  userId String @map("user_id")
  note   Note   @relation(fields: [noteId], references: [id], onDelete: Cascade)
  user   User   @relation(fields: [userId], references: [id], onDelete: Cascade)

  @@track
  @@map("likes")
}

model Session {
  token  String @id
  userId String @map("user_id")
  user   User   @relation(fields: [userId], references: [id], onDelete: Cascade)

  @@map("sessions")
}
"#;

const TABLES: [&str; 8] = [
    "CREATE TABLE tenants (id varchar(64) PRIMARY KEY NOT NULL)",
    "CREATE TABLE users (id varchar(64) PRIMARY KEY NOT NULL, name varchar(64), tenant_id varchar(64), boss_id varchar(64), \
     FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE, \
     FOREIGN KEY (boss_id) REFERENCES users (id) ON DELETE SET NULL)",
    "CREATE TABLE teams (code varchar(64) PRIMARY KEY NOT NULL)",
    "CREATE TABLE seats (code varchar(64) PRIMARY KEY NOT NULL, \
     FOREIGN KEY (code) REFERENCES teams (code) ON DELETE CASCADE ON UPDATE CASCADE)",
    "CREATE TABLE chairs (id integer PRIMARY KEY NOT NULL, seat_code varchar(64), \
     FOREIGN KEY (seat_code) REFERENCES seats (code) ON DELETE SET NULL ON UPDATE CASCADE)",
    "CREATE TABLE notes (id integer PRIMARY KEY NOT NULL, owner_id varchar(64) NOT NULL, reviewer_id varchar(64), \
     parent_id integer, team_code varchar(64), task varchar(64), \
     FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE, \
     FOREIGN KEY (reviewer_id) REFERENCES users (id) ON DELETE SET NULL, \
     FOREIGN KEY (parent_id) REFERENCES notes (id) ON DELETE CASCADE, \
     FOREIGN KEY (team_code) REFERENCES teams (code) ON DELETE SET NULL ON UPDATE CASCADE)",
    "CREATE TABLE likes (id integer PRIMARY KEY NOT NULL, note_id integer NOT NULL, user_id varchar(64) NOT NULL, \
     FOREIGN KEY (note_id) REFERENCES notes (id) ON DELETE CASCADE, \
     FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE)",
    "CREATE TABLE sessions (token varchar(64) PRIMARY KEY NOT NULL, user_id varchar(64) NOT NULL, \
     FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE)",
];

/// Ann's note has a reply of Bob, and that one of Cem. Of Bob's notes Ann reviews one, as she does her own.
const ROWS: [&str; 9] = [
    "INSERT INTO tenants (id) VALUES ('acme'), ('other')",
    "INSERT INTO users (id, tenant_id, boss_id) VALUES ('ann', 'acme', NULL)",
    "INSERT INTO users (id, tenant_id, boss_id) VALUES ('bob', 'acme', 'ann'), ('cem', 'other', 'ann')",
    "INSERT INTO teams (code) VALUES ('red'), ('blue')",
    "INSERT INTO seats (code) VALUES ('red'), ('blue')",
    "INSERT INTO chairs (id, seat_code) VALUES (1, 'red'), (2, 'blue')",
    "INSERT INTO notes (id, owner_id, reviewer_id, parent_id, team_code) VALUES (1, 'ann', 'ann', NULL, 'red'), \
     (2, 'bob', NULL, 1, 'red'), (3, 'cem', NULL, 2, NULL), (4, 'bob', 'ann', NULL, 'blue'), (5, 'cem', NULL, 4, 'red')",
    "INSERT INTO likes (id, note_id, user_id) VALUES (1, 1, 'ann'), (2, 3, 'cem'), (3, 4, 'ann'), (4, 4, 'cem')",
    "INSERT INTO sessions (token, user_id) VALUES ('planted', 'ann')",
];

struct World {
    test: TestDatabase,
    changes: Changes,
    schema: Schema,
}

impl World {
    async fn all() -> Vec<Self> {
        let mut worlds = Vec::new();
        for test in databases().await {
            for statement in TABLES {
                test.run(statement).await;
            }
            let world = Self {
                changes: Changes::of(&test.database),
                test,
                schema: schema(SCHEMA),
            };
            world.install().await;
            let log = world.changes.log();
            log.begin(READER, Beginning::Oldest).await.unwrap();
            for statement in ROWS {
                world.test.run(statement).await;
            }
            world.read().await;
            worlds.push(world);
        }
        worlds
    }

    async fn tracking(&self) -> Tracking {
        self.changes.tracking(&self.schema, &[]).await.unwrap()
    }

    async fn install(&self) {
        let tracking = self.tracking().await;
        self.changes.install(&tracking).await.unwrap();
    }

    fn is_mysql(&self) -> bool {
        self.test.name == "mysql"
    }

    async fn read(&self) -> Vec<Change> {
        let log = self.changes.log();
        let batch = log.next(READER, 1000).await.unwrap();
        log.done(&self.test.database, READER, &batch).await.unwrap();
        batch.changes
    }

    /// What happened, shortly and sorted: `likes - 3`, `notes 4 reviewer_id ann>null`.
    async fn told(&self) -> Vec<String> {
        let changes = self.read().await;
        let mut told: Vec<String> = changes.iter().map(shortly).collect();
        told.sort();
        told
    }

    async fn run(&self, text: &str) {
        self.test.run(text).await;
    }
}

fn word(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn shortly(change: &Change) -> String {
    let table = &change.table;
    let key: String = change.key.values().map(word).collect();
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            let differing = before
                .iter()
                .filter(|(name, value)| after[*name] != **value);
            let parts = differing
                .map(|(name, value)| format!(" {name} {}>{}", word(value), word(&after[name])));
            format!("{table} {key}{}", parts.collect::<String>())
        }
        (Some(_), None) => format!("{table} - {key}"),
        (None, Some(_)) => format!("{table} + {key}"),
        (None, None) => format!("{table} {key} {}", change.left_out.join(",")),
    }
}

fn write(text: &str) -> Query {
    Query {
        text: text.to_owned(),
        binds: Vec::new(),
        access: Access::Write,
    }
}

#[tokio::test]
async fn what_goes_with_a_user_is_told_once_by_whatever_way() {
    for world in World::all().await {
        let name = world.test.name;
        world.run("DELETE FROM users WHERE id = 'bob'").await;
        // Bob's notes, the replies to them, and what anybody liked of those.
        let expected = [
            "likes - 2",
            "likes - 3",
            "likes - 4",
            "notes - 2",
            "notes - 3",
            "notes - 4",
            "notes - 5",
            "users - bob",
        ];
        assert_eq!(world.told().await, expected, "{name}");
    }
}

#[tokio::test]
async fn what_is_emptied_is_told_as_it_was_and_is() {
    for world in World::all().await {
        let name = world.test.name;
        world.run("DELETE FROM users WHERE id = 'ann'").await;
        let mut told = world.told().await;
        // PostgreSQL and SQLite may empty a column of a row before they remove it.
        told.retain(|one| !one.starts_with("notes 1 "));
        let expected = [
            "likes - 1",
            "likes - 2",
            "likes - 3",
            "notes - 1",
            "notes - 2",
            "notes - 3",
            "notes 4 reviewer_id ann>null",
            "users - ann",
            "users bob boss_id ann>null",
            "users cem boss_id ann>null",
        ];
        assert_eq!(told, expected, "{name}");
    }
}

#[tokio::test]
async fn a_table_that_nobody_tracks_takes_tracked_rows_along_by_several_steps() {
    for world in World::all().await {
        let name = world.test.name;
        let mut tx = world.test.database.begin().await.unwrap();
        actor::set(&mut tx, "admin").await.unwrap();
        let delete = write("DELETE FROM tenants WHERE id = 'other'");
        tx.exec(&delete, &[]).await.unwrap();
        actor::clear(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let changes = world.read().await;
        assert!(
            changes
                .iter()
                .all(|one| one.actor.as_deref() == Some("admin")),
            "{name}: {changes:?}"
        );
        let mut told: Vec<_> = changes.iter().map(shortly).collect();
        told.sort();
        let expected = [
            "likes - 2",
            "likes - 4",
            "notes - 3",
            "notes - 5",
            "users - cem",
        ];
        assert_eq!(told, expected, "{name}");
        assert!(!format!("{changes:?}").contains("planted"), "{name}");
    }
}

#[tokio::test]
async fn many_rows_of_one_statement_are_each_told_once() {
    for world in World::all().await {
        let name = world.test.name;
        // A statement that uses the tables which the trigger reads.
        world
            .run("DELETE FROM users WHERE id <> '' OR id IN (SELECT owner_id FROM notes)")
            .await;
        let told = world.told().await;
        let mut gone: Vec<_> = told.iter().filter(|one| one.contains(" - ")).collect();
        let all = gone.len();
        gone.dedup();
        assert_eq!((all, gone.len()), (12, 12), "{name}: {told:?}");
        let rows = world.test.rows("SELECT count(*) FROM notes").await;
        assert_eq!(rows[0][0], Value::Int(0), "{name}");
    }
}

#[tokio::test]
async fn keys_that_change_are_told_wherever_they_are_referred_to() {
    for world in World::all().await {
        let name = world.test.name;
        world
            .run("UPDATE teams SET code = 'pink' WHERE code = 'red'")
            .await;
        let expected = [
            "chairs 1 seat_code red>pink",
            "notes 1 team_code red>pink",
            "notes 2 team_code red>pink",
            "notes 5 team_code red>pink",
        ];
        assert_eq!(world.told().await, expected, "{name}");
        world
            .run("UPDATE teams SET code = 'blue' WHERE code = 'blue'")
            .await;
        assert_eq!(world.told().await, [""; 0], "{name}");
        world.run("DELETE FROM teams WHERE code = 'pink'").await;
        let expected = [
            "chairs 1 seat_code pink>null",
            "notes 1 team_code pink>null",
            "notes 2 team_code pink>null",
            "notes 5 team_code pink>null",
        ];
        assert_eq!(world.told().await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_row_that_names_nobody_does_not_follow_one_that_has_no_name() {
    for world in World::all().await {
        let name = world.test.name;
        for statement in [
            "CREATE TABLE rooms (id varchar(64) PRIMARY KEY NOT NULL, alias varchar(64) UNIQUE)",
            "CREATE TABLE doors (id integer PRIMARY KEY NOT NULL, room varchar(64), alias varchar(64), \
             FOREIGN KEY (room) REFERENCES rooms (id) ON UPDATE CASCADE, \
             FOREIGN KEY (alias) REFERENCES rooms (alias) ON UPDATE CASCADE)",
        ] {
            world.run(statement).await;
        }
        let text = format!(
            "{SCHEMA}\nmodel Door {{ id Int @id\n room String?\n alias String?\n @@track\n @@map(\"doors\") }}"
        );
        let tracking = world.changes.tracking(&schema(&text), &[]).await.unwrap();
        world.changes.install(&tracking).await.unwrap();
        world
            .run("INSERT INTO rooms (id, alias) VALUES ('r', NULL)")
            .await;
        world
            .run("INSERT INTO doors (id, room) VALUES (1, 'r')")
            .await;
        world.read().await;
        world.run("UPDATE rooms SET id = 's', alias = 'x'").await;
        assert_eq!(world.told().await, ["doors 1 room r>s"], "{name}");
    }
}

#[tokio::test]
async fn what_another_program_wrote_meanwhile_is_told_as_well() {
    for world in World::all().await {
        let name = world.test.name;
        if name == "sqlite" {
            // One transaction at a time.
            continue;
        }
        for level in ["REPEATABLE READ", "READ COMMITTED"] {
            let number = if level == "REPEATABLE READ" { 30 } else { 40 };
            let mut tx = world.test.database.begin().await.unwrap();
            if world.is_mysql() {
                // Of the next transaction.
                tx.script(&format!(
                    "COMMIT; SET TRANSACTION ISOLATION LEVEL {level}; START TRANSACTION"
                ))
                .await
                .unwrap();
            }
            tx.script("SELECT count(*) FROM notes").await.unwrap();
            tx.script("SELECT count(*) FROM likes").await.unwrap();
            world
                .run(&format!(
                    "INSERT INTO users (id, tenant_id) VALUES ('u{number}', 'other')"
                ))
                .await;
            world
                .run(&format!(
                    "INSERT INTO notes (id, owner_id) VALUES ({number}, 'cem')"
                ))
                .await;
            world
                .run(&format!(
                    "INSERT INTO likes (id, note_id, user_id) VALUES ({number}, {number}, 'ann')"
                ))
                .await;
            world.read().await;
            let delete = write(&format!("DELETE FROM notes WHERE id = {number}"));
            tx.exec(&delete, &[]).await.unwrap();
            let delete = write("DELETE FROM tenants WHERE id = 'other'");
            tx.exec(&delete, &[]).await.unwrap();
            tx.commit().await.unwrap();
            let told = world.told().await;
            for expected in [
                format!("likes - {number}"),
                format!("notes - {number}"),
                format!("users - u{number}"),
            ] {
                let times = told.iter().filter(|one| **one == expected).count();
                assert_eq!(times, 1, "{name} {level} {expected}: {told:?}");
            }
            world.run("INSERT INTO tenants (id) VALUES ('other')").await;
            world
                .run("INSERT INTO users (id, tenant_id) VALUES ('cem', 'other')")
                .await;
            world.read().await;
        }
    }
}

#[tokio::test]
async fn what_did_not_happen_is_not_told() {
    for world in World::all().await {
        let name = world.test.name;
        world
            .run(
                "CREATE TABLE bills (id integer PRIMARY KEY NOT NULL, user_id varchar(64) NOT NULL, \
                 FOREIGN KEY (user_id) REFERENCES users (id))",
            )
            .await;
        world
            .run("INSERT INTO bills (id, user_id) VALUES (1, 'bob')")
            .await;
        let delete = write("DELETE FROM users WHERE id = 'bob'");
        let refused = world.test.database.exec(&delete, &[]).await;
        assert!(refused.is_err(), "{name}");
        assert_eq!(world.told().await, [""; 0], "{name}");
        if world.is_mysql() {
            // Whoever switches foreign keys off keeps the rows.
            let mut tx = world.test.database.begin().await.unwrap();
            tx.script("SET foreign_key_checks = 0").await.unwrap();
            tx.exec(&delete, &[]).await.unwrap();
            tx.script("SET foreign_key_checks = 1").await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(world.told().await, ["users - bob"], "{name}");
        }
    }
}

#[tokio::test]
async fn a_circle_of_tables_is_followed_once_and_said() {
    for world in World::all().await {
        let name = world.test.name;
        if name == "sqlite" {
            // It cannot add a key to a table that is there.
            continue;
        }
        world
            .run("ALTER TABLE tenants ADD COLUMN main_note integer")
            .await;
        world
            .run("ALTER TABLE tenants ADD FOREIGN KEY (main_note) REFERENCES notes (id) ON DELETE CASCADE")
            .await;
        world
            .run("UPDATE tenants SET main_note = 1 WHERE id = 'other'")
            .await;
        world.install().await;
        world.read().await;
        let tracking = world.tracking().await;
        let note = tracking.tables.iter().find(|one| one.model == "Note");
        let is_said = !note.unwrap().unseen_from.is_empty();
        assert_eq!(is_said, world.is_mysql(), "{name}");
        world.run("DELETE FROM notes WHERE id = 1").await;
        // The note takes its replies along and the tenant, that its user, and those their notes.
        let expected = [
            "likes - 1",
            "likes - 2",
            "likes - 4",
            "notes - 1",
            "notes - 2",
            "notes - 3",
            "notes - 5",
            "users - cem",
        ];
        assert_eq!(world.told().await, expected, "{name}");
    }
}

#[tokio::test]
async fn foreign_keys_that_come_and_go_are_seen_by_whoever_asks() {
    for world in World::all().await {
        if !world.is_mysql() {
            // Their triggers are fired whatever refers to what.
            let status = world.changes.status(&world.tracking().await).await.unwrap();
            assert_eq!(status.keys, [], "{}", world.test.name);
            continue;
        }
        let standings = async || {
            let status = world.changes.status(&world.tracking().await).await.unwrap();
            let keys = status.keys.iter();
            let odd = keys.filter(|one| one.standing != Standing::Tracked);
            let odd: Vec<_> = odd.map(|one| (one.table.clone(), one.standing)).collect();
            assert_eq!(status.is_sound(), odd.is_empty());
            odd
        };
        assert_eq!(standings().await, []);
        world
            .run("CREATE TABLE plans (id varchar(64) PRIMARY KEY NOT NULL)")
            .await;
        world
            .run("ALTER TABLE users ADD CONSTRAINT of_plan FOREIGN KEY (name) REFERENCES plans (id) ON DELETE CASCADE")
            .await;
        assert_eq!(standings().await, [("plans".to_owned(), Standing::Missing)]);
        world.install().await;
        assert_eq!(standings().await, []);
        world
            .run("INSERT INTO plans (id) VALUES ('free'), ('paid')")
            .await;
        world
            .run("UPDATE users SET name = 'free' WHERE id = 'cem'")
            .await;
        world.read().await;
        world.run("DELETE FROM plans WHERE id = 'free'").await;
        assert!(world.told().await.contains(&"users - cem".to_owned()));
        world
            .run("ALTER TABLE users DROP FOREIGN KEY of_plan")
            .await;
        assert_eq!(standings().await, [("plans".to_owned(), Standing::Stray)]);
        world.install().await;
        assert_eq!(standings().await, []);
        world.changes.uninstall(Leave::Nothing).await.unwrap();
        let text =
            "SELECT count(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()";
        assert_eq!(world.test.rows(text).await[0][0], Value::Int(0));
        world.run("DELETE FROM tenants").await;
    }
}

#[tokio::test]
async fn nobody_is_kept_from_deleting_whatever_became_of_the_tables() {
    for world in World::all().await {
        let name = world.test.name;
        if name == "sqlite" {
            // It refuses to drop what a trigger names.
            continue;
        }
        world.run("ALTER TABLE notes DROP COLUMN task").await;
        world.run("DELETE FROM users WHERE id = 'bob'").await;
        let changes = world.read().await;
        let note = |one: &&Change| one.table == "notes" && one.operation == Operation::Delete;
        let notes: Vec<_> = changes.iter().filter(note).collect();
        assert_eq!(notes.len(), 4, "{name}: {changes:?}");
        assert!(notes.iter().all(|one| one.left_out == ["*"]), "{name}");
        // Of the table that others refer to.
        world
            .run("ALTER TABLE teams RENAME COLUMN code TO slug")
            .await;
        world
            .run("UPDATE teams SET slug = 'green' WHERE slug = 'red'")
            .await;
        world.run("DELETE FROM teams WHERE slug = 'blue'").await;
        let chairs = world
            .test
            .rows("SELECT seat_code FROM chairs ORDER BY id")
            .await;
        assert_eq!(chairs, [["green".into()], [Value::Null]], "{name}");
        if world.is_mysql() {
            // The triggers that are there are older than the name.
            let status = world.changes.status(&world.tracking().await).await.unwrap();
            let keys = status.keys.iter();
            let team = keys.filter(|one| one.table == "teams");
            let standings: Vec<_> = team.map(|one| one.standing).collect();
            assert!(
                !standings.is_empty() && standings.iter().all(|one| *one != Standing::Tracked),
                "{standings:?}"
            );
            world.install().await;
            world.read().await;
            world.run("DELETE FROM teams WHERE slug = 'green'").await;
            let changes = world.read().await;
            let chair = |one: &Change| one.table == "chairs" && one.operation == Operation::Update;
            assert!(changes.iter().any(chair), "{changes:?}");
        }
        world.run("DROP TABLE hallpass_change").await;
        world.run("DELETE FROM users").await;
        let rows = world.test.rows("SELECT count(*) FROM notes").await;
        assert_eq!(rows[0][0], Value::Int(0), "{name}");
    }
}

#[tokio::test]
async fn users_who_go_with_a_row_of_another_table_are_told_of_on_the_same_database() {
    for deletion in [Deletion::Soft, Deletion::Hard] {
        for world in World::all().await {
            let name = world.test.name;
            let users = world.changes.users();
            let people = users.people(&world.schema).await.unwrap();
            users.install(&people, deletion).await.unwrap();
            users.backfill(&people, |_| ()).await.unwrap();
            assert!(
                users
                    .plan(&people, deletion)
                    .await
                    .unwrap()
                    .steps
                    .is_empty()
            );
            let told = match name {
                "postgres" => "neon_auth.users_sync",
                _ => "neon_auth_users_sync",
            };
            // What refers to a user who is told of goes with them, and that is in the log.
            let key = "FOREIGN KEY (who) REFERENCES";
            let who = if world.is_mysql() {
                let columns = "SELECT CONCAT('varchar(255) CHARACTER SET ', character_set_name, ' COLLATE ', collation_name) \
                     FROM information_schema.columns WHERE table_schema = DATABASE() \
                     AND table_name = 'neon_auth_users_sync' AND column_name = 'id'";
                match &world.test.rows(columns).await[0][0] {
                    Value::Text(text) => text.clone(),
                    other => panic!("{other:?}"),
                }
            } else {
                "text".to_owned()
            };
            world
                .run(&format!(
                    "CREATE TABLE marks (id integer PRIMARY KEY NOT NULL, who {who}, {key} {told} (id) ON DELETE CASCADE)"
                ))
                .await;
            let text = format!(
                "{SCHEMA}\nmodel Mark {{ id Int @id\n who String?\n @@track\n @@map(\"marks\") }}"
            );
            let marked = schema(&text);
            let tracking = world.changes.tracking(&marked, &[]).await.unwrap();
            world.changes.install(&tracking).await.unwrap();
            world
                .run("INSERT INTO marks (id, who) VALUES (1, 'ann'), (2, 'cem')")
                .await;
            world.read().await;
            world.run("DELETE FROM tenants WHERE id = 'other'").await;
            let there = world
                .test
                .rows(&format!("SELECT count(*) FROM {told}"))
                .await;
            let living = format!("SELECT count(*) FROM {told} WHERE deleted_at IS NULL");
            let living = world.test.rows(&living).await;
            let expected = if deletion == Deletion::Soft { 3 } else { 2 };
            assert_eq!(
                (&there[0][0], &living[0][0]),
                (&Value::Int(expected), &Value::Int(2)),
                "{name} {deletion:?}"
            );
            let changes = world.told().await;
            assert!(changes.contains(&"users - cem".to_owned()), "{name}");
            let is_marked = changes.contains(&"marks - 2".to_owned());
            assert_eq!(is_marked, deletion == Deletion::Hard, "{name}: {changes:?}");
            users.uninstall().await.unwrap();
        }
    }
}
