use super::Emitter;
use crate::calendar;
use crate::{
    Action, AddColumn, AddForeignKey, AddTimeZone, Column, ColumnDefault, ColumnType, CreateEnum,
    CreateIndex, CreateTable, Dialect, DropForeignKey, EmitError, EnumStorage, ForeignKey, Index,
    IndexColumn, IndexKind, IndexMethod, PrimaryKey, TableName, TakenOver, Value,
};

impl Emitter {
    pub(super) fn create_table(&mut self, create: &CreateTable) -> Result<(), EmitError> {
        if create.columns.is_empty() {
            return Err(EmitError::Incomplete { part: "columns" });
        }
        self.push("CREATE TABLE ");
        self.table_name(&create.table)?;
        self.push(" (");
        self.list(&create.columns, |emitter, column| {
            emitter.column(column, create.primary_key.as_ref())?;
            emitter.collation(column, &create.taken_over)
        })?;
        self.table_key(create)?;
        self.inline_indexes(&create.indexes)?;
        for key in &create.foreign_keys {
            self.push(", ");
            self.foreign_key(key)?;
        }
        for check in &create.taken_over.checks {
            // SECURITY: it comes from the database's own catalog, from its first word to the bracket that closes it.
            self.push(", ");
            self.push(check);
        }
        self.push(")");
        if self.is_mysql_family() {
            // Prisma's choice; without it the server's default decides, which may not hold every character.
            self.push(" DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci");
        }
        Ok(())
    }

    pub(super) fn column(
        &mut self,
        column: &Column,
        key: Option<&PrimaryKey>,
    ) -> Result<(), EmitError> {
        self.identifier(&column.name)?;
        self.push(" ");
        self.column_type(&column.column_type)?;
        if !column.nullable {
            self.push(" NOT NULL");
        } else if self.is_mysql_family() {
            // MySQL makes the first TIMESTAMP column NOT NULL unless told otherwise.
            self.push(" NULL");
        }
        if let Some(default) = &column.default {
            self.push(" DEFAULT ");
            self.column_default(column, default)?;
        }
        if is_counter(&column.column_type) {
            self.counter(column, key)?;
        }
        Ok(())
    }

    fn collation(&mut self, column: &Column, taken_over: &TakenOver) -> Result<(), EmitError> {
        let mut collations = taken_over.collations.iter();
        if let Some((_, collation)) = collations.find(|(name, _)| *name == column.name) {
            self.push(" COLLATE ");
            self.verbatim(collation)?;
        }
        Ok(())
    }

    /// Source: contract zenstack §5.1, the columns of Prisma.
    pub(super) fn column_type(&mut self, column_type: &ColumnType) -> Result<(), EmitError> {
        match column_type {
            ColumnType::Native(native) | ColumnType::NativeCounter(native) => {
                self.push(native.name());
                if !native.arguments().is_empty() {
                    self.push("(");
                    self.list(native.arguments(), |emitter, argument| {
                        emitter.push(&argument.to_string());
                        Ok(())
                    })?;
                    self.push(")");
                }
            }
            ColumnType::Enum { name, labels } => self.enum_type(name, labels)?,
            ColumnType::Text => self.type_words("TEXT", "VARCHAR(191)", "TEXT"),
            ColumnType::Boolean => self.type_words("BOOLEAN", "TINYINT(1)", "BOOLEAN"),
            ColumnType::Integer => self.type_words("INTEGER", "INT", "INTEGER"),
            ColumnType::BigInt => self.type_words("BIGINT", "BIGINT", "BIGINT"),
            ColumnType::Counter => self.type_words("SERIAL", "INT", "INTEGER"),
            // SQLite counts only in a column declared INTEGER, which holds 64 bits there.
            ColumnType::BigCounter => self.type_words("BIGSERIAL", "BIGINT", "INTEGER"),
            ColumnType::Double => self.type_words("DOUBLE PRECISION", "DOUBLE", "REAL"),
            ColumnType::Decimal => self.type_words("DECIMAL(65,30)", "DECIMAL(65,30)", "DECIMAL"),
            ColumnType::Timestamp => self.type_words("TIMESTAMP(3)", "DATETIME(3)", "DATETIME"),
            ColumnType::Json => self.type_words("JSONB", "JSON", "JSONB"),
            ColumnType::Bytes => self.type_words("BYTEA", "LONGBLOB", "BLOB"),
            ColumnType::Verbatim(words) => self.verbatim(words)?,
            ColumnType::List(element) => {
                self.require(self.capability.lists, "columns of several values")?;
                self.column_type(element)?;
                self.push("[]");
            }
        }
        Ok(())
    }

