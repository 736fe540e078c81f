/// How sure a condition must be of what a collation leaves in doubt: whether two texts that the database takes for equal,
/// and whose bytes differ, are the same.
///
/// SECURITY: what admits must be so beyond doubt, what refuses need but be possible. So whichever way a rule is written,
/// doubt opens nothing. See `docs/design/access-rules.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    /// Texts are equal when their bytes are, and differ when the database says so.
    Sure,
    /// Texts are equal when the database says so, and differ when their bytes do.
    Possible,
}

impl Certainty {
    /// Of what is then negated as a whole.
    pub(super) fn opposite(self) -> Self {
        match self {
            Self::Sure => Self::Possible,
            Self::Possible => Self::Sure,
        }
    }
}
