//! Rows that are written without records, compared with their records: in tests and in builds with debug assertions.

use super::rows;
use super::write::Writer;
#[cfg(test)]
use crate::operation::Answer;
use crate::policy::DialectVersion;
use crate::shape::Found;

/// Panics where these rows are written in another way without records than with them.
#[cfg(test)]
pub(crate) fn require(found: &Found) {
    require_in(found, DialectVersion::Two);
    require_in(found, DialectVersion::Three);
}

/// Whether an answer is written without records, related rows included: their JSON goes from the database to the client.
#[cfg(test)]
pub(crate) fn goes_unparsed(answer: &Answer) -> bool {
    match answer {
        Answer::Rows(found) | Answer::Row(found) => {
            let is_written = |form| rows::rows(&mut Writer::new(form), found).is_ok();
            found.levels.is_empty()
                && is_written(DialectVersion::Two)
                && is_written(DialectVersion::Three)
        }
        Answer::Reply(_) => false,
    }
}

pub(super) fn require_in(found: &Found, form: DialectVersion) {
    let said = |writer: Writer| {
        let (json, serialization) = writer.finish();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (text(json), serialization.map(text))
    };
    let mut walked = Writer::new(form);
    // What is left to records may be anything.
    if rows::rows(&mut walked, found).is_err() {
        return;
    }
    let mut of_records = Writer::new(form);
    let records = found.records();
    assert!(records.is_ok(), "written although refused: {records:?}");
    of_records.list(&records.unwrap_or_default(), Writer::record);
    assert_eq!(said(walked), said(of_records), "written in two ways");
}
