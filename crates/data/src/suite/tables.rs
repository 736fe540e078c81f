use hallpass_db::Catalog;
use hallpass_sql::Dialect;

use super::support::{SCHEMA, empty_places, places, places_of};
use crate::{CreateTablesError, Created, Growth};

async fn catalog(place: &super::support::Place) -> Catalog {
    place.client.engine.database.catalog().await.unwrap()
}

#[tokio::test]
async fn missing_tables_are_made_once() {
    for place in empty_places(SCHEMA).await.places {
        let created = place.client.create_missing_tables().await.unwrap();
        let tables = created
            .tables
            .iter()
            .map(|name| name.trim_start_matches("mysql_"));
        assert_eq!(
            tables.collect::<Vec<_>>(),
            ["User", "Profile", "todo_items", "Token"],
            "{}",
            place.name
        );
        let again = place.client.create_missing_tables().await.unwrap();
        assert_eq!(again, Created::default(), "{}", place.name);
    }
}

#[tokio::test]
async fn keys_and_indexes_have_prisma_s_names() {
    for place in places().await.places {
        let catalog = catalog(&place).await;
        let prefix = if place.dialect == Dialect::MySql {
            "mysql_"
        } else {
            ""
        };
        let table = |name: &str| catalog.table(&format!("{prefix}{name}")).unwrap();
        assert_eq!(
            table("User").uniques[0].name,
            format!("{prefix}User_email_key")
        );
        let todo = table("todo_items");
        let index = todo
            .indexes
            .iter()
            .find(|index| index.columns == ["userId", "done"])
            .unwrap();
        assert_eq!(index.name, format!("{prefix}todo_items_userId_done_idx"));
        assert_eq!(todo.primary_key, ["id"]);
        let actions: Vec<_> = todo
            .foreign_keys
            .iter()
            .map(|key| (&*key.columns[0], &*key.on_delete))
            .collect();
        assert!(
            actions.contains(&("userId", "CASCADE")),
            "{}: {actions:?}",
            place.name
        );
        assert!(
            actions.contains(&("parentId", "SET NULL")),
            "{}: {actions:?}",
            place.name
        );
        let profile = &table("Profile").foreign_keys[0];
        // MySQL says RESTRICT and NO ACTION by either name.
        assert!(
            ["RESTRICT", "NO ACTION"].contains(&&*profile.on_delete),
            "{}",
            profile.on_delete
        );
        if place.dialect != Dialect::Sqlite {
            assert_eq!(
                profile.name.as_deref(),
                Some(&*format!("{prefix}Profile_userId_fkey"))
            );
        }
        assert_eq!(table("Token").primary_key, ["identifier", "token"]);
        assert!(table("todo_items").column("due_at").unwrap().nullable);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_together_do_not_collide() {
    for place in empty_places(SCHEMA).await.places {
        let starts = (0..4).map(|_| {
            let client = place.client.clone();
            tokio::spawn(async move { client.create_missing_tables().await })
        });
        let mut made = 0;
        for start in starts.collect::<Vec<_>>() {
            made += start
                .await
                .unwrap()
                .unwrap_or_else(|error| panic!("{}: {error:?}", place.name))
                .tables
                .len();
        }
        assert_eq!(made, 4, "{}: each table is made by one of them", place.name);
    }
}

#[tokio::test]
async fn tables_that_lack_columns_are_named_and_left_alone() {
    let before = "model User { id Int @id }";
    let after = "
        model User { id Int @id  name String?  age Int? }
        model Other { id Int @id }
    ";
    for place in places_of(before).await.places {
        let mut schema = super::support::schema(after);
        schema.models[0]
            .table
            .clone_from(&place.client.schema().models[0].table);
        let table = schema.models[0].table.clone();
        let client = crate::Client::speaking(
            place.dialect,
            place.client.engine.database.clone(),
            std::sync::Arc::new(schema),
            super::support::options(),
        );
        let error = client.unwrap().create_missing_tables().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the database lacks column `{table}.name`, column `{table}.age`"),
        );
        assert!(matches!(error, CreateTablesError::Incomplete { .. }));
        assert!(
            catalog(&place).await.table("Other").is_none(),
            "{}: nothing is made",
            place.name
        );
    }
}

#[tokio::test]
async fn an_enum_type_that_lacks_a_label_is_named() {
    let before = "enum Role { A } model User { id Int @id  role Role }";
    for place in places_of(before).await.places {
        if place.dialect != Dialect::Postgres {
            continue;
        }
        let schema = super::support::schema(&before.replace("{ A }", "{ A B }"));
        let database = place.client.engine.database.clone();
        let client = crate::Client::new(
            database,
            std::sync::Arc::new(schema),
            super::support::options(),
        );
        let error = client.unwrap().create_missing_tables().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the database lacks label `B` of enum `Role`"
        );
    }
}

