//! The removal of what expired, where a table fails or holds what is no moment.

use hallpass_auth::adapter::{Adapter, SessionRecord, VerificationToken};
use hallpass_auth::secret::{SessionToken, TokenHash};
use hallpass_data::Dialect;
use hallpass_db::testing::TestDatabase;
use jiff::Timestamp;

use super::{clients, new_user};
use crate::doctor::{Depth, examine, mend};
use crate::{DataAdapter, PRISMA_LAYOUT};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_600_000_000 + second).unwrap()
}

/// Two sessions and a link, all of them over.
async fn plant(adapter: &DataAdapter) {
    let user = new_user("ann@example.org", serde_json::json!({}));
    let user = adapter.create_user(user).await.unwrap();
    for token in ["odd", "even"] {
        let session = SessionRecord {
            session_token: SessionToken::new(token),
            user_id: user.id.clone(),
            expires: at(0),
        };
        adapter.create_session(session).await.unwrap();
    }
    let link = VerificationToken {
        identifier: "ann@example.org".to_owned(),
        token: TokenHash::new("link"),
        expires: at(0),
    };
    adapter.create_verification_token(link).await.unwrap();
}

/// Makes a moment what is none, in the rows for which a condition holds.
async fn spoil(database: &TestDatabase, table: &str, column: &str, rows: &str) {
    let (quote, ignoring, value) = match database.database.dialect() {
        Dialect::Postgres => ('"', "", "-infinity"),
        Dialect::Sqlite => ('"', "", ""),
        Dialect::MySql | Dialect::MariaDb => ('`', "IGNORE ", "0000-00-00"),
    };
    let quoted = |name: &str| format!("{quote}{name}{quote}");
    let (table, column) = (quoted(table), quoted(column));
    let rows = rows.replace('"', &quote.to_string());
    let statement = format!("UPDATE {ignoring}{table} SET {column} = '{value}' WHERE {rows}");
    database.run(&statement).await;
}

const ODD: (&str, &str, &str) = ("Session", "expires", "\"sessionToken\" = 'odd'");

#[tokio::test]
async fn what_is_no_moment_stays_and_keeps_nothing_else_from_going() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        plant(&adapter).await;
        spoil(&database, ODD.0, ODD.1, ODD.2).await;
        let removed = adapter.remove_expired(at(1), 100).await.unwrap();
        let counts = (removed.of("sessions"), removed.of("link tokens"));
        assert_eq!(counts, (1, 1), "{}", database.name);
        let again = adapter.remove_expired(at(1), 100).await.unwrap();
        assert!(again.is_empty(), "{}", database.name);
    }
}

#[tokio::test]
async fn a_table_that_fails_keeps_no_other_from_being_cleaned() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        plant(&adapter).await;
        let drop = match database.database.dialect() {
            Dialect::MySql | Dialect::MariaDb => "DROP TABLE Session",
            Dialect::Postgres | Dialect::Sqlite => r#"DROP TABLE "Session""#,
        };
        database.run(drop).await;
        let removed = adapter.remove_expired(at(1), 100).await.unwrap();
        assert_eq!(removed.of("link tokens"), 1, "{}", database.name);
        let failed: Vec<_> = removed.failed().map(|(kind, _)| kind).collect();
        assert_eq!(failed, ["sessions"], "{}", database.name);
        let link = TokenHash::new("link");
        let link = adapter.verification_token("ann@example.org", &link).await;
        assert_eq!(link.unwrap(), None, "{}", database.name);
    }
}

