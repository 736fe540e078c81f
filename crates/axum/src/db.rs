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

/// What `auth()` is: the user of a session, its id as the schema has it.
pub(crate) fn person(
    schema: &Schema,
    session: &hallpass_auth::Session,
) -> Result<ArgValue, ArgValueError> {
    let user = session.user();
    let id = user.id.as_str();
    let counted = is_counted(schema).then(|| id.parse().ok()).flatten();
    let text = |text: &Option<String>| text.clone().map_or(ArgValue::Null, ArgValue::Text);
    let mut members = vec![
        (
            "id".to_owned(),
            counted.map_or_else(|| ArgValue::Text(id.to_owned()), ArgValue::BigInt),
        ),
        ("name".to_owned(), text(&user.name)),
        ("email".to_owned(), text(&user.email)),
        ("image".to_owned(), text(&user.image)),
    ];
    for (name, value) in session.extra() {
        if members.iter().all(|(known, _)| known != name) {
            members.push((name.clone(), ArgValue::from_json(value.clone())?));
        }
    }
    Ok(ArgValue::Object(members))
}

/// Whether users are known by a number.
fn is_counted(schema: &Schema) -> bool {
    let model = schema.auth.as_deref().and_then(|name| schema.model(name));
    let id = model.and_then(|model| model.field("id"));
    id.is_some_and(|id| matches!(id.kind, FieldKind::Scalar(Scalar::Int | Scalar::BigInt)))
}
