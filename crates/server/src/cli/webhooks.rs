//! `hallpass webhooks …`: servers that are told what happens to users.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const WEBHOOKS_EXAMPLES: &str = "\
Servers named under `[webhooks.NAME]` are told of users, accounts and sessions by signed messages (Standard Webhooks), which `hallpass
serve` sends while it runs, after `hallpass changes install`. A message that is refused is tried again for three days, and of one user
each waits for the one before it.

Examples:
  hallpass webhooks rotate                     make a secret; beside the old one while receivers change theirs
  hallpass webhooks test billing               send a message `webhook.test` now, and say what was answered
  hallpass webhooks list                       0 when all is as it should be, 2 when something waits for a person
  hallpass webhooks deliveries billing --state dead
  hallpass webhooks replay billing --dead      send again what was given up
  hallpass webhooks enable billing             tell it again, after it answered 410 Gone";

/// Options of `hallpass webhooks`.
#[derive(Debug, Args)]
#[command(after_help = WEBHOOKS_EXAMPLES)]
pub(crate) struct Webhooks {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: WebhooksCommand,
}

/// What can be done with webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// Say which endpoints there are, and how their queues stand.
    List {
        #[command(flatten)]
        place: Place,
        /// Print for machines.
        #[arg(long)]
        json: bool,
    },
    /// Show the newest deliveries of an endpoint, without what they say.
    Deliveries {
        #[command(flatten)]
        place: Place,
        /// Its name under `[webhooks]`.
        name: String,
        /// In this state alone: waiting, delivered or dead.
        #[arg(long, value_parser = ["waiting", "delivered", "dead"])]
        state: Option<String>,
        /// How many.
        #[arg(long, default_value_t = 50)]
        most: usize,
    },
    /// Send messages again, under the ids that they had.
    Replay {
        #[command(flatten)]
        place: Place,
        /// The endpoint's name under `[webhooks]`.
        name: String,
        /// All that were given up.
        #[arg(long, conflicts_with = "message", required_unless_present = "message")]
        dead: bool,
        /// The message of this id.
        #[arg(long, value_name = "ID")]
        message: Option<String>,
    },
    /// Go on with what happens from now on, where what came next is in the change log no longer.
    Restart {
        #[command(flatten)]
        place: Place,
        /// The endpoint's name under `[webhooks]`.
        name: String,
    },
    /// Tell an endpoint again that answered `410 Gone`: what waits, and what happens from now on.
    Enable {
        #[command(flatten)]
        place: Place,
        /// The endpoint's name under `[webhooks]`.
        name: String,
    },
    /// Send a message `webhook.test` now, and say what was answered.
    Test {
        #[command(flatten)]
        place: Place,
        /// The endpoint's name under `[webhooks]`.
        name: String,
    },
    /// Make a new secret, and say how it takes the place of another.
    Rotate,
}

/// Where the settings are.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The configuration file; without it ./hallpass.toml, if there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
