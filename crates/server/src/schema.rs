//! Schemas as files: read in one way by every command.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use hallpass::data::zmodel::{Diagnostics, Loaded, MAX_BYTES, Source, load_with_imports};

use crate::failure::Failure;

/// Reads a schema with all that it imports.
///
/// # Errors
/// [`Failure::Zmodel`] with every mistake, [`Failure::Schema`] when the file cannot be read.
pub(crate) fn load(path: &Path) -> Result<Loaded, Failure> {
    read_as(path, |source| load_with_imports(&[source], import))
}

/// The same, beside the tables that Hallpass keeps of its own.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_beside_own(path: &Path) -> Result<Loaded, Failure> {
    read_as(path, |source| hallpass::read_schema(source, import))
}

fn read_as(
    path: &Path,
    read: impl FnOnce(Source<'_>) -> Result<Loaded, Diagnostics>,
) -> Result<Loaded, Failure> {
    let text = read_file(path).map_err(|source| Failure::Schema {
        path: path.to_owned(),
        source,
    })?;
    let name = path.to_string_lossy();
    let source = Source {
        name: &name,
        text: &text,
    };
    read(source).map_err(|mistakes| Failure::Zmodel(Box::new(mistakes)))
}

/// Whoever runs the command wrote the schema, or trusts it: it may name any file that this person can read.
fn import(path: &str) -> Option<String> {
    read_file(Path::new(path)).ok()
}

/// The text of a file, and no more than a schema may have; whether it is too long is said where it is read.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read_file(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let most = u64::try_from(MAX_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    fs::File::open(path)?.take(most).read_to_string(&mut text)?;
    Ok(text)
}
