//! The table that tells of users.

use hallpass_data::structure::{Consent, Structure};
use hallpass_db::testing::{TestDatabase, databases};
use hallpass_sql::{Dialect, Value};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, FieldKind, Scalar};
use serde_json::json;

use super::world::schema;
use crate::install::Standing;
use crate::sync::{Deletion, People, UserSync};

/// What the layouts of sign-in tables are, and where each is made.
const LAYOUTS: &[(&str, &str, &[Dialect])] = {
    use Dialect::{MariaDb, MySql, Postgres, Sqlite};
    &[
        (
            "prisma",
            include_str!("../../../adapter/layouts/prisma.zmodel"),
            &[Postgres, MySql, MariaDb, Sqlite],
        ),
        (
            "prisma-postgresql",
            include_str!("../../../adapter/layouts/prisma-postgresql.zmodel"),
            &[Postgres],
        ),
        (
            "prisma-mysql",
            include_str!("../../../adapter/layouts/prisma-mysql.zmodel"),
            &[MySql, MariaDb],
        ),
        (
            "prisma-sqlite",
            include_str!("../../../adapter/layouts/prisma-sqlite.zmodel"),
            &[Sqlite],
        ),
        (
            "prisma-snake",
            include_str!("../../../adapter/layouts/prisma-snake.zmodel"),
            &[Postgres, MySql, MariaDb, Sqlite],
        ),
        (
            "pg-adapter",
            include_str!("../../../adapter/layouts/pg-adapter.zmodel"),
            &[Postgres],
        ),
        (
            "pg-adapter-guide",
            include_str!("../../../adapter/layouts/pg-adapter-guide.zmodel"),
            &[Postgres],
        ),
        (
            "neon",
            include_str!("../../../adapter/layouts/neon.zmodel"),
            &[Postgres],
        ),
        (
            "drizzle-postgresql",
            include_str!("../../../adapter/layouts/drizzle-postgresql.zmodel"),
            &[Postgres],
        ),
        (
            "drizzle-mysql",
            include_str!("../../../adapter/layouts/drizzle-mysql.zmodel"),
            &[MySql, MariaDb],
        ),
        (
            "drizzle-sqlite",
            include_str!("../../../adapter/layouts/drizzle-sqlite.zmodel"),
            &[Sqlite],
        ),
    ]
};

/// Users whose table says since when they are there.
const SCHEMA: &str = r#"
model User {
  id            String    @id
  name          String?
  email         String?
  emailVerified Boolean   @default(false)
  image         String?
  password      String?
  serverNotes   String?   @omit
  createdAt     DateTime? @map("created_at")

  @@map("users")
}
"#;

struct World {
    test: TestDatabase,
    schema: Schema,
    sync: UserSync,
    told: &'static str,
}

impl World {
    async fn bare(text: &str) -> Vec<Self> {
        let mut worlds = Vec::new();
        for test in databases().await {
            let world = Self::on(test, text).await;
            worlds.push(world);
        }
        worlds
    }

    async fn on(test: TestDatabase, text: &str) -> Self {
        let schema = schema(text);
        let structure = Structure::connect(&test.address).await.unwrap();
        structure.push(&schema, &Consent::default()).await.unwrap();
        Self {
            sync: UserSync::of(&test.database),
            told: crate::sync::document::table_of(test.database.dialect()),
            schema,
            test,
        }
    }

    async fn all(deletion: Deletion) -> Vec<Self> {
        let worlds = Self::bare(SCHEMA).await;
        for world in &worlds {
            world
                .sync
                .install(&world.people().await, deletion)
                .await
                .unwrap();
        }
        worlds
    }

    fn dialect(&self) -> Dialect {
        self.test.database.dialect()
    }

    async fn people(&self) -> People {
        self.sync.people(&self.schema).await.unwrap()
    }

    async fn run(&self, text: &str) {
        self.test.run(text).await;
    }

