//! What the sign-in tables look like: the settings `database.layout` and `database.schema`.

use std::path::PathBuf;

use hallpass::layouts::LayoutChoice;

use super::App;
use super::problem::Problem;
use super::read::Reader;

/// Where the server learns what the tables look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tables {
    /// One of the layouts.
    Layout(LayoutChoice),
    /// A schema of the application's own, in this file.
    Schema(PathBuf),
}

impl Reader {
    pub(super) fn tables(&mut self, app: App) -> Option<Tables> {
        let place = match self.place("database.schema") {
            super::source::Place::Nowhere => self.place("database.layout"),
            place => place,
        };
        let layout = self.parsed("database.layout", layout);
        let schema = self.text("database.schema").map(PathBuf::from);
        if app.has_tables() && (layout.is_some() || schema.is_some()) {
            return self.report(place, Problem::TablesOfTodos);
        }
        match (layout, schema) {
            (Some(_), Some(_)) => self.report(place, Problem::TwoSchemas),
            (_, Some(path)) => Some(Tables::Schema(path)),
            (layout, None) => Some(Tables::Layout(layout.unwrap_or_default())),
        }
    }
}

fn layout(text: &str) -> Result<LayoutChoice, Problem> {
    text.parse().map_err(|_| Problem::NoSuchChoice {
        value: text.to_owned(),
        choices: "`auto`, `prisma`, `prisma-snake`, `pg-adapter`, `neon` and `drizzle`",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_every_layout() {
        let Err(Problem::NoSuchChoice { choices, .. }) = layout("mongodb") else {
            panic!("there is no such layout")
        };
        for (name, _) in LayoutChoice::ALL {
            assert!(choices.contains(&format!("`{name}`")), "{name}");
        }
    }
}
