//! Declarations: which there are, and how each starts.

use super::{Failed, Parser};
use crate::ast::{File, ModelWord, Name};
use crate::diagnostic::Mistake;
use crate::lex::Kind;
use crate::suggest;

/// A declaration by the word it starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declaration {
    Import,
    Datasource,
    Generator,
    Plugin,
    Enum,
    Model(ModelWord),
    Function,
    Attribute,
    Procedure,
    /// `mutation procedure`
    Mutation,
}

/// Words that start a declaration.
const DECLARATIONS: [(&str, Declaration); 13] = [
    ("import", Declaration::Import),
    ("datasource", Declaration::Datasource),
    ("generator", Declaration::Generator),
    ("plugin", Declaration::Plugin),
    ("enum", Declaration::Enum),
    ("model", Declaration::Model(ModelWord::Model)),
    ("view", Declaration::Model(ModelWord::View)),
    ("type", Declaration::Model(ModelWord::Type)),
    ("abstract", Declaration::Model(ModelWord::Abstract)),
    ("function", Declaration::Function),
    ("attribute", Declaration::Attribute),
    ("procedure", Declaration::Procedure),
    ("mutation", Declaration::Mutation),
];

/// How far the head of a declaration is looked through for its `{`. Longer ones are heads, too.
const MAX_HEAD: usize = 64;

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
                self.remember_refused(from, &mut file);
                self.recover_declaration(from);
            }
        }
        file
    }

    fn declaration(&mut self, file: &mut File) -> Result<(), Failed> {
        let doc = self.take_doc();
        let span = self.span();
        let found = (self.peek() == Kind::Identifier).then(|| self.text_of(span).to_owned());
        let Some(declaration) = found.as_deref().and_then(declaration) else {
            return Err(self.no_declaration(found.as_deref()));
        };
        self.bump();
        match declaration {
            Declaration::Import => self.import(file)?,
            Declaration::Datasource => file.datasources.push(self.datasource()?),
            Declaration::Generator => file.others.push(self.generator(doc)?),
            Declaration::Plugin => file.others.push(self.plugin(doc)?),
            Declaration::Enum => file.enums.push(self.enumeration(doc)?),
            Declaration::Model(word) => {
                if word == ModelWord::Abstract {
                    self.keyword("model")?;
                }
                file.models.push(self.model(word, doc)?);
            }
            Declaration::Function => file.functions.push(self.function()?),
            Declaration::Attribute => file.attributes.push(self.attribute_declaration()?),
            Declaration::Procedure => file.procedures.push(self.procedure(false, doc)?),
            Declaration::Mutation => {
                self.keyword("procedure")?;
                file.procedures.push(self.procedure(true, doc)?);
            }
        }
        Ok(())
    }

    /// `import "path"`, with or without a `;`.
    fn import(&mut self, file: &mut File) -> Result<(), Failed> {
        let start = self.previous_span();
        let path = self.text_in_quotes("a path in quotes")?;
        if self.operator() == ";" {
            self.bump();
        }
        let others = file.datasources.len()
            + file.enums.len()
            + file.models.len()
            + file.attributes.len()
            + file.functions.len()
            + file.procedures.len()
            + file.others.len();
        if others > 0 {
            self.mistakes.push(
                Mistake::at(start, "imports stand before everything else")
                    .help("move it to the top of the file"),
            );
        }
        file.imports.push(path);
        Ok(())
    }

    /// A word that must stand here.
    pub(super) fn keyword(&mut self, word: &str) -> Result<(), Failed> {
        if self.at_word(word) {
            self.bump();
            return Ok(());
        }
        Err(self.expected(&format!("`{word}`")))
    }

    pub(super) fn at_word(&self, word: &str) -> bool {
        self.peek() == Kind::Identifier && self.text_of(self.span()) == word
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
            "a declaration starts with `model`, `enum`, `type` or `datasource`".to_owned()
        })));
        Failed
    }

    /// Keeps the name of a declaration that could not be read.
    fn remember_refused(&mut self, from: usize, file: &mut File) {
        let words = self.tokens.get(from..).unwrap_or_default();
        let mut words = words
            .iter()
            .take(3)
            .take_while(|token| token.kind == Kind::Identifier)
            .map(|token| token.span);
        let first = words.next().map(|span| self.text_of(span));
        let name = match first.and_then(declaration) {
            Some(Declaration::Model(ModelWord::Abstract)) => words.nth(1),
            Some(Declaration::Enum | Declaration::Model(_)) => words.next(),
            _ => None,
        };
        if let Some(span) = name {
            let text = self.text_of(span).to_owned();
            file.refused.push(Name { text, span });
        }
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
                (Kind::Identifier, Kind::OpenParen) => {
                    matches!(word, "function" | "procedure")
                        && self.text_of(name.span) != "Unsupported"
                }
                (Kind::Identifier, Kind::Identifier) => {
                    let second = self.text_of(name.span);
                    matches!(
                        (word, second),
                        ("abstract", "model") | ("mutation", "procedure")
                    ) || matches!(self.text_of(third.span), "with" | "extends") && self.at_head()
                }
                _ => false,
            }
    }

    /// Whether only names follow up to a `{`.
    fn at_head(&self) -> bool {
        let kinds = (3..MAX_HEAD).map(|count| self.ahead(count).kind);
        let mut after = kinds.skip_while(|kind| matches!(kind, Kind::Identifier | Kind::Comma));
        after.next().is_none_or(|kind| kind == Kind::OpenBrace)
    }

    /// Whether an `attribute` declaration starts here; between members it would be an enum member.
    fn at_attribute_declaration(&self) -> bool {
        let (word, name) = (self.ahead(0), self.ahead(1));
        word.first_on_line && name.kind == Kind::Attribute && self.text_of(word.span) == "attribute"
    }
}
