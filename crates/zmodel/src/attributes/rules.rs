//! The attributes of rules: who may do what, and what may be written.

use super::{Parameter, Place, Row, Takes, first};

const fn next(name: &'static str, takes: Takes) -> Parameter {
    Parameter {
        name,
        takes,
        positional: true,
        required: false,
    }
}

/// Every attribute of rules.
pub(super) const RULES: &[Row] = &[
    Row {
        name: "@@allow",
        places: &[Place::Model],
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
        places: &[Place::Model],
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
        places: &[Place::Model],
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
        places: &[Place::Model],
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
        doc: "who may read or update the field; with `override` whatever the rules of the model say",
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
];
