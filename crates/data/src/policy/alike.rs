//! Of whom a plan is true that was made for one person.
//!
//! A rule looks at a person in three ways: it asks whether something is there, it works with a value, or it only compares a
//! column with a value. The first two decide what a statement says, so they are noted, and a plan serves whoever is alike in
//! them. A value of the third kind is bound at each run, from whoever asks then.
//!
//! SECURITY: every way to the person's values goes through `compile/term.rs`, which notes what it gives out. What is not
//! noted there would let a statement of one person serve another. (`glance.rs` looks at the person, too, but makes no
//! statement.)

use std::fmt;

use hallpass_sql::Value;
use hallpass_zmodel::schema::{Scalar, TypeBase};

use super::compile::Plain;
use super::person::is_nothing;
use super::{Access, Person};
use crate::args::ArgValue;
use crate::codec::Codec;

/// The names that lead from a person to a value: none to the person, `org` and `plan` to `auth().org.plan`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MemberPath(Vec<String>);

/// What stands at the end of a path; the several nulls that clients know are all nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum At<'p> {
    Nothing,
    Value(&'p ArgValue),
    /// On the way is something that has no members, or several of one name.
    Elsewhere,
}

impl MemberPath {
    pub(crate) fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Self(names.into_iter().map(str::to_owned).collect())
    }

    /// The path to a member of what is at the end of this one.
    pub(crate) fn member(&self, name: &str) -> Self {
        let mut path = self.clone();
        path.0.push(name.to_owned());
        path
    }

    pub(crate) fn of_person<'p>(&self, person: &'p Person) -> At<'p> {
        let mut value = person.object().filter(|value| !is_nothing(value));
        for name in &self.0 {
            value = match value {
                None => return At::Nothing,
                Some(object @ ArgValue::Object(_)) => {
                    object.member(name).filter(|value| !is_nothing(value))
                }
                Some(_) => return At::Elsewhere,
            };
        }
        value.map_or(At::Nothing, At::Value)
    }
}

/// Something that a plan has taken for granted about the person.
#[derive(Clone, PartialEq)]
pub(crate) enum Look {
    /// There is something, or nothing.
    There(MemberPath, bool),
    /// It is this, or nothing.
    Same(MemberPath, Option<ArgValue>),
}

/// SECURITY: who a person is does not belong into logs.
impl fmt::Debug for Look {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::There(path, _) | Self::Same(path, _)) = self;
        write!(formatter, "Look({path:?})")
    }
}

impl Look {
    fn holds(&self, person: &Person) -> bool {
        match (self, self.path().of_person(person)) {
            (_, At::Elsewhere) => false,
            (Self::There(_, there), found) => *there == (found != At::Nothing),
            (Self::Same(_, None), found) => found == At::Nothing,
            (Self::Same(_, Some(value)), found) => found == At::Value(value),
        }
    }

    fn path(&self) -> &MemberPath {
        let (Self::There(path, _) | Self::Same(path, _)) = self;
        path
    }
}

/// A value of the person that a statement compares a column with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    path: MemberPath,
    /// The type that the schema gives it.
    base: TypeBase,
    /// The column's.
    codec: Codec,
}

impl Member {
    /// The value; `None` where it may not be bound at a run, because it or its column decides what the statement says.
    pub(crate) fn new(path: &MemberPath, base: &TypeBase, codec: &Codec) -> Option<Self> {
        let scalar = match codec.scalar() {
            Some(Scalar::String | Scalar::Int | Scalar::BigInt) => true,
            // Of truth values and of the members of an enum there are few, and a statement that names them is the better one.
            _ => false,
        };
        (scalar && !codec.is_list()).then(|| Self {
            path: path.clone(),
            base: base.clone(),
            codec: codec.clone(),
        })
    }

    /// Whether there is a value of it, without making it where that can be told.
    pub(crate) fn is_of(&self, person: &Person) -> bool {
        match self.path.of_person(person) {
            At::Value(value) => self.text(value).is_some() || self.made(value).is_some(),
            At::Nothing | At::Elsewhere => false,
        }
    }

    /// As the column takes it; `None` of whom it is another kind of value, or none.
    pub(crate) fn of(&self, person: &Person) -> Option<Value> {
        let At::Value(value) = self.path.of_person(person) else {
            return None;
        };
        match self.text(value) {
            Some(text) => Some(Value::Text(text.to_owned())),
            None => self.made(value),
        }
    }

    /// A text in a column of texts, which takes it as it is.
    fn text<'v>(&self, value: &'v ArgValue) -> Option<&'v str> {
        match value {
            ArgValue::Text(text)
                if self.base == TypeBase::Scalar(Scalar::String) && self.codec.takes(text) =>
            {
                Some(text)
            }
            _ => None,
        }
    }

    fn made(&self, value: &ArgValue) -> Option<Value> {
        let plain = Plain::read(value, &self.base).ok()?;
        let value = plain.value(self.codec.scalar())?;
        self.codec.encode(&value).ok()
    }
}

/// What was noted of the person while a plan was made.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    looks: Vec<Look>,
    /// Whether the plan holds something of the moment it was made at.
    is_passing: bool,
}

impl Notes {
    pub(crate) fn look(&mut self, look: Look) {
        if !self.looks.contains(&look) {
            self.looks.push(look);
        }
    }

    pub(crate) fn pass(&mut self) {
        self.is_passing = true;
    }

    /// Whose plan it is that was made for somebody.
    pub(crate) fn whose(self, access: &Access) -> Whose {
        match access {
            _ if self.is_passing => Whose::Own(access.clone()),
            Access::Full => Whose::Programs,
            Access::Person(_) => Whose::Alike(self.looks),
        }
    }
}

/// On whose behalf a plan may be run.
#[derive(Debug)]
pub(crate) enum Whose {
    /// Of whom it was made for.
    Own(Access),
    /// Of the program itself.
    Programs,
    /// Of every person of whom all this holds. Its members are bound at each run.
    Alike(Vec<Look>),
}

impl Whose {
    /// Whether the plan is one for somebody.
    pub(crate) fn is(&self, access: &Access) -> bool {
        match (self, access) {
            (Self::Own(own), access) => own.is(access),
            (Self::Programs, Access::Full) => true,
            (Self::Alike(looks), Access::Person(person)) => {
                looks.iter().all(|look| look.holds(person))
            }
            (Self::Programs, Access::Person(_)) | (Self::Alike(_), Access::Full) => false,
        }
    }

    /// Whether it is for the same persons.
    pub(crate) fn is_as_wide_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Programs, Self::Programs) => true,
            (Self::Alike(one), Self::Alike(other)) => one == other,
            (Self::Own(_), _) | (_, Self::Own(_)) => false,
            (Self::Programs, Self::Alike(_)) | (Self::Alike(_), Self::Programs) => false,
        }
    }

    /// Whether it may be kept for others.
    pub(crate) fn is_shared(&self) -> bool {
        !matches!(self, Self::Own(_))
    }
}
