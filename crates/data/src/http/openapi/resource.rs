//! Resources and documents, as JSON:API has them.
//!
//! Source: contract zenstack §4.4.

use hallpass_zmodel::schema::{Field, FieldKind, Model, ModelKind, Scalar};
use serde_json::{Value as Json, json};

use super::components::Components;
use super::data::{Naming, is_needed, namings, values_of};
use super::json_schema::{Object, any_of, described, or_null, reference, with};
use super::scope::Scope;
use super::{answers, row, rules, values};
use crate::args::parse::Purpose;
use crate::args::parse::tables::{Moment, is_writable};
use crate::http::rest::{Relationship, Resource};

/// A resource, and the model whose rows it is.
pub(super) struct Described<'s> {
    pub(super) resource: &'s Resource,
    pub(super) model: &'s Model,
}

impl<'s> Described<'s> {
    /// None of a model whose rows nothing tells apart.
    pub(super) fn of(scope: &Scope<'s>, resource: &'s Resource) -> Option<Self> {
        let model = scope.schema().model(&resource.model)?;
        let is_identified = !resource.key.fields.is_empty();
        is_identified.then_some(Self { resource, model })
    }

    /// Rows of views are made by somebody else.
    pub(super) fn is_writable(&self) -> bool {
        self.model.kind == ModelKind::Table
    }

    /// Rows of a delegate are only there with those of models that extend it.
    pub(super) fn can_be_added(&self) -> bool {
        self.is_writable() && self.model.discriminator.is_none()
    }

    /// The field that is the id.
    fn single_id(&self) -> Option<&'s Field> {
        match self.resource.key.fields.as_slice() {
            [only] => self.model.field(&only.name),
            _ => None,
        }
    }
}

/// What the schemas of a resource begin with. `Rest` sets them apart from those of rows.
pub(super) fn name_of(described: &Described<'_>) -> String {
    format!("{}.Rest", described.model.name)
}

/// Adds what documents of all resources have in common.
pub(super) fn add_shared(components: &mut Components<'_>) {
    let address = json!({ "type": ["string", "null"] });
    let links = json!({ "type": "object", "additionalProperties": address });
    components.add("rest.Links", links);
    let version = Object::default().must("version", json!({ "const": "1.1" }));
    components.add("rest.JsonApi", version.schema());
    let any = Object::default()
        .must("type", json!({ "type": "string" }))
        .must("id", json!({ "type": ["string", "number", "boolean"] }))
        .must("attributes", json!({ "type": "object" }))
        .may("links", reference("rest.Links"))
        .may("relationships", json!({ "type": "object" }));
    components.add(
        "rest.Resource",
        described_by(any.open(), "A resource of any type."),
    );
    let meta = Object::default()
        .may(
            "total",
            json!({ "type": "integer", "minimum": 0, "description": "How many there are in all." }),
        )
        .may("serialization", reference("Serialization"));
    components.add("rest.Meta", meta.schema());
}

fn described_by(schema: Json, text: &str) -> Json {
    described(schema, Some(text))
}

/// Adds the schemas of a resource.
pub(super) fn add<'s>(components: &mut Components<'s>, of: &Described<'s>) {
    let name = name_of(of);
    let schema = resource(components, of);
    components.add(&name, schema);
    if is_led_to(components.scope, of) {
        components.add(&format!("{name}.Identifier"), identifier(of));
    }
    components.add(&format!("{name}.Document"), document(reference(&name)));
    let several = with(json!({ "type": "array" }), "items", reference(&name));
    components.add(&format!("{name}.List"), document(several));
    if of.can_be_added() {
        let schema = body(components, of, Moment::Create);
        components.add(&format!("{name}.New"), schema);
    }
    if of.is_writable() {
        let schema = body(components, of, Moment::Update);
        components.add(&format!("{name}.Changes"), schema);
    }
}

/// `{"type", "id", "attributes", "relationships", "links"}`
fn resource<'s>(components: &mut Components<'s>, of: &Described<'s>) -> Json {
    let id = of.single_id().map(|field| field.name.as_str());
    let mut attributes = Object::default();
    let fields: Vec<_> = components.scope.told(of.model).collect();
    for field in fields {
        if Some(field.name.as_str()) != id {
            let schema = row::column(components, field);
            attributes.add(&field.name, schema);
        }
    }
    let mut relationships = Object::default();
    for relationship in &of.resource.relationships {
        if let Some(name) = target_of(components.scope, relationship) {
            relationships.add(&relationship.name, related(&name, relationship));
        }
    }
    let id = given_id(components, of);
    let schema = Object::default()
        .must("type", json!({ "const": of.resource.type_name }))
        .must("id", id)
        .must("attributes", attributes.open())
        .may("relationships", relationships.schema())
        .may("links", reference("rest.Links"))
        .schema();
    described(schema, Some(&rules::of_model(of.model)))
}

/// What the schemas of the other side begin with.
fn target_of(scope: &Scope<'_>, relationship: &Relationship) -> Option<String> {
    let target = scope.service.rest.target(relationship)?;
    Some(format!("{}.Rest", target.model))
}

/// `{"data", "links"}`
fn related(target: &str, relationship: &Relationship) -> Json {
    let one = reference(&format!("{target}.Identifier"));
    let data = match relationship.is_many {
        true => with(json!({ "type": "array" }), "items", one),
        false => or_null(one),
    };
    Object::default()
        .may("data", data)
        .must("links", reference("rest.Links"))
        .schema()
}

