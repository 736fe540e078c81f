use serde_json::{Value as Json, json};

use super::support::{ENDPOINT, SCHEMA, rest_options, served, served_with};
use crate::http::RestOptions;

fn at(path: &str) -> String {
    format!("{ENDPOINT}{path}")
}

fn relationship(path: &str, name: &str, data: Json) -> Json {
    let own = at(&format!("{path}/relationships/{name}"));
    let related = at(&format!("{path}/{name}"));
    let mut relationship = json!({"links": {"self": own, "related": related}});
    relationship["data"] = data;
    relationship
}

#[tokio::test]
async fn a_resource_has_attributes_links_and_relationships() {
    for db in served().await.all {
        db.seed().await;
        let answer = db.get("/person/ann").await;
        let expected = json!({
            "jsonapi": {"version": "1.1"},
            "data": {
                "type": "Person",
                "id": "ann",
                "attributes": {"email": "ann@example.org", "name": "Ann", "home": {"city": "Rome"}},
                "links": {"self": at("/person/ann")},
                "relationships": {
                    "posts": relationship("/person/ann", "posts", json!([{"type": "Post", "id": 1}, {"type": "Post", "id": 2}])),
                    "likes": relationship("/person/ann", "likes", json!([])),
                    "passport": relationship("/person/ann", "passport", json!({"type": "Passport", "id": 1})),
                },
            },
            "links": {"self": at("/person/ann")},
        });
        assert_eq!(answer.ok(), &expected, "{}", db.name);
    }
}

#[tokio::test]
async fn ids_of_several_fields_are_joined_and_stay_attributes() {
    for db in served().await.all {
        db.seed().await;
        let answer = db.get("/like/1_bob").await;
        let expected = json!({
            "type": "Like",
            "id": "1_bob",
            "attributes": {"postId": 1, "personKey": "bob", "strong": true},
            "links": {"self": at("/like/1_bob")},
            "relationships": {
                "post": relationship("/like/1_bob", "post", json!({"type": "Post", "id": 1})),
                "person": relationship("/like/1_bob", "person", json!({"type": "Person", "id": "bob"})),
                "notes": relationship("/like/1_bob", "notes", json!([])),
            },
        });
        assert_eq!(answer.data(), &expected, "{}", db.name);
    }
}

#[tokio::test]
async fn numbers_stay_numbers_and_moments_are_annotated() {
    for db in served().await.all {
        db.seed().await;
        let answer = db.get("/post/1").await;
        assert_eq!(answer.data()["id"], json!(1), "{}", db.name);
        assert_eq!(
            answer.data()["attributes"]["at"],
            json!("2026-01-01T00:00:00.000Z")
        );
        let meta = json!({"serialization": {"values": {"data.attributes.at": ["Date"]}, "v": 1}});
        assert_eq!(answer.body["meta"], meta, "{}", db.name);
    }
}

#[tokio::test]
async fn included_resources_stand_once_the_nearest_first() {
    for db in served().await.all {
        db.seed().await;
        let kinds = |answer: &super::support::Answer| {
            let included = answer.ok()["included"].as_array().unwrap().clone();
            let kinds = included
                .iter()
                .map(|one| format!("{}{}", one["type"].as_str().unwrap(), one["id"]));
            kinds.collect::<Vec<_>>()
        };
        let rows = [
            ("/person?include=posts", vec!["Post1", "Post2", "Post3"]),
            (
                "/person?include=posts.comments&sort=key",
                vec!["Post1", "Post2", "Post3", "Comment1", "Comment2"],
            ),
            (
                "/person?include=posts.comments,passport",
                vec![
                    "Post1",
                    "Post2",
                    "Post3",
                    "Passport1",
                    "Comment1",
                    "Comment2",
                ],
            ),
            (
                "/person?include=posts&include=passport",
                vec!["Post1", "Post2", "Post3", "Passport1"],
            ),
            // Two posts of one author: the author once.
            (
                "/post?include=author",
                vec!["Person\"ann\"", "Person\"bob\""],
            ),
            // What is primary data is not included too.
            (
                "/post?include=author.posts",
                vec!["Person\"ann\"", "Person\"bob\""],
            ),
            (
                "/post/1?include=author.posts",
                vec!["Person\"ann\"", "Post2"],
            ),
            ("/person/ann/posts?include=comments", vec!["Comment1"]),
            ("/person/ann/posts?include=posts.comments", vec!["Comment1"]),
            ("/post/1/author?include=passport", vec!["Passport1"]),
            ("/person/ann/posts?include=posts", vec![]),
        ];
        for (address, mut expected) in rows {
            let answer = db.get(address).await;
            if expected.is_empty() {
                assert_eq!(answer.ok().get("included"), None, "{} {address}", db.name);
                continue;
            }
            let mut found = kinds(&answer);
            let nearest = |kind: &str| kind.starts_with("Comment");
            assert!(
                found.is_sorted_by_key(|kind| nearest(kind)),
                "{} {address} {found:?}",
                db.name
            );
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{} {address}", db.name);
        }
    }
}

