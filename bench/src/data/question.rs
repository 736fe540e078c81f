//! Requests for data, and what their answers must show.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::http::{self, Answer, Connection};
use crate::people::person;
use crate::questions::Ask;
use crate::todos::{OWN, todo_id};

/// `{"orderBy":{"createdAt":"desc"},"take":20}`
const NEWEST: &str = "%7B%22orderBy%22%3A%7B%22createdAt%22%3A%22desc%22%7D%2C%22take%22%3A20%7D";
const PATH: &str = "/api/model/todo";

/// One request and what its answer must show.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) request: Vec<u8>,
    status: u16,
    /// Something that only the right answer holds.
    proof: Vec<u8>,
    /// How it ends.
    end: Vec<u8>,
}

impl Question {
    /// The newest todos of the person with a number, who has as many as are asked for.
    pub(super) fn find(cookie: &str, number: usize) -> Self {
        let path = format!("{PATH}/findMany?q={NEWEST}");
        let last = OWN - 1;
        Self {
            request: http::get(&path, Some(cookie)),
            status: 200,
            proof: format!(r#""userId":"{}""#, person(number).id).into_bytes(),
            // Neither fewer nor more than were asked for.
            end: format!(r#""{last}.createdAt":["Date"]}},"v":1}}}}}}"#).into_bytes(),
        }
    }

    pub(super) fn create(cookie: &str, number: usize, text: &str) -> Self {
        let path = format!("{PATH}/create");
        let body = json!({ "data": { "content": text } }).to_string();
        Self {
            request: http::json("POST", &path, cookie, &body),
            status: 201,
            proof: content(text),
            end: end_of_one(number),
        }
    }

    /// Changes the text of one of the todos that the person has from the beginning.
    pub(super) fn update(cookie: &str, number: usize, todo: usize, text: &str) -> Self {
        let path = format!("{PATH}/update");
        let id = todo_id(number, todo);
        let body = json!({ "where": { "id": id }, "data": { "content": text } }).to_string();
        Self {
            request: http::json("PUT", &path, cookie, &body),
            status: 200,
            proof: content(text),
            end: end_of_one(number),
        }
    }

    pub(super) fn check(&self, answer: Answer<'_>) -> Result<()> {
        let mut windows = answer.body.windows(self.proof.len());
        ensure!(
            answer.status == self.status
                && answer.body.ends_with(&self.end)
                && windows.any(|window| window == self.proof),
            "a wrong answer: {answer}"
        );
        Ok(())
    }
}

impl Ask for Question {
    async fn ask(&self, connection: &mut Connection) -> Result<()> {
        self.check(connection.ask(&self.request).await?)
    }
}

fn content(text: &str) -> Vec<u8> {
    format!(r#""content":{}"#, json!(text)).into_bytes()
}

/// Whose the one todo is, and what is said of its form.
fn end_of_one(number: usize) -> Vec<u8> {
    let id = person(number).id;
    let meta = r#""meta":{"serialization":{"values":{"createdAt":["Date"]},"v":1}}"#;
    format!(r#""userId":"{id}"}},{meta}}}"#).into_bytes()
}
