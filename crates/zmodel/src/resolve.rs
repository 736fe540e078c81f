//! What each name of the schema stands for.

use std::collections::HashMap;

use crate::ast::{Enum, File, Model, Name};
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::Scalar;
use crate::suggest;

/// The declared names.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    /// Enums, each name once, in the order of the sources.
    pub(crate) enums: Vec<&'a Enum>,
    /// Models, each name once, in the order of the sources.
    pub(crate) models: Vec<&'a Model>,
    items: HashMap<&'a str, (Item<'a>, &'a Name)>,
}

/// What a declared name stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Item<'a> {
    Enum(&'a Enum),
    /// The model with this place in `models`.
    Model(usize),
    /// Something this version refused already.
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
            if names.declare(&item.name, Item::Model(names.models.len()), mistakes) {
                names.models.push(item);
            }
        }
        for name in &file.refused {
            names
                .items
                .entry(&name.text)
                .or_insert((Item::Refused, name));
        }
    }
    names
}

impl<'a> Names<'a> {
    /// What a type name stands for.
    pub(crate) fn type_of(&self, name: &Name) -> Result<Type<'a>, Mistake> {
        if let Some(scalar) = Scalar::from_name(&name.text) {
            return Ok(Type::Scalar(scalar));
        }
        let known = self
            .items
            .get(name.text.as_str())
            .map(|(item, _)| Type::Item(*item));
        known.ok_or_else(|| {
            let near = suggest::did_you_mean(&name.text, self.type_names());
            Mistake::at(name.span, format!("unknown type `{}`", name.text)).maybe_help(near)
        })
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
        let models = self.models.iter().map(|item| item.name.text.as_str());
        scalars.chain(enums).chain(models)
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
                mistakes.push(
                    Mistake::at(name.span, format!("`{}` is declared twice", name.text))
                        .note(first.span, "it is declared here first"),
                );
                false
            }
            None => {
                self.items.insert(&name.text, (item, name));
                true
            }
        }
    }
}
