//! What rules look up in the schema, found by name.

use std::collections::{HashMap, HashSet};

use super::Written;
use crate::schema::{Arity, Enum, Field, FieldKind, Schema, Type, TypeBase};

/// Models, types, enums and their members by name.
#[derive(Debug)]
pub(super) struct Index<'s> {
    /// What `auth()` is, where that is known.
    pub(super) auth: Option<TypeBase>,
    enums: HashMap<&'s str, &'s Enum>,
    /// The enums that have a member of this name, in the order of the source.
    members: HashMap<&'s str, Vec<&'s Enum>>,
    /// Fields by the name of their model or type.
    fields: HashMap<&'s str, HashMap<&'s str, &'s Field>>,
    /// Models and types that may have fields that are not seen.
    incomplete: HashSet<&'s str>,
    /// Whether an enum may have members that are not seen.
    enums_incomplete: bool,
    /// Functions that the schema declares itself.
    functions: &'s HashSet<&'s str>,
}

impl<'s> Index<'s> {
    pub(super) fn new(
        schema: &'s Schema,
        incomplete: HashSet<&'s str>,
        written: &'s Written<'s, '_>,
    ) -> Self {
        let models = schema
            .models
            .iter()
            .map(|model| (&*model.name, &model.fields));
        let types = schema.types.iter().map(|item| (&*item.name, &item.fields));
        let by_name = |fields: &'s Vec<Field>| -> HashMap<&str, &Field> {
            fields.iter().map(|field| (&*field.name, field)).collect()
        };
        let mut members: HashMap<&str, Vec<&Enum>> = HashMap::new();
        for item in &schema.enums {
            for member in &item.members {
                members.entry(&member.name).or_default().push(item);
            }
        }
        Index {
            auth: super::auth::base(schema),
            enums: schema
                .enums
                .iter()
                .map(|item| (&*item.name, item))
                .collect(),
            members,
            fields: models
                .chain(types)
                .map(|(name, fields)| (name, by_name(fields)))
                .collect(),
            incomplete,
            enums_incomplete: written.enums_incomplete,
            functions: &written.functions,
        }
    }

    /// The field of a model or type.
    pub(super) fn field(&self, owner: &TypeBase, name: &str) -> Option<&'s Field> {
        self.fields.get(owner_name(owner)?)?.get(name).copied()
    }

    /// The names of the fields of a model or type.
    pub(super) fn field_names(&self, owner: &TypeBase) -> Vec<&'s str> {
        let fields = owner_name(owner).and_then(|name| self.fields.get(name));
        sorted(fields.into_iter().flat_map(HashMap::keys))
    }

    /// Whether a model or type may have fields that are not seen.
    pub(super) fn is_incomplete(&self, owner: &TypeBase) -> bool {
        owner_name(owner).is_some_and(|name| self.incomplete.contains(name))
    }

    /// The enum of this name.
    pub(super) fn enumeration(&self, name: &str) -> Option<&'s Enum> {
        self.enums.get(name).copied()
    }

    /// The first enum that has a member of this name.
    pub(super) fn enum_with(&self, member: &str) -> Option<&'s Enum> {
        self.members.get(member)?.first().copied()
    }

    /// Whether this enum has a member of this name.
    pub(super) fn has_member(&self, enumeration: &str, member: &str) -> bool {
        let found = self.members.get(member);
        found.is_some_and(|enums| enums.iter().any(|item| item.name == enumeration))
    }

    /// The names of all members of all enums.
    pub(super) fn member_names(&self) -> Vec<&'s str> {
        sorted(self.members.keys())
    }

    /// Whether the schema declares a function of this name.
    pub(super) fn declares_function(&self, name: &str) -> bool {
        self.functions.contains(name)
    }

    /// Whether an enum may have members that are not seen.
    pub(super) fn enums_incomplete(&self) -> bool {
        self.enums_incomplete
    }
}

fn owner_name(owner: &TypeBase) -> Option<&str> {
    match owner {
        TypeBase::Model(name) | TypeBase::Typed(name) => Some(name),
        TypeBase::Scalar(_) | TypeBase::Enum(_) | TypeBase::Null => None,
    }
}

/// In an order that does not change from run to run.
fn sorted<'a, 's: 'a>(names: impl Iterator<Item = &'a &'s str>) -> Vec<&'s str> {
    let mut names: Vec<&str> = names.copied().collect();
    names.sort_unstable();
    names
}

/// What a field gives; nothing where the language has no name for what it holds.
pub(super) fn type_of(field: &Field) -> Option<Type> {
    let base = match &field.kind {
        FieldKind::Scalar(scalar) => TypeBase::Scalar(*scalar),
        FieldKind::Enum(name) => TypeBase::Enum(name.clone()),
        FieldKind::Relation(relation) => TypeBase::Model(relation.model.clone()),
        FieldKind::Typed(name) => TypeBase::Typed(name.clone()),
        FieldKind::Unsupported(_) => return None,
    };
    Some(Type {
        base,
        list: field.arity == Arity::List,
        optional: field.arity == Arity::Optional,
    })
}
