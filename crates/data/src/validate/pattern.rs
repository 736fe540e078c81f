//! The patterns of a schema, ready to run.
//!
//! The language says what a pattern is and refuses those that cannot be run; here each is compiled once, when a client
//! opens.

use std::collections::HashMap;

use hallpass_zmodel::schema::{Check, Expr, ExprKind, Field, FieldRule, Function, ModelRule};
use hallpass_zmodel::{Pattern, Schema};

/// The compiled patterns of a schema, by how they are written.
#[derive(Debug, Default)]
pub(crate) struct Patterns(HashMap<String, Pattern>);

/// A pattern that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PatternError {
    /// The model or type and its field.
    pub(crate) item: String,
}

impl Patterns {
    /// Those of a schema.
    pub(crate) fn of(schema: &Schema) -> Result<Self, PatternError> {
        let mut patterns = Self::default();
        for model in &schema.models {
            patterns.gather(&model.name, &model.fields, &model.rules)?;
        }
        for item in &schema.types {
            patterns.gather(&item.name, &item.fields, &item.rules)?;
        }
        Ok(patterns)
    }

    /// Whether the pattern is found anywhere in the text.
    pub(super) fn find(&self, pattern: &str, text: &str) -> bool {
        // invariant: every pattern of the schema was compiled. Were one not, nothing would match it.
        self.0.get(pattern).is_some_and(|found| found.finds(text))
    }

    fn gather(
        &mut self,
        owner: &str,
        fields: &[Field],
        rules: &[ModelRule],
    ) -> Result<(), PatternError> {
        for field in fields {
            for rule in &field.rules {
                if let FieldRule::Check {
                    check: Check::Regex(pattern),
                    ..
                } = rule
                {
                    self.add(pattern).ok_or_else(|| PatternError {
                        item: format!("{owner}.{}", field.name),
                    })?;
                }
            }
        }
        for rule in rules {
            let mut written = Vec::new();
            patterns_in(&rule.condition, &mut written);
            for pattern in written {
                self.add(pattern).ok_or_else(|| PatternError {
                    item: owner.to_owned(),
                })?;
            }
        }
        Ok(())
    }

    fn add(&mut self, pattern: &str) -> Option<()> {
        if !self.0.contains_key(pattern) {
            let compiled = Pattern::compile(pattern).ok()?;
            self.0.insert(pattern.to_owned(), compiled);
        }
        Some(())
    }
}

/// The patterns that calls of `regex()` in an expression name.
fn patterns_in<'e>(expr: &'e Expr, found: &mut Vec<&'e str>) {
    if let ExprKind::Call(Function::Regex, arguments) = &expr.kind
        && let [_, pattern, ..] = arguments.as_slice()
        && let ExprKind::String(pattern) = &pattern.kind
    {
        found.push(pattern);
    }
    for child in expr.children() {
        patterns_in(child, found);
    }
}
