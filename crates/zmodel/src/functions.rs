//! The functions of the language: one table, one row a function.
//!
//! The row says where a function may stand, what it takes, which field types it fits and what it becomes. A function
//! without a row is a mistake.

use crate::ast::{Argument, ExprKind, Name};
use crate::diagnostic::Mistake;
use crate::schema::{DefaultValue, Scalar};
use crate::suggest;

/// What the language knows of a function.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// The field types it fits; empty for any.
    pub(crate) scalars: &'static [Scalar],
    /// What it takes, in order; arguments of functions have no names.
    pub(crate) parameters: &'static [Parameter],
    pub(crate) makes: Makes,
    /// What it means.
    pub(crate) doc: &'static str,
}

/// A parameter of a function.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
    pub(crate) required: bool,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Takes {
    Text,
    /// One of a few numbers.
    OneOf(&'static [u8]),
    /// A number in between, ends included.
    Between(u8, u8),
    /// Text in quotes with a place for the id, `%s`.
    Format,
}

/// Where a function may stand, and what it becomes there.
#[derive(Debug)]
pub(crate) enum Makes {
    /// The value of `@default`.
    Default(fn(&Given) -> DefaultValue),
    /// A setting of the datasource: the text argument is the name of an environment variable.
    Setting,
}

/// The arguments of a call; no function takes more than one of a kind.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) number: Option<u8>,
    pub(crate) text: Option<String>,
    /// The texts before, between and after the places for the id.
    pub(crate) format: Option<Vec<String>>,
}

/// Every function.
pub(crate) const FUNCTIONS: &[Row] = &[
    Row {
        name: "now",
        scalars: &[Scalar::DateTime],
        parameters: &[],
        makes: Makes::Default(|_| DefaultValue::Now),
        doc: "the current time",
    },
    Row {
        name: "uuid",
        scalars: &[Scalar::String],
        parameters: &[
            optional("version", Takes::OneOf(&[4, 7])),
            optional("format", Takes::Format),
        ],
        makes: Makes::Default(|given| DefaultValue::Uuid(given.number.unwrap_or(4))),
        doc: "a UUID, of version 4 or 7",
    },
    Row {
        name: "cuid",
        scalars: &[Scalar::String],
        parameters: &[
            optional("version", Takes::OneOf(&[1, 2])),
            optional("format", Takes::Format),
        ],
        makes: Makes::Default(|given| DefaultValue::Cuid(given.number.unwrap_or(1))),
        doc: "a CUID, of version 1 or 2",
    },
    Row {
        name: "nanoid",
        scalars: &[Scalar::String],
        parameters: &[
            optional("length", Takes::Between(2, 255)),
            optional("format", Takes::Format),
        ],
        makes: Makes::Default(|given| DefaultValue::Nanoid(given.number.unwrap_or(21).into())),
        doc: "a nano id, of 21 characters or as many as given",
    },
    Row {
        name: "ulid",
        scalars: &[Scalar::String],
        parameters: &[optional("format", Takes::Format)],
        makes: Makes::Default(|_| DefaultValue::Ulid),
        doc: "a ULID",
    },
    Row {
        name: "autoincrement",
        scalars: &[Scalar::Int, Scalar::BigInt],
        parameters: &[],
        makes: Makes::Default(|_| DefaultValue::Autoincrement),
        doc: "the next number, counted by the database",
    },
    Row {
        name: "dbgenerated",
        scalars: &[],
        parameters: &[optional("sql", Takes::Text)],
        makes: Makes::Default(|given| {
            DefaultValue::DbGenerated(given.text.clone().unwrap_or_default())
        }),
        doc: "made by the database, by this SQL where it is given",
    },
    Row {
        name: "env",
        scalars: &[],
        parameters: &[Parameter {
            name: "name",
            takes: Takes::Text,
            required: true,
        }],
        makes: Makes::Setting,
        doc: "the environment variable of this name",
    },
];

const fn optional(name: &'static str, takes: Takes) -> Parameter {
    Parameter {
        name,
        takes,
        required: false,
    }
}

/// The row of a function.
pub(crate) fn find(name: &str) -> Option<&'static Row> {
    FUNCTIONS.iter().find(|row| row.name == name)
}

