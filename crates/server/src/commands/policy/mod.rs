//! `hallpass policy`: what access rules say, and why, and the same rules in the database.

mod explain;
mod rls;
mod shown;

use std::process::ExitCode;

use crate::cli::policy::Policy;
use crate::config::Environment;
use crate::failure::Failure;

/// Runs one of the commands.
///
/// # Errors
/// [`Failure`] says why nobody could look.
pub(crate) async fn run(command: &Policy, environment: &Environment) -> Result<ExitCode, Failure> {
    match command {
        Policy::Explain(options) => explain::run(options, environment).await,
        Policy::Rls(options) => rls::run(options, environment).await,
    }
}
