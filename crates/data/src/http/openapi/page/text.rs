//! Descriptions: as much Markdown as comments of schemas have.

/// A part of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Paragraph(Vec<Inline>),
    List(Vec<Vec<Inline>>),
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Inline {
    Text(String),
    Code(String),
}

/// The blocks of a description.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for part in text.split("\n\n") {
        let mut paragraph = String::new();
        let mut items = Vec::new();
        for line in part.lines() {
            match line.trim_start().strip_prefix("- ") {
                Some(item) => items.push(inline(item)),
                None => {
                    if !paragraph.is_empty() {
                        paragraph.push(' ');
                    }
                    paragraph.push_str(line.trim());
                }
            }
        }
        if !paragraph.is_empty() {
            blocks.push(Block::Paragraph(inline(&paragraph)));
        }
        if !items.is_empty() {
            blocks.push(Block::List(items));
        }
    }
    blocks
}

/// Text, and code between backticks; a backtick without another is itself.
fn inline(line: &str) -> Vec<Inline> {
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, after)) = after.split_once('`') else {
            break;
        };
        if !before.is_empty() {
            parts.push(Inline::Text(before.to_owned()));
        }
        parts.push(Inline::Code(code.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Inline::Text(rest.to_owned()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.to_owned())
    }

    fn code(text: &str) -> Inline {
        Inline::Code(text.to_owned())
    }

    #[test]
    fn paragraphs_lists_and_code_are_told_apart() {
        let found = blocks("One\ntwo `three`.\n\nRules:\n- `a` b\n- c");
        assert_eq!(
            found,
            [
                Block::Paragraph(vec![text("One two "), code("three"), text(".")]),
                Block::Paragraph(vec![text("Rules:")]),
                Block::List(vec![vec![code("a"), text(" b")], vec![text("c")]]),
            ]
        );
        assert_eq!(blocks(""), []);
        assert_eq!(blocks("a ` b"), [Block::Paragraph(vec![text("a ` b")])]);
    }
}
