use hallpass_db::Catalog;

/// What a pulled schema calls tables and columns, where somebody knows better than their names.
#[derive(Debug, Clone, PartialEq)]
pub struct Naming {
    /// The tables, with references and keys that they are to have in the schema beside those of the database.
    pub catalog: Catalog,
    /// Whether relations are foreign keys; else the schema says `relationMode = "prisma"`.
    pub foreign_keys: bool,
    /// The models that are known.
    pub models: Vec<ModelName>,
}

/// What a table is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelName {
    /// The table.
    pub table: String,
    /// Its model.
    pub model: String,
    /// The columns that are known.
    pub fields: Vec<FieldName>,
}

/// What a column is called, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldName {
    /// The column.
    pub column: String,
    /// Its field.
    pub field: String,
    /// Its type in the language and the attribute that says the column's own, where they are not those of the column.
    pub kind: Option<(&'static str, &'static str)>,
    /// What stands in `@default(…)`, where that is not the column's own.
    pub default: Option<String>,
    /// Further attributes.
    pub attributes: Vec<&'static str>,
}

impl Naming {
    pub(super) fn model(&self, table: &str) -> Option<&ModelName> {
        self.models.iter().find(|model| model.table == table)
    }
}

impl ModelName {
    pub(super) fn field(&self, column: &str) -> Option<&FieldName> {
        self.fields.iter().find(|field| field.column == column)
    }
}
