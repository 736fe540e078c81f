//! `hallpass audit …`: who did what, and whether anybody changed what is written of it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hallpass::changes::audit::Checkpoint;
use jiff::Timestamp;

const AUDIT_EXAMPLES: &str = "\
With `enabled = true` under `[audit]` (HALLPASS_AUDIT=true) `hallpass serve` writes down who signed in, out and in vain, what people changed of
their accounts, and what happened to tracked rows (see `hallpass changes --help`). Each entry holds the hash of the one before it and is sealed by
the secret, so that any that was changed, removed or moved is found. Reads DATABASE_URL and AUTH_SECRET.

Examples:
  hallpass audit tail --follow
  hallpass audit tail --user 7 --kind sign-in
  hallpass audit tail --address ada@example.com    attempts upon an address that is nobody's
  hallpass audit verify                            0 when all is as it was written, 2 when not
  hallpass audit verify --head 1234:9f86d0…        and nothing up to there was removed
  hallpass audit export --output audit.jsonl
  hallpass audit verify --file audit.jsonl";

/// Options of `hallpass audit`.
#[derive(Debug, Args)]
#[command(after_help = AUDIT_EXAMPLES)]
pub(crate) struct Audit {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

/// What can be done with the audit trail.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Show the newest entries.
    Tail {
        #[command(flatten)]
        place: Place,
        /// And those that come, until it is stopped.
        #[arg(long, short)]
        follow: bool,
        /// One line of JSON each, as `export` writes them.
        #[arg(long)]
        json: bool,
        /// How many.
        #[arg(long, short = 'n', default_value_t = 20)]
        lines: usize,
        /// What this user did, or what was done to them.
        #[arg(long, value_name = "ID")]
        user: Option<String>,
        /// What was tried with this mail address while it was nobody's.
        #[arg(long, conflicts_with = "user")]
        address: Option<String>,
        /// Of this kind, or of those below it: `sign-in`, `sign-in.failed`.
        #[arg(long)]
        kind: Option<String>,
    },
    /// Say whether every entry is as it was written, and which is not, and how.
    Verify {
        #[command(flatten)]
        place: Place,
        /// An end of the chain that was kept elsewhere: `NUMBER:HASH`. Found is then also whether newest entries were removed.
        #[arg(long, value_name = "NUMBER:HASH")]
        head: Option<Checkpoint>,
        /// An export in place of the database.
        #[arg(long)]
        file: Option<PathBuf>,
        /// The file begins later than the chain.
        #[arg(long, requires = "file")]
        part: bool,
        /// Without the secret: whether entries hang together, not who wrote them.
        #[arg(long)]
        unsealed: bool,
        /// Print for machines.
        #[arg(long)]
        json: bool,
    },
    /// Write entries as lines of JSON, with hashes, so that they can be verified elsewhere.
    Export {
        #[command(flatten)]
        place: Place,
        /// Of what happened on this day or at this moment, or later: `2026-01-31`, `2026-01-31T12:00:00Z`.
        #[arg(long, value_parser = moment)]
        from: Option<Timestamp>,
        /// Of what happened before.
        #[arg(long, value_parser = moment)]
        until: Option<Timestamp>,
        /// Behind the entry of this number: where the last export ended.
        #[arg(long, value_name = "NUMBER")]
        after: Option<i64>,
        /// A new file, in place of standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Where the settings are.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The configuration file; without it ./hallpass.toml, if there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// A moment, or the beginning of a day in UTC.
fn moment(text: &str) -> Result<Timestamp, jiff::Error> {
    text.parse().or_else(|error| {
        format!("{text}T00:00:00Z")
            .parse()
            .map_err(|_: jiff::Error| error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_days_as_well() {
        let midnight = moment("2026-01-31T00:00:00Z").unwrap();
        assert_eq!(moment("2026-01-31").unwrap(), midnight);
        for odd in ["", "yesterday", "2026-02-30", "2026-01-31T"] {
            assert!(moment(odd).is_err(), "{odd}");
        }
    }
}
