//! Whether a space stands between two tokens of a line.

use super::pieces::{Piece, PieceKind};
use crate::lex::Kind;

/// Whether a space stands between two neighbours; `before` is what stands before the first.
pub(super) fn spaced(before: Option<&Piece<'_>>, one: &Piece<'_>, other: &Piece<'_>) -> bool {
    if one.is_comment() || other.is_comment() {
        return true;
    }
    let PieceKind::Token(next) = other.kind else {
        return true;
    };
    match (one.kind, next) {
        (PieceKind::Token(Kind::OpenBrace), Kind::CloseBrace) => false,
        (PieceKind::Token(Kind::OpenParen | Kind::OpenBracket), _)
        | (_, Kind::CloseParen | Kind::CloseBracket | Kind::Comma | Kind::Colon) => false,
        // `String?`, `members?[…]`
        (_, Kind::Question) | (PieceKind::Token(Kind::Question), Kind::OpenBracket) => false,
        (_, Kind::Operator) if matches!(other.text, "." | ";") => false,
        (PieceKind::Token(Kind::Operator), _) if one.text == "." => false,
        // `members![…]` and `members^[…]`; elsewhere `!` stands before what it negates.
        (_, Kind::Operator) if matches!(other.text, "!" | "^") => !ends_value(one),
        (PieceKind::Token(Kind::Operator), Kind::OpenBracket) if one.text == "^" => false,
        (PieceKind::Token(Kind::Operator), _) if one.text == "!" => {
            before.is_some_and(ends_value) && next != Kind::OpenBracket
        }
        (PieceKind::Token(Kind::Identifier | Kind::Attribute), Kind::OpenParen) => one.text == "in",
        // `String[]`, of a list; `x in [a, b]` is none.
        (PieceKind::Token(Kind::Identifier), Kind::OpenBracket) => one.text == "in",
        (PieceKind::Token(Kind::CloseParen), Kind::OpenBracket) => false,
        _ => true,
    }
}

/// Whether a value ends with it, so that an operator may follow.
fn ends_value(piece: &Piece<'_>) -> bool {
    let ends = |kind| {
        matches!(
            kind,
            Kind::CloseParen | Kind::CloseBracket | Kind::String | Kind::Number
        )
    };
    match piece.kind {
        PieceKind::Token(Kind::Identifier) => piece.text != "in",
        PieceKind::Token(kind) => ends(kind),
        PieceKind::LineComment | PieceKind::BlockComment => false,
    }
}
