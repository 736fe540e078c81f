//! A schema of an application over tables that a migration has not reached, or only half: the start says what is missing and which
//! command mends it, and that command does.

use std::fs;

use hallpass_db::testing::{TestDatabase, databases};
use tempfile::{TempDir, tempdir};

use crate::harness::{Binary, Ended};

const SCHEMA: &str = r#"
model User {
  id            String    @id @default(uuid())
  name          String?   @map("full_name")
  email         String?   @unique @map("mail")
  emailVerified DateTime? @map("mail_verified_at")
  image         String?   @map("picture")
  accounts      Account[]
  sessions      Session[]
  @@map("people")
}

model Account {
  number            String  @id @default(nanoid(12))
  userId            String  @map("person")
  type              String  @map("kind")
  provider          String
  providerAccountId String  @map("id_there")
  user              User    @relation(fields: [userId], references: [id], onDelete: Cascade)
  @@unique([provider, providerAccountId])
  @@map("ways_in")
}

model Session {
  sessionToken String   @id @map("secret")
  userId       String   @map("person")
  expires      DateTime @map("ends_at")
  user         User     @relation(fields: [userId], references: [id], onDelete: Cascade)
  @@map("visits")
}

model VerificationToken {
  identifier String   @map("whom")
  token      String   @map("hash")
  expires    DateTime @map("until")
  @@id([identifier, token])
  @@map("links")
}
"#;

struct Place {
    test: TestDatabase,
    folder: TempDir,
}

impl Place {
    /// With the tables as the schema says them.
    fn new(test: TestDatabase) -> Self {
        let folder = tempdir().unwrap();
        fs::write(folder.path().join("schema.zmodel"), SCHEMA).unwrap();
        let place = Self { test, folder };
        let pushed = place.hallpass(&["db", "push"]).finish();
        assert_eq!(pushed.code, Some(0), "{}{}", pushed.out, pushed.error);
        place
    }

    fn hallpass(&self, arguments: &[&str]) -> Binary {
        Binary::new(arguments)
            .variable("DATABASE_URL", &self.test.address)
            .variable("HALLPASS_APP", "none")
            .variable("HALLPASS_SCHEMA", "schema.zmodel")
            .directory(self.folder.path())
    }

    fn serve(&self) -> Binary {
        Binary::serve(&self.test.address)
            .variable("HALLPASS_APP", "none")
            .variable("HALLPASS_SCHEMA", "schema.zmodel")
            .variable("HALLPASS_PASSWORD", "true")
            .directory(self.folder.path())
    }
}

