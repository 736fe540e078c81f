//! Keys of several fields.

use hallpass_zmodel::schema::{Field, Model};

use super::facts::Facts;
use super::text::say;
use crate::names::{Clash, Scope, camel, snake};

pub(super) fn write(code: &mut String, facts: &Facts<'_>, model: &Model) -> Result<(), Clash> {
    let keys = keys(facts, model);
    if keys.is_empty() {
        return Ok(());
    }
    let mut scope = Scope::default();
    say!(
        code,
        "/// Keys of several fields, by their names in queries.\npub mod key {{ use super::super::__t;"
    );
    for (name, fields) in keys {
        scope.take(
            &snake(&name),
            format!("key `{name}` of model `{}`", model.name),
        )?;
        key(code, facts, model, &name, &fields);
    }
    code.push('}');
    Ok(())
}

fn keys<'m>(facts: &Facts<'_>, model: &'m Model) -> Vec<(String, Vec<&'m Field>)> {
    let identity = (model.id.clone(), model.id_name.clone());
    let uniques = facts.schema.uniques(model);
    let uniques = uniques.map(|unique| (unique.fields.clone(), unique.name.clone()));
    let mut keys: Vec<(String, Vec<&Field>)> = Vec::new();
    for (names, name) in std::iter::once(identity).chain(uniques) {
        let fields = names.iter().filter_map(|name| model.field(name));
        let fields: Vec<_> = fields.filter(|field| facts.is_seen(field)).collect();
        let name = name.unwrap_or_else(|| names.join("_"));
        let is_known = keys.iter().any(|(known, _)| *known == name);
        if names.len() > 1 && fields.len() == names.len() && !is_known {
            keys.push((name, fields));
        }
    }
    keys
}

fn key(code: &mut String, facts: &Facts<'_>, model: &Model, name: &str, fields: &[&Field]) {
    say!(
        code,
        "/// The row whose fields are these.\npub fn {}(",
        snake(name)
    );
    for field in fields {
        let one = facts.one(field, "super::super::");
        say!(code, "{}: impl __t::Operand<{one}>,", snake(&field.name));
    }
    say!(
        code,
        ") -> __t::Key<super::super::{}> {{ __t::Key::compound({name:?}, [",
        camel(&model.name)
    );
    for field in fields {
        let one = facts.one(field, "super::super::");
        say!(
            code,
            "__t::Key::part::<{one}>({:?}, {}),",
            field.name,
            snake(&field.name)
        );
    }
    code.push_str("]) }");
}
