//! Live queries over HTTP, as server-sent events: `GET {model}/live?q=…`.
//!
//! [`DataService::follow`] reads the request and gives the first result; [`LiveStream`] gives the text of one event after the
//! other to whoever sends it. All who ask the same as the same person share one [`Shared`], which reads once for all of
//! them (`results`), keeps what it gave last (`state`), and says it as events (`event`).
//!
//! Source: the HTML standard, section 9.2 (server-sent events); contract zenstack §4.1 to §4.3 for arguments, results and
//! errors.

mod digest;
mod event;
mod looks;
mod results;
mod state;
mod stream;

use http::{HeaderValue, Response};

use super::errors::Fault;
use super::request::Request;
use super::rpc::live::read;
use super::service::DataService;
use crate::args::ArgValue;
use crate::live::{Asking, TooMany};

pub use event::headers;
pub(crate) use results::Results;
pub use stream::LiveStream;

use results::Question;
use stream::Opening;

/// Who follows a live query.
pub struct Follower {
    /// By what the person is counted: the user's id. `None` for nobody.
    pub whose: Option<String>,
    /// What `auth()` is in the rules, as it was read for this request.
    pub person: Option<ArgValue>,
    /// Says anew who that is.
    pub asking: Asking,
    /// What `asking` goes by, where that is a session: those who have the same are asked for once when they are woken together.
    pub session: Option<[u8; 32]>,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Follower(..)")
    }
}

impl DataService {
    /// Whether a path of the RPC style asks for a live query, and this service has any.
    pub fn is_live(&self, path: &str) -> bool {
        let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
        let (model, last, end) = (parts.next(), parts.next(), parts.next());
        let is_model = model.is_some_and(|model| !model.starts_with('$'));
        self.live.is_some() && is_model && last == Some("live") && end.is_none()
    }

    /// Begins a live query for whoever follows it. `last_event_id` is that header of the request.
    ///
    /// # Errors
    /// The answer, where there is nothing to follow: what a read would be answered, and 503 where there are too many.
    pub async fn follow(
        &self,
        request: Request<'_>,
        last_event_id: Option<&HeaderValue>,
        follower: Follower,
    ) -> Result<LiveStream, Response<bytes::Bytes>> {
        let version = self.inner().client.engine.dialect_version;
        let begun = self.begin(request, last_event_id, follower).await;
        begun.map_err(|fault| fault.rpc(version))
    }

    async fn begin(
        &self,
        request: Request<'_>,
        last_event_id: Option<&HeaderValue>,
        follower: Follower,
    ) -> Result<LiveStream, Fault> {
        let service = self.inner();
        let live = self.live.clone();
        let live = live.ok_or_else(|| Fault::bad("invalid operation: live"))?;
        let (model, operation, args) = read(service, &request)?;
        let seat = live.seat(follower.whose.as_deref());
        let seat = seat.map_err(|why: TooMany| Fault::unavailable(why.to_string()))?;
        let question = Question {
            client: service.showing_open(&service.client),
            model,
            operation,
            args,
            errors: service.options.errors,
        };
        let known = last_event_id.map(|id| id.as_bytes().to_vec());
        let follower = match follower.session {
            Some(session) => Follower {
                asking: live.results().looks().shared(
                    &question.client.engine,
                    (&session, follower.whose.as_deref()),
                    follower.asking,
                ),
                ..follower
            },
            None => follower,
        };
        LiveStream::open(Opening {
            live,
            seat,
            question,
            follower,
            known,
        })
        .await
    }
}
