//! How rows of one model are tied to a row of another.

use std::borrow::Cow;
use std::sync::atomic::Ordering;

use hallpass_sql::{Expr, Join, JoinKind, Select, Source};
use hallpass_zmodel::schema::{self, Field, Model, Relation};

use super::{Planner, Scene, field};
use crate::args::{Filter, Related};
use crate::error::InvalidInput;

/// Tables that one operation may name. More are a mistake, or meant to tire the database.
const MAX_TABLES: usize = 200;

/// What of two rows is equal where they belong together.
type Pairs = Vec<(Expr, Expr)>;

/// The rows of a relation, under a name of their own.
pub(super) struct Tie<'e> {
    pub(super) target: &'e Model,
    pub(super) alias: String,
    /// What of the other row and of these is equal; the other row's first.
    pub(super) pairs: Pairs,
    /// The tables of the delegates that the rows are of.
    bases: Vec<Join>,
    /// The table between the two, where neither holds the key of the other.
    pub(super) between: Option<Join>,
}

impl<'e> Tie<'e> {
    pub(super) fn scene(&self) -> Scene<'e, '_> {
        Scene::called(self.target, &self.alias)
    }

    /// Reads the rows that belong to the other row.
    pub(super) fn select(&self, columns: Vec<Expr>) -> Select {
        let mut select = Select::from(Planner::source(self.target, Some(&self.alias)), columns);
        select.joins.clone_from(&self.bases);
        select.joins.extend(self.between.clone());
        select.filter = Some(self.on());
        select
    }

    pub(super) fn on(&self) -> Expr {
        let pairs = self.pairs.iter().cloned();
        Expr::And(pairs.map(|(own, other)| own.equals(other)).collect())
    }
}

impl<'e> Planner<'e> {
    /// A name that no other table of the statement has.
    pub(super) fn alias(&self) -> Result<String, InvalidInput> {
        let number = self.tables.fetch_add(1, Ordering::Relaxed) + 1;
        if number > MAX_TABLES {
            return Err(InvalidInput::Relations { most: MAX_TABLES });
        }
        Ok(format!("t{number}"))
    }

