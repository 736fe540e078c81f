use serde_json::{Value as Json, json};

use super::support::{AllServed, resource, rest_options, served_as, served_with};
use crate::DialectVersion;
use crate::http::RestOptions;

/// Posts are seen by their author and, once they are published, by everybody.
const SCHEMA: &str = "
    model Person {
      id     String @id
      name   String @unique
      shy    Boolean @default(false)
      posts  Post[]
      @@auth
      @@allow('all', auth().id == id)
      @@allow('create,read', !shy)
    }

    model Post {
      id        Int     @id
      title     String
      published Boolean @default(false)
      private   String? @allow('read', auth().id == authorId)
      author    Person  @relation(fields: [authorId], references: [id])
      authorId  String
      comments  Comment[]
      tags      Tag[]
      @@allow('all', auth().id == authorId)
      @@allow('read', published)
    }

    model Comment {
      id     Int    @id
      text   String
      post   Post   @relation(fields: [postId], references: [id])
      postId Int
      @@allow('read', text != 'hidden')
    }

    model Tag {
      id    String @id
      posts Post[]
      @@allow('read', id != 'hidden')
    }

    model Box {
      id Int @id
      n  Int
      @@allow('create', true)
    }

    model Gate {
      id Int @id
      n  Int
      @@allow('create,read', true)
      @@allow('update', n > 0)
      @@deny('post-update', n > 9)
    }
";

async fn ruled(options: RestOptions) -> AllServed {
    let served = served_with(SCHEMA, options).await;
    for db in &served.all {
        db.add("Person", json!({"id": "ann", "name": "Ann"})).await;
        db.add("Person", json!({"id": "bob", "name": "Bob", "shy": true}))
            .await;
        for (id, published, author) in [
            (1, true, "ann"),
            (2, false, "ann"),
            (3, true, "bob"),
            (4, false, "bob"),
        ] {
            let row = json!({"id": id, "title": "t", "published": published, "authorId": author, "private": "p"});
            db.add("Post", row).await;
        }
        for (id, text, post) in [(1, "c", 1), (2, "hidden", 1), (3, "c", 4)] {
            db.add("Comment", json!({"id": id, "text": text, "postId": post}))
                .await;
        }
        for tag in ["red", "hidden"] {
            let posts: Vec<_> = (1..=4).map(|id| json!({ "id": id })).collect();
            db.add("Tag", json!({"id": tag, "posts": {"connect": posts}}))
                .await;
        }
    }
    served
}

