//! The `datasource` block.

use super::draft::Draft;
use crate::ast::{Block, Entry, Expr, ExprKind, File, Name};
use crate::bind::is_name;
use crate::diagnostic::{Mistake, Mistakes};
use crate::functions::{self, Makes};
use crate::schema::{Datasource, Enum, Extension, Provider, RelationMode, Url};
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
const SETTINGS: [&str; 8] = [
    "provider",
    "url",
    "relationMode",
    "schemas",
    "defaultSchema",
    "extensions",
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
    let schemas = setting(first, "schemas").map(|entry| schemas(entry, mistakes));
    let default_schema = setting(first, "defaultSchema")
        .and_then(|entry| default_schema(entry, schemas.as_deref(), mistakes));
    let extensions = setting(first, "extensions").map(|entry| extensions(entry, mistakes));
    match setting(first, "provider").map(provider) {
        Some(Ok(provider)) => Some(Datasource {
            name: first.name.text.clone(),
            provider,
            url,
            relation_mode: relation_mode.unwrap_or_default(),
            schemas: schemas.unwrap_or_default(),
            default_schema,
            extensions: extensions.unwrap_or_default(),
        })
        .inspect(|source| check_provider(first, source, mistakes)),
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

/// What only PostgreSQL has.
fn check_provider(block: &Block, source: &Datasource, mistakes: &mut Mistakes) {
    if source.provider == Provider::Postgresql {
        return;
    }
    for key in ["schemas", "defaultSchema", "extensions"] {
        if let Some(entry) = setting(block, key) {
            let message = format!("only postgresql has `{key}`");
            mistakes.push(Mistake::at(entry.key.span, message));
        }
    }
}

/// Names in quotes, in a list.
fn schemas(entry: &Entry, mistakes: &mut Mistakes) -> Vec<String> {
    let refused = |value: &Expr| {
        let message = "`schemas` takes a list of names in quotes";
        Mistake::at(value.span, message).help("write `schemas = [\"public\"]`")
    };
    let ExprKind::List(items) = &entry.value.kind else {
        mistakes.push(refused(&entry.value));
        return Vec::new();
    };
    let mut schemas = Vec::new();
    for item in items {
        match &item.kind {
            ExprKind::String(name) if is_name(name) => schemas.push(name.clone()),
            _ => mistakes.push(refused(item)),
        }
    }
    schemas
}

fn default_schema(
    entry: &Entry,
    schemas: Option<&[String]>,
    mistakes: &mut Mistakes,
) -> Option<String> {
    let ExprKind::String(name) = &entry.value.kind else {
        mistakes.push(no_default_schema(entry));
        return None;
    };
    if !is_name(name) {
        mistakes.push(no_default_schema(entry));
        return None;
    }
    if schemas.is_some_and(|schemas| !schemas.contains(name)) {
        let message = format!("`schemas` does not name the default schema `{name}`");
        mistakes.push(Mistake::at(entry.value.span, message).help("add it to the list"));
    }
    Some(name.clone())
}

fn no_default_schema(entry: &Entry) -> Mistake {
    let message = "`defaultSchema` takes a name in quotes";
    Mistake::at(entry.value.span, message)
}

/// Where models and enums that name no schema live must be among the schemas.
pub(super) fn check_default_schema(
    files: &[File],
    source: &Datasource,
    drafts: &[Draft<'_>],
    enums: &[Enum],
    mistakes: &mut Mistakes,
) {
    let mut blocks = files.iter().flat_map(|file| &file.datasources);
    let Some(entry) = blocks.next().and_then(|block| setting(block, "schemas")) else {
        return;
    };
    let mut models = drafts.iter().map(|draft| &draft.model.database_schema);
    let is_used =
        models.any(Option::is_none) || enums.iter().any(|item| item.database_schema.is_none());
    let is_named = source.schemas.iter().any(|name| name == "public");
    if is_used && !is_named && source.default_schema.is_none() {
        let message =
            "models and enums without `@@schema` live in `public`, which `schemas` does not name";
        mistakes.push(
            Mistake::at(entry.value.span, message)
                .help("add `\"public\"` to it, or name a `defaultSchema`"),
        );
    }
}

/// Names, each alone or as `name(map: "…")`.
fn extensions(entry: &Entry, mistakes: &mut Mistakes) -> Vec<Extension> {
    let refused = |value: &Expr| {
        let message = "`extensions` takes a list of names";
        Mistake::at(value.span, message).help("write `extensions = [citext, pg_trgm(map: \"…\")]`")
    };
    let ExprKind::List(items) = &entry.value.kind else {
        mistakes.push(refused(&entry.value));
        return Vec::new();
    };
    let found = items.iter().filter_map(|item| {
        let found = extension(item);
        if found.is_none() {
            mistakes.push(refused(item));
        }
        found
    });
    found.collect()
}

fn extension(item: &Expr) -> Option<Extension> {
    match &item.kind {
        ExprKind::Reference(name) => Some(Extension::new(name)),
        ExprKind::Call(name, arguments) => {
            let mut extension = Extension::new(&name.text);
            for argument in arguments {
                let ExprKind::String(text) = &argument.value.kind else {
                    return None;
                };
                let text = Some(text.clone()).filter(|text| is_name(text))?;
                match argument.name.as_ref().map(|name| name.text.as_str()) {
                    Some("map") => extension.mapped_name = text,
                    Some("schema") => extension.schema = Some(text),
                    Some("version") => extension.version = Some(text),
                    _ => return None,
                }
            }
            Some(extension)
        }
        _ => None,
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
