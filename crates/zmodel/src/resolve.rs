//! What each name of the schema stands for.
//!
//! Models, views, types and enums share one set of names, as they stand where a type may stand. Attributes, functions,
//! procedures, generators and plugins have a set each.

use std::collections::HashMap;

use crate::ast::{AttributeDeclaration, Enum, File, Model, ModelWord, Name};
use crate::attributes;
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::Scalar;
use crate::suggest;
use crate::{functions, lower};

/// The declared names.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    /// Enums, each name once, in the order of the sources.
    pub(crate) enums: Vec<&'a Enum>,
    /// Models and views, each name once, in the order of the sources.
    pub(crate) models: Vec<&'a Model>,
    /// Types, each name once, in the order of the sources.
    pub(crate) types: Vec<&'a Model>,
    /// Abstract models, each name once, in the order of the sources.
    pub(crate) abstracts: Vec<&'a Model>,
    /// Attributes of the schema's own.
    pub(crate) attributes: HashMap<&'a str, &'a AttributeDeclaration>,
    /// Functions of the schema's own.
    pub(crate) functions: HashMap<&'a str, &'a Name>,
    items: HashMap<&'a str, (Item<'a>, &'a Name)>,
}

/// What a declared name stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Item<'a> {
    Enum(&'a Enum),
    /// The model or view with this place in `models`.
    Model(usize),
    Type(&'a Model),
    Abstract(&'a Model),
    /// Something that could not be read, and is reported already.
    Refused,
}

/// What the type of a field stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Type<'a> {
    Scalar(Scalar),
    Item(Item<'a>),
}

/// Gathers the names of all sources. Of two declarations with one name the first keeps it.
pub(crate) fn resolve<'a>(files: &'a [File], mistakes: &mut Mistakes) -> Names<'a> {
    let mut names = Names::default();
    for file in files {
        for item in &file.enums {
            if names.declare(&item.name, Item::Enum(item), mistakes) {
                names.enums.push(item);
            }
        }
        for item in &file.models {
            names.declare_model(item, mistakes);
        }
        for name in &file.refused {
            names
                .items
                .entry(&name.text)
                .or_insert((Item::Refused, name));
        }
        names.declare_others(file, mistakes);
    }
    check_procedures(files, mistakes);
    names
}

impl<'a> Names<'a> {
    /// What a type name stands for.
    pub(crate) fn type_of(&self, name: &Name) -> Result<Type<'a>, Mistake> {
        if let Some(scalar) = Scalar::from_name(&name.text) {
            return Ok(Type::Scalar(scalar));
        }
        let known = self.item(&name.text).map(Type::Item);
        known.ok_or_else(|| {
            let near = suggest::did_you_mean(&name.text, self.type_names());
            Mistake::at(name.span, format!("unknown type `{}`", name.text)).maybe_help(near)
        })
    }

    /// What a declared name stands for.
    pub(crate) fn item(&self, name: &str) -> Option<Item<'a>> {
        self.items.get(name).map(|(item, _)| *item)
    }

    /// The enum of this name.
    pub(crate) fn enumeration(&self, name: &str) -> Option<&'a Enum> {
        match self.items.get(name) {
            Some((Item::Enum(item), _)) => Some(item),
            _ => None,
        }
    }

    fn type_names(&self) -> impl Iterator<Item = &str> {
        let scalars = Scalar::ALL
            .into_iter()
            .map(|scalar| -> &str { scalar.name() });
        let enums = self.enums.iter().map(|item| item.name.text.as_str());
        let models = self.models.iter().chain(&self.types);
        scalars
            .chain(enums)
            .chain(models.map(|item| item.name.text.as_str()))
    }

    fn declare_model(&mut self, model: &'a Model, mistakes: &mut Mistakes) {
        let item = match model.word {
            ModelWord::Model | ModelWord::View => Item::Model(self.models.len()),
            ModelWord::Type => Item::Type(model),
            ModelWord::Abstract => Item::Abstract(model),
        };
        if !self.declare(&model.name, item, mistakes) {
            return;
        }
        match model.word {
            ModelWord::Model | ModelWord::View => self.models.push(model),
            ModelWord::Type => self.types.push(model),
            ModelWord::Abstract => self.abstracts.push(model),
        }
    }

    fn declare(&mut self, name: &'a Name, item: Item<'a>, mistakes: &mut Mistakes) -> bool {
        if Scalar::from_name(&name.text).is_some() {
            mistakes.push(Mistake::at(
                name.span,
                format!("`{}` is the name of a scalar type", name.text),
            ));
            return false;
        }
        match self.items.get(name.text.as_str()) {
            Some((_, first)) => {
                mistakes.push(twice(name, first));
                false
            }
            None => {
                self.items.insert(&name.text, (item, name));
                true
            }
        }
    }

    fn declare_others(&mut self, file: &'a File, mistakes: &mut Mistakes) {
        for item in &file.attributes {
            let name = &item.name;
            if attributes::find(&name.text).is_some() {
                mistakes.push(built_in(name));
            } else if let Some(first) = self.attributes.get(name.text.as_str()) {
                mistakes.push(twice(name, &first.name));
            } else {
                self.attributes.insert(&name.text, item);
            }
        }
        for name in &file.functions {
            if functions::find(&name.text).is_some() || lower::is_function(&name.text) {
                mistakes.push(built_in(name));
            } else if let Some(first) = self.functions.get(name.text.as_str()) {
                mistakes.push(twice(name, first));
            } else {
                self.functions.insert(&name.text, name);
            }
        }
    }
}

/// Procedures, generators and plugins are not spoken of elsewhere: it is enough that they differ.
fn check_procedures(files: &[File], mistakes: &mut Mistakes) {
    let mut seen: HashMap<(&str, &str), &Name> = HashMap::new();
    let procedures = files.iter().flat_map(|file| &file.procedures);
    let procedures = procedures.map(|item| ("procedure", &item.name));
    let others = files.iter().flat_map(|file| &file.others);
    for (word, name) in procedures.chain(others.map(|item| (item.word, &item.name))) {
        if let Some(first) = seen.insert((word, &name.text), name) {
            mistakes.push(twice(name, first));
        }
    }
}

fn twice(name: &Name, first: &Name) -> Mistake {
    Mistake::at(name.span, format!("`{}` is declared twice", name.text))
        .note(first.span, "it is declared here first")
}

fn built_in(name: &Name) -> Mistake {
    Mistake::at(name.span, format!("`{}` is built in", name.text)).help("give yours another name")
}
