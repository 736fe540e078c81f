//! What the tokens of a text are to its layout. The text was parsed without a mistake, so a look at few tokens is enough.

use super::pieces::{Piece, PieceKind};
use crate::lex::Kind;

/// What a token is to the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The first of a declaration; whether that is an import.
    Declaration { import: bool },
    /// The first of a member of a block.
    Member,
    /// The first of a further column of a member.
    Column,
    /// An attribute after the first of its member.
    Attribute,
    /// The brace that opens a block.
    Open,
    /// The brace that closes it.
    Close,
    /// Anything else, comments included.
    Inside,
}

/// The roles of pieces, as many as there are.
pub(super) fn roles(pieces: &[Piece<'_>]) -> Vec<Role> {
    let tokens = pieces.iter().enumerate();
    let tokens = tokens.filter_map(|(at, piece)| match piece.kind {
        PieceKind::Token(kind) => Some((at, kind, piece.text)),
        PieceKind::LineComment | PieceKind::BlockComment => None,
    });
    let mut walk = Walk {
        tokens: tokens.collect(),
        position: 0,
        roles: vec![Role::Inside; pieces.len()],
    };
    while walk.peek().is_some() {
        walk.declaration();
    }
    walk.roles
}

/// What the members of a block look like.
#[derive(Debug, Clone, Copy)]
enum Block {
    /// `name Type @attributes`
    Fields,
    /// `NAME @attributes`
    Members,
    /// `key = value`
    Entries,
    /// One expression.
    Expression,
}

struct Walk<'t> {
    /// Place among the pieces, kind and text.
    tokens: Vec<(usize, Kind, &'t str)>,
    position: usize,
    roles: Vec<Role>,
}

impl Walk<'_> {
    fn ahead(&self, count: usize) -> Option<Kind> {
        self.tokens
            .get(self.position + count)
            .map(|(_, kind, _)| *kind)
    }

    fn peek(&self) -> Option<Kind> {
        self.ahead(0)
    }

    fn text(&self) -> &str {
        let token = self.tokens.get(self.position);
        token.map_or("", |(_, _, text)| *text)
    }

    fn bump(&mut self) {
        self.position += 1;
    }

    fn take(&mut self, role: Role) {
        let place = self.tokens.get(self.position).map(|(at, _, _)| *at);
        if let Some(slot) = place.and_then(|place| self.roles.get_mut(place)) {
            *slot = role;
        }
        self.bump();
    }

    /// Takes a bracket and all up to the one that closes it.
    fn group(&mut self) {
        let mut depth = 0_usize;
        while let Some(kind) = self.peek() {
            self.bump();
            depth = match kind {
                Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace => depth + 1,
                Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace => depth.saturating_sub(1),
                _ => depth,
            };
            if depth == 0 {
                return;
            }
        }
    }

    fn maybe_group(&mut self) {
        if self.peek() == Some(Kind::OpenParen) {
            self.group();
        }
    }

    fn declaration(&mut self) {
        let word = self.text().to_owned();
        let import = word == "import" && self.ahead(1) == Some(Kind::String);
        self.take(Role::Declaration { import });
        match word.as_str() {
            _ if import => {
                self.bump();
                if self.text() == ";" {
                    self.bump();
                }
            }
            "attribute" if self.peek() == Some(Kind::Attribute) => {
                self.bump();
                self.maybe_group();
                self.attributes();
            }
            "procedure" | "mutation" if self.peek() == Some(Kind::Identifier) => self.procedure(),
            "function" => self.block(Block::Expression),
            "enum" => self.block(Block::Members),
            "datasource" | "generator" | "plugin" => self.block(Block::Entries),
            _ => self.block(Block::Fields),
        }
    }

    fn procedure(&mut self) {
        while self.peek() == Some(Kind::Identifier) {
            self.bump();
        }
        self.maybe_group();
        if self.peek() == Some(Kind::Colon) {
            self.bump();
            self.type_name();
        }
        self.attributes();
    }

    /// A head, and its block.
    fn block(&mut self, block: Block) {
        while self.peek().is_some_and(|kind| kind != Kind::OpenBrace) {
            self.bump();
        }
        self.take(Role::Open);
        while self.peek().is_some_and(|kind| kind != Kind::CloseBrace) {
            match block {
                Block::Fields => self.field(),
                Block::Members => self.member(),
                Block::Entries => self.entry(),
                Block::Expression => self.expression(),
            }
        }
        self.take(Role::Close);
    }

    fn field(&mut self) {
        let is_name = self.peek() == Some(Kind::Identifier);
        self.take(Role::Member);
        if is_name {
            // The second column begins with the type.
            let place = self.position;
            self.type_name();
            self.mark(place, Role::Column);
        } else {
            self.maybe_group();
        }
        self.columns_of_attributes(is_name);
    }

    fn member(&mut self) {
        let is_name = self.peek() == Some(Kind::Identifier);
        self.take(Role::Member);
        self.maybe_group();
        self.columns_of_attributes(is_name);
    }

    /// `@one(…) @two(…)` after a name.
    fn columns_of_attributes(&mut self, is_name: bool) {
        let place = self.position;
        if is_name {
            self.attributes();
        }
        if self.position > place {
            self.mark(place, Role::Column);
        }
    }

    fn entry(&mut self) {
        self.take(Role::Member);
        self.take(Role::Column);
        loop {
            match (self.peek(), self.ahead(1)) {
                (None | Some(Kind::CloseBrace), _)
                | (Some(Kind::Identifier), Some(Kind::Equals)) => {
                    return;
                }
                (Some(Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace), _) => self.group(),
                _ => self.bump(),
            }
        }
    }

    fn expression(&mut self) {
        let place = self.position;
        while self.peek().is_some_and(|kind| kind != Kind::CloseBrace) {
            match self.peek() {
                Some(Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace) => self.group(),
                _ => self.bump(),
            }
        }
        self.mark(place, Role::Member);
    }

    /// A type with its suffix.
    fn type_name(&mut self) {
        self.bump();
        self.maybe_group();
        let is_suffix = |kind| {
            matches!(
                kind,
                Kind::OpenBracket | Kind::CloseBracket | Kind::Question
            )
        };
        while self.peek().is_some_and(is_suffix) {
            self.bump();
        }
    }

    /// Attributes of what stands before; those of the block begin a member.
    fn attributes(&mut self) {
        let is_own = |text: &str| !text.starts_with("@@") || text.starts_with("@@@");
        while self.peek() == Some(Kind::Attribute) && is_own(self.text()) {
            self.take(Role::Attribute);
            self.maybe_group();
        }
    }

    fn mark(&mut self, position: usize, role: Role) {
        let after = self.position;
        self.position = position;
        self.take(role);
        self.position = after;
    }
}
