//! `hallpass audit`: shows who did what, checks that nobody changed what is written of it, and exports it.

mod export;
mod shown;
mod tail;
mod verify;

use std::process::ExitCode;

use hallpass::changes::Changes;

use crate::cli::audit::{AuditCommand, Place};
use crate::config::{self, Database, Environment};
use crate::failure::Failure;

/// Does what was typed.
///
/// # Errors
/// [`Failure`] says why it could not.
pub(crate) async fn run(
    command: &AuditCommand,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    match command {
        AuditCommand::Tail {
            place,
            follow,
            json,
            lines,
            user,
            address,
            kind,
        } => {
            let asked = tail::Asked {
                follow: *follow,
                json: *json,
                lines: *lines,
                user: user.as_deref(),
                address: address.as_deref(),
                kind: kind.as_deref(),
            };
            tail::run(&settings(place, environment)?, &asked).await
        }
        AuditCommand::Verify {
            place,
            head,
            file,
            part,
            unsealed,
            json,
        } => {
            let asked = verify::Asked {
                head: *head,
                file: file.as_deref(),
                part: *part,
                unsealed: *unsealed,
                json: *json,
            };
            verify::run(place, environment, &asked).await
        }
        AuditCommand::Export {
            place,
            from,
            until,
            after,
            output,
        } => {
            let asked = export::Asked {
                from: *from,
                until: *until,
                after: *after,
                output: output.as_deref(),
            };
            export::run(&settings(place, environment)?, &asked).await
        }
    }
}

fn settings(place: &Place, environment: &Environment) -> Result<Database, Failure> {
    Ok(config::database(place.config.as_deref(), environment)?)
}

async fn connect(database: &Database) -> Result<Changes, Failure> {
    Ok(Changes::connect(database.url.expose()).await?)
}
