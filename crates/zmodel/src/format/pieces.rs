//! What a text is made of, comments included.

use crate::lex::{Kind, Token};

/// A token or a comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'t> {
    pub(super) kind: PieceKind,
    pub(super) text: &'t str,
    /// How many lines end between the piece before and this one.
    pub(super) line_breaks: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceKind {
    Token(Kind),
    /// `//` or `///`, to the end of its line.
    LineComment,
    /// `/* … */`
    BlockComment,
}

impl Piece<'_> {
    pub(super) fn is_comment(&self) -> bool {
        !matches!(self.kind, PieceKind::Token(_))
    }

    pub(super) fn is(&self, kind: Kind) -> bool {
        self.kind == PieceKind::Token(kind)
    }
}

/// The pieces of a text, in order.
pub(super) fn pieces<'t>(text: &'t str, tokens: &[Token]) -> Vec<Piece<'t>> {
    let mut pieces = Vec::with_capacity(tokens.len());
    let mut end = 0;
    for token in tokens {
        let gap = text.get(end..token.span.start).unwrap_or_default();
        let line_breaks = comments(gap, &mut pieces);
        end = token.span.end;
        if token.kind != Kind::End {
            pieces.push(Piece {
                kind: PieceKind::Token(token.kind),
                text: text.get(token.span.start..end).unwrap_or_default(),
                line_breaks,
            });
        }
    }
    pieces
}

/// Takes the comments between two tokens; gives the line breaks after the last of them.
fn comments<'t>(mut gap: &'t str, pieces: &mut Vec<Piece<'t>>) -> usize {
    loop {
        let comment = gap.find("//").into_iter().chain(gap.find("/*")).min();
        let Some(start) = comment else {
            return breaks(gap);
        };
        let (before, rest) = gap.split_at(start);
        let (kind, length) = if rest.starts_with("//") {
            (PieceKind::LineComment, rest.find('\n'))
        } else {
            let close = rest.get(2..).and_then(|inner| inner.find("*/"));
            (PieceKind::BlockComment, close.map(|close| close + 4))
        };
        let (comment, rest) = rest.split_at(length.unwrap_or(rest.len()));
        pieces.push(Piece {
            kind,
            text: comment.trim_end(),
            line_breaks: breaks(before),
        });
        gap = rest;
    }
}

fn breaks(gap: &str) -> usize {
    gap.bytes().filter(|byte| *byte == b'\n').count()
}
