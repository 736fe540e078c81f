use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Bell, LiveOptions};
use crate::client::Client;

/// The live queries of an application, within bounds. Cheap to clone.
///
/// ```no_run
/// # async fn example(db: hallpass_data::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use hallpass_data::live::{Live, LiveOptions, LiveUpdate};
/// use hallpass_data::{ArgValue, Operation};
/// use serde_json::json;
///
/// let live = Live::new(&db, LiveOptions::default());
/// let args = ArgValue::from_json(json!({"where": {"done": false}, "orderBy": {"id": "asc"}}))?;
/// let mut todos = live.query(&db, "Todo", Operation::FindMany, args)?;
/// while let Some(update) = todos.next().await {
///     match update? {
///         LiveUpdate::Result(rows) => println!("now {} rows", rows.into_records().len()),
///         LiveUpdate::Changes(steps) => println!("{} changes", steps.len()),
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    options: LiveOptions,
    bell: Arc<Bell>,
    seats: Mutex<Seats>,
    /// Results that are read once for all who ask the same.
    #[cfg(feature = "http")]
    results: crate::http::live::Results,
}

/// Who has how many live queries.
#[derive(Debug, Default)]
struct Seats {
    all: usize,
    /// Nobody has no name.
    by_person: HashMap<Option<String>, usize>,
}

/// There are as many live queries as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooMany {
    #[error("there are too many live queries at the moment")]
    All,
    #[error("you have too many live queries at the same time")]
    OfPerson,
}

impl Live {
    /// The live queries of clients of this database.
    pub fn new(client: &Client, options: LiveOptions) -> Self {
        Self {
            inner: Arc::new(Inner {
                options,
                bell: Arc::clone(&client.engine.bell),
                seats: Mutex::default(),
                #[cfg(feature = "http")]
                results: crate::http::live::Results::new(options),
            }),
        }
    }

    /// How many there may be, and how often they read.
    pub fn options(&self) -> &LiveOptions {
        &self.inner.options
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        let seats = self.inner.seats.lock();
        seats.unwrap_or_else(PoisonError::into_inner).all
    }

    pub(crate) fn bell(&self) -> &Arc<Bell> {
        &self.inner.bell
    }

    #[cfg(feature = "http")]
    pub(crate) fn results(&self) -> &crate::http::live::Results {
        &self.inner.results
    }

    /// One more of a person, or of nobody.
    pub(crate) fn seat(&self, person: Option<&str>) -> Result<Seat, TooMany> {
        let options = &self.inner.options;
        let most = match person {
            Some(_) => options.queries_of_person,
            // So that strangers never keep out those who have signed in.
            None => (options.queries / 2).max(1),
        };
        let person = person.map(str::to_owned);
        let mut seats = self
            .inner
            .seats
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if seats.all >= options.queries {
            return Err(TooMany::All);
        }
        let own = seats.by_person.entry(person.clone()).or_default();
        if *own >= most {
            return Err(TooMany::OfPerson);
        }
        *own += 1;
        seats.all += 1;
        drop(seats);
        Ok(Seat {
            inner: Arc::clone(&self.inner),
            person,
        })
    }
}

/// SECURITY: who is there does not belong into logs.
impl fmt::Debug for Live {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Live")
            .field("options", &self.inner.options)
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

/// The place of one live query among those that there may be.
pub(crate) struct Seat {
    inner: Arc<Inner>,
    person: Option<String>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self
            .inner
            .seats
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        seats.all -= 1;
        if let Some(own) = seats.by_person.get_mut(&self.person) {
            *own -= 1;
            if *own == 0 {
                seats.by_person.remove(&self.person);
            }
        }
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seat(..)")
    }
}
