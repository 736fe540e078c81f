//! What each dialect can say, as data. One row a dialect; nothing else in the workspace asks for a dialect's name.

use crate::Dialect;

/// The facts about a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// The character around identifiers; doubled inside.
    pub identifier_quote: char,
    /// How placeholders are written.
    pub placeholder: Placeholder,
    /// The most placeholders one statement may have.
    pub max_binds: usize,
    /// `INSERT … RETURNING`
    pub insert_returning: bool,
    /// `UPDATE … RETURNING`
    pub update_returning: bool,
    /// `DELETE … RETURNING`
    pub delete_returning: bool,
    /// An UPDATE or DELETE may read the table that it changes.
    pub writes_read_own_table: bool,
    /// How a row of nothing but defaults is inserted.
    pub empty_insert: EmptyInsert,
    /// How an insert that meets a row changes it.
    pub conflict_clause: ConflictClause,
    /// Every assignment sees the row as it was; elsewhere it sees what those before it assigned.
    pub assignments_see_old_row: bool,
    /// `NULLS FIRST` and `NULLS LAST`; where absent, the emitter sorts by `IS NULL` first.
    pub nulls_ordering: bool,
    /// Where nulls stand in ascending order when nothing is said.
    pub nulls_ascending: NullPosition,
    /// `SELECT … FOR UPDATE`
    pub select_for_update: bool,
    /// `OFFSET` may stand without `LIMIT`.
    pub offset_without_limit: bool,
    /// `=` on text compares byte by byte; elsewhere a collation decides, and the emitter adds a binary comparison
    /// where equality must be exact.
    pub exact_text_equality: bool,
    /// The operator that matches a pattern whatever the case of letters, or the plain one where there is no other.
    pub like_any_case: &'static str,
    /// Texts are joined by `||`; elsewhere that is a word for OR, and a function joins them.
    pub concat_operator: bool,
    /// `SELECT DISTINCT ON (…)`
    pub distinct_on: bool,
    /// Rows as JSON documents inside of a statement, without loss; elsewhere related rows are read by one statement more.
    pub json_rows: Option<JsonFunctions>,
    /// Which functions look into JSON documents.
    pub json_paths: JsonPaths,
    /// Which functions find words in texts.
    pub word_search: Option<WordFunctions>,
    /// Texts can be compared by how alike they are, once the extension for it is switched on.
    pub likeness: bool,
    /// What stands before and after an exact number that becomes a floating one.
    pub as_double: [&'static str; 2],
    /// How many digits a decimal number has at most, and how many of them behind the point, where it is bound as text and must
    /// be made a number before it is compared, or it is compared as a floating one.
    pub exact_digits: Option<[usize; 2]>,
    /// How a cast to text of any length ends.
    pub cast_to_text: &'static str,
    /// What stands before and after a text that is compared byte by byte, whatever the type and the collation of its column. A
    /// cast alone keeps the collation.
    pub bytewise: [&'static str; 2],
    /// How the quotient of whole numbers is asked for.
    pub whole_division: &'static str,
    /// Exact numbers are a type; elsewhere they are kept as whole or floating ones, whichever they look like.
    pub exact_numbers: bool,
    /// Expressions have types; elsewhere a column alone says as what a value is compared with it.
    pub typed_expressions: bool,
    /// Columns of numbers refuse what is out of their range; elsewhere a sum that is too large becomes another number.
    pub column_ranges: bool,
    /// Truth values are a type; elsewhere they are the integers 0 and 1.
    pub boolean_type: bool,
    /// Moments are a type; elsewhere they are kept as ISO 8601 text.
    pub timestamp_type: bool,
    /// Digits of a second that a type of moments keeps when it says none.
    pub timestamp_digits: u8,
    /// JSON documents are a type; elsewhere they are text.
    pub json_type: bool,
    /// A column may hold several values of a type.
    pub lists: bool,
    /// UUIDs are a type that refuses other text.
    pub uuid_type: bool,
    /// Binary strings and JSON may have a column default.
    pub document_defaults: bool,
    /// How an enum is kept.
    pub enum_storage: EnumStorage,
    /// Indexes may stand inside `CREATE TABLE`.
    pub inline_indexes: bool,
    /// `ALTER TABLE … ADD CONSTRAINT … FOREIGN KEY`
    pub add_foreign_key: bool,
    /// A column that is there can be changed; elsewhere its table is made anew.
    pub alter_column: bool,
    /// Tables can live in schemas of a database.
    pub schemas: bool,
    /// Indexes over the beginning of texts, and for words.
    pub text_indexes: bool,
    /// A foreign key may name a table that is not there yet.
    pub forward_references: bool,
    /// Statements that create tables are undone by a rollback.
    pub transactional_ddl: bool,
    /// Table names that differ only in case are the same table.
    pub table_names_fold_case: bool,
    /// Column names that differ only in case are the same column.
    pub column_names_fold_case: bool,
    /// How two processes that start at the same moment take turns in creating tables.
    pub startup_lock: StartupLock,
    /// Policies of tables, which roles cannot pass by.
    pub row_security: bool,
    /// How far transactions can be kept apart, the least first.
    pub isolations: &'static [Isolation],
}

/// How far a transaction is kept from what others do at the same time.
///
/// Source: SQL-92, section 4.28.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// What was read once stays as it was.
    RepeatableRead,
    /// As if transactions ran one after the other.
    Serializable,
}

