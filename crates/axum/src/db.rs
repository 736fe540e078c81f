use std::ops::Deref;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use hallpass_data::zmodel::Schema;
use hallpass_data::zmodel::schema::{FieldKind, Scalar};
use hallpass_data::{ArgValue, ArgValueError, Client};

use crate::rejection::Rejection;
use crate::session::read;

/// The data as whoever sends the request may see and change it: a [`Client`] to which the access rules of the schema
/// apply, with the session's person as `auth()`.
///
/// Without a session it is the client of nobody, to whom the rules may still give something; beside a
/// [`Session`](crate::Session) argument the request is refused first. The members of `auth()` are what the session says
/// of its user: the whole row with database sessions, the claims with JWT sessions.
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
        let person = session.map(|session| person(client.schema(), &session));
        let person = person.transpose().map_err(Rejection::unfit)?;
        Ok(Self(client.for_user(person)))
    }
}

/// What `auth()` is: the user of a session, its id under the name and of the type that the schema gives it.
pub(crate) fn person(
    schema: &Schema,
    session: &hallpass_auth::Session,
) -> Result<ArgValue, ArgValueError> {
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
    Ok(ArgValue::Object(members))
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
