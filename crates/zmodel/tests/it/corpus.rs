//! The rules of the language, each with its mistake: `tests/corpus/*.md`.
//!
//! A case is a heading, a `zmodel` block and an `answer` block. An answer is `sound`, or for each mistake its line and
//! column, the underlined text and the message, then its notes and its help; warnings follow in the same form. When an answer differs, the file with the
//! answers as they are now is written to the target directory, to compare and, if they are right, to copy.

use std::fmt::Write as _;
use std::path::Path;

use hallpass_zmodel::diagnostic::Place;
use hallpass_zmodel::diagnostic::Severity;
use hallpass_zmodel::{Diagnostic, Diagnostics, Loaded, Source, load_with_warnings};

#[test]
fn syntax() {
    check("syntax.md");
}

#[test]
fn declarations() {
    check("declarations.md");
}

#[test]
fn fields() {
    check("fields.md");
}

#[test]
fn attributes() {
    check("attributes.md");
}

#[test]
fn defaults() {
    check("defaults.md");
}

#[test]
fn keys() {
    check("keys.md");
}

#[test]
fn relations() {
    check("relations.md");
}

#[test]
fn expressions() {
    check("expressions.md");
}

#[test]
fn comparisons() {
    check("comparisons.md");
}

#[test]
fn policies() {
    check("policies.md");
}

#[test]
fn inherited_rules() {
    check("inherited-rules.md");
}

#[test]
fn validation() {
    check("validation.md");
}

#[test]
fn inheritance() {
    check("inheritance.md");
}

#[test]
fn documents() {
    check("documents.md");
}

#[test]
fn others() {
    check("others.md");
}

#[test]
fn views() {
    check("views.md");
}

#[test]
fn joins() {
    check("joins.md");
}

#[test]
fn placement() {
    check("placement.md");
}

#[test]
fn services() {
    check("services.md");
}

fn check(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(file);
    let written = std::fs::read_to_string(&path).unwrap();
    let answered = answer_all(&written);
    if written != answered {
        let now = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
        std::fs::write(&now, &answered).unwrap();
        let different = written
            .lines()
            .zip(answered.lines())
            .find(|(was, is)| was != is);
        panic!(
            "{}: an answer differs: {different:#?}\nanswers as they are now: {}",
            path.display(),
            now.display()
        );
    }
}

/// The file with every answer as it is now.
fn answer_all(file: &str) -> String {
    let mut answered = String::new();
    let mut rest = file;
    while let Some((before, source, after)) = block(rest, "zmodel") {
        let (between, _, next) = block(after, "answer").expect("each zmodel block has an answer");
        let answer = answer(&load_with_warnings(&[Source {
            name: "schema.zmodel",
            text: source,
        }]));
        write!(
            answered,
            "{before}```zmodel\n{source}```{between}```answer\n{answer}```"
        )
        .unwrap();
        rest = next;
    }
    answered + rest
}

/// What stands before the next block of this kind, in it, and behind it.
fn block<'a>(text: &'a str, kind: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (before, rest) = text.split_once(&format!("```{kind}\n"))?;
    let (inside, after) = rest.split_once("```")?;
    Some((before, inside, after))
}

fn answer(result: &Result<Loaded, Diagnostics>) -> String {
    match result {
        Ok(loaded) => "sound\n".to_owned() + &listed(&loaded.warnings),
        Err(mistakes) => {
            let told: String = mistakes.iter().map(mistake).collect();
            told + &listed(mistakes.warnings())
        }
    }
}

fn listed(warnings: &[Diagnostic]) -> String {
    warnings.iter().map(mistake).collect()
}

fn mistake(item: &Diagnostic) -> String {
    let word = match item.severity {
        Severity::Error => "",
        Severity::Warning => "warning: ",
    };
    let mut text = format!("{} {word}{}\n", place(&item.place), item.message);
    for (note, at) in &item.notes {
        writeln!(text, "  note: {} {note}", place(at)).unwrap();
    }
    if let Some(help) = &item.help {
        writeln!(text, "  help: {help}").unwrap();
    }
    text
}

fn place(place: &Place) -> String {
    format!("{}:{} [{}]", place.line, place.column, place.underlined)
}
