//! Relations to many rows: inside of the statement as JSON documents where the dialect can say them, else by one
//! statement more for all rows at once.

use std::sync::Arc;

use hallpass_sql::{Comparison, Expr, Join, JoinKind, JsonForm, Select, Source, Statement, Value};
use hallpass_zmodel::schema::Field;

use super::selection::Projection;
use super::{Most, Planner, Scene};
use crate::args::{Include, Listing};
use crate::error::{Error, InvalidInput};
use crate::shape::{Content, Shape, ShapeField};

/// What the numbered rows are called, and their number.
const NUMBERED: &str = "numbered";
const NUMBER: &str = "number";

/// The rows of a relation, of all the rows that a statement found.
#[derive(Debug)]
pub(crate) struct Level {
    pub(crate) model: String,
    /// Finds them, once it is said of which rows.
    select: Select,
    /// Which of them, of each row.
    page: Option<Page>,
    /// What in the statement is the key of the row that they belong to.
    key: Vec<Expr>,
    /// Where that key stands in a row of this statement.
    pub(crate) key_at: Vec<usize>,
    /// Where it stands in a row of the statement before.
    pub(crate) parent_at: Vec<usize>,
    pub(crate) shape: Arc<Shape>,
    pub(crate) levels: Vec<Level>,
    /// How many rows there may be of each row that they belong to.
    pub(crate) most: Option<Most>,
}

/// How many rows to pass over, and how many to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    skip: i64,
    take: Option<i64>,
}

impl Level {
    /// The statement that reads the rows of these keys.
    pub(crate) fn select(&self, keys: &[Vec<Value>]) -> Select {
        let mut select = self.select.clone();
        let of_rows = self.of_rows(keys);
        let conditions = [Some(of_rows), select.filter.take()];
        select.filter = Some(Expr::And(conditions.into_iter().flatten().collect()));
        match self.page {
            Some(page) => self.numbered(select, page),
            None => select,
        }
    }

    fn of_rows(&self, keys: &[Vec<Value>]) -> Expr {
        if let [key] = self.key.as_slice() {
            let values = keys.iter().flatten().cloned();
            let mut values: Vec<_> = values.map(Expr::Value).collect();
            fill(&mut values);
            return Expr::In(Box::new(key.clone()), values);
        }
        let row = |values: &Vec<Value>| {
            let pairs = self.key.iter().cloned().zip(values.iter().cloned());
            Expr::And(
                pairs
                    .map(|(key, value)| key.equals(Expr::Value(value)))
                    .collect(),
            )
        };
        Expr::Or(keys.iter().map(row).collect())
    }

    fn numbered(&self, mut rows: Select, page: Page) -> Select {
        let order = std::mem::take(&mut rows.order);
        let mut names: Vec<_> = (0..rows.columns.len())
            .map(|number| format!("c{number}"))
            .collect();
        let columns = names.iter().map(|name| Expr::of(NUMBERED, name)).collect();
        rows.columns.push(Expr::RowNumber(self.key.clone(), order));
        names.push(NUMBER.to_owned());
        rows.names = names;
        let number = || Expr::of(NUMBERED, NUMBER);
        let compared = |comparison, with: i64| {
            let with = Box::new(Expr::Value(Value::Int(with)));
            Expr::Compare(Box::new(number()), comparison, with)
        };
        let mut select = Select::from(
            Source::Query {
                select: Box::new(rows),
                alias: NUMBERED.to_owned(),
            },
            columns,
        );
        let mut conditions = vec![compared(Comparison::Greater, page.skip)];
        if let Some(take) = page.take {
            let last = page.skip.saturating_add(take);
            conditions.push(compared(Comparison::LessOrEqual, last));
        }
        select.filter = Some(Expr::And(conditions));
        select.order.push(hallpass_sql::Order {
            expr: number(),
            direction: hallpass_sql::Direction::Ascending,
            nulls: hallpass_sql::Nulls::Default,
        });
        select
    }
}

/// Repeats the last value, so that lists of almost as many values make the same statement, which is prepared once.
pub(super) fn fill(values: &mut Vec<Expr>) {
    /// Longer lists are rare, and twice as many values may be more than a statement binds.
    const FILLED: usize = 8192;
    let length = values.len().next_power_of_two();
    if length <= FILLED
        && let Some(last) = values.last().cloned()
    {
        values.resize(length, last);
    }
}

