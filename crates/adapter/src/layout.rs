//! What the sign-in engine needs of a schema.

use hallpass_data::Client;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, Model};

use crate::recognise::{Difference, differences};

/// A schema that lacks a part of the sign-in tables.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// A model is missing.
    #[error("the schema has no model `{model}`, which sign-in needs")]
    Model {
        /// Its name.
        model: &'static str,
    },
    /// A field is missing.
    #[error("model `{model}` has no field `{field}`, which sign-in needs")]
    Field {
        /// The model.
        model: &'static str,
        /// Its name.
        field: &'static str,
    },
    /// The field for passwords is missing, or holds no text.
    #[error(
        "model `User` has no field `{field}` of type `String`, which signing in with a password needs"
    )]
    Password {
        /// Its name.
        field: String,
    },
    /// The relation from a session or an account to its user is missing.
    #[error("model `{model}` has no relation to one `User`, which sign-in needs")]
    Relation {
        /// The model.
        model: &'static str,
    },
    /// The tables that are there keep sign-in from working.
    #[error("the sign-in tables cannot be used: {}", joined(.0))]
    Tables(Vec<Difference>),
    /// Nothing keeps a key unique, neither the table nor a lock of ours.
    #[error("nothing keeps `{}` of `{model}` unique: add a unique key to its table", fields.join("`, `"))]
    NotUnique {
        /// The model.
        model: &'static str,
        /// The fields of the key.
        fields: &'static [&'static str],
    },
    /// Tokens of other services are to be sealed, and a column has no room for it.
    #[error(
        "`{field}` of `Account` holds {width} characters, too few for sealed tokens: make the column a TEXT"
    )]
    NarrowTokens {
        /// The field.
        field: &'static str,
        /// What its column holds.
        width: u32,
    },
    /// A model of a table of our own is missing.
    #[error("the schema has no model `{model}`: add the sources of `OWN_TABLES`")]
    Own {
        /// Its name.
        model: &'static str,
    },
    /// A statement does not fit the schema.
    #[error("the sign-in tables of the schema cannot be used")]
    Statement(#[from] hallpass_data::Error),
}

/// The models and fields that sign-in needs.
/// Source: contract authjs §10.3.
pub(crate) const NEEDED: &[(&str, &[&str])] = &[
    (USER, &["id", "name", "email", "emailVerified", "image"]),
    (
        ACCOUNT,
        &["userId", "type", "provider", "providerAccountId"],
    ),
    (SESSION, &["sessionToken", "userId", "expires"]),
    (VERIFICATION_TOKEN, &["identifier", "token", "expires"]),
];

pub(crate) const USER: &str = "User";
pub(crate) const ACCOUNT: &str = "Account";
pub(crate) const SESSION: &str = "Session";
pub(crate) const VERIFICATION_TOKEN: &str = "VerificationToken";

/// The names that schemas may choose freely.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The relation of a session to its user.
    pub(crate) session_user: String,
    /// The relation of an account to its user.
    pub(crate) account_user: String,
}

fn joined(differences: &[Difference]) -> String {
    let texts: Vec<_> = differences.iter().map(Difference::to_string).collect();
    texts.join("; ")
}

/// Holds the tables that a client has found against its schema.
pub(crate) fn check_tables(client: &Client) -> Result<(), LayoutError> {
    let Some(catalog) = client.found() else {
        return Ok(());
    };
    let mut differences = differences(client.schema(), catalog, client.dialect());
    differences.retain(Difference::blocks);
    if differences.is_empty() {
        Ok(())
    } else {
        Err(LayoutError::Tables(differences))
    }
}

impl Layout {
    pub(crate) fn of(schema: &Schema) -> Result<Self, LayoutError> {
        for (name, fields) in NEEDED {
            let model = model(schema, name)?;
            for field in *fields {
                if model.field(field).is_none() {
                    return Err(LayoutError::Field { model: name, field });
                }
            }
        }
        Ok(Self {
            session_user: relation_to_user(schema, SESSION)?,
            account_user: relation_to_user(schema, ACCOUNT)?,
        })
    }
}

fn model<'a>(schema: &'a Schema, name: &'static str) -> Result<&'a Model, LayoutError> {
    schema.model(name).ok_or(LayoutError::Model { model: name })
}

/// The relation that is kept in `userId`.
fn relation_to_user(schema: &Schema, name: &'static str) -> Result<String, LayoutError> {
    model(schema, name)?
        .fields
        .iter()
        .filter(|field| field.arity != Arity::List)
        .find(|field| {
            field
                .relation()
                .is_some_and(|relation| relation.model == USER && relation.fields == ["userId"])
        })
        .map(|field| field.name.clone())
        .ok_or(LayoutError::Relation { model: name })
}

#[cfg(test)]
mod tests {
    use hallpass_zmodel::{Source, load};

    use super::*;
    use crate::PRISMA_LAYOUT;

    fn layout(text: &str) -> Result<Layout, LayoutError> {
        Layout::of(
            &load(&[Source {
                name: "test.zmodel",
                text,
            }])
            .unwrap(),
        )
    }

    #[test]
    fn prisma_layout_has_what_sign_in_needs() {
        let layout = layout(PRISMA_LAYOUT).unwrap();
        assert_eq!(layout.session_user, "user");
        assert_eq!(layout.account_user, "user");
    }

    #[test]
    fn missing_model_is_named() {
        let error = layout("model User { id String @id }").unwrap_err();
        assert_eq!(
            error.to_string(),
            "model `User` has no field `name`, which sign-in needs"
        );
        let error = layout("model Todo { id String @id }").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the schema has no model `User`, which sign-in needs"
        );
    }

    #[test]
    fn missing_fields_are_named() {
        for (field, model) in [
            ("emailVerified", "User"),
            ("image", "User"),
            ("providerAccountId", "Account"),
            ("provider", "Account"),
            ("sessionToken", "Session"),
            ("userId", "Account"),
            ("expires", "Session"),
            ("identifier", "VerificationToken"),
        ] {
            let other = format!("other{field}");
            let without = PRISMA_LAYOUT
                .split_inclusive(|letter: char| !letter.is_alphanumeric())
                .map(|word| match word.strip_prefix(field) {
                    Some(end) if end.len() <= 1 => format!("{other}{end}"),
                    _ => word.to_owned(),
                })
                .collect::<String>();
            let error = layout(&without).unwrap_err().to_string();
            let expected = format!("model `{model}` has no field `{field}`, which sign-in needs");
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn missing_relation_is_named() {
        let without = PRISMA_LAYOUT
            .replace(
                "  user User @relation(fields: [userId], references: [id], onDelete: Cascade)\n",
                "",
            )
            .replace(
                "  accounts Account[]\n  sessions Session[]\n  authenticators Authenticator[]\n",
                "",
            );
        let error = layout(&without).unwrap_err();
        assert_eq!(
            error.to_string(),
            "model `Session` has no relation to one `User`, which sign-in needs"
        );
    }
}
