//! How long something takes.

use std::time::{Duration, Instant};

use hallpass_db::testing::{self, TestDatabase};
use hallpass_sql::Dialect;
use serde_json::{Value as Json, json};

use super::{call, limited, options, schema};
use crate::{ArgValue, Client, ClientOptions, Error, Operation, Procedures};

const SLOW: &str = "
    model Slow  { id Int @id @@allow('all', true) }
    model Quick { id Int @id @@allow('all', true) }
    procedure slowly(): Void
    procedure again(): Void
";

/// One statement that takes long, and many that do not.
fn with_procedures() -> ClientOptions {
    let procedures = Procedures::default()
        .with("slowly", async |call| {
            let none = ArgValue::Object(Vec::new());
            write(&call.client, 1).await;
            call.client.call("Slow", Operation::FindMany, &none).await
        })
        .with("again", async |call| {
            let none = ArgValue::Object(Vec::new());
            loop {
                // Each by itself is quick.
                call.client
                    .call("Quick", Operation::FindMany, &none)
                    .await?;
            }
            #[expect(unreachable_code, reason = "it ends by its limit alone")]
            Ok(())
        });
    ClientOptions {
        procedures,
        ..options()
    }
}

/// A table that takes half a minute to read, beside one that does not.
async fn slow_places() -> Vec<(&'static str, Client, TestDatabase)> {
    let mut places = Vec::new();
    for test in testing::databases().await {
        let client = Client::new(
            test.database.clone(),
            schema(SLOW).into(),
            with_procedures(),
        )
        .unwrap();
        client.create_missing_tables().await.unwrap();
        let [table, view] = match test.database.dialect() {
            Dialect::Postgres => ["\"Slow\"", "SELECT 1 AS id FROM pg_sleep(30)"],
            Dialect::MariaDb | Dialect::MySql => ["`Slow`", "SELECT SLEEP(30) AS id"],
            Dialect::Sqlite => [
                "\"Slow\"",
                "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000000) \
                 SELECT max(x) AS id FROM n",
            ],
        };
        test.run(&format!("DROP TABLE {table}")).await;
        test.run(&format!("CREATE VIEW {table} AS {view}")).await;
        places.push((test.name, client, test));
    }
    places
}

const SHORT: Duration = Duration::from_millis(300);
/// Far less than the slow table takes.
const SOON: Duration = Duration::from_secs(8);

