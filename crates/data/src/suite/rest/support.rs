use std::num::NonZeroU32;

use http::{Method, Response};
use serde_json::{Value as Json, json};

use crate::http::{DataService, Exposure, HttpOptions, PageSize, Request, RestOptions};
use crate::suite::support::{Place, Places, call, empty_places, options, places_with, schema};
use crate::{ArgValue, Client, ClientOptions, DialectVersion, Limits, Operation};

pub(super) const ENDPOINT: &str = "http://localhost/api";

/// People and what they write; relations in every direction, ids of every kind.
pub(super) const SCHEMA: &str = r#"
    enum Level {
      LOW  @map("low")
      HIGH
    }

    type Place {
      city String
    }

    model Person {
      key      String    @id @default(cuid())
      email    String    @unique @email
      name     String?
      secret   String?   @omit
      home     Place?    @json
      posts    Post[]
      likes    Like[]
      passport Passport?
    }

    model Passport {
      id        Int    @id @default(autoincrement())
      country   String
      person    Person @relation(fields: [personKey], references: [key])
      personKey String @unique
    }

    model Post {
      id        Int       @id @default(autoincrement())
      title     String    @length(1, 20)
      views     Int       @default(0)
      done      Boolean   @default(false)
      at        DateTime?
      level     Level     @default(LOW)
      data      Json?
      author    Person?   @relation(fields: [authorKey], references: [key])
      authorKey String?
      comments  Comment[]
      likes     Like[]
      tags      Tag[]
    }

    model Comment {
      id     Int    @id @default(autoincrement())
      text   String
      post   Post   @relation(fields: [postId], references: [id])
      postId Int
    }

    model Like {
      postId    Int
      personKey String
      strong    Boolean @default(false)
      post      Post    @relation(fields: [postId], references: [id])
      person    Person  @relation(fields: [personKey], references: [key])
      notes     Note[]
      @@id([postId, personKey])
    }

    model Note {
      id        Int    @id @default(autoincrement())
      text      String
      postId    Int
      personKey String
      like      Like   @relation(fields: [postId, personKey], references: [postId, personKey])
    }

    model Tag {
      name  String @id
      posts Post[]
    }
"#;

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Json,
}

impl Answer {
    pub(super) fn of(response: &Response<bytes::Bytes>) -> Self {
        let content = response.headers().get("content-type");
        assert_eq!(content.unwrap(), "application/json");
        Self {
            status: response.status().as_u16(),
            body: serde_json::from_slice(response.body()).unwrap(),
        }
    }

    /// The body of a success.
    pub(super) fn ok(&self) -> &Json {
        assert!(self.status < 300, "{self:?}");
        &self.body
    }

    pub(super) fn data(&self) -> &Json {
        &self.ok()["data"]
    }

    pub(super) fn ids(&self) -> Vec<Json> {
        let data = self.data().as_array().unwrap();
        data.iter().map(|one| one["id"].clone()).collect()
    }

    /// Status and code of a mistake.
    pub(super) fn problem(&self) -> (u16, &str) {
        let error = &self.body["errors"][0];
        assert_eq!(error["status"], json!(self.status), "{self:?}");
        (self.status, error["code"].as_str().unwrap())
    }
}

/// A service, and the client with full access behind it.
pub(super) struct Served {
    pub(super) name: &'static str,
    pub(super) client: Client,
    pub(super) service: DataService,
    person: Option<ArgValue>,
}

pub(super) struct AllServed {
    pub(super) all: Vec<Served>,
    _places: Places,
}

pub(super) fn rest_options() -> RestOptions {
    RestOptions {
        endpoint: ENDPOINT.to_owned(),
        page_size: PageSize::Rows(NonZeroU32::new(5).unwrap()),
        ..RestOptions::default()
    }
}

/// Services of [`SCHEMA`] on every database there is.
pub(super) async fn served() -> AllServed {
    served_with(SCHEMA, rest_options()).await
}

pub(super) async fn served_with(text: &str, rest: RestOptions) -> AllServed {
    served_as(text, rest, DialectVersion::Three).await
}

pub(super) async fn served_as(text: &str, rest: RestOptions, version: DialectVersion) -> AllServed {
    let options = || ClientOptions {
        dialect_version: version,
        ..options()
    };
    let http = HttpOptions {
        rest,
        ..everything()
    };
    let places = places_with(&schema(text), &options).await;
    let all = places.places.iter();
    let all = all.map(|place| Served::of(place.name, place.client.clone(), &http));
    AllServed {
        all: all.collect(),
        _places: places,
    }
}

