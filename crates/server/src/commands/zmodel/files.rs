//! Schemas as files.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use hallpass::data::zmodel::{Loaded, MAX_BYTES, Source, load_with_imports};

use crate::failure::Failure;

/// Reads a schema with all that it imports.
///
/// # Errors
/// [`Failure::Zmodel`] with every mistake, [`Failure::File`] when the file cannot be read.
pub(crate) fn load(path: &Path) -> Result<Loaded, Failure> {
    let text = read(path)?;
    let name = path.to_string_lossy();
    let source = Source {
        name: &name,
        text: &text,
    };
    // Whoever runs the command wrote the schema, or trusts it: it may name any file that this person can read.
    let loaded = load_with_imports(&[source], |path| read_file(Path::new(path)).ok());
    loaded.map_err(|mistakes| Failure::Zmodel(Box::new(mistakes)))
}

/// The text of a file.
///
/// # Errors
/// [`Failure::File`] names it.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    read_file(path).map_err(|source| Failure::File {
        path: path.to_owned(),
        source,
    })
}

/// No more than a schema may have; whether it is too long is said where it is read.
fn read_file(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let most = u64::try_from(MAX_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    fs::File::open(path)?.take(most).read_to_string(&mut text)?;
    Ok(text)
}

/// Puts a text in the place of a file at once, so that nobody reads half of it and a full disk loses nothing.
///
/// # Errors
/// [`Failure::File`] names it.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |source| Failure::File {
        path: path.to_owned(),
        source,
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = write_through(&beside, path, text);
    if written.is_err() {
        // What cannot be removed does no harm; the first mistake is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    written.map_err(failed)
}

fn write_through(beside: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::File::create(beside)?;
    if let Ok(known) = fs::metadata(path) {
        file.set_permissions(known.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // A link to a file stays one.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    fs::rename(beside, target)
}
