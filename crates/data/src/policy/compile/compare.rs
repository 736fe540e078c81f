//! Comparisons.
//!
//! Source: contract zenstack §1.8 (rows), §1.9 (nulls, version 3) and §8.30 (types).

use std::cmp::Ordering;

use hallpass_sql::{Comparison as SqlComparison, Expr as Sql, Value};
use hallpass_zmodel::schema::{Comparison, Expr, Scalar, TypeBase};

use super::plain::Plain;
use super::row::{Keys, Row};
use super::term::{Column, Term};
use super::{Compiler, Judge, Truth, moments, numbers, path};
use crate::args::ArgValue;
use crate::codec::Mismatch;
use crate::error::InvalidInput;
use crate::policy::{DialectVersion, Look, Member, MemberPath};

/// One side of a comparison.
#[derive(Debug)]
pub(super) struct Side<'e> {
    pub(super) term: Term<'e>,
    pub(super) base: &'e TypeBase,
    /// Where it stands, for messages.
    pub(super) from: &'e Expr,
    /// Where in the person it is, while nothing is noted of that.
    pub(super) member: Option<MemberPath>,
}

impl<'e> Compiler<'e, '_> {
    pub(super) fn side(&self, expr: &'e Expr) -> Result<Side<'e>, InvalidInput> {
        Ok(Side {
            term: self.term(expr)?,
            base: &expr.ty.base,
            from: expr,
            member: None,
        })
    }

    /// The same, for [`compared`](Self::compared), which takes note of what it does with a value of the person.
    pub(super) fn unnoted_side(&self, expr: &'e Expr) -> Result<Side<'e>, InvalidInput> {
        let Some((path, term)) = self.of_person(expr) else {
            return self.side(expr);
        };
        Ok(Side {
            term,
            base: &expr.ty.base,
            from: expr,
            member: Some(path),
        })
    }

    /// Takes note of what decides, of the person.
    pub(super) fn note(&self, side: &Side<'e>) {
        if let Some(path) = &side.member {
            self.note_same(path);
        }
    }

    /// Takes note that it decides whether there is something.
    pub(super) fn note_there(&self, path: &MemberPath, there: bool) {
        self.planner.note(|| Look::There(path.clone(), there));
    }

    /// Takes note of what the truth of a comparison rests on, but for values that are only bound.
    fn note_both(&self, left: &Side<'e>, right: &Side<'e>) {
        match (left, right) {
            // Where it is bound, or its identity is.
            (
                Side {
                    term: Term::Column(_) | Term::Row(_),
                    ..
                },
                Side {
                    term: Term::Data(Some(_)),
                    ..
                },
            ) => {}
            (
                Side {
                    term: Term::Data(value),
                    member: Some(path),
                    ..
                },
                Side {
                    term: Term::Null, ..
                },
            ) => self.note_there(path, value.is_some()),
            _ => {
                self.note(left);
                self.note(right);
            }
        }
    }

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
        let (left, right) = (self.unnoted_side(one)?, self.unnoted_side(other)?);
        if matches!(left.term, Term::Condition) || matches!(right.term, Term::Condition) {
            return self.same_truth(one, comparison, other);
        }
        self.compared(left, comparison, right)
    }

    pub(super) fn compared(
        &self,
        left: Side<'e>,
        comparison: Comparison,
        right: Side<'e>,
    ) -> Result<Truth, InvalidInput> {
        if rank(&left.term) < rank(&right.term) {
            return self.compared(right, mirrored(comparison), left);
        }
        self.note_both(&left, &right);
        let equal = match comparison {
            Comparison::Equal => Some(true),
            Comparison::NotEqual => Some(false),
            _ => None,
        };
        match (&left.term, &right.term, equal) {
            // Whichever way it is asked, so that a negation opens nothing.
            (_, Term::Data(None), _) if self.lacking_is_unknown() => Ok(Truth::Never),
            (Term::Row(row), _, Some(equal)) => self.same_row(row, &left, &right, equal),
            (_, Term::Null, Some(equal)) => self.is_null(&left.term, equal),
            (Term::Data(None), Term::Data(None), Some(equal)) => Ok(Truth::known(equal)),
            // What the person lacks differs from every value (contract zenstack §1.9). It never equals one: not even a
            // null of a column, or nobody would own what has no owner.
            (term, Term::Data(None), Some(false)) => self.is_null(term, false),
            (_, Term::Null | Term::Data(None), _) => Ok(Truth::Never),
            (Term::Data(Some(one)), Term::Data(Some(other)), _) => {
                let one = self.plain(one, shared(left.base, right.base), left.from)?;
                let other = self.plain(other, shared(right.base, left.base), right.from)?;
                Ok(ordered(&one, comparison, &other))
            }
            (Term::Stored(one), Term::Data(Some(other)), _) => {
                let other = self.plain(other, shared(right.base, left.base), right.from)?;
                let other = other.beside(one);
                let one = Plain::of(one);
                Ok(one.map_or(Truth::Never, |one| ordered(&one, comparison, &other)))
            }
            (Term::Stored(one), Term::Stored(other), _) => {
                match (Plain::of(one), Plain::of(other)) {
                    (Some(one), Some(other)) => Ok(ordered(&one, comparison, &other)),
                    _ => Ok(Truth::Never),
                }
            }
            (Term::Column(column), Term::Data(Some(value)), _) => {
                let base = shared(right.base, left.base);
                if let Some(path) = &right.member {
                    if let Some(truth) = self.with_member(column, comparison, path, base) {
                        return Ok(truth);
                    }
                    self.note_same(path);
                }
                let value = self.plain(value, base, right.from)?;
                self.with_value(column, comparison, &value, right.from)
            }
            (Term::Column(column), Term::Stored(value), _) => match Plain::of(value) {
                Some(value) => self.with_value(column, comparison, &value, right.from),
                None => Ok(Truth::Never),
            },
            (Term::Column(one), Term::Column(other), _) => self.columns(one, comparison, other),
            _ => Err(self.fail("a comparison that has no meaning")),
        }
    }

    /// Whether what the person lacks compares with nothing, as in version 2 (contract zenstack §1.9).
    pub(super) fn lacking_is_unknown(&self) -> bool {
        self.planner.engine.dialect_version == DialectVersion::Two
    }

    /// A known value of the type that the schema gives it, else of the other side's.
    pub(super) fn plain(
        &self,
        value: &ArgValue,
        base: &TypeBase,
        from: &Expr,
    ) -> Result<Plain, InvalidInput> {
        Plain::read(value, base).map_err(|expected| self.mistyped(from, expected))
    }

    fn is_null(&self, term: &Term<'e>, null: bool) -> Result<Truth, InvalidInput> {
        match term {
            Term::Null | Term::Data(None) | Term::Stored(Value::Null) => Ok(Truth::known(null)),
            Term::Data(Some(_)) | Term::Stored(_) => Ok(Truth::known(!null)),
            Term::Column(column) if column.known.is_some() => Ok(Truth::known(!null)),
            Term::Column(column) => {
                let expr = Box::new(column.expr.clone());
                Ok(Truth::When(if null {
                    Sql::IsNull(expr)
                } else {
                    Sql::IsNotNull(expr)
                }))
            }
            Term::Row(_) | Term::Rows(_) | Term::Items(_) | Term::List(_) | Term::Condition => {
                Err(self.fail("a comparison of many values with null"))
            }
        }
    }

    /// A column and a value that is bound as the column takes it.
    pub(super) fn with_value(
        &self,
        column: &Column,
        comparison: Comparison,
        value: &Plain,
        from: &Expr,
    ) -> Result<Truth, InvalidInput> {
        let codec = &column.codec;
        if let (Plain::Moment(moment), Some(moments)) = (value, codec.moments()) {
            let condition = moments::compared(&column.expr, moments, sql(comparison), *moment);
            return condition.ok_or_else(|| self.mistyped(from, codec.expected()));
        }
        if let (Plain::Number(number), Some(Scalar::Int | Scalar::BigInt)) = (value, codec.scalar())
        {
            let encoded = value
                .value(codec.scalar())
                .map(|value| codec.encode(&value));
            return Ok(match encoded {
                Some(Ok(value)) => self.compare_plainly(column, comparison, value),
                _ => numbers::beside_whole(column, comparison, number),
            });
        }
        let value = value.value(codec.scalar());
        let value = value.ok_or_else(|| self.mistyped(from, codec.expected()))?;
        match codec.encode(&value) {
            Ok(Value::Decimal(number)) if !self.planner.is_comparable(&number) => {
                Err(self.mistyped(from, "a number of as many digits as can be compared"))
            }
            Ok(value) => Ok(self.compare_plainly(column, comparison, value)),
            // SECURITY: neither true nor false would be safe in every rule, so the person is refused.
            Err(Mismatch::Type | Mismatch::Member | Mismatch::NoRow) => {
                Err(self.mistyped(from, codec.expected()))
            }
        }
    }

    fn columns(
        &self,
        one: &Column,
        comparison: Comparison,
        other: &Column,
    ) -> Result<Truth, InvalidInput> {
        let kept = |column: &Column| {
            let moments = column.codec.moments();
            moments.map(|moments| (moments.form, moments.unit))
        };
        if kept(one) != kept(other) {
            return Err(self.fail("a comparison of moments that are kept in different ways"));
        }
        let comparison = sql(comparison);
        let told = |text| self.by_bytes(one, comparison, text);
        if let Some(truth) = other.text().and_then(told) {
            return Ok(truth);
        }
        let texts = one.codec.is_text() || other.codec.is_text();
        let (left, right) = (one.expr.clone(), other.expr.clone());
        if !texts {
            let compared = Sql::Compare(Box::new(left), comparison, Box::new(right));
            return Ok(Truth::When(compared));
        }
        // One of the two may be of a type of its own, a UUID say.
        let as_text = |column: &Column, expr: Sql| {
            if column.codec.is_text() {
                expr
            } else {
                Sql::AsText(Box::new(expr))
            }
        };
        let (left, right) = (as_text(one, left), as_text(other, right));
        let folds = one.codec.folds || other.codec.folds;
        Ok(Truth::When(
            self.compare_texts(left, comparison, right, folds),
        ))
    }

    /// A column and a value of the person that is bound at each run, where that says the same of everybody who has one.
    fn with_member(
        &self,
        column: &Column,
        comparison: Comparison,
        path: &MemberPath,
        base: &TypeBase,
    ) -> Option<Truth> {
        // What is known of the row's value is compared here, with this one.
        if column.known.is_some() {
            return None;
        }
        let member = Member::new(path, base, &column.codec)?;
        member.of(self.person)?;
        let value = self.planner.member(member);
        Some(self.compare_with(column, sql(comparison), value))
    }

    fn compare_plainly(&self, column: &Column, comparison: Comparison, value: Value) -> Truth {
        let comparison = sql(comparison);
        if let Value::Text(text) = &value
            && let Some(truth) = self.by_bytes(column, comparison, text)
        {
            return truth;
        }
        self.compare_with(column, comparison, Sql::exact(value))
    }

    fn compare_with(&self, column: &Column, comparison: SqlComparison, right: Sql) -> Truth {
        let left = column.expr.clone();
        Truth::When(if column.codec.is_text() {
            self.compare_texts(left, comparison, right, column.codec.folds)
        } else {
            Sql::Compare(Box::new(left), comparison, Box::new(right))
        })
    }

    /// Two rows are the same when their identities are.
    fn same_row(
        &self,
        row: &Row<'e>,
        side: &Side<'e>,
        other: &Side<'e>,
        equal: bool,
    ) -> Result<Truth, InvalidInput> {
        match &other.term {
            Term::Null => self.is_no_row(row, equal),
            Term::Data(None) => Ok(Truth::known(!equal)),
            Term::Data(Some(object)) => {
                if !matches!(&**object, ArgValue::Object(_)) {
                    return Err(self.mistyped(other.from, "an object"));
                }
                if let Some(path) = &other.member {
                    self.note_there(path, true);
                }
                self.identities(
                    row,
                    equal,
                    |field| {
                        let value = object.member(&field.name).filter(|v| **v != ArgValue::Null);
                        let own = other.member.as_ref().map(|path| path.member(&field.name));
                        let Some(value) = value else {
                            own.iter().for_each(|own| self.note_same(own));
                            return Ok(None);
                        };
                        let base = base_of(field);
                        let plain = Plain::read(value, &base);
                        let plain = plain.map_err(|expected| InvalidInput::Person {
                            member: format!("{}.{}", path(other.from), field.name),
                            expected,
                        })?;
                        Ok(Some(Against::Value(plain, own, base)))
                    },
                    other.from,
                )
            }
            Term::Row(second) if second.model().name == row.model().name => self.identities(
                row,
                equal,
                |field| {
                    Ok(Some(Against::Term(self.column(
                        second,
                        field,
                        Keys::Any,
                    )?)))
                },
                side.from,
            ),
            _ => Err(self.fail("a comparison of rows of different models")),
        }
    }

    fn identities(
        &self,
        row: &Row<'e>,
        equal: bool,
        against: impl Fn(
            &'e hallpass_zmodel::schema::Field,
        ) -> Result<Option<Against<'e>>, InvalidInput>,
        from: &'e Expr,
    ) -> Result<Truth, InvalidInput> {
        let comparison = if equal {
            Comparison::Equal
        } else {
            Comparison::NotEqual
        };
        let mut all = Truth::known(equal);
        for name in &row.model().id {
            let field = self.field(row.model(), name)?;
            let own = self.column(row, field, Keys::Any)?;
            let part = match (against(field)?, own) {
                (None, own) if !equal && !self.lacking_is_unknown() => self.is_null(&own, false)?,
                (None, _) => Truth::Never,
                (Some(Against::Value(value, path, base)), Term::Column(column)) => {
                    let bound = path
                        .as_ref()
                        .and_then(|path| self.with_member(&column, comparison, path, &base));
                    match (bound, path) {
                        (Some(truth), _) => truth,
                        (None, path) => {
                            path.iter().for_each(|path| self.note_same(path));
                            self.with_value(&column, comparison, &value, from)?
                        }
                    }
                }
                (Some(Against::Value(value, path, _)), Term::Stored(stored)) => {
                    path.iter().for_each(|path| self.note_same(path));
                    let value = value.beside(&stored);
                    Plain::of(&stored)
                        .map_or(Truth::Never, |stored| ordered(&stored, comparison, &value))
                }
                (Some(Against::Term(other)), own) => {
                    let side = |term| Side {
                        term,
                        base: &TypeBase::Null,
                        from,
                        member: None,
                    };
                    self.compared(side(own), comparison, side(other))?
                }
                _ => return Err(self.fail("an identity that is no value")),
            };
            all = if equal { all.and(part) } else { all.or(part) };
        }
        if row.model().id.is_empty() {
            return Err(self.fail("a comparison of rows without identity"));
        }
        Ok(all)
    }

    /// Whether a relation leads nowhere.
    fn is_no_row(&self, row: &Row<'e>, null: bool) -> Result<Truth, InvalidInput> {
        let Row::Linked {
            model,
            from,
            relation,
        } = row
        else {
            return Ok(Truth::known(!null));
        };
        // The key itself is asked where this side has it (contract zenstack §8.37).
        let (owner, keys) = if relation.fields.is_empty() {
            (row, &model.id)
        } else {
            (&**from, &relation.fields)
        };
        let mut all = Truth::known(!null);
        for name in keys {
            let field = self.field(owner.model(), name)?;
            let part = self.is_null(&self.column(owner, field, Keys::Any)?, null)?;
            all = if null { all.or(part) } else { all.and(part) };
        }
        Ok(all)
    }
}

