use std::sync::Arc;

use hallpass_sql::Value;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::Password;

use super::support::{Place, call, empty_places, options, places_with, schema};
use crate::{
    Busy, Client, ClientOptions, Encryption, Error, FieldServices, InvalidInput, Job, Omitted,
    OpenError, Operation, PasswordForm, Workers, asc, desc, field, parameter,
};

const MODELS: &str = "
    model Safe {
      id       Int     @id
      secret   String?
      pass     String? @omit
      plain    String?
    }
";

fn safe() -> Schema {
    let mut schema = schema(MODELS);
    for field in &mut schema.models[0].fields {
        field.encrypted = field.name == "secret";
        field.password = (field.name == "pass").then_some(Password {
            cost: 4,
            salt: None,
        });
    }
    schema
}

fn with(services: impl Fn(FieldServices) -> FieldServices) -> impl Fn() -> ClientOptions {
    move || {
        let mut options = options();
        let encryption = Some(Encryption::new(&[1; 32]));
        options.fields = services(FieldServices {
            encryption,
            ..FieldServices::default()
        });
        options
    }
}

/// A client of the same tables that takes the column as it stands.
fn raw(place: &Place) -> Client {
    let mut schema = safe();
    schema.models[0]
        .table
        .clone_from(&place.client.schema().models[0].table);
    for field in &mut schema.models[0].fields {
        field.encrypted = false;
        field.password = None;
    }
    let database = place.client.engine().database.clone();
    Client::speaking(place.dialect, database, Arc::new(schema), options()).unwrap()
}

async fn stored(place: &Place, id: i64) -> String {
    let row = raw(place)
        .find_unique("Safe")
        .filter(field("id").eq(id))
        .run()
        .await;
    row.unwrap().unwrap().get("secret").unwrap()
}

#[tokio::test]
async fn encrypted_texts_stand_sealed_in_the_table_and_open_in_results() {
    let places = places_with(&safe(), &with(|services| services)).await;
    for place in &places.places {
        let db = &place.client;
        let made = db
            .create("Safe")
            .set("id", 1)
            .set("secret", "träumen")
            .run()
            .await
            .unwrap();
        assert_eq!(made.get::<&str>("secret"), Ok("träumen"), "{}", place.name);
        let sealed = stored(place, 1).await;
        assert!(
            sealed.contains('.') && !sealed.contains("träumen"),
            "{}",
            place.name
        );
        let prepared = db
            .update("Safe")
            .filter(field("id").eq(1))
            .set("secret", parameter(0))
            .prepare()
            .unwrap();
        let updated = prepared.run(db, &["again".into()]).await.unwrap().unwrap();
        assert_eq!(updated.get::<&str>("secret"), Ok("again"), "{}", place.name);
        assert!(!stored(place, 1).await.contains("again"), "{}", place.name);
        let same = prepared.run(db, &["again".into()]).await.unwrap().unwrap();
        assert_eq!(same.get::<&str>("secret"), Ok("again"), "{}", place.name);
        db.upsert("Safe")
            .create("id", 1)
            .change("secret", "third")
            .run()
            .await
            .unwrap();
        assert!(!stored(place, 1).await.contains("third"), "{}", place.name);
        let found = db
            .find_first("Safe")
            .filter(field("secret").is_not_null())
            .run()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.get::<&str>("secret"), Ok("third"), "{}", place.name);
    }
}

