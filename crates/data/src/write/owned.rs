//! Relations whose key the row itself holds: what happens at the other end comes first, then the key is known.

use hallpass_sql::Value;
use hallpass_zmodel::schema::{Field, Model};

use super::Writer;
use super::end::{End, Keeper};
use super::known::{Known, carried};
use super::rows::{Purpose, Which};
use crate::args::{Filter, Input, Nested, NewRow, Test};
use crate::error::{Error, Sought};

impl<'s> Writer<'s> {
    /// Gives new rows the keys of the rows that they belong to, which are added where that is asked.
    pub(super) async fn settle_owned(
        &self,
        model: &'s Model,
        rows: &mut [NewRow<'s>],
    ) -> Result<(), Error> {
        let mut creates: Vec<(End<'s>, Vec<usize>, Vec<NewRow<'s>>)> = Vec::new();
        for (position, row) in rows.iter_mut().enumerate() {
            for (field, actions) in std::mem::take(&mut row.nested) {
                let end = End::of(&self.planner(), model, field)?;
                if !end.is_owned() {
                    row.nested.push((field, actions));
                    continue;
                }
                for action in actions {
                    if let Nested::Create(new) = action {
                        let same = |one: &&mut (End<'s>, _, _)| one.0.field.name == field.name;
                        match creates.iter_mut().find(same) {
                            Some((_, positions, all)) => {
                                positions.extend(new.iter().map(|_| position));
                                all.extend(new);
                            }
                            None => creates.push((end.clone(), vec![position; new.len()], new)),
                        }
                    } else {
                        row.values.extend(self.found_or_made(&end, action).await?);
                    }
                }
            }
        }
        for (end, positions, new) in creates {
            let others = self.create(end.target, new, end.other_fields()).await?;
            for (position, other) in positions.into_iter().zip(others) {
                if let Some(row) = rows.get_mut(position) {
                    row.values.extend(self.key_of(&end, &other)?);
                }
            }
        }
        Ok(())
    }

    /// The key of the row that a new one is connected to.
    async fn found_or_made(
        &self,
        end: &End<'s>,
        action: Nested<'s>,
    ) -> Result<Vec<(&'s Field, Value)>, Error> {
        match action {
            Nested::Connect(filters) => {
                let mut key = Vec::new();
                for filter in filters {
                    key = match self.key_given(end, &filter)? {
                        Some(key) => key,
                        None => self.connected(end, filter).await?,
                    };
                }
                Ok(key)
            }
            Nested::ConnectOrCreate(items) => {
                let mut key = Vec::new();
                for (filter, new) in items {
                    key = self.connected_or_made(end, filter, new).await?;
                }
                Ok(key)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The key of a row that is there and may be seen.
    pub(super) async fn connected(
        &self,
        end: &End<'s>,
        filter: Filter,
    ) -> Result<Vec<(&'s Field, Value)>, Error> {
        let which = Which::of(end.target, filter);
        let other = self
            .locate(&which, &Purpose::Find, &end.other_fields())
            .await?;
        let other = other.ok_or_else(|| not_found(end.target))?;
        self.key_of(end, &other)
    }

    /// The key of a row that is there and may be seen, else of one that is added.
    pub(super) async fn connected_or_made(
        &self,
        end: &End<'s>,
        filter: Filter,
        new: NewRow<'s>,
    ) -> Result<Vec<(&'s Field, Value)>, Error> {
        let which = Which::of(end.target, filter);
        let other = match self
            .locate(&which, &Purpose::Find, &end.other_fields())
            .await?
        {
            Some(other) => Some(other),
            None => {
                let made = self.create(end.target, vec![new], end.other_fields());
                made.await?.into_iter().next()
            }
        };
        let other = other.ok_or_else(|| not_found(end.target))?;
        self.key_of(end, &other)
    }

    /// What this end holds to belong to a row of the other.
    pub(super) fn key_of(
        &self,
        end: &End<'s>,
        other: &Known<'s>,
    ) -> Result<Vec<(&'s Field, Value)>, Error> {
        let Keeper::Own(pairs) = &end.keeper else {
            return Ok(Vec::new());
        };
        let planner = self.planner();
        let key = pairs.iter().map(|(own, theirs)| {
            let value = other.value(end.target, theirs)?;
            Ok((*own, carried(&planner, end.model, own, value)?))
        });
        key.collect()
    }

    /// The key, where the caller named the row by nothing but it. It is used as it is: whether such a row is there, the
    /// database knows.
    ///
    /// Source: contract zenstack §2.6.
    fn key_given(
        &self,
        end: &End<'s>,
        filter: &Filter,
    ) -> Result<Option<Vec<(&'s Field, Value)>>, Error> {
        let Keeper::Own(pairs) = &end.keeper else {
            return Ok(None);
        };
        let mut fixed = Vec::new();
        if !equalities(filter, &mut fixed) || fixed.len() != pairs.len() {
            return Ok(None);
        }
        let planner = self.planner();
        let mut key = Vec::with_capacity(pairs.len());
        for (own, theirs) in pairs {
            let given = fixed.iter().find(|(name, _)| *name == theirs.name);
            let Some((_, value)) = given else {
                return Ok(None);
            };
            key.push((*own, carried(&planner, end.model, own, value)?));
        }
        Ok(Some(key))
    }
}

/// Whether a filter says nothing but what fields are equal to.
pub(super) fn equalities<'f>(filter: &'f Filter, found: &mut Vec<(&'f str, &'f Value)>) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().all(|part| equalities(part, found)),
        Filter::Field(name, Test::Equals(Input::Value(value))) if *value != Value::Null => {
            found.push((name, value));
            true
        }
        _ => false,
    }
}

pub(crate) fn not_found(model: &Model) -> Error {
    Error::NotFound {
        model: model.name.clone(),
        sought: Sought::Row,
    }
}

/// The same, where that was what the row was looked for.
pub(super) fn unconnected(error: Error, model: &Model) -> Error {
    match error {
        Error::NotFound { .. } => not_connected(model),
        other => other,
    }
}

/// A row that should belong to another from now on is not there.
pub(super) fn not_connected(model: &Model) -> Error {
    Error::NotFound {
        model: model.name.clone(),
        sought: Sought::Connected,
    }
}
