//! Sign-in by fields that the application judges itself.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderMap;
use serde_json::{Map, Number, Value};
use unicode_normalization::UnicodeNormalization;

use crate::callbacks::{CallbackError, CallbackFailure};

/// A field of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CredentialField {
    /// Name in what is submitted.
    pub name: String,
    /// What stands above it; the name when absent.
    pub label: Option<String>,
    /// The type of the input; `text` when absent.
    pub kind: Option<String>,
    /// What stands in it while it is empty.
    pub placeholder: Option<String>,
    /// Further attributes of the input, name and value. One whose name is no plain word is left out.
    pub attributes: Vec<(String, String)>,
}

impl CredentialField {
    /// A field of text.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// What stands above it.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Self {
        Self {
            label: Some(label.into()),
            ..self
        }
    }

    /// The type of the input, such as `password`.
    #[must_use]
    pub fn kind(self, kind: impl Into<String>) -> Self {
        Self {
            kind: Some(kind.into()),
            ..self
        }
    }

    /// What stands in it while it is empty.
    #[must_use]
    pub fn placeholder(self, placeholder: impl Into<String>) -> Self {
        Self {
            placeholder: Some(placeholder.into()),
            ..self
        }
    }
}

/// What was submitted: every field of the form, those of ours (`csrfToken`, `callbackUrl`) among them, and whatever else a
/// client sent.
#[derive(Clone)]
pub struct Credentials(Map<String, Value>);

impl Credentials {
    pub(crate) fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// A field, when it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A field of any kind: a client may send JSON.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

/// Names only: the values are secrets.
impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// Whom the application found.
#[derive(Clone, Default, PartialEq)]
pub struct Authorized {
    /// Identifies the user. Without one the session is of somebody who was never seen before.
    pub id: Option<String>,
    /// Shown name.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Address of a picture.
    pub image: Option<String>,
    /// Members of the application's own, for its callbacks.
    pub extra: Map<String, Value>,
}

impl fmt::Debug for Authorized {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authorized")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Why nobody was found, where it is more than that.
///
/// Made by `?` from any error, which then ends in the error page; [`refused`](Self::refused) ends in the sign-in page.
pub struct AuthorizeError {
    pub(crate) kind: AuthorizeFailure,
}

/// What the engine tells apart.
#[derive(Debug)]
pub(crate) enum AuthorizeFailure {
    Refused { code: String },
    Failed(CallbackFailure),
}

impl AuthorizeError {
    /// The credentials are not good, for a reason that the person may know: `code` stands in the address of the sign-in
    /// page.
    pub fn refused(code: impl Into<String>) -> Self {
        let kind = AuthorizeFailure::Refused { code: code.into() };
        Self { kind }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for AuthorizeError {
    fn from(error: E) -> Self {
        let kind = AuthorizeFailure::Failed(CallbackError::from(error).kind);
        Self { kind }
    }
}

impl fmt::Debug for AuthorizeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.kind, formatter)
    }
}

/// Judges what was submitted.
///
/// SECURITY: take as long for somebody who is unknown as for a wrong password.
#[async_trait]
pub trait Authorize: Send + Sync + 'static {
    /// Whose credentials these are; `None` when they are nobody's.
    async fn authorize(
        &self,
        credentials: &Credentials,
        headers: &HeaderMap,
    ) -> Result<Option<Authorized>, AuthorizeError>;
}

type Answer = Pin<Box<dyn Future<Output = Result<Option<Authorized>, AuthorizeError>> + Send>>;

/// A closure that judges.
struct Closure(Box<dyn Fn(Credentials) -> Answer + Send + Sync>);

#[async_trait]
impl Authorize for Closure {
    async fn authorize(
        &self,
        credentials: &Credentials,
        _headers: &HeaderMap,
    ) -> Result<Option<Authorized>, AuthorizeError> {
        (self.0)(credentials.clone()).await
    }
}

/// Sign-in by fields of the application's own choice. Several may stand beside each other under ids of their own.
#[derive(Clone)]
pub struct CredentialsProvider {
    id: String,
    name: String,
    fields: Vec<CredentialField>,
    authorize: Arc<dyn Authorize>,
}

impl CredentialsProvider {
    /// Judged by `authorize`. Named `Credentials`, with the fields that [`field`](Self::field) adds.
    pub fn new(id: impl Into<String>, authorize: impl Authorize) -> Self {
        Self {
            id: id.into(),
            name: "Credentials".to_owned(),
            fields: Vec::new(),
            authorize: Arc::new(authorize),
        }
    }

