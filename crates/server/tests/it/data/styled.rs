//! What the data looks like, as the settings say: generations of clients, and paths, ids and links of the REST style.

use reqwest::Method;
use serde_json::{Value, json};

use super::place::{Place, Told, create, path_of, told, written};
use crate::harness::Visitor;

const SHELVES: &str = r"
model Author {
  id     Int    @id
  handle String @unique
  books  Book[]
  @@allow('all', true)
}

model Book {
  shelf    String
  number   Int
  title    String
  author   Author? @relation(fields: [authorId], references: [id])
  authorId Int?
  @@id([shelf, number])
  @@allow('all', true)
}
";

const STYLE: &str = "
[api]
docs = 'open'
[data]
nested_routes = true
linkage = 1
id_divider = ':'
url_segment_charset = 'a-zA-Z0-9-_~ %:'
model_name_mapping = { Author = 'writers' }
[data.external_id_mapping]
Author = 'handle'
";

async fn send(
    visitor: &Visitor,
    method: Method,
    path: &str,
    kind: &str,
    attributes: Value,
) -> Told {
    let body = json!({"data": {"type": kind, "attributes": attributes}});
    let request = visitor.request(method, &format!("/api/rest{path}"));
    let request = request.header("content-type", "application/vnd.api+json");
    told(request.body(body.to_string())).await
}

async fn get(visitor: &Visitor, path: &str) -> Told {
    told(visitor.request(Method::GET, &format!("/api/rest{path}"))).await
}

fn ann() -> Value {
    json!({"id": 1, "handle": "ann"})
}

fn book(number: u8) -> Value {
    json!({"shelf": "a", "number": number, "title": "t"})
}

#[tokio::test]
async fn resources_look_as_the_settings_say() {
    let place = Place::with(SHELVES, STYLE).await;
    let nobody = place.visitor();
    let (status, made) = send(&nobody, Method::POST, "/writers", "Author", ann()).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["data"]["type"], "writers");
    assert_eq!(made["data"]["id"], "ann");
    assert_eq!(made["links"]["self"], "/api/rest/writers/ann");
    let (status, said) = get(&nobody, "/author").await;
    assert_eq!(
        (status, &said["errors"][0]["code"]),
        (400, &json!("invalid-value"))
    );

    // Within its author, and by values with the divider between them.
    let (status, made) = send(&nobody, Method::POST, "/writers/ann/books", "Book", book(1)).await;
    assert_eq!(
        (status, &made["data"]["id"]),
        (201, &json!("a:1")),
        "{made}"
    );
    assert_eq!(
        made["data"]["links"]["self"],
        "/api/rest/writers/ann/books/a:1"
    );
    assert_eq!(made["data"]["attributes"]["authorId"], 1);
    for path in ["/book/a:1", "/writers/ann/books/a:1"] {
        assert_eq!(get(&nobody, path).await.0, 200, "{path}");
    }
    assert_ne!(get(&nobody, "/book/a_1").await.0, 200);

    // One identifier is named, of two there are links alone.
    let books = async || {
        let (_, mut one) = get(&nobody, "/writers/ann").await;
        one["data"]["relationships"]["books"].take()
    };
    assert_eq!(
        books().await["data"],
        json!([{"type": "Book", "id": "a:1"}])
    );
    let second = send(&nobody, Method::POST, "/writers/ann/books", "Book", book(2)).await;
    assert_eq!(second.0, 201);
    let books = books().await;
    assert_eq!(books.get("data"), None, "{books}");
    assert_eq!(books["links"]["related"], "/api/rest/writers/ann/books");
}

