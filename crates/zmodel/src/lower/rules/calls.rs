//! Calls of functions in rules, held against the table of `functions`.

use super::checker::{Checker, OtherRow, Rule};
use super::functions::{self, FUNCTIONS, Gives, Parameter, Places, Row, Takes};
use super::types::{boolean, is_text, is_value};
use crate::ast::{self, Argument, Name};
use crate::diagnostic::Mistake;
use crate::schema::{Casing, Expr, ExprKind, Function, Operation, Scalar, Type, TypeBase};
use crate::source::Span;
use crate::suggest;

/// The operations that `check` may ask of.
const CHECKED: [Operation; 4] = [
    Operation::Create,
    Operation::Read,
    Operation::Update,
    Operation::Delete,
];

const CASINGS: [(&str, Casing); 5] = [
    ("original", Casing::Original),
    ("upper", Casing::Upper),
    ("lower", Casing::Lower),
    ("capitalize", Casing::Capitalize),
    ("uncapitalize", Casing::Uncapitalize),
];

impl<'c> Checker<'c, '_> {
    /// `name(arguments)`
    pub(super) fn call(
        &mut self,
        name: &'c Name,
        arguments: &'c [Argument],
        span: Span,
    ) -> Option<Expr> {
        let row = self.row_of(name)?;
        let given = self.arguments(row, name, arguments)?;
        match row.gives {
            Gives::Call(function, scalar) => Some(call(function, scalar, given)),
            Gives::Auth => self.auth(name),
            Gives::Check => self.check_of(given, name, span),
            Gives::CurrentModel | Gives::CurrentOperation => Some(current(row.gives, &given)),
            Gives::OtherRow => self.other_row_alone(row, name),
            Gives::Nothing => {
                let message = format!("no rule can call `{}`", name.text);
                self.refuse(Mistake::at(name.span, message).help(row.explain()))
            }
        }
    }

    /// `before()` or `future()`, before one of its members.
    pub(super) fn other_row(&mut self, name: &'c Name, arguments: &'c [Argument]) -> Option<Expr> {
        let row = self.row_of(name)?;
        self.arguments(row, name, arguments)?;
        let here = match self.rule {
            Rule::Model { other_row, .. } => other_row,
            Rule::Field | Rule::Validation => OtherRow::None,
        };
        let fits = match here {
            OtherRow::None => false,
            OtherRow::Before => name.text == "before",
            OtherRow::Future => name.text == "future",
        };
        if !fits {
            let operation = if name.text == "before" {
                "post-update"
            } else {
                "update"
            };
            let message = format!(
                "`{}()` may stand only in rules of models for `{operation}` alone",
                name.text
            );
            return self.refuse(Mistake::at(name.span, message).help(row.explain()));
        }
        // `future` turns the rule around when it is whole.
        Some(Expr {
            kind: ExprKind::Before,
            ty: Type::one(self.this.clone()),
        })
    }

    /// `future()` may be compared as a row; of `before()` only the fields are known.
    fn other_row_alone(&mut self, row: &Row, name: &'c Name) -> Option<Expr> {
        if name.text == "future" {
            return self.other_row(name, &[]);
        }
        let message = "a field follows `before()`";
        self.refuse(Mistake::at(name.span, message).help(row.explain()))
    }

    fn row_of(&mut self, name: &Name) -> Option<&'static Row> {
        let Some(row) = functions::find(&name.text) else {
            if self.index.declares_function(&name.text) {
                let message = format!("nobody can work out the function `{}`", name.text);
                let help = "it is declared, but only built-in functions have a meaning";
                return self.refuse(Mistake::at(name.span, message).help(help));
            }
            let message = format!("rules do not know the function `{}`", name.text);
            let known = FUNCTIONS.iter().map(|row| row.name);
            let near = suggest::did_you_mean(&name.text, known);
            return self.refuse(Mistake::at(name.span, message).maybe_help(near));
        };
        let is_validation = self.rule == Rule::Validation;
        let (fits, place) = match row.places {
            Places::Both => (true, ""),
            Places::Access => (!is_validation, "`@@validate`"),
            Places::Validation => (is_validation, "an access rule"),
        };
        if !fits {
            let message = format!("`{}` may not stand in {place}", row.name);
            return self.refuse(Mistake::at(name.span, message).help(row.explain()));
        }
        Some(row)
    }

    /// The arguments of a call, held against the row.
    fn arguments(
        &mut self,
        row: &'static Row,
        name: &Name,
        arguments: &'c [Argument],
    ) -> Option<Vec<Expr>> {
        let mut given: Vec<Expr> = Vec::new();
        let mut parameters = row.parameters.iter();
        for argument in arguments {
            let Some(parameter) = parameters.next() else {
                let message = format!("`{}` takes no more arguments", row.name);
                return self.refuse(Mistake::at(argument.span, message).help(row.explain()));
            };
            if let Some(name) = &argument.name {
                let mistake = Mistake::at(name.span, "arguments of functions have no names");
                return self.refuse(mistake.help(row.explain()));
            }
            let value = self.argument(row, parameter, &argument.value, &given)?;
            given.push(value);
        }
        match parameters.find(|parameter| parameter.required) {
            Some(missing) => {
                let message = format!("`{}` needs its `{}`", row.name, missing.name);
                self.refuse(Mistake::at(name.span, message).help(row.explain()))
            }
            None => Some(given),
        }
    }

    fn argument(
        &mut self,
        row: &Row,
        parameter: &Parameter,
        written: &'c ast::Expr,
        before: &[Expr],
    ) -> Option<Expr> {
        let mut value = self.value(written)?;
        let list = before.first();
        if let (Takes::Item | Takes::Items, Some(list)) = (parameter.takes, list) {
            self.fit(&mut value, &list.ty.base, written.span)?;
        }
        let may_stand_in = list.is_some_and(|list| self.can_be_equal(&value, list));
        let ty = &value.ty;
        let is_list = ty.list && (is_value(&ty.base) || ty.base == TypeBase::Null);
        let fits = match parameter.takes {
            Takes::Text => is_text(ty),
            Takes::Flag => matches!(value.kind, ExprKind::Boolean(_)),
            Takes::Count => {
                matches!(&value.kind, ExprKind::Number(count) if count.parse::<u32>().is_ok())
            }
            Takes::Pattern => matches!(value.kind, ExprKind::String(_)),
            Takes::List => is_list,
            Takes::Item => !ty.list && is_value(&ty.base) && may_stand_in,
            Takes::Items => is_list && may_stand_in,
            Takes::TextOrList => is_text(ty) || is_list,
            Takes::Relation => self.is_relation_to_one(&value),
            Takes::Operation => operation(&value).is_some(),
            Takes::Casing => casing(&value).is_some(),
        };
        if let (Takes::Pattern, ExprKind::String(pattern)) = (parameter.takes, &value.kind)
            && let Err(mistake) = self.patterns.check(pattern, written.span)
        {
            return self.refuse(*mistake);
        }
        if fits {
            return Some(value);
        }
        let message = format!(
            "`{}` of `{}` takes {}",
            parameter.name,
            row.name,
            parameter.takes.describe()
        );
        let near = match (&value.kind, parameter.takes) {
            (ExprKind::String(word), Takes::Operation) => {
                suggest::did_you_mean(word, CHECKED.map(Operation::name))
            }
            (ExprKind::String(word), Takes::Casing) => {
                suggest::did_you_mean(word, CASINGS.map(|(name, _)| name))
            }
            _ => None,
        };
        let help = near.unwrap_or_else(|| row.explain());
        self.refuse(Mistake::at(written.span, message).help(help))
    }

    /// Whether it is a relation to one stored row, of the row or element itself.
    fn is_relation_to_one(&self, value: &Expr) -> bool {
        let is_own = match &value.kind {
            ExprKind::Member(row, _) => {
                matches!(row.kind, ExprKind::This | ExprKind::Element(_))
            }
            _ => false,
        };
        let is_one = !value.ty.list && matches!(value.ty.base, TypeBase::Model(_));
        is_own && is_one && !self.is_from_auth(value)
    }

    fn auth(&mut self, name: &Name) -> Option<Expr> {
        let Some(base) = self.index.auth.clone() else {
            let message = "it is not known what `auth()` is";
            let help = "give the model or type of the people who sign in the attribute `@@auth`, or the name `User`";
            return self.refuse(Mistake::at(name.span, message).help(help));
        };
        Some(Expr {
            kind: ExprKind::Auth,
            ty: Type {
                base,
                list: false,
                optional: true,
            },
        })
    }

    fn check_of(&mut self, given: Vec<Expr>, name: &Name, span: Span) -> Option<Expr> {
        let mut given = given.into_iter();
        let (relation, asked) = (given.next()?, given.next());
        let operation = asked.as_ref().and_then(operation);
        if let Rule::Model { operations, .. } = self.rule
            && operation.is_none()
            && operations.contains(Operation::PostUpdate)
        {
            // The related row is not what was updated: its own rules of `post-update` would say nothing here.
            let message = "after an update, `check` asks whether the related row admits an update";
            let help = "write the operation that is meant, as in `check(relation, 'read')`";
            self.mistakes
                .warn(Mistake::at(name.span, message).help(help));
        }
        if let TypeBase::Model(model) = &relation.ty.base {
            self.checks.push((span, model.clone()));
        }
        Some(boolean(ExprKind::Check {
            relation: Box::new(relation),
            operation,
        }))
    }
}

fn call(function: Function, scalar: Scalar, given: Vec<Expr>) -> Expr {
    // Of the older language: with bounds it says whether they are kept.
    let scalar = match function {
        Function::Length if given.len() > 1 => Scalar::Boolean,
        _ => scalar,
    };
    Expr {
        kind: ExprKind::Call(function, given),
        ty: Type::scalar(scalar),
    }
}

fn current(gives: Gives, given: &[Expr]) -> Expr {
    let casing = given.first().and_then(casing).unwrap_or(Casing::Original);
    Expr {
        kind: match gives {
            Gives::CurrentModel => ExprKind::CurrentModel(casing),
            _ => ExprKind::CurrentOperation(casing),
        },
        ty: Type::scalar(Scalar::String),
    }
}

fn operation(value: &Expr) -> Option<Operation> {
    let ExprKind::String(word) = &value.kind else {
        return None;
    };
    CHECKED
        .into_iter()
        .find(|operation| operation.name() == word)
}

fn casing(value: &Expr) -> Option<Casing> {
    let ExprKind::String(word) = &value.kind else {
        return None;
    };
    CASINGS
        .into_iter()
        .find(|(name, _)| name == word)
        .map(|(_, casing)| casing)
}
