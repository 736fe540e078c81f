//! What the database answers under random rules, against a slow and obvious evaluator that reads the contract and none
//! of the compiler.
//!
//! A case is one model read by one person under one set of rules. `HALLPASS_POLICY_CASES` says how many cases SQLite
//! answers (10,000 unless said; the other databases a hundredth), `HALLPASS_POLICY_SEED` where to begin: a failure prints
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

use crate::{Client, asc};

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
        let cases = if is_fast { cases } else { cases / 100 };
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
                if let Err(difference) = check(&client, &world, seed).await {
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
    Ok(())
}
