//! `hallpass doctor`: looks at existing tables, and mends what is chosen.

use std::io::{self, Write as _};
use std::process::ExitCode;

use hallpass::Client;
use hallpass::changes::{Changes, ChangesError};
use hallpass::doctor::{
    Depth, Finding, Look, Report, Scope, examine, look_at_layout, look_at_schema, mend,
};

use crate::cli::Doctor;
use crate::config::{self, Database, Environment, Tables};
use crate::doctor::{self, Examination, Statement};
use crate::failure::Failure;
use crate::fields;
use crate::schema;

/// Something is dangerous. 1 means that the doctor could not look.
const DANGEROUS: u8 = 2;

/// Looks, mends what is chosen, and prints what it saw.
///
/// # Errors
/// [`Failure`] says why it could not look, or not mend.
pub(crate) async fn run(options: &Doctor, environment: &Environment) -> Result<ExitCode, Failure> {
    let database = config::database(options.config.as_deref(), environment)?;
    let mut look = look(&database).await?;
    let mended = treat(&look, &database, options).await?;
    if !mended.is_empty() {
        // Tables that were mended may fit better, or be those of another layout.
        close(&look).await?;
        look = self::look(&database).await?;
    }
    let report = report(&look, &database, options).await?;
    close(&look).await?;
    let examination = Examination {
        layout: look.layout,
        usable: look.usable,
        differences: look.differences,
        report,
        mended,
    };
    print(&examination, options.json).map_err(Failure::Output)?;
    Ok(if examination.is_dangerous() {
        ExitCode::from(DANGEROUS)
    } else {
        ExitCode::SUCCESS
    })
}

async fn look(database: &Database) -> Result<Look, Failure> {
    let url = database.url.expose();
    let options = fields::options_to_look();
    match &database.tables {
        Tables::Layout(choice) => Ok(look_at_layout(url, *choice, options).await?),
        Tables::Schema(path) => {
            let schema = schema::load(path)?.schema;
            Ok(look_at_schema(url, schema, options).await?)
        }
    }
}

async fn close(look: &Look) -> Result<(), Failure> {
    match &look.client {
        Some(client) => client.close().await.map_err(Failure::Look),
        None => Ok(()),
    }
}

fn scope(database: &Database, options: &Doctor) -> Scope {
    Scope {
        depth: if options.quick {
            Depth::Catalog
        } else {
            Depth::Rows
        },
        password_field: database.password_field.clone(),
        chose_algorithm: database.chose_algorithm,
    }
}

/// Mends what is chosen.
async fn treat(
    look: &Look,
    database: &Database,
    options: &Doctor,
) -> Result<Vec<Statement>, Failure> {
    let Some(client) = look.client.as_ref().filter(|_| !options.fix.is_empty()) else {
        return match options.fix.iter().find(|code| *code != ALL) {
            Some(code) => Err(Failure::NothingToMend { code: code.clone() }),
            None => Ok(Vec::new()),
        };
    };
    let report = examine(client, scope(database, options)).await;
    let report = report.map_err(Failure::Look)?;
    let chosen = chosen(&report, &options.fix)?;
    let mend = async { mend(client, &chosen).await.map_err(Failure::Mend) };
    // One of the remedies makes tables.
    let url = database.url.expose();
    let mended = hallpass::making_tables(url, client.schema(), Box::pin(mend)).await?;
    Ok(mended.into_iter().map(Statement::from).collect())
}

/// What is found.
async fn report(look: &Look, database: &Database, options: &Doctor) -> Result<Report, Failure> {
    let Some(client) = &look.client else {
        return Ok(Report::default());
    };
    let report = examine(client, scope(database, options)).await;
    let mut report = report.map_err(Failure::Look)?;
    if look.usable {
        add_changes(&mut report, database, client, options).await?;
    }
    Ok(report)
}

/// What applications beside the sign-in tables say of users, and triggers that are to be made anew.
async fn add_changes(
    report: &mut Report,
    database: &Database,
    client: &Client,
    options: &Doctor,
) -> Result<(), Failure> {
    let changes = Changes::connect(database.url.expose()).await?;
    let found = async {
        let (schema, sync) = (client.schema(), changes.users());
        let triggers = doctor::of_triggers(&changes, schema).await?;
        let people = match sync.people(schema).await {
            // Without users nobody names one.
            Err(ChangesError::Track(_)) => return Ok((triggers, None)),
            people => people?,
        };
        let columns = sync.user_columns(schema, &people, !options.quick).await?;
        Ok::<_, ChangesError>((triggers, Some(columns)))
    };
    let found = found.await;
    changes.close().await;
    let (triggers, columns) = found?;
    report.findings.extend(triggers);
    if let Some(columns) = columns {
        let more = doctor::of_user_columns(&columns, database.sync.deletion);
        report.findings.extend(more);
    }
    report.findings.sort_by_key(|finding| finding.severity);
    Ok(())
}

/// Everything that can be mended and loses nothing.
const ALL: &str = "all";

fn chosen<'r>(report: &'r Report, codes: &[String]) -> Result<Vec<&'r Finding>, Failure> {
    let mendable = || {
        report
            .findings
            .iter()
            .filter(|one| !one.remedies.is_empty())
    };
    let mut chosen = Vec::new();
    if codes.iter().any(|code| code == ALL) {
        chosen.extend(mendable().filter(|one| one.loses().is_none()));
    }
    for code in codes.iter().filter(|code| *code != ALL) {
        let found = mendable().find(|one| one.code == *code);
        let found = found.ok_or_else(|| Failure::NothingToMend { code: code.clone() })?;
        if !chosen.iter().any(|one| one.code == found.code) {
            chosen.push(found);
        }
    }
    Ok(chosen)
}

fn print(examination: &Examination, as_json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if as_json {
        serde_json::to_writer_pretty(&mut out, examination)?;
        writeln!(out)
    } else {
        write!(out, "{examination}")
    }
}
