//! Lays pieces out in lines.

use super::pieces::{Piece, PieceKind};
use super::roles::Role;
use super::spaces::spaced;
use super::table::{Line, LineKind};
use crate::lex::Kind;

/// The lines of a text.
pub(super) fn lines(pieces: &[Piece<'_>], roles: &[Role]) -> Vec<Line> {
    let mut layout = Layout::default();
    for (at, (piece, role)) in pieces.iter().zip(roles).enumerate() {
        layout.before = at.checked_sub(2).and_then(|at| pieces.get(at)).copied();
        let next = pieces.get(at + 1);
        match piece.kind {
            PieceKind::Token(kind) => layout.token(piece, kind, *role),
            PieceKind::LineComment | PieceKind::BlockComment => {
                let ends_line = next.is_none_or(|next| next.line_breaks > 0);
                layout.comment(piece, ends_line);
            }
        }
        layout.last = Some(*piece);
    }
    layout.end_line();
    layout.lines
}

#[derive(Default)]
struct Layout<'t> {
    lines: Vec<Line>,
    /// The line that is being written.
    line: Option<Line>,
    last: Option<Piece<'t>>,
    /// The piece before the last.
    before: Option<Piece<'t>>,
    /// Whether it is inside a block.
    in_block: bool,
    /// Whether it is inside a declaration or a member, which go on over comments.
    in_member: bool,
    /// Brackets that are open in the member.
    depth: usize,
    /// Whether the next token begins a line, because a comment took the rest of the last one.
    must_break: bool,
    /// Whether the last declaration was an import.
    after_import: bool,
}

impl Layout<'_> {
    fn level(&self) -> usize {
        usize::from(self.in_block)
    }

    fn end_line(&mut self) {
        self.lines.extend(self.line.take());
        self.must_break = false;
    }

    /// One empty line at most, and none where a text or a block begins.
    fn blank(&mut self) {
        let begins = self.lines.last().is_none_or(|line| {
            line.kind == LineKind::Blank
                || line.columns.last().is_some_and(|text| text.ends_with(" {"))
        });
        if !begins {
            self.lines.push(Line {
                kind: LineKind::Blank,
                ..Line::default()
            });
        }
    }

    fn begin_line(&mut self, level: usize, kind: LineKind, text: &str) {
        self.end_line();
        self.line = Some(Line {
            level,
            kind,
            columns: vec![text.to_owned()],
            comment: None,
        });
    }

    fn token(&mut self, piece: &Piece<'_>, kind: Kind, role: Role) {
        match role {
            Role::Declaration { import } => {
                self.end_line();
                let is_near = self.after_import && import || self.is_below_comment();
                if !is_near || piece.line_breaks > 1 {
                    self.blank();
                }
                self.after_import = import;
                self.begin_line(0, LineKind::Other, piece.text);
                (self.in_member, self.depth) = (true, 0);
            }
            Role::Member => {
                self.end_line();
                if piece.line_breaks > 1 {
                    self.blank();
                }
                let is_named = kind == Kind::Identifier;
                let line = if is_named {
                    LineKind::Member
                } else {
                    LineKind::Other
                };
                self.begin_line(1, line, piece.text);
                (self.in_member, self.depth) = (true, 0);
            }
            Role::Open => {
                self.add(piece, true);
                self.end_line();
                (self.in_block, self.in_member) = (true, false);
            }
            Role::Close => self.close(piece),
            Role::Column | Role::Attribute if self.breaks(piece, kind) => {
                self.begin_line(self.level() + 1, LineKind::Between, piece.text);
            }
            Role::Column => self.add_column(piece),
            Role::Attribute => self.add(piece, true),
            Role::Inside => self.inside(piece, kind),
        }
    }

    fn is_below_comment(&self) -> bool {
        let last = self.lines.last();
        last.is_some_and(|line| line.kind == LineKind::Between && line.level == 0)
    }

    /// An empty block is closed where it was opened.
    fn close(&mut self, piece: &Piece<'_>) {
        self.end_line();
        (self.in_block, self.in_member) = (false, false);
        let opened = self.last.is_some_and(|last| last.is(Kind::OpenBrace));
        let open = self.lines.last_mut().filter(|_| opened);
        match open.and_then(|line| line.columns.last_mut()) {
            Some(text) => text.push_str(piece.text),
            None => {
                self.begin_line(0, LineKind::Other, piece.text);
                self.end_line();
            }
        }
    }

    fn inside(&mut self, piece: &Piece<'_>, kind: Kind) {
        let closes = matches!(
            kind,
            Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace
        );
        if closes {
            self.depth = self.depth.saturating_sub(1);
        }
        // The bracket that closes the outermost one may stand on a line of its own, too.
        let is_bracketed = self.depth > 0 || closes;
        if self.must_break || piece.line_breaks > 0 && is_bracketed {
            let level = self.level() + self.depth;
            self.begin_line(level, LineKind::Between, piece.text);
        } else {
            let space = self
                .last
                .is_some_and(|last| spaced(self.before.as_ref(), &last, piece));
            self.add(piece, space);
        }
        if matches!(kind, Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace) {
            self.depth += 1;
        }
    }

    /// Attributes keep the lines of their own that their author gave them.
    fn breaks(&self, piece: &Piece<'_>, kind: Kind) -> bool {
        self.must_break || piece.line_breaks > 0 && kind == Kind::Attribute
    }

    fn add(&mut self, piece: &Piece<'_>, space: bool) {
        if self.must_break {
            return self.begin_line(self.level() + 1, LineKind::Between, piece.text);
        }
        let line = self.line.get_or_insert_default();
        match line.columns.last_mut() {
            Some(text) => {
                text.push_str(if space { " " } else { "" });
                text.push_str(piece.text);
            }
            None => line.columns.push(piece.text.to_owned()),
        }
    }

    fn add_column(&mut self, piece: &Piece<'_>) {
        let line = self.line.get_or_insert_default();
        if line.kind == LineKind::Member {
            line.columns.push(piece.text.to_owned());
        } else {
            self.add(piece, true);
        }
    }

    fn comment(&mut self, piece: &Piece<'_>, ends_line: bool) {
        let is_first = self.last.is_none() || self.line.is_none() && !ends_line;
        if piece.line_breaks > 0 || is_first {
            self.comment_line(piece);
        } else if ends_line || piece.kind == PieceKind::LineComment {
            self.comment_at_end(piece);
        } else {
            self.add(piece, true);
        }
    }

    fn comment_line(&mut self, piece: &Piece<'_>) {
        let goes_on = self.line.is_some() && self.depth > 0;
        self.end_line();
        let after_block = !self.in_block
            && self
                .lines
                .last()
                .is_some_and(|line| line.kind == LineKind::Other && line.columns == ["}"]);
        if !goes_on && (piece.line_breaks > 1 || after_block) {
            self.blank();
        }
        let level = self.level() + if goes_on { self.depth } else { 0 };
        self.begin_line(level, LineKind::Between, piece.text);
        self.end_line();
        self.must_break = true;
    }

    /// Behind what stands on the line, be that begun or finished.
    fn comment_at_end(&mut self, piece: &Piece<'_>) {
        let line = match &mut self.line {
            Some(line) => Some(line),
            None => self.lines.last_mut(),
        };
        if let Some(line) = line {
            match &mut line.comment {
                Some(comment) => {
                    comment.push(' ');
                    comment.push_str(piece.text);
                }
                None => line.comment = Some(piece.text.to_owned()),
            }
        }
        self.must_break = true;
    }
}
