//! What is said to the database about a rule.

use hallpass_db::Catalog;
use hallpass_sql::{
    Action, AddForeignKey, AddTimeZone, Comparison, CreateIndex, Delete, Direction, DropForeignKey,
    Expr, ForeignKey, Index, IndexKind, Nulls, Order, Select, Source, Statement, TableName, Update,
    Value,
};
use hallpass_zmodel::schema::Model;

use super::Rule;
use super::held::{self, model};
use crate::client::Engine;
use crate::ddl::default_name;
use crate::error::{Error, InvalidInput};

/// What the other table is called; the own one keeps its name.
const PARTNER: &str = "partner";
/// What the groups of like rows are called.
const GROUPS: &str = "alike";
/// What their text is called, once it is folded.
const FOLDED: &str = "folded";
/// What the number of a row among those that are alike is called.
const PLACE: &str = "place_among_alike";

/// What makes the database keep a rule, in order.
pub(super) fn keep(
    engine: &Engine,
    rule: &Rule,
    catalog: &Catalog,
) -> Result<Vec<Statement>, Error> {
    let own = model(engine, rule.model())?;
    Ok(match rule {
        Rule::Unique { fields, .. } => vec![create_index(own, &columns(own, fields)?, true)],
        Rule::Index { fields, .. } => vec![create_index(own, &columns(own, fields)?, false)],
        Rule::LowerCase { .. }
        | Rule::DistinctInLowerCase { .. }
        | Rule::Trimmed { .. }
        | Rule::DistinctTrimmed { .. } => Vec::new(),
        Rule::Reference { .. } => {
            let reference = Reference::of(engine, rule, own)?;
            let mut statements = drop_others(engine, &reference, own, catalog);
            statements.push(add_reference(own, reference));
            statements
        }
    })
}

/// Keys that keep rows from going would still keep them.
fn drop_others(
    engine: &Engine,
    reference: &Reference<'_>,
    own: &Model,
    catalog: &Catalog,
) -> Vec<Statement> {
    let Some(found) = held::table(engine, catalog, &own.table) else {
        return Vec::new();
    };
    let keys = held::references(engine, found, &reference.column, reference.target);
    keys.into_iter()
        .filter(|key| !held::cascades(key))
        .filter_map(|key| key.name.clone())
        .map(|name| {
            Statement::DropForeignKey(DropForeignKey {
                table: table(own),
                name,
            })
        })
        .collect()
}

fn add_reference(own: &Model, reference: Reference<'_>) -> Statement {
    let columns = vec![reference.column];
    Statement::AddForeignKey(AddForeignKey {
        table: table(own),
        foreign_key: ForeignKey {
            name: default_name(own, &columns, "fkey"),
            columns,
            target: table(reference.target),
            references: vec![reference.target_column],
            on_delete: Action::Cascade,
            on_update: Action::Cascade,
        },
    })
}

pub(super) fn add_time_zone(engine: &Engine, name: &str, field: &str) -> Result<Statement, Error> {
    let own = model(engine, name)?;
    Ok(Statement::AddTimeZone(AddTimeZone {
        table: table(own),
        column: column(own, field)?,
    }))
}

pub(super) fn create_index(own: &Model, columns: &[String], unique: bool) -> Statement {
    let ending = if unique { "key" } else { "idx" };
    Statement::CreateIndex(CreateIndex {
        table: table(own),
        index: Index {
            name: default_name(own, columns, ending),
            columns: columns.iter().map(|name| name.as_str().into()).collect(),
            kind: if unique {
                IndexKind::Unique
            } else {
                IndexKind::Plain
            },
            method: None,
        },
    })
}