#[tokio::test]
async fn what_is_included_is_linked_from_what_leads_to_it() {
    for db in served().await.all {
        db.seed().await;
        let answer = db.get("/person/ann?include=posts.comments").await;
        let included = answer.ok()["included"].as_array().unwrap();
        let post = included
            .iter()
            .find(|one| one["type"] == "Post" && one["id"] == 1)
            .unwrap();
        assert_eq!(
            post["relationships"]["comments"],
            relationship("/post/1", "comments", json!([{"type": "Comment", "id": 1}]))
        );
        // What leads elsewhere has links only.
        let author = json!({
            "links": {"self": at("/post/1/relationships/author"), "related": at("/post/1/author")},
        });
        assert_eq!(post["relationships"]["author"], author, "{}", db.name);
    }
}

#[tokio::test]
async fn rows_read_twice_tell_all_that_was_read_of_them() {
    for db in served().await.all {
        db.seed().await;
        // Post 1 is included by its author, without comments, and by its like, with them.
        let answer = db.get("/person?include=posts,likes.post.comments").await;
        let included = answer.ok()["included"].as_array().unwrap();
        let posts: Vec<_> = included
            .iter()
            .filter(|one| one["type"] == "Post" && one["id"] == 1)
            .collect();
        assert_eq!(posts.len(), 1, "{}", db.name);
        assert_eq!(
            posts[0]["relationships"]["comments"]["data"],
            json!([{"type": "Comment", "id": 1}]),
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn field_sets_say_what_is_read() {
    for db in served().await.all {
        db.seed().await;
        let answer = db.get("/person/ann?fields[person]=email,name").await;
        let data = answer.data();
        assert_eq!(
            data["attributes"],
            json!({"email": "ann@example.org", "name": "Ann"}),
            "{}",
            db.name
        );
        assert_eq!(
            data["relationships"].as_object().unwrap().len(),
            3,
            "{}",
            db.name
        );
        // Relations that are named are the only ones.
        let answer = db.get("/person/ann?fields[Person]=email,passport").await;
        let relationships = answer.data()["relationships"].as_object().unwrap();
        assert_eq!(
            relationships.keys().collect::<Vec<_>>(),
            ["passport"],
            "{}",
            db.name
        );
        // What is left out by itself comes when it is named.
        let answer = db.get("/person/ann?fields[person]=secret").await;
        assert_eq!(
            answer.data()["attributes"],
            json!({"secret": "s"}),
            "{}",
            db.name
        );
        // Of what is included, too.
        let answer = db
            .get("/person?include=posts&fields[person]=email&fields[post]=title")
            .await;
        let included = &answer.ok()["included"][0];
        assert_eq!(
            included["attributes"],
            json!({"title": "one"}),
            "{}",
            db.name
        );
        assert_eq!(
            answer.data()[0]["attributes"],
            json!({"email": "ann@example.org"})
        );
        // Ids of several fields are always there.
        let answer = db.get("/like/1_bob?fields[like]=strong").await;
        let attributes = json!({"postId": 1, "personKey": "bob", "strong": true});
        assert_eq!(answer.data()["attributes"], attributes, "{}", db.name);
        let answer = db.get("/person/ann/posts?fields[post]=title").await;
        assert_eq!(
            answer.data()[1]["attributes"],
            json!({"title": "two"}),
            "{}",
            db.name
        );
        let answer = db.get("/post/1/author?fields[person]=name").await;
        assert_eq!(
            answer.data()["attributes"],
            json!({"name": "Ann"}),
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn long_relationships_have_links_only() {
    let options = RestOptions {
        linkage: std::num::NonZeroU32::new(1).unwrap(),
        ..rest_options()
    };
    for db in served_with(SCHEMA, options).await.all {
        db.seed().await;
        let answer = db.get("/person?sort=key").await;
        let of = |at: usize| answer.data()[at]["relationships"]["posts"].clone();
        assert_eq!(of(0).get("data"), None, "{}", db.name);
        assert_eq!(
            of(0)["links"]["self"],
            json!(at("/person/ann/relationships/posts"))
        );
        assert_eq!(
            of(1)["data"],
            json!([{"type": "Post", "id": 3}]),
            "{}",
            db.name
        );
        // What is included is named all the same.
        let answer = db.get("/person?sort=key&include=posts").await;
        let data = &answer.data()[0]["relationships"]["posts"]["data"];
        assert_eq!(data.as_array().unwrap().len(), 2, "{}", db.name);
        // A write answers with what a read would, and says how many there are.
        let path = "/person/ann/relationships/posts";
        let whole = db.get(path).await.body;
        assert_eq!(whole["meta"]["total"], 2, "{}", db.name);
        let body = json!({"data": [{"type": "Post", "id": 1}]});
        let answer = db.send("POST", path, body).await;
        assert_eq!(answer.body, whole, "{}", db.name);
    }
}
