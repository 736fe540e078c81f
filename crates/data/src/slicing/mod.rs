//! A client with less: some models, operations and filters only.
//!
//! What is left out is not there for whoever calls: it has no name, in arguments as in results. It is no access rule: the
//! program chooses what a client is for, whoever asks.
//!
//! Source: contract zenstack-harness §1.1 (`slicing`), ZenStack's `QueryOptions`.

mod json;

use std::collections::HashMap;

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Field, Model};

use crate::client::OpenError;
use crate::operation::Operation;

pub use json::SlicingError;

/// Some of several things: those that are named, or all but those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<T> {
    only: Option<Vec<T>>,
    never: Vec<T>,
}

/// Everything.
impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self {
            only: None,
            never: Vec::new(),
        }
    }
}

impl<T: PartialEq> Choice<T> {
    /// These, and nothing else.
    pub fn only(these: impl IntoIterator<Item = T>) -> Self {
        Self {
            only: Some(these.into_iter().collect()),
            never: Vec::new(),
        }
    }

    /// Everything but these.
    pub fn but(these: impl IntoIterator<Item = T>) -> Self {
        Self::default().and_never(these)
    }

    /// Not these either, whatever else is said.
    #[must_use]
    pub fn and_never(mut self, these: impl IntoIterator<Item = T>) -> Self {
        self.never.extend(these);
        self
    }

    /// Of what there was, only these.
    #[cfg(feature = "http")]
    fn and_only(self, these: Vec<T>) -> Self {
        let these = match self.only {
            Some(only) => these.into_iter().filter(|one| only.contains(one)).collect(),
            None => these,
        };
        Self {
            only: Some(these),
            never: self.never,
        }
    }

    fn has<Q: ?Sized>(&self, one: &Q) -> bool
    where
        T: PartialEq<Q>,
    {
        let is_one = |other: &T| *other == *one;
        let is_chosen = self
            .only
            .as_ref()
            .is_none_or(|only| only.iter().any(is_one));
        is_chosen && !self.never.iter().any(is_one)
    }

    fn all(&self) -> impl Iterator<Item = &T> {
        self.only.iter().flatten().chain(&self.never)
    }
}

/// What kind of condition an operator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterKind {
    /// `equals`, `not`, `in`, `notIn`, and a bare value.
    Equality,
    /// `lt`, `lte`, `gt`, `gte`, `between`.
    Range,
    /// `contains`, `startsWith`, `endsWith`, `mode`.
    Like,
    /// Conditions on related rows.
    Relation,
    /// Conditions on JSON documents.
    Json,
    /// `has`, `hasEvery`, `hasSome`, `isEmpty`.
    List,
    /// `fuzzy`.
    Fuzzy,
    /// `fts`, `search`.
    FullText,
}

impl FilterKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Equality,
        Self::Range,
        Self::Like,
        Self::Relation,
        Self::Json,
        Self::List,
        Self::Fuzzy,
        Self::FullText,
    ];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equality => "Equality",
            Self::Range => "Range",
            Self::Like => "Like",
            Self::Relation => "Relation",
            Self::Json => "Json",
            Self::List => "List",
            Self::Fuzzy => "Fuzzy",
            Self::FullText => "FullText",
        }
    }

    /// The kind of an operator of fields.
    pub(crate) fn of(operator: &str) -> Self {
        match operator {
            "lt" | "lte" | "gt" | "gte" | "between" => Self::Range,
            "contains" | "startsWith" | "endsWith" | "mode" => Self::Like,
            "has" | "hasEvery" | "hasSome" | "isEmpty" => Self::List,
            "fuzzy" => Self::Fuzzy,
            "fts" | "search" => Self::FullText,
            _ => Self::Equality,
        }
    }
}

/// What of a model there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelSlicing {
    operations: Option<Choice<Operation>>,
    fields: HashMap<String, Choice<FilterKind>>,
    other_fields: Option<Choice<FilterKind>>,
}

