//! The arguments of procedures.
//!
//! Source: contract zenstack §4.1.

use hallpass_sql::Value;
use hallpass_zmodel::schema::{Parameter, Procedure, Scalar, ValueKind};
use serde_json::Number;

use super::At;
use super::typed::{member, of_name};
use super::value::of_scalar;
use crate::args::ArgValue;
use crate::error::InvalidInput;

/// The arguments as the procedure gets them.
pub(crate) fn procedure_arguments(
    at: &At<'_, '_>,
    procedure: &Procedure,
) -> Result<ArgValue, InvalidInput> {
    let refuse = |message: String| InvalidInput::Procedure {
        procedure: procedure.name.clone(),
        message,
    };
    let members = match at.value() {
        ArgValue::Null => Vec::new(),
        ArgValue::Object(_) => at.members()?,
        _ => return Err(refuse("arguments are an object".to_owned())),
    };
    let parameter = |name: &str| procedure.parameters.iter().find(|one| one.name == name);
    if let Some(unknown) = members.iter().find(|one| parameter(one.name()).is_none()) {
        return Err(refuse(format!(
            "unknown argument `{}`",
            super::at::cut(unknown.name())
        )));
    }
    let mut given = Vec::with_capacity(members.len());
    for parameter in &procedure.parameters {
        let member = members.iter().find(|one| one.name() == parameter.name);
        match member.filter(|member| !(parameter.optional && member.is_null())) {
            Some(member) => given.push((parameter.name.clone(), argument(member, parameter)?)),
            None if parameter.optional => {}
            None => return Err(refuse(format!("missing argument `{}`", parameter.name))),
        }
    }
    Ok(ArgValue::Object(given))
}

fn argument(at: &At<'_, '_>, parameter: &Parameter) -> Result<ArgValue, InvalidInput> {
    if !parameter.takes.list {
        return one(at, &parameter.takes.kind);
    }
    let items = at.items()?;
    let items = items.iter().map(|item| one(item, &parameter.takes.kind));
    items.collect::<Result<_, _>>().map(ArgValue::List)
}

fn one(at: &At<'_, '_>, kind: &ValueKind) -> Result<ArgValue, InvalidInput> {
    match kind {
        ValueKind::Scalar(scalar) => of_kind(at, *scalar),
        ValueKind::Enum(name) => {
            member(at, name)?;
            Ok(at.value().clone())
        }
        ValueKind::Typed(name) => {
            of_name(at, name)?;
            Ok(at.value().clone())
        }
        // Whatever a row may be: nobody says which of its fields it brings.
        ValueKind::Model(_) if !at.is_object() => Err(at.expected("object")),
        ValueKind::Model(_) | ValueKind::Any => Ok(at.value().clone()),
        ValueKind::Nothing => Err(at.fail("has no value")),
    }
}

fn of_kind(at: &At<'_, '_>, scalar: Scalar) -> Result<ArgValue, InvalidInput> {
    let value = of_scalar(at, scalar)?;
    Ok(match (value, scalar) {
        (Value::Timestamp(moment), _) => ArgValue::DateTime(moment),
        (Value::Decimal(number), _) => ArgValue::Decimal(number),
        (Value::Float(number), _) if matches!(at.value(), ArgValue::Literal(_)) => {
            Number::from_f64(number).map_or(ArgValue::Null, ArgValue::Number)
        }
        (Value::Int(number), Scalar::BigInt) => ArgValue::BigInt(number),
        (Value::Int(number), Scalar::Int) if i32::try_from(number).is_err() => {
            return Err(at.fail("expected a whole number of 32 bits"));
        }
        _ => at.value().clone(),
    })
}
