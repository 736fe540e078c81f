//! Relations that a table between keeps: what happens to rows of the other end, and to the pairs.
//!
//! Source: contract zenstack §2.6: whoever links or parts two rows must be allowed to change both.

use hallpass_sql::{Conflict, Delete, Expr, Insert, Select, Source, Statement, Value};
use hallpass_zmodel::schema::{Model, Operation};

use super::Writer;
use super::end::{End, Table};
use super::known::{Known, carried};
use super::owned::{not_connected, unconnected};
use super::rows::{Purpose, Which, by_keys};
use crate::args::{Filter, Nested, NewRow};
use crate::error::{Error, Rejection};
use crate::plan::{Planner, Scene};

impl<'s> Writer<'s> {
    /// Acts on rows that are linked with `row`.
    pub(super) async fn act_linked(
        &self,
        row: &Known<'s>,
        end: &End<'s>,
        table: Table<'s>,
        action: Nested<'s>,
    ) -> Result<(), Error> {
        let own = row.value(end.model, table.own)?;
        let own = carried(&self.planner(), end.model, table.own, own)?;
        let linked = |filter: Filter| Which {
            linked: Some((table, own.clone())),
            ..Which::of(end.target, filter)
        };
        match action {
            Nested::Create(rows) | Nested::CreateMany { rows, .. } => {
                self.make_linked(row, end, table, rows).await?;
            }
            Nested::Connect(filters) => self.connect_linked(row, end, table, filters).await?,
            Nested::ConnectOrCreate(items) => {
                for (filter, new) in items {
                    if self.sees(&Which::of(end.target, filter.clone())).await? {
                        self.connect_linked(row, end, table, vec![filter]).await?;
                    } else {
                        self.make_linked(row, end, table, vec![new]).await?;
                    }
                }
            }
            Nested::Disconnect(filter) => self.part(row, end, table, &linked(filter)).await?,
            Nested::Set(filters) => {
                let others = Filter::Not(Box::new(Filter::Any(filters.clone())));
                self.part(row, end, table, &linked(others)).await?;
                self.connect_linked(row, end, table, filters).await?;
            }
            Nested::Update(items) => {
                for (filter, changes) in items {
                    self.must_update(linked(filter), changes).await?;
                }
            }
            Nested::Upsert(items) => {
                for (filter, new, changes) in items {
                    let updated = self.update_one(linked(filter), changes, Vec::new());
                    if updated.await?.is_none() {
                        self.make_linked(row, end, table, vec![new]).await?;
                    }
                }
            }
            Nested::Delete(filters) => {
                let named = self.named(end.target, &filters, linked, &Purpose::Delete);
                let count = named.await?;
                self.must_delete(&linked(Filter::Any(filters)), count)
                    .await?;
            }
            Nested::UpdateMany(items) => {
                for (filter, changes) in items {
                    self.change_counted(&linked(filter), &changes.values)
                        .await?;
                }
            }
            Nested::DeleteMany(filters) => {
                self.delete_counted(&linked(Filter::Any(filters))).await?;
            }
        }
        Ok(())
    }

    async fn make_linked(
        &self,
        row: &Known<'s>,
        end: &End<'s>,
        table: Table<'s>,
        rows: Vec<NewRow<'s>>,
    ) -> Result<(), Error> {
        let made = self.create(end.target, rows, end.other_fields()).await?;
        let pairs: Vec<_> = made.iter().map(|other| (row, other)).collect();
        self.link(end, table, &pairs).await
    }

    async fn connect_linked(
        &self,
        row: &Known<'s>,
        end: &End<'s>,
        table: Table<'s>,
        filters: Vec<Filter>,
    ) -> Result<(), Error> {
        if filters.is_empty() {
            return Ok(());
        }
        let each = |filter| Which::of(end.target, filter);
        let count = self
            .named(end.target, &filters, each, &Purpose::Find)
            .await
            .map_err(|error| unconnected(error, end.target))?;
        let which = Which::of(end.target, Filter::Any(filters));
        let found = self.seen(&which, &[table.other]).await?;
        if u64::try_from(found.len()).unwrap_or(u64::MAX) < count {
            return Err(not_connected(end.target));
        }
        let pairs: Vec<_> = found.iter().map(|other| (row, other)).collect();
        self.link(end, table, &pairs).await
    }