    async fn count(&self, text: &str) -> i64 {
        match self.test.rows(text).await[0][0] {
            Value::Int(count) => count,
            ref other => panic!("{other:?}"),
        }
    }

    /// What is told of one: the document, name, address and the three moments.
    async fn row(&self, id: &str) -> Option<Told> {
        let text = format!(
            "SELECT raw_json, name, email, created_at, updated_at, deleted_at FROM {} WHERE id = '{id}'",
            self.told
        );
        let row = self.test.rows(&text).await.pop()?;
        let [document, name, email, created, updated, deleted] =
            <[Value; 6]>::try_from(row).unwrap();
        let document = match document {
            Value::Text(text) => serde_json::from_str(&text).unwrap(),
            Value::Json(json) => serde_json::from_str(&json.to_string()).unwrap(),
            other => panic!("{other:?}"),
        };
        Some(Told {
            document,
            name,
            email,
            created: super::super::log::moment_of(&created),
            updated: super::super::log::moment_of(&updated),
            is_deleted: deleted != Value::Null,
        })
    }
}

struct Told {
    document: serde_json::Value,
    name: Value,
    email: Value,
    created: Option<jiff::Timestamp>,
    updated: Option<jiff::Timestamp>,
    is_deleted: bool,
}

#[tokio::test]
async fn the_table_is_that_of_neon_auth() {
    for world in World::all(Deletion::Soft).await {
        if world.dialect() != Dialect::Postgres {
            let catalog = world.test.database.catalog().await.unwrap();
            let table = catalog.table("neon_auth_users_sync").unwrap();
            let names: Vec<_> = table.columns.iter().map(|one| one.name.as_str()).collect();
            let expected = [
                "raw_json",
                "id",
                "name",
                "email",
                "created_at",
                "updated_at",
                "deleted_at",
            ];
            assert_eq!(names, expected, "{}", world.test.name);
            continue;
        }
        let columns = world
            .test
            .rows(
                "SELECT column_name::text || ' ' || udt_name || ' ' || is_nullable || ' ' || is_generated \
                 FROM information_schema.columns WHERE table_schema = 'neon_auth' AND table_name = 'users_sync' \
                 ORDER BY ordinal_position",
            )
            .await;
        let columns: Vec<_> = columns.into_iter().map(|row| row[0].clone()).collect();
        let expected = [
            "raw_json jsonb NO NEVER",
            "id text NO ALWAYS",
            "name text YES ALWAYS",
            "email text YES ALWAYS",
            "created_at timestamptz YES ALWAYS",
            "updated_at timestamptz YES NEVER",
            "deleted_at timestamptz YES NEVER",
        ];
        assert_eq!(columns, expected.map(Value::from));
        let indexes = world
            .test
            .rows(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = 'neon_auth' AND tablename = 'users_sync' ORDER BY 1",
            )
            .await;
        let indexes: Vec<_> = indexes.into_iter().map(|row| row[0].clone()).collect();
        let expected = [
            "CREATE INDEX users_sync_deleted_at_idx ON neon_auth.users_sync USING btree (deleted_at)",
            "CREATE UNIQUE INDEX users_sync_pkey ON neon_auth.users_sync USING btree (id)",
        ];
        assert_eq!(indexes, expected.map(Value::from));
        let others = "SELECT count(*) FROM pg_constraint WHERE conrelid = 'neon_auth.users_sync'::regclass AND contype <> 'p'";
        assert_eq!(world.count(others).await, 0);
        let refused = hallpass_sql::Query {
            text:
                "INSERT INTO neon_auth.users_sync (raw_json, name) VALUES ('{\"id\": \"a\"}', 'b')"
                    .to_owned(),
            binds: Vec::new(),
            access: hallpass_sql::Access::Write,
        };
        let error = world.test.database.exec(&refused, &[]).await.unwrap_err();
        assert_eq!(error.code(), Some("428C9"));
    }
}

