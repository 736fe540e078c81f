//! ZModel: the language that says what the data is.
//!
//! Text of `.zmodel` files comes in; a checked [`Schema`], or every mistake of the text at once
//! ([`Diagnostics`]), comes out.
//!
//! ```
//! use hallpass_zmodel::{Source, load};
//!
//! let text = r#"
//!     model User {
//!       id    String @id @default(cuid())
//!       email String @unique
//!       todos Todo[]
//!     }
//!
//!     model Todo {
//!       id      Int    @id @default(autoincrement())
//!       content String
//!       ownerId String
//!       owner   User   @relation(fields: [ownerId], references: [id], onDelete: Cascade)
//!     }
//! "#;
//! let schema = load(&[Source { name: "schema.zmodel", text }])?;
//! let todo = schema.model("Todo").ok_or("the model is there")?;
//! assert_eq!(todo.id, ["id"]);
//!
//! let mistakes = load(&[Source { name: "schema.zmodel", text: "model User { id Strng @id }" }]);
//! assert_eq!(
//!     mistakes.err().ok_or("the type is unknown")?.to_string(),
//!     "\
//! error: unknown type `Strng`
//!  --> schema.zmodel:1:17
//!   |
//! 1 | model User { id Strng @id }
//!   |                 ^^^^^
//!   = help: did you mean `String`?
//!
//! 1 mistake in the schema",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it knows
//!
//! The whole language of ZModel, of its second and its third version: every declaration, the attributes of the table
//! in `attributes.rs`, the functions of that in `functions.rs`. `generator` and `plugin` blocks concern other programs and
//! are named in [`Schema::others`](schema::Schema::others); functions and attributes that a schema declares itself have no
//! meaning.
//!
//! # What it never does
//!
//! - Invariant: no I/O. It opens no file, reads no environment variable (`env("NAME")` stays a name) and no clock.
//! - Invariant: nothing is dropped silently. A declaration, attribute, parameter or function that is not known is a
//!   mistake, so that an access rule can never be lost by being misread. (`directUrl` and `shadowDatabaseUrl` of
//!   a datasource, what stands in `generator` and `plugin` blocks, the `map` of `@default` and attributes that the schema
//!   declares itself are the exceptions: tools other than Hallpass read them.)
//! - Invariant: a [`Schema`] holds only names that resolve.
//! - It never panics, and its stack and memory are bounded, whatever the text: see [`MAX_BYTES`].
//!
//! # How it goes
//!
//! `lex` makes tokens, `parse` makes the tree of `ast` and recovers after a mistake, `resolve` finds what each name
//! stands for, `bind` holds the arguments of attributes against `attributes.rs`, and `lower` checks the rules of the
//! language and makes the schema. Every step adds to the same list of mistakes.
//!
//! # Where to add
//!
//! | to add | touch |
//! |---|---|
//! | an attribute | its row in `attributes.rs`; where it is read, in `lower/` |
//! | a function of `@default` | its row in `functions.rs` |
//! | a function of rules | its row in `lower/rules/functions.rs`, its kind in `schema/expr.rs` and name in `schema/text.rs` |
//! | a native type (`@db.X`) | its row in `native.rs` |
//! | a kind of declaration | its word in `parse/declaration.rs`, its rule in `parse/`, its node in `ast.rs`, its file in `lower/` |
//! | a rule | the file of `lower/` that has the subject, and a case in `tests/corpus/` |

mod ast;
mod attributes;
mod bind;
pub mod diagnostic;
mod diagram;
mod format;
mod functions;
mod imports;
mod lex;
mod lower;
mod narrow;
mod native;
mod parse;
mod pattern;
mod resolve;
pub mod schema;
mod source;
mod suggest;

pub use diagnostic::{Diagnostic, Diagnostics};
pub use diagram::diagram;
pub use format::format;
pub use pattern::{Pattern, PatternError};
pub use schema::Schema;
pub use source::Source;
pub use suggest::nearest;

use diagnostic::{Mistakes, Texts};

/// How many bytes of text [`load`] takes, over all sources.
///
/// Beside it, lists and calls nest at most 64 deep, models inherit over at most 32 steps and not much more text than
/// this together, and at most 100 mistakes are told in one run. Together they bound the time, memory and stack of a
/// run on hostile text.
pub const MAX_BYTES: usize = 1 << 20;

/// How many files a schema has at most, those that are imported included.
pub const MAX_FILES: usize = 256;

/// Reads and checks sources as one schema. What they import must be among them.
///
/// # Errors
///
/// All mistakes of the sources, in the order of the text. [`Diagnostics`] displays them with file, line, column,
/// the underlined text and what to do.
pub fn load(sources: &[Source<'_>]) -> Result<Schema, Diagnostics> {
    load_with_warnings(sources).map(|loaded| loaded.schema)
}

/// A schema, and what in it may mean something else than it seems to.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The schema.
    pub schema: Schema,
    /// Warnings, in the order of the text.
    pub warnings: Vec<Diagnostic>,
}

/// As [`load`], with warnings.
///
/// # Errors
///
/// As those of [`load`].
pub fn load_with_warnings(sources: &[Source<'_>]) -> Result<Loaded, Diagnostics> {
    load_with_imports(sources, |_| None)
}

/// As [`load_with_warnings`], and `open` gives the text of a file that is imported and not among the sources, by its
/// path; nothing where it cannot be read. A path begins as the name of the source that imports it does, so names of
/// sources are paths here; each file is asked for once.
///
/// SECURITY: paths may be absolute or lead out of the directory of the schema. Whoever does not trust the schema must
/// look at them.
///
/// # Errors
///
/// As those of [`load`]. A file that `open` does not give is a mistake of its `import`.
///
/// ```
/// use hallpass_zmodel::{Source, load_with_imports};
///
/// let main = Source { name: "app/schema.zmodel", text: "import './user'" };
/// let loaded = load_with_imports(&[main], |path| {
///     assert_eq!(path, "app/user.zmodel");
///     Some("model User { id Int @id }".to_owned())
/// })?;
/// assert!(loaded.schema.model("User").is_some());
/// # Ok::<(), hallpass_zmodel::Diagnostics>(())
/// ```
pub fn load_with_imports(
    sources: &[Source<'_>],
    mut open: impl FnMut(&str) -> Option<String>,
) -> Result<Loaded, Diagnostics> {
    let mut mistakes = Mistakes::default();
    let mut all = imports::Sources::default();
    let files = all.read(sources, &mut open, &mut mistakes);
    let sources = all.all();
    let schema = lower::lower(&files, &Texts::new(&sources), &mut mistakes);
    if mistakes.is_empty() {
        let warnings = mistakes.into_warnings(&sources);
        Ok(Loaded { schema, warnings })
    } else {
        Err(mistakes.finish(&sources))
    }
}
