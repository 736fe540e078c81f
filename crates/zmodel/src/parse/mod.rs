//! The parser: recursive descent by hand, one function a rule of the grammar.
//!
//! It finds all mistakes of a source in one run. A rule that fails reports once and gives [`Failed`]; the caller skips
//! to where the next member or declaration starts, and marks what it left half-read as damaged, so that later passes
//! do not complain about what they cannot see.
//!
//! INVARIANT: every loop takes at least one token or ends, and the only recursion goes through [`Parser::nested`].

mod block;
mod declaration;
mod expression;
mod member;
mod signature;
mod text;

use crate::ast::{File, Name};
use crate::diagnostic::{Mistake, Mistakes};
use crate::lex::{self, Kind, Token};
use crate::source::Span;

/// How deep expressions may nest.
const MAX_DEPTH: usize = 64;

/// Reads a source. What could not be read is in `mistakes`, and absent from the tree.
pub(crate) fn parse(source: usize, text: &str, mistakes: &mut Mistakes) -> File {
    let tokens = lex::tokens(source, text, mistakes);
    let end = Token {
        kind: Kind::End,
        span: Span::start_of(source),
        first_on_line: true,
        doc: None,
    };
    Parser {
        text,
        tokens,
        end,
        position: 0,
        open: 0,
        depth: 0,
        mistakes,
    }
    .file()
}

/// A rule failed; the mistake is reported.
#[derive(Debug, Clone, Copy)]
struct Failed;

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    end: Token,
    position: usize,
    /// Parentheses and brackets that are open here.
    open: usize,
    depth: usize,
    mistakes: &'a mut Mistakes,
}

/// Looking at tokens and taking them.
impl Parser<'_> {
    fn ahead(&self, count: usize) -> &Token {
        self.tokens
            .get(self.position + count)
            .or(self.tokens.last())
            .unwrap_or(&self.end)
    }

    fn peek(&self) -> Kind {
        self.ahead(0).kind
    }

    fn span(&self) -> Span {
        self.ahead(0).span
    }

    /// The token before this one.
    fn previous_span(&self) -> Span {
        self.position
            .checked_sub(1)
            .and_then(|index| self.tokens.get(index))
            .map_or(self.end.span, |token| token.span)
    }

    fn text_of(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    fn bump(&mut self) {
        match self.peek() {
            Kind::OpenParen | Kind::OpenBracket => self.open += 1,
            Kind::CloseParen | Kind::CloseBracket => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        if self.position + 1 < self.tokens.len() {
            self.position += 1;
        }
    }

    fn eat(&mut self, kind: Kind) -> bool {
        let found = self.peek() == kind;
        if found {
            self.bump();
        }
        found
    }

    fn expect(&mut self, kind: Kind, what: &str) -> Result<(), Failed> {
        if self.eat(kind) {
            Ok(())
        } else {
            Err(self.expected(what))
        }
    }

    fn name(&mut self, what: &str) -> Result<Name, Failed> {
        let span = self.span();
        self.expect(Kind::Identifier, what)?;
        Ok(Name {
            text: self.text_of(span).to_owned(),
            span,
        })
    }

    /// Text in quotes, escapes resolved, with where it stands.
    fn text_in_quotes(&mut self, what: &str) -> Result<Name, Failed> {
        let span = self.span();
        self.expect(Kind::String, what)?;
        let written = self.text.get(span.start..span.end).unwrap_or_default();
        let text = text::unescape(span, written, self.mistakes);
        Ok(Name { text, span })
    }

    fn take_doc(&mut self) -> Option<String> {
        self.tokens
            .get_mut(self.position)
            .and_then(|token| token.doc.take())
    }
}

/// Reporting and recovering.
impl Parser<'_> {
    /// Reports that something else should stand here.
    fn expected(&mut self, what: &str) -> Failed {
        if self.peek() == Kind::Broken {
            return Failed;
        }
        let (next, previous) = (self.ahead(0), self.previous_span());
        // What is missing at the end of a line is missed there, not at the start of the next.
        let mistake = if next.first_on_line && self.position > 0 {
            Mistake::at(
                previous,
                format!("expected {what} after `{}`", self.text_of(previous)),
            )
        } else if next.kind == Kind::End {
            Mistake::at(next.span, format!("expected {what}"))
        } else {
            Mistake::at(
                next.span,
                format!("expected {what}, found `{}`", self.text_of(next.span)),
            )
        };
        self.mistakes.push(mistake);
        Failed
    }

    /// Runs a rule one level deeper, unless that is too deep.
    fn nested<T>(
        &mut self,
        rule: impl FnOnce(&mut Self) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        if self.depth >= MAX_DEPTH {
            self.mistakes
                .push(Mistake::at(self.span(), expression::too_deep()));
            return Err(Failed);
        }
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }

    /// Skips to the next member of a block that started being read at `from`, or to its end.
    fn recover_member(&mut self, from: usize) {
        if self.position == from && self.peek() != Kind::CloseBrace {
            self.bump();
        }
        loop {
            let starts_line = self.ahead(0).first_on_line && (self.open == 0 || self.at_member());
            match self.peek() {
                Kind::End | Kind::CloseBrace => break,
                Kind::OpenBrace => self.skip_braces(),
                _ if starts_line => break,
                _ => self.bump(),
            }
        }
        self.open = 0;
    }

    /// Whether this looks like a member even inside parentheses that were not closed.
    fn at_member(&self) -> bool {
        match self.peek() {
            Kind::Attribute => self.text_of(self.span()).starts_with("@@"),
            Kind::Identifier => {
                let next = self.ahead(1);
                next.kind == Kind::Identifier && self.text_of(next.span) != "in"
            }
            _ => false,
        }
    }

    /// Skips `{ … }`, or to where a declaration starts inside it.
    fn skip_braces(&mut self) {
        let outside = self.open;
        let mut depth = 0_usize;
        while self.peek() != Kind::End && !self.at_declaration() {
            match self.peek() {
                Kind::OpenBrace => depth += 1,
                Kind::CloseBrace => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.bump();
            if depth == 0 {
                break;
            }
        }
        self.open = outside;
    }
}
