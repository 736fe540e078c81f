//! `a in b`, `has` and their like, where the person is asked.
//!
//! Source: contract zenstack §1.9 and §8.31: of nothing, and of no list, nothing is a part.

use hallpass_sql::{Comparison as SqlComparison, Expr as Sql, Select, Value};
use hallpass_zmodel::schema::{Comparison, Expr, Function, TypeBase};

use super::super::membership::equality;
use super::super::term::Column;
use super::{Asker, Claim, Rules, Side, Term, Truth, called};
use crate::error::InvalidInput;

impl<'e> Asker<'e, '_> {
    /// Whether something is part of a list, or whether it is not.
    pub(super) fn membership(
        &self,
        one: &Side<'e>,
        list: &'e Expr,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        if matches!(one, Side::Known(Term::Null, _)) {
            return Ok(self.compiler.of_nothing(negated));
        }
        let found = match self.side(list)? {
            Side::Claim(claim) => self.one_of_claim(one, &claim, negated)?,
            Side::Known(Term::List(items), _) => self.one_of_written(one, items, negated)?,
            Side::Known(Term::Column(column), _) => self.one_of_column(one, &column, negated)?,
            Side::Known(Term::Rows(rows), _) => {
                let deeper = self.deeper()?;
                let judge = if negated {
                    deeper.refusing()
                } else {
                    deeper.clone()
                };
                deeper.compiler.of_row(&rows.from, |start| {
                    let found = judge.compiler.of_rows(start, &rows, |element| {
                        let element = Side::Known(Term::Row(element.clone()), list);
                        judge.compared(&element, Comparison::Equal, one)
                    })?;
                    Ok(if negated { found.untrue() } else { found })
                })?
            }
            Side::Known(..) => return Err(self.fail("a membership in what is no list")),
        };
        Ok(self.of_something(one, found, negated))
    }

    /// What the person lacks is part of nothing.
    fn of_something(&self, one: &Side<'e>, found: Truth, negated: bool) -> Truth {
        match one {
            Side::Known(..) => found,
            Side::Claim(claim) if negated && !self.lacking_is_unknown() => {
                Truth::When(claim.is_lacking()).or(found)
            }
            Side::Claim(claim) => Truth::When(claim.is_there()).and(found),
        }
    }

    fn one_of_claim(
        &self,
        one: &Side<'e>,
        list: &Claim<'e>,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        if !list.is_list {
            return Err(self.fail("a membership in what is no list"));
        }
        let (items, element) = self.items(list)?;
        let item = Side::Claim(list.of(element.clone(), list.base, false));
        let is_there = Sql::IsNotNull(Box::new(element.clone()));
        let compared = self.compared(one, equality(negated), &item)?;
        if !negated {
            return Ok(some_of(items, Truth::When(is_there).and(compared)));
        }
        let differs_not = Truth::When(is_there).and(compared.untrue());
        // SECURITY: what is missing might be it.
        let against = if self.compiler.is_sure() {
            Truth::When(Sql::IsNull(Box::new(element))).or(differs_not)
        } else {
            differs_not
        };
        Ok(some_of(items, against).untrue())
    }

    fn one_of_written(
        &self,
        one: &Side<'e>,
        items: &'e [Expr],
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let mut found = Truth::known(negated);
        for item in items {
            let item = self.side(item)?;
            if matches!(item, Side::Known(Term::Null, _)) {
                continue;
            }
            let mut truth = self.compared(one, equality(negated), &item)?;
            if let Side::Claim(claim) = &item {
                truth = if !negated {
                    truth.and(Truth::When(claim.is_there()))
                } else if self.lacking_is_unknown() {
                    truth
                } else {
                    truth.or(Truth::When(claim.is_lacking()))
                };
            }
            found = if negated {
                found.and(truth)
            } else {
                found.or(truth)
            };
        }
        Ok(found)
    }

    /// A claim among the values of a column that is a list.
    fn one_of_column(
        &self,
        one: &Side<'e>,
        list: &Column,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let codec = list.codec.element();
        if codec.enumeration().is_some() || codec.moments().is_some() {
            return Err(self.fail("something of the person in a list of enums or moments"));
        }
        let element = match one {
            Side::Claim(claim) => self.beside(claim, list, &codec, &TypeBase::Null)?,
            Side::Known(term, from) => {
                let side = super::super::compare::Side {
                    term: term.clone(),
                    base: &from.ty.base,
                    from,
                    member: None,
                };
                return self.compiler.one_of_column(&side, list, negated);
            }
        };
        let has = Sql::ListHas(Box::new(list.expr.clone()), Box::new(element));
        Ok(Truth::When(if negated {
            Sql::Not(Box::new(has))
        } else {
            has
        }))
    }

    /// The elements of a list of the person, as rows, and what one of them is.
    pub(super) fn items(&self, list: &Claim<'e>) -> Result<(Select, Sql), InvalidInput> {
        let alias = self.compiler.alias(self.compiler.this.model())?;
        let source = called(Rules::Items.call(vec![list.json.clone()]), &alias);
        let source = source.ok_or_else(|| self.fail("a list that is none"))?;
        let select = Select::from(source, vec![Sql::Bool(true)]);
        Ok((select, Sql::of(&*alias, &*alias)))
    }

    pub(super) fn list_call(
        &self,
        function: Function,
        arguments: &'e [Expr],
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        match (function, arguments) {
            (Function::Has, [list, value]) => {
                let value = self.side(value)?;
                self.has(list, &value, negated)
            }
            (Function::HasSome, [list, values]) => self.has_several(list, values, false, negated),
            (Function::HasEvery, [list, values]) => self.has_several(list, values, true, negated),
            (Function::IsEmpty, [list]) => self.is_empty(list, negated),
            _ => Err(self.fail("a function that access rules do not have")),
        }
    }

    /// Of no list, nothing is known.
    fn has(&self, list: &'e Expr, value: &Side<'e>, negated: bool) -> Result<Truth, InvalidInput> {
        let found = self.membership(value, list, negated)?;
        self.of_list(list, found)
    }

    fn of_list(&self, list: &'e Expr, found: Truth) -> Result<Truth, InvalidInput> {
        Ok(match self.claim(list)? {
            Some(claim) => Truth::When(claim.is_there()).and(found),
            None => found,
        })
    }

    fn has_several(
        &self,
        list: &'e Expr,
        values: &'e Expr,
        every: bool,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let all = every != negated;
        if let Some(values) = self.claim(values)? {
            if !values.is_list {
                return Err(self.fail("a list of values that is none"));
            }
            let (items, element) = self.items(&values)?;
            let item = Side::Claim(values.of(element, values.base, false));
            let truth = self.has(list, &item, negated)?;
            let found = if all {
                some_of(items, truth.untrue()).untrue()
            } else {
                some_of(items, truth)
            };
            let found = Truth::When(values.is_there()).and(found);
            return self.of_list(list, found);
        }
        let Term::List(values) = self.compiler.term(values)? else {
            return Err(self.fail("a list of values that is a column"));
        };
        let mut found = Truth::known(all);
        for value in values {
            let truth = self.has(list, &self.side(value)?, negated)?;
            found = if all {
                found.and(truth)
            } else {
                found.or(truth)
            };
        }
        self.of_list(list, found)
    }

    fn is_empty(&self, list: &'e Expr, negated: bool) -> Result<Truth, InvalidInput> {
        let claim = self.claim(list)?;
        let claim = claim.filter(|claim| claim.is_list);
        let claim = claim.ok_or_else(|| self.fail("a list that is none"))?;
        let length = Rules::Length.call(vec![claim.json.clone()]);
        let comparison = if negated {
            SqlComparison::Greater
        } else {
            SqlComparison::Equal
        };
        let none = Sql::Value(Value::Int(0));
        Ok(Truth::When(Sql::Compare(
            Box::new(length),
            comparison,
            Box::new(none),
        )))
    }
}

/// Whether one of the elements meets a condition. Never unknown.
pub(super) fn some_of(mut items: Select, condition: Truth) -> Truth {
    match condition {
        Truth::Never => return Truth::Never,
        Truth::Always => {}
        Truth::When(condition) => items.filter = Some(condition),
    }
    Truth::When(Sql::Exists(Box::new(items)))
}
