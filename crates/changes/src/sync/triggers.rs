//! Triggers that keep the table of what is told of users, in the transaction of whoever writes.
//!
//! Each looks first whether the table is there, as far as the database can be asked, so that no sign-up fails for want of
//! it; a user whose row says nothing new writes nothing.

use hallpass_sql::{Dialect, EmitError};

use super::Deletion;
use super::people::People;
use crate::capture::mysql::made;
use crate::capture::{Script, name_for};
use crate::words::{identifier, table, text};

/// What all names of functions and triggers begin with.
pub(super) const PREFIX: &str = "hallpass_sync_";
const ROWS: &str = "hallpass_sync";
const TRUNCATE: &str = "hallpass_sync_truncate";
const KINDS: [&str; 3] = ["insert", "update", "delete"];

impl People {
    /// What makes the triggers of the users' own table.
    pub(super) fn install(&self, deletion: Deletion, mark: &str) -> Result<Script, EmitError> {
        match self.dialect {
            Dialect::Postgres => self.install_postgres(deletion, mark),
            Dialect::Sqlite => self.install_sqlite(deletion, mark),
            Dialect::MySql | Dialect::MariaDb => self.install_mysql(deletion, mark),
        }
    }

    /// The names of those triggers.
    pub(super) fn triggers(&self) -> Vec<String> {
        match self.dialect {
            Dialect::Postgres => vec![ROWS.to_owned(), TRUNCATE.to_owned()],
            _ => KINDS.iter().map(|kind| self.trigger(kind)).collect(),
        }
    }

    fn trigger(&self, kind: &str) -> String {
        name_for(&format!("{PREFIX}{kind}_"), &self.table)
    }

    /// What makes a user gone: a mark, or nothing left.
    pub(super) fn gone(&self, deletion: Deletion, which: &str) -> String {
        let begin = self.gone_word(deletion);
        match deletion {
            Deletion::Soft => {
                format!("{begin} = {} WHERE deleted_at IS NULL{which}", self.now())
            }
            Deletion::Hard => format!("{begin}{}", which.replacen(" AND ", " WHERE ", 1)),
        }
    }

    /// How that begins: by it a trigger tells which it does.
    pub(super) fn gone_word(&self, deletion: Deletion) -> String {
        let told = self.told_table();
        match deletion {
            Deletion::Soft => format!("UPDATE {told} SET deleted_at"),
            Deletion::Hard => format!("DELETE FROM {told}"),
        }
    }

