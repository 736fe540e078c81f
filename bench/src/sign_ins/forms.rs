//! Sign-ins by password as a browser sends them, and what their answers must show.

use std::net::Ipv4Addr;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::http::{self, Answer, Connection};
use crate::people::{Member, Person};
use crate::questions::{Mix, Question};
use crate::server::SESSION_COOKIE;

const PATH: &str = "/api/auth/callback/password";
const CSRF_COOKIE: &str = "authjs.csrf-token";
/// Each person signs in from a client of its own, since what one client may try is limited. The network is that for
/// benchmarks (RFC 2544).
const FIRST_CLIENT: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// The sign-ins of some people at one server.
#[derive(Debug)]
pub(super) struct Forms {
    port: u16,
    forms: Vec<Form>,
}

#[derive(Debug)]
struct Form {
    request: Vec<u8>,
    wrong: Vec<u8>,
    person: Person,
}

/// What came of a sign-in.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A session began; its token.
    SignedIn(String),
    /// Too many waited already.
    Busy,
}

impl Forms {
    /// Gets what a form needs from the server.
    pub(super) async fn new(port: u16, members: &[Member]) -> Result<Self> {
        let mut connection = Connection::open(port).await?;
        let answer = connection.ask(&http::get("/api/auth/csrf", None)).await?;
        let cookie = answer.cookie(CSRF_COOKIE).context("no cookie came")?;
        let cookie = format!("{CSRF_COOKIE}={cookie}");
        let body: Value = serde_json::from_slice(answer.body)?;
        let token = body.get("csrfToken").and_then(Value::as_str);
        let token = token.context("no token came")?;
        let request = |client: Ipv4Addr, email: &str, password: &str| {
            let email = email.replace('@', "%40");
            let form = format!("csrfToken={token}&email={email}&password={password}");
            http::post(client, PATH, &cookie, &form)
        };
        let form = |(number, member): (u32, &Member)| {
            let client = Ipv4Addr::from_bits(FIRST_CLIENT.to_bits() + number);
            let email = &member.person.email;
            Form {
                request: request(client, email, &member.password),
                wrong: request(client, email, "some-other-password-of-a-stranger"),
                person: member.person.clone(),
            }
        };
        let forms = (0..).zip(members).map(form).collect();
        Ok(Self { port, forms })
    }

    /// Signs everybody in, looks at whose session it is, and tries a wrong password.
    pub(super) async fn verify(&self) -> Result<()> {
        let mut connection = Connection::open(self.port).await?;
        for form in &self.forms {
            let answer = connection.ask(&form.wrong).await?;
            ensure!(
                answer.cookie(SESSION_COOKIE).is_none(),
                "a wrong password signs in: {answer}"
            );
            match outcome(connection.ask(&form.request).await?)? {
                Outcome::SignedIn(token) => self.verify_session(form, &token).await?,
                Outcome::Busy => anyhow::bail!("a single sign-in is refused"),
            }
        }
        Ok(())
    }

    async fn verify_session(&self, form: &Form, token: &str) -> Result<()> {
        let question = Question::new(token, form.person.clone());
        Mix::new(vec![question])?.verify(self.port).await
    }

    /// One connection: signs in one person after the other until `end`, and tells `seen` how each went.
    pub(super) async fn sign_in_until(
        &self,
        number: usize,
        connections: usize,
        end: Instant,
        mut seen: impl FnMut(Instant, &Outcome),
    ) -> Result<()> {
        let mut connection = Connection::open(self.port).await?;
        let start = self.forms.len() * number / connections;
        let mut last = None;
        for form in self.forms.iter().cycle().skip(start) {
            let sent = Instant::now();
            if sent >= end {
                break;
            }
            let outcome = outcome(connection.ask(&form.request).await?)?;
            seen(sent, &outcome);
            if let Outcome::SignedIn(token) = outcome {
                last = Some((form, token));
            }
        }
        match last {
            Some((form, token)) => self.verify_session(form, &token).await,
            None => Ok(()),
        }
    }
}

fn outcome(answer: Answer<'_>) -> Result<Outcome> {
    let token = answer
        .cookie(SESSION_COOKIE)
        .filter(|token| !token.is_empty());
    match (answer.status, token) {
        (302, Some(token)) => Ok(Outcome::SignedIn(token.to_owned())),
        (503, None) => Ok(Outcome::Busy),
        _ => anyhow::bail!("a sign-in is answered with {answer}"),
    }
}