#[tokio::test]
async fn a_user_of_every_layout_is_told_of_from_sign_up_to_the_end() {
    for (layout, text, dialects) in LAYOUTS {
        for test in databases().await {
            if !dialects.contains(&test.database.dialect()) {
                continue;
            }
            for deletion in [Deletion::Soft, Deletion::Hard] {
                let world = World::on(TestOf(&test).fresh().await, text).await;
                life(&world, deletion, &format!("{layout} on {}", test.name)).await;
            }
        }
    }
}

/// Makes another database of the same kind.
struct TestOf<'t>(&'t TestDatabase);

impl TestOf<'_> {
    async fn fresh(&self) -> TestDatabase {
        let mut all = databases().await;
        let position = all.iter().position(|one| one.name == self.0.name).unwrap();
        all.swap_remove(position)
    }
}

async fn life(world: &World, deletion: Deletion, name: &str) {
    let people = world.people().await;
    world.sync.install(&people, deletion).await.unwrap();
    let quoted = |name: &str| crate::words::identifier(world.dialect(), name).unwrap();
    let users = crate::words::table(world.dialect(), &people.table).unwrap();
    let id = if people.is_counted() { "1" } else { "u1" };
    let mut columns = vec![quoted(&people.id.name), quoted("name"), quoted("email")];
    let mut values = vec![
        format!("'{id}'"),
        "'Ada'".to_owned(),
        "'ada@example.com'".to_owned(),
    ];
    let model = world.schema.model("User").unwrap();
    for field in &model.fields {
        let is_needed = field.arity == Arity::Required && field.default.is_none();
        if is_needed && field.kind == FieldKind::Scalar(Scalar::DateTime) {
            columns.push(quoted(&field.column));
            values.push("'2026-01-31 10:00:00'".to_owned());
        }
    }
    let (columns, values) = (columns.join(", "), values.join(", "));
    world
        .run(&format!(
            "INSERT INTO {users} ({columns}) VALUES ({values})"
        ))
        .await;
    let told = world.row(id).await.unwrap();
    assert_eq!(told.document["id"], id, "{name}");
    assert_eq!(
        (told.name, told.email),
        ("Ada".into(), "ada@example.com".into()),
        "{name}"
    );
    assert_eq!(told.document["primary_email_verified"], false, "{name}");
    assert!(
        told.created.is_some() && told.updated.is_some() && !told.is_deleted,
        "{name}"
    );
    let members: Vec<_> = told.document.as_object().unwrap().keys().cloned().collect();
    let mut members = members;
    members.sort();
    let expected = [
        "display_name",
        "id",
        "primary_email",
        "primary_email_verified",
        "profile_image_url",
        "signed_up_at_millis",
    ];
    assert_eq!(
        members, expected,
        "{name}: what only servers may know has no member"
    );

    let verified = quoted(&people.verified.as_ref().unwrap().column.name);
    let key = quoted(&people.id.name);
    let moment = if world.dialect() == Dialect::Sqlite {
        "1767225600000"
    } else {
        "'2026-01-31 10:00:00'"
    };
    world
        .run(&format!(
            "UPDATE {users} SET name = NULL, image = 'https://example.com/a.png', {verified} = {moment} WHERE {key} = '{id}'"
        ))
        .await;
    let changed = world.row(id).await.unwrap();
    assert_eq!(changed.name, Value::Null, "{name}");
    assert_eq!(
        changed.document["profile_image_url"], "https://example.com/a.png",
        "{name}"
    );
    assert_eq!(changed.document["primary_email_verified"], true, "{name}");
    assert_eq!(
        changed.created, told.created,
        "{name}: signing up was when it was"
    );
    assert!(changed.updated >= told.updated, "{name}");

    world
        .run(&format!("DELETE FROM {users} WHERE {key} = '{id}'"))
        .await;
    let gone = world.row(id).await;
    match deletion {
        Deletion::Soft => {
            let gone = gone.unwrap();
            assert!(gone.is_deleted, "{name}");
            assert_eq!(
                gone.document, changed.document,
                "{name}: it stays as it was"
            );
        }
        Deletion::Hard => assert!(gone.is_none(), "{name}"),
    }
    let status = world.sync.status(&people, deletion, |_| {}).await.unwrap();
    assert!(status.is_sound(), "{name}: {status:?}");
}

