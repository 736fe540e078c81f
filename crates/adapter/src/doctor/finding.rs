use hallpass_data::Change;
use serde::Serialize;

/// What the doctor found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// The gravest first.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The finding of this code.
    pub fn finding(&self, code: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.code == code)
    }

    /// Whether something is dangerous.
    pub fn is_dangerous(&self) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|finding| finding.severity == Severity::Danger)
    }
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// People may be signed in as somebody else, or not at all.
    Danger,
    /// Rows are left behind, or reading them takes long.
    Warning,
    /// Good to know.
    Note,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Names it for `--fix` and for machines; the same in every run.
    pub code: String,
    /// How grave it is.
    pub severity: Severity,
    /// Table, and columns where it concerns some: `users (email)`.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What may come of it.
    pub consequence: &'static str,
    /// How many rows, or groups of like rows, show it; absent where rows were not looked at.
    pub rows: Option<u64>,
    /// A query that shows those rows.
    pub look: Option<String>,
    /// What mends it, in order. Empty where SQL alone does not.
    pub remedies: Vec<Remedy>,
    /// What to do where there is no remedy, or before it.
    pub advice: Option<String>,
}

impl Finding {
    /// What is gone once it is mended.
    pub fn loses(&self) -> Option<&'static str> {
        self.remedies.iter().find_map(|remedy| remedy.loses)
    }
}

/// A statement that mends something.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Remedy {
    /// The statement.
    pub sql: String,
    /// What is gone afterwards, where something is. Then it is made only where somebody chose it by its finding's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loses: Option<&'static str>,
    #[serde(skip)]
    pub(super) change: Change,
}

impl Remedy {
    /// One that takes nothing away.
    pub(super) fn harmless(change: Change) -> Self {
        Self::new(change, None)
    }

    pub(super) fn new(change: Change, loses: Option<&'static str>) -> Self {
        Self {
            sql: change.sql().to_owned(),
            loses,
            change,
        }
    }
}
