//! Changing rows, and what belongs to them.

use hallpass_sql::{Expr, Value};
use hallpass_zmodel::schema::{Field, Model};

use super::end::End;
use super::known::Known;
use super::owned::not_found;
use super::rows::{Purpose, Which, changed};
use super::{Step, Writer};
use crate::args::{Change, Changes, Nested};
use crate::error::{Error, Rejection};
use crate::plan::{Planner, key_fields};
use crate::policy::{Changed, Watch};

impl<'s> Writer<'s> {
    /// Changes the one row that is meant and what belongs to it; gives its identity and what else was wanted of it, or
    /// nothing where there is no such row.
    pub(crate) fn update_one<'f>(
        &'f self,
        which: Which<'s>,
        changes: Changes<'s>,
        wanted: Vec<&'s Field>,
    ) -> Step<'f, Option<Known<'s>>>
    where
        's: 'f,
    {
        Box::pin(async move {
            let model = which.model;
            let wanted = together(&key_fields(model)?, &wanted);
            let wanted = self.wanted(model, changes.nested.iter(), wanted)?;
            if changes.nested.is_empty() && !changes.values.is_empty() {
                let rows = self.change(&which, &changes.values, &wanted).await?;
                return Ok(rows.into_iter().next());
            }
            let purpose = self.purpose(&changes)?;
            let Some(row) = self.locate(&which, &purpose, &wanted).await? else {
                return Ok(None);
            };
            let mut values = changes.values;
            for (field, actions) in changes.nested {
                let end = End::of(&self.planner(), model, field)?;
                for action in actions {
                    if end.is_owned() {
                        values.extend(self.act_owned(&row, &end, action).await?);
                    } else {
                        self.act(&row, &end, action).await?;
                    }
                }
            }
            if values.is_empty() {
                return Ok(Some(row));
            }
            let which = Which::known(model, &row)?;
            let rows = self.change(&which, &values, &wanted).await?;
            // Not `None`: what was done about rows that belong to it must be undone, and an upsert may not go on to create.
            let row = rows.into_iter().next();
            row.map(Some).ok_or_else(|| not_found(model))
        })
    }

    /// What the rules must admit before anything is done about the rows that belong to this one.
    ///
    /// Source: contract zenstack §2.6: to change nothing but them, it is enough to see it.
    fn purpose(&self, changes: &Changes<'s>) -> Result<Purpose<'s>, Error> {
        let planner = self.planner();
        let mut changed: Vec<_> = changes.values.iter().map(|(field, _)| *field).collect();
        for (field, actions) in &changes.nested {
            let end = End::of(&planner, changes.model, field)?;
            let sets_key = |action: &Nested<'_>| {
                matches!(
                    action,
                    Nested::Create(_)
                        | Nested::Connect(_)
                        | Nested::ConnectOrCreate(_)
                        | Nested::Disconnect(_)
                )
            };
            if end.is_owned() && actions.iter().any(sets_key) {
                changed.extend(end.own_fields());
            }
        }
        Ok(if changed.is_empty() {
            Purpose::Find
        } else {
            Purpose::FindToUpdate(changed)
        })
    }

    /// Changes rows under the rules of the schema and gives what was wanted of each.
    pub(crate) async fn change(
        &self,
        which: &Which<'s>,
        changes: &[(&'s Field, Change)],
        wanted: &[&'s Field],
    ) -> Result<Vec<Known<'s>>, Error> {
        self.check_fields(which, changes).await?;
        match self.planner().watched(which.model) {
            Watch::Nothing if self.watched_extensions(which.model).is_empty() => {
                self.update(which, changes, wanted).await
            }
            watch => self.change_watched(which, changes, wanted, watch).await,
        }
    }

    /// Changes rows under the rules of the schema and gives their number.
    pub(crate) async fn change_counted(
        &self,
        which: &Which<'s>,
        changes: &[(&'s Field, Change)],
    ) -> Result<u64, Error> {
        if changes.is_empty() {
            return Ok(0);
        }
        if self.is_watched(which.model) {
            let rows = self.change(which, changes, &[]).await?;
            return Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX));
        }
        self.check_fields(which, changes).await?;
        self.update_counted(which, changes).await
    }

    /// Changes rows and gives the identity of each.
    pub(crate) async fn change_known(
        &self,
        which: &Which<'s>,
        changes: &[(&'s Field, Change)],
    ) -> Result<Vec<Known<'s>>, Error> {
        let key = key_fields(which.model)?;
        self.change(which, changes, &key).await
    }

    /// Changes rows, and asks the rules about what they became.
    ///
    /// Source: contract zenstack §2.3.
    async fn change_watched(
        &self,
        which: &Which<'s>,
        changes: &[(&'s Field, Change)],
        wanted: &[&'s Field],
        watch: Watch<'s>,
    ) -> Result<Vec<Known<'s>>, Error> {
        let model = which.model;
        let key = key_fields(model)?;
        let is_key = |field: &&Field| key.iter().any(|one| one.name == field.name);
        if changes.iter().any(|(field, _)| is_key(field)) {
            return Err(Error::NotSupported(format!(
                "the identity of `{}` cannot change while rules compare what was with what is",
                model.name
            )));
        }
        let looked_at = match &watch {
            Watch::Before(fields) => fields.as_slice(),
            Watch::Nothing | Watch::After => &[],
        };
        let held = self
            .hold(which, changes, &together(&key, looked_at))
            .await?;
        let extended = self.held_extensions(model, &held).await?;
        let rows = self
            .update_known(model, &held, changes, &together(&key, wanted))
            .await?;
        self.check_extensions(&extended).await?;
        self.check_became(model, &held, looked_at).await?;
        Ok(rows)
    }

    /// Asks the rules about what rows became, of which this was known before.
    pub(super) async fn check_became(
        &self,
        model: &'s Model,
        held: &[Known<'s>],
        looked_at: &[&'s Field],
    ) -> Result<(), Error> {
        let planner = self.planner();
        let key = key_fields(model)?;
        let became = held.iter().map(|row| {
            Ok(Changed {
                key: row.stored(&planner, model, &key)?,
                before: row.stored_named(&planner, model, looked_at)?,
            })
        });
        let became = became.collect::<Result<Vec<_>, Error>>()?;
        let verdict = planner.became(model, &became)?;
        verdict
            .require(&self.at, model, Rejection::PostUpdate)
            .await
    }

    /// Whether changes are judged by more than a condition of their own statement.
    pub(super) fn judges_changes(
        &self,
        planner: &Planner<'s>,
        model: &'s Model,
        fields: &[&'s Field],
    ) -> Result<bool, Error> {
        Ok(self.is_watched(model) || !self.rules_of(planner, model, fields)?.is_empty())
    }

    /// The rules of the fields that are written: one row that breaks them refuses all.
    ///
    /// Source: contract zenstack §2.7.
    async fn check_fields(
        &self,
        which: &Which<'s>,
        changes: &[(&'s Field, Change)],
    ) -> Result<(), Error> {
        let mut planner = self.planner();
        let fields = changed(changes);
        let rules = self.rules_of(&planner, which.model, &fields)?;
        if rules.is_empty() {
            return Ok(());
        }
        let condition = Self::condition(&mut planner, which, &Purpose::LookAt(fields))?;
        let admitted = Expr::Coalesce(vec![Expr::And(rules), Expr::Bool(false)]);
        let refused = Expr::And(vec![condition, Expr::Not(Box::new(admitted))]);
        if self.count(&planner, which.model, refused).await? == 0 {
            return Ok(());
        }
        Err(Error::Rejected {
            model: which.model.name.clone(),
            rejection: Rejection::NoFieldAccess,
        })
    }

    fn rules_of(
        &self,
        planner: &Planner<'s>,
        model: &'s Model,
        fields: &[&'s Field],
    ) -> Result<Vec<Expr>, Error> {
        Ok(planner.may_write_all(Planner::own(model), fields)?)
    }
}

/// Fields of both, each once.
pub(super) fn together<'s>(one: &[&'s Field], other: &[&'s Field]) -> Vec<&'s Field> {
    let mut all = one.to_vec();
    let is_new = |field: &&&Field| !one.iter().any(|known| known.name == field.name);
    all.extend(other.iter().filter(is_new));
    all
}

/// Values that are null from now on, where they can be.
pub(super) fn nothing<'s>(fields: impl IntoIterator<Item = &'s Field>) -> Vec<(&'s Field, Change)> {
    let fields = fields.into_iter();
    fields
        .map(|field| (field, Change::Set(Value::Null)))
        .collect()
}
