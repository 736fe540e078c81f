//! `hallpass db push`

use std::io::{self, Write as _};
use std::process::ExitCode;

use hallpass::data::structure::{Plan, Pushed, Structure, StructureError};

use super::{WAITS, consent, line, place, schema};
use crate::cli::db::Push;
use crate::config::Environment;
use crate::failure::Failure;

pub(super) async fn run(options: &Push, environment: &Environment) -> Result<ExitCode, Failure> {
    let (database, path) = place(&options.place, environment)?;
    let schema = schema(&path)?;
    let structure = Structure::connect(database.url.expose()).await?;
    if options.dry_run {
        let plan = structure.compare(&schema).await?;
        let script = plan.script(structure.dialect());
        let script = script.map_err(StructureError::from)?;
        print_plan(&plan, &script).map_err(Failure::Output)?;
        return Ok(ExitCode::SUCCESS);
    }
    let agreed = consent(&options.agreement);
    let push = async { Ok::<_, Failure>(structure.push(&schema, &agreed).await?) };
    let pushed = hallpass::making_tables(database.url.expose(), &schema, Box::pin(push)).await?;
    print(&pushed).map_err(Failure::Output)?;
    Ok(if pushed.left.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WAITS)
    })
}

fn print_plan(plan: &Plan, script: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if plan.is_empty() {
        return writeln!(out, "The tables are what the schema says.");
    }
    writeln!(out, "To do:")?;
    for step in &plan.steps {
        writeln!(out, "{}", line(step))?;
    }
    write!(out, "\nIn SQL:\n\n{script}")
}

fn print(pushed: &Pushed) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if pushed.done.is_empty() && pushed.left.is_empty() {
        return writeln!(out, "The tables are what the schema says.");
    }
    if !pushed.done.is_empty() {
        writeln!(out, "Done:")?;
    }
    for step in &pushed.done {
        writeln!(out, "{}", line(step))?;
    }
    if pushed.left.is_empty() {
        return Ok(());
    }
    writeln!(out, "Not done, since nobody agreed to it:")?;
    for step in &pushed.left {
        writeln!(out, "{}", line(step))?;
    }
    writeln!(
        out,
        "\nAgree to a step with `--accept` and its name; `hallpass db push --help` says more."
    )
}
