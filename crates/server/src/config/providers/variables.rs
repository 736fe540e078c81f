//! The variables of providers: `AUTH_GITHUB_ID`, and `GITHUB_ID` as guides have it.

use hallpass::auth::providers::catalogue;

use super::super::environment::Environment;
use super::super::problem::{Trouble, variable_part};
use super::super::source::{Given, Place, ProviderTable};

/// What variables say of a provider: the end of their names, and the setting.
const ENDINGS: [(&str, &str); 3] = [("ID", "id"), ("SECRET", "secret"), ("ISSUER", "issuer")];

/// The tables of the file, in their order, with what variables say; and the providers that variables alone name.
pub(in crate::config) fn tables(
    tables: Vec<ProviderTable>,
    environment: &Environment,
) -> Vec<Result<ProviderTable, Trouble>> {
    let is_in_file = |id: &str| tables.iter().any(|table| table.id == id);
    let others = catalogue::services().map(|service| service.id);
    let others = others.filter(|id| !is_in_file(id)).map(|id| ProviderTable {
        id: id.to_owned(),
        place: Place::Nowhere,
        settings: std::collections::BTreeMap::new(),
    });
    let others: Vec<_> = others.collect();
    let mut all: Vec<_> = tables
        .into_iter()
        .map(|table| overlay(table, environment))
        .collect();
    let others = others.into_iter().map(|table| overlay(table, environment));
    all.extend(others.filter(|table| match table {
        Ok(table) => !table.settings.is_empty(),
        Err(_) => true,
    }));
    all
}

/// The environment wins, setting by setting.
fn overlay(mut table: ProviderTable, environment: &Environment) -> Result<ProviderTable, Trouble> {
    let part = variable_part(&table.id);
    let mut found = Vec::new();
    for (ending, key) in ENDINGS {
        let name = format!("AUTH_{part}_{ending}");
        if let Some(value) = environment.of_provider(&name)? {
            found.push((key, name, value));
        }
    }
    if found.is_empty() && !table.settings.contains_key("id") {
        found = short_names(&part, environment)?;
    }
    for (key, name, value) in found {
        let place = Place::ProviderVariable(name);
        if table.place == Place::Nowhere {
            table.place = place.clone();
        }
        let texts = vec![value.to_owned()];
        table
            .settings
            .insert(key.to_owned(), Given { texts, place });
    }
    Ok(table)
}

/// The names without `AUTH_`. Other programs have such variables too (`BOX_ID`), so that only id and secret together count.
fn short_names<'a>(
    part: &str,
    environment: &'a Environment,
) -> Result<Vec<(&'static str, String, &'a str)>, Trouble> {
    let mut found = Vec::new();
    for (ending, key) in ENDINGS {
        let name = format!("{part}_{ending}");
        match environment.of_provider(&name)? {
            Some(value) => found.push((key, name, value)),
            None if key == "issuer" => {}
            None => return Ok(Vec::new()),
        }
    }
    Ok(found)
}
