//! Access rules as row-level security: whoever speaks SQL is held by them as a client is. Of random rules, `policies/random`
//! asks the same.

mod attacks;
mod changes;
mod closed;
mod reads;

use hallpass_db::testing::{self, TestDatabase};
use hallpass_db::{Error as DatabaseError, Rows};
use hallpass_sql::{Access, Bind, Query};
use serde_json::Value as Json;

use super::policies::support::ruled;
use crate::{Accessor, Client, RowSecurityError, RowSecurityOptions, Value};

const ROLE: &str = "hallpass_test_sql";

const SCHEMA: &str = "
    enum Role { USER ADMIN @map(\"it's admin\") }

    model User {
      id    Int     @id
      name  String
      role  Role
      since DateTime
      orgId Int?
      org   Org?    @relation(fields: [orgId], references: [id])
      docs  Doc[]
      teams Team[]
      @@allow('read', auth() == this || org.users?[id == auth().id])
      @@allow('update', auth() == this)
    }

    model Org {
      id    Int    @id
      plan  String
      users User[]
      docs  Doc[]
      @@allow('read', users?[id == auth().id])
      @@allow('read', docs?[check(owner)])
    }

    model Team {
      id    Int    @id
      name  String
      users User[]
      @@allow('read', users?[id == auth().id] || auth().org.plan == 'large')
    }

    model Doc {
      id       Int     @id
      title    String  @deny('update', state == 'frozen')
      state    String
      secret   String? @allow('read', owner == auth())
      hidden   String? @omit
      ownerId  Int
      owner    User    @relation(fields: [ownerId], references: [id])
      orgId    Int?
      org      Org?    @relation(fields: [orgId], references: [id])
      parentId Int?
      parent   Doc?    @relation('tree', fields: [parentId], references: [id])
      children Doc[]   @relation('tree')
      @@allow('read', owner == auth() || check(org, 'read') || children?[owner == auth()])
      @@allow('read', auth().role == ADMIN)
      @@deny('read', state == 'withdrawn' && auth().name != title)
      @@allow('create', owner == auth() && owner.since < now())
      @@allow('update', owner == auth())
      @@deny('post-update', before().ownerId != ownerId && !(before().state == 'shared'))
      @@allow('post-update', currentOperation('lower') == 'post-update')
      @@allow('delete', auth().teams?[name == 'editors'])
    }
";

const ROWS: &[&str] = &[
    "INSERT INTO \"Org\" VALUES (1, 'small'), (2, 'large'), (3, 'none')",
    "INSERT INTO \"User\" VALUES (1, 'ann', 'USER', '2025-01-01', 1), (2, 'bob', 'USER', '2025-01-01', 1), \
     (3, 'cid', 'it''s admin', '2025-01-01', NULL), (4, 'dee', 'USER', '2025-01-01', 2), (5, 'eve', 'USER', '2226-01-01', NULL)",
    "INSERT INTO \"Team\" VALUES (1, 'editors'), (2, 'others')",
    "INSERT INTO \"_TeamToUser\" VALUES (1, 2), (2, 2), (2, 4)",
    "INSERT INTO \"Doc\" VALUES (1, 'a', 'open', 's', 'h', 1, NULL, NULL), (2, 'b', 'frozen', NULL, NULL, 2, 1, 1), \
     (3, 'cid', 'withdrawn', NULL, NULL, 4, 2, NULL), (4, 'd', 'open', NULL, NULL, 4, 2, 2), (5, 'e', 'shared', NULL, NULL, 1, 3, 5)",
];

/// A database whose tables the rules guard.
struct Secured {
    test: TestDatabase,
    db: Client,
}

fn options() -> RowSecurityOptions {
    RowSecurityOptions {
        role: ROLE.to_owned(),
        accessor: Accessor::Setting,
        full_access: Vec::new(),
        database_schema: "public".to_owned(),
    }
}

/// The tables of a schema on PostgreSQL, where it is there, guarded.
async fn secured(text: &str, rows: &[&str]) -> Option<Secured> {
    let secured = unsecured(text, rows).await?;
    secured.apply().await.unwrap();
    Some(secured)
}

async fn unsecured(text: &str, rows: &[&str]) -> Option<Secured> {
    let databases = testing::databases().await;
    let test = databases.into_iter().find(|test| test.name == "postgres")?;
    let db = client(&test, text).await;
    for row in rows {
        test.run(row).await;
    }
    Some(Secured { test, db })
}

async fn client(test: &TestDatabase, text: &str) -> Client {
    let schema = crate::suite::support::schema(text);
    let options = crate::suite::support::options();
    let db = Client::new(test.database.clone(), schema.into(), options).unwrap();
    db.create_missing_tables().await.unwrap();
    db
}

impl Secured {
    async fn apply(&self) -> Result<(), RowSecurityError> {
        let plan = self.db.row_security(&options()).unwrap();
        self.db.apply_row_security(&plan).await
    }

    /// Runs statements as the role, on behalf of a person, one after the other; gives what the last one says. Nothing stays.
    async fn sql(&self, person: &Json, statements: &[&str]) -> Result<Rows, DatabaseError> {
        let said = match person {
            Json::Null => String::new(),
            Json::String(text) => text.clone(),
            person => person.to_string(),
        };
        self.said(&said, statements).await
    }

    async fn said(&self, said: &str, statements: &[&str]) -> Result<Rows, DatabaseError> {
        let mut transaction = self.test.database.begin().await?;
        let mut set = query("SELECT CAST(set_config('hallpass.user', $1, TRUE) AS TEXT)");
        set.binds = vec![Bind::Parameter(0)];
        transaction.exec(&set, &[said.into()]).await?;
        let role = query(&format!("SET LOCAL ROLE {ROLE}"));
        transaction.exec(&role, &[]).await?;
        let mut last = Ok(Rows::default());
        for statement in statements {
            last = transaction.exec(&query(statement), &[]).await;
            if last.is_err() {
                break;
            }
        }
        transaction.rollback().await?;
        last
    }

    /// The numbers that a statement of one column gives.
    async fn ids(&self, person: &Json, select: &str) -> Vec<i64> {
        ids(self.sql(person, &[select]).await.unwrap())
    }
}

fn ids(rows: Rows) -> Vec<i64> {
    let id = |row: Vec<Value>| match row.as_slice() {
        [Value::Int(id)] => *id,
        other => panic!("{other:?} is no id"),
    };
    rows.rows.into_iter().map(id).collect()
}

fn query(text: &str) -> Query {
    Query {
        text: text.to_owned(),
        binds: Vec::new(),
        access: Access::Write,
    }
}

/// Whether the database refused it for want of rights.
fn is_refused(result: &Result<Rows, DatabaseError>) -> bool {
    matches!(result, Err(error) if error.code() == Some("42501"))
}

#[tokio::test]
async fn other_databases_are_told_that_they_have_none() {
    for (name, db) in ruled(SCHEMA_OF_OTHERS).await.clients {
        let made = db.row_security(&options());
        if name == "postgres" {
            assert!(made.is_ok(), "{name}: {made:?}");
            continue;
        }
        let Err(RowSecurityError::Dialect { dialect }) = made else {
            panic!("{name}: {made:?}");
        };
        assert_eq!(dialect, db.dialect());
        let refused = db.for_user(None).row_security(&options());
        assert!(matches!(refused, Err(RowSecurityError::Data(_))), "{name}");
    }
}

const SCHEMA_OF_OTHERS: &str = "model Note { id Int @id  @@allow('read', true) }";