impl ModelSlicing {
    /// Which operations.
    #[must_use]
    pub fn operations(mut self, operations: Choice<Operation>) -> Self {
        self.operations = Some(operations);
        self
    }

    /// Which kinds of filters of a field.
    #[must_use]
    pub fn field(mut self, name: &str, filters: Choice<FilterKind>) -> Self {
        self.fields.insert(name.to_owned(), filters);
        self
    }

    /// Which kinds of filters of the fields that nothing else is said of.
    #[must_use]
    pub fn other_fields(mut self, filters: Choice<FilterKind>) -> Self {
        self.other_fields = Some(filters);
        self
    }

    fn filters(&self, field: &str) -> Option<&Choice<FilterKind>> {
        self.fields.get(field).or(self.other_fields.as_ref())
    }
}

/// What of a schema a client has; everything without.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slicing {
    models: Choice<String>,
    procedures: Choice<String>,
    of_models: HashMap<String, ModelSlicing>,
    of_others: Option<ModelSlicing>,
}

impl Slicing {
    /// Which models. Relations to others are not there either.
    #[must_use]
    pub fn models(mut self, models: Choice<String>) -> Self {
        self.models = models;
        self
    }

    /// Which procedures.
    #[must_use]
    pub fn procedures(mut self, procedures: Choice<String>) -> Self {
        self.procedures = procedures;
        self
    }

    /// What of one model there is.
    #[must_use]
    pub fn model(mut self, name: &str, slicing: ModelSlicing) -> Self {
        self.of_models.insert(name.to_owned(), slicing);
        self
    }

    /// What there is of the models, as far as nothing else is said of them.
    #[must_use]
    pub fn other_models(mut self, slicing: ModelSlicing) -> Self {
        self.of_others = Some(slicing);
        self
    }

    /// Of the models there were, only these.
    #[cfg(feature = "http")]
    pub(crate) fn and_only_models(self, models: Vec<String>) -> Self {
        Self {
            models: self.models.and_only(models),
            ..self
        }
    }

    pub(crate) fn has_model(&self, name: &str) -> bool {
        self.models.has(name)
    }

    pub(crate) fn has_procedure(&self, name: &str) -> bool {
        self.procedures.has(name)
    }

    pub(crate) fn has_operation(&self, model: &Model, operation: Operation) -> bool {
        let of_model = self.of_models.get(&model.name);
        let said = of_model.and_then(|one| one.operations.as_ref());
        let of_others = self.of_others.as_ref();
        let said = said.or_else(|| of_others.and_then(|one| one.operations.as_ref()));
        said.is_none_or(|choice| choice.has(&operation))
    }

    /// Whether a field takes filters of this kind. What is said of the model counts before what is said of all.
    pub(crate) fn has_filter(&self, model: &Model, field: &Field, kind: FilterKind) -> bool {
        let of_model = self.of_models.get(&model.name);
        let said = of_model.and_then(|one| one.filters(&field.name));
        let of_others = self.of_others.as_ref();
        let said = said.or_else(|| of_others.and_then(|one| one.filters(&field.name)));
        said.is_none_or(|choice| choice.has(&kind))
    }

    /// A name that the schema does not have would leave something in that somebody meant to keep out.
    pub(crate) fn check(&self, schema: &Schema) -> Result<(), OpenError> {
        let refuse = |item: &str| {
            let item = item.to_owned();
            Err(OpenError::Sliced { item })
        };
        let named = self.models.all().chain(self.of_models.keys());
        for name in named {
            if schema.model(name).is_none() {
                return refuse(name);
            }
        }
        for name in self.procedures.all() {
            if !schema.procedures.iter().any(|one| one.name == *name) {
                return refuse(name);
            }
        }
        for (name, slicing) in &self.of_models {
            let model = schema.model(name);
            let unknown = slicing
                .fields
                .keys()
                .find(|field| model.is_none_or(|model| model.field(field).is_none()));
            if let Some(field) = unknown {
                return refuse(&format!("{name}.{field}"));
            }
        }
        Ok(())
    }
}
