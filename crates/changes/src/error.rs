use hallpass_sql::EmitError;

use crate::tracking::TrackError;

/// Why the change log could not be changed or read.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] hallpass_db::ConnectError),
    /// Something is to be tracked that cannot be.
    #[error(transparent)]
    Track(#[from] TrackError),
    /// A name that the database cannot say.
    #[error("the triggers cannot be said in this database's language")]
    Unsupported(#[from] EmitError),
    /// Another process has been changing tables for too long.
    #[error("another process is changing tables and does not finish")]
    Locked,
    /// A step of an installation failed. Where changes of tables can be undone, nothing has happened.
    #[error("the step `{step}` failed")]
    Step {
        /// Its name.
        step: String,
        /// What the database said.
        #[source]
        source: hallpass_db::Error,
    },
    /// There is no change log in this database.
    #[error("there is no change log: `hallpass changes install` makes it")]
    NotInstalled,
    /// There is no audit trail in this database.
    #[error("there is no audit trail in this database")]
    NoAudit,
    /// Nobody reads by this name.
    #[error("the change log has no reader `{name}`")]
    NoReader {
        /// The name.
        name: String,
    },
    /// What a reader has not read yet was removed, because an operator said so by its name. It has to begin anew.
    #[error("changes that the reader `{name}` had not read were removed")]
    Lost {
        /// The reader.
        name: String,
    },
    /// Another process reads by the same name and was faster; what this one read is to be forgotten.
    #[error("another process has moved the reader `{name}`")]
    Moved {
        /// The reader.
        name: String,
    },
    /// A target of user sync is the database that the users are in.
    #[error("the target `{name}` is the database of the users itself")]
    Itself {
        /// The target.
        name: String,
    },
    /// A row of the log that has another shape than it was made with.
    #[error("the change log has another shape than expected")]
    Shape,
    /// What the database said.
    #[error(transparent)]
    Database(#[from] hallpass_db::Error),
    /// What the engine said.
    #[error(transparent)]
    Engine(#[from] Box<hallpass_data::Error>),
}

impl ChangesError {
    /// The database's own code, where it is a database that refuses: see [`hallpass_db::Error::code`].
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Database(error) | Self::Step { source: error, .. } => error.code(),
            _ => None,
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Connect(error) => error.help(),
            Self::Track(TrackError::NoTable { .. }) => {
                "start `hallpass serve` once, or run `hallpass db push`, so that the table is made"
            }
            Self::Track(TrackError::NoColumn { .. }) => {
                "name the column in the schema as it is in the table (`@map`), or rename it back; `hallpass doctor` tells all differences"
            }
            Self::Track(TrackError::NoModel { .. }) => "name a model of the schema, or its table",
            Self::Track(_) => {
                "leave it out of `track` under `[changes]`, or take `@@track` from it"
            }
            Self::Step { source, .. } if source.code() == Some("1419") => {
                "the server keeps a binary log and lets only administrators make triggers: set \
                 `log_bin_trust_function_creators = 1`, or install as an administrator"
            }
            Self::Step { source, .. }
                if source.code() == Some("55P03") || source.code() == Some("1205") =>
            {
                "somebody holds the table in a long transaction: run it again when that is over"
            }
            Self::Step { .. } => {
                "the user of DATABASE_URL needs the right to make tables and triggers (PostgreSQL: it owns the tracked \
                 tables; MySQL: `GRANT CREATE, TRIGGER ON database.* TO …`)"
            }
            Self::NoAudit => {
                "set `enabled = true` under `[audit]` (HALLPASS_AUDIT=true), and start `hallpass serve`"
            }
            Self::NoReader { .. } => {
                "`hallpass changes status` names those that there are; `hallpass serve` begins with what it needs, while it runs"
            }
            Self::Itself { .. } => {
                "take it from `[sync.targets]`, or correct its address; in its own database `hallpass sync install` tells of users"
            }
            Self::Locked => "end the other process, then run it again",
            Self::Lost { .. } => "restart the reader; what it keeps elsewhere has to be made anew",
            _ => return None,
        })
    }
}
