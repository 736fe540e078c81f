//! Log lines, on standard error.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::config::Environment;

/// From now on log lines are written. `RUST_LOG` chooses which; a filter that is none is ignored with a warning.
pub(crate) fn start(environment: &Environment) {
    let asked = environment
        .log_filter()
        .map(|text| EnvFilter::builder().parse(text));
    let (filter, broken) = match asked {
        Some(Ok(filter)) => (filter, false),
        Some(Err(_)) => (EnvFilter::new("info"), true),
        None => (EnvFilter::new("info"), false),
    };
    let ansi = io::stderr().is_terminal() && !environment.no_color();
    // A second start happens in tests only; the first one stands.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(ansi)
        .with_target(false)
        .try_init();
    if broken {
        tracing::warn!("RUST_LOG cannot be understood; logging as with RUST_LOG=info");
    }
}
