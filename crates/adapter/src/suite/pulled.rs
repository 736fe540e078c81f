//! The schema that `hallpass db pull` writes of sign-in tables: sign-in takes it as it is, on the tables of every program.

use std::sync::Arc;

use hallpass_auth::testing::kit;
use hallpass_data::structure::Structure;
use hallpass_data::{Client, Dialect, Source};
use hallpass_db::testing::TestDatabase;
use hallpass_zmodel::{Schema, load};

use super::layouts::{empty, fixture, fixtures_of, on_every_server, run_ddl};
use super::options;
use crate::layout::check_tables;
use crate::recognise::sign_in_names;
use crate::{DataAdapter, OWN_TABLES};

async fn pulled(test: &TestDatabase) -> String {
    let structure = Structure::connect(&test.address).await.unwrap();
    structure.pull_naming(sign_in_names).await.unwrap()
}

fn read(text: &str, more: &[Source<'_>], place: &str) -> Schema {
    let name = "schema.zmodel";
    let source = Source { name, text };
    load(&[&[source], more].concat())
        .unwrap_or_else(|mistakes| panic!("{place}: {mistakes}: {text}"))
}

/// A client as `hallpass::open_schema` makes it of the schema.
async fn opened(test: &TestDatabase, text: &str, place: &str) -> Client {
    let schema = Arc::new(read(text, OWN_TABLES, place));
    let client = Client::new(test.database.clone(), schema, options()).unwrap();
    client.create_missing_tables().await.unwrap();
    client.fitted().await.unwrap()
}

async fn signs_in(client: &Client, place: &str) {
    check_tables(client).unwrap_or_else(|error| panic!("{place}: {error}"));
    let adapter = DataAdapter::new(client).unwrap_or_else(|error| panic!("{place}: {error}"));
    for rules in [kit::RULES, kit::UNIQUE_ADDRESS_RULES] {
        let result = kit::run(rules, async || adapter.clone()).await;
        result.unwrap_or_else(|failures| panic!("{place}: {failures}"));
    }
    let result = kit::run_password_rules(async || adapter.clone()).await;
    result.unwrap_or_else(|failures| panic!("{place}: {failures}"));
}

async fn pulls_and_signs_in(dialect: Dialect) {
    for (name, ..) in fixtures_of(dialect) {
        let test = fixture(name).await;
        let text = pulled(&test).await;
        let client = opened(&test, &text, name).await;
        signs_in(&client, name).await;
        let structure = Structure::connect(&test.address).await.unwrap();
        let plan = structure.compare(&read(&text, &[], name)).await.unwrap();
        assert!(plan.is_empty(), "{name}: {plan:?}: {text}");
    }
}

on_every_server!(pulls_and_signs_in:
    a_pulled_schema_signs_in_on_sqlite on Sqlite,
    a_pulled_schema_signs_in_on_postgresql on Postgres,
    a_pulled_schema_signs_in_on_mariadb on MariaDb,
);

/// Tables that fit no layout: of other names, with columns spelled otherwise, without keys, and with one of their own.
const OTHERWISE: &str = "
CREATE TABLE people (id uuid PRIMARY KEY, name text, email text NOT NULL, email_verified timestamptz, image text,
  password text, plan text NOT NULL DEFAULT 'free', modified_at timestamptz NOT NULL);
CREATE TABLE logins (user_id uuid NOT NULL, type text NOT NULL, provider text NOT NULL, provider_account_id text NOT NULL,
  \"refreshToken\" text, \"accessToken\" text, \"expiresAt\" bigint, \"idToken\" text, scope text, \"sessionState\" text, \"tokenType\" text);
CREATE TABLE seats (seat_id bigserial PRIMARY KEY, session_token text NOT NULL, user_id uuid NOT NULL, expires timestamptz NOT NULL);
CREATE TABLE mails (identifier text NOT NULL, token text NOT NULL, expires timestamptz NOT NULL);
CREATE TABLE \"User\" (\"user\" text PRIMARY KEY, session text);
";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tables_of_no_layout_are_taken_by_what_is_pulled() {
    let test = empty(Dialect::Postgres).await;
    run_ddl(&test, OTHERWISE).await;
    let text = pulled(&test).await;
    for line in [
        "relationMode = \"prisma\"",
        "@@map(\"people\")",
        "@@map(\"logins\")",
        "@@map(\"seats\")",
        "@@map(\"mails\")",
        "model User_2 {",
        "@updatedAt",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let client = opened(&test, &text, "otherwise").await;
    signs_in(&client, "otherwise").await;
    let hidden = client.schema().model("User").unwrap().field("password");
    assert!(hidden.unwrap().omit, "{text}");
}

/// Which of two tables people sign in by is for somebody to say.
#[tokio::test]
async fn tables_that_are_there_twice_are_pulled_by_their_names() {
    let test = fixture("pg-adapter").await;
    test.run("CREATE TABLE people (id serial PRIMARY KEY, email text, email_verified timestamptz)")
        .await;
    let text = pulled(&test).await;
    assert!(text.contains("model users {"), "{text}");
    assert!(!text.contains("model User {"), "{text}");
}
