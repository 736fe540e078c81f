use hallpass_sql::{
    Action, Column, CreateEnum, CreateExtension, CreateSchema, Dialect, EnumStorage, ForeignKey,
    Index, IndexColumn, IndexKind, IndexMethod, PrimaryKey, TableName,
};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{
    self as schema, Arity, Field, JoinSide, JoinTable, KeyPart, Model, ModelKind, OperatorClass,
    ReferentialAction, Relation, SortOrder,
};

use super::CreateTablesError;
use super::column::{Target, column, enum_name, labels};
use super::names::{name_of, primary_key_name};

/// Everything the schema needs of a database.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) schemas: Vec<CreateSchema>,
    pub(crate) extensions: Vec<CreateExtension>,
    pub(crate) enums: Vec<CreateEnum>,
    pub(crate) tables: Vec<WantedTable>,
}

#[derive(Debug, Clone)]
pub(crate) struct WantedTable {
    pub(crate) name: TableName,
    pub(crate) columns: Vec<Column>,
    pub(crate) primary_key: Option<PrimaryKey>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
}

impl Wanted {
    pub(crate) fn of(schema: &Schema, dialect: Dialect) -> Result<Self, CreateTablesError> {
        let target = Target { schema, dialect };
        let capability = dialect.capability();
        let as_types = capability.enum_storage == EnumStorage::Type;
        let enums = schema.enums.iter().filter(|_| as_types);
        // Views are made by somebody else.
        let models = schema.models.iter();
        let made = models.filter(|model| model.kind == ModelKind::Table);
        let mut tables = made
            .map(|model| target.table(model))
            .collect::<Result<Vec<_>, _>>()?;
        for join in &schema.join_tables {
            tables.extend(target.join_table(join)?);
        }
        let datasource = schema.datasource.as_ref().filter(|_| capability.schemas);
        let schemas = datasource.map_or(&[][..], |block| &block.schemas);
        let extensions = datasource.map_or(&[][..], |block| &block.extensions);
        Ok(Self {
            schemas: schemas
                .iter()
                .map(|name| CreateSchema { name: name.clone() })
                .collect(),
            extensions: extensions
                .iter()
                .map(|one| CreateExtension {
                    name: one.mapped_name.clone(),
                })
                .collect(),
            enums: enums
                .map(|item| CreateEnum {
                    name: enum_name(target, item),
                    labels: labels(item),
                })
                .collect(),
            tables,
        })
    }
}

