//! Users whom foreign keys take along or change with a row of another table, where the database fires no triggers of theirs for
//! that (MySQL, MariaDB).
//!
//! Before the row goes, or its key changes, whoever may be met is written down ([`TAKEN`]). After it, each of those is told of as
//! the users' table has them then. What the keys did need not be known: a user who stayed is never said to be gone. Of a row
//! that `DELETE IGNORE` passes over nothing comes after, and what was written down waits for the next row, or a repair.

use hallpass_sql::{Dialect, EmitError, TableName};

use super::Deletion;
use super::people::People;
use crate::capture::cascade::{self, Each, Met, RECORD};
use crate::capture::mysql::made;
use crate::capture::{Script, fingerprint};
use crate::tracking::reach::{Event, Fate, Node, Reach};
use crate::words::{table, text};

/// Who was written down, by the connection whose statement it is and the table whose row goes or changes.
pub(super) const TAKEN: &str = "hallpass_sync_taken";
/// What names of triggers begin with that are fired before.
const BEFORE: &str = "hallpass_sync_cascade_";
/// What names of those begin with that are fired after.
const AFTER: &str = "hallpass_sync_cascaded_";

/// Whether a trigger is there for the sake of a foreign key.
pub(super) fn is_of_key(name: &str) -> bool {
    name.starts_with(BEFORE) || name.starts_with(AFTER)
}

