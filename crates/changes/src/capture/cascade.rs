//! Triggers of MySQL and MariaDB on the tables that others refer to: they write to the log what foreign keys will do to rows of
//! tracked tables, for which `InnoDB` fires no triggers. See `docs/design/changes.md`.
//!
//! They read with a lock that others may share: a snapshot may be older than what the database is about to remove, and to ask
//! for more than that is refused of tables which the statement outside uses as well.

use std::collections::BTreeSet;

use hallpass_sql::{Dialect, EmitError, TableName};

use super::document::Writer;
use super::mysql::{made, written};
use super::{Script, fingerprint, name_for};
use crate::tracking::reach::{Event, Fate, New, Node, Reach, Way};
use crate::tracking::{Tracked, TrackedColumn, Tracking};
use crate::words::{identifier, table};

/// What all names of these triggers begin with.
pub(crate) const PREFIX: &str = "hallpass_cascade_";
/// Errors of a trigger that is older than the tables: a column, or an index, is gone.
const OLDER: &str = "1054, 1176";

/// The trigger of one table and one event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cascade<'t> {
    tracking: &'t Tracking,
    reach: &'t Reach,
}

impl<'t> Cascade<'t> {
    /// All that are wanted.
    pub(crate) fn all(tracking: &'t Tracking) -> impl Iterator<Item = Self> {
        let reaches = tracking.reaches.iter();
        reaches.map(move |reach| Self { tracking, reach })
    }

    /// The table whose rows it is fired for.
    pub(crate) fn table(self) -> TableName {
        first(self.reach)
    }

    /// Of what: `delete`, `update`.
    pub(crate) fn event(self) -> &'static str {
        word(self.reach.event)
    }

    pub(crate) fn trigger(self) -> String {
        named(PREFIX, self.reach)
    }

    /// The tracked tables that it tells of.
    pub(crate) fn tells_of(self) -> Vec<&'t str> {
        let tables = self.tracking.tables.iter();
        let names = tables.map(|one| one.table.name.as_str());
        names.filter(|name| self.reach.meets(name)).collect()
    }

    pub(crate) fn install(self) -> Result<Script, EmitError> {
        self.script(&self.fingerprint()?)
    }

    pub(crate) fn fingerprint(self) -> Result<String, EmitError> {
        Ok(fingerprint(&self.script("")?))
    }

    /// What refers to others is told of before those.
    fn script(self, mark: &str) -> Result<Script, EmitError> {
        let mut blocks = String::new();
        for (at, node) in self.reach.nodes.iter().enumerate().rev() {
            let mut tables = self.tracking.tables.iter();
            if let Some(tracked) = tables.find(|one| one.table.name == node.table) {
                blocks.push_str(&self.block(at, node.fate, tracked)?);
            }
        }
        trigger(self.tracking.dialect, PREFIX, self.reach, mark, &blocks)
    }

    fn block(self, at: usize, fate: Fate, tracked: &Tracked) -> Result<String, EmitError> {
        let met = Met {
            dialect: self.tracking.dialect,
            reach: self.reach,
            at,
            key: &tracked.key,
            by_primary_key: tracked.has_primary_key,
            is_older: false,
        };
        let writer = Writer {
            dialect: met.dialect,
            columns: &tracked.columns,
        };
        let (kind, after) = match fate {
            Fate::Gone => ("delete", "NULL".to_owned()),
            Fate::Changed => ("update", writer.row_of(|column| met.after(&column.name))?),
        };
        let key = writer.key(&tracked.key, RECORD)?;
        let before = writer.row(RECORD)?;
        let left_out = writer.left_out(&[RECORD])?;
        let whole = met.select(&format!("{key}, {before}, {after}, {left_out}"))?;
        let older = Met {
            is_older: true,
            ..met
        };
        let key_alone = older.select(&format!("{key}, NULL, NULL, '*'"))?;
        let write = written(met.dialect, &tracked.table.name, kind)?;
        let each = Each {
            variables: "v_key, v_before, v_after, v_left_out",
            of_type: "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            body: &format!(
                "IF '{kind}' <> 'update' OR v_left_out <> '' OR NOT (v_before <=> v_after) THEN {write} END IF;"
            ),
        };
        Ok(each.row(&whole, &key_alone))
    }
}

/// The record that statements of [`Met`] read.
pub(crate) const RECORD: &str = "r";

