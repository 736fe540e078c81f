//! The formatter: one look for every schema, comments kept.
//!
//! `pieces` cuts the text into tokens and comments, `roles` says where declarations and members begin, `lines` lays the
//! pieces out, and `table` aligns the columns of neighbouring members. What stands in brackets keeps the line breaks of
//! its author: long conditions are theirs to arrange.
//!
//! INVARIANT: tokens and comments come out as they went in, in the same order; only what is between them changes.
//! Formatting what was formatted changes nothing.

mod lines;
mod pieces;
mod roles;
mod spaces;
mod table;

use crate::diagnostic::{Diagnostics, Mistake, Mistakes};
use crate::source::Span;
use crate::{MAX_BYTES, Source, lex, parse};

/// Writes a source in the one look that schemas have: a member a line, columns of neighbouring members aligned, at most
/// one empty line in a row.
///
/// # Errors
///
/// The mistakes of the text where it cannot be read; names and types are not looked at.
///
/// # Examples
///
/// ```
/// use hallpass_zmodel::{Source, format};
///
/// let text = "model Todo{id Int @id\n content String? @map('text') // what to do\n}";
/// let formatted = format(&Source { name: "schema.zmodel", text })?;
/// assert_eq!(
///     formatted,
///     "\
/// model Todo {
///     id      Int     @id
///     content String? @map('text') // what to do
/// }
/// ",
/// );
/// # Ok::<(), hallpass_zmodel::Diagnostics>(())
/// ```
pub fn format(source: &Source<'_>) -> Result<String, Diagnostics> {
    let sources = [*source];
    let mut mistakes = Mistakes::default();
    if source.text.len() > MAX_BYTES {
        let message = format!("the file is longer than {MAX_BYTES} bytes");
        mistakes.push(Mistake::at(Span::start_of(0), message));
    } else {
        parse::parse(0, source.text, &mut mistakes);
    }
    if !mistakes.is_empty() {
        return Err(mistakes.finish(&sources));
    }
    let tokens = lex::tokens(0, source.text, &mut mistakes);
    let pieces = pieces::pieces(source.text, &tokens);
    let roles = roles::roles(&pieces);
    let lines = lines::lines(&pieces, &roles);
    Ok(table::text(&lines))
}
