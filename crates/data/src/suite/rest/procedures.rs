use http::Method;
use serde_json::json;
use url::form_urlencoded::Serializer;

use super::support::{Answer, rest_options};
use crate::http::{DataService, Exposure, HttpOptions, Request};
use crate::suite::support::{options, places_with, schema};
use crate::{ClientOptions, Procedures};

const SCHEMA: &str = "
    model Thing {
      id Int @id
    }
    procedure echo(x: Decimal): Any
    mutation procedure forget(): Void
";

fn with_procedures() -> ClientOptions {
    ClientOptions {
        procedures: Procedures::default()
            .with("echo", async |call| Ok(call.args))
            .with("forget", async |_| Ok(())),
        ..options()
    }
}

#[tokio::test]
async fn procedures_are_called_by_their_names() {
    for place in &places_with(&schema(SCHEMA), &with_procedures).await.places {
        let http = HttpOptions {
            exposure: Exposure::everything(),
            rest: rest_options(),
            ..HttpOptions::default()
        };
        let service = DataService::new(place.client.clone(), http).unwrap();
        let ask = async |method: &Method, path: &str, q: &str, body: &str| {
            let query = Serializer::new(String::new()).append_pair("q", q).finish();
            let request = Request {
                method,
                path,
                query: if q.is_empty() { "" } else { &query },
                body: body.as_bytes(),
            };
            Answer::of(&service.rest(None, request).await)
        };
        let answer = ask(&Method::GET, "/$procs/echo", r#"{"args":{"x":"1.50"}}"#, "").await;
        let body = json!({
            "data": {"x": "1.5"},
            "meta": {"serialization": {"values": {"x": [["custom", "Decimal"]]}, "v": 1}},
        });
        assert_eq!(*answer.ok(), body, "{}", place.name);
        let answer = ask(&Method::POST, "/$procs/forget", "", "{}").await;
        assert_eq!(*answer.data(), json!(null), "{}", place.name);
        let rows = [
            (Method::GET, "/$procs/nothing", "", 400, "invalid-payload"),
            (Method::GET, "/$procs/echo", "", 400, "invalid-payload"),
            (
                Method::GET,
                "/$procs/echo",
                r#"{"args":[1]}"#,
                400,
                "invalid-payload",
            ),
            (
                Method::GET,
                "/$procs/echo",
                r#"{"args":{"x":1,"y":2}}"#,
                400,
                "invalid-payload",
            ),
            (
                Method::GET,
                "/$procs/echo",
                r#"{"args":{"x":"one"}}"#,
                422,
                "validation-error",
            ),
            (Method::GET, "/$procs/forget", "", 400, "invalid-payload"),
            (Method::POST, "/$procs/echo", "", 400, "invalid-payload"),
        ];
        for (method, path, q, status, code) in rows {
            let answer = ask(&method, path, q, "").await;
            assert_eq!(
                answer.problem(),
                (status, code),
                "{} {method} {path} {q}",
                place.name
            );
        }
    }
}
