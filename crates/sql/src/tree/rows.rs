use super::{Expr, TableName};

/// Reads rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// Of the rows that have these in common only the first in the order, which must begin with them.
    pub distinct: Vec<Expr>,
    /// What to read; never empty.
    pub columns: Vec<Expr>,
    /// What the columns are called by the statement around this one; as many as columns, or none.
    pub names: Vec<String>,
    /// From where; absent for a row of constants.
    pub from: Option<Source>,
    /// Further tables.
    pub joins: Vec<Join>,
    /// Which rows.
    pub filter: Option<Expr>,
    /// What the rows of one group have in common; without, rows stay single.
    pub group: Vec<Expr>,
    /// Which groups.
    pub having: Option<Expr>,
    /// In which order.
    pub order: Vec<Order>,
    /// How many at most.
    pub limit: Option<Expr>,
    /// How many to pass over.
    pub offset: Option<Expr>,
    /// Whether to hold the rows until the transaction ends.
    pub lock: Option<RowLock>,
}

impl Select {
    /// Reads these columns of every row of a table.
    pub fn from(source: Source, columns: Vec<Expr>) -> Self {
        Self {
            from: Some(source),
            ..Self::row(columns)
        }
    }

    /// A row of these, which need no table.
    pub fn row(columns: Vec<Expr>) -> Self {
        Self {
            distinct: Vec::new(),
            columns,
            names: Vec::new(),
            from: None,
            joins: Vec::new(),
            filter: None,
            group: Vec::new(),
            having: None,
            order: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
        }
    }
}

/// What rows are read from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A table.
    Table {
        /// Its name.
        table: TableName,
        /// What it is called in this statement.
        alias: Option<String>,
    },
    /// The rows of another statement.
    Query {
        /// The statement.
        select: Box<Select>,
        /// What its rows are called in this one.
        alias: String,
    },
    /// The values that a function of the database gives, one that is not of SQL itself.
    Call {
        /// The function.
        function: TableName,
        /// What it is given.
        arguments: Vec<Expr>,
        /// What its rows are called in this statement, and their only column.
        alias: String,
    },
}

/// A further table.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// What happens to rows without a partner.
    pub kind: JoinKind,
    /// The other rows.
    pub source: Source,
    /// Which rows belong together.
    pub on: Expr,
}

/// What happens to rows without a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// They go.
    Inner,
    /// They stay, with nulls.
    Left,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// What to sort by.
    pub expr: Expr,
    /// Which way.
    pub direction: Direction,
    /// Where nulls go.
    pub nulls: Nulls,
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Where nulls go in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// Where the database puts them.
    Default,
    /// Before everything else.
    First,
    /// After everything else.
    Last,
}

/// How read rows are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowLock {
    /// Nobody else may change or lock them.
    Update,
}

/// Adds rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// Where.
    pub table: TableName,
    /// Columns that get a value.
    pub columns: Vec<String>,
    /// The rows, each as wide as `columns`. One empty row, and no columns, means defaults only.
    pub rows: Vec<Vec<Expr>>,
    /// None of the rows is written where this finds one.
    pub unless: Option<Select>,
    /// What happens where a row of the same key is there already; without, the statement fails.
    pub conflict: Option<Conflict>,
    /// Columns to give back.
    pub returning: Vec<Expr>,
}

/// What becomes of a row that an insert met.
#[derive(Debug, Clone, PartialEq)]
pub enum Conflict {
    /// It changes; one that does not is not affected.
    Change {
        /// The columns of the key that is met. Where the dialect cannot say which, any unique key of the table counts.
        key: Vec<String>,
        /// Columns and their new values; never empty. Columns of the row that is there are named with the table.
        assignments: Vec<(String, Expr)>,
        /// Where it changes; without, where it then differs.
        only: Option<Expr>,
    },
    /// It stays, and the new row is left out, whichever unique key they share.
    Skip,
}

/// Changes rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// Where.
    pub table: TableName,
    /// Columns and their new values; never empty.
    pub assignments: Vec<(String, Expr)>,
    /// Which rows; all of them when absent.
    pub filter: Option<Expr>,
    /// Columns to give back, as they are afterwards.
    pub returning: Vec<Expr>,
}

/// Removes rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// Where.
    pub table: TableName,
    /// Which rows; all of them when absent.
    pub filter: Option<Expr>,
    /// Columns to give back, as they were before.
    pub returning: Vec<Expr>,
}
