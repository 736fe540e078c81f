//! Access rules, as the schema says them.

use hallpass::data::zmodel::schema::{Effect, Model, Operation, Operations, Policy};
use hallpass::data::{ExplainedRule, Place};

use crate::explained;

/// A rule on a page.
pub(super) struct RulePart<'s> {
    /// The field it stands at; with its model where that is another.
    pub(super) field: Option<String>,
    /// `allow` or `deny`.
    pub(super) effect: &'static str,
    /// `read, update`
    pub(super) operations: String,
    /// What stands in the schema.
    pub(super) text: &'s str,
    /// Its comment.
    pub(super) doc: Option<&'s str>,
    /// `schema.zmodel:31`
    pub(super) place: String,
    /// What it says of a row, where one was asked about.
    pub(super) holds: Option<Holds>,
}

/// What a rule says of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holds {
    /// In words.
    pub(super) word: &'static str,
    /// How it looks: the name of a class.
    pub(super) look: &'static str,
}

/// The rules of a model, then those of its fields.
pub(super) fn of(model: &Model) -> Vec<RulePart<'_>> {
    let of_model = model.policies.iter().map(|policy| (None, policy));
    let of_fields = model.fields.iter().flat_map(|field| {
        let policies = field.policies.iter();
        policies.map(|policy| (Some(field.name.as_str()), policy))
    });
    let mut parts: Vec<(&Place, Operations, RulePart<'_>)> = Vec::new();
    for (field, policy) in of_model.chain(of_fields) {
        let known = parts.iter_mut().find(|(place, ..)| **place == policy.place);
        // Some rules are kept as two, which say the same together.
        match known {
            Some((_, operations, part)) => {
                *operations = together(*operations, policy.operations);
                part.operations = names(*operations);
            }
            None => parts.push((&policy.place, policy.operations, written(field, policy))),
        }
    }
    parts.into_iter().map(|(.., part)| part).collect()
}

fn written<'s>(field: Option<&str>, policy: &'s Policy) -> RulePart<'s> {
    RulePart {
        field: field.map(str::to_owned),
        effect: explained::effect(policy.effect),
        operations: names(policy.operations),
        text: &policy.place.text,
        doc: policy.doc.as_deref(),
        place: format!("{}:{}", policy.place.source, policy.place.line),
        holds: None,
    }
}

/// A rule that was asked about a row of the model.
pub(super) fn asked<'s>(model: &'s Model, rule: &'s ExplainedRule) -> RulePart<'s> {
    let of_fields = model.fields.iter().flat_map(|field| &field.policies);
    let mut policies = model.policies.iter().chain(of_fields);
    let policy = policies.find(|policy| policy.place == rule.place);
    let is_own = rule.model == model.name;
    let field = match (&rule.field, is_own) {
        (Some(field), true) => Some(field.clone()),
        (Some(field), false) => Some(format!("{}.{field}", rule.model)),
        (None, true) => None,
        (None, false) => Some(rule.model.clone()),
    };
    RulePart {
        field,
        effect: explained::effect(rule.effect),
        operations: String::new(),
        text: &rule.place.text,
        doc: policy.and_then(|policy| policy.doc.as_deref()),
        place: explained::place(rule),
        holds: Some(holds(rule)),
    }
}

fn holds(rule: &ExplainedRule) -> Holds {
    let (word, look) = match (rule.holds, rule.effect) {
        (Some(true), Effect::Allow) => ("holds", "good"),
        (Some(true), Effect::Deny) => ("holds", "bad"),
        (Some(false), _) => ("does not hold", "still"),
        (None, _) => ("unknown", "still"),
    };
    Holds { word, look }
}

fn together(one: Operations, other: Operations) -> Operations {
    let all = Operation::ALL.into_iter();
    all.filter(|operation| one.contains(*operation) || other.contains(*operation))
        .collect()
}

fn names(operations: Operations) -> String {
    let all = Operation::ALL.into_iter();
    let named = all.filter(|operation| operations.contains(*operation));
    named.map(Operation::name).collect::<Vec<_>>().join(", ")
}
