//! What may stand in a todo.

/// As many characters as fit.
pub(crate) const LIMIT: usize = 500;

/// The text of a todo: trimmed, not empty, at most [`LIMIT`] characters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Content<'a>(&'a str);

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ContentError {
    Empty,
    TooLong { characters: usize },
    Unprintable,
}

impl std::fmt::Display for ContentError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => formatter.write_str("Content is empty: say what is to be done"),
            Self::TooLong { characters } => write!(
                formatter,
                "Content has {characters} characters: {LIMIT} at most"
            ),
            Self::Unprintable => formatter.write_str("Content holds a NUL character"),
        }
    }
}

impl<'a> Content<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, ContentError> {
        let text = text.trim();
        let characters = text.chars().count();
        if text.is_empty() {
            Err(ContentError::Empty)
        } else if characters > LIMIT {
            Err(ContentError::TooLong { characters })
        } else if text.contains('\0') {
            Err(ContentError::Unprintable)
        } else {
            Ok(Self(text))
        }
    }

    pub(crate) fn as_str(&self) -> &'a str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_bounded() {
        assert_eq!(Content::parse("  milk \n").unwrap().as_str(), "milk");
        assert_eq!(Content::parse(" \t\n"), Err(ContentError::Empty));
        assert_eq!(Content::parse("a\0b"), Err(ContentError::Unprintable));
        let longest = "ü".repeat(LIMIT);
        assert_eq!(Content::parse(&longest).unwrap().as_str(), longest);
        let error = Content::parse(&format!("{longest}x"))
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.to_string(), "Content has 501 characters: 500 at most");
    }
}
