use std::fmt::Write;
use std::sync::Arc;

use hallpass_zmodel::schema::{Model, Procedure};

use super::counts::Counts;
use crate::args::ArgValue;
use crate::client::Engine;
use crate::error::InvalidInput;
use crate::limits::Limits;
use crate::operation::Operation;

/// Letters of an unknown name that a message repeats.
const MAX_NAME: usize = 60;

/// The call whose arguments are read.
#[derive(Debug)]
pub(crate) struct Call<'e> {
    pub(crate) engine: &'e Engine,
    pub(crate) operation: Operation,
    /// The model that it was made on, whatever the level.
    pub(crate) model: &'e Model,
    /// The procedure that is called instead.
    pub(crate) procedure: Option<&'e Procedure>,
    limits: &'e Limits,
    counts: Arc<Counts>,
}

/// A place in the arguments of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'e, 'a> {
    call: &'a Call<'e>,
    value: &'a ArgValue,
    step: Step<'a>,
    parent: Option<&'a At<'e, 'a>>,
    depth: usize,
    /// Levels of filters around it.
    filters: usize,
    /// Levels of relations that come along around it.
    includes: usize,
}

/// How a place is reached from the one around it.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Member(&'a str),
    Item(usize),
}

impl<'e> Call<'e> {
    pub(crate) fn new(
        engine: &'e Engine,
        operation: Operation,
        model: &'e Model,
        limits: &'e Limits,
    ) -> Self {
        Self::counting(engine, operation, model, limits, Arc::default())
    }

    /// The same as one of several calls, which together may ask for no more than one.
    pub(crate) fn counting(
        engine: &'e Engine,
        operation: Operation,
        model: &'e Model,
        limits: &'e Limits,
        counts: Arc<Counts>,
    ) -> Self {
        Self {
            engine,
            operation,
            model,
            procedure: None,
            limits,
            counts,
        }
    }

    /// The same of a procedure.
    pub(crate) fn of_procedure(self, procedure: &'e Procedure) -> Self {
        Self {
            procedure: Some(procedure),
            ..self
        }
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Where the arguments begin.
    pub(crate) fn at<'a>(&'a self, args: &'a ArgValue) -> At<'e, 'a> {
        At {
            call: self,
            value: args,
            step: Step::Root,
            parent: None,
            depth: 0,
            filters: 0,
            includes: 0,
        }
    }

    /// The mistake that nothing in particular is wrong with.
    fn mistake(&self, path: String, message: String) -> InvalidInput {
        if let Some(procedure) = self.procedure {
            return InvalidInput::ProcedureArgument {
                procedure: procedure.name.clone(),
                path,
                message,
            };
        }
        InvalidInput::Argument {
            operation: self.operation.name(),
            model: self.model.name.clone(),
            path,
            message,
        }
    }
}

impl<'e, 'a> At<'e, 'a> {
    pub(crate) fn call(&self) -> &'a Call<'e> {
        self.call
    }