/// Services of these models where columns may hold several values, though other databases refuse such models.
pub(super) async fn served_with_lists(text: &str, version: DialectVersion) -> AllServed {
    let mut places = empty_places("model None { id Int @id }").await;
    let has_lists = |place: &Place| place.dialect.capability().lists;
    places.places.retain(has_lists);
    for place in &mut places.places {
        let options = ClientOptions {
            dialect_version: version,
            ..options()
        };
        let database = place.client.engine.database.clone();
        place.client = Client::new(database, schema(text).into(), options).unwrap();
        place.client.create_missing_tables().await.unwrap();
    }
    let all = places.places.iter();
    let all = all.map(|place| Served::of(place.name, place.client.clone(), &everything()));
    AllServed {
        all: all.collect(),
        _places: places,
    }
}

/// Every model, as tests ask for them.
pub(super) fn everything() -> HttpOptions {
    HttpOptions {
        exposure: Exposure::everything(),
        rest: rest_options(),
        ..HttpOptions::default()
    }
}

impl Served {
    pub(super) fn of(name: &'static str, client: Client, options: &HttpOptions) -> Self {
        let service = DataService::new(client.clone(), options.clone()).unwrap();
        Self {
            name,
            client,
            service,
            person: None,
        }
    }

    /// The same service, asked by somebody.
    pub(super) fn by(&self, id: &str) -> Self {
        Self {
            name: self.name,
            client: self.client.clone(),
            service: self.service.clone(),
            person: Some(ArgValue::from_json(json!({ "id": id })).unwrap()),
        }
    }

    /// The same service, asked by somebody who may ask for no more than this.
    pub(super) fn within(&self, limits: Limits) -> Self {
        Self {
            name: self.name,
            client: self.client.with_limits(limits),
            service: self.service.clone(),
            person: self.person.clone(),
        }
    }

    pub(super) async fn respond(
        &self,
        method: &str,
        address: &str,
        body: &[u8],
    ) -> Response<bytes::Bytes> {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = Request {
            method: &method,
            path,
            query,
            body,
        };
        // Schemas without rules are asked with full access.
        let has_rules = self
            .client
            .schema()
            .models
            .iter()
            .any(|model| !model.policies.is_empty());
        if has_rules {
            self.service.rest(self.person.clone(), request).await
        } else {
            self.service.rest_with(&self.client, request).await
        }
    }

    pub(super) async fn get(&self, address: &str) -> Answer {
        Answer::of(&self.respond("GET", address, b"").await)
    }

    pub(super) async fn send(&self, method: &str, address: &str, body: Json) -> Answer {
        Answer::of(
            &self
                .respond(method, address, body.to_string().as_bytes())
                .await,
        )
    }

    /// Adds a row with full access.
    pub(super) async fn add(&self, model: &str, data: Json) -> Json {
        let args = json!({ "data": data });
        call(&self.client, model, Operation::Create, args)
            .await
            .unwrap()
    }

    /// Reads rows with full access.
    pub(super) async fn rows(&self, model: &str, args: Json) -> Json {
        call(&self.client, model, Operation::FindMany, args)
            .await
            .unwrap()
    }

    /// Two people; the first with two posts, the second with one.
    pub(super) async fn seed(&self) {
        let people = json!([
            {"key": "ann", "email": "ann@example.org", "name": "Ann", "secret": "s", "home": {"city": "Rome"}},
            {"key": "bob", "email": "bob@example.org"},
        ]);
        for person in people.as_array().unwrap() {
            self.add("Person", person.clone()).await;
        }
        let posts = json!([
            {"id": 1, "title": "one", "views": 1, "authorKey": "ann", "at": "2026-01-01T00:00:00Z"},
            {"id": 2, "title": "two", "views": 2, "authorKey": "ann", "done": true, "level": "HIGH", "data": {"a": 1}},
            {"id": 3, "title": "three", "views": 3, "authorKey": "bob", "at": "2026-03-01T00:00:00Z"},
        ]);
        for post in posts.as_array().unwrap() {
            self.add("Post", post.clone()).await;
        }
        self.add("Comment", json!({"id": 1, "text": "c1", "postId": 1}))
            .await;
        self.add("Comment", json!({"id": 2, "text": "c2", "postId": 3}))
            .await;
        self.add(
            "Passport",
            json!({"id": 1, "country": "IT", "personKey": "ann"}),
        )
        .await;
        self.add(
            "Like",
            json!({"postId": 1, "personKey": "bob", "strong": true}),
        )
        .await;
        self.add(
            "Tag",
            json!({"name": "red", "posts": {"connect": [{"id": 1}, {"id": 2}]}}),
        )
        .await;
        self.add("Tag", json!({"name": "blue"})).await;
    }
}

/// `data` of a body.
pub(super) fn resource(kind: &str, attributes: Json) -> Json {
    let mut body = json!({"data": {"type": kind}});
    body["data"]["attributes"] = attributes;
    body
}