fn ids(data: &Json) -> Vec<i64> {
    let mut ids: Vec<_> = data
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_i64().unwrap())
        .collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn rows_that_a_person_may_not_see_are_nowhere() {
    for db in ruled(rest_options()).await.all {
        let ann = db.by("ann");
        let answer = ann.get("/post?sort=id").await;
        assert_eq!(ids(answer.data()), [1, 2, 3], "{}", db.name);
        assert_eq!(answer.body["meta"]["total"], json!(3), "{}", db.name);
        // The author of the third is shy.
        let authors: Vec<_> = (0..3)
            .map(|at| answer.data()[at]["relationships"]["author"]["data"].clone())
            .collect();
        let seen = json!({"type": "Person", "id": "ann"});
        assert_eq!(authors, [seen.clone(), seen, json!(null)], "{}", db.name);
        let comments = &answer.data()[0]["relationships"]["comments"]["data"];
        assert_eq!(ids(comments), [1], "{}", db.name);
        let tags = &answer.data()[0]["relationships"]["tags"]["data"];
        assert_eq!(*tags, json!([{"type": "Tag", "id": "red"}]), "{}", db.name);
        // A short page needs a count, which is of those rows too.
        let answer = ann.get("/post?page[limit]=1&sort=id").await;
        assert_eq!(answer.body["meta"]["total"], json!(3), "{}", db.name);
        let answer = ann.get("/tag/red/posts?page[limit]=1&sort=id").await;
        assert_eq!(answer.body["meta"]["total"], json!(3), "{}", db.name);
        let answer = ann.get("/tag/red/relationships/posts").await;
        assert_eq!(ids(answer.data()), [1, 2, 3], "{}", db.name);
        // Nor in what is included.
        let answer = ann.get("/tag?include=posts.comments,posts.author").await;
        let included = answer.ok()["included"].as_array().unwrap();
        let mut found: Vec<_> = included
            .iter()
            .map(|one| format!("{}{}", one["type"], one["id"]).replace('"', ""))
            .collect();
        found.sort();
        assert_eq!(
            found,
            ["Comment1", "Personann", "Post1", "Post2", "Post3"],
            "{}",
            db.name
        );
        for path in [
            "/post/4",
            "/post/4/comments",
            "/post/4/relationships/author",
            "/tag/hidden",
            "/tag/hidden/posts",
            "/person/bob",
            "/post/3/author",
        ] {
            assert_eq!(
                ann.get(path).await.problem(),
                (404, "not-found"),
                "{} {path}",
                db.name
            );
        }
        assert_eq!(
            *ann.get("/post/3/relationships/author").await.data(),
            json!(null),
            "{}",
            db.name
        );
        // Filters look at what can be seen only.
        assert_eq!(
            ids(ann.get("/post?filter[author]=bob").await.data()),
            [] as [i64; 0],
            "{}",
            db.name
        );
        assert_eq!(
            ids(ann.get("/post?filter[comments]=2").await.data()),
            [] as [i64; 0],
            "{}",
            db.name
        );
        assert_eq!(
            ids(ann.get("/post?filter[private]=p").await.data()),
            [1, 2],
            "{}",
            db.name
        );
        assert_eq!(
            ids(ann.get("/post?filter[tags]=hidden").await.data()),
            [] as [i64; 0],
            "{}",
            db.name
        );
        // A field that may not be read is null.
        let answer = ann.get("/post?sort=id&fields[post]=private").await;
        let private: Vec<_> = (0..3)
            .map(|at| answer.data()[at]["attributes"]["private"].clone())
            .collect();
        assert_eq!(
            private,
            [json!("p"), json!("p"), json!(null)],
            "{}",
            db.name
        );
        // Nobody sees what everybody sees.
        assert_eq!(ids(db.get("/post").await.data()), [1, 3], "{}", db.name);
    }
}

