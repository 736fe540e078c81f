//! Tables and rows.

use std::collections::BTreeMap;
use std::fmt::Write;

use hallpass_db::Database;
use hallpass_zmodel::Schema;

use super::generate::Dice;
use crate::suite::support::{call, options, schema};
use crate::{Client, Operation, Value};

/// How many models there are.
pub(super) const MODELS: usize = 3;
/// Some differ in nothing but case, or blanks at the end.
const TEXTS: [&str; 7] = ["a", "A", "b", "a%", "ab", "a ", "A "];
pub(super) const NUMBERS: [&str; 4] = ["0.5", "1", "1.25", "10"];

/// A relation that model `owner` keeps the key of; 0 is the first model.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) owner: usize,
    pub(super) target: usize,
    pub(super) required: bool,
}

/// A small database.
#[derive(Debug)]
pub(super) struct World {
    pub(super) schema: Schema,
    pub(super) links: Vec<Link>,
    /// Whether the rows of each model stand in two tables, its own and that of a delegate.
    split: bool,
    /// The rows of each model, by the names of their fields; what is not there is null.
    pub(super) rows: Vec<Vec<BTreeMap<String, Value>>>,
}

impl World {
    pub(super) fn make(seed: u64, prefix: &str) -> Self {
        let mut dice = Dice::new(seed);
        let links: Vec<_> = (0..dice.below(4) + 1)
            .map(|_| {
                let owner = dice.below(MODELS);
                let target = dice.below(owner + 1);
                Link {
                    owner,
                    target,
                    required: target < owner && dice.one_in(2),
                }
            })
            .collect();
        let split = dice.one_in(2);
        let mut world = Self {
            schema: schema(&text(&links, prefix, split)),
            links,
            split,
            rows: vec![Vec::new(); MODELS],
        };
        for model in 0..MODELS {
            let mut rows = dice.below(4) + 1;
            let needs = world.links.iter().any(|link| {
                link.owner == model && link.required && world.rows[link.target].is_empty()
            });
            if needs {
                rows = 0;
            }
            for id in 1..=rows {
                let row = world.row(&mut dice, model, id);
                world.rows[model].push(row);
            }
        }
        world
    }

    fn row(&self, dice: &mut Dice, model: usize, id: usize) -> BTreeMap<String, Value> {
        let mut row = BTreeMap::new();
        let mut set = |name: &str, value: Value| row.insert(name.to_owned(), value);
        set("id", Value::Int(id as i64));
        set("t", (*dice.of(&TEXTS)).into());
        set("m", Value::Int(dice.below(3) as i64));
        set("c", Value::Bool(dice.one_in(2)));
        if dice.one_in(2) {
            set("s", (*dice.of(&TEXTS)).into());
        }
        if dice.one_in(2) {
            set("n", Value::Int(dice.below(3) as i64));
        }
        if dice.one_in(2) {
            set("d", Value::Decimal((*dice.of(&NUMBERS)).to_owned()));
        }
        if dice.one_in(2) {
            set("b", Value::Bool(dice.one_in(2)));
        }
        if dice.one_in(2) {
            set("e", (*dice.of(&["X", "Y"])).into());
        }
        for (number, link) in self.links.iter().enumerate() {
            if link.owner != model {
                continue;
            }
            let there = self.rows[link.target].len();
            if there > 0 && (link.required || dice.one_in(2)) {
                let target = dice.below(there) + 1;
                row.insert(format!("l{number}Id"), Value::Int(target as i64));
            }
        }
        row
    }

    /// Makes the tables and writes the rows.
    pub(super) async fn fill(&self, database: &Database) -> Client {
        let dialect = database.dialect();
        let schema = self.schema.clone().into();
        let client = Client::speaking(dialect, database.clone(), schema, options()).unwrap();
        client.create_missing_tables().await.unwrap();
        for (model, rows) in self.schema.models.iter().zip(&self.rows) {
            for row in rows {
                self.add(&client, &model.name, row).await;
            }
        }
        client
    }

    async fn add(&self, client: &Client, model: &str, row: &BTreeMap<String, Value>) {
        if !self.split {
            let create = row
                .iter()
                .fold(client.create(model), |create, (name, value)| {
                    create.set(name, value.clone())
                });
            create.run().await.unwrap();
            return;
        }
        let values = row.iter().map(|(name, value)| (name.clone(), json(value)));
        let data: serde_json::Map<_, _> = values.collect();
        let args = serde_json::json!({ "data": data });
        call(client, model, Operation::Create, args).await.unwrap();
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Int(number) => (*number).into(),
        Value::Bool(truth) => (*truth).into(),
        Value::Text(text) | Value::Decimal(text) => text.as_str().into(),
        other => panic!("{other:?} stands in no world"),
    }
}

fn text(links: &[Link], prefix: &str, split: bool) -> String {
    let mut text = "enum E {\n X @map(\"the x\")\n Y\n}\n".to_owned();
    let mut delegates = String::new();
    for model in 0..MODELS {
        let fields = "id Int @id\n t String\n s String?\n m Int\n b Boolean?\n";
        let own = "n Int?\n d Decimal?\n c Boolean\n e E?\n";
        if split {
            // After the models, whose places others count.
            write!(
                delegates,
                "model D{model} {{ {fields} kind String\n @@delegate(kind)\n @@map(\"{prefix}d{model}\") }}\n"
            )
            .unwrap();
            write!(text, "model M{model} extends D{model} {{ {own}").unwrap();
        } else {
            write!(text, "model M{model} {{ {fields} {own}").unwrap();
        }
        for (number, link) in links.iter().enumerate() {
            let target = link.target;
            if link.owner == model {
                let mark = if link.required { "" } else { "?" };
                writeln!(
                    text,
                    "l{number}Id Int{mark}\n l{number} M{target}{mark} @relation(\"r{number}\", fields: [l{number}Id], references: [id])"
                )
                .unwrap();
            }
            if target == model {
                writeln!(
                    text,
                    "back{number} M{}[] @relation(\"r{number}\")",
                    link.owner
                )
                .unwrap();
            }
        }
        writeln!(text, "@@map(\"{prefix}m{model}\") }}").unwrap();
    }
    text.push_str(&delegates);
    text.replace("enum E {", &format!("enum E {{\n @@map(\"{prefix}e\")\n"))
}
