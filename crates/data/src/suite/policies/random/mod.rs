//! What the database answers under random rules, against a slow and obvious evaluator that reads the contract and none
//! of the compiler.
//!
//! A case is one model read by one person under one set of rules, or each of its rows judged as if it were about to be
//! written, and as if it had just been changed. `HALLPASS_POLICY_CASES` says how many reads SQLite answers (10,000 With
//! the seed that a failure prints the other databases a fiftieth, and of rows to be written an eighth), `HALLPASS_POLICY_SEED` where to begin. With
//! the seed that a failure prints, its world comes first, and in it the case of the number that it prints.

mod evaluate;
mod generate;
mod world;

use std::env;

use evaluate::Evaluator;
use generate::Generator;
use hallpass_db::testing::{self, TestDatabase};
use hallpass_sql::Dialect;
use hallpass_zmodel::Schema;
use world::World;

use crate::codec::Codec;
use crate::plan::Planner;
use crate::policy::Changed;
use crate::{ArgValue, Client, Error, Rejection, Value, asc};

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

/// One case.
async fn check(client: &Client, world: &World, seed: u64) -> Result<(), String> {
    let mut generator = Generator::new(world, seed);
    let schema: Schema = generator.with_rules();
    let person = generator.person();
    let model = generator.model();
    let evaluator = Evaluator::new(world, &schema, person.as_ref(), client.dialect());
    let expected = evaluator.readable(model);

    let of = client.saying(schema.clone()).for_user(person.clone());
    let read = of.find_many(model).order_by(asc("id")).run().await;
    let context = |what: &str| {
        let rules: Vec<_> = schema
            .models
            .iter()
            .map(|one| (&one.name, &one.policies))
            .collect();
        let sql = of.find_many(model).order_by(asc("id")).prepare();
        let sql = sql.map(|prepared| prepared.statement().map(|query| query.text.clone()));
        format!("{what}\n{model}, {person:?}\n{rules:#?}\n{sql:?}\n{world:?}")
    };
    let read = read.map_err(|error| context(&format!("{error:?}")))?;
    let found: Vec<i64> = read.iter().map(|row| row.get("id").unwrap()).collect();
    if found != expected {
        return Err(context(&format!("{found:?} instead of {expected:?}")));
    }
    for row in &read {
        let id: i64 = row.get("id").unwrap();
        let expected = evaluator.visible_text(model, id);
        let found: Option<String> = row.get("t").unwrap();
        if found != expected {
            return Err(context(&format!(
                "`t` of {id} is {found:?} instead of {expected:?}"
            )));
        }
    }
    let counted = of.count(model).run().await.unwrap();
    assert_eq!(counted, expected.len() as u64);
    Ok(())
}

/// One case of rows that might be added.
async fn check_new(client: &Client, world: &World, seed: u64) -> Result<(), String> {
    let mut generator = Generator::new(world, seed);
    let schema = generator.with_rules();
    let person = generator.person();
    let model = generator.model();
    let evaluator = Evaluator::new(world, &schema, person.as_ref(), client.dialect());
    let expected = evaluator.readable(model);
    let of = client.saying(schema.clone()).for_user(person.clone());
    let found = judged(&of, world, model, Asked::Creatable).await;
    same(&found, &expected, &schema, model, &person, world)
}

/// One case of rules that look back.
async fn check_changes(client: &Client, world: &World, seed: u64) -> Result<(), String> {
    let mut generator = Generator::looking_back(world, seed);
    let mut schema: Schema = generator.with_rules();
    let person = generator.person();
    let model = generator.model();
    // A row that is checked by another was not changed.
    for other in schema.models.iter_mut().filter(|one| one.name != model) {
        other.policies = Generator::new(world, seed)
            .with_rules()
            .model(&other.name)
            .unwrap()
            .policies
            .clone();
    }
    let evaluator = Evaluator::new(world, &schema, person.as_ref(), client.dialect());
    let expected = evaluator.readable(model);
    let of = client.saying(schema.clone()).for_user(person.clone());
    let found = judged(&of, world, model, Asked::Became).await;
    same(&found, &expected, &schema, model, &person, world)
}

fn same(
    found: &[i64],
    expected: &[i64],
    schema: &Schema,
    model: &str,
    person: &Option<ArgValue>,
    world: &World,
) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    let policies = &schema.model(model).unwrap().policies;
    Err(format!(
        "{found:?} may be written instead of {expected:?}\n{model}, {person:?}\n{policies:#?}\n{world:?}"
    ))
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
