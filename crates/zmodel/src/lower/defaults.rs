//! `@default`: whether a value fits its field.

use crate::ast::{Argument, Expr, ExprKind, Name};
use crate::bind::unfit_type;
use crate::diagnostic::Mistake;
use crate::functions::{self, Makes};
use crate::resolve::Names;
use crate::schema::{Arity, DefaultValue, FieldKind, Literal, Scalar};
use crate::suggest;

/// The default of a field.
pub(super) fn lower(
    value: &Expr,
    kind: &FieldKind,
    arity: Arity,
    names: &Names<'_>,
) -> Result<DefaultValue, Box<Mistake>> {
    // A list of a `type` is one document.
    let arity = match kind {
        FieldKind::Typed(_) => Arity::Required,
        _ => arity,
    };
    if let Some(path) = auth_path(value)? {
        return match kind {
            FieldKind::Unsupported(_) => Err(unsupported(value)),
            _ => Ok(DefaultValue::Auth(path)),
        };
    }
    match (&value.kind, arity) {
        (ExprKind::Call(name, _), _) if names.functions.contains_key(name.text.as_str()) => {
            let message = format!(
                "only built-in functions mean something, which `{}` is not",
                name.text
            );
            Err(Box::new(Mistake::at(name.span, message)))
        }
        (ExprKind::Call(name, arguments), _) => call(name, arguments, kind, arity),
        (ExprKind::List(items), Arity::List) => {
            let items: Result<_, _> = items
                .iter()
                .map(|item| literal(item, kind, names))
                .collect();
            Ok(DefaultValue::Literal(Literal::List(items?)))
        }
        (_, Arity::List) => Err(Box::new(
            Mistake::at(value.span, "the default of a list is a list").help("write it in `[…]`"),
        )),
        (ExprKind::Reference(member), _) if matches!(kind, FieldKind::Enum(_)) => {
            literal(value, kind, names)?;
            Ok(DefaultValue::EnumMember(member.clone()))
        }
        _ => Ok(DefaultValue::Literal(literal(value, kind, names)?)),
    }
}

/// The members in `auth().a.b`, where it is that; at least one.
fn auth_path(value: &Expr) -> Result<Option<Vec<String>>, Box<Mistake>> {
    let (mut path, mut current) = (Vec::new(), value);
    while let ExprKind::Member(inner, name) = &current.kind {
        path.push(name.text.clone());
        current = inner;
    }
    path.reverse();
    let mistake = |message: &str| {
        Err(Box::new(
            Mistake::at(value.span, message).help("write `auth().id`, or the member that it is"),
        ))
    };
    match &current.kind {
        ExprKind::Call(name, arguments) if name.text == "auth" => {
            if !arguments.is_empty() {
                return mistake("`auth` takes no arguments");
            }
            if path.is_empty() {
                return mistake("a default is a member of `auth()`");
            }
            Ok(Some(path))
        }
        _ if path.is_empty() => Ok(None),
        _ => mistake("only `auth()` has members here"),
    }
}

fn unsupported(value: &Expr) -> Box<Mistake> {
    let message = "only the database knows defaults of an unsupported type";
    Box::new(Mistake::at(value.span, message).help("write `dbgenerated(\"…\")`"))
}

fn call(
    name: &Name,
    arguments: &[Argument],
    kind: &FieldKind,
    arity: Arity,
) -> Result<DefaultValue, Box<Mistake>> {
    let row = functions::find(&name.text).ok_or_else(|| Box::new(functions::unknown(name)))?;
    let Makes::Default(make) = row.makes else {
        return Err(Box::new(Mistake::at(
            name.span,
            format!("`{}` may not stand in `@default`", name.text),
        )));
    };
    let fits = row.scalars.is_empty()
        || arity != Arity::List
            && matches!(kind, FieldKind::Scalar(scalar) if row.scalars.contains(scalar));
    if !fits {
        return Err(unfit_type(name, row.scalars));
    }
    let given = row.bind(name, arguments)?;
    let default = match (make(&given), given.format) {
        (id, Some(texts)) => DefaultValue::Formatted(Box::new(id), texts),
        (default, None) => default,
    };
    if default == DefaultValue::Autoincrement && arity == Arity::Optional {
        let mistake = Mistake::at(name.span, "a field that counts by itself is never empty");
        return Err(Box::new(mistake.help("remove the `?` of its type")));
    }
    Ok(default)
}

