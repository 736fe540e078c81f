//! Fields: what can be asked of them, and what they become.

use std::marker::PhantomData;

use hallpass_data::ArgValue;

use crate::args::{one, text};
use crate::change::Change;
use crate::filter::{Direction, Filter, Key, Order};
use crate::model::Model;
use crate::operand::Operand;
use crate::value::{FieldValue, Listed, Numeric, Ordered, Scalar, Single, Sorted};

/// A field of model `M` whose values are `T`. `N` is its name, by which the compiler tells mistakes; `K` says what it is good
/// for: [`Plain`], [`Unique`] or [`Derived`].
pub struct Field<M, T, N, K = Plain> {
    name: &'static str,
    any_case: bool,
    kind: PhantomData<Marks<M, T, N, K>>,
}

/// What a field is known by, none of which it holds.
type Marks<M, T, N, K> = fn() -> (M, T, N, K);

/// A field like others.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

/// A field whose value names one row.
#[derive(Debug, Clone, Copy)]
pub struct Unique;

/// A field that nobody sets: the engine or the program gives its value.
#[derive(Debug, Clone, Copy)]
pub struct Derived;

/// A field of the name `N` that can be set.
#[diagnostic::on_unimplemented(
    message = "the field `{N}` cannot be set: the engine or the program gives its value"
)]
pub trait Settable<N> {}

impl<N> Settable<N> for Plain {}
impl<N> Settable<N> for Unique {}

/// A field of the name `N` whose value names one row.
#[diagnostic::on_unimplemented(
    message = "the field `{N}` names no row: its values are not unique",
    note = "a row is found by its id, by a field with `@unique`, or by a key of several fields"
)]
pub trait Naming<N> {}

impl<N> Naming<N> for Unique {}

/// Something that is taken for a value of the field of the name `N`, whose type is `T`: every [`Operand`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value for the field `{N}`, whose type is `{T}`",
    label = "expected `{T}`"
)]
pub trait ValueOf<N, T> {
    /// As arguments say it.
    fn into_value(self) -> ArgValue;
}

// So that the field is named, and not only its type.
#[diagnostic::do_not_recommend]
impl<V: Operand<T>, N, T> ValueOf<N, T> for V {
    fn into_value(self) -> ArgValue {
        self.into_operand()
    }
}

/// The type of the field of the name `N`, where its values are more or less than others.
#[diagnostic::on_unimplemented(
    message = "the field `{N}` is not compared by size: its type is `{Self}`"
)]
pub trait OrderedIn<N>: Scalar {}

#[diagnostic::do_not_recommend]
impl<T: Ordered, N> OrderedIn<N> for T {}

impl<M, T, N, K> Clone for Field<M, T, N, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T, N, K> Copy for Field<M, T, N, K> {}

impl<M, T, N, K> std::fmt::Debug for Field<M, T, N, K> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Field({})", self.name)
    }
}

impl<M, T, N, K> Field<M, T, N, K> {
    /// The field of this name in the schema; for generated code.
    pub const fn named(name: &'static str) -> Self {
        Self {
            name,
            any_case: false,
            kind: PhantomData,
        }
    }

    /// Its name in the schema.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    fn test(self, operator: &str, value: ArgValue) -> Filter<M> {
        let mut operators = vec![(operator.to_owned(), value)];
        if self.any_case {
            operators.push(("mode".to_owned(), text("insensitive")));
        }
        Filter::of_field(self.name, ArgValue::Object(operators))
    }

    fn change(self, value: ArgValue) -> Change<M>
    where
        M: Model,
    {
        Change::value(self.name, value)
    }
}

/// Conditions on a value.
impl<M, T: Single, N, K> Field<M, T, N, K> {
    /// Is this; `None` is null.
    pub fn eq(self, value: impl ValueOf<N, T>) -> Filter<M> {
        self.test("equals", value.into_value())
    }

