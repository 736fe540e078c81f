//! Functions of conditions, where the person is asked.
//!
//! Source: contract zenstack §1.7.

use hallpass_sql::{Expr as Sql, Value};
use hallpass_zmodel::schema::{Expr, Function, Scalar, TypeBase};

use super::{Asker, Side, Term, Truth};
use crate::args::ArgValue;
use crate::error::InvalidInput;
use crate::plan::Match;

impl<'e> Asker<'e, '_> {
    pub(super) fn call(
        &self,
        function: Function,
        arguments: &'e [Expr],
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let place = match function {
            Function::Contains => Match::Anywhere,
            Function::StartsWith => Match::Start,
            Function::EndsWith => Match::End,
            _ => return self.list_call(function, arguments, negated),
        };
        let [field, search, rest @ ..] = arguments else {
            return Err(self.fail("a search without a text"));
        };
        let any_case = match rest.first() {
            None => false,
            Some(expr) => self.compiler.truth(expr, false)? == Truth::Always,
        };
        let Some(within) = self.searched(field)? else {
            return Ok(Truth::Never);
        };
        let Some(pattern) = self.pattern(place, search)? else {
            return Ok(Truth::Never);
        };
        let (within, pattern) = (Box::new(within), Box::new(pattern));
        let like = if any_case {
            Sql::LikeAnyCase(within, pattern)
        } else {
            Sql::Like(within, pattern)
        };
        Ok(Truth::When(if negated {
            Sql::Not(Box::new(like))
        } else {
            like
        }))
    }

    /// The text that is searched; `None` where it is known to be none.
    fn searched(&self, field: &'e Expr) -> Result<Option<Sql>, InvalidInput> {
        Ok(Some(match self.side(field)? {
            Side::Claim(claim) => self.scalar(&claim, &TypeBase::Scalar(Scalar::String))?,
            Side::Known(Term::Column(column), _) if column.codec.folds => {
                return Err(self.fail("texts that are equal although they differ (citext, char)"));
            }
            Side::Known(Term::Column(column), _) => column.into_text(),
            Side::Known(Term::Data(Some(value)), _) => match &*value {
                ArgValue::Text(text) => Sql::Value(Value::Text(text.clone())),
                _ => return Err(self.fail("a search in what is no text")),
            },
            Side::Known(Term::Null | Term::Stored(Value::Null), _) => return Ok(None),
            Side::Known(..) => return Err(self.fail("a search in what is no text")),
        }))
    }

    /// The pattern that is searched for. What is missing is an empty text, which every text contains, but finds nothing in
    /// version 2 of the language.
    fn pattern(&self, place: Match, search: &'e Expr) -> Result<Option<Sql>, InvalidInput> {
        let known = |text: &str| Sql::Value(Value::Text(place.pattern(text)));
        Ok(Some(match self.side(search)? {
            Side::Claim(claim) => {
                let text = self.scalar(&claim, &TypeBase::Scalar(Scalar::String))?;
                self.compiler.pattern_of(place, text)
            }
            Side::Known(Term::Column(column), _) => {
                self.compiler.pattern_of(place, column.into_text())
            }
            Side::Known(Term::Data(Some(value)), _) => match &*value {
                ArgValue::Text(text) => known(text),
                _ => return Err(self.fail("a search for what is no text")),
            },
            Side::Known(Term::Null | Term::Stored(Value::Null), _) => {
                if self.lacking_is_unknown() {
                    return Ok(None);
                }
                known("")
            }
            Side::Known(..) => return Err(self.fail("a search for what is no text")),
        }))
    }
}
