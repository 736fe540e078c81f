//! What names stand for in a rule (contract zenstack §1.8).
//!
//! A bare name is a field of the model that has the rule, else a member of an enum. In the body of a predicate it is a field of the element,
//! else the name that an enclosing predicate gives its element, else a member of an enum; never a field of the model outside.

use super::checker::{Checker, Element, Rule};
use super::index::type_of;
use crate::ast::{self, Name, Predicate};
use crate::diagnostic::Mistake;
use crate::schema::{Expr, ExprKind, Type, TypeBase};
use crate::source::Span;
use crate::suggest;

impl<'c> Checker<'c, '_> {
    /// A bare name.
    pub(super) fn reference(&mut self, name: &str, span: Span) -> Option<Expr> {
        let row = self.innermost();
        if self.index.field(&row.ty.base, name).is_some() {
            return self.field_of(row, name, span);
        }
        if self.binding(name).is_some() {
            let message = format!("`{name}` stands for a row, not for a value");
            let help = format!("write one of its members, as in `{name}.id`");
            return self.refuse(Mistake::at(span, message).help(help));
        }
        if let Some(found) = self.index.enum_with(name) {
            return Some(member_of(&found.name, name));
        }
        self.unknown(&row.ty.base, name, span)
    }

    /// `inner.name`
    pub(super) fn member(&mut self, inner: &'c ast::Expr, name: &Name) -> Option<Expr> {
        if let Some(found) = self.named(inner, name) {
            return found;
        }
        let row = self.row(inner)?;
        if row.ty.list {
            return self.refuse(many(&row, inner.span));
        }
        self.member_of_row(row, name)
    }

    /// What a predicate looks at. On the way there, what is many goes on being many: `posts.notes?[…]` is about the notes of all posts.
    fn collection(&mut self, expr: &'c ast::Expr) -> Option<Expr> {
        let ast::ExprKind::Member(inner, name) = &expr.kind else {
            return self.value(expr);
        };
        // Input is looked at step by step.
        if self.rule == Rule::Validation {
            return self.member(inner, name);
        }
        if let Some(found) = self.named(inner, name) {
            return found;
        }
        let row = match inner.kind {
            ast::ExprKind::Member(..) => self.collection(inner)?,
            _ => self.row(inner)?,
        };
        let is_many = row.ty.list;
        let mut member = self.member_of_row(row, name)?;
        member.ty.list |= is_many;
        Some(member)
    }

    /// A member of what a predicate gives a name, or of an enum.
    fn named(&mut self, inner: &ast::Expr, name: &Name) -> Option<Option<Expr>> {
        let ast::ExprKind::Reference(first) = &inner.kind else {
            return None;
        };
        if self.index.field(&self.innermost().ty.base, first).is_some() {
            return None;
        }
        if let Some(element) = self.binding(first) {
            return Some(self.field_of(element, &name.text, name.span));
        }
        self.index.enumeration(first)?;
        Some(self.member_named(first, name))
    }

    /// What stands before `.name`.
    fn row(&mut self, expr: &'c ast::Expr) -> Option<Expr> {
        match &expr.kind {
            ast::ExprKind::Call(function, arguments) if is_other_row(&function.text) => {
                self.other_row(function, arguments)
            }
            _ => self.value(expr),
        }
    }

    fn member_of_row(&mut self, row: Expr, name: &Name) -> Option<Expr> {
        if !matches!(row.ty.base, TypeBase::Model(_) | TypeBase::Typed(_)) {
            let message = format!("a value of type `{}` has no members", row.ty);
            return self.refuse(Mistake::at(name.span, message));
        }
        self.field_of(row, &name.text, name.span)
    }

    /// `rows?[condition]`
    pub(super) fn predicate(&mut self, predicate: &'c Predicate) -> Option<Expr> {
        let Predicate {
            collection,
            quantifier,
            binding,
            condition,
        } = predicate;
        if matches!(collection.kind, ast::ExprKind::Not(_)) {
            let sign = quantifier.sign();
            let message = format!("`!` takes only what stands before `{sign}[`");
            let help = format!("write `!(…{sign}[…])`");
            return self.refuse(Mistake::at(collection.span, message).help(help));
        }
        let rows = self.collection(collection)?;
        let is_row = matches!(rows.ty.base, TypeBase::Model(_) | TypeBase::Typed(_));
        if !rows.ty.list || !is_row {
            let sign = quantifier.sign();
            let message = format!(
                "`{sign}[…]` asks something of many rows, this is `{}`",
                rows.ty
            );
            return self.refuse(Mistake::at(collection.span, message));
        }
        if let Some(binding) = binding
            && self.index.field(&rows.ty.base, &binding.text).is_some()
        {
            let message = format!("`{}` stands for the field, not for the row", binding.text);
            let help = "give the row a name that is no field of it";
            self.mistakes
                .warn(Mistake::at(binding.span, message).help(help));
        }
        self.elements.push(Element {
            base: rows.ty.base.clone(),
            binding: binding.as_ref(),
            from_auth: self.is_from_auth(&rows),
        });
        let condition = self.condition(condition);
        self.elements.pop();
        Some(super::types::boolean(ExprKind::Predicate {
            quantifier: *quantifier,
            collection: Box::new(rows),
            condition: Box::new(condition?),
        }))
    }

    /// What a bare name is looked up in.
    fn innermost(&self) -> Expr {
        match self.elements.last() {
            Some(element) => element_at(element, 0),
            None => self.this(),
        }
    }

    /// The element of the innermost predicate that gives it this name.
    fn binding(&self, name: &str) -> Option<Expr> {
        let mut elements = self.elements.iter().rev().enumerate();
        let is_named = |element: &Element<'_>| element.binding.is_some_and(|own| own.text == name);
        elements
            .find(|(_, element)| is_named(element))
            .map(|(depth, element)| element_at(element, depth))
    }

    /// A field of a row. What the person has may be missing, whatever its type says.
    pub(super) fn field_of(&mut self, row: Expr, name: &str, span: Span) -> Option<Expr> {
        let Some(field) = self.index.field(&row.ty.base, name) else {
            return self.no_field(&row.ty.base, name, span);
        };
        let from_auth = self.is_from_auth(&row);
        let Some(ty) = type_of(field) else {
            let message = format!("what `{name}` holds has no name in the language");
            return self.refuse(Mistake::at(span, message).help("no rule can look at it"));
        };
        if !from_auth && let Err(mistake) = self.may_look_at(&row, field, &ty, span) {
            return self.refuse(*mistake);
        }
        let optional = ty.optional || row.ty.optional || from_auth;
        Some(Expr {
            kind: ExprKind::Member(Box::new(row), name.to_owned()),
            ty: Type { optional, ..ty },
        })
    }

    fn member_named(&mut self, enumeration: &str, name: &Name) -> Option<Expr> {
        if self.index.has_member(enumeration, &name.text) {
            return Some(member_of(enumeration, &name.text));
        }
        self.no_member(enumeration, &name.text, name.span)
    }

    /// Reports what an enum has not.
    pub(super) fn no_member<T>(&mut self, enumeration: &str, name: &str, span: Span) -> Option<T> {
        if self.index.enums_incomplete() {
            return None;
        }
        let found = self.index.enumeration(enumeration);
        let members = found.into_iter().flat_map(|item| &item.members);
        let near = suggest::did_you_mean(name, members.map(|member| member.name.as_str()));
        let message = format!("enum `{enumeration}` has no member `{name}`");
        self.refuse(Mistake::at(span, message).maybe_help(near))
    }

    fn no_field(&mut self, owner: &TypeBase, name: &str, span: Span) -> Option<Expr> {
        if self.index.is_incomplete(owner) {
            return None;
        }
        let message = format!("{} has no field `{name}`", describe(owner));
        let near = suggest::did_you_mean(name, self.index.field_names(owner));
        self.refuse(Mistake::at(span, message).maybe_help(near))
    }

    fn unknown(&mut self, owner: &TypeBase, name: &str, span: Span) -> Option<Expr> {
        if self.index.is_incomplete(owner) || self.index.enums_incomplete() {
            return None;
        }
        if self.index.enumeration(name).is_some() {
            let message = format!("`{name}` is an enum, not a value");
            let help = format!("write one of its members, as in `{name}.MEMBER`");
            return self.refuse(Mistake::at(span, message).help(help));
        }
        let message = format!(
            "`{name}` is no field of {} and no member of an enum",
            describe(owner)
        );
        let outside = !self.elements.is_empty() && self.index.field(&self.this, name).is_some();
        let help = if outside {
            Some(format!(
                "inside `[…]` write `this.{name}` for the field of {}",
                describe(&self.this)
            ))
        } else {
            let bindings = self.elements.iter().filter_map(|element| element.binding);
            let known = self.index.field_names(owner).into_iter();
            let known = known.chain(bindings.map(|binding| binding.text.as_str()));
            let words = ["this", "auth", "null", "true", "false"];
            let known = known.chain(self.index.member_names()).chain(words);
            suggest::did_you_mean(name, known)
        };
        self.refuse(Mistake::at(span, message).maybe_help(help))
    }
}

