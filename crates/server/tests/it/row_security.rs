//! `hallpass policy rls`: access rules for whoever speaks SQL.

use std::fs;

use hallpass_db::testing::databases;
use serde_json::Value as Json;
use tempfile::tempdir;

use crate::harness::Binary;

const SCHEMA: &str = "model User {
  id    Int    @id
  todos Todo[]
}

model Todo {
  id      Int    @id
  title   String @allow('read', owner == auth())
  ownerId Int
  owner   User   @relation(fields: [ownerId], references: [id])

  @@allow('all', owner == auth())
}
";

#[tokio::test]
async fn rules_are_written_applied_and_looked_at() {
    for test in databases().await {
        let folder = tempdir().unwrap();
        let at = folder.path();
        fs::write(at.join("schema.zmodel"), SCHEMA).unwrap();
        let run = |arguments: &[&str]| {
            Binary::new(arguments)
                .variable("DATABASE_URL", &test.address)
                .directory(at)
                .finish()
        };
        let made = run(&["db", "push"]);
        assert_eq!(made.code, Some(0), "{}", made.error);
        let written = run(&["policy", "rls", "--role", "hallpass_test_cli"]);
        if test.name != "postgres" {
            assert_eq!(written.code, Some(1), "{}", written.out);
            let told = written.error;
            assert!(told.contains("has no row-level security"), "{told}");
            assert!(told.contains("let programs ask Hallpass"), "{told}");
            continue;
        }
        assert_eq!(written.code, Some(0), "{}", written.error);
        for part in [
            "BEGIN;\n",
            "ALTER TABLE \"public\".\"Todo\" FORCE ROW LEVEL SECURITY;",
            "-- schema.zmodel:12: @@allow('all', owner == auth())",
            "TO \"hallpass_test_cli\"",
        ] {
            assert!(written.out.contains(part), "{part}: {}", written.out);
        }
        assert!(written.out.ends_with("COMMIT;\n"));
        let named =
            "Todo.title, read: rights to a column are the same for all rows (schema.zmodel:8)";
        assert!(written.error.contains(named), "{}", written.error);
        // What was printed can be run as it is.
        test.database.script(&written.out).await.unwrap();
        let with = |more: &[&str]| {
            let all = ["policy", "rls", "--role", "hallpass_test_cli"].iter();
            run(&all.chain(more).copied().collect::<Vec<_>>())
        };
        assert_eq!(with(&["--check"]).code, Some(0));
        test.run("ALTER TABLE \"Todo\" DISABLE ROW LEVEL SECURITY")
            .await;
        let differs = with(&["--check", "--json"]);
        assert_eq!(differs.code, Some(2), "{}", differs.error);
        let json: Json = serde_json::from_str(&differs.out).unwrap();
        assert_eq!(json["same"], false);
        assert_eq!(json["closed"][0]["line"], 8);
        assert_eq!(with(&["--apply"]).code, Some(0));
        assert_eq!(with(&["--check"]).code, Some(0));
        assert_eq!(with(&["--check", "--strict"]).code, Some(2));
        let tokens = with(&["--apply", "--accessor", "jwt"]);
        assert_eq!(tokens.code, Some(1), "{}", tokens.out);
        assert!(tokens.error.contains("pg_session_jwt"), "{}", tokens.error);
    }
}
