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
//! `datasource`, `enum` and `model` blocks, fields of scalar, enum and relation types, and the attributes of
//! the table in `attributes.rs`. `generator` blocks are read over: they concern other programs.
//!
//! # What it never does
//!
//! - Invariant: no I/O. It opens no file, reads no environment variable (`env("NAME")` stays a name) and no clock.
//! - Invariant: nothing is dropped silently. A declaration, attribute, parameter or function that is not known is a
//!   mistake, so that an access rule can never be lost by being misread. (`directUrl` and `shadowDatabaseUrl` of
//!   a datasource, and whole `generator` blocks, are the exceptions: tools other than Hallpass read them.)
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
//! | a function | its row in `functions.rs` |
//! | a native type (`@db.X`) | its row in `native.rs` |
//! | a kind of declaration | its word in `parse/declaration.rs`, its node in `ast.rs`, its file in `lower/` |
//! | a rule | the file of `lower/` that has the subject, and a case in `tests/corpus/` |

mod ast;
mod attributes;
mod bind;
pub mod diagnostic;
mod functions;
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
pub use pattern::{Pattern, PatternError};
pub use schema::Schema;
pub use source::Source;
pub use suggest::nearest;

use diagnostic::{Mistake, Mistakes, Texts};
use source::Span;

/// How many bytes of text [`load`] takes, over all sources.
///
/// Beside it, lists and calls nest at most 64 deep, and at most 100 mistakes are told in one run. Together they
/// bound the time, memory and stack of a run on hostile text.
pub const MAX_BYTES: usize = 1 << 20;

/// Reads and checks sources as one schema.
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
    let mut mistakes = Mistakes::default();
    if let Some(index) = first_beyond_limit(sources) {
        mistakes.push(
            Mistake::at(
                Span::start_of(index),
                format!("the schema is longer than {MAX_BYTES} bytes"),
            )
            .help("keep data out of the schema"),
        );
        return Err(mistakes.finish(sources));
    }
    let files: Vec<ast::File> = sources
        .iter()
        .enumerate()
        .map(|(index, source)| parse::parse(index, source.text, &mut mistakes))
        .collect();
    let schema = lower::lower(&files, &Texts::new(sources), &mut mistakes);
    if mistakes.is_empty() {
        let warnings = mistakes.into_warnings(sources);
        Ok(Loaded { schema, warnings })
    } else {
        Err(mistakes.finish(sources))
    }
}

/// The source with which the limit is passed.
fn first_beyond_limit(sources: &[Source<'_>]) -> Option<usize> {
    let mut total = 0_usize;
    sources.iter().position(|source| {
        total = total.saturating_add(source.text.len());
        total > MAX_BYTES
    })
}
