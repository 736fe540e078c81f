//! What comes back: whole rows, rows with others beside them, or chosen values.

use std::fmt::Debug;
use std::marker::PhantomData;

use hallpass_data::{ArgValue, InvalidInput, RecordError, RecordParts};

use crate::args::{Members, one, put_once};
use crate::field::Field;
use crate::model::{Model, read_field};
use crate::relation::{Arity, Link, Relation, RelationCount};
use crate::value::FieldValue;

/// What of each row comes back.
pub trait Shape: Debug + Send + Sync {
    /// Whose rows.
    type Model: Model;
    /// What a row becomes.
    type Row;

    /// Says what is wanted.
    ///
    /// # Errors
    /// [`InvalidInput::Twice`] when something is wanted twice.
    fn ask(&self, level: &mut Level) -> Result<(), InvalidInput>;

    /// What a record is.
    ///
    /// # Errors
    /// [`RecordError`] when a field was not read, or is no value of its type.
    fn read(&self, record: &mut RecordParts) -> Result<Self::Row, RecordError>;
}

/// What is wanted of one level of rows.
#[derive(Debug, Default)]
pub struct Level {
    /// `include`
    along: Members,
    /// `select`, where not the whole row is wanted.
    chosen: Option<Members>,
    /// The relations whose rows are counted.
    counted: Members,
}

impl Level {
    fn choose(&mut self, model: &str, name: &str, value: ArgValue) -> Result<(), InvalidInput> {
        put_once(self.chosen.get_or_insert_default(), model, name, value)
    }

    fn along(&mut self, model: &str, name: &str, value: ArgValue) -> Result<(), InvalidInput> {
        let members = self.chosen.as_mut().unwrap_or(&mut self.along);
        put_once(members, model, name, value)
    }

    fn count(&mut self, model: &str, name: &str, value: ArgValue) -> Result<(), InvalidInput> {
        put_once(&mut self.counted, model, name, value)
    }

    /// Adds the arguments that say it.
    pub(crate) fn into_members(self, members: &mut Members) {
        let Self {
            mut along,
            mut chosen,
            counted,
        } = self;
        if !counted.is_empty() {
            let counts = one("select", ArgValue::Object(counted));
            let into = chosen.as_mut().unwrap_or(&mut along);
            into.push(("_count".to_owned(), counts));
        }
        if let Some(chosen) = chosen {
            members.push(("select".to_owned(), ArgValue::Object(chosen)));
        }
        if !along.is_empty() {
            members.push(("include".to_owned(), ArgValue::Object(along)));
        }
    }
}

/// Whole rows: the struct of the model.
pub struct Whole<M>(PhantomData<fn() -> M>);

impl<M> Whole<M> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<M> Clone for Whole<M> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<M: Model> Debug for Whole<M> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(M::NAME)
    }
}

impl<M: Model> Shape for Whole<M> {
    type Model = M;
    type Row = M;

    fn ask(&self, _: &mut Level) -> Result<(), InvalidInput> {
        Ok(())
    }

    fn read(&self, record: &mut RecordParts) -> Result<M, RecordError> {
        M::read(record)
    }
}

/// Rows of the shape `S`, and beside each those of a relation.
#[derive(Debug, Clone)]
pub struct Including<S, R> {
    pub(crate) row: S,
    pub(crate) relation: R,
}

impl<L, S, T, A> Shape for Including<S, Relation<L, T, A>>
where
    L: Link,
    S: Shape<Model = L::From>,
    T: Shape<Model = L::To>,
    A: Arity,
{
    type Model = L::From;
    type Row = L::With<S::Row, A::Of<T::Row>>;

    fn ask(&self, level: &mut Level) -> Result<(), InvalidInput> {
        self.row.ask(level)?;
        level.along(L::From::NAME, L::NAME, self.relation.argument()?)
    }

    fn read(&self, record: &mut RecordParts) -> Result<Self::Row, RecordError> {
        let row = self.row.read(record)?;
        Ok(L::with(row, self.relation.read(record)?))
    }
}

