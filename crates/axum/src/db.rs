use std::ops::Deref;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use hallpass_auth::session::Strategy;
use hallpass_data::http::Decline;
use hallpass_data::zmodel::Schema;
use hallpass_data::zmodel::schema::{FieldKind, Scalar};
use hallpass_data::{ArgValue, ArgValueError, Client, Error, Said};

use crate::rejection::{Rejection, causes};
use crate::session::read;

/// The data as whoever sends the request may see and change it: a [`Client`] to which the access rules of the schema
/// apply, with the session's person as `auth()`.
///
/// Without a session it is the client of nobody, to whom the rules may still give something; beside a
/// [`Session`](crate::Session) argument the request is refused first. The members of `auth()` are what the session says
/// of its user: the whole row with database sessions, the claims with JWT sessions. Where the rules look at more than that, or
/// at what a token says and the database knows better, the user's row is read for it.
///
/// The client comes from the state of the router, which is a [`Client`] or gives one by [`FromRef`]. Needs
/// [`layer`](crate::layer()).
///
/// ```no_run
/// use axum::Json;
/// use hallpass_axum::{DataError, Db};
/// use hallpass_data::{ArgValue, Operation, Reply};
///
/// async fn todos(db: Db) -> Result<Json<Reply>, DataError> {
///     let all = ArgValue::Object(Vec::new());
///     Ok(Json(db.call("Todo", Operation::FindMany, &all).await?))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Db(Client);

impl Deref for Db {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Db
where
    Client: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let session = read(parts).await?;
        let client = Client::from_ref(state);
        let asker = asker(&client, session.as_deref()).await;
        let asker = asker.map_err(Rejection::unknown_asker)?;
        Ok(Self(client.for_user(asker)))
    }
}

/// Why it is not known who asks, as the rules have to know it.
#[derive(Debug)]
pub(crate) enum AskerError {
    /// What is known cannot be asked by rules. To leave it out could give rights as well as take them.
    Unfit(ArgValueError),
    /// The user could not be read.
    Unread(Error),
}

impl AskerError {
    /// As the data over HTTP tells it; the log reads why.
    pub(crate) fn decline(&self) -> Decline {
        self.log();
        if self.may_pass() {
            Decline::Unavailable
        } else {
            Decline::Internal
        }
    }

    /// Whether the same request may work soon.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Unread(Error::Unavailable(_) | Error::Timeout(_) | Error::Busy)
        )
    }

    pub(crate) fn log(&self) {
        let text = "a user's row, or the claims of a token, cannot be `auth()` of access rules";
        match self {
            Self::Unfit(error) => tracing::error!(%error, "{text}"),
            Self::Unread(error) => tracing::error!(error = %causes(error), "{text}"),
        }
    }
}

/// What `auth()` is for whoever has this session: what it says of its user, and what else the rules look at, as the database
/// has it now. Nobody where the user is gone.
pub(crate) async fn asker(
    client: &Client,
    session: Option<&hallpass_auth::Session>,
) -> Result<Option<ArgValue>, AskerError> {
    let Some(session) = session else {
        return Ok(None);
    };
    let person = person(client.schema(), session).map_err(AskerError::Unfit)?;
    let said = match session.strategy() {
        Strategy::Database => Said::Now,
        Strategy::Jwt => Said::Once,
    };
    let id = session.user_id().as_str();
    let person = client.complete_person(id, person, said).await;
    person.map_err(AskerError::Unread)
}

/// What a session says of its user, the id under the name and of the type that the schema gives it.
fn person(
    schema: &Schema,
    session: &hallpass_auth::Session,
) -> Result<Vec<(String, ArgValue)>, ArgValueError> {
    let user = session.user();
    let text = |text: &Option<String>| text.clone().map_or(ArgValue::Null, ArgValue::Text);
    let mut members = Vec::new();
    if let Some(identity) = Identity::of(schema) {
        members.push((identity.name.to_owned(), identity.value(user.id.as_str())));
    }
    let mut add = |name: &str, value: ArgValue| {
        if members.iter().all(|(known, _)| known != name) {
            members.push((name.to_owned(), value));
        }
    };
    add("name", text(&user.name));
    add("email", text(&user.email));
    add("image", text(&user.image));
    for (name, value) in session.extra() {
        add(name, ArgValue::from_json(value.clone())?);
    }
    Ok(members)
}

/// The field by which the schema knows its people.
struct Identity<'s> {
    name: &'s str,
    is_counted: bool,
}

impl<'s> Identity<'s> {
    /// `None` where several fields are the identity: which of them a sign-in knows, nobody can tell, so that only what the
    /// session says by their names counts.
    fn of(schema: &'s Schema) -> Option<Self> {
        let model = schema.auth.as_deref().and_then(|name| schema.model(name));
        let name = match model.map(|model| model.id.as_slice()) {
            Some([only]) => only,
            Some([_, ..]) => return None,
            // A type, or a view, names no identity.
            Some([]) | None => "id",
        };
        let id = model.and_then(|model| model.field(name));
        Some(Self {
            name,
            is_counted: id.is_some_and(|id| {
                matches!(id.kind, FieldKind::Scalar(Scalar::Int | Scalar::BigInt))
            }),
        })
    }

    fn value(&self, id: &str) -> ArgValue {
        let counted = self.is_counted.then(|| id.parse().ok()).flatten();
        counted.map_or_else(|| ArgValue::Text(id.to_owned()), ArgValue::BigInt)
    }
}

#[cfg(test)]
mod tests {
    use hallpass_data::zmodel::{Source, load};

    use super::*;

    fn identity(model: &str, id: &str) -> Option<(String, ArgValue)> {
        let schema = load(&[Source {
            name: "test.zmodel",
            text: model,
        }])
        .unwrap();
        let identity = Identity::of(&schema)?;
        Some((identity.name.to_owned(), identity.value(id)))
    }

    #[test]
    fn a_person_has_the_identity_that_the_schema_names() {
        let text = |name: &str, id: &str| Some((name.to_owned(), ArgValue::Text(id.to_owned())));
        let number = |name: &str, id: i64| Some((name.to_owned(), ArgValue::BigInt(id)));
        for (model, id, expected) in [
            ("model User { id String @id }", "7", text("id", "7")),
            ("model User { id Int @id }", "7", number("id", 7)),
            (
                "model User { userId String @id }",
                "ann",
                text("userId", "ann"),
            ),
            (
                "model A { userId Int @id id String @@auth }",
                "7",
                number("userId", 7),
            ),
            ("model A { key BigInt @id @@auth }", "x", text("key", "x")),
            ("type A { id Int userId Int @@auth }", "7", text("id", "7")),
            ("model A { id Int @id }", "7", text("id", "7")),
            // Nobody can tell which part a sign-in knows.
            (
                "model User { org Int user Int @@id([org, user]) }",
                "7",
                None,
            ),
        ] {
            assert_eq!(identity(model, id), expected, "{model}");
        }
    }
}
