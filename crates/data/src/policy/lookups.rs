//! By which columns rules find rows, so that somebody can see to it that indexes serve them.

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{
    Comparison, Effect, Expr, ExprKind, Model, Operation, Place, Policy, Quantifier, Relation,
};

use super::paths::{Path, Scope, Start};
use crate::client::Client;

/// Columns by which rules find rows of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The model whose table has them.
    pub model: String,
    /// Its fields.
    pub fields: Vec<String>,
    /// The rules, each once.
    pub rules: Vec<Place>,
}

impl Client {
    /// The columns that rules compare with the person, and those by which they reach related rows: without an index on
    /// them the database reads whole tables. In the order of the schema.
    ///
    /// Left out are columns of primary keys, which always have one, and rules that look for nothing of the person: no
    /// index finds what is `published` much faster than reading it all.
    pub fn lookups_of_rules(&self) -> Vec<Lookup> {
        lookups(&self.engine().schema)
    }
}

/// What is done with rows that a condition finds; a row that is written is there already.
const FINDING: [Operation; 3] = [Operation::Read, Operation::Update, Operation::Delete];

fn lookups(schema: &Schema) -> Vec<Lookup> {
    let mut found = Vec::new();
    for model in schema.models.iter().filter(|model| !model.ignored) {
        for policy in model.policies.iter().filter(|policy| finds(model, policy)) {
            let mut finder = Finder {
                scope: Scope::new(schema, model),
                schema,
                place: &policy.place,
                found: &mut found,
            };
            finder.condition(&policy.condition);
        }
    }
    found
}

/// Whether the rule chooses rows in some operation, beside others: where one admits all, the database is told of none.
fn finds(model: &Model, policy: &Policy) -> bool {
    let is_open = |operation| {
        model.policies.iter().any(|other| {
            other.effect == Effect::Allow
                && other.operations.contains(operation)
                && other.condition.kind == ExprKind::Boolean(true)
        })
    };
    policy.effect == Effect::Allow
        && FINDING
            .into_iter()
            .any(|operation| policy.operations.contains(operation) && !is_open(operation))
}

struct Finder<'s, 'f> {
    scope: Scope<'s>,
    schema: &'s Schema,
    place: &'s Place,
    found: &'f mut Vec<Lookup>,
}

