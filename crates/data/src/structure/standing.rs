//! Views and triggers of a database that makes tables anew: that they work after a change as they did before it.
//!
//! The database takes a trigger whatever its body says, and a view that names nothing: it is the next read or write that fails. So both are
//! asked for by `EXPLAIN` before the change is permanent. What did not work before it is no concern of ours.

use std::collections::HashSet;

use hallpass_db::{Catalog, Database, Definition, DefinitionKind, Error, ErrorKind, Transaction};
use hallpass_sql::{Proof, Statement, TableName};

use super::StructureError;

/// What worked before a change: the questions.
#[derive(Debug)]
pub(crate) struct Standing {
    worked: HashSet<String>,
}

/// One question, and of whom.
struct Question {
    what: String,
    proof: Statement,
}

impl Standing {
    /// Looked at outside of any transaction, since a question that fails ends one.
    pub(crate) async fn before(database: &Database) -> Result<Self, StructureError> {
        let mut worked = HashSet::new();
        if database.dialect().capability().alter_column {
            return Ok(Self { worked });
        }
        for question in questions(&database.catalog_of(&[]).await?) {
            let text = hallpass_sql::script(&question.proof, database.dialect())?;
            match database.script(&text).await {
                Ok(()) => {
                    worked.insert(text);
                }
                // Nothing is known of it, and it would not be asked for again.
                Err(failed) if is_of_the_moment(failed.error.kind()) => {
                    return Err(failed.error.into());
                }
                Err(_) => {}
            }
        }
        Ok(Self { worked })
    }

    /// Refuses a change that breaks something.
    pub(crate) async fn check(&self, tx: &mut Transaction) -> Result<(), StructureError> {
        if self.worked.is_empty() {
            return Ok(());
        }
        for question in questions(&tx.catalog_of(&[]).await?) {
            let text = hallpass_sql::script(&question.proof, tx.dialect())?;
            if self.worked.contains(&text) {
                let asked = tx.script(&text).await;
                asked.map_err(|failed| breaks(question.what, failed.error))?;
            }
        }
        Ok(())
    }
}

/// Whether another time may have another answer.
fn is_of_the_moment(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Retry | ErrorKind::Unavailable | ErrorKind::Timeout
    )
}

fn breaks(what: String, why: Error) -> StructureError {
    StructureError::Breaks { what, why }
}

/// What helps with triggers that Hallpass makes itself.
pub(super) fn remedy(what: &str) -> &'static str {
    if what.contains("`hallpass_") {
        ", those of Hallpass with `hallpass changes uninstall`, and `hallpass changes install` afterwards"
    } else {
        ""
    }
}

fn questions(catalog: &Catalog) -> Vec<Question> {
    let of = |kind| {
        let all = catalog.definitions.iter();
        all.filter(move |one: &&Definition| one.kind == kind)
    };
    let mut questions: Vec<_> = of(DefinitionKind::View)
        .map(|view| Question {
            what: format!("the view `{}`", view.name),
            proof: Statement::Prove(Proof::Read(view.name.as_str().into())),
        })
        .collect();
    let mut seen = HashSet::new();
    for trigger in of(DefinitionKind::Trigger) {
        if seen.insert(trigger.table.to_ascii_lowercase()) {
            questions.extend(of_triggers(catalog, &trigger.table));
        }
    }
    questions
}

/// Every way of writing to a table that has triggers.
fn of_triggers(catalog: &Catalog, table: &str) -> Vec<Question> {
    let own = catalog
        .definitions
        .iter()
        .filter(|one| one.kind == DefinitionKind::Trigger && one.table.eq_ignore_ascii_case(table));
    let names: Vec<_> = own.map(|one| format!("`{}`", one.name)).collect();
    let what = format!("a trigger of `{table}` ({})", names.join(", "));
    let name = TableName::from(table);
    let mut tables = catalog.tables.iter();
    let found = tables.find(|one| one.name.eq_ignore_ascii_case(table));
    let columns = found.map_or(&[][..], |found| &found.columns);
    let updates = columns
        .iter()
        .map(|column| Proof::Update(name.clone(), column.name.clone()));
    let proofs = [Proof::Insert(name.clone()), Proof::Delete(name.clone())];
    let asked = proofs.into_iter().chain(updates).map(|proof| Question {
        what: what.clone(),
        proof: Statement::Prove(proof),
    });
    asked.collect()
}

