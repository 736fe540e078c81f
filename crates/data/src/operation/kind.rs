use std::fmt;

use crate::policy::DialectVersion;

/// What a client may do with a model.
///
/// Source: contract zenstack §3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// The rows that pass a filter.
    FindMany,
    /// The first of them, or none.
    FindFirst,
    /// The first of them.
    FindFirstOrThrow,
    /// The row of a unique key, or none.
    FindUnique,
    /// The row of a unique key.
    FindUniqueOrThrow,
    /// Whether a row passes a filter.
    Exists,
    /// Whether the access rules could admit something at all; of clients of the second generation.
    Check,
    /// How many rows pass a filter.
    Count,
    /// Sums, averages and extremes of the rows that pass a filter.
    Aggregate,
    /// The same for each group of rows.
    GroupBy,
    /// Adds a row, and rows that belong to it.
    Create,
    /// Adds rows, and gives their number.
    CreateMany,
    /// Adds rows, and gives those that may be seen.
    CreateManyAndReturn,
    /// Changes the row of a unique key, and rows that belong to it.
    Update,
    /// Changes the rows that pass a filter, and gives their number.
    UpdateMany,
    /// Changes the rows that pass a filter, and gives them.
    UpdateManyAndReturn,
    /// Changes the row of a unique key, or adds one.
    Upsert,
    /// Removes the row of a unique key.
    Delete,
    /// Removes the rows that pass a filter, and gives their number.
    DeleteMany,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 19] = [
        Self::FindMany,
        Self::FindFirst,
        Self::FindFirstOrThrow,
        Self::FindUnique,
        Self::FindUniqueOrThrow,
        Self::Exists,
        Self::Check,
        Self::Count,
        Self::Aggregate,
        Self::GroupBy,
        Self::Create,
        Self::CreateMany,
        Self::CreateManyAndReturn,
        Self::Update,
        Self::UpdateMany,
        Self::UpdateManyAndReturn,
        Self::Upsert,
        Self::Delete,
        Self::DeleteMany,
    ];

    /// Its name: `findMany`.
    pub fn name(self) -> &'static str {
        match self {
            Self::FindMany => "findMany",
            Self::FindFirst => "findFirst",
            Self::FindFirstOrThrow => "findFirstOrThrow",
            Self::FindUnique => "findUnique",
            Self::FindUniqueOrThrow => "findUniqueOrThrow",
            Self::Exists => "exists",
            Self::Check => "check",
            Self::Count => "count",
            Self::Aggregate => "aggregate",
            Self::GroupBy => "groupBy",
            Self::Create => "create",
            Self::CreateMany => "createMany",
            Self::CreateManyAndReturn => "createManyAndReturn",
            Self::Update => "update",
            Self::UpdateMany => "updateMany",
            Self::UpdateManyAndReturn => "updateManyAndReturn",
            Self::Upsert => "upsert",
            Self::Delete => "delete",
            Self::DeleteMany => "deleteMany",
        }
    }

    /// The operation of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Whether clients of a generation have it.
    ///
    /// Source: contract zenstack §3.1.
    pub(crate) fn is_of(self, version: DialectVersion) -> bool {
        self != Self::Check || version == DialectVersion::Two
    }

    /// Whether it changes nothing.
    pub fn is_read(self) -> bool {
        matches!(
            self,
            Self::FindMany
                | Self::FindFirst
                | Self::FindFirstOrThrow
                | Self::FindUnique
                | Self::FindUniqueOrThrow
                | Self::Exists
                | Self::Check
                | Self::Count
                | Self::Aggregate
                | Self::GroupBy
        )
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