impl Isolation {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [
        Self::ReadCommitted,
        Self::RepeatableRead,
        Self::Serializable,
    ];

    /// Its name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

impl std::fmt::Display for Isolation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Which functions make JSON documents of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonFunctions {
    /// `json_build_array`, `json_agg`; types say how a value is written.
    Postgres,
    /// `json_array`, `json_group_array`; every value says its own type, and what another statement made is text.
    Sqlite,
}

/// Which functions find words in texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordFunctions {
    /// `to_tsvector`, `to_tsquery`
    Postgres,
    /// `MATCH … AGAINST`, of columns with an index for it.
    MySql,
}

/// Which functions look into JSON documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonPaths {
    /// `->`, documents that compare by what they say.
    Postgres,
    /// `->` with a path, documents that compare as text without blanks.
    Sqlite,
    /// `JSON_EXTRACT`, documents that compare as text in an order of its own.
    MySql,
    /// `JSON_EXTRACT`, `JSON_EQUALS`.
    MariaDb,
}

/// How placeholders are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// `$1`, `$2`, …
    Numbered,
    /// `?`
    Question,
}

/// How a row of nothing but defaults is inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyInsert {
    /// `DEFAULT VALUES`
    DefaultValues,
    /// `() VALUES ()`
    EmptyRow,
}

/// How an insert that meets a row changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictClause {
    /// `ON CONFLICT (…) DO UPDATE SET … WHERE …`
    OnConflict,
    /// `ON DUPLICATE KEY UPDATE …`, which does not count rows that stay as they were.
    OnDuplicateKey,
}

/// Where nulls stand in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullPosition {
    /// Before everything else.
    First,
    /// After everything else.
    Last,
}

/// How an enum is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnumStorage {
    /// A type of its own, made by `CREATE TYPE`.
    Type,
    /// `ENUM(…)` written at the column.
    Inline,
    /// Text.
    Text,
}

/// How two processes that start at the same moment take turns in creating tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartupLock {
    /// An advisory lock that ends with the transaction.
    Transaction,
    /// A named lock of the connection, which must be released.
    Connection,
    /// A writing transaction is alone anyway.
    Writer,
}

impl Capability {
    /// Whether a comparison of texts can be told to take no account of case.
    pub fn has_any_case(&self) -> bool {
        self.like_any_case != " LIKE "
    }

    pub(crate) fn of(dialect: Dialect) -> &'static Self {
        match dialect {
            Dialect::Postgres => &POSTGRES,
            Dialect::MySql => &MYSQL,
            Dialect::MariaDb => &MARIADB,
            Dialect::Sqlite => &SQLITE,
        }
    }
}

const POSTGRES: Capability = Capability {
    identifier_quote: '"',
    placeholder: Placeholder::Numbered,
    max_binds: 65_535,
    insert_returning: true,
    update_returning: true,
    delete_returning: true,
    writes_read_own_table: true,
    empty_insert: EmptyInsert::DefaultValues,
    conflict_clause: ConflictClause::OnConflict,
    assignments_see_old_row: true,
    nulls_ordering: true,
    nulls_ascending: NullPosition::Last,
    select_for_update: true,
    offset_without_limit: true,
    exact_text_equality: true,
    like_any_case: " ILIKE ",
    concat_operator: true,
    distinct_on: true,
    json_rows: Some(JsonFunctions::Postgres),
    json_paths: JsonPaths::Postgres,
    word_search: Some(WordFunctions::Postgres),
    likeness: true,
    as_double: ["CAST(", " AS DOUBLE PRECISION)"],
    exact_digits: None,
    cast_to_text: " AS TEXT)",
    bytewise: ["CAST(", " AS TEXT) COLLATE \"C\""],
    whole_division: " / ",
    exact_numbers: true,
    typed_expressions: true,
    column_ranges: true,
    boolean_type: true,
    timestamp_type: true,
    timestamp_digits: 6,
    json_type: true,
    lists: true,
    uuid_type: true,
    document_defaults: true,
    enum_storage: EnumStorage::Type,
    inline_indexes: false,
    add_foreign_key: true,
    alter_column: true,
    schemas: true,
    text_indexes: false,
    forward_references: false,
    transactional_ddl: true,
    table_names_fold_case: false,
    column_names_fold_case: false,
    startup_lock: StartupLock::Transaction,
    row_security: true,
    isolations: &Isolation::ALL,
};