impl<'s> Finder<'s, '_> {
    fn condition(&mut self, expr: &'s Expr) {
        match &expr.kind {
            ExprKind::And(one, other) | ExprKind::Or(one, other) => {
                self.condition(one);
                self.condition(other);
            }
            ExprKind::Compare(one, Comparison::Equal, other) => {
                self.comparison(one, other);
                self.comparison(other, one);
            }
            ExprKind::In(one, other) => match &other.kind {
                ExprKind::List(items) => items.iter().for_each(|item| self.comparison(one, item)),
                _ => self.comparison(one, other),
            },
            ExprKind::Check { relation, .. } => self.follow(relation),
            ExprKind::Predicate {
                quantifier,
                collection,
                condition,
            } => {
                self.follow(collection);
                // Rows without a certain partner are found by reading all.
                if *quantifier == Quantifier::Some {
                    self.scope.enter(collection);
                    self.condition(condition);
                    self.scope.leave();
                }
            }
            _ => {}
        }
    }

    /// A comparison with something of the person finds rows by what stands on the other side.
    fn comparison(&mut self, of_row: &'s Expr, of_person: &'s Expr) {
        let person = self.scope.path(of_person);
        if person.is_some_and(|path| matches!(path.start, Start::Auth)) {
            self.follow(of_row);
        }
    }

    /// The columns along a path from the row that the rule is about. Elements of predicates are found by their relation
    /// already, and what lies behind them by its key.
    fn follow(&mut self, expr: &'s Expr) {
        let Some(Path {
            start: Start::This(model),
            names,
        }) = self.scope.path(expr)
        else {
            return;
        };
        let mut at = model;
        let mut key: &[String] = &[];
        for name in names {
            let Some(field) = at.field(name) else { return };
            let Some(relation) = field.relation() else {
                // `owner.id` is the column by which the owner was reached.
                let is_reached = matches!(key, [only] if *only == field.name);
                if !is_reached {
                    self.add(at, std::slice::from_ref(&field.name));
                }
                return;
            };
            let Some(target) = self.scope.target(relation) else {
                return;
            };
            self.step(at, target, relation);
            key = &relation.references;
            at = target;
        }
    }

    /// The columns that hold the key of a relation, on whichever side they are. A table between two lists has its own
    /// indexes.
    fn step(&mut self, from: &'s Model, to: &'s Model, relation: &'s Relation) {
        if !relation.fields.is_empty() {
            self.add(from, &relation.fields);
        } else if let Some(back) = to.field(&relation.opposite)
            && let Some(owner) = back.relation()
        {
            self.add(to, &owner.fields);
        }
    }

    fn add(&mut self, model: &'s Model, fields: &[String]) {
        // What a model has of its base stands in the table of the base.
        let origin = fields
            .first()
            .and_then(|name| model.field(name)?.origin.as_ref());
        let owner = origin.and_then(|name| self.schema.model(name));
        let model = owner.unwrap_or(model);
        if fields.is_empty() || model.id == fields {
            return;
        }
        let known = self
            .found
            .iter_mut()
            .find(|one| one.model == model.name && one.fields == fields);
        match known {
            Some(known) if known.rules.contains(self.place) => {}
            Some(known) => known.rules.push(self.place.clone()),
            None => self.found.push(Lookup {
                model: model.name.clone(),
                fields: fields.to_vec(),
                rules: vec![self.place.clone()],
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::support::schema;

    /// The model `Doc` with these rules, beside others.
    fn found(rules: &str) -> Vec<(String, String)> {
        let text = format!(
            "
            model User {{ id Int @id name String orgId Int org Org @relation(fields: [orgId], references: [id])
              docs Doc[] members Member[] teams Team[] }}
            model Org {{ id Int @id plan String users User[] docs Doc[] }}
            model Team {{ id Int @id users User[] docs Doc[] }}
            model Member {{ docId Int userId Int role String
              doc Doc @relation(fields: [docId], references: [id])
              user User @relation(fields: [userId], references: [id])
              @@id([userId, docId]) }}
            model Doc {{ id Int @id title String done Boolean
              ownerId Int owner User @relation(fields: [ownerId], references: [id])
              orgId Int? org Org? @relation(fields: [orgId], references: [id])
              members Member[] teams Team[]
              {rules} }}"
        );
        let found = lookups(&schema(&text));
        let named = found.into_iter();
        named.map(|one| (one.model, one.fields.join(","))).collect()
    }

    #[test]
    fn a_column_of_several_rules_stands_once_with_all_of_them() {
        let text = "model User { id Int @id docs Doc[] }
            model Doc { id Int @id ownerId Int owner User @relation(fields: [ownerId], references: [id])
              @@allow('read', auth() == owner)
              @@allow('update', ownerId == auth().id && id > 3) }";
        let found = lookups(&schema(text));
        let [only] = found.as_slice() else {
            panic!("{found:?}")
        };
        let lines: Vec<_> = only.rules.iter().map(|place| place.line).collect();
        assert_eq!(lines, [3, 4]);
    }

    #[test]
    fn columns_are_those_by_which_rules_find_rows() {
        for (rule, expected) in [
            ("@@allow('all', auth() == owner)", &[("Doc", "ownerId")][..]),
            (
                "@@allow('all', owner.id == auth().id)",
                &[("Doc", "ownerId")],
            ),
            (
                "@@allow('read', ownerId == auth().id || title == auth().name)",
                &[("Doc", "ownerId"), ("Doc", "title")],
            ),
            ("@@allow('read', id == auth().id)", &[]),
            (
                "@@allow('read', owner.org == auth().org)",
                &[("Doc", "ownerId"), ("User", "orgId")],
            ),
            (
                "@@allow('read', org.plan == auth().org.plan)",
                &[("Doc", "orgId"), ("Org", "plan")],
            ),
            (
                "@@allow('read', members?[user == auth() && role == 'r'])",
                &[("Member", "docId")],
            ),
            (
                "@@allow('read', members![user == auth()])",
                &[("Member", "docId")],
            ),
            (
                "@@allow('read', org.users?[this.owner == auth()])",
                &[("Doc", "orgId"), ("User", "orgId"), ("Doc", "ownerId")],
            ),
            (
                "@@allow('read', auth().members?[docId == this.orgId])",
                &[("Doc", "orgId")],
            ),
            ("@@allow('read', teams?[users?[id == auth().id]])", &[]),
            ("@@allow('read', check(owner))", &[("Doc", "ownerId")]),
            (
                "@@allow('read', orgId in [3, auth().orgId])",
                &[("Doc", "orgId")],
            ),
            ("@@allow('read', orgId in [3, 4])", &[]),
            ("@@allow('create', auth() == owner)", &[]),
            ("@@allow('read', auth() != owner)", &[]),
            ("@@allow('read', done) @@allow('read', title == 'x')", &[]),
            ("@@deny('read', auth() == owner)", &[]),
            (
                "@@allow('read', true) @@allow('read', auth() == owner)",
                &[],
            ),
            (
                "@@allow('read', true) @@allow('all', auth() == owner)",
                &[("Doc", "ownerId")],
            ),
        ] {
            let owned = expected.iter();
            let expected: Vec<_> = owned
                .map(|(model, field)| (model.to_string(), field.to_string()))
                .collect();
            assert_eq!(found(rule), expected, "{rule}");
        }
    }
}
