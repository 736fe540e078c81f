//! The program, started, and spoken to as a suite does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

/// A running harness.
pub(crate) struct Program {
    child: Child,
    address: String,
    pub(crate) providers: Vec<String>,
}

/// A namespace of it.
pub(crate) struct Namespace<'p> {
    program: &'p Program,
    pub(crate) id: String,
    pub(crate) provider: String,
    pub(crate) said: Json,
}

pub(crate) type Headers<'h> = &'h [(&'h str, String)];

impl Program {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// With these addresses of databases too.
    pub(crate) fn start_with(addresses: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass-harness"));
        for variable in ["HALLPASS_TEST_POSTGRES", "HALLPASS_TEST_MYSQL"] {
            if let Some(address) = setting(variable) {
                command.args(["--database-url", &address]);
            }
        }
        for address in addresses {
            command.args(["--database-url", address]);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().to_owned();
        let mut program = Self {
            child,
            address,
            providers: Vec::new(),
        };
        let (status, said) = program.ask("GET", "/__test/capabilities", &[], None);
        assert_eq!(status, 200);
        let providers = said["providers"].as_array().unwrap().iter();
        program.providers = providers
            .map(|provider| provider.as_str().unwrap().to_owned())
            .collect();
        program
    }

    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: Headers<'_>,
        body: Option<&Json>,
    ) -> (u16, Json) {
        let body = body.map(Json::to_string).unwrap_or_default();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .write_all(format!("{head}\r\n{body}").as_bytes())
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    /// A namespace for a schema with rules.
    pub(crate) fn namespace(&self, provider: &str, schema: &str) -> Namespace<'_> {
        self.namespace_with(&json!({"schema": schema, "provider": provider, "policy": true}))
    }

    pub(crate) fn namespace_with(&self, body: &Json) -> Namespace<'_> {
        let (status, said) = self.ask("POST", "/__test/namespaces", &[], Some(body));
        assert_eq!(status, 201, "{said}");
        Namespace {
            program: self,
            id: said["id"].as_str().unwrap().to_owned(),
            provider: body["provider"].as_str().unwrap().to_owned(),
            said,
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Namespace<'_> {
    pub(crate) fn post(&self, headers: Headers<'_>, path: &str, body: &Json) -> (u16, Json) {
        let path = format!("/ns/{}/rpc/{path}", self.id);
        self.program.ask("POST", &path, headers, Some(body))
    }

    pub(crate) fn put(&self, headers: Headers<'_>, path: &str, body: &Json) -> (u16, Json) {
        let path = format!("/ns/{}/rpc/{path}", self.id);
        self.program.ask("PUT", &path, headers, Some(body))
    }

    pub(crate) fn get(&self, headers: Headers<'_>, path: &str, args: &Json) -> (u16, Json) {
        let q = percent_encoding::utf8_percent_encode(
            &args.to_string(),
            percent_encoding::NON_ALPHANUMERIC,
        )
        .to_string();
        let path = format!("/ns/{}/rpc/{path}?q={q}", self.id);
        self.program.ask("GET", &path, headers, None)
    }

    pub(crate) fn resources(&self, headers: Headers<'_>, path: &str) -> (u16, Json) {
        let path = format!("/ns/{}/rest/{path}", self.id);
        self.program.ask("GET", &path, headers, None)
    }

    /// A route of the namespace itself.
    pub(crate) fn admin(&self, headers: Headers<'_>, path: &str, body: &Json) -> (u16, Json) {
        let path = format!("/__test/namespaces/{}{path}", self.id);
        self.program.ask("POST", &path, headers, Some(body))
    }

    pub(crate) fn sql(
        &self,
        headers: Headers<'_>,
        mode: &str,
        sql: &str,
        params: &Json,
    ) -> (u16, Json) {
        let body = json!({"sql": sql, "mode": mode, "params": {"json": params}});
        self.admin(headers, "/sql", &body)
    }

    pub(crate) fn remove(self) {
        let path = format!("/__test/namespaces/{}", self.id);
        let (status, _) = self.program.ask("DELETE", &path, &[], None);
        assert_eq!(status, 200);
        let (status, _) = self.program.ask("DELETE", &path, &[], None);
        assert_eq!(status, 404);
    }
}

/// A header that holds a document.
pub(crate) fn packed(name: &'static str, json: &Json) -> (&'static str, String) {
    (name, URL_SAFE_NO_PAD.encode(json.to_string()))
}

/// `x-zen-auth` of a person.
pub(crate) fn as_person(person: &Json) -> (&'static str, String) {
    packed("x-zen-auth", &json!({ "json": person }))
}

/// `x-zen-enforce: none`
pub(crate) fn without_rules() -> (&'static str, String) {
    ("x-zen-enforce", "none".to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests find their servers in the environment"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
