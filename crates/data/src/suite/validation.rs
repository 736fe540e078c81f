use serde_json::{Value as Json, json};

use super::support::{Place, options, places_of, places_with, schema};
use crate::{
    ArgValue, ClientOptions, Encryption, Error, FieldServices, InvalidInput, OmitOverride, Omitted,
    Operation, field,
};

const MODELS: &str = "
    type Size { unit String @length(1, 3) value Float @gt(0) }

    model Person {
      id    Int     @id
      mail  String  @unique @trim @lower @email
      name  String? @length(2, 5)
      age   Int?    @gte(18)
      size  Size?   @json
      notes Note[]

      @@validate(name == null || name != 'root', \"that name is taken\", [\"name\"])
    }

    model Note {
      id       Int     @id
      text     String  @length(1) @regex(\"^[a-z ]*$\")
      personId Int?
      person   Person? @relation(fields: [personId], references: [id])
    }
";

async fn call(place: &Place, model: &str, operation: Operation, args: Json) -> Result<Json, Error> {
    let args = ArgValue::from_json(args).unwrap();
    let reply = place.client.call(model, operation, &args).await?;
    Ok(serde_json::to_value(&reply).unwrap())
}

/// Contract §2.10: every way of writing, with the places of what is wrong.
#[tokio::test]
async fn whatever_is_written_is_checked() {
    use Operation::{
        Create, CreateMany, CreateManyAndReturn, Update, UpdateMany, UpdateManyAndReturn, Upsert,
    };
    let person = |id: i64, mail: &str| json!({"id": id, "mail": mail});
    for place in &places_of(MODELS).await.places {
        call(
            place,
            "Person",
            Create,
            json!({"data": person(1, "a@b.co")}),
        )
        .await
        .unwrap();
        for (operation, args, said) in [
            (
                Create,
                json!({"data": person(2, "x")}),
                "Invalid email address at \"data.mail\"",
            ),
            (
                Create,
                json!({"data": {"id": 2, "mail": "x@y.de", "name": "x", "age": 17}}),
                "Too small: expected string to have >=2 characters at \"data.name\"; Too small: expected number to be >=18 at \"data.age\"",
            ),
            (
                Create,
                json!({"data": {"id": 2, "mail": "x@y.de", "name": "root"}}),
                "That name is taken at \"data.name\"",
            ),
            (
                Create,
                json!({"data": {"id": 2, "mail": "x@y.de", "size": {"unit": "metres", "value": 0}}}),
                "Too big: expected string to have <=3 characters at \"data.size.unit\"; Too small: expected number to be >0 at \"data.size.value\"",
            ),
            (
                CreateMany,
                json!({"data": [person(2, "x@y.de"), person(3, "x")]}),
                "Invalid email address at \"data[1].mail\"",
            ),
            (
                Create,
                json!({"data": {"id": 2, "mail": "x@y.de", "notes": {"create": {"id": 1, "text": "A"}}}}),
                "Invalid string: must match pattern /^[a-z ]*$/ at \"data.notes.create.text\"",
            ),
            (
                Create,
                json!({"data": {"id": 2, "mail": "x@y.de", "notes": {"create": [{"id": 1, "text": "a"}, {"id": 2, "text": ""}]}}}),
                "Too small: expected string to have >=1 characters at \"data.notes.create[1].text\"",
            ),
            (
                Create,
                json!({"data": {"id": 2, "mail": "x@y.de", "notes": {"createMany": {"data": [{"id": 1, "text": ""}]}}}}),
                "Too small: expected string to have >=1 characters at \"data.notes.createMany.data[0].text\"",
            ),
            (
                Update,
                json!({"where": {"id": 1}, "data": {"mail": "x"}}),
                "Invalid email address at \"data.mail\"",
            ),
            (
                Update,
                json!({"where": {"id": 1}, "data": {"age": {"set": 3}}}),
                "Too small: expected number to be >=18 at \"data.age.set\"",
            ),
            (
                Update,
                json!({"where": {"id": 1}, "data": {"notes": {"create": {"id": 1, "text": ""}}}}),
                "Too small: expected string to have >=1 characters at \"data.notes.create.text\"",
            ),
            (
                UpdateMany,
                json!({"data": {"name": "abcdef"}}),
                "Too big: expected string to have <=5 characters at \"data.name\"",
            ),
            (
                Upsert,
                json!({"where": {"id": 1}, "create": person(1, "x"), "update": {"mail": "y"}}),
                "Invalid email address at \"create.mail\"; Invalid email address at \"update.mail\"",
            ),
        ] {
            let refused = call(place, "Person", operation, args.clone())
                .await
                .unwrap_err();
            let expected =
                format!("Invalid {operation} args for model \"Person\": Validation error: {said}");
            assert_eq!(refused.to_string(), expected, "{} {args}", place.name);
            assert!(
                matches!(refused, Error::Invalid(InvalidInput::Validation { .. })),
                "{refused:?}"
            );
        }
        if place.client.dialect().capability().insert_returning {
            let args = json!({"data": [person(2, "x")]});
            let refused = call(place, "Person", CreateManyAndReturn, args)
                .await
                .unwrap_err();
            assert!(
                refused
                    .to_string()
                    .ends_with("Invalid email address at \"data[0].mail\""),
                "{refused}"
            );
        }
        let args = json!({"where": {"id": 1}, "data": {"mail": "x"}});
        let refused = call(place, "Person", UpdateManyAndReturn, args)
            .await
            .unwrap_err();
        assert!(
            refused
                .to_string()
                .ends_with("Invalid email address at \"data.mail\""),
            "{refused}"
        );
        // Nothing of it was written.
        assert_eq!(
            call(place, "Person", Operation::Count, json!({}))
                .await
                .unwrap(),
            json!(1),
            "{}",
            place.name
        );
        assert_eq!(
            call(place, "Note", Operation::Count, json!({}))
                .await
                .unwrap(),
            json!(0),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn what_passes_is_written_as_transforms_made_it() {
    for place in &places_of(MODELS).await.places {
        let data = json!({"id": 1, "mail": " A@B.Co\n", "name": "ann", "age": 18, "size": {"unit": "cm", "value": 1.5}});
        let made = call(place, "Person", Operation::Create, json!({"data": data}))
            .await
            .unwrap();
        assert_eq!(made["mail"], "a@b.co", "{}", place.name);
        let args = json!({"where": {"id": 1}, "data": {"mail": " C@D.de ", "name": null, "age": {"increment": -10}}});
        let made = call(place, "Person", Operation::Update, args)
            .await
            .unwrap();
        // Contract §2.10: sums are not checked.
        assert_eq!(
            (&made["mail"], &made["name"], &made["age"]),
            (&json!("c@d.de"), &Json::Null, &json!(8)),
            "{}",
            place.name
        );
    }
}

/// Contract §2.10 and §8, trap 14.
#[tokio::test]
async fn an_update_that_leaves_out_what_a_function_asks_for_fails() {
    let models = "
        model Person { id Int @id mail String age Int? name String?
          @@validate(isEmail(mail))
          @@validate(age > 18) }
    ";
    for place in &places_of(models).await.places {
        let data = json!({"id": 1, "mail": "a@b.co"});
        call(place, "Person", Operation::Create, json!({"data": data}))
            .await
            .unwrap();
        for (data, passes) in [
            (json!({"name": "x"}), false),
            (json!({"name": "x", "mail": "a@b.co"}), true),
            (json!({"mail": "a@b.co", "age": 18}), false),
            (json!({"mail": "a@b.co", "age": 19}), true),
            (json!({"mail": "a@b.co", "age": null}), false),
        ] {
            let args = json!({"where": {"id": 1}, "data": data});
            let done = call(place, "Person", Operation::Update, args).await;
            assert_eq!(done.is_ok(), passes, "{} {data}: {done:?}", place.name);
        }
    }
}

fn kept() -> ClientOptions {
    let mut options = options();
    options.fields = FieldServices {
        encryption: Some(Encryption::new(&[1; 32])),
        omitted: Omitted::default().by_query(OmitOverride::Refused),
        ..FieldServices::default()
    };
    options
}

#[tokio::test]
async fn calls_hash_seal_and_leave_out() {
    let schema = schema(
        "model Safe {
           id     Int     @id
           pass   String? @password(saltLength: 4) @length(3) @omit
           secret String? @encrypted
         }",
    );
    for place in &places_with(&schema, &kept).await.places {
        let name = place.name;
        let data = json!({"id": 1, "pass": "open sesame", "secret": "cave"});
        let made = call(place, "Safe", Operation::Create, json!({"data": data}))
            .await
            .unwrap();
        assert_eq!(made, json!({"id": 1, "secret": "cave"}), "{name}");
        let first = hash(place).await;
        assert!(
            first.starts_with("$2b$04$") && first.len() == 60,
            "{name} {first}"
        );
        let args = json!({"where": {"id": 1}, "data": {"pass": "open sesame"}});
        call(place, "Safe", Operation::Update, args).await.unwrap();
        assert_ne!(hash(place).await, first, "{name}: a salt of its own");
        // The length is that of the password, not of the hash.
        let args = json!({"where": {"id": 1}, "data": {"pass": "ab"}});
        let refused = call(place, "Safe", Operation::Update, args)
            .await
            .unwrap_err();
        assert!(
            refused.to_string().contains("data.pass"),
            "{name} {refused}"
        );
        let rows = call(place, "Safe", Operation::FindMany, json!({}))
            .await
            .unwrap();
        assert_eq!(rows, json!([{"id": 1, "secret": "cave"}]), "{name}");
        let refused = call(
            place,
            "Safe",
            Operation::FindMany,
            json!({"omit": {"pass": false}}),
        )
        .await;
        assert!(
            matches!(refused, Err(Error::Invalid(_))),
            "{name} {refused:?}"
        );
        let refused = call(
            place,
            "Safe",
            Operation::FindMany,
            json!({"where": {"secret": "cave"}}),
        )
        .await;
        assert!(
            matches!(refused, Err(Error::Invalid(InvalidInput::Encrypted { .. }))),
            "{name} {refused:?}"
        );
        let refused = call(place, "Safe", Operation::GroupBy, json!({"by": "secret"})).await;
        assert!(
            matches!(refused, Err(Error::Invalid(InvalidInput::Encrypted { .. }))),
            "{name} {refused:?}"
        );
    }
}

async fn hash(place: &Place) -> String {
    let found = place
        .client
        .find_unique("Safe")
        .select(["pass"])
        .filter(field("id").eq(1));
    found.run().await.unwrap().unwrap().get("pass").unwrap()
}
