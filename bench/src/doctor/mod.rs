//! How long `hallpass doctor` looks at a million users, each with an account and a session.
//!
//! What is wrong with the tables is known: it is planted, and the doctor is timed only for telling exactly that.

mod patients;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use self::patients::Patient;
use crate::options::Options;
use crate::server;
use crate::statistics::{machine, median};

/// Looks at each database in every round; gives the report.
pub(crate) async fn measure(options: &Options, folder: &Path) -> Result<String> {
    let patients = patients::prepare(options, folder).await?;
    let mut seen: Vec<(&str, Vec<Duration>)> =
        patients.iter().map(|one| (one.name, Vec::new())).collect();
    for round in 1..=options.rounds {
        for (patient, (_, times)) in patients.iter().zip(&mut seen) {
            let time = examine(options, patient, folder);
            let time = time.with_context(|| patient.name)?;
            eprintln!("round {round}, {}: {time:.2?}", patient.name);
            times.push(time);
        }
    }
    report(options, &seen)
}

/// One run of the doctor; how long it took, once what it says was found right.
fn examine(options: &Options, patient: &Patient, folder: &Path) -> Result<Duration> {
    let mut command: Command = server::doctor(options, &patient.url)?;
    command.current_dir(folder).stdin(Stdio::null());
    let started = Instant::now();
    let output = command.output().context("cannot start the doctor")?;
    let time = started.elapsed();
    let said: Value = serde_json::from_slice(&output.stdout).with_context(|| {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        format!("the doctor could not look: {error}")
    })?;
    let layout = said.get("layout").and_then(Value::as_str);
    ensure!(
        layout == Some(patient.layout),
        "the layout is not `{}`: {said}",
        patient.layout
    );
    let found = findings(&said)?;
    ensure!(
        found == patient.findings,
        "the doctor found {found:?}, planted is {:?}",
        patient.findings
    );
    Ok(time)
}

/// The codes of the findings, and how many rows show each.
fn findings(said: &Value) -> Result<BTreeMap<String, Option<u64>>> {
    let Some(findings) = said.get("findings").and_then(Value::as_array) else {
        bail!("the doctor tells no findings: {said}");
    };
    let code = |finding: &Value| Some(finding.get("code")?.as_str()?.to_owned());
    let rows = |finding: &Value| finding.get("rows").and_then(Value::as_u64);
    let one = |finding| Some((code(finding)?, rows(finding)));
    let codes: Option<_> = findings.iter().map(one).collect();
    codes.with_context(|| format!("a finding has no code: {said}"))
}

fn report(options: &Options, seen: &[(&str, Vec<Duration>)]) -> Result<String> {
    let mut text = format!(
        "# The doctor\n\n{} users, each with an account and a session; {} rounds. {}, shared with the database. What it found \
         was compared with what was planted.\n\n| tables | median | slowest |\n|---|--:|--:|\n",
        options.patients,
        options.rounds,
        machine()
    );
    for (name, times) in seen {
        let middle = median(times.iter()).copied().unwrap_or_default();
        let slowest = times.iter().max().copied().unwrap_or_default();
        writeln!(text, "| {name} | {middle:.2?} | {slowest:.2?} |")?;
    }
    Ok(text)
}
