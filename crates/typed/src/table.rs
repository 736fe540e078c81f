//! What can be done with the rows of a model.

use std::marker::PhantomData;

use hallpass_data::{ArgValue, Client};

use crate::call::Call;
use crate::change::Complete;
use crate::filter::Key;
use crate::kind::{
    Count, Create, CreateMany, CreateManyAndReturn, Delete, DeleteMany, Exists, FindFirst,
    FindFirstOrThrow, FindMany, FindUnique, FindUniqueOrThrow, Update, UpdateMany, Upsert,
};
use crate::model::{Model, Stored};
use crate::shape::Whole;

/// The rows of model `M` as a client sees them: `db.todo()`.
///
/// What is done with them is [`Client::call`] with checked arguments: a client of a person sees and changes what the access
/// rules of the schema admit.
#[derive(Debug)]
#[must_use = "nothing happens without an operation"]
pub struct Table<'c, M> {
    client: &'c Client,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for Table<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Table<'_, M> {}

impl<'c, M: Model> Table<'c, M> {
    /// The rows as this client sees them; for generated code.
    pub fn of(client: &'c Client) -> Self {
        Self {
            client,
            model: PhantomData,
        }
    }

    fn call<K>(self) -> Call<'c, K, Whole<M>> {
        Call::new(self.client)
    }

    /// The rows that pass a filter.
    pub fn find_many(self) -> Call<'c, FindMany, Whole<M>> {
        self.call()
    }

    /// The first row that passes a filter, or none.
    pub fn find_first(self) -> Call<'c, FindFirst, Whole<M>> {
        self.call()
    }

    /// The first row that passes a filter; where there is none, [`Error::NotFound`](hallpass_data::Error::NotFound).
    pub fn load_first(self) -> Call<'c, FindFirstOrThrow, Whole<M>> {
        self.call()
    }

    /// The row of a key, or none.
    pub fn find_unique(self, key: Key<M>) -> Call<'c, FindUnique, Whole<M>> {
        self.call().with("where", key.into_arg())
    }

    /// The row of a key; where there is none, [`Error::NotFound`](hallpass_data::Error::NotFound).
    pub fn load_unique(self, key: Key<M>) -> Call<'c, FindUniqueOrThrow, Whole<M>> {
        self.call().with("where", key.into_arg())
    }

    /// Whether a row passes a filter.
    pub fn exists(self) -> Call<'c, Exists, Whole<M>> {
        self.call()
    }

    /// How many rows pass a filter.
    pub fn count(self) -> Call<'c, Count, Whole<M>> {
        self.call()
    }
}

/// What is done to rows of tables; those of views are only read.
impl<'c, M: Model> Table<'c, M> {
    /// Adds a row, and rows that belong to it, and gives it as it is stored.
    pub fn create(self, new: impl Complete<M>) -> Call<'c, Create, Whole<M>> {
        self.call().with_data("data", new.into_data().into_arg())
    }

    /// Adds rows without others that belong to them, and gives their number.
    pub fn create_many<N>(self, rows: impl IntoIterator<Item = N>) -> Call<'c, CreateMany, Whole<M>>
    where
        N: Complete<M>,
    {
        self.add(rows)
    }

    /// Adds rows without others that belong to them, and gives those that may be seen (not on MySQL).
    pub fn create_many_and_return<N>(
        self,
        rows: impl IntoIterator<Item = N>,
    ) -> Call<'c, CreateManyAndReturn, Whole<M>>
    where
        N: Complete<M>,
    {
        self.add(rows)
    }

    fn add<K, N: Complete<M>>(self, rows: impl IntoIterator<Item = N>) -> Call<'c, K, Whole<M>> {
        let rows = rows.into_iter().map(|new| new.into_data().into_arg());
        let rows = rows.collect::<Result<_, _>>();
        self.call().with_data("data", rows.map(ArgValue::List))
    }

    /// Changes the row of a key as [`set`](Call::set) says, and gives it as it is now. Where there is none that may be changed,
    /// [`Error::NotFound`](hallpass_data::Error::NotFound).
    pub fn update(self, key: Key<M>) -> Call<'c, Update, Whole<M>>
    where
        M: Stored,
    {
        self.call().with("where", key.into_arg()).changing()
    }

    /// Changes the rows that pass a filter as [`set`](Call::set) says, and gives their number.
    pub fn update_many(self) -> Call<'c, UpdateMany, Whole<M>>
    where
        M: Stored,
    {
        self.call().changing()
    }

    /// Changes the row of a key as [`set`](Call::set) says, or adds the new one where there is none.
    pub fn upsert(self, key: Key<M>, new: impl Complete<M>) -> Call<'c, Upsert, Whole<M>> {
        let call = self.call().with("where", key.into_arg()).changing();
        call.with_data("create", new.into_data().into_arg())
    }

    /// Removes the row of a key, and gives it as it was. Where there is none that may be removed,
    /// [`Error::NotFound`](hallpass_data::Error::NotFound).
    pub fn delete(self, key: Key<M>) -> Call<'c, Delete, Whole<M>>
    where
        M: Stored,
    {
        self.call().with("where", key.into_arg())
    }

    /// Removes the rows that pass a filter, and gives their number.
    pub fn delete_many(self) -> Call<'c, DeleteMany, Whole<M>>
    where
        M: Stored,
    {
        self.call()
    }
}
