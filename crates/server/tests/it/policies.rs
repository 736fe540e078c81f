//! `hallpass policy explain`: which access rules admit something, and by which SQL.

use std::fs;
use std::path::Path;

use hallpass_db::testing::{TestDatabase, databases};
use serde_json::Value as Json;
use tempfile::tempdir;

use crate::harness::{Binary, Ended};

const SCHEMA: &str = "import './people'

model Todo {
  id      Int     @id
  title   String  @allow('read', owner == auth())
  done    Boolean
  ownerId Int
  owner   User    @relation(fields: [ownerId], references: [id])

  @@allow('all', owner == auth())
  @@allow('read', auth().team.name == 'admins')
  @@deny('delete', done)
}
";

const PEOPLE: &str = "model User {
  id     Int     @id
  teamId Int?
  team   Team?   @relation(fields: [teamId], references: [id])
  todos  Todo[]
}

model Team {
  id    Int    @id
  name  String
  users User[]
}
";

const ROWS: &[&str] = &[
    "INSERT INTO TEAM VALUES (1, 'admins')",
    "INSERT INTO USER (id, teamId) VALUES (7, NULL), (8, 1)",
    "INSERT INTO TODO (id, title, done, ownerId) VALUES (1, 'planted', FALSE, 7), (2, 'planted', TRUE, 7)",
];

/// The statements with names as this database quotes them.
fn rows(test: &TestDatabase) -> Vec<String> {
    let quote = if test.name == "mysql" { '`' } else { '"' };
    let quoted = |text: &str, name: &str| text.replace(name, &format!("{quote}{name}{quote}"));
    let rows = ROWS.iter().map(|row| {
        let row = row
            .replace("TEAM", "Team")
            .replace("USER", "User")
            .replace("TODO", "Todo");
        let row = ["Team ", "User ", "Todo "].iter().fold(row, |row, name| {
            row.replace(name, &format!("{quote}{}{quote} ", name.trim()))
        });
        ["teamId", "ownerId"]
            .iter()
            .fold(row, |row, name| quoted(&row, name))
    });
    rows.collect()
}

fn run(folder: &Path, test: &TestDatabase, arguments: &[&str]) -> Ended {
    Binary::new(arguments)
        .variable("DATABASE_URL", &test.address)
        .directory(folder)
        .finish()
}

#[tokio::test]
async fn rules_answer_for_rows_of_every_database() {
    for test in databases().await {
        let folder = tempdir().unwrap();
        let at = folder.path();
        fs::write(at.join("schema.zmodel"), SCHEMA).unwrap();
        fs::write(at.join("people.zmodel"), PEOPLE).unwrap();
        let made = run(at, &test, &["db", "push"]);
        assert_eq!(made.code, Some(0), "{}", made.error);
        for row in rows(&test) {
            test.run(&row).await;
        }
        let explain = |arguments: &[&str]| {
            let arguments: Vec<_> = ["policy", "explain"]
                .iter()
                .chain(arguments)
                .copied()
                .collect();
            run(at, &test, &arguments)
        };
        for (arguments, code, expected) in [
            (
                &["--user", "7", "Todo", "read", "1"][..],
                0,
                "Admitted: by schema.zmodel:10.",
            ),
            (
                &["--user", "7", "todo", "delete", "2"],
                2,
                "Refused: by schema.zmodel:12.",
            ),
            (
                &["--user", "8", "Todo", "read", "1"],
                0,
                "Admitted: by schema.zmodel:11.",
            ),
            (
                &["--user", "8", "Todo", "read", "1"],
                0,
                "`title`: is hidden: null",
            ),
            (
                &["--user", "8", "Todo", "update", "1"],
                2,
                "Refused: no rule allows it.",
            ),
            (
                &["--user", "{\"id\": 8}", "Todo", "read", "1"],
                2,
                "asked by the person given",
            ),
            (
                &["--user", "7", "Todo", "read", "9"],
                2,
                "There is no such row.",
            ),
            (&["--user", "7", "Todo", "read"], 0, "It depends on the row"),
            (
                &["--user", "nobody", "Todo", "read"],
                2,
                "Nothing is sent to the database",
            ),
        ] {
            let seen = explain(arguments);
            assert_eq!(
                seen.code,
                Some(code),
                "{}: {arguments:?} {}{}",
                test.name,
                seen.out,
                seen.error
            );
            assert!(seen.out.contains(expected), "{expected}: {}", seen.out);
            assert!(
                !seen.out.contains("planted") && !seen.out.contains('\u{1b}'),
                "{}",
                seen.out
            );
        }
        let seen = explain(&["--json", "--user", "7", "Todo", "delete", "2"]);
        let json: Json = serde_json::from_str(&seen.out).unwrap();
        assert_eq!(
            (&json["admitted"], &json["rowFound"]),
            (&false.into(), &true.into())
        );
        assert_eq!(json["rules"][1]["file"], "schema.zmodel");
        assert_eq!(json["rules"][1]["line"], 12);
        assert_eq!(json["rules"][1]["holds"], true);
        assert_eq!(json["rules"][1]["text"], "@@deny('delete', done)");
        let sql = json["sql"].as_str().unwrap();
        assert!(sql.contains("WHERE"), "{sql}");

        for (arguments, expected) in [
            (&["--user", "7", "Tood", "read"][..], "did you mean `Todo`?"),
            (&["--user", "7", "Todo", "reed"], "read"),
            (
                &["--user", "99", "Todo", "read"],
                "there is no user of this id",
            ),
            (
                &["--user", "ann", "Todo", "read"],
                "the user cannot be read",
            ),
            (&["--user", "{id", "Todo", "read"], "not readable"),
            (&["--user", "7", "Todo", "read", "x"], "expected number"),
            (&["Todo", "read"], "--user"),
        ] {
            let seen = explain(arguments);
            assert!(
                matches!(seen.code, Some(1 | 2)),
                "{arguments:?}: {}",
                seen.out
            );
            assert!(seen.error.contains(expected), "{expected}: {}", seen.error);
            assert!(seen.out.is_empty(), "{}", seen.out);
        }
    }
}

const OF_NOBODY: &str = "model User {
  id   Int     @id
  role String?
}

model Draft {
  id Int @id
  @@allow('read', auth().role != 'reader')
}
";

/// As the server judges that has the same settings.
#[tokio::test]
async fn rules_are_judged_in_the_generation_that_the_settings_say() {
    let test = hallpass_db::testing::sqlite().await;
    let folder = tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("schema.zmodel"), OF_NOBODY).unwrap();
    let made = run(at, &test, &["db", "push"]);
    assert_eq!(made.code, Some(0), "{}", made.error);
    let asked = ["policy", "explain", "--user", "nobody", "Draft", "read"];
    for (settings, code) in [("", 0), ("[data]\ndialect = 2", 2)] {
        fs::write(at.join("hallpass.toml"), settings).unwrap();
        let ended = run(at, &test, &asked);
        assert_eq!(
            ended.code,
            Some(code),
            "{settings}: {}{}",
            ended.out,
            ended.error
        );
    }
}
