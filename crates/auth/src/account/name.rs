//! What a person may be called.

use super::Refusal;

/// The longest name that is taken, in characters.
pub(crate) const MAX_CHARACTERS: usize = 200;

/// The name as it is kept, without blanks around it; `None` for an empty one.
///
/// # Errors
/// [`Refusal::InvalidName`]: too long, or with characters that no name has.
pub(crate) fn parse(typed: &str) -> Result<Option<String>, Refusal> {
    let name = typed.trim();
    if name.chars().count() > MAX_CHARACTERS || name.contains(char::is_control) {
        return Err(Refusal::InvalidName);
    }
    Ok(Some(name.to_owned()).filter(|name| !name.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_hold_no_control_characters() {
        let long = "é".repeat(MAX_CHARACTERS);
        for (typed, kept) in [
            (" Ada Lovelace\n", Some("Ada Lovelace")),
            ("<b>", Some("<b>")),
            (&*long, Some(&*long)),
            ("  ", None),
            ("", None),
        ] {
            assert_eq!(parse(typed), Ok(kept.map(str::to_owned)));
        }
        for typed in [
            "a\nb",
            "a\0b",
            "\u{9b}31m",
            "a\u{7f}",
            &"é".repeat(MAX_CHARACTERS + 1),
        ] {
            assert_eq!(parse(typed), Err(Refusal::InvalidName), "{typed:?}");
        }
    }
}
