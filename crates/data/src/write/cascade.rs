//! Rows of several tables that go with others: a database removes what its keys say and no more, so that of a row of a
//! model which extends a delegate the part in the delegate's table would stay. What would go by itself is looked for
//! first, and removed as a whole. Nobody's rules are asked, as they are not of what databases remove.
//!
//! Source: contract zenstack §2.6, §2.11.

use std::collections::HashSet;

use hallpass_sql::{Expr, Join, JoinKind, RowLock, Statement, Value};
use hallpass_zmodel::schema::Model;

use super::Writer;
use super::known::Known;
use super::rows::{CHUNK, by_keys, read};
use crate::error::Error;
use crate::plan::{Cascade, Cascades, Planner, Scene, field, key_fields, root};
use crate::shape;

impl<'s> Writer<'s> {
    /// Whether rows of several tables may go with rows of this model.
    pub(super) fn cascades(&self, model: &'s Model) -> bool {
        Cascades::of(&self.client.engine().schema).leave_parts(model)
    }

    /// Removes rows of several tables that the database would remove in part when the rows of these identities go.
    pub(crate) async fn remove_cascading_of(
        &self,
        model: &'s Model,
        keys: &[Vec<Value>],
    ) -> Result<(), Error> {
        let planner = self.planner();
        let fields = key_fields(model)?;
        let rows = keys.iter();
        let rows = rows.map(|key| Known::read(&planner, model, &fields, key.clone()));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        self.remove_cascading(model, &rows).await
    }

    /// Removes rows of several tables that the database would remove in part when these rows go.
    pub(super) async fn remove_cascading(
        &self,
        model: &'s Model,
        rows: &[Known<'s>],
    ) -> Result<(), Error> {
        let cascades = Cascades::of(&self.client.engine().schema);
        let planner = self.planner();
        let mut seen = HashSet::new();
        for row in rows {
            seen.insert(name(&planner, root(cascades.schema, model), row)?);
        }
        let mut found: Vec<(&Model, Vec<Known<'s>>)> = Vec::new();
        let mut next = vec![(model, rows.to_vec())];
        while let Some((model, rows)) = next.pop() {
            for cascade in cascades.from(model) {
                let mut further = Vec::new();
                for row in self.pointing(cascade, &rows).await? {
                    if seen.insert(name(&planner, root(cascades.schema, cascade.holder), &row)?) {
                        further.push(row);
                    }
                }
                if further.is_empty() {
                    continue;
                }
                if cascade.holder.base.is_some() {
                    found.push((root(cascades.schema, cascade.holder), further.clone()));
                }
                next.push((cascade.holder, further));
            }
        }
        for (model, rows) in found {
            self.remove_by_keys(&planner, model, &rows).await?;
        }
        Ok(())
    }

    /// The rows that point at these, held until the transaction ends.
    async fn pointing(
        &self,
        cascade: Cascade<'s>,
        rows: &[Known<'s>],
    ) -> Result<Vec<Known<'s>>, Error> {
        let planner = self.planner();
        let holder = Scene::called(cascade.holder, "holder").apart();
        let target = Scene::called(cascade.target, "target").apart();
        let relation = cascade.relation;
        let pairs = relation.fields.iter().zip(&relation.references);
        let on = pairs.map(|(own, other)| {
            let own = planner.at(holder, field(cascade.holder, own)?)?;
            let other = planner.at(target, field(cascade.target, other)?)?;
            Ok(own.equals(other))
        });
        let on = Expr::And(on.collect::<Result<_, Error>>()?);
        let key = key_fields(cascade.holder)?;
        let columns = key.iter().map(|field| planner.at(holder, field));
        let mut select = planner.rows(holder, columns.collect::<Result<_, _>>()?)?;
        select.joins.push(Join {
            kind: JoinKind::Inner,
            source: Planner::source(cascade.target, target.alias),
            on,
        });
        if planner.engine.capability().select_for_update {
            select.lock = Some(RowLock::Update);
        }
        let mut found = Vec::new();
        for rows in rows.chunks(CHUNK) {
            select.filter = Some(by_keys(&planner, target, rows)?);
            let statement = Statement::Select(select.clone());
            let rows = self.say(&planner, cascade.holder, &statement).await?;
            found.extend(read(&planner, cascade.holder, &key, rows)?);
        }
        Ok(found)
    }
}

/// A row by the outermost model that it is of, and its identity.
fn name<'s>(
    planner: &Planner<'s>,
    model: &'s Model,
    row: &Known<'s>,
) -> Result<(&'s str, Option<Vec<u8>>), Error> {
    let key = row.stored(planner, model, &key_fields(model)?)?;
    let all: Vec<_> = (0..key.len()).collect();
    Ok((&model.name, shape::key(&key, &all)))
}
