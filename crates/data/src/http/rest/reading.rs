//! What of resources is read: `include` and `fields[…]`, and the identifiers that relationships name.

use super::Api;
use super::arguments::{all, number, object};
use super::problem::{Code, Problem};
use super::query::{Query, items};
use super::resources::{Relationship, Resource};
use super::route::unsupported;
use crate::args::ArgValue;

/// Relationships that a path of `include` may follow; how many are read in a row the client's own limits say.
const MAX_STEPS: usize = 16;

/// What is read of the resources of a document.
#[derive(Debug, Clone)]
pub(super) struct Reading<'r> {
    pub(super) resource: &'r Resource,
    pub(super) includes: Includes<'r>,
    sets: Vec<FieldSet<'r>>,
}

/// Relationships whose resources are in the document too, and the relationships of those.
#[derive(Debug, Clone, Default)]
pub(super) struct Includes<'r> {
    pub(super) below: Vec<(&'r Relationship, Includes<'r>)>,
}

/// What of resources of a type is read.
#[derive(Debug, Clone)]
struct FieldSet<'r> {
    resource: &'r Resource,
    attributes: Vec<&'r str>,
    /// `None` for all.
    relationships: Option<Vec<&'r str>>,
}

impl<'r> Reading<'r> {
    /// What a query asks to read of a kind of resource.
    pub(super) fn of(
        api: &Api<'r>,
        resource: &'r Resource,
        query: &Query,
    ) -> Result<Self, Problem> {
        Self::beyond(api, resource, query, None)
    }

    /// The same of the resources of a relationship, whose name paths of `include` may begin with.
    pub(super) fn beyond(
        api: &Api<'r>,
        resource: &'r Resource,
        query: &Query,
        relationship: Option<&str>,
    ) -> Result<Self, Problem> {
        let mut includes = Includes::default();
        for path in query.list("include") {
            let mut steps: Vec<_> = path.split('.').take(MAX_STEPS + 1).collect();
            if steps.len() > MAX_STEPS {
                let detail =
                    format!("`include` names more than {MAX_STEPS} relationships in a row");
                return Err(Code::ValidationError.because(detail));
            }
            if steps.first().copied() == relationship {
                steps.remove(0);
            }
            includes.add(api, resource, &steps)?;
        }
        Ok(Self {
            resource,
            includes,
            sets: field_sets(api, query)?,
        })
    }

    /// `select` or `include`, and what stands in it.
    pub(super) fn arguments(&self, api: &Api<'r>) -> Vec<(String, ArgValue)> {
        self.selection(api, self.resource, &self.includes, Linkage::Named)
    }

    /// The relationships of a resource that the document tells of.
    pub(super) fn relationships<'t>(
        &'t self,
        resource: &'t Resource,
    ) -> impl Iterator<Item = &'t Relationship> {
        let wanted = self
            .set(resource)
            .and_then(|set| set.relationships.as_deref());
        let all = resource.relationships.iter();
        all.filter(move |one| wanted.is_none_or(|wanted| wanted.contains(&one.name.as_str())))
    }

    fn set(&self, resource: &Resource) -> Option<&FieldSet<'r>> {
        self.sets
            .iter()
            .find(|set| set.resource.model == resource.model)
    }

    fn selection(
        &self,
        api: &Api<'r>,
        resource: &'r Resource,
        includes: &Includes<'r>,
        linkage: Linkage,
    ) -> Vec<(String, ArgValue)> {
        let mut relations = Vec::new();
        for relationship in &resource.relationships {
            let Some(target) = api.resources.target(relationship) else {
                continue;
            };
            let read = match includes.below(relationship) {
                Some(inner) => Some(self.included(api, target, relationship, inner)),
                None if linkage == Linkage::Named && self.tells(resource, relationship) => {
                    identifiers(api, target, relationship)
                }
                None => None,
            };
            relations.extend(read.map(|read| (relationship.name.clone(), read)));
        }
        let Some(set) = self.set(resource) else {
            let is_plain = relations.is_empty();
            let include = ("include".to_owned(), ArgValue::Object(relations));
            return if is_plain { Vec::new() } else { vec![include] };
        };
        let ids = resource.key.fields.iter().map(|field| field.name.as_str());
        let mut select = all(ids);
        for name in all(set.attributes.iter().copied()) {
            if !select.contains(&name) {
                select.push(name);
            }
        }
        select.extend(relations);
        vec![("select".to_owned(), ArgValue::Object(select))]
    }

    fn included(
        &self,
        api: &Api<'r>,
        target: &'r Resource,
        relationship: &Relationship,
        inner: &Includes<'r>,
    ) -> ArgValue {
        let mut arguments = self.selection(api, target, inner, Linkage::Unnamed);
        if relationship.is_many {
            arguments.push(("orderBy".to_owned(), by_ids(target)));
        }
        if arguments.is_empty() {
            return ArgValue::Boolean(true);
        }
        ArgValue::Object(arguments)
    }

    fn tells(&self, resource: &Resource, relationship: &Relationship) -> bool {
        self.relationships(resource)
            .any(|one| one.name == relationship.name)
    }
}

