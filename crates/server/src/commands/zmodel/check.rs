//! `hallpass zmodel check`: every mistake of a schema in one run.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use hallpass::data::zmodel::Schema;

use crate::failure::Failure;
use crate::schema;

/// Reads a schema and says what it holds.
///
/// # Errors
/// [`Failure::Zmodel`] with every mistake.
pub(super) fn run(path: &Path, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let loaded = schema::load(path)?;
    for warning in &loaded.warnings {
        writeln!(out, "{warning}").map_err(Failure::Output)?;
    }
    writeln!(
        out,
        "{} is sound: {}",
        path.display(),
        summary(&loaded.schema)
    )
    .map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// `2 models, 1 enum, 5 access rules`
fn summary(schema: &Schema) -> String {
    let models = &schema.models;
    let fields = || models.iter().flat_map(|model| &model.fields);
    let rules = models
        .iter()
        .map(|model| model.policies.len())
        .sum::<usize>()
        + fields().map(|field| field.policies.len()).sum::<usize>();
    let counts = [
        (models.len(), "model"),
        (schema.enums.len(), "enum"),
        (schema.types.len(), "type"),
        (rules, "access rule"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let words: Vec<String> = counts
        .map(|(count, word)| format!("{count} {word}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    match words.is_empty() {
        true => "it is empty".to_owned(),
        false => words.join(", "),
    }
}