/// `None` for rules that no row can stand against.
pub(super) fn count_violations(engine: &Engine, rule: &Rule) -> Result<Option<Select>, Error> {
    let own = model(engine, rule.model())?;
    Ok(match rule {
        Rule::Index { .. } => None,
        Rule::Unique { fields, .. } => {
            let columns = columns(own, fields)?;
            let groups = Source::Query {
                select: Box::new(alike(own, &columns, Vec::new())),
                alias: GROUPS.to_owned(),
            };
            Some(Select::from(groups, vec![Expr::CountAll]))
        }
        Rule::LowerCase { field, .. } | Rule::Trimmed { field, .. } => Some(Select {
            filter: Some(can_be_folded(own, &column(own, field)?, Fold::of(rule))),
            ..Select::from(source(own), vec![Expr::CountAll])
        }),
        Rule::DistinctInLowerCase { field, .. } | Rule::DistinctTrimmed { field, .. } => {
            let (column, fold) = (column(own, field)?, Fold::of(rule));
            Some(Select {
                filter: Some(Expr::And(vec![
                    fold.changes(&column),
                    is_shared(own, &column, fold),
                ])),
                ..Select::from(source(own), vec![Expr::CountAll])
            })
        }
        Rule::Reference { .. } => Some(Select {
            filter: Some(without_partner(&Reference::of(engine, rule, own)?, own)),
            ..Select::from(source(own), vec![Expr::CountAll])
        }),
    })
}

pub(super) fn show_violations(engine: &Engine, rule: &Rule) -> Result<Option<Select>, Error> {
    let own = model(engine, rule.model())?;
    Ok(match rule {
        Rule::Index { .. } => None,
        Rule::Unique { fields, .. } => {
            let largest_first = Order {
                expr: Expr::CountAll,
                direction: Direction::Descending,
                nulls: Nulls::Default,
            };
            Some(alike(own, &columns(own, fields)?, vec![largest_first]))
        }
        Rule::LowerCase { field, .. } | Rule::Trimmed { field, .. } => {
            let column = column(own, field)?;
            let shown = with_identity(own, &column)?;
            Some(Select {
                filter: Some(can_be_folded(own, &column, Fold::of(rule))),
                ..Select::from(source(own), shown)
            })
        }
        Rule::DistinctInLowerCase { field, .. } | Rule::DistinctTrimmed { field, .. } => {
            let (column, fold) = (column(own, field)?, Fold::of(rule));
            Some(Select {
                filter: Some(Expr::And(vec![
                    is_shared(own, &column, fold),
                    differing_groups(own, &column, fold),
                ])),
                order: vec![Order {
                    expr: fold.apply(&column),
                    direction: Direction::Ascending,
                    nulls: Nulls::Default,
                }],
                ..Select::from(source(own), with_identity(own, &column)?)
            })
        }
        Rule::Reference { .. } => {
            let reference = Reference::of(engine, rule, own)?;
            let shown = with_identity(own, &reference.column)?;
            Some(Select {
                filter: Some(without_partner(&reference, own)),
                ..Select::from(source(own), shown)
            })
        }
    })
}

pub(super) fn remove_violations(engine: &Engine, rule: &Rule) -> Result<Option<Statement>, Error> {
    let own = model(engine, rule.model())?;
    Ok(match rule {
        Rule::Unique { .. }
        | Rule::Index { .. }
        | Rule::DistinctInLowerCase { .. }
        | Rule::DistinctTrimmed { .. } => None,
        Rule::LowerCase { field, .. } | Rule::Trimmed { field, .. } => {
            let (column, fold) = (column(own, field)?, Fold::of(rule));
            Some(Statement::Update(Update {
                table: table(own),
                filter: Some(can_be_folded(own, &column, fold)),
                assignments: vec![(column.clone(), fold.apply(&column))],
                returning: Vec::new(),
            }))
        }
        Rule::Reference { .. } => Some(Statement::Delete(Delete {
            table: table(own),
            filter: Some(without_partner(&Reference::of(engine, rule, own)?, own)),
            returning: Vec::new(),
        })),
    })
}

