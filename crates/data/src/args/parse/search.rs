//! Words in texts, and texts that are alike: `fts`, `search`, `fuzzy`, and orders by how well they fit.
//!
//! Source: contract zenstack §1.5 (`@fuzzy`, `@fullText`), §3.2, §3.4.

use hallpass_sql::{Accents, LikenessPart, Nulls, WordFunctions};
use hallpass_zmodel::schema::{Field, FieldKind, IndexMethod, Model, Scalar};

use super::At;
use super::fields::all;
use super::listing::direction;
use crate::args::{ArgValue, Order, OrderKey, Test};
use crate::client::Engine;
use crate::error::InvalidInput;
use crate::policy::DialectVersion;

/// The orders.
pub(super) const RELEVANCE: [&str; 2] = ["_ftsRelevance", "_fuzzyRelevance"];

/// The operators of a field beside those that every text has.
pub(crate) fn operators(engine: &Engine, model: &Model, field: &Field) -> Vec<&'static str> {
    if field.kind != FieldKind::Scalar(Scalar::String) {
        return Vec::new();
    }
    let capability = engine.capability();
    let postgres = capability.word_search == Some(WordFunctions::Postgres);
    let is_indexed = || {
        model.indexes.iter().any(|index| {
            index.method == IndexMethod::FullText && index.fields == [field.name.as_str()]
        })
    };
    let older = engine.dialect_version == DialectVersion::Two
        && (postgres || capability.word_search.is_some() && is_indexed());
    let all = [
        (field.full_text && postgres, "fts"),
        (field.fuzzy && capability.likeness, "fuzzy"),
        (older, "search"),
    ];
    let all = all.into_iter().filter(|(has, _)| *has);
    all.map(|(_, name)| name).collect()
}

/// `fts: {search, config}`, `search: 'cat & dog'`, `fuzzy: {search, mode, threshold, unaccent}`
pub(super) fn test(at: &At<'_, '_>) -> Result<Test, InvalidInput> {
    match at.name() {
        "search" => Ok(Test::Words {
            words: words(at)?,
            configuration: None,
        }),
        "fts" => {
            at.only(&["search", "config"])?;
            Ok(Test::Words {
                words: words(&required(at, "search")?)?,
                configuration: configuration(at)?,
            })
        }
        _ => {
            at.only(&["search", "mode", "threshold", "unaccent"])?;
            Ok(Test::Alike {
                text: words(&required(at, "search")?)?,
                part: part(at)?,
                accents: accents(at)?,
                least: threshold(at)?,
            })
        }
    }
}

/// `_ftsRelevance: {fields, search, config, sort}`, `_fuzzyRelevance: {fields, search, mode, unaccent, sort}`
pub(super) fn order(
    at: &At<'_, '_>,
    model: &Model,
    through: &[String],
) -> Result<Option<Order>, InvalidInput> {
    let by_words = match at.name() {
        "_ftsRelevance" => true,
        "_fuzzyRelevance" => false,
        _ => return Ok(None),
    };
    let operator = if by_words { "fts" } else { "fuzzy" };
    let able: Vec<&str> = all(at.engine(), model)
        .filter(|field| operators(at.engine(), model, field).contains(&operator))
        .map(|field| field.name.as_str())
        .collect();
    if able.is_empty() {
        return Ok(None);
    }
    let further = if by_words {
        ["config", "sort"].as_slice()
    } else {
        &["mode", "unaccent", "sort"]
    };
    at.only(&[&["fields", "search"], further].concat())?;
    let given = required(at, "fields")?;
    let mut fields = Vec::new();
    for name in &given.items()? {
        if !able.contains(&name.text()?) {
            let names: Vec<_> = able.iter().map(|name| format!("`{name}`")).collect();
            return Err(name.fail(format!("expected one of {}", names.join(", "))));
        }
        fields.push(name.text()?.to_owned());
    }
    if fields.is_empty() {
        return Err(given.fail("expected one field at least"));
    }
    let text = words(&required(at, "search")?)?;
    let key = if by_words {
        OrderKey::Words {
            fields,
            words: text,
            configuration: configuration(at)?,
        }
    } else {
        OrderKey::Alike {
            fields,
            text,
            part: part(at)?,
            accents: accents(at)?,
        }
    };
    Ok(Some(Order {
        through: through.to_vec(),
        key,
        direction: direction(&required(at, "sort")?)?,
        nulls: Nulls::Default,
    }))
}

fn required<'e, 'b>(at: &'b At<'e, '_>, name: &str) -> Result<At<'e, 'b>, InvalidInput> {
    at.member(name)?.ok_or_else(|| at.missing(name))
}

fn words(at: &At<'_, '_>) -> Result<String, InvalidInput> {
    let text = at.text()?;
    if text.is_empty() || text.contains('\0') {
        return Err(at.fail("expected text"));
    }
    Ok(text.to_owned())
}

fn configuration(at: &At<'_, '_>) -> Result<Option<String>, InvalidInput> {
    let given = at.member("config")?;
    given.map(|given| words(&given)).transpose()
}

fn part(at: &At<'_, '_>) -> Result<LikenessPart, InvalidInput> {
    let Some(mode) = at.member("mode")? else {
        return Ok(LikenessPart::default());
    };
    match mode.text()? {
        "simple" => Ok(LikenessPart::Whole),
        "word" => Ok(LikenessPart::Part),
        "strictWord" => Ok(LikenessPart::Words),
        _ => Err(mode.fail("expected `simple`, `word` or `strictWord`")),
    }
}

fn accents(at: &At<'_, '_>) -> Result<Accents, InvalidInput> {
    let ignored = at.member("unaccent")?;
    let ignored = ignored.map(|ignored| ignored.boolean()).transpose()?;
    Ok(match ignored {
        Some(true) => Accents::Ignored,
        Some(false) | None => Accents::Count,
    })
}

fn threshold(at: &At<'_, '_>) -> Result<Option<f64>, InvalidInput> {
    let Some(threshold) = at.member("threshold")? else {
        return Ok(None);
    };
    let number = match threshold.value() {
        ArgValue::Number(number) => number.as_f64(),
        _ => return Err(threshold.expected("number")),
    };
    let number = number.filter(|number| (0.0..=1.0).contains(number));
    number
        .map(Some)
        .ok_or_else(|| threshold.fail("expected a number from 0 to 1"))
}