    fn type_words(&mut self, postgres: &str, mysql: &str, sqlite: &str) {
        self.push(match self.dialect {
            Dialect::Postgres => postgres,
            Dialect::MySql | Dialect::MariaDb => mysql,
            Dialect::Sqlite => sqlite,
        });
    }

    fn enum_type(&mut self, name: &TableName, labels: &[String]) -> Result<(), EmitError> {
        match self.capability.enum_storage {
            EnumStorage::Type => self.table_name(name)?,
            EnumStorage::Text => self.push("TEXT"),
            EnumStorage::Inline => {
                self.push("ENUM(");
                self.labels(labels)?;
                self.push(")");
            }
        }
        Ok(())
    }

    fn labels(&mut self, labels: &[String]) -> Result<(), EmitError> {
        self.list(labels, |emitter, label| emitter.text_literal(label))
    }

    fn counter(&mut self, column: &Column, key: Option<&PrimaryKey>) -> Result<(), EmitError> {
        match self.dialect {
            Dialect::Postgres => {}
            Dialect::MySql | Dialect::MariaDb => self.push(" AUTO_INCREMENT"),
            Dialect::Sqlite if is_sole_key(key, &column.name) => {
                self.push(" PRIMARY KEY AUTOINCREMENT");
            }
            Dialect::Sqlite => {
                return Err(self.unsupported("counters other than the primary key"));
            }
        }
        Ok(())
    }

    fn table_key(&mut self, create: &CreateTable) -> Result<(), EmitError> {
        let Some(key) = &create.primary_key else {
            return Ok(());
        };
        let at_column = self.dialect == Dialect::Sqlite
            && create
                .columns
                .iter()
                .any(|column| is_counter(&column.column_type));
        if at_column {
            return Ok(());
        }
        self.push(", ");
        self.primary_key(key)
    }

    pub(super) fn primary_key(&mut self, key: &PrimaryKey) -> Result<(), EmitError> {
        if !self.is_mysql_family() {
            self.push("CONSTRAINT ");
            self.identifier(&key.name)?;
            self.push(" ");
        }
        self.push("PRIMARY KEY (");
        self.identifiers(&key.columns)?;
        self.push(")");
        Ok(())
    }

    fn inline_indexes(&mut self, indexes: &[Index]) -> Result<(), EmitError> {
        if indexes.is_empty() {
            return Ok(());
        }
        self.require(
            self.capability.inline_indexes,
            "indexes inside CREATE TABLE",
        )?;
        for index in indexes {
            self.push(", ");
            self.push(index_words(index.kind));
            self.identifier(&index.name)?;
            self.index_columns(index)?;
        }
        Ok(())
    }

    /// The columns in brackets, and before or after them how the index is built.
    fn index_columns(&mut self, index: &Index) -> Result<(), EmitError> {
        let is_mysql = self.is_mysql_family();
        if let Some(method) = index.method.filter(|_| !is_mysql) {
            self.require(self.capability.schemas, "ways of building an index")?;
            self.push(" USING ");
            self.push(method_word(method));
        }
        self.push(" (");
        self.list(&index.columns, |emitter, column| {
            emitter.index_column(column)
        })?;
        self.push(")");
        if let Some(method) = index.method.filter(|_| is_mysql) {
            let able = matches!(method, IndexMethod::BTree | IndexMethod::Hash);
            self.require(able, "this way of building an index")?;
            self.push(" USING ");
            self.push(method_word(method));
        }
        Ok(())
    }

    fn index_column(&mut self, column: &IndexColumn) -> Result<(), EmitError> {
        self.identifier(&column.name)?;
        if let Some(length) = column.length {
            self.require(
                self.capability.text_indexes,
                "indexes over the beginning of texts",
            )?;
            self.push(&format!("({length})"));
        }
        if let Some(operators) = &column.operators {
            self.require(self.capability.schemas, "operator classes")?;
            self.push(" ");
            self.verbatim(operators)?;
        }
        if column.descending {
            self.push(" DESC");
        }
        Ok(())
    }

    /// Words of the schema's author. SECURITY: nothing that could end the statement.
    fn verbatim(&mut self, words: &str) -> Result<(), EmitError> {
        if words.is_empty() || words.contains(['\0', ';']) {
            return Err(EmitError::Identifier);
        }
        self.push(words);
        Ok(())
    }

