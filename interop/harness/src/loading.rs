//! From what a suite sends to a checked schema.

use std::collections::HashMap;

use hallpass_zmodel::schema::Provider;
use hallpass_zmodel::{Diagnostic, Diagnostics, Loaded, Source, load_with_imports};
use serde_json::Value as Json;

/// The name of the text that a suite sends, from where its imports are found.
const MAIN: &str = "schema.zmodel";

/// A schema as a suite sends it.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    main: &'a str,
    files: HashMap<String, &'a str>,
    provider: Provider,
}

impl<'a> Text<'a> {
    /// `{schema, files?, provider}`
    pub(crate) fn of(body: &'a Json) -> Result<Self, String> {
        let main = body.get("schema").and_then(Json::as_str);
        let main = main.ok_or("`schema` is no text")?;
        let provider = body.get("provider").and_then(Json::as_str);
        let provider = provider.and_then(provider_of).ok_or("`provider` is none")?;
        let files = body.get("files").and_then(Json::as_object).into_iter();
        let files = files.flatten().filter_map(|(name, text)| {
            let name = name.strip_prefix("./").unwrap_or(name);
            Some((with_ending(name), text.as_str()?))
        });
        Ok(Self {
            main,
            files: files.collect(),
            provider,
        })
    }

    /// The database that it is for, whatever its `datasource` says.
    pub(crate) fn provider(&self) -> Provider {
        self.provider
    }

    /// The schema. Where it has no `datasource`, it gets one.
    pub(crate) fn load(&self) -> Result<Loaded, Diagnostics> {
        let datasource = datasource(self.provider);
        let mut sources = vec![Source {
            name: MAIN,
            text: self.main,
        }];
        if !self.has_datasource() {
            sources.push(Source {
                name: "datasource.zmodel",
                text: &datasource,
            });
        }
        let mut loaded = self.read(&sources)?;
        if let Some(found) = &mut loaded.schema.datasource {
            found.provider = self.provider;
        }
        Ok(loaded)
    }

    /// The schema as it stands, which must have a `datasource`.
    pub(crate) fn load_complete(&self) -> Result<Loaded, Vec<String>> {
        let loaded = self.read(&[Source {
            name: MAIN,
            text: self.main,
        }]);
        let loaded = loaded.map_err(|mistakes| texts(mistakes.iter()))?;
        if loaded.schema.datasource.is_none() {
            return Err(vec!["the schema must have a datasource".to_owned()]);
        }
        Ok(loaded)
    }

    fn read(&self, sources: &[Source<'_>]) -> Result<Loaded, Diagnostics> {
        load_with_imports(sources, |path| {
            self.files.get(path).map(|text| (*text).to_owned())
        })
    }

    fn has_datasource(&self) -> bool {
        let mut lines = self
            .main
            .lines()
            .chain(self.files.values().flat_map(|text| text.lines()));
        lines.any(|line| line.trim_start().starts_with("datasource "))
    }
}

/// What is said of each.
pub(crate) fn texts<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> Vec<String> {
    diagnostics.into_iter().map(ToString::to_string).collect()
}

/// The provider of a name.
pub(crate) fn provider_of(name: &str) -> Option<Provider> {
    match name {
        "sqlite" => Some(Provider::Sqlite),
        "postgresql" | "postgres" => Some(Provider::Postgresql),
        "mysql" => Some(Provider::Mysql),
        _ => None,
    }
}

/// The name of a provider.
pub(crate) fn name_of(provider: Provider) -> &'static str {
    match provider {
        Provider::Sqlite => "sqlite",
        Provider::Postgresql => "postgresql",
        Provider::Mysql => "mysql",
    }
}

fn datasource(provider: Provider) -> String {
    let provider = name_of(provider);
    format!("datasource db {{ provider = \"{provider}\" url = \"none\" }}")
}

fn with_ending(name: &str) -> String {
    if name.ends_with(".zmodel") {
        name.to_owned()
    } else {
        format!("{name}.zmodel")
    }
}
