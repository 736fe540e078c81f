//! A row that another database refuses holds up nobody else, and is told of when it is taken again.

use std::sync::Arc;

use hallpass_sql::Dialect;

use super::following::{Pair, settle};
use super::world::World;
use crate::sync::document::table_of;
use crate::sync::{Deletion, Kept, Refused, Remote, UserSync};
use crate::{Failing, Follower};

const LONG: &str = "much too long for it";

impl Pair {
    /// From now on the target refuses names of ten letters and more.
    async fn refuse_long_names(&self) {
        let told = table_of(self.target.database.dialect());
        let text = match self.target.database.dialect() {
            Dialect::Sqlite => format!(
                "CREATE TRIGGER short BEFORE INSERT ON {told} \
                 WHEN length(json_extract(NEW.raw_json, '$.display_name')) > 9 BEGIN SELECT RAISE(ABORT, 'no'); END"
            ),
            _ => format!("ALTER TABLE {told} ADD CONSTRAINT short CHECK (char_length(name) < 10)"),
        };
        self.target.run(&text).await;
    }

    /// A row of the target's own that keeps a user from going.
    async fn bill(&self, id: &str) {
        let told = table_of(self.target.database.dialect());
        let text = match self.target.database.dialect() {
            Dialect::MySql | Dialect::MariaDb => "varchar(255)",
            _ => "text",
        };
        self.target
            .run(&format!(
                "CREATE TABLE bills (who {text}, FOREIGN KEY (who) REFERENCES {told} (id))"
            ))
            .await;
        self.target
            .run(&format!("INSERT INTO bills (who) VALUES ('{id}')"))
            .await;
    }

    async fn take_long_names(&self) {
        let told = table_of(self.target.database.dialect());
        let text = match self.target.database.dialect() {
            Dialect::Sqlite => "DROP TRIGGER short".to_owned(),
            _ => format!("ALTER TABLE {told} DROP CONSTRAINT short"),
        };
        self.target.run(&text).await;
    }

    /// As if time had passed.
    async fn make_due(&self) {
        let moment = match self.source.dialect() {
            Dialect::Sqlite => "2020-01-01T00:00:00.000Z",
            _ => "2020-01-01 00:00:00",
        };
        let text = format!("UPDATE hallpass_sync_refused SET due = '{moment}'");
        self.source.run(&text).await;
    }

    async fn name_of(&self, id: &str) -> Vec<Vec<hallpass_sql::Value>> {
        let told = table_of(self.target.database.dialect());
        let text = format!("SELECT name FROM {told} WHERE id = '{id}' AND deleted_at IS NULL");
        self.target.rows(&text).await
    }
}

async fn refused(follower: &Follower) -> Vec<(String, Refused)> {
    let all = follower.refusals().await.unwrap().into_iter();
    all.map(|one| (one.user, one.why)).collect()
}

#[tokio::test]
async fn a_user_whom_a_target_refuses_holds_up_nobody_else() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let why = match pair.target.database.dialect() {
            Dialect::Sqlite => Refused::Rule,
            _ => Refused::Check,
        };
        pair.source
            .run("INSERT INTO users (id, name) VALUES ('u1', 'a'), ('u2', 'b'), ('u3', 'c')")
            .await;
        let follower = pair.follower(Deletion::Soft).await;
        settle(&follower).await;
        pair.refuse_long_names().await;
        pair.source
            .run(&format!("UPDATE users SET name = '{LONG}' WHERE id = 'u2'"))
            .await;
        pair.source
            .run("UPDATE users SET name = 'new' WHERE id <> 'u2'")
            .await;
        pair.source
            .run("INSERT INTO users (id, name) VALUES ('u4', 'd')")
            .await;
        settle(&follower).await;
        assert_eq!(refused(&follower).await, [("u2".to_owned(), why)], "{name}");
        let told = [pair.name_of("u1").await, pair.name_of("u2").await];
        assert_eq!(told, [[["new".into()]], [["b".into()]]], "{name}");
        // Nothing is asked of the target again before its time.
        assert_eq!(settle(&follower).await, 0, "{name}");
        assert!(!follower.has_due().await.unwrap(), "{name}");
        // What happens to them later is tried with what is so then.
        pair.source
            .run(&format!(
                "UPDATE users SET name = '{LONG}!' WHERE id = 'u2'"
            ))
            .await;
        settle(&follower).await;
        let tries = follower.refusals().await.unwrap()[0].tries;
        assert_eq!(tries, 2, "{name}");
        pair.source
            .run("UPDATE users SET name = 'short' WHERE id = 'u2'")
            .await;
        settle(&follower).await;
        assert_eq!(refused(&follower).await, [], "{name}");
        pair.agrees().await;
        // And without a change of theirs, once the target takes them.
        pair.source
            .run(&format!("UPDATE users SET name = '{LONG}' WHERE id = 'u2'"))
            .await;
        settle(&follower).await;
        pair.take_long_names().await;
        pair.make_due().await;
        assert_eq!(settle(&follower).await, 1, "{name}");
        assert_eq!(refused(&follower).await, [], "{name}");
        pair.agrees().await;
    }
}