async fn write(client: &Client, id: i64) {
    let args = json!({"data": {"id": id}});
    call(client, "Quick", Operation::Create, args)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_slow_statement_of_a_person_is_stopped() {
    for (name, client, _database) in slow_places().await {
        let person = limited(&client, |limits| limits.statement_time = Some(SHORT));
        for (operation, args) in [
            (Operation::FindMany, json!({})),
            (Operation::FindUnique, json!({"where": {"id": 1}})),
            (Operation::Count, json!({})),
        ] {
            let began = Instant::now();
            let stopped = call(&person, "Slow", operation, args).await;
            assert!(
                matches!(stopped, Err(Error::Timeout(_))),
                "{name}: {stopped:?}"
            );
            assert!(began.elapsed() < SOON, "{name} {operation}");
        }
        // In a transaction nothing of it is kept, and its connection is free soon.
        let began = Instant::now();
        let stopped: Result<(), Error> = client
            .transaction(async |tx| {
                write(&tx, 1).await;
                let args = ArgValue::from_json(json!({})).unwrap();
                let person = tx.for_user(None).with_limits(*person.limits());
                person.call("Slow", Operation::FindMany, &args).await?;
                Ok(())
            })
            .await;
        assert!(
            matches!(stopped, Err(Error::Timeout(_))),
            "{name}: {stopped:?}"
        );
        write(&client, 2).await;
        assert!(began.elapsed() < SOON, "{name}");
        assert_eq!(client.count("Quick").run().await.unwrap(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_call_and_a_transaction_end_in_their_time() {
    for (name, client, _database) in slow_places().await {
        let person = limited(&client, |limits| limits.call_time = Some(SHORT));
        let began = Instant::now();
        let stopped = call(&person, "Slow", Operation::FindMany, json!({})).await;
        assert!(
            matches!(stopped, Err(Error::CallTooLong { limit: SHORT })),
            "{name}: {stopped:?}"
        );
        let stopped: Result<Json, Error> = client
            .transaction_within(SHORT, async |tx| {
                write(&tx, 1).await;
                call(&tx, "Slow", Operation::FindMany, json!({})).await
            })
            .await;
        assert!(
            matches!(stopped, Err(Error::TransactionTooLong { limit: SHORT })),
            "{name}: {stopped:?}"
        );
        assert!(
            stopped
                .unwrap_err()
                .to_string()
                .contains("nothing was written")
        );
        write(&client, 2).await;
        assert!(began.elapsed() < SOON, "{name}");
        assert_eq!(client.count("Quick").run().await.unwrap(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_procedure_and_a_batch_end_in_the_time_of_a_call() {
    for (name, client, _database) in slow_places().await {
        let person = limited(&client, |limits| limits.call_time = Some(SHORT));
        let none = ArgValue::Object(Vec::new());
        let began = Instant::now();
        for procedure in ["slowly", "again"] {
            let stopped = person.call_procedure(procedure, &none).await;
            assert!(
                matches!(stopped, Err(Error::CallTooLong { limit: SHORT })),
                "{name}: {procedure} {stopped:?}"
            );
        }
        // What a procedure did before stays, where it asked for no transaction.
        assert_eq!(client.count("Quick").run().await.unwrap(), 1, "{name}");
        let add = ArgValue::from_json(json!({"data": {"id": 2}})).unwrap();
        let mut calls = vec![("Quick", Operation::Create, &add)];
        calls.push(("Slow", Operation::FindMany, &none));
        let stopped = person.batch(&calls).await;
        assert!(
            matches!(stopped, Err(Error::CallTooLong { limit: SHORT })),
            "{name}: {stopped:?}"
        );
        write(&client, 3).await;
        assert!(began.elapsed() < SOON, "{name}");
        assert_eq!(client.count("Quick").run().await.unwrap(), 2, "{name}");
    }
}

/// Each call in its time, all of them not.
#[tokio::test]
async fn a_batch_takes_no_longer_for_having_many_calls() {
    for (name, client, _database) in slow_places().await {
        let person = limited(&client, |limits| {
            limits.call_time = Some(SHORT);
            limits.calls = 100_000;
            limits.values = usize::MAX;
        });
        let none = ArgValue::Object(Vec::new());
        let calls = vec![("Quick", Operation::Count, &none); 100_000];
        let began = Instant::now();
        let stopped = person.batch(&calls).await;
        let is_late = matches!(stopped, Err(Error::CallTooLong { limit: SHORT }));
        assert!(
            is_late || matches!(stopped, Err(Error::Invalid(_))),
            "{name}: {stopped:?}"
        );
        assert!(began.elapsed() < SOON, "{name}");
    }
}

/// What a request in a style is answered, and how long it took.
#[cfg(feature = "http")]
mod requests {
    use http::{Method, Response, StatusCode};
    use tokio::task::JoinSet;

    use super::*;
    use crate::http::{DataService, Exposure, HttpOptions, Request, Style};
    use crate::{DialectVersion, Limits};

    async fn ask(service: &DataService, style: Style, path: &str) -> Response<bytes::Bytes> {
        ask_within(service, style, path, SHORT).await
    }

    async fn ask_within(
        service: &DataService,
        style: Style,
        path: &str,
        time: Duration,
    ) -> Response<bytes::Bytes> {
        let limits = Limits {
            statement_time: Some(time),
            ..Limits::PERSON
        };
        let person = service.client().for_user(None).with_limits(limits);
        let request = Request {
            method: &Method::GET,
            path,
            query: "",
            body: b"",
        };
        match style {
            Style::Rpc => service.rpc_with(&person, request).await,
            Style::Rest => service.rest_with(&person, request).await,
        }
    }

    const SLOW_PATHS: [(Style, &str); 5] = [
        (Style::Rpc, "/slow/findMany"),
        (Style::Rpc, "/slow/findFirst"),
        (Style::Rpc, "/slow/count"),
        (Style::Rest, "/slow"),
        (Style::Rest, "/slow/1"),
    ];

    fn body(answer: &Response<bytes::Bytes>) -> Json {
        serde_json::from_slice(answer.body()).unwrap()
    }

    #[tokio::test]
    async fn a_slow_request_is_answered_in_time_and_holds_up_nobody() {
        for (name, client, _database) in slow_places().await {
            let options = HttpOptions {
                exposure: Exposure::everything(),
                ..HttpOptions::default()
            };
            let service = DataService::new(client, options).unwrap();
            let began = Instant::now();
            let mut asked = JoinSet::new();
            // More than there are connections, so that one which is lost is missed.
            for _ in 0..3 {
                for (style, path) in SLOW_PATHS {
                    let service = service.clone();
                    asked.spawn(async move { (style, path, ask(&service, style, path).await) });
                }
            }
            while let Some(answered) = asked.join_next().await {
                let (style, path, answer) = answered.unwrap();
                let told = body(&answer);
                let place = format!("{name} {path}: {told}");
                assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{place}");
                assert_eq!(answer.headers()["retry-after"], "5", "{place}");
                let text = "the database did not answer in time";
                match style {
                    Style::Rpc => assert_eq!(told["error"], json!({"message": text}), "{place}"),
                    Style::Rest => assert_eq!(told["errors"][0]["detail"], text, "{place}"),
                }
            }
            assert!(began.elapsed() < SOON, "{name} {:?}", began.elapsed());
            for (style, path) in [(Style::Rpc, "/quick/findMany"), (Style::Rest, "/quick")] {
                let began = Instant::now();
                for _ in 0..20 {
                    // What is quick may wait for its turn on a busy machine.
                    let answer = ask_within(&service, style, path, SOON).await;
                    assert_eq!(answer.status(), StatusCode::OK, "{name} {path}");
                    assert_eq!(body(&answer)["data"], json!([]), "{name} {path}");
                }
                assert!(began.elapsed() < SOON, "{name} {path}");
            }
        }
    }

    #[tokio::test]
    async fn clients_of_the_older_generation_get_its_code() {
        for (name, _, test) in slow_places().await {
            let older = ClientOptions {
                dialect_version: DialectVersion::Two,
                ..with_procedures()
            };
            let database = test.database.clone();
            let client = Client::new(database, schema(SLOW).into(), older).unwrap();
            let options = HttpOptions {
                exposure: Exposure::everything(),
                ..HttpOptions::default()
            };
            let service = DataService::new(client, options).unwrap();
            let told = body(&ask(&service, Style::Rpc, "/slow/findMany").await);
            let text = "the database did not answer in time";
            let expected = json!({"error": {"prisma": true, "code": "P1008", "message": text}});
            assert_eq!(told, expected, "{name}");
        }
    }
}
