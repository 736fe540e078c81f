//! Rows and columns of other programs: contradictions, orphans, garbage, time zones, columns that we do not know.

use hallpass_auth::adapter::{Adapter, AdapterError, SessionRecord, UserId};
use hallpass_auth::secret::{SessionToken, TokenHash};
use hallpass_auth::testing::kit;
use hallpass_data::{Client, Value};
use hallpass_db::testing::{TestDatabase, databases};
use jiff::Timestamp;

use super::layouts::{fixture, open, run_ddl, sql};
use super::new_user;
use crate::layouts::LayoutChoice;
use crate::{DataAdapter, LayoutError};

async fn adapter(test: &TestDatabase) -> DataAdapter {
    DataAdapter::new(&open(test, LayoutChoice::Auto).await).unwrap()
}

/// What the log shows of an error.
fn told(error: &AdapterError) -> String {
    let mut text = error.to_string();
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        text = format!("{text}: {source}");
        cause = source;
    }
    text
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const USERS: &str = "INSERT INTO users (id, name, email) VALUES
  (101, 'one', 'twice@example.org'), (102, 'two', 'twice@example.org'), (103, 'three', 'once@example.org'),
  (104, 'four', NULL), (105, 'five', NULL);
";

#[tokio::test]
async fn an_address_of_two_users_is_an_error_for_that_address_only() {
    let test = fixture("pg-adapter").await;
    run_ddl(&test, USERS).await;
    let store = adapter(&test).await;
    let error = store.user_by_email("twice@example.org").await.unwrap_err();
    let text = told(&error);
    assert!(text.contains("101, 102"), "{text}");
    assert!(!text.contains("twice@example.org"), "{text}");
    let other = store.user_by_email("once@example.org").await.unwrap();
    assert_eq!(other.unwrap().id.as_str(), "103");
    // Nobody signs in as either of them, and no third one comes to be.
    let third = store
        .create_user(new_user("twice@example.org", serde_json::json!({})))
        .await;
    assert!(matches!(third, Err(AdapterError::Conflict(_))));
    // Users without an address are nobody's, and each their own.
    assert_eq!(store.user_by_email("").await.unwrap(), None);
    let without = store.user(&UserId("104".to_owned())).await.unwrap();
    assert_eq!(without.unwrap().email, None);
}

#[tokio::test]
async fn numbers_are_ids_only_as_the_database_writes_them() {
    let test = fixture("pg-adapter").await;
    run_ddl(&test, USERS).await;
    let store = adapter(&test).await;
    for id in [
        "0103",
        "+103",
        " 103",
        "103 ",
        "103.0",
        "1e2",
        "abc",
        "2147483648",
        "99999999999999999999",
    ] {
        let found = store.user(&UserId(id.to_owned())).await.unwrap();
        assert_eq!(found, None, "{id}");
    }
}

#[tokio::test]
async fn accounts_that_contradict_each_other_are_nobody_s() {
    let test = fixture("pg-adapter").await;
    run_ddl(&test, USERS).await;
    run_ddl(
        &test,
        "INSERT INTO accounts (\"userId\", type, provider, \"providerAccountId\") VALUES
         (101, 'oauth', 'github', 'two users'), (102, 'oauth', 'github', 'two users'),
         (103, 'oauth', 'github', 'twice'), (103, 'oauth', 'github', 'twice'),
         (999, 'oauth', 'github', 'gone'), (103, 'oauth', 'github', 'gone'), (998, 'oauth', 'github', 'orphan');",
    )
    .await;
    let store = adapter(&test).await;
    let error = store.user_by_account("github", "two users").await;
    assert!(told(&error.unwrap_err()).contains("101, 102"));
    for (account, user) in [
        ("twice", Some("103")),
        ("gone", Some("103")),
        ("orphan", None),
    ] {
        let found = store.user_by_account("github", account).await.unwrap();
        assert_eq!(
            found.as_ref().map(|user| user.id.as_str()),
            user,
            "{account}"
        );
    }
}