#[tokio::test]
async fn users_who_are_copied_are_set_aside_as_well_and_who_goes_is_forgotten() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let follower = pair.follower(Deletion::Soft).await;
        pair.refuse_long_names().await;
        pair.source
            .run(&format!(
                "INSERT INTO users (id, name) VALUES ('u1', 'a'), ('u2', '{LONG}'), ('u3', '{LONG}'), ('u4', 'd')"
            ))
            .await;
        follower.restart().await.unwrap();
        settle(&follower).await;
        let users: Vec<_> = refused(&follower)
            .await
            .into_iter()
            .map(|one| one.0)
            .collect();
        assert_eq!(users, ["u2", "u3"], "{name}");
        assert_eq!(pair.name_of("u4").await, [["d".into()]], "{name}");
        pair.source.run("DELETE FROM users WHERE id = 'u2'").await;
        settle(&follower).await;
        assert_eq!(refused(&follower).await.len(), 1, "{name}");
        // The other one is forgotten with the target.
        let changes = &pair.source.changes;
        changes.forget("sync:t").await.unwrap();
        assert_eq!(changes.users().refusals("t").await.unwrap(), [], "{name}");
    }
}

#[tokio::test]
async fn a_target_that_refuses_everybody_stands_still_and_loses_nobody() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let follower = pair.follower(Deletion::Soft).await;
        settle(&follower).await;
        pair.refuse_long_names().await;
        let users: Vec<_> = (100..250)
            .map(|one| format!("('u{one}', '{LONG}')"))
            .collect();
        let insert = format!("INSERT INTO users (id, name) VALUES {}", users.join(","));
        pair.source.run(&insert).await;
        for _ in 0..2 {
            let error = follower.step(500).await.unwrap_err();
            assert_eq!(error.failing(), Some(Failing::Refused), "{name}: {error}");
        }
        assert_eq!(refused(&follower).await.len(), 100, "{name}");
        pair.take_long_names().await;
        settle(&follower).await;
        pair.make_due().await;
        settle(&follower).await;
        assert_eq!(refused(&follower).await, [], "{name}");
        pair.agrees().await;
    }
}

#[tokio::test]
async fn a_user_who_cannot_go_is_named_and_goes_when_it_is_repaired() {
    for pair in Pair::all().await {
        let name = &pair.name;
        pair.source
            .run("INSERT INTO users (id, name) VALUES ('u1', 'a'), ('u2', 'b')")
            .await;
        let follower = pair.follower(Deletion::Hard).await;
        settle(&follower).await;
        pair.bill("u1").await;
        pair.source.run("DELETE FROM users").await;
        settle(&follower).await;
        let expected = [("u1".to_owned(), Refused::ForeignKey)];
        assert_eq!(refused(&follower).await, expected, "{name}");
        assert_eq!(pair.name_of("u2").await.len(), 0, "{name}");
        pair.target.run("DELETE FROM bills").await;
        let sync = UserSync::of(&pair.source.test.database);
        let people = sync.people(&pair.source.schema).await.unwrap();
        let remote = Remote::connect(&sync, &people, "t", &pair.target.address)
            .await
            .unwrap();
        remote.repair(Deletion::Hard, |_| ()).await.unwrap();
        remote.close().await;
        assert_eq!(refused(&follower).await, [], "{name}");
        pair.agrees().await;
    }
}

#[tokio::test]
async fn whoever_cannot_go_with_all_others_is_named_and_holds_up_no_copy() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let users: Vec<_> = (0..120)
            .map(|one| format!("('u{one:03}', 'n{one}')"))
            .collect();
        let insert = format!("INSERT INTO users (id, name) VALUES {}", users.join(","));
        pair.source.run(&insert).await;
        let follower = pair.follower(Deletion::Hard).await;
        settle(&follower).await;
        pair.bill("u001").await;
        pair.source
            .run("DELETE FROM users WHERE id <> 'u002'")
            .await;
        follower.restart().await.unwrap();
        settle(&follower).await;
        let expected = [("u001".to_owned(), Refused::ForeignKey)];
        assert_eq!(refused(&follower).await, expected, "{name}");
        let there = format!(
            "SELECT id FROM {} ORDER BY id",
            table_of(pair.target.database.dialect())
        );
        let expected = [["u001".into()], ["u002".into()]];
        assert_eq!(pair.target.rows(&there).await, expected, "{name}");
        if pair.source.dialect() == Dialect::Postgres {
            // All at once, and some of them come back.
            pair.source
                .run("INSERT INTO users (id, name) VALUES ('u003', 'c')")
                .await;
            settle(&follower).await;
            pair.target
                .run("UPDATE bills SET who = 'u003' WHERE who = 'u001'")
                .await;
            pair.source.run("TRUNCATE users CASCADE").await;
            pair.source
                .run("INSERT INTO users (id, name) VALUES ('u004', 'd')")
                .await;
            settle(&follower).await;
            let users: Vec<_> = refused(&follower)
                .await
                .into_iter()
                .map(|one| one.0)
                .collect();
            assert_eq!(users, ["u001", "u003"], "{name}");
            assert_eq!(pair.name_of("u002").await.len(), 0, "{name}");
        }
        pair.target.run("DELETE FROM bills").await;
        pair.make_due().await;
        settle(&follower).await;
        assert_eq!(refused(&follower).await, [], "{name}");
        pair.agrees().await;
    }
}

