use hallpass_sql::{Column, ColumnDefault, ColumnType, NativeColumn, NativeTypeError, Value};
use hallpass_zmodel::schema::{Arity, DefaultValue, Enum, Field, FieldKind, Model, Scalar};

use super::CreateTablesError;
use crate::client::Engine;
use crate::codec::Codec;
use crate::plan::literal_value;

/// The column of a field; `None` for a relation.
pub(super) fn column(
    engine: &Engine,
    model: &Model,
    field: &Field,
) -> Result<Option<Column>, CreateTablesError> {
    let Some(column_type) = column_type(engine, model, field)? else {
        return Ok(None);
    };
    let is_list = field.arity == Arity::List
        && matches!(field.kind, FieldKind::Scalar(_) | FieldKind::Enum(_));
    Ok(Some(Column {
        name: field.column.clone(),
        column_type: if is_list {
            ColumnType::List(Box::new(column_type))
        } else {
            column_type
        },
        // Prisma makes lists nullable, and reads null as empty.
        nullable: field.arity == Arity::Optional || is_list,
        default: default(engine, model, field)?,
    }))
}

fn column_type(
    engine: &Engine,
    model: &Model,
    field: &Field,
) -> Result<Option<ColumnType>, CreateTablesError> {
    let counter = field.default == Some(DefaultValue::Autoincrement);
    if let Some(native) = field.native_type.as_ref().filter(|_| !counter) {
        match NativeColumn::find(engine.dialect, &native.name, &native.arguments) {
            Ok(native) => return Ok(Some(ColumnType::Native(native))),
            // Another database's type: a schema that serves several says it for those that have it.
            Err(NativeTypeError::Unknown { .. }) => {}
            Err(source) => {
                return Err(CreateTablesError::NativeType {
                    model: model.name.clone(),
                    field: field.name.clone(),
                    source,
                });
            }
        }
    }
    Ok(match &field.kind {
        // Clients of schemas with unsupported columns are refused before they come here.
        FieldKind::Relation(_) | FieldKind::Unsupported(_) => None,
        FieldKind::Typed(_) => Some(ColumnType::Json),
        FieldKind::Enum(name) => engine.schema.enumeration(name).map(enum_type),
        FieldKind::Scalar(scalar) => Some(scalar_type(*scalar, counter)),
    })
}

fn scalar_type(scalar: Scalar, counter: bool) -> ColumnType {
    match scalar {
        Scalar::String => ColumnType::Text,
        Scalar::Boolean => ColumnType::Boolean,
        Scalar::Int if counter => ColumnType::Counter,
        Scalar::Int => ColumnType::Integer,
        Scalar::BigInt if counter => ColumnType::BigCounter,
        Scalar::BigInt => ColumnType::BigInt,
        Scalar::Float => ColumnType::Double,
        Scalar::Decimal => ColumnType::Decimal,
        Scalar::DateTime => ColumnType::Timestamp,
        Scalar::Json => ColumnType::Json,
        Scalar::Bytes => ColumnType::Bytes,
    }
}

fn enum_type(item: &Enum) -> ColumnType {
    ColumnType::Enum {
        name: item.mapped_name.clone(),
        labels: labels(item),
    }
}

/// What is stored for each member.
pub(super) fn labels(item: &Enum) -> Vec<String> {
    let members = item.members.iter();
    members.map(|member| member.mapped_name.clone()).collect()
}

fn default(
    engine: &Engine,
    model: &Model,
    field: &Field,
) -> Result<Option<ColumnDefault>, CreateTablesError> {
    let value = match &field.default {
        Some(DefaultValue::Now) => return Ok(Some(ColumnDefault::Now)),
        Some(DefaultValue::DbGenerated(sql)) if !sql.is_empty() => {
            return Ok(Some(ColumnDefault::Verbatim(sql.clone())));
        }
        Some(DefaultValue::EnumMember(name)) => Some(Value::Text(name.clone())),
        Some(DefaultValue::Literal(literal)) => literal_value(field, literal),
        // Made by the engine or by the column's own type.
        _ => return Ok(None),
    };
    let is_document = matches!(field.kind, FieldKind::Scalar(Scalar::Json | Scalar::Bytes));
    if is_document && !engine.capability().document_defaults {
        return Ok(None);
    }
    let codec = Codec::of(engine, model, field);
    let encoded = value
        .zip(codec)
        .and_then(|(value, codec)| codec.encode(&value).ok());
    encoded
        .map(|value| Some(ColumnDefault::Value(value)))
        .ok_or_else(|| CreateTablesError::Default {
            model: model.name.clone(),
            field: field.name.clone(),
        })
}