#[tokio::test]
async fn sessions_that_contradict_each_other_are_nobody_s() {
    let test = fixture("pg-adapter").await;
    run_ddl(&test, USERS).await;
    run_ddl(
        &test,
        "INSERT INTO sessions (\"userId\", expires, \"sessionToken\") VALUES
         (101, '2040-01-01', 'two users'), (102, '2040-01-01', 'two users'),
         (103, '2040-01-01', 'fine'), (999, '2040-01-01', 'orphan'), (103, 'infinity', 'endless');",
    )
    .await;
    let store = adapter(&test).await;
    let read = async |token: &str| store.session_and_user(&SessionToken::new(token)).await;
    assert!(told(&read("two users").await.unwrap_err()).contains("101, 102"));
    assert_eq!(read("orphan").await.unwrap(), None);
    assert!(read("fine").await.unwrap().is_some());
    // What somebody wrote to last for ever does, until the end of the calendar.
    let (endless, _) = read("endless").await.unwrap().unwrap();
    assert_eq!(
        endless.expires,
        hallpass_data::calendar::of_millis(i64::MAX)
    );
}

#[tokio::test]
async fn garbage_in_a_row_is_an_error_for_its_owner_only() {
    let test = fixture("prisma-sqlite").await;
    run_ddl(
        &test,
        "INSERT INTO \"User\" (id, email, emailVerified, updatedAt) VALUES
           ('good', 'good@example.org', NULL, 1700000000000), ('bad', 'bad@example.org', 'yesterday', 1700000000000);
         INSERT INTO \"Session\" (id, sessionToken, userId, expires, updatedAt) VALUES
           ('1', 'good', 'good', 1900000000000, 0), ('2', 'bad', 'good', 'never', 0);",
    )
    .await;
    let store = adapter(&test).await;
    let error = store.user_by_email("bad@example.org").await.unwrap_err();
    let text = told(&error);
    assert!(text.contains("`User.emailVerified`"), "{text}");
    assert!(text.contains("(row: id bad)"), "{text}");
    assert!(!text.contains("yesterday") && !text.contains('@'), "{text}");
    assert!(
        store
            .user_by_email("good@example.org")
            .await
            .unwrap()
            .is_some()
    );
    let error = store.session_and_user(&SessionToken::new("bad")).await;
    let text = told(&error.unwrap_err());
    // The token is the only key that is read, and only its hash is told: printf bad | sha256sum
    assert!(text.contains("`Session.expires`"), "{text}");
    assert!(
        text.contains("(row: sessionToken of SHA-256 2f05d4b689d270ca…)"),
        "{text}"
    );
    assert!(!text.contains("never"), "{text}");
    let (session, user) = store
        .session_and_user(&SessionToken::new("good"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(user.id.as_str(), "good");
    assert_eq!(session.expires.as_millisecond(), 1_900_000_000_000);
}

#[tokio::test]
async fn moments_are_written_as_the_other_program_writes_them() {
    for (written, kind) in [
        ("1700000000000", "integer"),
        ("'2023-11-14T22:13:20.000+00:00'", "text"),
    ] {
        let test = fixture("prisma-sqlite").await;
        let user = format!(
            "INSERT INTO \"User\" (id, email, updatedAt) VALUES ('u', 'a@example.org', {written})"
        );
        sql(&test, &user).await;
        let store = adapter(&test).await;
        store
            .create_session(SessionRecord {
                session_token: SessionToken::new("token"),
                user_id: UserId("u".to_owned()),
                expires: at("2030-01-01T00:00:00Z"),
            })
            .await
            .unwrap();
        let found = sql(&test, "SELECT typeof(expires), typeof(createdAt), typeof(updatedAt), expires FROM \"Session\"").await;
        let row = &found[0];
        assert_eq!(row[..3], [kind; 3].map(Value::from), "{written}");
        if kind == "text" {
            assert_eq!(row[3], Value::from("2030-01-01T00:00:00.000+00:00"));
        }
    }
}

/// What the database itself says of the only session's end, as UTC.
async fn stored_end(test: &TestDatabase, table: &str) -> Value {
    let text = match test.name {
        "postgres" => format!("SELECT CAST(EXTRACT(EPOCH FROM expires) AS BIGINT) FROM {table}"),
        _ => format!("SELECT UNIX_TIMESTAMP(expires) FROM {table}"),
    };
    sql(test, &text).await[0][0].clone()
}

#[tokio::test]
async fn zones_of_servers_and_sessions_shift_nothing() {
    for (name, table) in [
        ("pg-adapter", "sessions"),
        ("prisma-postgresql", "\"Session\""),
        ("drizzle-postgresql", "session"),
        ("prisma-mysql", "`Session`"),
        ("drizzle-mysql", "session"),
    ] {
        let mut test = fixture(name).await;
        let zone = match test.name {
            "postgres" => {
                let database = sql(&test, "SELECT current_database()::text").await;
                let Value::Text(database) = &database[0][0] else {
                    panic!("a database has a name")
                };
                format!("ALTER DATABASE {database} SET timezone TO 'Asia/Tokyo'")
            }
            _ => "SET GLOBAL time_zone = '+09:00'".to_owned(),
        };
        sql(&test, &zone).await;
        // Connections that are made from now on begin in that zone.
        let options = hallpass_db::Options::default();
        test.database = hallpass_db::Database::connect(&test.address, options)
            .await
            .unwrap();
        let store = adapter(&test).await;
        let user = store.create_user(new_user("a@example.org", serde_json::json!({})));
        let user = user.await.unwrap();
        let expires = at("2030-06-01T12:00:00Z");
        let session = SessionRecord {
            session_token: SessionToken::new("token"),
            user_id: user.id,
            expires,
        };
        store.create_session(session.clone()).await.unwrap();
        let read = store
            .session_and_user(&session.session_token)
            .await
            .unwrap();
        assert_eq!(read.unwrap().0, session, "{name}");
        let stored = stored_end(&test, table).await;
        let seconds = match stored {
            Value::Int(seconds) => seconds.to_string(),
            Value::Decimal(text) => text.split('.').next().unwrap_or_default().to_owned(),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(seconds, expires.as_second().to_string(), "{name}");
        if test.name == "mysql" {
            sql(&test, "SET GLOBAL time_zone = SYSTEM").await;
        }
    }
}

/// A schema of an application: names of its own, ids of another kind, columns that it fills by itself.
const OWN: &str = r#"
    model User {
      id            String    @id @default(uuid())
      name          String?   @map("full_name")
      email         String?   @unique @map("mail")
      emailVerified DateTime? @map("mail_verified_at")
      image         String?   @map("picture")
      plan          String    @default("free")
      changedAt     DateTime  @updatedAt @map("changed_at")
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
      access_token      String? @map("token") @db.Text
      user              User    @relation(fields: [userId], references: [id])
      @@unique([provider, providerAccountId])
      @@map("ways_in")
    }

    model Session {
      sessionToken String   @id @map("secret")
      userId       String   @map("person")
      expires      DateTime @map("ends_at")
      user         User     @relation(fields: [userId], references: [id])
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_schema_of_the_application_serves_under_any_names() {
    for (client, test) in super::clients(OWN).await {
        let client = client.fitted().await.unwrap();
        let store = DataAdapter::new(&client).unwrap();
        for rules in [kit::RULES, kit::UNIQUE_ADDRESS_RULES] {
            let result = kit::run(rules, async || store.clone()).await;
            result.unwrap_or_else(|failures| panic!("{}: {failures}", test.name));
        }
        let user = new_user("own@example.org", serde_json::json!({ "plan": "paid" }));
        let user = store.create_user(user).await.unwrap();
        assert_eq!(user.extra["plan"], "paid", "{}", test.name);
    }
}

async fn refused(client: &Client) -> String {
    let client = client.fitted().await.unwrap();
    DataAdapter::new(&client).unwrap_err().to_string()
}

#[tokio::test]
async fn a_column_that_nobody_fills_is_named_at_start_with_the_field_that_would() {
    for (client, test) in super::clients(OWN).await {
        for (column, field) in [
            ("tenant varchar(20)", "tenant String @default(\"…\")"),
            ("points int", "points Int @default(0)"),
            ("updated_at timestamp", "updated_at DateTime @updatedAt"),
        ] {
            // Only an empty table takes such a column, and SQLite not even then.
            if test.name == "sqlite" {
                continue;
            }
            sql(
                &test,
                &format!("ALTER TABLE people ADD COLUMN {column} NULL"),
            )
            .await;
            assert!(
                DataAdapter::new(&client.fitted().await.unwrap()).is_ok(),
                "{column}"
            );
            let (name, kind) = column.split_once(' ').unwrap();
            let not_null = match test.name {
                "postgres" => format!("ALTER TABLE people ALTER COLUMN {name} SET NOT NULL"),
                _ => format!("ALTER TABLE people MODIFY COLUMN {name} {kind} NOT NULL"),
            };
            sql(&test, &not_null).await;
            let text = refused(&client).await;
            assert!(
                text.contains(&format!("`people.{name}` needs a value")),
                "{text}"
            );
            assert!(
                text.contains(&format!("add `{field}` to model `User`")),
                "{text}"
            );
            sql(&test, &format!("ALTER TABLE people DROP COLUMN {name}")).await;
        }
    }
}

#[tokio::test]
async fn a_key_that_neither_table_nor_lock_keeps_unique_is_refused() {
    let without = OWN.replace("@unique @map(\"mail\")", "@map(\"mail\")");
    for (client, test) in super::clients(&without).await {
        let client = client.fitted().await.unwrap();
        match (test.name, DataAdapter::new(&client)) {
            ("mysql", Err(LayoutError::NotUnique { model, fields })) => {
                assert_eq!((model, fields), ("User", &["email"][..]));
            }
            ("postgres" | "sqlite", Ok(store)) => {
                let result = kit::run(kit::UNIQUE_ADDRESS_RULES, async || store.clone()).await;
                result.unwrap_or_else(|failures| panic!("{}: {failures}", test.name));
            }
            (name, other) => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_key_that_the_schema_says_and_the_table_lacks_is_kept_all_the_same() {
    for test in databases().await {
        if test.name != "postgres" {
            continue;
        }
        open(&test, LayoutChoice::Auto).await;
        sql(&test, "DROP INDEX \"User_email_key\"").await;
        let store = adapter(&test).await;
        let result = kit::run(kit::UNIQUE_ADDRESS_RULES, async || store.clone()).await;
        result.unwrap_or_else(|failures| panic!("{failures}"));
    }
}

/// Drizzle counts milliseconds with `mode: "timestamp_ms"`, seconds with `mode: "timestamp"`: read as the other, every session of
/// the application would be over.
#[tokio::test]
async fn sessions_go_on_whatever_their_end_is_counted_in() {
    let (past, now, end) = (
        at("2020-01-01T00:00:00Z"),
        at("2026-01-01T00:00:00Z"),
        at("2030-01-01T00:00:00Z"),
    );
    for unit in [1, 1_000] {
        let test = fixture("drizzle-sqlite").await;
        let (over, to_come) = (past.as_second() * unit, end.as_second() * unit);
        run_ddl(
            &test,
            &format!(
                "INSERT INTO user (id, email, emailVerified) VALUES ('u', 'ada@example.org', {over});
                 INSERT INTO session VALUES ('theirs', 'u', {to_come}), ('over', 'u', {over});
                 INSERT INTO verificationToken VALUES ('ada@example.org', 'link', {to_come})"
            ),
        )
        .await;
        let store = adapter(&test).await;
        let theirs = SessionToken::new("theirs");
        let (session, user) = store.session_and_user(&theirs).await.unwrap().unwrap();
        assert_eq!(session.expires, end, "{unit}");
        assert_eq!(user.email_verified, Some(past), "{unit}");
        let removed = store.remove_expired(now, 100).await.unwrap();
        let counts = (removed.of("sessions"), removed.of("link tokens"));
        assert_eq!(counts, (1, 0), "{unit}");
        let link = TokenHash::new("link");
        let link = store.use_verification_token("ada@example.org", &link).await;
        assert_eq!(link.unwrap().unwrap().expires, end, "{unit}");

        let moved = store.extend_session(&theirs, now).await.unwrap().unwrap();
        assert_eq!(moved.expires, now, "{unit}");
        let ours = SessionRecord {
            session_token: SessionToken::new("ours"),
            user_id: user.id.clone(),
            expires: end,
        };
        store.create_session(ours).await.unwrap();
        let stored = sql(&test, "SELECT expires FROM session ORDER BY sessionToken").await;
        let expected = [end, now].map(|moment| vec![Value::Int(moment.as_second() * unit)]);
        assert_eq!(stored, expected, "{unit}");
    }
}
