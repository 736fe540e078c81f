//! The functions of rules: one table, one row a function (contract zenstack §1.7).
//!
//! The row says in which rules a function may stand, what it takes and what it becomes. A function without a row is a mistake. What
//! `@default` and settings call stands in `functions.rs` of the crate.

use crate::schema::{Function, Scalar};

/// What rules know of a function.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) places: Places,
    /// What it takes, in order; the optional ones last.
    pub(super) parameters: &'static [Parameter],
    pub(super) gives: Gives,
    /// What it means.
    pub(super) doc: &'static str,
}

/// In which rules a function may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Places {
    /// `@@allow`, `@@deny`, `@allow`, `@deny`
    Access,
    /// `@@validate`
    Validation,
    Both,
}

/// A parameter of a function.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
    pub(super) required: bool,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Anything that is one text.
    Text,
    /// `true` or `false`, written out.
    Flag,
    /// A whole number, written out.
    Count,
    /// A regular expression, written out.
    Pattern,
    /// A list of values.
    List,
    /// A value that may stand in that list.
    Item,
    /// A list of values that may stand in that list.
    Items,
    /// A text, or a list of values.
    TextOrList,
    /// A relation to one row.
    Relation,
    /// What can be done with a row, in quotes.
    Operation,
    /// How a name is written, in quotes.
    Casing,
}

/// What a call becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    /// A call that the engine works out.
    Call(Function, Scalar),
    /// The person who asks.
    Auth,
    /// The row at another time: before an update, or after it.
    OtherRow,
    /// Whether the related row admits an operation.
    Check,
    CurrentModel,
    CurrentOperation,
    /// The language has it, this engine has not.
    Nothing,
}

const fn takes(name: &'static str, takes: Takes) -> Parameter {
    Parameter {
        name,
        takes,
        required: true,
    }
}

const fn may_take(name: &'static str, takes: Takes) -> Parameter {
    Parameter {
        name,
        takes,
        required: false,
    }
}

const fn row(
    name: &'static str,
    places: Places,
    parameters: &'static [Parameter],
    gives: Gives,
    doc: &'static str,
) -> Row {
    Row {
        name,
        places,
        parameters,
        gives,
        doc,
    }
}

const fn asks(function: Function) -> Gives {
    Gives::Call(function, Scalar::Boolean)
}

const SEARCH: &[Parameter] = &[
    takes("field", Takes::Text),
    takes("search", Takes::Text),
    may_take("caseInsensitive", Takes::Flag),
];
const TEXT: &[Parameter] = &[takes("field", Takes::Text)];
const LISTS: &[Parameter] = &[takes("list", Takes::List), takes("values", Takes::Items)];
const CASING: &[Parameter] = &[may_take("casing", Takes::Casing)];

