//! The attributes of rules: who may do what, and what may be written.

use super::{MODELS, Parameter, Place, Row, Takes, first};
use crate::schema::Scalar;

const fn next(name: &'static str, takes: Takes) -> Parameter {
    Parameter {
        name,
        takes,
        positional: true,
        required: false,
    }
}

/// What has rows, and what gives models some.
const ROWS: &[Place] = &[Place::Model, Place::View, Place::Type];
const TEXT: &[Scalar] = &[Scalar::String];
const NUMBERS: &[Scalar] = &[Scalar::Int, Scalar::BigInt, Scalar::Float, Scalar::Decimal];

/// Every attribute of rules.
pub(super) const RULES: &[Row] = &[
    Row {
        name: "@@allow",
        places: ROWS,
        scalars: &[],
        repeatable: true,
        parameters: &[
            first("operation", Takes::Operations),
            first("condition", Takes::Condition),
        ],
        doc: "who may do what with rows of the model",
    },
    Row {
        name: "@@deny",
        places: ROWS,
        scalars: &[],
        repeatable: true,
        parameters: &[
            first("operation", Takes::Operations),
            first("condition", Takes::Condition),
        ],
        doc: "who may not, whatever is allowed",
    },
    Row {
        name: "@@validate",
        places: MODELS,
        scalars: &[],
        repeatable: true,
        parameters: &[
            first("value", Takes::Condition),
            next("message", Takes::Text),
            next("path", Takes::Texts),
        ],
        doc: "what must hold of what is written",
    },
    Row {
        name: "@@auth",
        places: ROWS,
        scalars: &[],
        repeatable: false,
        parameters: &[],
        doc: "what `auth()` is",
    },
    Row {
        name: "@allow",
        places: &[Place::Column],
        scalars: &[],
        repeatable: true,
        parameters: &[
            first("operation", Takes::Operations),
            first("condition", Takes::Condition),
            next("override", Takes::Boolean),
        ],
        doc: "who may read or update the field; with `override` updates of it need no rule of the model",
    },
    Row {
        name: "@deny",
        places: &[Place::Column],
        scalars: &[],
        repeatable: true,
        parameters: &[
            first("operation", Takes::Operations),
            first("condition", Takes::Condition),
        ],
        doc: "who may not read or update the field",
    },
    Row {
        name: "@length",
        places: &[Place::Column],
        scalars: &[],
        repeatable: true,
        parameters: &[
            next("min", Takes::Count),
            next("max", Takes::Count),
            next("message", Takes::Text),
        ],
        doc: "how many characters a text has, or elements a list",
    },
    Row {
        name: "@startsWith",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[first("text", Takes::Text), next("message", Takes::Text)],
        doc: "what the text starts with",
    },
    Row {
        name: "@endsWith",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[first("text", Takes::Text), next("message", Takes::Text)],
        doc: "what the text ends with",
    },
    Row {
        name: "@contains",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[first("text", Takes::Text), next("message", Takes::Text)],
        doc: "what stands in the text",
    },
    Row {
        name: "@regex",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[first("regex", Takes::Text), next("message", Takes::Text)],
        doc: "a regular expression that is found in the text",
    },
    Row {
        name: "@email",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[next("message", Takes::Text)],
        doc: "the text is a mail address",
    },
    Row {
        name: "@url",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[next("message", Takes::Text)],
        doc: "the text is a URL",
    },
    Row {
        name: "@datetime",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[next("message", Takes::Text)],
        doc: "the text is a moment (ISO 8601)",
    },
    Row {
        name: "@date",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[next("message", Takes::Text)],
        doc: "the text is a day (ISO 8601)",
    },
    Row {
        name: "@phone",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[next("message", Takes::Text)],
        doc: "the text is a phone number (E.164)",
    },
    Row {
        name: "@time",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[
            next("precision", Takes::Count),
            next("message", Takes::Text),
        ],
        doc: "the text is a time of day (ISO 8601), with as many digits of a second",
    },
    Row {
        name: "@trim",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[],
        doc: "spaces around the text are taken away",
    },
    Row {
        name: "@lower",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[],
        doc: "the text is written in small letters",
    },
    Row {
        name: "@upper",
        places: &[Place::Column],
        scalars: TEXT,
        repeatable: true,
        parameters: &[],
        doc: "the text is written in capitals",
    },
    Row {
        name: "@gt",
        places: &[Place::Column],
        scalars: NUMBERS,
        repeatable: true,
        parameters: &[first("value", Takes::Number), next("message", Takes::Text)],
        doc: "the number is greater than this",
    },
    Row {
        name: "@gte",
        places: &[Place::Column],
        scalars: NUMBERS,
        repeatable: true,
        parameters: &[first("value", Takes::Number), next("message", Takes::Text)],
        doc: "the number is at least this",
    },
    Row {
        name: "@lt",
        places: &[Place::Column],
        scalars: NUMBERS,
        repeatable: true,
        parameters: &[first("value", Takes::Number), next("message", Takes::Text)],
        doc: "the number is less than this",
    },
    Row {
        name: "@lte",
        places: &[Place::Column],
        scalars: NUMBERS,
        repeatable: true,
        parameters: &[first("value", Takes::Number), next("message", Takes::Text)],
        doc: "the number is at most this",
    },
];
