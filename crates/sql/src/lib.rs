//! SQL as a tree: values, statements, dialects with their capability facts, and a total emitter.
//!
//! Invariant: no I/O, and nothing is ever dropped: a clause that a dialect cannot say is an error.
//! Values are always bound; identifiers are quoted here and nowhere else.
//!
//! To add a dialect: a variant of [`Dialect`], a row of facts in `capability.rs`, its native column types in
//! `native.rs`, and, only where a fact cannot say the difference, a branch in `emit/`.
//! To add a clause: a member in `tree/`, its words in `emit/`, a fact in [`Capability`] if a dialect lacks it.

mod capability;
mod dialect;
mod emit;
mod error;
mod native;
mod query;
mod tree;
mod value;

pub use capability::{
    Capability, ConflictClause, EmptyInsert, EnumStorage, JsonFunctions, NullPosition, Placeholder,
    StartupLock,
};
pub use dialect::Dialect;
pub use emit::{emit, script};
pub use error::EmitError;
pub use native::{NativeColumn, NativeTypeError};
pub use query::{Access, Bind, Query};
pub use tree::{
    Action, AddColumn, AddForeignKey, AddTimeZone, AdvisoryLock, Aggregate, Arithmetic, Column,
    ColumnDefault, ColumnType, Comparison, Conflict, CreateEnum, CreateIndex, CreateTable, Delete,
    Direction, DropForeignKey, Expr, ForeignKey, Index, Insert, Join, JoinKind, JsonForm, Nulls,
    Order, PrimaryKey, RowLock, Select, Source, Statement, TableName, Update,
};
pub use value::Value;
