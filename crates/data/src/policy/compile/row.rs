//! Rows that a condition speaks of, and the ways from one to others.

use std::rc::Rc;

use hallpass_sql::{Expr, Join, JoinKind, Select, Source, Value};
use hallpass_zmodel::schema::{Arity, Field, JoinColumn, Model, Relation};

use super::term::{Column, Term};
use super::{Compiler, Truth};
use crate::codec::Codec;
use crate::error::InvalidInput;
use crate::plan::{Bases, Planner, Scene};

/// One row, or none.
#[derive(Debug, Clone)]
pub(crate) enum Row<'e> {
    /// A row of a table that the statement reads.
    Table {
        model: &'e Model,
        alias: Rc<str>,
        bases: Bases,
    },
    /// A row whose values are known; those that are not there are null.
    Known {
        model: &'e Model,
        values: Rc<[(&'e str, Value)]>,
        origin: Origin,
    },
    /// The row that a relation of another leads to.
    Linked {
        model: &'e Model,
        from: Rc<Row<'e>>,
        relation: &'e Relation,
    },
}

/// Where the values of a known row come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// They are about to be written.
    Given,
    /// They stood in the table.
    Read,
}

impl<'e> Row<'e> {
    pub(crate) fn model(&self) -> &'e Model {
        match self {
            Self::Table { model, .. } | Self::Known { model, .. } | Self::Linked { model, .. } => {
                model
            }
        }
    }

    /// The relations that lead to it, in order, and the row that they begin at.
    fn way(&self) -> (&Self, Vec<(&'e Model, &'e Relation)>) {
        let (mut row, mut links) = (self, Vec::new());
        while let Self::Linked {
            model,
            from,
            relation,
        } = row
        {
            links.push((*model, *relation));
            row = from;
        }
        links.reverse();
        (row, links)
    }
}

/// Any number of rows: those that relations lead to from one.
#[derive(Debug, Clone)]
pub(crate) struct Rows<'e> {
    pub(super) from: Row<'e>,
    /// Never empty. The first leads to several rows.
    pub(super) steps: Vec<(&'e Model, &'e Relation)>,
}

impl<'e> Rows<'e> {
    /// The model of the rows at the end.
    pub(super) fn model(&self) -> &'e Model {
        match self.steps.last() {
            Some((model, _)) => model,
            None => self.from.model(),
        }
    }
}

/// Which keys may stand for the row they point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Those that the database keeps from pointing nowhere.
    Kept,
    /// All of them.
    Any,
}

/// What becomes of a query through a link.
#[derive(Debug, Clone, Copy)]
enum Through {
    Value,
    Existence,
}

