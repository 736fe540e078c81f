//! Declarations with braces: datasources, generators, plugins, enums, models and their kin.

use super::{Failed, Parser};
use crate::ast::{Block, Entry, Enum, EnumMember, Model, ModelWord, Name, Other};
use crate::diagnostic::Mistake;
use crate::lex::Kind;

impl Parser<'_> {
    pub(super) fn datasource(&mut self) -> Result<Block, Failed> {
        let name = self.name("a name for the datasource")?;
        let (entries, damaged) = self.entries("datasource", &name)?;
        Ok(Block {
            name,
            entries,
            damaged,
        })
    }

    /// A generator: other programs read what stands in it.
    pub(super) fn generator(&mut self, doc: Option<String>) -> Result<Other, Failed> {
        let name = self.name("a name for the generator")?;
        if self.peek() != Kind::OpenBrace {
            return Err(self.expected("`{`"));
        }
        self.skip_braces();
        let word = "generator";
        Ok(Other { word, name, doc })
    }

    /// A plugin: other programs read what stands in it.
    pub(super) fn plugin(&mut self, doc: Option<String>) -> Result<Other, Failed> {
        let name = self.name("a name for the plugin")?;
        self.entries("plugin", &name)?;
        let word = "plugin";
        Ok(Other { word, name, doc })
    }

    fn entries(&mut self, kind: &str, name: &Name) -> Result<(Vec<Entry>, bool), Failed> {
        let mut entries = Vec::new();
        let damaged = self.body(kind, name, |parser| {
            entries.push(parser.entry()?);
            Ok(())
        })?;
        Ok((entries, damaged))
    }

    fn entry(&mut self) -> Result<Entry, Failed> {
        let key = self.name("a setting such as `provider`")?;
        self.expect(Kind::Equals, "`=`")?;
        let value = self.expression()?;
        Ok(Entry { key, value })
    }

    pub(super) fn enumeration(&mut self, doc: Option<String>) -> Result<Enum, Failed> {
        let name = self.name("a name for the enum")?;
        let (mut members, mut attributes) = (Vec::new(), Vec::new());
        let damaged = self.body("enum", &name, |parser| {
            if parser.at_block_attribute() {
                attributes.push(parser.attribute()?);
            } else {
                let doc = parser.take_doc();
                let name = parser.name("a member or an `@@` attribute")?;
                members.push(EnumMember {
                    name,
                    doc,
                    attributes: parser.field_attributes()?,
                });
            }
            Ok(())
        })?;
        Ok(Enum {
            name,
            doc,
            members,
            attributes,
            damaged,
        })
    }

    pub(super) fn model(&mut self, word: ModelWord, doc: Option<String>) -> Result<Model, Failed> {
        let kind = word.text();
        let name = self.name(&format!("a name for the {kind}"))?;
        let (bases, mixins) = self.inheritance()?;
        let (mut fields, mut attributes) = (Vec::new(), Vec::new());
        let damaged = self.body(kind, &name, |parser| {
            if parser.at_block_attribute() {
                attributes.push(parser.attribute()?);
            } else {
                fields.push(parser.field()?);
            }
            Ok(())
        })?;
        Ok(Model {
            word,
            span: name.span.to(self.previous_span()),
            name,
            doc,
            bases,
            mixins,
            fields,
            attributes,
            damaged,
        })
    }

    /// `extends …` and `with …`, in either order: the names after each.
    fn inheritance(&mut self) -> Result<(Vec<Name>, Vec<Name>), Failed> {
        let (mut bases, mut mixins) = (Vec::new(), Vec::new());
        loop {
            if self.at_word("extends") {
                self.bump();
                self.inherited(&mut bases)?;
            } else if self.at_word("with") {
                self.bump();
                self.inherited(&mut mixins)?;
            } else {
                return Ok((bases, mixins));
            }
        }
    }

    /// Names, with commas between them or without.
    fn inherited(&mut self, names: &mut Vec<Name>) -> Result<(), Failed> {
        names.push(self.name("a name")?);
        loop {
            let comma = self.eat(Kind::Comma);
            let at_name = self.peek() == Kind::Identifier
                && !self.at_word("with")
                && !self.at_word("extends");
            if !comma && !at_name {
                return Ok(());
            }
            names.push(self.name("a name")?);
        }
    }

    /// Reads `{ member… }` and says whether part of it could not be read.
    fn body(
        &mut self,
        kind: &str,
        name: &Name,
        mut member: impl FnMut(&mut Self) -> Result<(), Failed>,
    ) -> Result<bool, Failed> {
        self.expect(Kind::OpenBrace, "`{`")?;
        let mut damaged = false;
        while !self.eat(Kind::CloseBrace) {
            if self.mistakes.is_full() {
                return Ok(true);
            }
            if self.peek() == Kind::End || self.at_declaration() {
                let mistake =
                    Mistake::at(name.span, format!("{kind} `{}` is not closed", name.text));
                self.mistakes.push(mistake.help("close it with `}`"));
                return Ok(true);
            }
            let from = self.position;
            if member(self).is_err() {
                damaged = true;
                self.recover_member(from);
            }
        }
        Ok(damaged)
    }
}
