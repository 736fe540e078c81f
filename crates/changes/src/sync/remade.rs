//! A table of SQLite made anew with one more clause, for SQLite cannot add a foreign key to one that is there.
//!
//! SPEC: <https://www.sqlite.org/lang_altertable.html#otheralter>. Foreign keys are off meanwhile (`Database::begin_change`), since to
//! drop the old table would delete what refers to it; they are checked before the commit.

use hallpass_db::{Database, Transaction};
use hallpass_sql::{Access, Dialect, EmitError, Value};

use crate::capture::Script;
use crate::error::ChangesError;
use crate::words::{identifier, query, text};

/// What the database keeps of a table.
struct Made {
    name: String,
    /// As somebody wrote it.
    create: String,
    /// Those that can be written to.
    columns: Vec<String>,
    /// Its indexes and triggers, as somebody wrote them.
    beside: Vec<String>,
}

/// Makes the table `name` anew with `clause` behind its columns.
///
/// # Errors
/// [`ChangesError::Shape`] for what is no table that can be read, else what the database said; nothing has happened then.
pub(super) async fn with_clause(
    database: &Database,
    name: &str,
    clause: &str,
) -> Result<(), ChangesError> {
    let mut tx = database.begin_change().await?;
    let done = async {
        let made = Made::read(&mut tx, name).await?;
        for statement in made.anew(clause)? {
            let ran = tx.script(&statement).await;
            ran.map_err(|failed| ChangesError::Step {
                step: format!("rebuild-table:{name}"),
                source: failed.error,
            })?;
        }
        Ok(())
    };
    match done.await {
        Ok(()) => Ok(tx.commit().await?),
        Err(error) => {
            tx.close();
            Err(error)
        }
    }
}

impl Made {
    async fn read(tx: &mut Transaction, name: &str) -> Result<Self, ChangesError> {
        let create = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?";
        let columns = "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid";
        let beside = "SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND type IN ('index', 'trigger') \
                      AND sql IS NOT NULL ORDER BY rowid";
        Ok(Self {
            name: name.to_owned(),
            create: texts(tx, create, name)
                .await?
                .pop()
                .ok_or(ChangesError::Shape)?,
            columns: texts(tx, columns, name).await?,
            beside: texts(tx, beside, name).await?,
        })
    }

    fn anew(&self, clause: &str) -> Result<Script, ChangesError> {
        let sqlite = Dialect::Sqlite;
        let new = format!("hallpass_new_{}", self.name);
        let (old_name, new_name) = (identifier(sqlite, &self.name)?, identifier(sqlite, &new)?);
        let columns: Result<Vec<_>, EmitError> = self
            .columns
            .iter()
            .map(|one| identifier(sqlite, one))
            .collect();
        let columns = columns?.join(", ");
        let (body, options) = body(&self.create).ok_or(ChangesError::Shape)?;
        let mut script = vec![format!(
            "CREATE TABLE {new_name} ({body}\n, {clause}){options}"
        )];
        if self.create.to_ascii_uppercase().contains("AUTOINCREMENT") {
            // Or ids of rows that are gone would be given again.
            script.push(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {}, seq FROM sqlite_sequence WHERE name = {}",
                text(sqlite, &new)?,
                text(sqlite, &self.name)?
            ));
        }
        script.push(format!(
            "INSERT INTO {new_name} ({columns}) SELECT {columns} FROM {old_name}"
        ));
        script.push(format!("DROP TABLE {old_name}"));
        script.push(format!("ALTER TABLE {new_name} RENAME TO {old_name}"));
        script.extend(self.beside.iter().cloned());
        Ok(script)
    }
}

async fn texts(tx: &mut Transaction, text: &str, name: &str) -> Result<Vec<String>, ChangesError> {
    let query = query(Dialect::Sqlite, Access::Read, text);
    let rows = tx.exec(&query, &[name.into()]).await?.rows;
    let texts = rows
        .into_iter()
        .map(|row| match <[Value; 1]>::try_from(row) {
            Ok([Value::Text(text)]) => Ok(text),
            _ => Err(ChangesError::Shape),
        });
    texts.collect()
}

/// What stands between the parentheses of `CREATE TABLE name (…)`, and what stands behind them. Nothing for what has none, such as a
/// virtual table.
fn body(create: &str) -> Option<(&str, &str)> {
    if !create.get(..12)?.eq_ignore_ascii_case("CREATE TABLE") {
        return None;
    }
    let mut depth = 0_u32;
    let mut start = None;
    let mut rest = create.char_indices();
    while let Some((at, letter)) = rest.next() {
        match letter {
            '"' | '\'' | '`' => {
                rest.find(|(_, one)| *one == letter)?;
            }
            '[' => {
                rest.find(|(_, one)| *one == ']')?;
            }
            '-' if create.get(at..)?.starts_with("--") => {
                rest.find(|(_, one)| *one == '\n')?;
            }
            '/' if create.get(at..)?.starts_with("/*") => {
                let end = at + 2 + create.get(at + 2..)?.find("*/")? + 2;
                rest.find(|(one, _)| one + 1 == end)?;
            }
            '(' => {
                depth += 1;
                start = start.or(Some(at + 1));
            }
            ')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some((create.get(start?..at)?, create.get(at + 1..)?));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_a_table_are_found_whatever_stands_around_them() {
        for (create, expected) in [
            ("CREATE TABLE a (x)", Some(("x", ""))),
            (
                "create table a(x, y CHECK (x > (1))) STRICT",
                Some(("x, y CHECK (x > (1))", " STRICT")),
            ),
            ("CREATE TABLE \"a (b\" (x)", Some(("x", ""))),
            (
                "CREATE TABLE [a)(] (`)` DEFAULT ')')",
                Some(("`)` DEFAULT ')'", "")),
            ),
            (
                "CREATE TABLE a (x DEFAULT 'it''s (')",
                Some(("x DEFAULT 'it''s ('", "")),
            ),
            (
                "CREATE TABLE a (x -- one )\n, y /* ) */)",
                Some(("x -- one )\n, y /* ) */", "")),
            ),
            ("CREATE TABLE a (x /**/)", Some(("x /**/", ""))),
            ("CREATE VIRTUAL TABLE a USING fts5(x)", None),
            ("CREATE TABLE a (x", None),
            ("CREATE TABLE a )x(", None),
            ("é", None),
            ("CREATE TABLE a (x '", None),
            ("CREATE TABLE a (/*/)", None),
        ] {
            assert_eq!(body(create), expected, "{create}");
        }
    }
}