/// What an identity is compared with.
enum Against<'e> {
    /// A value; where in the person it is, and of what type.
    Value(Plain, Option<MemberPath>, TypeBase),
    Term(Term<'e>),
}

pub(super) fn base_of(field: &hallpass_zmodel::schema::Field) -> TypeBase {
    use hallpass_zmodel::schema::FieldKind;
    match &field.kind {
        FieldKind::Scalar(scalar) => TypeBase::Scalar(*scalar),
        FieldKind::Enum(name) => TypeBase::Enum(name.clone()),
        FieldKind::Relation(_) | FieldKind::Typed(_) | FieldKind::Unsupported(_) => TypeBase::Null,
    }
}

/// The more must be read to know it, the higher.
fn rank(term: &Term<'_>) -> u8 {
    match term {
        Term::Null => 0,
        Term::Data(None) => 1,
        Term::Data(Some(_)) => 2,
        Term::Stored(_) => 3,
        Term::Column(_) => 4,
        Term::Row(_) => 5,
        Term::Items(_) | Term::List(_) | Term::Rows(_) | Term::Condition => 6,
    }
}

pub(super) fn shared<'t>(own: &'t TypeBase, other: &'t TypeBase) -> &'t TypeBase {
    if *own == TypeBase::Null { other } else { own }
}

fn ordered(one: &Plain, comparison: Comparison, other: &Plain) -> Truth {
    let order = one.compare(other);
    Truth::known(match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    })
}

pub(super) fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}

pub(super) fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same @ (Comparison::Equal | Comparison::NotEqual) => same,
    }
}

pub(super) fn sql(comparison: Comparison) -> SqlComparison {
    match comparison {
        Comparison::Equal => SqlComparison::Equal,
        Comparison::NotEqual => SqlComparison::NotEqual,
        Comparison::Less => SqlComparison::Less,
        Comparison::LessOrEqual => SqlComparison::LessOrEqual,
        Comparison::Greater => SqlComparison::Greater,
        Comparison::GreaterOrEqual => SqlComparison::GreaterOrEqual,
    }
}
