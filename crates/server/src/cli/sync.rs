//! `hallpass sync …`: the table that tells applications of users.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const SYNC_EXAMPLES: &str = "\
Keeps `neon_auth.users_sync`, as Neon Auth makes it, beside the users of the same database (`neon_auth_users_sync` on MySQL,
MariaDB and SQLite): by triggers, in the transaction of whoever writes, so that it is never late and foreign keys to it hold. What
becomes of users who go says `[sync] deletion` (HALLPASS_SYNC_DELETION): soft or hard. Reads DATABASE_URL and, for tables of your
own, HALLPASS_LAYOUT or HALLPASS_SCHEMA.

Examples:
  hallpass sync install     make the table and the triggers; does nothing where all is there
  hallpass sync backfill    tell of the users who were there before; begin again where it was stopped
  hallpass sync status      0 when everything is told, 2 when something waits for a person
  hallpass sync repair      make rows that lack, differ or are strange what they should be
  hallpass sync verify --target billing   hold what the target `billing` tells against the users
  hallpass sync repair --target billing   make it what it should be
  hallpass sync restart billing   tell the target `billing` of everybody anew

Other databases, which `[sync.targets]` (HALLPASS_SYNC_TARGETS) names, are told by `hallpass serve` while it runs, after
`hallpass changes install`; `status` says how far each is.";

/// Options of `hallpass sync`.
#[derive(Debug, Args)]
#[command(after_help = SYNC_EXAMPLES)]
pub(crate) struct Sync {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: SyncCommand,
}

/// What can be done with the table that tells of users.
#[derive(Debug, Subcommand)]
pub(crate) enum SyncCommand {
    /// Make the table and the triggers that keep it.
    Install {
        #[command(flatten)]
        place: Place,
        /// Change nothing; print what would be done, and its SQL.
        #[arg(long)]
        dry_run: bool,
    },
    /// Take the triggers away. The table stays as it is: applications refer to it.
    Uninstall(Place),
    /// Say whether every user is told of.
    Status {
        #[command(flatten)]
        place: Place,
        /// Print for machines.
        #[arg(long)]
        json: bool,
    },
    /// Tell of the users who are there and of whom nothing is told.
    Backfill(Place),
    /// Hold what is told against the users. Changes nothing; ends with 2 where they differ.
    Verify {
        #[command(flatten)]
        place: Place,
        /// In another database: its name under `[sync.targets]`.
        #[arg(long, value_name = "NAME")]
        target: Option<String>,
    },
    /// Make everything that is told what it should be.
    Repair {
        #[command(flatten)]
        place: Place,
        /// In another database: its name under `[sync.targets]`.
        #[arg(long, value_name = "NAME")]
        target: Option<String>,
    },
    /// Tell another database of everybody anew: where what it had not read is in the change log no longer, or the users were
    /// restored to an earlier moment.
    Restart {
        #[command(flatten)]
        place: Place,
        /// Its name under `[sync.targets]`.
        target: String,
    },
}

/// Where the settings are.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The configuration file; without it ./hallpass.toml, if there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