    /// Judged by a closure.
    pub fn with<F, R>(id: impl Into<String>, authorize: F) -> Self
    where
        F: Fn(Credentials) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<Authorized>, AuthorizeError>> + Send + 'static,
    {
        let boxed = move |credentials| -> Answer { Box::pin(authorize(credentials)) };
        Self::new(id, Closure(Box::new(boxed)))
    }

    /// The name people see.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    /// Adds a field to the form.
    #[must_use]
    pub fn field(mut self, field: CredentialField) -> Self {
        self.fields.push(field);
        self
    }

    /// The name in paths, and in the accounts of users.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name people see.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn fields(&self) -> &[CredentialField] {
        &self.fields
    }

    pub(crate) fn judge(&self) -> &dyn Authorize {
        &*self.authorize
    }

    /// Whose account is tried: what stands in the first field that hides nothing, in one spelling.
    ///
    /// SECURITY: whatever is sent counts for somebody. What names nobody (nothing, a list, a text without end) counts
    /// for one and the same, so that no spelling escapes the limits of accounts. Absent only without such a field.
    pub(crate) fn subject(&self, credentials: &Credentials) -> Option<String> {
        let is_shown = |field: &&CredentialField| field.kind.as_deref() != Some("password");
        let field = self.fields.iter().find(is_shown)?;
        Some(match credentials.get(&field.name) {
            Some(Value::String(text)) => one_spelling(text),
            Some(Value::Number(number)) => one_number(number),
            _ => NOBODY.to_owned(),
        })
    }
}

/// The subject of attempts that name nobody, as an empty field does.
const NOBODY: &str = "";

fn one_spelling(text: &str) -> String {
    const MAX_BYTES: usize = 1024;
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return NOBODY.to_owned();
    }
    let folded = text.nfkc().collect::<String>().to_lowercase();
    folded.trim().to_owned()
}

/// As its text would be, however it was written: `7`, `7.0` and `70e-1` are one number.
fn one_number(number: &Number) -> String {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(whole), ..) => whole.to_string(),
        (_, Some(whole), _) => whole.to_string(),
        // Of two zeros one has a sign.
        (_, _, Some(float)) => (float + 0.0).to_string(),
        _ => NOBODY.to_owned(),
    }
}

impl fmt::Debug for CredentialsProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CredentialsProvider")
            .field("id", &self.id)
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn subject(username: &Value) -> Option<String> {
        let provider = CredentialsProvider::with("c", async |_| Ok(None))
            .field(CredentialField::new("password").kind("password"))
            .field(CredentialField::new("username"));
        let Value::Object(fields) = json!({ "username": username, "password": "p" }) else {
            unreachable!("an object")
        };
        provider.subject(&Credentials::new(fields))
    }

    #[test]
    fn spellings_of_one_account_are_one_subject() {
        let blank = " ".repeat(2000);
        let rows = [
            (json!("bob"), "bob"),
            (json!(" \tBob\n"), "bob"),
            (json!("\u{ff22}ob"), "bob"),
            (json!(format!("{blank}bob{blank}")), "bob"),
            (json!(7), "7"),
            (json!(7.0), "7"),
            (json!("7"), "7"),
            (json!(-0.0), "0"),
            (json!(-3), "-3"),
            (json!(u64::MAX), "18446744073709551615"),
        ];
        for (sent, expected) in rows {
            assert_eq!(subject(&sent).as_deref(), Some(expected), "{sent}");
        }
    }

    #[test]
    fn what_names_nobody_is_one_subject() {
        let rows = [
            json!(null),
            json!(true),
            json!(["bob"]),
            json!({ "name": "bob" }),
            json!(""),
            json!(" ".repeat(2000)),
            json!("b".repeat(1025)),
            json!("b".repeat(100_000)),
        ];
        for sent in rows {
            assert_eq!(subject(&sent).as_deref(), Some(NOBODY));
        }
        let provider = CredentialsProvider::with("c", async |_| Ok(None));
        let provider = provider.field(CredentialField::new("username"));
        let missing = Credentials::new(Map::new());
        assert_eq!(provider.subject(&missing).as_deref(), Some(NOBODY));
    }
}