/// Every function of rules.
pub(super) const FUNCTIONS: &[Row] = &[
    row(
        "auth",
        Places::Access,
        &[],
        Gives::Auth,
        "the person who asks, or null",
    ),
    row(
        "now",
        Places::Both,
        &[],
        Gives::Call(Function::Now, Scalar::DateTime),
        "the current time",
    ),
    row(
        "contains",
        Places::Both,
        SEARCH,
        asks(Function::Contains),
        "whether a text contains another",
    ),
    row(
        "startsWith",
        Places::Both,
        SEARCH,
        asks(Function::StartsWith),
        "whether a text starts with another",
    ),
    row(
        "endsWith",
        Places::Both,
        SEARCH,
        asks(Function::EndsWith),
        "whether a text ends with another",
    ),
    row(
        "has",
        Places::Both,
        &[takes("list", Takes::List), takes("value", Takes::Item)],
        asks(Function::Has),
        "whether a list has a value",
    ),
    row(
        "hasSome",
        Places::Both,
        LISTS,
        asks(Function::HasSome),
        "whether a list has one of the values",
    ),
    row(
        "hasEvery",
        Places::Both,
        LISTS,
        asks(Function::HasEvery),
        "whether a list has all of the values",
    ),
    row(
        "isEmpty",
        Places::Both,
        &[takes("list", Takes::List)],
        asks(Function::IsEmpty),
        "whether a list has nothing in it",
    ),
    row(
        "length",
        Places::Validation,
        &[
            takes("field", Takes::TextOrList),
            may_take("min", Takes::Count),
            may_take("max", Takes::Count),
        ],
        Gives::Call(Function::Length, Scalar::Int),
        "how long a text or list is; with bounds, whether it is within them",
    ),
    row(
        "regex",
        Places::Validation,
        &[
            takes("field", Takes::Text),
            takes("pattern", Takes::Pattern),
        ],
        asks(Function::Regex),
        "whether a regular expression is found in a text",
    ),
    row(
        "isEmail",
        Places::Validation,
        TEXT,
        asks(Function::IsEmail),
        "whether a text is a mail address",
    ),
    row(
        "email",
        Places::Validation,
        TEXT,
        asks(Function::IsEmail),
        "`isEmail` in the older language",
    ),
    row(
        "isUrl",
        Places::Validation,
        TEXT,
        asks(Function::IsUrl),
        "whether a text is a URL",
    ),
    row(
        "url",
        Places::Validation,
        TEXT,
        asks(Function::IsUrl),
        "`isUrl` in the older language",
    ),
    row(
        "isDateTime",
        Places::Validation,
        TEXT,
        asks(Function::IsDateTime),
        "whether a text is a moment",
    ),
    row(
        "datetime",
        Places::Validation,
        TEXT,
        asks(Function::IsDateTime),
        "`isDateTime` in the older language",
    ),
    row(
        "isDate",
        Places::Validation,
        TEXT,
        asks(Function::IsDate),
        "whether a text is a day",
    ),
    row(
        "isTime",
        Places::Validation,
        &[
            takes("field", Takes::Text),
            may_take("precision", Takes::Count),
        ],
        asks(Function::IsTime),
        "whether a text is a time of day",
    ),
    row(
        "isPhone",
        Places::Validation,
        TEXT,
        asks(Function::IsPhone),
        "whether a text is a phone number (E.164)",
    ),
    row(
        "check",
        Places::Access,
        &[
            takes("relation", Takes::Relation),
            may_take("operation", Takes::Operation),
        ],
        Gives::Check,
        "whether the related row admits the operation",
    ),
    row(
        "before",
        Places::Access,
        &[],
        Gives::OtherRow,
        "the row as it was, in rules of `post-update`",
    ),
    row(
        "future",
        Places::Access,
        &[],
        Gives::OtherRow,
        "the row as it becomes, in rules of `update`",
    ),
    row(
        "currentModel",
        Places::Access,
        CASING,
        Gives::CurrentModel,
        "name of the model",
    ),
    row(
        "currentOperation",
        Places::Access,
        CASING,
        Gives::CurrentOperation,
        "name of the operation",
    ),
    row(
        "search",
        Places::Access,
        &[takes("field", Takes::Text), takes("text", Takes::Text)],
        Gives::Nothing,
        "full-text search, which rules do not have; `contains` is near",
    ),
];

/// Whether rules know a function of this name.
pub(crate) fn is_function(name: &str) -> bool {
    find(name).is_some()
}

/// The row of a function.
pub(super) fn find(name: &str) -> Option<&'static Row> {
    FUNCTIONS.iter().find(|row| row.name == name)
}

impl Row {
    /// How it is written, and what it means.
    pub(super) fn explain(&self) -> String {
        let name = |parameter: &Parameter| match parameter.required {
            true => parameter.name.to_owned(),
            false => format!("{}?", parameter.name),
        };
        let names: Vec<_> = self.parameters.iter().map(name).collect();
        format!("`{}({})`: {}", self.name, names.join(", "), self.doc)
    }
}

impl Takes {
    /// In words.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Takes::Text => "a text",
            Takes::Flag => "`true` or `false`",
            Takes::Count => "a whole number",
            Takes::Pattern => "a regular expression in quotes",
            Takes::List => "a list of values",
            Takes::Item => "a value of the type of the list",
            Takes::Items => "a list of values of the type of the list",
            Takes::TextOrList => "a text or a list of values",
            Takes::Relation => "a relation to one row",
            Takes::Operation => "`create`, `read`, `update` or `delete`, in quotes",
            Takes::Casing => {
                "`original`, `upper`, `lower`, `capitalize` or `uncapitalize`, in quotes"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        for row in FUNCTIONS {
            let same = FUNCTIONS.iter().filter(|other| other.name == row.name);
            assert_eq!(same.count(), 1, "{}", row.name);
            assert!(!row.doc.is_empty(), "{}", row.name);
            let optional = row.parameters.iter().map(|parameter| !parameter.required);
            assert!(optional.is_sorted(), "{}", row.name);
        }
    }
}
