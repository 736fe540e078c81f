//! `data`, `create` and `update`: what is written.
//!
//! Source: contract zenstack §3.6.

use hallpass_zmodel::schema::{Arity, Field, FieldKind, Model, Scalar};
use serde_json::{Value as Json, json};

use super::components::{Components, Part};
use super::json_schema::{Object, any_of, described, list, one_or_many, or_null, with};
use super::scope::Scope;
use super::{filter, row, values};
use crate::args::Calculation;
use crate::args::parse::Purpose;
use crate::args::parse::tables::{Depth, Moment, actions, is_key, is_writable, needs_value};

/// How other rows are named on one level of data: all in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// By what relations say.
    Relations,
    /// By their keys.
    Keys,
}

/// The data of a new row, or what a row becomes.
pub(super) fn written<'s>(
    components: &mut Components<'s>,
    model: &'s Model,
    purpose: Purpose<'s>,
    moment: Moment,
) -> Json {
    let ways = namings(components, model, purpose);
    let ways: Vec<_> = ways
        .iter()
        .map(|naming| {
            let mut object = values_of(components, model, purpose, *naming, moment);
            add_relations(components, &mut object, model, purpose, *naming, moment);
            object.schema()
        })
        .collect();
    any_of(ways)
}

/// The ways in which data may name other rows; one where they do not differ.
pub(super) fn namings(
    components: &Components<'_>,
    model: &Model,
    purpose: Purpose<'_>,
) -> &'static [Naming] {
    let engine = components.scope.engine();
    let mut writable = model
        .fields
        .iter()
        .filter(|field| is_writable(engine, model, field, purpose));
    let names_keys = writable.clone().any(|field| is_key(model, field));
    let names_relations = writable.any(owns_key);
    match names_keys && names_relations {
        true => &[Naming::Relations, Naming::Keys],
        false if names_relations => &[Naming::Relations],
        false => &[Naming::Keys],
    }
}

fn owns_key(field: &Field) -> bool {
    field
        .relation()
        .is_some_and(|relation| !relation.fields.is_empty())
}

/// The values that may be given, and those that must.
pub(super) fn values_of<'s>(
    components: &mut Components<'s>,
    model: &'s Model,
    purpose: Purpose<'s>,
    naming: Naming,
    moment: Moment,
) -> Object {
    let engine = components.scope.engine();
    let mut object = Object::default();
    for field in &model.fields {
        let is_value = field.relation().is_none() && is_writable(engine, model, field, purpose);
        if !is_value || (naming == Naming::Relations && is_key(model, field)) {
            continue;
        }
        let schema = match moment {
            Moment::Create => given(components, model, field),
            Moment::Update => change(components, model, field),
        };
        object.add(&field.name, described(schema, row::text(field).as_deref()));
        if moment == Moment::Create && field.has_column() && needs_value(field) {
            object.require(&field.name);
        }
    }
    object
}

fn add_relations<'s>(
    components: &mut Components<'s>,
    object: &mut Object,
    model: &'s Model,
    purpose: Purpose<'s>,
    naming: Naming,
    moment: Moment,
) {
    let engine = components.scope.engine();
    for (field, target) in components.scope.relations(model) {
        if !is_writable(engine, model, field, purpose)
            || (naming == Naming::Keys && owns_key(field))
        {
            continue;
        }
        let schema = components.refer(Part::Nested(model, field, target, moment));
        let schema = match field.arity {
            Arity::Optional => or_null(schema),
            Arity::Required | Arity::List => schema,
        };
        object.add(&field.name, described(schema, field.doc.as_deref()));
        if moment == Moment::Create && is_needed(model, field) {
            object.require(&field.name);
        }
    }
}

/// Whether a new row must say where the relation leads, as nothing else fills its key.
pub(super) fn is_needed(model: &Model, field: &Field) -> bool {
    let Some(relation) = field.relation() else {
        return false;
    };
    relation.fields.iter().any(|name| {
        let others = model.fields.iter().filter_map(Field::relation);
        let shared = others.filter(|other| other.fields.contains(name)).count() > 1;
        let needs = model
            .field(name)
            .is_some_and(|field| field.has_column() && needs_value(field));
        needs && !shared
    })
}

/// The value of a field of a new row.
fn given<'s>(components: &mut Components<'s>, model: &'s Model, field: &'s Field) -> Json {
    let schema = match field.arity {
        Arity::List => {
            let all = values::checked(values::several(components, model, field), field);
            let set = Object::default().must("set", all.clone()).schema();
            any_of([all, set])
        }
        Arity::Optional => or_null(values::checked(
            values::one(components, model, field),
            field,
        )),
        Arity::Required => values::checked(values::one(components, model, field), field),
    };
    match (&field.default, field.password.is_some()) {
        (_, true) => with(schema, "writeOnly", true),
        _ => schema,
    }
}

