//! A model: its rows as somebody sees them, its fields and its rules.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use hallpass::data::zmodel::schema::{Arity, Field, FieldKind, Model, ModelKind};
use hallpass::data::{ArgValue, Operation, Record};
use serde_json::{Value as Json, json};

use super::notice::{Trouble, mendable};
use super::page::{self, Frame};
use super::query::{AFTER, Pairs, ROW, pairs};
use super::rules::{self, RulePart};
use super::value::Cell;
use super::visit::{Visit, rows_path};
use super::{Console, key, visible};

/// Rows of a page, where one read may give that many and one more.
const ROWS: usize = 25;

/// Characters of a value.
const CHARACTERS: usize = 120;

#[derive(Template)]
#[template(path = "console/rows.html")]
struct RowsPage<'s> {
    frame: Frame,
    seer: String,
    model: &'s Model,
    is_view: bool,
    /// Fields whose values are shown, and their types.
    columns: Vec<(&'s Field, String)>,
    rows: Vec<RowPart>,
    /// Why there are none, where they could not be read.
    problem: Option<String>,
    /// The first page, where this is another.
    first: Option<String>,
    next: Option<String>,
    /// Where more would follow, and rows have no names to go on from.
    is_cut: bool,
    fields: Vec<FieldPart<'s>>,
    rules: Vec<RulePart<'s>>,
    lookup: Option<Lookup<'s>>,
}

struct RowPart {
    /// Why somebody sees it.
    why: Option<String>,
    /// What names it.
    name: String,
    cells: Vec<Cell>,
}

struct FieldPart<'s> {
    field: &'s Field,
    kind: String,
    /// What is to be known of it.
    notes: Vec<&'static str>,
}

/// The form that looks a row up by its id.
pub(super) struct Lookup<'s> {
    pub(super) path: String,
    /// Names of the parts of the id, and what they are called where they are typed in.
    pub(super) parts: Vec<(String, &'s str)>,
    pub(super) kept: Pairs,
}

/// One model.
pub(super) async fn page(
    State(console): State<Console>,
    name: Result<Path<String>, PathRejection>,
    parts: Parts,
) -> Result<Response, Trouble> {
    let visit = Visit::begin(&console, &parts).await?;
    let Path(name) = name.map_err(|_| Trouble::Missing)?;
    let model = visit.model(&name)?;
    visit.note("rows", Some(model));
    let columns = columns(&visit, model);
    let after = visit.query.key(AFTER, model);
    let read = read(&visit, model, &columns, after.as_deref()).await?;
    let page = RowsPage {
        frame: visit.frame(Some(model), Vec::new()),
        seer: visit.seer().to_owned(),
        model,
        is_view: model.kind == ModelKind::View,
        rows: read
            .rows
            .iter()
            .map(|row| part(&visit, model, &columns, row))
            .collect(),
        problem: read.problem,
        first: after.map(|_| visit.link(&rows_path(model), &[])),
        next: read
            .next
            .as_ref()
            .map(|last| visit.link(&rows_path(model), &pairs(AFTER, model, last))),
        is_cut: read.is_cut && read.next.is_none(),
        fields: fields(&visit, model),
        rules: rules::of(model),
        lookup: lookup(&visit, model),
        columns: columns
            .into_iter()
            .map(|field| (field, kind(field)))
            .collect(),
    };
    Ok(page::render(StatusCode::OK, &page))
}

/// The fields whose values are shown.
pub(super) fn columns<'s>(visit: &Visit<'s>, model: &'s Model) -> Vec<&'s Field> {
    let password = visit.console.0.password_field.as_deref();
    visible::columns(visit.console.schema(), model, password).collect()
}

/// The `select` of these fields.
pub(super) fn selected(columns: &[&Field]) -> Json {
    let fields = columns
        .iter()
        .map(|field| (field.name.clone(), json!(true)));
    Json::Object(fields.collect())
}

/// Whether rows can be named on pages: nothing of their names is secret.
pub(super) fn is_named(model: &Model, columns: &[&Field]) -> bool {
    let is_shown = |name: &String| columns.iter().any(|field| field.name == *name);
    key::is_named(model) && model.id.iter().all(is_shown)
}

struct Page {
    rows: Vec<Record>,
    /// The last row, where more follow.
    next: Option<Vec<String>>,
    is_cut: bool,
    problem: Option<String>,
}

