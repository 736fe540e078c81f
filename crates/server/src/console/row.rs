//! One row: whether somebody sees it, and what each rule says of it.
//!
//! SECURITY: an administrator may ask about any row by its id, and learns of one that the chosen person does not see that it is
//! there and what rules say of it, nothing of what it holds.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use hallpass::data::zmodel::schema::{Field, Model};
use hallpass::data::{ArgValue, ExplainedRule, Explanation, Operation, Record, RuleOperation};
use serde_json::json;

use super::notice::{Trouble, mendable};
use super::page::{self, Frame};
use super::query::{ROW, pairs};
use super::rows::{self, Lookup};
use super::rules::{self, RulePart};
use super::value::Cell;
use super::visit::{Visit, rows_path};
use super::{Console, key};
use crate::explained::{Verdict, is_open};

/// What can be done with a row that is there.
const OPERATIONS: [RuleOperation; 3] = [
    RuleOperation::Read,
    RuleOperation::Update,
    RuleOperation::Delete,
];

/// Characters of a value.
const CHARACTERS: usize = 2000;

#[derive(Template)]
#[template(path = "console/row.html")]
struct RowPage<'s> {
    frame: Frame,
    seer: String,
    model: &'s Model,
    /// The rows of the model.
    rows: String,
    /// What names the row.
    name: String,
    is_there: bool,
    operations: Vec<OperationPart<'s>>,
    /// What the row holds, where the person sees it.
    values: Option<Vec<ValuePart<'s>>>,
    lookup: Option<Lookup<'s>>,
}

struct OperationPart<'s> {
    name: &'static str,
    /// `Admitted`
    word: &'static str,
    /// How that looks: the name of a class.
    look: &'static str,
    reason: String,
    rules: Vec<RulePart<'s>>,
}

struct ValuePart<'s> {
    field: &'s Field,
    kind: String,
    cell: Cell,
    /// Whether rules of the field hide it.
    is_hidden: bool,
}

/// What is known of a row.
struct Asked {
    is_there: bool,
    is_seen: bool,
    explanations: Vec<(RuleOperation, Result<Explanation, String>)>,
}

/// One row.
pub(super) async fn page(
    State(console): State<Console>,
    name: Result<Path<String>, PathRejection>,
    parts: Parts,
) -> Result<Response, Trouble> {
    let visit = Visit::begin(&console, &parts).await?;
    let Path(name) = name.map_err(|_| Trouble::Missing)?;
    let model = visit.model(&name)?;
    visit.note("row", Some(model));
    let columns = rows::columns(&visit, model);
    let key = visit.query.key(ROW, model);
    let key = key.filter(|_| rows::is_named(model, &columns));
    let key = key.ok_or_else(|| Trouble::Input("the id of the row is missing".to_owned()))?;
    let asked = ask(&visit, model, &key).await?;
    let record = match asked.is_seen {
        true => read(&visit, model, &columns, &key).await?,
        false => None,
    };
    let hidden = hidden(&asked);
    let values = record.map(|record| values(&columns, &record, &hidden));
    let operations = asked.explanations.iter();
    let page = RowPage {
        frame: visit.frame(Some(model), pairs(ROW, model, &key)),
        seer: visit.seer().to_owned(),
        model,
        rows: visit.link(&rows_path(model), &[]),
        name: key.join(", "),
        is_there: asked.is_there,
        operations: operations
            .map(|(one, said)| operation(model, *one, said))
            .collect(),
        values,
        lookup: rows::lookup(&visit, model),
    };
    let status = match asked.is_there {
        true => StatusCode::OK,
        false => StatusCode::NOT_FOUND,
    };
    Ok(page::render(status, &page))
}

/// What rules say of the row, one operation after the other.
async fn ask(visit: &Visit<'_>, model: &Model, key: &[String]) -> Result<Asked, Trouble> {
    let text = key::json(model, key).to_string();
    let filter = visit.console.client().key(&model.name, &text)?;
    let mut asked = Asked {
        is_there: true,
        is_seen: false,
        explanations: Vec::with_capacity(OPERATIONS.len()),
    };
    for operation in OPERATIONS {
        let said = visit
            .eyes
            .explain(&model.name, operation, Some(filter.clone()));
        let said = match said.await {
            Ok(explanation) => Ok(explanation),
            // Rules that cannot be judged refuse, and say why.
            Err(error) => Err(mendable(&error).ok_or(Trouble::Unread(error))?),
        };
        if let Ok(explanation) = &said {
            asked.is_there &= explanation.row != Some(false);
            asked.is_seen |= operation == RuleOperation::Read && explanation.admitted == Some(true);
        }
        asked.explanations.push((operation, said));
    }
    Ok(asked)
}

/// The row, as the person sees it.
async fn read(
    visit: &Visit<'_>,
    model: &Model,
    columns: &[&Field],
    key: &[String],
) -> Result<Option<Record>, Trouble> {
    let args = json!({ "where": key::json(model, key), "select": rows::selected(columns) });
    let args = ArgValue::from_json(args).map_err(|error| Trouble::Input(error.to_string()))?;
    let found = visit
        .eyes
        .call(&model.name, Operation::FindUnique, &args)
        .await?;
    Ok(found.into_record())
}

/// The fields that their own rules hide.
fn hidden(asked: &Asked) -> Vec<&str> {
    let mut said = asked.explanations.iter();
    let read = said.find(|(operation, _)| *operation == RuleOperation::Read);
    let Some((_, Ok(explanation))) = read else {
        return Vec::new();
    };
    let of_fields = explanation.rules.iter();
    let mut names: Vec<_> = of_fields.filter_map(|rule| rule.field.as_deref()).collect();
    names.dedup();
    let is_hidden = |name: &&str| {
        let rules = explanation.rules.iter();
        let rules: Vec<&ExplainedRule> = rules
            .filter(|rule| rule.field.as_deref() == Some(*name))
            .collect();
        is_open(&rules) == Some(false)
    };
    names.into_iter().filter(is_hidden).collect()
}

fn values<'s>(columns: &[&'s Field], record: &Record, hidden: &[&str]) -> Vec<ValuePart<'s>> {
    let values = columns.iter().filter_map(|field| {
        let value = record.value(&field.name)?;
        Some(ValuePart {
            field,
            kind: rows::kind(field),
            cell: Cell::of(value, CHARACTERS),
            is_hidden: hidden.contains(&field.name.as_str()),
        })
    });
    values.collect()
}

fn operation<'s>(
    model: &'s Model,
    operation: RuleOperation,
    said: &'s Result<Explanation, String>,
) -> OperationPart<'s> {
    let part = |word, look, reason, rules| OperationPart {
        name: operation.name(),
        word,
        look,
        reason,
        rules,
    };
    let explanation = match said {
        Ok(explanation) => explanation,
        Err(text) => return part("Refused", "bad", text.clone(), Vec::new()),
    };
    let verdict = Verdict::of(explanation);
    let (word, look) = match &verdict {
        Verdict::NoRow => ("No row", "still"),
        Verdict::ByRow => ("Unknown", "still"),
        Verdict::Admitted(_) => ("Admitted", "good"),
        Verdict::Refused(_) => ("Refused", "bad"),
    };
    let all = explanation.rules.iter();
    let rules = all.map(|rule| rules::asked(model, rule)).collect();
    part(word, look, verdict.reason(), rules)
}
