//! What the program does by name.
//!
//! Source: contract zenstack §4.1 (`$procs`).

use serde_json::{Value as Json, json};

use super::{Place, options, places_with, schema};
use crate::suite::support::Places;
use crate::{
    ArgValue, ClientOptions, Error, InvalidInput, OpenError, Operation, ProcedureReply, Procedures,
};

const SCHEMA: &str = r#"
    enum Role { USER ADMIN }
    type Address { city String zip String? }
    model User {
      id   Int    @id @default(autoincrement())
      name String @unique
      role Role   @default(USER)
      @@allow('create', auth() != null)
      @@allow('read', name == auth().name)
    }
    procedure list(): User[]
    procedure echo(text: String, number: Int?, at: DateTime?, price: Decimal?, big: BigInt?, role: Role?, home: Address?, names: String[]?, user: User?, other: Any?): Any
    mutation procedure signUp(name: String, role: Role?): User
    mutation procedure twice(name: String): Void
    procedure nothing(): Void
    procedure unsaid(): Void
"#;

fn data(call: &crate::ProcedureCall) -> ArgValue {
    ArgValue::Object(vec![("data".to_owned(), call.args.clone())])
}

fn procedures() -> Procedures {
    Procedures::default()
        .with("list", async |call| {
            call.client
                .call("User", Operation::FindMany, &ArgValue::Object(Vec::new()))
                .await
        })
        .with("echo", async |call| Ok(call.args))
        .with("nothing", async |_| Ok(()))
        .with("signUp", async |call| {
            call.client
                .call("User", Operation::Create, &data(&call))
                .await
        })
        .with("twice", async |call| {
            call.client
                .transaction(async |tx| {
                    tx.call("User", Operation::Create, &data(&call)).await?;
                    tx.call("User", Operation::Create, &data(&call)).await
                })
                .await
                .map(drop)
        })
}

async fn places() -> Places {
    let options = || ClientOptions {
        procedures: procedures(),
        ..options()
    };
    places_with(&schema(SCHEMA), &options).await
}

async fn called(place: &Place, name: &str, args: Json) -> Result<ProcedureReply, Error> {
    place
        .client
        .call_procedure(name, &ArgValue::from_json(args).unwrap())
        .await
}

fn shown(reply: ProcedureReply) -> Json {
    match reply {
        ProcedureReply::Nothing => json!("nothing"),
        ProcedureReply::Reply(reply) => serde_json::to_value(&reply).unwrap(),
        ProcedureReply::Value(value) => panic!("{value:?}"),
    }
}

#[tokio::test]
async fn procedures_work_with_the_client_that_called_them() {
    for place in &places().await.places {
        let made = called(place, "signUp", json!({"name": "Ann", "role": "ADMIN"}))
            .await
            .unwrap();
        assert_eq!(
            shown(made),
            json!({"id": 1, "name": "Ann", "role": "ADMIN"}),
            "{}",
            place.name
        );
        assert_eq!(
            shown(called(place, "nothing", json!({})).await.unwrap()),
            json!("nothing")
        );
        let listed = called(place, "list", json!(null)).await.unwrap();
        assert_eq!(
            shown(listed),
            json!([{"id": 1, "name": "Ann", "role": "ADMIN"}])
        );
        // On behalf of the person who asks, and in the transaction that is open.
        let person = ArgValue::from_json(json!({"id": 7, "name": "Bob"})).unwrap();
        let person = place.client.for_user(Some(person));
        let none = person
            .call_procedure("list", &ArgValue::Null)
            .await
            .unwrap();
        assert_eq!(shown(none), json!([]), "{}", place.name);
        assert!(
            called(place, "twice", json!({"name": "Cat"}))
                .await
                .is_err()
        );
        let undone: Result<(), Error> = place
            .client
            .transaction(async |tx| {
                let args = ArgValue::from_json(json!({"name": "Dan"}))?;
                tx.call_procedure("signUp", &args).await?;
                Err(Error::TransactionOver)
            })
            .await;
        assert!(undone.is_err());
        assert_eq!(
            place.client.count("User").run().await.unwrap(),
            1,
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn arguments_are_checked_and_typed() {
    let place = &places().await.places[0];
    let given = json!({"text": "x", "at": "2026-01-02", "price": "1.50", "big": 7, "role": "USER", "home": {"city": "Ulm"}, "names": ["a"], "user": {"id": 1}, "other": [1], "number": null});
    let reply = called(place, "echo", given).await.unwrap();
    let ProcedureReply::Value(reply) = reply else {
        panic!("{reply:?}")
    };
    assert_eq!(
        reply.member("at"),
        Some(&ArgValue::DateTime("2026-01-02T00:00:00Z".parse().unwrap()))
    );
    assert_eq!(
        reply.member("price"),
        Some(&ArgValue::Decimal("1.5".to_owned()))
    );
    assert_eq!(reply.member("big"), Some(&ArgValue::BigInt(7)));
    assert_eq!(reply.member("number"), None);
    for (args, expected) in [
        (json!({}), "procedure `echo`: missing argument `text`"),
        (json!([]), "procedure `echo`: arguments are an object"),
        (
            json!({"text": "x", "txt": 1}),
            "procedure `echo`: unknown argument `txt`",
        ),
    ] {
        let error = called(place, "echo", args).await.unwrap_err();
        assert!(
            matches!(error, Error::Invalid(InvalidInput::Procedure { .. })),
            "{error:?}"
        );
        assert_eq!(error.to_string(), expected);
    }
    for (args, expected) in [
        (
            json!({"text": 1}),
            "expected string, found number at \"text\"",
        ),
        (json!({"text": "x", "number": 1.5}), "at \"number\""),
        (
            json!({"text": "x", "number": 4294967296_i64}),
            "at \"number\"",
        ),
        (json!({"text": "x", "at": "soon"}), "at \"at\""),
        (
            json!({"text": "x", "role": "BOSS"}),
            "expected one of `USER`, `ADMIN` at \"role\"",
        ),
        (json!({"text": "x", "home": {"zip": "1"}}), "at \"home"),
        (json!({"text": "x", "names": ["a", 1]}), "at \"names[1]\""),
        (
            json!({"text": "x", "user": 1}),
            "expected object, found number at \"user\"",
        ),
    ] {
        let error = called(place, "echo", args).await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::Invalid(InvalidInput::ProcedureArgument { .. })
            ),
            "{error:?}"
        );
        assert!(
            error.to_string().ends_with(expected) || error.to_string().contains(expected),
            "{error}"
        );
    }
}

#[tokio::test]
async fn procedures_that_nobody_knows_are_refused() {
    let place = &places().await.places[0];
    assert!(place.client.procedure("signUp").unwrap().mutation);
    assert!(!place.client.procedure("list").unwrap().mutation);
    assert!(place.client.procedure("nope").is_none());
    let error = called(place, "nope", json!({})).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "procedure `nope`: there is no such procedure"
    );
    assert!(matches!(
        called(place, "unsaid", json!({})).await,
        Err(Error::NotSupported(_))
    ));
    let engine = place.client.engine();
    let further = ClientOptions {
        procedures: procedures().with("nope", async |_| Ok(())),
        ..options()
    };
    let database = engine.database.clone();
    let opened = crate::Client::speaking(
        engine.dialect,
        database,
        std::sync::Arc::clone(&engine.schema),
        further,
    );
    assert_eq!(
        opened.unwrap_err(),
        OpenError::Procedure {
            name: "nope".to_owned()
        }
    );
}
