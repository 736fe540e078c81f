//! Row-level security of PostgreSQL, as a tree and as the script that makes it.
//!
//! What never changes stands in files beside this one; names and conditions are written by the emitter. The script can be
//! run again: what it made before it makes anew.
//!
//! SECURITY: the functions of [`RULES`] run with the rights of whoever runs the script. Nobody else can name them: a role
//! without USAGE on their schema reaches them through policies alone, with the row and the person that these hand in.

mod script;

use crate::{Expr, Select, TableName};

pub use script::{row_security, row_security_state};

/// The schema of the functions that judge, which is the script's own.
pub const RULES: &str = "hallpass_rules";
/// The schema of the functions that say who asks, which everybody may call.
pub const AUTH: &str = "hallpass_auth";
/// What the row of the person is called in functions: its only column is [`PERSON`].
pub const ASKED: &str = "hallpass asked";
/// The person in functions, a JSON document.
pub const PERSON: &str = "person";
/// What the row as it was is called in triggers.
pub const BEFORE: &str = "hallpass before";

/// Who may do what with which rows.
#[derive(Debug, Clone, PartialEq)]
pub struct RowSecurity {
    /// The role that the rules are about.
    pub role: String,
    /// Roles that go on seeing everything, beside the one that runs the script.
    pub full_access: Vec<String>,
    /// Who says who asks.
    pub accessor: Accessor,
    /// Gives the person as a JSON document, by what [`RULES`]`.user_id()` says; absent where the claims are the person.
    pub person: Option<Select>,
    /// The tables; all others stay as they are.
    pub tables: Vec<SecuredTable>,
}

/// Who says who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accessor {
    /// Whoever owns the connection, by `set_config('hallpass.user', …, true)`.
    Setting,
    /// A token that the extension `pg_session_jwt` verified.
    VerifiedToken,
}

/// A table and what may be done with its rows. What is not said is refused.
#[derive(Debug, Clone, PartialEq)]
pub struct SecuredTable {
    /// Which; with its schema.
    pub table: TableName,
    /// What a reader of the script should know of it.
    pub remarks: Vec<String>,
    /// Rules about its rows.
    pub policies: Vec<RowPolicy>,
    /// What is judged of changes.
    pub triggers: Vec<RowTrigger>,
    /// What may be done at all.
    pub grants: TableGrants,
}

/// A rule about rows.
#[derive(Debug, Clone, PartialEq)]
pub struct RowPolicy {
    /// Its name, without the words that all have in front.
    pub name: String,
    /// Where it comes from.
    pub remark: String,
    /// Whether it admits, and one must, or all of its kind must be true.
    pub is_permissive: bool,
    /// What it is about.
    pub command: RowCommand,
    /// When it is true. Columns are named with the name of the table.
    pub condition: Expr,
    /// Whether the condition reads tables: then it stands in a function of its own, where the row has the table's name and
    /// the person is [`ASKED`]`.`[`PERSON`].
    pub is_function: bool,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowCommand {
    /// Rows that are read.
    Select,
    /// Rows that are added.
    Insert,
    /// Rows that are changed, as they were.
    Update,
    /// Rows that are removed.
    Delete,
}

/// What is judged of each changed row, where policies see too little.
#[derive(Debug, Clone, PartialEq)]
pub struct RowTrigger {
    /// Its name, without the words that all have in front.
    pub name: String,
    /// Where it comes from.
    pub remark: String,
    /// Judges before the row is written where one of these columns is set; after the statement where there are none.
    pub columns: Vec<String>,
    /// What must be true. Before the row is written the row as it was has the name of the table; afterwards the row as it
    /// became has it, and the one as it was is [`BEFORE`].
    pub condition: Expr,
}

/// What may be done with a table at all, by column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableGrants {
    /// Columns that may be read.
    pub select: Vec<String>,
    /// Columns that may be given to new rows.
    pub insert: Vec<String>,
    /// Columns that may be changed.
    pub update: Vec<String>,
    /// Whether rows may be removed.
    pub delete: bool,
    /// Columns that the database counts, for new rows.
    pub counters: Vec<String>,
}
