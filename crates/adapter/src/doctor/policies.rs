//! Whether indexes serve the access rules of a schema.

use hallpass_data::catalog::Catalog;
use hallpass_data::{Client, Error, Held, Lookup, Place, Rule};

use super::promises::place;
use super::{Finding, Remedy, Severity};

/// Columns by which access rules find rows, and no index does. The catalog alone tells.
pub(super) fn examine(client: &Client, catalog: &Catalog) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for lookup in client.lookups_of_rules() {
        let rule = Rule::Index {
            model: lookup.model.clone(),
            fields: lookup.fields.clone(),
        };
        if client.keeps(&rule, catalog)? == Held::Missing {
            let changes = client.changes_to_keep(&rule, catalog)?;
            let remedies = changes.into_iter().map(Remedy::harmless);
            findings.push(finding(client, &lookup, remedies.collect()));
        }
    }
    Ok(findings)
}

fn finding(client: &Client, lookup: &Lookup, remedies: Vec<Remedy>) -> Finding {
    let fields: Vec<&str> = lookup.fields.iter().map(String::as_str).collect();
    Finding {
        code: format!("policy-not-indexed:{}.{}", lookup.model, fields.join("+")),
        severity: Severity::Note,
        place: place(client, &lookup.model, &fields),
        problem: format!(
            "no index finds the rows of access rules ({})",
            rules(&lookup.rules)
        ),
        consequence: "whoever reads under these rules waits for the whole table to be read, longer with each row of it",
        rows: None,
        look: None,
        remedies,
        advice: None,
    }
}

/// How many places a message names.
const NAMED: usize = 3;

/// `schema.zmodel:31, schema.zmodel:40`
fn rules(places: &[Place]) -> String {
    let named = places.iter().take(NAMED);
    let named = named.map(|place| format!("{}:{}", place.source, place.line));
    let mut text = named.collect::<Vec<_>>().join(", ");
    let more = places.len().saturating_sub(NAMED);
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