/// Whether a function gives the row as it is at another time.
fn is_other_row(function: &str) -> bool {
    matches!(function, "before" | "future")
}

fn element_at(element: &Element<'_>, depth: usize) -> Expr {
    Expr {
        kind: ExprKind::Element(depth),
        ty: Type::one(element.base.clone()),
    }
}

fn member_of(enumeration: &str, member: &str) -> Expr {
    Expr {
        kind: ExprKind::EnumMember {
            enumeration: enumeration.to_owned(),
            member: member.to_owned(),
        },
        ty: Type::one(TypeBase::Enum(enumeration.to_owned())),
    }
}

/// The mistake of asking many for a member.
fn many(rows: &Expr, span: Span) -> Mistake {
    let one = Type::one(rows.ty.base.clone());
    let mistake = Mistake::at(span, format!("these are many of `{one}`, not one"));
    mistake.help("ask something of them with `?[…]`, `![…]` or `^[…]`")
}

/// In words.
fn describe(owner: &TypeBase) -> String {
    match owner {
        TypeBase::Model(name) => format!("model `{name}`"),
        TypeBase::Typed(name) => format!("type `{name}`"),
        TypeBase::Scalar(_) | TypeBase::Enum(_) | TypeBase::Null => {
            format!("`{}`", Type::one(owner.clone()))
        }
    }
}
