//! What of a schema clients see, and as which types.

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{
    Arity, Field, FieldKind, Model, ModelKind, Operation, Relation, Scalar, TypeDef,
};

use crate::names::{camel, snake};

/// A schema, and what follows from it.
pub(super) struct Facts<'s> {
    pub(super) schema: &'s Schema,
}

/// A relation that leads to a model: the model that has it, and the field.
pub(super) struct Incoming<'s> {
    pub(super) from: &'s Model,
    pub(super) field: &'s Field,
    pub(super) relation: &'s Relation,
}

impl<'s> Facts<'s> {
    pub(super) fn of(schema: &'s Schema) -> Self {
        Self { schema }
    }

    /// The models that clients see.
    pub(super) fn models(&self) -> impl Iterator<Item = &'s Model> {
        self.schema.models.iter().filter(|model| !model.ignored)
    }

    /// Whether clients see the field. Relations to models that they do not see lead nowhere.
    pub(super) fn is_seen(&self, field: &Field) -> bool {
        let leads_somewhere = field.relation().is_none_or(|relation| {
            let target = self.schema.model(&relation.model);
            target.is_some_and(|target| !target.ignored)
        });
        !field.ignored && !matches!(field.kind, FieldKind::Unsupported(_)) && leads_somewhere
    }

    /// The fields with values.
    pub(super) fn values<'m>(&self, model: &'m Model) -> impl Iterator<Item = &'m Field> {
        let fields = model.fields.iter();
        fields.filter(|field| field.relation().is_none() && self.is_seen(field))
    }

    /// The relations.
    pub(super) fn relations<'m>(
        &self,
        model: &'m Model,
    ) -> impl Iterator<Item = (&'m Field, &'m Relation)> {
        let fields = model.fields.iter().filter(|field| self.is_seen(field));
        fields.filter_map(|field| Some((field, field.relation()?)))
    }

    /// The relations of all models that lead to this one.
    pub(super) fn incoming(&self, model: &Model) -> Vec<Incoming<'s>> {
        let mut incoming = Vec::new();
        for from in self.models() {
            let relations = self.relations(from);
            let relations = relations.filter(|(_, relation)| relation.model == model.name);
            incoming.extend(relations.map(|(field, relation)| Incoming {
                from,
                field,
                relation,
            }));
        }
        incoming
    }

    /// Whether clients may set the field.
    pub(super) fn is_set(&self, model: &Model, field: &Field) -> bool {
        let target = field
            .relation()
            .and_then(|relation| self.schema.model(&relation.model));
        self.is_seen(field)
            && !field.computed
            && !self.schema.is_discriminator(model, field)
            && target.is_none_or(|target| target.kind == ModelKind::Table)
    }

    /// Whether clients can add rows.
    pub(super) fn can_be_added(&self, model: &Model) -> bool {
        let needs_hidden =
            |field: &Field| field.has_column() && needs_value(field) && !self.is_seen(field);
        let has_rows = model.kind == ModelKind::Table && model.discriminator.is_none();
        has_rows && !model.fields.iter().any(needs_hidden)
    }

    /// The fields that a new row must say.
    pub(super) fn required<'m>(&self, model: &'m Model) -> Vec<&'m Field> {
        let fields = self.values(model);
        let is_required = |field: &&Field| needs_value(field) && self.is_set(model, field);
        fields.filter(is_required).collect()
    }

    /// Whether the value of the field alone names a row.
    pub(super) fn is_unique(&self, model: &Model, field: &Field) -> bool {
        let is_it = |key: &[String]| matches!(key, [only] if *only == field.name);
        let mut uniques = self.schema.uniques(model);
        is_it(&model.id) || uniques.any(|unique| is_it(&unique.fields))
    }

    /// The `type`s whose documents stand in fields.
    pub(super) fn documents(&self) -> Vec<&'s TypeDef> {
        let mut found: Vec<&TypeDef> = Vec::new();
        let fields = self.models().flat_map(|model| &model.fields);
        let mut names: Vec<_> = fields.filter_map(typed).collect();
        while let Some(name) = names.pop() {
            let item = self.schema.type_def(name);
            let Some(item) = item.filter(|item| found.iter().all(|one| one.name != item.name))
            else {
                continue;
            };
            names.extend(item.fields.iter().filter_map(typed));
            found.push(item);
        }
        // In the order of the schema, whatever was found first.
        let all = self.schema.types.iter();
        all.filter(|item| found.iter().any(|one| one.name == item.name))
            .collect()
    }

    /// Whether a document of the first type may hold one of the second, without a list between them.
    pub(super) fn holds(&self, item: &TypeDef, name: &str) -> bool {
        let mut seen: Vec<&str> = Vec::new();
        let mut names = vec![item.name.as_str()];
        while let Some(next) = names.pop() {
            let fields = self.schema.type_def(next).map(|item| item.fields.iter());
            let single = fields
                .into_iter()
                .flatten()
                .filter(|field| field.arity != Arity::List);
            for held in single.filter_map(typed) {
                if held == name {
                    return true;
                }
                if !seen.contains(&held) {
                    seen.push(held);
                    names.push(held);
                }
            }
        }
        false
    }

    /// The type of one value of a field; `scope` leads to the module of the schema.
    pub(super) fn one(&self, field: &Field, scope: &str) -> String {
        match &field.kind {
            FieldKind::Enum(name) | FieldKind::Typed(name) => format!("{scope}{}", camel(name)),
            FieldKind::Scalar(scalar) => scalar_type(*scalar).to_owned(),
            // Neither has a value.
            FieldKind::Relation(_) | FieldKind::Unsupported(_) => "()".to_owned(),
        }
    }

    /// The type of a field where it is set.
    pub(super) fn set(&self, field: &Field, scope: &str) -> String {
        of(field.arity, &self.one(field, scope))
    }

    /// The type of a field where it is read: what rules hide is null.
    pub(super) fn read(&self, field: &Field, scope: &str) -> String {
        let is_hidden = field
            .policies
            .iter()
            .any(|rule| rule.operations.contains(Operation::Read));
        match field.arity {
            Arity::Required if is_hidden => of(Arity::Optional, &self.one(field, scope)),
            arity => of(arity, &self.one(field, scope)),
        }
    }
}