    pub(super) fn create_index(&mut self, create: &CreateIndex) -> Result<(), EmitError> {
        let fulltext = create.index.kind == IndexKind::Fulltext;
        self.require(
            !fulltext || self.capability.text_indexes,
            "indexes for words",
        )?;
        self.push("CREATE ");
        self.push(index_words(create.index.kind));
        self.identifier(&create.index.name)?;
        self.push(" ON ");
        self.table_name(&create.table)?;
        self.index_columns(&create.index)
    }

    pub(super) fn create_enum(&mut self, create: &CreateEnum) -> Result<(), EmitError> {
        self.require(
            self.capability.enum_storage == EnumStorage::Type,
            "CREATE TYPE",
        )?;
        self.push("CREATE TYPE ");
        self.table_name(&create.name)?;
        self.push(" AS ENUM (");
        self.labels(&create.labels)?;
        self.push(")");
        Ok(())
    }

    pub(super) fn add_column(&mut self, add: &AddColumn) -> Result<(), EmitError> {
        self.push("ALTER TABLE ");
        self.table_name(&add.table)?;
        self.push(" ADD COLUMN ");
        self.column(&add.column, None)
    }

    pub(super) fn add_foreign_key(&mut self, add: &AddForeignKey) -> Result<(), EmitError> {
        self.require(
            self.capability.add_foreign_key,
            "ALTER TABLE … ADD CONSTRAINT",
        )?;
        self.push("ALTER TABLE ");
        self.table_name(&add.table)?;
        self.push(" ADD ");
        self.foreign_key(&add.foreign_key)
    }

    pub(super) fn drop_foreign_key(&mut self, drop: &DropForeignKey) -> Result<(), EmitError> {
        self.require(
            self.capability.add_foreign_key,
            "ALTER TABLE … DROP CONSTRAINT",
        )?;
        self.push("ALTER TABLE ");
        self.table_name(&drop.table)?;
        self.push(if self.is_mysql_family() {
            " DROP FOREIGN KEY "
        } else {
            " DROP CONSTRAINT "
        });
        self.identifier(&drop.name)
    }

    pub(super) fn add_time_zone(&mut self, add: &AddTimeZone) -> Result<(), EmitError> {
        let able = self.dialect == Dialect::Postgres;
        self.require(able, "column type with a time zone")?;
        self.push("ALTER TABLE ");
        self.table_name(&add.table)?;
        self.push(" ALTER COLUMN ");
        self.identifier(&add.column)?;
        self.push(" TYPE TIMESTAMPTZ USING ");
        self.identifier(&add.column)?;
        self.push(" AT TIME ZONE 'UTC'");
        Ok(())
    }

    fn foreign_key(&mut self, key: &ForeignKey) -> Result<(), EmitError> {
        if self.is_mysql_family()
            && (key.on_delete == Action::SetDefault || key.on_update == Action::SetDefault)
        {
            // InnoDB refuses it.
            return Err(self.unsupported("SET DEFAULT"));
        }
        self.push("CONSTRAINT ");
        self.identifier(&key.name)?;
        self.push(" FOREIGN KEY (");
        self.identifiers(&key.columns)?;
        self.push(") REFERENCES ");
        self.table_name(&key.target)?;
        self.push(" (");
        self.identifiers(&key.references)?;
        self.push(") ON DELETE ");
        self.push(action(key.on_delete));
        self.push(" ON UPDATE ");
        self.push(action(key.on_update));
        Ok(())
    }

    pub(super) fn column_default(
        &mut self,
        column: &Column,
        default: &ColumnDefault,
    ) -> Result<(), EmitError> {
        match default {
            ColumnDefault::Now => self.now(&column.column_type),
            ColumnDefault::Verbatim(sql) => {
                self.push("(");
                self.push(sql);
                self.push(")");
            }
            ColumnDefault::Value(Value::List(values)) => self.list_default(column, values)?,
            ColumnDefault::Value(value) => {
                // MySQL takes a default for its TEXT types only as an expression.
                let wrapped =
                    self.is_mysql_family() && matches!(column.column_type, ColumnType::Native(_));
                self.push(if wrapped { "(" } else { "" });
                let written = self.literal(value);
                written.map_err(|error| of_default(column, error))?;
                self.push(if wrapped { ")" } else { "" });
            }
        }
        Ok(())
    }

