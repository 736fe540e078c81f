//! Functions of conditions.
//!
//! Source: contract zenstack §1.7.

use std::borrow::Cow;

use hallpass_sql::{Comparison, Expr as Sql, Value};
use hallpass_zmodel::schema::{Expr, Function};

use super::compare::Side;
use super::plain::Plain;
use super::term::{Column, Term};
use super::{Compiler, Truth};
use crate::args::ArgValue;
use crate::error::InvalidInput;
use crate::plan::Match;
use crate::policy::person::is_nothing;

impl<'e> Compiler<'e, '_> {
    pub(super) fn call(
        &self,
        function: Function,
        arguments: &'e [Expr],
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        match (function, arguments) {
            (Function::Contains, [field, search, rest @ ..]) => {
                self.text(Match::Anywhere, field, search, rest, negated)
            }
            (Function::StartsWith, [field, search, rest @ ..]) => {
                self.text(Match::Start, field, search, rest, negated)
            }
            (Function::EndsWith, [field, search, rest @ ..]) => {
                self.text(Match::End, field, search, rest, negated)
            }
            (Function::Has, [list, value]) => self.has(list, value, negated),
            (Function::HasSome, [list, values]) => self.has_several(list, values, false, negated),
            (Function::HasEvery, [list, values]) => self.has_several(list, values, true, negated),
            (Function::IsEmpty, [list]) => self.is_empty(list, negated),
            // Validation alone asks these; the language refuses them in access rules.
            _ => Err(self.fail("a function that access rules do not have")),
        }
    }

    fn text(
        &self,
        place: Match,
        field: &'e Expr,
        search: &'e Expr,
        rest: &'e [Expr],
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let any_case = match rest.first() {
            None => false,
            Some(expr) => self.truth(expr, false)? == Truth::Always,
        };
        let field_term = self.term(field)?;
        let known = match &field_term {
            // With the blanks that fill it, which patterns see.
            Term::Column(column) => column.known.clone(),
            _ => None,
        };
        let within = match field_term {
            Term::Column(column) => column.into_text(),
            Term::Data(Some(value)) => match self.plain(&value, &field.ty.base, field)? {
                Plain::Text(text) => Sql::Value(Value::Text(text)),
                _ => return Err(self.mistyped(field, "text")),
            },
            Term::Stored(Value::Text(text)) => Sql::Value(Value::Text(text)),
            Term::Null | Term::Data(None) | Term::Stored(Value::Null) => return Ok(Truth::Never),
            _ => return Err(self.fail("a search in what is no text")),
        };
        let sought = match self.term(search)? {
            Term::Null | Term::Data(None) | Term::Stored(Value::Null)
                if self.lacking_is_unknown() =>
            {
                return Ok(Truth::Never);
            }
            // As an empty text, which every text contains (contract zenstack §1.7).
            Term::Null | Term::Data(None) | Term::Stored(Value::Null) => String::new().into(),
            Term::Data(Some(value)) => match self.plain(&value, &search.ty.base, search)? {
                Plain::Text(text) => text.into(),
                _ => return Err(self.mistyped(search, "text")),
            },
            Term::Stored(Value::Text(text)) => text.into(),
            Term::Column(column) => match column.text() {
                Some(text) => text.to_owned().into(),
                None => Sought::Column(self.pattern_of(place, column.into_text())),
            },
            _ => return Err(self.fail("a search for what is no text")),
        };
        let known = match &within {
            Sql::Value(Value::Text(text)) => Some(text.clone()),
            _ => known,
        };
        let is_exact = matches!(within, Sql::Value(_)) && !any_case;
        if let (Some(text), Sought::Known(sought)) = (&known, &sought)
            && let Some(matches) = self.matches(place, text, sought, is_exact)
        {
            return Ok(Truth::known(matches != negated));
        }
        let within = Box::new(within);
        let pattern = Box::new(match sought {
            Sought::Known(text) => Sql::Value(Value::Text(place.pattern(&text))),
            Sought::Column(expr) => expr,
        });
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

    /// Whether a text matches, as far as no collation has a say in it: a text always contains its own bytes, and where the
    /// database tells cases apart it contains nothing else.
    fn matches(&self, place: Match, text: &str, sought: &str, is_exact: bool) -> Option<bool> {
        let found = match place {
            Match::Anywhere => text.contains(sought),
            Match::Start => text.starts_with(sought),
            Match::End => text.ends_with(sought),
        };
        let tells_case = is_exact && self.planner.engine.capability().has_any_case();
        (found || tells_case).then_some(found)
    }

    /// The pattern in which the text of a column stands for itself.
    pub(super) fn pattern_of(&self, place: Match, column: Sql) -> Sql {
        let text = |text: &str| Sql::Value(Value::Text(text.to_owned()));
        let mut sought = if self.lacking_is_unknown() {
            column
        } else {
            Sql::Coalesce(vec![column, text("")])
        };
        for special in [Sql::LIKE_ESCAPE, '%', '_'] {
            let escaped = format!("{}{special}", Sql::LIKE_ESCAPE);
            sought = Sql::Replace(
                Box::new(sought),
                Box::new(text(&special.to_string())),
                Box::new(text(&escaped)),
            );
        }
        match place {
            Match::Anywhere => Sql::Concat(vec![text("%"), sought, text("%")]),
            Match::Start => Sql::Concat(vec![sought, text("%")]),
            Match::End => Sql::Concat(vec![text("%"), sought]),
        }
    }

    fn has(&self, list: &'e Expr, value: &'e Expr, negated: bool) -> Result<Truth, InvalidInput> {
        match self.side(value)?.term {
            // No list has null as an element.
            Term::Null | Term::Data(None) if self.is_list(list)? => Ok(self.of_nothing(negated)),
            Term::Null | Term::Data(None) => Ok(Truth::Never),
            _ if self.is_list(list)? => self.membership(value, list, negated),
            _ => Ok(Truth::Never),
        }
    }

    /// Whether it is there at all: of no list, nothing is known.
    fn is_list(&self, list: &'e Expr) -> Result<bool, InvalidInput> {
        Ok(!matches!(
            self.term(list)?,
            Term::Null | Term::Data(None) | Term::Stored(Value::Null)
        ))
    }

    fn has_several(
        &self,
        list: &'e Expr,
        values: &'e Expr,
        every: bool,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        if !self.is_list(list)? {
            return Ok(Truth::Never);
        }
        let all = every != negated;
        let mut found = Truth::known(all);
        let mut add = |truth: Truth| {
            let before = std::mem::replace(&mut found, Truth::Never);
            found = if all {
                before.and(truth)
            } else {
                before.or(truth)
            };
        };
        match self.term(values)? {
            Term::List(items) => {
                for item in items {
                    add(self.has(list, item, negated)?);
                }
            }
            Term::Data(Some(Cow::Borrowed(ArgValue::List(items)))) => {
                for item in items {
                    if is_nothing(item) {
                        add(self.of_nothing(negated));
                        continue;
                    }
                    let side = Side {
                        term: Term::Data(Some(Cow::Borrowed(item))),
                        base: &values.ty.base,
                        from: values,
                        member: None,
                    };
                    add(self.listed(&side, list, negated)?);
                }
            }
            Term::Stored(Value::List(items)) => {
                for item in items {
                    let side = Side {
                        term: Term::Stored(item),
                        base: &values.ty.base,
                        from: values,
                        member: None,
                    };
                    add(self.listed(&side, list, negated)?);
                }
            }
            Term::Null | Term::Data(None) | Term::Stored(Value::Null) => return Ok(Truth::Never),
            Term::Data(Some(_)) => return Err(self.mistyped(values, "a list")),
            _ => return Err(self.fail("a list of values that is a column")),
        }
        Ok(found)
    }

    fn is_empty(&self, list: &'e Expr, negated: bool) -> Result<Truth, InvalidInput> {
        match self.term(list)? {
            Term::Null | Term::Data(None) | Term::Stored(Value::Null) => Ok(Truth::Never),
            Term::Data(Some(value)) => match &*value {
                ArgValue::List(items) => Ok(Truth::known(items.is_empty() != negated)),
                _ => Err(self.mistyped(list, "a list")),
            },
            Term::List(items) => Ok(Truth::known(items.is_empty() != negated)),
            Term::Stored(Value::List(items)) => Ok(Truth::known(items.is_empty() != negated)),
            Term::Column(column) => Ok(column_is_empty(&column, negated)),
            _ => Err(self.fail("a list that is none")),
        }
    }

    /// A value among those of a list.
    fn listed(
        &self,
        side: &Side<'e>,
        list: &'e Expr,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let comparison = super::membership::equality(negated);
        let items: Vec<Term<'e>> = match self.term(list)? {
            Term::Data(Some(Cow::Borrowed(ArgValue::List(items)))) => {
                let items = items.iter().filter(|item| !is_nothing(item));
                items
                    .map(|item| Term::Data(Some(Cow::Borrowed(item))))
                    .collect()
            }
            Term::Stored(Value::List(values)) => values.into_iter().map(Term::Stored).collect(),
            Term::List(items) => {
                let terms = items.iter().map(|item| self.term(item));
                terms.collect::<Result<_, _>>()?
            }
            Term::Column(column) => return self.one_of_column(side, &column, negated),
            _ => return Err(self.fail("a list that is none")),
        };
        let mut found = Truth::known(negated);
        for term in items {
            let item = Side {
                term,
                base: &list.ty.base,
                from: list,
                member: None,
            };
            let own = Side {
                term: side.term.clone(),
                base: side.base,
                from: side.from,
                member: None,
            };
            let truth = self.compared(own, comparison, item)?;
            found = if negated {
                found.and(truth)
            } else {
                found.or(truth)
            };
        }
        Ok(found)
    }

    /// A value among those of a column that is a list.
    pub(super) fn one_of_column(
        &self,
        side: &Side<'e>,
        list: &Column,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let codec = list.codec.element();
        let encoded = |plain: Plain| {
            let value = plain.value(codec.scalar());
            value.and_then(|value| codec.encode(&value).ok())
        };
        let element = match &side.term {
            Term::Column(column) => column.expr.clone(),
            Term::Stored(value) => match Plain::of(value).map(encoded) {
                Some(Some(value)) => Sql::Value(value),
                Some(None) => return Ok(Truth::known(negated)),
                None => return Ok(Truth::Never),
            },
            Term::Data(Some(value)) => {
                let plain = self.plain(value, side.base, side.from)?;
                let is_number = matches!(plain, Plain::Number(_));
                match encoded(plain) {
                    Some(value) => Sql::Value(value),
                    // A number that no column of whole numbers holds is none of its elements.
                    None if is_number && codec.scalar().is_some() => {
                        return Ok(Truth::known(negated));
                    }
                    None => return Err(self.mistyped(side.from, codec.expected())),
                }
            }
            _ => return Err(self.fail("a membership of what is no value")),
        };
        let has = Sql::ListHas(Box::new(list.expr.clone()), Box::new(element));
        Ok(Truth::When(if negated {
            Sql::Not(Box::new(has))
        } else {
            has
        }))
    }
}

fn column_is_empty(list: &Column, negated: bool) -> Truth {
    let length = Box::new(Sql::ListLength(Box::new(list.expr.clone())));
    let comparison = if negated {
        Comparison::Greater
    } else {
        Comparison::Equal
    };
    Truth::When(Sql::Compare(
        length,
        comparison,
        Box::new(Sql::Value(Value::Int(0))),
    ))
}

enum Sought {
    Known(String),
    Column(Sql),
}

impl From<String> for Sought {
    fn from(text: String) -> Self {
        Self::Known(text)
    }
}