    /// Is something else, and not null; not null where this is null.
    pub fn ne(self, value: impl ValueOf<N, T>) -> Filter<M> {
        self.test("not", value.into_value())
    }

    /// Is one of these.
    pub fn one_of<V: Operand<T::Some>>(self, values: impl IntoIterator<Item = V>) -> Filter<M>
    where
        T::Some: Listed,
    {
        self.test("in", list(values))
    }

    /// Is none of these, and not null.
    pub fn none_of<V: Operand<T::Some>>(self, values: impl IntoIterator<Item = V>) -> Filter<M>
    where
        T::Some: Listed,
    {
        self.test("notIn", list(values))
    }

    /// Is less.
    pub fn lt(self, value: impl ValueOf<N, T::Some>) -> Filter<M>
    where
        T::Some: OrderedIn<N>,
    {
        self.test("lt", value.into_value())
    }

    /// Is less or the same.
    pub fn lte(self, value: impl ValueOf<N, T::Some>) -> Filter<M>
    where
        T::Some: OrderedIn<N>,
    {
        self.test("lte", value.into_value())
    }

    /// Is more.
    pub fn gt(self, value: impl ValueOf<N, T::Some>) -> Filter<M>
    where
        T::Some: OrderedIn<N>,
    {
        self.test("gt", value.into_value())
    }

    /// Is more or the same.
    pub fn gte(self, value: impl ValueOf<N, T::Some>) -> Filter<M>
    where
        T::Some: OrderedIn<N>,
    {
        self.test("gte", value.into_value())
    }

    /// Is one of both or between them.
    pub fn between(
        self,
        least: impl ValueOf<N, T::Some>,
        most: impl ValueOf<N, T::Some>,
    ) -> Filter<M>
    where
        T::Some: OrderedIn<N>,
    {
        let ends = vec![least.into_value(), most.into_value()];
        self.test("between", ArgValue::List(ends))
    }
}

fn list<T, V: Operand<T>>(values: impl IntoIterator<Item = V>) -> ArgValue {
    ArgValue::List(values.into_iter().map(Operand::into_operand).collect())
}

/// Conditions on a value that may be null.
impl<M, T: Scalar, N, K> Field<M, Option<T>, N, K> {
    /// Is null.
    pub fn is_null(self) -> Filter<M> {
        self.test("equals", T::no_arg())
    }

    /// Is not null.
    pub fn is_not_null(self) -> Filter<M> {
        self.test("not", T::no_arg())
    }
}

/// Conditions on text.
impl<M, T: Single<Some = String>, N, K> Field<M, T, N, K> {
    /// Has this text in it. `%` and `_` mean themselves.
    pub fn contains(self, part: impl ValueOf<N, String>) -> Filter<M> {
        self.test("contains", part.into_value())
    }

    /// Starts with this text.
    pub fn starts_with(self, start: impl ValueOf<N, String>) -> Filter<M> {
        self.test("startsWith", start.into_value())
    }

    /// Ends with this text.
    pub fn ends_with(self, end: impl ValueOf<N, String>) -> Filter<M> {
        self.test("endsWith", end.into_value())
    }

    /// Conditions whatever the case of letters (PostgreSQL; elsewhere the columns say whether it counts).
    #[must_use]
    pub fn any_case(self) -> Self {
        Self {
            any_case: true,
            ..self
        }
    }
}

/// Conditions on a list of values.
impl<M, T: Scalar, N, K> Field<M, Vec<T>, N, K> {
    /// Is this list.
    pub fn equals(self, values: impl ValueOf<N, Vec<T>>) -> Filter<M> {
        self.test("equals", values.into_value())
    }

    /// Has this value.
    pub fn has(self, value: impl ValueOf<N, T>) -> Filter<M> {
        self.test("has", value.into_value())
    }

    /// Has all of these.
    pub fn has_every(self, values: impl ValueOf<N, Vec<T>>) -> Filter<M> {
        self.test("hasEvery", values.into_value())
    }