    /// The rows of a relation, tied to the row of the scene.
    pub(super) fn tie(
        &self,
        scene: Scene<'e, '_>,
        owner: &'e Field,
    ) -> Result<Tie<'e>, InvalidInput> {
        let relation = owner.relation().ok_or_else(|| InvalidInput::NotToOne {
            model: scene.model.name.clone(),
            field: owner.name.clone(),
        })?;
        let target = self.model(&relation.model)?;
        let alias = self.alias()?;
        let whole = Scene::called(target, &alias);
        let bases = self.bases(whole, JoinKind::Inner)?;
        // So that they hold wherever they stand, also before those tables.
        let inner = whole.apart();
        let (pairs, between) = match &relation.join {
            Some(join) => self.by_table(scene, inner, join)?,
            None => (self.by_key(scene, inner, relation)?, None),
        };
        Ok(Tie {
            target,
            alias,
            pairs,
            bases,
            between,
        })
    }

    fn by_key(
        &self,
        scene: Scene<'e, '_>,
        inner: Scene<'e, '_>,
        relation: &'e Relation,
    ) -> Result<Pairs, InvalidInput> {
        let (own, other) = if relation.fields.is_empty() {
            let opposite = field(inner.model, &relation.opposite)?.relation();
            let opposite = opposite.ok_or_else(|| InvalidInput::NotToOne {
                model: inner.model.name.clone(),
                field: relation.opposite.clone(),
            })?;
            (&opposite.references, &opposite.fields)
        } else {
            (&relation.fields, &relation.references)
        };
        let pairs = own.iter().zip(other);
        pairs
            .map(|(own, other)| Ok((self.key(scene, own)?, self.key(inner, other)?)))
            .collect()
    }

    /// Rows of an implicit relation of many to many: both ids stand in a table between.
    ///
    /// Source: contract zenstack §5.3.
    fn by_table(
        &self,
        scene: Scene<'e, '_>,
        inner: Scene<'e, '_>,
        join: &schema::Join,
    ) -> Result<(Pairs, Option<Join>), InvalidInput> {
        let alias = self.alias()?;
        let (own, other) = (join.own.name(), join.own.other().name());
        let id = |model: &'e Model| {
            let id = model.id.first();
            id.ok_or_else(|| InvalidInput::NotUnique {
                model: model.name.clone(),
            })
        };
        let between = Join {
            kind: JoinKind::Inner,
            on: Expr::of(&*alias, other).equals(self.key(inner, id(inner.model)?)?),
            source: Source::Table {
                table: self.table_between(join),
                alias: Some(alias.clone()),
            },
        };
        let pair = (self.key(scene, id(scene.model)?)?, Expr::of(alias, own));
        Ok((vec![pair], Some(between)))
    }

    /// A column of a key, told apart from those of other tables; null where the person may not see it.
    pub(super) fn key(&self, scene: Scene<'e, '_>, name: &str) -> Result<Expr, InvalidInput> {
        let scene = Scene {
            alias: Some(scene.alias.unwrap_or(&scene.model.table)),
            ..scene
        };
        self.visible(scene, field(scene.model, name)?)
    }

    /// Keeps to rows that may be seen and pass; `false` where none can.
    pub(super) fn keep(
        &mut self,
        scene: Scene<'e, '_>,
        filter: Option<&Filter>,
        conditions: &mut Vec<Expr>,
    ) -> Result<bool, InvalidInput> {
        match self.readable(scene)? {
            Some(Expr::Bool(false)) => return Ok(false),
            None | Some(Expr::Bool(true)) => {}
            Some(condition) => conditions.push(condition),
        }
        match filter {
            None => {}
            Some(Filter::All(parts)) if parts.is_empty() => {}
            Some(filter) => conditions.push(self.condition(scene, filter, false)?),
        }
        Ok(true)
    }

    /// The rows of a relation that may be seen and pass; none where none can.
    pub(super) fn related_rows(
        &mut self,
        scene: Scene<'e, '_>,
        owner: &'e Field,
        filter: Option<&Filter>,
        column: Expr,
    ) -> Result<Option<Select>, InvalidInput> {
        let tie = self.tie(scene, owner)?;
        let mut conditions = vec![tie.on()];
        if !self.keep(tie.scene(), filter, &mut conditions)? {
            return Ok(None);
        }
        let mut select = tie.select(vec![column]);
        select.filter = Some(Expr::And(conditions));
        Ok(Some(select))
    }

    /// Source: contract zenstack §2.5 (only rows that may be seen count) and §3.2.
    pub(super) fn relation_condition(
        &mut self,
        scene: Scene<'e, '_>,
        name: &str,
        related: &Related,
    ) -> Result<Expr, InvalidInput> {
        let owner = field(scene.model, name)?;
        let (filter, is_there) = match related {
            Related::Some(filter) => (Cow::Borrowed(&**filter), true),
            Related::None(filter) => (Cow::Borrowed(&**filter), false),
            Related::Every(filter) => (Cow::Owned(Filter::Not(filter.clone())), false),
        };
        let rows = self.related_rows(scene, owner, Some(&filter), Expr::Bool(true))?;
        Ok(match (rows, is_there) {
            (None, is_there) => Expr::Bool(!is_there),
            (Some(rows), true) => Expr::Exists(Box::new(rows)),
            (Some(rows), false) => Expr::Not(Box::new(Expr::Exists(Box::new(rows)))),
        })
    }

    /// The key of the relation, which stands in this row, is null.
    pub(super) fn unlinked(&self, scene: Scene<'e, '_>, name: &str) -> Result<Expr, InvalidInput> {
        let relation = field(scene.model, name)?.relation();
        let keys = relation.map(|relation| relation.fields.as_slice());
        let keys = keys.unwrap_or_default().iter().map(|key| {
            let column = self.visible(scene, field(scene.model, key)?)?;
            Ok(Expr::IsNull(Box::new(column)))
        });
        Ok(Expr::Or(keys.collect::<Result<_, InvalidInput>>()?))
    }

    /// How many rows of a relation may be seen.
    pub(crate) fn count_of_relation(
        &self,
        scene: Scene<'e, '_>,
        name: &str,
    ) -> Result<Expr, InvalidInput> {
        let tie = self.tie(scene, field(scene.model, name)?)?;
        let mut rows = tie.select(vec![Expr::CountAll]);
        let readable = self.readable(tie.scene())?;
        let conditions = [Some(tie.on()), readable].into_iter().flatten();
        rows.filter = Some(Expr::And(conditions.collect()));
        Ok(Expr::Scalar(Box::new(rows)))
    }

    /// How many rows of a relation may be seen and pass.
    pub(super) fn relation_count(
        &mut self,
        scene: Scene<'e, '_>,
        name: &str,
        filter: Option<&Filter>,
    ) -> Result<Expr, InvalidInput> {
        let tie = self.tie(scene, field(scene.model, name)?)?;
        let mut conditions = vec![tie.on()];
        if !self.keep(tie.scene(), filter, &mut conditions)? {
            conditions = vec![Expr::Bool(false)];
        }
        let mut rows = tie.select(vec![Expr::CountAll]);
        rows.filter = Some(Expr::And(conditions));
        Ok(Expr::Scalar(Box::new(rows)))
    }
}
