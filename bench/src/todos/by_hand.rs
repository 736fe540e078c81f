//! The yardstick: statements written by hand, each text made once, rows read into a struct.

use anyhow::{Context, Result, bail};
use hallpass_data::{Dialect, Value};
use hallpass_db::{Database, Rows};
use hallpass_sql::{Access, Bind, Query};

use super::{OWN, Person, Todo, now, random};

/// The statements of one database.
pub(super) struct ByHand {
    database: Database,
    find: Query,
    find_with_owner: Query,
    create: Query,
    update: Query,
}

const COLUMNS: &str = r#"id, content, completed, "createdAt", "userId""#;

impl ByHand {
    pub(super) fn new(database: &Database) -> Self {
        let numbered = database.dialect() == Dialect::Postgres;
        let query = |text: &str, values: usize, access| Query {
            text: placeholders(text, numbered),
            binds: (0..values).map(Bind::Parameter).collect(),
            access,
        };
        let find = format!(
            r#"SELECT {COLUMNS} FROM todos WHERE "userId" = ? ORDER BY "createdAt" DESC LIMIT {OWN}"#
        );
        let find_with_owner = format!(
            r#"SELECT t.id, t.content, t.completed, t."createdAt", t."userId", p.id, p.name
FROM todos t LEFT JOIN people p ON p.id = t."userId" AND p.id = ? WHERE t."userId" = ? ORDER BY t."createdAt" DESC LIMIT {OWN}"#
        );
        let create = format!(
            r#"INSERT INTO todos (id, content, completed, "createdAt", "userId") VALUES (?, ?, ?, ?, ?) RETURNING {COLUMNS}"#
        );
        let update = format!(
            r#"UPDATE todos SET content = ? WHERE "userId" = ? AND id = ? RETURNING {COLUMNS}"#
        );
        Self {
            database: database.clone(),
            find: query(&find, 1, Access::Read),
            find_with_owner: query(&find_with_owner, 2, Access::Read),
            create: query(&create, 5, Access::Write),
            update: query(&update, 3, Access::Write),
        }
    }

    pub(super) async fn find(&self, person: &Person) -> Result<Vec<Todo>> {
        let rows = self.database.exec(&self.find, &[text(&person.id)]).await?;
        todos(rows)
    }

    pub(super) async fn find_with_owner(&self, person: &Person) -> Result<Vec<Todo>> {
        let values = [text(&person.id), text(&person.id)];
        todos(self.database.exec(&self.find_with_owner, &values).await?)
    }

    /// The id costs as little as one can that nobody guesses; `cuid()` of the other side costs more.
    pub(super) async fn create(&self, person: &Person, content: &str) -> Result<Todo> {
        let mut bytes = [0; 12];
        random(&mut bytes);
        let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let id: String = digits.map(digit).collect();
        let values = [
            Value::Text(id),
            text(content),
            Value::Bool(false),
            Value::Timestamp(now()),
            text(&person.id),
        ];
        only(self.database.exec(&self.create, &values).await?)
    }

    pub(super) async fn update(&self, person: &Person, id: &str, content: &str) -> Result<Todo> {
        let values = [text(content), text(&person.id), text(id)];
        only(self.database.exec(&self.update, &values).await?)
    }
}

fn placeholders(text: &str, numbered: bool) -> String {
    if !numbered {
        return text.to_owned();
    }
    let mut parts = text.split('?');
    let mut written = parts.next().unwrap_or_default().to_owned();
    for (part, number) in parts.zip(1..) {
        written.push_str(&format!("${number}{part}"));
    }
    written
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn only(rows: Rows) -> Result<Todo> {
    let todos = todos(rows)?;
    todos.into_iter().next().context("nothing was written")
}

fn todos(rows: Rows) -> Result<Vec<Todo>> {
    rows.rows.into_iter().map(todo).collect()
}

fn todo(row: Vec<Value>) -> Result<Todo> {
    let mut cells = row.into_iter();
    let mut cell = || cells.next().unwrap_or(Value::Null);
    Ok(Todo {
        id: string(cell())?,
        content: string(cell())?,
        completed: match cell() {
            Value::Bool(truth) => truth,
            Value::Int(number) => number != 0,
            other => bail!("{other:?} is no truth value"),
        },
        created_at: match cell() {
            Value::Timestamp(moment) => moment,
            Value::Text(text) => text.parse()?,
            other => bail!("{other:?} is no moment"),
        },
        user_id: string(cell())?,
        owner: {
            let _id = cell();
            match cell() {
                Value::Text(name) => Some(name),
                _ => None,
            }
        },
    })
}

fn string(value: Value) -> Result<String> {
    match value {
        Value::Text(text) => Ok(text),
        other => bail!("{other:?} is no text"),
    }
}
