//! Why a command could not do its work: said in one place, with what to do about it.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use hallpass::LayoutError;
use hallpass::auth;
use hallpass::auth::mail::{resend, smtp};
use hallpass::auth::origin::OriginError;
use hallpass::auth::password::PwnedSettingsError;
use hallpass::auth::secrets::NoSecret;
use hallpass::changes::ChangesError;
use hallpass::changes::audit::NoKey;
use hallpass::data::http::{RestOptionsError, ServiceError};
use hallpass::data::migrate::{MigrateError, Outcome};
use hallpass::data::structure::StructureError;
use hallpass::data::zmodel::Diagnostics;
use hallpass::data::{CreateTablesError, RowSecurityError, SetUpError};
use hallpass::recognise::ChooseError;

use crate::config::{self, ConfigError};
use crate::console::RoleError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the data directory `{}` cannot be used", path.display())]
    DataDirectory {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the secret in `{}` is too short", path.display())]
    SecretFile { path: PathBuf },
    #[error("port {} is taken", address.port())]
    PortTaken { address: SocketAddr },
    #[error("the ports from {first} to {last} are all taken")]
    NoFreePort { first: u16, last: u16 },
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    SetUp(#[from] SetUpError),
    #[error("the file `{}` cannot be read", path.display())]
    Schema {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the file `{}` cannot be read or written", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{0}")]
    Zmodel(Box<Diagnostics>),
    #[error(transparent)]
    Layouts(#[from] ChooseError),
    #[error("the tables cannot be looked at")]
    Look(#[source] hallpass::data::Error),
    #[error("what was chosen could not be mended")]
    Mend(#[source] hallpass::data::Error),
    #[error("the schema has no model `{name}`")]
    NoModel {
        name: String,
        nearest: Option<String>,
    },
    #[error("there is no webhook called `{name}`")]
    NoWebhook { name: String },
    #[error("there is no target of user sync called `{name}`")]
    NoTarget { name: String },
    #[error("the person after `--user` is not readable")]
    PersonSyntax,
    #[error("there is no user of this id")]
    NoPerson,
    #[error("the user cannot be read")]
    Person(#[source] hallpass::data::Error),
    #[error("the rules cannot be asked")]
    Explain(#[source] hallpass::data::Error),
    #[error(transparent)]
    RowSecurity(#[from] RowSecurityError),
    #[error("nothing was found under the code `{code}`")]
    NothingToMend { code: String },
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error("sign-in cannot be set up")]
    Auth(#[from] auth::ConfigError),
    #[error("limits cannot be counted")]
    Redis(#[from] auth::limit::InvalidRedisUrl),
    #[error(transparent)]
    Secret(#[from] NoSecret),
    #[error("the public address cannot be used")]
    Origin(#[from] OriginError),
    #[error("the mail server cannot be used")]
    MailServer(#[from] smtp::SettingsError),
    #[error("the settings for Resend cannot be used")]
    Resend(#[from] resend::SettingsError),
    #[error("the settings for the mail service cannot be used")]
    MailApi(#[source] auth::mail::ApiSettingsError),
    #[error("no other service can be asked")]
    HttpClient(#[from] auth::outgoing::ClientError),
    #[error("the breach service cannot be used")]
    Breaches(#[from] PwnedSettingsError),
    #[error("the runtime cannot be started")]
    Runtime(#[source] io::Error),
    #[error("the system does not let us listen for signals")]
    Signals(#[source] io::Error),
    #[error("the system does not say where we listen")]
    Socket(#[source] io::Error),
    #[error("the data cannot be served over HTTP")]
    Data(#[from] ServiceError),
    #[error("{place}the data cannot be served over HTTP")]
    RestStyle {
        /// Where the setting stands, with what parts it from the text.
        place: String,
        #[source]
        source: RestOptionsError,
    },
    #[error("the data would be at `{path}`, which is below the path of sign-in, `{base}`")]
    DataPath { path: String, base: String },
    #[error("roles of the console cannot be read")]
    ConsoleRole(#[from] RoleError),
    #[error(
        "whoever may {operation} users over HTTP can make themselves an administrator of the console: no rule guards `User.{field}`"
    )]
    ConsoleOpen {
        field: String,
        operation: &'static str,
    },
    #[error("sign-in or the data has the path of the console, `/console`")]
    ConsolePath,
    #[error(transparent)]
    Structure(#[from] StructureError),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error(transparent)]
    Changes(#[from] ChangesError),
    #[error(transparent)]
    AuditKey(#[from] NoKey),
    #[error("the team board cannot be made ready")]
    Board(#[from] todos::BoardError),
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
}

impl From<hallpass::OpenLayoutError> for Failure {
    fn from(error: hallpass::OpenLayoutError) -> Self {
        match error {
            hallpass::OpenLayoutError::SetUp(error) => Self::SetUp(error),
            hallpass::OpenLayoutError::Choose(error) => Self::Layouts(error),
        }
    }
}

impl Failure {
    /// What the reader can do.
    fn help(&self) -> Option<&'static str> {
        let text = match self {
            Self::DataDirectory { .. } => {
                "check that this process may write there, or name another with `--data-dir`"
            }
            Self::SecretFile { .. } => {
                "delete the file to get a new secret; everybody must then sign in again"
            }
            Self::PortTaken { .. } => {
                "choose another with `--port` (PORT, or `port` in hallpass.toml, for `serve`)"
            }
            Self::NoFreePort { .. } => "end what holds them, or choose a port with `--port`",
            Self::Listen { .. } => "choose an address of this machine, and a port from 1024 on",
            Self::SetUp(SetUpError::Connect(error)) => error.help(),
            Self::SetUp(SetUpError::Tables(error)) => return tables_help(error),
            Self::Layouts(error) => error.help(),
            Self::Structure(StructureError::Connect(error))
            | Self::Migrate(MigrateError::Structure(StructureError::Connect(error))) => {
                error.help()
            }
            Self::Structure(StructureError::Step { .. }) => {
                "mend what stands in its way; on MySQL and MariaDB the steps before it were done, elsewhere nothing was"
            }
            Self::Migrate(error) => return migrate_help(error),
            Self::Changes(error) | Self::Board(todos::BoardError::Changes(error)) => {
                return error.help();
            }
            Self::Board(todos::BoardError::Data(_)) => {
                "the user of the database needs the right to make tables and to write to them"
            }
            Self::PersonSyntax => {
                "write a JSON object, as `--user '{\"id\": 7}'`, not too deep and not too large"
            }
            Self::NoPerson | Self::Person(_) => {
                "`--user` takes an id of the model that `auth()` is, a JSON object, or `nobody`"
            }
            Self::RowSecurity(error) => return row_security_help(error),
            Self::NothingToMend { .. } => {
                "run `hallpass doctor` to see the codes that can be mended"
            }
            Self::Mend(_) => {
                "nothing was changed, but on MySQL and MariaDB what stood before it; run `hallpass doctor` again to see"
            }
            Self::File { .. } => "check its name, and that this process may use it",
            Self::Schema { .. } => {
                "name the schema on the command line, with HALLPASS_SCHEMA, or with `schema` under `[database]`"
            }
            Self::Auth(error) => error.help(),
            Self::Secret(_) => "make one with `hallpass secret`",
            Self::AuditKey(_) => {
                "set AUTH_SECRET to the secrets by which the entries were sealed; `verify --unsealed` checks hashes alone"
            }
            Self::Origin(_) => {
                "set AUTH_URL to the address that people use, such as `https://todo.example.com`"
            }
            Self::MailServer(_) => {
                "write it as `smtp://user:password@smtp.example.com:587` or `smtps://user:password@smtp.example.com:465`; \
                 percent-encode signs such as `@`, `/` and `#` in the password"
            }
            Self::Redis(error) => error.help(),
            Self::NoWebhook { .. } => "write its name as under `[webhooks]`",
            Self::NoTarget { .. } => {
                "write its name as under `[sync.targets]` (HALLPASS_SYNC_TARGETS)"
            }
            Self::MailApi(_) => "copy the key again, and check HALLPASS_EMAIL_API_URL",
            Self::HttpClient(_) => {
                "check that the system has certificates, in the package `ca-certificates`"
            }
            Self::Resend(_) => "copy key and address again from Resend",
            Self::Breaches(_) => "write `[password] breach_url` as `https://api.example.com`",
            Self::Layout(LayoutError::Password { .. }) => {
                "add `password String? @db.Text @omit` to the model, or name its field with `[password] field`"
            }
            Self::Layout(LayoutError::Tables(_)) => {
                "where a migration of the application did not run, or not to its end, run it first; `hallpass doctor` shows each \
                 difference with the SQL that takes it away, and runs it with `--fix` and its code; else correct the schema \
                 (HALLPASS_SCHEMA)"
            }
            Self::Layout(LayoutError::NotUnique { .. }) => {
                "`hallpass doctor` shows rows that are alike, and the SQL of the key"
            }
            Self::Layout(
                LayoutError::Model { .. }
                | LayoutError::Field { .. }
                | LayoutError::Relation { .. },
            ) => {
                "add it to the schema (HALLPASS_SCHEMA), with the names that your tables have in `@map` and `@@map`; `hallpass db pull \
                 --out schema.zmodel` writes such a schema of the tables that are there"
            }
            Self::Layout(LayoutError::NarrowTokens { .. }) => {
                "make the column a TEXT, or leave `account_tokens` (HALLPASS_ACCOUNT_TOKENS) at `auto`"
            }
            Self::Data(_) => {
                "write models as the schema does, in `open` and `closed` under `[data]`"
            }
            Self::RestStyle { source, .. } => config::rest_style(source),
            Self::DataPath { .. } => {
                "set `rpc_path` and `rest_path` under `[data]` to other paths, or to `off`"
            }
            Self::ConsoleRole(_) => {
                "name a field that holds a text or a member of an enum, with `role_field` under `[console]`, or add it to the \
                 schema; or name administrators by address, with `administrators`"
            }
            Self::ConsoleOpen { .. } => {
                "add `@deny('update', true)` to the field (sign-in goes on writing it), against new users with it \
                 `@@deny('create', role == 'admin')` or `@@deny('create', emailVerified != null)` to the model; or take `User` \
                 out of `open` under `[data]`"
            }
            Self::ConsolePath => {
                "set `url`, or `rpc_path` and `rest_path` under `[data]`, to other paths, or leave `[console]` out"
            }
            Self::SetUp(_)
            | Self::Layout(_)
            | Self::Look(_)
            | Self::Explain(_)
            | Self::NoModel { .. }
            | Self::Zmodel(_)
            | Self::Structure(_)
            | Self::Config(_)
            | Self::Runtime(_)
            | Self::Signals(_)
            | Self::Socket(_)
            | Self::Output(_) => return None,
        };
        Some(text)
    }

    /// Tells the person at the terminal.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn tell(&self, to: &mut impl Write) -> io::Result<()> {
        if let Self::Config(error) = self {
            for trouble in &error.0 {
                writeln!(to, "error: {trouble}\n help: {}", trouble.problem.help())?;
            }
            return Ok(());
        }
        if let Self::Zmodel(mistakes) = self {
            return writeln!(to, "{mistakes}");
        }
        writeln!(to, "error: {self}")?;
        // A transparent error already spoke for its source.
        let mut said = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Layers that have nothing of their own to say repeat the one below.
            if text != said && !is_start_of_cause(&text, error) {
                writeln!(to, "cause: {text}")?;
            }
            said = text;
            cause = error.source();
        }
        if let Self::NoModel {
            nearest: Some(nearest),
            ..
        } = self
        {
            return writeln!(to, " help: did you mean `{nearest}`?");
        }
        match self.help() {
            Some(help) => writeln!(to, " help: {help}"),
            None => Ok(()),
        }
    }
}

/// Whether the cause of this error begins with the error's own text, so that the cause says it all.
fn is_start_of_cause(text: &str, error: &(dyn Error + 'static)) -> bool {
    error
        .source()
        .is_some_and(|cause| cause.to_string().starts_with(text))
}

fn row_security_help(error: &RowSecurityError) -> Option<&'static str> {
    match error {
        RowSecurityError::Dialect { .. } => {
            Some("elsewhere let programs ask Hallpass: over HTTP, or through the library")
        }
        RowSecurityError::Script(_) => {
            Some("nothing was changed; run `hallpass db push` where tables are missing")
        }
        RowSecurityError::Data(_) => None,
    }
}

fn migrate_help(error: &MigrateError) -> Option<&'static str> {
    Some(match error {
        MigrateError::Changed { .. } => {
            "bring the file back to what it was, and write what is new as another migration"
        }
        MigrateError::Unfinished { .. } => {
            "look at what it did, then say how it stands with `hallpass db migrate resolve`; if it is running at this moment, wait"
        }
        MigrateError::Failed {
            outcome: Outcome::Nothing,
            ..
        } => "nothing of it has happened: mend the file and run it again",
        MigrateError::Failed {
            outcome: Outcome::Some,
            ..
        } => {
            "what stood before it in the file has happened: finish or undo it by hand, then say which with `hallpass db migrate resolve`"
        }
        MigrateError::Consent { .. } => {
            "agree with `--accept` and the name, or write the file with `--create-only` and change it first"
        }
        MigrateError::Shadow(_) => {
            "give the user of the database you develop with the right to create databases (CREATEDB on PostgreSQL, CREATE and DROP \
             on MySQL), or write the migration by hand"
        }
        MigrateError::NotUnfinished { .. } => {
            "`hallpass db migrate status` shows the migrations and how they stand"
        }
        _ => return None,
    })
}

/// Source: PostgreSQL, appendix A (class 42, `3F000`); MySQL, server error messages.
const REFUSED_FOR_RIGHTS: &[&str] = &["42501", "3F000", "1044", "1045", "1142", "1143", "1227"];

/// Whether the database refused because of who asks, or did not say why.
fn is_about_rights(error: &hallpass::data::Error) -> bool {
    match error {
        hallpass::data::Error::Database(source) => source
            .code()
            .is_none_or(|code| REFUSED_FOR_RIGHTS.contains(&code)),
        _ => true,
    }
}

fn tables_help(error: &CreateTablesError) -> Option<&'static str> {
    Some(match error {
        CreateTablesError::Incomplete { .. } => {
            "where a migration did not run, or not to its end, run it first (`hallpass db migrate deploy`, or that of the application). \
             `hallpass doctor` prints the SQL that adds what sign-in needs, and runs it with `--fix` and its code; `hallpass db push \
             --dry-run` shows all that the schema asks for. Where an older version of this application made the tables, let it add what \
             rows can do without with HALLPASS_DATABASE_ADD_COLUMNS=true. Or choose another database or schema: nothing is altered unasked"
        }
        CreateTablesError::Table { source, .. } if !is_about_rights(source) => {
            "tables that are there may differ from the schema, such as in the type of a column that the new table refers to: `hallpass \
             db push --dry-run` and `hallpass doctor` show how"
        }
        CreateTablesError::Table { .. } => {
            "give the user of DATABASE_URL the right to create tables (PostgreSQL: `GRANT USAGE, CREATE ON SCHEMA public TO \
             …`, which must exist; MySQL: `GRANT CREATE, ALTER, INDEX, REFERENCES ON database.* TO …`), or create the tables \
             by another user"
        }
        CreateTablesError::Locked => "end the other process that is starting, then start again",
        CreateTablesError::Database(_) => {
            "check that the user of DATABASE_URL may read which tables there are"
        }
        _ => return None,
    })
}