async fn read(
    visit: &Visit<'_>,
    model: &Model,
    columns: &[&Field],
    after: Option<&[String]>,
) -> Result<Page, Trouble> {
    let mut page = Page {
        rows: Vec::new(),
        next: None,
        is_cut: false,
        problem: None,
    };
    if columns.is_empty() {
        page.problem = Some("none of its fields can be shown".to_owned());
        return Ok(page);
    }
    let most = usize::try_from(visit.eyes.limits().rows).unwrap_or(usize::MAX);
    let rows_of_page = ROWS.min(most.saturating_sub(1)).max(1);
    let take = (rows_of_page + 1).min(most);
    let args = arguments(model, columns, (take, after));
    let args = ArgValue::from_json(args).map_err(|error| Trouble::Input(error.to_string()))?;
    let found = visit
        .eyes
        .call(&model.name, Operation::FindMany, &args)
        .await;
    let mut rows = match found {
        Ok(reply) => reply.into_records(),
        Err(error) => match mendable(&error) {
            Some(text) if after.is_some() => return Err(Trouble::Input(text)),
            Some(text) => {
                page.problem = Some(text);
                return Ok(page);
            }
            None => return Err(Trouble::Unread(error)),
        },
    };
    page.is_cut = rows.len() > rows_of_page;
    rows.truncate(rows_of_page);
    if page.is_cut && is_named(model, columns) {
        page.next = rows.last().and_then(|row| key::of(model, row));
    }
    page.rows = rows;
    Ok(page)
}

/// That many rows, from the one after `after`, in the order of their ids.
fn arguments(model: &Model, columns: &[&Field], (take, after): (usize, Option<&[String]>)) -> Json {
    let mut args = json!({ "select": selected(columns), "take": take });
    let is_named = is_named(model, columns);
    if let Json::Object(args) = &mut args
        && is_named
    {
        let order = model.id.iter().map(|name| json!({ name: "asc" }));
        args.insert("orderBy".to_owned(), order.collect());
        if let Some(after) = after {
            args.insert("cursor".to_owned(), key::json(model, after));
            args.insert("skip".to_owned(), json!(1));
        }
    }
    args
}

fn part(visit: &Visit<'_>, model: &Model, columns: &[&Field], row: &Record) -> RowPart {
    let key = key::of(model, row).filter(|_| is_named(model, columns));
    let path = format!("{}/row", rows_path(model));
    let values = columns.iter().filter_map(|field| row.value(&field.name));
    RowPart {
        why: key
            .as_ref()
            .map(|key| visit.link(&path, &pairs(ROW, model, key))),
        name: key.map(|key| key.join(", ")).unwrap_or_default(),
        cells: values.map(|value| Cell::of(value, CHARACTERS)).collect(),
    }
}

fn fields<'s>(visit: &Visit<'s>, model: &'s Model) -> Vec<FieldPart<'s>> {
    let schema = visit.console.schema();
    let password = visit.console.0.password_field.as_deref();
    let parts = visible::fields(model).map(|field| {
        let notes = [
            (model.id.contains(&field.name), "id"),
            (
                visible::is_secret(schema, model, field, password),
                "secret: shown to nobody",
            ),
            (field.computed, "computed by the program"),
            (!field.policies.is_empty(), "has rules of its own"),
        ];
        let notes = notes.into_iter().filter(|(is_so, _)| *is_so);
        FieldPart {
            field,
            kind: kind(field),
            notes: notes.map(|(_, note)| note).collect(),
        }
    });
    parts.collect()
}

/// The type of a field, as the schema writes it.
pub(super) fn kind(field: &Field) -> String {
    let name = match &field.kind {
        FieldKind::Scalar(scalar) => scalar.name(),
        FieldKind::Enum(name) | FieldKind::Typed(name) | FieldKind::Unsupported(name) => name,
        FieldKind::Relation(relation) => &relation.model,
    };
    let suffix = match field.arity {
        Arity::Required => "",
        Arity::Optional => "?",
        Arity::List => "[]",
    };
    format!("{name}{suffix}")
}

/// `None` where rows have no names.
pub(super) fn lookup<'s>(visit: &Visit<'_>, model: &'s Model) -> Option<Lookup<'s>> {
    let columns = columns_of(visit, model);
    let parts = model.id.iter();
    is_named(model, &columns).then(|| Lookup {
        path: format!("{}/row", rows_path(model)),
        parts: parts
            .map(|name| (format!("{ROW}.{name}"), name.as_str()))
            .collect(),
        kept: visit.chosen(),
    })
}

fn columns_of<'s>(visit: &'s Visit<'_>, model: &'s Model) -> Vec<&'s Field> {
    let password = visit.console.0.password_field.as_deref();
    visible::columns(visit.console.schema(), model, password).collect()
}
