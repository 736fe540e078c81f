//! `hallpass doctor`: looks at existing tables, and mends what is chosen.

use std::io::{self, Write as _};
use std::process::ExitCode;

use hallpass::Client;
use hallpass::changes::{ChangesError, UserSync};
use hallpass::doctor::{
    Depth, Finding, Look, Report, examine, look_at_layout, look_at_schema, mend,
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
    let look = look(&database).await?;
    let (report, mended) = match &look.client {
        Some(client) => {
            let (mut report, mended) = treat(client, options).await?;
            add_user_columns(&mut report, &database, client, options).await?;
            (report, mended)
        }
        None => (Report::default(), Vec::new()),
    };
    let examination = Examination {
        layout: look.layout,
        usable: look.client.is_some(),
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

/// What was found; with something chosen, what is left after it was mended.
async fn treat(client: &Client, options: &Doctor) -> Result<(Report, Vec<Statement>), Failure> {
    let depth = if options.quick {
        Depth::Catalog
    } else {
        Depth::Rows
    };
    let report = examine(client, depth).await.map_err(Failure::Look)?;
    if options.fix.is_empty() {
        return Ok((report, Vec::new()));
    }
    let chosen = chosen(&report, &options.fix)?;
    let mended = mend(client, &chosen).await.map_err(Failure::Mend)?;
    let report = examine(client, depth).await.map_err(Failure::Look)?;
    Ok((report, mended.into_iter().map(Statement::from).collect()))
}

/// What applications beside the sign-in tables say of users.
async fn add_user_columns(
    report: &mut Report,
    database: &Database,
    client: &Client,
    options: &Doctor,
) -> Result<(), Failure> {
    let sync = UserSync::connect(database.url.expose()).await?;
    let found = async {
        let schema = client.schema();
        let people = match sync.people(schema).await {
            // Without users nobody names one.
            Err(ChangesError::Track(_)) => return Ok(None),
            people => people?,
        };
        let columns = sync.user_columns(schema, &people, !options.quick).await?;
        Ok::<_, ChangesError>(Some(columns))
    };
    let found = found.await;
    sync.close().await;
    if let Some(found) = found? {
        let more = doctor::of_user_columns(&found, database.sync.deletion);
        report.findings.extend(more);
        report.findings.sort_by_key(|finding| finding.severity);
    }
    Ok(())
}

fn chosen<'r>(report: &'r Report, codes: &[String]) -> Result<Vec<&'r Finding>, Failure> {
    let mendable = || {
        report
            .findings
            .iter()
            .filter(|one| !one.remedies.is_empty())
    };
    if codes.iter().any(|code| code == "all") {
        return Ok(mendable().collect());
    }
    codes
        .iter()
        .map(|code| {
            let found = mendable().find(|one| one.code == *code);
            found.ok_or_else(|| Failure::NothingToMend { code: code.clone() })
        })
        .collect()
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
