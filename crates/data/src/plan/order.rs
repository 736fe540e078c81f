//! In which order, from which row on, and how many.

use hallpass_sql::{
    Comparison, Direction, Expr, Likeness, NullPosition, Nulls, Order as Key, Select, Value,
    WordSearch,
};
use hallpass_zmodel::schema::{Arity, Field, Model};

use super::filter::require_unique;
use super::{Planner, Scene, field};
use crate::args::{Filter, Listing, Order, OrderKey, asc};
use crate::error::InvalidInput;

impl<'e> Planner<'e> {
    /// Which rows of the scene's table, in which order, and how many: adds them to what the statement says already.
    /// `false` where there can be none.
    ///
    /// The order is turned around where rows are taken from the end; whoever reads them turns them back.
    pub(super) fn list(
        &mut self,
        scene: Scene<'e, '_>,
        rows: &Listing,
        select: &mut Select,
    ) -> Result<bool, InvalidInput> {
        let mut conditions = Vec::from_iter(select.filter.take());
        if !self.keep(scene, rows.filter.as_ref(), &mut conditions)? {
            return Ok(false);
        }
        let order = ordered(scene.model, rows);
        if order.is_empty() && rows.take.is_some_and(|take| take < 0) {
            return Err(InvalidInput::NoOrder {
                model: scene.model.name.clone(),
            });
        }
        if let Some(cursor) = &rows.cursor {
            conditions.push(self.at_cursor(scene, cursor, &order)?);
        }
        select.filter = all(conditions);
        select.order = self.keys(scene, &order)?;
        if !rows.distinct.is_empty() {
            self.first_of_each(scene, &rows.distinct, select)?;
        }
        select.limit = rows.take.map(|take| bound(take.saturating_abs()));
        select.offset = rows.skip.filter(|skip| *skip > 0).map(bound);
        Ok(true)
    }

    fn keys(&mut self, scene: Scene<'e, '_>, order: &[Order]) -> Result<Vec<Key>, InvalidInput> {
        let keys = order.iter().map(|order| {
            Ok(Key {
                expr: self.key_of(scene, order, &order.through)?,
                direction: order.direction,
                nulls: order.nulls,
            })
        });
        keys.collect()
    }

    /// What an order sorts by: a column, or what a statement finds in related rows.
    fn key_of(
        &mut self,
        scene: Scene<'e, '_>,
        order: &Order,
        through: &[String],
    ) -> Result<Expr, InvalidInput> {
        if let [relation, rest @ ..] = through {
            let owner = field(scene.model, relation)?;
            let tie = self.tie(scene, owner)?;
            let mut conditions = vec![tie.on()];
            if !self.keep(tie.scene(), None, &mut conditions)? {
                conditions = vec![Expr::Bool(false)];
            }
            let key = self.key_of(tie.scene(), order, rest)?;
            let mut rows = tie.select(vec![key]);
            rows.filter = Some(Expr::And(conditions));
            return Ok(Expr::Scalar(Box::new(rows)));
        }
        match &order.key {
            OrderKey::Field(name) => {
                let (field, codec) = self.column(scene.model, name)?;
                self.require_open(scene.model, field, &codec)?;
                self.visible(scene, field)
            }
            OrderKey::Words {
                fields,
                words,
                configuration,
            } => Ok(Expr::WordRank(WordSearch {
                texts: self.texts(scene, fields)?,
                words: Box::new(Expr::Value(Value::Text(words.clone()))),
                configuration: configuration.clone(),
            })),
            OrderKey::Alike {
                fields,
                text,
                part,
                accents,
            } => {
                let texts = self.texts(scene, fields)?.into_iter();
                let ranks = texts.map(|own| {
                    Expr::LikenessRank(Likeness {
                        text: Box::new(own),
                        other: Box::new(Expr::Value(Value::Text(text.clone()))),
                        part: *part,
                        accents: *accents,
                    })
                });
                Ok(Expr::Greatest(ranks.collect()))
            }
            OrderKey::Count(name) => self.relation_count(scene, name, None),
        }
    }

