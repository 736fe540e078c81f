//! `hallpass changes` and `hallpass sync`, from an empty database to one that is kept.

use hallpass::layouts::LayoutChoice;
use hallpass_db::testing::{TestDatabase, databases};
use tempfile::tempdir;

use crate::harness::{Binary, Ended};

fn run(test: &TestDatabase, words: &str) -> Ended {
    let arguments: Vec<&str> = words.split(' ').collect();
    let folder = tempdir().unwrap();
    Binary::new(&arguments)
        .variable("DATABASE_URL", &test.address)
        .directory(folder.path())
        .finish()
}

#[tokio::test]
async fn the_change_log_is_installed_watched_cleaned_and_taken_away() {
    for test in databases().await {
        let name = test.name;
        let none = run(&test, "changes install");
        assert_eq!(none.code, Some(1), "{name}: {}", none.out);
        assert!(
            none.error.contains("is not there"),
            "{name}: {}",
            none.error
        );
        hallpass::open_layout(&test.address, LayoutChoice::Auto)
            .await
            .unwrap();

        let before = run(&test, "changes status");
        assert_eq!(
            before.code,
            Some(2),
            "{name}: {}{}",
            before.out,
            before.error
        );
        assert!(before.out.contains("NOT TRACKED"), "{name}: {}", before.out);
        let planned = run(&test, "changes install --dry-run");
        assert_eq!(planned.code, Some(0), "{name}: {}", planned.error);
        for part in [
            "create-table:hallpass_change",
            "track:User",
            "CREATE TABLE hallpass_change",
        ] {
            assert!(
                planned.out.contains(part),
                "{name}: {part} in {}",
                planned.out
            );
        }
        assert_eq!(
            run(&test, "changes status").code,
            Some(2),
            "{name}: nothing was done"
        );
        let done = run(&test, "changes install");
        assert_eq!(done.code, Some(0), "{name}: {}", done.error);
        let again = run(&test, "changes install");
        assert!(
            again.out.contains("Nothing was to be done"),
            "{name}: {}",
            again.out
        );
        let status = run(&test, "changes status --json");
        assert_eq!(status.code, Some(0), "{name}: {}", status.out);
        let json: serde_json::Value = serde_json::from_str(&status.out).unwrap();
        assert_eq!(json["tables"][0]["standing"], "tracked", "{name}");

        let clean = run(&test, "changes clean");
        assert!(
            clean.out.contains("Everything is kept"),
            "{name}: {}",
            clean.out
        );
        let gone = run(&test, "changes uninstall --drop-log");
        assert_eq!(gone.code, Some(0), "{name}: {}", gone.error);
        assert!(
            gone.out.contains("drop-table:hallpass_change"),
            "{name}: {}",
            gone.out
        );
        assert_eq!(run(&test, "changes status").code, Some(2), "{name}");
    }
}

#[tokio::test]
async fn users_are_told_of_and_what_was_forged_is_made_good() {
    for test in databases().await {
        let name = test.name;
        hallpass::open_layout(&test.address, LayoutChoice::Auto)
            .await
            .unwrap();
        let users = if name == "mysql" {
            "`User`"
        } else {
            "\"User\""
        };
        test.run(&format!(
            "INSERT INTO {users} (id, name) VALUES ('u1', 'Ada')"
        ))
        .await;
        let before = run(&test, "sync status");
        assert_eq!(
            before.code,
            Some(2),
            "{name}: {}{}",
            before.out,
            before.error
        );
        let installed = run(&test, "sync install");
        assert_eq!(installed.code, Some(0), "{name}: {}", installed.error);
        let lacking = run(&test, "sync verify");
        assert_eq!(lacking.code, Some(2), "{name}: {}", lacking.out);
        assert!(
            lacking.out.contains("1 users are not told of"),
            "{name}: {}",
            lacking.out
        );
        let filled = run(&test, "sync backfill");
        assert!(
            filled.out.contains("Looked at 1 users, wrote 1 rows."),
            "{name}: {}",
            filled.out
        );
        let status = run(&test, "sync status --json");
        assert_eq!(
            status.code,
            Some(0),
            "{name}: {}{}",
            status.out,
            status.error
        );
        let json: serde_json::Value = serde_json::from_str(&status.out).unwrap();
        assert_eq!(
            (&json["standing"], &json["rows"]["told"]),
            (&"kept".into(), &1.into()),
            "{name}"
        );
        let told = if name == "postgres" {
            "neon_auth.users_sync"
        } else {
            "neon_auth_users_sync"
        };
        test.run(&format!("DELETE FROM {told}")).await;
        let repaired = run(&test, "sync repair");
        assert_eq!(repaired.code, Some(0), "{name}: {}", repaired.error);
        assert_eq!(run(&test, "sync verify").code, Some(0), "{name}");
        assert_eq!(run(&test, "sync uninstall").code, Some(0), "{name}");
        assert_eq!(run(&test, "sync status").code, Some(2), "{name}");
    }
}

#[tokio::test]
async fn triggers_that_a_new_foreign_key_needs_are_named_with_the_command() {
    for test in databases().await {
        let name = test.name;
        hallpass::open_layout(&test.address, LayoutChoice::Auto)
            .await
            .unwrap();
        let named = || {
            let doctor = run(&test, "doctor --json");
            let json: serde_json::Value = serde_json::from_str(&doctor.out).unwrap();
            let findings = json["findings"].as_array().unwrap().iter();
            let codes = findings.map(|one| one["code"].as_str().unwrap().to_owned());
            codes
                .filter(|code| code.contains("-triggers"))
                .collect::<Vec<_>>()
        };
        assert_eq!(named(), [""; 0], "{name}: nobody has asked for triggers");
        assert_eq!(run(&test, "changes install").code, Some(0), "{name}");
        assert_eq!(run(&test, "sync install").code, Some(0), "{name}");
        assert_eq!(named(), [""; 0], "{name}");
        if name != "mysql" {
            // Their triggers are fired whatever foreign keys there are.
            continue;
        }
        for statement in [
            "CREATE TABLE plans (id varchar(64) PRIMARY KEY NOT NULL) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
            "ALTER TABLE `User` ADD COLUMN plan varchar(64), ADD FOREIGN KEY (plan) REFERENCES plans (id) ON DELETE CASCADE",
        ] {
            test.run(statement).await;
        }
        assert_eq!(named(), ["log-triggers:plans", "users-sync-triggers"]);
        let status = run(&test, "sync status");
        assert_eq!(status.code, Some(2), "{}", status.out);
        assert!(
            status.out.contains("The table is kept") && status.out.contains("Foreign keys: nobody"),
            "{}",
            status.out
        );
        let running = Binary::serve(&test.address)
            .variable("HALLPASS_APP", "none")
            .start();
        let log = running.end().join("\n");
        for command in ["hallpass changes install", "hallpass sync install"] {
            assert!(log.contains(command), "{command}: {log}");
        }
        assert_eq!(run(&test, "changes install").code, Some(0));
        assert_eq!(run(&test, "sync install").code, Some(0));
        assert_eq!(named(), [""; 0]);
        assert!(
            !run(&test, "sync status").out.contains("Foreign keys"),
            "{name}"
        );
    }
}
