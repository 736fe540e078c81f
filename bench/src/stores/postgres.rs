//! The PostgreSQL database.

use anyhow::{Context, Result, ensure};
use tokio_postgres::{Client, NoTls};

use crate::people::{Member, person};

const BATCH: usize = 10_000;

/// The part of the layout that session reads use, for a run without the server; see `crates/adapter/layouts`.
const TABLES: &str = r#"
CREATE TABLE IF NOT EXISTS "User" (
  id TEXT NOT NULL PRIMARY KEY, name TEXT, email TEXT UNIQUE, "emailVerified" TIMESTAMP(3), image TEXT
);
CREATE TABLE IF NOT EXISTS "Session" (
  "sessionToken" TEXT NOT NULL PRIMARY KEY, "userId" TEXT NOT NULL REFERENCES "User" (id) ON DELETE CASCADE,
  expires TIMESTAMP(3) NOT NULL
);
"#;

const USERS: &str = r#"INSERT INTO "User" (id, name, email, image)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])"#;
const SESSIONS: &str = r#"INSERT INTO "Session" ("sessionToken", "userId", expires)
SELECT token, id, now() AT TIME ZONE 'UTC' + interval '30 days' FROM unnest($1::text[], $2::text[]) AS t (token, id)"#;

/// Makes an empty database of this name; gives its address.
pub(crate) async fn create(admin: &str, name: &str) -> Result<String> {
    let client = connect(admin).await?;
    client
        .batch_execute(&format!("DROP DATABASE IF EXISTS {name}"))
        .await?;
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await?;
    let (server, _) = admin
        .rsplit_once('/')
        .context("the address of PostgreSQL names no database")?;
    Ok(format!("{server}/{name}"))
}

/// Fills the database with people who are signed in.
pub(super) async fn fill(url: &str, users: usize) -> Result<()> {
    let client = connect(url).await?;
    client.batch_execute(TABLES).await?;
    let numbers: Vec<usize> = (0..users).collect();
    for batch in numbers.chunks(BATCH) {
        let people: Vec<_> = batch.iter().map(|number| person(*number)).collect();
        let column =
            |of: fn(&crate::people::Person) -> &String| people.iter().map(of).collect::<Vec<_>>();
        let (ids, tokens) = (column(|person| &person.id), column(|person| &person.stored));
        let (names, emails) = (
            column(|person| &person.name),
            column(|person| &person.email),
        );
        let images = column(|person| &person.image);
        client
            .execute(USERS, &[&ids, &names, &emails, &images])
            .await?;
        client.execute(SESSIONS, &[&tokens, &ids]).await?;
    }
    client.batch_execute("VACUUM ANALYZE").await?;
    Ok(())
}

/// Gives people their passwords.
pub(super) async fn set_passwords(url: &str, members: &[Member]) -> Result<()> {
    let client = connect(url).await?;
    for member in members {
        let set = r#"UPDATE "User" SET password = $2 WHERE id = $1"#;
        let changed = client
            .execute(set, &[&member.person.id, &member.hash])
            .await?;
        ensure!(changed == 1, "a person is missing in PostgreSQL");
    }
    Ok(())
}

/// Runs statements one by one, such as those that fill a database.
pub(crate) async fn run(url: &str, statements: &str) -> Result<()> {
    let client = connect(url).await?;
    // Sent together they would be one transaction, in which PostgreSQL does not VACUUM.
    for statement in statements.split_inclusive(';') {
        client.batch_execute(statement).await?;
    }
    Ok(())
}

/// One connection.
pub(crate) async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .context("cannot reach PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}
