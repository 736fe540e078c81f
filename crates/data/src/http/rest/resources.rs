//! What can be spoken of: the models that are open, their names in paths, and what identifies their rows.

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, Field, Model};

use super::charset::Charset;
use super::options::{PageSize, RestOptions, RestOptionsError};
use super::problem::{Code, Problem};
use crate::args::parse::fields;
use crate::client::Engine;

/// The resources of a service. Made once.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    items: Vec<Resource>,
    pub(super) charset: Charset,
    pub(super) endpoint: String,
    pub(super) page_size: PageSize,
    pub(super) divider: String,
    pub(super) nested_routes: bool,
    pub(super) linkage: u32,
    /// Names that models would have in paths if they had no other one, and that other one.
    renamed: Vec<(String, String)>,
}

/// The rows of a model as resources.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// The model's name in the schema.
    pub(crate) model: String,
    /// Its name in paths.
    pub(crate) segment: String,
    /// What resources call their type.
    pub(crate) type_name: String,
    pub(crate) key: Key,
    pub(crate) relationships: Vec<Relationship>,
}

/// What identifies a resource.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// Empty where nothing does.
    pub(crate) fields: Vec<Field>,
    /// How a key of several fields is called in queries.
    pub(crate) name: String,
}

/// A relation whose other side is a resource.
#[derive(Debug, Clone)]
pub(crate) struct Relationship {
    pub(crate) name: String,
    target: usize,
    pub(crate) is_many: bool,
    pub(crate) is_optional: bool,
    /// The relation on the other side.
    pub(super) opposite: String,
    /// Fields of the other side that hold its key, where that side has it.
    pub(super) opposite_key: Vec<String>,
}

impl Resources {
    /// The resources of the models that clients see.
    pub(crate) fn new(engine: &Engine, options: &RestOptions) -> Result<Self, RestOptionsError> {
        let schema = &engine.schema;
        options.check()?;
        let names = options.model_name_mapping.keys();
        require_models(schema, "model_name_mapping", names)?;
        let names = options.external_id_mapping.keys();
        require_models(schema, "external_id_mapping", names)?;
        let models = schema.models.iter();
        let models = models.filter(|model| fields::is_seen(engine, model));
        let models: Vec<_> = models.collect();
        let mut resources = Self {
            items: Vec::with_capacity(models.len()),
            charset: Charset::read(&options.url_segment_charset)?,
            endpoint: options.endpoint.trim_end_matches('/').to_owned(),
            page_size: options.page_size,
            divider: options.id_divider.clone(),
            nested_routes: options.nested_routes,
            linkage: options.linkage.get(),
            renamed: Vec::new(),
        };
        for model in &models {
            resources.add(engine, model, options)?;
        }
        for at in 0..resources.items.len() {
            let found = models.get(at).map(|model| resources.related(engine, model));
            if let (Some(resource), Some(found)) = (resources.items.get_mut(at), found) {
                resource.relationships = found;
            }
        }
        Ok(resources)
    }

    fn add(
        &mut self,
        engine: &Engine,
        model: &Model,
        options: &RestOptions,
    ) -> Result<(), RestOptionsError> {
        let own = uncapitalized(&model.name);
        let mapped = mapped(&options.model_name_mapping, &model.name);
        if let Some(mapped) = mapped {
            if mapped.starts_with('$') || !self.charset.admits(mapped) {
                let segment = mapped.to_owned();
                return Err(RestOptionsError::Segment { segment });
            }
            self.renamed.push((own.clone(), mapped.to_owned()));
        }
        let segment = mapped.map_or(own, str::to_owned);
        if self.items.iter().any(|other| other.segment == segment) {
            return Err(RestOptionsError::Ambiguous { segment });
        }
        let key = match mapped_key(&options.external_id_mapping, model) {
            Some(name) => external_key(engine, model, name)?,
            None => identity(engine, model),
        };
        self.items.push(Resource {
            model: model.name.clone(),
            type_name: mapped.map_or_else(|| model.name.clone(), str::to_owned),
            segment,
            key,
            relationships: Vec::new(),
        });
        Ok(())
    }

    fn related(&self, engine: &Engine, model: &Model) -> Vec<Relationship> {
        let seen = fields::all(engine, model);
        let relationships = seen.filter_map(|field| {
            let relation = field.relation()?;
            let is_target = |one: &Resource| one.model == relation.model;
            let target = self.items.iter().position(is_target)?;
            // Without an id there is nothing to say of it.
            let is_identified = self
                .items
                .get(target)
                .is_some_and(|one| !one.key.fields.is_empty());
            let other = engine.schema.model(&relation.model)?;
            let other = other.field(&relation.opposite);
            let key = other
                .and_then(Field::relation)
                .map(|other| other.fields.clone());
            is_identified.then(|| Relationship {
                name: field.name.clone(),
                target,
                is_many: field.arity == Arity::List,
                is_optional: field.arity == Arity::Optional,
                opposite: relation.opposite.clone(),
                opposite_key: key.unwrap_or_default(),
            })
        });
        relationships.collect()
    }