/// Each group of rows that are alike, with its size.
fn alike(own: &Model, columns: &[String], order: Vec<Order>) -> Select {
    let shown = columns.iter().map(Expr::column);
    let counted = order.first().map(|_| Expr::CountAll);
    let known = columns
        .iter()
        .map(|name| Expr::IsNotNull(Box::new(Expr::column(name))));
    Select {
        filter: Some(Expr::And(known.collect())),
        group: columns.iter().map(Expr::column).collect(),
        having: Some(several()),
        order,
        ..Select::from(source(own), shown.chain(counted).collect())
    }
}

struct Reference<'e> {
    column: String,
    target: &'e Model,
    target_column: String,
}

impl<'e> Reference<'e> {
    fn of(engine: &'e Engine, rule: &Rule, own: &Model) -> Result<Self, Error> {
        let Rule::Reference {
            field,
            target,
            target_field,
            ..
        } = rule
        else {
            return Err(unknown(own, ""));
        };
        let target = model(engine, target)?;
        Ok(Self {
            column: column(own, field)?,
            target_column: column(target, target_field)?,
            target,
        })
    }
}

/// The identity of rows, and this column.
fn with_identity(own: &Model, column: &str) -> Result<Vec<Expr>, Error> {
    let identity = columns(own, &own.id)?.into_iter();
    let shown = identity.chain([column.to_owned()]);
    Ok(shown.map(Expr::column).collect())
}

/// What texts are put into, so that they are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Small letters.
    Lower,
    /// What stands between the blanks at both ends.
    Trim,
}

impl Fold {
    fn of(rule: &Rule) -> Self {
        match rule {
            Rule::Trimmed { .. } | Rule::DistinctTrimmed { .. } => Self::Trim,
            _ => Self::Lower,
        }
    }

    fn apply(self, column: &str) -> Expr {
        let column = Box::new(Expr::column(column));
        match self {
            Self::Lower => Expr::Lower(column),
            Self::Trim => Expr::Trim(column),
        }
    }

    /// Whether a text is another one afterwards.
    fn changes(self, column: &str) -> Expr {
        let own = Box::new(Expr::column(column));
        Expr::Not(Box::new(Expr::Exactly(own, Box::new(self.apply(column)))))
    }
}

/// Texts that would be others, and nobody else's, in whatever form.
// SECURITY: folded, the others would be two rows of one mail address, and neither would be signed in any more.
fn can_be_folded(own: &Model, column: &str, fold: Fold) -> Expr {
    let is_alone = Expr::Not(Box::new(is_shared(own, column, fold)));
    Expr::And(vec![fold.changes(column), is_alone])
}

/// Whether another row has the same text, but for what the fold takes away.
fn is_shared(own: &Model, column: &str, fold: Fold) -> Expr {
    let groups = Select {
        // Null, which is never alike, would make everything unknown.
        filter: Some(Expr::IsNotNull(Box::new(Expr::column(column)))),
        group: vec![fold.apply(column)],
        having: Some(several()),
        ..Select::from(source(own), vec![fold.apply(column)])
    };
    Expr::InQuery(vec![fold.apply(column)], Box::new(aside(groups)))
}

/// Whether a row of the same text, but for what the fold takes away, has some of that.
pub(super) fn differing_groups(own: &Model, column: &str, fold: Fold) -> Expr {
    let some = Select {
        filter: Some(fold.changes(column)),
        ..Select::from(source(own), vec![fold.apply(column)])
    };
    Expr::InQuery(vec![fold.apply(column)], Box::new(aside(some)))
}

/// The rows of a statement of one column by way of another: MySQL reads from the table that it changes only so.
fn aside(select: Select) -> Select {
    let groups = Source::Query {
        select: Box::new(Select {
            names: vec![FOLDED.to_owned()],
            ..select
        }),
        alias: GROUPS.to_owned(),
    };
    Select::from(groups, vec![Expr::of(GROUPS, FOLDED)])
}

