//! What stands in a block: fields and attributes.

use super::{Failed, Parser};
use crate::ast::{Attribute, Field, Name};
use crate::diagnostic::Mistake;
use crate::lex::Kind;
use crate::schema::Arity;
use crate::source::Span;

impl Parser<'_> {
    pub(super) fn field(&mut self) -> Result<Field, Failed> {
        let doc = self.take_doc();
        let name = self.name("a field or an `@@` attribute")?;
        // Newlines carry no meaning, but a line that reads as a field is not the type of the one before.
        if self.ahead(0).first_on_line && self.at_member() && !self.ahead(1).first_on_line {
            return Err(self.expected("a type"));
        }
        let type_name = self.name("a type")?;
        let unsupported = self.unsupported(&type_name)?;
        let arity = self.arity()?;
        let type_span = type_name.span.to(self.previous_span());
        Ok(Field {
            name,
            doc,
            type_name,
            unsupported,
            arity,
            type_span,
            attributes: self.field_attributes()?,
        })
    }

    /// What stands in `Unsupported(…)`, where that is the type.
    fn unsupported(&mut self, type_name: &Name) -> Result<Option<String>, Failed> {
        if type_name.text != "Unsupported" || !self.eat(Kind::OpenParen) {
            return Ok(None);
        }
        let name = self.text_in_quotes("the type in quotes, as the database writes it")?;
        self.expect(Kind::CloseParen, "`)`")?;
        Ok(Some(name.text))
    }

    fn arity(&mut self) -> Result<Arity, Failed> {
        let start = self.span();
        let optional = self.eat(Kind::Question);
        let list = self.eat(Kind::OpenBracket);
        if list {
            self.expect(Kind::CloseBracket, "`]`")?;
        }
        if list && (optional || self.eat(Kind::Question)) {
            let span = start.to(self.previous_span());
            self.mistakes.push(
                Mistake::at(span, "a field is a list or optional, not both")
                    .help("write `[]` alone: an empty list says that there is none"),
            );
        }
        Ok(match (list, optional) {
            (true, _) => Arity::List,
            (false, true) => Arity::Optional,
            (false, false) => Arity::Required,
        })
    }

    pub(super) fn at_block_attribute(&self) -> bool {
        self.peek() == Kind::Attribute && self.text_of(self.span()).starts_with("@@")
    }

    pub(super) fn field_attributes(&mut self) -> Result<Vec<Attribute>, Failed> {
        let mut attributes = Vec::new();
        while self.peek() == Kind::Attribute && !self.at_block_attribute() {
            attributes.push(self.attribute()?);
        }
        Ok(attributes)
    }

    pub(super) fn attribute(&mut self) -> Result<Attribute, Failed> {
        let doc = self.take_doc();
        let span = self.span();
        self.bump();
        let name = Name {
            text: self.text_of(span).to_owned(),
            span,
        };
        let arguments = if self.eat(Kind::OpenParen) {
            self.arguments()?
        } else {
            Vec::new()
        };
        Ok(Attribute {
            name,
            doc,
            arguments,
            span: Span {
                end: self.previous_span().end,
                ..span
            },
        })
    }
}