    /// The resource of a name in a path.
    pub(super) fn in_path(&self, segment: &str) -> Result<&Resource, Problem> {
        let found = self.items.iter().find(|one| one.segment == segment);
        if let Some(resource) = found.or_else(|| self.not_renamed(segment)) {
            return resource.identified();
        }
        let renamed = self
            .renamed
            .iter()
            .find(|(own, _)| own == segment || uncapitalized(segment) == *own);
        Err(match renamed {
            Some((_, mapped)) => {
                Code::InvalidValue.because(format!("the name of this model in paths is `{mapped}`"))
            }
            None => Code::UnsupportedModel.because("there is no such model"),
        })
    }

    /// The model with exactly this name.
    fn not_renamed(&self, segment: &str) -> Option<&Resource> {
        self.items
            .iter()
            .find(|one| one.model == segment && one.type_name == one.model)
    }

    /// The resource that a body or a parameter calls so: by its name in the schema or in paths.
    pub(super) fn named(&self, name: &str) -> Option<&Resource> {
        let own = uncapitalized(name);
        let in_paths = self.items.iter().find(|one| one.segment == name);
        in_paths.or_else(|| {
            self.items
                .iter()
                .find(|one| uncapitalized(&one.model) == own)
        })
    }

    /// All of them, in the order of the schema.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Resource> {
        self.items.iter()
    }

    /// Whether rows of a relation have paths of their own.
    pub(crate) fn has_nested_routes(&self) -> bool {
        self.nested_routes
    }

    /// Whether a character may stand in a path as it is.
    pub(crate) fn admits(&self, character: char) -> bool {
        self.charset.has(character)
    }

    /// What stands between the values of an id of several fields.
    pub(crate) fn divider(&self) -> &str {
        &self.divider
    }

    /// The resource at the other side.
    pub(crate) fn target(&self, relationship: &Relationship) -> Option<&Resource> {
        self.items.get(relationship.target)
    }
}

impl Resource {
    /// Itself, where its rows can be told apart.
    fn identified(&self) -> Result<&Self, Problem> {
        if self.key.fields.is_empty() {
            return Err(Code::NoId.bare());
        }
        Ok(self)
    }

    pub(crate) fn relationship(&self, name: &str) -> Option<&Relationship> {
        self.relationships.iter().find(|one| one.name == name)
    }

    /// The field that is the id, and so no attribute.
    pub(super) fn single_id(&self) -> Option<&str> {
        match self.key.fields.as_slice() {
            [only] => Some(&only.name),
            _ => None,
        }
    }
}

fn require_models<'n>(
    schema: &Schema,
    setting: &'static str,
    mut names: impl Iterator<Item = &'n String>,
) -> Result<(), RestOptionsError> {
    let is_unknown = |name: &&String| {
        let own = uncapitalized(name);
        !schema
            .models
            .iter()
            .any(|model| uncapitalized(&model.name) == own)
    };
    match names.find(is_unknown) {
        Some(name) => Err(RestOptionsError::UnknownModel {
            setting,
            model: name.clone(),
        }),
        None => Ok(()),
    }
}

/// What a mapping says of a model, whose name there may begin with a small letter.
fn mapped<'m>(
    mapping: &'m std::collections::BTreeMap<String, String>,
    model: &str,
) -> Option<&'m str> {
    let found = mapping
        .get(model)
        .or_else(|| mapping.get(&uncapitalized(model)));
    found.map(String::as_str)
}

fn mapped_key<'m>(
    mapping: &'m std::collections::BTreeMap<String, String>,
    model: &Model,
) -> Option<&'m str> {
    mapped(mapping, &model.name)
}

fn identity(engine: &Engine, model: &Model) -> Key {
    let name = model.id_name.clone();
    Key {
        fields: visible(engine, model, &model.id),
        name: name.unwrap_or_else(|| model.id.join("_")),
    }
}

fn external_key(engine: &Engine, model: &Model, key: &str) -> Result<Key, RestOptionsError> {
    let named = |names: &[String], name: &Option<String>| match names {
        [only] => only.clone(),
        names => name.clone().unwrap_or_else(|| names.join("_")),
    };
    if named(&model.id, &model.id_name) == key {
        return Ok(identity(engine, model));
    }
    let mut uniques = engine.schema.uniques(model);
    let unique = uniques.find(|unique| named(&unique.fields, &unique.name) == key);
    let found = unique.map(|unique| visible(engine, model, &unique.fields));
    // A key that may be null names nothing.
    let found = found.filter(|found| found.iter().all(|field| field.arity == Arity::Required));
    found
        .map(|fields| Key {
            fields,
            name: key.to_owned(),
        })
        .ok_or_else(|| RestOptionsError::NotUnique {
            model: model.name.clone(),
            key: key.to_owned(),
        })
}

/// These fields, where clients see all of them.
fn visible(engine: &Engine, model: &Model, names: &[String]) -> Vec<Field> {
    let found = names
        .iter()
        .map(|name| fields::visible(engine, model, name).cloned());
    found.collect::<Option<_>>().unwrap_or_default()
}

/// The name with a small first letter.
pub(crate) fn uncapitalized(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(letters).collect()
}
