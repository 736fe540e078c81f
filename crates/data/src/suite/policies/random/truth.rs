/// What a condition is, where null leaves it unknown and a collation leaves it in doubt: four answers, because what
/// admits must be so, and what refuses need but be possible.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Truth {
    /// It holds.
    pub(super) holds: bool,
    /// Its negation holds.
    pub(super) fails: bool,
    /// It may hold: two texts that it takes for equal, or for different, may be so.
    pub(super) may_hold: bool,
    /// Its negation may hold.
    pub(super) may_fail: bool,
}

impl Truth {
    /// Nobody knows, and nobody acts on it.
    pub(super) const UNKNOWN: Self = Self {
        holds: false,
        fails: false,
        may_hold: false,
        may_fail: false,
    };
    /// Texts that a collation takes for equal and whose bytes differ.
    pub(super) const DOUBT: Self = Self {
        may_hold: true,
        may_fail: true,
        ..Self::UNKNOWN
    };

    pub(super) fn of(truth: bool) -> Self {
        Self {
            holds: truth,
            fails: !truth,
            may_hold: truth,
            may_fail: !truth,
        }
    }

    pub(super) fn not(self) -> Self {
        Self {
            holds: self.fails,
            fails: self.holds,
            may_hold: self.may_fail,
            may_fail: self.may_hold,
        }
    }

    pub(super) fn all(truths: impl Iterator<Item = Self>) -> Self {
        truths.fold(Self::of(true), |one, other| Self {
            holds: one.holds && other.holds,
            fails: one.fails || other.fails,
            may_hold: one.may_hold && other.may_hold,
            may_fail: one.may_fail || other.may_fail,
        })
    }

    pub(super) fn any(truths: impl Iterator<Item = Self>) -> Self {
        Self::all(truths.map(Self::not)).not()
    }

    /// Whether one of several rows satisfies it: a count, which is never unknown.
    pub(super) fn counted(truths: &[Self]) -> Self {
        let holds = truths.iter().any(|one| one.holds);
        let may_hold = truths.iter().any(|one| one.may_hold);
        Self {
            holds,
            fails: !may_hold,
            may_hold,
            may_fail: !holds,
        }
    }

    /// Whether one of the items of a person satisfies it. A refusal does not need to know of every item that it fails.
    pub(super) fn one_of_items(truths: &[Self]) -> Self {
        Self {
            may_fail: !truths.iter().any(|one| one.holds),
            ..Self::any(truths.iter().copied())
        }
    }

    /// Whether all of them do.
    pub(super) fn all_items(truths: &[Self]) -> Self {
        Self {
            may_fail: !truths.iter().all(|one| one.holds),
            ..Self::all(truths.iter().copied())
        }
    }
}
