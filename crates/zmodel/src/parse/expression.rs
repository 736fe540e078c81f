//! Expressions: conditions of rules, and the values of attributes and settings.
//!
//! From weak to strong (contract zenstack §1.8), all from left to right: `&&` and `||` on one level; `==` `!=`; `<` `<=` `>` `>=`;
//! `in`; the predicates `?[…]` `![…]` `^[…]`; `.name`; single values. `!` takes a single value with its members, no more.

use super::{Failed, MAX_DEPTH, Parser, text};
use crate::ast::{Argument, Expr, ExprKind, Logic, Name, Operator, Predicate};
use crate::diagnostic::Mistake;
use crate::lex::Kind;
use crate::schema::{Comparison, Quantifier};
use crate::source::Span;

/// How strongly operators with a value on both sides hold, from weak to strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Equality,
    Order,
    Membership,
}

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expr, Failed> {
        self.nested(Self::logic)
    }

    fn logic(&mut self) -> Result<Expr, Failed> {
        let first = self.binary(Level::Equality)?;
        let mut rest = Vec::new();
        let mut joints: Vec<(Logic, Span)> = Vec::new();
        while let Some(logic) = self.logic_operator() {
            joints.push((logic, self.span()));
            self.bump();
            rest.push((logic, self.binary(Level::Equality)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        self.warn_of_mixed(&first, &joints, &rest);
        let height = logic_height(&first, &rest);
        let span = first.span.to(self.previous_span());
        self.node(ExprKind::Logic(Box::new(first), rest), span, height)
    }

    fn logic_operator(&self) -> Option<Logic> {
        match self.operator() {
            "&&" => Some(Logic::And),
            "||" => Some(Logic::Or),
            _ => None,
        }
    }

    /// `a || b && c` is not what most people think it is.
    fn warn_of_mixed(&mut self, first: &Expr, joints: &[(Logic, Span)], rest: &[(Logic, Expr)]) {
        let Some((start, _)) = joints.first() else {
            return;
        };
        let turn = joints
            .iter()
            .zip(rest)
            .position(|((logic, _), _)| logic != start);
        let Some(turn) = turn else { return };
        let (Some((_, place)), Some((_, after)), Some((_, before))) = (
            joints.get(turn),
            rest.get(turn),
            turn.checked_sub(1).and_then(|before| rest.get(before)),
        ) else {
            return;
        };
        let left = self.text_of(first.span.to(before.span)).to_owned();
        let (sign, right) = (self.text_of(*place), self.text_of(after.span));
        let help =
            format!("it is read as `({left}) {sign} {right}`; write the parentheses that you mean");
        let message = "`&&` and `||` weigh the same here, and are read from left to right";
        self.mistakes.warn(Mistake::at(*place, message).help(help));
    }

    fn binary(&mut self, level: Level) -> Result<Expr, Failed> {
        let mut left = self.stronger(level)?;
        while let Some(operator) = self.binary_operator(level) {
            self.bump();
            let right = self.stronger(level)?;
            let (span, height) = (left.span.to(right.span), left.height.max(right.height) + 1);
            let kind = ExprKind::Binary(Box::new(left), operator, Box::new(right));
            left = self.node(kind, span, height)?;
        }
        Ok(left)
    }

    /// What binds more strongly than the operators of a level.
    fn stronger(&mut self, level: Level) -> Result<Expr, Failed> {
        match level {
            Level::Equality => self.binary(Level::Order),
            Level::Order => self.binary(Level::Membership),
            Level::Membership => self.predicate(),
        }
    }

    fn binary_operator(&self, level: Level) -> Option<Operator> {
        let comparison = match (level, self.operator()) {
            (Level::Equality, "==") => Comparison::Equal,
            (Level::Equality, "!=") => Comparison::NotEqual,
            (Level::Order, "<") => Comparison::Less,
            (Level::Order, "<=") => Comparison::LessOrEqual,
            (Level::Order, ">") => Comparison::Greater,
            (Level::Order, ">=") => Comparison::GreaterOrEqual,
            (Level::Membership, _) if self.at_in() => return Some(Operator::In),
            _ => return None,
        };
        Some(Operator::Compare(comparison))
    }

    /// The sign that stands here, where it is an operator.
    pub(super) fn operator(&self) -> &str {
        match self.peek() {
            Kind::Operator => self.text_of(self.span()),
            _ => "",
        }
    }

    /// Whether `in` stands here, and is not the name of the next setting.
    fn at_in(&self) -> bool {
        self.peek() == Kind::Identifier
            && self.text_of(self.span()) == "in"
            && self.ahead(1).kind != Kind::Equals
    }

    fn predicate(&mut self) -> Result<Expr, Failed> {
        let mut collection = self.member_access()?;
        while let Some(quantifier) = self.quantifier() {
            self.bump();
            self.bump();
            let (binding, condition) = self.predicate_body()?;
            self.expect(Kind::CloseBracket, "`]`")?;
            let span = collection.span.to(self.previous_span());
            let height = collection.height.max(condition.height) + 1;
            let predicate = Predicate {
                collection,
                quantifier,
                binding,
                condition,
            };
            collection = self.node(ExprKind::Predicate(Box::new(predicate)), span, height)?;
        }
        Ok(collection)
    }

    fn quantifier(&self) -> Option<Quantifier> {
        if self.ahead(1).kind != Kind::OpenBracket {
            return None;
        }
        match (self.peek(), self.operator()) {
            (Kind::Question, _) => Some(Quantifier::Some),
            (_, "!") => Some(Quantifier::Every),
            (_, "^") => Some(Quantifier::None),
            _ => None,
        }
    }

    fn predicate_body(&mut self) -> Result<(Option<Name>, Expr), Failed> {
        let named = self.peek() == Kind::Identifier && self.ahead(1).kind == Kind::Comma;
        let binding = if named {
            let name = self.name("a name for the element")?;
            self.bump();
            Some(name)
        } else {
            None
        };
        Ok((binding, self.expression()?))
    }

    fn member_access(&mut self) -> Result<Expr, Failed> {
        let mut value = self.primary()?;
        while self.operator() == "." {
            self.bump();
            let name = self.name("a member")?;
            let (span, height) = (value.span.to(name.span), value.height + 1);
            value = self.node(ExprKind::Member(Box::new(value), name), span, height)?;
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<Expr, Failed> {
        let start = self.span();
        let (kind, inside) = match self.peek() {
            Kind::String => {
                self.bump();
                let written = self.text.get(start.start..start.end).unwrap_or_default();
                let text = text::unescape(start, written, self.mistakes);
                (ExprKind::String(text), 0)
            }
            Kind::Number => {
                self.bump();
                (ExprKind::Number(self.text_of(start).to_owned()), 0)
            }
            Kind::OpenBracket => {
                self.bump();
                let items = self.separated(Kind::CloseBracket, "`]`", Self::expression)?;
                let inside = highest(&items);
                (ExprKind::List(items), inside)
            }
            Kind::OpenBrace => self.object()?,
            Kind::OpenParen => return self.parenthesised(),
            Kind::Operator if self.operator() == "!" => {
                self.bump();
                let operand = self.nested(Self::member_access)?;
                let inside = operand.height;
                (ExprKind::Not(Box::new(operand)), inside)
            }
            Kind::Identifier => self.word()?,
            _ => return Err(self.expected("a value")),
        };
        self.node(kind, start.to(self.previous_span()), inside + 1)
    }

    fn parenthesised(&mut self) -> Result<Expr, Failed> {
        let start = self.span();
        self.bump();
        let inner = self.expression()?;
        self.expect(Kind::CloseParen, "`)`")?;
        let span = start.to(self.previous_span());
        Ok(Expr { span, ..inner })
    }

    fn object(&mut self) -> Result<(ExprKind, usize), Failed> {
        self.bump();
        let members = self.separated(Kind::CloseBrace, "`}`", |parser| {
            let key = parser.key()?;
            parser.expect(Kind::Colon, "`:`")?;
            Ok((key, parser.expression()?))
        })?;
        let inside = members.iter().map(|(_, value)| value.height).max();
        Ok((ExprKind::Object(members), inside.unwrap_or_default()))
    }

    /// The name of a member of an object, which may stand in quotes.
    fn key(&mut self) -> Result<Name, Failed> {
        if self.peek() != Kind::String {
            return self.name("a name");
        }
        let span = self.span();
        self.bump();
        let written = self.text.get(span.start..span.end).unwrap_or_default();
        let text = text::unescape(span, written, self.mistakes);
        Ok(Name { text, span })
    }

    fn word(&mut self) -> Result<(ExprKind, usize), Failed> {
        let name = self.name("a name")?;
        if self.eat(Kind::OpenParen) {
            let arguments = self.arguments()?;
            let inside = arguments.iter().map(|argument| argument.value.height).max();
            return Ok((ExprKind::Call(name, arguments), inside.unwrap_or_default()));
        }
        Ok(match name.text.as_str() {
            "true" => (ExprKind::Boolean(true), 0),
            "false" => (ExprKind::Boolean(false), 0),
            "null" => (ExprKind::Null, 0),
            "this" => (ExprKind::This, 0),
            // It may stand for a member of the row.
            _ => (ExprKind::Reference(name.text), 1),
        })
    }

    /// An expression, unless it is too high. Whoever walks a tree may recurse.
    fn node(&mut self, kind: ExprKind, span: Span, height: usize) -> Result<Expr, Failed> {
        if height > MAX_DEPTH {
            self.mistakes.push(Mistake::at(span, too_deep()));
            return Err(Failed);
        }
        Ok(Expr { kind, span, height })
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
    pub(super) fn separated<T>(
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

/// The height of conditions that are joined. Those of one run, all `&&` or all `||`, are joined in a tree as low as can be.
fn logic_height(first: &Expr, rest: &[(Logic, Expr)]) -> usize {
    let runs = rest.chunk_by(|(one, _), (other, _)| one == other);
    runs.fold(first.height, |height, run| {
        let inside = run.iter().map(|(_, operand)| operand.height).max();
        let levels = usize::BITS - run.len().leading_zeros();
        let levels = usize::try_from(levels).unwrap_or(MAX_DEPTH);
        height
            .max(inside.unwrap_or_default())
            .saturating_add(levels)
    })
}

fn highest(items: &[Expr]) -> usize {
    items
        .iter()
        .map(|item| item.height)
        .max()
        .unwrap_or_default()
}

/// What is said of an expression that is too high.
pub(super) fn too_deep() -> String {
    format!("nested deeper than {MAX_DEPTH} levels")
}