/// The mistake of calling what is no function.
pub(crate) fn unknown(name: &Name) -> Mistake {
    Mistake::at(
        name.span,
        format!("this version does not know the function `{}`", name.text),
    )
    .maybe_help(suggest::did_you_mean(
        &name.text,
        FUNCTIONS.iter().map(|row| row.name),
    ))
}

impl Row {
    /// The arguments of a call, held against the row.
    pub(crate) fn bind(&self, name: &Name, arguments: &[Argument]) -> Result<Given, Box<Mistake>> {
        let mut given = Given::default();
        let mut parameters = self.parameters.iter();
        for argument in arguments {
            let Some(parameter) = parameters.next() else {
                let message = format!("`{}` takes no more arguments", self.name);
                return Err(self.refuse(Mistake::at(argument.span, message)));
            };
            if let Some(name) = &argument.name {
                return Err(self.refuse(Mistake::at(
                    name.span,
                    "arguments of functions have no names",
                )));
            }
            self.take(parameter, argument, &mut given)?;
        }
        match parameters.find(|parameter| parameter.required) {
            Some(missing) => Err(self.refuse(Mistake::at(
                name.span,
                format!("`{}` needs its `{}`", self.name, missing.name),
            ))),
            None => Ok(given),
        }
    }

    fn take(
        &self,
        parameter: &Parameter,
        argument: &Argument,
        given: &mut Given,
    ) -> Result<(), Box<Mistake>> {
        match (&argument.value.kind, parameter.takes) {
            (ExprKind::String(text), Takes::Text) => given.text = Some(text.clone()),
            (ExprKind::String(text), Takes::Format) if format(text).len() > 1 => {
                given.format = Some(format(text));
            }
            (ExprKind::Number(number), takes) if takes.number(number).is_some() => {
                given.number = takes.number(number)
            }
            _ => {
                let message = format!(
                    "`{}` of `{}` takes {}",
                    parameter.name,
                    self.name,
                    parameter.takes.describe()
                );
                return Err(self.refuse(Mistake::at(argument.value.span, message)));
            }
        }
        Ok(())
    }

    fn refuse(&self, mistake: Mistake) -> Box<Mistake> {
        let names: Vec<_> = self
            .parameters
            .iter()
            .map(|parameter| parameter.name)
            .collect();
        Box::new(mistake.help(format!(
            "`{}({})`: {}",
            self.name,
            names.join(", "),
            self.doc
        )))
    }
}

/// The texts around the places for an id: `%s` is one, `\%s` stands for itself.
fn format(text: &str) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("%s") {
        match before.strip_suffix('\\') {
            Some(before) => {
                current.push_str(before);
                current.push_str("%s");
            }
            None => {
                current.push_str(before);
                texts.push(std::mem::take(&mut current));
            }
        }
        rest = after;
    }
    current.push_str(rest);
    texts.push(current);
    texts
}

impl Takes {
    fn number(self, written: &str) -> Option<u8> {
        let number = written.parse().ok()?;
        match self {
            Takes::OneOf(allowed) => allowed.contains(&number).then_some(number),
            Takes::Between(least, most) => (least..=most).contains(&number).then_some(number),
            Takes::Text | Takes::Format => None,
        }
    }

    fn describe(self) -> String {
        match self {
            Takes::Text => "text in quotes".to_owned(),
            Takes::Format => "text in quotes with `%s` where the id stands".to_owned(),
            Takes::OneOf(allowed) => {
                let allowed: Vec<_> = allowed.iter().map(|number| format!("`{number}`")).collect();
                allowed.join(" or ")
            }
            Takes::Between(least, most) => format!("a number from {least} to {most}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_cut_at_the_places_for_the_id() {
        for (text, texts) in [
            ("usr_%s", ["usr_", ""].as_slice()),
            ("%s-%s!", &["", "-", "!"]),
            (r"\%s_%s", &["%s_", ""]),
            (r"\%s", &["%s"]),
            ("none", &["none"]),
        ] {
            assert_eq!(format(text), texts, "{text}");
        }
    }

    #[test]
    fn the_table_is_sound() {
        for row in FUNCTIONS {
            assert!(!row.doc.is_empty(), "{}", row.name);
            assert_eq!(
                FUNCTIONS
                    .iter()
                    .filter(|other| other.name == row.name)
                    .count(),
                1,
                "{}",
                row.name
            );
            assert!(
                row.parameters
                    .iter()
                    .map(|parameter| !parameter.required)
                    .is_sorted(),
                "{}",
                row.name
            );
        }
    }
}
