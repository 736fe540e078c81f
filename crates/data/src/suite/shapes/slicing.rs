//! Clients with less.
//!
//! Source: contract zenstack-harness §1.1.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Place, call, options, places_of, refused, schema};
use crate::{
    Choice, Client, ClientOptions, FieldServices, InputValidation, ModelSlicing, OmitOverride,
    Omitted, OpenError, Operation, Slicing, SlicingError,
};

const SCHEMA: &str = r#"
    model User {
      id    Int     @id
      email String  @unique @email @lower
      age   Int?
      data  Json?
      posts Post[]
    }
    model Post {
      id     Int    @id
      title  String
      userId Int?
      user   User?  @relation(fields: [userId], references: [id])
    }
    procedure hello(): String
"#;

/// The same tables with other options.
fn with(place: &Place, change: impl FnOnce(&mut ClientOptions)) -> Result<Client, OpenError> {
    let mut options = options();
    change(&mut options);
    let engine = place.client.engine();
    Client::speaking(
        engine.dialect,
        engine.database.clone(),
        Arc::clone(&engine.schema),
        options,
    )
}

fn sliced(place: &Place, said: &Json) -> Client {
    let slicing = Slicing::from_json(said, place.client.schema()).unwrap();
    with(place, |options| options.slicing = slicing).unwrap()
}

#[tokio::test]
async fn models_that_are_left_out_are_not_there() {
    for place in places_of(SCHEMA).await.places {
        for said in [
            json!({"includedModels": ["User"]}),
            json!({"includedModels": ["User", "Post"], "excludedModels": ["Post"]}),
        ] {
            let db = sliced(&place, &said);
            let made = call(
                &db,
                "user",
                Operation::Create,
                json!({"data": {"id": 1, "email": "a@b.co"}}),
            )
            .await;
            assert!(made.is_ok(), "{}", place.name);
            let told = refused(&db, "Post", Operation::FindMany, json!({})).await;
            assert_eq!(told, "there is no model `Post`");
            for args in [
                json!({"include": {"posts": true}}),
                json!({"select": {"posts": true}}),
                json!({"where": {"posts": {"some": {}}}}),
                json!({"orderBy": {"posts": {"_count": "asc"}}}),
            ] {
                let told = refused(&db, "User", Operation::FindMany, args).await;
                assert!(told.contains("Unrecognized key: \"posts\""), "{told}");
            }
            let nested = json!({"data": {"id": 2, "email": "c@b.co", "posts": {"create": {"id": 1, "title": "x"}}}});
            let told = refused(&db, "User", Operation::Create, nested).await;
            assert!(told.contains("\"posts\""), "{told}");
            call(&place.client, "User", Operation::DeleteMany, json!({}))
                .await
                .unwrap();
        }
        let nothing = sliced(&place, &json!({"includedModels": []}));
        assert_eq!(
            refused(&nothing, "User", Operation::Count, json!({})).await,
            "there is no model `User`"
        );
    }
}

#[tokio::test]
async fn operations_may_be_chosen() {
    let place = &places_of(SCHEMA).await.places.remove(0);
    for (said, model, operation, is_there) in [
        (
            json!({"models": {"user": {"includedOperations": ["findMany"]}}}),
            "User",
            Operation::FindMany,
            true,
        ),
        (
            json!({"models": {"user": {"includedOperations": ["findMany"]}}}),
            "User",
            Operation::Count,
            false,
        ),
        (
            json!({"models": {"User": {"includedOperations": ["findMany"]}}}),
            "Post",
            Operation::Count,
            true,
        ),
        (
            json!({"models": {"user": {"includedOperations": []}}}),
            "User",
            Operation::FindMany,
            false,
        ),
        (
            json!({"models": {"user": {"excludedOperations": ["count"]}}}),
            "User",
            Operation::Count,
            false,
        ),
        (
            json!({"models": {"user": {"includedOperations": ["count"], "excludedOperations": ["count"]}}}),
            "User",
            Operation::Count,
            false,
        ),
        (
            json!({"models": {"$all": {"includedOperations": ["findMany"]}}}),
            "Post",
            Operation::Count,
            false,
        ),
        (
            json!({"models": {"$all": {"includedOperations": ["findMany"]}, "post": {"includedOperations": ["count"]}}}),
            "Post",
            Operation::Count,
            true,
        ),
        (
            json!({"models": {"$all": {"excludedOperations": ["count"]}, "post": {"fields": {}}}}),
            "Post",
            Operation::Count,
            false,
        ),
    ] {
        let shown = said.to_string();
        let db = sliced(place, &said);
        let reply = call(&db, model, operation, json!({})).await;
        assert_eq!(reply.is_ok(), is_there, "{shown} {operation}");
        if let Err(error) = reply {
            assert_eq!(
                error.to_string(),
                format!("there is no operation `{operation}` of `{model}`")
            );
        }
    }
}

