use hallpass_sql::{Expr, Value};
use hallpass_zmodel::schema::{Field, Model};

use super::unfit;
use crate::client::Engine;
use crate::codec::{Codec, Mismatch};
use crate::error::{Error, InvalidInput};
use crate::generate::Generator;
use crate::policy::{Access, Member};

impl Slot {
    /// Whether there is a value of it, of whoever asks.
    pub(crate) fn is_of(&self, access: &Access) -> bool {
        match (self, access) {
            (Self::Member(member), Access::Person(person)) => member.is_of(person),
            (Self::Member(_), Access::Full) => false,
            (Self::Now(_) | Self::Generated(_) | Self::Argument(_) | Self::Given(_), _) => true,
        }
    }
}

/// A value made at each run.
#[derive(Debug)]
pub(crate) enum Slot {
    /// The current moment, for a column of this kind.
    Now(Box<Codec>),
    /// A new id.
    Generated(Generator),
    /// An argument.
    Argument(Box<Argument>),
    /// The argument of this number, which is as its column takes it.
    Given(usize),
    /// Of the person who asks.
    Member(Box<Member>),
}

/// An argument of a run and what becomes of it.
#[derive(Debug)]
pub(crate) struct Argument {
    number: usize,
    model: String,
    field: String,
    codec: Codec,
    purpose: Purpose,
}

/// What an argument is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The new value of a field.
    Assigned,
    /// Something to be equal to: what no row can hold becomes null, which equals nothing.
    Sought,
    /// Something to compare with.
    Compared,
    /// A text to find inside another.
    Pattern(Match),
}

/// Where a text is sought inside another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    Anywhere,
    Start,
    End,
}

impl Match {
    /// The LIKE pattern in which the text stands for itself.
    pub(crate) fn pattern(self, text: &str) -> String {
        let mut pattern = String::with_capacity(text.len() + 2);
        if self != Self::Start {
            pattern.push('%');
        }
        for character in text.chars() {
            if matches!(character, '%' | '_' | Expr::LIKE_ESCAPE) {
                pattern.push(Expr::LIKE_ESCAPE);
            }
            pattern.push(character);
        }
        if self != Self::End {
            pattern.push('%');
        }
        pattern
    }
}

impl Slot {
    pub(crate) fn assigned(model: &Model, field: &Field, codec: Codec, number: usize) -> Self {
        Self::argument(model, field, codec, number, Purpose::Assigned)
    }

    pub(crate) fn argument(
        model: &Model,
        field: &Field,
        codec: Codec,
        number: usize,
        purpose: Purpose,
    ) -> Self {
        Self::Argument(Box::new(Argument {
            number,
            model: model.name.clone(),
            field: field.name.clone(),
            codec,
            purpose,
        }))
    }

    /// The values of this run.
    pub(crate) fn values<'s>(
        slots: impl IntoIterator<Item = &'s Self>,
        engine: &Engine,
        access: &Access,
        arguments: &[Value],
    ) -> Result<Vec<Value>, Error> {
        let slots = slots.into_iter();
        // Not collected: results of unknown number would make the list grow again and again.
        let mut values = Vec::with_capacity(slots.size_hint().0);
        for slot in slots {
            values.push(slot.value(engine, access, arguments)?);
        }
        Ok(values)
    }

    /// The value of this run.
    pub(crate) fn value(
        &self,
        engine: &Engine,
        access: &Access,
        arguments: &[Value],
    ) -> Result<Value, Error> {
        match self {
            Self::Now(codec) => {
                let now = Value::Timestamp(engine.clock.now());
                // No clock tells a year that has no text.
                Ok(codec.encode(&now).unwrap_or(Value::Null))
            }
            Self::Generated(generator) => Ok(Value::Text(generator.make(engine))),
            Self::Argument(argument) => Ok(argument.encode(given(arguments, argument.number)?)?),
            Self::Given(number) => Ok(given(arguments, *number)?.clone()),
            Self::Member(member) => {
                let value = match access {
                    Access::Person(person) => member.of(person),
                    Access::Full => None,
                };
                // SECURITY: a plan is only run of whom it is true.
                value.ok_or_else(|| Error::NotSupported("a plan of somebody else".to_owned()))
            }
        }
    }
}

fn given(arguments: &[Value], number: usize) -> Result<&Value, InvalidInput> {
    let given = arguments.get(number);
    given.ok_or(InvalidInput::Parameter { number })
}

impl Argument {
    fn encode(&self, given: &Value) -> Result<Value, InvalidInput> {
        if *given == Value::Null && !(self.purpose == Purpose::Assigned && self.codec.optional) {
            return Err(InvalidInput::Null {
                model: self.model.clone(),
                field: self.field.clone(),
            });
        }
        let encoded = match self.purpose {
            Purpose::Assigned => self.codec.store(given),
            Purpose::Sought | Purpose::Compared | Purpose::Pattern(_) => self.codec.encode(given),
        };
        match (encoded, self.purpose) {
            (Ok(Value::Text(text)), Purpose::Pattern(place)) => {
                Ok(Value::Text(place.pattern(&text)))
            }
            (Ok(value), _) => Ok(value),
            (Err(Mismatch::NoRow), Purpose::Sought) => Ok(Value::Null),
            (Err(mismatch), _) => Err(unfit(&self.model, &self.field, &self.codec, mismatch)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Match;

    #[test]
    fn wildcards_in_a_text_stand_for_themselves() {
        assert_eq!(Match::Anywhere.pattern("50%_!"), "%50!%!_!!%");
        assert_eq!(Match::Start.pattern("a"), "a%");
        assert_eq!(Match::End.pattern("a"), "%a");
    }
}