#[tokio::test]
async fn texts_from_before_the_field_was_encrypted_are_given_as_they_stand() {
    let places = places_with(&safe(), &with(|services| services)).await;
    for place in &places.places {
        raw(place)
            .create("Safe")
            .set("id", 1)
            .set("secret", "from before")
            .run()
            .await
            .unwrap();
        let found = place.client.find_many("Safe").run().await.unwrap();
        assert_eq!(
            found[0].get::<&str>("secret"),
            Ok("from before"),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn nothing_is_found_or_sorted_by_an_encrypted_field() {
    let places = places_with(&safe(), &with(|services| services)).await;
    for place in &places.places {
        let db = &place.client;
        let expected = InvalidInput::Encrypted {
            model: "Safe".into(),
            field: "secret".into(),
        };
        for filter in [
            field("secret").eq("x"),
            field("secret").ne("x"),
            field("secret").contains("x"),
            field("secret").one_of(["x"]),
            field("secret").gt("x"),
            field("secret").eq(parameter(0)),
        ] {
            let refused = db.find_many("Safe").filter(filter).prepare().unwrap_err();
            assert!(
                matches!(&refused, Error::Invalid(error) if *error == expected),
                "{refused:?}"
            );
        }
        for order in [asc("secret"), desc("secret")] {
            let refused = db.find_many("Safe").order_by(order).prepare().unwrap_err();
            assert!(
                matches!(&refused, Error::Invalid(error) if *error == expected),
                "{refused:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_schema_that_asks_for_what_the_settings_lack_is_refused() {
    let places = empty_places(MODELS).await;
    let place = &places.places[0];
    let open = |schema: Schema, options: ClientOptions| {
        let database = place.client.engine().database.clone();
        Client::speaking(place.dialect, database, Arc::new(schema), options).err()
    };
    let item = || "Safe.secret".to_owned();
    assert_eq!(
        open(safe(), options()),
        Some(OpenError::NoKey { item: item() })
    );
    let mut number = safe();
    number.models[0].fields[0].encrypted = true;
    let refused = open(number, with(|services| services)());
    assert!(matches!(refused, Some(OpenError::Unenforced { item, .. }) if item == "Safe.id"));
    let unknown = with(|services| FieldServices {
        omitted: Omitted::default().field("Safe", "secrets", true),
        ..services
    });
    let item = "Safe.secrets".to_owned();
    assert_eq!(open(safe(), unknown()), Some(OpenError::Omitted { item }));
}

#[tokio::test]
async fn settings_of_a_client_stand_between_the_schema_and_the_query() {
    let omitted = || {
        Omitted::default()
            .field("Safe", "plain", true)
            .field("Safe", "pass", false)
    };
    let options = with(move |services| FieldServices {
        omitted: omitted(),
        ..services
    });
    let places = places_with(&safe(), &options).await;
    for place in &places.places {
        let db = &place.client;
        let made = db
            .create("Safe")
            .set("id", 1)
            .set("plain", "x")
            .run()
            .await
            .unwrap();
        assert!(made.value("plain").is_none(), "{}", place.name);
        assert_eq!(made.value("pass"), Some(&Value::Null), "{}", place.name);
        let found = db
            .find_first("Safe")
            .select(["plain"])
            .filter(field("plain").eq("x"))
            .run()
            .await;
        assert_eq!(
            found.unwrap().unwrap().get("plain"),
            Ok("x"),
            "{}",
            place.name
        );
    }
}

/// Adds a row as clients do, and gives what its password became.
async fn hashed(place: &Place, id: i64, pass: serde_json::Value) -> Result<Option<String>, Error> {
    let args = serde_json::json!({"data": {"id": id, "pass": pass}});
    call(&place.client, "Safe", Operation::Create, args).await?;
    hash_of(place, id).await
}

async fn hash_of(place: &Place, id: i64) -> Result<Option<String>, Error> {
    let found = place.client.find_unique("Safe").select(["pass"]);
    let row = found.filter(field("id").eq(id)).run().await?.unwrap();
    Ok(row.get("pass")?)
}

#[tokio::test]
async fn passwords_become_hashes_with_salts_of_their_own() {
    let places = places_with(&safe(), &with(|services| services)).await;
    let place = &places.places[0];
    let one = hashed(place, 1, "secret".into()).await.unwrap().unwrap();
    let other = hashed(place, 2, "secret".into()).await.unwrap().unwrap();
    assert!(one.starts_with("$2b$04$"), "{one}");
    assert_eq!(one.len(), 60);
    assert_ne!(one, other);
    let none = hashed(place, 3, serde_json::Value::Null).await.unwrap();
    assert_eq!(none, None);
    for (operation, args) in [
        (
            Operation::Update,
            serde_json::json!({"where": {"id": 1}, "data": {"pass": "other"}}),
        ),
        (
            Operation::UpdateMany,
            serde_json::json!({"where": {"id": 1}, "data": {"pass": "third"}}),
        ),
        (
            Operation::Upsert,
            serde_json::json!({"where": {"id": 1}, "create": {"id": 1}, "update": {"pass": "fourth"}}),
        ),
    ] {
        let before = hash_of(place, 1).await.unwrap();
        call(&place.client, "Safe", operation, args).await.unwrap();
        let after = hash_of(place, 1).await.unwrap();
        assert_ne!(before, after, "{operation}");
        assert!(after.unwrap().starts_with("$2b$04$"), "{operation}");
    }
    let args = serde_json::json!({"where": {"id": 1}, "data": {"plain": "x"}});
    let before = hash_of(place, 1).await.unwrap();
    call(&place.client, "Safe", Operation::Update, args)
        .await
        .unwrap();
    assert_eq!(before, hash_of(place, 1).await.unwrap());
    let many = serde_json::json!({"data": [{"id": 8, "pass": "a"}, {"id": 9, "pass": "b"}]});
    call(&place.client, "Safe", Operation::CreateMany, many)
        .await
        .unwrap();
    let sealed = serde_json::json!({"where": {"id": 1}, "data": {"secret": "plain"}});
    let row = call(&place.client, "Safe", Operation::Update, sealed)
        .await
        .unwrap();
    assert_eq!(row["secret"], "plain");
    assert!(!stored(place, 1).await.contains("plain"));
    let last = hash_of(place, 9).await.unwrap().unwrap();
    assert!(last.starts_with("$2b$04$"), "{last}");
    let refused = place
        .client
        .create("Safe")
        .set("id", 1)
        .set("pass", "secret")
        .run()
        .await;
    assert!(
        matches!(refused, Err(Error::Invalid(InvalidInput::Hashed { .. }))),
        "{refused:?}"
    );
    let made = place.client.create("Safe").set("id", 20);
    made.set_hash("pass", "$2b$made").run().await.unwrap();
    let update = || place.client.update_many("Safe").filter(field("id").eq(20));
    assert_eq!(
        hash_of(place, 20).await.unwrap().as_deref(),
        Some("$2b$made")
    );
    update().set_hash("pass", "$2b$other").run().await.unwrap();
    assert_eq!(
        hash_of(place, 20).await.unwrap().as_deref(),
        Some("$2b$other")
    );
    update().set("pass", Value::Null).run().await.unwrap();
    assert_eq!(hash_of(place, 20).await.unwrap(), None);
    let refused = place
        .client
        .update_many("Safe")
        .set("pass", "secret")
        .run()
        .await;
    assert!(
        matches!(refused, Err(Error::Invalid(InvalidInput::Hashed { .. }))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn passwords_become_argon2id_where_the_settings_say_so() {
    let argon2id = |services| FieldServices {
        password: PasswordForm::Argon2id,
        ..services
    };
    let places = places_with(&safe(), &with(argon2id)).await;
    let made = hashed(&places.places[0], 1, "secret".into()).await;
    let made = made.unwrap().unwrap();
    assert!(
        made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{made}"
    );
}

/// Refuses everything.
struct Overrun;

impl Workers for Overrun {
    fn begin(&self, _: Job) -> Result<(), Busy> {
        Err(Busy)
    }
}

#[tokio::test]
async fn too_many_passwords_at_once_are_refused() {
    let overrun = |services| FieldServices {
        workers: Some(Arc::new(Overrun)),
        ..services
    };
    let places = places_with(&safe(), &with(overrun)).await;
    let refused = hashed(&places.places[0], 1, "secret".into()).await;
    assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
}

#[tokio::test]
async fn the_moment_of_a_change_leaves_out_what_it_ignores() {
    let mut schema = schema(
        "model Page { id Int @id
           views Int @default(0)
           title String?
           updatedAt DateTime @updatedAt }",
    );
    let ignores = vec!["views".to_owned()];
    schema.models[0].fields[3].updated_at_ignores = ignores;
    let places = places_with(&schema, &options).await;
    for place in &places.places {
        let db = &place.client;
        let made = db.create("Page").set("id", 1).run().await.unwrap();
        let change = |field_name: &'static str, value: Value| async move {
            let changed = db
                .update("Page")
                .filter(field("id").eq(1))
                .set(field_name, value)
                .run();
            let changed = changed.await.unwrap().unwrap();
            changed.value("updatedAt").cloned()
        };
        let first = made.value("updatedAt").cloned();
        assert_eq!(
            change("views", Value::Int(1)).await,
            first,
            "{}",
            place.name
        );
        assert_ne!(change("title", "x".into()).await, first, "{}", place.name);
    }
}
