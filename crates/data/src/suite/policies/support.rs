use std::sync::Arc;

use hallpass_db::testing::{self, TestDatabase};
use hallpass_sql::Dialect;
use serde_json::{Value as Json, json};

use crate::suite::support::{options, schema};
use crate::{ArgValue, Client, asc};

/// Clients of a schema with rules, on every database there is.
pub(in crate::suite) struct Ruled {
    pub(in crate::suite) clients: Vec<(&'static str, Client)>,
    _databases: Vec<TestDatabase>,
}

/// Makes the tables of a schema.
pub(in crate::suite) async fn ruled(text: &str) -> Ruled {
    let databases = testing::databases().await;
    let mut clients = Vec::new();
    for test in &databases {
        clients.push((
            test.name,
            client(test, test.database.dialect(), text, "").await,
        ));
        if test.database.dialect() == Dialect::MariaDb {
            let other = client(test, Dialect::MySql, text, "mysql_").await;
            clients.push(("mariadb speaking MySQL", other));
        }
    }
    Ruled {
        clients,
        _databases: databases,
    }
}

async fn client(test: &TestDatabase, dialect: Dialect, text: &str, prefix: &str) -> Client {
    let mut full = schema(text);
    for model in &mut full.models {
        model.table = format!("{prefix}{}", model.table);
    }
    let mut plain = full.clone();
    for model in &mut plain.models {
        model.policies.clear();
        for field in &mut model.fields {
            field.policies.clear();
        }
    }
    let database = test.database.clone();
    let client = Client::speaking(dialect, database, Arc::new(plain), options()).unwrap();
    client.create_missing_tables().await.unwrap();
    client.saying(full)
}

/// A person; nobody for null.
pub(in crate::suite) fn person(json: Json) -> Option<ArgValue> {
    Some(ArgValue::from_json(json).unwrap())
}

/// The ids of the rows that somebody sees, in order.
pub(in crate::suite) async fn seen(db: &Client, model: &str, who: &Json) -> Vec<i64> {
    let of = db.for_user(person(who.clone()));
    let rows = of.find_many(model).order_by(asc("id")).run().await.unwrap();
    rows.iter().map(|row| row.get("id").unwrap()).collect()
}

/// The statement by which somebody reads a model, without its bound of rows; `None` where none is sent.
pub(in crate::suite) fn statement(db: &Client, model: &str, who: &Json) -> Option<String> {
    let of = db.for_user(person(who.clone()));
    let prepared = of.find_many(model).select(["id"]).plan().unwrap();
    let text = prepared.statement().map(|query| query.text.as_str())?;
    let bounded = text.rsplit_once(" LIMIT ").map(|(text, _)| text);
    Some(bounded.unwrap_or(text).to_owned())
}

/// Nobody.
pub(in crate::suite) fn nobody() -> Json {
    json!(null)
}
