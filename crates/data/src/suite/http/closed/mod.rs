//! What is closed and what does not exist are one to whoever asks, wherever it stands: every request here is sent twice, once
//! with the name of something closed and once with a name that the schema does not have, and answered alike.

mod rest;
mod rpc;

use http::Method;
use serde_json::{Value as Json, json};

use crate::http::{DataService, Exposure, HttpOptions, Request};
use crate::suite::support::{Place, Places, call, options, places_with, schema};
use crate::{ArgValue, ClientOptions, Operation, Procedures};

/// `Vault` is closed by a setting, `Bare` for want of a rule, `Session` because it keeps sign-in data.
const SCHEMA: &str = r#"
    model Person {
      id       String    @id
      name     String
      posts    Post[]
      vaults   Vault[]
      sessions Session[]
      @@auth
      @@allow('all', true)
    }

    model Post {
      id       Int       @id
      title    String
      author   Person?   @relation(fields: [authorId], references: [id])
      authorId String?
      vaults   Vault[]
      keeper   Vault?    @relation('keeper', fields: [guardedBy], references: [id])
      guardedBy Int?
      labels   Label[]
      bares    Bare[]
      sessions Session[]
      @@allow('all', title != 'hidden')
      // Rules look at what is closed.
      @@deny('read', vaults?[code == 'locks'])
    }

    model Vault {
      id      Int     @id
      code    String
      post    Post?   @relation(fields: [postId], references: [id])
      postId  Int?
      kept    Post[]  @relation('keeper')
      owner   Person? @relation(fields: [ownerId], references: [id])
      ownerId String?
      @@allow('all', true)
    }

    model Label {
      id    Int    @id
      text  String
      posts Post[]
      @@allow('all', true)
    }

    model Bare {
      id     Int   @id
      post   Post? @relation(fields: [postId], references: [id])
      postId Int?
    }

    model Session {
      id       Int     @id
      post     Post?   @relation(fields: [postId], references: [id])
      postId   Int?
      person   Person? @relation(fields: [personId], references: [id])
      personId String?
      @@allow('all', true)
    }

    model Asset {
      id   Int    @id
      kind String
      @@delegate(kind)
      @@allow('all', true)
    }

    model Film extends Asset { minutes Int }
    model Plan extends Asset { blueprint String }

    procedure codes(): Int
"#;

/// Of `Post`, and closed in every way there is.
const CLOSED: [&str; 5] = ["vaults", "keeper", "labels", "bares", "sessions"];

/// No name of the schema, nor like one.
const UNKNOWN: &str = "qwxyz";

fn options_with_procedures() -> ClientOptions {
    ClientOptions {
        procedures: Procedures::default().with("codes", async |call| {
            let all = ArgValue::Object(Vec::new());
            call.client.call("Vault", Operation::Count, &all).await
        }),
        ..options()
    }
}

async fn places() -> Places {
    let places = places_with(&schema(SCHEMA), &options_with_procedures).await;
    for place in &places.places {
        fill(place).await;
    }
    places
}

async fn fill(place: &Place) {
    for (model, data) in [
        ("Person", json!({"id": "ann", "name": "Ann"})),
        ("Post", json!({"id": 1, "title": "milk", "authorId": "ann"})),
        (
            "Post",
            json!({"id": 2, "title": "locked", "authorId": "ann"}),
        ),
        (
            "Vault",
            json!({"id": 1, "code": "planted", "postId": 1, "ownerId": "ann"}),
        ),
        ("Vault", json!({"id": 2, "code": "locks", "postId": 2})),
        (
            "Label",
            json!({"id": 1, "text": "planted", "posts": {"connect": {"id": 1}}}),
        ),
        ("Bare", json!({"id": 1, "postId": 1})),
        ("Session", json!({"id": 1, "postId": 1, "personId": "ann"})),
        ("Film", json!({"id": 1, "minutes": 90})),
        ("Plan", json!({"id": 2, "blueprint": "planted"})),
    ] {
        let args = json!({ "data": data });
        let done = call(&place.client, model, Operation::Create, args).await;
        done.unwrap_or_else(|error| panic!("{} {model}: {error}", place.name));
    }
}

fn service(place: &Place) -> DataService {
    let exposure = Exposure {
        open: vec!["Person".to_owned()],
        closed: vec!["Vault".to_owned(), "Label".to_owned(), "Plan".to_owned()],
        ..Exposure::default()
    };
    let http = HttpOptions {
        exposure,
        ..HttpOptions::default()
    };
    DataService::new(place.client.clone(), http).unwrap()
}

#[derive(Debug, Clone, Copy)]
enum Style {
    Rpc,
    Rest,
}

/// Who asks: a person, and a program that has everything.
const ASKERS: [Option<&str>; 2] = [Some("ann"), None];

/// Status and text of an answer.
async fn ask(
    (place, service): (&Place, &DataService),
    (style, asker): (Style, Option<&str>),
    method: &str,
    (path, query): (&str, &str),
    body: &str,
) -> (u16, String) {
    let method: Method = method.parse().unwrap();
    let request = Request {
        method: &method,
        path,
        query,
        body: body.as_bytes(),
    };
    let client = match asker {
        Some(id) => {
            let person = ArgValue::from_json(json!({ "id": id })).unwrap();
            place.client.for_user(Some(person))
        }
        None => place.client.clone(),
    };
    let response = match style {
        Style::Rpc => service.rpc_with(&client, request).await,
        Style::Rest => service.rest_with(&client, request).await,
    };
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    (response.status().as_u16(), text)
}

/// The rows that are there, whoever may see them.
async fn rows(place: &Place) -> Vec<Json> {
    let mut rows = Vec::new();
    for model in ["Person", "Post", "Vault", "Label", "Bare", "Session"] {
        let args = json!({"orderBy": {"id": "asc"}});
        rows.push(
            call(&place.client, model, Operation::FindMany, args)
                .await
                .unwrap(),
        );
    }
    rows
}
