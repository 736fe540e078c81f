//! What the database answers under random rules, against a slow and obvious evaluator that reads the contract and none
//! of the compiler.
//!
//! A case is one model read by one person under one set of rules in one version of the language, what may be changed of it
//! included; or each of its rows judged as if it were about to be written, and as if it had just been changed. `HALLPASS_POLICY_CASES` says how many reads SQLite answers (10,000 unless
//! said; the other databases a fiftieth, and of rows to be written an eighth), `HALLPASS_POLICY_SEED` where to begin. With
//! the seed that a failure prints, its world comes first, and in it the case of the number that it prints.

mod evaluate;
mod generate;
mod in_database;
mod truth;
mod world;

use std::env;
use std::sync::Arc;

use evaluate::Evaluator;
use generate::Generator;
use hallpass_db::testing::{self, TestDatabase};
use hallpass_sql::{Dialect, Expr, Statement};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::Operation;
use world::World;

use crate::codec::Codec;
use crate::plan::Planner;
use crate::policy::Changed;
use crate::{ArgValue, Client, DialectVersion, Error, Rejection, Value, asc, field};

/// Cases that share tables and rows.
const CASES_OF_A_WORLD: u64 = 200;
/// Worlds that share a database. Making tables takes longer the more there are.
const WORLDS_OF_A_DATABASE: u64 = 25;

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no settings but these"
)]
fn number(variable: &str, unless_said: u64) -> u64 {
    let said = env::var(variable).ok();
    said.map_or(unless_said, |said| said.parse().unwrap())
}

#[tokio::test]
async fn the_database_answers_as_the_contract_says() {
    run(1, async |client, world, seed| {
        check(client, world, seed).await
    })
    .await;
}

#[tokio::test]
async fn rows_to_be_written_are_judged_as_the_contract_says() {
    run(8, async |client, world, seed| {
        check_new(client, world, seed).await?;
        check_changes(client, world, seed).await
    })
    .await;
}

/// Runs as many cases as somebody wants, or a part of them where each takes as many times as long.
async fn run(effort: u64, check: impl AsyncFn(&Client, &World, u64) -> Result<(), String>) {
    let cases = number("HALLPASS_POLICY_CASES", 10_000) / effort;
    let (fast, slow) = (Plan::of(cases), Plan::of(cases / 50));
    let mut progress = Progress::of(cases);
    for batch in 0..fast.worlds.div_ceil(WORLDS_OF_A_DATABASE) {
        let worlds = batch * WORLDS_OF_A_DATABASE..(batch + 1) * WORLDS_OF_A_DATABASE;
        let databases = if worlds.start < slow.worlds {
            testing::databases().await
        } else {
            vec![testing::sqlite().await]
        };
        for test in &databases {
            let is_fast = test.database.dialect() == Dialect::Sqlite;
            let plan = if is_fast { fast } else { slow };
            for number in worlds.start..worlds.end.min(plan.worlds) {
                plan.judge(test, number, &check).await;
                if is_fast {
                    progress.add(plan.cases_of_each);
                }
            }
        }
    }
}

/// How many cases a database answers.
#[derive(Debug, Clone, Copy)]
struct Plan {
    worlds: u64,
    cases_of_each: u64,
}

impl Plan {
    fn of(cases: u64) -> Self {
        let worlds = cases.div_ceil(CASES_OF_A_WORLD).max(3);
        Self {
            worlds,
            cases_of_each: cases.div_ceil(worlds),
        }
    }

    /// The cases of one world.
    async fn judge(
        &self,
        test: &TestDatabase,
        number: u64,
        check: &impl AsyncFn(&Client, &World, u64) -> Result<(), String>,
    ) {
        // A world can be made again from the seed of its first case.
        let seed = self::number("HALLPASS_POLICY_SEED", 1) + number * CASES_OF_A_WORLD;
        let world = World::make(seed, &format!("w{number}_"));
        let client = world.fill(&test.database).await;
        for case in 0..self.cases_of_each {
            if let Err(difference) = check(&client, &world, seed + case).await {
                panic!(
                    "{}, HALLPASS_POLICY_SEED={seed}, case {case}: {difference}",
                    test.name
                );
            }
        }
    }
}

/// Says how far a long run is.
struct Progress {
    all: u64,
    done: u64,
    told: u64,
}

impl Progress {
    /// Cases between two lines. Runs of fewer say nothing.
    const STEP: u64 = 10_000;

    fn of(all: u64) -> Self {
        Self {
            all,
            done: 0,
            told: 0,
        }
    }

    fn add(&mut self, cases: u64) {
        self.done += cases;
        if self.all > Self::STEP && self.done - self.told >= Self::STEP {
            self.told = self.done;
            eprintln!("    {} of {} cases on SQLite", self.done, self.all);
        }
    }
}

/// Rules, and somebody they are about.
struct Case {
    schema: Schema,
    person: Option<ArgValue>,
    model: &'static str,
    version: DialectVersion,
}

impl Case {
    fn of(world: &World, seed: u64) -> Self {
        let mut generator = Generator::new(world, seed);
        Self {
            schema: generator.with_rules(),
            person: generator.person(),
            model: generator.model(),
            version: generator.version(),
        }
    }

    fn evaluator<'a>(&'a self, client: &Client, world: &'a World) -> Evaluator<'a> {
        let person = self.person.as_ref();
        Evaluator::new(world, &self.schema, person, client.dialect(), self.version)
    }

    fn client(&self, client: &Client) -> Client {
        let mut client = client.saying(self.schema.clone());
        Arc::get_mut(&mut client.engine).unwrap().dialect_version = self.version;
        client.for_user(self.person.clone())
    }