/// Chosen values of rows of `M`.
#[derive(Clone)]
pub struct Selecting<M, C> {
    pub(crate) columns: C,
    pub(crate) model: PhantomData<fn() -> M>,
}

impl<M, C: Debug> Debug for Selecting<M, C> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.columns.fmt(formatter)
    }
}

impl<M: Model, C: Columns<M>> Shape for Selecting<M, C> {
    type Model = M;
    type Row = C::Row;

    fn ask(&self, level: &mut Level) -> Result<(), InvalidInput> {
        self.columns.ask(level)
    }

    fn read(&self, record: &mut RecordParts) -> Result<C::Row, RecordError> {
        self.columns.read(record)
    }
}

/// What can be chosen of rows of `M`: a field, a relation, the number of its rows, or several of them as a tuple.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that can be selected of `{M}`",
    note = "select fields and relations of the model itself: one, or a tuple of up to twelve"
)]
pub trait Columns<M>: Debug + Send + Sync {
    /// What a row becomes.
    type Row;

    /// Says what is wanted.
    ///
    /// # Errors
    /// [`InvalidInput::Twice`] when something is wanted twice.
    fn ask(&self, level: &mut Level) -> Result<(), InvalidInput>;

    /// What a record is.
    ///
    /// # Errors
    /// [`RecordError`] when a field was not read, or is no value of its type.
    fn read(&self, record: &mut RecordParts) -> Result<Self::Row, RecordError>;
}

impl<M: Model, T: FieldValue, N, K> Columns<M> for Field<M, T, N, K> {
    type Row = T;

    fn ask(&self, level: &mut Level) -> Result<(), InvalidInput> {
        level.choose(M::NAME, self.name(), ArgValue::Boolean(true))
    }

    fn read(&self, record: &mut RecordParts) -> Result<T, RecordError> {
        read_field(record, self.name())
    }
}

impl<M, L, S, A> Columns<M> for Relation<L, S, A>
where
    M: Model,
    L: Link<From = M>,
    S: Shape<Model = L::To>,
    A: Arity,
{
    type Row = A::Of<S::Row>;

    fn ask(&self, level: &mut Level) -> Result<(), InvalidInput> {
        level.choose(M::NAME, L::NAME, self.argument()?)
    }

    fn read(&self, record: &mut RecordParts) -> Result<Self::Row, RecordError> {
        Relation::read(self, record)
    }
}

impl<M, L> Columns<M> for RelationCount<L>
where
    M: Model,
    L: Link<From = M>,
{
    type Row = u64;

    fn ask(&self, level: &mut Level) -> Result<(), InvalidInput> {
        level.chosen.get_or_insert_default();
        level.count(M::NAME, L::NAME, self.argument())
    }

    fn read(&self, record: &mut RecordParts) -> Result<u64, RecordError> {
        let count: i64 = record.group("_count")?.get(L::NAME)?;
        Ok(count.unsigned_abs())
    }
}

macro_rules! tuples {
    ($($($column:ident)+;)*) => { $(
        impl<M: Model, $($column: Columns<M>),+> Columns<M> for ($($column,)+) {
            type Row = ($($column::Row,)+);

            fn ask(&self, level: &mut Level) -> Result<(), InvalidInput> {
                #[expect(non_snake_case, reason = "a type and its value have one name here")]
                let ($($column,)+) = self;
                $($column.ask(level)?;)+
                Ok(())
            }

            fn read(&self, record: &mut RecordParts) -> Result<Self::Row, RecordError> {
                #[expect(non_snake_case, reason = "a type and its value have one name here")]
                let ($($column,)+) = self;
                Ok(($($column.read(record)?,)+))
            }
        }
    )* };
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
    A B C D E F G H I J K;
    A B C D E F G H I J K L;
}
