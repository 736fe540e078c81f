use std::sync::Arc;

use hallpass_zmodel::Schema;

use super::spread::{self, Reach};
use super::{Bell, Tables};
use crate::client::Client;
use crate::error::Error;

/// What tells live queries that something was changed which this process did not write itself, and others of what it did.
///
/// Writes of any clone of a client are told by themselves. For those of other programs somebody has to look: the feed of
/// `hallpass_changes` does, by the change log.
#[derive(Debug, Clone)]
pub struct Wakes {
    bell: Arc<Bell>,
    schema: Arc<Schema>,
}

impl Client {
    /// What wakes the live queries of this client, and of all that were made of it or that it was made of.
    ///
    /// # Errors
    /// [`Error::NotSupported`] for a client of a person: others wait there, too.
    pub fn wakes(&self) -> Result<Wakes, Error> {
        self.access.require_full()?;
        Ok(Wakes {
            bell: Arc::clone(&self.engine.bell),
            schema: Arc::clone(&self.engine.schema),
        })
    }
}

impl Wakes {
    /// Rows of a table of the database were added.
    pub fn added(&self, table: &str) {
        self.tell(table, Reach::Added);
    }

    /// Rows of a table of the database were changed or removed, and with them what foreign keys change along with them.
    pub fn changed(&self, table: &str) {
        self.tell(table, Reach::Changed);
    }

    /// Nobody knows what was changed: every live query reads again.
    pub fn anything(&self) {
        self.bell.ring(&Tables::any());
    }

    fn tell(&self, table: &str, reach: Reach) {
        if self.bell.is_heard() {
            let tables = spread::of_table(&self.schema, table, reach);
            self.bell.ring(&tables);
        }
    }

    /// Whether there is a live query at this moment.
    pub fn is_awaited(&self) -> bool {
        *self.bell.awaited().borrow()
    }

    /// Waits until there is a live query.
    pub async fn awaited(&self) {
        // The sender lives as long as this does.
        _ = self.bell.awaited().wait_for(|awaited| *awaited).await;
    }

    /// Waits until there is none any more.
    pub async fn unawaited(&self) {
        _ = self.bell.awaited().wait_for(|awaited| !awaited).await;
    }

    /// What this process writes from now on, to be told to others. One at a time: the latest gets it.
    pub fn outgoing(&self) -> Outgoing {
        self.bell.begin_outgoing();
        Outgoing {
            bell: Arc::clone(&self.bell),
        }
    }

    /// Ends every live query, now and later, so that a server which stops need not wait for them. Clients come back by
    /// themselves, to whoever answers then.
    pub fn close(&self) {
        self.bell.close();
    }
}

/// What this process writes.
#[derive(Debug)]
pub struct Outgoing {
    bell: Arc<Bell>,
}

impl Outgoing {
    /// The tables whose rows were changed since the last time, once there are any; `None` where nobody knows which. Names are
    /// in small letters.
    pub async fn next(&mut self) -> Option<Vec<String>> {
        named(&self.bell.next_outgoing().await)
    }

    /// The same without waiting: the outer `None` where nothing was written.
    pub fn take(&mut self) -> Option<Option<Vec<String>>> {
        self.bell.take_outgoing().map(|tables| named(&tables))
    }
}

fn named(tables: &Tables) -> Option<Vec<String>> {
    let names = tables.names().map(str::to_owned).collect();
    (!tables.is_any()).then_some(names)
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.bell.end_outgoing();
    }
}
