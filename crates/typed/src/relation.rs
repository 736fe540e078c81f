//! Relations: what comes along, what is asked of related rows, and how orders go through them.

use std::fmt::Debug;
use std::marker::PhantomData;

use hallpass_data::{ArgValue, InvalidInput, Record, RecordError, RecordParts};

use crate::args::{Listing, one};
use crate::field::Field;
use crate::filter::{Condition, Direction, Filter, Key, Order};
use crate::model::Model;
use crate::shape::{Columns, Including, Level, Selecting, Shape, Whole};

/// A relation field of the schema, as generated code says it.
pub trait Link: Debug + Send + Sync + 'static {
    /// The model that has the field.
    type From: Model;
    /// The model of the related rows.
    type To: Model;
    /// How many rows it has.
    type Arity: Arity;
    /// The name of the field in the schema.
    const NAME: &'static str;

    /// A row with what the field gave beside it.
    type With<R, V>;

    /// Puts them together.
    fn with<R, V>(row: R, value: V) -> Self::With<R, V>;
}

/// How many rows a relation has.
pub trait Arity: Debug + Send + Sync + 'static {
    /// What the rows of a relation are, each being `V`.
    type Of<V>;

    /// Whether there may be several.
    const IS_MANY: bool;

    /// Takes them out of a record.
    ///
    /// # Errors
    /// [`RecordError`] when they were not read, or one is missing that must be there.
    fn read<V>(
        record: &mut RecordParts,
        field: &'static str,
        read: &dyn Fn(Record) -> Result<V, RecordError>,
    ) -> Result<Self::Of<V>, RecordError>;
}

/// To one row, which is there. Access rules may hide it, so it comes as an `Option`, unless
/// [`required`](Relation::required).
#[derive(Debug, Clone, Copy)]
pub struct One;

/// To one row, or none.
#[derive(Debug, Clone, Copy)]
pub struct Maybe;

/// To any number of rows.
#[derive(Debug, Clone, Copy)]
pub struct Many;

/// To one row that is there and may be seen, else the read fails.
#[derive(Debug, Clone, Copy)]
pub struct Required;

impl Arity for One {
    type Of<V> = Option<V>;
    const IS_MANY: bool = false;

    fn read<V>(
        record: &mut RecordParts,
        field: &'static str,
        read: &dyn Fn(Record) -> Result<V, RecordError>,
    ) -> Result<Option<V>, RecordError> {
        record.related(field)?.map(read).transpose()
    }
}

impl Arity for Maybe {
    type Of<V> = Option<V>;
    const IS_MANY: bool = false;

    fn read<V>(
        record: &mut RecordParts,
        field: &'static str,
        read: &dyn Fn(Record) -> Result<V, RecordError>,
    ) -> Result<Option<V>, RecordError> {
        One::read(record, field, read)
    }
}

impl Arity for Required {
    type Of<V> = V;
    const IS_MANY: bool = false;

    fn read<V>(
        record: &mut RecordParts,
        field: &'static str,
        read: &dyn Fn(Record) -> Result<V, RecordError>,
    ) -> Result<V, RecordError> {
        One::read(record, field, read)?.ok_or_else(|| RecordError::Null {
            model: record.model().to_owned(),
            field: field.to_owned(),
        })
    }
}

impl Arity for Many {
    type Of<V> = Vec<V>;
    const IS_MANY: bool = true;

    fn read<V>(
        record: &mut RecordParts,
        field: &'static str,
        read: &dyn Fn(Record) -> Result<V, RecordError>,
    ) -> Result<Vec<V>, RecordError> {
        record.related_many(field)?.into_iter().map(read).collect()
    }
}

/// A relation to one row, which may be asked whether that row is so.
pub trait ToOne: Arity {}

impl ToOne for One {}
impl ToOne for Maybe {}

/// The rows of a relation: what of them comes along (`S`) and how many there are (`A`). Also where conditions, orders and
/// changes by a relation begin.
#[must_use = "a relation does nothing by itself"]
#[derive(Debug, Clone)]
pub struct Relation<L, S, A> {
    listing: Listing,
    shape: S,
    link: PhantomData<fn() -> (L, A)>,
}

impl<L: Link> Relation<L, Whole<L::To>, L::Arity> {
    /// All rows of the relation; for generated code.
    pub fn all() -> Self {
        Self {
            listing: Listing::default(),
            shape: Whole::new(),
            link: PhantomData,
        }
    }
}

impl<L: Link, A> Relation<L, Whole<L::To>, A> {
    /// Only these values of the related rows: a field, or a tuple of fields and relations.
    pub fn select<C: Columns<L::To>>(self, columns: C) -> Relation<L, Selecting<L::To, C>, A> {
        Relation {
            listing: self.listing,
            shape: Selecting {
                columns,
                model: PhantomData,
            },
            link: PhantomData,
        }
    }
}

impl<L: Link, S, A> Relation<L, S, A> {
    /// A relation of the related rows comes along with them.
    pub fn include<L2, S2, A2>(
        self,
        relation: Relation<L2, S2, A2>,
    ) -> Relation<L, Including<S, Relation<L2, S2, A2>>, A>
    where
        L2: Link<From = L::To>,
    {
        Relation {
            listing: self.listing,
            shape: Including {
                row: self.shape,
                relation,
            },
            link: PhantomData,
        }
    }
}

