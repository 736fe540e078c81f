use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::record::Record;

/// What a call gave. Serializes as clients get it.
///
/// Source: contract zenstack §3.1.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A row, or none.
    Record(Option<Record>),
    /// Rows, or groups.
    Records(Vec<Record>),
    /// A number.
    Count(u64),
    /// How many rows were written: `{"count": 3}`.
    Affected(u64),
    /// A truth value.
    Truth(bool),
}

impl Reply {
    /// The row, of calls that give one.
    pub fn into_record(self) -> Option<Record> {
        match self {
            Self::Record(record) => record,
            _ => None,
        }
    }

    /// The rows, of calls that give any number.
    pub fn into_records(self) -> Vec<Record> {
        match self {
            Self::Records(records) => records,
            _ => Vec::new(),
        }
    }

    /// How many rows it holds, those of relations as well.
    pub(crate) fn rows(&self) -> u64 {
        match self {
            Self::Record(record) => record.iter().map(Record::rows).sum(),
            Self::Records(records) => records.iter().map(Record::rows).sum(),
            Self::Count(_) | Self::Affected(_) | Self::Truth(_) => 0,
        }
    }

    /// About how many bytes the values of those rows are.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Record(record) => record.iter().map(Record::bytes).sum(),
            Self::Records(records) => records.iter().map(Record::bytes).sum(),
            Self::Count(_) | Self::Affected(_) | Self::Truth(_) => 0,
        }
    }
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Record(record) => record.serialize(serializer),
            Self::Records(records) => records.serialize(serializer),
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Affected(count) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("count", count)?;
                map.end()
            }
            Self::Truth(truth) => serializer.serialize_bool(*truth),
        }
    }
}
