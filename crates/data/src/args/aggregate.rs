use hallpass_sql::{Aggregate, Comparison, Direction, Nulls, Value};

use super::{Filter, Listing};

/// A value made of many rows: how many there are, or something of their values of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) aggregate: Aggregate,
    /// Rows are counted where there is none.
    pub(crate) field: Option<String>,
}

/// A member of the answer: `_count: 3`, or `_sum: {price: 10}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Section {
    /// One number of rows.
    Rows(&'static str),
    /// Values by the names of fields; `_all` for rows.
    Fields(&'static str, Vec<Measure>),
}

/// `count` with `select`, and `aggregate`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AggregateArgs {
    pub(crate) rows: Listing,
    pub(crate) sections: Vec<Section>,
}

/// `groupBy`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GroupArgs {
    /// Never empty.
    pub(crate) by: Vec<String>,
    pub(crate) filter: Option<Filter>,
    pub(crate) having: Option<Having>,
    pub(crate) order: Vec<GroupOrder>,
    /// At most this many groups; below zero those at the end.
    pub(crate) take: Option<i64>,
    pub(crate) skip: Option<i64>,
    pub(crate) sections: Vec<Section>,
}

/// Which groups.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Having {
    All(Vec<Having>),
    Any(Vec<Having>),
    Not(Box<Having>),
    /// What the rows of a group have in common is so.
    Common(Filter),
    /// A value of the group passes a test.
    Measure(Measure, MeasureTest),
}

/// A test of a value made of many rows. Values are as the statement takes them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MeasureTest {
    IsNull,
    Compare(Comparison, Value),
    In(Vec<Value>),
    All(Vec<MeasureTest>),
    Not(Box<MeasureTest>),
}

/// A key of an order of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupOrder {
    pub(crate) key: GroupKey,
    pub(crate) direction: Direction,
    pub(crate) nulls: Nulls,
}

/// What groups are sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GroupKey {
    Field(String),
    Measure(Measure),
}

impl Section {
    /// What it holds, with the names in it.
    pub(crate) fn measures(&self) -> &[Measure] {
        match self {
            Self::Rows(_) => &[],
            Self::Fields(_, measures) => measures,
        }
    }
}

impl Having {
    /// Parts it as far as that changes nothing: into what only asks for what rows have in common, which can be asked of
    /// the rows themselves, and the rest.
    pub(crate) fn parted(self) -> (Option<Filter>, Option<Self>) {
        let parts = match self {
            Self::All(parts) => parts,
            other => vec![other],
        };
        let mut common = Vec::new();
        let mut rest = Vec::new();
        for part in parts {
            match part.common() {
                Some(filter) => common.push(filter),
                None => rest.push(part),
            }
        }
        (
            (!common.is_empty()).then_some(Filter::All(common)),
            (!rest.is_empty()).then_some(Self::All(rest)),
        )
    }

    /// The same as a filter of rows, where it asks for nothing else.
    fn common(&self) -> Option<Filter> {
        let all = |parts: &[Self]| parts.iter().map(Self::common).collect::<Option<Vec<_>>>();
        match self {
            Self::All(parts) => all(parts).map(Filter::All),
            Self::Any(parts) => all(parts).map(Filter::Any),
            Self::Not(inner) => Some(Filter::Not(Box::new(inner.common()?))),
            Self::Common(filter) => Some(filter.clone()),
            Self::Measure(..) => None,
        }
    }
}
