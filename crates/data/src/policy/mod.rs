//! Access rules, as conditions of statements.
//!
//! A client of a person ([`Client::for_user`](crate::Client::for_user)) reads and writes only what the rules of the
//! schema admit. [`Planner`](crate::plan::Planner) asks here for the condition of each table it touches.
//!
//! Invariants: nothing of `auth()` is fetched, and its values are bound as the columns take them, never cast; rules see
//! related rows as they are, whatever the person may see of them; what cannot be said is an error, never left out.
//!
//! Source: contract zenstack §2.

mod access;
mod alike;
mod askable;
mod asker;
mod combine;
mod compile;
mod conditions;
mod explain;
mod extended;
mod glance;
mod lookups;
mod paths;
mod person;
mod possible;
mod rls;
mod verdict;
mod version;

pub(crate) use access::Access;
pub(crate) use alike::{Look, Member, MemberPath, Notes, Whose};
pub(crate) use askable::{check, check_found};
pub(crate) use asker::Looked;
pub use asker::Said;
pub(crate) use compile::Bounds;
pub use explain::{ExplainedRule, Explanation};
pub use lookups::Lookup;
pub(crate) use person::Person;
pub use rls::{Accessor, RowSecurityError, RowSecurityOptions, RowSecurityPlan, Unsaid};
#[cfg(test)]
pub(crate) use verdict::Verdict;
pub(crate) use verdict::{Changed, Watch};
pub use version::DialectVersion;
