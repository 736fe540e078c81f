use hallpass_sql::{Access, Query};
use hallpass_zmodel::Schema;

use super::Tables;
use super::spread::{self, Reach};
use crate::client::Engine;

/// What this process wrote, of one statement or of a whole transaction.
#[derive(Debug, Default)]
pub(crate) struct Written {
    models: Vec<(String, Reach)>,
    /// Statements of the caller's own may have written whatever there is.
    is_any: bool,
}

impl Written {
    /// What one statement about a model writes. Live queries are told when this is dropped, as of [`when_done`](Self::when_done).
    pub(crate) fn by<'s>(engine: &'s Engine, model: &'s str, query: &'s Query) -> ToldOfOne<'s> {
        ToldOfOne {
            engine,
            model,
            query,
        }
    }

    /// Also notes what this statement writes.
    pub(crate) fn note(&mut self, model: &str, query: &Query) {
        // A row that is held, or a lock that is taken, is no change.
        if query.access != Access::Write || begins_with(&query.text, "SELECT") {
            return;
        }
        if model.is_empty() {
            self.is_any = true;
            return;
        }
        let reach = if begins_with(&query.text, "INSERT") {
            Reach::Added
        } else {
            Reach::Changed
        };
        let is_known = |(known, so_far): &(String, Reach)| {
            known == model && (*so_far == reach || *so_far == Reach::Changed)
        };
        if !self.models.iter().any(is_known) {
            self.models.push((model.to_owned(), reach));
        }
    }

    /// Live queries are told when this is dropped: once the statement, or the commit, is over.
    pub(crate) fn when_done(self, engine: &Engine) -> Told<'_> {
        Told {
            engine,
            written: self,
        }
    }

    fn tell(&self, engine: &Engine) {
        if !self.is_empty() && engine.bell.is_heard() {
            engine.bell.ring_out(&self.tables(&engine.schema));
        }
    }

    fn is_empty(&self) -> bool {
        !self.is_any && self.models.is_empty()
    }

    fn tables(&self, schema: &Schema) -> Tables {
        if self.is_any {
            return Tables::any();
        }
        let mut tables = Tables::default();
        for (name, reach) in &self.models {
            match schema.model(name) {
                Some(model) => tables.add_all(&spread::of_model(schema, model, *reach)),
                // What the engine does to tables that are no model's.
                None => _ = tables.add(name),
            }
        }
        tables
    }
}

fn begins_with(text: &str, word: &str) -> bool {
    let start = text.trim_start().get(..word.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Tells live queries, at its end, of what was written.
#[derive(Debug)]
pub(crate) struct Told<'e> {
    engine: &'e Engine,
    written: Written,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.written.tell(self.engine);
    }
}

/// The same of a statement, of which nothing is noted while nobody listens.
#[derive(Debug)]
pub(crate) struct ToldOfOne<'s> {
    engine: &'s Engine,
    model: &'s str,
    query: &'s Query,
}

impl Drop for ToldOfOne<'_> {
    fn drop(&mut self) {
        if self.query.access == Access::Write && self.engine.bell.is_heard() {
            let mut written = Written::default();
            written.note(self.model, self.query);
            written.tell(self.engine);
        }
    }
}
