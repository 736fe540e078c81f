//! How the owner of a todo is called.

use std::fmt;

use hallpass::changes::Deletion;

use crate::schema::TeamMember;

/// Whoever owns a todo, as the table that tells of users has it.
///
/// Source: contract neon §2.3, the row "Owner attribution".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// By name, else by address.
    Known(String),
    /// Gone, and told of as gone.
    Former,
    /// Not told of: gone without a trace, or not told of yet.
    Unknown,
}

impl Owner {
    pub(super) fn of(member: Option<&TeamMember>) -> Self {
        match member {
            None => Self::Unknown,
            Some(member) if member.deleted_at.is_some() => Self::Former,
            Some(TeamMember { name, email, .. }) => {
                let mut said = [name, email].into_iter().flatten().map(|text| text.trim());
                let said = said.find(|text| !text.is_empty());
                Self::Known(said.unwrap_or("somebody without a name").to_owned())
            }
        }
    }

    pub(super) fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Known(name) => name,
            Self::Former => "former user",
            Self::Unknown => "unknown user (syncing)",
        })
    }
}

/// As a form says it.
pub(super) fn deletion(word: &str) -> Option<Deletion> {
    match word {
        "soft" => Some(Deletion::Soft),
        "hard" => Some(Deletion::Hard),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: Option<&str>, email: Option<&str>, is_gone: bool) -> TeamMember {
        TeamMember {
            id: "u1".to_owned(),
            name: name.map(str::to_owned),
            email: email.map(str::to_owned),
            deleted_at: is_gone.then(|| "2026-01-31T10:00:00Z".parse().unwrap()),
        }
    }

    #[test]
    fn three_texts_tell_three_cases_apart() {
        let (ada, mail) = (Some("Ada"), Some("ada@example.com"));
        for (member, text) in [
            (Some(member(ada, mail, false)), "Ada"),
            (Some(member(None, mail, false)), "ada@example.com"),
            (Some(member(Some("  "), mail, false)), "ada@example.com"),
            (Some(member(None, None, false)), "somebody without a name"),
            (Some(member(ada, mail, true)), "former user"),
            (None, "unknown user (syncing)"),
        ] {
            assert_eq!(Owner::of(member.as_ref()).to_string(), text);
        }
    }
}
