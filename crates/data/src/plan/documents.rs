//! Conditions on JSON documents and on what stands in them.
//!
//! Source: contract zenstack §3.2, the operators of Json and typed Json.

use hallpass_sql::{Comparison, Expr, JsonStep, Value};

use super::Planner;
use super::slot::Match;
use crate::args::{Inside, JsonTest};
use crate::error::InvalidInput;

/// A document that is looked into.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) expr: Expr,
    /// Whether letters count whatever their case.
    pub(super) any_case: bool,
    /// Whether the database has words for that.
    pub(super) knows_case: bool,
}

impl Planner<'_> {
    /// Whether a document is so.
    pub(super) fn inside(
        &self,
        document: &Document,
        inside: &Inside,
    ) -> Result<Expr, InvalidInput> {
        let all = |parts: &[Inside]| {
            let parts = parts.iter().map(|part| self.inside(document, part));
            parts.collect::<Result<Vec<_>, _>>()
        };
        Ok(match inside {
            Inside::All(parts) => Expr::And(all(parts)?),
            Inside::Any(parts) => Expr::Or(all(parts)?),
            Inside::Not(inner) => Expr::Not(Box::new(self.inside(document, inner)?)),
            Inside::At(steps, test) => document.at(steps, test),
            Inside::AnyCase(inner) => {
                let any_case = Document {
                    any_case: true,
                    ..document.clone()
                };
                self.inside(&any_case, inner)?
            }
            Inside::Some(steps, inner) => {
                let name = self.alias()?;
                let array = Box::new(document.place(steps.clone()));
                let element = Document {
                    expr: Expr::JsonElement(array.clone(), name.clone()),
                    ..document.clone()
                };
                let condition = self.inside(&element, inner)?;
                Expr::JsonSome(array, name, Box::new(condition))
            }
        })
    }
}

impl Document {
    fn place(&self, steps: Vec<JsonStep>) -> Expr {
        Expr::JsonAt(Box::new(self.expr.clone()), steps)
    }

    /// Whether what stands at a place passes.
    pub(super) fn at(&self, steps: &[JsonStep], test: &JsonTest) -> Expr {
        let at = |last: Option<JsonStep>| {
            Box::new(self.place(steps.iter().cloned().chain(last).collect()))
        };
        let value =
            |document: &serde_json::Value| Box::new(Expr::Value(Value::from(document.clone())));
        let text = || Expr::JsonText(at(None));
        match test {
            JsonTest::Missing => Expr::IsNull(at(None)),
            // Nothing is told from the document `null`: what is missing is not it, rather than unknown.
            JsonTest::Equals(document @ serde_json::Value::Null) => Expr::And(vec![
                Expr::IsNotNull(at(None)),
                Expr::JsonEqual(at(None), value(document)),
            ]),
            JsonTest::Equals(document) => Expr::JsonEqual(at(None), value(document)),
            JsonTest::Contains(sought) => self.like(text(), Match::Anywhere, sought),
            JsonTest::StartsWith(sought) => self.like(text(), Match::Start, sought),
            JsonTest::EndsWith(sought) => self.like(text(), Match::End, sought),
            JsonTest::Text(comparison, other) => self.compared(text(), *comparison, other),
            JsonTest::Number(comparison, other) => Expr::Compare(
                Box::new(Expr::JsonNumber(at(None))),
                *comparison,
                Box::new(Expr::Value(Value::Float(*other))),
            ),
            JsonTest::Exact(comparison, digits) => {
                let other = Expr::JsonAt(value(&digits.as_str().into()), Vec::new());
                Expr::Compare(
                    Box::new(Expr::JsonExact(at(None))),
                    *comparison,
                    Box::new(Expr::JsonExact(Box::new(other))),
                )
            }
            JsonTest::Has(documents) => {
                let has = documents
                    .iter()
                    .map(|one| Expr::JsonHas(at(None), value(one)));
                let is_array = std::iter::once(Expr::JsonIsArray(at(None)));
                Expr::And(is_array.chain(has).collect())
            }
            JsonTest::First(document) | JsonTest::Last(document) => {
                let step = match test {
                    JsonTest::First(_) => JsonStep::Index(0),
                    _ => JsonStep::Last,
                };
                Expr::And(vec![
                    Expr::JsonIsArray(at(None)),
                    Expr::JsonEqual(at(Some(step)), value(document)),
                ])
            }
        }
    }

    fn like(&self, text: Expr, place: Match, sought: &str) -> Expr {
        let pattern = Expr::Value(Value::Text(place.pattern(sought)));
        match (self.any_case, self.knows_case) {
            (false, _) => Expr::Like(Box::new(text), Box::new(pattern)),
            (true, true) => Expr::LikeAnyCase(Box::new(text), Box::new(pattern)),
            (true, false) => Expr::Like(lower(text), lower(pattern)),
        }
    }

    fn compared(&self, text: Expr, comparison: Comparison, other: &str) -> Expr {
        let other = Expr::Value(Value::Text(other.to_owned()));
        let (text, other) = if self.any_case {
            (lower(text), lower(other))
        } else {
            (Box::new(text), Box::new(other))
        };
        match comparison {
            Comparison::Equal => Expr::Exactly(text, other),
            _ => Expr::Compare(text, comparison, other),
        }
    }
}

fn lower(text: Expr) -> Box<Expr> {
    Box::new(Expr::Lower(Box::new(text)))
}
