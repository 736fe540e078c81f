//! Session reads, and what their answers must show.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::http::{self, Answer, Connection};
use crate::people::Person;
use crate::server::{SESSION_COOKIE, SESSION_PATH};

/// Something that is asked again and again.
pub(crate) trait Ask {
    /// Asks, and looks whether the answer may be right: cheap, for time runs.
    fn ask(&self, connection: &mut Connection) -> impl Future<Output = Result<()>>;
}

/// One request and what its answer must show.
#[derive(Debug)]
pub(crate) struct Question {
    request: Vec<u8>,
    person: Person,
    /// The mail address as it stands in the body: cheap to look for while time runs.
    proof: Vec<u8>,
}

impl Question {
    pub(crate) fn new(token: &str, person: Person) -> Self {
        let proof = format!("\"{}\"", person.email).into_bytes();
        let cookie = format!("{SESSION_COOKIE}={token}");
        Self {
            request: http::get(SESSION_PATH, Some(&cookie)),
            person,
            proof,
        }
    }

    fn check(&self, answer: Answer<'_>) -> Result<()> {
        let found = answer
            .body
            .windows(self.proof.len())
            .any(|window| window == self.proof);
        ensure!(answer.status == 200 && found, "a wrong answer: {answer}");
        Ok(())
    }

    fn check_fully(&self, answer: Answer<'_>) -> Result<()> {
        self.check(answer)?;
        let body: Value =
            serde_json::from_slice(answer.body).with_context(|| answer.to_string())?;
        let wanted = [
            ("name", &self.person.name),
            ("email", &self.person.email),
            ("image", &self.person.image),
        ];
        for (member, wanted) in wanted {
            let pointer = format!("/user/{member}");
            let found = body.pointer(&pointer).and_then(Value::as_str);
            ensure!(
                found == Some(wanted.as_str()),
                "`{member}` is not `{wanted}`: {answer}",
            );
        }
        ensure!(
            body.get("expires").is_some_and(Value::is_string),
            "`expires` is missing: {answer}",
        );
        Ok(())
    }
}

impl Ask for Question {
    async fn ask(&self, connection: &mut Connection) -> Result<()> {
        self.check(connection.ask(&self.request).await?)
    }
}

/// All requests of a run, asked in turn.
#[derive(Debug)]
pub(crate) struct Mix<Q = Question> {
    questions: Vec<Q>,
}

impl<Q> Mix<Q> {
    pub(crate) fn new(questions: Vec<Q>) -> Result<Self> {
        ensure!(!questions.is_empty(), "there is nothing to ask");
        Ok(Self { questions })
    }

    /// The questions of one of `count` connections, without end.
    pub(crate) fn share(&self, connection: usize, count: usize) -> impl Iterator<Item = &Q> {
        let start = self.questions.len() * connection / count;
        self.questions.iter().cycle().skip(start)
    }
}

impl Mix {
    /// Asks every question once and checks every member of every answer.
    pub(crate) async fn verify(&self, port: u16) -> Result<()> {
        let mut connection = Connection::open(port).await?;
        for question in &self.questions {
            let answer = connection.ask(&question.request).await?;
            question.check_fully(answer)?;
        }
        Ok(())
    }
}

/// A token that nobody has must find nobody: a server that answers without looking would fail here.
pub(crate) async fn verify_stranger(port: u16) -> Result<()> {
    let cookie = format!("{SESSION_COOKIE}=00000000-0000-4000-8000-ffffffffffff");
    let request = http::get(SESSION_PATH, Some(&cookie));
    let mut connection = Connection::open(port).await?;
    let answer = connection.ask(&request).await?;
    ensure!(
        answer.body == b"null",
        "a token that nobody has is answered with {answer}"
    );
    Ok(())
}
