//! The fields that hold the key of a relation, and what they point at.

use crate::ast::Name;
use crate::diagnostic::{Mistake, Mistakes};
use crate::lower::draft::{Draft, Side};
use crate::schema::{Arity, Field, FieldKind, ReferentialAction};

/// The key of a relation: fields of the owner, and what they point at.
pub(super) struct Key<'d> {
    pub(super) fields: Vec<(Name, &'d Field)>,
    pub(super) references: Vec<(Name, &'d Field)>,
    pub(super) on_delete: Option<ReferentialAction>,
    pub(super) on_update: Option<ReferentialAction>,
    pub(super) map: Option<String>,
}

/// Reads the key from the `@relation` of the owner.
pub(super) fn read<'d>(
    own: &'d Draft<'_>,
    target: &'d Draft<'_>,
    owner: &Side<'_>,
    mistakes: &mut Mistakes,
) -> Option<Key<'d>> {
    let bound = own
        .attribute(owner.field, "@relation")
        .filter(|bound| !bound.broken)?;
    if owner.ast.arity == Arity::List {
        let mistake = Mistake::at(
            owner.ast.type_span,
            "a list cannot hold the key of a relation",
        );
        mistakes.push(mistake.help("move `fields` and `references` to the other side"));
        return None;
    }
    let (Some(fields), Some(references)) = (bound.fields("fields"), bound.fields("references"))
    else {
        let missing = if bound.value("fields").is_some() {
            "references"
        } else {
            "fields"
        };
        let mistake = Mistake::at(
            bound.attribute.span,
            format!("this relation has no `{missing}`"),
        );
        mistakes.push(mistake.help("write `@relation(fields: […], references: […])`"));
        return None;
    };
    if fields.len() != references.len() {
        let message = "`fields` and `references` differ in length";
        let mistake = Mistake::at(bound.attribute.span, message);
        mistakes.push(mistake.help("each field refers to one field of the other model"));
        return None;
    }
    let (fields, references) = (
        columns(own, fields, &[], mistakes),
        columns(target, references, &target.model.id, mistakes),
    );
    Some(Key {
        fields: fields?,
        references: references?,
        on_delete: bound.action("onDelete"),
        on_update: bound.action("onUpdate"),
        map: bound.text("map"),
    })
}

fn is_key_field(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Scalar(_) | FieldKind::Enum(_))
        && field.arity != Arity::List
        && !field.computed
}

/// The fields of these names, when all of them can be part of a key. `repeated` are inherited ones that have columns in
/// the model's own table, too.
fn columns<'d>(
    draft: &'d Draft<'_>,
    names: Vec<Name>,
    repeated: &[String],
    mistakes: &mut Mistakes,
) -> Option<Vec<(Name, &'d Field)>> {
    let mut columns: Vec<(Name, &Field)> = Vec::new();
    let mut sound = true;
    for name in names {
        let twice = columns.iter().any(|(other, _)| other.text == name.text);
        let found = draft.find(&name).and_then(|field| match field {
            Some(_) if twice => Err(Mistake::at(
                name.span,
                format!("field `{}` stands here twice", name.text),
            )),
            Some(field) if !is_key_field(field) => Err(Mistake::at(
                name.span,
                format!("`{}` cannot be part of a key", name.text),
            )
            .help("a key consists of scalar or enum fields, none of them a list")),
            Some(Field {
                origin: Some(origin),
                ..
            }) if !repeated.contains(&name.text) => {
                let message = format!(
                    "field `{}` stands in the table of model `{origin}`",
                    name.text
                );
                Err(Mistake::at(name.span, message)
                    .help(format!("write the relation into model `{origin}`")))
            }
            field => Ok(field),
        });
        match found {
            Ok(Some(field)) => columns.push((name, field)),
            Ok(None) => sound = false,
            Err(mistake) => {
                mistakes.push(mistake);
                sound = false;
            }
        }
    }
    sound.then_some(columns)
}
