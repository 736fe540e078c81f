//! The operations, and what each gives.

use std::fmt::Debug;

use hallpass_data::{Error, Operation, Record, Reply};

use crate::model::Model;
use crate::shape::Shape;

/// An operation: one row of the table below.
pub trait Kind: Debug + Send + Sync + 'static {
    /// What is called.
    const OPERATION: Operation;
    /// The argument that holds changes, where there are some.
    const CHANGES: Option<&'static str>;
    /// What it gives, each row being `R`.
    type Output<R>;

    /// What a reply gives.
    ///
    /// # Errors
    /// [`Error::Record`] when a row is not as the shape says.
    fn answer<S: Shape>(reply: Reply, shape: &S) -> Result<Self::Output<S::Row>, Error>;
}

/// An operation on rows that a filter finds.
pub trait Found: Kind {}
/// An operation to which the order of rows matters.
pub trait Ordered: Kind {}
/// An operation that gives rows of which it can be said what comes back.
pub trait Picked: Kind {}
/// An operation that changes rows.
pub trait Changing: Kind {}
/// An operation that may be bounded to a number of rows.
pub trait Limited: Kind {}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $(($changes:literal))? -> $output:ty, $answer:ident: $($marker:ident)*;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Kind for $name {
            const OPERATION: Operation = Operation::$name;
            const CHANGES: Option<&'static str> = kinds!(@ $($changes)?);
            type Output<R> = $output;

            fn answer<S: Shape>(reply: Reply, shape: &S) -> Result<Self::Output<S::Row>, Error> {
                $answer(reply, shape)
            }
        }

        $(impl $marker for $name {})*
    )* };
    (@) => { None };
    (@ $changes:literal) => { Some($changes) };
}

kinds! {
    /// The rows that pass a filter.
    FindMany -> Vec<R>, many: Found Ordered Picked;
    /// The first of them, or none.
    FindFirst -> Option<R>, maybe: Found Ordered Picked;
    /// The first of them.
    FindFirstOrThrow -> R, one: Found Ordered Picked;
    /// The row of a key, or none.
    FindUnique -> Option<R>, maybe: Picked;
    /// The row of a key.
    FindUniqueOrThrow -> R, one: Picked;
    /// Whether a row passes a filter.
    Exists -> bool, truth: Found;
    /// How many rows pass a filter.
    Count -> u64, number: Found;
    /// Adds a row.
    Create -> R, one: Picked;
    /// Adds rows, and gives their number.
    CreateMany -> u64, number:;
    /// Adds rows, and gives those that may be seen.
    CreateManyAndReturn -> Vec<R>, many:;
    /// Changes the row of a key.
    Update("data") -> R, one: Picked Changing;
    /// Changes the rows that pass a filter, and gives their number.
    UpdateMany("data") -> u64, number: Found Changing Limited;
    /// Changes the row of a key, or adds one.
    Upsert("update") -> R, one: Picked Changing;
    /// Removes the row of a key.
    Delete -> R, one: Picked;
    /// Removes the rows that pass a filter, and gives their number.
    DeleteMany -> u64, number: Found Limited;
}

fn many<S: Shape>(reply: Reply, shape: &S) -> Result<Vec<S::Row>, Error> {
    let rows = reply.into_records().into_iter();
    rows.map(|record| read(record, shape)).collect()
}

fn maybe<S: Shape>(reply: Reply, shape: &S) -> Result<Option<S::Row>, Error> {
    let row = reply.into_record();
    row.map(|record| read(record, shape)).transpose()
}

fn one<S: Shape>(reply: Reply, shape: &S) -> Result<S::Row, Error> {
    maybe(reply, shape)?.ok_or_else(|| Error::NotReadBack {
        model: S::Model::NAME.to_owned(),
    })
}

fn read<S: Shape>(record: Record, shape: &S) -> Result<S::Row, Error> {
    Ok(shape.read(&mut record.into_parts())?)
}

#[expect(
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    reason = "answers of every kind are read in the same way"
)]
fn truth<S: Shape>(reply: Reply, _: &S) -> Result<bool, Error> {
    Ok(matches!(reply, Reply::Truth(true)))
}

#[expect(
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    reason = "answers of every kind are read in the same way"
)]
fn number<S: Shape>(reply: Reply, _: &S) -> Result<u64, Error> {
    Ok(match reply {
        Reply::Count(number) | Reply::Affected(number) => number,
        _ => 0,
    })
}