/// The id as it comes back.
fn given_id<'s>(components: &mut Components<'s>, of: &Described<'s>) -> Json {
    match of.single_id() {
        Some(field) => values::given(components, field),
        None => json!({ "type": "string" }),
    }
}

/// Whether a relationship leads to such a resource.
fn is_led_to(scope: &Scope<'_>, of: &Described<'_>) -> bool {
    let resources = &scope.service.rest;
    let mut all = resources.all().flat_map(|one| &one.relationships);
    all.any(|relationship| {
        let target = resources.target(relationship);
        target.is_some_and(|target| target.model == of.resource.model)
    })
}

/// `{"type", "id"}`
fn identifier(of: &Described<'_>) -> Json {
    let id = match of.single_id().map(|field| &field.kind) {
        Some(FieldKind::Scalar(Scalar::Int)) => any_of([
            values::of_scalar(Scalar::Int),
            json!({ "type": "string", "pattern": "^(0|-?[1-9][0-9]{0,8})$" }),
        ]),
        Some(FieldKind::Scalar(Scalar::BigInt)) => any_of([
            json!({ "type": "integer", "format": "int64", "minimum": i64::MIN, "maximum": i64::MAX }),
            json!({ "type": "string", "pattern": "^(0|-?[1-9][0-9]{0,17})$" }),
        ]),
        Some(FieldKind::Scalar(Scalar::Float | Scalar::Decimal)) => {
            json!({ "type": ["number", "string"] })
        }
        _ => json!({ "type": ["string", "number"] }),
    };
    Object::default()
        .must("type", json!({ "const": of.resource.type_name }))
        .must("id", id)
        .open()
}

/// `{"jsonapi", "data", "included", "links", "meta"}`
fn document(data: Json) -> Json {
    Object::default()
        .must("jsonapi", reference("rest.JsonApi"))
        .must("data", data)
        .may(
            "included",
            with(
                json!({ "type": "array" }),
                "items",
                reference("rest.Resource"),
            ),
        )
        .may("links", reference("rest.Links"))
        .may("meta", reference("rest.Meta"))
        .schema()
}

/// What a relationship leads to, as identifiers.
pub(super) fn links(target: &Described<'_>, relationship: &Relationship) -> Json {
    document(linkage(target, relationship, IsOptional::Always))
}

/// The body that says what a relationship leads to.
pub(super) fn body_of_links(target: &Described<'_>, relationship: &Relationship) -> Json {
    let data = linkage(target, relationship, IsOptional::AsTheSchemaSays);
    enveloped(data)
}

/// Whether a relationship to one may lead nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IsOptional {
    Always,
    AsTheSchemaSays,
}

fn linkage(target: &Described<'_>, relationship: &Relationship, optional: IsOptional) -> Json {
    let one = reference(&format!("{}.Identifier", name_of(target)));
    if relationship.is_many {
        return with(json!({ "type": "array" }), "items", one);
    }
    match relationship.is_optional || optional == IsOptional::Always {
        true => or_null(one),
        false => one,
    }
}

/// `{"data", "meta"}`
fn enveloped(data: Json) -> Json {
    Object::default()
        .must("data", data)
        .may("meta", with(answers::meta(), "type", "object"))
        .may("jsonapi", json!({}))
        .schema()
}

/// The body of a request that writes a resource.
fn body<'s>(components: &mut Components<'s>, of: &Described<'s>, moment: Moment) -> Json {
    let ways = namings(components, of.model, Purpose::OUTERMOST);
    let ways: Vec<_> = ways
        .iter()
        .map(|naming| written(components, of, *naming, moment))
        .collect();
    enveloped(any_of(ways))
}

/// `{"type", "attributes", "relationships"}`
fn written<'s>(
    components: &mut Components<'s>,
    of: &Described<'s>,
    naming: Naming,
    moment: Moment,
) -> Json {
    let attributes = values_of(components, of.model, Purpose::OUTERMOST, naming, moment);
    let mut relationships = Object::default();
    let engine = components.scope.engine();
    for relationship in &of.resource.relationships {
        let field = of.model.field(&relationship.name);
        let field = field.filter(|one| is_writable(engine, of.model, one, Purpose::OUTERMOST));
        let Some((field, target)) = field.zip(target_of(components.scope, relationship)) else {
            continue;
        };
        let owns = field.relation().is_some_and(|one| !one.fields.is_empty());
        if owns && naming == Naming::Keys {
            continue;
        }
        let one = reference(&format!("{target}.Identifier"));
        let data = match (relationship.is_many, relationship.is_optional) {
            (true, _) => any_of([one.clone(), with(json!({ "type": "array" }), "items", one)]),
            (false, true) => or_null(one),
            (false, false) => one,
        };
        relationships.add(
            &relationship.name,
            Object::default().must("data", data).open(),
        );
        if moment == Moment::Create && is_needed(of.model, field) {
            relationships.require(&relationship.name);
        }
    }
    let mut object = Object::default().must("type", json!({ "const": of.resource.type_name }));
    for (name, members) in [("attributes", attributes), ("relationships", relationships)] {
        if members.is_empty() {
            continue;
        }
        let is_required = members.requires_any();
        object.add(name, members.schema());
        if is_required {
            object.require(name);
        }
    }
    object.open()
}
