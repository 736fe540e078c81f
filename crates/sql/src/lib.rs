//! SQL as a tree: values, statements, dialects with their capability facts, and a total emitter.
//!
//! Invariant: no I/O, and nothing is ever dropped: a clause that a dialect cannot say is an error.
//! Values are always bound; identifiers are quoted here and nowhere else.
//!
//! To add a dialect: a variant of [`Dialect`], a row of facts in `capability.rs`, its native column types in
//! `native.rs` and what they make of values in `keeping.rs`, and, only where a fact cannot say the difference, a branch in `emit/`.
//! To add a clause: a member in `tree/`, its words in `emit/`, a fact in [`Capability`] if a dialect lacks it.

pub mod calendar;
mod capability;
mod dialect;
mod emit;
mod error;
mod keeping;
mod native;
mod query;
pub mod row_security;
mod tree;
mod value;

pub use capability::{
    Capability, ConflictClause, EmptyInsert, EnumStorage, Isolation, JsonFunctions, JsonPaths,
    NullPosition, Placeholder, StartupLock, WordFunctions,
};
pub use dialect::Dialect;
pub use emit::{
    default_text, emit, identifier_text, literal_text, script, table_text, tables_read, type_text,
};
pub use error::EmitError;
pub use keeping::{Content, Keeping};
pub use native::{NativeColumn, NativeTypeError};
pub use query::{Access, Bind, Query};
pub use tree::{
    Accents, Action, AddColumn, AddForeignKey, AddLabel, AddPrimaryKey, AddTimeZone, AdvisoryLock,
    Aggregate, AlterColumn, Arithmetic, CarryCounter, Column, ColumnChanges, ColumnDefault,
    ColumnType, Comparison, Conflict, CopyRows, CreateEnum, CreateExtension, CreateIndex,
    CreateSchema, CreateTable, Delete, Direction, DropColumn, DropForeignKey, DropIndex,
    DropPrimaryKey, Expr, ForeignKey, Index, IndexColumn, IndexKind, IndexMethod, Insert, Join,
    JoinKind, JsonForm, JsonStep, Likeness, LikenessPart, Nulls, Order, PrimaryKey, Proof,
    RenameEnum, RenameReferences, RenameTable, RowLock, Select, Source, Statement, TableName,
    TakenOver, Update, WordSearch,
};
pub use value::Value;