#[tokio::test]
async fn what_the_rules_refuse_is_forbidden() {
    for db in ruled(rest_options()).await.all {
        let ann = db.by("ann");
        let rows = [
            (
                "POST",
                "/post",
                resource("Post", json!({"id": 9, "title": "x", "authorId": "bob"})),
                403,
                "forbidden",
                Some("no-access"),
            ),
            (
                "PATCH",
                "/post/3",
                resource("Post", json!({"title": "x"})),
                404,
                "not-found",
                None,
            ),
            ("DELETE", "/post/3", json!(null), 404, "not-found", None),
            (
                "PATCH",
                "/post/3/relationships/author",
                json!({"data": {"type": "Person", "id": "ann"}}),
                404,
                "not-found",
                None,
            ),
            (
                "POST",
                "/person/ann/relationships/posts",
                json!({"data": [{"type": "Post", "id": 3}]}),
                404,
                "not-found",
                None,
            ),
            (
                "POST",
                "/box",
                resource("Box", json!({"id": 1, "n": 0})),
                403,
                "forbidden",
                Some("cannot-read-back"),
            ),
            (
                "POST",
                "/gate",
                resource("Gate", json!({"id": 1, "n": 0})),
                201,
                "",
                None,
            ),
            (
                "PATCH",
                "/gate/1",
                resource("Gate", json!({"n": 1})),
                404,
                "not-found",
                None,
            ),
            (
                "POST",
                "/gate",
                resource("Gate", json!({"id": 2, "n": 1})),
                201,
                "",
                None,
            ),
            (
                "PATCH",
                "/gate/2",
                resource("Gate", json!({"n": 10})),
                403,
                "forbidden",
                Some("no-access"),
            ),
        ];
        for (method, path, body, status, code, reason) in rows {
            let answer = ann.send(method, path, body).await;
            assert_eq!(
                answer.status, status,
                "{} {method} {path} {answer:?}",
                db.name
            );
            if status >= 400 {
                assert_eq!(
                    answer.problem(),
                    (status, code),
                    "{} {method} {path}",
                    db.name
                );
                let found = answer.body["errors"][0]["reason"].as_str();
                assert_eq!(found, reason, "{} {method} {path}", db.name);
            }
        }
        // What cannot be read back was written; what was refused was not.
        assert_eq!(
            db.rows("Box", json!({})).await,
            json!([{"id": 1, "n": 0}]),
            "{}",
            db.name
        );
        assert_eq!(
            db.rows("Gate", json!({"where": {"id": 2}})).await[0]["n"],
            json!(1),
            "{}",
            db.name
        );
        assert_eq!(
            db.rows("Post", json!({"where": {"id": 9}})).await,
            json!([]),
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn nobody_adds_to_what_they_do_not_see() {
    let options = RestOptions {
        nested_routes: true,
        ..rest_options()
    };
    let open = SCHEMA.replace(
        "@@allow('read', published)",
        "@@allow('read,create,update,delete', published)",
    );
    for db in served_with(&open, options).await.all {
        db.add("Person", json!({"id": "ann", "name": "Ann"})).await;
        db.add("Person", json!({"id": "bob", "name": "Bob", "shy": true}))
            .await;
        db.add(
            "Post",
            json!({"id": 1, "title": "t", "published": true, "authorId": "bob"}),
        )
        .await;
        let ann = db.by("ann");
        let post = |id: i64| resource("Post", json!({"id": id, "title": "t", "published": true}));
        assert_eq!(
            ann.send("POST", "/person/ann/posts", post(2)).await.status,
            201,
            "{}",
            db.name
        );
        let rows = [
            ("POST", "/person/bob/posts", post(3)),
            ("GET", "/person/bob/posts/1", json!(null)),
            (
                "PATCH",
                "/person/bob/posts/1",
                resource("Post", json!({"title": "x"})),
            ),
            ("DELETE", "/person/bob/posts/1", json!(null)),
            (
                "PATCH",
                "/post/1/author",
                resource("Person", json!({"name": "x"})),
            ),
        ];
        for (method, path, body) in rows {
            let answer = ann.send(method, path, body).await;
            assert_eq!(
                answer.problem(),
                (404, "not-found"),
                "{} {method} {path}",
                db.name
            );
        }
        let posts = db
            .rows(
                "Post",
                json!({"select": {"id": true, "title": true}, "orderBy": {"id": "asc"}}),
            )
            .await;
        assert_eq!(
            posts,
            json!([{"id": 1, "title": "t"}, {"id": 2, "title": "t"}]),
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn the_older_generation_is_told_in_its_words() {
    let text = "
        model Foo {
          id Int @id
          n  Int @unique
          @@allow('create', n > 0)
          @@allow('read', n > 1)
        }
    ";
    for db in served_as(text, rest_options(), DialectVersion::Two)
        .await
        .all
    {
        let rows = [
            (
                json!({"id": 1, "n": 0}),
                "forbidden",
                Some("ACCESS_POLICY_VIOLATION"),
                Some("P2004"),
            ),
            (
                json!({"id": 1, "n": 1}),
                "forbidden",
                Some("RESULT_NOT_READABLE"),
                Some("P2004"),
            ),
            (json!({"id": 2, "n": 1}), "query-error", None, Some("P2002")),
            (
                json!({"id": 2, "n": "x"}),
                "validation-error",
                None,
                Some("P2004"),
            ),
        ];
        for (attributes, code, reason, prisma) in rows {
            let answer = db
                .by("ann")
                .send("POST", "/foo", resource("Foo", attributes.clone()))
                .await;
            let error = &answer.body["errors"][0];
            assert_eq!(
                error["code"],
                json!(code),
                "{} {attributes} {answer:?}",
                db.name
            );
            assert_eq!(error["reason"].as_str(), reason, "{} {attributes}", db.name);
            assert_eq!(
                error["prismaCode"].as_str(),
                prisma,
                "{} {attributes}",
                db.name
            );
        }
        let answer = db.send("DELETE", "/foo/9", json!(null)).await;
        assert_eq!(
            answer.body["errors"][0]["prismaCode"],
            json!("P2025"),
            "{} {answer:?}",
            db.name
        );
    }
}
