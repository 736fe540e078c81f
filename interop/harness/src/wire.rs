//! HTTP/1.1, as far as suites speak it: requests one after the other on a connection, heads and bodies of any size that
//! a test may need.

use std::io;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::routes::Harness;

/// Bytes of a head: arguments of reads stand in it.
const MAX_HEAD: usize = 8 << 20;
/// Bytes of a body.
pub(crate) const MAX_BODY: usize = 64 << 20;
const MAX_HEADERS: usize = 128;

/// A request.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Without the query, still encoded.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Answers connections until the process ends.
pub(crate) async fn serve(listener: TcpListener, harness: Arc<Harness>) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let harness = Arc::clone(&harness);
        // What is wrong with a connection is the business of who opened it.
        tokio::spawn(async move { drop(converse(stream, &harness).await) });
    }
}

async fn converse(mut stream: TcpStream, harness: &Harness) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(8 << 10);
    while let Some((asked, stays)) = read(&mut stream, &mut buffer).await? {
        let response = harness.answer(&asked).await;
        write(&mut stream, &response).await?;
        if !stays {
            break;
        }
    }
    stream.shutdown().await
}

/// The next request, and whether another may follow; none where the connection ended.
async fn read(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Option<(Asked, bool)>> {
    let Some(mut asked) = read_head(stream, buffer).await? else {
        return Ok(None);
    };
    let is = |name: HeaderName, value: &str| {
        let found = asked.headers.get(name);
        found.is_some_and(|found| found.as_bytes().eq_ignore_ascii_case(value.as_bytes()))
    };
    let stays = !is(CONNECTION, "close");
    if is(EXPECT, "100-continue") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    if is(TRANSFER_ENCODING, "chunked") {
        asked.body = read_chunks(stream, buffer).await?;
    } else if let Some(length) = asked.headers.get(CONTENT_LENGTH) {
        let length = length.to_str().ok().and_then(|length| length.parse().ok());
        let length = length.filter(|length| *length <= MAX_BODY);
        let length = length.ok_or_else(|| broken("the body is too large"))?;
        fill(stream, buffer, length).await?;
        asked.body = buffer.split_to(length).freeze();
    }
    Ok(Some((asked, stays)))
}

async fn read_head(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Option<Asked>> {
    let mut seen = 0;
    loop {
        let from = seen.min(buffer.len()).saturating_sub(3);
        let unseen = buffer.get(from..).unwrap_or_default();
        if let Some(end) = unseen.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = buffer.split_to(from + end + 4);
            return parse(&head).map(Some);
        }
        seen = buffer.len();
        if seen > MAX_HEAD {
            return Err(broken("the head is too large"));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

fn parse(head: &[u8]) -> io::Result<Asked> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    request
        .parse(head)
        .map_err(|error| broken(&error.to_string()))?;
    let method = request.method.unwrap_or_default().as_bytes();
    let method = Method::from_bytes(method).map_err(|_| broken("the method is none"))?;
    let target = request.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = request.headers.iter().map(|header| {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(header.value).ok()?;
        Some((name, value))
    });
    Ok(Asked {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers
            .collect::<Option<_>>()
            .ok_or_else(|| broken("a header is none"))?,
        body: Bytes::new(),
    })
}

async fn read_chunks(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Bytes> {
    let mut body = BytesMut::new();
    loop {
        let size = loop {
            match httparse::parse_chunk_size(buffer) {
                Ok(httparse::Status::Complete((line, size))) => {
                    buffer.advance(line);
                    break usize::try_from(size).map_err(|_| broken("a chunk is too large"))?;
                }
                Ok(httparse::Status::Partial) => more(stream, buffer).await?,
                Err(_) => return Err(broken("a chunk is none")),
            }
        };
        if size > MAX_BODY - body.len() {
            return Err(broken("the body is too large"));
        }
        // The chunk and the end of its line.
        fill(stream, buffer, size + 2).await?;
        body.extend_from_slice(&buffer.split_to(size));
        buffer.advance(2);
        if size == 0 {
            return Ok(body.freeze());
        }
    }
}

/// Reads until this much is there.
async fn fill(stream: &mut TcpStream, buffer: &mut BytesMut, length: usize) -> io::Result<()> {
    while buffer.len() < length {
        more(stream, buffer).await?;
    }
    Ok(())
}

async fn more(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<()> {
    match stream.read_buf(buffer).await? {
        0 => Err(broken("the request ends in the middle")),
        _ => Ok(()),
    }
}

async fn write(stream: &mut TcpStream, response: &Response<Bytes>) -> io::Result<()> {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in response.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    let length = response.body().len();
    head.extend_from_slice(format!("content-length: {length}\r\n\r\n").as_bytes());
    head.extend_from_slice(response.body());
    stream.write_all(&head).await
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