/// Whether relationships name what they lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Linkage {
    /// Those of primary data do.
    Named,
    /// Those of other resources do where it is in the document anyway.
    Unnamed,
}

/// The ids of the other side; of many, one more than are told, to know whether there are. `None` where the asker may
/// take none of them.
pub(super) fn identifiers(
    api: &Api<'_>,
    target: &Resource,
    relationship: &Relationship,
) -> Option<ArgValue> {
    let mut arguments = vec![("select", ids(target))];
    if relationship.is_many {
        arguments.push(("orderBy", by_ids(target)));
        arguments.push(("take", number(api.linkage()?.saturating_add(1))));
    }
    Some(object(arguments))
}

/// Ascending ids: the same rows make the same document, and so the same `ETag`, on every database.
fn by_ids(resource: &Resource) -> ArgValue {
    let fields = resource.key.fields.iter();
    let key = |name: &str| object([(name, ArgValue::Text("asc".to_owned()))]);
    ArgValue::List(fields.map(|field| key(field.name.as_str())).collect())
}

/// The fields of the id, for `select`.
pub(super) fn ids(resource: &Resource) -> ArgValue {
    let names = resource.key.fields.iter().map(|field| field.name.as_str());
    ArgValue::Object(all(names))
}

impl<'r> Includes<'r> {
    /// Whether the resources of a relationship are in the document.
    pub(super) fn has(&self, relationship: &Relationship) -> bool {
        self.below(relationship).is_some()
    }

    fn below(&self, relationship: &Relationship) -> Option<&Self> {
        let found = self
            .below
            .iter()
            .find(|(one, _)| one.name == relationship.name);
        found.map(|(_, inner)| inner)
    }

    fn add(
        &mut self,
        api: &Api<'r>,
        resource: &'r Resource,
        steps: &[&str],
    ) -> Result<(), Problem> {
        let Some((first, further)) = steps.split_first() else {
            return Ok(());
        };
        let relationship = resource
            .relationship(first)
            .ok_or_else(|| unsupported(resource))?;
        let target = api
            .resources
            .target(relationship)
            .ok_or_else(|| unsupported(resource))?;
        let at = self
            .below
            .iter()
            .position(|(one, _)| one.name == relationship.name);
        let at = at.unwrap_or_else(|| {
            self.below.push((relationship, Self::default()));
            self.below.len() - 1
        });
        match self.below.get_mut(at) {
            Some((_, inner)) => inner.add(api, target, further),
            None => Ok(()),
        }
    }
}

fn field_sets<'r>(api: &Api<'r>, query: &Query) -> Result<Vec<FieldSet<'r>>, Problem> {
    let mut sets: Vec<FieldSet<'r>> = Vec::new();
    for (kind, names) in query.field_sets() {
        let resource = api.resources.named(kind);
        let resource =
            resource.ok_or_else(|| Code::UnsupportedModel.because("there is no such model"))?;
        if sets.iter().any(|set| set.resource.model == resource.model) {
            let detail = format!("the fields of `{}` are given twice", resource.type_name);
            return Err(Code::DuplicatedFieldsParameter.because(detail));
        }
        sets.push(field_set(api, resource, names)?);
    }
    Ok(sets)
}

fn field_set<'r>(
    api: &Api<'r>,
    resource: &'r Resource,
    names: &str,
) -> Result<FieldSet<'r>, Problem> {
    let mut set = FieldSet {
        resource,
        attributes: Vec::new(),
        relationships: None,
    };
    for name in items(names) {
        if let Some(relationship) = resource.relationship(name) {
            set.relationships
                .get_or_insert_default()
                .push(&relationship.name);
            continue;
        }
        match api.attribute(resource, name) {
            Some(field) => set.attributes.push(&field.name),
            None if name == "id" => {}
            None => {
                let detail = format!("`{}` has no such field", resource.type_name);
                return Err(Code::ValidationError.because(detail));
            }
        }
    }
    Ok(set)
}