#[tokio::test]
async fn kinds_of_filters_may_be_chosen() {
    let place = &places_of(SCHEMA).await.places.remove(0);
    let equality =
        json!({"models": {"user": {"fields": {"$all": {"includedFilterKinds": ["Equality"]}}}}});
    let no_relation = json!({"models": {"$all": {"fields": {"$all": {"excludedFilterKinds": ["Relation", "Json"]}}}}});
    let nothing = json!({"models": {"user": {"fields": {"email": {"includedFilterKinds": []}}}}});
    let range =
        json!({"models": {"user": {"fields": {"age": {"includedFilterKinds": ["Range"]}}}}});
    let own = json!({"models": {"user": {"fields": {"$all": {"excludedFilterKinds": ["Range"]}, "age": {"excludedFilterKinds": ["Like"]}}}}});
    for (said, filter, expected) in [
        (&equality, json!({"email": {"equals": "x"}}), None),
        (&equality, json!({"email": "x", "age": {"in": [1]}}), None),
        (&equality, json!({"age": {"gte": 1}}), Some("\"gte\"")),
        (
            &equality,
            json!({"age": {"not": {"gte": 1}}}),
            Some("\"gte\""),
        ),
        (
            &equality,
            json!({"email": {"contains": "x"}}),
            Some("\"contains\""),
        ),
        (
            &equality,
            json!({"NOT": {"email": {"contains": "x"}}}),
            Some("\"contains\""),
        ),
        (
            &no_relation,
            json!({"posts": {"some": {}}}),
            Some("\"where.posts\""),
        ),
        (
            &no_relation,
            json!({"data": {"equals": 1}}),
            Some("\"where.data\""),
        ),
        (&no_relation, json!({"age": 1}), None),
        (
            &nothing,
            json!({"email": {"equals": "x"}}),
            Some("\"where.email\""),
        ),
        (&nothing, json!({"email": "x"}), Some("\"where.email\"")),
        (&nothing, json!({"age": 1}), None),
        (&range, json!({"age": {"between": [1, 2]}}), None),
        (&range, json!({"age": {"equals": 1}}), Some("\"equals\"")),
        (&range, json!({"age": 1}), Some("\"where.age\"")),
        (&own, json!({"age": {"gte": 1}}), None),
        (&own, json!({"email": {"gte": "a"}}), Some("\"gte\"")),
    ] {
        let db = sliced(place, said);
        let reply = call(&db, "User", Operation::FindMany, json!({"where": filter})).await;
        match (reply, expected) {
            (Ok(_), None) => {}
            (Err(error), Some(expected)) => {
                let told = error.to_string();
                assert!(told.contains(expected), "{said} {filter}: {told}");
            }
            (reply, _) => panic!("{said} {filter}: {reply:?}"),
        }
    }
    // A row is named by its key, whatever filters there are.
    let db = sliced(place, &nothing);
    let found = call(
        &db,
        "User",
        Operation::FindUnique,
        json!({"where": {"email": "x"}}),
    )
    .await;
    assert_eq!(found.unwrap(), Json::Null);
}