    /// Links pairs of rows; those that are linked stay so.
    pub(super) async fn link(
        &self,
        end: &End<'s>,
        table: Table<'s>,
        pairs: &[(&Known<'s>, &Known<'s>)],
    ) -> Result<(), Error> {
        let others: Vec<_> = pairs.iter().map(|(_, other)| (*other).clone()).collect();
        let owns: Vec<_> = pairs.iter().map(|(own, _)| (*own).clone()).collect();
        self.require_link(end.model, &owns).await?;
        self.require_link(end.target, &others).await?;
        let planner = self.planner();
        let width = planner.engine.capability().max_binds / 2;
        for pairs in pairs.chunks(width) {
            let row = |(own, other): &(&Known<'s>, &Known<'s>)| {
                let own = carried(
                    &planner,
                    end.model,
                    table.own,
                    own.value(end.model, table.own)?,
                )?;
                let value = other.value(end.target, table.other)?;
                let other = carried(&planner, end.target, table.other, value)?;
                Ok(vec![Expr::Value(own), Expr::Value(other)])
            };
            let rows = pairs.iter().map(row);
            let insert = Insert {
                table: planner.table_between(table.join),
                columns: vec![own_column(table), other_column(table)],
                rows: rows.collect::<Result<_, Error>>()?,
                unless: None,
                conflict: Some(Conflict::Skip),
                returning: Vec::new(),
            };
            self.say_to(&planner, &end.model.name, &Statement::Insert(insert))
                .await?;
        }
        Ok(())
    }

    /// Parts a row from those of the other end that are meant. That there are none is no mistake.
    async fn part(
        &self,
        row: &Known<'s>,
        end: &End<'s>,
        table: Table<'s>,
        which: &Which<'s>,
    ) -> Result<(), Error> {
        let others = self.seen(which, &[table.other]).await?;
        if others.is_empty() {
            return Ok(());
        }
        self.require_link(end.model, std::slice::from_ref(row))
            .await?;
        self.require_link(end.target, &others).await?;
        let planner = self.planner();
        let own = carried(
            &planner,
            end.model,
            table.own,
            row.value(end.model, table.own)?,
        )?;
        let ids = others.iter().map(|other| {
            let value = other.value(end.target, table.other)?;
            Ok(Expr::Value(carried(
                &planner,
                end.target,
                table.other,
                value,
            )?))
        });
        let ids = ids.collect::<Result<_, Error>>()?;
        let delete = Delete {
            table: planner.table_between(table.join),
            filter: Some(Expr::And(vec![
                Expr::column(own_column(table)).equals(Expr::Value(own)),
                Expr::In(Box::new(Expr::column(other_column(table))), ids),
            ])),
            returning: Vec::new(),
        };
        self.say_to(&planner, &end.model.name, &Statement::Delete(delete))
            .await?;
        Ok(())
    }

    /// Refuses where the rules do not let every one of these rows be linked.
    async fn require_link(&self, model: &'s Model, rows: &[Known<'s>]) -> Result<(), Error> {
        let planner = self.planner();
        let scene = Planner::own(model);
        let operations = [Operation::Update, Operation::PostUpdate];
        let link = |scene: Scene<'s, '_>| planner.may_link(scene);
        let mut rules = planner.as_they_are(&operations, scene, link)?;
        rules.extend(planner.may_link(scene)?);
        if rules.is_empty() {
            return Ok(());
        }
        let admitted = Expr::Coalesce(vec![Expr::And(rules), Expr::Bool(false)]);
        let forbidden = Expr::And(vec![
            by_keys(&planner, scene, rows)?,
            Expr::Not(Box::new(admitted)),
        ]);
        if rows.is_empty() || self.count(&planner, model, forbidden).await? == 0 {
            return Ok(());
        }
        Err(Error::Rejected {
            model: model.name.clone(),
            rejection: Rejection::NoAccess,
        })
    }
}

/// Whether rows of the other end are linked with the row of this identity.
pub(super) fn linked(planner: &Planner<'_>, table: Table<'_>, id: Expr, own: &Value) -> Expr {
    let source = Source::Table {
        table: planner.table_between(table.join),
        alias: Some("linked".to_owned()),
    };
    let column = |name: String| Expr::of("linked", name);
    let mut links = Select::from(source, vec![column(other_column(table))]);
    links.filter = Some(column(own_column(table)).equals(Expr::Value(own.clone())));
    Expr::InQuery(vec![id], Box::new(links))
}

fn own_column(table: Table<'_>) -> String {
    table.join.own.name().to_owned()
}

fn other_column(table: Table<'_>) -> String {
    table.join.own.other().name().to_owned()
}
