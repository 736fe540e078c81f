//! Changes of rows through a delegate: the rules of the models that they really are of.

use hallpass_sql::Expr;
use hallpass_zmodel::schema::{Field, Model, Operation};

use super::Writer;
use super::known::Known;
use super::rows::{CHUNK, Hold, Purpose, by_keys};
use super::update::together;
use crate::error::Error;
use crate::plan::{Planner, Scene, key_fields};
use crate::policy::Watch;

/// Rows of a delegate that are of one model which extends it, as they were before a change.
pub(super) struct Held<'s> {
    model: &'s Model,
    /// What the rules compare with.
    looked_at: Vec<&'s Field>,
    rows: Vec<Known<'s>>,
}

impl<'s> Writer<'s> {
    /// What rows must meet as what they really are.
    pub(super) fn extended_rules(
        planner: &Planner<'s>,
        scene: Scene<'s, '_>,
        purpose: &Purpose<'s>,
    ) -> Result<Vec<Expr>, Error> {
        let rules = match purpose {
            Purpose::Find => Vec::new(),
            Purpose::FindToUpdate(fields) | Purpose::Update(fields) | Purpose::LookAt(fields) => {
                planner.as_they_are(&[Operation::Update], scene, |inner| {
                    let fields = fields.iter();
                    let own = fields.filter_map(|field| inner.model.field(&field.name));
                    planner.may_update(inner, &own.collect::<Vec<_>>())
                })?
            }
            Purpose::Delete => planner.as_they_are(&[Operation::Delete], scene, |inner| {
                planner.may(Operation::Delete, inner)
            })?,
        };
        Ok(rules)
    }

    /// Whether rules are asked about what rows became.
    pub(super) fn is_watched(&self, model: &'s Model) -> bool {
        self.planner().watched(model) != Watch::Nothing
            || !self.watched_extensions(model).is_empty()
    }

    /// The models that extend this one and have rules about what their rows became.
    pub(super) fn watched_extensions(&self, model: &'s Model) -> Vec<&'s Model> {
        let planner = self.planner();
        planner.judging(model, &[Operation::PostUpdate]).collect()
    }

    /// Of rows that are about to be changed, those of such models, held until the transaction ends.
    pub(super) async fn held_extensions(
        &self,
        model: &'s Model,
        rows: &[Known<'s>],
    ) -> Result<Vec<Held<'s>>, Error> {
        let mut held = Vec::new();
        for model in self.watched_extensions(model) {
            let planner = self.planner();
            let looked_at = match planner.watched(model) {
                Watch::Before(fields) => fields,
                Watch::Nothing | Watch::After => Vec::new(),
            };
            let wanted = together(&key_fields(model)?, &looked_at);
            let mut found = Vec::new();
            for rows in rows.chunks(CHUNK) {
                let condition = by_keys(&planner, Planner::own(model), rows)?;
                let rows = self.select(&planner, model, condition, &wanted, Hold::Yes);
                found.extend(rows.await?);
            }
            held.push(Held {
                model,
                looked_at,
                rows: found,
            });
        }
        Ok(held)
    }

    /// Asks the rules about what they became.
    pub(super) async fn check_extensions(&self, held: &[Held<'s>]) -> Result<(), Error> {
        for one in held {
            self.check_became(one.model, &one.rows, &one.looked_at)
                .await?;
        }
        Ok(())
    }
}