    fn install_postgres(&self, deletion: Deletion, mark: &str) -> Result<Script, EmitError> {
        let name = table(self.dialect, &self.table)?;
        let function = hallpass_sql::TableName {
            schema: self.current_schema.clone(),
            name: name_for(PREFIX, &self.table),
        };
        let function = table(self.dialect, &function)?;
        let body = self.body_of_postgres(deletion, mark)?;
        Ok(vec![
            format!(
                "CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
                 SET search_path = pg_catalog, pg_temp AS $hallpass${body}$hallpass$"
            ),
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

    /// Where a column is gone since, what is left of the row is told: the second form asks for columns by their names.
    fn body_of_postgres(&self, deletion: Deletion, mark: &str) -> Result<String, EmitError> {
        let literal = |column: Option<&str>| match column {
            Some(name) => text(self.dialect, name),
            None => Ok("''".to_owned()),
        };
        let of = |column: &Option<crate::tracking::TrackedColumn>| {
            literal(column.as_ref().map(|one| one.name.as_str()))
        };
        let verified = self.verified.as_ref().map(|one| one.column.name.as_str());
        let new = format!(
            "CASE WHEN TG_OP = 'INSERT' THEN {} ELSE {} END",
            self.told("NEW", self.now_millis())?,
            self.told("NEW", "'null'")?
        );
        Ok(format!(
            r#"
-- {mark}
DECLARE
  v_old text; v_new text; v_row jsonb; v_old_id text; v_new_id text;
BEGIN
  IF to_regclass('{told}') IS NULL THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'TRUNCATE' THEN
    {all_gone};
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    v_old_id := {old_id};
  END IF;
  IF TG_OP <> 'DELETE' THEN
    v_new_id := {new_id};
    BEGIN
      v_new := {new};
      IF TG_OP = 'UPDATE' THEN
        v_old := {old};
      END IF;
    EXCEPTION WHEN OTHERS THEN
      v_old := NULL;
      BEGIN
        v_row := to_jsonb(NEW);
        v_new := jsonb_build_object('id', v_new_id, 'display_name', v_row ->> {name}, 'primary_email', v_row ->> {email},
          'primary_email_verified', coalesce(v_row ->> {verified}, 'false') <> 'false',
          'profile_image_url', v_row ->> {image}, 'signed_up_at_millis', NULL)::text;
      EXCEPTION WHEN OTHERS THEN
        RETURN NULL;
      END;
    END;
  END IF;
  IF TG_OP = 'UPDATE' AND v_old_id = v_new_id AND v_old = v_new THEN
    RETURN NULL;
  END IF;
  IF v_old_id IS NOT NULL AND v_old_id IS DISTINCT FROM v_new_id THEN
    {one_gone};
  END IF;
  IF v_new IS NOT NULL THEN
    INSERT INTO {told} AS s (raw_json, updated_at) VALUES (v_new::jsonb, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET
      raw_json = CASE WHEN TG_OP = 'UPDATE' AND excluded.raw_json -> 'signed_up_at_millis' = 'null'
        THEN excluded.raw_json || jsonb_build_object('signed_up_at_millis', s.raw_json -> 'signed_up_at_millis')
        ELSE excluded.raw_json END,
      updated_at = excluded.updated_at, deleted_at = NULL;
  END IF;
  RETURN NULL;
END
"#,
            told = self.told_table(),
            all_gone = self.gone(deletion, ""),
            one_gone = self.gone(deletion, " AND id = v_old_id"),
            old_id = self.id_text("OLD")?,
            new_id = self.id_text("NEW")?,
            new = new,
            old = self.told("OLD", "'null'")?,
            name = of(&self.name)?,
            email = of(&self.email)?,
            verified = literal(verified)?,
            image = of(&self.image)?,
        ))
    }

    fn install_sqlite(&self, deletion: Deletion, mark: &str) -> Result<Script, EmitError> {
        let mut script = Vec::new();
        for kind in KINDS {
            let name = identifier(self.dialect, &self.trigger(kind))?;
            let on = table(self.dialect, &self.table)?;
            let body = self.body_of_sqlite(kind, deletion)?;
            script.push(format!("DROP TRIGGER IF EXISTS {name}"));
            script.push(format!(
                "CREATE TRIGGER {name} AFTER {kind} ON {on} FOR EACH ROW{when} BEGIN /* {mark} */ {body} END",
                when = if kind == "update" {
                    format!(
                        " WHEN {} IS NOT {}",
                        self.told("OLD", "'null'")?,
                        self.told("NEW", "'null'")?
                    )
                } else {
                    String::new()
                }
            ));
        }
        Ok(script)
    }

    /// An update and an insert rather than one of both: `INSERT OR REPLACE` of the program outside would make a deletion of
    /// it, and with it of everything that refers to the user.
    fn body_of_sqlite(&self, kind: &str, deletion: Deletion) -> Result<String, EmitError> {
        let told = self.told_table();
        let now = self.now();
        let old_id = self.id_text("OLD")?;
        let gone = self.gone(deletion, &format!(" AND id = {old_id}"));
        if kind == "delete" {
            return Ok(format!("{gone};"));
        }
        let new_id = self.id_text("NEW")?;
        let (first, millis) = if kind == "insert" {
            (String::new(), self.now_millis().to_owned())
        } else {
            let moved = gone.replacen("WHERE", &format!("WHERE {old_id} IS NOT {new_id} AND"), 1);
            let kept = format!(
                "coalesce((SELECT {} FROM {told} WHERE id = {new_id}), 'null')",
                self.kept_millis("raw_json")
            );
            (format!("{moved}; "), kept)
        };
        let new = self.told("NEW", &millis)?;
        Ok(format!(
            "{first}UPDATE {told} SET raw_json = {new}, updated_at = {now}, deleted_at = NULL WHERE id = {new_id}; \
             INSERT INTO {told} (raw_json, updated_at) SELECT {new}, {now} \
             WHERE NOT EXISTS (SELECT 1 FROM {told} WHERE id = {new_id});"
        ))
    }

    fn install_mysql(&self, deletion: Deletion, mark: &str) -> Result<Script, EmitError> {
        let mut script = Vec::new();
        for kind in KINDS {
            let on = table(self.dialect, &self.table)?;
            let body = self.body_of_mysql(kind, deletion)?;
            let rest = format!(
                "AFTER {kind} ON {on} FOR EACH ROW BEGIN /* {mark} */ \
                 DECLARE v_old, v_new LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; \
                 DECLARE CONTINUE HANDLER FOR 1146, 1054 BEGIN END; {body} END"
            );
            script.extend(made(self.dialect, &self.trigger(kind), &rest)?);
        }
        Ok(script)
    }

    fn body_of_mysql(&self, kind: &str, deletion: Deletion) -> Result<String, EmitError> {
        let gone = self.gone(deletion, &format!(" AND id = {}", self.id_text("OLD")?));
        if kind == "delete" {
            return Ok(format!("{gone};"));
        }
        let write = self.write_of_mysql();
        if kind == "insert" {
            return Ok(format!(
                "SET v_new = {}; IF v_new IS NOT NULL THEN {write} END IF;",
                self.told("NEW", self.now_millis())?
            ));
        }
        let (old_id, new_id) = (self.id_text("OLD")?, self.id_text("NEW")?);
        let kept = self.known_millis(&new_id);
        Ok(format!(
            "SET v_old = {old}; SET v_new = {plain}; \
             IF NOT ({old_id} <=> {new_id}) THEN {gone}; END IF; \
             IF v_new IS NOT NULL AND NOT (v_old <=> v_new) THEN SET v_new = {new}; {write} END IF;",
            old = self.told("OLD", "'null'")?,
            plain = self.told("NEW", "'null'")?,
            new = self.told("NEW", &kept)?,
        ))
    }

    /// The moment of signing up that is told of an id already, or `null`.
    pub(super) fn known_millis(&self, id: &str) -> String {
        format!(
            "COALESCE((SELECT {} FROM {} WHERE id = {id}), 'null')",
            self.kept_millis("raw_json"),
            self.told_table()
        )
    }

    /// Writes the document in `v_new`.
    pub(super) fn write_of_mysql(&self) -> String {
        format!(
            "INSERT INTO {} (raw_json, updated_at, deleted_at) VALUES (v_new, UTC_TIMESTAMP(6), NULL) \
             ON DUPLICATE KEY UPDATE raw_json = VALUES(raw_json), updated_at = VALUES(updated_at), deleted_at = NULL;",
            self.told_table()
        )
    }
}