impl<L: Link, S: Shape<Model = L::To>, A: Arity> Relation<L, S, A> {
    /// As `include` and `select` say it.
    pub(crate) fn argument(&self) -> Result<ArgValue, InvalidInput> {
        let mut members = self.listing.clone().into_members();
        let mut level = Level::default();
        self.shape.ask(&mut level)?;
        level.into_members(&mut members);
        Ok(if members.is_empty() {
            ArgValue::Boolean(true)
        } else {
            ArgValue::Object(members)
        })
    }

    pub(crate) fn read(&self, record: &mut RecordParts) -> Result<A::Of<S::Row>, RecordError> {
        A::read(record, L::NAME, &|related| {
            self.shape.read(&mut related.into_parts())
        })
    }
}

/// What is asked of one related row.
impl<L: Link, S, A: ToOne> Relation<L, S, A> {
    /// It is there, may be seen, and is so.
    pub fn is(self, filter: impl Condition<L::To>) -> Filter<L::From> {
        Filter::of_field(L::NAME, one("is", filter.into_filter().into_arg()))
    }

    /// It is not there, or not so.
    pub fn is_not(self, filter: impl Condition<L::To>) -> Filter<L::From> {
        Filter::of_field(L::NAME, one("isNot", filter.into_filter().into_arg()))
    }

    /// Rows in the order of their related rows.
    pub fn order(self, order: Order<L::To>) -> Order<L::From> {
        Order::of_args(one(L::NAME, order.into_arg()))
    }

    /// The related row itself, and not an `Option` of it. Where it is not there, or access rules hide it, the read fails with
    /// [`RecordError::Null`].
    pub fn required(self) -> Relation<L, S, Required> {
        Relation {
            listing: self.listing,
            shape: self.shape,
            link: PhantomData,
        }
    }
}

/// What is asked of one related row that may be missing.
impl<L: Link, S> Relation<L, S, Maybe> {
    /// There is none.
    pub fn is_null(self) -> Filter<L::From> {
        Filter::of_field(L::NAME, ArgValue::Null)
    }

    /// There is one.
    pub fn is_not_null(self) -> Filter<L::From> {
        Filter::of_field(L::NAME, one("isNot", ArgValue::Null))
    }

    /// Comes along only where it passes.
    pub fn filter(mut self, filter: impl Condition<L::To>) -> Self {
        self.listing.filter(filter.into_filter().into_arg());
        self
    }
}

/// What is asked of several related rows, and which of them come along.
impl<L: Link, S> Relation<L, S, Many> {
    /// One at least is so.
    pub fn some(self, filter: impl Condition<L::To>) -> Filter<L::From> {
        Filter::of_field(L::NAME, one("some", filter.into_filter().into_arg()))
    }

    /// None is not so; of no rows, it holds.
    pub fn every(self, filter: impl Condition<L::To>) -> Filter<L::From> {
        Filter::of_field(L::NAME, one("every", filter.into_filter().into_arg()))
    }

    /// None is so.
    pub fn none(self, filter: impl Condition<L::To>) -> Filter<L::From> {
        Filter::of_field(L::NAME, one("none", filter.into_filter().into_arg()))
    }

    /// Only related rows that pass; a second filter must hold as well.
    pub fn filter(mut self, filter: impl Condition<L::To>) -> Self {
        self.listing.filter(filter.into_filter().into_arg());
        self
    }

    /// A further key of the order of related rows.
    pub fn order_by(mut self, order: Order<L::To>) -> Self {
        self.listing.order_by(order.into_arg());
        self
    }

    /// At most this many related rows of each row.
    pub fn take(mut self, rows: u32) -> Self {
        self.listing.put("take", crate::args::number(rows));
        self
    }

    /// Passes over this many related rows of each row.
    pub fn skip(mut self, rows: u32) -> Self {
        self.listing.put("skip", crate::args::number(rows));
        self
    }

    /// Begins with this row.
    pub fn cursor(mut self, key: Key<L::To>) -> Self {
        self.listing.put("cursor", key.into_arg());
        self
    }

    /// Of the related rows that have this field in common only the first (PostgreSQL).
    pub fn distinct<T, N, K>(mut self, field: Field<L::To, T, N, K>) -> Self {
        self.listing.distinct(field.name());
        self
    }

    /// How many there are: to select, and to sort by. Only a filter goes with it, and with an order not even that: the rest
    /// is refused when it runs.
    pub fn count(self) -> RelationCount<L> {
        RelationCount {
            listing: self.listing,
            link: PhantomData,
        }
    }
}

/// How many rows a relation has.
#[must_use = "a count does nothing by itself"]
#[derive(Debug, Clone)]
pub struct RelationCount<L> {
    listing: Listing,
    link: PhantomData<fn() -> L>,
}

impl<L: Link> RelationCount<L> {
    pub(crate) fn argument(&self) -> ArgValue {
        let members = self.listing.clone().into_members();
        if members.is_empty() {
            ArgValue::Boolean(true)
        } else {
            ArgValue::Object(members)
        }
    }

    /// Fewest first.
    pub fn asc(self) -> Order<L::From> {
        self.order(Direction::Ascending)
    }

    /// Most first.
    pub fn desc(self) -> Order<L::From> {
        self.order(Direction::Descending)
    }

    fn order(self, direction: Direction) -> Order<L::From> {
        let mut members = self.listing.into_members();
        members.push(("_count".to_owned(), direction.arg()));
        Order::of_args(one(L::NAME, ArgValue::Object(members)))
    }
}
