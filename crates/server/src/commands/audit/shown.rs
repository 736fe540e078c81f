//! Entries as people read them.

use hallpass::changes::audit::Entry;
use serde_json::Value;

/// One line.
///
/// SECURITY: whoever writes into the table moves no cursor of whoever reads it.
pub(super) fn line(entry: &Entry) -> String {
    let mut line = format!("{:>8}  {:.0}  {:<24}", entry.number, entry.at, entry.kind);
    if let Some(actor) = &entry.actor {
        line.push_str(&format!("  by {actor}"));
    }
    if let Some(subject) = &entry.subject {
        line.push_str(&format!("  on {} {}", subject.kind, subject.id));
    }
    if let Some(client) = &entry.client {
        line.push_str(&format!("  from {client}"));
    }
    for (name, value) in &entry.details.members() {
        match value {
            Value::String(text) => line.push_str(&format!("  {name}={text}")),
            other => line.push_str(&format!("  {name}={other}")),
        }
    }
    line.chars()
        .map(|sign| if sign.is_control() { '\u{fffd}' } else { sign })
        .collect()
}
