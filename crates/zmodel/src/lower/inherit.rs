//! What a model has of others: the members of its mixins and abstract bases, and the delegate that it extends.

use std::collections::HashSet;

use crate::MAX_BYTES;
use crate::ast::{Attribute, Field, Model, ModelWord, Name};
use crate::diagnostic::{Mistake, Mistakes};
use crate::resolve::{Item, Names};
use crate::suggest;

/// Over how many steps a model may inherit.
const MAX_STEPS: usize = 32;

/// How much text models may inherit together; each member counts for a little more than its letters. What is
/// inherited is looked at for each model that does.
const MAX_INHERITED: usize = 8 * MAX_BYTES;

/// What a member counts for beside its letters.
const MEMBER: usize = 32;

/// The members of a model, those of mixins and abstract bases first.
#[derive(Debug, Default)]
pub(super) struct Members<'a> {
    pub(super) fields: Vec<&'a Field>,
    pub(super) attributes: Vec<&'a Attribute>,
    /// The delegate that it extends, by its place among the models.
    pub(super) base: Option<usize>,
    /// Whether it may have members that are not seen.
    pub(super) damaged: bool,
    /// How much text they are.
    size: usize,
    included: HashSet<&'a str>,
}

/// Gathers members, as long as there are not too many.
#[derive(Debug)]
pub(super) struct Gatherer<'n, 'a> {
    names: &'n Names<'a>,
    left: usize,
}

impl<'n, 'a> Gatherer<'n, 'a> {
    pub(super) fn new(names: &'n Names<'a>) -> Self {
        Self {
            names,
            left: MAX_INHERITED,
        }
    }

    /// The members of a model.
    pub(super) fn members(&mut self, model: &'a Model, mistakes: &mut Mistakes) -> Members<'a> {
        let mut members = Members::default();
        self.add(model, &mut Vec::new(), &mut members, mistakes);
        members
    }

    fn add(
        &mut self,
        model: &'a Model,
        path: &mut Vec<&'a str>,
        members: &mut Members<'a>,
        mistakes: &mut Mistakes,
    ) {
        path.push(&model.name.text);
        for name in &model.bases {
            match self.base(model, name) {
                Ok(Inherited::Members(base)) => self.include(base, name, path, members, mistakes),
                Ok(Inherited::Delegate(index)) => self.extend(index, name, members, mistakes),
                Ok(Inherited::Unknown) => members.damaged = true,
                Err(mistake) => {
                    members.damaged = true;
                    mistakes.push(*mistake);
                }
            }
        }
        for name in &model.mixins {
            match self.mixin(model, name) {
                Ok(Some(mixin)) => self.include(mixin, name, path, members, mistakes),
                Ok(None) => members.damaged = true,
                Err(mistake) => {
                    members.damaged = true;
                    mistakes.push(*mistake);
                }
            }
        }
        members.fields.extend(&model.fields);
        members.attributes.extend(&model.attributes);
        members.damaged |= model.damaged;
        members.size += size(model);
        path.pop();
    }

    /// Adds the members of a mixin or an abstract model, once.
    fn include(
        &mut self,
        model: &'a Model,
        name: &Name,
        path: &mut Vec<&'a str>,
        members: &mut Members<'a>,
        mistakes: &mut Mistakes,
    ) {
        let own = model.name.text.as_str();
        if path.contains(&own) {
            members.damaged = true;
            mistakes.push(Mistake::at(
                name.span,
                format!("`{own}` inherits from itself"),
            ));
        } else if path.len() >= MAX_STEPS {
            members.damaged = true;
            mistakes.push(too_deep(name));
        } else if !members.included.contains(own) && self.spend(size(model), name, mistakes) {
            members.included.insert(own);
            self.add(model, path, members, mistakes);
        }
    }

    /// Takes a delegate as base.
    fn extend(
        &mut self,
        index: usize,
        name: &Name,
        members: &mut Members<'a>,
        mistakes: &mut Mistakes,
    ) {
        match members.base {
            Some(base) if base != index => mistakes.push(
                Mistake::at(name.span, "a model extends one delegate model only")
                    .help("extend one, and mix in the rest as types: `with …`"),
            ),
            _ => members.base = Some(index),
        }
    }

    /// Counts inherited text, and says whether there may be so much of it.
    pub(super) fn spend(&mut self, size: usize, name: &Name, mistakes: &mut Mistakes) -> bool {
        let left = self.left.checked_sub(size);
        if left.is_none() {
            mistakes.push(Mistake::at(
                name.span,
                "the models of this schema inherit too much text together",
            ));
        }
        self.left = left.unwrap_or_default();
        left.is_some()
    }

    fn base(&self, model: &Model, name: &Name) -> Result<Inherited<'a>, Box<Mistake>> {
        let text = &name.text;
        let (word, refused) = match self.names.item(text) {
            Some(Item::Abstract(base))
                if model.word != ModelWord::Type && model.word != ModelWord::View =>
            {
                return Ok(Inherited::Members(base));
            }
            Some(Item::Model(index))
                if matches!(model.word, ModelWord::Model | ModelWord::Abstract) =>
            {
                return self.delegate(index, name);
            }
            Some(Item::Refused) => return Ok(Inherited::Unknown),
            None => {
                let models = self.names.models.iter().chain(&self.names.abstracts);
                let near =
                    suggest::did_you_mean(text, models.map(|model| model.name.text.as_str()));
                let mistake = Mistake::at(name.span, format!("unknown model `{text}`"));
                return Err(Box::new(mistake.maybe_help(near)));
            }
            Some(Item::Type(_)) => ("type", format!("mix it in: `with {text}`")),
            Some(Item::Enum(_)) => ("enum", "a model extends models".to_owned()),
            Some(_) => {
                let message = format!("a {} does not extend models", model.word.text());
                return Err(Box::new(Mistake::at(name.span, message)));
            }
        };
        let message = format!(
            "`{text}` is a{} {word}, not a model",
            if word == "enum" { "n" } else { "" }
        );
        Err(Box::new(Mistake::at(name.span, message).help(refused)))
    }