/// Whether a new row must say what the field is.
fn needs_value(field: &Field) -> bool {
    field.arity == Arity::Required && field.default.is_none() && !field.updated_at
}

fn typed(field: &Field) -> Option<&str> {
    match &field.kind {
        FieldKind::Typed(name) => Some(name),
        _ => None,
    }
}

fn scalar_type(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::String => "::std::string::String",
        Scalar::Boolean => "bool",
        // Columns of a native type may hold more than 32 bits.
        Scalar::Int | Scalar::BigInt => "i64",
        Scalar::Float => "f64",
        Scalar::Decimal => "__t::Decimal",
        Scalar::DateTime => "__t::Timestamp",
        Scalar::Json => "__t::Json",
        Scalar::Bytes => "::std::vec::Vec<u8>",
    }
}

/// As many of a type as the arity says.
pub(super) fn of(arity: Arity, one: &str) -> String {
    match arity {
        Arity::Required => one.to_owned(),
        Arity::Optional => format!("::std::option::Option<{one}>"),
        Arity::List => format!("::std::vec::Vec<{one}>"),
    }
}

/// The type that stands for a relation.
pub(super) fn link(field: &Field) -> String {
    format!("{}Link", camel(&field.name))
}

/// The same from the module of another model.
pub(super) fn link_of(model: &Model, field: &Field) -> String {
    format!("super::{}::{}", snake(&model.name), link(field))
}

/// What a field is, for its documentation.
pub(super) fn said(field: &Field) -> String {
    let kind = match &field.kind {
        FieldKind::Scalar(scalar) => scalar.name(),
        FieldKind::Enum(name) | FieldKind::Typed(name) | FieldKind::Unsupported(name) => name,
        FieldKind::Relation(relation) => &relation.model,
    };
    let arity = match field.arity {
        Arity::Required => "",
        Arity::Optional => "?",
        Arity::List => "[]",
    };
    format!("`{} {kind}{arity}`", field.name)
}
