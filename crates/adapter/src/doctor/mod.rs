//! The doctor: what is dangerous about sign-in tables that are there already, and what would mend it.
//!
//! A [`Report`] is a list of [`Finding`]s. Each says what is wrong, what may come of it, how many rows show it, and which
//! [`Remedy`]s there are, down to the SQL. Looking changes nothing; [`mend`] makes chosen remedies.
//!
//! Invariants: no finding holds anything of a row (no address, no token), only numbers; a remedy does what its SQL says
//! and nothing else; one that takes something away says what ([`Remedy::loses`]).
//!
//! To add a check: a row of `PROMISES` for what a key, an index or a reference would prevent, one in `values.rs` for what only
//! rows can tell, an arm in `differences.rs` for how tables differ from the schema, and its row in the suite. Indexes of access
//! rules follow from the rules (`policies.rs`).

mod counted;
mod differences;
mod finding;
mod hashes;
mod look;
mod one_each;
mod policies;
mod promises;
mod values;

use hallpass_data::{Client, Error};

use crate::own::PASSWORD_FIELD;
use crate::recognise::{self, Difference};

pub use finding::{Finding, Remedy, Report, Severity};
pub use hashes::mostly_bcrypt;
pub use look::{Look, look_at_layout, look_at_schema};

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// At the catalog alone: cheap, whatever the tables hold.
    Catalog,
    /// At the rows too. Reads each table a few times.
    Rows,
}

/// How closely to look, and what settings say of where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// How closely to look.
    pub depth: Depth,
    /// The field of the `User` model that holds passwords, if not `password`.
    pub password_field: Option<String>,
    /// Whether somebody said what new passwords are hashed with.
    pub chose_algorithm: bool,
}

impl From<Depth> for Scope {
    fn from(depth: Depth) -> Self {
        Self {
            depth,
            password_field: None,
            chose_algorithm: false,
        }
    }
}

impl Scope {
    /// Fields that hold passwords, where the schema has them: an application keeps its own in `password`, whatever is set.
    fn password_fields(&self) -> impl Iterator<Item = &str> {
        let other = self.password_field.as_deref();
        let other = other.filter(|name| *name != PASSWORD_FIELD);
        [PASSWORD_FIELD].into_iter().chain(other)
    }
}

/// Looks at the sign-in tables of the client's schema: a [`Depth`], or a whole [`Scope`].
///
/// # Errors
/// What the database said.
pub async fn examine(client: &Client, scope: impl Into<Scope>) -> Result<Report, Error> {
    let scope = scope.into();
    let depth = scope.depth;
    let read;
    let catalog = match client.found() {
        // What was read when the client was opened serves a quick look.
        Some(found) if depth == Depth::Catalog => found,
        _ => {
            read = client.catalog().await?;
            &read
        }
    };
    let found = recognise::differences(client.schema(), catalog, client.dialect());
    let mut findings = differences::examine(client, catalog, &found)?;
    // Statements over columns that are missing, or hold something else, only fail.
    if !found.iter().any(Difference::blocks) {
        findings.extend(promises::examine(client, catalog, depth).await?);
        findings.extend(one_each::examine(client, catalog)?);
        findings.extend(counted::examine(client, catalog));
        findings.extend(values::moments(client, catalog)?);
        findings.extend(policies::examine(client, catalog)?);
        if depth == Depth::Rows {
            findings.extend(values::examine(client, catalog, &scope).await?);
            findings.extend(hashes::examine(client, catalog, &scope).await?);
        }
    }
    findings.sort_by_key(|finding| finding.severity);
    Ok(Report { findings })
}

/// What a remedy did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The statement.
    pub sql: String,
    /// How many rows it removed.
    pub rows: u64,
}

/// Makes the remedies of these findings, in order, in one transaction. MySQL and MariaDB end a transaction at each change
/// of a table, so what went before a failure stays there.
///
/// How tokens stand in a table of sessions that a remedy makes is for the caller to decide
/// ([`decide_tokens_at_rest`](crate::decide_tokens_at_rest)).
///
/// # Errors
/// What the database said; nothing is changed then, but on MySQL and MariaDB.
pub async fn mend(client: &Client, findings: &[&Finding]) -> Result<Vec<Mended>, Error> {
    client
        .transaction(async |tx| {
            let mut mended = Vec::new();
            for remedy in findings.iter().flat_map(|one| &one.remedies) {
                mended.push(Mended {
                    sql: remedy.sql.clone(),
                    rows: tx.make(&remedy.change).await?,
                });
            }
            Ok(mended)
        })
        .await
}
