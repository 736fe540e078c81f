//! Migrations run once, whoever runs them and whatever happens meanwhile.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use hallpass_db::testing::{TestDatabase, databases};
use hallpass_sql::Dialect;
use jiff::Timestamp;
use tempfile::TempDir;

use super::support::schema;
use crate::ClientOptions;
use crate::migrate::{Development, MigrateError, Migrator, Outcome, Resolution, Status};
use crate::structure::{Consent, Effect, Plan, Structure};

struct Place {
    test: TestDatabase,
    folder: TempDir,
}

impl Place {
    async fn migrator(&self) -> Migrator {
        let connected = Migrator::connect(&self.test.address, self.folder.path(), options()).await;
        connected.unwrap()
    }

    fn add(&self, name: &str, sql: &str) {
        write(self.folder.path(), name, sql);
    }

    fn undoes(&self) -> bool {
        self.test.database.dialect().capability().transactional_ddl
    }

    async fn tables(&self) -> Vec<String> {
        let catalog = self.test.database.catalog().await.unwrap();
        let tables = catalog.tables.into_iter().map(|table| table.name);
        tables.filter(|name| !name.starts_with('_')).collect()
    }
}

fn write(folder: &Path, name: &str, sql: &str) {
    fs::create_dir_all(folder.join(name)).unwrap();
    fs::write(folder.join(name).join("migration.sql"), sql).unwrap();
}

/// The clock stands; ids are counted through all processes of a test.
fn options() -> ClientOptions {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    ClientOptions::new(
        || {
            Timestamp::from_second(1_767_225_600 + COUNT.fetch_add(2, Ordering::Relaxed) as i64)
                .unwrap()
        },
        |bytes: &mut [u8]| {
            // Tests are processes of their own, on one server.
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let seed = u64::from(std::process::id()) << 32 | count;
            for (byte, part) in bytes.iter_mut().zip(seed.to_be_bytes()) {
                *byte = part;
            }
        },
    )
}

async fn places() -> Vec<Place> {
    let databases = databases().await.into_iter();
    databases
        .map(|test| Place {
            test,
            folder: tempfile::tempdir().unwrap(),
        })
        .collect()
}

const FIRST: &str = "-- the first\nCREATE TABLE a (id int PRIMARY KEY, name varchar(20));\nCREATE TABLE b (id int PRIMARY KEY);\n";
const SECOND: &str =
    "INSERT INTO a (id, name) VALUES (1, 'one; two');\nALTER TABLE b ADD COLUMN more int;\n";