#[tokio::test]
async fn the_description_says_what_the_settings_say() {
    let place = Place::with(SHELVES, STYLE).await;
    let document = place.visitor().get_json("/api/openapi.json").await;
    let paths = &document["paths"];
    for path in [
        "/api/rest/writers",
        "/api/rest/writers/{id}/books/{childId}",
    ] {
        assert!(paths[path].is_object(), "{path}");
    }
    assert_eq!(paths.get("/api/rest/author"), None);
    assert!(paths["/api/rest/writers/{id}/books"]["post"].is_object());
    let id = &paths["/api/rest/book/{id}"]["parameters"][0];
    assert_eq!(
        id["description"],
        "`shelf` and `number`, with `:` between them."
    );
    let id = &paths["/api/rest/writers/{id}"]["parameters"][0];
    assert_eq!(id["description"], "The `handle` of the resource.");
    let author = &document["components"]["schemas"]["Author.Rest"]["properties"];
    assert_eq!(author["type"], json!({"const": "writers"}));
}

#[tokio::test]
async fn resources_look_as_ever_where_nothing_is_said() {
    let place = Place::with(SHELVES, "").await;
    let nobody = place.visitor();
    let (status, made) = send(&nobody, Method::POST, "/author", "Author", ann()).await;
    assert_eq!((status, &made["data"]["id"]), (201, &json!(1)), "{made}");
    for number in [1, 2] {
        let nested = send(
            &nobody,
            Method::POST,
            "/author/1/books",
            "Book",
            book(number),
        )
        .await;
        assert_eq!(nested.0, 400, "{}", nested.1);
        let mut book = book(number);
        book["authorId"] = json!(1);
        let (status, made) = send(&nobody, Method::POST, "/book", "Book", book).await;
        assert_eq!(
            (status, &made["data"]["id"]),
            (201, &json!(format!("a_{number}")))
        );
    }
    let (_, one) = get(&nobody, "/author/1").await;
    let named = one["data"]["relationships"]["books"]["data"].as_array();
    assert_eq!(named.map(Vec::len), Some(2), "{one}");
    assert_eq!(get(&nobody, "/author/1/books/a_1").await.0, 400);
}

const PAPERS: &str = r"
model Paper {
  id   Int   @id
  scan Bytes
  @@allow('all', true)
}

model Draft {
  id Int @id
  @@allow('all', auth().role != 'reader')
}
";

/// Where generations differ: bytes, errors, what there is, and rules about nobody.
#[tokio::test]
async fn clients_of_either_generation_are_answered() {
    for (settings, is_older) in [
        ("", false),
        ("[data]\ndialect = 3", false),
        ("[data]\ndialect = 2", true),
    ] {
        let place = Place::with(PAPERS, settings).await;
        let nobody = place.visitor();
        let paper = json!({
            "data": {"id": 1, "scan": "AQI="},
            "meta": {"serialization": {"values": {"data.scan": [["custom", "Bytes"]]}}},
        });
        let (status, made) = told(written(&nobody, Method::POST, "paper/create", &paper)).await;
        assert_eq!(status, 201, "{made}");
        let scan = if is_older {
            json!("AQI=")
        } else {
            json!([1, 2])
        };
        assert_eq!(made["data"]["scan"], scan, "{settings}");

        let asked = path_of("paper/check", &json!({"operation": "read"}));
        let (status, said) = told(nobody.request(Method::GET, &asked)).await;
        match is_older {
            true => assert_eq!((status, said), (200, json!({"data": true}))),
            false => assert_eq!(status, 400, "{said}"),
        }

        let (status, refused) = create(
            &nobody,
            "note",
            json!({"id": 1, "title": "t", "ownerId": "x"}),
        )
        .await;
        assert_eq!(status, 403, "{refused}");
        let code = is_older.then_some("P2004");
        assert_eq!(
            refused["error"].get("code").and_then(Value::as_str),
            code,
            "{refused}"
        );
        let reason = (!is_older).then_some("no-access");
        assert_eq!(
            refused["error"].get("rejectReason").and_then(Value::as_str),
            reason
        );

        // Nobody has no role: of the older generation it compares with nothing.
        let (status, _) = create(&nobody, "draft", json!({"id": 1})).await;
        assert_eq!(status, if is_older { 403 } else { 201 }, "{settings}");
    }
}
