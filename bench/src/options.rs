//! What can be chosen for a run.

use std::path::PathBuf;
use std::time::Duration;

use crate::server::Place;

/// Measures Hallpass; started by `cargo xtask bench`, which gives it binaries and a PostgreSQL.
#[derive(Debug, clap::Parser)]
#[command(name = "hallpass-bench", bin_name = "cargo xtask bench --")]
pub(crate) struct Options {
    /// The release binary `hallpass`; without it only the bare servers are measured
    #[arg(long, value_name = "FILE")]
    pub(crate) server: Option<PathBuf>,

    /// The release binary `bench-baseline`
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: PathBuf,

    /// The folder that reports are written to
    #[arg(long, value_name = "FOLDER")]
    pub(crate) reports: PathBuf,

    /// Administrator's address of a throw-away PostgreSQL
    #[arg(
        long,
        env = "BENCH_POSTGRES",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) postgres: String,

    /// Process id of that PostgreSQL, to measure its CPU
    #[arg(long, env = "BENCH_POSTGRES_PID", value_name = "PID")]
    pub(crate) postgres_pid: u32,

    /// Address of a database of a throw-away MariaDB; without it none is measured
    #[arg(long, env = "BENCH_MYSQL", hide_env_values = true, value_name = "URL")]
    pub(crate) mysql: Option<String>,

    /// What is measured
    #[arg(
        long,
        value_enum,
        default_values_t = [Subject::Reads, Subject::SignIns, Subject::Doctor, Subject::Schema, Subject::Todos, Subject::Data, Subject::Live, Subject::Changes],
        value_delimiter = ',',
        value_name = "SUBJECT,…"
    )]
    pub(crate) subjects: Vec<Subject>,

    /// Seconds of each measurement
    #[arg(long, default_value_t = 4, value_name = "N")]
    seconds: u64,

    /// How often everything is measured; the table shows medians
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) rounds: usize,

    /// Open connections that ask for sessions and for data, one measurement each
    #[arg(long, default_values_t = [16, 64], value_delimiter = ',', value_name = "N,…")]
    pub(crate) connections: Vec<usize>,

    /// Where sessions are; `postgres` alone is the quick loop for the server's figure
    #[arg(
        long,
        value_enum,
        default_values_t = [Place::Jwt, Place::Sqlite, Place::Postgres],
        value_delimiter = ',',
        value_name = "PLACE,…"
    )]
    places: Vec<Place>,

    /// Users, each with one session, where reads, sign-ins and data over HTTP are measured
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    pub(crate) users: usize,

    /// Sessions that are asked for
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub(crate) tokens: usize,

    /// Users in the databases that the doctor looks at, and that another database is told of
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    pub(crate) patients: usize,

    /// How many todos there are, one measurement each
    #[arg(long, default_values_t = [10_000, 100_000, 1_000_000], value_delimiter = ',', value_name = "N,…")]
    pub(crate) todos: Vec<usize>,

    /// Instead of timing todos, make N calls of one kind by one side, for a program that counts instructions: the difference
    /// between N and 2N is what they cost
    #[arg(long, value_name = "TASK:SIDE:N")]
    pub(crate) count: Option<crate::todos::Count>,
}

/// Something that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Subject {
    /// Session reads a second
    Reads,
    /// Sign-ins by password a second, and session reads beside them
    SignIns,
    /// `hallpass doctor`
    Doctor,
    /// Reading and checking a schema of 500 models
    Schema,
    /// Reading and writing one's own under an access rule, beside statements written by hand
    Todos,
    /// Requests for data a second, beside a handler written by hand
    Data,
    /// A change, and a thousand who follow one query
    Live,
    /// Writes with the change log and without, and another database that is told of users
    Changes,
}

impl Options {
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Before the first round everything is cold; later ones only have to fill their connections.
    pub(crate) fn warm_up(&self, round: usize) -> Duration {
        if round == 1 {
            Duration::from_secs(1)
        } else {
            Duration::from_millis(200)
        }
    }

    pub(crate) fn measures(&self, place: Place) -> bool {
        self.places.contains(&place)
    }

    /// The numbers of the people whose sessions are asked for, spread over all.
    pub(crate) fn used(&self) -> impl Iterator<Item = usize> {
        let step = (self.users / self.tokens.max(1)).max(1);
        (0..self.users).step_by(step).take(self.tokens)
    }
}
