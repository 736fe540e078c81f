//! Declarations with parameters: functions, attributes, procedures.

use super::{Failed, Parser};
use crate::ast::{Attribute, AttributeDeclaration, Name, Parameter, Procedure, TypeName};
use crate::diagnostic::Mistake;
use crate::lex::Kind;
use crate::source::Span;
use crate::suggest;

/// How many parameters, and how many `@@@` attributes, a declaration may have.
const MAX_PARAMETERS: usize = 64;

/// What may be said of a declaration. It is for editors and generators; `@@@once` and `@@@targetField` hold here, too.
const ABOUT: [&str; 9] = [
    "@@@targetField",
    "@@@once",
    "@@@validation",
    "@@@expressionContext",
    "@@@prisma",
    "@@@completionHint",
    "@@@deprecated",
    "@@@supported",
    "@@@supportTypeDef",
];

impl Parser<'_> {
    /// A function of the schema's own: it has no meaning, and whoever calls it is refused, so its name is enough.
    pub(super) fn function(&mut self) -> Result<Name, Failed> {
        let name = self.name("a name for the function")?;
        self.parameters()?;
        self.expect(Kind::Colon, "`:`")?;
        self.type_name()?;
        if self.peek() != Kind::OpenBrace {
            return Err(self.expected("`{`"));
        }
        self.skip_braces();
        self.about()?;
        Ok(name)
    }

    pub(super) fn procedure(
        &mut self,
        mutation: bool,
        doc: Option<String>,
    ) -> Result<Procedure, Failed> {
        let name = self.name("a name for the procedure")?;
        let parameters = self.parameters()?;
        self.expect(Kind::Colon, "`:`")?;
        let returns = self.type_name()?;
        self.about()?;
        Ok(Procedure {
            name,
            doc,
            mutation,
            parameters,
            returns,
        })
    }

    pub(super) fn attribute_declaration(&mut self) -> Result<AttributeDeclaration, Failed> {
        let span = self.span();
        self.expect(Kind::Attribute, "a name such as `@mine`")?;
        let text = self.text_of(span).to_owned();
        let parameters = match self.peek() {
            Kind::OpenParen => self.parameters()?,
            _ => Vec::new(),
        };
        Ok(AttributeDeclaration {
            name: Name { text, span },
            parameters,
            about: self.about()?,
        })
    }

    fn parameters(&mut self) -> Result<Vec<Parameter>, Failed> {
        let start = self.span();
        self.expect(Kind::OpenParen, "`(`")?;
        let mut parameters = self.separated(Kind::CloseParen, "`)`", Self::parameter)?;
        self.at_most(start, parameters.len(), "parameters");
        parameters.truncate(MAX_PARAMETERS);
        Ok(parameters)
    }

    fn at_most(&mut self, start: Span, count: usize, what: &str) {
        if count > MAX_PARAMETERS {
            let message = format!("a declaration has at most {MAX_PARAMETERS} {what}");
            self.mistakes.push(Mistake::at(start, message));
        }
    }

    fn parameter(&mut self) -> Result<Parameter, Failed> {
        let positional = self.at_word("_") && self.ahead(1).kind == Kind::Identifier;
        if positional {
            self.bump();
        }
        let name = self.name("a parameter")?;
        self.expect(Kind::Colon, "`:`")?;
        let takes = self.type_name()?;
        let optional = self.eat(Kind::Question);
        self.about()?;
        Ok(Parameter {
            name,
            positional,
            takes,
            optional,
        })
    }

    fn type_name(&mut self) -> Result<TypeName, Failed> {
        let name = self.name("a type")?;
        let list = self.eat(Kind::OpenBracket);
        if list {
            self.expect(Kind::CloseBracket, "`]`")?;
        }
        Ok(TypeName { name, list })
    }

    /// `@@@` attributes: what is said of a declaration.
    fn about(&mut self) -> Result<Vec<Attribute>, Failed> {
        let (start, mut attributes) = (self.span(), Vec::new());
        while self.peek() == Kind::Attribute && self.text_of(self.span()).starts_with("@@@") {
            let attribute = self.attribute()?;
            let Name { text, span } = &attribute.name;
            if !ABOUT.contains(&text.as_str()) {
                let message = format!("this version does not know the attribute `{text}`");
                let near = suggest::did_you_mean(text, ABOUT);
                self.mistakes
                    .push(Mistake::at(*span, message).maybe_help(near));
            }
            attributes.push(attribute);
        }
        self.at_most(start, attributes.len(), "`@@@` attributes");
        attributes.truncate(MAX_PARAMETERS);
        Ok(attributes)
    }
}