/// What makes the table.
pub(super) fn table_of_taken() -> Script {
    vec![format!(
        "CREATE TABLE {TAKEN} (connection BIGINT UNSIGNED NOT NULL, parent VARCHAR(64) NOT NULL, id VARCHAR(255) NOT NULL, \
         PRIMARY KEY (connection, parent, id)) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    )]
}

/// The two triggers of one table and one event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken<'p> {
    people: &'p People,
    reach: &'p Reach,
    deletion: Deletion,
}

impl<'p> Taken<'p> {
    /// All that are wanted.
    pub(super) fn all(people: &'p People, deletion: Deletion) -> impl Iterator<Item = Self> {
        let reaches = people.reaches.iter();
        reaches.map(move |reach| Self {
            people,
            reach,
            deletion,
        })
    }

    /// The table whose rows they are fired for.
    pub(super) fn table(self) -> &'p str {
        &self.reach.first
    }

    pub(super) fn triggers(self) -> [String; 2] {
        [BEFORE, AFTER].map(|prefix| cascade::named(prefix, self.reach))
    }

    pub(super) fn install(self) -> Result<Script, EmitError> {
        self.script(&self.mark()?)
    }

    /// What stands in both, and in none that were made of other foreign keys.
    pub(super) fn mark(self) -> Result<String, EmitError> {
        Ok(fingerprint(&self.script("")?))
    }

    fn script(self, mark: &str) -> Result<Script, EmitError> {
        let mut blocks = String::new();
        for (at, node) in self.reach.nodes.iter().enumerate() {
            if self.people.is_met_by(node) {
                blocks.push_str(&self.write_down(at, node)?);
            }
        }
        let mut script = cascade::trigger(self.people.dialect, BEFORE, self.reach, mark, &blocks)?;
        script.extend(self.after(mark)?);
        Ok(script)
    }

    /// Of a row whose id changes, both are written down.
    fn write_down(self, at: usize, node: &Node) -> Result<String, EmitError> {
        let people = self.people;
        let met = Met {
            dialect: people.dialect,
            reach: self.reach,
            at,
            key: std::slice::from_ref(&people.id),
            by_primary_key: people.has_primary_key,
            is_older: false,
        };
        let older = Met {
            is_older: true,
            ..met
        };
        let id = people.id_text(RECORD)?;
        let other = match node.fate {
            Fate::Gone => id.clone(),
            Fate::Changed => {
                let after = people.id_as_text(met.after(&people.id.name)?);
                format!("COALESCE({after}, {id})")
            }
        };
        let output = format!("{id}, {other}");
        let parent = text(people.dialect, self.table())?;
        let each = Each {
            variables: "v_id, v_other",
            of_type: &format!("LONGTEXT {}", people.id_collation()),
            body: &format!(
                "IF v_id IS NOT NULL THEN INSERT INTO {TAKEN} (connection, parent, id) \
                 VALUES (CONNECTION_ID(), {parent}, v_id), (CONNECTION_ID(), {parent}, v_other) \
                 ON DUPLICATE KEY UPDATE id = VALUES(id); END IF;"
            ),
        };
        Ok(each.row(&met.select(&output)?, &older.select(&output)?))
    }

    /// Users are read with a lock that others may share: a snapshot may be older than what is told of them already.
    ///
    /// Errors 1146 and 1054: a table, or the users' id, is gone. Where another column is, what is told of them stays.
    fn after(self, mark: &str) -> Result<Script, EmitError> {
        let people = self.people;
        let first = TableName {
            schema: None,
            name: self.table().to_owned(),
        };
        let (event, when) = match self.reach.event {
            Event::Delete => ("DELETE", String::new()),
            Event::Update => (
                "UPDATE",
                format!(" AND ({})", cascade::moved(people.dialect, self.reach)?),
            ),
        };
        let mine = format!(
            "connection = CONNECTION_ID() AND parent = {}",
            text(people.dialect, self.table())?
        );
        let user = format!(
            "FROM {} AS u WHERE {} LOCK IN SHARE MODE",
            table(people.dialect, &people.table)?,
            people.is_user("u", "v_id")?
        );
        let rest = format!(
            "AFTER {event} ON {on} FOR EACH ROW BEGIN /* {mark} */ DECLARE v_end INT DEFAULT 0; \
             DECLARE v_id LONGTEXT {collation}; DECLARE v_new LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; \
             DECLARE taken CURSOR FOR SELECT id FROM {TAKEN} WHERE {mine}; \
             DECLARE EXIT HANDLER FOR 1146, 1054 BEGIN END; \
             DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_end = 1; \
             IF TRUE{when} THEN OPEN taken; each_user: LOOP FETCH taken INTO v_id; IF v_end THEN LEAVE each_user; END IF; \
             IF NOT EXISTS (SELECT 1 {user}) THEN {gone}; \
             ELSE BEGIN DECLARE EXIT HANDLER FOR 1054 BEGIN END; SET v_new = (SELECT {new} {user}); \
             IF v_new IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {told} AS s WHERE s.id = v_id AND s.deleted_at IS NULL AND NOT ({differs})) \
             THEN {write} END IF; END; END IF; \
             DELETE FROM {TAKEN} WHERE {mine} AND id = v_id; END LOOP; CLOSE taken; END IF; END",
            on = table(people.dialect, &first)?,
            collation = people.id_collation(),
            gone = people.gone(self.deletion, " AND id = v_id"),
            new = people.told("u", &people.known_millis("v_id"))?,
            told = people.told_table(),
            differs = people.differs("s.raw_json", "v_new"),
            write = people.write_of_mysql(),
        );
        made(people.dialect, &cascade::named(AFTER, self.reach), &rest)
    }
}

impl People {
    /// Whether rows that foreign keys meet are users of whom something else is told afterwards.
    pub(super) fn is_met_by(&self, node: &Node) -> bool {
        let verified = self.verified.as_ref().map(|one| &one.column);
        let others = [&self.name, &self.email, &self.image, &self.signed_up];
        let others = others.into_iter().filter_map(Option::as_ref);
        let told: Vec<&str> = others
            .chain(verified)
            .chain([&self.id])
            .map(|column| column.name.as_str())
            .collect();
        let mut changes = node.ways.iter().flat_map(|way| &way.changes);
        node.table == self.table.name
            && (node.fate == Fate::Gone
                || changes.any(|(column, _)| told.contains(&column.as_str())))
    }

    /// Whether users go with rows of other tables, which the log says before it is so.
    pub(crate) fn goes_by_keys(&self) -> bool {
        let mut nodes = self.reaches.iter().flat_map(|reach| &reach.nodes);
        nodes.any(|node| node.fate == Fate::Gone && node.table == self.table.name)
    }
}

/// Whether a database needs any of this.
pub(super) fn is_needed(people: &People) -> bool {
    matches!(people.dialect, Dialect::MySql | Dialect::MariaDb) && !people.reaches.is_empty()
}
