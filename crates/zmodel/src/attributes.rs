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
    /// What happens to a row when the one it points at goes.
    Action,
    /// A value that the field type decides on.
    Value,
    /// An expression that is true or false.
    Condition,
    /// What a rule is about, in quotes.
    Operations,
    /// Any text in quotes.
    Text,
    /// A list of texts in quotes.
    Texts,
    /// `true` or `false`
    Boolean,
    /// A whole number that is not negative.
    Count,
    /// A number.
    Number,
}

impl Place {
    /// In words.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Place::Column => "a scalar or enum field",
            Place::Relation => "a relation field",
            Place::Model => "a model",
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
            Takes::Fields => "a list of fields, such as `[id]`",
            Takes::Action => "`Cascade`, `Restrict`, `NoAction`, `SetNull` or `SetDefault`",
            Takes::Value => "a value",
            Takes::Condition => "a condition",
            Takes::Operations => "operations in quotes, such as `'create,read'`",
            Takes::Text => "text in quotes",
            Takes::Texts => "a list of texts, such as `['name']`",
            Takes::Boolean => "`true` or `false`",
            Takes::Count => "a whole number that is not negative",
            Takes::Number => "a number",
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

/// Every attribute but those of rules.
const ATTRIBUTES: &[Row] = &[
    Row {
        name: "@id",
        places: &[Place::Column],
        scalars: &[],
        repeatable: false,
        parameters: &[named("map", Takes::Name)],
        doc: "primary key of one field; `map` names the constraint",
    },
    Row {
        name: "@default",
        places: &[Place::Column],
        scalars: &[],
        repeatable: false,
        parameters: &[first("value", Takes::Value)],
        doc: "the value of a new row that gives none",
    },
    Row {
        name: "@unique",
        places: &[Place::Column],
        scalars: &[],
        repeatable: false,
        parameters: &[named("map", Takes::Name)],
        doc: "unique constraint of one field; `map` names it",
    },
    Row {
        name: "@relation",
        places: &[Place::Relation],
        scalars: &[],
        repeatable: false,
        parameters: &[
            Parameter {
                name: "name",
                takes: Takes::Name,
                positional: true,
                required: false,
            },
            named("fields", Takes::Fields),
            named("references", Takes::Fields),
            named("onDelete", Takes::Action),
            named("onUpdate", Takes::Action),
            named("map", Takes::Name),
        ],
        doc: "which fields hold the key of a relation; `name` tells two relations of the same models apart, `map` \
              names the foreign key",
    },
    Row {
        name: "@map",
        places: &[Place::Column, Place::EnumMember],
        scalars: &[],
        repeatable: false,
        parameters: &[first("name", Takes::Name)],
        doc: "name of the column, or stored value of the enum member",
    },
    Row {
        name: "@updatedAt",
        places: &[Place::Column],
        scalars: &[Scalar::DateTime],
        repeatable: false,
        parameters: &[],
        doc: "set to the current time on create and on every update",
    },
    Row {
        name: "@omit",
        places: &[Place::Column],
        scalars: &[],
        repeatable: false,
        parameters: &[],
        doc: "not returned unless asked for by name",
    },
    Row {
        name: "@db.*",
        places: &[Place::Column],
        scalars: &[],
        repeatable: false,
        // What a native type takes stands in its own row, in `native.rs`.
        parameters: &[],
        doc: "type of the column, on the databases that have it",
    },
    Row {
        name: "@@id",
        places: &[Place::Model],
        scalars: &[],
        repeatable: false,
        parameters: &[
            first("fields", Takes::Fields),
            named("name", Takes::Name),
            named("map", Takes::Name),
        ],
        doc: "primary key of several fields; `name` is its key in queries, `map` names the constraint",
    },
    Row {
        name: "@@unique",
        places: &[Place::Model],
        scalars: &[],
        repeatable: true,
        parameters: &[
            first("fields", Takes::Fields),
            named("name", Takes::Name),
            named("map", Takes::Name),
        ],
        doc: "unique constraint of several fields; `name` is its key in queries, `map` names the constraint",
    },
    Row {
        name: "@@index",
        places: &[Place::Model],
        scalars: &[],
        repeatable: true,
        parameters: &[first("fields", Takes::Fields), named("map", Takes::Name)],
        doc: "index; `map` names it",
    },
    Row {
        name: "@@map",
        places: &[Place::Model, Place::Enum],
        scalars: &[],
        repeatable: false,
        parameters: &[first("name", Takes::Name)],
        doc: "name of the table or of the enum in the database",
    },
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
                .all(|place| matches!(place, Place::Model | Place::Enum));
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