/// How the tables are spoiled: on PostgreSQL and MySQL, on SQLite (empty where that cannot be).
struct Half {
    spoil: [&'static str; 3],
    /// The first line of what the start says.
    first: &'static str,
    /// What the doctor calls it.
    code: &'static str,
}

const HALVES: &[Half] = &[
    Half {
        spoil: ["ALTER TABLE people DROP COLUMN picture"; 3],
        first: "error: the database lacks column `people.picture`",
        code: "missing-column:people.picture",
    },
    Half {
        spoil: ["ALTER TABLE ways_in DROP COLUMN kind"; 3],
        first: "error: the database lacks column `ways_in.kind`",
        code: "missing-column:ways_in.kind",
    },
    Half {
        spoil: [
            "ALTER TABLE people ADD COLUMN tenant varchar(20) NOT NULL",
            "ALTER TABLE people ADD COLUMN tenant varchar(20) NOT NULL",
            "",
        ],
        first: "error: the sign-in tables cannot be used: `people.tenant` needs a value and has no default",
        code: "column-without-default:people.tenant",
    },
    Half {
        spoil: [
            "ALTER TABLE visits ALTER COLUMN ends_at TYPE uuid USING NULL",
            "ALTER TABLE visits MODIFY COLUMN ends_at tinyint(1) NOT NULL",
            "",
        ],
        first: "error: the sign-in tables cannot be used: `visits.ends_at` is of type `",
        code: "column-of-other-type:visits.ends_at",
    },
];

fn of(test: &TestDatabase, spoil: [&'static str; 3]) -> &'static str {
    let [postgres, mysql, sqlite] = spoil;
    match test.name {
        "postgres" => postgres,
        "sqlite" => sqlite,
        _ => mysql,
    }
}

/// What it says before anything else, but for warnings of the log about other settings.
fn first_line(ended: &Ended) -> &str {
    let mut lines = ended.error.lines();
    let first = lines.find(|line| !line.contains(" WARN "));
    first.unwrap_or_default()
}

#[tokio::test]
async fn what_is_missing_is_named_first_and_the_named_command_mends_it() {
    for half in HALVES {
        for test in databases().await {
            let spoil = of(&test, half.spoil);
            if spoil.is_empty() {
                continue;
            }
            let (place, name) = (Place::new(test), half.code);
            place.test.run(spoil).await;
            let refused = place.serve().finish();
            assert_eq!(refused.code, Some(1), "{name}: {}", refused.error);
            assert!(
                first_line(&refused).starts_with(half.first),
                "{name}: {}",
                refused.error
            );
            for command in ["`hallpass doctor`", "`--fix`"] {
                assert!(refused.error.contains(command), "{name}: {}", refused.error);
            }
            let seen = place.hallpass(&["doctor"]).finish();
            assert_eq!(seen.code, Some(2), "{name}: {}{}", seen.out, seen.error);
            assert!(seen.out.contains(half.code), "{name}: {}", seen.out);
            let mended = place.hallpass(&["doctor", "--fix", half.code]).finish();
            assert!(
                mended.out.starts_with("Done     ALTER TABLE"),
                "{name}: {}{}",
                mended.out,
                mended.error
            );
            assert!(!mended.out.contains(half.code), "{name}: {}", mended.out);
            let _served = place.serve().start();
        }
    }
}

#[tokio::test]
async fn all_that_is_missing_is_named_at_once_and_a_missing_table_is_made() {
    for test in databases().await {
        let place = Place::new(test);
        let name = place.test.name;
        for statement in [
            "DROP TABLE visits",
            "ALTER TABLE people DROP COLUMN picture",
            "ALTER TABLE ways_in DROP COLUMN kind",
        ] {
            place.test.run(statement).await;
        }
        let refused = place.serve().finish();
        assert_eq!(
            first_line(&refused),
            "error: the database lacks column `people.picture`, column `ways_in.kind`",
            "{name}: {}",
            refused.error
        );
        let tables = place.test.database.catalog().await.unwrap().tables;
        assert!(
            !tables.iter().any(|table| table.name == "visits"),
            "{name}: nothing is made where something is in the way"
        );
        let fixes = "missing-column:people.picture,missing-column:ways_in.kind";
        let mended = place.hallpass(&["doctor", "--fix", fixes]).finish();
        assert!(
            mended.out.contains("there is no table `visits`"),
            "{name}: {}{}",
            mended.out,
            mended.error
        );
        let _served = place.serve().start();
        let tables = place.test.database.catalog().await.unwrap().tables;
        assert!(tables.iter().any(|table| table.name == "visits"), "{name}");
    }
}

/// The table of users is of before a migration, that of the sessions is to come: a key between both cannot be.
#[tokio::test]
async fn a_table_that_cannot_be_made_is_not_told_as_missing_rights() {
    for test in databases().await {
        if test.name == "sqlite" {
            // Keys are not held against what they refer to there.
            continue;
        }
        let place = Place::new(test);
        let name = place.test.name;
        for statement in [
            "DROP TABLE visits",
            "DROP TABLE ways_in",
            "DROP TABLE people",
            "CREATE TABLE people (id integer PRIMARY KEY, full_name varchar(99), mail varchar(99) UNIQUE, \
             mail_verified_at timestamp NULL, picture varchar(99))",
        ] {
            place.test.run(statement).await;
        }
        let refused = place.serve().finish();
        assert_eq!(refused.code, Some(1), "{name}: {}", refused.error);
        let first = first_line(&refused);
        assert!(
            first.starts_with("error: table `") && first.ends_with("` cannot be created"),
            "{name}: {}",
            refused.error
        );
        assert!(
            refused.error.contains("may differ from the schema")
                && !refused.error.contains("GRANT"),
            "{name}: {}",
            refused.error
        );
    }
}
