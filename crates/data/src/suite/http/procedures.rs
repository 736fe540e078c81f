//! Source: contract zenstack §4.1, procedures.

use http::Method;
use serde_json::{Value as Json, json};

use super::support::Served;
use crate::http::{DataService, Exposure, HttpOptions};
use crate::suite::support::{options, places_with, schema};
use crate::{ArgValue, ClientOptions, Operation, Procedures};

const SCHEMA: &str = r#"
    model User {
      id    Int    @id
      email String
      @@allow('create', auth() != null)
      @@allow('read', true)
    }
    procedure countUsers(): Int
    procedure echo(at: DateTime, big: BigInt?): Any
    mutation procedure addUser(id: Int, email: String): User
    mutation procedure forget(): Void
    procedure nobodys(): Int
"#;

fn procedures() -> Procedures {
    Procedures::default()
        .with("countUsers", async |call| {
            let all = ArgValue::Object(Vec::new());
            call.client.call("User", Operation::Count, &all).await
        })
        .with("echo", async |call| Ok(call.args))
        .with("addUser", async |call| {
            let data = ArgValue::Object(vec![("data".to_owned(), call.args)]);
            call.client.call("User", Operation::Create, &data).await
        })
        .with("forget", async |_| Ok(()))
}

fn with_procedures() -> ClientOptions {
    ClientOptions {
        procedures: procedures(),
        ..options()
    }
}

#[tokio::test]
async fn procedures_are_called_by_name() {
    let user = json!({"id": 1, "email": "a@b.co"});
    let places = places_with(&schema(SCHEMA), &with_procedures).await;
    for place in &places.places {
        let http = HttpOptions {
            exposure: Exposure::everything(),
            ..HttpOptions::default()
        };
        let served = Served {
            name: place.name,
            service: DataService::new(place.client.clone(), http).unwrap(),
        };
        let ask = async |who, method: &str, name: &str, sent: Option<Json>| {
            let sent = sent.map(|sent| sent.to_string()).unwrap_or_default();
            let path = format!("/$procs/{name}");
            let (query, body) = match method {
                "GET" => (vec![("q", sent.as_str())], ""),
                _ => (vec![], sent.as_str()),
            };
            let method: Method = method.parse().unwrap();
            let answer = served.ask(who, method, &path, &query, body.as_bytes());
            let answer = answer.await;
            (answer.status, answer.body)
        };
        let args = |args: Json| Some(json!({ "args": args }));
        let message = |text: &str| json!({"error": {"message": text}});
        for (who, method, name, sent, expected) in [
            (None, "GET", "countUsers", None, (200, json!({"data": 0}))),
            (
                None,
                "GET",
                "countUsers",
                args(json!({})),
                (200, json!({"data": 0})),
            ),
            (
                Some("ann"),
                "POST",
                "addUser",
                args(user.clone()),
                (200, json!({ "data": user })),
            ),
            (
                None,
                "GET",
                "countUsers",
                Some(json!({"args": null})),
                (200, json!({"data": 1})),
            ),
            (
                None,
                "POST",
                "forget",
                None,
                (
                    200,
                    json!({"data": null, "meta": {"serialization": {"values": ["undefined"], "v": 1}}}),
                ),
            ),
            (
                None,
                "GET",
                "echo",
                args(json!({"at": "2026-01-02T03:04:05.000Z", "big": 7})),
                (
                    200,
                    json!({
                        "data": {"at": "2026-01-02T03:04:05.000Z", "big": "7"},
                        "meta": {"serialization": {"values": {"at": ["Date"], "big": ["bigint"]}, "v": 1}},
                    }),
                ),
            ),
            (
                None,
                "GET",
                "nothing",
                None,
                (400, message("unknown procedure: nothing")),
            ),
            (
                None,
                "POST",
                "countUsers",
                None,
                (
                    400,
                    message("invalid request method, only GET is supported"),
                ),
            ),
            (
                None,
                "GET",
                "forget",
                None,
                (
                    400,
                    message("invalid request method, only POST is supported"),
                ),
            ),
            (
                None,
                "POST",
                "forget",
                Some(json!([])),
                (400, message("procedure payload must be an object")),
            ),
            (
                None,
                "POST",
                "forget",
                Some(json!({"args": []})),
                (400, message("procedure `args` must be an object")),
            ),
            (
                None,
                "POST",
                "forget",
                Some(json!({"more": 1})),
                (400, message("unknown key of a procedure: more")),
            ),
        ] {
            let told = format!("{} {name} {sent:?}", place.name);
            assert_eq!(ask(who, method, name, sent).await, expected, "{told}");
        }
        // The rules hold in what a procedure does.
        let other = json!({"id": 2, "email": "c@d.co"});
        let (status, body) = ask(None, "POST", "addUser", args(other)).await;
        assert_eq!(
            (status, &body["error"]["rejectReason"]),
            (403, &json!("no-access"))
        );
        for (sent, status) in [
            (json!({"id": 3}), 400),
            (json!({"id": 3, "email": "x", "more": 1}), 400),
            (json!({"id": "3", "email": "x"}), 422),
        ] {
            let (found, body) = ask(Some("ann"), "POST", "addUser", args(sent)).await;
            assert_eq!(found, status, "{}: {body}", place.name);
        }
        let (status, body) = ask(None, "GET", "nobodys", None).await;
        assert_eq!(
            (status, &body["error"]["reason"]),
            (400, &json!("not-supported"))
        );
    }
}