fn first(reach: &Reach) -> TableName {
    TableName {
        schema: None,
        name: reach.first.clone(),
    }
}

/// The name of the trigger, by what names of its kind begin with.
pub(crate) fn named(prefix: &str, reach: &Reach) -> String {
    name_for(&format!("{prefix}{}_", word(reach.event)), &first(reach))
}

fn word(event: Event) -> &'static str {
    match event {
        Event::Delete => "delete",
        Event::Update => "update",
    }
}

/// Makes the trigger. Whoever switched foreign keys off for a while is not told of what they do not do. Error 1054: a column that
/// others refer to has another name since.
pub(crate) fn trigger(
    dialect: Dialect,
    prefix: &str,
    reach: &Reach,
    mark: &str,
    blocks: &str,
) -> Result<Script, EmitError> {
    let on = table(dialect, &first(reach))?;
    let (event, when) = match reach.event {
        Event::Delete => ("DELETE", String::new()),
        Event::Update => ("UPDATE", format!(" AND ({})", moved(dialect, reach)?)),
    };
    let rest = format!(
        "BEFORE {event} ON {on} FOR EACH ROW BEGIN /* {mark} */ DECLARE EXIT HANDLER FOR 1054 BEGIN END; \
         IF @@session.foreign_key_checks{when} THEN {blocks}END IF; END"
    );
    made(dialect, &named(prefix, reach), &rest)
}

/// Whether a column that others refer to changes, by its bytes, as `InnoDB` looks at it.
pub(crate) fn moved(dialect: Dialect, reach: &Reach) -> Result<String, EmitError> {
    let ways = reach.nodes.iter().flat_map(|node| &node.ways);
    let direct = ways.filter(|way| way.from.is_none());
    let columns: BTreeSet<&String> = direct.flat_map(|way| &way.link.parent_columns).collect();
    let tests = columns.into_iter().map(|column| {
        let column = identifier(dialect, column)?;
        Ok(format!(
            "NOT (CAST(OLD.{column} AS BINARY) <=> CAST(NEW.{column} AS BINARY))"
        ))
    });
    Ok(tests.collect::<Result<Vec<_>, EmitError>>()?.join(" OR "))
}

/// Does something with each row of a statement. Rows are read before the first is written: the statement that would do both at
/// once keeps every other writer of the log waiting, since it cannot say how many numbers it will need.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Each<'e> {
    /// What a row is read into.
    pub(crate) variables: &'e str,
    pub(crate) of_type: &'e str,
    pub(crate) body: &'e str,
}

impl Each<'_> {
    /// `older` is asked where the tables are not what they were when the trigger was made. Error 1146: the log, or one of the
    /// tables, is gone.
    pub(crate) fn row(self, select: &str, older: &str) -> String {
        let otherwise = self.block(older, "BEGIN END");
        self.block(select, otherwise.trim_end().trim_end_matches(';'))
    }

    fn block(self, select: &str, otherwise: &str) -> String {
        let Self {
            variables,
            of_type,
            body,
        } = self;
        format!(
            "BEGIN DECLARE v_end INT DEFAULT 0; DECLARE {variables} {of_type}; \
             DECLARE met CURSOR FOR {select}; \
             DECLARE EXIT HANDLER FOR 1146 BEGIN END; \
             DECLARE EXIT HANDLER FOR {OLDER} {otherwise}; \
             DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_end = 1; \
             OPEN met; each_row: LOOP FETCH met INTO {variables}; \
             IF v_end THEN LEAVE each_row; END IF; {body} END LOOP; CLOSE met; END; "
        )
    }
}

/// The rows of a node, as a statement in the trigger finds them before the database does something to them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Met<'r> {
    pub(crate) dialect: Dialect,
    pub(crate) reach: &'r Reach,
    /// The node.
    pub(crate) at: usize,
    /// What tells rows of its table apart.
    pub(crate) key: &'r [TrackedColumn],
    pub(crate) by_primary_key: bool,
    /// Whether the indexes may be others than they were.
    pub(crate) is_older: bool,
}

