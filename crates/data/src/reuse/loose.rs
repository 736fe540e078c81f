//! What of a read decides its statement, and what are only values in it.
//!
//! Only those values are taken out of which every one makes the same statement: a text beside a column of texts, a whole
//! number beside one of whole numbers. Of a truth value and of a member of an enum there are few, so these stay. A read with
//! any other value is planned each time.

use std::mem;

use hallpass_sql::Value;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Model, Scalar};

use crate::args::{
    Filter, FindArgs, Input, Listing, OrderKey, Parameter, Related, Selection, Test,
};

/// Takes the values out of the arguments and leaves their numbers; `None`, and nothing is changed, where something else in
/// them decides the statement.
pub(super) fn loosen(schema: &Schema, args: &mut FindArgs) -> Option<Vec<Value>> {
    let mut found = Loose {
        schema,
        inputs: Vec::new(),
    };
    let model = schema.model(&args.model)?;
    found.listing(model, &mut args.rows)?;
    found.selection(model, &mut args.selection)?;
    Some(found.taken())
}

/// The same of a filter alone.
pub(super) fn loosen_filter(
    schema: &Schema,
    model: &Model,
    filter: &mut Filter,
) -> Option<Vec<Value>> {
    let model = schema.model(&model.name)?;
    let mut found = Loose {
        schema,
        inputs: Vec::new(),
    };
    found.filter(model, filter, true)?;
    Some(found.taken())
}

/// The inputs that are only values. Each of its functions gives `None` for what cannot be loosened.
struct Loose<'s, 'a> {
    schema: &'s Schema,
    inputs: Vec<&'a mut Input>,
}

impl<'s, 'a> Loose<'s, 'a> {
    /// Takes the values and leaves their numbers.
    fn taken(self) -> Vec<Value> {
        let mut values = Vec::with_capacity(self.inputs.len());
        for input in self.inputs {
            let number = Input::Parameter(Parameter(values.len()));
            if let Input::Value(value) = mem::replace(input, number) {
                values.push(value);
            }
        }
        values
    }

    fn listing(&mut self, model: &'s Model, rows: &'a mut Listing) -> Option<()> {
        let is_plain = rows.cursor.is_none()
            && rows
                .order
                .iter()
                .all(|order| matches!(order.key, OrderKey::Field(_) | OrderKey::Count(_)));
        if !is_plain {
            return None;
        }
        match &mut rows.filter {
            Some(filter) => self.filter(model, filter, true),
            None => Some(()),
        }
    }

    fn selection(&mut self, model: &'s Model, selection: &'a mut Selection) -> Option<()> {
        // Of counts few are filtered.
        if selection.counts.iter().any(|count| count.filter.is_some()) {
            return None;
        }
        for include in &mut selection.include {
            let target = self.target(model, &include.field)?;
            self.listing(target, &mut include.rows)?;
            self.selection(target, &mut include.selection)?;
        }
        Some(())
    }

    /// `plainly`: outside of what is negated, where "no row can hold it" is said in another way.
    fn filter(&mut self, model: &'s Model, filter: &'a mut Filter, plainly: bool) -> Option<()> {
        match filter {
            Filter::All(parts) | Filter::Any(parts) => {
                let mut parts = parts.iter_mut();
                parts.try_for_each(|part| self.filter(model, part, plainly))
            }
            Filter::Not(inner) => self.filter(model, inner, false),
            Filter::Field(name, test) => self.test(model.field(name)?, test, plainly),
            Filter::Relation(name, related) => {
                let target = self.target(model, name)?;
                match related {
                    Related::Some(inner) => self.filter(target, inner, plainly),
                    Related::Every(inner) | Related::None(inner) => {
                        self.filter(target, inner, false)
                    }
                }
            }
            Filter::Unlinked(_) => Some(()),
        }
    }

    fn test(&mut self, field: &Field, test: &'a mut Test, plainly: bool) -> Option<()> {
        let input = match test {
            Test::IsEmpty(_) => return Some(()),
            Test::AnyCase(inner) => return self.test(field, inner, plainly),
            Test::Equals(input)
            | Test::Exactly(input)
            | Test::Not(input)
            | Test::Less(input)
            | Test::LessOrEqual(input)
            | Test::Greater(input)
            | Test::GreaterOrEqual(input)
            | Test::Contains(input)
            | Test::StartsWith(input)
            | Test::EndsWith(input) => input,
            Test::In(_)
            | Test::NotIn(_)
            | Test::Has(_)
            | Test::HasEvery(_)
            | Test::HasSome(_)
            | Test::Words { .. }
            | Test::Alike { .. }
            | Test::Json(..)
            | Test::Inside(_) => return None,
        };
        match input {
            Input::Value(value) if stays(value, field) => {}
            Input::Value(value) if plainly && leaves(value, field) => self.inputs.push(input),
            Input::Value(_) | Input::Parameter(_) => return None,
        }
        Some(())
    }

    fn target(&self, model: &Model, field: &str) -> Option<&'s Model> {
        let relation = model.field(field)?.relation()?;
        self.schema.model(&relation.model)
    }
}

/// Whether the value is one of few, and so part of what the read is found by.
fn stays(value: &Value, field: &Field) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Text(_) => matches!(field.kind, FieldKind::Enum(_)),
        _ => false,
    }
}

/// Whether every such value makes the same statement. Types of the database's own know texts and numbers that are none of
/// theirs.
fn leaves(value: &Value, field: &Field) -> bool {
    if field.arity == Arity::List || field.native_type.is_some() || field.encrypted {
        return false;
    }
    match (value, &field.kind) {
        (Value::Text(_), FieldKind::Scalar(Scalar::String)) => true,
        (Value::Int(number), FieldKind::Scalar(Scalar::Int)) => i32::try_from(*number).is_ok(),
        (Value::Int(_), FieldKind::Scalar(Scalar::BigInt)) => true,
        _ => false,
    }
}
