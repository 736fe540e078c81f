//! How tokens of other services stand in the table of accounts. Sealing and opening is done by the engine, which has the
//! keys; here it is decided whether it should.
//!
//! In clear where an Auth.js application reads the same table, or where a column has no room for more than the token. See
//! `docs/design/access-tokens.md`.

use hallpass_auth::adapter::{AdapterError, TokensAtRest};
use hallpass_data::{Client, Dialect};
use hallpass_zmodel::schema::Field;

use crate::at_rest::{Form, Tokens};
use crate::layout::{ACCOUNT, LayoutError};

/// How tokens of other services stand in the table of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccountTokensAtRest {
    /// As the tokens of sessions: sealed where those are hashed, in clear where those are, and where a column is too narrow.
    #[default]
    Auto,
    /// In clear: an Auth.js application reads and writes the table too.
    Clear,
    /// Sealed with a key that follows from the secrets.
    Sealed,
}

/// The members that are sealed.
pub(crate) const SEALED: [&str; 3] = ["access_token", "refresh_token", "id_token"];

/// The fewest characters of a column for sealed tokens. Some services have tokens of several thousand, and sealing adds a
/// third.
const ROOM: u32 = 8_192;

/// The setting, and what keeps it from being followed.
#[derive(Debug, Clone)]
pub(crate) struct AccountTokens {
    setting: AccountTokensAtRest,
    /// A column without room, and how many characters it holds.
    narrow: Option<(&'static str, u32)>,
}

impl AccountTokens {
    pub(crate) fn of(client: &Client) -> Self {
        let narrow = SEALED.iter().find_map(|name| {
            let width = width(client, name).filter(|width| *width < ROOM)?;
            Some((*name, width))
        });
        Self {
            setting: AccountTokensAtRest::default(),
            narrow,
        }
    }

    pub(crate) fn set(self, setting: AccountTokensAtRest) -> Result<Self, LayoutError> {
        match (setting, self.narrow) {
            (AccountTokensAtRest::Sealed, Some((field, width))) => {
                Err(LayoutError::NarrowTokens { field, width })
            }
            _ => Ok(Self { setting, ..self }),
        }
    }

    pub(crate) async fn form(
        &self,
        sessions: &Tokens,
        client: &Client,
    ) -> Result<TokensAtRest, AdapterError> {
        Ok(match self.setting {
            AccountTokensAtRest::Clear => TokensAtRest::Clear,
            AccountTokensAtRest::Sealed => TokensAtRest::Sealed,
            AccountTokensAtRest::Auto if self.narrow.is_some() => TokensAtRest::Clear,
            AccountTokensAtRest::Auto => match sessions.form(client).await? {
                Form::Clear => TokensAtRest::Clear,
                Form::Hashed => TokensAtRest::Sealed,
            },
        })
    }
}

/// How many characters the column of a field holds; `None` where there is no bound that matters.
fn width(client: &Client, name: &str) -> Option<u32> {
    let model = client.schema().model(ACCOUNT)?;
    let field = model.field(name)?;
    let found = client.found().and_then(|catalog| {
        let column = catalog.table(&model.table)?.column(&field.column)?;
        Some(column.database_type.as_str())
    });
    match found {
        Some(database_type) => width_of(database_type),
        None => planned_width(client.dialect(), field),
    }
}

/// The number in `varchar(255)` or `character varying(255)`.
fn width_of(database_type: &str) -> Option<u32> {
    let (name, rest) = database_type.split_once('(')?;
    let name = name.to_ascii_lowercase();
    if !name.contains("char") {
        return None;
    }
    rest.split(')').next()?.trim().parse().ok()
}

/// As the table would be made.
fn planned_width(dialect: Dialect, field: &Field) -> Option<u32> {
    match &field.native_type {
        Some(native) if native.name == "VarChar" => native.arguments.first()?.parse().ok(),
        Some(_) => None,
        // What `String` is there: a text on which a key can be put.
        None => matches!(dialect, Dialect::MySql | Dialect::MariaDb).then_some(191),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_read_from_types() {
        for (database_type, width) in [
            ("varchar(255)", Some(255)),
            ("VARCHAR( 191 )", Some(191)),
            ("character varying(2048)", Some(2_048)),
            ("text", None),
            ("TEXT", None),
            ("decimal(10,2)", None),
            ("varchar(x)", None),
            ("character varying", None),
        ] {
            assert_eq!(width_of(database_type), width, "{database_type}");
        }
    }
}
