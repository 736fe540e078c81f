//! Judges a chain, entry by entry, wherever entries come from. Knows no database and keeps nothing of what it has seen but the
//! last entry.

use std::fmt;
use std::str::FromStr;

use super::entry::{self, Entry, EntryHash};
use super::fault::Fault;
use super::keys::AuditKeys;
use super::retention::{HASH, THROUGH};
use super::{Head, canonical, line};

/// Faults that are told; more are counted.
const TOLD: usize = 100;
/// How far from its place an entry is looked for that stands at another's.
const AROUND: i64 = 1000;

/// The end of the chain, as somebody kept it elsewhere: `1234:…` with the hash in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint(pub Head);

/// This is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a checkpoint is the number of an entry and its hash, with a colon between")]
pub struct InvalidCheckpoint;

impl FromStr for Checkpoint {
    type Err = InvalidCheckpoint;

    fn from_str(text: &str) -> Result<Self, InvalidCheckpoint> {
        let (number, hash) = text.trim().split_once(':').ok_or(InvalidCheckpoint)?;
        let number: i64 = number.parse().map_err(|_| InvalidCheckpoint)?;
        let hash = hash.parse().map_err(|_| InvalidCheckpoint)?;
        if number < 1 {
            return Err(InvalidCheckpoint);
        }
        Ok(Self(Head { number, hash }))
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.0.number, self.0.hash)
    }
}

/// What became of the entry of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointState {
    /// None was given.
    None,
    /// The entry is there, and the same.
    Met,
    /// The entry is not kept any longer, as the chain itself says, or lies before the part that was looked at.
    Gone,
    /// It is not there, or another.
    Failed,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Entries that were looked at.
    pub entries: u64,
    /// The first of them, and the last; nothing where there is none.
    pub extent: Option<(i64, i64)>,
    /// Where the chain ends, to be kept elsewhere.
    pub head: Option<Head>,
    /// What is wrong, the first hundred faults.
    pub faults: Vec<Fault>,
    /// How many more there are.
    pub further: u64,
    /// How the checkpoint stands.
    pub checkpoint: CheckpointState,
}

impl Verified {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Takes entries in their order and says what is wrong with them.
#[derive(Debug)]
pub struct Verifier<'k> {
    keys: Option<&'k AuditKeys>,
    checkpoint: Option<Checkpoint>,
    state: CheckpointState,
    /// Whether the beginning is somebody else's business.
    is_part: bool,
    entries: u64,
    first: Option<Head>,
    last: Option<Head>,
    /// Whether what stands at the last number can be hung at.
    is_known: bool,
    /// The first entry, behind the last whose seal is by a key that is known, that is sealed by another.
    unknown: Option<i64>,
    /// The last entry that went, by what the chain says.
    cut: Option<Head>,
    faults: Vec<Fault>,
    further: u64,
}

impl<'k> Verifier<'k> {
    /// By these keys. Without keys only hashes are looked at: that entries hang together, not who wrote them.
    pub fn new(keys: Option<&'k AuditKeys>, checkpoint: Option<Checkpoint>) -> Self {
        Self {
            keys,
            checkpoint,
            state: CheckpointState::None,
            is_part: false,
            entries: 0,
            first: None,
            last: None,
            is_known: true,
            unknown: None,
            cut: None,
            faults: Vec::new(),
            further: 0,
        }
    }

    /// Of a part of a chain: what lies before its first entry is not asked for.
    #[must_use]
    pub fn part(self) -> Self {
        Self {
            is_part: true,
            ..self
        }
    }

    /// The next entry.
    pub fn push(&mut self, entry: &Entry) {
        self.entries += 1;
        if !self.is_next(entry.number) {
            return;
        }
        let whole = self.is_whole(entry);
        if whole {
            self.link(entry);
            self.seal(entry);
        }
        self.compare(entry);
        if self.first.is_none() {
            // What the first one hangs at.
            self.first = Some(Head {
                number: entry.number,
                hash: entry.previous,
            });
        }
        self.last = Some(Head {
            number: entry.number,
            hash: entry.hash,
        });
        self.is_known = true;
    }

    /// The next line of an export.
    pub fn push_line(&mut self, line: &str, place: i64) {
        match line::read(line) {
            Ok(entry) => self.push(&entry),
            Err(_) => self.push_unreadable(place, None),
        }
    }

    /// Something stands here that is no entry; `number` where it has one all the same.
    pub(super) fn push_unreadable(&mut self, place: i64, number: Option<i64>) {
        self.entries += 1;
        self.fault(Fault::Unreadable { place });
        let number = number.or_else(|| Some(self.last?.number.saturating_add(1)));
        let Some(number) = number.filter(|number| self.is_next(*number)) else {
            return;
        };
        let stands = Head {
            number,
            hash: EntryHash::NONE,
        };
        self.first.get_or_insert(stands);
        self.last = Some(stands);
        self.is_known = false;
    }

    /// The last number that was seen; 0 before the first.
    pub(super) fn reached(&self) -> i64 {
        self.last.map_or(0, |last| last.number)
    }

    /// Nothing says where the chain ends, where something should.
    pub(super) fn push_no_end(&mut self) {
        self.fault(Fault::NoEnd);
    }

