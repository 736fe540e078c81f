//! Triggers of SQLite: three a table, since each is for one kind of change.

use hallpass_sql::{Dialect, EmitError};

use super::document::Writer;
use super::mysql::KINDS;
use super::{Script, Table};
use crate::words::{identifier, table, text};

const DIALECT: Dialect = Dialect::Sqlite;

pub(super) fn install(one: &Table<'_>, fingerprint: &str) -> Result<Script, EmitError> {
    let mut script = Vec::new();
    for (kind, prefix) in KINDS {
        let name = identifier(DIALECT, &super::named(prefix, one))?;
        let on = table(DIALECT, &one.tracked.table)?;
        script.push(format!("DROP TRIGGER IF EXISTS {name}"));
        script.push(format!(
            "CREATE TRIGGER {name} AFTER {kind} ON {on} FOR EACH ROW {}",
            body(one, kind, fingerprint)?
        ));
    }
    Ok(script)
}

/// Nothing can be looked at before it is written to: SQLite reads the whole trigger first. So the log goes last, after
/// every trigger that writes to it.
fn body(one: &Table<'_>, kind: &str, fingerprint: &str) -> Result<String, EmitError> {
    let writer = Writer {
        dialect: DIALECT,
        columns: &one.tracked.columns,
    };
    let (key_of, before, after, records): (_, _, _, &[&str]) = match kind {
        "insert" => ("NEW", None, Some("NEW"), &["NEW"]),
        "update" => ("OLD", Some("OLD"), Some("NEW"), &["OLD", "NEW"]),
        _ => ("OLD", Some("OLD"), None, &["OLD"]),
    };
    let row = |record: Option<&str>| {
        let written = record.map(|record| writer.row(record)).transpose()?;
        Ok::<_, EmitError>(written.unwrap_or_else(|| "NULL".to_owned()))
    };
    let changed = if kind == "update" {
        " WHERE v_before IS NOT v_after OR v_left_out <> ''"
    } else {
        ""
    };
    Ok(format!(
        "BEGIN /* {fingerprint} */ \
         INSERT INTO {log} (at, table_name, operation, row_key, row_before, row_after, left_out, actor) \
         SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), {name}, '{kind}', v_key, v_before, v_after, v_left_out, \
         (SELECT actor FROM {actors} LIMIT 1) \
         FROM (SELECT {key} AS v_key, {before} AS v_before, {after} AS v_after, {left_out} AS v_left_out){changed}; END",
        log = super::LOG,
        actors = super::ACTORS,
        name = text(DIALECT, &one.tracked.table.name)?,
        key = writer.key(&one.tracked.key, key_of)?,
        before = row(before)?,
        after = row(after)?,
        left_out = writer.left_out(records)?,
    ))
}
