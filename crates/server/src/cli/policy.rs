//! `hallpass policy …`: why access rules admit something, or refuse it.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
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

/// The commands of `hallpass policy`.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Say which rules admit or refuse something, and by which SQL.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Explain),
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
