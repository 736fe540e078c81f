//! Who may do what, in the words of the schema.

use hallpass_zmodel::schema::{Field, Model, Policy};

use super::values;

/// What is said of a model, and its access rules.
pub(super) fn of_model(model: &Model) -> String {
    let doc = model.doc.as_deref().map(|doc| doc.trim().to_owned());
    let rules = listed(&model.policies).map(|rules| format!("Who may do what:\n\n{rules}"));
    let parts: Vec<_> = doc.into_iter().chain(rules).collect();
    parts.join("\n\n")
}

/// The access rules of a field, and what happens to values that are written.
pub(super) fn of_field(field: &Field) -> Option<String> {
    let parts = [listed(&field.policies), values::further_rules(field)];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// ``- `@@allow('read', true)` ``, as the schema says it, with its comment.
fn listed(policies: &[Policy]) -> Option<String> {
    let mut lines: Vec<String> = Vec::with_capacity(policies.len());
    for policy in policies {
        let written = policy.place.text.split_whitespace();
        let written = written.collect::<Vec<_>>().join(" ");
        let line = match policy.doc.as_deref().map(str::trim) {
            Some(doc) => format!("- `{written}`: {doc}"),
            None => format!("- `{written}`"),
        };
        // Some rules are kept as two, which say the same together.
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}
