//! The `datasource` block.

use crate::ast::{Block, Entry, ExprKind, File, Name};
use crate::diagnostic::{Mistake, Mistakes};
use crate::functions::{self, Makes};
use crate::schema::{Datasource, Provider, RelationMode, Url};
use crate::suggest;

const PROVIDERS: [(&str, Provider); 4] = [
    ("postgresql", Provider::Postgresql),
    ("mysql", Provider::Mysql),
    ("sqlite", Provider::Sqlite),
    ("postgres", Provider::Postgresql),
];

const RELATION_MODES: [(&str, RelationMode); 2] = [
    ("foreignKeys", RelationMode::ForeignKeys),
    ("prisma", RelationMode::Programs),
];

/// Settings that are read, and settings that are for other programs.
const SETTINGS: [&str; 5] = [
    "provider",
    "url",
    "relationMode",
    "directUrl",
    "shadowDatabaseUrl",
];

/// The datasource of all sources, where there is one.
pub(super) fn lower(files: &[File], mistakes: &mut Mistakes) -> Option<Datasource> {
    let mut blocks = files.iter().flat_map(|file| &file.datasources);
    let first = blocks.next()?;
    for second in blocks {
        mistakes.push(
            Mistake::at(second.name.span, "a schema has one datasource")
                .note(first.name.span, "the first stands here")
                .help("remove one of them"),
        );
    }
    check_settings(first, mistakes);
    let url = setting(first, "url")
        .and_then(|entry| url(entry).map_err(|mistake| mistakes.push(*mistake)).ok());
    let mode = setting(first, "relationMode").map_or(Ok(RelationMode::default()), relation_mode);
    let relation_mode = mode.map_err(|mistake| mistakes.push(mistake));
    match setting(first, "provider").map(provider) {
        Some(Ok(provider)) => Some(Datasource {
            name: first.name.text.clone(),
            provider,
            url,
            relation_mode: relation_mode.unwrap_or_default(),
            schemas: Vec::new(),
            default_schema: None,
            extensions: Vec::new(),
        }),
        Some(Err(mistake)) => {
            mistakes.push(mistake);
            None
        }
        None if first.damaged => None,
        None => {
            let message = format!("datasource `{}` names no provider", first.name.text);
            mistakes.push(
                Mistake::at(first.name.span, message)
                    .help("add `provider = \"postgresql\"`, `\"mysql\"` or `\"sqlite\"`"),
            );
            None
        }
    }
}

fn setting<'a>(block: &'a Block, key: &str) -> Option<&'a Entry> {
    block.entries.iter().find(|entry| entry.key.text == key)
}

fn check_settings(block: &Block, mistakes: &mut Mistakes) {
    for entry in &block.entries {
        let Name { text, span } = &entry.key;
        if !SETTINGS.contains(&text.as_str()) {
            mistakes.push(
                Mistake::at(
                    *span,
                    format!("this version does not know the datasource setting `{text}`"),
                )
                .maybe_help(suggest::did_you_mean(text, SETTINGS)),
            );
        } else if let Some(first) = setting(block, text).filter(|first| first.key.span != *span) {
            mistakes.push(
                Mistake::at(*span, format!("`{text}` is given twice"))
                    .note(first.key.span, "it is given here first"),
            );
        }
    }
}

fn provider(entry: &Entry) -> Result<Provider, Mistake> {
    let refused = |message: String| {
        Mistake::at(entry.value.span, message)
            .help("it is `\"postgresql\"`, `\"mysql\"` or `\"sqlite\"`")
    };
    let ExprKind::String(written) = &entry.value.kind else {
        return Err(refused("`provider` takes a name in quotes".to_owned()));
    };
    let known = PROVIDERS
        .iter()
        .find(|(name, _)| name == written)
        .map(|(_, provider)| *provider);
    known.ok_or_else(|| {
        refused(format!(
            "this version does not know the provider `{written}`"
        ))
    })
}

fn relation_mode(entry: &Entry) -> Result<RelationMode, Mistake> {
    let known = match &entry.value.kind {
        ExprKind::String(written) => RELATION_MODES.iter().find(|(name, _)| name == written),
        _ => None,
    };
    known.map(|(_, mode)| *mode).ok_or_else(|| {
        Mistake::at(
            entry.value.span,
            "this version does not know the relation mode",
        )
        .help("it is `\"foreignKeys\"` or `\"prisma\"`")
    })
}

fn url(entry: &Entry) -> Result<Url, Box<Mistake>> {
    match &entry.value.kind {
        ExprKind::String(written) => Ok(Url::Literal(written.clone())),
        ExprKind::Call(name, arguments) => {
            let row =
                functions::find(&name.text).ok_or_else(|| Box::new(functions::unknown(name)))?;
            let given = row.bind(name, arguments)?;
            match (&row.makes, given.text) {
                (Makes::Setting, Some(variable)) => Ok(Url::Env(variable)),
                _ => Err(Box::new(Mistake::at(
                    name.span,
                    format!("`{}` may not stand in a datasource", name.text),
                ))),
            }
        }
        _ => Err(Box::new(
            Mistake::at(entry.value.span, "`url` takes text in quotes or `env(…)`")
                .help("write `url = env(\"DATABASE_URL\")`"),
        )),
    }
}
