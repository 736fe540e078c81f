use std::borrow::Cow;
use std::rc::Rc;

use hallpass_sql::{Expr as Sql, Value};
use hallpass_zmodel::schema::{Arity, Casing, Expr, ExprKind, Field, FieldKind, Function};

use super::row::{Keys, Row, Rows};
use super::{Compiler, Element};
use crate::args::ArgValue;
use crate::codec::Codec;
use crate::error::InvalidInput;
use crate::policy::alike::At;
use crate::policy::person::is_nothing;
use crate::policy::{Look, MemberPath};

/// What an expression is, as far as it is known before rows are read.
#[derive(Debug, Clone)]
pub(super) enum Term<'e> {
    /// `null`, as written: a comparison with it asks whether the other side is null.
    Null,
    /// Of the person, or a constant. What the person lacks is none, which differs from everything but null.
    Data(Option<Cow<'e, ArgValue>>),
    /// Of a row whose values are known, as callers see them. Its null is that of a column: nothing compares with it.
    Stored(Value),
    /// Of a row that the database reads.
    Column(Column),
    Row(Row<'e>),
    Rows(Rows<'e>),
    /// What several objects of the person have under one name; null of each that lacks it.
    Items(Vec<&'e ArgValue>),
    /// Several values, as written.
    List(&'e [Expr]),
    /// A truth value that must be worked out.
    Condition,
}

/// A value that the database reads.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) expr: Sql,
    pub(super) codec: Codec,
    /// The text that it is, of a row at hand whose column may fold it. Never null.
    pub(super) known: Option<String>,
}

impl Column {
    /// That text, as far as it means something.
    pub(super) fn text(&self) -> Option<&str> {
        let known = self.known.as_deref()?;
        Some(self.codec.meant(known))
    }

    /// As plain text, where it is of a type that has no patterns.
    pub(super) fn into_text(self) -> Sql {
        if self.codec.is_uuid() {
            Sql::AsText(Box::new(self.expr))
        } else {
            self.expr
        }
    }
}

impl<'e> Compiler<'e, '_> {
    pub(super) fn term(&self, expr: &'e Expr) -> Result<Term<'e>, InvalidInput> {
        Ok(match &expr.kind {
            ExprKind::Null => Term::Null,
            ExprKind::Boolean(truth) => constant(ArgValue::Boolean(*truth)),
            ExprKind::Number(text) => constant(ArgValue::Decimal(text.clone())),
            ExprKind::String(text) => constant(ArgValue::Text(text.clone())),
            ExprKind::EnumMember { member, .. } => constant(ArgValue::Text(member.clone())),
            ExprKind::List(items) => Term::List(items),
            ExprKind::Auth => {
                self.note_same(&MemberPath::default());
                data(self.person.object())
            }
            ExprKind::This => Term::Row(self.this.clone()),
            ExprKind::Before => match &self.before {
                Some(row) => Term::Row(row.clone()),
                None => return Err(self.fail("`before()` outside of `post-update`")),
            },
            ExprKind::Element(outwards) => match self.elements.iter().rev().nth(*outwards) {
                Some(Element::Row(row)) => Term::Row(row.clone()),
                Some(Element::Data(value)) => data(Some(value)),
                None => return Err(self.fail("an element outside of a predicate")),
            },
            ExprKind::Member(entity, name) => self.member(entity, name)?,
            ExprKind::Call(Function::Now, _) => {
                self.planner.note_passing();
                constant(ArgValue::DateTime(self.planner.engine.clock.now()))
            }
            ExprKind::CurrentModel(casing) => text(*casing, &self.this.model().name),
            ExprKind::CurrentOperation(casing) => text(*casing, self.operation.name()),
            ExprKind::Not(_)
            | ExprKind::And(..)
            | ExprKind::Or(..)
            | ExprKind::Compare(..)
            | ExprKind::In(..)
            | ExprKind::Predicate { .. }
            | ExprKind::Call(..)
            | ExprKind::Check { .. } => Term::Condition,
        })
    }

    fn member(&self, entity: &'e Expr, name: &'e str) -> Result<Term<'e>, InvalidInput> {
        // Of the person, what is not asked for may differ.
        if let (ExprKind::Auth, Some(ArgValue::Object(_)) | None) =
            (&entity.kind, self.person.object())
        {
            self.note_same(&MemberPath::of([name]));
            let object = self.person.object();
            return Ok(data(object.and_then(|object| object.member(name))));
        }
        match self.term(entity)? {
            Term::Data(None) => Ok(Term::Data(None)),
            Term::Data(Some(Cow::Borrowed(object @ ArgValue::Object(_)))) => {
                Ok(data(object.member(name)))
            }
            Term::Data(Some(Cow::Borrowed(ArgValue::List(items)))) => {
                self.items(entity, items.iter(), name)
            }
            Term::Items(items) => self.items(entity, items.into_iter(), name),
            Term::Data(Some(_)) => Err(self.mistyped(entity, "an object")),
            Term::Row(row) => {
                let field = self.field(row.model(), name)?;
                self.field_of(row, field)
            }
            Term::Rows(mut rows) => {
                let field = self.field(rows.model(), name)?;
                let relation = field.relation();
                let relation =
                    relation.ok_or_else(|| self.fail("a value of several rows at once"))?;
                let target = self.planner.model(&relation.model)?;
                rows.steps.push((target, relation));
                Ok(Term::Rows(rows))
            }
            Term::Null | Term::Stored(_) | Term::Column(_) | Term::List(_) | Term::Condition => {
                Err(self.fail("a member of a value"))
            }
        }
    }

    /// What leads from the person to a value, where that is all the expression says; nothing is noted of it yet.
    pub(super) fn of_person(&self, expr: &'e Expr) -> Option<(MemberPath, Term<'e>)> {
        if !self.planner.is_shared() {
            return None;
        }
        let mut names = Vec::new();
        let mut inner = expr;
        while let ExprKind::Member(entity, name) = &inner.kind {
            names.push(name.as_str());
            inner = entity;
        }
        if inner.kind != ExprKind::Auth {
            return None;
        }
        let path = MemberPath::of(names.into_iter().rev());
        let value = match path.of_person(self.person) {
            At::Nothing => None,
            At::Value(value) => Some(value),
            At::Elsewhere => return None,
        };
        Some((path, data(value)))
    }

    /// Takes note of a value of the person that decides what the statement says.
    pub(super) fn note_same(&self, path: &MemberPath) {
        self.planner.note(|| {
            let value = match path.of_person(self.person) {
                At::Value(value) => Some(value.clone()),
                At::Nothing | At::Elsewhere => None,
            };
            Look::Same(path.clone(), value)
        });
    }

    fn items(
        &self,
        entity: &'e Expr,
        objects: impl Iterator<Item = &'e ArgValue>,
        name: &str,
    ) -> Result<Term<'e>, InvalidInput> {
        let mut found = Vec::new();
        for object in objects {
            match (object, object.member(name)) {
                (_, Some(ArgValue::List(items))) => found.extend(items),
                (_, Some(item)) => found.push(item),
                (ArgValue::Object(_) | ArgValue::Null, None) => found.push(&ArgValue::Null),
                (_, None) => return Err(self.mistyped(entity, "a list of objects")),
            }
        }
        Ok(Term::Items(found))
    }

    fn field_of(&self, row: Row<'e>, field: &'e Field) -> Result<Term<'e>, InvalidInput> {
        let FieldKind::Relation(relation) = &field.kind else {
            return self.column(&row, field, Keys::Kept);
        };
        let model = self.planner.model(&relation.model)?;
        if field.arity == Arity::List {
            let steps = vec![(model, relation)];
            return Ok(Term::Rows(Rows { from: row, steps }));
        }
        let from = Rc::new(row);
        Ok(Term::Row(Row::Linked {
            model,
            from,
            relation,
        }))
    }
}

fn constant<'e>(value: ArgValue) -> Term<'e> {
    Term::Data(Some(Cow::Owned(value)))
}

/// What the person has; the several nulls that clients know are all none.
fn data(value: Option<&ArgValue>) -> Term<'_> {
    Term::Data(value.filter(|value| !is_nothing(value)).map(Cow::Borrowed))
}

fn text<'e>(casing: Casing, name: &str) -> Term<'e> {
    constant(ArgValue::Text(match casing {
        Casing::Original => name.to_owned(),
        Casing::Upper => name.to_uppercase(),
        Casing::Lower => name.to_lowercase(),
        Casing::Capitalize => first(name, |letter| letter.to_uppercase().collect()),
        Casing::Uncapitalize => first(name, |letter| letter.to_lowercase().collect()),
    }))
}

fn first(name: &str, change: impl Fn(char) -> String) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |letter| change(letter) + letters.as_str())
}
