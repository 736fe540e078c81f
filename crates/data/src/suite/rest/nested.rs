use serde_json::json;

use super::support::{AllServed, ENDPOINT, SCHEMA, resource, rest_options, served_with};
use crate::http::RestOptions;

async fn nested() -> AllServed {
    let options = RestOptions {
        nested_routes: true,
        ..rest_options()
    };
    served_with(SCHEMA, options).await
}

#[tokio::test]
async fn resources_are_found_within_theirs_only() {
    for db in nested().await.all {
        db.seed().await;
        let answer = db.get("/person/ann/posts/2").await;
        let link = format!("{ENDPOINT}/person/ann/posts/2");
        assert_eq!(
            answer.data()["attributes"]["title"],
            json!("two"),
            "{}",
            db.name
        );
        assert_eq!(answer.body["links"]["self"], json!(link), "{}", db.name);
        assert_eq!(answer.data()["links"]["self"], json!(link), "{}", db.name);
        assert_eq!(
            db.get("/tag/red/posts/1").await.data()["id"],
            json!(1),
            "{}",
            db.name
        );
        assert_eq!(
            db.get("/post/1/likes/1_bob").await.data()["id"],
            json!("1_bob"),
            "{}",
            db.name
        );
        let answer = db
            .get("/person/ann/posts/1?include=comments&fields[post]=title")
            .await;
        assert_eq!(answer.body["included"][0]["id"], json!(1), "{}", db.name);
        for path in [
            "/person/bob/posts/2",
            "/person/nobody/posts/2",
            "/tag/blue/posts/1",
            "/person/ann/posts/9",
        ] {
            assert_eq!(
                db.get(path).await.problem(),
                (404, "not-found"),
                "{} {path}",
                db.name
            );
            let body = resource("Post", json!({"title": "x"}));
            let answer = db.send("PATCH", path, body).await;
            assert_eq!(answer.problem(), (404, "not-found"), "{} {path}", db.name);
            let answer = db.send("DELETE", path, json!(null)).await;
            assert_eq!(answer.problem(), (404, "not-found"), "{} {path}", db.name);
        }
        // Lists are what they are without.
        assert_eq!(
            db.get("/person/ann/posts?filter[views]=2").await.ids(),
            [json!(2)],
            "{}",
            db.name
        );
        assert_eq!(
            db.get("/person/nobody/posts").await.problem(),
            (404, "not-found"),
            "{}",
            db.name
        );
        assert_eq!(
            db.get("/post/1/author/ann").await.problem(),
            (400, "invalid-path"),
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn resources_are_added_to_the_one_of_the_path() {
    for db in nested().await.all {
        db.seed().await;
        let answer = db
            .send(
                "POST",
                "/person/bob/posts",
                resource("post", json!({"id": 8, "title": "new"})),
            )
            .await;
        assert_eq!(answer.status, 201, "{} {answer:?}", db.name);
        assert_eq!(
            answer.data()["attributes"]["authorKey"],
            json!("bob"),
            "{}",
            db.name
        );
        let link = format!("{ENDPOINT}/person/bob/posts/{}", answer.data()["id"]);
        assert_eq!(answer.body["links"]["self"], json!(link), "{}", db.name);
        assert_eq!(answer.data()["links"]["self"], json!(link), "{}", db.name);
        let answer = db
            .send(
                "POST",
                "/tag/blue/posts",
                resource("Post", json!({"id": 9, "title": "blue"})),
            )
            .await;
        assert_eq!(answer.status, 201, "{} {answer:?}", db.name);
        let tags = &answer.data()["relationships"]["tags"]["data"];
        assert_eq!(*tags, json!([{"type": "Tag", "id": "blue"}]), "{}", db.name);
        let conflict = json!({"data": {
            "type": "Post",
            "attributes": {"title": "x"},
            "relationships": {"author": {"data": {"type": "Person", "id": "ann"}}},
        }});
        let rows = [
            (
                "/person/nobody/posts",
                resource("Post", json!({"title": "x"})),
                (404, "not-found"),
            ),
            ("/person/bob/posts", conflict, (400, "invalid-payload")),
            (
                "/person/bob/posts",
                resource("Post", json!({"title": "x", "authorKey": "ann"})),
                (400, "invalid-payload"),
            ),
            (
                "/post/1/author",
                resource("Person", json!({"email": "x@example.org"})),
                (400, "invalid-verb"),
            ),
        ];
        for (path, body, expected) in rows {
            let answer = db.send("POST", path, body).await;
            assert_eq!(answer.problem(), expected, "{} {path}", db.name);
        }
        assert_eq!(
            db.rows("Post", json!({"where": {"title": "x"}})).await,
            json!([]),
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn resources_are_changed_and_removed_within_theirs() {
    for db in nested().await.all {
        db.seed().await;
        let body = json!({"data": {"type": "Post", "id": "2", "attributes": {"title": "changed"}}});
        let answer = db.send("PATCH", "/person/ann/posts/2", body).await;
        let link = format!("{ENDPOINT}/person/ann/posts/2");
        assert_eq!(
            answer.data()["attributes"]["title"],
            json!("changed"),
            "{} {answer:?}",
            db.name
        );
        assert_eq!(answer.body["links"]["self"], json!(link), "{}", db.name);
        assert_eq!(answer.data()["links"]["self"], json!(link), "{}", db.name);
        let moved = json!({"data": {"type": "Post", "relationships": {"author": {"data": {"type": "Person", "id": "bob"}}}}});
        let other = json!({"data": {"type": "Post", "id": "1"}});
        for (body, code) in [
            (moved, "invalid-payload"),
            (
                resource("Post", json!({"authorKey": "bob"})),
                "invalid-payload",
            ),
            (other, "invalid-id"),
        ] {
            let answer = db.send("PATCH", "/person/ann/posts/2", body).await;
            assert_eq!(answer.problem(), (400, code), "{}", db.name);
        }
        let answer = db.send("DELETE", "/person/ann/posts/2", json!(null)).await;
        assert_eq!(answer.status, 200, "{} {answer:?}", db.name);
        assert_eq!(db.get("/post/2").await.status, 404, "{}", db.name);
    }
}

#[tokio::test]
async fn the_one_of_a_relationship_is_changed_by_its_path() {
    for db in nested().await.all {
        db.seed().await;
        let body = json!({"data": {"type": "person", "id": "ann", "attributes": {"name": "Anna"}}});
        let answer = db.send("PATCH", "/post/1/author", body).await;
        let link = format!("{ENDPOINT}/post/1/author");
        assert_eq!(
            answer.data()["attributes"]["name"],
            json!("Anna"),
            "{} {answer:?}",
            db.name
        );
        assert_eq!(answer.body["links"]["self"], json!(link), "{}", db.name);
        assert_eq!(answer.data()["links"]["self"], json!(link), "{}", db.name);
        let back = json!({"data": {"type": "Person", "relationships": {"posts": {"data": []}}}});
        let rows = [
            ("/post/1/author", back, (400, "invalid-payload")),
            (
                "/post/1/author",
                json!({"data": {"type": "Person", "id": "bob"}}),
                (400, "invalid-id"),
            ),
            (
                "/post/9/author",
                resource("Person", json!({"name": "x"})),
                (404, "not-found"),
            ),
            (
                "/person/bob/passport",
                resource("Passport", json!({"country": "x"})),
                (404, "not-found"),
            ),
            (
                "/person/ann/posts",
                resource("Post", json!({"title": "x"})),
                (400, "invalid-path"),
            ),
        ];
        for (path, body, expected) in rows {
            let answer = db.send("PATCH", path, body).await;
            assert_eq!(answer.problem(), expected, "{} {path}", db.name);
        }
        let answer = db
            .send(
                "PATCH",
                "/person/ann/passport",
                resource("Passport", json!({"country": "FR"})),
            )
            .await;
        assert_eq!(
            answer.data()["attributes"]["country"],
            json!("FR"),
            "{} {answer:?}",
            db.name
        );
    }
}