    pub(crate) fn engine(&self) -> &'e Engine {
        self.call.engine
    }

    pub(crate) fn limits(&self) -> &'e Limits {
        self.call.limits
    }

    pub(crate) fn value(&self) -> &'a ArgValue {
        self.value
    }

    pub(crate) fn is_null(&self) -> bool {
        *self.value == ArgValue::Null
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self.value, ArgValue::Object(_))
    }

    /// The name under which an object holds this; empty for others.
    pub(crate) fn name(&self) -> &'a str {
        match self.step {
            Step::Member(name) => name,
            Step::Root | Step::Item(_) => "",
        }
    }

    /// `where.author.is[0]`
    pub(crate) fn path(&self) -> String {
        let mut path = self.parent.map(At::path).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Member(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&cut(name));
            }
            // Writing into text cannot fail.
            Step::Item(number) => drop(write!(path, "[{number}]")),
        }
        path
    }

    /// A mistake at this place.
    pub(crate) fn fail(&self, message: impl Into<String>) -> InvalidInput {
        self.call.mistake(self.path(), message.into())
    }

    /// `expected string, found number`
    pub(crate) fn expected(&self, what: &str) -> InvalidInput {
        self.fail(format!("expected {what}, found {}", self.value.describe()))
    }

    /// A member that is not there and must be.
    pub(crate) fn missing(&self, name: &str) -> InvalidInput {
        let path = match self.path() {
            path if path.is_empty() => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        self.call
            .mistake(path, "expected a value, found none".to_owned())
    }

    /// A member whose name means nothing here, told at the object that holds it.
    pub(crate) fn unknown<'n>(&self, known: impl IntoIterator<Item = &'n str>) -> InvalidInput {
        let name = self.name();
        let mut message = format!("Unrecognized key: \"{}\"", cut(name));
        if let Some(near) = hallpass_zmodel::nearest(name, known) {
            message.push_str(&format!(", did you mean `{near}`?"));
        }
        self.parent.unwrap_or(self).fail(message)
    }

    /// The member of this name, where it is there.
    pub(crate) fn member<'b>(&'b self, name: &str) -> Result<Option<At<'e, 'b>>, InvalidInput> {
        let found = self.object()?.iter().find(|(one, _)| one == name);
        found
            .map(|(name, value)| self.step(Step::Member(name), value))
            .transpose()
    }

    /// Every member of an object.
    pub(crate) fn members<'b>(&'b self) -> Result<Vec<At<'e, 'b>>, InvalidInput> {
        let members = self.object()?.iter();
        members
            .map(|(name, value)| self.step(Step::Member(name), value))
            .collect()
    }

    /// The same one after the other, for who looks at each once.
    pub(crate) fn each_member<'b>(
        &'b self,
    ) -> Result<impl Iterator<Item = Result<At<'e, 'b>, InvalidInput>>, InvalidInput> {
        let members = self.object()?.iter();
        Ok(members.map(|(name, value)| self.step(Step::Member(name), value)))
    }

    /// Every item of an array.
    pub(crate) fn items<'b>(&'b self) -> Result<Vec<At<'e, 'b>>, InvalidInput> {
        let ArgValue::List(items) = self.value else {
            return Err(self.expected("array"));
        };
        let items = items.iter().enumerate();
        items
            .map(|(number, value)| self.step(Step::Item(number), value))
            .collect()
    }

    /// Does something with every member and item, one after the other.
    pub(super) fn try_each(
        &self,
        mut work: impl FnMut(At<'e, '_>) -> Result<(), InvalidInput>,
    ) -> Result<(), InvalidInput> {
        match self.value {
            ArgValue::Object(members) => members
                .iter()
                .try_for_each(|(name, value)| work(self.step(Step::Member(name), value)?)),
            ArgValue::List(items) => {
                let mut items = items.iter().enumerate();
                items.try_for_each(|(number, value)| work(self.step(Step::Item(number), value)?))
            }
            _ => Ok(()),
        }
    }

    /// Every item of an array, or the one thing that stands in its place.
    pub(crate) fn one_or_many<'b>(&'b self) -> Result<Vec<At<'e, 'b>>, InvalidInput> {
        if matches!(self.value, ArgValue::List(_)) {
            return self.items();
        }
        Ok(vec![*self])
    }

    /// Refuses members of other names.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), InvalidInput> {
        let members = self.object()?.iter();
        let mut others = members.filter(|(name, _)| !known.contains(&name.as_str()));
        match others.next() {
            Some((name, value)) => {
                let other = self.step(Step::Member(name), value)?;
                Err(other.unknown(known.iter().copied()))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn text(&self) -> Result<&'a str, InvalidInput> {
        match self.value {
            ArgValue::Text(text) => Ok(text),
            _ => Err(self.expected("string")),
        }
    }

    pub(crate) fn boolean(&self) -> Result<bool, InvalidInput> {
        match self.value {
            ArgValue::Boolean(value) => Ok(*value),
            _ => Err(self.expected("boolean")),
        }
    }

    /// A whole number.
    pub(crate) fn integer(&self) -> Result<i64, InvalidInput> {
        let number = match self.value {
            ArgValue::Number(number) => super::value::whole(number),
            // Its digits are too many for one.
            ArgValue::Literal(_) => None,
            _ => return Err(self.expected("number")),
        };
        number.ok_or_else(|| self.fail("expected a whole number"))
    }

    /// The members of an object with their names.
    pub(crate) fn pairs(&self) -> Result<&'a [(String, ArgValue)], InvalidInput> {
        self.object()
    }

    /// The same place with another value in it.
    pub(crate) fn instead<'b>(&'b self, value: &'b ArgValue) -> At<'e, 'b> {
        At { value, ..*self }
    }

    fn object(&self) -> Result<&'a [(String, ArgValue)], InvalidInput> {
        match self.value {
            ArgValue::Object(members) => Ok(members),
            _ => Err(self.expected("object")),
        }
    }

    fn step<'b>(&'b self, step: Step<'b>, value: &'b ArgValue) -> Result<At<'e, 'b>, InvalidInput> {
        let most = self.limits().depth;
        if self.depth + 1 >= most {
            return Err(self.fail(format!("nests too deep: at most {most} levels")));
        }
        Ok(At {
            call: self.call,
            value,
            step,
            parent: Some(self),
            depth: self.depth + 1,
            filters: self.filters,
            includes: self.includes,
        })
    }

    /// The same place, as a level of a filter.
    pub(crate) fn as_filter(&self) -> Result<Self, InvalidInput> {
        let most = self.limits().filter_depth;
        if self.filters >= most {
            return Err(self.fail(format!("at most {most} levels of conditions")));
        }
        Ok(Self {
            filters: self.filters + 1,
            ..*self
        })
    }

    /// The same place, as a relation that comes along.
    pub(crate) fn as_include(&self) -> Result<Self, InvalidInput> {
        let most = self.limits().include_depth;
        if self.includes >= most {
            return Err(self.fail(format!("at most {most} levels of related rows")));
        }
        Ok(Self {
            includes: self.includes + 1,
            ..*self
        })
    }
}

/// A name as messages may hold it: no control characters, no more than a line.
pub(crate) fn cut(name: &str) -> String {
    // As every name of a schema.
    if name.len() <= MAX_NAME && name.bytes().all(|letter| letter.is_ascii_graphic()) {
        return name.to_owned();
    }
    let mut cut: String = name
        .chars()
        .take(MAX_NAME)
        .map(|letter| {
            if letter.is_control() {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .collect();
    if name.chars().nth(MAX_NAME).is_some() {
        cut.push('…');
    }
    cut
}