    fn texts(&self, scene: Scene<'e, '_>, fields: &[String]) -> Result<Vec<Expr>, InvalidInput> {
        let texts = fields.iter().map(|name| {
            let (field, codec) = self.column(scene.model, name)?;
            self.require_open(scene.model, field, &codec)?;
            self.visible(scene, field)
        });
        texts.collect()
    }

    /// The rows from the cursor's on, that one included.
    ///
    /// Source: contract zenstack §3.4.
    fn at_cursor(
        &mut self,
        scene: Scene<'e, '_>,
        cursor: &Filter,
        order: &[Order],
    ) -> Result<Expr, InvalidInput> {
        require_unique(&self.engine.schema, scene.model, Some(cursor))?;
        let mut same = Vec::with_capacity(order.len());
        let mut cases = Vec::with_capacity(order.len() + 1);
        for order in order {
            let own = self.key_of(scene, order, &order.through)?;
            let Some(there) = self.of_cursor(scene.model, cursor, Some(order))? else {
                return Ok(Expr::Bool(false));
            };
            let nullable = is_nullable(scene.model, order);
            let mut case = same.clone();
            case.push(self.after(order, &own, &there, nullable));
            cases.push(Expr::And(case));
            same.push(equal(own, there, nullable));
        }
        cases.push(Expr::And(same));
        let from = Expr::Or(cases);
        if !order.iter().any(|order| is_nullable(scene.model, order)) {
            return Ok(from);
        }
        // Of a row that is not there everything is null, and some rows have nulls too.
        let exists = self.of_cursor(scene.model, cursor, None)?;
        Ok(Expr::And(exists.into_iter().chain([from]).collect()))
    }

    /// A key of the cursor's row, or whether there is that row.
    fn of_cursor(
        &mut self,
        model: &'e Model,
        cursor: &Filter,
        order: Option<&Order>,
    ) -> Result<Option<Expr>, InvalidInput> {
        let alias = self.alias()?;
        let scene = Scene::called(model, &alias);
        let mut conditions = Vec::new();
        if !self.keep(scene, Some(cursor), &mut conditions)? {
            return Ok(None);
        }
        let column = match order {
            Some(order) => self.key_of(scene, order, &order.through)?,
            None => Expr::Bool(true),
        };
        let mut select = self.rows(scene, vec![column])?;
        select.filter = all(conditions);
        let select = Box::new(select);
        Ok(Some(match order {
            Some(_) => Expr::Scalar(select),
            None => Expr::Exists(select),
        }))
    }

    /// Whether one key comes after another in the order.
    fn after(&self, order: &Order, own: &Expr, there: &Expr, nullable: bool) -> Expr {
        let comparison = match order.direction {
            Direction::Ascending => Comparison::Greater,
            Direction::Descending => Comparison::Less,
        };
        let compared = Expr::Compare(Box::new(own.clone()), comparison, Box::new(there.clone()));
        if !nullable {
            return compared;
        }
        let is_null = |expr: &Expr| Expr::IsNull(Box::new(expr.clone()));
        let is_not_null = |expr: &Expr| Expr::IsNotNull(Box::new(expr.clone()));
        let by_null = if self.nulls_last(order) {
            Expr::And(vec![is_null(own), is_not_null(there)])
        } else {
            Expr::And(vec![is_not_null(own), is_null(there)])
        };
        Expr::Or(vec![compared, by_null])
    }

    fn nulls_last(&self, order: &Order) -> bool {
        let ascending = self.engine.capability().nulls_ascending == NullPosition::Last;
        match order.nulls {
            Nulls::First => false,
            Nulls::Last => true,
            Nulls::Default => (order.direction == Direction::Ascending) == ascending,
        }
    }

