//! What can be wrong with a chain, and what a person reads of it.

use std::fmt;

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// What stands in the entry is not what its hash was made of.
    Changed {
        /// Its number.
        number: i64,
    },
    /// The entry is whole, and stands at the place of another.
    Moved {
        /// Where it stands.
        number: i64,
        /// Where it belongs.
        belongs: i64,
    },
    /// The entry hangs at another one than the one before it: that one was written anew, or this one.
    Unlinked {
        /// Its number.
        number: i64,
    },
    /// The seal is not by the key that it names: somebody wrote the entry who has not got the key.
    Forged {
        /// Its number.
        number: i64,
    },
    /// Entries are not there.
    Missing {
        /// The first of them.
        from: i64,
        /// The last.
        to: i64,
    },
    /// The entry stands behind one that comes after it.
    OutOfOrder {
        /// Its number.
        number: i64,
    },
    /// There are several entries of this number.
    Repeated {
        /// The number.
        number: i64,
    },
    /// A row that is no entry, or a line that is none, as it was written.
    Unreadable {
        /// The number of the row, or of the line.
        place: i64,
    },
    /// The newest entries are not there.
    CutOff {
        /// The last one that is there.
        last: i64,
        /// The last one that was.
        known: i64,
    },
    /// Entries behind the end of the chain: nobody wrote them who writes entries.
    Beyond {
        /// The first of them.
        from: i64,
    },
    /// Nothing says where the chain ends.
    NoEnd,
    /// The end of the chain is said to have another hash than its last entry.
    OtherHead {
        /// The number of that entry.
        number: i64,
    },
    /// The entry is another than the one that the checkpoint was made of.
    OtherThanCheckpoint {
        /// Its number.
        number: i64,
    },
    /// From here on entries are sealed by keys that nobody has given, and no later one by a key that was: they may be anybody's.
    UnknownKey {
        /// The first of them.
        from: i64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { number } => {
                write!(
                    formatter,
                    "entry {number} was CHANGED: what stands in it is not what its hash was made of"
                )
            }
            Self::Moved { number, belongs } => write!(
                formatter,
                "entry {belongs} was MOVED: it stands in the place of entry {number}"
            ),
            Self::Unlinked { number } => write!(
                formatter,
                "entry {number} is UNLINKED: it hangs at another entry than the one before it, so one of the two was written anew"
            ),
            Self::Forged { number } => write!(
                formatter,
                "entry {number} is FORGED: its seal is not by the key that it names"
            ),
            Self::Missing { from, to } if from == to => {
                write!(formatter, "entry {from} is MISSING")
            }
            Self::Missing { from, to } => {
                write!(formatter, "entries {from} to {to} are MISSING")
            }
            Self::OutOfOrder { number } => write!(
                formatter,
                "entry {number} is OUT OF ORDER: it stands behind one that comes after it"
            ),
            Self::Repeated { number } => {
                write!(formatter, "entry {number} is REPEATED")
            }
            Self::Unreadable { place } => write!(
                formatter,
                "what stands at {place} is CHANGED: it is no entry as one is written"
            ),
            Self::CutOff { last, known } => write!(
                formatter,
                "the newest entries are MISSING: entry {known} was written, and entry {last} is the last that is there"
            ),
            Self::Beyond { from } => write!(
                formatter,
                "entry {from} stands BEHIND THE END of the chain: whoever wrote it did not move the end"
            ),
            Self::NoEnd => formatter.write_str(
                "the end of the chain is MISSING: nothing says how many entries there were",
            ),
            Self::OtherHead { number } => write!(
                formatter,
                "entry {number} is ANOTHER than the end of the chain says"
            ),
            Self::OtherThanCheckpoint { number } => write!(
                formatter,
                "entry {number} is ANOTHER than the checkpoint says: the chain was written anew"
            ),
            Self::UnknownKey { from } => write!(
                formatter,
                "from entry {from} on NOTHING IS PROVEN: the entries are sealed by keys that are not among the secrets"
            ),
        }
    }
}
