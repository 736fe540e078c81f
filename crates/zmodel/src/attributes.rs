//! The attributes of the language: one table, one row an attribute.
//!
//! The row says where an attribute may stand and what it takes; `bind` holds what is written against it. What it
//! means is said where it is read, in `lower/`. An attribute without a row is a mistake wherever it stands.

mod rules;

use crate::schema::Scalar;
use rules::RULES;

/// What the language knows of an attribute.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its name, with `@` or `@@`; `@db.*` stands for every native type.
    pub(crate) name: &'static str,
    /// On what it may stand.
    pub(crate) places: &'static [Place],
    /// The field types it fits; empty for any.
    pub(crate) scalars: &'static [Scalar],
    /// Whether one thing may carry it more than once.
    pub(crate) repeatable: bool,
    /// What it takes, the positional ones first.
    pub(crate) parameters: &'static [Parameter],
    /// What it means.
    pub(crate) doc: &'static str,
}

/// What an attribute may stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A field with a column.
    Column,
    /// A relation field.
    Relation,
    Model,
    View,
    Type,
    Enum,
    EnumMember,
}

/// A parameter of an attribute.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
    /// Whether its name may be left out.
    pub(crate) positional: bool,
    pub(crate) required: bool,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// A name of something in the database or the client, in quotes.
    Name,
    /// A list of field names.
    Fields,
    /// A list of field names, each of them with how it stands in a key.
    KeyFields,
    /// One field name.
    Field,
    /// `Asc` or `Desc`.
    Sort,
    /// A kind of index.
    Method,
    /// An expression that is true or false.
    Condition,
    /// What a rule is about, in quotes.
    Operations,
    /// Any text in quotes.
    Text,
    /// Any text in quotes, or a member of an enum without.
    Label,
    /// A list of texts in quotes.
    Texts,
    /// `true` or `false`
    Boolean,
    /// A whole number that is not negative.
    Count,
    /// A number.
    Number,
    /// What happens to a row when the one it points at goes.
    Action,
    /// A value that the field type decides on.
    Value,
}

impl Place {
    /// In words.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Place::Column => "a scalar or enum field",
            Place::Relation => "a relation field",
            Place::Model => "a model",
            Place::View => "a view",
            Place::Type => "a type",
            Place::Enum => "an enum",
            Place::EnumMember => "an enum member",
        }
    }
}

impl Takes {
    /// In words.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Takes::Name => "a name in quotes",
            Takes::Fields | Takes::KeyFields => "a list of fields, such as `[id]`",
            Takes::Field => "a field",
            Takes::Sort => "`Asc` or `Desc`",
            Takes::Method => "`BTree`, `Hash`, `Gist`, `Gin`, `SpGist` or `Brin`",
            Takes::Condition => "a condition",
            Takes::Operations => "operations in quotes, such as `'create,read'`",
            Takes::Text => "text in quotes",
            Takes::Label => "text in quotes or a member of an enum",
            Takes::Texts => "a list of texts, such as `['name']`",
            Takes::Boolean => "`true` or `false`",
            Takes::Count => "a whole number that is not negative",
            Takes::Number => "a number",
            Takes::Action => "`Cascade`, `Restrict`, `NoAction`, `SetNull` or `SetDefault`",
            Takes::Value => "a value",
        }
    }
}

/// Every row.
pub(crate) fn all() -> impl Iterator<Item = &'static Row> + Clone {
    ATTRIBUTES.iter().chain(RULES)
}

/// The row of an attribute, by its name with `@` or `@@`.
pub(crate) fn find(name: &str) -> Option<&'static Row> {
    let wanted = if name.starts_with("@db.") {
        "@db.*"
    } else {
        name
    };
    all().find(|row| row.name == wanted)
}

const fn first(name: &'static str, takes: Takes) -> Parameter {
    Parameter {
        name,
        takes,
        positional: true,
        required: true,
    }
}

