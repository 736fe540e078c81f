//! How tables differ from the schema, with what would take the difference away.
//!
//! Missing keys, references and indexes are told where they are promised (`promises.rs`).

use hallpass_data::catalog::Catalog;
use hallpass_data::{Client, Error, Mending};

use super::{Finding, Remedy, Severity};
use crate::recognise::Difference;

/// One finding a difference.
pub(super) fn examine(
    client: &Client,
    catalog: &Catalog,
    differences: &[Difference],
) -> Result<Vec<Finding>, Error> {
    let judged = differences.iter();
    let judged = judged.filter_map(|one| Judged::of(one, differences).map(|judged| (one, judged)));
    judged
        .map(|(one, judged)| judged.finding(client, catalog, one))
        .collect()
}

struct Judged {
    code: String,
    severity: Severity,
    place: String,
    consequence: &'static str,
    mendings: Vec<Mending>,
    loses: Option<&'static str>,
    advice: Option<String>,
}

impl Judged {
    fn of(difference: &Difference, all: &[Difference]) -> Option<Self> {
        match difference {
            Difference::MissingTable { model, table } => {
                // The one that is called otherwise is named instead.
                let is_named = |one: &Difference| matches!(one, Difference::OtherName { model: other, .. } if other == model);
                (!all.iter().any(is_named)).then(|| Self::missing_table(table))
            }
            Difference::MissingColumn { table, column } => {
                Some(Self::missing_column(table, column))
            }
            Difference::RequiredColumn {
                model,
                table,
                column,
                field,
            } => Some(Self::required_column(model, table, column, field)),
            Difference::Type {
                table,
                column,
                is_key,
                ..
            } => Some(match is_key {
                true => Self::wrong_type_of_key(table, column),
                false => Self::wrong_type(table, column),
            }),
            Difference::NotNull { table, column } => Some(Self::not_null(table, column)),
            Difference::Nullable { table, column } => Some(Self::nullable(table, column)),
            Difference::OtherName {
                table,
                found,
                is_second,
                ..
            } => Some(Self::other_name(table, found, *is_second)),
            Difference::NotUnique { .. }
            | Difference::NoForeignKey { .. }
            | Difference::NoIndex { .. }
            | Difference::Capitals { .. } => None,
        }
    }

    fn missing_table(table: &str) -> Self {
        Self {
            code: format!("missing-table:{table}"),
            severity: Severity::Note,
            place: table.to_owned(),
            consequence: "what is kept in it cannot be done until it is there; `hallpass serve` makes it where all others fit",
            mendings: vec![Mending::CreateTable {
                table: table.to_owned(),
            }],
            loses: None,
            advice: None,
        }
    }

    fn missing_column(table: &str, column: &str) -> Self {
        Self {
            consequence: "sign-in cannot do without it: `hallpass serve` does not start on these tables",
            mendings: vec![Mending::AddColumn {
                table: table.to_owned(),
                column: column.to_owned(),
            }],
            advice: Some(
                "a migration of the application that did not run, or not to its end, is run first; rows that are there have nothing \
                 in the new column until you fill it"
                    .to_owned(),
            ),
            ..Self::of_column("missing-column", Severity::Danger, table, column)
        }
    }

    fn required_column(model: &str, table: &str, column: &str, field: &str) -> Self {
        Self {
            consequence: "nobody fills it, so no row can be added: `hallpass serve` does not start on these tables",
            mendings: vec![Mending::AdmitNull {
                table: table.to_owned(),
                column: column.to_owned(),
            }],
            advice: Some(format!(
                "with the statement, rows that Hallpass adds have nothing in it, which the application has to bear; else give it a \
                 default, or add `{field}` to model `{model}` of a schema of yours"
            )),
            loses: Some(ITS_PROMISE),
            ..Self::of_column("column-without-default", Severity::Danger, table, column)
        }
    }

    /// Nothing is offered: a key changes together with all that refers to it, and with the program that makes it.
    fn wrong_type_of_key(table: &str, column: &str) -> Self {
        Self {
            mendings: Vec::new(),
            loses: None,
            advice: Some(
                "a key is of one type with all that refers to it: a migration of the application changes them together"
                    .to_owned(),
            ),
            ..Self::wrong_type(table, column)
        }
    }

