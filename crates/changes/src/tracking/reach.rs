//! Which rows a foreign key takes along, or changes, with the row of another table: where the database fires no triggers for
//! them (MySQL, MariaDB), the table of that other row has to tell of them. Decides from the catalog alone.

use hallpass_db::{Catalog, ForeignKey, Table};
use hallpass_sql::Dialect;

use super::same;
use crate::words::is_mysql;

/// What a foreign key does to a row whose parent goes, or whose parent's key changes. `InnoDB` has no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Cascade,
    SetNull,
}

/// A foreign key that acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) table: String,
    pub(crate) columns: Vec<String>,
    /// The index by which the database finds the rows.
    pub(crate) index: Option<String>,
    pub(crate) parent: String,
    pub(crate) parent_columns: Vec<String>,
    on_delete: Option<Action>,
    on_update: Option<Action>,
}

/// What happens to a row of the first table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Delete,
    Update,
}

/// What becomes of a row of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Gone,
    Changed,
}

/// What a column holds afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum New {
    Null,
    /// What this column of the first row holds now.
    OfFirst(String),
}

/// One way by which rows are met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    /// The node whose rows they refer to; the first row itself where there is none.
    pub(crate) from: Option<usize>,
    pub(crate) link: Link,
    /// Columns that change, and what they hold then.
    pub(crate) changes: Vec<(String, New)>,
}

/// The rows of one table that have one fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) table: String,
    pub(crate) fate: Fate,
    pub(crate) ways: Vec<Way>,
}

/// Everything that foreign keys do when something happens to a row of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) first: String,
    pub(crate) event: Event,
    /// Each stands behind those that its rows refer to.
    pub(crate) nodes: Vec<Node>,
    /// Tables whose rows are met in a way that cannot be followed.
    pub(crate) unseen: Vec<String>,
}

impl Reach {
    /// Of every table that others refer to, where the database does not tell by itself.
    pub(crate) fn all(catalog: &Catalog, dialect: Dialect) -> Vec<Self> {
        if !is_mysql(dialect) {
            return Vec::new();
        }
        let links = Link::all(catalog, dialect);
        let mut parents: Vec<&str> = links.iter().map(|link| link.parent.as_str()).collect();
        parents.sort_unstable();
        parents.dedup();
        let reaches = parents.into_iter().flat_map(|first| {
            [
                Self::of_delete(first, &links),
                Self::of_update(first, &links),
            ]
        });
        let is_any = |reach: &Self| !(reach.nodes.is_empty() && reach.unseen.is_empty());
        reaches.filter(is_any).collect()
    }

    /// Whether rows of a table are met, and followed.
    pub(crate) fn meets(&self, table: &str) -> bool {
        self.nodes.iter().any(|node| node.table == table)
    }

    fn of_delete(first: &str, links: &[Link]) -> Self {
        let cascades = |link: &Link| link.on_delete == Some(Action::Cascade);
        let cascading: Vec<&Link> = links.iter().filter(|one| cascades(one)).collect();
        let gone = closure(first, &cascading);
        let (order, broken) = ordered(first, &gone, &cascading);
        let mut unseen: Vec<String> = Vec::new();
        for table in broken {
            let behind = closure(table, &cascading);
            unseen.extend(behind.into_iter().chain([table]).map(str::to_owned));
        }
        let mut nodes: Vec<Node> = Vec::new();
        for (at, table) in order.iter().enumerate() {
            let before = order.get(..=at).unwrap_or_default();
            let here = cascading.iter().filter(|link| link.table == *table);
            nodes.push(Node {
                table: (*table).to_owned(),
                fate: Fate::Gone,
                ways: here
                    .flat_map(|link| ways(first, before, link, &[]))
                    .collect(),
            });
        }
        let emptied = links.iter().filter(|link| {
            let parent = link.parent.as_str();
            let is_met = parent == first || order.contains(&parent);
            is_met && link.on_delete == Some(Action::SetNull)
        });
        for link in emptied {
            let changes = nulls(link);
            add(&mut nodes, &link.table, ways(first, &order, link, &changes));
            unseen.extend(beyond(&link.table, &changes, links));
        }
        Self::of(first, Event::Delete, nodes, unseen)
    }

