//! The list of models: how many rows somebody sees of each, and its rules.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use hallpass::data::zmodel::schema::{Model, ModelKind};
use hallpass::data::{ArgValue, Error, Limits, Operation, Reply};
use tokio::time::timeout;

use super::notice::Trouble;
use super::page::{self, Frame};
use super::rules::{self, RulePart};
use super::visit::{Visit, rows_path};
use super::{Console, LIMITS, visible};

/// Up to how many rows are counted: beyond, the number is not worth what it costs.
const COUNTED: u32 = 1000;

/// How long the rows of one model may be counted.
const COUNT_TIME: Duration = Duration::from_secs(1);

/// How long all may be counted together.
const ALL_TIME: Duration = Duration::from_secs(5);

#[derive(Template)]
#[template(path = "console/models.html")]
struct ModelsPage<'s> {
    frame: Frame,
    seer: String,
    models: Vec<ModelPart<'s>>,
}

struct ModelPart<'s> {
    model: &'s Model,
    is_view: bool,
    href: String,
    seen: String,
    rules: Vec<RulePart<'s>>,
}

/// All models.
pub(super) async fn page(
    State(console): State<Console>,
    parts: Parts,
) -> Result<Response, Trouble> {
    let visit = Visit::begin(&console, &parts).await?;
    visit.note("models", None);
    let models: Vec<_> = visible::models(console.schema()).collect();
    let seen = count_all(&visit, &models).await?;
    let parts = models.iter().zip(seen).map(|(model, seen)| ModelPart {
        model,
        is_view: model.kind == ModelKind::View,
        href: visit.link(&rows_path(model), &[]),
        seen,
        rules: rules::of(model),
    });
    let page = ModelsPage {
        frame: visit.frame(None, Vec::new()),
        seer: visit.seer().to_owned(),
        models: parts.collect(),
    };
    Ok(page::render(StatusCode::OK, &page))
}

/// How many rows there are of each, in words; of those that time was too short for, that they were not counted.
async fn count_all(visit: &Visit<'_>, models: &[&Model]) -> Result<Vec<String>, Trouble> {
    let mut seen = Vec::with_capacity(models.len());
    let counting = async {
        for model in models {
            seen.push(count(visit, model).await?);
        }
        Ok::<_, Trouble>(())
    };
    if let Ok(ended) = timeout(ALL_TIME, counting).await {
        ended?;
    }
    seen.resize(models.len(), "not counted".to_owned());
    Ok(seen)
}

async fn count(visit: &Visit<'_>, model: &Model) -> Result<String, Trouble> {
    let eyes = visit.eyes.with_limits(Limits {
        statement_time: Some(COUNT_TIME),
        ..LIMITS
    });
    let one_more = ArgValue::Number((COUNTED + 1).into());
    let args = ArgValue::Object(vec![("take".to_owned(), one_more)]);
    match eyes.call(&model.name, Operation::Count, &args).await {
        Ok(Reply::Count(rows)) => Ok(in_words(rows)),
        Ok(_) => Ok("not counted".to_owned()),
        Err(Error::Timeout(_) | Error::CallTooLong { .. }) => {
            Ok("not counted: it takes too long".to_owned())
        }
        // What is wrong with one model hides no other. Of the database itself all are.
        Err(error @ Error::Unavailable(_)) => Err(Trouble::Unread(error)),
        Err(_) => Ok("not readable: open it to see why".to_owned()),
    }
}

fn in_words(rows: u64) -> String {
    match rows {
        0 => "no rows".to_owned(),
        1 => "1 row".to_owned(),
        rows if rows > u64::from(COUNTED) => format!("more than {COUNTED} rows"),
        rows => format!("{rows} rows"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_tables_are_not_counted_to_the_end() {
        for (rows, words) in [
            (0, "no rows"),
            (1, "1 row"),
            (1000, "1000 rows"),
            (1001, "more than 1000 rows"),
        ] {
            assert_eq!(in_words(rows), words);
        }
    }
}
