//! The engine: calls as a client sends them, on behalf of a person.

use anyhow::{Context, Result};
use hallpass_data::{ArgValue, Client, Operation, Record};
use serde_json::{Value as Json, json};

use super::{OWN, Person, Todo};

/// What one person asks. The arguments of reads are made before: a program has them, too.
pub(super) struct UnderRules {
    client: Client,
    find: ArgValue,
    find_with_owner: ArgValue,
}

impl UnderRules {
    pub(super) fn new(client: &Client) -> Result<Self> {
        let order = json!({"createdAt": "desc"});
        Ok(Self {
            client: client.clone(),
            find: args(json!({"orderBy": order, "take": OWN}))?,
            find_with_owner: args(
                json!({"orderBy": order, "take": OWN, "include": {"user": true}}),
            )?,
        })
    }

    /// Each request of an application makes a client of its person.
    fn of(&self, person: &Person) -> Client {
        let id = ("id".to_owned(), ArgValue::Text(person.id.clone()));
        self.client.for_user(Some(ArgValue::Object(vec![id])))
    }

    pub(super) async fn find(&self, person: &Person) -> Result<Vec<Todo>> {
        let of = self.of(person);
        let reply = of.call("Todo", Operation::FindMany, &self.find);
        reply.await?.into_records().iter().map(todo).collect()
    }

    pub(super) async fn find_with_owner(&self, person: &Person) -> Result<Vec<Todo>> {
        let of = self.of(person);
        let reply = of.call("Todo", Operation::FindMany, &self.find_with_owner);
        let records = reply.await?.into_records();
        let with_owner = |record: &Record| {
            let owner = record.related("user")?.context("the owner is missing")?;
            Ok(Todo {
                owner: Some(owner.get::<&str>("name")?.to_owned()),
                ..todo(record)?
            })
        };
        records.iter().map(with_owner).collect()
    }

    pub(super) async fn create(&self, person: &Person, content: &str) -> Result<Todo> {
        let args = args(json!({"data": {"content": content}}))?;
        let reply = self
            .of(person)
            .call("Todo", Operation::Create, &args)
            .await?;
        todo(&reply.into_record().context("nothing was created")?)
    }

    pub(super) async fn update(&self, person: &Person, id: &str, content: &str) -> Result<Todo> {
        let args = args(json!({"where": {"id": id}, "data": {"content": content}}))?;
        let reply = self
            .of(person)
            .call("Todo", Operation::Update, &args)
            .await?;
        todo(&reply.into_record().context("nothing was updated")?)
    }
}

fn args(json: Json) -> Result<ArgValue> {
    Ok(ArgValue::from_json(json)?)
}

fn todo(record: &Record) -> Result<Todo> {
    let text = |name| record.get::<&str>(name).map(str::to_owned);
    Ok(Todo {
        id: text("id")?,
        content: text("content")?,
        completed: record.get("completed")?,
        created_at: record.get("createdAt")?,
        user_id: text("userId")?,
        owner: None,
    })
}
