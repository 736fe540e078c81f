//! Install, uninstall and what they leave.

use hallpass_sql::Dialect;

use super::world::{SCHEMA, World, schema};
use crate::install::{Leave, Standing};
use crate::{ChangesError, Retention, TrackError};

#[tokio::test]
async fn what_is_installed_is_not_installed_again() {
    for world in World::bare().await {
        let name = world.test.name;
        let tracking = world.tracking().await;
        let plan = world.changes.plan(&tracking).await.unwrap();
        let names: Vec<_> = plan.steps.iter().map(|one| one.name.as_str()).collect();
        let mut expected = vec!["create-table:hallpass_change", "track:users", "track:todos"];
        if world.is_mysql() {
            // Its triggers of `todos` are not fired for what the foreign key does.
            expected.push("follow-delete:users");
        }
        assert_eq!(names, expected, "{name}");
        let done = world.changes.install(&tracking).await.unwrap();
        assert_eq!(done.steps, plan.steps, "{name}");
        assert!(
            world
                .changes
                .install(&tracking)
                .await
                .unwrap()
                .steps
                .is_empty(),
            "{name}"
        );
        assert!(
            world
                .changes
                .plan(&tracking)
                .await
                .unwrap()
                .steps
                .is_empty(),
            "{name}"
        );
        assert!(
            world.changes.status(&tracking).await.unwrap().is_sound(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_is_uninstalled_leaves_the_log_and_no_other_trace() {
    for world in World::all().await {
        let name = world.test.name;
        world.run("INSERT INTO users (id) VALUES ('u1')").await;
        world.changes.uninstall(Leave::Log).await.unwrap();
        world.run("INSERT INTO users (id) VALUES ('u2')").await;
        assert_eq!(
            world.count("SELECT count(*) FROM hallpass_change").await,
            1,
            "{name}"
        );
        assert_eq!(traces(&world).await, 0, "{name}");
        assert!(
            world
                .changes
                .uninstall(Leave::Log)
                .await
                .unwrap()
                .steps
                .is_empty(),
            "{name}"
        );
        world.changes.uninstall(Leave::Nothing).await.unwrap();
        let catalog = world.test.database.catalog().await.unwrap();
        let left = catalog
            .tables
            .iter()
            .filter(|one| one.name.starts_with("hallpass"));
        assert_eq!(left.count(), 0, "{name}");
        // And again from the start.
        world
            .changes
            .install(&world.tracking().await)
            .await
            .unwrap();
        world.run("INSERT INTO users (id) VALUES ('u3')").await;
        assert_eq!(
            world.count("SELECT count(*) FROM hallpass_change").await,
            1,
            "{name}"
        );
    }
}

/// Triggers and functions of ours.
async fn traces(world: &World) -> i64 {
    let text = match world.dialect() {
        Dialect::Postgres => {
            "SELECT (SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'hallpass%') \
             + (SELECT count(*) FROM pg_proc WHERE proname LIKE 'hallpass%')"
        }
        Dialect::Sqlite => "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'",
        _ => "SELECT count(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
    };
    world.count(text).await
}

#[tokio::test]
async fn a_table_that_nobody_asks_for_any_longer_is_left_alone() {
    for world in World::all().await {
        let name = world.test.name;
        let fewer = schema(&SCHEMA.replace("  @@track\n", ""));
        let tracking = world.changes.tracking(&fewer, &[]).await.unwrap();
        let status = world.changes.status(&tracking).await.unwrap();
        let stray = status
            .tables
            .iter()
            .find(|one| one.table == "todos")
            .unwrap();
        assert_eq!(stray.standing, Standing::Stray, "{name}");
        let done = world.changes.install(&tracking).await.unwrap();
        let names: Vec<_> = done.steps.iter().map(|one| one.name.as_str()).collect();
        let mut expected = vec!["untrack:todos"];
        if world.is_mysql() {
            expected.push("unfollow:users");
        }
        assert_eq!(names, expected, "{name}");
        // And by its name it is asked for again, of the model or of the table.
        for asked in ["Todo", "todos"] {
            let tracking = world
                .changes
                .tracking(&fewer, &[asked.to_owned()])
                .await
                .unwrap();
            assert_eq!(tracking.tables.len(), 2, "{name}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_tracked_is_refused_by_name() {
    for world in World::bare().await {
        let name = world.test.name;
        let never = |model: &str| TrackError::Never {
            name: model.to_owned(),
        };
        let rows = [
            ("Session", never("Session")),
            ("sessions", never("Session")),
            (
                "Sesion",
                TrackError::NoModel {
                    name: "Sesion".to_owned(),
                },
            ),
        ];
        for (asked, expected) in rows {
            let error = world
                .changes
                .tracking(&world.schema, &[asked.to_owned()])
                .await
                .unwrap_err();
            let ChangesError::Track(error) = error else {
                panic!("{name}: {error}");
            };
            assert_eq!(error, expected, "{name}");
        }
        let text = format!("{SCHEMA}\nmodel Absent {{ id Int @id\n @@track }}");
        let error = world
            .changes
            .tracking(&schema(&text), &[])
            .await
            .unwrap_err();
        assert!(
            matches!(error, ChangesError::Track(TrackError::NoTable { .. })),
            "{name}: {error}"
        );
        world
            .run("CREATE TABLE proofs (password varchar(191) PRIMARY KEY)")
            .await;
        let text =
            format!("{SCHEMA}\nmodel Proof {{ password String @id\n @@track @@map(\"proofs\") }}");
        let error = world
            .changes
            .tracking(&schema(&text), &[])
            .await
            .unwrap_err();
        assert!(
            matches!(error, ChangesError::Track(TrackError::SecretKey { .. })),
            "{name}: {error}"
        );
    }
}

#[tokio::test]
async fn whoever_may_write_a_table_need_not_see_the_log() {
    for world in World::all().await {
        if world.dialect() != Dialect::Postgres {
            continue;
        }
        let role = format!(
            "hallpass_writer_{}",
            world.count("SELECT pg_backend_pid()").await
        );
        world.run(&format!("CREATE ROLE {role}")).await;
        world
            .run(&format!(
                "GRANT SELECT, INSERT, UPDATE, DELETE ON users TO {role}"
            ))
            .await;
        let mut tx = world.test.database.begin().await.unwrap();
        tx.script(&format!(
            "SET LOCAL ROLE {role}; INSERT INTO users (id) VALUES ('u1')"
        ))
        .await
        .unwrap();
        let read = tx.script("SELECT * FROM hallpass_change").await;
        assert!(read.is_err());
        tx.rollback().await.unwrap();
        let mut tx = world.test.database.begin().await.unwrap();
        let own = format!(
            "GRANT CREATE ON SCHEMA public TO {role}; SET LOCAL ROLE {role}; CREATE TABLE mine (id text); \
             CREATE TRIGGER t AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION {}()",
            world.function().await
        );
        assert!(
            tx.script(&own).await.is_err(),
            "a table of theirs must not write to the log"
        );
        tx.rollback().await.unwrap();
        world.run(&format!("DROP OWNED BY {role}")).await;
        world.run(&format!("DROP ROLE {role}")).await;
    }
}

impl World {
    async fn function(&self) -> String {
        let rows = self
            .test
            .rows("SELECT proname::text FROM pg_proc WHERE proname LIKE 'hallpass_capture_users%'")
            .await;
        match &rows[0][0] {
            hallpass_sql::Value::Text(name) => name.clone(),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn without_a_log_there_is_nothing_to_clean_and_nobody_to_forget() {
    for world in World::bare().await {
        let name = world.test.name;
        let log = world.log();
        let removed = log.remove(Retention::default(), &[]).await;
        assert!(
            matches!(removed, Err(ChangesError::NotInstalled)),
            "{name}: {removed:?}"
        );
        let ended = log.end("nobody").await;
        assert!(
            matches!(ended, Err(ChangesError::NotInstalled)),
            "{name}: {ended:?}"
        );
    }
    for world in World::all().await {
        let name = world.test.name;
        let past = ["nobody".to_owned()];
        let removed = world.log().remove(Retention::default(), &past).await;
        assert!(
            matches!(&removed, Err(ChangesError::NoReader { name }) if name == "nobody"),
            "{name}: {removed:?}"
        );
    }
}
