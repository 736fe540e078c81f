//! What single attributes say of fields, beside types, defaults and keys.

use super::draft::Draft;
use super::fields::find;
use crate::ast::{self, Expr, ExprKind};
use crate::bind::Bound;
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{Arity, FieldKind, Meta, MetaValue, Password};

/// The cost of a hash whose attribute names none (contract zenstack §2.9).
const PASSWORD_COST: u32 = 12;

/// The costs that bcrypt knows.
const PASSWORD_COSTS: std::ops::RangeInclusive<u32> = 4..=31;

/// A field of a `type` is a document, and says so.
pub(super) fn check_json(
    field: &ast::Field,
    kind: &FieldKind,
    bounds: &[Bound<'_>],
) -> Option<Mistake> {
    let bound = find(bounds, "@json");
    match (kind, bound) {
        (FieldKind::Typed(name), None) => {
            let message = format!("a field of type `{name}` is kept as a JSON document");
            Some(Mistake::at(field.type_span, message).help("say so with `@json`"))
        }
        (FieldKind::Typed(_), Some(_)) | (_, None) => None,
        (_, Some(bound)) => Some(
            Mistake::at(
                bound.attribute.name.span,
                "`@json` does not fit the type of the field",
            )
            .help("it fits fields whose type is a `type` declaration"),
        ),
    }
}

/// Attributes that do not go with a list, with each other, or with a field that has no column.
pub(super) fn check_field(field: &ast::Field, bounds: &[Bound<'_>], mistakes: &mut Mistakes) {
    let at = |bound: &Bound<'_>, message: String| Mistake::at(bound.attribute.span, message);
    if field.arity == Arity::List {
        for name in [
            "@updatedAt",
            "@password",
            "@encrypted",
            "@fuzzy",
            "@fullText",
        ] {
            if let Some(bound) = find(bounds, name) {
                mistakes.push(at(bound, format!("`{name}` may not stand on a list")));
            }
        }
    }
    if find(bounds, "@computed").is_some() {
        let columns = [
            "@id",
            "@unique",
            "@map",
            "@default",
            "@updatedAt",
            "@password",
            "@encrypted",
            "@db.*",
        ];
        for bound in bounds {
            if columns.contains(&bound.row.name) {
                let name = &bound.attribute.name.text;
                mistakes.push(at(
                    bound,
                    format!("a computed field has no column, so no `{name}`"),
                ));
            }
        }
    }
    if let (Some(password), Some(encrypted)) =
        (find(bounds, "@password"), find(bounds, "@encrypted"))
    {
        mistakes.push(
            at(encrypted, "a hash is not encrypted".to_owned())
                .note(password.attribute.span, "the field keeps a hash")
                .help("keep one of them"),
        );
    }
}

/// `@updatedAt(ignore: …)`: the fields that it names.
pub(super) fn check_ignored_updates(draft: &mut Draft<'_>, mistakes: &mut Mistakes) {
    let mut found: Vec<(usize, Vec<String>)> = Vec::new();
    let attributes = draft.attributes.iter().zip(&draft.model.fields).enumerate();
    for (place, (bounds, field)) in attributes {
        let bound = find(bounds, "@updatedAt").filter(|_| field.origin.is_none());
        let Some(names) = bound.and_then(|bound| bound.fields("ignore")) else {
            continue;
        };
        for name in &names {
            match draft.find(name) {
                Ok(Some(other)) if !other.has_column() => mistakes.push(
                    Mistake::at(name.span, format!("field `{}` has no column", name.text))
                        .help("name the fields that hold its key"),
                ),
                Ok(_) => {}
                Err(mistake) => mistakes.push(mistake),
            }
        }
        found.push((place, names.into_iter().map(|name| name.text).collect()));
    }
    for (place, names) in found {
        if let Some(field) = draft.model.fields.get_mut(place) {
            field.updated_at_ignores = names;
        }
    }
}

/// `@password`
pub(super) fn password(bounds: &[Bound<'_>], mistakes: &mut Mistakes) -> Option<Password> {
    let bound = find(bounds, "@password")?;
    let cost = bound.count("saltLength").unwrap_or(PASSWORD_COST);
    if let Some(value) = bound
        .value("saltLength")
        .filter(|_| !PASSWORD_COSTS.contains(&cost))
    {
        let message = "`saltLength` is the cost of the hash, from 4 to 31";
        mistakes.push(Mistake::at(value.span, message).help("write 12, or leave it out"));
    }
    let salt = bound.text("salt");
    if let (Some(value), Some(salt)) = (bound.value("salt"), &salt)
        && !is_salt(salt)
    {
        let mistake = Mistake::at(value.span, "this is no salt of bcrypt");
        mistakes.push(mistake.help("leave it out, so that each password gets a salt of its own"));
    }
    Some(Password { cost, salt })
}

/// Whether it looks as `$2b$12$` and 22 letters, digits, dots or slashes.
fn is_salt(text: &str) -> bool {
    let mut parts = text.split('$');
    let (empty, kind, cost, salt) = (parts.next(), parts.next(), parts.next(), parts.next());
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
    empty == Some("")
        && kind.is_some_and(|kind| matches!(kind, "2a" | "2b" | "2x" | "2y"))
        && cost.is_some_and(|cost| cost.len() == 2)
        && cost
            .and_then(|cost| cost.parse().ok())
            .is_some_and(|cost| PASSWORD_COSTS.contains(&cost))
        && salt.is_some_and(|salt| salt.len() == 22 && salt.bytes().all(is_letter))
        && parts.next().is_none()
}

/// What `@meta` or `@@meta` says.
pub(super) fn meta(bounds: &[Bound<'_>], name: &str, mistakes: &mut Mistakes) -> Vec<Meta> {
    let bounds = bounds.iter().filter(|bound| bound.row.name == name);
    let metas = bounds.filter_map(|bound| {
        let name = bound.text("name")?;
        match meta_value(bound.value("value")?) {
            Some(value) => Some(Meta { name, value }),
            None => {
                let mistake = Mistake::at(bound.attribute.span, "the value is no constant");
                mistakes
                    .push(mistake.help("write text, numbers, `true`, `[…]` or `{ name: value }`"));
                None
            }
        }
    });
    metas.collect()
}

/// A constant. The parser bounds how deep it is.
fn meta_value(value: &Expr) -> Option<MetaValue> {
    Some(match &value.kind {
        ExprKind::Null => MetaValue::Null,
        ExprKind::String(text) => MetaValue::String(text.clone()),
        ExprKind::Number(written) => MetaValue::Number(written.clone()),
        ExprKind::Boolean(value) => MetaValue::Boolean(*value),
        ExprKind::Reference(name) => MetaValue::Name(name.clone()),
        ExprKind::List(items) => {
            let items: Option<_> = items.iter().map(meta_value).collect();
            MetaValue::List(items?)
        }
        ExprKind::Object(entries) => {
            let entry =
                |(name, value): &(ast::Name, Expr)| Some((name.text.clone(), meta_value(value)?));
            let entries: Option<_> = entries.iter().map(entry).collect();
            MetaValue::Object(entries?)
        }
        _ => return None,
    })
}

/// What `@prisma.passthrough` or `@@prisma.passthrough` says.
pub(super) fn passthrough(bounds: &[Bound<'_>], name: &str) -> Vec<String> {
    let bounds = bounds.iter().filter(|bound| bound.row.name == name);
    bounds.filter_map(|bound| bound.text("text")).collect()
}
