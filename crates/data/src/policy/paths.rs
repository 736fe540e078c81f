//! What conditions name: members of the person, and fields of rows.

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Expr, ExprKind, Model, Relation};

/// Where a path begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start<'s> {
    /// `auth()`
    Auth,
    /// The row that the rule is about.
    This(&'s Model),
    /// A row that a predicate looks at.
    Element(&'s Model),
}

/// `auth().organization.id`, `owner.name`
#[derive(Debug, Clone)]
pub(super) struct Path<'s> {
    pub(super) start: Start<'s>,
    pub(super) names: Vec<&'s str>,
}

/// What names stand for at a place in a rule.
#[derive(Debug)]
pub(super) struct Scope<'s> {
    schema: &'s Schema,
    this: &'s Model,
    /// What the predicates around look at, the innermost last.
    elements: Vec<Option<Path<'s>>>,
}

impl<'s> Scope<'s> {
    pub(super) fn new(schema: &'s Schema, this: &'s Model) -> Self {
        Self {
            schema,
            this,
            elements: Vec::new(),
        }
    }

    /// What an expression names; `None` for one that works something out.
    pub(super) fn path(&self, expr: &'s Expr) -> Option<Path<'s>> {
        let begin = |start| {
            let names = Vec::new();
            Some(Path { start, names })
        };
        match &expr.kind {
            ExprKind::Auth => begin(Start::Auth),
            ExprKind::This => begin(Start::This(self.this)),
            ExprKind::Element(outwards) => self.elements.iter().rev().nth(*outwards)?.clone(),
            ExprKind::Member(entity, name) => {
                let mut path = self.path(entity)?;
                path.names.push(name);
                Some(path)
            }
            _ => None,
        }
    }

    /// Goes into a predicate over `collection`.
    pub(super) fn enter(&mut self, collection: &'s Expr) {
        let element = self.element(collection);
        self.elements.push(element);
    }

    /// Comes out of the predicate again.
    pub(super) fn leave(&mut self) {
        self.elements.pop();
    }

    fn element(&self, collection: &'s Expr) -> Option<Path<'s>> {
        let path = self.path(collection)?;
        match path.start {
            Start::Auth => Some(path),
            Start::This(model) | Start::Element(model) => {
                let mut model = model;
                for name in path.names {
                    model = self.target(model.field(name)?.relation()?)?;
                }
                let start = Start::Element(model);
                let names = Vec::new();
                Some(Path { start, names })
            }
        }
    }

    /// The model whose rows a relation names.
    pub(super) fn target(&self, relation: &Relation) -> Option<&'s Model> {
        self.schema.model(&relation.model)
    }
}