impl Met<'_> {
    /// The statement that reads this of each row, called [`RECORD`].
    pub(crate) fn select(&self, output: &str) -> Result<String, EmitError> {
        let (Some(node), false) = (self.node(self.at), self.by_sets()) else {
            return self.select_by_sets(output);
        };
        let mut ways = node.ways.iter();
        let Some(way) = ways.next() else {
            return self.select_by_sets(output);
        };
        Ok(format!(
            "SELECT {output} FROM {} WHERE {}{} LOCK IN SHARE MODE",
            self.from(node, way, RECORD)?,
            self.on(way, RECORD)?,
            self.not_first(node)?,
        ))
    }

    /// What a column holds afterwards.
    pub(crate) fn after(&self, column: &str) -> Result<String, EmitError> {
        let before = format!("{RECORD}.{}", identifier(self.dialect, column)?);
        let Some(node) = self.node(self.at) else {
            return Ok(before);
        };
        let mut cases = String::new();
        for way in &node.ways {
            let mut changes = way.changes.iter();
            let Some((_, new)) = changes.find(|(name, _)| name == column) else {
                continue;
            };
            let new = match new {
                New::Null => "NULL".to_owned(),
                New::OfFirst(name) => format!("NEW.{}", identifier(self.dialect, name)?),
            };
            if !self.by_sets() {
                return Ok(new);
            }
            cases.push_str(&format!(" WHEN {} THEN {new}", self.is_met(way)?));
        }
        Ok(if cases.is_empty() {
            before
        } else {
            format!("(CASE{cases} ELSE {before} END)")
        })
    }

    fn node(&self, at: usize) -> Option<&Node> {
        self.reach.nodes.get(at)
    }

    /// The rows of the same table that go: what is done to them before does not matter.
    fn gone(&self) -> Option<usize> {
        let node = self.node(self.at)?;
        if node.fate == Fate::Gone {
            return None;
        }
        let mut nodes = self.reach.nodes.iter();
        nodes.position(|one| one.fate == Fate::Gone && one.table == node.table)
    }

    /// Whether there is more than one way to the rows, or one of more than one step.
    fn by_sets(&self) -> bool {
        let ways = self.node(self.at).map_or(&[][..], |node| &node.ways);
        let is_direct = matches!(ways, [way] if way.from.is_none());
        !is_direct || self.gone().is_some()
    }

    fn select_by_sets(&self, output: &str) -> Result<String, EmitError> {
        let needed = self.needed();
        let sets = needed.iter().map(|at| self.set(*at, &needed));
        let sets = sets.collect::<Result<Vec<_>, EmitError>>()?.join(", ");
        let Some(node) = self.node(self.at) else {
            return Ok(String::new());
        };
        let index = self.force(self.by_primary_key.then_some("PRIMARY"))?;
        let not_gone = match self.gone() {
            Some(gone) => format!(
                " AND NOT EXISTS (SELECT 1 FROM g{gone} AS gone WHERE {})",
                self.same_key("gone")?
            ),
            None => String::new(),
        };
        Ok(format!(
            "WITH RECURSIVE {sets} SELECT {output} FROM g{at} AS g STRAIGHT_JOIN {table} AS {RECORD}{index} ON {same} \
             WHERE TRUE{not_first}{not_gone} LOCK IN SHARE MODE",
            at = self.at,
            table = identifier(self.dialect, &node.table)?,
            same = self.same_key("g")?,
            not_first = self.not_first(node)?,
        ))
    }

    /// The nodes whose rows have to be known, in their order.
    fn needed(&self) -> BTreeSet<usize> {
        let mut needed: BTreeSet<usize> = self.gone().into_iter().chain([self.at]).collect();
        loop {
            let nodes = needed.iter().filter_map(|at| self.node(*at));
            let ways = nodes.flat_map(|node| &node.ways);
            let from: BTreeSet<usize> = ways.filter_map(|way| way.from).collect();
            if from.is_subset(&needed) {
                return needed;
            }
            needed.extend(from);
        }
    }

    /// The rows of a node, by what others need of them.
    fn set(&self, at: usize, needed: &BTreeSet<usize>) -> Result<String, EmitError> {
        let Some(node) = self.node(at) else {
            return Ok(String::new());
        };
        let columns = self.columns(at, needed);
        let names = |before: &str| {
            let names = columns.iter();
            let names =
                names.map(|name| Ok(format!("{before}{}", identifier(self.dialect, name)?)));
            Ok::<_, EmitError>(names.collect::<Result<Vec<_>, EmitError>>()?.join(", "))
        };
        let selected = names("x.")?;
        let mut ways: Vec<&Way> = node.ways.iter().collect();
        // A set that refers to itself begins with what does not.
        ways.sort_by_key(|way| (way.from == Some(at), way.from));
        let parts = ways.into_iter().map(|way| {
            let (from, on) = (self.from(node, way, "x")?, self.on(way, "x")?);
            let joined = match way.from {
                None => format!("{from} WHERE {on}"),
                Some(other) => format!("g{other} AS g STRAIGHT_JOIN {from} ON {on}"),
            };
            Ok(format!(
                "(SELECT {selected} FROM {joined} LOCK IN SHARE MODE)"
            ))
        });
        let mut parts = parts.collect::<Result<Vec<_>, EmitError>>()?;
        // MariaDB parses a set that is used twice a second time, and then does not know `OLD`. What refers to itself it parses once.
        if !node.ways.iter().any(|way| way.from == Some(at)) {
            parts.push(format!(
                "(SELECT {} FROM g{at} AS g WHERE FALSE)",
                names("g.")?
            ));
        }
        Ok(format!(
            "g{at} ({}) AS ({})",
            names("")?,
            parts.join(" UNION ")
        ))
    }

    fn columns(&self, at: usize, needed: &BTreeSet<usize>) -> Vec<&str> {
        let mut columns: Vec<&str> = Vec::new();
        if at == self.at || Some(at) == self.gone() {
            columns.extend(self.key.iter().map(|column| column.name.as_str()));
        }
        let nodes = needed.iter().filter_map(|other| self.node(*other));
        let ways = nodes.flat_map(|node| &node.ways);
        let from_here = ways.filter(|way| way.from == Some(at));
        for column in from_here.flat_map(|way| &way.link.parent_columns) {
            if !columns.contains(&column.as_str()) {
                columns.push(column);
            }
        }
        columns
    }

    /// The table of a node, read by the index of a foreign key, so that no other row is locked.
    fn from(&self, node: &Node, way: &Way, name: &str) -> Result<String, EmitError> {
        Ok(format!(
            "{} AS {name}{}",
            identifier(self.dialect, &node.table)?,
            self.force(way.link.index.as_deref())?
        ))
    }

    fn force(&self, index: Option<&str>) -> Result<String, EmitError> {
        Ok(match index.filter(|_| !self.is_older) {
            // The one name that is a word of the language in this place.
            Some("PRIMARY") => " FORCE INDEX (PRIMARY)".to_owned(),
            Some(index) => format!(" FORCE INDEX ({})", identifier(self.dialect, index)?),
            None => String::new(),
        })
    }

    /// What a row of the table has in common with the one that it refers to.
    fn on(&self, way: &Way, name: &str) -> Result<String, EmitError> {
        let other = if way.from.is_some() { "g" } else { "OLD" };
        self.equal(way.link.pairs(), name, other, "=")
    }

    /// Whether a row is met in this way, among several.
    fn is_met(&self, way: &Way) -> Result<String, EmitError> {
        let pairs = way.link.pairs();
        Ok(match way.from {
            None => format!("({})", self.equal(pairs, RECORD, "OLD", "=")?),
            Some(from) => format!(
                "EXISTS (SELECT 1 FROM g{from} AS w WHERE {})",
                self.equal(pairs, RECORD, "w", "=")?
            ),
        })
    }

    /// The row that the trigger is fired for writes itself.
    fn not_first(&self, node: &Node) -> Result<String, EmitError> {
        if node.table != self.reach.first {
            return Ok(String::new());
        }
        let key = self.key.iter().map(|column| (&column.name, &column.name));
        let same = self.equal(key, RECORD, "OLD", "<=>")?;
        Ok(format!(" AND NOT ({same})"))
    }

    fn same_key(&self, set: &str) -> Result<String, EmitError> {
        let key = self.key.iter().map(|column| (&column.name, &column.name));
        self.equal(key, RECORD, set, "=")
    }

    fn equal<'p>(
        &self,
        pairs: impl Iterator<Item = (&'p String, &'p String)>,
        left: &str,
        right: &str,
        operator: &str,
    ) -> Result<String, EmitError> {
        let tests = pairs.map(|(here, there)| {
            let (here, there) = (
                identifier(self.dialect, here)?,
                identifier(self.dialect, there)?,
            );
            Ok(format!("{left}.{here} {operator} {right}.{there}"))
        });
        Ok(tests.collect::<Result<Vec<_>, EmitError>>()?.join(" AND "))
    }
}
