//! The same rules as row-level security: whoever speaks SQL as the role sees and changes what the engine lets be seen and
//! changed.
//!
//! PostgreSQL alone has it. A case is one set of rules made into policies, and one person: `HALLPASS_POLICY_CASES` says how
//! many times 50 there are (10,000 unless said).

use std::collections::BTreeMap;
use std::sync::Mutex;

use hallpass_db::testing::TestDatabase;
use hallpass_db::{Database, ErrorKind};
use hallpass_sql::{Access as SqlAccess, Query, Statement, TableName, script};
use serde_json::json;

use super::*;
use crate::{Accessor, Operation as Call, RowSecurityOptions, Unsaid};

const ROLE: &str = "hallpass_test_asker";
/// A number that no row of a world has.
const MARK: i64 = 7;
/// Cases that share tables and rows.
const CASES: u64 = 10;

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    /// It was done, to these rows.
    Rows(Vec<i64>),
    /// The rules refused it.
    Refused,
    /// The tables did.
    Broken,
}

#[tokio::test]
async fn the_database_enforces_what_the_engine_does() {
    run(0).await;
}

#[tokio::test]
async fn the_database_enforces_what_the_engine_does_of_other_rules() {
    run(1).await;
}

/// Every second world, so that two tests share the work.
async fn run(first: u64) {
    let databases = testing::databases().await;
    let Some(test) = databases.iter().find(|test| test.name == "postgres") else {
        return;
    };
    let cases = number("HALLPASS_POLICY_CASES", 10_000) / 100;
    let mut said = Said::default();
    for number in 0..cases.div_ceil(CASES).max(1) {
        let number = number * 2 + first;
        let seed = self::number("HALLPASS_POLICY_SEED", 1) + number * CASES_OF_A_WORLD;
        let world = World::make(seed, &format!("w{number}_"));
        let client = world.fill(&test.database).await;
        for case in 0..cases.min(CASES) {
            if let Err(difference) = compare(test, &client, &world, seed + case, &mut said).await {
                panic!("HALLPASS_POLICY_SEED={seed}, case {case}: {difference}");
            }
        }
    }
    eprintln!("    {said:?}");
    assert!(said.reads > said.closed * 20, "{said:?} says too little");
    let has_tried = said.rows > 0 && said.changed > 0 && said.added > 0;
    assert!(has_tried || cases < 50, "{said:?} tries too little");
}

/// How much was tried, so that nothing passes because nothing is said.
#[derive(Debug, Default)]
struct Said {
    reads: usize,
    closed: usize,
    rows: usize,
    changed: usize,
    added: usize,
}

