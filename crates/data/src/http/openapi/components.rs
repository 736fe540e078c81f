//! The schemas that others refer to, each made once.
//!
//! Schemas of a model lead to those of its relations, in circles: a [`Part`] is referred to by its name, and made when its
//! turn comes.

use std::collections::BTreeMap;

use hallpass_sql::Aggregate;
use hallpass_zmodel::schema::{Enum, Field, Model, TypeDef};
use serde_json::{Map, Value as Json};

use super::json_schema::reference;
use super::scope::Scope;
use super::{aggregate, data, filter, order, row, selection, values};
use crate::args::parse::Purpose;
use crate::args::parse::tables::{Depth, Moment};

/// A schema that others refer to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'s> {
    /// A row as it comes back.
    Row(&'s Model),
    /// A condition on rows.
    Where(&'s Model),
    /// What names one row.
    WhereUnique(&'s Model),
    /// A key of an order.
    OrderBy(&'s Model),
    /// What comes back, and nothing else.
    Select(&'s Model),
    /// The related rows that come back too.
    Include(&'s Model),
    /// What does not come back.
    Omit(&'s Model),
    /// How many related rows there are.
    Counts(&'s Model),
    /// The data of a new row.
    Create(&'s Model, Purpose<'s>),
    /// What a row becomes.
    Update(&'s Model, Purpose<'s>),
    /// What happens to rows of the second model that belong to one of the first.
    Nested(&'s Model, &'s Field, &'s Model, Moment),
    /// What becomes of a number.
    Calculation(&'s Model, &'s Field),
    /// A condition on groups.
    Having(&'s Model),
    /// A key of an order of groups.
    GroupOrder(&'s Model),
    /// A condition on a field of this model.
    Filter(&'s Model, &'s Field),
    /// A test of a value made of the rows of a group.
    Measure(&'s Model, &'s Field, Aggregate),
    /// A condition on any JSON document.
    JsonFilter,
    /// A condition on a document of a type.
    TypeFilter(&'s TypeDef),
    /// A member of an enum.
    Enum(&'s Enum),
    /// A document of a type.
    Type(&'s TypeDef),
}

/// The schemas that were referred to.
pub(super) struct Components<'s> {
    pub(super) scope: &'s Scope<'s>,
    made: BTreeMap<String, Json>,
    waiting: Vec<(String, Part<'s>)>,
}

impl<'s> Components<'s> {
    pub(super) fn new(scope: &'s Scope<'s>) -> Self {
        Self {
            scope,
            made: BTreeMap::new(),
            waiting: Vec::new(),
        }
    }

    /// Refers to a schema, which is made by and by.
    pub(super) fn refer(&mut self, part: Part<'s>) -> Json {
        let name = part.name(self.scope);
        let schema = reference(&name);
        if !self.made.contains_key(&name) {
            self.made.insert(name.clone(), Json::Null);
            self.waiting.push((name, part));
        }
        schema
    }

    /// Adds a schema that is made already.
    pub(super) fn add(&mut self, name: &str, schema: Json) -> Json {
        self.made.insert(name.to_owned(), schema);
        reference(name)
    }

    /// All of them, by their names.
    pub(super) fn finish(mut self) -> Map<String, Json> {
        while let Some((name, part)) = self.waiting.pop() {
            let schema = part.make(&mut self);
            self.made.insert(name, schema);
        }
        self.made.into_iter().collect()
    }
}

impl<'s> Part<'s> {
    /// No name of a schema holds a dot, so that none of these is the name of a model.
    fn name(self, scope: &Scope<'_>) -> String {
        match self {
            Self::Row(model) => model.name.clone(),
            Self::Where(model) => format!("{}.Where", model.name),
            Self::WhereUnique(model) => format!("{}.WhereUnique", model.name),
            Self::OrderBy(model) => format!("{}.OrderBy", model.name),
            Self::Select(model) => format!("{}.Select", model.name),
            Self::Include(model) => format!("{}.Include", model.name),
            Self::Omit(model) => format!("{}.Omit", model.name),
            Self::Counts(model) => format!("{}.Counts", model.name),
            Self::Create(model, purpose) => format!("{}.Create{}", model.name, suffix(purpose)),
            Self::Update(model, purpose) => format!("{}.Update{}", model.name, suffix(purpose)),
            Self::Nested(model, field, _, moment) => {
                let moment = match moment {
                    Moment::Create => "OnCreate",
                    Moment::Update => "OnUpdate",
                };
                format!("{}.{}.{moment}", model.name, field.name)
            }
            Self::Calculation(model, field) => data::calculation_name(scope, model, field),
            Self::Having(model) => format!("{}.Having", model.name),
            Self::GroupOrder(model) => format!("{}.GroupOrder", model.name),
            Self::Filter(model, field) => filter::name(scope, model, field),
            Self::Measure(model, field, of) => aggregate::name(scope, model, field, of),
            Self::JsonFilter => "filter.Json".to_owned(),
            Self::TypeFilter(item) => format!("{}.Filter", item.name),
            Self::Enum(item) => item.name.clone(),
            Self::Type(item) => item.name.clone(),
        }
    }

    fn make(self, components: &mut Components<'s>) -> Json {
        match self {
            Self::Row(model) => row::row(components, model),
            Self::Where(model) => filter::of_model(components, model),
            Self::WhereUnique(model) => filter::unique(components, model),
            Self::OrderBy(model) => order::of_model(components, model),
            Self::Select(model) => selection::select(components, model),
            Self::Include(model) => selection::include(components, model),
            Self::Omit(model) => selection::omit(components, model),
            Self::Counts(model) => selection::counts(components, model),
            Self::Create(model, purpose) => {
                data::written(components, model, purpose, Moment::Create)
            }
            Self::Update(model, purpose) => {
                data::written(components, model, purpose, Moment::Update)
            }
            Self::Nested(model, field, target, moment) => {
                data::nested(components, model, field, target, moment)
            }
            Self::Calculation(model, field) => data::calculation(components, model, field),
            Self::Having(model) => aggregate::having(components, model),
            Self::GroupOrder(model) => aggregate::order(components, model),
            Self::Filter(model, field) => filter::operators(components, model, field),
            Self::Measure(model, field, of) => aggregate::test(components, model, field, of),
            Self::JsonFilter => filter::json(components),
            Self::TypeFilter(item) => filter::of_type(components, item),
            Self::Enum(item) => values::enumeration(item),
            Self::Type(item) => values::typed(components, item),
        }
    }
}

/// What is told of the place of data: whether it says nothing of other rows, and to which relation it belongs.
fn suffix(purpose: Purpose<'_>) -> String {
    let values = match purpose.depth {
        Depth::Flat => "Values",
        Depth::Nested => "",
    };
    match purpose.back {
        Some(back) => format!("{values}Without_{}", back.name),
        None => values.to_owned(),
    }
}
