//! `hallpass db`: push, pull and migrations, as a person types them.

use std::fs;
use std::path::Path;

use hallpass_db::testing::{TestDatabase, databases};
use tempfile::{TempDir, tempdir};

use crate::harness::{Binary, Ended};

struct Project {
    test: TestDatabase,
    folder: TempDir,
}

impl Project {
    fn hallpass(&self, arguments: &[&str]) -> Ended {
        Binary::new(arguments)
            .variable("DATABASE_URL", &self.test.address)
            .directory(self.folder.path())
            .finish()
    }

    fn schema(&self, text: &str) {
        write(&self.folder.path().join("schema.zmodel"), text);
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

async fn projects() -> Vec<Project> {
    let databases = databases().await.into_iter();
    databases
        .map(|test| Project {
            test,
            folder: tempdir().unwrap(),
        })
        .collect()
}

const BEFORE: &str =
    "model Note { id Int @id @default(autoincrement())  title String  draft String? }\n";
const AFTER: &str =
    "model Note { id Int @id @default(autoincrement())  title String  body String? }\n";

#[tokio::test]
async fn push_adds_by_itself_and_loses_only_what_is_named() {
    for project in projects().await {
        project.schema(BEFORE);
        let seen = project.hallpass(&["db", "push", "--dry-run"]);
        assert!(
            seen.out.contains("create-table:Note"),
            "{}{}",
            seen.out,
            seen.error
        );
        assert!(seen.out.contains("CREATE TABLE"), "{}", seen.out);
        let pushed = project.hallpass(&["db", "push"]);
        assert_eq!(pushed.code, Some(0), "{}{}", pushed.out, pushed.error);
        let again = project.hallpass(&["db", "push"]);
        assert_eq!(again.out, "The tables are what the schema says.\n");

        project.schema(AFTER);
        let waiting = project.hallpass(&["db", "push"]);
        assert_eq!(waiting.code, Some(2), "{}{}", waiting.out, waiting.error);
        assert!(waiting.out.contains("LOSES DATA"), "{}", waiting.out);
        let step = if project.test.name == "sqlite" {
            "rebuild-table:Note"
        } else {
            "drop-column:Note.draft"
        };
        assert!(waiting.out.contains(step), "{}", waiting.out);
        let agreed = project.hallpass(&["db", "push", "--accept", step]);
        assert_eq!(agreed.code, Some(0), "{}{}", agreed.out, agreed.error);
    }
}

#[tokio::test]
async fn pull_prints_what_push_takes_and_writes_over_nothing() {
    for project in projects().await {
        project.schema(BEFORE);
        project.hallpass(&["db", "push"]);
        let pulled = project.hallpass(&["db", "pull", "--out", "pulled.zmodel"]);
        assert_eq!(pulled.code, Some(0), "{}{}", pulled.out, pulled.error);
        let pushed = project.hallpass(&["db", "push", "--schema", "pulled.zmodel"]);
        assert_eq!(
            pushed.out, "The tables are what the schema says.\n",
            "{}",
            pushed.error
        );
        let imported = project.hallpass(&["zmodel", "import"]);
        let pulled = project.hallpass(&["db", "pull"]);
        assert_eq!(imported.out, pulled.out);
        assert!(pulled.out.contains("model Note"), "{}", pulled.out);
        let again = project.hallpass(&["db", "pull", "--out", "pulled.zmodel"]);
        assert_eq!(again.code, Some(1));
        assert!(
            again
                .error
                .contains("the file `pulled.zmodel` cannot be read or written"),
            "{}",
            again.error
        );
    }
}

#[tokio::test]
async fn migrations_are_written_run_and_told() {
    for project in projects().await {
        project.schema(BEFORE);
        let dev = project.hallpass(&["db", "migrate", "dev", "--name", "init"]);
        assert_eq!(dev.code, Some(0), "{}{}", dev.out, dev.error);
        assert!(dev.out.contains("_init"), "{}", dev.out);
        let deployed = project.hallpass(&["db", "migrate", "deploy"]);
        assert_eq!(
            deployed.out, "Every migration has run.\n",
            "{}",
            deployed.error
        );

        project.schema(AFTER);
        let refused = project.hallpass(&["db", "migrate", "dev", "--name", "less"]);
        assert_eq!(refused.code, Some(1), "{}", refused.out);
        assert!(
            refused.error.contains("must be agreed to by name"),
            "{}",
            refused.error
        );
        assert!(refused.error.contains("--create-only"), "{}", refused.error);

        let waiting = project
            .folder
            .path()
            .join("migrations/29990101000000_broken");
        fs::create_dir_all(&waiting).unwrap();
        write(
            &waiting.join("migration.sql"),
            "CREATE TABLE extra (id int PRIMARY KEY);\nINSERT INTO nowhere VALUES (1);\n",
        );
        let status = project.hallpass(&["db", "migrate", "status"]);
        assert_eq!(status.code, Some(2), "{}{}", status.out, status.error);
        assert!(
            status.out.contains("29990101000000_broken: waits"),
            "{}",
            status.out
        );
        let failed = project.hallpass(&["db", "migrate", "deploy"]);
        assert_eq!(failed.code, Some(1), "{}", failed.out);
        assert!(
            failed
                .error
                .contains("the migration `29990101000000_broken` failed"),
            "{}",
            failed.error
        );
        if project.test.name == "mysql" {
            let status = project.hallpass(&["db", "migrate", "status"]);
            assert!(
                status
                    .out
                    .contains("did not run to its end\n  statement 2:"),
                "{}",
                status.out
            );
            let resolved = project.hallpass(&[
                "db",
                "migrate",
                "resolve",
                "29990101000000_broken",
                "--applied",
            ]);
            assert_eq!(resolved.code, Some(0), "{}", resolved.error);
        } else {
            assert!(
                failed.error.contains("nothing of it has happened"),
                "{}",
                failed.error
            );
        }
    }
}

#[tokio::test]
async fn help_teaches_and_mistakes_of_the_schema_are_shown() {
    let project = projects().await.remove(0);
    for (arguments, taught) in [
        (
            &["db", "--help"][..],
            "hallpass db migrate dev --name add-posts",
        ),
        (&["db", "push", "--help"], "--accept drop-column:Post.title"),
        (&["db", "migrate", "--help"], "_prisma_migrations"),
    ] {
        let help = project.hallpass(arguments);
        assert!(help.out.contains(taught), "{}", help.out);
    }
    let missing = project.hallpass(&["db", "push"]);
    assert!(
        missing
            .error
            .contains("the file `schema.zmodel` cannot be read"),
        "{}",
        missing.error
    );
    project.schema("model Note { id Imt @id }");
    let wrong = project.hallpass(&["db", "push"]);
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.error.contains("schema.zmodel:1:"), "{}", wrong.error);
}