/// Makes again the triggers, and the indexes that no schema can say, that a script lost with tables which it made anew: they are gone,
/// their table is there, and the script has no word of them.
pub(crate) async fn make_again(
    tx: &mut Transaction,
    before: &Catalog,
    script: &str,
) -> Result<(), StructureError> {
    let after = tx.catalog_of(&[]).await?;
    for lost in before
        .definitions
        .iter()
        .filter(|one| is_lost(one, before, &after, script))
    {
        let again = Statement::AsWritten(lost.text.clone());
        let text = hallpass_sql::script(&again, tx.dialect())?;
        let made = tx.script(&text).await;
        made.map_err(|failed| {
            let kind = match lost.kind {
                DefinitionKind::Index => "index",
                _ => "trigger",
            };
            breaks(format!("the {kind} `{}`", lost.name), failed.error)
        })?;
    }
    Ok(())
}

fn is_lost(one: &Definition, before: &Catalog, after: &Catalog, script: &str) -> bool {
    let beyond_schemas = match one.kind {
        DefinitionKind::Trigger => true,
        DefinitionKind::Index => {
            let mut tables = before.tables.iter();
            tables.any(|table| table.other_indexes.contains(&one.name))
        }
        DefinitionKind::Table | DefinitionKind::View => false,
    };
    let is_there = |kind, name: &str| {
        let mut all = after.definitions.iter();
        all.any(|other| other.kind == kind && other.name.eq_ignore_ascii_case(name))
    };
    let owner =
        is_there(DefinitionKind::Table, &one.table) || is_there(DefinitionKind::View, &one.table);
    beyond_schemas && owner && !is_there(one.kind, &one.name) && !names(script, &one.name)
}

/// Whether a script makes or drops a trigger or an index of this name.
fn names(script: &str, name: &str) -> bool {
    let (script, name) = (script.to_ascii_lowercase(), name.to_ascii_lowercase());
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    script.match_indices(&name).any(|(at, _)| {
        let (before, after) = (script.get(..at), script.get(at + name.len()..));
        let after = after.and_then(|text| text.chars().next());
        !after.is_some_and(is_of_word) && before.is_some_and(ends_with_kind)
    })
}

/// Whether a name that follows is one of a trigger or an index: `DROP TRIGGER IF EXISTS main."`.
fn ends_with_kind(text: &str) -> bool {
    let text = text.trim_end_matches(['"', '`', '[', '\'']);
    let text = text.strip_suffix("main.").unwrap_or(text).trim_end();
    let mut words = text
        .rsplit(char::is_whitespace)
        .filter(|word| !word.is_empty())
        .skip_while(|word| matches!(*word, "if" | "not" | "exists"));
    matches!(words.next(), Some("trigger" | "index"))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn only_who_makes_or_drops_it_names_a_trigger() {
        for (script, is_named) in [
            ("DROP TRIGGER touched", true),
            ("drop trigger if exists main.\"touched\";", true),
            ("CREATE UNIQUE INDEX IF NOT EXISTS `touched` ON a (b)", true),
            (
                "CREATE\n  TRIGGER [Touched] AFTER UPDATE ON a BEGIN SELECT 1; END",
                true,
            ),
            (
                "INSERT INTO new_a (id, touched) SELECT id, touched FROM a",
                false,
            ),
            ("DROP TRIGGER touched_by", false),
            ("DROP TRIGGER untouched", false),
            ("DROP TABLE touched", false),
        ] {
            assert_eq!(names(script, "touched"), is_named, "{script}");
        }
    }
}
