//! `hallpass db`: push, pull and migrations, as a person types them.

use std::fs;
use std::path::Path;

use hallpass_db::testing::{TestDatabase, databases};
use tempfile::{TempDir, tempdir};

use crate::harness::{Binary, Ended, Visitor};

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

/// The sign-in tables of a new application, in a schema of its own.
const SIGN_IN: &str = include_str!("../../../adapter/layouts/prisma.zmodel");

#[tokio::test]
async fn tokens_are_hashed_where_a_push_or_a_migration_makes_the_table_of_sessions() {
    for command in [
        &["db", "push"][..],
        &["db", "migrate", "dev", "--name", "init"],
    ] {
        for project in projects().await {
            let decided = "SELECT value FROM hallpass_setting WHERE name = 'session_tokens'";
            project.schema(BEFORE);
            let other = project.hallpass(&["db", "push"]);
            assert_eq!(other.code, Some(0), "{}{}", other.out, other.error);
            project.schema(&format!("{BEFORE}{SIGN_IN}"));
            if command.contains(&"migrate") {
                // What was pushed is no history.
                let quote = if project.test.name == "mysql" {
                    '`'
                } else {
                    '"'
                };
                let drop = format!("DROP TABLE {quote}Note{quote}");
                project.test.rows(&drop).await;
            }
            let made = project.hallpass(command);
            assert_eq!(made.code, Some(0), "{}{}", made.out, made.error);
            let rows = format!("{:?}", project.test.rows(decided).await);
            assert!(rows.contains("hashed"), "{}: {rows}", project.test.name);
            // Of a table that was there nothing is said.
            project.test.rows("DELETE FROM hallpass_setting").await;
            let again = project.hallpass(&["db", "push"]);
            assert_eq!(again.code, Some(0), "{}{}", again.out, again.error);
            assert!(project.test.rows(decided).await.is_empty());
        }
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

/// Sign-in tables of no layout, without any key to users.
const PEOPLE: &[&str] = &[
    "CREATE TABLE people (id varchar(36) PRIMARY KEY, name varchar(100), email varchar(190) UNIQUE, email_verified {moment} NULL, image varchar(200))",
    "CREATE TABLE logins (id varchar(36) PRIMARY KEY, user_id varchar(36) NOT NULL, type varchar(20) NOT NULL, provider varchar(50) NOT NULL, provider_account_id varchar(100) NOT NULL, UNIQUE (provider, provider_account_id))",
    "CREATE TABLE seats (id varchar(36) PRIMARY KEY, session_token varchar(100) NOT NULL UNIQUE, user_id varchar(36) NOT NULL, expires {moment} NOT NULL)",
    "CREATE TABLE mails (identifier varchar(190) NOT NULL, token varchar(100) NOT NULL, expires {moment} NOT NULL, UNIQUE (identifier, token))",
];

#[tokio::test]
async fn serve_takes_what_pull_writes_of_sign_in_tables() {
    for project in projects().await {
        let name = project.test.name;
        let moment = match name {
            "postgres" => "timestamptz",
            "mysql" => "datetime(3)",
            _ => "integer",
        };
        for statement in PEOPLE {
            project
                .test
                .run(&statement.replace("{moment}", moment))
                .await;
        }
        let pulled = project.hallpass(&["db", "pull", "--out", "schema.zmodel"]);
        assert_eq!(pulled.code, Some(0), "{name}: {}", pulled.error);
        let served = Binary::serve(&project.test.address)
            .variable("HALLPASS_APP", "none")
            .variable("HALLPASS_SCHEMA", "schema.zmodel")
            .directory(project.folder.path())
            .start();
        let visitor = Visitor::new(&served.base);
        let session = visitor.get("/api/auth/session").await;
        assert_eq!(session.body, "null", "{name}");
        // The application may be somebody else's, and the log says what follows from that.
        let logged = served.end().join("\n");
        assert!(logged.contains("kept in it in clear"), "{name}: {logged}");
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
