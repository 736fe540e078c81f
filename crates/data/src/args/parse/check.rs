//! What `check` takes: what somebody would do, and values of the row.
//!
//! Source: contract zenstack §3.1.

use hallpass_sql::Value;
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Operation, Scalar};

use super::fields::{names, visible};
use super::{At, Counting, nullable};
use crate::error::InvalidInput;

/// What can be asked for.
const OPERATIONS: [Operation; 4] = [
    Operation::Create,
    Operation::Read,
    Operation::Update,
    Operation::Delete,
];

/// Fields of a row, and the values that are known of them.
type Known<'e> = Vec<(&'e Field, Value)>;

/// The operation, and what is known of the row.
pub(crate) fn check<'e>(at: &At<'e, '_>) -> Result<(Operation, Known<'e>), InvalidInput> {
    at.only(&["operation", "where"])?;
    let named = at.member("operation")?;
    let named = named.ok_or_else(|| at.missing("operation"))?;
    let text = named.text()?;
    let operation = OPERATIONS.into_iter().find(|one| one.name() == text);
    let operation = operation.ok_or_else(|| {
        let names = OPERATIONS.map(|one| format!("`{}`", one.name())).join(", ");
        named.fail(format!("expected one of {names}"))
    })?;
    let mut values = Vec::new();
    if let Some(known) = at.member("where")?.filter(|known| !known.is_null()) {
        for member in &known.members()? {
            values.push(value(member)?);
        }
    }
    Ok((operation, values))
}

fn value<'e>(member: &At<'e, '_>) -> Result<(&'e Field, Value), InvalidInput> {
    let (engine, model) = (member.engine(), member.call().model);
    let field = visible(engine, model, member.name());
    let field = field.ok_or_else(|| member.unknown(names(engine, model)))?;
    if !can_be_known(field) {
        return Err(member.fail("a rule is not checked with a value of this field"));
    }
    member.count(Counting::Conditions, 1)?;
    Ok((field, nullable(member, model, field)?))
}

/// Whether rules compare the field as it is, one value with another.
pub(crate) fn can_be_known(field: &Field) -> bool {
    let is_compared = match &field.kind {
        FieldKind::Scalar(scalar) => !matches!(scalar, Scalar::Json | Scalar::Bytes),
        FieldKind::Enum(_) => true,
        _ => false,
    };
    let is_hidden = field.encrypted || field.computed || field.password.is_some();
    is_compared && !is_hidden && field.arity != Arity::List
}
