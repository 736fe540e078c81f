//! Rows at hand that the rules admit at a glance.
//!
//! Nearly every row that is written is its person's, and the rule that admits it says no more than that a text of the row is a
//! text of the person. That is seen here, without compiling rules.
//!
//! SECURITY: this only ever says yes, and only where [`Compiler`](super::compile::Compiler) says it. What is refused, what the
//! database must be asked and what is mistaken is for the compiler to tell. The suites compare every yes with it.

use hallpass_sql::{Keeping, Value};
use hallpass_zmodel::schema::{
    Arity, Comparison, Effect, Expr, ExprKind, Field, FieldKind, Model, Operation, Relation,
    Scalar, TypeBase,
};

use super::Person;
use crate::args::ArgValue;
use crate::client::Engine;
use crate::codec::Codec;

/// A row at hand, and who asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glance<'e, 'r> {
    pub(super) engine: &'e Engine,
    pub(super) person: &'e Person,
    pub(super) model: &'e Model,
    pub(super) values: &'r [(&'e Field, Value)],
}

impl Glance<'_, '_> {
    /// Whether the row is admitted beyond doubt.
    pub(super) fn admits(&self, operation: Operation) -> bool {
        let policies = self.model.policies.iter();
        let mut rules = policies.filter(|rule| rule.operations.contains(operation));
        let denies = rules.clone().any(|rule| rule.effect == Effect::Deny);
        // Of several rules the first: one before it might be mistaken, which refuses.
        let first = rules.next();
        !denies && first.is_some_and(|rule| self.holds(&rule.condition))
    }

    fn holds(&self, condition: &Expr) -> bool {
        match &condition.kind {
            ExprKind::Boolean(truth) => *truth,
            ExprKind::And(one, other) => self.holds(one) && self.holds(other),
            // What stands first decides alone, as with the rules themselves.
            ExprKind::Or(one, _) => self.holds(one),
            ExprKind::Compare(one, Comparison::Equal, other) => {
                self.is_same(one, other) || self.is_same(other, one)
            }
            _ => false,
        }
    }

    /// Whether what is said of the row is what is said of the person.
    fn is_same(&self, of_row: &Expr, of_person: &Expr) -> bool {
        match (&of_row.kind, &of_person.kind) {
            (ExprKind::This, ExprKind::Auth) => {
                let mut key = self.model.id.iter().map(|name| (name, name));
                !self.model.id.is_empty() && key.all(|(own, other)| self.is_text(own, other))
            }
            (ExprKind::Member(row, name), ExprKind::Auth) if row.kind == ExprKind::This => {
                let field = self.model.field(name);
                let field = field.filter(|field| field.arity != Arity::List);
                let relation = field.and_then(Field::relation);
                relation.is_some_and(|relation| self.is_person(relation))
            }
            (ExprKind::Member(row, name), ExprKind::Member(person, member)) => {
                row.kind == ExprKind::This
                    && person.kind == ExprKind::Auth
                    && of_person.ty.base == TypeBase::Scalar(Scalar::String)
                    && self.is_text(name, member)
            }
            _ => false,
        }
    }

    /// Whether the row that a relation leads to is the person, as far as its key on this side tells.
    fn is_person(&self, relation: &Relation) -> bool {
        let Some(target) = self.engine.schema.model(&relation.model) else {
            return false;
        };
        let is_same = |id: &String| {
            let mut pairs = relation.fields.iter().zip(&relation.references);
            let own = pairs.find(|(_, other)| *other == id);
            let is_text = target.field(id).is_some_and(is_one_text);
            is_text && own.is_some_and(|(own, _)| self.is_text(own, id))
        };
        !target.id.is_empty() && target.id.iter().all(is_same)
    }

    /// Whether the field of the row is the text that the person has under this name, and its column keeps and compares it as
    /// it is.
    fn is_text(&self, name: &str, member: &str) -> bool {
        let of_person = self
            .person
            .object()
            .and_then(|object| object.member(member));
        let Some(ArgValue::Text(text)) = of_person else {
            return false;
        };
        let found = self.values.iter().find(|(field, _)| field.name == name);
        let Some((field, Value::Text(value))) = found else {
            return false;
        };
        value == text && is_one_text(field) && self.is_exact(field)
    }