const fn named(name: &'static str, takes: Takes) -> Parameter {
    Parameter {
        name,
        takes,
        positional: false,
        required: false,
    }
}

/// Fields, with or without columns.
const FIELDS: &[Place] = &[Place::Column, Place::Relation];
const COLUMN: &[Place] = &[Place::Column];
/// What may be mixed into a model may say what models say.
const MODELS: &[Place] = &[Place::Model, Place::Type];
const ROWS: &[Place] = &[Place::Model, Place::View, Place::Type];
const STRING: &[Scalar] = &[Scalar::String];

/// A row of an attribute that takes nothing and stands once, on any type.
const fn plain(name: &'static str, places: &'static [Place], doc: &'static str) -> Row {
    Row {
        name,
        places,
        scalars: &[],
        repeatable: false,
        parameters: &[],
        doc,
    }
}

/// Every attribute but those of rules.
const ATTRIBUTES: &[Row] = &[
    Row {
        parameters: &[
            named("map", Takes::Name),
            named("length", Takes::Count),
            named("sort", Takes::Sort),
            named("clustered", Takes::Boolean),
        ],
        ..plain(
            "@id",
            COLUMN,
            "primary key of one field; `map` names the constraint",
        )
    },
    Row {
        parameters: &[first("value", Takes::Value), named("map", Takes::Name)],
        ..plain("@default", COLUMN, "the value of a new row that gives none")
    },
    Row {
        parameters: &[
            named("map", Takes::Name),
            named("length", Takes::Count),
            named("sort", Takes::Sort),
            named("clustered", Takes::Boolean),
        ],
        ..plain(
            "@unique",
            COLUMN,
            "unique constraint of one field; `map` names it",
        )
    },
    Row {
        parameters: &[
            Parameter {
                required: false,
                ..first("name", Takes::Name)
            },
            named("fields", Takes::Fields),
            named("references", Takes::Fields),
            named("onDelete", Takes::Action),
            named("onUpdate", Takes::Action),
            named("map", Takes::Name),
        ],
        ..plain(
            "@relation",
            &[Place::Relation],
            "which fields hold the key of a relation; `name` tells two relations of the same models apart, `map` \
             names the foreign key",
        )
    },
    Row {
        parameters: &[first("name", Takes::Name)],
        ..plain(
            "@map",
            &[Place::Column, Place::EnumMember],
            "name of the column, or stored value of the enum member",
        )
    },
    Row {
        scalars: &[Scalar::DateTime],
        parameters: &[named("ignore", Takes::Fields)],
        ..plain(
            "@updatedAt",
            COLUMN,
            "set to the current time on create and on every update; a change of nothing but the fields of `ignore` \
             leaves it",
        )
    },
    plain(
        "@ignore",
        FIELDS,
        "it is in the database, and clients do not see it",
    ),
    plain("@omit", COLUMN, "not returned unless asked for by name"),
    plain("@json", COLUMN, "a JSON document of the shape of a type"),
    plain(
        "@computed",
        COLUMN,
        "it has no column; the program gives the value",
    ),
    Row {
        scalars: STRING,
        parameters: &[
            named("saltLength", Takes::Count),
            named("salt", Takes::Text),
        ],
        ..plain(
            "@password",
            COLUMN,
            "what is written becomes a bcrypt hash of this cost; 12 without `saltLength`",
        )
    },
    Row {
        scalars: STRING,
        ..plain("@encrypted", COLUMN, "stored sealed")
    },
    Row {
        scalars: STRING,
        ..plain("@fuzzy", COLUMN, "filters may ask for what is alike")
    },
    Row {
        scalars: STRING,
        ..plain("@fullText", COLUMN, "filters may ask for words")
    },
    Row {
        repeatable: true,
        parameters: &[first("name", Takes::Text), first("value", Takes::Value)],
        ..plain("@meta", FIELDS, "says something to programs")
    },
    Row {
        repeatable: true,
        parameters: &[first("text", Takes::Text)],
        ..plain(
            "@prisma.passthrough",
            FIELDS,
            "an attribute for Prisma, as it writes it",
        )
    },
    // What a native type takes stands in its own row, in `native.rs`.
    plain(
        "@db.*",
        COLUMN,
        "type of the column, on the databases that have it",
    ),
    Row {
        parameters: KEY,
        ..plain(
            "@@id",
            MODELS,
            "primary key of several fields; `name` is its key in queries, `map` names the constraint",
        )
    },
    Row {
        repeatable: true,
        parameters: KEY,
        ..plain(
            "@@unique",
            ROWS,
            "unique constraint of several fields; `name` is its key in queries, `map` names the constraint",
        )
    },
    Row {
        repeatable: true,
        parameters: &[
            first("fields", Takes::KeyFields),
            named("name", Takes::Name),
            named("map", Takes::Name),
            named("length", Takes::Count),
            named("sort", Takes::Sort),
            named("clustered", Takes::Boolean),
            named("type", Takes::Method),
        ],
        ..plain(
            "@@index",
            MODELS,
            "index; `map` names it, `type` is its kind",
        )
    },
    Row {
        repeatable: true,
        parameters: &[first("fields", Takes::KeyFields), named("map", Takes::Name)],
        ..plain(
            "@@fulltext",
            MODELS,
            "index over the words of fields (MySQL); `map` names it",
        )
    },
    Row {
        parameters: &[first("name", Takes::Name)],
        ..plain(
            "@@map",
            &[Place::Model, Place::View, Place::Type, Place::Enum],
            "name of the table or of the enum in the database",
        )
    },
    Row {
        parameters: &[first("map", Takes::Name)],
        ..plain(
            "@@schema",
            &[Place::Model, Place::View, Place::Type, Place::Enum],
            "the schema of the database that it lives in (PostgreSQL)",
        )
    },
    plain(
        "@@track",
        MODELS,
        "what happens to its rows, by whichever program, goes to the change log",
    ),
    plain(
        "@@ignore",
        ROWS,
        "it is in the database, and clients do not see it",
    ),
    Row {
        parameters: &[first("discriminator", Takes::Field)],
        ..plain(
            "@@delegate",
            &[Place::Model],
            "other models extend it; the field tells which of them a row is of",
        )
    },
    Row {
        parameters: &[first("value", Takes::Label)],
        ..plain(
            "@@delegateMap",
            &[Place::Model],
            "what stands in the base's discriminator for rows of this model",
        )
    },
    Row {
        repeatable: true,
        parameters: &[first("name", Takes::Text), first("value", Takes::Value)],
        ..plain("@@meta", ROWS, "says something to programs")
    },
    Row {
        repeatable: true,
        parameters: &[first("text", Takes::Text)],
        ..plain(
            "@@prisma.passthrough",
            ROWS,
            "an attribute for Prisma, as it writes it",
        )
    },
];

const KEY: &[Parameter] = &[
    first("fields", Takes::KeyFields),
    named("name", Takes::Name),
    named("map", Takes::Name),
    named("length", Takes::Count),
    named("sort", Takes::Sort),
    named("clustered", Takes::Boolean),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        for row in all() {
            let blocks = row
                .places
                .iter()
                .all(|place| !matches!(place, Place::Column | Place::Relation | Place::EnumMember));
            assert_eq!(
                row.name.starts_with("@@"),
                blocks,
                "{}: `@@` stands in blocks, `@` on members",
                row.name
            );
            assert!(!row.doc.is_empty(), "{}", row.name);
            let mut order = row.parameters.iter().map(|parameter| !parameter.positional);
            assert!(
                order.by_ref().is_sorted(),
                "{}: positional parameters come first",
                row.name
            );
            assert_eq!(
                all().filter(|other| other.name == row.name).count(),
                1,
                "{}",
                row.name
            );
        }
    }
}
