//! `hallpass policy explain`

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use hallpass::Client;
use hallpass::data::zmodel::{self, Schema};
use hallpass::data::{ArgValue, Explanation, SetUpError, look_choosing};

use super::shown::Shown;
use crate::cli::policy::Explain;
use crate::commands::db;
use crate::config::Environment;
use crate::failure::Failure;
use crate::{fields, schema};

/// It is refused. 1 means that nobody could look.
const REFUSED: u8 = 2;

pub(super) async fn run(options: &Explain, environment: &Environment) -> Result<ExitCode, Failure> {
    let (database, path) = db::place(&options.place, environment)?;
    let schema = schema::load(&path)?.schema;
    let model = model(&schema, &options.model)?;
    let url = database.url.expose();
    let open = |_: &_, _| Ok::<_, SetUpError>(schema);
    let judging = fields::options_to_judge(database.dialect);
    let client = look_choosing(url, judging, open).await?;
    let explanation = explain(&client, &model, options).await;
    client.close().await.map_err(SetUpError::Catalog)?;
    let explanation = explanation?;
    let shown = Shown {
        model: &model,
        operation: options.operation,
        user: &options.user,
        id: options.id.as_deref(),
        explanation: &explanation,
    };
    print(&shown, options.json, environment).map_err(Failure::Output)?;
    Ok(if is_refused(&explanation) {
        ExitCode::from(REFUSED)
    } else {
        ExitCode::SUCCESS
    })
}

async fn explain(client: &Client, model: &str, options: &Explain) -> Result<Explanation, Failure> {
    let person = person(client, &options.user).await?;
    let key = options.id.as_deref().map(|id| client.key(model, id));
    let key = key.transpose().map_err(Failure::Explain)?;
    let of = client.for_user(person);
    let explained = of.explain(model, options.operation, key).await;
    explained.map_err(Failure::Explain)
}

fn is_refused(explanation: &Explanation) -> bool {
    explanation.admitted == Some(false) || explanation.row == Some(false)
}

/// The model of this name, whatever its capitals.
fn model(schema: &Schema, name: &str) -> Result<String, Failure> {
    let names = || schema.models.iter().map(|model| model.name.as_str());
    let found = names().find(|one| *one == name);
    let found = found.or_else(|| names().find(|one| one.eq_ignore_ascii_case(name)));
    found.map(str::to_owned).ok_or_else(|| Failure::NoModel {
        name: name.to_owned(),
        nearest: zmodel::nearest(name, names()).map(str::to_owned),
    })
}

/// Who asks; `None` is nobody.
async fn person(client: &Client, text: &str) -> Result<Option<ArgValue>, Failure> {
    if text == "nobody" {
        return Ok(None);
    }
    if text.trim_start().starts_with('{') {
        let json = serde_json::from_str(text).map_err(|_| Failure::PersonSyntax)?;
        let person = ArgValue::from_json(json).map_err(|_| Failure::PersonSyntax)?;
        return Ok(Some(person));
    }
    let person = client.find_person(text).await.map_err(Failure::Person)?;
    person.map(Some).ok_or(Failure::NoPerson)
}

fn print(shown: &Shown<'_>, as_json: bool, environment: &Environment) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if as_json {
        serde_json::to_writer_pretty(&mut out, shown)?;
        return writeln!(out);
    }
    let is_coloured = out.is_terminal() && !environment.no_color();
    write!(out, "{}", shown.text(is_coloured))
}
