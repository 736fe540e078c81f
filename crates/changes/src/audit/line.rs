//! Entries as lines of JSON, by which they are checked elsewhere.

use serde_json::Value;

use super::entry::{Details, Entry, Seal, Subject};
use super::{canonical, hex};

/// This is no entry, or not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this line is no entry of an audit trail as it is written")]
pub struct NotALine;

impl Entry {
    /// One line of JSON, always the same of one entry.
    pub fn to_line(&self) -> String {
        let mut line = Line::default();
        line.plain("number", &self.number.to_string());
        line.text("at", Some(&self.at_text()));
        line.text("kind", Some(&self.kind));
        line.text("actor", self.actor.as_deref());
        line.text("client", self.client.as_deref());
        line.text("agent", self.agent.as_deref());
        match &self.subject {
            None => line.plain("subject", "null"),
            Some(Subject { kind, id }) => {
                let mut subject = Line::default();
                subject.text("kind", Some(kind));
                subject.text("id", Some(id));
                line.plain("subject", &subject.end());
            }
        }
        line.plain("details", self.details.text());
        line.text("previous", Some(&self.previous.to_string()));
        line.text("hash", Some(&self.hash.to_string()));
        line.text("key", Some(&self.key));
        line.text("seal", Some(&self.seal.to_string()));
        line.end()
    }
}

/// An object that is being written.
#[derive(Default)]
struct Line(String);

impl Line {
    fn plain(&mut self, name: &str, json: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        canonical::string(&mut self.0, name);
        self.0.push(':');
        self.0.push_str(json);
    }

    fn text(&mut self, name: &str, text: Option<&str>) {
        let mut json = String::new();
        match text {
            Some(text) => canonical::string(&mut json, text),
            None => json.push_str("null"),
        }
        self.plain(name, &json);
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// The entry of a line.
///
/// # Errors
/// [`NotALine`], also where another program has written the same in another way: of members that stand twice, or numbers that are
/// rounded, nobody knows which was meant.
pub(super) fn read(line: &str) -> Result<Entry, NotALine> {
    let entry = parsed(line).ok_or(NotALine)?;
    if entry.to_line() == line {
        Ok(entry)
    } else {
        Err(NotALine)
    }
}

fn parsed(line: &str) -> Option<Entry> {
    let Value::Object(mut line) = serde_json::from_str(line).ok()? else {
        return None;
    };
    let subject = match line.remove("subject")? {
        Value::Null => None,
        Value::Object(mut subject) => Some(Subject {
            kind: text(subject.remove("kind")?)?,
            id: text(subject.remove("id")?)?,
        }),
        _ => return None,
    };
    let mut optional = |name: &str| match line.remove(name)? {
        Value::Null => Some(None),
        other => text(other).map(Some),
    };
    let (actor, client, agent) = (optional("actor")?, optional("client")?, optional("agent")?);
    Some(Entry {
        number: line.remove("number")?.as_i64()?,
        at: text(line.remove("at")?)?.parse().ok()?,
        kind: text(line.remove("kind")?)?,
        actor,
        client,
        agent,
        subject,
        details: Details(canonical::json(&line.remove("details")?)),
        previous: text(line.remove("previous")?)?.parse().ok()?,
        hash: text(line.remove("hash")?)?.parse().ok()?,
        key: text(line.remove("key")?)?,
        seal: Seal(hex::parse(&text(line.remove("seal")?)?)?),
    })
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}
