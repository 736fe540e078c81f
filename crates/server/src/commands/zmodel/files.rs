//! Files that are read as they stand, and written.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::failure::Failure;
use crate::schema::read_file;

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