impl<'e> Planner<'e> {
    /// Notes which tables these statements will read, whatever is found before them.
    pub(super) fn note_levels(&self, levels: &[Level]) -> Result<(), Error> {
        let Some(touched) = self.touched else {
            return Ok(());
        };
        for level in levels {
            let key = vec![Value::Null; level.key.len()];
            touched.note(self.engine, &Statement::Select(level.select(&[key])))?;
            self.note_levels(&level.levels)?;
        }
        Ok(())
    }

    /// The rows of a relation to many.
    pub(super) fn many(
        &mut self,
        scene: Scene<'e, '_>,
        owner: &'e Field,
        include: &Include,
        projection: &mut Projection,
    ) -> Result<ShapeField, InvalidInput> {
        let can_say_all = self.engine.capability().json_rows.is_some();
        let content = if can_say_all && !self.by_levels {
            self.documents(scene, owner, include, projection)?
        } else {
            self.level(scene, owner, include, projection)?
        };
        Ok(ShapeField {
            name: include.field.clone(),
            content,
        })
    }

    fn documents(
        &mut self,
        scene: Scene<'e, '_>,
        owner: &'e Field,
        include: &Include,
        projection: &mut Projection,
    ) -> Result<Content, InvalidInput> {
        let tie = self.tie(scene, owner)?;
        let mut inner = Projection::documents();
        let shape = self.shape(tie.scene(), &include.selection, &mut inner)?;
        let shape = turned(shape, &include.rows);
        let mut rows = tie.select(Vec::new());
        if !self.list(tie.scene(), &include.rows, &mut rows)? {
            return Ok(Content::Nothing);
        }
        let most = self.cap_related(include, &mut rows);
        let width = inner.columns.len();
        rows.columns = vec![Expr::JsonRow(inner.columns)];
        rows.joins.extend(inner.joins);
        let rows = Box::new(rows);
        let rows = match self.most_bytes() {
            _ if projection.documents => {
                Expr::JsonValue(Box::new(Expr::JsonRows(rows)), JsonForm::Document)
            }
            Some(bytes) => Expr::JsonRowsWithin(rows, bytes),
            None => Expr::AsText(Box::new(Expr::JsonRows(rows))),
        };
        Ok(Content::Many {
            position: projection.add(rows),
            width,
            shape,
            most,
        })
    }

    fn level(
        &mut self,
        scene: Scene<'e, '_>,
        owner: &'e Field,
        include: &Include,
        projection: &mut Projection,
    ) -> Result<Content, InvalidInput> {
        // The parents once more, because the database compares their keys in its own way, by which rows belong together
        // whose keys differ for us.
        let parents = self.alias()?;
        let parent = Scene::called(scene.model, &parents).apart();
        let tie = self.tie(parent, owner)?;
        let own = self.own_key(scene, owner)?;
        let parent_at = own.into_iter().map(|key| projection.add(key)).collect();
        let mut inner = Projection::rows();
        let shape = self.shape(tie.scene(), &include.selection, &mut inner)?;
        let key: Vec<_> = tie.pairs.iter().map(|(own, _)| own.clone()).collect();
        let key_at = key.iter().map(|key| inner.add(key.clone())).collect();
        let mut rows = tie.select(inner.columns);
        rows.filter = None;
        if !self.list(tie.scene(), &include.rows, &mut rows)? {
            return Ok(Content::Nothing);
        }
        rows.joins.push(Join {
            kind: JoinKind::Inner,
            source: Self::source(scene.model, Some(&parents)),
            on: tie.on(),
        });
        rows.joins.extend(inner.joins);
        rows.limit = None;
        rows.offset = None;
        let page = Page {
            skip: include.rows.skip.unwrap_or_default(),
            take: include.rows.take.map(i64::saturating_abs),
        };
        projection.levels.push(Level {
            model: tie.target.name.clone(),
            select: rows,
            page: (page.skip > 0 || page.take.is_some()).then_some(page),
            key,
            key_at,
            parent_at,
            shape: turned(shape, &include.rows),
            levels: inner.levels,
            most: self.most_related(include),
        });
        Ok(Content::Level {
            number: projection.levels.len() - 1,
        })
    }

    /// What of a row ties it to those of a relation.
    fn own_key(
        &mut self,
        scene: Scene<'e, '_>,
        owner: &'e Field,
    ) -> Result<Vec<Expr>, InvalidInput> {
        let tie = self.tie(scene, owner)?;
        Ok(tie.pairs.into_iter().map(|(own, _)| own).collect())
    }
}

/// Rows that were taken from the end stand in the order that was asked for.
fn turned(mut shape: Arc<Shape>, rows: &Listing) -> Arc<Shape> {
    if rows.take.is_some_and(|take| take < 0) {
        Arc::make_mut(&mut shape).reversed = true;
    }
    shape
}
