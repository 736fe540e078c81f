//! The databases that the doctor looks at, filled by the databases themselves.
//!
//! To add one: a function that fills it, and its place in [`prepare`].

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use crate::options::Options;
use crate::process::Server;
use crate::server::{self, Place, SESSION_PATH};
use crate::stores::{postgres, sqlite};

/// A filled database, and what is to be found there.
#[derive(Debug)]
pub(super) struct Patient {
    pub(super) name: &'static str,
    pub(super) url: String,
    pub(super) layout: &'static str,
    /// Codes, and how many rows show each; of what the catalog alone tells there are none.
    pub(super) findings: BTreeMap<String, Option<u64>>,
}

/// Fills the databases of the places that were chosen.
pub(super) async fn prepare(options: &Options, folder: &Path) -> Result<Vec<Patient>> {
    let mut patients = Vec::new();
    if options.measures(Place::Postgres) {
        patients.push(pg_adapter(options).await?);
        patients.push(own_in_postgres(options, folder).await?);
    }
    if options.measures(Place::Sqlite) {
        patients.push(own_in_sqlite(options, folder).await?);
    }
    Ok(patients)
}

/// As @auth/pg-adapter documents them: without keys, so that all has to be looked for in the rows.
const PG_ADAPTER: &str = r#"
CREATE TABLE verification_token (
  identifier TEXT NOT NULL, expires TIMESTAMPTZ NOT NULL, token TEXT NOT NULL, PRIMARY KEY (identifier, token)
);
CREATE TABLE accounts (
  id SERIAL PRIMARY KEY, "userId" INTEGER NOT NULL, type VARCHAR(255) NOT NULL, provider VARCHAR(255) NOT NULL,
  "providerAccountId" VARCHAR(255) NOT NULL, refresh_token TEXT, access_token TEXT, expires_at BIGINT, id_token TEXT,
  scope TEXT, session_state TEXT, token_type TEXT
);
CREATE TABLE sessions (
  id SERIAL PRIMARY KEY, "userId" INTEGER NOT NULL, expires TIMESTAMPTZ NOT NULL, "sessionToken" VARCHAR(255) NOT NULL
);
CREATE TABLE users (
  id SERIAL PRIMARY KEY, name VARCHAR(255), email VARCHAR(255), "emailVerified" TIMESTAMPTZ, image TEXT
);
"#;

/// With three addresses that two people have, five with capitals, and fourteen sessions of nobody.
const FILL_PG_ADAPTER: &str = r#"
INSERT INTO users (name, email) SELECT 'Person ' || n, 'person' || n || '@example.com' FROM generate_series(1, {users}) AS n;
INSERT INTO accounts ("userId", type, provider, "providerAccountId", refresh_token)
SELECT n, 'oauth', 'github', md5('account' || n), md5('refresh' || n) FROM generate_series(1, {users}) AS n;
INSERT INTO sessions ("userId", expires, "sessionToken")
SELECT n, now() + interval '30 days', md5('session' || n) FROM generate_series(1, {users}) AS n;
UPDATE users SET email = 'person' || id + 3 || '@example.com' WHERE id <= 3;
UPDATE users SET email = 'Person' || id || '@Example.com' WHERE id BETWEEN 101 AND 105;
UPDATE sessions SET "userId" = {users} + id WHERE id <= 14;
VACUUM ANALYZE;
"#;

async fn pg_adapter(options: &Options) -> Result<Patient> {
    let url = postgres::create(&options.postgres, "hallpass_bench_pg_adapter").await?;
    postgres::run(&url, PG_ADAPTER).await?;
    fill_postgres(&url, FILL_PG_ADAPTER, options.patients).await?;
    Ok(Patient {
        name: "of the pg adapter, without keys, PostgreSQL",
        url,
        layout: "pg-adapter",
        findings: findings(&[
            ("user-email-not-unique", Some(3)),
            ("session-token-not-unique", Some(0)),
            ("account-not-unique", Some(0)),
            ("user-email-with-capitals", Some(5)),
            ("session-outlives-user", Some(14)),
            ("account-outlives-user", Some(0)),
            ("session-user-not-indexed", None),
            ("account-user-not-indexed", None),
            ("session-expiry-not-indexed", None),
            ("account-token-in-clear", Some(options.patients as u64)),
            ("session-token-in-clear", Some(options.patients as u64)),
        ]),
    })
}