#[tokio::test]
async fn what_has_not_run_runs_once_in_the_order_of_the_names() {
    for place in places().await {
        place.add("20260102000000_second", SECOND);
        place.add("20260101000000_first", FIRST);
        let migrator = place.migrator().await;
        let applied = migrator
            .deploy()
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", place.test.name));
        assert_eq!(applied, ["20260101000000_first", "20260102000000_second"]);
        assert_eq!(migrator.deploy().await.unwrap(), Vec::<String>::new());
        assert_eq!(place.tables().await, ["a", "b"], "{}", place.test.name);
        let rows = place.test.rows("SELECT name FROM a").await;
        assert_eq!(rows.len(), 1);
        place.add(
            "20260103000000_third",
            "CREATE TABLE c (id int PRIMARY KEY);",
        );
        let status = migrator.status().await.unwrap();
        assert_eq!(status.applied.len(), 2);
        assert_eq!(status.pending, ["20260103000000_third"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_deploy_together_run_each_migration_once() {
    for place in places().await {
        place.add("1_first", FIRST);
        place.add("2_second", SECOND);
        place.add("3_third", "CREATE TABLE c (id int PRIMARY KEY);");
        let mut deploys = Vec::new();
        for _ in 0..4 {
            let migrator = place.migrator().await;
            deploys.push(tokio::spawn(async move { migrator.deploy().await }));
        }
        let mut applied = 0;
        for deploy in deploys {
            let done = deploy.await.unwrap();
            applied += done
                .unwrap_or_else(|error| panic!("{}: {error:?}", place.test.name))
                .len();
        }
        assert_eq!(applied, 3, "{}", place.test.name);
        assert_eq!(
            place.test.rows("SELECT id FROM a").await.len(),
            1,
            "{}",
            place.test.name
        );
    }
}

#[tokio::test]
async fn a_file_that_was_changed_after_it_ran_is_refused_by_name() {
    for place in places().await {
        place.add("1_first", FIRST);
        let migrator = place.migrator().await;
        migrator.deploy().await.unwrap();
        // The ends of lines are no change.
        place.add("1_first", &FIRST.replace('\n', "\r\n"));
        migrator.deploy().await.unwrap();
        place.add("1_first", &FIRST.replace("the first", "the First"));
        place.add("2_second", SECOND);
        let refused = migrator.deploy().await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the migration `1_first` was changed after it had run"
        );
        assert_eq!(migrator.status().await.unwrap().changed, ["1_first"]);
        let rows = place.test.rows("SELECT id FROM a").await;
        assert_eq!(rows.len(), 0, "{}: nothing ran", place.test.name);
    }
}

#[tokio::test]
async fn one_that_fails_leaves_nothing_or_is_written_down() {
    for place in places().await {
        place.add("1_first", FIRST);
        place.add(
            "2_broken",
            "CREATE TABLE c (id int PRIMARY KEY);\nINSERT INTO nowhere VALUES (1);\n",
        );
        let migrator = place.migrator().await;
        let error = migrator.deploy().await.expect_err(place.test.name);
        let MigrateError::Failed { name, outcome, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(name, "2_broken");
        if place.undoes() {
            assert_eq!(*outcome, Outcome::Nothing, "{}", place.test.name);
            assert_eq!(place.tables().await, ["a", "b"]);
            // Mended, it runs.
            place.add("2_broken", "CREATE TABLE c (id int PRIMARY KEY);");
            assert_eq!(migrator.deploy().await.unwrap(), ["2_broken"]);
            continue;
        }
        assert_eq!(*outcome, Outcome::Some, "{}", place.test.name);
        place.add("2_broken", "CREATE TABLE c (id int PRIMARY KEY);");
        let refused = migrator.deploy().await.unwrap_err().to_string();
        assert!(
            refused.starts_with("the migration `2_broken` did not run to its end: statement 2:"),
            "{refused}"
        );
        let unknown = migrator
            .resolve("1_first", Resolution::Applied)
            .await
            .unwrap_err();
        assert!(matches!(unknown, MigrateError::NotUnfinished { .. }));
        place.test.run("DROP TABLE c").await;
        migrator
            .resolve("2_broken", Resolution::RolledBack)
            .await
            .unwrap();
        assert_eq!(migrator.deploy().await.unwrap(), ["2_broken"]);
        assert_eq!(place.tables().await, ["a", "b", "c"]);
    }
}

#[tokio::test]
async fn one_whose_first_statement_fails_has_done_nothing() {
    for place in places().await {
        place.add(
            "1_broken",
            "INSERT INTO nowhere VALUES (1);\nCREATE TABLE c (id int PRIMARY KEY);\n",
        );
        let migrator = place.migrator().await;
        let error = migrator.deploy().await.unwrap_err();
        assert!(
            matches!(
                error,
                MigrateError::Failed {
                    outcome: Outcome::Nothing,
                    ..
                }
            ),
            "{}: {error:?}",
            place.test.name
        );
        place.add("1_broken", "CREATE TABLE c (id int PRIMARY KEY);");
        assert_eq!(migrator.deploy().await.unwrap(), ["1_broken"]);
    }
}

#[tokio::test]
async fn scripts_that_keep_their_own_transactions_run_and_are_written_down_first() {
    for place in places().await {
        let begin = if place.test.database.dialect() == Dialect::Sqlite {
            "BEGIN"
        } else {
            "START TRANSACTION"
        };
        place.add("1_own", &format!("{begin};\nCREATE TABLE a (id int PRIMARY KEY);\nINSERT INTO a VALUES (1);\nCOMMIT;\n"));
        let migrator = place.migrator().await;
        let applied = migrator
            .deploy()
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", place.test.name));
        assert_eq!(applied, ["1_own"]);
        place.add("2_half", &format!("CREATE TABLE b (id int PRIMARY KEY);\n{begin};\nINSERT INTO nowhere VALUES (1);\nCOMMIT;\n"));
        let error = migrator.deploy().await.unwrap_err();
        assert!(
            matches!(
                error,
                MigrateError::Failed {
                    outcome: Outcome::Some,
                    ..
                }
            ),
            "{error:?}"
        );
        let again = migrator.deploy().await.unwrap_err();
        assert!(
            matches!(again, MigrateError::Unfinished { .. }),
            "{}: {again:?}",
            place.test.name
        );
        migrator
            .resolve("2_half", Resolution::Applied)
            .await
            .unwrap();
        assert_eq!(migrator.deploy().await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_prisma_has_run_is_not_run_again() {
    for place in places().await {
        place.add("1_first", FIRST);
        let migrator = place.migrator().await;
        migrator.deploy().await.unwrap();
        fs::remove_dir_all(place.folder.path().join("1_first")).unwrap();
        place.add("0_other", "CREATE TABLE other (id int PRIMARY KEY);");
        let status = migrator.status().await.unwrap();
        assert_eq!(status.unknown, ["1_first"]);
        assert_eq!(migrator.deploy().await.unwrap(), ["0_other"]);
        // The table is Prisma's, to the last column.
        let catalog = place.test.database.catalog().await.unwrap();
        let table = catalog.table("_prisma_migrations").unwrap();
        let columns: Vec<_> = table.columns.iter().map(|column| &*column.name).collect();
        assert_eq!(
            columns,
            [
                "id",
                "checksum",
                "finished_at",
                "migration_name",
                "logs",
                "rolled_back_at",
                "started_at",
                "applied_steps_count"
            ]
        );
    }
}

#[tokio::test]
async fn migrations_of_another_database_are_refused() {
    for place in places().await {
        place.add("1_first", FIRST);
        let other = if place.test.name == "sqlite" {
            "mysql"
        } else {
            "sqlite"
        };
        fs::write(
            place.folder.path().join("migration_lock.toml"),
            format!("# x\nprovider = \"{other}\"\n"),
        )
        .unwrap();
        let error = place.migrator().await.deploy().await.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("the migrations are for {other}")),
            "{error}"
        );
        assert_eq!(place.tables().await, Vec::<String>::new());
    }
}

const BEFORE: &str = "
    enum Role { USER ADMIN }
    model User { id String @id  email String @unique  role Role @default(USER)  posts Post[] }
    model Post { id Int @id @default(autoincrement())  title String?  userId String  user User @relation(fields: [userId], references: [id]) }
";

fn wish(name: &str) -> Development {
    Development {
        name: name.to_owned(),
        ..Development::default()
    }
}

#[tokio::test]
async fn development_writes_what_changed_and_runs_it() {
    for place in places().await {
        let migrator = place.migrator().await;
        let first = migrator.develop(&schema(BEFORE), &wish("Init!")).await;
        let first = first.unwrap_or_else(|error| panic!("{}: {error:?}", place.test.name));
        assert_eq!(first.applied.len(), 1, "{}: {first:?}", place.test.name);
        assert!(first.applied[0].ends_with("_init"));
        assert_eq!(
            place.tables().await,
            ["Post", "User"],
            "{}",
            place.test.name
        );
        let again = migrator
            .develop(&schema(BEFORE), &wish("again"))
            .await
            .unwrap();
        assert_eq!(
            again.written.len(),
            0,
            "{}: {:?}",
            place.test.name,
            again.plan
        );
        let structure = Structure::connect(&place.test.address).await.unwrap();
        assert_eq!(
            structure.compare(&schema(BEFORE)).await.unwrap(),
            Plan::default()
        );

        let after = BEFORE
            .replace("USER ADMIN", "USER ADMIN GUEST")
            .replace("@default(USER)", "@default(GUEST)")
            .replace("title String?", "title String? @unique  body String?");
        let mut more = wish("more");
        more.consent.failing = true;
        let second = migrator.develop(&schema(&after), &more).await;
        let second = second.unwrap_or_else(|error| panic!("{}: {error:?}", place.test.name));
        assert!(!second.applied.is_empty());
        assert_eq!(
            structure.compare(&schema(&after)).await.unwrap(),
            Plan::default(),
            "{}",
            place.test.name
        );
        // Another database gets there by the files alone.
        let others = databases().await;
        let other = others
            .into_iter()
            .find(|one| one.name == place.test.name)
            .unwrap();
        let elsewhere = Migrator::connect(&other.address, place.folder.path(), options())
            .await
            .unwrap();
        elsewhere.deploy().await.unwrap();
        let other = Structure::connect(&other.address).await.unwrap();
        assert_eq!(
            other.compare(&schema(&after)).await.unwrap(),
            Plan::default(),
            "{}",
            place.test.name
        );
    }
}

#[tokio::test]
async fn development_loses_nothing_that_is_not_named() {
    for place in places().await {
        let migrator = place.migrator().await;
        migrator
            .develop(&schema(BEFORE), &wish("init"))
            .await
            .unwrap();
        let after = "enum Role { USER ADMIN }\nmodel User { id String @id  email String @unique  role Role @default(USER) }";
        let refused = migrator
            .develop(&schema(after), &wish("less"))
            .await
            .unwrap_err();
        let MigrateError::Consent { steps } = &refused else {
            panic!("{refused:?}");
        };
        assert!(
            steps
                .iter()
                .any(|step| step.name == "drop-table:Post" && step.effect == Effect::LosesData)
        );
        assert_eq!(
            fs::read_dir(place.folder.path()).unwrap().count(),
            2,
            "no file was written"
        );
        let written = Development {
            create_only: true,
            ..wish("less")
        };
        let written = migrator.develop(&schema(after), &written).await.unwrap();
        assert_eq!(written.applied, Vec::<String>::new());
        assert!(
            fs::read_to_string(&written.written[0])
                .unwrap()
                .contains("LOSES DATA")
        );
        assert_eq!(place.tables().await, ["Post", "User"]);
        fs::remove_dir_all(written.written[0].parent().unwrap()).unwrap();
        let consent = Consent {
            names: vec!["drop-table:Post".to_owned()],
            loosening: true,
            failing: true,
        };
        migrator
            .develop(
                &schema(after),
                &Development {
                    consent,
                    ..wish("less")
                },
            )
            .await
            .unwrap();
        assert_eq!(place.tables().await, ["User"], "{}", place.test.name);
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_empty_one() {
    for place in places().await {
        let nowhere = place.folder.path().join("nowhere");
        let migrator = Migrator::connect(&place.test.address, nowhere, options())
            .await
            .unwrap();
        assert_eq!(migrator.status().await.unwrap(), Status::default());
        assert_eq!(migrator.deploy().await.unwrap(), Vec::<String>::new());
        assert_eq!(
            place.tables().await,
            Vec::<String>::new(),
            "{}",
            place.test.name
        );
    }
}

#[tokio::test]
async fn what_a_migration_loses_without_a_word_is_made_again() {
    const MADE_ANEW: &str = "CREATE TABLE new_a (id INTEGER PRIMARY KEY, name TEXT, more INT);\n\
        INSERT INTO new_a (id, name) SELECT id, name FROM a;\n\
        DROP TABLE a;\nALTER TABLE new_a RENAME TO a;\n";
    for place in places().await {
        if place.test.database.dialect() != Dialect::Sqlite {
            continue;
        }
        place.add("1_first", FIRST);
        let migrator = place.migrator().await;
        migrator.deploy().await.unwrap();
        place
            .test
            .run("CREATE TRIGGER tells AFTER INSERT ON a BEGIN INSERT INTO b VALUES (NEW.id); END")
            .await;
        place
            .test
            .run("CREATE TRIGGER goes AFTER INSERT ON a BEGIN SELECT 1; END")
            .await;
        place
            .test
            .run("CREATE INDEX some ON a (id) WHERE id > 5")
            .await;
        place.add("2_second", &format!("DROP TRIGGER goes;\n{MADE_ANEW}"));
        migrator.deploy().await.unwrap();
        place.test.run("INSERT INTO a (id) VALUES (1)").await;
        assert_eq!(place.test.rows("SELECT id FROM b").await.len(), 1);
        let kept = "SELECT name FROM sqlite_schema WHERE name IN ('tells', 'goes', 'some')";
        assert_eq!(place.test.rows(kept).await.len(), 2);
        // A column that a trigger names.
        let without = MADE_ANEW
            .replace("id INTEGER PRIMARY KEY, name", "name")
            .replace("(id, name) SELECT id, name", "(name) SELECT name");
        place.add("3_third", &without);
        let error = migrator.deploy().await.unwrap_err().to_string();
        assert!(error.contains("would no longer"), "{error}");
        assert_eq!(place.test.rows("SELECT id, more FROM a").await.len(), 1);
    }
}

#[tokio::test]
async fn a_new_migration_comes_after_all_that_are_there() {
    for place in places().await {
        place.add("20991231235959_zzz", "SELECT 1;");
        let migrator = place.migrator().await;
        let developed = migrator.develop(&schema(BEFORE), &wish("init")).await;
        let developed = developed.unwrap_or_else(|error| panic!("{}: {error:?}", place.test.name));
        let expected = ["20991231235959_zzz", "21000101000000_init"];
        assert_eq!(developed.applied, expected, "{}", place.test.name);
    }
}
