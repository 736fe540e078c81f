//! Enums.

use std::collections::HashMap;

use super::{Scene, block};
use crate::ast;
use crate::attributes::Place;
use crate::bind::{Bound, Target, bind};
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{Enum, EnumMember};

/// An enum and its members.
pub(super) fn lower<'a>(
    item: &'a ast::Enum,
    scene: &Scene<'_, 'a>,
    mistakes: &mut Mistakes,
) -> Enum {
    let target = Target::block(Place::Enum);
    let attributes = bind(&item.attributes, target, scene.names, mistakes);
    let in_schema = attributes.iter().find(|bound| bound.row.name == "@@schema");
    if item.members.is_empty() && !item.damaged {
        let message = format!("enum `{}` has no members", item.name.text);
        mistakes
            .push(Mistake::at(item.name.span, message).help("write its values between the braces"));
    }
    Enum {
        name: item.name.text.clone(),
        mapped_name: mapped_name(&attributes, "@@map", &item.name.text),
        database_schema: block::database_schema(in_schema, scene, mistakes),
        doc: item.doc.clone(),
        members: members(item, scene, mistakes),
    }
}

/// The name in the database: of `@map` or `@@map`, else the name in the schema.
pub(super) fn mapped_name(attributes: &[Bound<'_>], attribute: &str, name: &str) -> String {
    let mapped = attributes
        .iter()
        .find(|bound| bound.row.name == attribute)
        .and_then(|bound| bound.text("name"));
    mapped.unwrap_or_else(|| name.to_owned())
}

fn members<'a>(
    item: &'a ast::Enum,
    scene: &Scene<'_, 'a>,
    mistakes: &mut Mistakes,
) -> Vec<EnumMember> {
    let mut first_by_name = HashMap::new();
    let mut first_by_value = HashMap::new();
    let mut members = Vec::new();
    for member in &item.members {
        if mistakes.is_full() {
            break;
        }
        let (name, span) = (&member.name.text, member.name.span);
        if let Some(first) = first_by_name.insert(name, span) {
            let message = format!("enum `{}` has two members `{name}`", item.name.text);
            mistakes.push(Mistake::at(span, message).note(first, "the first stands here"));
            continue;
        }
        let target = Target::block(Place::EnumMember);
        let attributes = bind(&member.attributes, target, scene.names, mistakes);
        let mapped_name = mapped_name(&attributes, "@map", name);
        if let Some(first) = first_by_value.insert(mapped_name.clone(), span) {
            let message = format!(
                "two members of enum `{}` are stored as `{mapped_name}`",
                item.name.text
            );
            mistakes.push(Mistake::at(span, message).note(first, "the first stands here"));
        }
        members.push(EnumMember {
            name: name.clone(),
            mapped_name,
            doc: member.doc.clone(),
        });
    }
    members
}
