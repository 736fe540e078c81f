use super::Reply;
use crate::shape::Found;

/// What a call gave, for who passes it on as JSON: rows of which no records were made, where it is a read that finds any.
#[derive(Debug)]
pub(crate) enum Answer {
    Reply(Reply),
    Rows(Found),
    /// One row, or none.
    Row(Found),
}