    /// All was seen. `end` is where the chain ends, where that is known.
    pub fn finish(mut self, end: Option<Head>) -> Verified {
        self.judge_beginning();
        if let Some(end) = end {
            self.judge_end(end);
        }
        if let Some(from) = self.unknown {
            self.fault(Fault::UnknownKey { from });
        }
        if let (Some(Checkpoint(kept)), CheckpointState::None) = (self.checkpoint, self.state) {
            self.state = self.judge_unseen(kept);
        }
        Verified {
            entries: self.entries,
            extent: self
                .first
                .zip(self.last)
                .map(|(first, last)| (first.number, last.number)),
            head: self.last.filter(|_| self.is_known),
            faults: self.faults,
            further: self.further,
            checkpoint: self.state,
        }
    }

    /// Whether an entry of this number comes next, or later.
    fn is_next(&mut self, number: i64) -> bool {
        let Some(last) = self.last else {
            if number < 1 {
                self.fault(Fault::OutOfOrder { number });
            }
            return number >= 1;
        };
        if number <= last.number {
            self.fault(if number == last.number {
                Fault::Repeated { number }
            } else {
                Fault::OutOfOrder { number }
            });
            return false;
        }
        if number > last.number + 1 {
            self.fault(Fault::Missing {
                from: last.number + 1,
                to: number - 1,
            });
            self.is_known = false;
        }
        true
    }

    fn is_whole(&mut self, entry: &Entry) -> bool {
        if canonical::hash_of(entry) == entry.hash {
            return true;
        }
        let number = entry.number;
        let mut around = number.saturating_sub(AROUND).max(1)..=number.saturating_add(AROUND);
        // Not where it is as good as hopeless: each look costs a thousand hashes.
        let belongs = (self.faults.len() < TOLD)
            .then(|| around.find(|place| canonical::hash_at(entry, *place) == entry.hash));
        self.fault(match belongs.flatten() {
            Some(belongs) => Fault::Moved { number, belongs },
            None => Fault::Changed { number },
        });
        false
    }

    fn link(&mut self, entry: &Entry) {
        let expected = match self.last {
            Some(last) => last.hash,
            // Where others went before it, the cut says at which it hangs.
            None if entry.number > 1 => return,
            None => EntryHash::NONE,
        };
        if self.is_known && entry.previous != expected {
            self.fault(Fault::Unlinked {
                number: entry.number,
            });
        }
    }

    fn seal(&mut self, entry: &Entry) {
        let judged = match self.keys {
            None => Some(true),
            Some(keys) => keys.judge(&entry.key, &entry.hash, &entry.seal),
        };
        match judged {
            Some(true) => {
                // By its hash it vouches for all before it.
                self.unknown = None;
                if entry.kind == entry::CUT {
                    self.cut = cut_of(entry).or(self.cut);
                }
            }
            Some(false) => self.fault(Fault::Forged {
                number: entry.number,
            }),
            None => {
                self.unknown.get_or_insert(entry.number);
            }
        }
    }

    fn compare(&mut self, entry: &Entry) {
        let Some(Checkpoint(kept)) = self.checkpoint else {
            return;
        };
        if kept.number != entry.number {
            return;
        }
        // What the hash was made of was looked at before.
        if kept.hash == entry.hash {
            self.state = CheckpointState::Met;
        } else {
            self.state = CheckpointState::Failed;
            self.fault(Fault::OtherThanCheckpoint {
                number: entry.number,
            });
        }
    }

    /// A checkpoint whose entry was not seen.
    fn judge_unseen(&mut self, kept: Head) -> CheckpointState {
        let last = self.reached();
        if self.is_part && self.first.is_none_or(|first| kept.number < first.number) {
            return CheckpointState::Gone;
        }
        match self.cut {
            Some(cut) if cut.number > kept.number || cut == kept => CheckpointState::Gone,
            Some(cut) if cut.number == kept.number => {
                let number = kept.number;
                self.fault(Fault::OtherThanCheckpoint { number });
                CheckpointState::Failed
            }
            _ => {
                if kept.number > last {
                    let known = kept.number;
                    self.fault(Fault::CutOff { last, known });
                }
                CheckpointState::Failed
            }
        }
    }

    /// What went before the first entry, the chain has to say.
    fn judge_beginning(&mut self) {
        let Some(first) = self.first.filter(|first| first.number > 1 && !self.is_part) else {
            return;
        };
        let gone = first.number - 1;
        let is_said = self
            .cut
            .is_some_and(|cut| cut.number > gone || (cut.number == gone && cut.hash == first.hash));
        if !is_said {
            self.fault(Fault::Missing { from: 1, to: gone });
        }
    }

    fn judge_end(&mut self, end: Head) {
        let last = self.reached();
        if last < end.number {
            self.fault(Fault::CutOff {
                last,
                known: end.number,
            });
        } else if last > end.number {
            self.fault(Fault::Beyond {
                from: end.number.saturating_add(1),
            });
        } else if self.is_known && self.last.is_some_and(|last| last.hash != end.hash) {
            self.fault(Fault::OtherHead { number: last });
        }
    }

    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < TOLD {
            self.faults.push(fault);
        } else {
            self.further = self.further.saturating_add(1);
        }
    }
}

/// What an entry about a cut says.
fn cut_of(entry: &Entry) -> Option<Head> {
    let details = entry.details.members();
    Some(Head {
        number: details.get(THROUGH)?.as_i64()?,
        hash: details.get(HASH)?.as_str()?.parse().ok()?,
    })
}