/// What a value becomes.
fn change<'s>(components: &mut Components<'s>, model: &'s Model, field: &'s Field) -> Json {
    let given = given(components, model, field);
    if field.arity == Arity::List && !matches!(field.kind, FieldKind::Typed(_)) {
        let most = components.scope.limits().list;
        let one = values::one(components, model, field);
        let push = Object::default()
            .must("push", one_or_many(one, most))
            .schema();
        return any_of([given, push]);
    }
    let is_number = matches!(
        field.kind,
        FieldKind::Scalar(Scalar::Int | Scalar::BigInt | Scalar::Float | Scalar::Decimal)
    );
    match is_number {
        true => any_of([given, components.refer(Part::Calculation(model, field))]),
        false => given,
    }
}

/// The name of a calculation: fields of a type share theirs, where nothing is special about them.
pub(super) fn calculation_name(scope: &Scope<'_>, model: &Model, field: &Field) -> String {
    match &field.kind {
        FieldKind::Scalar(scalar)
            if filter::is_usual(scope, model, field)
                && field.arity == Arity::Required
                && field.rules.is_empty() =>
        {
            format!("change.{}", scalar.name())
        }
        _ => format!("{}.{}.Change", model.name, field.name),
    }
}

/// What becomes of a number.
pub(super) fn calculation<'s>(
    components: &mut Components<'s>,
    model: &'s Model,
    field: &'s Field,
) -> Json {
    let one = values::one(components, model, field);
    // The rules are about what is written, not about what it is counted by.
    let set = values::checked(one.clone(), field);
    let set = match field.arity {
        Arity::Optional => or_null(set),
        Arity::Required | Arity::List => set,
    };
    let mut only = Object::default().may("set", set);
    for calculation in Calculation::ALL {
        let amount = match calculation {
            Calculation::Divide => with(one.clone(), "not", json!({ "enum": [0, "0"] })),
            _ => one.clone(),
        };
        only.add(calculation.name(), amount);
    }
    with(with(only.schema(), "minProperties", 1), "maxProperties", 1)
}

/// What happens to rows that belong to one.
pub(super) fn nested<'s>(
    components: &mut Components<'s>,
    model: &'s Model,
    field: &'s Field,
    target: &'s Model,
    moment: Moment,
) -> Json {
    let most = components.scope.limits().actions;
    let relation = field.relation();
    let inner = Purpose {
        back: relation.and_then(|relation| target.field(&relation.opposite)),
        depth: Depth::Nested,
    };
    let side = Side {
        target,
        inner,
        is_many: field.arity == Arity::List,
        is_linked: relation.is_some_and(|relation| relation.join.is_some()),
    };
    let mut object = Object::default();
    for name in actions(field, target, moment) {
        let one = side.action(components, name);
        let takes_several = side.is_many && name != "createMany";
        let schema = match takes_several {
            true => one_or_many(one, most),
            false => one,
        };
        object.add(name, schema);
    }
    match moment == Moment::Create && is_needed(model, field) {
        true => with(object.schema(), "minProperties", 1),
        false => object.schema(),
    }
}

/// The other side of a relation.
struct Side<'s> {
    target: &'s Model,
    inner: Purpose<'s>,
    is_many: bool,
    is_linked: bool,
}

impl<'s> Side<'s> {
    /// What an action takes.
    fn action(&self, components: &mut Components<'s>, name: &str) -> Json {
        let target = self.target;
        let flat = Purpose {
            depth: Depth::Flat,
            ..self.inner
        };
        let found = components.refer(Part::Where(target));
        let unique = components.refer(Part::WhereUnique(target));
        let named = if self.is_many {
            unique.clone()
        } else {
            found.clone()
        };
        match name {
            "create" => components.refer(Part::Create(target, self.inner)),
            "createMany" => {
                let one = components.refer(Part::Create(target, flat));
                let rows = components.scope.limits().written_rows;
                // Of rows in several tables, or with one between the two, nobody could tell which are new.
                let skip = match self.is_linked || target.is_polymorphic() {
                    true => json!({ "const": false }),
                    false => json!({ "type": "boolean" }),
                };
                Object::default()
                    .must("data", any_of([one.clone(), list(one, rows)]))
                    .may("skipDuplicates", skip)
                    .schema()
            }
            "connect" | "set" => unique,
            "connectOrCreate" => Object::default()
                .must("where", unique)
                .must("create", components.refer(Part::Create(target, self.inner)))
                .schema(),
            "disconnect" | "delete" if self.is_many => unique,
            "disconnect" | "delete" => any_of([json!({ "type": "boolean" }), found]),
            "update" => {
                let changes = components.refer(Part::Update(target, self.inner));
                let wrapped = Object::default().must("data", changes.clone());
                match self.is_many {
                    true => wrapped.must("where", named).schema(),
                    false => any_of([changes, wrapped.may("where", named).schema()]),
                }
            }
            "upsert" => {
                let object = Object::default()
                    .must("create", components.refer(Part::Create(target, self.inner)))
                    .must("update", components.refer(Part::Update(target, self.inner)));
                match self.is_many {
                    true => object.must("where", named).schema(),
                    false => object.may("where", named).schema(),
                }
            }
            "updateMany" => Object::default()
                .may("where", found)
                .must("data", components.refer(Part::Update(target, flat)))
                .schema(),
            // `deleteMany`
            _ => found,
        }
    }
}
