//! What of a schema there is for clients.

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Model, Procedure};

use crate::args::parse::{is_seen, is_visible};
use crate::client::{Client, Engine};
use crate::http::service::Inner;
use crate::limits::Limits;
use crate::plan;

/// What there is, as somebody who asks finds it.
pub(super) struct Scope<'s> {
    pub(super) service: &'s Inner,
    /// Whether queries can be followed.
    pub(super) is_live: bool,
    /// A client as nobody in particular has it.
    client: Client,
}

impl<'s> Scope<'s> {
    pub(super) fn new(service: &'s Inner, is_live: bool) -> Self {
        Self {
            service,
            is_live,
            client: service.client.for_user(None),
        }
    }

    pub(super) fn engine(&self) -> &'s Engine {
        self.service.open.engine()
    }

    pub(super) fn schema(&self) -> &'s Schema {
        &self.engine().schema
    }

    /// How much one call may ask for.
    pub(super) fn limits(&self) -> &Limits {
        self.client.limits()
    }

    /// The models, in the order of the schema.
    pub(super) fn models(&self) -> impl Iterator<Item = &'s Model> {
        let models = self.schema().models.iter();
        models.filter(|model| is_seen(self.engine(), model))
    }

    /// The model on the other side of a relation, where it is there.
    pub(super) fn target(&self, field: &Field) -> Option<&'s Model> {
        let target = self.schema().model(&field.relation()?.model)?;
        is_seen(self.engine(), target).then_some(target)
    }

    /// Whether there is such a field: those of relations to models that are closed lead nowhere.
    pub(super) fn has(&self, field: &Field) -> bool {
        is_visible(self.engine(), field)
    }

    /// The fields of a model.
    pub(super) fn fields(&self, model: &'s Model) -> impl Iterator<Item = &'s Field> {
        model.fields.iter().filter(|field| self.has(field))
    }

    /// Those that hold values.
    pub(super) fn columns(&self, model: &'s Model) -> impl Iterator<Item = &'s Field> {
        let fields = self.fields(model);
        fields.filter(|field| field.relation().is_none())
    }

    /// Those that rows come with, and that reads may name.
    pub(super) fn told(&self, model: &'s Model) -> impl Iterator<Item = &'s Field> {
        self.columns(model)
            .filter(|field| !self.engine().services.omitted.omits(model, field))
    }

    /// Those that rows can be found and sorted by: what is sealed, hashed or computed tells nobody.
    pub(super) fn sought(&self, model: &'s Model) -> impl Iterator<Item = &'s Field> {
        self.told(model)
            .filter(|field| !field.encrypted && field.password.is_none() && !field.computed)
    }

    /// Whether something tells rows of the model apart.
    pub(super) fn is_identified(&self, model: &'s Model) -> bool {
        let has = |name: &String| self.sought(model).any(|field| field.name == *name);
        let mut keys = plan::unique_keys(self.schema(), model);
        keys.any(|key| key.iter().all(has))
    }

    /// Those that lead to rows of other models, and these.
    pub(super) fn relations(
        &self,
        model: &'s Model,
    ) -> impl Iterator<Item = (&'s Field, &'s Model)> {
        self.fields(model)
            .filter_map(|field| Some((field, self.target(field)?)))
    }

    /// Those that lead to many.
    pub(super) fn lists(&self, model: &'s Model) -> impl Iterator<Item = (&'s Field, &'s Model)> {
        self.relations(model)
            .filter(|(field, _)| field.arity == Arity::List)
    }

    /// The procedures.
    pub(super) fn procedures(&self) -> impl Iterator<Item = &'s Procedure> {
        let procedures = self.schema().procedures.iter();
        procedures.filter(|one| self.client.procedure(&one.name).is_some())
    }
}

/// Whether it holds a JSON document, of whatever shape.
pub(super) fn is_document(field: &Field) -> bool {
    use hallpass_zmodel::schema::Scalar::Json;
    matches!(field.kind, FieldKind::Scalar(Json) | FieldKind::Typed(_))
}
