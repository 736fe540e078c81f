//! What the database answers under random rules, against a slow and obvious evaluator that reads the contract and none
//! of the compiler.
//!
//! A case is one model read by one person under one set of rules, and each of its rows judged as if it were about to be
//! written, and as if it had just been changed. `HALLPASS_POLICY_CASES` says how many cases SQLite
//! answers (10,000 unless said; the other databases a twentieth), `HALLPASS_POLICY_SEED` where to begin: a failure prints
//! the seed that makes it the first case.

mod evaluate;
mod generate;
mod world;

use std::env;

use evaluate::Evaluator;
use generate::Generator;
use hallpass_db::testing;
use hallpass_sql::Dialect;
use hallpass_zmodel::Schema;
use world::World;

use crate::codec::Codec;
use crate::plan::Planner;
use crate::policy::Changed;
use crate::{Client, Error, Rejection, Value, asc};

/// Cases that share tables and rows.
const CASES_OF_A_WORLD: u64 = 200;

fn number(variable: &str, unless_said: u64) -> u64 {
    let said = env::var(variable).ok();
    said.map_or(unless_said, |said| said.parse().unwrap())
}

#[tokio::test]
async fn the_database_answers_as_the_contract_says() {
    let cases = number("HALLPASS_POLICY_CASES", 10_000);
    let first = number("HALLPASS_POLICY_SEED", 1);
    for test in &testing::databases().await {
        let is_fast = test.database.dialect() == Dialect::Sqlite;
        let cases = if is_fast { cases } else { cases / 20 };
        let worlds = cases.div_ceil(CASES_OF_A_WORLD).max(3);
        for world in 0..worlds {
            // A world can be made again from the seed of its first case.
            let seed = first + world * CASES_OF_A_WORLD;
            let prefix = format!("w{world}_");
            let world = World::make(seed, &prefix);
            let client = world.fill(&test.database).await;
            let count = CASES_OF_A_WORLD.min(cases);
            for case in 0..count {
                let seed = seed + case;
                let read = check(&client, &world, seed).await;
                let changed = check_changes(&client, &world, seed).await;
                if let Err(difference) = read.and(changed) {
                    panic!("{}, HALLPASS_POLICY_SEED={seed}: {difference}", test.name);
                }
            }
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
    let created = judged(&of, world, model, Asked::Creatable).await;
    if created != expected {
        return Err(context(&format!(
            "{created:?} may be written instead of {expected:?}"
        )));
    }
    Ok(())
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
    if found == expected {
        return Ok(());
    }
    let policies = &schema.model(model).unwrap().policies;
    Err(format!(
        "{found:?} may have become so instead of {expected:?}\n{model}, {person:?}\n{policies:#?}\n{world:?}"
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