async fn compare(
    test: &TestDatabase,
    client: &Client,
    world: &World,
    seed: u64,
    said: &mut Said,
) -> Result<(), String> {
    let case = Case::of(world, seed);
    let mut full = client.saying(case.schema.clone());
    Arc::get_mut(&mut full.engine).unwrap().dialect_version = case.version;
    let options = RowSecurityOptions {
        role: ROLE.to_owned(),
        accessor: Accessor::Setting,
        full_access: Vec::new(),
        database_schema: "public".to_owned(),
    };
    let plan = full.row_security(&options).unwrap();
    if let Err(error) = full.apply_row_security(&plan).await {
        return Err(case.told(&format!("{error:?}\n{}", plan.script), world));
    }
    let is_closed = |model: &str, operation: Operation| {
        plan.unsaid.iter().any(|one: &Unsaid| {
            one.model == model && one.field.is_none() && one.operation == Some(operation)
        })
    };
    let session = Session {
        database: &test.database,
        person: case.person.as_ref(),
        refused: Mutex::default(),
    };
    for (number, model) in case.schema.models.iter().take(world.rows.len()).enumerate() {
        let told = |what: &str, found: &Outcome, expected: &Outcome| {
            let what = format!(
                "{what} {}: {found:?} ({}) instead of {expected:?}\n{}",
                model.name,
                session.refused.lock().unwrap(),
                plan.script
            );
            case.told(&what, world)
        };
        let table = &model.table;
        said.reads += 1;
        let sees = if is_closed(&model.name, Operation::Read) {
            said.closed += 1;
            Outcome::Refused
        } else {
            let of = full.for_user(case.person.clone());
            let read = of.find_many(&model.name).order_by(asc("id")).run().await;
            let read = read.map_err(|error| case.told(&format!("{error:?}"), world))?;
            Outcome::Rows(read.iter().map(|row| row.get("id").unwrap()).collect())
        };
        let found = session
            .ids(&format!("SELECT id FROM {table} ORDER BY id"))
            .await;
        if seen(&found) != seen(&sees) {
            return Err(told("read", &found, &sees));
        }
        said.rows += seen(&found).len();
        // Each case writes to one model, since most of its time goes into that.
        if model.name != case.model {
            continue;
        }
        if model.is_polymorphic() {
            for statement in [
                format!("DELETE FROM {table}"),
                format!("UPDATE {table} SET n = {MARK}"),
                format!("INSERT INTO {table} (id) VALUES (1000)"),
            ] {
                assert_eq!(
                    session.run(&statement, None).await,
                    Outcome::Refused,
                    "{statement}"
                );
            }
            continue;
        }
        for (name, value, literal) in [("m", json!(MARK), "7"), ("t", json!("zz"), "'zz'")] {
            let look = format!("SELECT id FROM {table} WHERE {name} = {literal} ORDER BY id");
            let update = format!("UPDATE {table} SET {name} = {literal}");
            let found = session.run(&update, Some(&look)).await;
            let expected = if is_closed(&model.name, Operation::Update) {
                Outcome::Refused
            } else {
                let data = json!({ "data": { name: value } });
                changed(&full, &case, &model.name, Call::UpdateMany, data, &look).await
            };
            if seen(&found) != seen(&expected) || is_broken(&found) != is_broken(&expected) {
                return Err(told(&update, &found, &expected));
            }
            said.changed += seen(&found).len();
        }
        let look = format!("SELECT id FROM {table} ORDER BY id");
        let found = session
            .run(&format!("DELETE FROM {table}"), Some(&look))
            .await;
        let expected = changed(
            &full,
            &case,
            &model.name,
            Call::DeleteMany,
            json!({}),
            &look,
        )
        .await;
        let all = || Outcome::Rows((1..=world.rows[number].len() as i64).collect());
        // Refused as a whole, nothing is gone.
        let left = |outcome: Outcome| match outcome {
            Outcome::Refused => all(),
            other => other,
        };
        let expected = if is_closed(&model.name, Operation::Delete) {
            all()
        } else {
            left(expected)
        };
        let found = left(found);
        if found != expected {
            return Err(told("delete", &found, &expected));
        }
        for row in &world.rows[number] {
            let insert = insert(model, row);
            let found = session.run(&insert, None).await;
            let data = data(row);
            let expected = if is_closed(&model.name, Operation::Create) {
                Outcome::Refused
            } else {
                changed(&full, &case, &model.name, Call::Create, data, "SELECT 1").await
            };
            let admitted = |outcome: &Outcome| matches!(outcome, Outcome::Rows(_));
            if admitted(&found) != admitted(&expected) || is_broken(&found) != is_broken(&expected)
            {
                return Err(told(&insert, &found, &expected));
            }
            said.added += usize::from(admitted(&found));
        }
    }
    Ok(())
}

/// The rows; of what was refused none.
fn seen(outcome: &Outcome) -> &[i64] {
    match outcome {
        Outcome::Rows(rows) => rows,
        Outcome::Refused | Outcome::Broken => &[],
    }
}

fn is_broken(outcome: &Outcome) -> bool {
    *outcome == Outcome::Broken
}

/// What the engine does, of which nothing stays.
async fn changed(
    full: &Client,
    case: &Case,
    model: &str,
    operation: Call,
    args: serde_json::Value,
    look: &str,
) -> Outcome {
    let args = ArgValue::from_json(args).unwrap();
    let outcome = Mutex::new(None);
    let undone: Result<(), Error> = full
        .transaction(async |tx| {
            let of = tx.for_user(case.person.clone());
            let done = match of.call(model, operation, &args).await {
                Ok(_)
                | Err(Error::Rejected {
                    rejection: Rejection::CannotReadBack,
                    ..
                }) => {
                    let rows = tx.raw(look, &[]).await?.rows;
                    Outcome::Rows(rows.iter().map(|row| id(row)).collect())
                }
                Err(Error::Rejected { .. }) => Outcome::Refused,
                Err(Error::ForeignKey { .. }) => Outcome::Broken,
                Err(error) => panic!("{error:?}"),
            };
            *outcome.lock().unwrap() = Some(done);
            Err(Error::NotSupported("nothing stays".to_owned()))
        })
        .await;
    assert!(undone.is_err());
    outcome.into_inner().unwrap().unwrap()
}

