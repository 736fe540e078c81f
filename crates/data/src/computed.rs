//! `@computed` fields: values that the program works out, inside of the statement that reads the row.
//!
//! The program gives an expression, never text: it can neither leave the statement nor slip a value into it, and reads
//! other fields and related rows as whoever asks may see them.
//!
//! Source: contract zenstack §1.5.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use hallpass_sql::Expr;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Field, Model};

use crate::client::OpenError;
use crate::error::InvalidInput;
use crate::plan::{Planner, Scene};

type Compute = dyn Fn(&ComputedRow<'_, '_>) -> Result<Expr, InvalidInput> + Send + Sync;

/// How the `@computed` fields of a schema are worked out.
///
/// ```
/// use hallpass_data::{Computed, sql::Expr};
///
/// let computed = Computed::default()
///     .field("User", "fullName", |row| {
///         Ok(Expr::Concat(vec![row.field("firstName")?, Expr::Value(" ".into()), row.field("lastName")?]))
///     })
///     .field("User", "postCount", |row| row.count("posts"));
/// ```
#[derive(Clone, Default)]
pub struct Computed {
    fields: HashMap<(String, String), Arc<Compute>>,
}

/// The row that a field is worked out for.
pub struct ComputedRow<'a, 'e> {
    planner: &'a Planner<'e>,
    scene: Scene<'e, 'a>,
}

impl Computed {
    /// Says what a field is. A sub-model has the fields of its base as the base computes them.
    #[must_use]
    pub fn field<F>(mut self, model: &str, field: &str, compute: F) -> Self
    where
        F: Fn(&ComputedRow<'_, '_>) -> Result<Expr, InvalidInput> + Send + Sync + 'static,
    {
        let name = (model.to_owned(), field.to_owned());
        self.fields.insert(name, Arc::new(compute));
        self
    }

    fn of(&self, model: &Model, field: &Field) -> Option<&Compute> {
        let declared = field.origin.as_ref().unwrap_or(&model.name);
        let name = (declared.clone(), field.name.clone());
        self.fields.get(&name).map(|compute| &**compute)
    }

    /// Every computed field is worked out, and nothing else.
    pub(crate) fn check(&self, schema: &Schema) -> Result<(), OpenError> {
        for model in &schema.models {
            let mut computed = model.fields.iter().filter(|field| field.computed);
            if let Some(field) = computed.find(|field| self.of(model, field).is_none()) {
                return Err(OpenError::NotComputed {
                    model: model.name.clone(),
                    field: field.name.clone(),
                });
            }
        }
        let is_computed = |(model, field): &&(String, String)| {
            let field = schema.model(model).and_then(|model| model.field(field));
            field.is_some_and(|field| field.computed)
        };
        match self.fields.keys().find(|name| !is_computed(name)) {
            Some((model, field)) => Err(OpenError::Computed {
                item: format!("{model}.{field}"),
            }),
            None => Ok(()),
        }
    }
}

/// Names the fields.
impl fmt::Debug for Computed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.fields.keys()).finish()
    }
}

impl fmt::Debug for ComputedRow<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a row of {}", self.scene.model.name)
    }
}

impl ComputedRow<'_, '_> {
    /// The value of a field that has a column; null where whoever asks may not see it.
    ///
    /// # Errors
    /// [`InvalidInput`] when there is no such field, or nothing can be made of its value: it is sealed, or computed.
    pub fn field(&self, name: &str) -> Result<Expr, InvalidInput> {
        let model = self.scene.model;
        let (field, codec) = self.planner.column(model, name)?;
        self.planner.require_open(model, field, &codec)?;
        if field.computed {
            return Err(InvalidInput::NotColumn {
                model: model.name.clone(),
                field: name.to_owned(),
            });
        }
        self.planner.visible(self.scene, field)
    }

    /// How many rows of a relation there are that whoever asks may see.
    ///
    /// # Errors
    /// [`InvalidInput`] when there is no such relation.
    pub fn count(&self, relation: &str) -> Result<Expr, InvalidInput> {
        self.planner.count_of_relation(self.scene, relation)
    }
}

impl<'e> Planner<'e> {
    /// The value of a computed field. Other fields stand in it with their table, because there may be others inside.
    pub(crate) fn computed(
        &self,
        scene: Scene<'e, '_>,
        field: &'e Field,
    ) -> Result<Expr, InvalidInput> {
        let compute = self.engine.interface.computed.of(scene.model, field);
        let compute = compute.ok_or_else(|| InvalidInput::NotColumn {
            model: scene.model.name.clone(),
            field: field.name.clone(),
        })?;
        // What a program works out may rest on anything.
        self.note_passing();
        compute(&ComputedRow {
            planner: self,
            scene: Scene {
                alias: Some(scene.alias.unwrap_or(&scene.model.table)),
                ..scene
            },
        })
    }
}
