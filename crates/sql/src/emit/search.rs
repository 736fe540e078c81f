//! Words in texts, and texts that are alike.

use super::Emitter;
use crate::{
    Accents, Bind, EmitError, Expr, Likeness, LikenessPart, Value, WordFunctions, WordSearch,
};

impl Emitter {
    pub(super) fn has_words(&mut self, search: &WordSearch) -> Result<(), EmitError> {
        if search.texts.is_empty() {
            return Err(EmitError::Incomplete { part: "texts" });
        }
        match self.capability.word_search {
            Some(WordFunctions::Postgres) => {
                self.vector(search)?;
                self.push(" @@ ");
                self.words(search)
            }
            Some(WordFunctions::MySql) if search.configuration.is_none() => {
                self.push("MATCH (");
                self.list(&search.texts, Self::expr)?;
                self.around(") AGAINST (", &search.words, " IN BOOLEAN MODE)")
            }
            _ => Err(self.unsupported("a search for words")),
        }
    }

    pub(super) fn word_rank(&mut self, search: &WordSearch) -> Result<(), EmitError> {
        if self.capability.word_search != Some(WordFunctions::Postgres) {
            return Err(self.unsupported("how well texts fit words"));
        }
        self.push("ts_rank(");
        self.vector(search)?;
        self.push(", ");
        self.words(search)?;
        self.push(")");
        Ok(())
    }

    /// A missing text has no words.
    fn vector(&mut self, search: &WordSearch) -> Result<(), EmitError> {
        self.push("to_tsvector(");
        self.configuration(search)?;
        self.push("concat_ws(' ', ");
        self.list(&search.texts, Self::expr)?;
        self.push("))");
        Ok(())
    }

    fn words(&mut self, search: &WordSearch) -> Result<(), EmitError> {
        self.push("to_tsquery(");
        self.configuration(search)?;
        self.around("CAST(", &search.words, " AS TEXT))")
    }

    fn configuration(&mut self, search: &WordSearch) -> Result<(), EmitError> {
        if let Some(name) = &search.configuration {
            self.push("CAST(CAST(");
            self.bind(Bind::Value(Value::Text(name.clone())))?;
            self.push(" AS TEXT) AS REGCONFIG), ");
        }
        Ok(())
    }

    pub(super) fn alike(
        &mut self,
        likeness: &Likeness,
        least: Option<f64>,
    ) -> Result<(), EmitError> {
        self.require(self.capability.likeness, "texts that are alike")?;
        if let Some(least) = least {
            self.likeness_rank(likeness)?;
            self.push(" >= CAST(");
            self.bind(Bind::Value(Value::Float(least)))?;
            self.push(" AS DOUBLE PRECISION)");
            return Ok(());
        }
        // By the operators, which find rows by an index.
        let (first, word, second) = match likeness.part {
            LikenessPart::Whole => (&likeness.text, " % ", &likeness.other),
            LikenessPart::Part => (&likeness.other, " <% ", &likeness.text),
            LikenessPart::Words => (&likeness.other, " <<% ", &likeness.text),
        };
        self.unaccented(first, likeness.accents)?;
        self.push(word);
        self.unaccented(second, likeness.accents)
    }

    pub(super) fn likeness_rank(&mut self, likeness: &Likeness) -> Result<(), EmitError> {
        self.require(self.capability.likeness, "texts that are alike")?;
        self.push(match likeness.part {
            LikenessPart::Whole => "COALESCE(similarity(",
            LikenessPart::Part => "COALESCE(word_similarity(",
            LikenessPart::Words => "COALESCE(strict_word_similarity(",
        });
        self.unaccented(&likeness.other, likeness.accents)?;
        self.push(", ");
        self.unaccented(&likeness.text, likeness.accents)?;
        self.push("), 0)");
        Ok(())
    }

    fn unaccented(&mut self, text: &Expr, accents: Accents) -> Result<(), EmitError> {
        match accents {
            Accents::Count => self.around("CAST(", text, " AS TEXT)"),
            Accents::Ignored => self.around("unaccent(CAST(", text, " AS TEXT))"),
        }
    }
}
