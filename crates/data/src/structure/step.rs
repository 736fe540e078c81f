//! What changes a database into what a schema says, step by step.

use std::fmt;

use hallpass_sql::{Dialect, EmitError, Statement, script};

/// What has to be done, in this order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
}

/// One thing that is done, or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it is and what it concerns: `drop-column:Post.title`. By this name somebody agrees to it.
    pub name: String,
    /// What it does to what is there.
    pub effect: Effect,
    /// The same, in a sentence.
    pub consequence: String,
    pub(super) statements: Vec<Statement>,
}

/// What a step does to what is there, from harmless to final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Adds something; nothing that is there changes.
    Adds,
    /// Takes away something that kept rows apart or made reading fast; no row changes.
    Loosens,
    /// Rows that are there may not allow it; then nothing happens.
    MayFail,
    /// What stands in rows may be gone afterwards.
    LosesData,
}

impl Effect {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Adds => "adds",
            Self::Loosens => "loosens",
            Self::MayFail => "may fail",
            Self::LosesData => "LOSES DATA",
        }
    }
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// As SQL, to be read and run by hand or kept as a migration.
    ///
    /// # Errors
    /// [`EmitError`] when the dialect has no words for a step.
    pub fn script(&self, dialect: Dialect) -> Result<String, EmitError> {
        let mut text = String::new();
        for step in &self.steps {
            let said = format!(
                "{} ({}): {}",
                step.name,
                step.effect.words(),
                step.consequence
            );
            // SECURITY: a name in the database may hold the end of a line, and with it the end of a comment.
            let said = said.replace(char::is_control, " ");
            text.push_str(&format!("-- {said}\n"));
            // Inside of a transaction of ours they say nothing; other programs that run the script need them.
            let anew = dialect == Dialect::Sqlite && step.name.starts_with("rebuild-table:");
            text.push_str(if anew {
                "PRAGMA foreign_keys=OFF;\n"
            } else {
                ""
            });
            for statement in &step.statements {
                text.push_str(&script(statement, dialect)?);
                text.push_str(";\n");
            }
            text.push_str(if anew {
                "PRAGMA foreign_keys=ON;\n"
            } else {
                ""
            });
            text.push('\n');
        }
        Ok(text)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name, consequence, ..
        } = self;
        write!(formatter, "{} {name}: {consequence}", self.effect.words())
    }
}

/// To which steps somebody agrees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consent {
    /// To those that take away what kept rows apart or made reading fast.
    pub loosening: bool,
    /// To those that rows may not allow.
    pub failing: bool,
    /// And to these by name, whatever they do.
    pub names: Vec<String>,
}

impl Consent {
    /// Whether a step may be done. Those that lose data only by name, and never those that only a person can do.
    pub fn covers(&self, step: &Step) -> bool {
        if step.statements.is_empty() {
            return false;
        }
        let by_kind = match step.effect {
            Effect::Adds => true,
            Effect::Loosens => self.loosening,
            Effect::MayFail => self.failing,
            Effect::LosesData => false,
        };
        by_kind || self.names.contains(&step.name)
    }
}
