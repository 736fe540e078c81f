//! What happens to rows that belong to one that is there.
//!
//! Source: contract zenstack §2.6, §3.6.

use hallpass_sql::Value;
use hallpass_zmodel::schema::{Arity, Field};

use super::Writer;
use super::create::key_at;
use super::end::{End, Keeper};
use super::known::{Known, carried};
use super::owned::{not_connected, not_found, unconnected};
use super::rows::{Purpose, Which};
use super::update::nothing;
use crate::args::{Change, Changes, Filter, Nested, NewRow};
use crate::error::Error;

impl<'s> Writer<'s> {
    /// Acts on rows that hold the key of `row`.
    pub(super) async fn act(
        &self,
        row: &Known<'s>,
        end: &End<'s>,
        action: Nested<'s>,
    ) -> Result<(), Error> {
        if let Keeper::Table(table) = end.keeper {
            return self.act_linked(row, end, table, action).await;
        }
        let held = key_at(end.model, row, end)?;
        let belonging = |filter: Filter| Which::of(end.target, filter).holding(&held);
        match action {
            Nested::Create(rows) => {
                let rows = self.belonging(row, end, rows)?;
                self.create(end.target, rows, Vec::new()).await?;
            }
            Nested::CreateMany {
                rows,
                skip_duplicates,
            } => {
                let rows = self.belonging(row, end, rows)?;
                if skip_duplicates {
                    self.create_new(end.target, rows, &[]).await?;
                } else {
                    self.create(end.target, rows, Vec::new()).await?;
                }
            }
            Nested::Connect(filters) => self.connect(end, &held, filters).await?,
            Nested::ConnectOrCreate(items) => {
                for (filter, new) in items {
                    self.connect_or_create(row, end, &held, filter, new).await?;
                }
            }
            Nested::Disconnect(filter) => self.release(end, &belonging(filter)).await?,
            Nested::Set(filters) => {
                let others = Filter::Not(Box::new(Filter::Any(filters.clone())));
                self.release(end, &belonging(others)).await?;
                self.connect(end, &held, filters).await?;
            }
            Nested::Update(items) => {
                for (filter, changes) in items {
                    self.must_update(belonging(filter), changes).await?;
                }
            }
            Nested::Upsert(items) => {
                for (filter, new, changes) in items {
                    let updated = self.update_one(belonging(filter), changes, Vec::new());
                    if updated.await?.is_none() {
                        let rows = self.belonging(row, end, vec![new])?;
                        self.create(end.target, rows, Vec::new()).await?;
                    }
                }
            }
            Nested::Delete(filters) => {
                let named = self.named(end.target, &filters, belonging, &Purpose::Delete);
                let count = named.await?;
                self.must_delete(&belonging(Filter::Any(filters)), count)
                    .await?;
            }
            Nested::UpdateMany(items) => {
                for (filter, changes) in items {
                    self.change_counted(&belonging(filter), &changes.values)
                        .await?;
                }
            }
            Nested::DeleteMany(filters) => {
                self.delete_counted(&belonging(Filter::Any(filters)))
                    .await?;
            }
        }
        Ok(())
    }

