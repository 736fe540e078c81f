//! Live queries: the events of `hallpass_data`, as a body that ends with the session.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::response::Response;
use futures_util::stream::unfold;
use hallpass_auth::adapter::UserId;
use hallpass_auth::{Auth, Session};
use hallpass_data::Client;
use hallpass_data::http::{
    DataService, Decline, Follower, Style, conditional, decline, live_headers,
};
use hallpass_data::live::{Asked, Asking};

use crate::data_routes::{asked, session};
use crate::db::asker;
use crate::rejection::causes;
use crate::session::current;

/// The events, or why there are none.
pub(crate) async fn follow(service: &DataService, prefix: &str, mut parts: Parts) -> Response {
    let follower = match follower(service, &mut parts).await {
        Ok(follower) => follower,
        Err(why) => return decline(Style::Rpc, why).map(Body::from),
    };
    let known = parts.headers.get("last-event-id");
    let stream = match service
        .follow(asked(&parts, prefix, &[]), known, follower)
        .await
    {
        Ok(stream) => stream,
        Err(refusal) => return conditional(&parts.method, None, refusal).map(Body::from),
    };
    let events = unfold(stream, async |mut stream| {
        let text = stream.next().await?;
        Some((Ok::<_, Infallible>(text), stream))
    });
    let mut response = Response::new(Body::from_stream(events));
    *response.headers_mut() = live_headers();
    response
}

async fn follower(service: &DataService, parts: &mut Parts) -> Result<Follower, Decline> {
    let session = session(parts).await?;
    let client = service.client();
    let person = asker(client, session.as_ref()).await;
    let person = person.map_err(|error| error.decline())?;
    let auth = current(parts).map_err(|_| Decline::Internal)?.auth.clone();
    let whose = session.as_ref().map(|session| session.user_id().clone());
    Ok(Follower {
        session: auth.watched_key(parts),
        whose: whose.as_ref().map(|id| id.as_str().to_owned()),
        person,
        asking: match whose {
            Some(whose) => asking(client.clone(), auth, parts.clone(), whose),
            // Nobody stays nobody.
            None => Box::new(|| Box::pin(async { Asked::Person(None) })),
        },
    })
}

/// Says anew who follows: the session is read again, without being used, and what rules look at in the person.
fn asking(client: Client, auth: Auth, mut parts: Parts, whose: UserId) -> Asking {
    // What the layers of this request left there is done with.
    parts.extensions.remove::<crate::layer::CurrentAuth>();
    let held = Arc::new((client, auth, parts, whose));
    Box::new(move || {
        let held = Arc::clone(&held);
        Box::pin(async move {
            let (client, auth, parts, whose) = &*held;
            match auth.watched_session(parts).await {
                Ok(Some(session)) if session.user_id() == whose => again(client, &session).await,
                Ok(_) => Asked::Over,
                Err(error) => {
                    tracing::debug!(error = %causes(&error), "a session could not be looked at again");
                    Asked::Unknown
                }
            }
        })
    })
}

async fn again(client: &Client, session: &Session) -> Asked {
    match asker(client, Some(session)).await {
        // Somebody who is gone is not nobody, whom rules may show something else.
        Ok(None) => Asked::Over,
        Ok(person) => Asked::Person(person),
        Err(error) if error.may_pass() => Asked::Unknown,
        Err(error) => {
            error.log();
            Asked::Over
        }
    }
}
