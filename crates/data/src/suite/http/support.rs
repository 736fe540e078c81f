use http::Method;
use serde_json::{Value as Json, json};
use url::form_urlencoded::Serializer;

use crate::http::{DataService, ErrorDetail, Exposure, HttpOptions, Request};
use crate::suite::support::{Places, options, places_with, schema};
use crate::{ArgValue, ClientOptions, DialectVersion};

/// Rules, so that everything can be refused in some way; `id`s are given.
pub(super) const SCHEMA: &str = r#"
    model Person {
      id    String @id
      email String @unique @email
      posts Post[]
      @@auth
      @@allow('all', true)
    }

    model Post {
      id        String   @id
      title     String   @length(1, 20)
      published Boolean  @default(false)
      views     Int      @default(0)
      createdAt DateTime @default(now())
      author    Person   @relation(fields: [authorId], references: [id])
      authorId  String
      @@allow('all', auth().id == authorId)
      @@allow('read', published)
      @@deny('update', views > 99)
      @@deny('post-update', views < 0)
    }

    // What is written here is not seen again.
    model Note {
      id   String @id
      text String @allow('update', false)
      @@allow('create,update', true)
      @@allow('delete', true)
      @@allow('read', id == 'seen')
    }

    model Bare { id String @id }
"#;

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Json,
}

impl Answer {
    pub(super) fn data(&self) -> &Json {
        assert!(self.status < 300, "{self:?}");
        &self.body["data"]
    }

    pub(super) fn error(&self) -> &Json {
        assert!(self.status >= 400, "{self:?}");
        &self.body["error"]
    }

    pub(super) fn message(&self) -> &str {
        self.error()["message"].as_str().unwrap()
    }
}

/// A service, and who asks it.
pub(super) struct Served {
    pub(super) name: &'static str,
    pub(super) service: DataService,
}

pub(super) struct AllServed {
    pub(super) all: Vec<Served>,
    _places: Places,
}

/// Services of a schema on every database there is.
pub(super) async fn served(text: &str, version: DialectVersion) -> AllServed {
    let plain = HttpOptions {
        exposure: Exposure::everything(),
        errors: ErrorDetail::Database,
        ..HttpOptions::default()
    };
    served_with(text, version, &plain).await
}

pub(super) async fn served_with(
    text: &str,
    version: DialectVersion,
    http: &HttpOptions,
) -> AllServed {
    let options = || ClientOptions {
        dialect_version: version,
        ..options()
    };
    let places = places_with(&schema(text), &options).await;
    let all = places.places.iter().map(|place| Served {
        name: place.name,
        service: DataService::new(place.client.clone(), http.clone()).unwrap(),
    });
    AllServed {
        all: all.collect(),
        _places: places,
    }
}

impl Served {
    /// Asks as somebody: `{}` is nobody.
    pub(super) async fn ask(
        &self,
        who: Option<&str>,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let person = who.map(|id| ArgValue::from_json(json!({ "id": id })).unwrap());
        let query = Serializer::new(String::new()).extend_pairs(query).finish();
        let request = Request {
            method: &method,
            path,
            query: &query,
            body,
        };
        let response = self.service.rpc(person, request).await;
        assert_eq!(response.headers()["content-type"], "application/json");
        Answer {
            status: response.status().as_u16(),
            body: serde_json::from_slice(response.body()).unwrap(),
        }
    }

    /// Asks as a person of whom more is known than an id.
    pub(super) async fn check(&self, person: Option<Json>, model: &str, args: &Json) -> Answer {
        let query = [("q", args.to_string())];
        let query = Serializer::new(String::new()).extend_pairs(query).finish();
        let request = Request {
            method: &Method::GET,
            path: &format!("/{model}/check"),
            query: &query,
            body: b"",
        };
        let person = person.map(|person| ArgValue::from_json(person).unwrap());
        let response = self.service.rpc(person, request).await;
        Answer {
            status: response.status().as_u16(),
            body: serde_json::from_slice(response.body()).unwrap(),
        }
    }

    pub(super) async fn get(&self, who: &str, path: &str, args: &Json) -> Answer {
        let args = args.to_string();
        self.ask(Some(who), Method::GET, path, &[("q", &args)], b"")
            .await
    }

    pub(super) async fn delete(&self, who: &str, path: &str, args: &Json) -> Answer {
        let args = args.to_string();
        self.ask(Some(who), Method::DELETE, path, &[("q", &args)], b"")
            .await
    }

    pub(super) async fn post(&self, who: &str, path: &str, args: &Json) -> Answer {
        let body = args.to_string();
        self.ask(Some(who), Method::POST, path, &[], body.as_bytes())
            .await
    }

    pub(super) async fn put(&self, who: &str, path: &str, args: &Json) -> Answer {
        let body = args.to_string();
        self.ask(Some(who), Method::PUT, path, &[], body.as_bytes())
            .await
    }

    /// Two people, and posts of one: one that everybody may read, one of many views.
    pub(super) async fn fill(&self) {
        for id in ["ann", "bob"] {
            let data = json!({"data": {"id": id, "email": format!("{id}@example.org")}});
            self.post("ann", "/person/create", &data).await.data();
        }
        let posts = json!({"data": [
            {"id": "1", "title": "open", "published": true, "views": 1, "authorId": "ann"},
            {"id": "2", "title": "draft", "views": 2, "authorId": "ann"},
            {"id": "3", "title": "famous", "views": 100, "authorId": "ann"},
        ]});
        self.post("ann", "/post/createMany", &posts).await.data();
    }
}
