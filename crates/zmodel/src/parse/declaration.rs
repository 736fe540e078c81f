//! Declarations and their members.

use super::{Failed, Parser};
use crate::ast::{Block, Entry, Enum, EnumMember, File, Model, Name};
use crate::diagnostic::Mistake;
use crate::lex::Kind;
use crate::suggest;

/// A declaration by the word it starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declaration {
    Datasource,
    Generator,
    Enum,
    Model,
    /// ZModel has it, this version does not.
    Unknown,
}

/// Words that start a declaration.
const DECLARATIONS: [(&str, Declaration); 13] = [
    ("datasource", Declaration::Datasource),
    ("generator", Declaration::Generator),
    ("enum", Declaration::Enum),
    ("model", Declaration::Model),
    ("abstract", Declaration::Unknown),
    ("attribute", Declaration::Unknown),
    ("function", Declaration::Unknown),
    ("import", Declaration::Unknown),
    ("mutation", Declaration::Unknown),
    ("plugin", Declaration::Unknown),
    ("procedure", Declaration::Unknown),
    ("type", Declaration::Unknown),
    ("view", Declaration::Unknown),
];

fn declaration(word: &str) -> Option<Declaration> {
    DECLARATIONS
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, declaration)| *declaration)
}

impl Parser<'_> {
    pub(super) fn file(mut self) -> File {
        let mut file = File::default();
        while self.peek() != Kind::End && !self.mistakes.is_full() {
            let from = self.position;
            if self.declaration(&mut file).is_err() {
                self.recover_declaration(from);
            }
        }
        file
    }

    fn declaration(&mut self, file: &mut File) -> Result<(), Failed> {
        let doc = self.take_doc();
        let span = self.span();
        let found = (self.peek() == Kind::Identifier).then(|| self.text_of(span).to_owned());
        match found.as_deref().and_then(declaration) {
            Some(Declaration::Datasource) => file.datasources.push(self.datasource()?),
            Some(Declaration::Generator) => self.generator()?,
            Some(Declaration::Enum) => file.enums.push(self.enumeration(doc)?),
            Some(Declaration::Model) => file.models.push(self.model(doc)?),
            Some(Declaration::Unknown) => self.refuse_declaration(file),
            None => return Err(self.no_declaration(found.as_deref())),
        }
        Ok(())
    }

    fn no_declaration(&mut self, word: Option<&str>) -> Failed {
        if self.peek() == Kind::Broken {
            return Failed;
        }
        let span = self.span();
        let known = DECLARATIONS.iter().map(|(known, _)| *known);
        let mistake = Mistake::at(
            span,
            format!("expected a declaration, found `{}`", self.text_of(span)),
        );
        let near = word.and_then(|word| suggest::did_you_mean(word, known));
        self.mistakes.push(mistake.help(near.unwrap_or_else(|| {
            "a declaration starts with `model`, `enum` or `datasource`".to_owned()
        })));
        Failed
    }

    fn recover_declaration(&mut self, from: usize) {
        if self.position == from {
            self.bump();
        }
        self.skip_declaration();
    }

    /// Skips to behind the braces of a declaration, or to where the next one starts.
    fn skip_declaration(&mut self) {
        while self.peek() != Kind::End && !self.at_declaration() && !self.at_attribute_declaration()
        {
            if self.peek() == Kind::OpenBrace {
                self.skip_braces();
                break;
            }
            self.bump();
        }
        self.open = 0;
    }

    /// Whether a line starts here that can only be a declaration: fields and enum members, too, may have the name of
    /// a word of the language, as in `type String`.
    pub(super) fn at_declaration(&self) -> bool {
        let (word, name, third) = (self.ahead(0), self.ahead(1), self.ahead(2));
        if !(word.first_on_line && word.kind == Kind::Identifier) {
            return false;
        }
        let word = self.text_of(word.span);
        declaration(word).is_some()
            && match (name.kind, third.kind) {
                (Kind::String, _) => word == "import",
                (Kind::Identifier, Kind::OpenBrace) => true,
                (Kind::Identifier, Kind::OpenParen) => matches!(word, "function" | "procedure"),
                (Kind::Identifier, Kind::Identifier) => {
                    let second = self.text_of(name.span);
                    matches!(
                        (word, second),
                        ("abstract", "model") | ("mutation", "procedure")
                    ) || matches!(self.text_of(third.span), "with" | "extends")
                }
                _ => false,
            }
    }

    /// Whether an `attribute` declaration starts here; between members it would be an enum member.
    fn at_attribute_declaration(&self) -> bool {
        let (word, name) = (self.ahead(0), self.ahead(1));
        word.first_on_line && name.kind == Kind::Attribute && self.text_of(word.span) == "attribute"
    }

    /// Reports a declaration that this version does not know, and skips it.
    fn refuse_declaration(&mut self, file: &mut File) {
        let span = self.span();
        let word = self.text_of(span).to_owned();
        let help = match word.as_str() {
            "import" => "give all files of the schema to Hallpass together, without imports",
            "abstract" | "type" => "write its fields into each model that needs them",
            _ => "remove it; it is not ignored, because what it says would then not hold",
        };
        self.mistakes.push(
            Mistake::at(
                span,
                format!("this version does not know `{word}` declarations"),
            )
            .help(help),
        );
        self.bump();
        if matches!(word.as_str(), "abstract" | "mutation") {
            self.bump();
        }
        let span = self.span();
        if self.eat(Kind::Identifier) {
            file.refused.push(Name {
                text: self.text_of(span).to_owned(),
                span,
            });
        }
        self.skip_declaration();
    }

    fn generator(&mut self) -> Result<(), Failed> {
        self.bump();
        self.name("a name for the generator")?;
        if self.peek() != Kind::OpenBrace {
            return Err(self.expected("`{`"));
        }
        self.skip_braces();
        Ok(())
    }

    fn datasource(&mut self) -> Result<Block, Failed> {
        self.bump();
        let name = self.name("a name for the datasource")?;
        let mut entries = Vec::new();
        let damaged = self.body("datasource", &name, |parser| {
            entries.push(parser.entry()?);
            Ok(())
        })?;
        Ok(Block {
            name,
            entries,
            damaged,
        })
    }

    fn entry(&mut self) -> Result<Entry, Failed> {
        let key = self.name("a setting such as `provider`")?;
        self.expect(Kind::Equals, "`=`")?;
        let value = self.expression()?;
        Ok(Entry { key, value })
    }

    fn enumeration(&mut self, doc: Option<String>) -> Result<Enum, Failed> {
        self.bump();
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

    fn model(&mut self, doc: Option<String>) -> Result<Model, Failed> {
        self.bump();
        let name = self.name("a name for the model")?;
        let inherits = self.refuse_inheritance();
        let (mut fields, mut attributes) = (Vec::new(), Vec::new());
        let damaged = self.body("model", &name, |parser| {
            if parser.at_block_attribute() {
                attributes.push(parser.attribute()?);
            } else {
                fields.push(parser.field()?);
            }
            Ok(())
        })?;
        Ok(Model {
            name,
            doc,
            fields,
            attributes,
            damaged: damaged || inherits,
        })
    }

    /// Reports `extends …` and `with …`, and says whether there was one.
    fn refuse_inheritance(&mut self) -> bool {
        let span = self.span();
        let word = self.text_of(span).to_owned();
        let found = self.peek() == Kind::Identifier && matches!(word.as_str(), "extends" | "with");
        if found {
            let mistake = Mistake::at(span, format!("this version does not know `{word}`"));
            self.mistakes
                .push(mistake.help("write the inherited fields into the model"));
            while matches!(self.peek(), Kind::Identifier | Kind::Comma) && !self.at_declaration() {
                self.bump();
            }
        }
        found
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