    /// Of the rows that have these fields in common, only the first in the order. They are picked by a statement of its
    /// own, because what picks them must sort by these fields before anything else.
    fn first_of_each(
        &mut self,
        scene: Scene<'e, '_>,
        distinct: &[String],
        select: &mut Select,
    ) -> Result<(), InvalidInput> {
        let fields = distinct.iter().map(|name| {
            let (field, codec) = self.column(scene.model, name)?;
            self.require_open(scene.model, field, &codec)?;
            self.visible(scene, field)
        });
        let fields = fields.collect::<Result<Vec<_>, InvalidInput>>()?;
        let id = scene.model.id.iter();
        let id = id.map(|name| self.key(scene, name));
        let id = id.collect::<Result<Vec<_>, _>>()?;
        let by = |expr: &Expr| Key {
            expr: expr.clone(),
            direction: Direction::Ascending,
            nulls: Nulls::Default,
        };
        if id.is_empty() {
            // Nothing names the rows of a view, so they come in the order in which they are picked.
            let mut order: Vec<_> = fields.iter().map(by).collect();
            order.append(&mut select.order);
            select.order = order;
            select.distinct = fields;
            return Ok(());
        }
        let mut first = Select {
            distinct: fields.clone(),
            columns: id.clone(),
            ..select.clone()
        };
        first.order = fields.iter().map(by).collect();
        first.order.append(&mut select.order.clone());
        first.order.extend(id.iter().map(by));
        let picked = Expr::InQuery(id, Box::new(first));
        let conditions = select.filter.take().into_iter().chain([picked]);
        select.filter = all(conditions.collect());
        Ok(())
    }
}

/// The order with what it lacks to be one: the id, where rows are counted from the end or from a row on. Turned around
/// where they are counted from the end.
fn ordered(model: &Model, rows: &Listing) -> Vec<Order> {
    let mut order = rows.order.clone();
    let backwards = rows.take.is_some_and(|take| take < 0);
    if rows.cursor.is_some() || (backwards && order.is_empty()) {
        let is_there = |name: &String| {
            let key = OrderKey::Field(name.clone());
            rows.order
                .iter()
                .any(|order| order.through.is_empty() && order.key == key)
        };
        let missing = model.id.iter().filter(|name| !is_there(name));
        order.extend(missing.map(asc));
    }
    if backwards {
        for key in &mut order {
            key.direction = match key.direction {
                Direction::Ascending => Direction::Descending,
                Direction::Descending => Direction::Ascending,
            };
            key.nulls = match key.nulls {
                Nulls::Default => Nulls::Default,
                Nulls::First => Nulls::Last,
                Nulls::Last => Nulls::First,
            };
        }
    }
    order
}

fn is_nullable(model: &Model, order: &Order) -> bool {
    match &order.key {
        _ if !order.through.is_empty() => true,
        OrderKey::Field(name) => model.field(name).is_none_or(may_be_null),
        OrderKey::Count(_) | OrderKey::Words { .. } | OrderKey::Alike { .. } => false,
    }
}

/// Rules of a field hide its value as null.
fn may_be_null(field: &Field) -> bool {
    field.arity != Arity::Required || !field.policies.is_empty()
}

fn equal(own: Expr, there: Expr, nullable: bool) -> Expr {
    if !nullable {
        return own.equals(there);
    }
    let both_null = Expr::And(vec![
        Expr::IsNull(Box::new(own.clone())),
        Expr::IsNull(Box::new(there.clone())),
    ]);
    Expr::Or(vec![own.equals(there), both_null])
}

fn all(mut conditions: Vec<Expr>) -> Option<Expr> {
    match conditions.len() {
        0 | 1 => conditions.pop(),
        _ => Some(Expr::And(conditions)),
    }
}

/// Bound rather than written, so that every page has the same text and is prepared once.
pub(super) fn bound(rows: i64) -> Expr {
    Expr::Value(Value::Int(rows))
}
