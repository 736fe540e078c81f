//! Triggers of PostgreSQL: one function a table, which both triggers of the table run.

use hallpass_sql::{Dialect, EmitError, TableName};

use super::document::Writer;
use super::{Script, Table};
use crate::tracking::TrackedColumn;
use crate::words::{identifier, table, text};

const DIALECT: Dialect = Dialect::Postgres;

/// The trigger that sees rows.
pub(super) const ROWS: &str = "hallpass_capture";
/// The trigger that sees TRUNCATE.
pub(super) const TRUNCATE: &str = "hallpass_capture_truncate";

/// The function, and the triggers where they are not there.
pub(super) fn install(one: &Table<'_>, fingerprint: &str) -> Result<Script, EmitError> {
    let name = table(DIALECT, &one.tracked.table)?;
    let function = table(DIALECT, &function(one))?;
    Ok(vec![
        body(one, &function, fingerprint)?,
        // SECURITY: who may not write to the log shall not hang it on a table of theirs.
        format!("REVOKE ALL ON FUNCTION {function}() FROM PUBLIC"),
        format!("DROP TRIGGER IF EXISTS {ROWS} ON {name}"),
        format!(
            "CREATE TRIGGER {ROWS} AFTER INSERT OR UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION {function}()"
        ),
        format!("DROP TRIGGER IF EXISTS {TRUNCATE} ON {name}"),
        format!(
            "CREATE TRIGGER {TRUNCATE} AFTER TRUNCATE ON {name} FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        ),
    ])
}

/// Another text of the function, which needs no lock of the table.
pub(super) fn refresh(one: &Table<'_>, fingerprint: &str) -> Result<Script, EmitError> {
    let function = table(DIALECT, &function(one))?;
    Ok(vec![body(one, &function, fingerprint)?])
}

pub(super) fn function(one: &Table<'_>) -> TableName {
    TableName {
        schema: one.log_schema.map(str::to_owned),
        name: super::named("hallpass_capture_", one),
    }
}

/// What the block of its own around the documents costs is less than a tenth of an insert; without it a column that
/// was dropped or renamed since would break every write. It writes nothing, so it takes no transaction id.
fn body(one: &Table<'_>, function: &str, fingerprint: &str) -> Result<String, EmitError> {
    let writer = Writer {
        dialect: DIALECT,
        columns: &one.tracked.columns,
    };
    let key = &one.tracked.key;
    let log = TableName {
        schema: one.log_schema.map(str::to_owned),
        name: super::LOG.to_owned(),
    };
    let log_name = table(DIALECT, &log)?;
    let text = format!(
        r#"
-- {fingerprint}
DECLARE
  v_key text; v_before text; v_after text; v_left_out text := '';
BEGIN
  IF to_regclass({log_text}) IS NULL THEN
    RETURN NULL;
  END IF;
  IF TG_OP <> 'TRUNCATE' THEN
    BEGIN
      IF TG_OP = 'INSERT' THEN
        v_key := {new_key};
        v_after := {new};
        v_left_out := {new_left_out};
      ELSIF TG_OP = 'UPDATE' THEN
        v_key := {old_key};
        v_before := {old};
        v_after := {new};
        v_left_out := {both_left_out};
      ELSE
        v_key := {old_key};
        v_before := {old};
        v_left_out := {old_left_out};
      END IF;
    EXCEPTION WHEN OTHERS THEN
      v_left_out := '*';
      BEGIN
        IF TG_OP <> 'INSERT' THEN
          SELECT '{{' || string_agg(to_json(e.key)::text || ':' || coalesce(to_json(e.value)::text, 'null'), ',') || '}}',
                 '{{' || string_agg(to_json(e.key)::text || ':' || coalesce(to_json(e.value)::text, 'null'), ',')
                   FILTER (WHERE e.key = ANY ({keys})) || '}}'
            INTO v_before, v_key FROM json_each_text(to_json(OLD)) AS e WHERE e.key = ANY ({columns});
        END IF;
        IF TG_OP <> 'DELETE' THEN
          SELECT '{{' || string_agg(to_json(e.key)::text || ':' || coalesce(to_json(e.value)::text, 'null'), ',') || '}}',
                 coalesce(v_key, '{{' || string_agg(to_json(e.key)::text || ':' || coalesce(to_json(e.value)::text, 'null'), ',')
                   FILTER (WHERE e.key = ANY ({keys})) || '}}')
            INTO v_after, v_key FROM json_each_text(to_json(NEW)) AS e WHERE e.key = ANY ({columns});
        END IF;
      EXCEPTION WHEN OTHERS THEN
        v_before := NULL; v_after := NULL;
      END;
    END;
    IF TG_OP = 'UPDATE' AND v_before = v_after AND v_left_out = '' THEN
      RETURN NULL;
    END IF;
  END IF;
  INSERT INTO {log_name} (table_name, operation, row_key, row_before, row_after, left_out, actor)
  VALUES ({name}, lower(TG_OP), v_key, v_before, v_after, v_left_out,
          left(nullif(current_setting('hallpass.actor', true), ''), 255));
  RETURN NULL;
END
"#,
        log_text = text(DIALECT, &log_name)?,
        new_key = writer.key(key, "NEW")?,
        old_key = writer.key(key, "OLD")?,
        new = writer.row("NEW")?,
        old = writer.row("OLD")?,
        new_left_out = writer.left_out(&["NEW"])?,
        old_left_out = writer.left_out(&["OLD"])?,
        both_left_out = writer.left_out(&["OLD", "NEW"])?,
        keys = names(key)?,
        columns = names(&one.tracked.columns)?,
        name = text(DIALECT, &one.tracked.table.name)?,
    );
    let tag = identifier(DIALECT, "hallpass")?.replace('"', "$");
    // SECURITY: the name of the log must not end the text of the function; names of columns hold no `$`.
    if text.contains(&tag) {
        return Err(EmitError::Identifier);
    }
    Ok(format!(
        "CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
         SET search_path = pg_catalog, pg_temp AS {tag}{text}{tag}"
    ))
}

fn names(columns: &[TrackedColumn]) -> Result<String, EmitError> {
    let names = columns.iter().map(|column| text(DIALECT, &column.name));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    Ok(format!("ARRAY[{}]::text[]", names.join(", ")))
}
