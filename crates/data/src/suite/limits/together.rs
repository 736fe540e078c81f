//! The calls of a batch may ask for as much as one call, all together.

use serde_json::{Value as Json, json};

use super::{ArgValue, Client, Error, InvalidInput, Limits, Operation, filled, limited};

/// Two calls of which each is within the limit.
struct Case {
    change: fn(&mut Limits),
    operation: Operation,
    one: Json,
    other: Json,
    message: &'static str,
}

fn cases() -> Vec<Case> {
    let case = |change, operation, [one, other]: [Json; 2], message| Case {
        change,
        operation,
        one,
        other,
        message,
    };
    vec![
        case(
            |limits| limits.values = 6,
            Operation::FindMany,
            [
                json!({"where": {"id": 1}}),
                json!({"where": {"id": 2, "name": "x"}}),
            ],
            "at most 6 values in the arguments of one call",
        ),
        case(
            |limits| limits.bytes = 10,
            Operation::Create,
            [json!({"data": {"id": 5}}), json!({"data": {"id": 6}})],
            "at most 10 bytes in the arguments of one call",
        ),
        case(
            |limits| limits.conditions = 3,
            Operation::FindMany,
            [
                json!({"where": {"id": {"in": [1, 2]}}}),
                json!({"where": {"id": {"in": [1, 2]}}}),
            ],
            "at most 3 conditions in one call, each value of a list counted",
        ),
        case(
            |limits| limits.relations = 1,
            Operation::FindMany,
            [
                json!({"include": {"posts": true}}),
                json!({"include": {"posts": true}}),
            ],
            "at most 1 relations in one call",
        ),
        case(
            |limits| limits.written_rows = 1,
            Operation::Create,
            [json!({"data": {"id": 5}}), json!({"data": {"id": 6}})],
            "at most 1 rows that one call adds",
        ),
        case(
            |limits| limits.hashes = 1,
            Operation::Create,
            [
                json!({"data": {"id": 5, "secret": "x"}}),
                json!({"data": {"id": 6, "secret": "x"}}),
            ],
            "at most 1 passwords in one call",
        ),
        case(
            |limits| limits.actions = 1,
            Operation::Create,
            [
                json!({"data": {"id": 5, "groups": {"connect": {"id": 1}}}}),
                json!({"data": {"id": 6, "groups": {"connect": {"id": 1}}}}),
            ],
            "at most 1 rows that belong to others in the data of one call",
        ),
        case(
            |limits| limits.all_rows = 5,
            Operation::FindMany,
            [
                json!({"take": 2}),
                json!({"take": 1, "include": {"posts": true}}),
            ],
            "at most 5 rows in one read; ask for pages with `take` and `skip`",
        ),
        case(
            |limits| limits.read_bytes = 100,
            Operation::Create,
            [
                json!({"data": {"id": 5, "name": "x".repeat(60)}, "select": {"name": true}}),
                json!({"data": {"id": 6, "name": "x".repeat(60)}, "select": {"name": true}}),
            ],
            "at most 100 bytes in one read; ask for pages with `take` and `skip`, or for fewer fields with `select`",
        ),
    ]
}

async fn batch(client: &Client, operation: Operation, args: &[&Json]) -> Result<(), Error> {
    let args = args
        .iter()
        .map(|args| ArgValue::from_json((*args).clone()).unwrap());
    let args: Vec<_> = args.collect();
    let calls: Vec<_> = args.iter().map(|args| ("User", operation, args)).collect();
    client.batch(&calls).await.map(drop)
}

#[tokio::test]
async fn a_batch_asks_for_no_more_than_a_call() {
    for place in &filled().await.places {
        for case in cases() {
            let client = limited(&place.client, case.change);
            for alone in [&case.one, &case.other] {
                let done = client
                    .transaction(async |tx| {
                        batch(&tx, case.operation, &[alone]).await?;
                        // Undone, so that the next may write the same.
                        Err::<(), _>(Error::TransactionOver)
                    })
                    .await;
                let is_done = matches!(done, Err(Error::TransactionOver));
                assert!(is_done, "{}: {alone} {done:?}", place.name);
            }
            let both = batch(&client, case.operation, &[&case.one, &case.other]).await;
            match both {
                Err(Error::Invalid(InvalidInput::Argument { message, .. })) => {
                    assert_eq!(message, case.message, "{}", place.name);
                }
                other => panic!("{}: {} {other:?}", place.name, case.message),
            }
        }
        // Nothing of what was refused half way is there.
        let users = place.client.count("User").run().await.unwrap();
        assert_eq!(users, 3, "{}", place.name);
    }
}
