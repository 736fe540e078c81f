//! Random rules and persons.

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{
    Comparison, Effect, Expr, ExprKind, Function, Operation, Operations, Policy, Quantifier,
    Scalar, Type, TypeBase,
};
use serde_json::{Value as Json, json};

use super::world::{MODELS, NUMBERS, World};
use crate::{ArgValue, DialectVersion};

/// How deep conditions nest.
const DEPTH: usize = 4;
const COMPARISONS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
];

/// Numbers that a seed decides.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(super) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub(super) fn of<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }
}

/// What an expression may speak of.
#[derive(Debug, Clone)]
enum About {
    /// A row of the model of this number.
    Row(usize),
    /// A membership of the person.
    Data,
}

#[derive(Debug)]
pub(super) struct Generator<'w> {
    world: &'w World,
    dice: Dice,
    /// The model whose rules are made, and what enclosing predicates look at.
    this: usize,
    elements: Vec<About>,
    /// Whether rules may speak of the row as it was, which in these worlds is the row as it is.
    looks_back: bool,
}

impl<'w> Generator<'w> {
    pub(super) fn new(world: &'w World, seed: u64) -> Self {
        Self {
            world,
            dice: Dice::new(!seed),
            this: 0,
            elements: Vec::new(),
            looks_back: false,
        }
    }