/// "For ever", as programs say it.
#[tokio::test]
async fn sessions_that_last_for_ever_are_no_finding_and_sign_in() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        plant(&adapter).await;
        let ever: &[&str] = match database.database.dialect() {
            Dialect::Postgres => &["infinity", "9999-12-31 23:59:59", "12026-01-01"],
            Dialect::Sqlite => &["9999-12-31T23:59:59.999Z", "9999-12-31 23:59:59"],
            Dialect::MySql | Dialect::MariaDb => &["9999-12-31 23:59:59"],
        };
        for end in ever {
            let quote = database.database.dialect().capability().identifier_quote;
            let set =
                format!(r#"UPDATE "Session" SET expires = '{end}' WHERE "sessionToken" = 'odd'"#);
            database.run(&set.replace('"', &quote.to_string())).await;
            let report = examine(&client, Depth::Rows).await.unwrap();
            let found = report.finding("session-without-end");
            assert_eq!(found, None, "{}: {end}", database.name);
            let session = adapter.session_and_user(&SessionToken::new("odd")).await;
            assert!(session.unwrap().is_some(), "{}: {end}", database.name);
        }
    }
}

/// As databases write it where somebody must say something.
#[tokio::test]
async fn a_moment_before_all_moments_proves_no_address() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        plant(&adapter).await;
        let ann = async || {
            adapter
                .user_by_email("ann@example.org")
                .await
                .unwrap()
                .unwrap()
        };
        database
            .run(match database.database.dialect() {
                Dialect::Postgres => r#"UPDATE "User" SET "emailVerified" = '-infinity'"#,
                Dialect::Sqlite => {
                    r#"UPDATE "User" SET "emailVerified" = '0000-01-01T00:00:00.000Z'"#
                }
                Dialect::MySql | Dialect::MariaDb => {
                    "UPDATE IGNORE User SET emailVerified = '0000-00-00'"
                }
            })
            .await;
        assert_eq!(ann().await.email_verified, None, "{}", database.name);
    }
}

/// Findings, and how many rows show each.
const UNREADABLE: [(&str, u64); 4] = [
    ("session-without-end", 1),
    ("account-of-unknown-type", 2),
    ("link-without-end", 1),
    ("user-emailverified-is-no-moment", 1),
];

/// Each is an error for whoever it belongs to, so somebody has to be told how many there are.
#[tokio::test]
async fn rows_that_cannot_be_read_are_counted_by_the_doctor() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        plant(&adapter).await;
        let ann = adapter.user_by_email("ann@example.org").await;
        let ann = ann.unwrap().unwrap().id;
        let user = new_user("bob@example.org", serde_json::json!({}));
        adapter.create_user(user).await.unwrap();
        for (table, column, rows) in [
            ODD,
            ("VerificationToken", "expires", "1 = 1"),
            ("User", "emailVerified", "email = 'ann@example.org'"),
        ] {
            spoil(&database, table, column, rows).await;
        }
        for (id, kind) in [("1", "oauth"), ("2", "saml"), ("3", "OAuth")] {
            let account = client.create("Account").set("userId", ann.as_str());
            let account = account.set("provider", "x").set("providerAccountId", id);
            account.set("type", kind).run().await.unwrap();
        }
        let report = examine(&client, Depth::Rows).await.unwrap();
        for (code, rows) in UNREADABLE {
            let finding = report.finding(code);
            let finding = finding.unwrap_or_else(|| panic!("{}: {code}", database.name));
            assert_eq!(finding.rows, Some(rows), "{}: {code}", database.name);
            assert!(finding.loses().is_some(), "{}: {code}", database.name);
            mend(&client, &[finding]).await.unwrap();
        }
        let after = examine(&client, Depth::Rows).await.unwrap();
        for (code, _) in UNREADABLE {
            assert_eq!(after.finding(code), None, "{}", database.name);
        }
        let ann = adapter.user_by_email("ann@example.org").await.unwrap();
        assert_eq!(ann.unwrap().email_verified, None, "{}", database.name);
        let left = (
            client.count("Session").run().await,
            client.count("Account").run().await,
        );
        assert_eq!(
            (left.0.unwrap(), left.1.unwrap()),
            (1, 1),
            "{}",
            database.name
        );
    }
}