#[tokio::test]
async fn the_moment_of_signing_up_is_cut_to_seconds() {
    for world in World::all(Deletion::Soft).await {
        let name = world.test.name;
        let moment = match world.dialect() {
            Dialect::Sqlite => "'2026-01-31T23:59:59.999Z'",
            _ => "'2026-01-31 23:59:59.999'",
        };
        world
            .run(&format!(
                "INSERT INTO users (id, created_at) VALUES ('u1', {moment})"
            ))
            .await;
        world.run("INSERT INTO users (id) VALUES ('u2')").await;
        let told = world.row("u1").await.unwrap();
        assert_eq!(
            told.document["signed_up_at_millis"], 1_769_903_999_999_i64,
            "{name}"
        );
        assert_eq!(
            told.created,
            Some("2026-01-31T23:59:59Z".parse().unwrap()),
            "{name}"
        );
        let told = world.row("u2").await.unwrap();
        assert_eq!(
            (told.created, &told.document["signed_up_at_millis"]),
            (None, &json!(null)),
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_users_hold_secret_is_not_told() {
    for world in World::all(Deletion::Soft).await {
        world
            .run(
                "INSERT INTO users (id, name, password, \"serverNotes\") VALUES ('u1', 'Ada', 'planted', 'planted')"
                    .replace('"', if world.dialect() == Dialect::MariaDb { "`" } else { "\"" })
                    .as_str(),
            )
            .await;
        let told = world.row("u1").await.unwrap();
        assert!(
            !told.document.to_string().contains("planted"),
            "{}",
            world.test.name
        );
        // And what says nothing new writes nothing.
        world
            .run("UPDATE users SET password = 'other' WHERE id = 'u1'")
            .await;
        assert_eq!(
            world.row("u1").await.unwrap().updated,
            told.updated,
            "{}",
            world.test.name
        );
    }
}

#[tokio::test]
async fn what_refers_to_a_user_holds_from_the_moment_of_signing_up() {
    for deletion in [Deletion::Soft, Deletion::Hard] {
        for world in World::all(deletion).await {
            let name = world.test.name;
            let key = match world.dialect() {
                Dialect::Postgres => "text",
                Dialect::Sqlite => "TEXT",
                // As that of the users' ids: the database asks for it.
                _ => "VARCHAR(255) COLLATE utf8mb4_unicode_ci",
            };
            world
                .run(&format!(
                    "CREATE TABLE todos (id int PRIMARY KEY, owner_id {key} NOT NULL, \
                     FOREIGN KEY (owner_id) REFERENCES {} (id) ON DELETE CASCADE)",
                    world.told
                ))
                .await;
            let mut tx = world.test.database.begin().await.unwrap();
            for text in [
                "INSERT INTO users (id) VALUES ('u1')",
                "INSERT INTO todos VALUES (1, 'u1')",
            ] {
                tx.script(text).await.unwrap();
            }
            tx.commit().await.unwrap();
            let mut tx = world.test.database.begin().await.unwrap();
            tx.script("INSERT INTO users (id) VALUES ('u2')")
                .await
                .unwrap();
            tx.rollback().await.unwrap();
            assert!(world.row("u2").await.is_none(), "{name}");
            world
                .run("UPDATE users SET name = 'Ada' WHERE id = 'u1'")
                .await;
            assert_eq!(world.count("SELECT count(*) FROM todos").await, 1, "{name}");
            world.run("DELETE FROM users WHERE id = 'u1'").await;
            let left = world.count("SELECT count(*) FROM todos").await;
            let expected = if deletion == Deletion::Soft { 1 } else { 0 };
            assert_eq!(left, expected, "{name}: contract neon §1.3");
        }
    }
}

#[tokio::test]
async fn users_who_were_there_before_are_told_of_once() {
    for world in World::bare(SCHEMA).await {
        let name = world.test.name;
        let users: Vec<String> = (0..2300)
            .map(|one| format!("('u{one:04}', 'n{one}')"))
            .collect();
        for some in users.chunks(500) {
            world
                .run(&format!(
                    "INSERT INTO users (id, name) VALUES {}",
                    some.join(",")
                ))
                .await;
        }
        let people = world.people().await;
        world.sync.install(&people, Deletion::Soft).await.unwrap();
        let status = world
            .sync
            .status(&people, Deletion::Soft, |_| {})
            .await
            .unwrap();
        assert_eq!(status.checked.unwrap().missing, 2300, "{name}");
        assert!(!status.is_sound(), "{name}");
        // One who signed in meanwhile is told of already, one who is gone is told of as gone.
        world
            .run("UPDATE users SET name = 'new' WHERE id = 'u0007'")
            .await;
        world.run("DELETE FROM users WHERE id = 'u0008'").await;
        let mut heard = Vec::new();
        let filled = world
            .sync
            .backfill(&people, |one| heard.push(one.seen))
            .await
            .unwrap();
        assert_eq!(heard, [1000, 2000, 2299], "{name}");
        assert_eq!(filled.written, 2298, "{name}");
        let told = world.row("u0007").await.unwrap();
        assert_eq!(told.name, "new".into(), "{name}");
        assert!(
            world.row("u0008").await.is_none_or(|one| one.is_deleted),
            "{name}"
        );
        let again = world.sync.backfill(&people, |_| {}).await.unwrap();
        assert_eq!((again.seen, again.written), (2299, 0), "{name}");
        let mut heard = Vec::new();
        let status = world.sync.status(&people, Deletion::Soft, |one| {
            heard.push((one.seen, one.users));
        });
        assert!(status.await.unwrap().is_sound(), "{name}");
        let parts = [(1000, 2299), (2000, 2299), (2299, 2299)];
        assert_eq!(heard, parts, "{name}");
        // What is wrong counts in whichever part it stands.
        let (told, wrong) = (world.told, "'u0000', 'u1000', 'u1001', 'u2299'");
        world
            .run(&format!("DELETE FROM {told} WHERE id IN ({wrong})"))
            .await;
        let checked = world.sync.verify(&people, |_| {}).await.unwrap();
        assert_eq!((checked.users, checked.missing), (2299, 4), "{name}");
        assert_eq!((checked.strange, checked.different), (0, 0), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn users_who_go_or_change_while_others_are_told_of_end_as_they_are() {
    for world in World::bare(SCHEMA).await {
        let name = world.test.name;
        let users: Vec<String> = (0..1200)
            .map(|one| format!("('u{one:04}', 'old')"))
            .collect();
        world
            .run(&format!(
                "INSERT INTO users (id, name) VALUES {}",
                users.join(",")
            ))
            .await;
        let people = world.people().await;
        world.sync.install(&people, Deletion::Soft).await.unwrap();
        let database = world.test.database.clone();
        let writing = tokio::spawn(async move {
            for one in (0..1200).step_by(7) {
                let text = if one % 2 == 0 {
                    format!("DELETE FROM users WHERE id = 'u{one:04}'")
                } else {
                    format!("UPDATE users SET name = 'new' WHERE id = 'u{one:04}'")
                };
                let query = hallpass_sql::Query {
                    text,
                    binds: Vec::new(),
                    access: hallpass_sql::Access::Write,
                };
                loop {
                    match database.exec(&query, &[]).await {
                        Err(error) if error.kind() == hallpass_db::ErrorKind::Retry => {}
                        other => {
                            other.unwrap();
                            break;
                        }
                    }
                }
            }
        });
        loop {
            match world.sync.backfill(&people, |_| {}).await {
                Err(crate::ChangesError::Database(error))
                    if error.kind() == hallpass_db::ErrorKind::Retry => {}
                other => {
                    other.unwrap();
                    break;
                }
            }
        }
        writing.await.unwrap();
        let checked = world.sync.verify(&people, |_| {}).await.unwrap();
        assert!(checked.is_sound(), "{name}: {checked:?}");
    }
}

#[tokio::test]
async fn what_was_forged_is_found_and_made_good() {
    for deletion in [Deletion::Soft, Deletion::Hard] {
        for world in World::all(deletion).await {
            let name = world.test.name;
            world.run("INSERT INTO users (id, name) VALUES ('u1', 'Ada'), ('u2', 'Bo'), ('u3', 'Cy'), ('u4', 'Di')").await;
            let told = world.told;
            let strange = r#"{"id":"x1","display_name":"X","primary_email":null,"primary_email_verified":true,"profile_image_url":null,"signed_up_at_millis":1}"#;
            world
                .run(&format!(
                    "INSERT INTO {told} (raw_json) VALUES ('{strange}')"
                ))
                .await;
            let forged = strange.replace("x1", "u2");
            world
                .run(&format!(
                    "UPDATE {told} SET raw_json = '{forged}' WHERE id = 'u2'"
                ))
                .await;
            world
                .run(&format!("DELETE FROM {told} WHERE id = 'u3'"))
                .await;
            world
                .run(&format!(
                    "UPDATE {told} SET deleted_at = updated_at WHERE id = 'u4'"
                ))
                .await;
            let people = world.people().await;
            let found = world.sync.verify(&people, |_| {}).await.unwrap();
            assert_eq!(
                (found.users, found.missing, found.strange, found.different),
                (4, 2, 1, 1),
                "{name}"
            );
            world.sync.repair(&people, deletion, |_| {}).await.unwrap();
            let found = world.sync.verify(&people, |_| {}).await.unwrap();
            assert!(found.is_sound(), "{name}: {found:?}");
            assert_eq!(found.told, 4, "{name}");
            let names = world.row("u2").await.unwrap().name;
            assert_eq!(names, "Bo".into(), "{name}");
            assert_eq!(
                world.row("x1").await.is_some(),
                deletion == Deletion::Soft,
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn an_id_that_changes_or_comes_back_is_one_user() {
    for world in World::all(Deletion::Soft).await {
        let name = world.test.name;
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        world
            .run("UPDATE users SET id = 'u2' WHERE id = 'u1'")
            .await;
        assert!(world.row("u1").await.unwrap().is_deleted, "{name}");
        assert_eq!(world.row("u2").await.unwrap().name, "Ada".into(), "{name}");
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Bo')")
            .await;
        let back = world.row("u1").await.unwrap();
        assert!(!back.is_deleted && back.name == "Bo".into(), "{name}");
        assert!(
            world
                .sync
                .verify(&world.people().await, |_| {})
                .await
                .unwrap()
                .is_sound(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_table_that_was_dropped_keeps_nobody_from_signing_up() {
    for world in World::all(Deletion::Hard).await {
        let name = world.test.name;
        if world.dialect() == Dialect::Sqlite {
            continue;
        }
        world.run(&format!("DROP TABLE {}", world.told)).await;
        world.run("INSERT INTO users (id) VALUES ('u1')").await;
        world
            .run("UPDATE users SET name = 'Ada' WHERE id = 'u1'")
            .await;
        world.run("DELETE FROM users WHERE id = 'u1'").await;
        let people = world.people().await;
        let status = world
            .sync
            .status(&people, Deletion::Hard, |_| {})
            .await
            .unwrap();
        assert!(!status.has_table && !status.is_sound(), "{name}");
    }
}

#[tokio::test]
async fn a_column_that_goes_keeps_nobody_from_signing_up() {
    for world in World::all(Deletion::Soft).await {
        let name = world.test.name;
        if world.dialect() == Dialect::Sqlite {
            continue;
        }
        world.run("ALTER TABLE users DROP COLUMN image").await;
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        world
            .run("UPDATE users SET name = 'Bo' WHERE id = 'u1'")
            .await;
        if world.dialect() == Dialect::Postgres {
            assert_eq!(world.row("u1").await.unwrap().name, "Bo".into(), "{name}");
        }
        let people = world.people().await;
        let status = world
            .sync
            .status(&people, Deletion::Soft, |_| {})
            .await
            .unwrap();
        assert_eq!(status.standing, Standing::Drifted, "{name}");
        world.sync.install(&people, Deletion::Soft).await.unwrap();
        world
            .sync
            .repair(&people, Deletion::Soft, |_| {})
            .await
            .unwrap();
        let status = world
            .sync
            .status(&people, Deletion::Soft, |_| {})
            .await
            .unwrap();
        assert!(status.is_sound(), "{name}: {status:?}");
        assert_eq!(world.row("u1").await.unwrap().name, "Bo".into(), "{name}");
    }
}

#[tokio::test]
async fn a_replaced_user_of_sqlite_loses_nothing_that_refers_to_what_is_told() {
    for world in World::all(Deletion::Hard).await {
        if world.dialect() != Dialect::Sqlite {
            continue;
        }
        world
            .run("CREATE TABLE todos (id int, owner_id TEXT REFERENCES neon_auth_users_sync (id) ON DELETE CASCADE)")
            .await;
        world
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        world.run("INSERT INTO todos VALUES (1, 'u1')").await;
        world
            .run(
                "INSERT OR REPLACE INTO users (id, name, \"emailVerified\") VALUES ('u1', 'Bo', 0)",
            )
            .await;
        assert_eq!(world.count("SELECT count(*) FROM todos").await, 1);
        assert_eq!(world.row("u1").await.unwrap().name, "Bo".into());
    }
}

#[tokio::test]
async fn a_truncated_table_has_no_users() {
    for world in World::all(Deletion::Soft).await {
        if world.dialect() != Dialect::Postgres {
            continue;
        }
        world
            .run("INSERT INTO users (id) VALUES ('u1'), ('u2')")
            .await;
        world.run("TRUNCATE users").await;
        assert!(world.row("u1").await.unwrap().is_deleted);
        assert!(
            world
                .sync
                .verify(&world.people().await, |_| {})
                .await
                .unwrap()
                .is_sound()
        );
    }
}

#[tokio::test]
async fn nobody_who_brings_tables_to_a_schema_is_offered_to_drop_the_table_or_the_log() {
    for world in World::all(Deletion::Soft).await {
        let name = world.test.name;
        let changes = crate::Changes::of(&world.test.database);
        let tracking = changes.tracking(&world.schema, &[]).await.unwrap();
        changes.install(&tracking).await.unwrap();
        let structure = Structure::connect(&world.test.address).await.unwrap();
        let plan = structure.compare(&world.schema).await.unwrap();
        let steps: Vec<_> = plan.steps.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(steps, Vec::<&str>::new(), "{name}");
    }
}

#[tokio::test]
async fn install_does_nothing_twice_and_uninstall_leaves_the_table() {
    for world in World::all(Deletion::Soft).await {
        let name = world.test.name;
        let people = world.people().await;
        let again = world.sync.install(&people, Deletion::Soft).await.unwrap();
        assert!(again.steps.is_empty(), "{name}: {again:?}");
        let other = world.sync.install(&people, Deletion::Hard).await.unwrap();
        assert_eq!(
            other.steps.len(),
            1,
            "{name}: another way of deleting is another trigger"
        );
        world.run("INSERT INTO users (id) VALUES ('u1')").await;
        world.sync.uninstall().await.unwrap();
        assert!(
            world.sync.uninstall().await.unwrap().steps.is_empty(),
            "{name}"
        );
        world.run("DELETE FROM users").await;
        assert!(world.row("u1").await.is_some(), "{name}");
    }
}