    /// `InnoDB` refuses an update that comes back to a table that it went through, so there are no circles to follow.
    fn of_update(first: &str, links: &[Link]) -> Self {
        let mut nodes: Vec<Node> = Vec::new();
        let mut unseen = Vec::new();
        let direct = links.iter().filter(|link| link.parent == first);
        for link in direct.filter(|link| link.table != first) {
            let changes: Vec<_> = match link.on_update {
                Some(Action::Cascade) => link
                    .pairs()
                    .map(|(column, parent)| (column.clone(), New::OfFirst(parent.clone())))
                    .collect(),
                Some(Action::SetNull) => nulls(link),
                None => continue,
            };
            let way = Way {
                from: None,
                link: link.clone(),
                changes,
            };
            add(&mut nodes, &link.table, vec![way]);
        }
        let mut next = 0;
        while let Some(node) = nodes.get(next).cloned() {
            let tables = || nodes.iter().map(|node| node.table.as_str());
            // What a row that is met by several ways holds afterwards depends on the row.
            let [way] = node.ways.as_slice() else {
                let changes = node.ways.iter().flat_map(|way| way.changes.clone());
                unseen.extend(beyond(&node.table, &changes.collect::<Vec<_>>(), links));
                next += 1;
                continue;
            };
            let touched = links.iter().filter(|link| link.follows(&node.table, way));
            let mut found = Vec::new();
            for link in touched {
                let changes = link.passed_on(&way.changes);
                if link.table == first || tables().any(|table| table == link.table) {
                    unseen.push(link.table.clone());
                    unseen.extend(beyond(&link.table, &changes, links));
                } else {
                    found.push((link.table.clone(), next, link.clone(), changes));
                }
            }
            for (table, from, link, changes) in found {
                let way = Way {
                    from: Some(from),
                    link,
                    changes,
                };
                add(&mut nodes, &table, vec![way]);
            }
            next += 1;
        }
        Self::of(first, Event::Update, nodes, unseen)
    }

    fn of(first: &str, event: Event, nodes: Vec<Node>, mut unseen: Vec<String>) -> Self {
        unseen.sort();
        unseen.dedup();
        Self {
            first: first.to_owned(),
            event,
            nodes,
            unseen,
        }
    }
}

impl Action {
    fn of(said: &str) -> Option<Self> {
        match said {
            "CASCADE" => Some(Self::Cascade),
            "SET NULL" => Some(Self::SetNull),
            _ => None,
        }
    }
}

/// Whether a foreign key does something to rows by itself.
pub(super) fn acts(key: &ForeignKey) -> bool {
    Action::of(&key.on_delete)
        .or(Action::of(&key.on_update))
        .is_some()
}

impl Link {
    fn all(catalog: &Catalog, dialect: Dialect) -> Vec<Self> {
        let tables = catalog.tables.iter();
        tables
            .flat_map(|table| {
                let keys = table.foreign_keys.iter();
                keys.filter_map(|key| Self::of(catalog, dialect, table, key))
            })
            .collect()
    }

    fn of(catalog: &Catalog, dialect: Dialect, table: &Table, key: &ForeignKey) -> Option<Self> {
        if !acts(key) {
            return None;
        }
        let fold = dialect.capability().table_names_fold_case;
        let mut tables = catalog.tables.iter();
        let parent = tables.find(|one| same(&one.name, &key.references_table, fold))?;
        Some(Self {
            table: table.name.clone(),
            columns: key.columns.clone(),
            index: index(table, &key.columns),
            parent: parent.name.clone(),
            parent_columns: key.references_columns.clone(),
            on_delete: Action::of(&key.on_delete),
            on_update: Action::of(&key.on_update),
        })
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&String, &String)> {
        self.columns.iter().zip(&self.parent_columns)
    }

    /// Whether it does something when these columns of the table change.
    fn follows(&self, table: &str, way: &Way) -> bool {
        let is_changed = |name: &String| way.changes.iter().any(|(column, _)| column == name);
        self.on_update.is_some()
            && self.parent == table
            && self.table != table
            && self.parent_columns.iter().any(is_changed)
    }

    /// What its columns hold when those of its parent change so.
    fn passed_on(&self, changes: &[(String, New)]) -> Vec<(String, New)> {
        if self.on_update == Some(Action::SetNull) {
            return nulls(self);
        }
        let new = |parent: &String| {
            let mut changes = changes.iter();
            changes.find_map(|(column, new)| (column == parent).then(|| new.clone()))
        };
        self.pairs()
            .filter_map(|(column, parent)| Some((column.clone(), new(parent)?)))
            .collect()
    }
}

fn nulls(link: &Link) -> Vec<(String, New)> {
    let columns = link.columns.iter();
    columns.map(|column| (column.clone(), New::Null)).collect()
}

