//! Which layout is chosen for which tables, and what is said where none fits.

use hallpass_auth::password::{PasswordHash, PasswordStore};
use hallpass_data::Dialect;
use hallpass_data::catalog::Catalog;
use hallpass_db::testing::databases;

use super::layouts::{fixture, fixtures_of, open, run_ddl, sql};
use crate::DataAdapter;
use crate::layouts::{DEFAULT, LayoutChoice};
use crate::recognise::{ChooseError, Difference, choose, recognise};

#[test]
fn an_empty_database_gets_the_default_layout_or_the_chosen_one() {
    let empty = Catalog::default();
    for dialect in [
        Dialect::Postgres,
        Dialect::MySql,
        Dialect::MariaDb,
        Dialect::Sqlite,
    ] {
        assert_eq!(recognise(&empty, dialect), []);
        let chosen = choose(LayoutChoice::Auto, &empty, dialect).unwrap();
        assert_eq!(chosen.layout, DEFAULT);
        let chosen = choose(LayoutChoice::Drizzle, &empty, dialect).unwrap();
        assert_eq!(chosen.layout.choice, LayoutChoice::Drizzle);
    }
    let error = choose(LayoutChoice::PgAdapter, &empty, Dialect::Sqlite).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no layout `pg-adapter` for SQLite"
    );
}

#[tokio::test]
async fn tables_of_another_kind_are_left_alone() {
    for test in databases().await {
        sql(
            &test,
            "CREATE TABLE users (id int PRIMARY KEY, email varchar(50) NOT NULL)",
        )
        .await;
        sql(
            &test,
            "CREATE TABLE sessions (id int PRIMARY KEY, data varchar(50) NOT NULL)",
        )
        .await;
        let catalog = test.database.catalog().await.unwrap();
        let chosen = choose(LayoutChoice::Auto, &catalog, test.database.dialect()).unwrap();
        assert_eq!(chosen.layout, DEFAULT, "{}", test.name);
    }
}

/// CVE-2026-53516: what is not known cannot be removed with the first proof of an address.
#[tokio::test]
async fn a_column_of_passwords_that_the_application_added_is_used() {
    for (definition, is_used) in [
        ("password text", true),
        ("password varchar(255)", true),
        ("password varchar(255) NOT NULL DEFAULT ''", true),
        // Not what a password is, or not what a row can do without.
        ("password integer", false),
        ("password varchar(255) NOT NULL DEFAULT 'x'", false),
        ("passphrase text", false),
    ] {
        let test = fixture("pg-adapter").await;
        sql(&test, &format!("ALTER TABLE users ADD COLUMN {definition}")).await;
        let client = open(&test, LayoutChoice::Auto).await;
        let users = client.schema().model("User").unwrap();
        assert_eq!(users.field("password").is_some(), is_used, "{definition}");
        let adapter = DataAdapter::new(&client).unwrap();
        let adapter = adapter.password_store().unwrap();
        let user = super::new_user("ann@example.org", serde_json::json!({}));
        let hash = PasswordHash::new("hash");
        adapter.create_user_with_password(user, hash).await.unwrap();
        let own = client.count("HallpassPassword").run().await.unwrap();
        assert_eq!(own, u64::from(!is_used), "{definition}");
    }
}

#[tokio::test]
async fn a_table_that_stands_in_the_way_is_named() {
    for test in databases().await {
        let (open, close) = if test.name == "mysql" {
            ("`", "`")
        } else {
            ("\"", "\"")
        };
        sql(
            &test,
            &format!(
                "CREATE TABLE {open}User{close} (id varchar(50) PRIMARY KEY, login varchar(50))"
            ),
        )
        .await;
        let catalog = test.database.catalog().await.unwrap();
        let error = choose(LayoutChoice::Auto, &catalog, test.database.dialect()).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("there is no column `User.email`"),
            "{}: {text}",
            test.name
        );
        assert!(error.help().contains("hallpass doctor"));
    }
}

#[tokio::test]
async fn tables_of_two_layouts_ask_for_a_choice() {
    let test = fixture("prisma-postgresql").await;
    let (_, ddl, _) = fixtures_of(Dialect::Postgres)[0];
    run_ddl(&test, ddl).await;
    let catalog = test.database.catalog().await.unwrap();
    let error = choose(LayoutChoice::Auto, &catalog, Dialect::Postgres).unwrap_err();
    assert!(matches!(error, ChooseError::Ambiguous { .. }), "{error}");
    for (choice, name) in [
        (LayoutChoice::Prisma, "prisma-postgresql"),
        (LayoutChoice::PgAdapter, "pg-adapter"),
    ] {
        let chosen = choose(choice, &catalog, Dialect::Postgres).unwrap();
        assert_eq!(chosen.layout.name, name);
    }
}

#[tokio::test]
async fn the_nearest_layout_is_named_with_what_stands_in_the_way() {
    let test = fixture("pg-adapter").await;
    sql(&test, "ALTER TABLE users ADD COLUMN tenant text NOT NULL").await;
    sql(
        &test,
        "ALTER TABLE sessions ALTER COLUMN expires TYPE boolean USING true",
    )
    .await;
    let read = async || test.database.catalog().await.unwrap();
    let error = choose(LayoutChoice::Auto, &read().await, Dialect::Postgres).unwrap_err();
    let ChooseError::Unfit {
        nearest,
        differences,
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(*nearest, "pg-adapter");
    assert_eq!(differences.len(), 2, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("`users.tenant` needs a value and has no default"),
        "{text}"
    );
    assert!(
        text.contains("`sessions.expires` is of type `boolean`, which holds no moments"),
        "{text}"
    );
    // What does not stand in the way is told as well, and chosen all the same.
    sql(
        &test,
        "ALTER TABLE users ALTER COLUMN tenant SET DEFAULT 'one'",
    )
    .await;
    sql(&test, "ALTER TABLE sessions DROP COLUMN expires").await;
    sql(&test, "ALTER TABLE sessions ADD COLUMN expires timestamptz").await;
    let chosen = choose(LayoutChoice::Auto, &read().await, Dialect::Postgres).unwrap();
    let expected = Difference::Nullable {
        table: "sessions".to_owned(),
        column: "expires".to_owned(),
    };
    assert_eq!(chosen.differences, [expected]);
}

#[tokio::test]
async fn what_tables_lack_and_sign_in_needs_not_is_left_out_of_the_schema() {
    let test = fixture("prisma-snake-postgresql").await;
    sql(
        &test,
        "ALTER TABLE users DROP COLUMN password, DROP COLUMN role",
    )
    .await;
    sql(
        &test,
        "ALTER TABLE accounts DROP COLUMN id, DROP COLUMN scope",
    )
    .await;
    let catalog = test.database.catalog().await.unwrap();
    let chosen = choose(LayoutChoice::Auto, &catalog, Dialect::Postgres).unwrap();
    assert_eq!(chosen.layout.name, "prisma-snake");
    let field = |model: &str, name: &str| chosen.schema.model(model).unwrap().field(name).is_some();
    assert!(!field("User", "password") && !field("User", "role") && !field("Account", "scope"));
    assert!(field("User", "createdAt"));
    assert_eq!(
        chosen.schema.model("Account").unwrap().id,
        ["provider", "providerAccountId"]
    );
}