    pub(super) fn model(&mut self) -> &'static str {
        ["M0", "M1", "M2"][self.dice.below(MODELS)]
    }

    pub(super) fn version(&mut self) -> DialectVersion {
        *self.dice.of(&[DialectVersion::Two, DialectVersion::Three])
    }

    /// The world's schema with rules.
    pub(super) fn with_rules(&mut self) -> Schema {
        let mut schema = self.world.schema.clone();
        for model in 0..MODELS {
            self.this = model;
            let count = 1 + self.dice.below(3);
            let mut policies: Vec<_> = (0..count).map(|_| self.policy()).collect();
            let mut first = self.rule(Operations::from_iter(Operation::ALL));
            first.effect = Effect::Allow;
            policies.push(first);
            schema.models[model].policies = policies;
            for field in &mut schema.models[model].fields {
                if ["t", "d"].contains(&field.name.as_str()) && self.dice.one_in(2) {
                    let of = [Operation::Read, Operation::Update];
                    field.policies = vec![self.rule(Operations::from_iter(of))];
                }
            }
        }
        schema
    }

    fn policy(&mut self) -> Policy {
        let operations: &[Operation] = match self.dice.below(5) {
            0 => &[Operation::Update],
            1 => &[Operation::PostUpdate],
            2 => &[Operation::Read, Operation::Update],
            3 => &[Operation::Create, Operation::Delete],
            _ => &Operation::ALL,
        };
        self.looks_back = operations == [Operation::PostUpdate];
        let policy = self.rule(Operations::from_iter(operations.iter().copied()));
        self.looks_back = false;
        policy
    }

    fn rule(&mut self, operations: Operations) -> Policy {
        let effect = if self.dice.one_in(4) {
            Effect::Deny
        } else {
            Effect::Allow
        };
        Policy {
            effect,
            operations,
            condition: self.condition(DEPTH),
            overrides: false,
            doc: None,
            place: Default::default(),
        }
    }

    /// Somebody or nobody, of whom anything may be unknown.
    pub(super) fn person(&mut self) -> Option<ArgValue> {
        if self.dice.one_in(4) {
            return None;
        }
        let mut person = json!({});
        let mut set = |dice: &mut Dice, name: &str, value: Json| match dice.below(4) {
            0 => {}
            1 => person[name] = Json::Null,
            _ => person[name] = value,
        };
        let dice = &mut self.dice;
        let id = json!(dice.below(4) + 1);
        set(dice, "id", id);
        let text = json!(dice.of(&["a", "A", "b", "a%", "a "]));
        set(dice, "t", text);
        let number = json!(dice.below(3));
        set(dice, "n", number);
        let truth = json!(dice.one_in(2));
        set(dice, "b", truth);
        let member = json!(dice.of(&["X", "Y"]));
        set(dice, "e", member);
        let org = json!({"n": dice.below(3), "t": Json::Null});
        set(dice, "org", org);
        let count = dice.below(3);
        let some = |dice: &mut Dice, value: Json| match dice.below(5) {
            0 => Json::Null,
            _ => value,
        };
        let numbers = (0..count).map(|_| {
            let number = json!(dice.below(3));
            some(dice, number)
        });
        let numbers = json!(numbers.collect::<Vec<_>>());
        set(dice, "numbers", numbers);
        let texts = json!(
            (0..count)
                .map(|_| *dice.of(&["a", "b", "A", "b "]))
                .collect::<Vec<_>>()
        );
        set(dice, "texts", texts);
        let items = (0..count).map(|_| match dice.below(4) {
            3 => json!({"t": dice.of(&["a", "A "]), "b": dice.one_in(2)}),
            0 => json!({"t": "a"}),
            1 => json!({"n": dice.below(3), "t": "b", "b": true}),
            _ => json!({"n": dice.below(3), "b": Json::Null}),
        });
        let items = json!(items.collect::<Vec<_>>());
        set(dice, "items", items);
        Some(ArgValue::from_json(person).unwrap())
    }

    fn condition(&mut self, depth: usize) -> Expr {
        let leaf = depth == 0;
        let choice = self.dice.below(if leaf { 6 } else { 14 });
        let kind = match choice {
            0 => ExprKind::Boolean(self.dice.one_in(2)),
            1 => return self.value(Scalar::Boolean),
            2 | 3 => {
                let scalar = *self.dice.of(&[Scalar::Int, Scalar::String]);
                let comparison = *self.dice.of(&COMPARISONS);
                // Texts have another order in each database.
                let comparison = if scalar == Scalar::String {
                    *self.dice.of(&COMPARISONS[..2])
                } else {
                    comparison
                };
                let one = self.value(scalar);
                let scalar = match scalar {
                    Scalar::Int if self.dice.one_in(3) => Scalar::Decimal,
                    other => other,
                };
                let other = self.value_or_null(scalar, comparison);
                ExprKind::Compare(one.into(), comparison, other.into())
            }
            4 => self.member_of_enum(),
            5 => self.search(),
            6 | 7 => ExprKind::And(
                self.condition(depth - 1).into(),
                self.condition(depth - 1).into(),
            ),
            8 | 9 => ExprKind::Or(
                self.condition(depth - 1).into(),
                self.condition(depth - 1).into(),
            ),
            10 => ExprKind::Not(self.condition(depth - 1).into()),
            11 => return self.predicate(depth - 1),
            12 => return self.rows(),
            _ => return self.membership_or_check(),
        };
        expr(kind, TypeBase::Scalar(Scalar::Boolean))
    }

    fn value_or_null(&mut self, scalar: Scalar, comparison: Comparison) -> Expr {
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if equality && self.dice.one_in(5) {
            return expr(ExprKind::Null, TypeBase::Null);
        }
        self.value(scalar)
    }

    fn member_of_enum(&mut self) -> ExprKind {
        let base = TypeBase::Enum("E".to_owned());
        let constant = ExprKind::EnumMember {
            enumeration: "E".to_owned(),
            member: (*self.dice.of(&["X", "Y"])).to_owned(),
        };
        let (row, about) = self.entity();
        let one = match about {
            About::Row(_) if self.dice.one_in(2) => member(row, "e", base.clone()),
            _ => auth("e", base.clone()),
        };
        let other = match self.dice.below(4) {
            0 => expr(ExprKind::Null, TypeBase::Null),
            1 => auth("e", base),
            _ => expr(constant, base),
        };
        let comparison = *self.dice.of(&COMPARISONS[..2]);
        ExprKind::Compare(one.into(), comparison, other.into())
    }

    fn search(&mut self) -> ExprKind {
        let functions = [Function::Contains, Function::StartsWith, Function::EndsWith];
        let field = self.value(Scalar::String);
        let search = self.value(Scalar::String);
        ExprKind::Call(*self.dice.of(&functions), vec![field, search])
    }

    /// A value of a type: a constant, of the person, of a row near or far.
    fn value(&mut self, scalar: Scalar) -> Expr {
        let base = TypeBase::Scalar(scalar);
        let (number, text) = (
            self.dice.below(3),
            *self.dice.of(&["a", "A", "b", "%", "a "]),
        );
        match self.dice.below(6) {
            0 => {
                let kind = match scalar {
                    Scalar::Int => ExprKind::Number(number.to_string()),
                    Scalar::Decimal => ExprKind::Number((*self.dice.of(&NUMBERS)).to_owned()),
                    Scalar::String => ExprKind::String(text.to_owned()),
                    _ => ExprKind::Boolean(number == 0),
                };
                expr(kind, base)
            }
            1 => match scalar {
                Scalar::Int | Scalar::Decimal => {
                    let name = *self.dice.of(&["n", "id"]);
                    auth(name, base)
                }
                Scalar::String => auth("t", base),
                _ => auth("b", base),
            },
            2 if scalar == Scalar::Int => {
                let org = auth("org", TypeBase::Typed("Org".to_owned()));
                member(org, "n", base)
            }
            _ => {
                let (row, about) = self.entity();
                let name = match (&about, scalar) {
                    (About::Row(_), Scalar::Int) => *self.dice.of(&["n", "m", "id"]),
                    (About::Row(_), Scalar::Decimal) => "d",
                    (About::Row(_), Scalar::String) => *self.dice.of(&["s", "t"]),
                    (About::Row(_), _) => *self.dice.of(&["b", "c"]),
                    (About::Data, Scalar::Int | Scalar::Decimal) => "n",
                    (About::Data, Scalar::String) => "t",
                    (About::Data, _) => "b",
                };
                member(row, name, base)
            }
        }
    }

    /// This row, an element, or what to-one relations lead to from there.
    fn entity(&mut self) -> (Expr, About) {
        let elements = self.elements.len();
        let (mut row, mut about) = if elements > 0 && !self.dice.one_in(3) {
            let outwards = self.dice.below(elements);
            let about = self.elements[elements - 1 - outwards].clone();
            let base = match about {
                About::Row(model) => TypeBase::Model(format!("M{model}")),
                About::Data => TypeBase::Typed("Item".to_owned()),
            };
            (expr(ExprKind::Element(outwards), base), about)
        } else {
            let base = TypeBase::Model(format!("M{}", self.this));
            let kind = if self.looks_back && self.dice.one_in(2) {
                ExprKind::Before
            } else {
                ExprKind::This
            };
            (expr(kind, base), About::Row(self.this))
        };
        while let About::Row(model) = about {
            let links: Vec<_> = (0..self.world.links.len())
                .filter(|link| self.world.links[*link].owner == model)
                .collect();
            if links.is_empty() || !self.dice.one_in(3) {
                break;
            }
            let link = *self.dice.of(&links);
            let target = self.world.links[link].target;
            row = member(
                row,
                &format!("l{link}"),
                TypeBase::Model(format!("M{target}")),
            );
            about = About::Row(target);
        }
        (row, about)
    }

    fn predicate(&mut self, depth: usize) -> Expr {
        let quantifiers = [Quantifier::Some, Quantifier::Every, Quantifier::None];
        let quantifier = *self.dice.of(&quantifiers);
        let (collection, element) = self.collection();
        self.elements.push(element);
        let condition = self.condition(depth);
        self.elements.pop();
        expr(
            ExprKind::Predicate {
                quantifier,
                collection: collection.into(),
                condition: condition.into(),
            },
            TypeBase::Scalar(Scalar::Boolean),
        )
    }

    /// Rows, perhaps of rows; or what the person has.
    fn collection(&mut self) -> (Expr, About) {
        let (mut row, mut about) = self.entity();
        let mut is_list = false;
        while let About::Row(model) = about {
            let links: Vec<_> = (0..self.world.links.len())
                .filter(|link| self.world.links[*link].target == model)
                .collect();
            if links.is_empty() || (is_list && !self.dice.one_in(4)) {
                break;
            }
            let link = *self.dice.of(&links);
            let owner = self.world.links[link].owner;
            row = member(
                row,
                &format!("back{link}"),
                TypeBase::Model(format!("M{owner}")),
            );
            row.ty.list = true;
            about = About::Row(owner);
            is_list = true;
        }
        if is_list && !self.dice.one_in(4) {
            return (row, about);
        }
        let mut items = auth("items", TypeBase::Typed("Item".to_owned()));
        items.ty.list = true;
        (items, About::Data)
    }

    /// A comparison of rows.
    fn rows(&mut self) -> Expr {
        let (row, about) = self.entity();
        let About::Row(model) = about else {
            return self.value(Scalar::Boolean);
        };
        let base = TypeBase::Model(format!("M{model}"));
        let other = match self.dice.below(5) {
            0 => expr(ExprKind::Null, TypeBase::Null),
            1 | 2 => {
                let (second, about) = self.entity();
                match about {
                    About::Row(other) if other == model => second,
                    _ => expr(ExprKind::Auth, base),
                }
            }
            _ => expr(ExprKind::Auth, base),
        };
        let comparison = *self.dice.of(&COMPARISONS[..2]);
        let (one, other) = if self.dice.one_in(2) {
            (row, other)
        } else {
            (other, row)
        };
        let kind = ExprKind::Compare(one.into(), comparison, other.into());
        expr(kind, TypeBase::Scalar(Scalar::Boolean))
    }

    fn membership_or_check(&mut self) -> Expr {
        let boolean = TypeBase::Scalar(Scalar::Boolean);
        if self.dice.one_in(2) {
            // Models only check those before them, so that no rules go in circles.
            let links = &self.world.links;
            let links: Vec<_> = (0..links.len())
                .filter(|link| links[*link].owner == self.this && links[*link].target < self.this)
                .collect();
            if !links.is_empty() {
                let link = *self.dice.of(&links);
                let target = self.world.links[link].target;
                let this = expr(ExprKind::This, TypeBase::Model(format!("M{}", self.this)));
                let target = TypeBase::Model(format!("M{target}"));
                let relation = member(this, &format!("l{link}"), target).into();
                let operation = *self.dice.of(&[
                    None,
                    Some(Operation::Read),
                    Some(Operation::Update),
                    Some(Operation::Delete),
                ]);
                return expr(
                    ExprKind::Check {
                        relation,
                        operation,
                    },
                    boolean,
                );
            }
        }
        let scalar = *self.dice.of(&[Scalar::Int, Scalar::String]);
        let one = self.value(scalar);
        let base = TypeBase::Scalar(scalar);
        let mut list = match self.dice.below(3) {
            0 => {
                let items = (0..self.dice.below(3))
                    .map(|_| self.value(scalar))
                    .collect();
                expr(ExprKind::List(items), base.clone())
            }
            _ if scalar == Scalar::Int => auth("numbers", base.clone()),
            _ => auth("texts", base.clone()),
        };
        list.ty.list = true;
        let kind = match self.dice.below(4) {
            0 => ExprKind::Call(Function::Has, vec![list, one]),
            1 => {
                let values = (0..self.dice.below(3))
                    .map(|_| self.constant(scalar))
                    .collect();
                let mut values = expr(ExprKind::List(values), base);
                values.ty.list = true;
                let function = *self.dice.of(&[Function::HasSome, Function::HasEvery]);
                ExprKind::Call(function, vec![list, values])
            }
            2 if self.dice.one_in(3) => ExprKind::Call(Function::IsEmpty, vec![list]),
            _ => ExprKind::In(one.into(), list.into()),
        };
        expr(kind, boolean)
    }

    fn constant(&mut self, scalar: Scalar) -> Expr {
        let kind = match scalar {
            Scalar::Int => ExprKind::Number(self.dice.below(3).to_string()),
            _ => ExprKind::String((*self.dice.of(&["a", "b", "B", "a "])).to_owned()),
        };
        expr(kind, TypeBase::Scalar(scalar))
    }
}

fn expr(kind: ExprKind, base: TypeBase) -> Expr {
    Expr {
        kind,
        ty: Type {
            base,
            list: false,
            optional: true,
        },
    }
}

fn member(entity: Expr, name: &str, base: TypeBase) -> Expr {
    expr(ExprKind::Member(entity.into(), name.to_owned()), base)
}

fn auth(name: &str, base: TypeBase) -> Expr {
    let auth = expr(ExprKind::Auth, TypeBase::Typed("Person".to_owned()));
    member(auth, name, base)
}
