//! The page about data over HTTP shows what is really answered.

use http::Method;
use serde_json::{Value as Json, json};
use url::form_urlencoded::Serializer;

use crate::http::{DataService, Exposure, HttpOptions, Request};
use crate::suite::support::{call, options, places_with, schema};
use crate::{ArgValue, Operation};

const PAGE: &str = include_str!("../../../../../docs/data-over-http.md");

/// The blocks of the page in a language.
fn blocks<'p>(language: &str) -> Vec<&'p str> {
    let begin = format!("```{language}\n");
    let after = PAGE.split(&begin).skip(1);
    after
        .map(|text| text.split("\n```").next().unwrap())
        .collect()
}

/// The words of a command, as a shell parts them.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in command.split('\'').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

struct Asked {
    method: Method,
    address: String,
    query: String,
    body: String,
}

fn asked(command: &str) -> Asked {
    let mut words = words(command).into_iter();
    assert_eq!(words.next().as_deref(), Some("curl"), "{command}");
    let mut asked = Asked {
        method: Method::GET,
        address: String::new(),
        query: String::new(),
        body: String::new(),
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "-g" | "-G" => {}
            "-X" => asked.method = words.next().unwrap().parse().unwrap(),
            "-d" => asked.body = words.next().unwrap(),
            "--data-urlencode" => {
                let pair = words.next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                asked.query = Serializer::new(String::new())
                    .append_pair(name, value)
                    .finish();
            }
            address => {
                let address = address.strip_prefix("http://localhost:3000").unwrap();
                let (path, query) = address.split_once('?').unwrap_or((address, ""));
                asked.address = path.to_owned();
                asked.query = query.to_owned();
            }
        }
    }
    asked
}

#[tokio::test]
async fn the_page_shows_what_is_answered() {
    let [text] = blocks("zmodel")[..] else {
        panic!("one schema")
    };
    let (commands, answers) = (blocks("sh"), blocks("json"));
    assert_eq!(commands.len(), answers.len());
    assert!(commands.len() > 5);
    for place in &places_with(&schema(text), &options).await.places {
        for (id, name) in [("ann", "Ann"), ("bob", "Bob")] {
            let user = json!({"data": {"id": id, "name": name}});
            call(&place.client, "User", Operation::Create, user)
                .await
                .unwrap();
        }
        let todo = json!({"data": {"id": 9, "title": "secret", "ownerId": "bob"}});
        call(&place.client, "Todo", Operation::Create, todo)
            .await
            .unwrap();
        let http = HttpOptions {
            exposure: Exposure {
                open: vec!["User".to_owned()],
                ..Exposure::default()
            },
            ..HttpOptions::default()
        };
        let service = DataService::new(place.client.clone(), http).unwrap();
        for (command, answer) in commands.iter().zip(&answers) {
            let asked = asked(command);
            let ann = Some(ArgValue::from_json(json!({"id": "ann"})).unwrap());
            let request = |path| Request {
                method: &asked.method,
                path,
                query: &asked.query,
                body: asked.body.as_bytes(),
            };
            let response = match asked.address.strip_prefix("/api/rest") {
                Some(path) => service.rest(ann, request(path)).await,
                None => {
                    let path = asked.address.strip_prefix("/api/model").unwrap();
                    service.rpc(ann, request(path)).await
                }
            };
            let found: Json = serde_json::from_slice(response.body()).unwrap();
            let expected: Json = serde_json::from_str(answer).unwrap();
            assert_eq!(found, expected, "{} {command}", place.name);
        }
    }
}
