//! `hallpass changes …`: the change log of a database.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const CHANGES_EXAMPLES: &str = "\
Triggers write what any program does to tracked tables into the table `hallpass_change`, in the same transaction. Tracked are
the users, the models with `@@track`, and those that `[changes] track` (HALLPASS_CHANGES_TRACK) names; sessions and tokens never,
nor columns that hold secrets. Reads DATABASE_URL and, for tables of your own, HALLPASS_LAYOUT or HALLPASS_SCHEMA.

Examples:
  hallpass changes install --dry-run    see what would be done
  hallpass changes install              and after the schema has changed, again
  hallpass changes status               0 when all is as it should be, 2 when something waits for a person
  hallpass changes clean                remove what `[changes] keep` and `most` do not keep
  hallpass changes forget sync:billing  end a reader that nobody needs any longer
  hallpass changes uninstall            take the triggers away; the log stays";

/// Options of `hallpass changes`.
#[derive(Debug, Args)]
#[command(after_help = CHANGES_EXAMPLES)]
pub(crate) struct Changes {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: ChangesCommand,
}

/// What can be done with the change log.
#[derive(Debug, Subcommand)]
pub(crate) enum ChangesCommand {
    /// Make the log and the triggers that write it, and bring them to where the schema is. Does nothing where all is there.
    Install {
        #[command(flatten)]
        place: Place,
        /// Change nothing; print what would be done, and its SQL.
        #[arg(long)]
        dry_run: bool,
    },
    /// Take the triggers away. The log stays, unless it is named.
    Uninstall {
        #[command(flatten)]
        place: Place,
        /// Change nothing; print what would be done, and its SQL.
        #[arg(long)]
        dry_run: bool,
        /// And the log, with everything in it.
        #[arg(long)]
        drop_log: bool,
    },
    /// Say what is tracked, what is not told, and how far readers are.
    Status {
        #[command(flatten)]
        place: Place,
        /// Print for machines.
        #[arg(long)]
        json: bool,
    },
    /// End a reader that nobody needs any longer, such as a target that was taken from the settings. It holds nothing in the
    /// log then; where it is still read by that name, it begins anew.
    Forget {
        #[command(flatten)]
        place: Place,
        /// Its name, as `status` shows it.
        reader: String,
    },
    /// Remove changes that are too old or too many, never what a reader has not read.
    Clean {
        #[command(flatten)]
        place: Place,
        /// A reader that may lose what it has not read. May be given several times.
        #[arg(long, value_name = "READER")]
        past: Vec<String>,
    },
}

/// Where the settings are.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The configuration file; without it ./hallpass.toml, if there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
