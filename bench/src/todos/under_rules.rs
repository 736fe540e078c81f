//! The engine: calls as a client sends them, on behalf of a person.

use anyhow::{Context, Result, bail};
use hallpass_data::{ArgValue, Client, Operation, Record, RecordParts, Value};
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
        let person = object([("id", text_of(&person.id))]);
        self.client.for_user(Some(person))
    }

    pub(super) async fn find(&self, person: &Person) -> Result<Vec<Todo>> {
        let of = self.of(person);
        let reply = of.call("Todo", Operation::FindMany, &self.find);
        let records = reply.await?.into_records().into_iter();
        records
            .map(|record| todo(&mut record.into_parts()))
            .collect()
    }

    pub(super) async fn find_with_owner(&self, person: &Person) -> Result<Vec<Todo>> {
        let of = self.of(person);
        let reply = of.call("Todo", Operation::FindMany, &self.find_with_owner);
        let records = reply.await?.into_records();
        let with_owner = |record: Record| {
            let mut parts = record.into_parts();
            let todo = todo(&mut parts)?;
            let owner = parts.related("user")?.context("the owner is missing")?;
            Ok(Todo {
                owner: Some(text(owner.into_parts().value("name")?)?),
                ..todo
            })
        };
        records.into_iter().map(with_owner).collect()
    }

    pub(super) async fn create(&self, person: &Person, content: &str) -> Result<Todo> {
        let args = object([("data", object([("content", text_of(content))]))]);
        let reply = self
            .of(person)
            .call("Todo", Operation::Create, &args)
            .await?;
        let record = reply.into_record().context("nothing was created")?;
        todo(&mut record.into_parts())
    }

    pub(super) async fn update(&self, person: &Person, id: &str, content: &str) -> Result<Todo> {
        let args = object([
            ("where", object([("id", text_of(id))])),
            ("data", object([("content", text_of(content))])),
        ]);
        let reply = self
            .of(person)
            .call("Todo", Operation::Update, &args)
            .await?;
        let record = reply.into_record().context("nothing was updated")?;
        todo(&mut record.into_parts())
    }
}

/// Arguments as typed clients make them. Who has JSON has it read, but the side by hand does not begin with JSON either.
fn object<const N: usize>(members: [(&str, ArgValue); N]) -> ArgValue {
    let members = members.map(|(name, value)| (name.to_owned(), value));
    ArgValue::Object(members.into())
}

fn text_of(text: &str) -> ArgValue {
    ArgValue::Text(text.to_owned())
}

fn args(json: Json) -> Result<ArgValue> {
    Ok(ArgValue::from_json(json)?)
}

/// Taken apart, as typed clients read records.
fn todo(parts: &mut RecordParts) -> Result<Todo> {
    Ok(Todo {
        id: text(parts.value("id")?)?,
        content: text(parts.value("content")?)?,
        completed: match parts.value("completed")? {
            Value::Bool(truth) => truth,
            other => bail!("{other:?} is no truth value"),
        },
        created_at: match parts.value("createdAt")? {
            Value::Timestamp(moment) => moment,
            other => bail!("{other:?} is no moment"),
        },
        user_id: text(parts.value("userId")?)?,
        owner: None,
    })
}

fn text(value: Value) -> Result<String> {
    match value {
        Value::Text(text) => Ok(text),
        other => bail!("{other:?} is no text"),
    }
}