/// An index that begins with these columns. `InnoDB` has one for every foreign key.
fn index(table: &Table, columns: &[String]) -> Option<String> {
    if table.primary_key.starts_with(columns) {
        return Some("PRIMARY".to_owned());
    }
    let mut indexes = table.indexes.iter().chain(&table.uniques);
    let found = indexes.find(|index| index.columns.starts_with(columns));
    found.map(|index| index.name.clone())
}

/// The tables that are come to from one, which is among them where a way leads back.
fn closure<'l>(first: &str, links: &[&'l Link]) -> Vec<&'l str> {
    let mut found: Vec<&str> = Vec::new();
    loop {
        let next = links.iter().find(|link| {
            let is_from = link.parent == first || found.contains(&link.parent.as_str());
            is_from && !found.contains(&link.table.as_str())
        });
        match next {
            Some(link) => found.push(&link.table),
            None => return found,
        }
    }
}

/// Each table behind those that it refers to, and the tables at which circles were broken: what comes to those from behind them is
/// not followed. Sets of rows that refer to each other are more than the databases can say.
fn ordered<'l>(
    first: &str,
    tables: &[&'l str],
    links: &[&'l Link],
) -> (Vec<&'l str>, Vec<&'l str>) {
    let mut order: Vec<&str> = Vec::new();
    let mut broken: Vec<&str> = Vec::new();
    let mut waiting = tables.to_vec();
    while !waiting.is_empty() {
        let is_ready = |table: &&&str| {
            let mut here = links.iter().filter(|link| link.table == ***table);
            here.all(|link| {
                let parent = link.parent.as_str();
                let is_outside = !tables.contains(&parent);
                parent == **table || is_outside || order.contains(&parent)
            })
        };
        let ready = waiting.iter().find(is_ready).copied();
        let Some(table) = ready.or_else(|| circular(first, &waiting, links)) else {
            break;
        };
        broken.extend(ready.is_none().then_some(table));
        waiting.retain(|one| *one != table);
        order.push(table);
    }
    (order, broken)
}

/// A table of a circle, best one that rows of the first are referred to by, last that one itself.
fn circular<'l>(first: &str, waiting: &[&'l str], links: &[&'l Link]) -> Option<&'l str> {
    let others: Vec<&Link> = links
        .iter()
        .filter(|link| link.table != link.parent)
        .copied()
        .collect();
    let mut circular: Vec<&str> = waiting
        .iter()
        .filter(|table| closure(table, &others).contains(table))
        .copied()
        .collect();
    let is_direct = |table: &str| {
        let mut links = others.iter();
        links.any(|link| link.table == table && link.parent == first)
    };
    circular.sort_by_key(|table| (*table == first, !is_direct(table)));
    circular.first().copied()
}

/// From the first row, from the rows of a node, or, where the first table refers to itself, from both.
fn ways(first: &str, order: &[&str], link: &Link, changes: &[(String, New)]) -> Vec<Way> {
    let of_first = (link.parent == first).then_some(None);
    let of_node = order.iter().position(|table| *table == link.parent);
    let from = of_first.into_iter().chain(of_node.map(Some));
    let ways = from.map(|from| Way {
        from,
        link: link.clone(),
        changes: changes.to_vec(),
    });
    ways.collect()
}

/// Adds ways to the rows of a table that change.
fn add(nodes: &mut Vec<Node>, table: &str, ways: Vec<Way>) {
    let mut there = nodes.iter_mut();
    let node = there.find(|node| node.table == table && node.fate == Fate::Changed);
    match node {
        Some(node) => node.ways.extend(ways),
        None => nodes.push(Node {
            table: table.to_owned(),
            fate: Fate::Changed,
            ways,
        }),
    }
}

/// Tables whose rows a further change of these columns could change.
fn beyond(table: &str, changes: &[(String, New)], links: &[Link]) -> Vec<String> {
    let is_changed = |name: &String| changes.iter().any(|(column, _)| column == name);
    let updating: Vec<&Link> = links
        .iter()
        .filter(|link| link.on_update.is_some())
        .collect();
    let touched = updating
        .iter()
        .filter(|link| link.parent == table && link.parent_columns.iter().any(is_changed));
    let tables = touched.flat_map(|link| {
        let further = closure(&link.table, &updating).into_iter();
        further.chain([link.table.as_str()])
    });
    tables.map(str::to_owned).collect()
}
