//! How the token of a session stands in the table: the one place that every path to the table goes through.
//!
//! In clear where an Auth.js application reads the same table, else as its SHA-256. A row of the other form is found too
//! and rewritten when it is, so that changing the setting signs nobody out.
//!
//! Never here: what a session means. See `docs/design/session-token-at-rest.md`.

use std::sync::{Arc, OnceLock};

use hallpass_auth::adapter::AdapterError;
use hallpass_auth::directory::SessionKey;
use hallpass_auth::secret::SessionToken;
use hallpass_data::catalog::Catalog;
use hallpass_data::{Client, Created, Error, Value, field};
use hallpass_zmodel::Schema;

use crate::convert;
use crate::layout::SESSION;

/// How tokens of sessions stand in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AtRest {
    /// Hashed where we made the table, in clear where we found it. Decided once, when the tables are made, and kept in the
    /// database.
    #[default]
    Auto,
    /// In clear: an Auth.js application reads and writes the table too.
    Clear,
    /// Their SHA-256: whoever reads the table cannot sign in with what stands there.
    Hashed,
}

/// What [`AtRest`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Clear,
    Hashed,
}

/// Begins every hashed token, so that rows of both forms can stand in one table.
pub(crate) const MARK: &str = "sha256:";

impl Form {
    /// The text in the column.
    pub(crate) fn stored(self, token: &SessionToken) -> String {
        match self {
            Self::Clear => token.expose().to_owned(),
            Self::Hashed => hashed(&SessionKey::of_token(token)),
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Clear => Self::Hashed,
            Self::Hashed => Self::Clear,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Hashed => "hashed",
        }
    }

    fn of_name(name: &str) -> Self {
        match name {
            "hashed" => Self::Hashed,
            _ => Self::Clear,
        }
    }
}

/// The hashed form of the token with this key.
pub(crate) fn hashed(key: &SessionKey) -> String {
    format!("{MARK}{}", key.to_hex())
}

/// Whether a text can be no token, so that it need not be sought. No column holds a NUL.
///
/// SECURITY: what stands in the table of a hashed token is no token. Sought in clear it would find its row, and whoever
/// read the table could sign in after all.
pub(crate) fn is_no_token(token: &SessionToken) -> bool {
    token.expose().starts_with(MARK) || token.expose().contains('\0')
}

/// The key of a session, from what stands in the table.
pub(crate) fn key_of(stored: &str) -> SessionKey {
    let hashed = stored.strip_prefix(MARK).and_then(SessionKey::from_hex);
    hashed.unwrap_or_else(|| SessionKey::of_token(&SessionToken::new(stored)))
}

/// The setting, and what it came to once that is known. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokens {
    setting: AtRest,
    form: Arc<OnceLock<Form>>,
}

impl Tokens {
    pub(crate) fn new(setting: AtRest) -> Self {
        Self {
            setting,
            form: Arc::default(),
        }
    }

    /// The form to write. Asks the database once.
    pub(crate) async fn form(&self, client: &Client) -> Result<Form, AdapterError> {
        if let Some(form) = self.form.get() {
            return Ok(*form);
        }
        let form = match self.setting {
            AtRest::Clear => Form::Clear,
            AtRest::Hashed => Form::Hashed,
            AtRest::Auto => decided(client)
                .await
                .map_err(convert::error)?
                .unwrap_or(Form::Clear),
        };
        Ok(*self.form.get_or_init(|| form))
    }
}

/// The model that keeps what was decided.
pub(crate) const SETTING: &str = "HallpassSetting";

const NAME: &str = "session_tokens";

/// What was decided for this database, if anything was.
async fn decided(client: &Client) -> Result<Option<Form>, Error> {
    if client.schema().model(SETTING).is_none() {
        return Ok(None);
    }
    let row = client.find_unique(SETTING).filter(field("name").eq(NAME));
    let Some(row) = row.run().await? else {
        return Ok(None);
    };
    // A schema of another making may hold anything there.
    Ok(row.get::<&str>("value").ok().map(Form::of_name))
}

/// Where the table of sessions comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionTable {
    /// It was not there, and we made it: nobody else knows it.
    Made,
    /// It was there: an Auth.js application may use it.
    Found,
}

impl SessionTable {
    /// Which of both it is, before tables are made.
    pub fn before(schema: &Schema, catalog: &Catalog) -> Self {
        let is_there = table(schema).is_some_and(|name| catalog.table(name).is_some());
        if is_there { Self::Found } else { Self::Made }
    }

    /// Which of both it was, after tables were made.
    pub fn after(schema: &Schema, created: &Created) -> Self {
        let is_new = |name: &str| created.tables.iter().any(|made| made == name);
        if table(schema).is_some_and(is_new) {
            Self::Made
        } else {
            Self::Found
        }
    }
}

fn table(schema: &Schema) -> Option<&str> {
    schema.model(SESSION).map(|model| model.table.as_str())
}

/// Decides how tokens stand in the table for whoever says [`AtRest::Auto`], and keeps that in the database; what was
/// decided before stays. To be called when the tables were made, before the first session.
///
/// # Errors
/// What the database says.
pub async fn decide_tokens_at_rest(client: &Client, table: SessionTable) -> Result<(), Error> {
    if client.schema().model(SETTING).is_none() || decided(client).await?.is_some() {
        return Ok(());
    }
    let form = match table {
        SessionTable::Made => Form::Hashed,
        SessionTable::Found => Form::Clear,
    };
    let row = client
        .create(SETTING)
        .set("name", NAME)
        .set("value", Value::from(form.name()));
    match row.run().await {
        // Another process was faster, and its word counts.
        Err(Error::Conflict { .. }) => Ok(()),
        Ok(_) => {
            tell(form);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Once, because it stays so.
fn tell(form: Form) {
    match form {
        Form::Hashed => tracing::info!(
            "the table of sessions was made by Hallpass: by default, tokens are kept in it as hashes"
        ),
        Form::Clear => tracing::warn!(
            "the table of sessions was there: an Auth.js application may read it, so by default tokens are kept in it in \
             clear; where none does, say `sessions.at_rest = \"hashed\"`"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_lead_to_one_key() {
        let token = SessionToken::new("6a1d9a1e-8c4e-4d0b-9d6e-4f4f6b0a7c11");
        let key = SessionKey::of_token(&token);
        for form in [Form::Clear, Form::Hashed] {
            assert_eq!(key_of(&form.stored(&token)), key);
            assert_eq!(Form::of_name(form.name()), form);
            assert_ne!(form.other(), form);
        }
        assert_eq!(Form::Hashed.stored(&token).len(), 71);
    }

    #[test]
    fn what_stands_in_the_table_is_no_token() {
        let token = SessionToken::new("6a1d9a1e-8c4e-4d0b-9d6e-4f4f6b0a7c11");
        assert!(!is_no_token(&token));
        let stolen = SessionToken::new(Form::Hashed.stored(&token));
        assert!(is_no_token(&stolen));
    }

    #[test]
    fn rubbish_behind_the_mark_is_a_key_of_its_own() {
        let key = SessionKey::of_token(&SessionToken::new("sha256:x"));
        assert_eq!(key_of("sha256:x"), key);
    }
}
