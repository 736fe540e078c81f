//! Tables in schemas of PostgreSQL.
//!
//! Source: contract zenstack §1.2, §5.3 (`@@schema`, `defaultSchema`).

use hallpass_sql::Dialect;
use serde_json::json;

use super::{call, given, options, schema};
use crate::suite::support::Place;
use crate::{ArgValue, Client, OpenError, Operation};

const SCHEMA: &str = r#"
    datasource db {
      provider      = "postgresql"
      url           = "x"
      schemas       = ["hp_base", "hp_shop"]
      defaultSchema = "hp_base"
    }
    enum Role { USER ADMIN @@schema("hp_shop") }
    model User {
      id     Int     @id
      name   String
      role   Role    @default(USER)
      orders Order[]
      tags   Tag[]
      @@allow('create', true)
      @@allow('read,update,delete', orders?[total > 5] || auth().id == id)
    }
    model Order {
      id     Int  @id
      total  Int
      userId Int
      user   User @relation(fields: [userId], references: [id])
      @@schema("hp_shop")
      @@map("user")
      @@allow('all', user.name == 'Ann')
    }
    model Tag {
      id    Int    @id
      users User[]
      @@schema("hp_shop")
      @@allow('all', true)
    }
"#;

async fn places() -> Vec<(hallpass_db::testing::TestDatabase, Option<Place>)> {
    let mut places = Vec::new();
    for test in hallpass_db::testing::databases().await {
        let dialect = test.database.dialect();
        let mut schema = schema(SCHEMA);
        if dialect != Dialect::Postgres {
            schema.datasource = None;
        }
        let client = Client::new(test.database.clone(), schema.into(), options());
        let place = match client {
            Ok(client) => Some(Place {
                name: "postgres",
                client,
                dialect,
            }),
            Err(error) => {
                assert_eq!(
                    error,
                    OpenError::Places {
                        item: "Order".to_owned()
                    }
                );
                None
            }
        };
        assert_eq!(place.is_some(), dialect == Dialect::Postgres);
        places.push((test, place));
    }
    places
}

#[tokio::test]
async fn tables_live_in_the_schemas_that_they_name() {
    for (_test, place) in places().await {
        let Some(place) = place else { continue };
        let made = place.client.create_missing_tables().await.unwrap();
        assert_eq!(made.tables.len(), 4);
        let again = place.client.create_missing_tables().await.unwrap();
        assert!(
            again.tables.is_empty() && again.enums.is_empty(),
            "{again:?}"
        );
        let place = Place {
            client: place.client.fitted().await.unwrap(),
            ..place
        };
        assert!(
            place
                .client
                .found()
                .unwrap()
                .tables
                .iter()
                .any(|table| table.schema.as_deref() == Some("hp_shop"))
        );
        let ann = json!({"data": {"id": 1, "name": "Ann", "role": "ADMIN", "orders": {"create": [{"id": 1, "total": 3}, {"id": 2, "total": 9}]}, "tags": {"create": {"id": 1}}}, "include": {"orders": {"orderBy": {"id": "asc"}, "select": {"total": true}}, "tags": true, "_count": true}});
        let made = given(&place, "User", Operation::Create, ann).await;
        assert_eq!(
            made,
            json!({"id": 1, "name": "Ann", "role": "ADMIN", "orders": [{"total": 3}, {"total": 9}], "tags": [{"id": 1}], "_count": {"orders": 2, "tags": 1}})
        );
        let tagged = json!({"where": {"tags": {"some": {"id": 1}}, "orders": {"every": {"user": {"name": "Ann"}}}}, "orderBy": {"orders": {"_count": "asc"}}, "select": {"id": true}});
        assert_eq!(
            given(&place, "User", Operation::FindMany, tagged).await,
            json!([{"id": 1}])
        );
        let updated = json!({"where": {"id": 1}, "data": {"name": "Bob", "orders": {"deleteMany": {"total": {"lt": 5}}}, "tags": {"disconnect": {"id": 1}}}, "select": {"name": true}});
        assert_eq!(
            given(&place, "User", Operation::Update, updated).await,
            json!({"name": "Bob"})
        );
        assert_eq!(
            given(&place, "Order", Operation::Count, json!({})).await,
            json!(1)
        );
        // Rules name the tables where they live as well.
        for (id, orders, users) in [(1, 0, 1), (2, 0, 1)] {
            let person = ArgValue::from_json(json!({"id": id})).unwrap();
            let person = place.client.for_user(Some(person));
            assert_eq!(
                call(&person, "Order", Operation::Count, json!({}))
                    .await
                    .unwrap(),
                json!(orders)
            );
            assert_eq!(
                call(&person, "User", Operation::Count, json!({}))
                    .await
                    .unwrap(),
                json!(users)
            );
        }
        let gone = given(
            &place,
            "Order",
            Operation::DeleteMany,
            json!({"where": {"user": {"role": "ADMIN"}}}),
        )
        .await;
        assert_eq!(gone, json!({"count": 1}));
    }
}