fn id(row: &[Value]) -> i64 {
    match row {
        [Value::Int(id)] => *id,
        other => panic!("{other:?} is no id"),
    }
}

/// The row once more, under an id of its own.
fn insert(model: &hallpass_zmodel::schema::Model, row: &BTreeMap<String, Value>) -> String {
    let values = row.iter().map(|(name, value)| {
        let field = model.field(name).unwrap();
        let value = match (name.as_str(), value) {
            ("id", Value::Int(id)) => Value::Int(id + 100),
            ("e", Value::Text(member)) if member == "X" => Value::from("the x"),
            (_, value) => value.clone(),
        };
        (field.column.clone(), Expr::Value(value))
    });
    let (columns, values) = values.unzip();
    let insert = hallpass_sql::Insert {
        table: TableName::from(model.table.as_str()),
        columns,
        rows: vec![values],
        unless: None,
        conflict: None,
        returning: Vec::new(),
    };
    script(&Statement::Insert(insert), Dialect::Postgres).unwrap()
}

fn data(row: &BTreeMap<String, Value>) -> serde_json::Value {
    let values = row.iter().map(|(name, value)| {
        let value = match (name.as_str(), value) {
            ("id", Value::Int(id)) => json!(id + 100),
            (_, Value::Int(number)) => json!(number),
            (_, Value::Bool(truth)) => json!(truth),
            (_, Value::Text(text) | Value::Decimal(text)) => json!(text),
            other => panic!("{other:?} stands in no world"),
        };
        (name.clone(), value)
    });
    let data: serde_json::Map<_, _> = values.collect();
    json!({ "data": data })
}

/// Somebody who speaks SQL.
struct Session<'a> {
    database: &'a Database,
    person: Option<&'a ArgValue>,
    /// What the database last refused, for messages.
    refused: Mutex<String>,
}

impl Session<'_> {
    async fn ids(&self, select: &str) -> Outcome {
        self.run("SELECT 1", Some(select)).await
    }

    /// Runs a statement as the role, of which nothing stays, and what then is there: for a read as the role, else as it is.
    async fn run(&self, statement: &str, look: Option<&str>) -> Outcome {
        let mut transaction = self.database.begin().await.unwrap();
        if let Some(person) = self.person {
            let person = serde_json::to_value(shown(person)).unwrap().to_string();
            let said = query(
                "SELECT CAST(set_config('hallpass.user', $1, TRUE) AS TEXT)",
                1,
            );
            transaction.exec(&said, &[person.into()]).await.unwrap();
        }
        let role = query(&format!("SET LOCAL ROLE {ROLE}"), 0);
        transaction.exec(&role, &[]).await.unwrap();
        let is_read = statement == "SELECT 1";
        let mut done = transaction.exec(&query(statement, 0), &[]).await;
        if let (Ok(_), Some(look)) = (&done, look) {
            if !is_read {
                transaction
                    .exec(&query("RESET ROLE", 0), &[])
                    .await
                    .unwrap();
            }
            done = transaction.exec(&query(look, 0), &[]).await;
        }
        let outcome = match done {
            Ok(done) if look.is_some() => {
                Outcome::Rows(done.rows.iter().map(|row| id(row)).collect())
            }
            Ok(_) => Outcome::Rows(Vec::new()),
            Err(error) if error.code() == Some("42501") => {
                *self.refused.lock().unwrap() = error.to_string();
                Outcome::Refused
            }
            Err(error) if error.kind() == ErrorKind::ForeignKeyViolation => Outcome::Broken,
            Err(error) => panic!("{statement}: {error:?}"),
        };
        transaction.rollback().await.unwrap();
        outcome
    }
}

fn query(text: &str, parameters: usize) -> Query {
    Query {
        text: text.to_owned(),
        binds: (0..parameters).map(hallpass_sql::Bind::Parameter).collect(),
        access: SqlAccess::Write,
    }
}

/// The person as an application would write it down.
fn shown(person: &ArgValue) -> serde_json::Value {
    match person {
        ArgValue::Boolean(truth) => json!(truth),
        ArgValue::Number(number) => json!(number),
        ArgValue::Text(text) => json!(text),
        ArgValue::List(items) => items.iter().map(shown).collect(),
        ArgValue::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, value)| (name.clone(), shown(value)));
            serde_json::Value::Object(members.collect())
        }
        _ => serde_json::Value::Null,
    }
}
