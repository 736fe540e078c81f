//! A mail's text, with its links found.

/// A part of the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Just text.
    Text(&'a str),
    /// An `http` or `https` address.
    Link(&'a str),
}

/// The text in pieces; together they are the text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, link, after)) = next_link(rest) {
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Link(link));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let start = [text.find("http://"), text.find("https://")]
        .into_iter()
        .flatten()
        .min()?;
    let (before, from) = text.split_at_checked(start)?;
    let ends =
        |letter: char| letter.is_whitespace() || letter.is_control() || "<>\"".contains(letter);
    let end = from.find(ends).unwrap_or(from.len());
    let link = from.get(..end)?.trim_end_matches(['.', ',', ';', ')']);
    Some((before, link, from.get(link.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::Piece::{Link, Text};
    use super::*;

    #[test]
    fn links_are_found() {
        let rows: [(&str, &[Piece<'_>]); 6] = [
            ("", &[]),
            ("no link", &[Text("no link")]),
            (
                "Go:\nhttp://a/b?c=d&e\n\nBye",
                &[Text("Go:\n"), Link("http://a/b?c=d&e"), Text("\n\nBye")],
            ),
            ("https://a.", &[Link("https://a"), Text(".")]),
            (
                "<https://a> http://b",
                &[Text("<"), Link("https://a"), Text("> "), Link("http://b")],
            ),
            ("javascript:alert(1)", &[Text("javascript:alert(1)")]),
        ];
        for (text, expected) in rows {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn pieces_are_the_text(text in "(?s)(http://|https://|[ a<.é]|.){0,20}") {
            let together: String = pieces(&text).iter().map(|piece| match piece { Text(text) | Link(text) => *text }).collect();
            proptest::prop_assert_eq!(together, text);
        }
    }
}
