use hallpass_sql::{
    Column, ColumnDefault, ColumnType, Dialect, NativeColumn, NativeTypeError, TableName, Value,
};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, DefaultValue, Enum, Field, FieldKind, Model, Scalar};

use super::CreateTablesError;
use crate::codec::Codec;
use crate::plan::literal_value;

/// What columns are made for.
#[derive(Clone, Copy)]
pub(super) struct Target<'s> {
    pub(super) schema: &'s Schema,
    pub(super) dialect: Dialect,
}

impl Target<'_> {
    /// The schema of the database that something lives in of which the source says this.
    pub(super) fn database_schema(self, said: Option<&String>) -> Option<String> {
        let datasource = self.schema.datasource.as_ref();
        let default = datasource.and_then(|block| block.default_schema.as_ref());
        let able = self.dialect.capability().schemas;
        said.or(default).filter(|_| able).cloned()
    }
}

/// The column of a field; `None` for a relation and for what a program computes.
pub(super) fn column(
    target: Target<'_>,
    model: &Model,
    field: &Field,
) -> Result<Option<Column>, CreateTablesError> {
    if field.computed {
        return Ok(None);
    }
    let Some(column_type) = column_type(target, model, field)? else {
        return Ok(None);
    };
    let is_list = field.arity == Arity::List && !matches!(field.kind, FieldKind::Typed(_));
    Ok(Some(Column {
        name: field.column.clone(),
        column_type: if is_list {
            ColumnType::List(Box::new(column_type))
        } else {
            column_type
        },
        // Prisma makes lists nullable, and reads null as empty.
        nullable: field.arity == Arity::Optional || is_list,
        default: default(target, model, field)?,
    }))
}

fn column_type(
    target: Target<'_>,
    model: &Model,
    field: &Field,
) -> Result<Option<ColumnType>, CreateTablesError> {
    let counter = field.default == Some(DefaultValue::Autoincrement);
    if let Some(native) = &field.native_type {
        match NativeColumn::find(target.dialect, &native.name, &native.arguments) {
            Ok(native) if !counter => return Ok(Some(ColumnType::Native(native))),
            Ok(native) if native.counts(target.dialect) => {
                return Ok(Some(ColumnType::NativeCounter(native)));
            }
            Ok(_) => {}
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
        FieldKind::Relation(_) => None,
        FieldKind::Unsupported(words) => Some(ColumnType::Verbatim(words.clone())),
        FieldKind::Typed(_) => Some(ColumnType::Json),
        FieldKind::Enum(name) => target
            .schema
            .enumeration(name)
            .map(|item| enum_type(target, item)),
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

fn enum_type(target: Target<'_>, item: &Enum) -> ColumnType {
    ColumnType::Enum {
        name: enum_name(target, item),
        labels: labels(item),
    }
}

/// The name of an enum's type.
pub(super) fn enum_name(target: Target<'_>, item: &Enum) -> TableName {
    TableName {
        schema: target.database_schema(item.database_schema.as_ref()),
        name: item.mapped_name.clone(),
    }
}

/// What is stored for each member.
pub(super) fn labels(item: &Enum) -> Vec<String> {
    let members = item.members.iter();
    members.map(|member| member.mapped_name.clone()).collect()
}

fn default(
    target: Target<'_>,
    model: &Model,
    field: &Field,
) -> Result<Option<ColumnDefault>, CreateTablesError> {
    // What is sealed is made by the engine; the table must not hold it in clear.
    if field.encrypted {
        return Ok(None);
    }
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
    let is_document = matches!(
        field.kind,
        FieldKind::Scalar(Scalar::Json | Scalar::Bytes) | FieldKind::Typed(_)
    );
    if is_document && !target.dialect.capability().document_defaults {
        return Ok(None);
    }
    let codec = Codec::of_new(target.schema, target.dialect, field);
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
