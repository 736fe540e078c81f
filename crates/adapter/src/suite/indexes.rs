//! The statements of the hot path are served by an index, also where a text must be compared exactly.

use hallpass_auth::adapter::{Account, AccountType, Adapter, SessionRecord, VerificationToken};
use hallpass_auth::secret::{SessionToken, TokenHash};
use hallpass_data::{Answer, Client, Prepared, Value};
use hallpass_db::Rows;
use hallpass_db::testing::TestDatabase;
use jiff::Timestamp;

use super::{layouts, new_user};
use crate::DataAdapter;
use crate::layout::{ACCOUNT, Layout, SESSION, USER};
use crate::layouts::{DEFAULT, LayoutChoice};
use crate::recognise::is_unique;
use crate::statements::Statements;

#[tokio::test]
async fn hot_statements_use_an_index_on_every_database_and_layout() {
    for (file, test) in layouts::made().await {
        let choice = if file == DEFAULT {
            LayoutChoice::Auto
        } else {
            file.choice
        };
        let client = layouts::open(&test, choice).await;
        check_all(&client, &test).await;
    }
}

/// Statements by keys that the tables have; those of pg-adapter lack some.
async fn check_all(client: &Client, test: &TestDatabase) {
    let id = fill(client).await;
    let layout = Layout::of(client.schema()).unwrap();
    let statements = Statements::plan(client, &layout, &[]).unwrap();
    let expires = Value::Timestamp(moment());
    let id = id.parse().map_or(Value::Text(id), Value::Int);
    explain(test, "user", &statements.user, &[id]).await;
    if is_unique(client, USER, &["email"]) {
        let address = &["ann@example.org"];
        check(
            test,
            "user_by_email",
            &statements.user_by_email.as_column,
            address,
        )
        .await;
    }
    if is_unique(client, ACCOUNT, &["provider", "providerAccountId"]) {
        let account = &["github", "1"];
        let by_account = &statements.user_by_account;
        check(test, "user_by_account", by_account, account).await;
        check(test, "unlink_account", &statements.unlink_account, account).await;
    }
    if is_unique(client, SESSION, &["sessionToken"]) {
        let token = &["token"];
        let session_and_user = &statements.session_and_user;
        check(test, "session_and_user", session_and_user, token).await;
        let forms = &["token", "sha256:token"];
        let either = &statements.session_of_either;
        check(test, "session_of_either", either, forms).await;
        check(test, "delete_session", &statements.delete_session, forms).await;
        // Slots are numbered as the statement was planned: new values, `@updatedAt` too, come before the key.
        let fields = &client.schema().model(SESSION).unwrap().fields;
        let moments = 1 + fields.iter().filter(|field| field.updated_at).count();
        let mut values = vec![expires; moments];
        values.push(Value::from("token"));
        explain(test, "extend_session", &statements.extend_session, &values).await;
    }
    let link = &["ann@example.org", "hash"];
    let used = &statements.use_verification_token;
    check(test, "use_verification_token", used, link).await;
    let found = &statements.verification_token;
    check(test, "verification_token", found, link).await;
}

/// One that every column of moments takes: MySQL's TIMESTAMP begins a second after 1970.
fn moment() -> Timestamp {
    Timestamp::from_second(1_000_000_000).unwrap()
}

/// MariaDB reads rows of unique keys while it plans, so they must be there.
async fn fill(client: &Client) -> String {
    let adapter = DataAdapter::new(client).unwrap();
    let user = new_user("ann@example.org", serde_json::json!({}));
    let user = adapter.create_user(user).await.unwrap();
    let account = Account {
        user_id: user.id.clone(),
        kind: AccountType::OAuth,
        provider: "github".to_owned(),
        provider_account_id: "1".to_owned(),
        extra: serde_json::Map::new(),
    };
    adapter.link_account(account).await.unwrap();
    let session = SessionRecord {
        session_token: SessionToken::new("token"),
        user_id: user.id.clone(),
        expires: moment(),
    };
    adapter.create_session(session).await.unwrap();
    let link = VerificationToken {
        identifier: "ann@example.org".to_owned(),
        token: TokenHash::new("hash"),
        expires: moment(),
    };
    adapter.create_verification_token(link).await.unwrap();
    user.id.0
}

async fn check<T: Answer>(
    test: &TestDatabase,
    name: &str,
    prepared: &Prepared<T>,
    values: &[&str],
) {
    let values: Vec<_> = values.iter().map(|text| Value::from(*text)).collect();
    explain(test, name, prepared, &values).await;
}

async fn explain<T: Answer>(
    test: &TestDatabase,
    name: &str,
    prepared: &Prepared<T>,
    values: &[Value],
) {
    let mut query = prepared.statement().unwrap().clone();
    let place = format!("{name} on {}: {}", test.name, query.text);
    let words = if test.name == "sqlite" {
        "EXPLAIN QUERY PLAN "
    } else {
        "EXPLAIN "
    };
    query.text.insert_str(0, words);
    let mut transaction = test.database.begin().await.unwrap();
    if test.name == "postgres" {
        // The tables are too small for an index to pay: what matters is that one serves.
        let mut setting = query.clone();
        setting.text = "SET LOCAL enable_seqscan = off".to_owned();
        setting.binds.clear();
        transaction.exec(&setting, &[]).await.unwrap();
    }
    let plan = transaction.exec(&query, values).await.unwrap();
    transaction.rollback().await.unwrap();
    match test.name {
        "postgres" => judge_postgres(&plan, &place),
        "mysql" => judge_mysql(&plan, &place),
        _ => judge_sqlite(&plan, &place),
    }
}

fn judge_postgres(plan: &Rows, place: &str) {
    let lines = texts(plan, "QUERY PLAN");
    let count = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    let scans = count("Index Scan") + count("Index Only Scan");
    assert_eq!(count("Seq Scan"), 0, "{place}\n{lines:#?}");
    assert!(
        scans > 0 && scans == count("Index Cond"),
        "{place}\n{lines:#?}"
    );
}

fn judge_mysql(plan: &Rows, place: &str) {
    let (kinds, keys) = (texts(plan, "type"), texts(plan, "key"));
    assert!(!keys.is_empty(), "{place}");
    for (kind, key) in kinds.iter().zip(&keys) {
        let by_key = ["const", "eq_ref", "ref", "range"].contains(&&**kind);
        assert!(by_key && !key.is_empty(), "{place}: {kinds:?} {keys:?}");
    }
}

fn judge_sqlite(plan: &Rows, place: &str) {
    let lines = texts(plan, "detail");
    assert!(
        !lines.is_empty() && lines.iter().all(|line| line.starts_with("SEARCH ")),
        "{place}: {lines:?}"
    );
}

/// A column as text; empty where it is null.
fn texts(rows: &Rows, column: &str) -> Vec<String> {
    let position = rows.columns.iter().position(|name| name == column).unwrap();
    rows.rows
        .iter()
        .map(|row| match &row[position] {
            Value::Text(text) => text.clone(),
            _ => String::new(),
        })
        .collect()
}