#[tokio::test]
async fn a_slicing_that_names_nothing_is_refused() {
    let place = &places_of(SCHEMA).await.places.remove(0);
    let told = |slicing| with(place, |options| options.slicing = slicing).unwrap_err();
    let names = |names: &[&str]| Choice::only(names.iter().map(|name| (*name).to_owned()));
    for (slicing, expected) in [
        (Slicing::default().models(names(&["Usr"])), "Usr"),
        (Slicing::default().procedures(names(&["hell"])), "hell"),
        (
            Slicing::default().model("Usr", ModelSlicing::default()),
            "Usr",
        ),
        (
            Slicing::default().model(
                "User",
                ModelSlicing::default().field("mail", Choice::default()),
            ),
            "User.mail",
        ),
    ] {
        assert_eq!(
            told(slicing),
            OpenError::Sliced {
                item: expected.to_owned()
            }
        );
    }
    for (said, expected) in [
        (json!([]), "`slicing` is not an object"),
        (
            json!({"included": []}),
            "`included` is unknown at `slicing`",
        ),
        (
            json!({"includedModels": "User"}),
            "`slicing.includedModels` is not a list of names",
        ),
        (
            json!({"models": {"user": {"includedOperations": ["find"]}}}),
            "`find` is unknown at `slicing.models.user.includedOperations`",
        ),
        (
            json!({"models": {"user": {"fields": {"age": {"includedFilterKinds": ["X"]}}}}}),
            "`X` is unknown at `slicing.models.user.fields.age.includedFilterKinds`",
        ),
    ] {
        let error: SlicingError = Slicing::from_json(&said, &schema(SCHEMA)).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

/// Source: contract zenstack-harness §1.1 (`validateInput`).
#[tokio::test]
async fn validation_may_be_switched_off() {
    for place in places_of(SCHEMA).await.places {
        let data = json!({"data": {"id": 1, "email": "NO MAIL"}});
        let told = refused(&place.client, "User", Operation::Create, data.clone()).await;
        assert!(told.contains("data.email"), "{told}");
        let db = with(&place, |options| {
            options.input_validation = InputValidation::Off
        })
        .unwrap();
        let made = call(&db, "User", Operation::Create, data).await.unwrap();
        assert_eq!(made["email"], json!("NO MAIL"), "{}", place.name);
        // Types are no rules.
        let told = refused(
            &db,
            "User",
            Operation::Create,
            json!({"data": {"id": 2, "email": 7}}),
        )
        .await;
        assert!(told.contains("data.email"), "{told}");
    }
}

/// Source: contract zenstack §2.9 (`omit`, `allowQueryTimeOmitOverride`).
#[tokio::test]
async fn fields_may_be_omitted_by_options() {
    let place = &places_of(SCHEMA).await.places.remove(0);
    let omitted = Omitted::default()
        .field("User", "email", true)
        .by_query(OmitOverride::Refused);
    let fields = FieldServices {
        omitted,
        ..FieldServices::default()
    };
    let db = with(place, |options| options.fields = fields).unwrap();
    let made = call(
        &db,
        "User",
        Operation::Create,
        json!({"data": {"id": 1, "email": "a@b.co"}}),
    )
    .await
    .unwrap();
    assert_eq!(made, json!({"id": 1, "age": null, "data": null}));
    let told = refused(
        &db,
        "User",
        Operation::FindMany,
        json!({"omit": {"email": false}}),
    )
    .await;
    assert!(told.contains("omit.email"), "{told}");
    let chosen = call(
        &db,
        "User",
        Operation::FindMany,
        json!({"select": {"email": true}}),
    )
    .await
    .unwrap();
    assert_eq!(chosen, json!([{"email": "a@b.co"}]));
    // Null says nothing.
    let args = json!({"select": null, "include": null, "omit": null});
    assert!(call(&db, "User", Operation::FindMany, args).await.is_ok());
}
