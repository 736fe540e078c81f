//! The engine: operations over a checked schema, as prepared SQL.
//!
//! An operation is built with a [`Client`], planned once into a tree of `sql`, emitted, and run:
//! `args` (what is asked) → `plan` (what is said to the database) → `exec` (saying it) → `shape` (what comes back).
//! [`Client::create_missing_tables`] makes the tables of the schema.
//!
//! ```no_run
//! # async fn example(db: hallpass_data::Client, id: &str) -> Result<(), hallpass_data::Error> {
//! use hallpass_data::{desc, field};
//!
//! let todos = db.find_many("Todo").filter(field("userId").eq(id)).order_by(desc("createdAt")).take(50).run().await?;
//! let todo = db.create("Todo").set("content", "milk").set("userId", id).run().await?;
//! let content: &str = todo.get("content")?;
//! # Ok(()) }
//! ```
//!
//! Invariants: what a caller sends is checked against the schema before it becomes SQL; values are bound; an error
//! never repeats a value; a row that an operation consumes is given to exactly one caller, on every database.
//! Never here: text of SQL (that is `sql`), drivers (that is `db`), clocks and randomness (handed in).
//!
//! # Features
//!
//! - `postgres`, `mysql`, `sqlite`: the drivers.
//! - `http`: [`http`], the data as an HTTP service.
//!
//! To add an operation: its arguments in `args/`, its plan in `plan/`. To add a filter: a [`Test`] and its arm in
//! `plan/filter.rs`. To add a scalar type: an arm each way in `codec.rs` and its column in `ddl/column.rs`.

mod args;
mod attribution;
mod client;
mod codec;
mod codecs;
mod computed;
mod ddl;
mod decimal;
mod environment;
mod error;
mod exec;
mod fit;
mod generate;
mod hold;
#[cfg(feature = "http")]
pub mod http;
mod inspect;
mod interface;
mod keep;
mod later;
mod limits;
pub mod live;
mod measured;
pub mod migrate;
mod moments;
mod open;
mod operation;
mod parts;
mod plan;
mod policy;
mod prepared;
mod procedures;
mod pull;
mod record;
mod reuse;
mod row_key;
mod services;
mod shape;
mod slicing;
pub mod structure;
#[cfg(test)]
mod suite;
mod transaction;
mod validate;
mod violation;
mod write;
mod zulu;

pub use args::{
    ArgValue, ArgValueError, Count, Create, Delete, Field, Filter, Find, First, Include, Input,
    Inside, JsonTest, Kind, Listed, Many, NewValue, Order, Parameter, Related, Test, Unique,
    Update, Upsert, all, any, asc, desc, field, given, kept, not, parameter, plus, relation, when,
};
pub use attribution::{Attribution, Saying};
pub use client::{Client, ClientOptions, OpenError};
pub use computed::{Computed, ComputedRow};
pub use ddl::{CreateTablesError, Created, Growth, MissingColumn, MissingLabel};
pub use decimal::{Decimal, DecimalError};
pub use environment::{Clock, Random};
pub use error::{Error, InvalidInput, Rejection, Sought};
pub use inspect::{Change, Fold, Held, Mending, Rule};
pub use interface::InputValidation;
pub use limits::Limits;
pub use open::{SetUpError, look_choosing, open, open_choosing, open_growing, open_schema};
pub use operation::{Operation, Reply};
pub use parts::RecordParts;
pub use policy::{
    Accessor, DialectVersion, ExplainedRule, Explanation, Lookup, RowSecurityError,
    RowSecurityOptions, RowSecurityPlan, Said, Unsaid,
};
pub use prepared::{Answer, Prepared};
pub use procedures::{ProcedureCall, ProcedureReply, Procedures};
pub use record::{FromValue, Record, RecordError};
pub use row_key::RowKey;
pub use services::{
    Busy, Encryption, FieldServices, Job, OmitOverride, Omitted, PasswordForm, Threads,
    ThreadsOptions, Workers,
};
pub use slicing::{Choice, FilterKind, ModelSlicing, Slicing, SlicingError};
pub use transaction::TransactionOptions;
pub use validate::Issue;

/// What tables a database has.
pub mod catalog {
    pub use hallpass_db::{Catalog, Column, DatabaseEnum, ForeignKey, Index, Table};
}

/// Rows of a statement of the caller's own, see [`Client::raw`].
pub use hallpass_db::Rows;

/// The language of schemas.
pub use hallpass_zmodel as zmodel;

/// The language of a database.
pub use hallpass_sql::Dialect;
/// How far a transaction is kept from others.
pub use hallpass_sql::Isolation;
/// A text of a schema.
pub use hallpass_zmodel::Source;

/// Parts of a statement, for [`Computed`] fields: a tree, never text.
pub mod sql {
    pub use hallpass_sql::{
        Aggregate, Arithmetic, Comparison, Expr, Join, JoinKind, Select, Source, TableName, Value,
    };
}

/// What access rules are about.
pub use hallpass_zmodel::schema::Operation as RuleOperation;
/// Whether an access rule admits or refuses.
pub use hallpass_zmodel::schema::{Effect, Place};

/// A step to a place in a JSON document.
pub use hallpass_sql::JsonStep;
/// A value of a field, as callers see it.
pub use hallpass_sql::Value;
/// Moments up to the last of the year 9999, and how they are said.
pub use hallpass_sql::calendar;
/// How texts are compared that are alike.
pub use hallpass_sql::{Accents, LikenessPart};
