//! A schema as Rust types.
//!
//! ```
//! mod schema {
//!     hallpass_typed::schema! {
//!         r#"
//!         model User {
//!           id    String @id
//!           name  String?
//!           todos Todo[]
//!         }
//!
//!         /// Something to do.
//!         model Todo {
//!           id        String   @id @default(cuid())
//!           content   String
//!           completed Boolean  @default(false)
//!           createdAt DateTime @default(now())
//!           ownerId   String
//!           owner     User     @relation(fields: [ownerId], references: [id])
//!         }
//!         "#,
//!         crate = hallpass_typed
//!     }
//! }
//!
//! use hallpass_typed::{Client, Error};
//! use schema::{Tables, Todo, todo, user};
//!
//! async fn tour(db: &Client) -> Result<(), Error> {
//!     let new = Todo::new().content("milk").owner(user::id().is("ann"));
//!     let milk: Todo = db.todo().create(new).await?;
//!
//!     let open = db
//!         .todo()
//!         .find_many()
//!         .filter(todo::completed().eq(false))
//!         .order_by(todo::created_at().desc())
//!         .include(todo::owner().required())
//!         .await?;
//!     for todo in &open {
//!         println!("{}: {}", todo.owner.name.as_deref().unwrap_or("somebody"), todo.content);
//!     }
//!
//!     db.todo().update(todo::id().is(&milk.id)).set(todo::completed().to(true)).await?;
//!     let contents: Vec<String> = db.todo().find_many().select(todo::content()).await?;
//!     let done: u64 = db.todo().count().filter(todo::completed().eq(true)).await?;
//!     println!("{contents:?}, {done} done");
//!     Ok(())
//! }
//! ```
//!
//! # What is generated
//!
//! Of each model a struct with its fields, and a module with a function for each field and relation, by which conditions,
//! orders, changes and selections are said; of each enum an enum; of each `type` a struct; and the trait `Tables`, which gives
//! clients a method for each model. Names are those of Rust: `createdAt` is `created_at`, `type` is `r#type`. Everything else
//! stands in this crate, once.
//!
//! # What it never does
//!
//! It knows no rule, and sends nothing to a database: every operation ends in
//! [`Client::call`](hallpass_data::Client::call), so that access rules, validation and limits hold as for anybody else.

mod args;
mod call;
mod change;
mod document;
mod enumeration;
mod field;
mod filter;
mod kind;
mod model;
mod operand;
mod relation;
mod shape;
mod table;
mod value;

pub use call::Call;
pub use change::{Attach, Attached, Change, Complete, Data, Given, NewFor, OrCreate, Set};
pub use document::{Document, DocumentMembers, DocumentParts, document_of, show_document};
pub use enumeration::{Enumeration, member_of_json, member_of_value};
pub use field::{Derived, Field, Naming, OrderedIn, Plain, Settable, Unique, ValueOf};
pub use filter::{Condition, Filter, Key, Order, all, any};
pub use model::{Members, Model, Row, Stored, debug_row, read_field, serialize_row};
pub use operand::Operand;
pub use relation::{Arity, Link, Many, Maybe, One, Relation, RelationCount, Required, ToOne};
pub use shape::{Columns, Including, Level, Selecting, Shape, Whole};
pub use table::Table;
pub use value::{BigInts, FieldValue, Listed, Numeric, Ordered, Scalar, Single, Sorted};

/// The operations.
pub mod operation {
    pub use crate::kind::{
        Changing, Count, Create, CreateMany, CreateManyAndReturn, Delete, DeleteMany, Exists,
        FindFirst, FindFirstOrThrow, FindMany, FindUnique, FindUniqueOrThrow, Found, Kind, Limited,
        Ordered, Picked, Update, UpdateMany, Upsert,
    };
}

pub use hallpass_data::{
    ArgValue, Client, Decimal, Error, RecordError, RecordParts, Source, Value,
};
pub use hallpass_typed_macros::schema;
/// What generated code names of other crates.
pub use {jiff::Timestamp, serde, serde_json::Value as Json};
