//! Passkeys: `options` begins a ceremony, `finish` takes what came of it, `manage` shows and changes one's own keys.
//!
//! Source: contract authjs §5.4, §6.3. Decisions: docs/design/passkeys.md.

mod finish;
pub(crate) mod manage;
mod options;

pub(crate) use finish::finish;
pub(crate) use options::options;