/// Whether a row is alike to another in these columns.
pub(super) fn alike_rows(own: &Model, columns: &[String]) -> Expr {
    let groups = Source::Query {
        select: Box::new(alike(own, columns, Vec::new())),
        alias: GROUPS.to_owned(),
    };
    let shown = columns.iter().map(|name| Expr::of(GROUPS, name));
    let groups = Select::from(groups, shown.collect());
    let row = columns.iter().map(Expr::column).collect();
    Expr::InQuery(row, Box::new(groups))
}

/// Whether a row is alike to another in these columns whose key is less. `None` where the columns are the key: such rows
/// cannot be told apart.
pub(super) fn all_but_first(
    own: &Model,
    alike: &[String],
    fold: Option<Fold>,
) -> Result<Option<Expr>, Error> {
    let key = columns(own, &own.id)?;
    if key.iter().all(|name| alike.contains(name)) {
        return Ok(None);
    }
    let folded = |name: &String| fold.map_or_else(|| Expr::column(name), |fold| fold.apply(name));
    let order = key.iter().map(|name| Order {
        expr: Expr::column(name),
        direction: Direction::Ascending,
        nulls: Nulls::Default,
    });
    let place = Expr::RowNumber(alike.iter().map(folded).collect(), order.collect());
    let known = alike
        .iter()
        .map(|name| Expr::IsNotNull(Box::new(Expr::column(name))));
    let numbered = Select {
        names: key.iter().cloned().chain([PLACE.to_owned()]).collect(),
        filter: Some(Expr::And(known.collect())),
        ..Select::from(
            source(own),
            key.iter().map(Expr::column).chain([place]).collect(),
        )
    };
    let numbered = Source::Query {
        select: Box::new(numbered),
        alias: GROUPS.to_owned(),
    };
    let shown = key.iter().map(|name| Expr::of(GROUPS, name));
    let later = Select {
        filter: Some(Expr::Compare(
            Box::new(Expr::of(GROUPS, PLACE)),
            Comparison::Greater,
            Box::new(Expr::Value(Value::Int(1))),
        )),
        ..Select::from(numbered, shown.collect())
    };
    let row = key.iter().map(Expr::column).collect();
    Ok(Some(Expr::InQuery(row, Box::new(later))))
}

fn several() -> Expr {
    Expr::Compare(
        Box::new(Expr::CountAll),
        Comparison::Greater,
        Box::new(Expr::Value(Value::Int(1))),
    )
}

fn without_partner(reference: &Reference<'_>, own: &Model) -> Expr {
    let partner = Source::Table {
        table: table(reference.target),
        alias: Some(PARTNER.to_owned()),
    };
    let theirs = Expr::of(PARTNER, &reference.target_column);
    let found = Select {
        filter: Some(theirs.equals(Expr::of(&own.table, &reference.column))),
        ..Select::from(partner, vec![Expr::Bool(true)])
    };
    Expr::And(vec![
        Expr::IsNotNull(Box::new(Expr::column(&reference.column))),
        Expr::Not(Box::new(Expr::Exists(Box::new(found)))),
    ])
}

pub(super) fn table(model: &Model) -> TableName {
    TableName::from(model.table.as_str())
}

pub(super) fn source(model: &Model) -> Source {
    Source::Table {
        table: table(model),
        alias: None,
    }
}

pub(super) fn columns(model: &Model, fields: &[String]) -> Result<Vec<String>, Error> {
    fields.iter().map(|name| column(model, name)).collect()
}

pub(super) fn column(model: &Model, name: &str) -> Result<String, Error> {
    let field = model.field(name).ok_or_else(|| unknown(model, name))?;
    match field.relation() {
        None => Ok(field.column.clone()),
        Some(_) => Err(Error::Invalid(InvalidInput::NotColumn {
            model: model.name.clone(),
            field: name.to_owned(),
        })),
    }
}

fn unknown(model: &Model, field: &str) -> Error {
    Error::Invalid(InvalidInput::UnknownField {
        model: model.name.clone(),
        field: field.to_owned(),
    })
}