    fn list_default(&mut self, column: &Column, values: &[Value]) -> Result<(), EmitError> {
        self.push("ARRAY[");
        let written = self.list(values, |emitter, value| emitter.literal(value));
        written.map_err(|error| of_default(column, error))?;
        // An empty list has no type of its own, and texts are not labels of an enum.
        self.push("]::");
        self.column_type(&column.column_type)
    }

    fn now(&mut self, column_type: &ColumnType) {
        self.push("CURRENT_TIMESTAMP");
        if !self.is_mysql_family() {
            return;
        }
        // MySQL wants the column's own precision here.
        let precision = match column_type {
            ColumnType::Native(native) => native.arguments().first().copied().unwrap_or(0),
            _ => 3,
        };
        self.push(&format!("({precision})"));
    }

    /// Constants stand in the text only of DDL, which takes no placeholders, and of scripts.
    pub(super) fn literal(&mut self, value: &Value) -> Result<(), EmitError> {
        match value {
            Value::Null => self.push("NULL"),
            Value::Bool(value) => self.push(match (self.capability.boolean_type, value) {
                (true, true) => "TRUE",
                (true, false) => "FALSE",
                (false, true) => "1",
                (false, false) => "0",
            }),
            Value::Int(number) => self.push(&number.to_string()),
            Value::Float(number) if number.is_finite() => self.push(&format!("{number:?}")),
            Value::Decimal(text) if is_number(text) => self.push(text),
            Value::Text(text) => self.text_literal(text)?,
            Value::Json(json) => self.text_literal(&json.to_string())?,
            // MySQL reads no zone in the default of a column.
            Value::Timestamp(moment) if self.is_mysql_family() => {
                let civil = calendar::civil(*moment);
                self.text_literal(&civil.strftime("%Y-%m-%d %H:%M:%S%.f").to_string())?;
            }
            Value::Timestamp(moment) => {
                self.text_literal(&calendar::Written(*moment).to_string())?
            }
            Value::Bytes(bytes) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                match self.dialect {
                    Dialect::Postgres => self.push(&format!("'\\x{digits}'")),
                    Dialect::MySql | Dialect::MariaDb | Dialect::Sqlite => {
                        self.push(&format!("X'{digits}'"));
                    }
                }
            }
            Value::Float(_) | Value::Decimal(_) | Value::List(_) => {
                return Err(EmitError::Literal);
            }
        }
        Ok(())
    }

    /// SECURITY: quotes are doubled in every dialect. MySQL also reads backslashes, unless its SQL mode says no;
    /// doubling them cannot open the literal in either mode.
    pub(super) fn text_literal(&mut self, text: &str) -> Result<(), EmitError> {
        if text.contains('\0') {
            return Err(EmitError::Identifier);
        }
        self.text.push('\'');
        for character in text.chars() {
            if character == '\'' || (character == '\\' && self.is_mysql_family()) {
                self.text.push(character);
            }
            self.text.push(character);
        }
        self.text.push('\'');
        Ok(())
    }

    pub(super) fn is_mysql_family(&self) -> bool {
        matches!(self.dialect, Dialect::MySql | Dialect::MariaDb)
    }
}

fn index_words(kind: IndexKind) -> &'static str {
    match kind {
        IndexKind::Plain => "INDEX ",
        IndexKind::Unique => "UNIQUE INDEX ",
        IndexKind::Fulltext => "FULLTEXT INDEX ",
    }
}

fn method_word(method: IndexMethod) -> &'static str {
    match method {
        IndexMethod::BTree => "BTREE",
        IndexMethod::Hash => "HASH",
        IndexMethod::Gist => "GIST",
        IndexMethod::Gin => "GIN",
        IndexMethod::SpGist => "SPGIST",
        IndexMethod::Brin => "BRIN",
    }
}

fn of_default(column: &Column, error: EmitError) -> EmitError {
    match error {
        EmitError::Literal => EmitError::Default {
            column: column.name.clone(),
        },
        other => other,
    }
}

pub(super) fn is_counter(column_type: &ColumnType) -> bool {
    matches!(
        column_type,
        ColumnType::Counter | ColumnType::BigCounter | ColumnType::NativeCounter(_)
    )
}

fn is_sole_key(key: Option<&PrimaryKey>, column: &str) -> bool {
    key.is_some_and(|key| matches!(key.columns.as_slice(), [only] if only == column))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Cascade => "CASCADE",
        Action::Restrict => "RESTRICT",
        Action::NoAction => "NO ACTION",
        Action::SetNull => "SET NULL",
        Action::SetDefault => "SET DEFAULT",
    }
}
