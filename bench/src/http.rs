//! The smallest HTTP/1.1 client that can check an answer.
//!
//! A general client would spend several times the CPU on a request, on the cores that the servers need.

use std::fmt;
use std::net::Ipv4Addr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MAX_HEADERS: usize = 64;
const MAX_ANSWER: usize = 64 * 1024;

/// One kept-open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A complete answer; it borrows the buffer of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    head: &'a [u8],
    pub(crate) body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// The value of a cookie that the answer sets.
    pub(crate) fn cookie(&self, name: &str) -> Option<&'a str> {
        let head = std::str::from_utf8(self.head).ok()?;
        head.lines().find_map(|line| {
            let (header, value) = line.split_once(": ")?;
            let set = header.eq_ignore_ascii_case("set-cookie");
            let value = value.strip_prefix(name)?.strip_prefix('=')?;
            set.then(|| value.split(';').next().unwrap_or(value))
        })
    }
}

impl fmt::Display for Answer<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(self.body);
        write!(formatter, "{} {body}", self.status)
    }
}

/// A GET request, ready to be sent again and again.
pub(crate) fn get(path: &str, cookie: Option<&str>) -> Vec<u8> {
    let cookie = cookie
        .map(|cookie| format!("cookie: {cookie}\r\n"))
        .unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n{cookie}\r\n")
        .into_bytes()
}

/// A form that a proxy passes on for a client, ready to be sent again and again.
pub(crate) fn post(client: Ipv4Addr, path: &str, cookie: &str, form: &str) -> Vec<u8> {
    let length = form.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-forwarded-for: {client}\r\ncookie: {cookie}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}"
    )
    .into_bytes()
}

/// A request with a body of JSON, as a page of the site makes it, ready to be sent again and again.
pub(crate) fn json(method: &str, path: &str, cookie: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nsec-fetch-site: same-origin\r\ncookie: {cookie}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

impl Connection {
    pub(crate) async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(8 * 1024),
        })
    }

    /// Sends a request and reads the answer to its end.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(frame) = frame(&self.buffer)? {
                let (head, body) = self.buffer.split_at(frame.head);
                return Ok(Answer {
                    status: frame.status,
                    head,
                    body,
                });
            }
            if self.buffer.len() > MAX_ANSWER {
                bail!("the answer is too long");
            }
        }
    }
}

/// Where a complete answer lies in the buffer.
#[derive(Debug, PartialEq, Eq)]
struct Frame {
    status: u16,
    head: usize,
}

/// The answer, once all of it is there.
fn frame(buffer: &[u8]) -> Result<Option<Frame>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(buffer)? else {
        return Ok(None);
    };
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.context("the answer has no content-length")?.value;
    let length: usize = std::str::from_utf8(length)?.trim().parse()?;
    let missing = (head + length).cmp(&buffer.len());
    let status = response.code.context("the answer has no status")?;
    match missing {
        std::cmp::Ordering::Greater => Ok(None),
        std::cmp::Ordering::Equal => Ok(Some(Frame { status, head })),
        std::cmp::Ordering::Less => bail!("the answer is longer than it says"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_with_its_last_byte() {
        let text = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull";
        for length in 0..text.len() {
            assert_eq!(frame(&text[..length]).unwrap(), None);
        }
        assert_eq!(
            frame(text).unwrap(),
            Some(Frame {
                status: 200,
                head: text.len() - 4
            })
        );
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let answer = Answer {
            status: 302,
            head: b"HTTP/1.1 302 Found\r\nset-cookie: token-2=b\r\nx: token=c\r\nSet-Cookie: token=a; Path=/\r\n\r\n",
            body: b"",
        };
        assert_eq!(answer.cookie("token"), Some("a"));
        assert_eq!(answer.cookie("tok"), None);
    }

    #[test]
    fn what_cannot_be_framed_is_an_error() {
        assert!(frame(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(frame(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab").is_err());
        assert!(frame(b"hello\r\n\r\n").is_err());
    }
}
