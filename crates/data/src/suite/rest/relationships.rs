use serde_json::{Value as Json, json};

use super::support::{ENDPOINT, Served, served};

fn post(id: impl Into<Json>) -> Json {
    json!({"type": "Post", "id": id.into()})
}

async fn authors(db: &Served) -> Json {
    let args = json!({"select": {"authorKey": true}, "orderBy": {"id": "asc"}});
    let rows = db.rows("Post", args).await;
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row["authorKey"].clone())
        .collect()
}

#[tokio::test]
async fn relationships_are_read_as_identifiers() {
    for db in served().await.all {
        db.seed().await;
        let rows = [
            (
                "/post/1/relationships/author",
                json!({"type": "Person", "id": "ann"}),
            ),
            (
                "/person/ann/relationships/passport",
                json!({"type": "Passport", "id": 1}),
            ),
            ("/person/bob/relationships/passport", json!(null)),
            ("/person/ann/relationships/posts", json!([post(1), post(2)])),
            (
                "/person/bob/relationships/likes",
                json!([{"type": "Like", "id": "1_bob"}]),
            ),
            (
                "/post/1/relationships/tags",
                json!([{"type": "Tag", "id": "red"}]),
            ),
            ("/tag/blue/relationships/posts", json!([])),
            ("/like/1_bob/relationships/post", post(1)),
        ];
        for (path, data) in rows {
            let answer = db.get(path).await;
            assert_eq!(*answer.data(), data, "{} {path}", db.name);
            assert_eq!(answer.body["jsonapi"], json!({"version": "1.1"}));
            assert_eq!(
                answer.body["links"]["self"],
                json!(format!("{ENDPOINT}{path}")),
                "{}",
                db.name
            );
        }
    }
}

#[tokio::test]
async fn related_resources_are_read_whole() {
    for db in served().await.all {
        db.seed().await;
        let answer = db.get("/post/1/author").await;
        assert_eq!(answer.data()["id"], json!("ann"), "{}", db.name);
        assert_eq!(
            answer.body["links"]["self"],
            json!(format!("{ENDPOINT}/post/1/author"))
        );
        assert_eq!(
            answer.data()["links"]["self"],
            json!(format!("{ENDPOINT}/person/ann"))
        );
        let posts = &answer.data()["relationships"]["posts"]["data"];
        assert_eq!(*posts, json!([post(1), post(2)]), "{}", db.name);
        let answer = db.get("/person/ann/posts").await;
        assert_eq!(answer.ids(), [json!(1), json!(2)], "{}", db.name);
        assert_eq!(
            answer.data()[0]["relationships"]["author"]["data"]["id"],
            json!("ann"),
            "{}",
            db.name
        );
        assert_eq!(
            db.get("/tag/red/posts").await.ids(),
            [json!(1), json!(2)],
            "{}",
            db.name
        );
        assert_eq!(
            db.get("/tag/blue/posts").await.ids(),
            [] as [Json; 0],
            "{}",
            db.name
        );
        assert_eq!(
            db.get("/like/1_bob/post").await.data()["id"],
            json!(1),
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn relationships_to_many_take_more_others_and_fewer() {
    for db in served().await.all {
        db.seed().await;
        let path = "/person/ann/relationships/posts";
        let rows = [
            (
                "POST",
                json!([post(3)]),
                json!([1, 2, 3]),
                json!(["ann", "ann", "ann"]),
            ),
            // What is there already stays.
            (
                "POST",
                json!([post("3")]),
                json!([1, 2, 3]),
                json!(["ann", "ann", "ann"]),
            ),
            (
                "DELETE",
                json!([post(2)]),
                json!([1, 3]),
                json!(["ann", null, "ann"]),
            ),
            // What is not there does not matter.
            (
                "DELETE",
                json!([post(2)]),
                json!([1, 3]),
                json!(["ann", null, "ann"]),
            ),
            (
                "PATCH",
                json!([post(2), post(3)]),
                json!([2, 3]),
                json!([null, "ann", "ann"]),
            ),
            (
                "PUT",
                json!([post(1)]),
                json!([1]),
                json!(["ann", null, null]),
            ),
            ("PATCH", json!([]), json!([]), json!([null, null, null])),
        ];
        for (method, data, ids, expected) in rows {
            let answer = db.send(method, path, json!({ "data": data })).await;
            assert_eq!(
                answer.status, 200,
                "{} {method} {data}: {answer:?}",
                db.name
            );
            let mut found = answer.ids();
            found.sort_by_key(Json::as_i64);
            assert_eq!(json!(found), ids, "{} {method} {data}", db.name);
            assert_eq!(
                answer.body["links"],
                json!({"self": format!("{ENDPOINT}{path}")})
            );
            assert_eq!(authors(&db).await, expected, "{} {method} {data}", db.name);
        }
    }
}

#[tokio::test]
async fn relationships_between_lists_are_written_from_both_sides() {
    for db in served().await.all {
        db.seed().await;
        let tag = |name: &str| json!({"type": "Tag", "id": name});
        let body = json!({"data": [tag("blue")]});
        let answer = db.send("POST", "/post/1/relationships/tags", body).await;
        assert_eq!(answer.ids().len(), 2, "{} {answer:?}", db.name);
        let body = json!({"data": [post(3)]});
        let answer = db.send("PATCH", "/tag/red/relationships/posts", body).await;
        assert_eq!(answer.ids(), [json!(3)], "{} {answer:?}", db.name);
        assert_eq!(
            db.get("/post/1/relationships/tags").await.ids(),
            [json!("blue")],
            "{}",
            db.name
        );
        let body = json!({"data": [tag("blue"), tag("red")]});
        let answer = db.send("DELETE", "/post/1/relationships/tags", body).await;
        assert_eq!(answer.ids(), [] as [Json; 0], "{} {answer:?}", db.name);
    }
}

#[tokio::test]
async fn relationships_to_one_lead_elsewhere_or_nowhere() {
    for db in served().await.all {
        db.seed().await;
        let path = "/post/1/relationships/author";
        for data in [
            json!({"type": "Person", "id": "bob"}),
            json!(null),
            json!({"type": "person", "id": "ann"}),
        ] {
            let answer = db.send("PATCH", path, json!({ "data": data })).await;
            assert_eq!(answer.status, 200, "{} {answer:?}", db.name);
            assert_eq!(answer.data()["id"], data["id"], "{} {data}", db.name);
            assert_eq!(authors(&db).await[0], data["id"], "{} {data}", db.name);
        }
        // A key of several fields, and from the side that does not hold it.
        db.add(
            "Note",
            json!({"id": 1, "text": "n", "postId": 1, "personKey": "bob"}),
        )
        .await;
        db.add("Like", json!({"postId": 2, "personKey": "bob"}))
            .await;
        let body = json!({"data": {"type": "Like", "id": "2_bob"}});
        let answer = db
            .send("PATCH", "/note/1/relationships/like", body.clone())
            .await;
        assert_eq!(*answer.data(), body["data"], "{} {answer:?}", db.name);
        let body =
            json!({"data": [{"type": "Like", "id": "2_bob", "attributes": {"strong": true}}]});
        let answer = db.send("PATCH", "/post/2/relationships/likes", body).await;
        assert_eq!(answer.ids(), [json!("2_bob")], "{} {answer:?}", db.name);
    }
}
