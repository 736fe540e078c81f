use hallpass_sql::{Expr, Value};
use hallpass_zmodel::schema::{Field, Model};

use crate::codec::Codec;
use crate::error::Error;
use crate::plan::{Planner, Scene};

/// What is known of a row: some of its values, as callers see them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known<'s> {
    values: Vec<(&'s Field, Value)>,
}

impl<'s> Known<'s> {
    pub(super) fn new(values: Vec<(&'s Field, Value)>) -> Self {
        Self { values }
    }

    pub(super) fn add(&mut self, field: &'s Field, value: Value) {
        self.values.push((field, value));
    }

    /// What else is known of the same row.
    pub(super) fn join(&mut self, other: Self) {
        self.values.extend(other.values);
    }

    /// All of them.
    pub(super) fn values(&self) -> &[(&'s Field, Value)] {
        &self.values
    }

    /// The same, for whoever needs nothing else of the row.
    pub(super) fn into_values(self) -> Vec<(&'s Field, Value)> {
        self.values
    }

    /// The value of a field that was asked for.
    pub(super) fn value(&self, model: &Model, field: &Field) -> Result<&Value, Error> {
        let found = self.values.iter().find(|(one, _)| one.name == field.name);
        let (_, value) = found.ok_or_else(|| Error::NotReadBack {
            model: model.name.clone(),
        })?;
        Ok(value)
    }

    /// The values of these fields, as columns hold them.
    pub(super) fn stored(
        &self,
        planner: &Planner<'s>,
        model: &'s Model,
        fields: &[&'s Field],
    ) -> Result<Vec<Value>, Error> {
        let values = self.stored_named(planner, model, fields)?.into_iter();
        Ok(values.map(|(_, value)| value).collect())
    }

    /// The same, with their fields.
    pub(super) fn stored_named(
        &self,
        planner: &Planner<'s>,
        model: &'s Model,
        fields: &[&'s Field],
    ) -> Result<Vec<(&'s Field, Value)>, Error> {
        let values = fields.iter().map(|field| {
            let value = self.value(model, field)?;
            Ok((*field, carried(planner, model, field, value)?))
        });
        values.collect()
    }

    /// Values as they stand in a row that was read, in the order of `fields`.
    pub(super) fn read(
        planner: &Planner<'s>,
        model: &'s Model,
        fields: &[&'s Field],
        row: Vec<Value>,
    ) -> Result<Self, Error> {
        let values = fields.iter().zip(row);
        let values = values.map(|(field, value)| {
            let (_, codec) = planner.column(model, &field.name)?;
            Ok((*field, decoded(&codec, model, field, value)?))
        });
        Ok(Self::new(values.collect::<Result<_, Error>>()?))
    }
}

/// A stored value as callers see it.
pub(super) fn decoded(
    codec: &Codec,
    model: &Model,
    field: &Field,
    value: Value,
) -> Result<Value, Error> {
    codec.decode(value).ok_or_else(|| Error::Stored {
        model: model.name.clone(),
        field: field.name.clone(),
        expected: codec.expected(),
        row: None,
    })
}

/// What a column holds for a value that another one gave.
pub(super) fn carried<'s>(
    planner: &Planner<'s>,
    model: &'s Model,
    field: &Field,
    value: &Value,
) -> Result<Value, Error> {
    let (_, codec) = planner.column(model, &field.name)?;
    let kept = codec.keep(value);
    kept.map_err(|_| Error::Stored {
        model: model.name.clone(),
        field: field.name.clone(),
        expected: codec.expected(),
        row: None,
    })
}

/// Whether columns hold these values, whatever a person may see of them.
pub(super) fn holds<'s>(
    planner: &Planner<'s>,
    scene: Scene<'s, '_>,
    values: &[(&'s Field, Value)],
) -> Result<Expr, Error> {
    let parts = values.iter().map(|(field, value)| {
        let value = carried(planner, scene.model, field, value)?;
        let column = planner.at(scene, field)?;
        Ok(match value {
            Value::Null => Expr::IsNull(Box::new(column)),
            value => column.equals(Expr::exact(value)),
        })
    });
    Ok(Expr::And(parts.collect::<Result<_, Error>>()?))
}
