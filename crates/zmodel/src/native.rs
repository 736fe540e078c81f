//! Native column types, `@db.X(…)`: one table, one row a type.
//!
//! A name may be a type of one database or of several; on the others it has no meaning, so that one schema can serve
//! all of them. Names that no database has are mistakes.

use crate::ast::{Argument, Attribute, ExprKind};
use crate::diagnostic::Mistake;
use crate::schema::{NativeType, Scalar};
use crate::suggest;

/// Name, field types it fits, and how many arguments it takes at most, all of them whole numbers.
type Row = (&'static str, &'static [Scalar], usize);

const STRING: &[Scalar] = &[Scalar::String];
const BOOLEAN: &[Scalar] = &[Scalar::Boolean];
const INT: &[Scalar] = &[Scalar::Int];
const BIG_INT: &[Scalar] = &[Scalar::BigInt];
const FLOAT: &[Scalar] = &[Scalar::Float];
const FLOAT_OR_DECIMAL: &[Scalar] = &[Scalar::Float, Scalar::Decimal];
const DATE_TIME: &[Scalar] = &[Scalar::DateTime];
const JSON: &[Scalar] = &[Scalar::Json];
const BYTES: &[Scalar] = &[Scalar::Bytes];

/// Every native type of Prisma; where two databases have one of a name, the row says what either takes. Prisma
/// knows none of SQLite; `EpochMillis`, moments as whole milliseconds, is ours.
const NATIVE_TYPES: &[Row] = &[
    ("Text", STRING, 0),
    ("Char", STRING, 1),
    ("VarChar", STRING, 1),
    ("TinyText", STRING, 0),
    ("MediumText", STRING, 0),
    ("LongText", STRING, 0),
    ("Bit", &[Scalar::String, Scalar::Boolean, Scalar::Bytes], 1),
    ("VarBit", STRING, 1),
    ("Uuid", STRING, 0),
    ("Xml", STRING, 0),
    ("Inet", STRING, 0),
    ("Citext", STRING, 0),
    ("Boolean", BOOLEAN, 0),
    ("TinyInt", &[Scalar::Int, Scalar::Boolean], 1),
    ("SmallInt", INT, 0),
    ("MediumInt", INT, 0),
    ("Int", INT, 0),
    ("Integer", INT, 0),
    ("UnsignedTinyInt", INT, 0),
    ("UnsignedSmallInt", INT, 0),
    ("UnsignedMediumInt", INT, 0),
    ("UnsignedInt", INT, 0),
    ("Oid", INT, 0),
    ("Year", INT, 0),
    ("BigInt", BIG_INT, 0),
    ("UnsignedBigInt", BIG_INT, 0),
    ("Float", FLOAT, 0),
    ("Double", FLOAT, 0),
    ("DoublePrecision", FLOAT_OR_DECIMAL, 0),
    ("Real", FLOAT_OR_DECIMAL, 0),
    ("Decimal", FLOAT_OR_DECIMAL, 2),
    ("Money", FLOAT_OR_DECIMAL, 0),
    ("Timestamp", DATE_TIME, 1),
    ("Timestamptz", DATE_TIME, 1),
    ("DateTime", DATE_TIME, 1),
    ("Date", DATE_TIME, 0),
    ("Time", DATE_TIME, 1),
    ("Timetz", DATE_TIME, 1),
    ("EpochMillis", DATE_TIME, 0),
    ("Json", JSON, 0),
    ("JsonB", JSON, 0),
    ("ByteA", BYTES, 0),
    ("Binary", BYTES, 1),
    ("VarBinary", BYTES, 1),
    ("TinyBlob", BYTES, 0),
    ("Blob", BYTES, 0),
    ("MediumBlob", BYTES, 0),
    ("LongBlob", BYTES, 0),
    // SQL Server and CockroachDB, which the older language knew, too. They have no meaning here.
    ("NChar", STRING, 1),
    ("NVarChar", STRING, 1),
    ("NText", STRING, 0),
    ("UniqueIdentifier", STRING, 0),
    ("String", STRING, 1),
    ("CatalogSingleChar", STRING, 0),
    ("Bool", BOOLEAN, 0),
    ("Int2", INT, 0),
    ("Int4", INT, 0),
    ("Int8", BIG_INT, 0),
    ("Float4", FLOAT, 0),
    ("Float8", FLOAT, 0),
    ("SmallMoney", FLOAT, 0),
    ("DateTime2", DATE_TIME, 1),
    ("DateTimeOffset", DATE_TIME, 1),
    ("SmallDateTime", DATE_TIME, 0),
    ("Image", BYTES, 0),
];

/// The native type that an `@db.X(…)` attribute names, on a field of this type (`None`: an enum).
pub(crate) fn native_type(
    attribute: &Attribute,
    scalar: Option<Scalar>,
) -> Result<NativeType, Mistake> {
    let written = &attribute.name;
    let name = written.text.strip_prefix("@db.").unwrap_or_default();
    let Some((_, scalars, most)) = NATIVE_TYPES.iter().find(|(known, ..)| *known == name) else {
        return Err(Mistake::at(
            written.span,
            format!(
                "this version does not know the native type `{}`",
                written.text
            ),
        )
        .maybe_help(suggest::did_you_mean(
            name,
            NATIVE_TYPES.iter().map(|(known, ..)| *known),
        )));
    };
    if !scalar.is_some_and(|scalar| scalars.contains(&scalar)) {
        let fitting: Vec<_> = scalars
            .iter()
            .map(|scalar| format!("`{}`", scalar.name()))
            .collect();
        return Err(Mistake::at(
            written.span,
            format!("`{}` does not fit the type of the field", written.text),
        )
        .help(format!("it fits fields of type {}", fitting.join(", "))));
    }
    let arguments: Option<Vec<String>> = attribute.arguments.iter().map(whole_number).collect();
    match arguments {
        Some(arguments) if arguments.len() <= *most => Ok(NativeType {
            name: name.to_owned(),
            arguments,
        }),
        _ => Err(Mistake::at(
            attribute.span,
            format!("wrong arguments for `{}`", written.text),
        )
        .help(match most {
            0 => "it takes none".to_owned(),
            _ => format!("it takes up to {most}, whole numbers"),
        })),
    }
}

fn whole_number(argument: &Argument) -> Option<String> {
    let ExprKind::Number(written) = &argument.value.kind else {
        return None;
    };
    let number: u32 = written.parse().ok()?;
    argument.name.is_none().then(|| number.to_string())
}