const MYSQL: Capability = Capability {
    identifier_quote: '`',
    placeholder: Placeholder::Question,
    max_binds: 65_535,
    insert_returning: false,
    update_returning: false,
    delete_returning: false,
    writes_read_own_table: false,
    empty_insert: EmptyInsert::EmptyRow,
    conflict_clause: ConflictClause::OnDuplicateKey,
    assignments_see_old_row: false,
    nulls_ordering: false,
    nulls_ascending: NullPosition::First,
    select_for_update: true,
    offset_without_limit: false,
    exact_text_equality: false,
    like_any_case: " LIKE ",
    concat_operator: false,
    distinct_on: false,
    json_rows: None,
    json_paths: JsonPaths::MySql,
    word_search: Some(WordFunctions::MySql),
    likeness: false,
    // The sum of an exact and a floating number is a floating one. Servers before 8.0.17 cannot cast.
    as_double: ["(", ") + 0e0"],
    exact_digits: Some([65, 30]),
    cast_to_text: " AS CHAR)",
    bytewise: ["CAST(CONVERT(", " USING utf8mb4) AS BINARY)"],
    whole_division: " DIV ",
    exact_numbers: true,
    typed_expressions: true,
    column_ranges: true,
    boolean_type: false,
    timestamp_type: true,
    timestamp_digits: 0,
    json_type: true,
    lists: false,
    uuid_type: false,
    document_defaults: false,
    enum_storage: EnumStorage::Inline,
    inline_indexes: true,
    add_foreign_key: true,
    alter_column: true,
    schemas: false,
    text_indexes: true,
    forward_references: false,
    transactional_ddl: false,
    table_names_fold_case: false,
    column_names_fold_case: true,
    startup_lock: StartupLock::Connection,
    row_security: false,
    isolations: &Isolation::ALL,
};

const MARIADB: Capability = Capability {
    json_paths: JsonPaths::MariaDb,
    insert_returning: true,
    delete_returning: true,
    ..MYSQL
};

const SQLITE: Capability = Capability {
    identifier_quote: '"',
    placeholder: Placeholder::Question,
    max_binds: 32_766,
    insert_returning: true,
    update_returning: true,
    delete_returning: true,
    writes_read_own_table: true,
    empty_insert: EmptyInsert::DefaultValues,
    conflict_clause: ConflictClause::OnConflict,
    assignments_see_old_row: true,
    nulls_ordering: true,
    nulls_ascending: NullPosition::First,
    select_for_update: false,
    offset_without_limit: false,
    exact_text_equality: true,
    like_any_case: " LIKE ",
    concat_operator: true,
    distinct_on: false,
    json_rows: Some(JsonFunctions::Sqlite),
    json_paths: JsonPaths::Sqlite,
    word_search: None,
    likeness: false,
    as_double: ["CAST(", " AS REAL)"],
    exact_digits: None,
    cast_to_text: " AS TEXT)",
    bytewise: ["CAST(", " AS TEXT) COLLATE BINARY"],
    whole_division: " / ",
    exact_numbers: false,
    typed_expressions: false,
    column_ranges: false,
    boolean_type: false,
    timestamp_type: false,
    timestamp_digits: 3,
    json_type: false,
    lists: false,
    uuid_type: false,
    document_defaults: true,
    enum_storage: EnumStorage::Text,
    inline_indexes: false,
    add_foreign_key: false,
    alter_column: false,
    schemas: false,
    text_indexes: false,
    forward_references: true,
    transactional_ddl: true,
    table_names_fold_case: true,
    column_names_fold_case: true,
    startup_lock: StartupLock::Writer,
    row_security: false,
    isolations: &[Isolation::Serializable],
};
