//! `hallpass policy`: what access rules say, and why.

mod explain;
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
    }
}