    /// Has one of these.
    pub fn has_some(self, values: impl ValueOf<N, Vec<T>>) -> Filter<M> {
        self.test("hasSome", values.into_value())
    }

    /// Has no values.
    pub fn is_empty(self) -> Filter<M> {
        self.test("isEmpty", ArgValue::Boolean(true))
    }

    /// Has a value at least.
    pub fn is_not_empty(self) -> Filter<M> {
        self.test("isEmpty", ArgValue::Boolean(false))
    }
}

/// The one row that has a value.
impl<M, T: Single, N, K> Field<M, T, N, K> {
    /// The row whose value is this.
    pub fn is(self, value: impl ValueOf<N, T::Some>) -> Key<M>
    where
        K: Naming<N>,
    {
        Key::of_field(self.name, value.into_value())
    }
}

/// Orders.
impl<M, T: Single, N, K> Field<M, T, N, K>
where
    T::Some: Sorted,
{
    /// Smallest first.
    pub fn asc(self) -> Order<M> {
        Order::of_args(one(self.name, Direction::Ascending.arg()))
    }

    /// Largest first.
    pub fn desc(self) -> Order<M> {
        Order::of_args(one(self.name, Direction::Descending.arg()))
    }
}

/// Orders of values that may be null, which stand where the database puts them unless it is said.
impl<M, T: Sorted, N, K> Field<M, Option<T>, N, K> {
    /// Smallest first, nulls before.
    pub fn asc_nulls_first(self) -> Order<M> {
        self.order(Direction::Ascending, "first")
    }

    /// Smallest first, nulls after.
    pub fn asc_nulls_last(self) -> Order<M> {
        self.order(Direction::Ascending, "last")
    }

    /// Largest first, nulls before.
    pub fn desc_nulls_first(self) -> Order<M> {
        self.order(Direction::Descending, "first")
    }

    /// Largest first, nulls after.
    pub fn desc_nulls_last(self) -> Order<M> {
        self.order(Direction::Descending, "last")
    }

    fn order(self, direction: Direction, nulls: &str) -> Order<M> {
        let way = vec![
            ("sort".to_owned(), direction.arg()),
            ("nulls".to_owned(), text(nulls)),
        ];
        Order::of_args(one(self.name, ArgValue::Object(way)))
    }
}

/// What a field becomes.
impl<M: Model, T: FieldValue, N, K> Field<M, T, N, K> {
    /// This.
    pub fn to(self, value: impl ValueOf<N, T>) -> Change<M>
    where
        K: Settable<N>,
    {
        self.change(value.into_value())
    }
}

impl<M: Model, T: Scalar, N, K: Settable<N>> Field<M, Option<T>, N, K> {
    /// Null.
    pub fn to_null(self) -> Change<M> {
        self.change(T::no_arg())
    }
}

impl<M: Model, T: Single, N, K: Settable<N>> Field<M, T, N, K>
where
    T::Some: Numeric,
{
    /// What it was, and so much more.
    pub fn increment(self, amount: impl ValueOf<N, T::Some>) -> Change<M> {
        self.change(one("increment", amount.into_value()))
    }

    /// What it was, and so much less.
    pub fn decrement(self, amount: impl ValueOf<N, T::Some>) -> Change<M> {
        self.change(one("decrement", amount.into_value()))
    }

    /// So many times what it was.
    pub fn multiply(self, factor: impl ValueOf<N, T::Some>) -> Change<M> {
        self.change(one("multiply", factor.into_value()))
    }

    /// What it was, divided by this.
    pub fn divide(self, divisor: impl ValueOf<N, T::Some>) -> Change<M> {
        self.change(one("divide", divisor.into_value()))
    }
}

impl<M: Model, T: Scalar, N, K: Settable<N>> Field<M, Vec<T>, N, K> {
    /// The list it was, and these at its end.
    pub fn push(self, values: impl ValueOf<N, Vec<T>>) -> Change<M> {
        self.change(one("push", values.into_value()))
    }
}