    fn delegate(&self, index: usize, name: &Name) -> Result<Inherited<'a>, Box<Mistake>> {
        let base = self.names.models.get(index);
        let mut attributes = base.into_iter().flat_map(|model| &model.attributes);
        let is_damaged = base.is_some_and(|model| model.damaged);
        if is_damaged || attributes.any(|attribute| attribute.name.text == "@@delegate") {
            return Ok(Inherited::Delegate(index));
        }
        let message = format!("model `{}` is not made to be extended", name.text);
        Err(Box::new(Mistake::at(name.span, message).help(
            "give it `@@delegate(…)` with a field that tells the models apart, or make it a `type` and mix it in",
        )))
    }

    fn mixin(&self, model: &Model, name: &Name) -> Result<Option<&'a Model>, Box<Mistake>> {
        let text = &name.text;
        let mistake = |message: String| Mistake::at(name.span, message);
        match self.names.item(text) {
            _ if model.word == ModelWord::View => {
                Err(Box::new(mistake("a view does not mix in types".to_owned())))
            }
            Some(Item::Type(mixin)) => Ok(Some(mixin)),
            Some(Item::Refused) => Ok(None),
            Some(Item::Model(_) | Item::Abstract(_)) => {
                let mistake = mistake(format!("`{text}` is a model, not a type"));
                Err(Box::new(mistake.help(format!("write `extends {text}`"))))
            }
            Some(Item::Enum(_)) => Err(Box::new(mistake(format!(
                "`{text}` is an enum, not a type"
            )))),
            None => {
                let types = self.names.types.iter().map(|item| item.name.text.as_str());
                let near = suggest::did_you_mean(text, types);
                Err(Box::new(
                    mistake(format!("unknown type `{text}`")).maybe_help(near),
                ))
            }
        }
    }
}

/// What a name after `extends` stands for.
enum Inherited<'a> {
    Members(&'a Model),
    Delegate(usize),
    /// What could not be read.
    Unknown,
}

fn size(model: &Model) -> usize {
    let members = model.fields.len() + model.attributes.len();
    model.span.end.saturating_sub(model.span.start) + members * MEMBER
}

fn too_deep(name: &Name) -> Mistake {
    let message = format!("this inherits over more than {MAX_STEPS} steps");
    Mistake::at(name.span, message)
}

/// The places of the models, delegates before those that extend them. Who extends itself, or over too many steps, is
/// reported and extends nothing.
pub(super) fn order(
    all: &mut [Members<'_>],
    gatherer: &mut Gatherer<'_, '_>,
    mistakes: &mut Mistakes,
) -> Vec<usize> {
    let depths = depths(all, gatherer.names, mistakes);
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|index| depths.get(*index).copied());
    for index in &order {
        let Some(base) = all.get(*index).and_then(|members| members.base) else {
            continue;
        };
        let size = all.get(base).map_or(0, |members| members.size);
        let model = gatherer.names.models.get(*index);
        if !model.is_some_and(|model| gatherer.spend(size, &model.name, mistakes)) {
            cut(all, *index);
        } else if let Some(members) = all.get_mut(*index) {
            members.size += size;
        }
    }
    order
}

/// Over how many steps each model extends others.
fn depths(all: &mut [Members<'_>], names: &Names<'_>, mistakes: &mut Mistakes) -> Vec<usize> {
    let mut depths: Vec<Option<usize>> = vec![None; all.len()];
    for start in 0..all.len() {
        let chain = chain(all, start, &depths, names, mistakes);
        for index in chain.into_iter().rev() {
            let base = all.get(index).and_then(|members| members.base);
            let below = |base: usize| depths.get(base).copied().flatten().unwrap_or_default() + 1;
            let mut depth = base.map_or(0, below);
            if depth > MAX_STEPS {
                mistakes.extend(names.models.get(index).map(|model| too_deep(&model.name)));
                cut(all, index);
                depth = 0;
            }
            if let Some(known) = depths.get_mut(index) {
                *known = Some(depth);
            }
        }
    }
    depths.into_iter().map(Option::unwrap_or_default).collect()
}

/// The model and its bases, up to one whose depth is known. A circle is reported and cut.
fn chain(
    all: &mut [Members<'_>],
    start: usize,
    depths: &[Option<usize>],
    names: &Names<'_>,
    mistakes: &mut Mistakes,
) -> Vec<usize> {
    let (mut chain, mut seen) = (Vec::new(), HashSet::new());
    let mut next = Some(start);
    while let Some(index) = next {
        if depths.get(index).copied().flatten().is_some() {
            break;
        }
        if !seen.insert(index) {
            let model = names.models.get(index);
            mistakes.extend(model.map(|model| {
                let message = format!("model `{}` extends itself", model.name.text);
                Mistake::at(model.name.span, message)
            }));
            cut(all, index);
            break;
        }
        chain.push(index);
        next = all.get(index).and_then(|members| members.base);
    }
    chain
}

fn cut(all: &mut [Members<'_>], index: usize) {
    if let Some(members) = all.get_mut(index) {
        members.base = None;
        members.damaged = true;
    }
}