    fn is_exact(&self, field: &Field) -> bool {
        let codec = self.engine.codecs().get(field).and_then(Option::as_ref);
        let is_exact = |codec: &Codec| {
            codec.is_text()
                && !codec.folds
                && !codec.is_sealed()
                && codec.keeping() == Keeping::Same
        };
        self.engine.capability().exact_text_equality && codec.is_some_and(is_exact)
    }
}

fn is_one_text(field: &Field) -> bool {
    field.kind == FieldKind::Scalar(Scalar::String)
        && field.arity != Arity::List
        && !field.encrypted
        && !field.computed
}

#[cfg(test)]
mod tests {
    use hallpass_db::{Database, Options};
    use serde_json::json;

    use super::*;
    use crate::Client;
    use crate::suite::support::{options, schema};

    /// Whether a row of `Doc` with these rules is admitted at a glance, whose owner, title and text are these.
    async fn admits(rules: &str, person: serde_json::Value, row: [Option<&str>; 3]) -> bool {
        let text = format!(
            "model User {{ id String @id name String docs Doc[] @@allow('all', true) }}
            model Doc {{ id Int @id title String? text String?
              ownerId String? owner User? @relation(fields: [ownerId], references: [id])
              {rules} }}"
        );
        let database = Database::connect(":memory:", Options::default());
        let schema = std::sync::Arc::new(schema(&text));
        let client = Client::new(database.await.unwrap(), schema, options()).unwrap();
        let model = client.schema().model("Doc").unwrap();
        let values = ["ownerId", "title", "text"].into_iter().zip(row);
        let values = values.filter_map(|(name, value)| {
            let value = value.map_or(Value::Null, |text| Value::Text(text.to_owned()));
            Some((model.field(name)?, value))
        });
        let values: Vec<_> = values.collect();
        let person = Person::new(Some(ArgValue::from_json(person).unwrap()));
        let glance = Glance {
            engine: client.engine(),
            person: &person,
            model,
            values: &values,
        };
        glance.admits(Operation::Create)
    }

    #[tokio::test]
    async fn only_what_is_beyond_doubt_is_admitted() {
        let ann = || json!({"id": "ann", "name": "Ann"});
        let own = [Some("ann"), Some("Ann"), None];
        for (rules, expected) in [
            ("@@allow('all', auth() == owner)", true),
            ("@@allow('create', owner == auth())", true),
            ("@@allow('create', ownerId == auth().id)", true),
            ("@@allow('create', auth().name == title)", true),
            ("@@allow('all', true)", true),
            (
                "@@allow('create', auth() == owner && title == auth().name)",
                true,
            ),
            (
                "@@allow('create', auth() == owner || text == auth().name)",
                true,
            ),
            // The compiler says yes to these, and finds out by itself.
            (
                "@@allow('create', text == auth().name || auth() == owner)",
                false,
            ),
            (
                "@@allow('create', text == auth().name) @@allow('create', auth() == owner)",
                false,
            ),
            ("@@allow('create', title == 'Ann')", false),
            (
                "@@allow('create', auth() == owner) @@deny('create', text == 'x')",
                false,
            ),
            // And no to these.
            ("@@allow('read', auth() == owner)", false),
            ("@@allow('create', auth() != owner)", false),
            ("@@allow('create', !(auth() == owner))", false),
            ("@@allow('create', ownerId == auth().name)", false),
            (
                "@@allow('create', auth() == owner && text == auth().name)",
                false,
            ),
            ("@@allow('create', false)", false),
            ("", false),
        ] {
            assert_eq!(admits(rules, ann(), own).await, expected, "{rules}");
        }
    }

    #[tokio::test]
    async fn rows_of_others_are_not_admitted() {
        let rule = "@@allow('all', auth() == owner)";
        for (person, owner) in [
            (json!({"id": "ann"}), Some("bob")),
            (json!({"id": "ann"}), Some("Ann")),
            (json!({"id": "ann"}), None),
            (json!({"id": null}), None),
            (json!({"name": "ann"}), Some("ann")),
            (json!({"id": ["ann"]}), Some("ann")),
            (json!({"id": 7}), Some("7")),
            (json!("ann"), Some("ann")),
            (json!(null), Some("ann")),
        ] {
            let is_admitted = admits(rule, person.clone(), [owner, None, None]).await;
            assert!(!is_admitted, "{person} {owner:?}");
        }
    }
}
