use std::fmt;

/// How tables differ from a layout, one fact each.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The table is not there; it will be made.
    MissingTable {
        /// The model.
        model: String,
        /// The table.
        table: String,
    },
    /// A column is not there that sign-in cannot do without.
    MissingColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column that no new row may leave empty, and that the schema does not fill.
    RequiredColumn {
        /// The model.
        model: String,
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// A field that would fill it.
        field: String,
    },
    /// A column holds something else than the field.
    Type {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What it is.
        found: String,
        /// What the field holds.
        expected: &'static str,
        /// Whether it is a key or refers to one.
        is_key: bool,
    },
    /// The column takes no null where sign-in may have nothing to write.
    NotNull {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The column admits null where the layout does not.
    Nullable {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// No key makes the columns unique that are unique in the layout.
    NotUnique {
        /// The table.
        table: String,
        /// The columns.
        columns: Vec<String>,
    },
    /// No foreign key keeps rows from outliving the row they belong to.
    NoForeignKey {
        /// The table.
        table: String,
        /// The columns.
        columns: Vec<String>,
        /// The table they point at.
        references: String,
    },
    /// No index serves the columns by which rows are found.
    NoIndex {
        /// The table.
        table: String,
        /// The columns.
        columns: Vec<String>,
    },
    /// A table of nearly the same name has the columns of the model.
    OtherName {
        /// The model.
        model: String,
        /// The table as the schema calls it.
        table: String,
        /// The one that is there.
        found: String,
        /// Whether both are there.
        is_second: bool,
    },
    /// The name is written with other capitals, which the database does not tell apart.
    Capitals {
        /// The name as the layout writes it.
        expected: String,
        /// The name as it is.
        found: String,
    },
}

impl Difference {
    /// Whether sign-in cannot work on such tables.
    pub fn blocks(&self) -> bool {
        matches!(
            self,
            Self::MissingColumn { .. } | Self::RequiredColumn { .. } | Self::Type { .. }
        )
    }

    /// How far it takes tables away from a layout.
    pub(super) fn weight(&self) -> u32 {
        match self {
            Self::MissingTable { .. } => 1000,
            Self::MissingColumn { .. } => 400,
            Self::RequiredColumn { .. } => 300,
            Self::Type { .. } => 200,
            Self::NotUnique { .. } => 20,
            Self::NoForeignKey { .. } | Self::NotNull { .. } => 10,
            Self::Nullable { .. }
            | Self::NoIndex { .. }
            | Self::OtherName { .. }
            | Self::Capitals { .. } => 1,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingTable { table, .. } => write!(formatter, "there is no table `{table}`"),
            Self::MissingColumn { table, column } => {
                write!(formatter, "there is no column `{table}.{column}`")
            }
            Self::RequiredColumn {
                model,
                table,
                column,
                field,
            } => write!(
                formatter,
                "`{table}.{column}` needs a value and has no default: add `{field}` to model `{model}` of a schema, or \
                 give the column a default"
            ),
            Self::Type {
                table,
                column,
                found,
                expected,
                ..
            } => write!(
                formatter,
                "`{table}.{column}` is of type `{found}`, which holds no {expected}"
            ),
            Self::NotNull { table, column } => {
                write!(formatter, "`{table}.{column}` admits no null")
            }
            Self::Nullable { table, column } => write!(formatter, "`{table}.{column}` admits null"),
            Self::NotUnique { table, columns } => {
                write!(
                    formatter,
                    "`{table}` has no unique key on {}",
                    list(columns)
                )
            }
            Self::NoForeignKey {
                table,
                columns,
                references,
            } => write!(
                formatter,
                "`{table}` has no foreign key from {} to `{references}`",
                list(columns)
            ),
            Self::NoIndex { table, columns } => {
                write!(formatter, "`{table}` has no index on {}", list(columns))
            }
            Self::OtherName {
                table,
                found,
                is_second: false,
                ..
            } => write!(
                formatter,
                "what is to be kept in `{table}` is there as `{found}`"
            ),
            Self::OtherName { table, found, .. } => write!(
                formatter,
                "beside `{table}` there is `{found}`, with the same columns"
            ),
            Self::Capitals { expected, found } => {
                write!(formatter, "`{expected}` is written `{found}`")
            }
        }
    }
}

fn list(columns: &[String]) -> String {
    let quoted: Vec<_> = columns.iter().map(|column| format!("`{column}`")).collect();
    quoted.join(", ")
}
