//! From a row to its values, each with its path.

use hallpass_zmodel::schema::{
    Arity, Check, Field, FieldKind, FieldRule, Model, ModelRule, Scalar, TypeDef,
};

use super::checks;
use super::condition::Scope;
use super::{Issues, Validator};
use crate::args::ArgValue;

/// What has fields and rules: a model or a type.
pub(super) struct Owner<'s> {
    pub(super) fields: &'s [Field],
    rules: &'s [ModelRule],
}

impl<'s> From<&'s Model> for Owner<'s> {
    fn from(model: &'s Model) -> Self {
        Self {
            fields: &model.fields,
            rules: &model.rules,
        }
    }
}

impl<'s> From<&'s TypeDef> for Owner<'s> {
    fn from(item: &'s TypeDef) -> Self {
        Self {
            fields: &item.fields,
            rules: &item.rules,
        }
    }
}

impl Validator<'_> {
    pub(super) fn members(
        &self,
        owner: &Owner<'_>,
        data: &mut [(String, ArgValue)],
        path: &str,
        issues: &mut Issues,
    ) {
        for field in owner.fields {
            let given = data.iter_mut().find(|(name, _)| *name == field.name);
            if let Some((_, value)) = given {
                self.field(field, value, &member(path, &field.name), issues);
            }
        }
        for rule in owner.rules {
            let scope = Scope::new(self, owner, data);
            if !scope.holds(&rule.condition) {
                let path = rule
                    .path
                    .iter()
                    .fold(path.to_owned(), |path, name| member(&path, name));
                let message = rule.message.as_deref().unwrap_or("Invalid input");
                issues.add(&path, message);
            }
        }
    }

    fn field(&self, field: &Field, value: &mut ArgValue, path: &str, issues: &mut Issues) {
        if field.arity == Arity::List {
            return self.list_field(field, value, path, issues);
        }
        match (&field.kind, value) {
            // `{set: …}` of a number. Sums and the like have no value that could be checked here.
            (FieldKind::Scalar(_), ArgValue::Object(members)) if is_number(field) => {
                for (word, value) in members.iter_mut().filter(|(word, _)| word == "set") {
                    self.value(field, value, &member(path, word), issues);
                }
            }
            (_, value) => self.value(field, value, path, issues),
        }
    }

    fn list_field(&self, field: &Field, value: &mut ArgValue, path: &str, issues: &mut Issues) {
        match value {
            ArgValue::Object(members) if !matches!(field.kind, FieldKind::Relation(_)) => {
                for (word, value) in members {
                    let path = member(path, word);
                    match (word.as_str(), &mut *value) {
                        ("set", value) => self.list(field, value, &path, issues),
                        ("push", ArgValue::List(items)) => self.items(field, items, &path, issues),
                        ("push", value) => self.value(field, value, &path, issues),
                        _ => {}
                    }
                }
            }
            value => self.list(field, value, path, issues),
        }
    }

    /// A whole list: its length, then its elements.
    fn list(&self, field: &Field, value: &mut ArgValue, path: &str, issues: &mut Issues) {
        let ArgValue::List(items) = value else {
            return;
        };
        self.items(field, items, path, issues);
        for rule in &field.rules {
            if let FieldRule::Check {
                check: Check::Length { min, max },
                ..
            } = rule
            {
                checks::length(items.len(), *min, *max, checks::Counted::Items)
                    .for_each(|message| issues.add(path, message));
            }
        }
    }

    fn items(&self, field: &Field, items: &mut [ArgValue], path: &str, issues: &mut Issues) {
        for (position, item) in items.iter_mut().enumerate() {
            self.value(field, item, &format!("{path}[{position}]"), issues);
        }
    }

    /// One value: of a field, or of a list.
    fn value(&self, field: &Field, value: &mut ArgValue, path: &str, issues: &mut Issues) {
        match (&field.kind, value) {
            (FieldKind::Typed(name), ArgValue::Object(members)) => {
                if let Some(item) = self.schema.type_def(name) {
                    self.members(&item.into(), members, path, issues);
                }
            }
            (FieldKind::Scalar(Scalar::String), ArgValue::Text(text)) => {
                self.text(field, text, path, issues);
            }
            (FieldKind::Scalar(_), value) if is_number(field) => {
                self.number(field, value, path, issues);
            }
            _ => {}
        }
    }

    /// Changes and checks in the order of the source: what stands first sees the text as it was sent.
    fn text(&self, field: &Field, text: &mut String, path: &str, issues: &mut Issues) {
        for rule in &field.rules {
            match rule {
                FieldRule::Transform(transform) => checks::transform(*transform, text),
                // The language of this generation takes a text of one's own and does not say it.
                FieldRule::Check { check, message: _ } => {
                    let counts_items =
                        field.arity == Arity::List && matches!(check, Check::Length { .. });
                    if !counts_items {
                        checks::text(check, text, self.patterns)
                            .into_iter()
                            .for_each(|message| issues.add(path, message));
                    }
                }
            }
        }
    }

    fn number(&self, field: &Field, value: &ArgValue, path: &str, issues: &mut Issues) {
        for rule in &field.rules {
            if let FieldRule::Check { check, message: _ } = rule
                && let Some(message) = checks::number(check, value)
            {
                issues.add(path, message);
            }
        }
    }
}

/// Whether the field takes numbers.
fn is_number(field: &Field) -> bool {
    matches!(
        field.kind,
        FieldKind::Scalar(Scalar::Int | Scalar::BigInt | Scalar::Float | Scalar::Decimal)
    )
}

/// The path of a member. Names without a letter are quoted, as are those with a quote.
fn member(path: &str, name: &str) -> String {
    let is_plain = name
        .chars()
        .any(|letter| letter.is_alphabetic() || matches!(letter, '_' | '$'));
    if name.contains('"') || !is_plain {
        return format!("{path}[\"{}\"]", name.replace('"', "\\\""));
    }
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