#[tokio::test]
async fn keys_may_go_round_in_a_circle() {
    let text = r#"
        model Team {
          id      Int   @id
          leadId  Int?
          lead    User? @relation("lead", fields: [leadId], references: [id])
          members User[] @relation("members")
        }
        model User {
          id     Int  @id
          teamId Int
          team   Team @relation("members", fields: [teamId], references: [id])
          leads  Team[] @relation("lead")
        }
    "#;
    for place in places_of(text).await.places {
        let catalog = catalog(&place).await;
        let keys: usize = catalog
            .tables
            .iter()
            .map(|table| table.foreign_keys.len())
            .sum();
        // The MariaDB database holds the tables of two clients.
        assert!(keys >= 2, "{}: {keys}", place.name);
        place
            .client
            .create("Team")
            .set("id", 1)
            .run()
            .await
            .unwrap();
        place
            .client
            .create("User")
            .set("id", 1)
            .set("teamId", 1)
            .run()
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn native_types_are_honoured() {
    for place in empty_places("model A { id Int @id }").await.places {
        let text = match place.dialect {
            Dialect::Postgres => {
                "model A { id String @id @db.Uuid  at DateTime @db.Timestamptz(6)  name String @db.VarChar(20) }"
            }
            Dialect::MySql | Dialect::MariaDb => {
                "model A { id String @id @db.Char(36)  at DateTime @db.DateTime(6)  name String @db.Text }"
            }
            Dialect::Sqlite => continue,
        };
        let text = format!(
            "datasource db {{ provider = \"{}\" }} {text}",
            match place.dialect {
                Dialect::Postgres => "postgresql",
                _ => "mysql",
            }
        );
        let mut schema = super::support::schema(&text);
        schema.models[0]
            .table
            .clone_from(&place.client.schema().models[0].table);
        let table = schema.models[0].table.clone();
        let database = place.client.engine.database.clone();
        let client = crate::Client::speaking(
            place.dialect,
            database,
            std::sync::Arc::new(schema),
            super::support::options(),
        );
        let client = client.unwrap();
        client.create_missing_tables().await.unwrap();
        let catalog = catalog(&place).await;
        let types: Vec<_> = catalog
            .table(&table)
            .unwrap()
            .columns
            .iter()
            .map(|one| &*one.database_type)
            .collect();
        let expected = match place.dialect {
            Dialect::Postgres => [
                "uuid",
                "timestamp(6) with time zone",
                "character varying(20)",
            ],
            _ => ["char(36)", "datetime(6)", "text"],
        };
        assert_eq!(types, expected);
        let id = "6f1c1d3e-1111-4222-8333-444455556666";
        let create = client
            .create("A")
            .set("id", id)
            .set("name", "x")
            .set("at", "2026-01-01T00:00:00.123Z");
        create.run().await.unwrap();
        let found = client
            .find_unique("A")
            .filter(crate::field("id").eq(id))
            .run()
            .await
            .unwrap();
        assert_eq!(found.unwrap().get::<&str>("id"), Ok(id));
        let malformed = client
            .find_unique("A")
            .filter(crate::field("id").eq("42"))
            .run()
            .await
            .unwrap();
        assert_eq!(malformed, None, "{}", place.name);
    }
}

#[tokio::test]
async fn a_schema_for_another_database_is_refused() {
    for place in empty_places("model A { id Int @id }").await.places {
        let provider = if place.dialect == Dialect::Sqlite {
            "postgresql"
        } else {
            "sqlite"
        };
        let schema = super::support::schema(&format!(
            "datasource db {{ provider = \"{provider}\" }} model A {{ id Int @id }}"
        ));
        let database = place.client.engine.database.clone();
        let client = crate::Client::new(
            database,
            std::sync::Arc::new(schema),
            super::support::options(),
        );
        assert!(
            matches!(client.unwrap_err(), crate::OpenError::Provider { .. }),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn one_connection_is_enough() {
    let options = hallpass_db::Options {
        max_connections: 1,
        ..hallpass_db::Options::default()
    };
    for test in hallpass_db::testing::databases_with(options).await {
        let schema = std::sync::Arc::new(super::support::schema(SCHEMA));
        let client =
            crate::Client::new(test.database.clone(), schema, super::support::options()).unwrap();
        let created = client.create_missing_tables().await;
        let created = created.unwrap_or_else(|error| panic!("{}: {error:?}", test.name));
        assert_eq!(created.tables.len(), 4, "{}", test.name);
    }
}

#[tokio::test]
async fn a_failed_creation_leaves_no_lock_behind() {
    for place in empty_places(r#"model A { id Int @id @default(dbgenerated("nonsense(")) }"#)
        .await
        .places
    {
        let failed = place.client.create_missing_tables().await;
        assert!(
            matches!(failed, Err(CreateTablesError::Table { .. })),
            "{}: {failed:?}",
            place.name
        );
        // Another connection than the one that failed, which is idle and would be handed out again.
        let database = place.client.engine.database.clone();
        let idle = if place.dialect == Dialect::Sqlite {
            None
        } else {
            Some(database.begin().await.unwrap())
        };
        let mut schema = super::support::schema("model B { id Int @id }");
        schema.models[0].table = format!("B_{:?}", place.dialect);
        let schema = std::sync::Arc::new(schema);
        let other =
            crate::Client::speaking(place.dialect, database, schema, super::support::options());
        let created = other.unwrap().create_missing_tables().await;
        let created = created.unwrap_or_else(|error| panic!("{}: {error:?}", place.name));
        assert_eq!(created.tables.len(), 1, "{}", place.name);
        drop(idle);
    }
}

/// The same tables by another schema: where it asks for more, they are older than it.
fn newer(place: &super::support::Place, text: &str) -> crate::Client {
    let mut schema = super::support::schema(text);
    if place.dialect == Dialect::MySql {
        for model in &mut schema.models {
            model.table = format!("mysql_{}", model.table);
        }
    }
    let (dialect, database) = (place.dialect, place.client.engine.database.clone());
    let schema = std::sync::Arc::new(schema);
    crate::Client::speaking(dialect, database, schema, super::support::options()).unwrap()
}

#[tokio::test]
async fn columns_that_rows_can_do_without_are_added_when_asked_for() {
    let older = "model Person { id String @id\n name String? }";
    let text = "model Person { id String @id\n name String?\n password String? @omit\n age Int? }";
    for place in places_of(older).await.places {
        place
            .client
            .create("Person")
            .set("id", "ann")
            .run()
            .await
            .unwrap();
        let client = newer(&place, text);
        let refused = client.create_missing_tables().await;
        let refused = matches!(refused, Err(CreateTablesError::Incomplete { .. }));
        assert!(refused, "{}", place.name);
        let created = client.create_missing(Growth::Columns).await.unwrap();
        let columns = created.columns.iter().map(|one| one.column.as_str());
        assert_eq!(
            columns.collect::<Vec<_>>(),
            ["password", "age"],
            "{}",
            place.name
        );
        assert!(created.tables.is_empty(), "{}", place.name);
        let again = client.create_missing(Growth::Columns).await.unwrap();
        assert_eq!(again, Created::default(), "{}", place.name);
        let ann = client.find_first("Person").select(["id", "password"]).run();
        let ann = ann.await.unwrap().unwrap();
        assert_eq!(ann.get::<Option<&str>>("password").unwrap(), None);
    }
}

#[tokio::test]
async fn columns_that_need_more_are_never_added() {
    let older = "model Person { id String @id\n name String? }";
    for column in ["age Int", "age Int? @default(1)", "email String? @unique"] {
        let text =
            format!("model Person {{ id String @id\n name String?\n note String?\n {column} }}");
        for place in places_of(older).await.places {
            let client = newer(&place, &text);
            let refused = client.create_missing(Growth::Columns).await;
            let Err(CreateTablesError::Incomplete { columns, .. }) = refused else {
                panic!("{}: {column}: {refused:?}", place.name);
            };
            let name = column.split(' ').next().unwrap();
            assert_eq!(columns.len(), 1, "{}", place.name);
            assert_eq!(columns[0].column, name, "{}", place.name);
            // Nothing was made, not even what could have been.
            let again = newer(&place, older).create_missing_tables().await.unwrap();
            assert_eq!(again, Created::default(), "{}", place.name);
        }
    }
}
