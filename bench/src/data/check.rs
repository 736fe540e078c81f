//! What must hold of the answers of both servers before anything is timed.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use super::PEOPLE;
use super::contestant::Contestant;
use super::question::Question;
use crate::http::Connection;
use crate::load::Target as _;
use crate::people::person;
use crate::todos::{OWN, todo_id};

/// People who are looked at, spread over all.
const SAMPLES: usize = 50;
/// A session that nobody has.
const STRANGER: &str = "authjs.session-token=00000000-0000-4000-8000-ffffffffffff";

/// A server and the connection it is asked over.
struct Asked<'c> {
    contestant: &'c Contestant,
    connection: Connection,
}

/// Both give the same for the same rows, and each only what is somebody's own.
pub(super) async fn same_answers(by_hand: &Contestant, hallpass: &Contestant) -> Result<()> {
    let mut by_hand = Asked::new(by_hand).await?;
    let mut hallpass = Asked::new(hallpass).await?;
    for sample in 0..SAMPLES {
        let number = PEOPLE / SAMPLES * sample / 2 * 2;
        let found = by_hand.find(number).await?;
        check_found(&found, number)?;
        let same = found == hallpass.find(number).await?;
        ensure!(same, "findMany differs: {found}");
        let (one, other) = ("written \"once\"", "geändert");
        let updated = by_hand.update(number, sample, one).await?;
        ensure!(updated.contains(r#"written \"once\""#), "{updated}");
        let again = hallpass.update(number, sample, other).await?;
        let expected = updated.replace(r#"written \"once\""#, other);
        ensure!(again == expected, "update differs: {again}, {expected}");
        let same = by_hand.find(number).await? == hallpass.find(number).await?;
        ensure!(same, "findMany differs after the updates");
        // Who has none creates, here as well.
        let created = by_hand.create(number + 1, other).await?;
        let same = created == hallpass.create(number + 1, other).await?;
        ensure!(same, "create differs: {created:?}");
    }
    for asked in [&mut by_hand, &mut hallpass] {
        let name = asked.contestant.name();
        asked.refusals().await.context(name)?;
    }
    Ok(())
}

/// All of one's own, and nobody else's, the newest first.
fn check_found(found: &str, number: usize) -> Result<()> {
    let body: Value = serde_json::from_str(found)?;
    let todos = body.pointer("/data").and_then(Value::as_array);
    let todos = todos.with_context(|| format!("no data: {found}"))?;
    let member = |name: &str| {
        let texts = todos.iter().map(|todo| todo.get(name)?.as_str());
        texts.collect::<Option<Vec<&str>>>()
    };
    let ids = member("id").context("a todo without an id")?;
    let ids: BTreeSet<String> = ids.into_iter().map(str::to_owned).collect();
    let expected = (0..OWN).map(|todo| todo_id(number, todo)).collect();
    ensure!(ids == expected, "other todos than one's own: {found}");
    let owners = member("userId").context("a todo of nobody")?;
    let owner = person(number).id;
    ensure!(owners.iter().all(|one| **one == *owner), "{found}");
    let moments = member("createdAt").context("a todo of no moment")?;
    let newest_first = moments.is_sorted_by(|newer, older| newer > older);
    ensure!(newest_first, "not the newest first: {found}");
    Ok(())
}

impl<'c> Asked<'c> {
    async fn new(contestant: &'c Contestant) -> Result<Self> {
        let connection = Connection::open(contestant.port()).await?;
        Ok(Self {
            contestant,
            connection,
        })
    }

    async fn find(&mut self, number: usize) -> Result<String> {
        let question = Question::find(&self.contestant.cookie(number), number);
        self.checked(&question).await
    }

    async fn update(&mut self, number: usize, todo: usize, text: &str) -> Result<String> {
        let question = Question::update(&self.contestant.cookie(number), number, todo, text);
        self.checked(&question).await
    }

    /// What was made, and is found afterwards; without what is another each time.
    async fn create(&mut self, number: usize, text: &str) -> Result<(Vec<String>, Value)> {
        let cookie = self.contestant.cookie(number);
        let body = self
            .checked(&Question::create(&cookie, number, text))
            .await?;
        let mut body: Value = serde_json::from_str(&body)?;
        let todo = body.pointer_mut("/data").and_then(Value::as_object_mut);
        let todo = todo.context("nothing was created")?;
        let members = todo.keys().cloned().collect();
        let id = taken(todo, "id")?;
        let created_at = taken(todo, "createdAt")?;
        ensure!(
            created_at.len() == "2026-01-01T00:00:00.000Z".len(),
            "{created_at}"
        );
        let request = Question::find(&cookie, number).request;
        let (_, found) = self.answer(&request).await?;
        ensure!(
            found.contains(&id) && found.contains(&created_at),
            "{found}"
        );
        Ok((members, body))
    }

    /// Neither somebody else's nor a stranger's wishes count.
    async fn refusals(&mut self) -> Result<()> {
        let (number, other) = (0, 2);
        let cookie = self.contestant.cookie(other);
        let steal = Question::update(&cookie, number, 0, "stolen");
        let (status, body) = self.answer(&steal.request).await?;
        ensure!(status == 404, "somebody else's todo was changed: {body}");
        let find = Question::find(STRANGER, number).request;
        let (_, body) = self.answer(&find).await?;
        ensure!(body == r#"{"data":[]}"#, "somebody's todos: {body}");
        let create = Question::create(STRANGER, number, "strange").request;
        let (status, body) = self.answer(&create).await?;
        ensure!(status == 403, "nobody created something: {body}");
        let found = self.find(number).await?;
        ensure!(!found.contains("stolen"), "{found}");
        Ok(())
    }

    async fn checked(&mut self, question: &Question) -> Result<String> {
        let answer = self.connection.ask(&question.request).await?;
        let checked = question.check(answer);
        checked.with_context(|| self.contestant.name())?;
        Ok(std::str::from_utf8(answer.body)?.to_owned())
    }

    async fn answer(&mut self, request: &[u8]) -> Result<(u16, String)> {
        let answer = self.connection.ask(request).await?;
        let body = std::str::from_utf8(answer.body)?.to_owned();
        Ok((answer.status, body))
    }
}

fn taken(todo: &mut Map<String, Value>, name: &str) -> Result<String> {
    let value = todo.remove(name);
    let text = value.as_ref().and_then(Value::as_str);
    Ok(text.with_context(|| format!("no `{name}`"))?.to_owned())
}
