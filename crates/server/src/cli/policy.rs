//! `hallpass policy …`: why access rules admit something, or refuse it, and the same rules for whoever speaks SQL.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand, ValueEnum};
use hallpass::data::RuleOperation;

use super::db::Place;

const EXPLAIN_EXAMPLES: &str = "\
Prints every rule about the operation with its place, what it says of the row where one is named, and the SQL by which rows are
found. Reads the database and changes nothing. Database and schema are found as `hallpass db` finds them.

--user is an id of the model that auth() is (by @@auth, else `User`): its row is read with the relations that rules look at. Or a
JSON object, as an application would hand it in; what it lacks is null. Or `nobody`. An application that knows less of its people
than stands in the table may get other answers: see what it has with a JSON object.

A row is judged as it stands: for `create` as if it were about to be added, for `post-update` as if an update had left it alone.
Ends with 0 when it is admitted or depends on the row, with 2 when it is refused or there is no such row, with 1 when nobody could look.

Examples:
  hallpass policy explain --user nobody Todo read
  hallpass policy explain --user 7 Todo update 12
  hallpass policy explain --user '{\"id\": 7, \"role\": \"ADMIN\"}' --json Todo delete 12
  hallpass policy explain --user 7 Member read '{\"teamId_userId\": {\"teamId\": 1, \"userId\": 7}}'";

const RLS_EXAMPLES: &str = "\
Writes the access rules as row-level security of PostgreSQL, so that a program which speaks SQL to the tables sees and changes what
the engine would let its person see and change. Prints a script that can be run again; --apply runs it, in one transaction.

--role is the role that the rules are about; it is made where it is not there. A login that may become it (made with NOINHERIT)
says who asks in each transaction, and nothing of it stays:
  BEGIN; SET LOCAL ROLE authenticated; SELECT set_config('hallpass.user', '{\"id\": 7}', true); SELECT …; COMMIT;
Whoever can send SQL of their own there can say that they are somebody else: only a program may hold this connection. With
--accessor jwt the token says it, which the extension pg_session_jwt verifies, as Neon has it.

Where auth() is a model, only its id is believed: the rest is read from its row. All other roles lose the tables, but for the one
that runs the script and those of --full-access; so let Hallpass itself connect as one of these.

What cannot be said in the database is closed there, never open; it is listed with the line of its rule. Rights to columns are
the same for all rows, so a field with a rule about reading cannot be read; rows of delegates are written by the engine alone;
what is validated, changed, hashed or sealed on its way cannot be written.

Ends with 0. With --check: 2 when the database differs. With --strict: 2 when anything is closed. 1 when nobody could look.

Examples:
  hallpass policy rls > policies.sql
  hallpass policy rls --apply --role app_person --full-access reports
  hallpass policy rls --check --strict --json";

/// The commands of `hallpass policy`.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Say which rules admit or refuse something, and by which SQL.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Explain),
    /// Write the rules as row-level security of PostgreSQL.
    #[command(after_help = RLS_EXAMPLES)]
    Rls(Rls),
}

/// Options of `hallpass policy rls`.
#[derive(Debug, Args)]
pub(crate) struct Rls {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The role that the rules are about.
    #[arg(long, value_name = "NAME", default_value = "authenticated")]
    pub(crate) role: String,
    /// Who says who asks: the owner of the connection, or a verified token.
    #[arg(long, value_name = "set_config|jwt", value_enum, default_value_t = Says::SetConfig)]
    pub(crate) accessor: Says,
    /// A role that goes on seeing everything; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) full_access: Vec<String>,
    /// The schema of the tables of which the models say nothing.
    #[arg(long, value_name = "NAME", default_value = "public")]
    pub(crate) db_schema: String,
    /// Run the script.
    #[arg(long, conflicts_with = "check")]
    pub(crate) apply: bool,
    /// Say whether the database is so already. Other statements wait for the tables meanwhile.
    #[arg(long)]
    pub(crate) check: bool,
    /// End with 2 when anything cannot be said.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print for machines.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Who says who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Says {
    /// `set_config('hallpass.user', …, true)`
    #[value(name = "set_config")]
    SetConfig,
    /// `pg_session_jwt`
    Jwt,
}

/// Options of `hallpass policy explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Who asks: an id, a JSON object, or `nobody`.
    #[arg(long, value_name = "ID|JSON|nobody")]
    pub(crate) user: String,
    /// Print for machines.
    #[arg(long)]
    pub(crate) json: bool,
    /// The model.
    #[arg(value_name = "MODEL")]
    pub(crate) model: String,
    /// What is to be done: create, read, update, post-update or delete.
    #[arg(value_name = "OPERATION", value_parser = operations(), hide_possible_values = true)]
    pub(crate) operation: RuleOperation,
    /// The row: its id, or a JSON object of a unique key as `findUnique` takes it.
    #[arg(value_name = "ID", allow_hyphen_values = true)]
    pub(crate) id: Option<String>,
}

fn operations() -> impl clap::builder::TypedValueParser<Value = RuleOperation> {
    let names = RuleOperation::ALL.map(RuleOperation::name);
    PossibleValuesParser::new(names).map(|name| {
        let named = |operation: &RuleOperation| operation.name() == name;
        let found = RuleOperation::ALL.into_iter().find(named);
        // invariant: the names are those of the operations
        found.unwrap_or(RuleOperation::Read)
    })
}
