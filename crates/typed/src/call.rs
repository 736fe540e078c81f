//! Operations about to happen. Each ends in [`Client::call`], so that everything holds which holds there: access rules,
//! validation, limits.

use std::marker::PhantomData;

use hallpass_data::{ArgValue, Client, Error, InvalidInput};

use crate::args::{Listing, Members, number};
use crate::change::{Change, Data};
use crate::field::Field;
use crate::filter::{Condition, Key, Order};
use crate::kind::{
    Changing, CreateMany, CreateManyAndReturn, FindMany, Found, Kind, Limited, Ordered, Picked,
};
use crate::model::Model;
use crate::relation::{Link, Relation};
use crate::shape::{Columns, Including, Level, Selecting, Shape, Whole};

/// An operation about to happen; `.await` does it. `K` says which, `S` what comes back.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct Call<'c, K, S> {
    client: &'c Client,
    /// The arguments that were given with the operation.
    fixed: Members,
    listing: Listing,
    changes: Option<Data>,
    wrong: Option<InvalidInput>,
    shape: S,
    kind: PhantomData<fn() -> K>,
}

impl<'c, K, M: Model> Call<'c, K, Whole<M>> {
    pub(crate) fn new(client: &'c Client) -> Self {
        Self {
            client,
            fixed: Vec::new(),
            listing: Listing::default(),
            changes: None,
            wrong: None,
            shape: Whole::new(),
            kind: PhantomData,
        }
    }

    pub(crate) fn with(mut self, name: &str, value: ArgValue) -> Self {
        self.fixed.push((name.to_owned(), value));
        self
    }

    pub(crate) fn with_data(self, name: &str, data: Result<ArgValue, InvalidInput>) -> Self {
        match data {
            Ok(data) => self.with(name, data),
            Err(wrong) => Self {
                wrong: Some(wrong),
                ..self
            },
        }
    }

    pub(crate) fn changing(mut self) -> Self {
        self.changes = Some(Data::of::<M>());
        self
    }
}

impl<'c, K, S> Call<'c, K, S> {
    fn shaped<T>(self, shape: impl FnOnce(S) -> T) -> Call<'c, K, T> {
        Call {
            client: self.client,
            fixed: self.fixed,
            listing: self.listing,
            changes: self.changes,
            wrong: self.wrong,
            shape: shape(self.shape),
            kind: PhantomData,
        }
    }
}

impl<'c, K: Kind, S: Shape> Call<'c, K, S> {
    /// A relation comes along: the rows have a field of its name then. It can be narrowed (`filter`, `order_by`, `take`), and
    /// bring relations of its own.
    pub fn include<L, T, A>(
        self,
        relation: Relation<L, T, A>,
    ) -> Call<'c, K, Including<S, Relation<L, T, A>>>
    where
        L: Link<From = S::Model>,
        K: Picked,
    {
        self.shaped(|row| Including { row, relation })
    }

    /// The operation and its arguments, as [`Client::call`] takes them.
    ///
    /// # Errors
    /// [`InvalidInput::Twice`] when something is said twice.
    pub fn into_args(self) -> Result<(hallpass_data::Operation, ArgValue), InvalidInput> {
        let (args, _, _) = self.parts()?;
        Ok((K::OPERATION, args))
    }

    fn parts(self) -> Result<(ArgValue, S, &'c Client), InvalidInput> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let mut members = self.fixed;
        members.extend(self.listing.into_members());
        if let (Some(changes), Some(name)) = (self.changes, K::CHANGES) {
            members.push((name.to_owned(), changes.into_arg()?));
        }
        let mut level = Level::default();
        self.shape.ask(&mut level)?;
        level.into_members(&mut members);
        Ok((ArgValue::Object(members), self.shape, self.client))
    }
}

impl<'c, K: Picked, M: Model> Call<'c, K, Whole<M>> {
    /// Only these values: a field, or a tuple of fields, relations and counts. A row is that value, or that tuple.
    pub fn select<C: Columns<M>>(self, columns: C) -> Call<'c, K, Selecting<M, C>> {
        self.shaped(|_| Selecting {
            columns,
            model: PhantomData,
        })
    }
}

impl<'c, M: Model> Call<'c, CreateManyAndReturn, Whole<M>> {
    /// Only these values: a field, or a tuple of fields. A row is that value, or that tuple.
    pub fn select<C: Columns<M>>(
        self,
        columns: C,
    ) -> Call<'c, CreateManyAndReturn, Selecting<M, C>> {
        self.shaped(|_| Selecting {
            columns,
            model: PhantomData,
        })
    }
}

impl<K: Found, S: Shape> Call<'_, K, S> {
    /// Only rows that pass; a second filter must hold as well.
    pub fn filter(mut self, filter: impl Condition<S::Model>) -> Self {
        self.listing.filter(filter.into_filter().into_arg());
        self
    }
}

impl<K: Ordered, S: Shape> Call<'_, K, S> {
    /// A further key of the order.
    pub fn order_by(mut self, order: Order<S::Model>) -> Self {
        self.listing.order_by(order.into_arg());
        self
    }

    /// Passes over this many rows.
    pub fn skip(mut self, rows: u32) -> Self {
        self.listing.put("skip", number(rows));
        self
    }

    /// Begins with this row.
    pub fn cursor(mut self, key: Key<S::Model>) -> Self {
        self.listing.put("cursor", key.into_arg());
        self
    }

    /// Of the rows that have this field in common only the first (PostgreSQL).
    pub fn distinct<T, N, F>(mut self, field: Field<S::Model, T, N, F>) -> Self {
        self.listing.distinct(field.name());
        self
    }
}

impl<S: Shape> Call<'_, FindMany, S> {
    /// At most this many rows.
    pub fn take(mut self, rows: u32) -> Self {
        self.listing.put("take", number(rows));
        self
    }

    /// At most this many rows of the end, in the order that was asked for.
    pub fn take_last(mut self, rows: u32) -> Self {
        self.listing.put("take", number(-i64::from(rows)));
        self
    }
}

impl<K: Changing, S: Shape> Call<'_, K, S> {
    /// A field becomes something else, or something happens to rows of a relation: `todo::done().to(true)`.
    pub fn set(mut self, change: Change<S::Model>) -> Self {
        if let Some(changes) = &mut self.changes {
            changes.join(change.into_data());
        }
        self
    }
}

impl<K: Limited, S: Shape> Call<'_, K, S> {
    /// At most this many rows.
    pub fn limit(mut self, rows: u32) -> Self {
        self.listing.put("limit", number(rows));
        self
    }
}

impl<S: Shape> Call<'_, CreateMany, S> {
    /// Rows whose key is there already are left out.
    pub fn skip_duplicates(mut self) -> Self {
        self.listing.put("skipDuplicates", ArgValue::Boolean(true));
        self
    }
}

impl<S: Shape> Call<'_, CreateManyAndReturn, S> {
    /// Rows whose key is there already are left out.
    pub fn skip_duplicates(mut self) -> Self {
        self.listing.put("skipDuplicates", ArgValue::Boolean(true));
        self
    }
}

impl<'c, K, S> IntoFuture for Call<'c, K, S>
where
    K: Kind,
    S: Shape + 'c,
    K::Output<S::Row>: Send + 'c,
{
    type Output = Result<K::Output<S::Row>, Error>;
    type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        let parts = self.parts();
        Box::pin(async move {
            let (args, shape, client) = parts?;
            let reply = client.call(S::Model::NAME, K::OPERATION, &args).await?;
            K::answer(reply, &shape)
        })
    }
}