impl<'e> Compiler<'e, '_> {
    /// The value of a field that has a column.
    pub(super) fn column(
        &self,
        row: &Row<'e>,
        field: &'e Field,
        keys: Keys,
    ) -> Result<Term<'e>, InvalidInput> {
        if field.encrypted || field.computed {
            return Err(self.fail("a field that is sealed or computed"));
        }
        if field.arity == Arity::List && self.codec(row.model(), field)?.folds {
            return Err(self.fail("a list of texts that are equal although they differ"));
        }
        match row {
            Row::Table {
                model,
                alias,
                bases,
            } => {
                let scene = Scene {
                    model,
                    alias: Some(alias),
                    bases: *bases,
                };
                Ok(Term::Column(Column {
                    expr: self.planner.at(scene, field)?,
                    codec: self.codec(model, field)?,
                    known: None,
                }))
            }
            Row::Known {
                model,
                values,
                origin,
            } => {
                let found = values.iter().find(|(name, _)| *name == field.name);
                match found {
                    Some((_, value)) => self.known(model, field, value, *origin),
                    None => Ok(Term::Stored(Value::Null)),
                }
            }
            Row::Linked {
                model,
                from,
                relation,
            } => {
                if let Some(own) = self.own_key(from, relation, field, keys) {
                    return self.column(from, own, keys);
                }
                let codec = self.codec(model, field)?;
                let value = self.through(row, Through::Value, |last| {
                    match self.column(last, field, keys)? {
                        Term::Column(column) => Ok(column.expr),
                        _ => Err(self.fail("a field without a column")),
                    }
                })?;
                Ok(match value {
                    Some(expr) => Term::Column(Column {
                        expr,
                        codec,
                        known: None,
                    }),
                    None => Term::Stored(Value::Null),
                })
            }
        }
    }

    /// Own field that equals the field of the related row, so that nobody need look there.
    fn own_key(
        &self,
        from: &Row<'e>,
        relation: &'e Relation,
        field: &Field,
        keys: Keys,
    ) -> Option<&'e Field> {
        if keys == Keys::Kept && !self.planner.engine.schema.has_foreign_keys() {
            return None;
        }
        let pairs = relation.fields.iter().zip(&relation.references);
        let mut pairs = pairs.filter(|(_, other)| **other == field.name);
        let (own, _) = pairs.next()?;
        // Of a key of several columns one may be set while another is null, and then there is no row.
        if relation.fields.len() > 1 && keys == Keys::Kept {
            return None;
        }
        from.model().field(own)
    }

    /// Whether there is a row of which the condition holds.
    pub(super) fn of_row(
        &self,
        row: &Row<'e>,
        condition: impl FnOnce(&Row<'e>) -> Result<Truth, InvalidInput>,
    ) -> Result<Truth, InvalidInput> {
        if !matches!(row, Row::Linked { .. }) {
            return condition(row);
        }
        let mut known = None;
        let found = self.through(row, Through::Existence, |last| {
            Ok(match condition(last)? {
                Truth::When(expr) => expr,
                Truth::Always => Expr::Bool(true),
                Truth::Never => {
                    known = Some(Truth::Never);
                    Expr::Bool(false)
                }
            })
        })?;
        Ok(match (known, found) {
            (Some(known), _) => known,
            (None, Some(expr)) => Truth::When(expr),
            (None, None) => Truth::Never,
        })
    }

    /// Whether one of the rows satisfies the condition.
    pub(super) fn of_rows(
        &self,
        start: &Row<'e>,
        rows: &Rows<'e>,
        condition: impl FnOnce(&Row<'e>) -> Result<Truth, InvalidInput>,
    ) -> Result<Truth, InvalidInput> {
        let mut select: Option<Select> = None;
        let mut row = start.clone();
        for (model, relation) in &rows.steps {
            let alias = self.alias(model)?;
            let Some(on) = self.link(&row, relation, model, &alias)? else {
                return Ok(Truth::Never);
            };
            let source = Planner::source(model, Some(&alias));
            match &mut select {
                None => select = Some(found(source, on)),
                Some(select) => select.joins.push(Join {
                    kind: JoinKind::Inner,
                    source,
                    on: Expr::And(on),
                }),
            }
            row = alone(model, alias);
        }
        let (Some(mut select), truth) = (select, condition(&row)?) else {
            return Ok(Truth::Never);
        };
        match truth {
            Truth::Never => return Ok(Truth::Never),
            Truth::Always => {}
            Truth::When(expr) => narrow(&mut select, expr),
        }
        Ok(Truth::When(Expr::Exists(Box::new(select))))
    }

    /// A query through each link on the way to the row, the last of which gives `inner`; `None` where a link is known to
    /// lead nowhere.
    fn through(
        &self,
        row: &Row<'e>,
        through: Through,
        inner: impl FnOnce(&Row<'e>) -> Result<Expr, InvalidInput>,
    ) -> Result<Option<Expr>, InvalidInput> {
        let (first, links) = row.way();
        let mut at = first.clone();
        let mut selects = Vec::with_capacity(links.len());
        for (model, relation) in links {
            let alias = self.alias(model)?;
            let Some(on) = self.link(&at, relation, model, &alias)? else {
                return Ok(None);
            };
            selects.push(found(Planner::source(model, Some(&alias)), on));
            at = alone(model, alias);
        }
        let mut expr = inner(&at)?;
        for mut select in selects.into_iter().rev() {
            expr = match through {
                Through::Value => {
                    select.columns = vec![expr];
                    Expr::Scalar(Box::new(select))
                }
                Through::Existence => {
                    if expr != Expr::Bool(true) {
                        narrow(&mut select, expr);
                    }
                    Expr::Exists(Box::new(select))
                }
            };
        }
        Ok(Some(expr))
    }

    /// What holds of the rows that a relation leads to; `None` where it is known to lead nowhere.
    fn link(
        &self,
        from: &Row<'e>,
        relation: &'e Relation,
        target: &'e Model,
        alias: &Rc<str>,
    ) -> Result<Option<Vec<Expr>>, InvalidInput> {
        if let Some(join) = &relation.join {
            return self.link_between(from, join, target, alias);
        }
        let model = from.model();
        let there = alone(target, Rc::clone(alias));
        let (own, other) = self.pair(relation, target)?;
        let mut on = Vec::with_capacity(own.len());
        for (own, other) in own.iter().zip(other) {
            let (own, other) = (self.field(model, own)?, self.field(target, other)?);
            let Term::Column(Column { expr: column, .. }) =
                self.column(&there, other, Keys::Any)?
            else {
                return Err(self.fail("a key without a column"));
            };
            let value = match self.column(from, own, Keys::Any)? {
                // The column on the other side says how they compare.
                Term::Column(column) => match column.text() {
                    Some(text) => Expr::Value(Value::Text(text.to_owned())),
                    None => column.expr,
                },
                Term::Stored(Value::Null) => return Ok(None),
                Term::Stored(value) => match self.codec(target, other)?.encode(&value) {
                    Ok(value) => Expr::exact(value),
                    // No row can hold it.
                    Err(_) => return Ok(None),
                },
                _ => return Err(self.fail("a key that is no value")),
            };
            on.push(column.equals(value));
        }
        Ok(Some(on))
    }

    /// The same where both ids stand in a table between.
    ///
    /// Source: contract zenstack §5.3.
    fn link_between(
        &self,
        from: &Row<'e>,
        join: &'e hallpass_zmodel::schema::Join,
        target: &'e Model,
        alias: &str,
    ) -> Result<Option<Vec<Expr>>, InvalidInput> {
        let (own, other) = match join.own {
            JoinColumn::A => (JoinColumn::A, JoinColumn::B),
            JoinColumn::B => (JoinColumn::B, JoinColumn::A),
        };
        let id = |model: &'e Model| match model.id.as_slice() {
            [id] => self.field(model, id),
            _ => Err(self.fail("a relation of many to many without a single id")),
        };
        let this = match self.column(from, id(from.model())?, Keys::Any)? {
            Term::Column(column) => match column.text() {
                Some(text) => Expr::Value(Value::Text(text.to_owned())),
                None => column.expr,
            },
            Term::Stored(Value::Null) => return Ok(None),
            Term::Stored(value) => Expr::exact(value),
            _ => return Err(self.fail("a key that is no value")),
        };
        let between = self.alias(target)?;
        let source = Source::Table {
            table: self.planner.table_between(join),
            alias: Some(between.to_string()),
        };
        let mut pairs = found(source, vec![Expr::of(&*between, own.name()).equals(this)]);
        pairs.columns = vec![Expr::of(&*between, other.name())];
        let there = Expr::of(alias, &id(target)?.column);
        Ok(Some(vec![Expr::InQuery(vec![there], Box::new(pairs))]))
    }

    /// Fields of this side and of the other that are equal in related rows.
    fn pair(
        &self,
        relation: &'e Relation,
        target: &'e Model,
    ) -> Result<(&'e [String], &'e [String]), InvalidInput> {
        if !relation.fields.is_empty() {
            return Ok((&relation.fields, &relation.references));
        }
        let opposite = self.field(target, &relation.opposite)?.relation();
        match opposite {
            Some(opposite) if !opposite.fields.is_empty() => {
                Ok((&opposite.references, &opposite.fields))
            }
            _ => Err(self.fail("a relation without keys")),
        }
    }

    pub(super) fn codec(&self, model: &Model, field: &Field) -> Result<Codec, InvalidInput> {
        let codec = Codec::of(self.planner.engine, model, field);
        codec.ok_or_else(|| self.fail("a field without a column"))
    }

    pub(super) fn field(&self, model: &'e Model, name: &str) -> Result<&'e Field, InvalidInput> {
        model.field(name).ok_or_else(|| InvalidInput::UnknownField {
            model: model.name.clone(),
            field: name.to_owned(),
        })
    }
}

/// A row of a table that a query inside reads by itself.
fn alone<'e>(model: &'e Model, alias: Rc<str>) -> Row<'e> {
    Row::Table {
        model,
        alias,
        bases: Bases::Elsewhere,
    }
}

/// Finds the rows of which all this holds.
fn found(source: Source, on: Vec<Expr>) -> Select {
    let mut select = Select::from(source, vec![Expr::Bool(true)]);
    select.filter = Some(Expr::And(on));
    select
}

fn narrow(select: &mut Select, condition: Expr) {
    let mut parts = match select.filter.take() {
        Some(Expr::And(parts)) => parts,
        other => other.into_iter().collect(),
    };
    match condition {
        Expr::And(more) => parts.extend(more),
        other => parts.push(other),
    }
    select.filter = Some(Expr::And(parts));
}
