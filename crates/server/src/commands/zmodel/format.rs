//! `hallpass zmodel format`: one look for every schema.

use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hallpass::data::zmodel::{self, Source};

use super::files;
use crate::failure::Failure;

/// Files differ from how they would be formatted. 1 means that they cannot be read.
const DIFFERENT: u8 = 2;

/// Formats files in their places; with `check`, names those that would change and changes none. `-` is standard input, formatted to
/// standard output.
///
/// # Errors
/// [`Failure::Zmodel`] with the mistakes of a file that cannot be formatted; those before it are.
pub(super) fn run(
    paths: &[PathBuf],
    check: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let mut different = false;
    for path in paths {
        if path == Path::new("-") {
            different |= pipe(check, out)?;
            continue;
        }
        let text = files::read(path)?;
        let formatted = formatted(&path.to_string_lossy(), &text)?;
        if formatted == text {
            continue;
        }
        different = true;
        if !check {
            files::write(path, &formatted)?;
        }
        let what = if check {
            "would be formatted"
        } else {
            "formatted"
        };
        writeln!(out, "{what}: {}", path.display()).map_err(Failure::Output)?;
    }
    Ok(match check && different {
        true => ExitCode::from(DIFFERENT),
        false => ExitCode::SUCCESS,
    })
}

fn pipe(check: bool, out: &mut impl Write) -> Result<bool, Failure> {
    let mut text = String::new();
    let most = u64::try_from(zmodel::MAX_BYTES).unwrap_or(u64::MAX);
    let input = io::stdin().lock().take(most.saturating_add(1));
    let read = { input }.read_to_string(&mut text);
    read.map_err(|source| Failure::File {
        path: PathBuf::from("-"),
        source,
    })?;
    let formatted = formatted("-", &text)?;
    if !check {
        out.write_all(formatted.as_bytes())
            .map_err(Failure::Output)?;
    }
    Ok(formatted != text)
}

fn formatted(name: &str, text: &str) -> Result<String, Failure> {
    let formatted = zmodel::format(&Source { name, text });
    formatted.map_err(|mistakes| Failure::Zmodel(Box::new(mistakes)))
}
