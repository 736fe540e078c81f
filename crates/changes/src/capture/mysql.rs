//! Triggers of MySQL and MariaDB: three a table, since each is for one kind of change.

use hallpass_sql::{Dialect, EmitError};

use super::document::Writer;
use super::{Script, Table};
use crate::words::{identifier, table, text};

/// Each trigger of a table: what it is for, and the beginning of its name.
pub(super) const KINDS: [(&str, &str); 3] = [
    ("insert", "hallpass_capture_insert_"),
    ("update", "hallpass_capture_update_"),
    ("delete", "hallpass_capture_delete_"),
];

pub(super) fn install(one: &Table<'_>, fingerprint: &str) -> Result<Script, EmitError> {
    let dialect = one.dialect;
    let mut script = Vec::new();
    for (kind, prefix) in KINDS {
        let on = table(dialect, &one.tracked.table)?;
        let text = body(one, kind, fingerprint)?;
        let rest = format!("AFTER {kind} ON {on} FOR EACH ROW {text}");
        script.extend(made(dialect, &super::named(prefix, one), &rest)?);
    }
    Ok(script)
}

/// Makes a trigger, in the place of one of the same name.
pub(crate) fn made(dialect: Dialect, name: &str, rest: &str) -> Result<Script, EmitError> {
    let name = identifier(dialect, name)?;
    Ok(if dialect == Dialect::MariaDb {
        vec![format!("CREATE OR REPLACE TRIGGER {name} {rest}")]
    } else {
        vec![
            format!("DROP TRIGGER IF EXISTS {name}"),
            format!("CREATE TRIGGER {name} {rest}"),
        ]
    })
}

/// Writes what stands in the variables of a trigger to the log.
pub(super) fn written(dialect: Dialect, table: &str, kind: &str) -> Result<String, EmitError> {
    Ok(format!(
        "INSERT INTO {log} (at, table_name, operation, row_key, row_before, row_after, left_out, actor) \
         VALUES (UTC_TIMESTAMP(6), {name}, '{kind}', v_key, v_before, v_after, COALESCE(v_left_out, ''), \
         LEFT(NULLIF(CONVERT(@hallpass_actor USING utf8mb4), ''), 255));",
        log = identifier(dialect, super::LOG)?,
        name = text(dialect, table)?,
    ))
}

/// Errors 1146 and 1054: the log, or a column that was there, is gone. No other is passed over: a deadlock has undone the
/// whole transaction, and whoever goes on after it would commit half of one.
fn body(one: &Table<'_>, kind: &str, fingerprint: &str) -> Result<String, EmitError> {
    let dialect = one.dialect;
    let writer = Writer {
        dialect,
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
    Ok(format!(
        "BEGIN /* {fingerprint} */ \
         DECLARE v_key, v_before, v_after, v_left_out LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; \
         DECLARE CONTINUE HANDLER FOR 1146 BEGIN END; \
         DECLARE CONTINUE HANDLER FOR 1054 SET v_left_out = '*'; \
         SET v_left_out = {left_out}; \
         SET v_key = {key}; \
         SET v_before = {before}; \
         SET v_after = {after}; \
         IF '{kind}' <> 'update' OR v_left_out <> '' OR NOT (v_before <=> v_after) THEN {write} END IF; END",
        left_out = writer.left_out(records)?,
        key = writer.key(&one.tracked.key, key_of)?,
        before = row(before)?,
        after = row(after)?,
        write = written(dialect, &one.tracked.table.name, kind)?,
    ))
}
