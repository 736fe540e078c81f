//! Which fields stay out of results unless asked for.

use std::collections::HashMap;

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Field, Model};

use crate::client::OpenError;

/// What a client leaves out of results, beside what `@omit` says. The schema speaks first, then this, then the query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Omitted {
    fields: HashMap<(String, String), bool>,
    by_query: OmitOverride,
}

/// Whether a query may bring an omitted field back with `omit: {field: false}`; `select` names it anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OmitOverride {
    /// It may.
    #[default]
    Allowed,
    /// It is refused (`allowQueryTimeOmitOverride: false`).
    Refused,
}

impl Omitted {
    /// Leaves a field out, or brings one back that the schema leaves out.
    #[must_use]
    pub fn field(mut self, model: &str, field: &str, omitted: bool) -> Self {
        self.fields
            .insert((model.to_owned(), field.to_owned()), omitted);
        self
    }

    /// Says whether a query may bring fields back.
    #[must_use]
    pub fn by_query(mut self, by_query: OmitOverride) -> Self {
        self.by_query = by_query;
        self
    }

    /// Whether `omit: {field: false}` is taken.
    pub(crate) fn takes_false(&self) -> bool {
        self.by_query == OmitOverride::Allowed
    }

    /// Whether a field stays out where the query says nothing of it.
    pub(crate) fn omits(&self, model: &Model, field: &Field) -> bool {
        if self.fields.is_empty() {
            return field.omit;
        }
        let said = self.fields.get(&(model.name.clone(), field.name.clone()));
        said.copied().unwrap_or(field.omit)
    }

    /// A name that the schema does not have would leave a field in results that somebody meant to keep out.
    pub(super) fn check(&self, schema: &Schema) -> Result<(), OpenError> {
        let unknown = self.fields.keys().find(|(model, field)| {
            let field = schema.model(model).and_then(|model| model.field(field));
            field.is_none_or(|field| field.relation().is_some())
        });
        match unknown {
            Some((model, field)) => Err(OpenError::Omitted {
                item: format!("{model}.{field}"),
            }),
            None => Ok(()),
        }
    }
}
