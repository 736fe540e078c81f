//! How much one call may ask for.
//!
//! What depends on the arguments alone is counted while they are read (`args/parse/counts.rs`); rows and time are bounded where
//! statements are planned and run. Each excess is refused by name and place; nothing is cut in silence.
//!
//! To add a limit: its field here, in both constants and in [`Limits::and`]; where it is counted, its text.

use std::time::Duration;

/// How much one call may ask for. Whatever a call may say is bounded in one of these.
///
/// [`Limits::PROGRAM`] holds for clients with full access, [`Limits::PERSON`] for those of a person, unless
/// [`ClientOptions`](crate::ClientOptions) say otherwise. [`Client::with_limits`](crate::Client::with_limits) makes them stricter.
///
/// ```
/// use hallpass_data::Limits;
///
/// let of_pages = Limits { default_take: Some(100), rows: 100, ..Limits::PERSON };
/// assert_eq!(of_pages.and(&Limits::PROGRAM), of_pages);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Levels that arguments nest.
    pub depth: usize,
    /// Values in the arguments, over all levels.
    pub values: usize,
    /// Bytes of all texts, names and raw bytes in the arguments.
    pub bytes: usize,
    /// Bytes of one text, of raw bytes, or of all that one JSON document holds.
    pub value_bytes: usize,
    /// Levels of relations in `select` and `include`.
    pub include_depth: usize,
    /// Levels of `AND`, `OR`, `NOT` and conditions on related rows in a filter.
    pub filter_depth: usize,
    /// Conditions of all filters together. Each value of a list is one.
    pub conditions: usize,
    /// Values of one list: of `in`, of a field that holds several, of `by` and `distinct`.
    pub list: usize,
    /// Bytes of all texts that one call looks for within others: of `contains`, `startsWith`, `endsWith` and their like in JSON.
    /// For each row a database takes as long as these and the row's text multiplied, and some stop in the middle of none.
    pub pattern_bytes: usize,
    /// Keys of one order.
    pub order_keys: usize,
    /// Relations that are named: by `select`, `include`, `_count`, filters and orders.
    pub relations: usize,
    /// How many rows `findMany` takes that says nothing of it; all of them where this is `None`.
    pub default_take: Option<u64>,
    /// Rows, or groups, that one read gives. A read that would give more is refused, not cut.
    pub rows: u64,
    /// Rows of one relation that come along with one row.
    pub nested_rows: u64,
    /// Rows of one read over all levels, counted as often as they stand in the result.
    pub all_rows: u64,
    /// Bytes that the rows of one read take on their way from the database, over all levels. A read that would give more is
    /// stopped and refused.
    pub read_bytes: u64,
    /// Rows that the data of one call adds, over all levels.
    pub written_rows: usize,
    /// Things that the data of one call says about rows that belong to another: each row that is connected, changed, …
    pub actions: usize,
    /// Passwords that one call sets: hashing is slow by design.
    pub hashes: usize,
    /// Calls of one [`Client::batch`](crate::Client::batch).
    pub calls: usize,
    /// How long one statement may run before it is stopped. Where the database itself is given a shorter time, that counts.
    pub statement_time: Option<Duration>,
    /// How long a call may take with all its statements and hashes before everything is undone.
    pub call_time: Option<Duration>,
}

impl Limits {
    /// What a program itself may ask for: so much that only a mistake meets it. Rows and time are not bounded here.
    pub const PROGRAM: Self = Self {
        depth: 64,
        values: 100_000,
        bytes: 64 << 20,
        value_bytes: 32 << 20,
        include_depth: 64,
        filter_depth: 64,
        // With the three forms in which SQLite may keep a moment, and with those of rules, what one statement binds.
        conditions: 10_000,
        list: 10_000,
        pattern_bytes: 1 << 20,
        order_keys: 100,
        relations: 200,
        default_take: None,
        rows: u64::MAX,
        nested_rows: u64::MAX,
        all_rows: u64::MAX,
        read_bytes: u64::MAX,
        written_rows: 100_000,
        actions: 10_000,
        hashes: 1000,
        calls: 1000,
        statement_time: None,
        call_time: None,
    };

    /// What a person may ask for.
    pub const PERSON: Self = Self {
        depth: 40,
        values: 100_000,
        bytes: 8 << 20,
        value_bytes: 4 << 20,
        include_depth: 8,
        filter_depth: 12,
        conditions: 1000,
        list: 1000,
        pattern_bytes: 2000,
        order_keys: 16,
        relations: 40,
        default_take: None,
        rows: 10_000,
        nested_rows: 1000,
        all_rows: 100_000,
        read_bytes: 32 << 20,
        written_rows: 10_000,
        actions: 1000,
        hashes: 10,
        calls: 100,
        statement_time: Some(Duration::from_secs(10)),
        call_time: Some(Duration::from_secs(30)),
    };

    /// The stricter of both, each by itself.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            depth: self.depth.min(other.depth),
            values: self.values.min(other.values),
            bytes: self.bytes.min(other.bytes),
            value_bytes: self.value_bytes.min(other.value_bytes),
            include_depth: self.include_depth.min(other.include_depth),
            filter_depth: self.filter_depth.min(other.filter_depth),
            conditions: self.conditions.min(other.conditions),
            list: self.list.min(other.list),
            pattern_bytes: self.pattern_bytes.min(other.pattern_bytes),
            order_keys: self.order_keys.min(other.order_keys),
            relations: self.relations.min(other.relations),
            default_take: least(self.default_take, other.default_take),
            rows: self.rows.min(other.rows),
            nested_rows: self.nested_rows.min(other.nested_rows),
            all_rows: self.all_rows.min(other.all_rows),
            read_bytes: self.read_bytes.min(other.read_bytes),
            written_rows: self.written_rows.min(other.written_rows),
            actions: self.actions.min(other.actions),
            hashes: self.hashes.min(other.hashes),
            calls: self.calls.min(other.calls),
            statement_time: least(self.statement_time, other.statement_time),
            call_time: least(self.call_time, other.call_time),
        }
    }
}

/// The least of those that are there.
fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gets_more_than_either_gives() {
        let both = Limits::PROGRAM.and(&Limits::PERSON);
        assert_eq!(both, Limits::PERSON);
        let pages = Limits {
            default_take: Some(20),
            conditions: usize::MAX,
            ..Limits::PROGRAM
        };
        let both = Limits::PERSON.and(&pages);
        assert_eq!(both.default_take, Some(20));
        assert_eq!(both.conditions, Limits::PERSON.conditions);
        assert_eq!(both.call_time, Limits::PERSON.call_time);
    }
}