    fn same(
        &self,
        what: &str,
        found: &[i64],
        expected: &[i64],
        world: &World,
    ) -> Result<(), String> {
        if found == expected {
            return Ok(());
        }
        Err(self.told(&format!("{what}: {found:?} instead of {expected:?}"), world))
    }

    fn told(&self, what: &str, world: &World) -> String {
        let Self {
            schema,
            person,
            model,
            version,
        } = self;
        let rules: Vec<_> = schema.models.iter().map(rules_of).collect();
        let rows = &world.rows;
        let links = &world.links;
        format!("{what}\n{model}, {version:?}, {person:?}\n{rules:#?}\n{links:?}\n{rows:?}")
    }
}

fn rules_of(model: &hallpass_zmodel::schema::Model) -> String {
    let fields = model.fields.iter();
    let fields = fields.filter(|field| !field.policies.is_empty());
    let fields: Vec<_> = fields.map(|field| (&field.name, &field.policies)).collect();
    format!("{}: {:#?} {fields:#?}", model.name, model.policies)
}

/// One case.
async fn check(client: &Client, world: &World, seed: u64) -> Result<(), String> {
    let case = Case::of(world, seed);
    let evaluator = case.evaluator(client, world);
    let model = case.model;
    let expected = evaluator.admitted(model, Operation::Read);
    let of = case.client(client);
    let read = of.find_many(model).order_by(asc("id")).run().await;
    let read = read.map_err(|error| case.told(&format!("{error:?}"), world))?;
    let found: Vec<i64> = read.iter().map(|row| row.get("id").unwrap()).collect();
    case.same("read", &found, &expected, world)?;
    for row in &read {
        let id: i64 = row.get("id").unwrap();
        for name in ["t", "d"] {
            let found: Option<&Value> = row.get(name).unwrap();
            let expected = evaluator.visible(model, id, name);
            if found != expected.as_ref() {
                let what = format!("`{name}` of {id} is {found:?} instead of {expected:?}");
                return Err(case.told(&what, world));
            }
        }
    }
    let above = of
        .find_many(model)
        .filter(field("d").gt(Value::Decimal("1".to_owned())));
    let above = above.order_by(asc("id")).run().await.unwrap();
    let above: Vec<i64> = above.iter().map(|row| row.get("id").unwrap()).collect();
    case.same("above", &above, &evaluator.above(model, 1), world)?;
    let updatable = updatable(&of, model, "t").await;
    case.same(
        "update",
        &updatable,
        &evaluator.updatable(model, "t"),
        world,
    )?;
    let counted = of.count(model).run().await.unwrap();
    assert_eq!(counted, expected.len() as u64);
    Ok(())
}

/// The ids of the rows that the condition of an update would find.
async fn updatable(of: &Client, model: &str, name: &str) -> Vec<i64> {
    let planner = Planner::new(of);
    let model = planner.model(model).unwrap();
    let scene = Planner::own(model);
    let fields = [model.field(name).unwrap()];
    let mut conditions = planner.may_write_all(scene, &fields).unwrap();
    conditions.extend(planner.may_update(scene, &fields).unwrap());
    let id = planner.at(scene, model.field("id").unwrap()).unwrap();
    let mut select = planner.rows(scene, vec![id]).unwrap();
    select.filter = Some(Expr::And(conditions));
    let query = hallpass_sql::emit(&Statement::Select(select), of.dialect()).unwrap();
    let rows = of.statement(&model.name, &query, &[]).await.unwrap().rows;
    let mut ids: Vec<_> = rows
        .into_iter()
        .map(|row| match row.as_slice() {
            [Value::Int(id)] => *id,
            other => panic!("{other:?} is no id"),
        })
        .collect();
    ids.sort_unstable();
    ids
}

/// One case of rows that might be added.
async fn check_new(client: &Client, world: &World, seed: u64) -> Result<(), String> {
    let case = Case::of(world, seed);
    let expected = case
        .evaluator(client, world)
        .admitted(case.model, Operation::Create);
    let found = judged(&case.client(client), world, case.model, Asked::Creatable).await;
    case.same("create", &found, &expected, world)
}

/// One case of rows that changed.
async fn check_changes(client: &Client, world: &World, seed: u64) -> Result<(), String> {
    let case = Case::of(world, seed);
    let expected = case
        .evaluator(client, world)
        .admitted(case.model, Operation::PostUpdate);
    let found = judged(&case.client(client), world, case.model, Asked::Became).await;
    case.same("post-update", &found, &expected, world)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Asked {
    Creatable,
    Became,
}

/// The ids of the rows that the rules let be written, or have been.
async fn judged(of: &Client, world: &World, model: &str, asked: Asked) -> Vec<i64> {
    let planner = Planner::new(of);
    let model = planner.model(model).unwrap();
    let number = world
        .schema
        .models
        .iter()
        .position(|one| one.name == model.name);
    let mut found = Vec::new();
    for (row, id) in world.rows[number.unwrap()].iter().zip(1..) {
        let values = row.iter().map(|(name, value)| {
            let field = model.field(name).unwrap();
            let codec = Codec::of(of.engine(), model, field).unwrap();
            (field, codec.encode(value).unwrap())
        });
        let values: Vec<_> = values.collect();
        let verdict = match asked {
            Asked::Creatable => planner.creatable(model, &[values]),
            Asked::Became => {
                let changed = Changed {
                    key: vec![Value::Int(id)],
                    before: values,
                };
                planner.became(model, &[changed])
            }
        };
        let verdict = verdict.unwrap();
        match verdict.require(of, model, Rejection::NoAccess).await {
            Ok(()) => found.push(id),
            Err(Error::Rejected { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    found
}
