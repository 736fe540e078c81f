use serde_json::json;

use super::support::{ENDPOINT, resource, rest_options, served, served_with};
use crate::http::RestOptions;

fn map(pairs: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
        .collect()
}

#[tokio::test]
async fn ids_of_several_fields_can_have_another_divider() {
    let text = "
        enum Role {
          COMMON_USER
          ADMIN_USER
        }
        model User {
          email   String
          role    Role
          enabled Boolean @default(true)
          @@id([email, role])
        }
    ";
    let options = RestOptions {
        id_divider: ":".to_owned(),
        url_segment_charset: "a-zA-Z0-9-_~ %@.:".to_owned(),
        ..rest_options()
    };
    for db in served_with(text, options).await.all {
        let user = json!({"email": "ann@example.org", "role": "COMMON_USER"});
        let answer = db.send("POST", "/user", resource("User", user)).await;
        assert_eq!(answer.status, 201, "{} {answer:?}", db.name);
        let id = "ann@example.org:COMMON_USER";
        assert_eq!(answer.data()["id"], json!(id), "{}", db.name);
        assert_eq!(
            answer.data()["links"]["self"],
            json!(format!("{ENDPOINT}/user/{id}"))
        );
        let answer = db.get(&format!("/user/{id}")).await;
        assert_eq!(
            answer.data()["attributes"]["email"],
            json!("ann@example.org"),
            "{}",
            db.name
        );
        let answer = db
            .send(
                "PUT",
                &format!("/user/{id}"),
                resource("User", json!({"enabled": false})),
            )
            .await;
        assert_eq!(
            answer.data()["attributes"]["enabled"],
            json!(false),
            "{}",
            db.name
        );
        let answer = db.send("DELETE", &format!("/user/{id}"), json!(null)).await;
        assert_eq!(answer.ok(), &json!({"meta": {}}), "{}", db.name);
        assert_eq!(
            db.get(&format!("/user/{id}")).await.problem(),
            (404, "not-found"),
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn every_id_that_is_given_can_be_asked_for() {
    for db in served().await.all {
        db.add("Post", json!({"id": 1, "title": "t"})).await;
        for (number, key) in ["a_b", "a b", "ü/%_%25", "a.b@c", "_", "%5F", "a,b", ",%2C"]
            .into_iter()
            .enumerate()
        {
            let email = format!("{number}@example.org");
            db.add("Person", json!({"key": key, "email": email})).await;
            db.add("Like", json!({"postId": 1, "personKey": key})).await;
            for path in ["/person", "/like"] {
                let answer = db.get(path).await;
                let all = answer.data().as_array().unwrap().clone();
                let one = all.iter().find(|one| {
                    one["id"] == json!(key) || one["attributes"]["personKey"] == json!(key)
                });
                let Some(one) = one else {
                    panic!("{} {path} {key}: {answer:?}", db.name)
                };
                let link = one["links"]["self"].as_str().unwrap();
                let found = db.get(link.strip_prefix(ENDPOINT).unwrap()).await;
                assert_eq!(found.data()["id"], one["id"], "{} {path} {key}", db.name);
                let related = one["relationships"]["person"]["links"]["related"].as_str();
                if let Some(related) = related {
                    let found = db.get(related.strip_prefix(ENDPOINT).unwrap()).await;
                    assert_eq!(found.data()["id"], json!(key), "{} {path} {key}", db.name);
                }
            }
            db.client
                .call(
                    "Like",
                    crate::Operation::DeleteMany,
                    &crate::ArgValue::Object(Vec::new()),
                )
                .await
                .unwrap();
            let answer = db
                .send("DELETE", &format!("/person/{}", encoded(key)), json!(null))
                .await;
            assert_eq!(answer.status, 200, "{} {key}", db.name);
        }
    }
}

#[tokio::test]
async fn ids_with_commas_can_be_filtered_by() {
    for db in served().await.all {
        for (id, key) in [(1, "a,b"), (2, "a"), (3, "b"), (4, "a%2Cb")] {
            let email = format!("{id}@example.org");
            db.add("Person", json!({"key": key, "email": email})).await;
            let post = json!({"id": id, "title": "t", "authorKey": key});
            db.add("Post", post).await;
            db.add("Like", json!({"postId": id, "personKey": key}))
                .await;
        }
        // As the words of the filter are before the address is encoded.
        for (path, filter, expected) in [
            ("/person", "[id]=a%2Cb", vec![json!("a,b")]),
            ("/person", "[id]=a,b", vec![json!("a"), json!("b")]),
            ("/person", "[id]=a%252Cb", vec![json!("a%2Cb")]),
            ("/person", "[id]=b,a%2cb", vec![json!("a,b"), json!("b")]),
            ("/post", "[author]=a%2Cb", vec![json!(1)]),
            ("/post", "[author]=a,b", vec![json!(2), json!(3)]),
            ("/like", "[id]=1_a%2Cb", vec![json!("1_a%2Cb")]),
            ("/post", "[likes]=1_a%2Cb,2_a", vec![json!(1), json!(2)]),
        ] {
            let (name, value) = filter.split_once('=').unwrap();
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            let query = query.append_pair(&format!("filter{name}"), value).finish();
            let mut ids = db.get(&format!("{path}?{query}")).await.ids();
            ids.sort_by_key(ToString::to_string);
            assert_eq!(ids, expected, "{} {filter}", db.name);
        }
        // Documents give ids as filters and paths take them.
        let like = db.get("/like/1_a%252Cb").await;
        assert_eq!(like.data()["id"], json!("1_a%2Cb"), "{}", db.name);
        let plain = db.get("/like/1_a%2Cb").await;
        assert_eq!(plain.data()["id"], json!("1_a%2Cb"), "{}", db.name);
    }
}

/// A path cannot name it, so that no link leads there.
#[tokio::test]
async fn what_has_the_empty_text_for_an_id_has_no_address() {
    for db in served().await.all {
        db.add("Person", json!({"key": "", "email": "a@example.org"}))
            .await;
        db.add("Post", json!({"id": 1, "title": "t", "authorKey": ""}))
            .await;
        let people = db.get("/person").await;
        let person = &people.data()[0];
        assert_eq!(person["id"], json!(""), "{}", db.name);
        assert_eq!(person.get("links"), None, "{} {person}", db.name);
        let posts = db.get("/post/1?include=author").await;
        let author = &posts.body["included"][0];
        assert_eq!(
            author["attributes"]["email"], "a@example.org",
            "{}",
            db.name
        );
        assert_eq!(author.get("links"), None, "{} {author}", db.name);
        assert_eq!(db.get("/person/").await.problem(), (400, "invalid-path"));
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn models_can_have_other_names_in_paths() {
    let text = "
        model User {
          id    String @id
          name  String
          posts Post[]
        }
        model Post {
          id       String @id
          title    String
          author   User?  @relation(fields: [authorId], references: [id])
          authorId String?
        }
    ";
    let options = RestOptions {
        model_name_mapping: map(&[("User", "people")]),
        ..rest_options()
    };
    for db in served_with(text, options).await.all {
        let user = || resource("User", json!({"id": "1", "name": "Ann"}));
        for own in ["/user", "/User"] {
            let answer = db.send("POST", own, user()).await;
            assert_eq!(
                answer.problem(),
                (400, "invalid-value"),
                "{} {own}",
                db.name
            );
        }
        let answer = db.send("POST", "/people", user()).await;
        assert_eq!(answer.status, 201, "{} {answer:?}", db.name);
        assert_eq!(
            answer.body["links"]["self"],
            json!(format!("{ENDPOINT}/people/1"))
        );
        assert_eq!(answer.data()["type"], json!("people"), "{}", db.name);
        for (id, kind) in ["User", "user", "people"].into_iter().enumerate() {
            let body = json!({"data": {
                "type": "Post",
                "attributes": {"id": id.to_string(), "title": "t"},
                "relationships": {"author": {"data": {"type": kind, "id": "1"}}},
            }});
            let answer = db.send("POST", "/post", body).await;
            assert_eq!(answer.status, 201, "{} {kind}", db.name);
            let author = &answer.data()["relationships"]["author"]["data"];
            assert_eq!(*author, json!({"type": "people", "id": "1"}), "{}", db.name);
        }
        // Either case of the first letter of what has its own name.
        for own in ["/post", "/Post"] {
            assert_eq!(db.get(own).await.ids().len(), 3, "{} {own}", db.name);
        }
        let answer = db.get("/people/1?fields[people]=name").await;
        assert_eq!(
            answer.data()["attributes"],
            json!({"name": "Ann"}),
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn a_unique_key_can_stand_for_the_identity() {
    let text = "
        model User {
          id     Int    @id @default(autoincrement())
          name   String
          source String
          posts  Post[]
          @@unique([name, source])
        }
        model Post {
          id       Int    @id @default(autoincrement())
          title    String
          short    String @unique
          author   User?  @relation(fields: [authorId], references: [id])
          authorId Int?
        }
    ";
    let options = RestOptions {
        external_id_mapping: map(&[("User", "name_source"), ("post", "short")]),
        ..rest_options()
    };
    for db in served_with(text, options).await.all {
        db.add("User", json!({"id": 1, "name": "Ann", "source": "a"}))
            .await;
        db.add(
            "Post",
            json!({"id": 1, "title": "T", "short": "first", "authorId": 1}),
        )
        .await;
        assert_eq!(
            db.get("/user/1").await.problem(),
            (422, "validation-error"),
            "{}",
            db.name
        );
        let answer = db.get("/user/Ann_a").await;
        let attributes = json!({"id": 1, "name": "Ann", "source": "a"});
        assert_eq!(answer.data()["attributes"], attributes, "{}", db.name);
        assert_eq!(answer.data()["id"], json!("Ann_a"), "{}", db.name);
        let posts = &answer.data()["relationships"]["posts"]["data"];
        assert_eq!(
            *posts,
            json!([{"type": "Post", "id": "first"}]),
            "{}",
            db.name
        );
        let answer = db.get("/post/first?include=author").await;
        assert_eq!(answer.data()["id"], json!("first"), "{}", db.name);
        let attributes = json!({"id": 1, "title": "T", "authorId": 1});
        assert_eq!(answer.data()["attributes"], attributes, "{}", db.name);
        let author = json!({"type": "User", "id": "Ann_a"});
        assert_eq!(
            answer.data()["relationships"]["author"]["data"],
            author,
            "{}",
            db.name
        );
        assert_eq!(
            answer.body["included"][0]["id"],
            json!("Ann_a"),
            "{}",
            db.name
        );
        // Writes speak the same language.
        let body = json!({"data": {
            "type": "Post",
            "attributes": {"id": 2, "title": "U", "short": "second"},
            "relationships": {"author": {"data": author}},
        }});
        let answer = db.send("POST", "/post", body).await;
        assert_eq!(
            answer.data()["attributes"]["authorId"],
            json!(1),
            "{}",
            db.name
        );
        let body = json!({"data": [{"type": "Post", "id": "second"}]});
        let answer = db
            .send("PATCH", "/user/Ann_a/relationships/posts", body)
            .await;
        assert_eq!(answer.ids(), [json!("second")], "{}", db.name);
        assert_eq!(
            db.get("/post?filter[id]=first,second&sort=-id")
                .await
                .ids()
                .len(),
            2,
            "{}",
            db.name
        );
        assert_eq!(
            db.get("/post?filter[author]=Ann_a").await.ids(),
            [json!("second")],
            "{}",
            db.name
        );
        let body =
            json!({"data": {"type": "Post", "id": "third", "attributes": {"id": 3, "title": "V"}}});
        let answer = db.send("POST", "/post", body).await;
        assert_eq!(answer.data()["id"], json!("third"), "{}", db.name);
    }
}