impl Target<'_> {
    fn table(self, model: &Model) -> Result<WantedTable, CreateTablesError> {
        let mut columns = Vec::with_capacity(model.fields.len());
        for field in kept_here(model) {
            let column = column(self, model, field)?;
            columns.extend(column.map(|column| self.of_delegate(model, field, column)));
        }
        let relations = kept_here(model).filter_map(|field| Some((field, field.relation()?)));
        let has_keys = self.schema.has_foreign_keys();
        let owned = relations.filter(|(_, relation)| has_keys && !relation.fields.is_empty());
        let to_base = self.key_to_base(model);
        Ok(WantedTable {
            name: self.table_name(model),
            columns,
            primary_key: model.has_primary_key.then(|| primary_key(model)),
            indexes: indexes(model),
            foreign_keys: owned
                .filter_map(|(field, relation)| self.foreign_key(model, field, relation))
                .chain(to_base)
                .collect(),
        })
    }

    fn table_name(self, model: &Model) -> TableName {
        TableName {
            schema: self.database_schema(model.database_schema.as_ref()),
            name: model.table.clone(),
        }
    }

    /// The id of a sub-model is made with the row of its base.
    fn of_delegate(self, model: &Model, field: &Field, column: Column) -> Column {
        if model.base.is_none() || !model.id.contains(&field.name) {
            return column;
        }
        Column {
            column_type: column.column_type.uncounted(),
            default: None,
            ..column
        }
    }

    /// Source: contract zenstack §2.11.
    fn key_to_base(self, model: &Model) -> Option<ForeignKey> {
        let base = self.schema.model(model.base.as_deref()?)?;
        let columns = columns_of(model, &model.id);
        Some(ForeignKey {
            name: name_of(&model.table, &columns, "fkey"),
            columns,
            target: self.table_name(base),
            references: columns_of(base, &base.id),
            on_delete: Action::Cascade,
            on_update: Action::Cascade,
        })
    }

    fn foreign_key(self, model: &Model, field: &Field, relation: &Relation) -> Option<ForeignKey> {
        let other = self.schema.model(&relation.model)?;
        // What a view shows cannot be pointed at.
        if other.kind == ModelKind::View {
            return None;
        }
        let columns = columns_of(model, &relation.fields);
        let given = relation.map.clone();
        Some(ForeignKey {
            name: given.unwrap_or_else(|| name_of(&model.table, &columns, "fkey")),
            columns,
            target: self.table_name(self.keeper(other, &relation.references)),
            references: columns_of(other, &relation.references),
            on_delete: relation.on_delete.map_or(
                if field.arity == Arity::Optional {
                    Action::SetNull
                } else {
                    Action::Restrict
                },
                action,
            ),
            on_update: relation.on_update.map_or(Action::Cascade, action),
        })
    }

    /// The model whose table has these columns: a sub-model has its id, and others may stand in its base's.
    fn keeper<'m>(&'m self, model: &'m Model, fields: &[String]) -> &'m Model {
        let mut others = fields.iter().filter(|name| !model.id.contains(name));
        let origin = others.find_map(|name| model.field(name)?.origin.as_deref());
        origin
            .and_then(|name| self.schema.model(name))
            .unwrap_or(model)
    }

    /// Source: contract zenstack §5.3, the newer form with a primary key.
    fn join_table(self, join: &JoinTable) -> Result<Option<WantedTable>, CreateTablesError> {
        let (Some(a), Some(b)) = (self.end(join, &join.a, "A")?, self.end(join, &join.b, "B")?)
        else {
            return Ok(None);
        };
        let first = self.schema.model(&join.a.model);
        let has_keys = self.schema.has_foreign_keys();
        Ok(Some(WantedTable {
            name: TableName {
                schema: first.and_then(|model| self.table_name(model).schema),
                name: join.table.clone(),
            },
            primary_key: Some(PrimaryKey {
                name: name_of(&join.table, &["AB".to_owned()], "pkey"),
                columns: vec!["A".to_owned(), "B".to_owned()],
            }),
            indexes: vec![Index {
                name: name_of(&join.table, &["B".to_owned()], "index"),
                columns: vec!["B".into()],
                kind: IndexKind::Plain,
                method: None,
            }],
            foreign_keys: if has_keys { vec![a.1, b.1] } else { Vec::new() },
            columns: vec![a.0, b.0],
        }))
    }

    /// A column of a join table and its key.
    fn end(
        self,
        join: &JoinTable,
        side: &JoinSide,
        name: &str,
    ) -> Result<Option<(Column, ForeignKey)>, CreateTablesError> {
        let Some((model, field)) = self
            .schema
            .model(&side.model)
            .and_then(|model| Some((model, model.field(&side.id)?)))
        else {
            return Ok(None);
        };
        let Some(column) = column(self, model, field)? else {
            return Ok(None);
        };
        let key = ForeignKey {
            name: name_of(&join.table, &[name.to_owned()], "fkey"),
            columns: vec![name.to_owned()],
            target: self.table_name(model),
            references: vec![column.name],
            on_delete: Action::Cascade,
            on_update: Action::Cascade,
        };
        let column = Column {
            name: name.to_owned(),
            column_type: column.column_type.uncounted(),
            nullable: false,
            default: None,
        };
        Ok(Some((column, key)))
    }
}

/// The fields that have something in the table of the model: not those that stand in its base's.
fn kept_here(model: &Model) -> impl Iterator<Item = &Field> {
    let fields = model.fields.iter();
    fields.filter(|field| field.origin.is_none() || model.id.contains(&field.name))
}