#[tokio::test]
async fn a_target_that_is_the_source_is_refused_and_one_like_it_is_not() {
    for (place, world) in World::all().await.into_iter().enumerate() {
        let name = world.test.name;
        let schema = Arc::new(world.schema.clone());
        let kept = |address: &str| {
            let users = world.changes.users();
            Kept::new(&users, &schema, "t", address, Deletion::Soft)
        };
        let mut itself = kept(&world.test.address);
        for _ in 0..2 {
            let error = itself.turn().await.unwrap_err();
            assert_eq!(error.failing(), Some(Failing::Itself), "{name}: {error}");
        }
        itself.close().await;
        let catalog = world.test.database.catalog().await.unwrap();
        assert!(catalog.table("hallpass_sync_cursor").is_none(), "{name}");
        let heads = "SELECT count(*) FROM hallpass_change_head";
        assert_eq!(world.count(heads).await, 1, "{name}");
        // Of the same server, with a log of its own.
        let mut others = World::all().await;
        let other = others.swap_remove(place);
        let mut kept = kept(&other.test.address);
        kept.turn().await.unwrap();
        kept.close().await;
    }
}

/// Somebody who may enter databases, and read and make nothing in them.
struct Stranger {
    name: String,
    server: World,
}

impl Stranger {
    async fn of(server: World) -> Self {
        let id = match server.dialect() {
            Dialect::Postgres => "SELECT pg_backend_pid()::bigint",
            _ => "SELECT CONNECTION_ID()",
        };
        let name = format!("hallpass_stranger_{}", server.count(id).await);
        let made = match server.dialect() {
            Dialect::Postgres => format!("CREATE ROLE {name} LOGIN PASSWORD 'planted'"),
            _ => format!(
                "CREATE USER {name}@'%' IDENTIFIED BY 'planted', {name}@localhost IDENTIFIED BY 'planted'"
            ),
        };
        server.run(&made).await;
        Self { name, server }
    }

    /// Where a database is for them, in a schema of their own where there are any.
    async fn address(&self, world: &World) -> String {
        let (scheme, rest) = world.test.address.split_once("://").unwrap();
        let (_, place) = rest.split_once('@').unwrap();
        let Self { name, .. } = self;
        if world.dialect() == Dialect::Postgres {
            world
                .run(&format!("CREATE SCHEMA other AUTHORIZATION {name}"))
                .await;
            return format!("{scheme}://{name}:planted@{place}?schema=other");
        }
        let database = place.rsplit_once('/').unwrap().1;
        for host in ["'%'", "localhost"] {
            world
                .run(&format!(
                    "GRANT CREATE TEMPORARY TABLES ON `{database}`.* TO {name}@{host}"
                ))
                .await;
        }
        format!("{scheme}://{name}:planted@{place}")
    }

    async fn end(self, worlds: &[&World]) {
        let Self { name, server } = self;
        if server.dialect() == Dialect::Postgres {
            for world in worlds {
                world.run(&format!("DROP OWNED BY {name}")).await;
            }
            server.run(&format!("DROP ROLE {name}")).await;
        } else {
            server
                .run(&format!("DROP USER {name}@'%', {name}@localhost"))
                .await;
        }
    }
}

#[tokio::test]
async fn the_source_is_known_to_whom_its_log_is_closed_and_a_missing_right_is_named() {
    for (place, world) in World::all().await.into_iter().enumerate() {
        let name = world.test.name;
        if world.dialect() == Dialect::Sqlite {
            // It has neither roles nor schemas.
            continue;
        }
        let other = World::all().await.swap_remove(place);
        let stranger = Stranger::of(World::bare().await.swap_remove(place)).await;
        let schema = Arc::new(world.schema.clone());
        for (where_to, why) in [(&world, Failing::Itself), (&other, Failing::NoRight)] {
            let address = stranger.address(where_to).await;
            let users = world.changes.users();
            let mut kept = Kept::new(&users, &schema, "t", &address, Deletion::Soft);
            let error = kept.turn().await.unwrap_err();
            assert_eq!(error.failing(), Some(why), "{name}: {error}");
            kept.close().await;
        }
        stranger.end(&[&world, &other]).await;
    }
}
