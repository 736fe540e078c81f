//! In which tables the rows of a model stand.
//!
//! A model that extends a delegate has a row in its own table and one of the same identity in that of each delegate; see
//! `docs/design/zmodel-inheritance.md`. Here a field becomes a column, and nowhere else.

use hallpass_sql::{Expr, Join, JoinKind, Select};
use hallpass_zmodel::schema::{Field, Model};

use super::{Planner, Scene, field};
use crate::error::{Error, InvalidInput};

/// Where the columns are that a model has from the delegates it extends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bases {
    /// In tables that the statement reads beside the model's own, as [`Planner::rows`] joins them.
    Joined,
    /// Elsewhere: each value is looked up by the identity of the row.
    Elsewhere,
}

impl<'e, 'a> Scene<'e, 'a> {
    /// The model's table, the only one of the statement.
    pub(crate) fn alone(model: &'e Model) -> Self {
        Self {
            model,
            alias: None,
            bases: Bases::Elsewhere,
        }
    }

    /// The model's table under a name of its own, with those of its bases beside it.
    pub(crate) fn called(model: &'e Model, alias: &'a str) -> Self {
        Self {
            model,
            alias: Some(alias),
            bases: Bases::Joined,
        }
    }

    /// The same without the tables of its bases.
    pub(crate) fn apart(self) -> Self {
        Self {
            bases: Bases::Elsewhere,
            ..self
        }
    }

    /// What the table is called, whether or not it has a name of its own.
    pub(crate) fn name(&self) -> &str {
        self.alias.unwrap_or(&self.model.table)
    }
}

impl<'e> Planner<'e> {
    /// The rows of one model, for a statement that reads nothing else unless it must.
    pub(crate) fn own(model: &'e Model) -> Scene<'e, 'static> {
        if model.base.is_some() {
            Scene::called(model, "t0")
        } else {
            Scene::alone(model)
        }
    }

    /// Reads rows of the scene's model, whichever tables they stand in.
    pub(crate) fn rows(
        &self,
        scene: Scene<'e, '_>,
        columns: Vec<Expr>,
    ) -> Result<Select, InvalidInput> {
        let mut select = Select::from(Self::source(scene.model, scene.alias), columns);
        select.joins = self.bases(scene, JoinKind::Inner)?;
        Ok(select)
    }

    /// The tables of the delegates that the scene's model extends, as far as they have columns of it.
    pub(super) fn bases(
        &self,
        scene: Scene<'e, '_>,
        kind: JoinKind,
    ) -> Result<Vec<Join>, InvalidInput> {
        let (Some(alias), Bases::Joined) = (scene.alias, scene.bases) else {
            return Ok(Vec::new());
        };
        let model = scene.model;
        let lineage = self.engine.schema.lineage(model).enumerate().skip(1);
        let has_columns = |base: &Model| {
            let mut fields = model.fields.iter();
            fields.any(|field| field.has_column() && model.origin(field) == Some(&base.name))
        };
        let bases = lineage.filter(|(_, base)| has_columns(base));
        bases
            .map(|(steps, base)| {
                let name = beside(alias, steps);
                Ok(Join {
                    kind,
                    source: Self::source(base, Some(&name)),
                    on: same_row((base, &name), (model, alias))?,
                })
            })
            .collect()
    }

    /// The column of a field, in whichever table it stands. Told apart from others where the scene has a name.
    pub(crate) fn at(&self, scene: Scene<'e, '_>, field: &Field) -> Result<Expr, InvalidInput> {
        let Some(origin) = scene.model.origin(field) else {
            return Ok(Expr::Column {
                table: scene.alias.map(str::to_owned),
                name: field.column.clone(),
            });
        };
        let mut lineage = self.engine.schema.lineage(scene.model).enumerate();
        let found = lineage.find(|(_, base)| base.name == origin);
        let (steps, base) = found.ok_or_else(|| InvalidInput::UnknownModel {
            model: origin.to_owned(),
        })?;
        if let (Some(alias), Bases::Joined) = (scene.alias, scene.bases) {
            return Ok(Expr::of(beside(alias, steps), &field.column));
        }
        let name = inside(scene.name());
        let mut select = Select::from(
            Self::source(base, Some(name)),
            vec![Expr::of(name, &field.column)],
        );
        select.filter = Some(same_row((base, name), (scene.model, scene.name()))?);
        Ok(Expr::Scalar(Box::new(select)))
    }

    /// Refuses what is one statement about one table.
    pub(super) fn require_one_table(&self, model: &Model) -> Result<(), Error> {
        if model.is_polymorphic() {
            return Err(Error::NotSupported(format!(
                "rows of `{}` stand in several tables, which only `Client::call` writes",
                model.name
            )));
        }
        Ok(())
    }
}

/// What the table of a base is called beside that of a model which extends it over so many steps.
fn beside(alias: &str, steps: usize) -> String {
    format!("{alias}b{steps}")
}

/// A name for a table in a query inside, which hides none outside. Names of tables may be as long as names can be, so it
/// is not made of theirs: databases cut what is longer, and then the query would speak of itself.
fn inside(outside: &str) -> &'static str {
    if outside.eq_ignore_ascii_case("base") {
        "base1"
    } else {
        "base"
    }
}

/// Whether rows of two tables are of one row of a model, the second of which extends the first.
pub(crate) fn same_row(
    (base, base_name): (&Model, &str),
    (model, name): (&Model, &str),
) -> Result<Expr, InvalidInput> {
    let pairs = model.id.iter().map(|id| {
        let (there, here) = (field(base, id)?, field(model, id)?);
        Ok(Expr::of(base_name, &there.column).equals(Expr::of(name, &here.column)))
    });
    let mut pairs = pairs.collect::<Result<Vec<_>, InvalidInput>>()?;
    Ok(match pairs.len() {
        1 => pairs.remove(0),
        // Nothing is the same as a row without identity.
        0 => Expr::Bool(false),
        _ => Expr::And(pairs),
    })
}
