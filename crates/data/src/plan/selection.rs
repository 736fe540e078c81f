use std::sync::Arc;

use hallpass_sql::{Expr, Join, JoinKind};
use hallpass_zmodel::schema::{Arity, Field, Model, Relation};

use super::{Planner, Scene, column_name, field, is_relation};
use crate::args::{Include, Selection};
use crate::codec::Codec;
use crate::error::InvalidInput;
use crate::shape::{Content, Shape, ShapeField};

/// What a read gives: its columns, the tables they come from, and the shape of a row.
pub(super) struct Projection {
    pub(super) columns: Vec<Expr>,
    pub(super) joins: Vec<Join>,
}

impl<'e> Planner<'e> {
    /// The shape of a model's rows without relations; its columns stand alone.
    pub(super) fn flat(
        &self,
        model: &'e Model,
        selection: &Selection,
    ) -> Result<(Arc<Shape>, Vec<Expr>), InvalidInput> {
        let mut projection = Projection {
            columns: Vec::new(),
            joins: Vec::new(),
        };
        let scene = Scene { model, alias: None };
        let shape = self.shape(scene, selection, &[], &mut projection)?;
        Ok((shape, projection.columns))
    }

    /// The shape of a model's rows; adds to the projection what it needs.
    pub(super) fn shape(
        &self,
        scene: Scene<'e, '_>,
        selection: &Selection,
        include: &[Include],
        projection: &mut Projection,
    ) -> Result<Arc<Shape>, InvalidInput> {
        let mut fields = Vec::new();
        for field in self.selected(scene.model, selection)? {
            let (_, codec) = self.column(scene.model, &field.name)?;
            fields.push(column_field(
                field,
                codec,
                projection.add(self.visible(scene, field)?),
            ));
        }
        for include in include {
            fields.push(self.related(scene, include, projection)?);
        }
        Ok(Arc::new(Shape {
            model: scene.model.name.clone(),
            fields,
        }))
    }

    fn selected(
        &self,
        model: &'e Model,
        selection: &Selection,
    ) -> Result<Vec<&'e Field>, InvalidInput> {
        let named = selection.select.iter().chain(&selection.omit).flatten();
        for name in named {
            self.column(model, name)?;
        }
        let omits = |field: &Field| self.engine.services.omitted.omits(model, field);
        let chosen = |field: &&Field| match (&selection.select, &selection.omit) {
            (Some(select), _) => select.contains(&field.name),
            (None, Some(omit)) => !omits(field) && !omit.contains(&field.name),
            (None, None) => !omits(field),
        };
        let columns = model.fields.iter().filter(|field| !is_relation(field));
        let fields: Vec<_> = columns.filter(chosen).collect();
        let both = selection.select.is_some() && selection.omit.is_some();
        if both || fields.is_empty() {
            return Err(InvalidInput::Selection {
                model: model.name.clone(),
            });
        }
        Ok(fields)
    }

    fn related(
        &self,
        scene: Scene<'e, '_>,
        include: &Include,
        projection: &mut Projection,
    ) -> Result<ShapeField, InvalidInput> {
        let owner = field(scene.model, &include.field)?;
        let relation = owner.relation().filter(|_| owner.arity != Arity::List);
        let relation = relation.ok_or_else(|| InvalidInput::NotToOne {
            model: scene.model.name.clone(),
            field: include.field.clone(),
        })?;
        let target = self.model(&relation.model)?;
        let alias = format!("t{}", projection.joins.len() + 1);
        let inner = Scene {
            model: target,
            alias: Some(&alias),
        };
        let pairs = self.pairs(scene.model, relation)?;
        let mut on = Vec::with_capacity(pairs.len());
        for (own, other) in &pairs {
            on.push(scene.column(own).equals(inner.column(other)));
        }
        on.extend(self.readable(inner)?);
        projection.joins.push(Join {
            kind: JoinKind::Left,
            source: Self::source(target, Some(&alias)),
            on: Expr::And(on),
        });
        // A joined column that equals another cannot be null, so it tells whether there is a row.
        let key = pairs.first().map(|(_, other)| inner.column(other));
        let presence = projection.add(key.unwrap_or(Expr::Bool(false)));
        let shape = self.shape(inner, &include.selection, &include.include, projection)?;
        Ok(ShapeField {
            name: include.field.clone(),
            content: Content::Related { presence, shape },
        })
    }

    /// Columns of this side and of the other that are equal in related rows.
    fn pairs(
        &self,
        model: &'e Model,
        relation: &Relation,
    ) -> Result<Vec<(String, String)>, InvalidInput> {
        let target = self.model(&relation.model)?;
        if !relation.fields.is_empty() {
            return columns(model, &relation.fields, target, &relation.references);
        }
        let opposite = field(target, &relation.opposite)?.relation();
        let opposite = opposite.ok_or_else(|| InvalidInput::NotToOne {
            model: target.name.clone(),
            field: relation.opposite.clone(),
        })?;
        columns(model, &opposite.references, target, &opposite.fields)
    }
}

fn columns(
    model: &Model,
    own: &[String],
    target: &Model,
    other: &[String],
) -> Result<Vec<(String, String)>, InvalidInput> {
    let pairs = own.iter().zip(other);
    pairs
        .map(|(own, other)| Ok((column_name(model, own)?, column_name(target, other)?)))
        .collect()
}

fn column_field(field: &Field, codec: Codec, position: usize) -> ShapeField {
    ShapeField {
        name: field.name.clone(),
        content: Content::Column { position, codec },
    }
}

impl Projection {
    /// Adds a column and gives its position.
    fn add(&mut self, column: Expr) -> usize {
        self.columns.push(column);
        self.columns.len() - 1
    }
}