/// A literal that fits one value of the field.
fn literal(value: &Expr, kind: &FieldKind, names: &Names<'_>) -> Result<Literal, Box<Mistake>> {
    match kind {
        FieldKind::Enum(name) => member(value, name, names),
        FieldKind::Scalar(scalar) => {
            scalar_literal(value, *scalar).ok_or_else(|| Box::new(unfit(value, *scalar)))
        }
        FieldKind::Typed(_) => {
            scalar_literal(value, Scalar::Json).ok_or_else(|| Box::new(unfit(value, Scalar::Json)))
        }
        FieldKind::Relation(_) => Err(Box::new(Mistake::at(
            value.span,
            "a relation has no default",
        ))),
        FieldKind::Unsupported(_) => Err(unsupported(value)),
    }
}

fn member(value: &Expr, name: &str, names: &Names<'_>) -> Result<Literal, Box<Mistake>> {
    let found = names.enumeration(name);
    let members = || {
        found
            .into_iter()
            .flat_map(|item| &item.members)
            .map(|member| member.name.text.as_str())
    };
    let ExprKind::Reference(written) = &value.kind else {
        let first = members()
            .next()
            .map(|member| format!("write a member without quotes, such as `{member}`"));
        let message = format!("this is no member of enum `{name}`");
        return Err(Box::new(Mistake::at(value.span, message).maybe_help(first)));
    };
    if members().any(|member| member == written) || found.is_none_or(|item| item.damaged) {
        return Ok(Literal::String(written.clone()));
    }
    let near = suggest::did_you_mean(written, members());
    Err(Box::new(
        Mistake::at(
            value.span,
            format!("enum `{name}` has no member `{written}`"),
        )
        .maybe_help(near),
    ))
}

fn scalar_literal(value: &Expr, scalar: Scalar) -> Option<Literal> {
    match (&value.kind, scalar) {
        (ExprKind::Boolean(value), Scalar::Boolean) => Some(Literal::Boolean(*value)),
        (ExprKind::Number(written), _) => number(written.trim_start_matches('+'), scalar),
        (ExprKind::String(text), _) => {
            is_text_of(text, scalar).then(|| Literal::String(text.clone()))
        }
        _ => None,
    }
}

fn number(written: &str, scalar: Scalar) -> Option<Literal> {
    let fits = match scalar {
        Scalar::Int => written.parse::<i32>().is_ok(),
        Scalar::BigInt => written.parse::<i64>().is_ok(),
        Scalar::Float => written.parse::<f64>().is_ok_and(f64::is_finite),
        // The lexer lets nothing but digits, a sign and a point pass.
        Scalar::Decimal => true,
        Scalar::String | Scalar::Boolean | Scalar::DateTime | Scalar::Json | Scalar::Bytes => false,
    };
    fits.then(|| Literal::Number(written.to_owned()))
}

fn is_text_of(text: &str, scalar: Scalar) -> bool {
    match scalar {
        // No database takes the character 0 in text.
        Scalar::String => !text.contains('\0'),
        Scalar::DateTime => super::is_moment(text),
        Scalar::Json => serde_json::from_str::<serde_json::Value>(text).is_ok(),
        Scalar::Bytes => is_base64(text),
        Scalar::Boolean | Scalar::Int | Scalar::BigInt | Scalar::Float | Scalar::Decimal => false,
    }
}

/// Whether a text says bytes as base64 does (RFC 4648, section 4), filled up to whole groups of four.
fn is_base64(text: &str) -> bool {
    let plain = text.trim_end_matches('=');
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    text.len().is_multiple_of(4) && text.len() - plain.len() <= 2 && plain.bytes().all(is_letter)
}

fn unfit(value: &Expr, scalar: Scalar) -> Mistake {
    let help = match scalar {
        Scalar::String => "write text in quotes",
        Scalar::Boolean => "write `true` or `false`",
        Scalar::Int => "write a whole number from -2147483648 to 2147483647",
        Scalar::BigInt => "write a whole number of 64 bits",
        Scalar::Float | Scalar::Decimal => "write a number",
        Scalar::DateTime => {
            "write `now()`, or a moment with its offset such as \"2026-01-31T12:00:00Z\""
        }
        Scalar::Json => "write a JSON text in quotes, such as \"{}\"",
        Scalar::Bytes => "write base64 in quotes, such as \"aGVsbG8=\"",
    };
    Mistake::at(
        value.span,
        format!(
            "this default does not fit a field of type `{}`",
            scalar.name()
        ),
    )
    .help(help)
}
