//! Reads a request's body before anything else sees it: within a size and a time.
//!
//! What is here needs bodies whole, so reading them at one place costs nothing, and lets slow and large ones be
//! answered for what they are.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, EXPECT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use tokio::time::timeout;

/// The largest body that is read.
pub(super) const LIMIT: usize = 1024 * 1024;

/// How long a body may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// How much of a body that is too large is taken and thrown away. A client that is still sending when we hang up
/// sees a broken connection in place of our answer.
const DISCARDED: usize = 16 * LIMIT;

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    TooLarge,
    TooSlow,
    Broken,
}

/// How large a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    /// In bytes.
    pub(super) most: usize,
    /// What becomes of a larger one.
    pub(super) excess: Excess,
}

/// What becomes of a body that is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// It is refused here.
    Refused,
    /// It is cut after one byte more than the bound, for whoever says in words of his own that it is too large.
    Cut,
}

/// What holds unless somebody says otherwise.
pub(super) const USUAL: Bound = Bound {
    most: LIMIT,
    excess: Excess::Refused,
};

/// The request with its whole body.
pub(super) async fn read(request: Request, bound: Bound) -> Result<Request, Refusal> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let body = timeout(TIMEOUT, whole(&parts.headers, body, bound));
    let body = body.await.map_err(|_| Refusal::TooSlow)??;
    Ok(Request::from_parts(parts, Body::from(body)))
}

async fn whole(headers: &HeaderMap, mut body: Body, bound: Bound) -> Result<Bytes, Refusal> {
    let cut = bound.most.saturating_add(1);
    // Whoever asks before sending need not send at all.
    if announced(headers) > bound.most && headers.contains_key(EXPECT) {
        return too_large(vec![0; cut], bound);
    }
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::Broken)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        let room = cut.saturating_sub(kept.len()).min(data.len());
        kept.extend_from_slice(data.get(..room).unwrap_or_default());
        if seen > DISCARDED.saturating_add(bound.most) {
            break;
        }
    }
    if seen > bound.most {
        return too_large(kept, bound);
    }
    Ok(kept.into())
}

fn too_large(cut: Vec<u8>, bound: Bound) -> Result<Bytes, Refusal> {
    match bound.excess {
        Excess::Refused => Err(Refusal::TooLarge),
        Excess::Cut => Ok(cut.into()),
    }
}

/// The length that the headers name; hyper has seen to it that it is a number and the only one.
fn announced(headers: &HeaderMap) -> usize {
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "The request is larger than 1 MiB.\n",
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "The request came too slowly.\n",
            ),
            Self::Broken => (StatusCode::BAD_REQUEST, "The request broke off.\n"),
        };
        (status, [(CONNECTION, "close")], text).into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::http::HeaderValue;

    use super::*;

    async fn length(body: Body) -> Result<usize, Refusal> {
        length_within(body, USUAL).await
    }

    async fn length_within(body: Body, bound: Bound) -> Result<usize, Refusal> {
        let body = whole(&HeaderMap::new(), body, bound).await;
        body.map(|body| body.len())
    }

    #[tokio::test]
    async fn bodies_up_to_the_limit_are_whole() {
        for size in [0, 1, LIMIT] {
            assert_eq!(length(Body::from(vec![0; size])).await, Ok(size));
        }
        for size in [LIMIT + 1, DISCARDED + 1, 3 * DISCARDED] {
            assert_eq!(
                length(Body::from(vec![0; size])).await,
                Err(Refusal::TooLarge)
            );
        }
    }

    #[tokio::test]
    async fn who_asks_before_sending_is_told_at_once() {
        let headers = HeaderMap::from_iter([
            (CONTENT_LENGTH, (LIMIT + 1).into()),
            (EXPECT, HeaderValue::from_static("100-continue")),
        ]);
        assert_eq!(
            whole(&headers, never(), USUAL).await,
            Err(Refusal::TooLarge)
        );
        let told = whole(&headers, never(), CUT).await;
        assert_eq!(told.map(|body| body.len()), Ok(LIMIT + 1));
    }

    const CUT: Bound = Bound {
        excess: Excess::Cut,
        ..USUAL
    };

    #[tokio::test]
    async fn one_byte_too_many_is_enough_for_those_who_refuse_by_themselves() {
        for (size, expected) in [
            (LIMIT - 1, LIMIT - 1),
            (LIMIT, LIMIT),
            (LIMIT + 1, LIMIT + 1),
            (LIMIT + 2, LIMIT + 1),
            (3 * DISCARDED, LIMIT + 1),
        ] {
            assert_eq!(length_within(vec![0; size].into(), CUT).await, Ok(expected));
        }
        let small = Bound { most: 10, ..CUT };
        assert_eq!(length_within(vec![0; 100].into(), small).await, Ok(11));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        let request = Request::post("/").body(never()).unwrap();
        let refusal = read(request, USUAL).await.unwrap_err();
        assert_eq!(
            refusal.into_response().status(),
            StatusCode::REQUEST_TIMEOUT
        );
    }

    /// A body of which nothing ever comes.
    fn never() -> Body {
        struct Never;

        impl hyper::body::Body for Never {
            type Data = Bytes;
            type Error = std::io::Error;

            fn poll_frame(
                self: Pin<&mut Self>,
                _context: &mut Context<'_>,
            ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
                Poll::Pending
            }
        }

        Body::new(Never)
    }
}
