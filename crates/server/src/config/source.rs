//! A value as it was given, and where.

use std::collections::BTreeMap;
use std::fmt;

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a file; line and column count from 1, the column in characters.
    File {
        /// The file's name as typed.
        name: String,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// In the environment.
    Variable(&'static str),
    /// In the environment, under a name that holds the one of a provider.
    ProviderVariable(String),
    /// Nowhere: something that is missing.
    Nowhere,
}

impl Place {
    /// The place of a byte in a file's text.
    pub(super) fn in_file(name: &str, text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self::File {
            name: name.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line, column } => write!(formatter, "{name}:{line}:{column}: "),
            Self::Variable(name) => write!(formatter, "{name}: "),
            Self::ProviderVariable(name) => write!(formatter, "{name}: "),
            Self::Nowhere => Ok(()),
        }
    }
}

/// A setting's text and place. Most settings have one text, a list has several.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) texts: Vec<String>,
    pub(super) place: Place,
}

// SECURITY: any value may be a secret.
impl fmt::Debug for Given {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Given({:?})", self.place)
    }
}

/// The settings of one provider: a table below `[providers]`, and what variables say of it. So are those of endpoints below
/// `[webhooks]`.
#[derive(Debug, Clone)]
pub(super) struct ProviderTable {
    /// Its name there, and in paths.
    pub(super) id: String,
    /// Where it is.
    pub(super) place: Place,
    /// What stands in it, by path: `secret`, `parameters.prompt`.
    pub(super) settings: BTreeMap<String, Given>,
}

/// All settings that were given, by path.
pub(super) type Settings = BTreeMap<&'static str, Given>;