    fn wrong_type(table: &str, column: &str) -> Self {
        Self {
            consequence: "what sign-in writes does not go into it: `hallpass serve` does not start on these tables",
            mendings: vec![Mending::ChangeType {
                table: table.to_owned(),
                column: column.to_owned(),
            }],
            loses: Some(
                "what cannot be written as the new type (most databases refuse the change for it), and the default that the column \
                 has",
            ),
            ..Self::of_column("column-of-other-type", Severity::Danger, table, column)
        }
    }

    fn not_null(table: &str, column: &str) -> Self {
        Self {
            consequence: "a sign-in that has nothing for it fails: a person without a name, an account without such a token",
            mendings: vec![Mending::AdmitNull {
                table: table.to_owned(),
                column: column.to_owned(),
            }],
            loses: Some(ITS_PROMISE),
            advice: Some(
                "make the same change in the schema of the application, whose own migration would take it back else"
                    .to_owned(),
            ),
            ..Self::of_column("column-not-null", Severity::Warning, table, column)
        }
    }

    fn nullable(table: &str, column: &str) -> Self {
        Self {
            consequence: "a row without it is an error for whoever it belongs to",
            mendings: vec![Mending::RefuseNull {
                table: table.to_owned(),
                column: column.to_owned(),
            }],
            advice: Some("the statement is refused while rows have nothing in it".to_owned()),
            ..Self::of_column("column-admits-null", Severity::Note, table, column)
        }
    }

    fn other_name(table: &str, found: &str, is_second: bool) -> Self {
        let rename = Mending::Rename {
            from: found.to_owned(),
            to: table.to_owned(),
        };
        let mut mendings = vec![rename];
        if is_second {
            mendings.insert(
                0,
                Mending::DropTable {
                    table: table.to_owned(),
                },
            );
        }
        Self {
            code: format!("table-named-otherwise:{found}"),
            severity: Severity::Warning,
            place: found.to_owned(),
            consequence: "an application that uses the one and Hallpass, which uses the other, do not see each other's rows: links that \
                          one sends are unknown to the other",
            mendings,
            loses: Some(if is_second {
                "the rows of the table that Hallpass uses now, and the name that the application may look for"
            } else {
                "the name that the application may look for"
            }),
            advice: Some(format!(
                "where the application uses `{found}`, leave it and tell Hallpass: a schema of yours (`HALLPASS_SCHEMA`) with \
                 `@@map(\"{found}\")` on that model; `hallpass db pull --out schema.zmodel` writes one of the tables that are there"
            )),
        }
    }

    fn of_column(kind: &str, severity: Severity, table: &str, column: &str) -> Self {
        Self {
            code: format!("{kind}:{table}.{column}"),
            severity,
            place: format!("{table} ({column})"),
            consequence: "",
            mendings: Vec::new(),
            loses: None,
            advice: None,
        }
    }

    fn finding(
        self,
        client: &Client,
        catalog: &Catalog,
        difference: &Difference,
    ) -> Result<Finding, Error> {
        let mut remedies = Vec::new();
        let mut advice = self.advice;
        for mending in &self.mendings {
            match client.changes_to_mend(mending, catalog) {
                Ok(changes) => remedies.extend(
                    changes
                        .into_iter()
                        .map(|change| Remedy::new(change, self.loses)),
                ),
                Err(Error::Unsupported(_)) => advice = Some(ONLY_ANEW.to_owned()),
                Err(error) => return Err(error),
            }
        }
        Ok(Finding {
            code: self.code,
            severity: self.severity,
            place: self.place,
            problem: difference.to_string(),
            consequence: self.consequence,
            rows: None,
            look: None,
            remedies,
            advice,
        })
    }
}

const ITS_PROMISE: &str = "what the application may rely on, that the column has something in every row: its own schema says so, and \
                           its code may fail at a row without";

const ONLY_ANEW: &str = "this database changes no column of a table that is there. `hallpass db pull --out tables.zmodel` writes the \
                         tables as they are; correct the column there, and `hallpass db push --schema tables.zmodel --dry-run` shows \
                         the statements that make the table anew with its rows";