fn primary_key(model: &Model) -> PrimaryKey {
    let given = model.id_map.clone();
    PrimaryKey {
        name: given.unwrap_or_else(|| primary_key_name(&model.table)),
        columns: columns_of(model, &model.id),
    }
}

fn indexes(model: &Model) -> Vec<Index> {
    let is_here = |fields: &[String]| {
        let mut found = fields.iter().map(|name| model.field(name));
        found.all(|field| field.is_some_and(|field| field.origin.is_none()))
    };
    let uniques = model.uniques.iter().filter(|one| is_here(&one.fields));
    let uniques = uniques.map(|one| Index {
        name: index_name(model, &one.fields, one.map.as_ref(), "key"),
        columns: index_columns(model, &one.fields, &one.parts),
        kind: IndexKind::Unique,
        method: None,
    });
    let plain = model.indexes.iter().filter(|one| is_here(&one.fields));
    let plain = plain.map(|one| Index {
        name: index_name(model, &one.fields, one.map.as_ref(), "idx"),
        columns: index_columns(model, &one.fields, &one.parts),
        kind: if one.method == schema::IndexMethod::FullText {
            IndexKind::Fulltext
        } else {
            IndexKind::Plain
        },
        method: index_method(one.method),
    });
    uniques.chain(plain).collect()
}

fn index_name(model: &Model, fields: &[String], map: Option<&String>, ending: &str) -> String {
    let named = || name_of(&model.table, &columns_of(model, fields), ending);
    map.cloned().unwrap_or_else(named)
}

fn index_columns(model: &Model, fields: &[String], parts: &[KeyPart]) -> Vec<IndexColumn> {
    let columns = columns_of(model, fields).into_iter().enumerate();
    columns
        .map(|(position, name)| {
            let part = parts.get(position).cloned().unwrap_or_default();
            IndexColumn {
                name,
                descending: part.sort == Some(SortOrder::Descending),
                length: part.length,
                operators: part.ops.map(operators),
            }
        })
        .collect()
}

fn index_method(method: schema::IndexMethod) -> Option<IndexMethod> {
    Some(match method {
        schema::IndexMethod::Standard | schema::IndexMethod::FullText => return None,
        schema::IndexMethod::BTree => IndexMethod::BTree,
        schema::IndexMethod::Hash => IndexMethod::Hash,
        schema::IndexMethod::Gist => IndexMethod::Gist,
        schema::IndexMethod::Gin => IndexMethod::Gin,
        schema::IndexMethod::SpGist => IndexMethod::SpGist,
        schema::IndexMethod::Brin => IndexMethod::Brin,
    })
}

/// `Int4MinMaxOps` is `int4_minmax_ops` to the database: words are parted, but for these.
fn operators(class: OperatorClass) -> String {
    let name = match class {
        OperatorClass::Raw(words) => return words,
        OperatorClass::Named(name) => name,
    };
    let mut words = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    ONE_WORD
        .iter()
        .fold(words, |words, (parted, whole)| words.replace(parted, whole))
}

const ONE_WORD: &[(&str, &str)] = &[
    ("min_max", "minmax"),
    ("timestamp_tz", "timestamptz"),
    ("time_tz", "timetz"),
    ("var_bit", "varbit"),
];

/// The columns of fields.
pub(crate) fn columns_of(model: &Model, fields: &[String]) -> Vec<String> {
    let found = fields.iter().filter_map(|name| model.field(name));
    found.map(|field| field.column.clone()).collect()
}

fn action(action: ReferentialAction) -> Action {
    match action {
        ReferentialAction::Cascade => Action::Cascade,
        ReferentialAction::Restrict => Action::Restrict,
        ReferentialAction::NoAction => Action::NoAction,
        ReferentialAction::SetNull => Action::SetNull,
        ReferentialAction::SetDefault => Action::SetDefault,
    }
}
