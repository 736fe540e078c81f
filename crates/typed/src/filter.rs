//! Conditions, keys and orders of the rows of one model.

use std::marker::PhantomData;

use hallpass_data::ArgValue;

use crate::args::{one, text};

/// A condition on rows of a model.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a condition does nothing by itself"]
pub struct Filter<M> {
    where_: ArgValue,
    model: PhantomData<fn() -> M>,
}

impl<M> Filter<M> {
    /// A condition as [`Client::call`](hallpass_data::Client::call) takes it in `where`, for what has no words here. It is
    /// checked when it runs.
    pub fn of_args(where_: ArgValue) -> Self {
        Self {
            where_,
            model: PhantomData,
        }
    }

    pub(crate) fn of_field(field: &'static str, condition: ArgValue) -> Self {
        Self::of_args(one(field, condition))
    }

    pub(crate) fn into_arg(self) -> ArgValue {
        self.where_
    }

    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        all([self, other])
    }

    /// One of both holds.
    pub fn or(self, other: Self) -> Self {
        any([self, other])
    }
}

/// A condition on rows of `M`: a [`Filter`], or a [`Key`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no condition on rows of `{M}`",
    note = "conditions are made of the fields and relations of the model itself; `is`, `some`, `every` and `none` of a relation take those of the related model"
)]
pub trait Condition<M> {
    /// As a filter.
    fn into_filter(self) -> Filter<M>;
}

impl<M> Condition<M> for Filter<M> {
    fn into_filter(self) -> Self {
        self
    }
}

/// It does not hold. Rows for which it is unknown, because a field is null, are left out as well.
impl<M> std::ops::Not for Filter<M> {
    type Output = Self;

    fn not(self) -> Self {
        Self::of_args(one("NOT", self.where_))
    }
}

/// All of these hold; everything passes none.
pub fn all<M>(filters: impl IntoIterator<Item = Filter<M>>) -> Filter<M> {
    Filter::of_args(one("AND", list(filters)))
}

/// One of these holds; nothing passes none.
pub fn any<M>(filters: impl IntoIterator<Item = Filter<M>>) -> Filter<M> {
    Filter::of_args(one("OR", list(filters)))
}

fn list<M>(filters: impl IntoIterator<Item = Filter<M>>) -> ArgValue {
    ArgValue::List(filters.into_iter().map(Filter::into_arg).collect())
}

/// What names one row of a model: a value of a unique field, or of each field of a key.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a key does nothing by itself"]
pub struct Key<M> {
    where_: ArgValue,
    model: PhantomData<fn() -> M>,
}

impl<M> Key<M> {
    fn of_args(where_: ArgValue) -> Self {
        Self {
            where_,
            model: PhantomData,
        }
    }

    pub(crate) fn of_field(field: &'static str, value: ArgValue) -> Self {
        Self::of_args(one(field, value))
    }

    /// A key of several fields, by its name in queries; for generated code.
    pub fn compound(name: &'static str, fields: impl IntoIterator<Item = Self>) -> Self {
        let mut members = Vec::new();
        for field in fields {
            if let ArgValue::Object(one) = field.where_ {
                members.extend(one);
            }
        }
        Self::of_args(one(name, ArgValue::Object(members)))
    }

    /// The value of one field of a key; for generated code.
    pub fn part<T>(field: &'static str, value: impl crate::Operand<T>) -> Self {
        Self::of_field(field, value.into_operand())
    }

    /// The row, where it also passes this.
    pub fn and(self, filter: Filter<M>) -> Self {
        let ArgValue::Object(mut members) = self.where_ else {
            return self;
        };
        match members.iter_mut().find(|(name, _)| name == "AND") {
            Some((_, ArgValue::List(filters))) => filters.push(filter.into_arg()),
            _ => members.push(("AND".to_owned(), list([filter]))),
        }
        Self::of_args(ArgValue::Object(members))
    }

    pub(crate) fn into_arg(self) -> ArgValue {
        self.where_
    }
}

/// A key of several fields is the condition on each of them.
impl<M> Condition<M> for Key<M> {
    fn into_filter(self) -> Filter<M> {
        let ArgValue::Object(members) = self.where_ else {
            return Filter::of_args(self.where_);
        };
        let mut parts = Vec::with_capacity(members.len());
        for (name, value) in members {
            match value {
                ArgValue::Object(fields) => parts.extend(fields),
                value => parts.push((name, value)),
            }
        }
        Filter::of_args(ArgValue::Object(parts))
    }
}

/// A key of an order of rows of a model.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an order does nothing by itself"]
pub struct Order<M> {
    order: ArgValue,
    model: PhantomData<fn() -> M>,
}

impl<M> Order<M> {
    pub(crate) fn of_args(order: ArgValue) -> Self {
        Self {
            order,
            model: PhantomData,
        }
    }

    pub(crate) fn into_arg(self) -> ArgValue {
        self.order
    }
}

/// Which end of the order comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

impl Direction {
    pub(crate) fn arg(self) -> ArgValue {
        text(match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        })
    }
}
