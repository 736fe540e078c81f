//! What no access rule may ask for, told when a client is opened: a rule that only fails when somebody calls is found by
//! whoever calls first.

use hallpass_sql::Dialect;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, Expr, ExprKind, Field, Model, Policy, TypeBase};

use crate::client::{Engine, OpenError};
use crate::codec::Codec;
use crate::error::InvalidInput;
use crate::fit::Found;

/// Why a field of a model is no part of a rule; `None` where it may be.
type Refusal<'r> = &'r dyn Fn(&Model, &Field, Whose) -> Option<&'static str>;

/// Where the value of a field comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// A row's, or one before it was changed.
    Row,
    /// The person's, whose program gave it.
    Person,
}

/// A rule that cannot be judged.
struct Refused {
    /// Whose it is.
    model: String,
    /// The model and the field that it asks for.
    field: String,
    /// Why that cannot be.
    what: &'static str,
}

/// Why lists of texts that a type or a collation folds have no meaning in rules: of each element `has` would have to tell
/// whether it is in doubt.
const FOLDING_LIST: &str = "is a list of texts that are equal although their bytes differ";

/// Refuses rules about fields that have no column, or whose column holds something else than they say, as far as the schema
/// tells it.
pub(crate) fn check(schema: &Schema, dialect: Dialect) -> Result<(), OpenError> {
    let found = refused(schema, &|_, field, whose| match whose {
        // A sealed text is another at each writing.
        _ if field.encrypted => Some("is encrypted"),
        Whose::Row if field.computed => Some("is computed and has no column"),
        Whose::Row => folding_list(field, Codec::of_new(schema, dialect, field)),
        Whose::Person => None,
    });
    match found {
        None => Ok(()),
        Some(Refused { model, field, what }) => Err(OpenError::Rule { model, field, what }),
    }
}

/// Refuses rules about columns that the tables have made otherwise than the schema lets expect.
pub(crate) fn check_found(engine: &Engine, found: &Found) -> Result<(), InvalidInput> {
    let schema = &engine.schema;
    let found = refused(schema, &|model, field, whose| {
        let facts = found.facts(schema.keeper(model, field), field);
        let folds = field.arity == Arity::List && facts.is_some_and(|facts| facts.folds());
        (folds && whose == Whose::Row).then_some(FOLDING_LIST)
    });
    match found {
        None => Ok(()),
        Some(Refused { model, field, what }) => Err(InvalidInput::Rule { model, field, what }),
    }
}

fn folding_list(field: &Field, codec: Option<Codec>) -> Option<&'static str> {
    let folds = codec.is_some_and(|codec| codec.folds);
    (field.arity == Arity::List && folds).then_some(FOLDING_LIST)
}

/// The first rule about a field for which there is a reason to refuse it.
fn refused(schema: &Schema, reason: Refusal<'_>) -> Option<Refused> {
    let mut policies = schema
        .models
        .iter()
        .flat_map(|model| policies(model).map(move |policy| (model, policy)));
    policies.find_map(|(model, policy)| {
        let search = Search { schema, reason };
        let (field, what) = search.find(&policy.condition, &mut Vec::new())?;
        Some(Refused {
            model: model.name.clone(),
            field,
            what,
        })
    })
}

fn policies(model: &Model) -> impl Iterator<Item = &Policy> {
    let of_fields = model.fields.iter().flat_map(|field| &field.policies);
    model.policies.iter().chain(of_fields)
}

struct Search<'s> {
    schema: &'s Schema,
    reason: Refusal<'s>,
}

impl Search<'_> {
    /// The first field that a condition may not ask for. `elements` are those around it, outermost first.
    fn find(&self, expr: &Expr, elements: &mut Vec<Whose>) -> Option<(String, &'static str)> {
        match &expr.kind {
            ExprKind::Member(entity, name) => {
                let refused = self.refused(entity, name, whose(entity, elements));
                refused.or_else(|| self.find(entity, elements))
            }
            ExprKind::Predicate {
                collection,
                condition,
                ..
            } => {
                let found = self.find(collection, elements);
                found.or_else(|| {
                    elements.push(whose(collection, elements));
                    let found = self.find(condition, elements);
                    elements.pop();
                    found
                })
            }
            ExprKind::Not(inner)
            | ExprKind::Check {
                relation: inner, ..
            } => self.find(inner, elements),
            ExprKind::And(one, other)
            | ExprKind::Or(one, other)
            | ExprKind::Compare(one, _, other)
            | ExprKind::In(one, other) => {
                let found = self.find(one, elements);
                found.or_else(|| self.find(other, elements))
            }
            ExprKind::List(parts) | ExprKind::Call(_, parts) => {
                parts.iter().find_map(|part| self.find(part, elements))
            }
            ExprKind::Null
            | ExprKind::Boolean(_)
            | ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::EnumMember { .. }
            | ExprKind::Auth
            | ExprKind::This
            | ExprKind::Before
            | ExprKind::Element(_)
            | ExprKind::CurrentModel(_)
            | ExprKind::CurrentOperation(_) => None,
        }
    }

    fn refused(&self, entity: &Expr, name: &str, whose: Whose) -> Option<(String, &'static str)> {
        let TypeBase::Model(model) = &entity.ty.base else {
            return None;
        };
        let model = self.schema.model(model)?;
        let field = model.field(name)?;
        let what = (self.reason)(model, field, whose)?;
        Some((format!("{}.{}", model.name, field.name), what))
    }
}

fn whose(expr: &Expr, elements: &[Whose]) -> Whose {
    match &expr.kind {
        ExprKind::Auth => Whose::Person,
        ExprKind::Member(entity, _) => whose(entity, elements),
        ExprKind::Element(outwards) => {
            let element = elements.iter().rev().nth(*outwards);
            element.copied().unwrap_or(Whose::Row)
        }
        _ => Whose::Row,
    }
}
