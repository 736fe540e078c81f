//! The catalog tells the same of the same tables.

use hallpass_db::testing::databases;
use hallpass_db::{ForeignKey, Table};
use hallpass_sql::Dialect;

use crate::write;

fn names(list: &[hallpass_db::Index]) -> Vec<(&str, Vec<&str>)> {
    list.iter()
        .map(|index| {
            (
                index.name.as_str(),
                index.columns.iter().map(String::as_str).collect(),
            )
        })
        .collect()
}

async fn create(database: &hallpass_db::Database) {
    let statements: &[&str] = match database.dialect() {
        Dialect::Postgres => &[
            "CREATE TYPE \"Role\" AS ENUM ('USER', 'ADMIN')",
            "CREATE TABLE \"User\" (id serial PRIMARY KEY, email varchar(20) NOT NULL, \"emailVerified\" timestamp(3), \
             role \"Role\" NOT NULL DEFAULT 'USER', CONSTRAINT \"User_email_key\" UNIQUE (email))",
            "CREATE TABLE \"Account\" (provider text NOT NULL, \"providerAccountId\" text NOT NULL, \
             \"userId\" integer NOT NULL, PRIMARY KEY (provider, \"providerAccountId\"), \
             CONSTRAINT \"Account_userId_fkey\" FOREIGN KEY (\"userId\") REFERENCES \"User\" (id) ON DELETE CASCADE)",
            "CREATE INDEX \"Account_userId_idx\" ON \"Account\" (\"userId\", provider)",
            "CREATE UNIQUE INDEX lower_email ON \"User\" (lower(email))",
            "CREATE UNIQUE INDEX some_emails ON \"User\" (email) WHERE email <> ''",
            "CREATE SCHEMA other",
            "CREATE TABLE other.hidden (id integer)",
        ],
        Dialect::MySql | Dialect::MariaDb => &[
            "CREATE TABLE `User` (id int PRIMARY KEY AUTO_INCREMENT, email varchar(20) NOT NULL, \
             `emailVerified` datetime(3), role enum('USER','ADMIN') NOT NULL DEFAULT 'USER', \
             UNIQUE KEY `User_email_key` (email), UNIQUE KEY some_emails (email(3)))",
            "CREATE TABLE `Account` (provider varchar(20) NOT NULL, `providerAccountId` varchar(20) NOT NULL, \
             `userId` int NOT NULL, PRIMARY KEY (provider, `providerAccountId`), \
             KEY `Account_userId_idx` (`userId`, provider), \
             CONSTRAINT `Account_userId_fkey` FOREIGN KEY (`userId`) REFERENCES `User` (id) ON DELETE CASCADE)",
        ],
        Dialect::Sqlite => &[
            "CREATE TABLE \"User\" (id INTEGER PRIMARY KEY, email TEXT NOT NULL, \"emailVerified\" DATETIME, \
             role TEXT NOT NULL DEFAULT 'USER')",
            "CREATE UNIQUE INDEX \"User_email_key\" ON \"User\" (email)",
            "CREATE TABLE \"Account\" (provider TEXT NOT NULL, \"providerAccountId\" TEXT NOT NULL, \
             \"userId\" INTEGER NOT NULL REFERENCES \"User\" ON DELETE CASCADE, \
             PRIMARY KEY (provider, \"providerAccountId\"))",
            "CREATE INDEX \"Account_userId_idx\" ON \"Account\" (\"userId\", provider)",
            "CREATE UNIQUE INDEX lower_email ON \"User\" (lower(email))",
            "CREATE UNIQUE INDEX some_emails ON \"User\" (email) WHERE email <> ''",
        ],
    };
    for statement in statements {
        write(database, statement, &[]).await.unwrap();
    }
}

#[tokio::test]
async fn tables_keys_and_references_are_told() {
    for test in databases().await {
        let dialect = test.database.dialect();
        assert_eq!(
            test.database.catalog().await.unwrap().tables,
            [],
            "{}",
            test.name
        );
        create(&test.database).await;
        let catalog = test.database.catalog().await.unwrap();
        let tables: Vec<&str> = catalog
            .tables
            .iter()
            .map(|table| table.name.as_str())
            .collect();
        assert_eq!(tables, ["Account", "User"], "{}", test.name);

        let user = catalog.table("User").unwrap();
        check_columns(dialect, user);
        assert_eq!(user.primary_key, ["id"], "{}", test.name);
        assert_eq!(
            names(&user.uniques),
            [("User_email_key", vec!["email"])],
            "{}",
            test.name
        );
        assert_eq!(user.foreign_keys, [], "{}", test.name);

        let account = catalog.table("Account").unwrap();
        assert_eq!(
            account.primary_key,
            ["provider", "providerAccountId"],
            "{}",
            test.name
        );
        assert_eq!(
            names(&account.indexes),
            [("Account_userId_idx", vec!["userId", "provider"])],
            "{}",
            test.name
        );
        assert_eq!(
            account.foreign_keys,
            [ForeignKey {
                name: (dialect != Dialect::Sqlite).then(|| "Account_userId_fkey".to_owned()),
                columns: vec!["userId".to_owned()],
                references_table: "User".to_owned(),
                references_columns: vec!["id".to_owned()],
                on_delete: "CASCADE".to_owned(),
                on_update: account.foreign_keys[0].on_update.clone(),
            }],
            "{}",
            test.name
        );
        let enums: Vec<_> = catalog
            .enums
            .iter()
            .map(|found| (found.name.as_str(), found.labels.join(",")))
            .collect();
        if dialect == Dialect::Postgres {
            assert_eq!(enums, [("Role", "USER,ADMIN".to_owned())]);
        } else {
            assert_eq!(enums, []);
        }
    }
}

fn check_columns(dialect: Dialect, user: &Table) {
    let types = match dialect {
        Dialect::Postgres => [
            "integer",
            "character varying(20)",
            "timestamp(3) without time zone",
            "\"Role\"",
        ],
        Dialect::Sqlite => ["INTEGER", "TEXT", "DATETIME", "TEXT"],
        _ => [
            "int(11)",
            "varchar(20)",
            "datetime(3)",
            "enum('USER','ADMIN')",
        ],
    };
    let columns: Vec<_> = user
        .columns
        .iter()
        .map(|column| {
            (
                column.name.as_str(),
                column.database_type.as_str(),
                column.nullable,
                column.has_default,
            )
        })
        .collect();
    let id_nullable = dialect == Dialect::Sqlite;
    let expected = [
        ("id", types[0], id_nullable, true),
        ("email", types[1], false, false),
        ("emailVerified", types[2], true, false),
        ("role", types[3], false, true),
    ];
    assert_eq!(columns, expected, "{dialect:?}");
}