    /// Rows that are there begin to hold a key. Of a relation to one row, the one before lets go.
    async fn connect(
        &self,
        end: &End<'s>,
        held: &[(&'s Field, Value)],
        filters: Vec<Filter>,
    ) -> Result<(), Error> {
        if filters.is_empty() {
            return Ok(());
        }
        let planner = self.planner();
        let mut changes = Vec::with_capacity(held.len());
        for (field, value) in held {
            let value = carried(&planner, end.target, field, value)?;
            changes.push((*field, Change::Set(value)));
        }
        let which = |filter| Which::of(end.target, filter);
        let purpose = Purpose::update(&changes);
        let count = self.named(end.target, &filters, which, &purpose).await;
        let count = count.map_err(|error| unconnected(error, end.target))?;
        let wanted = Filter::Any(filters);
        if !end.is_many {
            let others = Filter::Not(Box::new(wanted.clone()));
            self.release(end, &Which::of(end.target, others).holding(held))
                .await?;
        }
        let connected = self
            .change_counted(&Which::of(end.target, wanted), &changes)
            .await?;
        if connected < count {
            return Err(not_connected(end.target));
        }
        Ok(())
    }

    async fn connect_or_create(
        &self,
        row: &Known<'s>,
        end: &End<'s>,
        held: &[(&'s Field, Value)],
        filter: Filter,
        new: NewRow<'s>,
    ) -> Result<(), Error> {
        let which = Which::of(end.target, filter.clone());
        if self.sees(&which).await? {
            return self.connect(end, held, vec![filter]).await;
        }
        let rows = self.belonging(row, end, vec![new])?;
        self.create(end.target, rows, Vec::new()).await?;
        Ok(())
    }

    /// Rows no longer hold the key. That none do is no mistake.
    async fn release(&self, end: &End<'s>, which: &Which<'s>) -> Result<(), Error> {
        let fields = end.other_fields();
        let able: Vec<_> = fields.iter().copied().filter(may_be_null).collect();
        // Where none can be null, the database refuses it, unless there is nothing to let go.
        let nulls = nothing(if able.is_empty() { fields } else { able });
        self.change_counted(which, &nulls).await?;
        Ok(())
    }

    pub(super) async fn must_update(
        &self,
        which: Which<'s>,
        changes: Changes<'s>,
    ) -> Result<(), Error> {
        let model = which.model;
        let updated = self.update_one(which, changes, Vec::new()).await?;
        updated.map(|_| ()).ok_or_else(|| not_found(model))
    }

    pub(super) async fn must_delete(&self, which: &Which<'s>, count: u64) -> Result<(), Error> {
        if self.delete_counted(which).await? < count {
            return Err(not_found(which.model));
        }
        Ok(())
    }

    /// Acts on the row whose key `row` holds; gives what `row` holds from now on.
    pub(super) async fn act_owned(
        &self,
        row: &Known<'s>,
        end: &End<'s>,
        action: Nested<'s>,
    ) -> Result<Vec<(&'s Field, Change)>, Error> {
        let other = self.other(row, end)?;
        let related = |filter: Filter| {
            let held = other.as_deref().ok_or_else(|| not_found(end.target))?;
            Ok::<_, Error>(Which::of(end.target, filter).holding(held))
        };
        match action {
            Nested::Create(rows) => {
                let made = self.create(end.target, rows, end.other_fields()).await?;
                let made = made.first().ok_or_else(|| not_found(end.target))?;
                Ok(set(self.key_of(end, made)?))
            }
            Nested::Connect(filters) => {
                let mut key = Vec::new();
                for filter in filters {
                    key = self.connected(end, filter).await?;
                }
                Ok(set(key))
            }
            Nested::ConnectOrCreate(items) => {
                let mut key = Vec::new();
                for (filter, new) in items {
                    key = self.connected_or_made(end, filter, new).await?;
                }
                Ok(set(key))
            }
            Nested::Disconnect(filter) => {
                let is_meant = match related(filter) {
                    Ok(which) if which.is_any() => true,
                    Ok(which) => self.sees(&which).await?,
                    Err(_) => false,
                };
                let own = end.own_fields().into_iter().filter(may_be_null);
                Ok(if is_meant { nothing(own) } else { Vec::new() })
            }
            Nested::Update(items) => {
                for (filter, changes) in items {
                    self.must_update(related(filter)?, changes).await?;
                }
                Ok(Vec::new())
            }
            Nested::Upsert(items) => {
                let mut key = Vec::new();
                for (filter, new, changes) in items {
                    if let Ok(which) = related(filter)
                        && self.update_one(which, changes, Vec::new()).await?.is_some()
                    {
                        continue;
                    }
                    let made = self
                        .create(end.target, vec![new], end.other_fields())
                        .await?;
                    let made = made.first().ok_or_else(|| not_found(end.target))?;
                    key = set(self.key_of(end, made)?);
                }
                Ok(key)
            }
            Nested::Delete(filters) => {
                for filter in filters {
                    self.must_delete(&related(filter)?, 1).await?;
                }
                Ok(Vec::new())
            }
            // A relation to one row takes none of these.
            Nested::CreateMany { .. }
            | Nested::Set(_)
            | Nested::UpdateMany(_)
            | Nested::DeleteMany(_) => Ok(Vec::new()),
        }
    }

    /// What the row holds that this one points at; nothing where it points at none.
    fn other(
        &self,
        row: &Known<'s>,
        end: &End<'s>,
    ) -> Result<Option<Vec<(&'s Field, Value)>>, Error> {
        let Keeper::Own(pairs) = &end.keeper else {
            return Ok(None);
        };
        let mut held = Vec::with_capacity(pairs.len());
        for (own, theirs) in pairs {
            match row.value(end.model, own)? {
                Value::Null => return Ok(None),
                value => held.push((*theirs, value.clone())),
            }
        }
        Ok(Some(held))
    }
}

fn set(values: Vec<(&Field, Value)>) -> Vec<(&Field, Change)> {
    let values = values.into_iter();
    values
        .map(|(field, value)| (field, Change::Set(value)))
        .collect()
}

fn may_be_null(field: &&Field) -> bool {
    field.arity == Arity::Optional
}
