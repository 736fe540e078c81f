//! Comparisons with claims.
//!
//! Source: contract zenstack §1.8 (rows), §1.9 (nulls).

use hallpass_sql::{Comparison as SqlComparison, Expr as Sql, Value};
use hallpass_zmodel::schema::{Comparison, Expr, ExprKind, Function, Scalar, TypeBase};

use super::super::compare::{base_of, opposite, shared, sql};
use super::super::plain::Plain;
use super::super::row::Keys;
use super::super::term::Column;
use super::{Asker, Claim, Judge, Row, Rules, Side, Term, Truth, mirrored};
use crate::error::InvalidInput;

impl<'e> Asker<'e, '_> {
    pub(super) fn comparison(
        &self,
        one: &'e Expr,
        comparison: Comparison,
        other: &'e Expr,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let comparison = if negated {
            opposite(comparison)
        } else {
            comparison
        };
        if is_condition(one) || is_condition(other) {
            return self.same_truth(one, comparison, other);
        }
        self.compared(&self.side(one)?, comparison, &self.side(other)?)
    }

    pub(super) fn compared(
        &self,
        left: &Side<'e>,
        comparison: Comparison,
        right: &Side<'e>,
    ) -> Result<Truth, InvalidInput> {
        match (left, right) {
            (Side::Claim(one), Side::Claim(other)) => self.claims(one, comparison, other),
            (Side::Known(term, from), Side::Claim(claim)) => {
                self.with_claim(term, from, comparison, claim)
            }
            (Side::Claim(claim), Side::Known(term, from)) => {
                self.with_claim(term, from, mirrored(comparison), claim)
            }
            (Side::Known(one, one_from), Side::Known(other, other_from)) => {
                let side = |term: &Term<'e>, from: &'e Expr| super::super::compare::Side {
                    term: term.clone(),
                    base: &from.ty.base,
                    from,
                    member: None,
                };
                let (one, other) = (side(one, one_from), side(other, other_from));
                self.compiler.compared(one, comparison, other)
            }
        }
    }

    /// Two claims. Both lacking are the same, but in version 2 of the language.
    fn claims(
        &self,
        one: &Claim<'e>,
        comparison: Comparison,
        other: &Claim<'e>,
    ) -> Result<Truth, InvalidInput> {
        if one.is_object() || other.is_object() {
            return Err(self.fail("a comparison of two objects of the person"));
        }
        let base = shared(one.base, other.base);
        let left = self.scalar(one, base)?;
        let right = self.scalar(other, shared(other.base, one.base))?;
        let compared = self.plainly(left, comparison, right, base);
        if self.lacking_is_unknown() {
            return Ok(compared);
        }
        Ok(match comparison {
            Comparison::Equal => compared.or(both(one.is_lacking(), other.is_lacking())),
            Comparison::NotEqual => compared
                .or(both(one.is_lacking(), other.is_there()))
                .or(both(one.is_there(), other.is_lacking())),
            _ => compared,
        })
    }

    /// Values that stand in no column: texts by their bytes.
    fn plainly(&self, left: Sql, comparison: Comparison, right: Sql, base: &TypeBase) -> Truth {
        let is_text = matches!(base, TypeBase::Scalar(Scalar::String) | TypeBase::Enum(_));
        let is_order = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let (left, right) = if is_text && is_order {
            let bytewise = |expr| Sql::Bytewise(Box::new(expr));
            (bytewise(left), bytewise(right))
        } else {
            (left, right)
        };
        compare(left, sql(comparison), right)
    }

    /// What is known or read of rows, and a claim.
    fn with_claim(
        &self,
        term: &Term<'e>,
        from: &'e Expr,
        comparison: Comparison,
        claim: &Claim<'e>,
    ) -> Result<Truth, InvalidInput> {
        let equal = match comparison {
            Comparison::Equal => Some(true),
            Comparison::NotEqual => Some(false),
            _ => None,
        };
        match (term, equal) {
            (Term::Null, Some(true)) => Ok(Truth::When(claim.is_lacking())),
            (Term::Null, Some(false)) => Ok(Truth::When(claim.is_there())),
            (Term::Null | Term::Stored(Value::Null), _) => Ok(Truth::Never),
            (Term::Data(Some(value)), _) => {
                let plain = self
                    .compiler
                    .plain(value, shared(&from.ty.base, claim.base), from)?;
                let base = shared(claim.base, &from.ty.base);
                let Some(constant) = constant(&plain) else {
                    return Err(self.fail("bytes beside something of the person"));
                };
                let claimed = self.scalar(claim, &from.ty.base)?;
                let truth = self.plainly(constant, comparison, claimed, base);
                Ok(self.or_lacking(truth, comparison, claim.is_lacking()))
            }
            (Term::Column(column), _) => self.column_with(column, from, comparison, claim),
            (Term::Row(row), Some(equal)) => self.same_row(row, claim, equal),
            _ => Err(self.fail("a comparison with the person that has no meaning")),
        }
    }

    /// What the person lacks differs from every value, but compares with nothing in version 2 of the language.
    fn or_lacking(&self, truth: Truth, comparison: Comparison, lacking: Sql) -> Truth {
        if comparison == Comparison::NotEqual && !self.lacking_is_unknown() {
            truth.or(Truth::When(lacking))
        } else {
            truth
        }
    }

    fn column_with(
        &self,
        column: &Column,
        from: &Expr,
        comparison: Comparison,
        claim: &Claim<'e>,
    ) -> Result<Truth, InvalidInput> {
        let codec = &column.codec;
        let value = self.beside(claim, column, codec, &from.ty.base)?;
        let truth = compare(Self::comparable(column, codec), sql(comparison), value);
        let is_there = Sql::IsNotNull(Box::new(column.expr.clone()));
        let lacking = Sql::And(vec![claim.is_lacking(), is_there]);
        Ok(self.or_lacking(truth, comparison, lacking))
    }

    /// A row is the person's when their identities are the same.
    fn same_row(
        &self,
        row: &Row<'e>,
        claim: &Claim<'e>,
        equal: bool,
    ) -> Result<Truth, InvalidInput> {
        if claim.is_list || claim.is_now || matches!(claim.base, TypeBase::Scalar(_)) {
            return Err(self.fail("a comparison of a row with what is no row"));
        }
        let comparison = if equal {
            Comparison::Equal
        } else {
            Comparison::NotEqual
        };
        let mut all = Truth::known(equal);
        for name in &row.model().id {
            let field = self.compiler.field(row.model(), name)?;
            let Term::Column(column) = self.compiler.column(row, field, Keys::Any)? else {
                return Ok(Truth::Never);
            };
            let name = Sql::Value(Value::Text(name.clone()));
            let json = Rules::Member.call(vec![claim.json.clone(), name]);
            let member = claim.of(json, &TypeBase::Null, claim.is_once);
            let part = self.identity(&column, &base_of(field), comparison, &member)?;
            all = if equal { all.and(part) } else { all.or(part) };
        }
        if row.model().id.is_empty() {
            return Err(self.fail("a comparison of rows without identity"));
        }
        if !equal && !self.lacking_is_unknown() {
            all = all.or(Truth::When(claim.is_lacking()));
        }
        Ok(all)
    }

    fn identity(
        &self,
        column: &Column,
        base: &TypeBase,
        comparison: Comparison,
        claim: &Claim<'e>,
    ) -> Result<Truth, InvalidInput> {
        let value = self.beside(claim, column, &column.codec, base)?;
        let left = Self::comparable(column, &column.codec);
        let truth = compare(left, sql(comparison), value);
        let is_there = Sql::IsNotNull(Box::new(column.expr.clone()));
        let lacking = Sql::And(vec![claim.is_lacking(), is_there]);
        Ok(self.or_lacking(truth, comparison, lacking))
    }
}

fn compare(left: Sql, comparison: SqlComparison, right: Sql) -> Truth {
    Truth::When(Sql::Compare(Box::new(left), comparison, Box::new(right)))
}

fn both(one: Sql, other: Sql) -> Truth {
    Truth::When(Sql::And(vec![one, other]))
}

/// Whether it is worked out to a truth value.
fn is_condition(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Not(_)
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Compare(..)
        | ExprKind::In(..)
        | ExprKind::Predicate { .. }
        | ExprKind::Check { .. } => true,
        ExprKind::Call(function, _) => *function != Function::Now,
        _ => false,
    }
}

fn constant(plain: &Plain) -> Option<Sql> {
    Some(match plain {
        Plain::Truth(truth) => Sql::Bool(*truth),
        Plain::Number(digits) => Sql::Value(Value::Decimal(digits.clone())),
        Plain::Text(text) => Sql::Value(Value::Text(text.clone())),
        Plain::Moment(moment) => Sql::Value(Value::Timestamp(*moment)),
        Plain::Bytes(_) => return None,
    })
}
