//! Reads of a delegate: what rows have besides, of the models that extend it.
//!
//! Source: contract zenstack §2.11.

use std::sync::Arc;

use hallpass_sql::{Expr, Join, JoinKind};
use hallpass_zmodel::schema::{Field, Model};

use super::selection::{Projection, is_readable};
use super::{Planner, Scene, field, same_row};
use crate::args::parse::{is_seen, is_visible};
use crate::error::InvalidInput;
use crate::policy::Access;
use crate::shape::{Content, Extended, Extension, ShapeField};

impl<'e> Planner<'e> {
    /// What the rows of each model that extends the scene's have of their own; adds to the projection what it needs.
    pub(super) fn extended(
        &mut self,
        scene: Scene<'e, '_>,
        projection: &mut Projection,
    ) -> Result<Option<Arc<Extended>>, InvalidInput> {
        let mut extensions = Vec::new();
        let extensions_of = self.engine.schema.extensions(scene.model);
        for model in extensions_of.filter(|model| is_seen(self.engine, model)) {
            let alias = self.alias()?;
            let extension = self.extension(scene, Scene::called(model, &alias), projection)?;
            extensions.extend(extension);
        }
        Ok((!extensions.is_empty()).then(|| Arc::new(Extended::new(extensions))))
    }

    fn extension(
        &mut self,
        scene: Scene<'e, '_>,
        of_model: Scene<'e, '_>,
        projection: &mut Projection,
    ) -> Result<Option<Extension>, InvalidInput> {
        let of_model = of_model.apart();
        let model = of_model.model;
        let own: Vec<_> = model
            .fields
            .iter()
            .filter(|field| self.is_shown(model, field))
            .collect();
        let mut on = vec![same_row(
            (scene.model, scene.name()),
            (model, of_model.name()),
        )?];
        // SECURITY: the rules of the delegate admitted the row, those of this model speak of what it has besides.
        if own.is_empty() || !self.keep(of_model, None, &mut on)? {
            return Ok(None);
        }
        projection.joins.push(Join {
            kind: JoinKind::Left,
            source: Self::source(model, of_model.alias),
            on: Expr::And(on),
        });
        let Some(id) = model.id.first() else {
            return Ok(None);
        };
        let presence = projection.add(Expr::of(of_model.name(), &field(model, id)?.column));
        let fields = own.into_iter().map(|field| {
            let (_, codec) = self.column(model, &field.name)?;
            let column = self.visible(of_model, field)?;
            Ok(ShapeField {
                name: field.name.clone(),
                content: Content::Column {
                    position: projection.add_value(column, codec.json_form()),
                    codec,
                },
            })
        });
        Ok(Some(Extension {
            presence,
            fields: fields.collect::<Result<_, InvalidInput>>()?,
        }))
    }

    /// Whether a read of a delegate shows a field of a model that extends it, where that declares it.
    fn is_shown(&self, model: &Model, field: &Field) -> bool {
        // SECURITY: a person never gets a hash to try passwords on, however it is asked for.
        let is_hash = field.password.is_some() && matches!(self.access, Access::Person(_));
        let is_own = field.origin.is_none();
        is_own
            && is_readable(field)
            && is_visible(self.engine, field)
            && !is_hash
            && !self.engine.services.omitted.omits(model, field)
    }
}
