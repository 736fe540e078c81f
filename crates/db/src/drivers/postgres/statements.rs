//! The statements prepared on one connection, by their text.

use std::collections::HashMap;
use std::sync::Arc;

use super::codec::Reader;
use crate::error::Error;

/// A prepared statement and how to read its columns.
pub(super) struct Prepared {
    pub(super) statement: tokio_postgres::Statement,
    pub(super) column_names: Arc<[String]>,
    pub(super) columns: Vec<Reader>,
}

impl Prepared {
    /// Fails when a column has a type that we cannot read, before anything runs.
    pub(super) fn new(statement: tokio_postgres::Statement) -> Result<Self, Error> {
        let columns = statement
            .columns()
            .iter()
            .map(|column| Reader::of_column(column.name(), column.type_()));
        Ok(Self {
            columns: columns.collect::<Result<_, _>>()?,
            column_names: statement
                .columns()
                .iter()
                .map(|column| column.name().to_owned())
                .collect(),
            statement,
        })
    }
}

/// A bounded cache; the least recently used statement goes first. Dropping one closes it on the server.
pub(super) struct Statements {
    by_text: HashMap<Box<str>, Entry>,
    capacity: usize,
    clock: u64,
}

struct Entry {
    prepared: Arc<Prepared>,
    last_used: u64,
}

impl Statements {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            by_text: HashMap::new(),
            capacity: capacity.max(1),
            clock: 0,
        }
    }

    pub(super) fn find(&mut self, text: &str) -> Option<Arc<Prepared>> {
        self.clock += 1;
        let entry = self.by_text.get_mut(text)?;
        entry.last_used = self.clock;
        Some(Arc::clone(&entry.prepared))
    }

    pub(super) fn insert(&mut self, text: &str, prepared: Arc<Prepared>) {
        if self.by_text.len() >= self.capacity {
            self.evict();
        }
        self.clock += 1;
        let entry = Entry {
            prepared,
            last_used: self.clock,
        };
        self.by_text.insert(text.into(), entry);
    }

    pub(super) fn remove(&mut self, text: &str) {
        self.by_text.remove(text);
    }

    pub(super) fn clear(&mut self) {
        self.by_text.clear();
    }

    /// Looks at every entry; it happens only when a new statement meets a full cache, which costs a round trip anyway.
    fn evict(&mut self) {
        let oldest = self
            .by_text
            .iter()
            .min_by_key(|(_, entry)| entry.last_used)
            .map(|(text, _)| text.clone());
        if let Some(text) = oldest {
            self.by_text.remove(&text);
        }
    }
}
