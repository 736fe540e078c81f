//! Triggers that are not those that the tables need by now: after an upgrade, a migration, or a foreign key of the application.

use hallpass::changes::{Changes, ChangesError, Standing};
use hallpass::data::zmodel::Schema;
use hallpass::doctor::{Finding, Severity};

/// What is said of them. Nothing where nobody asked for triggers.
pub(crate) async fn findings(
    changes: &Changes,
    schema: &Schema,
) -> Result<Vec<Finding>, ChangesError> {
    let amiss = match changes.amiss(schema).await {
        // What is tracked has another shape than the schema, which the doctor tells of anyway.
        Err(ChangesError::Track(_)) => Vec::new(),
        amiss => amiss?,
    };
    let mut findings: Vec<Finding> = amiss.iter().map(|table| log(table)).collect();
    let users = changes.users();
    let people = match users.people(schema).await {
        Err(ChangesError::Track(_)) => return Ok(findings),
        people => people?,
    };
    let standing = users.standing(&people).await?;
    findings.extend(standing.filter(|one| *one != Standing::Tracked).map(told));
    Ok(findings)
}

fn log(table: &str) -> Finding {
    Finding {
        code: format!("log-triggers:{table}"),
        severity: Severity::Warning,
        place: table.to_owned(),
        problem: "its triggers for the change log are not those that it needs by now: run `hallpass changes install`"
            .to_owned(),
        consequence: "what happens to rows is not in the log, or not all of it, and nobody who reads the log hears of it",
        rows: None,
        look: None,
        remedies: Vec::new(),
        advice: Some("hallpass changes install".to_owned()),
    }
}

fn told(_: Standing) -> Finding {
    Finding {
        code: "users-sync-triggers".to_owned(),
        severity: Severity::Warning,
        place: "users_sync".to_owned(),
        problem: "the triggers that tell of users are not those that they need by now: run `hallpass sync install`, then `hallpass sync repair`"
            .to_owned(),
        consequence: "users change, or go with rows of other tables, and `users_sync` says what they were",
        rows: None,
        look: None,
        remedies: Vec::new(),
        advice: Some("hallpass sync install, then hallpass sync repair".to_owned()),
    }
}