/// With five addresses that have capitals, and seven people with neither address nor account.
const FILL_OWN_IN_POSTGRES: &str = r#"
SET session_replication_role = replica;
INSERT INTO "User" (id, name, email)
SELECT md5('user' || n), 'Person ' || n, 'person' || n || '@example.com' FROM generate_series(1, {users}) AS n;
INSERT INTO "Account" ("userId", type, provider, "providerAccountId")
SELECT md5('user' || n), 'oauth', 'github', md5('account' || n) FROM generate_series(1, {users}) AS n;
INSERT INTO "Session" ("sessionToken", "userId", expires)
SELECT md5('session' || n), md5('user' || n), now() + interval '30 days' FROM generate_series(1, {users}) AS n;
UPDATE "User" SET email = upper(email) WHERE id IN (SELECT md5('user' || n) FROM generate_series(1, 5) AS n);
UPDATE "User" SET email = NULL WHERE id IN (SELECT md5('user' || n) FROM generate_series(11, 17) AS n);
DELETE FROM "Account" WHERE "userId" IN (SELECT md5('user' || n) FROM generate_series(11, 17) AS n);
VACUUM ANALYZE;
"#;

async fn own_in_postgres(options: &Options, folder: &Path) -> Result<Patient> {
    let url = postgres::create(&options.postgres, "hallpass_bench_own").await?;
    make_tables(options, &url, Place::Postgres, folder).await?;
    fill_postgres(&url, FILL_OWN_IN_POSTGRES, options.patients).await?;
    Ok(Patient {
        name: "of Hallpass, PostgreSQL",
        url,
        layout: "prisma",
        findings: own_findings(options),
    })
}

async fn fill_postgres(url: &str, statements: &str, users: usize) -> Result<()> {
    postgres::run(url, &statements.replace("{users}", &users.to_string())).await
}

/// The same people. Ids and tokens are spread like random ones.
const FILL_OWN_IN_SQLITE: &str = r#"
BEGIN;
CREATE TEMP TABLE number AS
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {users})
SELECT n, printf('%08x%08x', n * 2654435761 % 4294967296, n) AS text FROM number;
INSERT INTO "User" (id, name, email) SELECT 'c' || text, 'Person ' || n, 'person' || n || '@example.com' FROM number;
INSERT INTO "Account" ("userId", type, provider, "providerAccountId") SELECT 'c' || text, 'oauth', 'github', text FROM number;
INSERT INTO "Session" ("sessionToken", "userId", expires)
SELECT text, 'c' || text, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+30 days') FROM number;
UPDATE "User" SET email = upper(email) WHERE id IN (SELECT 'c' || text FROM number WHERE n BETWEEN 1 AND 5);
UPDATE "User" SET email = NULL WHERE id IN (SELECT 'c' || text FROM number WHERE n BETWEEN 11 AND 17);
DELETE FROM "Account" WHERE "userId" IN (SELECT 'c' || text FROM number WHERE n BETWEEN 11 AND 17);
COMMIT;
ANALYZE;
PRAGMA wal_checkpoint(TRUNCATE);
"#;

async fn own_in_sqlite(options: &Options, folder: &Path) -> Result<Patient> {
    let file = folder.join("doctor.db");
    let url = format!("sqlite:{}", file.display());
    make_tables(options, &url, Place::Sqlite, folder).await?;
    let users = options.patients.to_string();
    sqlite::run(&file, &FILL_OWN_IN_SQLITE.replace("{users}", &users))?;
    Ok(Patient {
        name: "of Hallpass, SQLite",
        url,
        layout: "prisma",
        findings: own_findings(options),
    })
}

fn own_findings(options: &Options) -> BTreeMap<String, Option<u64>> {
    findings(&[
        ("session-token-in-clear", Some(options.patients as u64)),
        ("user-email-with-capitals", Some(5)),
        ("user-without-email", Some(7)),
    ])
}

fn findings(list: &[(&str, Option<u64>)]) -> BTreeMap<String, Option<u64>> {
    let one = |(code, rows): &(&str, _)| ((*code).to_owned(), *rows);
    list.iter().map(one).collect()
}

/// Starts the server once, beside an application: it makes the tables that are missing.
async fn make_tables(options: &Options, url: &str, place: Place, folder: &Path) -> Result<()> {
    let port = server::free_port()?;
    let mut command = server::serve(options, url, port, place)?;
    command.env("HALLPASS_APP", "none");
    let log = server::log(folder, port);
    Server::start(command, port, SESSION_PATH, &log)
        .await
        .map(drop)
}
