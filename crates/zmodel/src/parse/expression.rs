//! Expressions: the values of attributes and settings.

use super::{Failed, Parser, text};
use crate::ast::{Argument, Expr, ExprKind};
use crate::diagnostic::Mistake;
use crate::lex::Kind;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expr, Failed> {
        let value = self.nested(Self::primary)?;
        if self.peek() == Kind::Operator {
            let span = self.span();
            let message = format!(
                "this version does not know expressions with `{}`",
                self.text_of(span)
            );
            self.mistakes.push(Mistake::at(span, message));
            return Err(Failed);
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<Expr, Failed> {
        let start = self.span();
        let kind = match self.peek() {
            Kind::String => {
                self.bump();
                let written = self.text.get(start.start..start.end).unwrap_or_default();
                ExprKind::String(text::unescape(start, written, self.mistakes))
            }
            Kind::Number => {
                self.bump();
                ExprKind::Number(self.text_of(start).to_owned())
            }
            Kind::OpenBracket => {
                self.bump();
                ExprKind::List(self.separated(Kind::CloseBracket, "`]`", Self::expression)?)
            }
            Kind::Identifier => self.word()?,
            _ => return Err(self.expected("a value")),
        };
        Ok(Expr {
            kind,
            span: start.to(self.previous_span()),
        })
    }

    fn word(&mut self) -> Result<ExprKind, Failed> {
        let name = self.name("a name")?;
        if self.eat(Kind::OpenParen) {
            return Ok(ExprKind::Call(name, self.arguments()?));
        }
        Ok(match name.text.as_str() {
            "true" => ExprKind::Boolean(true),
            "false" => ExprKind::Boolean(false),
            "null" => ExprKind::Null,
            _ => ExprKind::Reference(name.text),
        })
    }

    /// The arguments of a call or an attribute, after its `(`.
    pub(super) fn arguments(&mut self) -> Result<Vec<Argument>, Failed> {
        self.separated(Kind::CloseParen, "`)`", Self::argument)
    }

    fn argument(&mut self) -> Result<Argument, Failed> {
        let start = self.span();
        let named = self.peek() == Kind::Identifier && self.ahead(1).kind == Kind::Colon;
        let name = if named {
            Some(self.name("a parameter")?)
        } else {
            None
        };
        if named {
            self.bump();
        }
        let value = self.expression()?;
        Ok(Argument {
            name,
            span: start.to(value.span),
            value,
        })
    }

    /// Items with commas between them, up to the closing sign; one more comma may follow the last.
    fn separated<T>(
        &mut self,
        close: Kind,
        close_sign: &str,
        mut item: impl FnMut(&mut Self) -> Result<T, Failed>,
    ) -> Result<Vec<T>, Failed> {
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(item(self)?);
            if !self.eat(Kind::Comma) && self.peek() != close {
                return Err(self.expected(&format!("`,` or {close_sign}")));
            }
        }
        Ok(items)
    }
}
