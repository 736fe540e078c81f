//! `hallpass policy rls`

use std::io::{self, Write as _};
use std::process::ExitCode;

use hallpass::Client;
use hallpass::data::{
    Accessor, RowSecurityOptions, RowSecurityPlan, SetUpError, Unsaid, look_choosing,
};
use serde_json::json;

use crate::cli::policy::{Rls, Says};
use crate::commands::db;
use crate::config::Environment;
use crate::failure::Failure;
use crate::{fields, schema};

/// The database differs, or something is closed that must not be. 1 means that nobody could look.
const DIFFERS: u8 = 2;

pub(super) async fn run(options: &Rls, environment: &Environment) -> Result<ExitCode, Failure> {
    let (database, path) = db::place(&options.place, environment)?;
    let schema = schema::load(&path)?.schema;
    let url = database.url.expose();
    let open = |_: &_, _| Ok::<_, SetUpError>(schema);
    let judging = fields::options_to_judge(database.dialect);
    let client = look_choosing(url, judging, open).await?;
    let done = done(&client, options).await;
    client.close().await.map_err(SetUpError::Catalog)?;
    let done = done?;
    print(&done, options).map_err(Failure::Output)?;
    let is_open = options.strict && !done.plan.unsaid.is_empty();
    Ok(if is_open || done.is_same == Some(false) {
        ExitCode::from(DIFFERS)
    } else {
        ExitCode::SUCCESS
    })
}

/// What was made, or looked at.
struct Done {
    plan: RowSecurityPlan,
    /// Whether the database was so already, where somebody asked.
    is_same: Option<bool>,
}

async fn done(client: &Client, options: &Rls) -> Result<Done, Failure> {
    let plan = client.row_security(&RowSecurityOptions {
        role: options.role.clone(),
        accessor: match options.accessor {
            Says::SetConfig => Accessor::Setting,
            Says::Jwt => Accessor::VerifiedToken,
        },
        full_access: options.full_access.clone(),
        database_schema: options.db_schema.clone(),
    })?;
    if options.apply {
        client.apply_row_security(&plan).await?;
    }
    let is_same = if options.check {
        Some(client.has_row_security(&plan).await?)
    } else {
        None
    };
    Ok(Done { plan, is_same })
}

fn print(done: &Done, options: &Rls) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if options.json {
        let closed: Vec<_> = done.plan.unsaid.iter().map(closed).collect();
        let document = json!({
            "script": done.plan.script,
            "closed": closed,
            "applied": options.apply,
            "same": done.is_same,
        });
        serde_json::to_writer_pretty(&mut out, &document)?;
        return writeln!(out);
    }
    match done.is_same {
        Some(true) => writeln!(out, "The database is as the rules say.")?,
        Some(false) => writeln!(
            out,
            "The database differs from the rules: run `hallpass policy rls --apply`."
        )?,
        None if options.apply => writeln!(out, "The rules hold for `{}`.", options.role)?,
        None => write!(out, "BEGIN;\n{}COMMIT;\n", done.plan.script)?,
    }
    // The script may be redirected to a file, and holds the same as comments.
    let mut notes = io::stderr().lock();
    for unsaid in &done.plan.unsaid {
        writeln!(notes, "{unsaid}")?;
    }
    Ok(())
}

fn closed(unsaid: &Unsaid) -> serde_json::Value {
    let place = unsaid.place.as_ref();
    json!({
        "model": unsaid.model,
        "field": unsaid.field,
        "operation": unsaid.operation.map(|operation| operation.name()),
        "file": place.map(|place| &place.source),
        "line": place.map(|place| place.line),
        "reason": unsaid.reason,
    })
}
