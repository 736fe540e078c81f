use serde_json::json;

use super::support::{ENDPOINT, resource, served};

#[tokio::test]
async fn resources_are_created() {
    for db in served().await.all {
        db.seed().await;
        let person = json!({"key": "cid", "email": "cid@example.org", "home": {"city": "Oslo"}});
        let answer = db.send("POST", "/person", resource("Person", person)).await;
        assert_eq!(answer.status, 201, "{} {answer:?}", db.name);
        let link = format!("{ENDPOINT}/person/cid");
        assert_eq!(answer.body["links"], json!({"self": link}));
        assert_eq!(answer.data()["id"], json!("cid"), "{}", db.name);
        assert_eq!(
            answer.data()["attributes"]["name"],
            json!(null),
            "{}",
            db.name
        );
        assert_eq!(
            answer.data()["relationships"]["posts"]["data"],
            json!([]),
            "{}",
            db.name
        );
        assert_eq!(answer.data()["links"]["self"], json!(link), "{}", db.name);

        let body = json!({"data": {
            "type": "Post",
            "attributes": {"id": 8, "title": "new", "at": "2024-03-02T05:00:00.000Z"},
            "relationships": {
                "author": {"data": {"type": "Person", "id": "ann"}},
                "tags": {"data": [{"type": "Tag", "id": "red"}, {"type": "Tag", "id": "blue"}]},
                "comments": {"data": {"type": "Comment", "id": "1"}},
            },
        }});
        let answer = db
            .send("POST", "/post?include=tags&fields[tag]=name", body)
            .await;
        assert_eq!(answer.status, 201, "{} {answer:?}", db.name);
        assert_eq!(
            answer.data()["attributes"]["authorKey"],
            json!("ann"),
            "{}",
            db.name
        );
        let related = &answer.data()["relationships"];
        assert_eq!(
            related["author"]["data"],
            json!({"type": "Person", "id": "ann"}),
            "{}",
            db.name
        );
        assert_eq!(
            related["comments"]["data"],
            json!([{"type": "Comment", "id": 1}]),
            "{}",
            db.name
        );
        assert_eq!(
            answer.body["included"].as_array().unwrap().len(),
            2,
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn clients_may_choose_ids() {
    for db in served().await.all {
        db.seed().await;
        let body = json!({"data": {"type": "Person", "id": "dora", "attributes": {"email": "d@example.org"}}});
        let answer = db.send("POST", "/person", body).await;
        assert_eq!(answer.data()["id"], json!("dora"), "{}", db.name);
        let body = json!({"data": {"type": "Post", "id": "77", "attributes": {"title": "t"}}});
        let answer = db.send("POST", "/post", body).await;
        assert_eq!(answer.data()["id"], json!(77), "{}", db.name);
        // Of several fields: from the id, the attributes or relationships.
        let link = |id: i64| {
            json!({
                "post": {"data": {"type": "Post", "id": id}},
                "person": {"data": {"type": "Person", "id": "ann"}},
            })
        };
        let bodies = [
            json!({"type": "like", "id": "1_ann", "attributes": {"strong": true}}),
            json!({"type": "Like", "id": "2_ann", "attributes": {"postId": 2, "personKey": "ann"}}),
            json!({"type": "Like", "id": "3_ann", "relationships": link(3)}),
            json!({"type": "Like", "relationships": link(77)}),
        ];
        for (body, id) in bodies
            .into_iter()
            .zip(["1_ann", "2_ann", "3_ann", "77_ann"])
        {
            let answer = db.send("POST", "/like", json!({"data": body})).await;
            assert_eq!(answer.status, 201, "{} {body} {answer:?}", db.name);
            assert_eq!(answer.data()["id"], json!(id), "{}", db.name);
        }
        let body = json!({"data": {
            "type": "Note",
            "attributes": {"text": "n"},
            "relationships": {"like": {"data": {"type": "Like", "id": "1_ann"}}},
        }});
        let answer = db.send("POST", "/note", body).await;
        assert_eq!(
            answer.data()["attributes"]["personKey"],
            json!("ann"),
            "{} {answer:?}",
            db.name
        );
    }
}

#[tokio::test]
async fn resources_are_created_or_changed() {
    for db in served().await.all {
        db.seed().await;
        let upsert = |kind: &str, attributes: serde_json::Value, fields: &[&str]| {
            let mut body = resource(kind, attributes);
            body["meta"] = json!({"operation": "upsert", "matchFields": fields});
            body
        };
        let rows = [
            (
                "/person",
                upsert(
                    "Person",
                    json!({"key": "eve", "email": "e@example.org"}),
                    &["key"],
                ),
                "eve",
                "email",
                "e@example.org",
            ),
            (
                "/person",
                upsert(
                    "Person",
                    json!({"key": "eve", "email": "f@example.org"}),
                    &["key"],
                ),
                "eve",
                "email",
                "f@example.org",
            ),
            (
                "/person",
                upsert(
                    "Person",
                    json!({"email": "f@example.org", "name": "Eve"}),
                    &["email"],
                ),
                "eve",
                "name",
                "Eve",
            ),
            // More than the key must match.
            (
                "/person",
                upsert(
                    "Person",
                    json!({"key": "eve", "email": "f@example.org", "name": "Eva"}),
                    &["key", "email"],
                ),
                "eve",
                "name",
                "Eva",
            ),
            (
                "/like",
                upsert(
                    "like",
                    json!({"postId": 1, "personKey": "bob", "strong": false}),
                    &["personKey", "postId"],
                ),
                "1_bob",
                "personKey",
                "bob",
            ),
            (
                "/like",
                upsert(
                    "Like",
                    json!({"postId": 2, "personKey": "bob"}),
                    &["postId", "personKey"],
                ),
                "2_bob",
                "personKey",
                "bob",
            ),
        ];
        for (path, body, id, name, value) in rows {
            let answer = db.send("POST", path, body.clone()).await;
            assert_eq!(answer.status, 201, "{} {body} {answer:?}", db.name);
            assert_eq!(answer.data()["id"], json!(id), "{} {body}", db.name);
            assert_eq!(
                answer.data()["attributes"][name],
                json!(value),
                "{} {body}",
                db.name
            );
        }
        // With relationships: those of new rows are linked, those of others replaced.
        for posts in [
            json!([{"type": "Post", "id": 3}]),
            json!([{"type": "Post", "id": 1}]),
        ] {
            let mut body = upsert(
                "Person",
                json!({"key": "eve", "email": "f@example.org"}),
                &["key"],
            );
            body["data"]["relationships"] = json!({"posts": {"data": posts}});
            let answer = db.send("POST", "/person", body).await;
            assert_eq!(
                answer.data()["relationships"]["posts"]["data"],
                posts,
                "{} {answer:?}",
                db.name
            );
        }
    }
}

#[tokio::test]
async fn resources_are_changed_in_part() {
    for db in served().await.all {
        db.seed().await;
        for method in ["PUT", "PATCH"] {
            let body = json!({"data": {
                "type": "Person",
                "id": "ann",
                "attributes": {"name": method},
                "relationships": {"posts": {"data": [{"type": "Post", "id": 2}, {"type": "Post", "id": 3}]}},
            }});
            let answer = db.send(method, "/person/ann", body).await;
            assert_eq!(answer.status, 200, "{} {answer:?}", db.name);
            assert_eq!(
                answer.body["links"]["self"],
                json!(format!("{ENDPOINT}/person/ann"))
            );
            let attributes =
                json!({"email": "ann@example.org", "name": method, "home": {"city": "Rome"}});
            assert_eq!(answer.data()["attributes"], attributes, "{}", db.name);
            let posts = &answer.data()["relationships"]["posts"]["data"];
            assert_eq!(
                *posts,
                json!([{"type": "Post", "id": 2}, {"type": "Post", "id": 3}]),
                "{}",
                db.name
            );
        }
        let body = json!({"data": {"type": "Post", "relationships": {"author": {"data": null}}}});
        let answer = db.send("PATCH", "/post/2", body).await;
        assert_eq!(
            answer.data()["attributes"]["authorKey"],
            json!(null),
            "{} {answer:?}",
            db.name
        );
        // Nothing said, nothing changed.
        let answer = db
            .send("PATCH", "/post/3", resource("Post", json!({})))
            .await;
        assert_eq!(
            answer.data()["attributes"]["title"],
            json!("three"),
            "{} {answer:?}",
            db.name
        );
        let answer = db
            .send(
                "PATCH",
                "/post/3",
                resource("Post", json!({"views": {"increment": 4}})),
            )
            .await;
        assert_eq!(
            answer.data()["attributes"]["views"],
            json!(7),
            "{} {answer:?}",
            db.name
        );
    }
}

#[tokio::test]
async fn ids_of_several_fields_can_change() {
    for db in served().await.all {
        db.seed().await;
        let answer = db
            .send(
                "PUT",
                "/like/1_bob",
                resource("Like", json!({"strong": false})),
            )
            .await;
        assert_eq!(
            answer.data()["attributes"]["strong"],
            json!(false),
            "{} {answer:?}",
            db.name
        );
        let body = json!({"data": {
            "type": "Like",
            "relationships": {"post": {"data": {"type": "Post", "id": 2}}},
        }});
        let answer = db.send("PUT", "/like/1_bob", body).await;
        assert_eq!(answer.status, 200, "{} {answer:?}", db.name);
        assert_eq!(answer.data()["id"], json!("2_bob"), "{}", db.name);
        assert_eq!(
            answer.body["links"]["self"],
            json!(format!("{ENDPOINT}/like/2_bob")),
            "{}",
            db.name
        );
        assert_eq!(db.get("/like/1_bob").await.status, 404, "{}", db.name);
    }
}

#[tokio::test]
async fn resources_are_removed() {
    for db in served().await.all {
        db.seed().await;
        for path in ["/like/1_bob", "/comment/1", "/tag/blue"] {
            let answer = db.send("DELETE", path, json!(null)).await;
            assert_eq!(answer.status, 200, "{} {path} {answer:?}", db.name);
            assert_eq!(answer.body, json!({"meta": {}}), "{}", db.name);
            assert_eq!(
                db.get(path).await.problem(),
                (404, "not-found"),
                "{} {path}",
                db.name
            );
            let answer = db.send("DELETE", path, json!(null)).await;
            assert_eq!(answer.problem(), (404, "not-found"), "{} {path}", db.name);
        }
    }
}
