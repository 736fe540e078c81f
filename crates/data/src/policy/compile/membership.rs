//! `a in b`
//!
//! Source: contract zenstack §1.9 and §8.31: of nothing, and of no list, nothing is a part.

use std::borrow::Cow;

use hallpass_sql::{Expr as Sql, Value};
use hallpass_zmodel::schema::{Comparison, Expr, TypeBase};

use super::compare::Side;
use super::plain::Plain;
use super::term::{Column, Term};
use super::{Compiler, Truth};
use crate::args::ArgValue;
use crate::error::InvalidInput;
use crate::policy::person::is_nothing;

impl<'e> Compiler<'e, '_> {
    pub(super) fn membership(
        &self,
        one: &'e Expr,
        list: &'e Expr,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let side = self.unnoted_side(one)?;
        if matches!(side.term, Term::Null | Term::Data(None)) {
            self.note(&side);
            return Ok(self.of_nothing(negated));
        }
        let list_term = self.term(list)?;
        match (&side.member, &list_term) {
            // It is compared with each row, where it is noted what that rests on.
            (Some(path), Term::Rows(_)) => self.note_there(path, true),
            _ => self.note(&side),
        }
        match list_term {
            Term::Data(None) => Ok(Truth::known(negated)),
            Term::Data(Some(Cow::Borrowed(ArgValue::List(items)))) => {
                self.one_of(&side, items.iter(), list, negated)
            }
            Term::Items(items) => self.one_of(&side, items.into_iter(), list, negated),
            Term::Data(Some(_)) => Err(self.mistyped(list, "a list")),
            Term::List(items) => {
                let mut found = Truth::known(negated);
                for item in items {
                    let item_side = self.side(item)?;
                    let is_lacking = matches!(item_side.term, Term::Data(None));
                    if matches!(item_side.term, Term::Null)
                        || (is_lacking && !self.lacking_is_unknown())
                    {
                        continue;
                    }
                    let truth = self.compared(self.side(one)?, equality(negated), item_side)?;
                    found = if negated {
                        found.and(truth)
                    } else {
                        found.or(truth)
                    };
                }
                Ok(found)
            }
            Term::Rows(rows) => {
                let deeper = self.deeper()?;
                let judge = if negated {
                    deeper.refusing()
                } else {
                    deeper.clone()
                };
                deeper.of_row(&rows.from, |start| {
                    let found = judge.of_rows(start, &rows, |element| {
                        let element = Side {
                            term: Term::Row(element.clone()),
                            base: &list.ty.base,
                            from: list,
                            member: None,
                        };
                        judge.compared(element, Comparison::Equal, judge.unnoted_side(one)?)
                    })?;
                    Ok(if negated { found.untrue() } else { found })
                })
            }
            Term::Column(column) => self.one_of_column(&side, &column, negated),
            Term::Stored(Value::List(values)) => {
                let mut found = Truth::known(negated);
                for value in values {
                    let item = Side {
                        term: Term::Stored(value),
                        base: &list.ty.base,
                        from: list,
                        member: None,
                    };
                    let truth = self.compared(self.side(one)?, equality(negated), item)?;
                    found = if negated {
                        found.and(truth)
                    } else {
                        found.or(truth)
                    };
                }
                Ok(found)
            }
            Term::Stored(Value::Null) => Ok(Truth::Never),
            Term::Null | Term::Stored(_) | Term::Row(_) | Term::Condition => {
                Err(self.fail("a membership in what is no list"))
            }
        }
    }

    /// Whether nothing is part of a list. It is part of none; in version 2 of the language that is unknown.
    pub(super) fn of_nothing(&self, negated: bool) -> Truth {
        Truth::known(negated && !self.lacking_is_unknown())
    }

    /// One of a list of the person.
    fn one_of(
        &self,
        side: &Side<'e>,
        items: impl Iterator<Item = &'e ArgValue>,
        list: &'e Expr,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let (items, missing): (Vec<_>, Vec<_>) = items.partition(|item| !is_nothing(item));
        // SECURITY: what is missing might be it.
        if negated && !missing.is_empty() && self.is_sure() {
            return Ok(Truth::Never);
        }
        let items = items.into_iter();
        if let Term::Column(column) = &side.term {
            let base = if list.ty.base == TypeBase::Null {
                side.base
            } else {
                &list.ty.base
            };
            let values = items.map(|item| self.plain(item, base, list));
            let values = values.collect::<Result<Vec<_>, _>>()?;
            return self.column_of(column, &values, list, negated);
        }
        let mut found = Truth::known(negated);
        for item in items {
            let own = self.side(side.from)?;
            let item = Side {
                term: Term::Data(Some(Cow::Borrowed(item))),
                base: &list.ty.base,
                from: list,
                member: None,
            };
            let truth = self.compared(own, equality(negated), item)?;
            found = if negated {
                found.and(truth)
            } else {
                found.or(truth)
            };
        }
        Ok(found)
    }

    /// A column among values, in one test where equality of the database is exact.
    pub(super) fn column_of(
        &self,
        column: &Column,
        values: &[Plain],
        from: &'e Expr,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let mut found = Truth::known(negated);
        let mut listed = Vec::new();
        for value in values {
            self.count()?;
            let truth = self.with_value(column, equality(negated), value, from)?;
            match truth {
                Truth::When(Sql::Compare(_, _, value)) => listed.push(*value),
                Truth::When(Sql::Exactly(_, value))
                    if self.planner.engine.capability().exact_text_equality =>
                {
                    listed.push(*value);
                }
                Truth::When(Sql::Not(inner)) if matches!(*inner, Sql::Exactly(..)) => {
                    match *inner {
                        Sql::Exactly(_, value)
                            if self.planner.engine.capability().exact_text_equality =>
                        {
                            listed.push(*value);
                        }
                        other => found = found.and(Truth::When(Sql::Not(Box::new(other)))),
                    }
                }
                // Of a whole number with a fraction, for one: a truth without a value.
                other if negated => found = found.and(other),
                other => found = found.or(other),
            }
        }
        if listed.is_empty() {
            return Ok(found);
        }
        let expr = Box::new(column.expr.clone());
        Ok(if negated {
            found.and(Truth::When(Sql::NotIn(expr, listed)))
        } else {
            found.or(Truth::When(Sql::In(expr, listed)))
        })
    }
}

pub(super) fn equality(negated: bool) -> Comparison {
    if negated {
        Comparison::NotEqual
    } else {
        Comparison::Equal
    }
}
